//! The same for eBPF, where each unit counts: a trap in a loop leaves what was not used.

use lockstep::{
    Heat, HostFunction, HostRow, Stop, Tier, View,
    ebpf::{Call, Config, Dialect, Helper, Linked, Machine, Outcome, Program, assemble},
};

use super::exists;

/// Takes r1 units.
struct Spend;

impl HostFunction<()> for Spend {
    const NAME: &'static str = "spend";
    type Args = (u64, u64, u64, u64, u64);
    type Results = (u64,);

    fn call(caller: &mut View<'_, ()>, (units, ..): Self::Args) -> Result<(u64,), Stop> {
        caller.charge(units)?;
        Ok((units * 3,))
    }
}

/// Loops in one another that write; in callees; that call the host; that end in a trap after so many turns.
const PROGRAMS: &[(&str, Dialect, &str)] = &[
    (
        "nested",
        Dialect::Rfc,
        "mov %r0, 0\nmov %r2, 9\nouter: mov %r3, 5\ninner: mul32 %r0, 31\nadd %r0, %r3\nsub %r3, 1\n\
         jne %r3, 0, inner\nmov %r4, %r2\nlsh %r4, 3\nadd %r4, %r1\nstxdw [%r4-8], %r0\nsub %r2, 1\n\
         jsgt %r2, 0, outer\nexit",
    ),
    (
        "callees",
        Dialect::Rfc,
        "mov %r6, %r1\nmov %r7, 0\nmov %r8, 24\nagain: mov %r1, %r8\ncall local sum\nadd %r7, %r0\n\
         sub %r8, 1\njne %r8, 0, again\nmov %r0, %r7\nstxdw [%r6+8], %r0\nexit\n\
         sum: mov %r0, 0\nnext: add %r0, %r1\nxor %r0, 3\nsub %r1, 1\njne %r1, 0, next\nexit",
    ),
    (
        "host",
        Dialect::Rfc,
        "mov %r6, %r1\nmov %r7, 40\nmov %r8, 0\nagain: mov %r1, %r7\ncall 7\nadd %r8, %r0\n\
         stxw [%r6], %r8\nsub %r7, 1\njne %r7, 0, again\nmov %r0, %r8\nexit",
    ),
    (
        "divides",
        Dialect::V0,
        "mov %r2, 40\nmov %r0, 0\nagain: mov %r3, 1000\ndiv %r3, %r2\nadd %r0, %r3\nstxw [%r1+4], %r0\n\
         sub %r2, 1\nja again\nexit",
    ),
    (
        "leaves_memory",
        Dialect::Rfc,
        "mov %r0, 0\nagain: stxdw [%r1], %r0\nadd %r0, 1\nadd %r1, 1\nja again\nexit",
    ),
];

/// Units that suffice for all of them.
const PLENTY: u64 = 100_000;

fn load(text: &str, dialect: Dialect) -> Program {
    let assembled = assemble(text, dialect).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let helpers = vec![Helper::numbered(Spend::NAME, 7)];
    let config = Config { helpers, ..Config::default() };
    Program::from_text(&assembled.bytes(), dialect, &config)
        .unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn run(machine: &mut Machine, program: &Program, tier: Tier, gas: u64) -> Outcome {
    let linked = Linked::new(program, &[HostRow::of::<Spend>()]).expect("the host offers it");
    let call = Call { input: &[0; 100], gas, tier, returns_input: true };
    machine.run(&linked, &mut (), &call).expect("the machine is well")
}

#[test]
fn ebpf_does_the_same_at_every_unit() {
    if !exists() {
        return;
    }
    for (name, dialect, text) in PROGRAMS {
        let mut below = Machine::new().expect("address space");
        let cold = load(text, *dialect);
        let used = PLENTY - run(&mut below, &cold, Tier::Interpreter, PLENTY).gas_left;
        let mut switched = 0;
        for heat in [0, 1, 2, 5, 20] {
            let mut machine = Machine::with_heat(Heat::of(heat).awaited()).expect("address space");
            let warm = load(text, *dialect);
            for gas in [PLENTY].into_iter().chain(0..=used + 1) {
                let want = run(&mut below, &cold, Tier::Interpreter, gas);
                let got = run(&mut machine, &warm, Tier::Adaptive, gas);
                assert_eq!(got, want, "{name}, heat {heat}, {gas} units");
                // A program that is cold is so at some of them only: it has to be loaded anew.
                if gas % 37 == 3 {
                    let cold = load(text, *dialect);
                    let got = run(&mut machine, &cold, Tier::Adaptive, gas);
                    assert_eq!(got, want, "{name}, cold, heat {heat}, {gas} units");
                    switched += cold.native_statistics().switched;
                }
            }
            switched += warm.native_statistics().switched;
        }
        assert!(switched > 0, "{name} never switched");
    }
}
