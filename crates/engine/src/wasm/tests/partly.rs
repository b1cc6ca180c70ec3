//! Large functions are translated as far as control goes: what is counted of that, and that it changes no result.

use std::sync::Barrier;

use lockstep_interp::{CodeStatistics, RUNS_MAX, WAITING_BYTES_MAX, WHOLE_INSTS_MAX};

use super::*;

/// A function `run` with `arms`, of which its parameter says which is taken: arm `k` counts down from the second parameter
/// and adds `k` each time, if the count is even, else 1. All the arms go on to an end that they share.
fn arms(arms: usize) -> String {
    let open = "(block ".repeat(arms);
    let labels: String = (0..arms).map(|k| format!("{k} ")).collect();
    let arm = |k: usize| {
        format!(
            ") (loop $next{k}
                (if (i64.eqz (i64.rem_u (local.get $count) (i64.const 2)))
                  (then (local.set $sum (i64.add (local.get $sum) (i64.const {k}))))
                  (else (local.set $sum (i64.add (local.get $sum) (i64.const 1)))))
                (local.set $count (i64.sub (local.get $count) (i64.const 1)))
                (br_if $next{k} (i64.gt_s (local.get $count) (i64.const 0))))
              (br $end)"
        )
    };
    let arms: String = (0..arms).map(arm).collect();
    format!(
        "(param $arm i32) (param $count i64) (result i64) (local $sum i64)
          (block $end {open} (br_table {labels} (local.get $arm)) {arms})
          (i64.mul (local.get $sum) (i64.const 10))"
    )
}

fn module(text: &str) -> Module {
    load(&format!("(module (func (export \"run\") {text}))"))
}

fn call_on(module: &Module, tier: Tier, arm: u32, count: u64) -> (CallEnd, u64) {
    let (mut all, mut gas) = (instances(tier), GAS);
    let instance = all.instantiate(module, &[], &mut gas).expect("the module has an instance");
    let Some(Extern::Func(func)) = all.export(instance, "run") else { panic!("no export") };
    let args = [Value::I32(arm), Value::I64(count)];
    (all.call(func, &args, &mut gas).expect("the machine is well"), gas)
}

/// What the arm comes to, and that a tier of its own agrees.
fn call(module: &Module, arm: u32, count: u64) -> CodeStatistics {
    let end = call_on(module, Tier::Interpreter, arm, count);
    let evens = count / 2;
    let sum = evens * u64::from(arm) + (count - evens);
    assert_eq!(end.0, CallEnd::Values(vec![Value::I64(sum * 10)]), "arm {arm}, {count} times");
    assert_eq!(end, call_on(module, Tier::Evaluator, arm, count), "arm {arm}, {count} times");
    module.code().statistics()
}

/// The same once more than what drafts are for.
fn often(module: &Module, arm: u32, count: u64) -> CodeStatistics {
    for _ in 0..=RUNS_MAX {
        call(module, arm, count);
    }
    call(module, arm, count)
}

/// Blocks of an arm, and of what all of them share.
const ARM_BLOCKS: usize = 5;
const SHARED_BLOCKS: usize = 2;

#[test]
fn a_call_translates_the_arm_it_takes() {
    let module = module(&arms(100));
    let one = call(&module, 17, 1);
    assert_eq!(one.partial_functions, 1);
    assert!((1..=ARM_BLOCKS + SHARED_BLOCKS).contains(&one.once), "{one:?}");
    let few = call(&module, 17, u64::from(RUNS_MAX) / 2);
    assert!(few.once <= ARM_BLOCKS + SHARED_BLOCKS, "{few:?}");
    assert_eq!(few.blocks, 0, "what has few runs is written once: {few:?}");
    let whole = often(&module, 17, 1000);
    assert!(whole.blocks <= ARM_BLOCKS + SHARED_BLOCKS, "{whole:?}");
    assert_eq!(
        call(&module, 17, 1000),
        whole,
        "nothing is translated twice, and no stub is passed twice"
    );
    let two = often(&module, 60, 1000);
    assert!(two.blocks <= 2 * ARM_BLOCKS + SHARED_BLOCKS, "{two:?}");
    assert!(two.waiting_bytes > 0, "the other arms wait: {two:?}");
}

