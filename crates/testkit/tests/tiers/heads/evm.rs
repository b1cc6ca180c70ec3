//! The same for EVM programs, which go on wherever a block begins.

use lockstep::{Engine, Fork, Heat, NativeStatistics, Tier};
use lockstep_testkit::{
    assemble::assemble,
    differential::{Case, Runner, Way},
};

use super::{exists, limits};

const ADAPTIVE: Way = Way { tier: Tier::Adaptive, is_instrumented: false };

/// Gas of a run that shall not lack any.
const PLENTY: u64 = 400_000;

/// Gas limits under which each program is run for each heat, at most.
const LIMITS_MAX: u64 = if cfg!(debug_assertions) { 4 } else { 10 };

/// Loops in one another; over memory that grows; over storage; in functions that others call, with what they return to on
/// the stack; that call themselves; around calls; that look at the gas; that end in every way, and where the stack does.
const PROGRAMS: &[(&str, &str)] = &[
    (
        "nested",
        "0 7 outer: 5 inner: SWAP2 31 MUL DUP3 ADD SWAP2 1 SWAP1 SUB DUP1 @inner JUMPI POP \
         1 SWAP1 SUB DUP1 @outer JUMPI POP 0 MSTORE 32 0 RETURN",
    ),
    (
        "memory",
        "0 again: DUP1 DUP1 100 MUL MSTORE DUP1 DUP1 MUL DUP2 MSTORE8 MSIZE DUP2 3 MUL MSTORE 1 ADD \
         DUP1 40 GT @again JUMPI 500 0 RETURN",
    ),
    (
        "storage",
        "12 again: DUP1 SLOAD DUP2 ADD GAS ADD DUP2 SSTORE DUP1 TLOAD 1 ADD DUP2 1 ADD TSTORE \
         1 SWAP1 SUB DUP1 @again JUMPI DUP1 TLOAD 0 MSTORE 32 0 RETURN",
    ),
    (
        "functions",
        // work(n): the sum of 3 k + 1 for k from n to 1, by a loop that calls step(k).
        "@first 9 @work JUMP first: @second SWAP1 15 MOD 5 ADD @work JUMP second: 0 MSTORE \
         32 0 RETURN \
         work: 0 turn: @back DUP3 @step JUMP back: ADD SWAP1 1 SWAP1 SUB SWAP1 DUP2 @turn JUMPI \
         SWAP1 POP SWAP1 JUMP \
         step: 3 MUL 1 ADD 2 DUP1 POP MUL 7 XOR SWAP1 JUMP",
    ),
    (
        "itself",
        // f(n) = n < 2 ? 1 : f(n - 1) + f(n - 2), in a loop.
        "0 4 again: @back DUP2 3 ADD @f JUMP back: DUP3 ADD SWAP2 POP 1 SWAP1 SUB DUP1 @again JUMPI \
         POP 0 MSTORE 32 0 RETURN \
         f: DUP1 2 GT @small JUMPI @one DUP2 1 SWAP1 SUB @f JUMP one: @two DUP3 2 SWAP1 SUB @f JUMP \
         two: ADD SWAP1 POP SWAP1 JUMP small: POP 1 SWAP1 JUMP",
    ),
    (
        "calls",
        "9 again: 0 0 0 0 4 GAS STATICCALL DUP2 SWAP1 SUB 32 0 32 0 0 ADDRESS 900 CALL ADD POP \
         0 MLOAD DUP2 MSTORE 1 SWAP1 SUB DUP1 @again JUMPI MSIZE 0 RETURN",
    ),
    ("gas", "again: GAS DUP1 0 MSTORE 50000 LT @again JUMPI 32 0 RETURN"),
    (
        "reverts",
        "20 again: DUP1 DUP1 SSTORE 1 SWAP1 SUB DUP1 14 EQ @end JUMPI @again JUMP end: 3 0 REVERT",
    ),
    ("invalid", "20 again: 1 SWAP1 SUB DUP1 @again JUMPI INVALID"),
    ("jumps_nowhere", "30 again: 1 SWAP1 SUB DUP1 @again JUMPI 1 JUMP"),
    (
        "underflows",
        "0 0 0 0 0 0 0 0 0 0 0 0 30 turn: 1 SWAP1 SUB DUP1 @turn JUMPI POP again: POP @again JUMP",
    ),
    (
        // The label that it jumps to changes between two.
        "changes_labels",
        "24 @even @odd SWAP2 again: 1 SWAP1 SUB DUP1 ISZERO @end JUMPI SWAP2 SWAP1 SWAP2 DUP3 JUMP \
         even: DUP1 DUP1 MSTORE @again JUMP odd: DUP1 0 SSTORE @again JUMP \
         end: MSIZE 0 RETURN",
    ),
];

fn statistics(engine: &Engine) -> NativeStatistics {
    engine.native_statistics()
}

#[test]
fn evm_programs_do_the_same_under_every_gas_limit() {
    if !exists() {
        return;
    }
    for (name, text) in PROGRAMS {
        let mut case = Case { gas: PLENTY, fork: Fork::Osaka, ..Case::of(assemble(text)) };
        let below = Engine::new();
        let mut below = Runner::new(&below);
        let (whole, _) = below.observe(&case, Way::INTERPRETER);
        let used = (PLENTY - whole.gas_left).min(30_000);
        let mut switched = 0;
        for heat in [0, 2] {
            let engine = Engine::new().with_heat(Heat::of(heat).awaited());
            let mut runner = Runner::new(&engine);
            for gas in limits(used, LIMITS_MAX).chain([PLENTY]) {
                case.gas = gas;
                let (want, _) = below.observe(&case, Way::INTERPRETER);
                // Cold, and then as warm as that made it.
                engine.forget();
                for run in 0..2 {
                    let (got, _) = runner.observe(&case, ADAPTIVE);
                    assert_eq!(got, want, "{name}, heat {heat}, gas {gas}, run {run}");
                }
            }
            switched += statistics(&engine).switched;
        }
        assert!(switched > 0, "{name} never switched");
    }
}

/// A stack that grows in each turn: no place is come to twice with one height.
#[test]
fn a_loop_that_fills_the_stack_has_no_head() {
    let case = Case::of(assemble("0 again: DUP1 1 ADD @again JUMP"));
    let engine = Engine::new().with_heat(Heat::of(1).awaited());
    let (below, mut adaptive) = (Engine::new(), Runner::new(&engine));
    let (want, _) = Runner::new(&below).observe(&case, Way::INTERPRETER);
    assert_eq!(adaptive.observe(&case, ADAPTIVE).0, want);
    assert_eq!(statistics(&engine).heads, 0);
}

/// One call that loops until it is not the interpreter that runs it.
#[test]
fn a_contract_that_loops_long_switches_while_it_runs() {
    if !exists() {
        return;
    }
    let code = assemble(
        "0 20000000 again: SWAP1 7 MUL DUP2 XOR SWAP1 1 SWAP1 SUB DUP1 @again JUMPI POP 0 MSTORE \
         32 0 RETURN",
    );
    let case = Case { gas: 1 << 40, ..Case::of(code) };
    let engine = Engine::new();
    let (seen, _) = Runner::new(&engine).observe(&case, ADAPTIVE);
    let below = Engine::new();
    assert_eq!(seen, Runner::new(&below).observe(&case, Way::OPTIMIZING).0);
    let native = statistics(&engine);
    assert_eq!((native.heads, native.switched), (1, 1), "{native:?}");
}
