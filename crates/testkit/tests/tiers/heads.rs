//! Frames that go on in machine code at the head of a loop: nobody can tell from results, memories or gas that one did,
//! wherever it was and however much gas there is.

mod ebpf;
mod evm;

use std::collections::BTreeMap;

use lockstep::{
    Heat, HostFunction, HostRow, Options, Stop, Tier, View,
    wasm::{CallEnd, Config, Extern, Instances, Module, Pool, Value},
};
use lockstep_testkit::corpus;

/// Gas of a run that shall not lack any, and of instantiations.
const PLENTY: u64 = 1 << 40;

/// Runs of a program that is cold at each of them, and of one that stays as warm as it got, at most.
const COLD_MAX: u64 = if cfg!(debug_assertions) { 12 } else { 40 };
const WARM_MAX: u64 = if cfg!(debug_assertions) { 60 } else { 500 };

/// What programs of the corpus may import as `test.spend`: takes gas, and says how much is left in part.
struct Spend;

impl HostFunction<()> for Spend {
    const NAME: &'static str = "test.spend";
    type Args = (u32,);
    type Results = (u32,);

    fn call(caller: &mut View<'_, ()>, (gas,): (u32,)) -> Result<(u32,), Stop> {
        let before = caller.gas();
        caller.charge(u64::from(gas))?;
        Ok((before as u32 & 0xffff,))
    }
}

/// A program of `corpus/wasm/loops`.
struct Program {
    name: String,
    bytes: Vec<u8>,
}

fn programs() -> Vec<Program> {
    let mut paths = Vec::new();
    corpus::files(&corpus::folder().join("wasm/loops"), "wat", &mut paths);
    paths.sort();
    let load = |path: &std::path::PathBuf| Program {
        name: path.file_name().expect("a file").to_string_lossy().into_owned(),
        bytes: wat::parse_file(path).unwrap_or_else(|error| panic!("{error}")),
    };
    paths.iter().map(load).collect()
}

impl Program {
    fn load(&self) -> Module {
        Module::load(&self.bytes, &Config::default())
            .unwrap_or_else(|error| panic!("{}: {error}", self.name))
    }
}

/// What a run did.
#[derive(Debug, PartialEq)]
struct Seen {
    end: CallEnd,
    gas_left: u64,
    memories: BTreeMap<String, Vec<u8>>,
}

/// Runs the export `run` of a new instance of `module`.
fn run(module: &Module, (pool, tier): (&Pool, Tier), gas: u64) -> Seen {
    let mut all = Instances::in_pool(pool, (), Options { tier }).expect("address space");
    let spend = all.host_func(&HostRow::of::<Spend>());
    let imports: Vec<_> = module.guest().imports().iter().map(|_| Extern::Func(spend)).collect();
    let instance = all.instantiate(module, &imports, &mut PLENTY.clone());
    let instance = instance.unwrap_or_else(|error| panic!("{error}"));
    let Some(Extern::Func(func)) = all.export(instance, "run") else { panic!("no export run") };
    let mut gas_left = gas;
    let end = all.call(func, &[], &mut gas_left).expect("the machine is well");
    let memories = module.guest().exports().iter().filter_map(|export| {
        let Some(Extern::Memory(memory)) = all.export(instance, &export.name) else { return None };
        Some((export.name.to_string(), all.memory_read(memory)))
    });
    Seen { end, gas_left, memories: memories.collect() }
}

/// So many gas limits from none to what suffices, the first and the last few among them.
fn limits(used: u64, max: u64) -> impl Iterator<Item = u64> {
    let stride = (used / max).max(1);
    (0..=used + 1).filter(move |gas| gas % stride == 0 || gas + 4 > used)
}

fn expect_same(program: &Program, (pool, heat): (&Pool, u64), module: &Module, gas: u64) {
    let got = run(module, (pool, Tier::Adaptive), gas);
    let want = run(&program.load(), (&Pool::default(), Tier::Interpreter), gas);
    let Program { name, .. } = program;
    assert_eq!(
        (&got.end, got.gas_left),
        (&want.end, want.gas_left),
        "{name}, heat {heat}, gas {gas}: adaptive, then interpreter"
    );
    assert!(got.memories == want.memories, "{name}, heat {heat}, gas {gas}: memories differ");
}

