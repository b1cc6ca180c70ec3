//! The policy that chooses: a program gets machine code when it is hot, and nobody can tell from what it does.

use lockstep::{Engine, Fork, Heat, Tier};
use lockstep_testkit::{
    assemble::assemble,
    differential::{Case, Runner, Way},
};

/// Adds up what storage held, a hundred times, and keeps it.
const PROGRAM: &str = "0 0 SLOAD again: 1 ADD SWAP1 1 ADD SWAP1 DUP2 100 GT @again JUMPI \
                       0 SSTORE GAS 0 MSTORE 32 0 RETURN";

/// Runs after which a program must have been compiled, if the machine is not stuck.
const RUNS_MAX: u32 = 10_000_000;

const ADAPTIVE: Way = Way { tier: Tier::Adaptive, is_instrumented: false };

#[test]
fn a_hot_program_gets_machine_code_and_does_what_it_did() {
    let engine = Engine::new().with_heat(Heat::of(0));
    let mut runner = Runner::new(&engine);
    let case = Case { fork: Fork::Osaka, ..Case::of(assemble(PROGRAM)) };
    let (want, _) = runner.observe(&case, Way::INTERPRETER);
    for _ in 0..RUNS_MAX {
        let was_compiled = engine.statistics().compiled > 0;
        assert_eq!(runner.observe(&case, ADAPTIVE).0, want);
        if was_compiled {
            return;
        }
        std::thread::yield_now();
    }
    panic!("never compiled");
}

#[test]
fn a_program_that_runs_once_is_not_compiled_for_it() {
    let engine = Engine::new();
    let mut runner = Runner::new(&engine);
    runner.observe(&Case::of(assemble(PROGRAM)), ADAPTIVE);
    assert_eq!(engine.statistics().compiled, 0);
}
