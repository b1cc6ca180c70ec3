//! What running costs.

use lockstep_ir::{Inst, Instrumented, evaluate::Env};

use super::{
    super::{Class, GasSchedule},
    *,
};

/// What a call of the export takes from the counter.
fn cost(run: &mut Run, name: &str, args: &[u64]) -> u64 {
    let before = run.env.gas();
    run.call(name, args).expect("there is gas enough");
    before - run.env.gas()
}

#[test]
fn an_instruction_costs_one_and_structure_nothing() {
    let mut run = Run::new(
        "(module
          (func (export \"empty\"))
          (func (export \"add\") (param i32) (result i32)
            (block (nop) (loop)) (i32.add (local.get 0) (i32.const 1)))
          (func (export \"times\") (param i32)
            (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))",
    );
    assert_eq!(cost(&mut run, "empty", &[]), 0);
    assert_eq!(cost(&mut run, "add", &[1]), 3);
    assert_eq!(cost(&mut run, "times", &[1]), 5);
    assert_eq!(cost(&mut run, "times", &[10]), 50);
}

/// Pitfall: what an arm costs is not paid on the other, nor what cannot be reached on any.
#[test]
fn only_what_runs_is_paid() {
    let mut run = Run::new(
        "(module (func (export \"f\") (param i32) (result i32)
            (if (result i32) (local.get 0)
              (then (br 0 (i32.const 1)) (i32.add (i32.const 1) (i32.const 2)))
              (else (i32.clz (i32.ctz (i32.const 2)))))))",
    );
    assert_eq!(cost(&mut run, "f", &[1]), 4);
    assert_eq!(cost(&mut run, "f", &[0]), 5);
}

#[test]
fn a_span_ends_at_a_call() {
    let module = load(
        "(module (import \"env\" \"f\" (func $f (param i32)))
          (func (call $f (i32.const 1)) (drop (i32.add (i32.const 1) (i32.const 2)))
            (call $f (i32.const 2))))",
    );
    assert_eq!(module.interface().imports.as_slice()[0].name, "env.f");
    let func = lower(&module, FuncId(0));
    let charges = func.insts.iter().filter_map(|inst| match inst {
        Inst::Charge { gas } => Some(*gas),
        _ => None,
    });
    assert_eq!(charges.collect::<Vec<_>>(), [2, 6, 0]);
}

#[test]
fn amounts_are_paid_where_they_take_effect() {
    let mut run = Run::new(
        "(module (memory 1 4)
          (func (export \"fill\") (param i32) (memory.fill (i32.const 0) (i32.const 1) (local.get 0)))
          (func (export \"grow\") (param i32) (drop (memory.grow (local.get 0)))))",
    );
    assert_eq!(cost(&mut run, "fill", &[0]), 4);
    assert_eq!(cost(&mut run, "fill", &[1]), 5);
    assert_eq!(cost(&mut run, "fill", &[640]), 14);
    assert_eq!(cost(&mut run, "grow", &[0]), 3);
    assert_eq!(cost(&mut run, "grow", &[2]), 3 + 2 * 1024);
    assert_eq!(cost(&mut run, "grow", &[2]), 3, "refused: nothing to pay");
    assert_eq!(cost(&mut run, "grow", &[0xffff_ffff]), 3);
}

/// What a small constant amount costs is paid with the span, and nothing is asked before. What is constant is what the guest
/// writes as one, not what can be known.
#[test]
fn constant_amounts_are_paid_ahead() {
    let filling = |len: &str| {
        let text = format!(
            "(module (memory 2) (func (export \"f\") (param i32)
                (memory.fill (i32.const 0) (i32.const 1) {len})))"
        );
        let mut run = Run::new(&text);
        let func = lower(&run.module, FuncId(0));
        let counts =
            |wanted: fn(&Inst) -> bool| func.insts.iter().filter(|inst| wanted(inst)).count();
        let asked = counts(|inst| matches!(inst, Inst::Check { .. }));
        let dynamic = counts(|inst| matches!(inst, Inst::ChargeBy { .. }));
        (cost(&mut run, "f", &[640]), asked, dynamic)
    };
    assert_eq!(filling("(i32.const 640)"), (14, 0, 0));
    assert_eq!(filling("(i32.const 641)"), (15, 0, 0));
    assert_eq!(filling("(i32.const 0)"), (4, 0, 0));
    assert_eq!(filling("(i32.const 65536)"), (4 + 1024, 0, 0));
    assert_eq!(filling("(i32.const 65537)"), (4 + 1025, 1, 1));
    assert_eq!(filling("(local.get 0)"), (14, 1, 1));
    assert_eq!(filling("(i32.add (i32.const 639) (i32.const 1))"), (16, 1, 1));
    assert_eq!(filling("(i32.const 640) (nop)"), (14, 1, 1));
}

/// Pitfall: what is not code changes nothing.
#[test]
fn names_change_no_code_and_no_price() {
    let plain = load("(module (func (param i32) (drop (local.get 0))))");
    let named = load("(module $m (func $f (param $x i32) (drop (local.get $x))))");
    assert_ne!(plain.bytes(), named.bytes());
    let lowered = |module: &Module| {
        let mut func = lower(module, FuncId(0));
        func.pcs.clear();
        func.blocks.as_mut_slice().iter_mut().for_each(|block| block.terminator_pc = 0);
        func
    };
    assert_eq!(lowered(&plain), lowered(&named));
    assert_eq!(plain.interface(), named.interface());
}

/// A schedule is data: other prices are charged, and a span that costs more than a charge can say has several.
#[test]
fn prices_come_from_the_schedule() {
    let mut schedule = GasSchedule::default();
    schedule.set_version(7);
    schedule.set_price(Class::Local, u32::MAX);
    schedule.set_price(Class::Structure, 2);
    let config = Config { schedule: Arc::new(schedule), ..Config::default() };
    let text = "(module (func (export \"f\") (param i32) (result i32)
        (nop) (i32.add (local.get 0) (local.get 0))))";
    let bytes = wat::parse_str(text).expect("the test is well-formed");
    let module = Module::load(Arc::from(bytes), &config).expect("the module is valid");
    lower(&module, FuncId(0));
    let env = SimpleEnv::new(module.interface(), GAS);
    let mut run = Run { module, env };
    assert_eq!(cost(&mut run, "f", &[3]), 2 * u64::from(u32::MAX) + 1 + 2 * 2);
}

/// Markers pay nothing: the charges are those of the plain function, and a step says what was paid ahead from it on.
#[test]
fn an_observed_function_shows_what_runs_and_pays_the_same() {
    let module = load(
        "(module (func (param i32) (result i32)
            (block (br_if 0 (local.get 0)) (unreachable) (nop))
            (i32.add (local.get 0) (i32.const 1))))",
    );
    let (plain, observed) = (lower(&module, FuncId(0)), {
        let mut func = Func::default();
        Instrumented(Arc::new(module.clone())).lower(FuncId(0), &mut func);
        verify_function(module.interface(), FuncId(0), &func).expect("markers verify");
        func
    });
    let gas = |func: &Func| {
        let charge = |inst: &Inst| if let Inst::Charge { gas } = inst { *gas } else { 0 };
        let of_block = |block| func.block_insts(block).iter().map(charge).sum::<u32>();
        func.blocks.as_slice().iter().map(of_block).collect::<Vec<_>>()
    };
    assert_eq!(gas(&plain), gas(&observed));
    let prepaid = observed.insts.iter().filter_map(|inst| match inst {
        Inst::Step { prepaid, .. } => Some(*prepaid),
        _ => None,
    });
    // block, local.get, br_if | unreachable | local.get, i32.const, i32.add, end: what is free pays nothing ahead.
    assert_eq!(prepaid.collect::<Vec<_>>(), [0, 0, 1, 0, 0, 2, 1, 0]);
    assert!(!plain.insts.iter().any(|inst| matches!(inst, Inst::Step { .. } | Inst::Show { .. })));
}
