//! What becomes of a program's blocks when it is one function: where it goes by edges, and where it leaves.

use std::sync::Arc;

use lockstep::{Engine, Fork, U256};
use lockstep_guest::evm::{Mode, Program};
use lockstep_ir::{Edge, Func, FuncId, Functions, Terminator, pass::Whole, verify_function};
use lockstep_testkit::{
    assemble::assemble,
    differential::{Case, Runner, Way},
};

/// The functions that the program is; they verify.
pub(crate) fn functions(code: &str) -> Vec<Func> {
    let code: Arc<[u8]> = assemble(code).into();
    let whole = Whole::new(Arc::new(Program::new(code, Fork::LATEST, Mode::Plain)));
    let function = |number: usize| {
        let (id, mut func) = (FuncId(number as u32), Func::default());
        whole.lower(id, &mut func);
        verify_function(whole.interface(), id, &func).unwrap_or_else(|error| panic!("{error}"));
        func
    };
    (0..whole.interface().signatures.len()).map(function).collect()
}

/// The one function that the program is.
fn whole(code: &str) -> Func {
    let mut functions = functions(code);
    assert_eq!(functions.len(), 1, "functions beside the entry");
    functions.remove(0)
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
pub(crate) fn agree(code: &str, input: &[u8]) -> u64 {
    agree_with(code, input, 1_000_000)
}

/// The same with so much gas.
pub(crate) fn agree_with(code: &str, input: &[u8], gas: u64) -> u64 {
    let mut case = Case::of(assemble(code));
    case.input = input.to_vec();
    case.gas = gas;
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
    // Entry, the function, the middle, the function again, the end: each only follows the one before.
    assert_eq!(func.blocks.len(), 1);
    assert_eq!(agree(code, &[]), 0);
}

/// A program that calls `work` for 3, and for what that made, and returns what came out.
fn calls_twice(work: &str) -> String {
    format!(
        "@first 3 @work JUMP first: @second SWAP1 @work JUMP second: 0 MSTORE 32 0 RETURN {work}"
    )
}

/// A function of one argument, larger than what is worth a copy, that returns one word.
const LONG: &str = "work: DUP1 MUL 7 ADD DUP1 0 MSTORE DUP1 32 MSTORE 64 0 KECCAK256 XOR DUP1 5 MOD \
                    ADD DUP1 96 MSTORE 3 MUL DUP1 128 MSTORE SWAP1 JUMP";

#[test]
fn what_is_long_and_called_from_two_places_is_a_function() {
    let code = calls_twice(LONG);
    let functions = functions(&code);
    assert_eq!(functions.len(), 2);
    // Where it returns to is no parameter.
    assert_eq!((functions[1].params, functions[1].results.len()), (1, 1));
    assert_eq!(agree(&code, &[]), 0);
    // Wherever gas ends, in the caller and in the function.
    for gas in (0..600).step_by(7) {
        agree_with(&code, &[], gas);
    }
}

#[test]
fn a_function_that_ends_the_program_returns_nothing() {
    let long = LONG.replace("SWAP1 JUMP", "0 MSTORE 32 0 REVERT");
    let code = calls_twice(&long);
    let functions = functions(&code);
    assert_eq!(functions.len(), 2);
    assert!(functions[1].results.is_empty());
    assert_eq!(agree(&code, &[]), 0);
}

#[test]
fn what_looks_at_where_it_returns_to_is_copied() {
    let long = LONG.replace("work:", "work: DUP2 160 MSTORE");
    let code = calls_twice(&long);
    assert_eq!(functions(&code).len(), 1);
    assert_eq!(agree(&code, &[]), 0);
    // What it returns is where it returns to.
    let long = LONG.replace("SWAP1 JUMP", "POP DUP1 JUMP");
    let code = calls_twice(&long);
    assert_eq!(functions(&code).len(), 1);
    assert_eq!(agree(&code, &[]), 0);
}

#[test]
fn what_returns_at_two_heights_is_copied() {
    let long = LONG.replace("SWAP1 JUMP", "DUP1 7 GT @more JUMPI SWAP1 JUMP more: DUP1 SWAP2 JUMP");
    let code = calls_twice(&long);
    assert_eq!(functions(&code).len(), 1);
    assert_eq!(agree(&code, &[]), 0);
}

#[test]
fn what_reaches_below_its_arguments_is_copied() {
    let long = LONG.replace("work:", "work: DUP3 ADD");
    let code = format!("9 {}", calls_twice(&long));
    assert_eq!(functions(&code).len(), 1);
    assert_eq!(agree(&code, &[]), 0);
}

#[test]
fn functions_call_functions() {
    let twice = "outer: @inner_1 SWAP1 @work JUMP inner_1: DUP1 160 MSTORE @inner_2 SWAP1 @work JUMP \
                 inner_2: DUP1 192 MSTORE 5 ADD DUP1 224 MSTORE DUP1 256 MSTORE SWAP1 JUMP";
    let code = calls_twice(LONG).replace("@work", "@outer") + " " + twice;
    assert_eq!(functions(&code).len(), 3);
    assert_eq!(agree(&code, &[]), 0);
    for gas in (0..1_500).step_by(31) {
        agree_with(&code, &[], gas);
    }
}

#[test]
fn a_function_is_found_whose_callers_call_another_one_first() {
    // Where work returns to is on the stack before another function makes its argument.
    let code = "@first @made 3 @make JUMP made: @work JUMP \
                first: @second SWAP1 @made_too SWAP1 @make JUMP made_too: @work JUMP \
                second: 0 MSTORE 32 0 RETURN"
        .to_owned();
    let code = format!("{code} {LONG} {}", LONG.replace("work:", "make: 3 MUL"));
    assert_eq!(functions(&code).len(), 3);
    assert_eq!(agree(&code, &[]), 0);
}

#[test]
fn a_function_without_room_above_traps_where_it_does_in_the_interpreter() {
    // The function needs two or three slots more than there are; then it fits.
    for below in [1_016, 1_018, 1_019, 1_020, 1_021, 1_022] {
        let code = "1 ".to_owned() + &"DUP1 ".repeat(below - 1) + &calls_twice(LONG);
        agree(&code, &[]);
    }
}

#[test]
fn what_passes_on_where_it_returns_to_is_no_call() {
    // The inner function keeps its second argument in memory: where the outer one returns to.
    let inner = LONG
        .replace("work:", "inner: DUP2 320 MSTORE")
        .replace("SWAP1 JUMP", "SWAP1 POP SWAP1 JUMP");
    let outer = LONG.replace("SWAP1 JUMP", "@then DUP3 DUP3 @inner JUMP then: XOR SWAP1 JUMP");
    let code = format!("{} {inner}", calls_twice(&outer)).replace(
        "32 0 RETURN",
        "320 MLOAD @last 8 9 @inner JUMP last: POP 352 MSTORE 32 352 RETURN",
    );
    assert_eq!(agree(&code, &[]), 0);
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