/// However often control goes round, links that were led to stubs lead on directly after a few runs.
#[test]
fn a_loop_leaves_its_stubs_behind() {
    let module = module(&arms(30));
    let few = often(&module, 3, 4);
    let many = call(&module, 3, 100_000);
    assert_eq!(few.stubs, many.stubs, "{few:?} {many:?}");
    assert!(few.stubs <= (RUNS_MAX as usize + 4) * (ARM_BLOCKS + SHARED_BLOCKS), "{few:?}");
}

#[test]
fn what_is_complete_keeps_no_dmir() {
    let module = module(&arms(30));
    for arm in 0..30 {
        often(&module, arm, 5);
    }
    let statistics = module.code().statistics();
    assert!(statistics.blocks >= 30 * (ARM_BLOCKS - 1), "{statistics:?}");
    assert_eq!(statistics.waiting_bytes, 0, "{statistics:?}");
}

/// A function that calls itself from blocks that run for the first time, and again from those that are encoded.
#[test]
fn a_first_run_may_meet_the_function_again() {
    let many = "(local.set $sum (i64.add (i64.mul (local.get $sum) (i64.const 3)) (local.get $n)))";
    let many = many.repeat(WHOLE_INSTS_MAX);
    let module = module(&format!(
        "(param $n i64) (result i64) (local $sum i64)
          (if (i64.eqz (local.get $n)) (then (return (i64.const 7))))
          {many}
          (i64.add (call 0 (i64.sub (local.get $n) (i64.const 1))) (local.get $sum))"
    ));
    let run = |tier, n| {
        let (mut all, mut gas) = (instances(tier), GAS);
        let instance = all.instantiate(&module, &[], &mut gas).expect("the module has an instance");
        let Some(Extern::Func(func)) = all.export(instance, "run") else { panic!("no export") };
        let end = all.call(func, &[Value::I64(n)], &mut gas).expect("the machine is well");
        assert!(matches!(end, CallEnd::Values(_)), "{end:?}");
        (end, gas)
    };
    for n in [0, 1, 2, 3, 9, u64::from(3 * RUNS_MAX)] {
        assert_eq!(run(Tier::Interpreter, n), run(Tier::Evaluator, n), "{n}");
    }
    let statistics = module.code().statistics();
    assert!(statistics.once > 0 && statistics.blocks > 0, "{statistics:?}");
}

/// A block with more values than a frame has slots: it is planned at once, and places are used again.
#[test]
fn a_block_that_is_too_large_for_one_pass_runs() {
    let more = "(local.set $sum (i64.xor (i64.mul (local.get $sum) (i64.const 3)) (local.get $n)))";
    let module = module(&format!(
        "(param $n i64) (result i64) (local $sum i64)
          (if (i64.eqz (local.get $n)) (then (return (i64.const 7)))) {} (local.get $sum)",
        more.repeat(20_000)
    ));
    let mut sum = 0_u64;
    (0..20_000).for_each(|_| sum = sum.wrapping_mul(3) ^ 5);
    for _ in 0..2 {
        let (mut all, mut gas) = (instances(Tier::Interpreter), GAS);
        let instance = all.instantiate(&module, &[], &mut gas).expect("the module has an instance");
        let Some(Extern::Func(func)) = all.export(instance, "run") else { panic!("no export") };
        let end = all.call(func, &[Value::I64(5)], &mut gas);
        assert_eq!(end, Ok(CallEnd::Values(vec![Value::I64(sum)])));
    }
}