fn used_by(program: &Program) -> u64 {
    let seen = run(&program.load(), (&Pool::default(), Tier::Evaluator), PLENTY);
    match seen.end {
        CallEnd::Values(_) => PLENTY - seen.gas_left,
        // A trap takes all: what came before it is a few thousand at most.
        _ => 1000,
    }
}

/// The tier has machine code here.
fn exists() -> bool {
    let compiled = run_warm(&programs()[0], 0, [PLENTY]);
    if !compiled {
        println!("no machine code for this processor: SKIPPED");
    }
    compiled
}

/// Runs a program again and again as warm as it gets; whether something was compiled.
fn run_warm(program: &Program, heat: u64, limits: impl IntoIterator<Item = u64>) -> bool {
    let pool = Pool::default().with_heat(Heat::of(heat).awaited());
    let module = program.load();
    limits.into_iter().for_each(|gas| expect_same(program, (&pool, heat), &module, gas));
    pool.compiled() > 0
}

#[test]
fn a_cold_program_switches_at_heads_under_every_gas_limit() {
    if !exists() {
        return;
    }
    for program in programs() {
        let used = used_by(&program);
        // A short function is hot where it begins before it is hot anywhere else.
        let mut switched = 0;
        for (heat, is_guarded) in [(1, false), (2, false), (2, true)] {
            let pool = if is_guarded { Pool::guarded() } else { Pool::default() };
            let pool = pool.with_heat(Heat::of(heat).awaited());
            for gas in limits(used, COLD_MAX).chain([PLENTY]) {
                let module = program.load();
                expect_same(&program, (&pool, heat), &module, gas);
                switched += module.native_statistics().switched;
            }
        }
        assert!(switched > 0, "{} never switched", program.name);
    }
}

#[test]
fn a_program_does_the_same_however_warm_it_is() {
    if !exists() {
        return;
    }
    for program in programs() {
        let used = used_by(&program);
        for heat in [0, 1, 2, 20] {
            run_warm(&program, heat, [PLENTY].into_iter().chain(limits(used, WARM_MAX)));
        }
    }
}

/// Code comes from the other thread whenever it is ready.
#[test]
fn a_program_does_the_same_whenever_its_machine_code_comes() {
    if !exists() {
        return;
    }
    for program in programs() {
        for heat in [0, 2] {
            let pool = Pool::default().with_heat(Heat::of(heat));
            for _ in 0..20 {
                let module = program.load();
                for _ in 0..3 {
                    expect_same(&program, (&pool, heat), &module, PLENTY);
                }
            }
        }
    }
}

/// One run of a loop that goes on until it is not the interpreter that runs it: nobody waits, and it ends.
#[test]
fn a_loop_that_runs_long_switches_while_it_runs() {
    if !exists() {
        return;
    }
    let text = "(module (func (export \"run\") (result i64) (local $n i64) (local $x i64)
        (local.set $n (i64.const 300000000))
        (loop $again
          (local.set $x (i64.xor (i64.rotl (local.get $x) (i64.const 7)) (local.get $n)))
          (br_if $again (i64.ne (i64.const 0) (local.tee $n (i64.sub (local.get $n) (i64.const 1))))))
        (local.get $x)))";
    let bytes = wat::parse_str(text).expect("the test is well-formed");
    let module = Module::load(&bytes, &Config::default()).expect("it is valid");
    let seen = run(&module, (&Pool::default(), Tier::Adaptive), PLENTY);
    let want = (1..=300_000_000_u64).rev().fold(0_u64, |x, n| x.rotate_left(7) ^ n);
    assert_eq!(seen.end, CallEnd::Values(vec![Value::I64(want)]));
    let native = module.native_statistics();
    assert_eq!((native.heads, native.switched, native.climbed), (1, 1, 0), "{native:?}");
}
