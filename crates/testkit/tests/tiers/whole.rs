//! What becomes of a program's blocks when it is one function: where it goes by edges, and where it leaves.

use std::sync::Arc;

use lockstep::{Engine, Fork, U256};
use lockstep_guest::evm::{Mode, Program};
use lockstep_ir::{Edge, Func, FuncId, Functions, Terminator, pass::Whole, verify_function};
use lockstep_testkit::{
    assemble::assemble,
    differential::{Case, Runner, Way},
};

/// The function that the program is; it verifies.
fn whole(code: &str) -> Func {
    let code: Arc<[u8]> = assemble(code).into();
    let whole = Whole::new(Arc::new(Program::new(code, Fork::LATEST, Mode::Plain)));
    let mut func = Func::default();
    whole.lower(FuncId(0), &mut func);
    verify_function(whole.interface(), FuncId(0), &func).unwrap_or_else(|error| panic!("{error}"));
    func
}

/// How many blocks leave for a head, and how many for what a word names.
fn leaves(func: &Func) -> [usize; 2] {
    let edge = |edge: &Edge| match edge {
        Edge::Enter { .. } => [1, 0],
        Edge::EnterDyn { .. } => [0, 1],
        _ => [0, 0],
    };
    let of = func.blocks.iter().map(|(_, block)| match &block.terminator {
        Terminator::Jump(only) => edge(only),
        _ => [0, 0],
    });
    of.fold([0, 0], |sum, one| [sum[0] + one[0], sum[1] + one[1]])
}

/// Machine code, the interpreter and the reference do the same; how often machine code was left for the interpreter.
fn agree(code: &str, input: &[u8]) -> u64 {
    let mut case = Case::of(assemble(code));
    case.input = input.to_vec();
    let ways = [Way::EVALUATOR, Way::INTERPRETER, Way::OPTIMIZING];
    let engine = Engine::new();
    Runner::new(&engine).agree(&case, &ways).unwrap_or_else(|error| panic!("{error}"));
    engine.native_statistics().resumed
}

#[test]
fn a_function_called_from_two_places_returns_by_edges() {
    let code = "3 @first @add JUMP first: @second @add JUMP second: 0 MSTORE 32 0 RETURN \
                add: SWAP1 1 ADD SWAP1 JUMP";
    let func = whole(code);
    assert_eq!(leaves(&func), [0, 0]);
    // Entry, the function, the middle, the function again, the end.
    assert_eq!(func.blocks.len(), 5);
    assert_eq!(agree(code, &[]), 0);
}

#[test]
fn a_jump_to_what_nobody_knows_leaves_with_its_slots() {
    let code = "42 0 CALLDATALOAD JUMP INVALID here: 0 MSTORE 32 0 RETURN";
    assert_eq!(leaves(&whole(code)), [0, 1]);
    for target in [7_u64, 8, 0, 1 << 40] {
        assert_eq!(agree(code, &U256::from(target).to_be_bytes::<32>()), 1);
    }
}

#[test]
fn endless_recursion_ends_in_the_tier_below() {
    // Each turn leaves a label on the stack: never the same block again.
    let code = "again: @back @again JUMP back: STOP";
    let func = whole(code);
    assert!(
        func.insts.len() < 10_000,
        "{} instructions of a program of eight bytes",
        func.insts.len()
    );
    assert_eq!(agree(code, &[]), 1);
}

#[test]
fn a_program_that_leaves_with_a_high_stack_everywhere_stays_small() {
    // Eight words more in each place, and a jump that nobody knows from each.
    let step = "DUP1 DUP1 DUP1 DUP1 DUP1 DUP1 DUP1 DUP1 0 CALLDATALOAD DUP1 JUMPI ";
    let code = format!("0 {} STOP", step.repeat(120));
    let func = whole(&code);
    assert!(func.insts.len() < 10, "{} instructions", func.insts.len());
    assert_eq!(agree(&code, &[]), 1);
}

#[test]
fn a_stack_that_does_not_fit_traps_where_it_does_in_the_interpreter() {
    agree("ADD", &[]);
    agree("1 again: DUP1 @again JUMP", &[]);
    agree("@here JUMP here: POP", &[]);
}