#[test]
fn small_functions_are_translated_whole() {
    let module = module(&arms(2));
    let one = call(&module, 0, 1);
    assert_eq!(one, CodeStatistics { blocks: one.blocks, ..CodeStatistics::default() });
    assert_eq!(
        call(&module, 1, 9),
        one,
        "all of it was there: {WHOLE_INSTS_MAX} instructions may be"
    );
}

/// Observed runs show the same instructions, arm by arm.
#[test]
fn an_observed_run_is_translated_partly_too() {
    struct Count(u64);
    impl Tracer<()> for Count {
        fn enter(&mut self, _: &Module, _: u64) {}
        fn step(&mut self, (): &(), _: lockstep_rt::StepView<'_>) {
            self.0 += 1;
        }
        fn leave(&mut self, _: Option<Trap>, _: u64) {}
    }
    let module = module(&arms(100));
    let steps = |tier| {
        let (mut all, mut gas, mut count) = (instances(tier), GAS, Count(0));
        let instance = all.instantiate(&module, &[], &mut gas).expect("the module has an instance");
        let Some(Extern::Func(func)) = all.export(instance, "run") else { panic!("no export") };
        let args = [Value::I32(71), Value::I64(10)];
        let end = all.call_traced(func, &args, &mut gas, &mut count).expect("the machine is well");
        (end, gas, count.0)
    };
    let steps = [steps(Tier::Interpreter), steps(Tier::Evaluator)];
    assert_eq!(steps[0], steps[1]);
    assert!(steps[0].2 > 10 * 10, "each turn of the loop has many instructions: {steps:?}");
    assert_eq!(steps[0].1, call_on(&module, Tier::Interpreter, 71, 10).1, "the same gas");
}

/// A program of many large functions: as much of it waits as may, and the rest is translated whole.
#[test]
fn what_waits_is_bounded() {
    let body = arms(1200);
    let funcs = 24;
    let funcs: String = (0..funcs).map(|k| format!("(func (export \"run{k}\") {body})")).collect();
    let module = load(&format!("(module {funcs})"));
    let (mut all, mut gas) = (instances(Tier::Interpreter), GAS);
    let instance = all.instantiate(&module, &[], &mut gas).expect("the module has an instance");
    let mut most = 0;
    for k in 0..24 {
        let Some(Extern::Func(func)) = all.export(instance, &format!("run{k}")) else {
            panic!("no export")
        };
        let end = all.call(func, &[Value::I32(1199), Value::I64(2)], &mut gas);
        assert_eq!(end, Ok(CallEnd::Values(vec![Value::I64(12_000)])));
        let statistics = module.code().statistics();
        assert!(statistics.waiting_bytes <= WAITING_BYTES_MAX, "{statistics:?}");
        most = most.max(statistics.waiting_bytes);
    }
    let statistics = module.code().statistics();
    assert!(most > WAITING_BYTES_MAX / 2, "the bound is met: {statistics:?}");
    assert!((1..24).contains(&statistics.partial_functions), "{statistics:?}");
    assert!(module.code().size_bytes() > most, "what waits counts");
}

/// Threads that reach blocks of one function at once: each has its results, whoever translates.
#[test]
fn threads_may_race_for_blocks() {
    for round in 0..20 {
        let module = module(&arms(40));
        let (threads, barrier) = (4, Barrier::new(4));
        std::thread::scope(|scope| {
            for thread in 0..threads {
                let (module, barrier) = (&module, &barrier);
                scope.spawn(move || {
                    barrier.wait();
                    for arm in 0..40 {
                        // Two threads go one way, two the other.
                        let arm = if thread % 2 == 0 { arm } else { 39 - arm };
                        let (end, _) = call_on(module, Tier::Interpreter, arm, 3);
                        let want = vec![Value::I64((u64::from(arm) + 2) * 10)];
                        assert_eq!(end, CallEnd::Values(want), "round {round}, arm {arm}");
                    }
                });
            }
        });
        let statistics = module.code().statistics();
        assert!(statistics.partial_functions == 1, "one of them entered: {statistics:?}");
    }
}
