//! Functions that call themselves: their answers, where their stack ends, and where gas does.

use lockstep::{Engine, Exit, Trap, U256};
use lockstep_testkit::{
    assemble::assemble,
    differential::{Case, Runner, Way},
};

use super::whole::{agree, agree_with, functions};

/// Calls `@f` with the input's first word, and returns what comes out.
const CALLS: &str = "@end 0 CALLDATALOAD @f JUMP end: 0 MSTORE 32 0 RETURN";

/// Fibonacci numbers, by two calls of itself.
const FIB: &str = "f: DUP1 2 GT @base JUMPI @first 1 DUP3 SUB @f JUMP first: @second 2 DUP4 SUB @f JUMP second: \
                   ADD SWAP1 POP SWAP1 JUMP base: SWAP1 JUMP";

/// Zero or one, by two functions that call each other; one of them returns by itself.
const EVEN: &str = "f: DUP1 @odd_1 JUMPI POP 1 SWAP1 JUMP odd_1: @return 1 DUP3 SUB @g JUMP return: SWAP1 POP SWAP1 JUMP \
                    g: DUP1 @even_1 JUMPI POP 0 SWAP1 JUMP even_1: @back 1 DUP3 SUB @f JUMP back: SWAP1 POP SWAP1 JUMP";

/// Counts up by itself, so deep as it is told; two slots more for each turn, and five for the last one.
const DEEP: &str = "f: DUP1 @more JUMPI 1 1 1 ADD ADD SWAP1 POP SWAP1 JUMP \
                    more: @up 1 DUP3 SUB @f JUMP up: 1 ADD SWAP1 POP SWAP1 JUMP";

fn word(number: u64) -> [u8; 32] {
    U256::from(number).to_be_bytes::<32>()
}

/// What the program does with so much gas, in every tier the same.
fn exit_of(code: &str, input: u64, gas: u64) -> (Exit, Vec<u8>) {
    let mut case = Case::of(assemble(code));
    (case.input, case.gas) = (word(input).to_vec(), gas);
    let ways = [Way::INTERPRETER, Way::EVALUATOR, Way::OPTIMIZING, Way::STEPPED];
    let agreed = Runner::new(&Engine::new()).agree(&case, &ways);
    let (seen, _) = agreed.unwrap_or_else(|error| panic!("{error}"));
    (seen.exit, seen.output)
}

fn returned(number: u64) -> (Exit, Vec<u8>) {
    (Exit::Return, word(number).to_vec())
}

#[test]
fn a_function_that_calls_itself_is_a_function() {
    let code = format!("{CALLS} {FIB}");
    let functions = functions(&code);
    assert_eq!(functions.len(), 2);
    // The slots below it and its argument; whether it left, and its result.
    assert_eq!((functions[1].params, functions[1].results.len()), (2, 2));
    for (number, want) in [(0, 0), (1, 1), (2, 1), (10, 55), (16, 987)] {
        assert_eq!(agree(&code, &word(number)), 0, "left with {number}");
        assert_eq!(exit_of(&code, number, 1_000_000), returned(want));
    }
}

#[test]
fn functions_that_call_each_other_are_functions() {
    let code = format!("{CALLS} {EVEN}")
        .replace("32 0 RETURN", "@last 4 @g JUMP last: 32 MSTORE 32 0 RETURN");
    assert_eq!(functions(&code).len(), 3);
    for number in [0, 1, 2, 3, 20, 21] {
        assert_eq!(agree(&code, &word(number)), 0, "left with {number}");
        assert_eq!(exit_of(&code, number, 1_000_000), returned(1 - number % 2));
    }
}

#[test]
fn only_another_function_returns_by_itself() {
    // f always calls g.
    let code = format!(
        "{CALLS} f: @back 3 DUP3 ADD @g JUMP back: DUP2 ADD SWAP1 POP SWAP1 JUMP \
         g: DUP1 1000 LT @base JUMPI @up DUP2 2 MUL @f JUMP up: 7 ADD SWAP1 POP SWAP1 JUMP base: SWAP1 JUMP"
    )
    .replace("32 0 RETURN", "@last 4 @g JUMP last: 32 MSTORE 32 0 RETURN");
    assert_eq!(functions(&code).len(), 3);
    for number in [0, 5, 700, 2000] {
        assert_eq!(agree(&code, &word(number)), 0);
    }
}

#[test]
fn a_stack_that_is_full_traps_where_it_does_in_the_interpreter() {
    let code = format!("{CALLS} {DEEP}");
    assert_eq!(functions(&code).len(), 2);
    let (mut fit, mut overflowed) = (0, 0);
    for turns in (0..500).step_by(41).chain(500..514) {
        match exit_of(&code, turns, 1_000_000).0 {
            Exit::Return => fit += 1,
            Exit::Trap(Trap::StackOverflow) => overflowed += 1,
            other => panic!("{turns} turns end in {other:?}"),
        }
    }
    assert!(fit > 15 && overflowed > 2, "{fit} fit, {overflowed} do not");
}

#[test]
fn slots_below_take_room_too() {
    for below in [0, 1, 100, 900, 1_000, 1_015] {
        let code = format!("{}{CALLS} {DEEP}", "7 ".repeat(below));
        for turns in [0, 1, 2, 3, 4, 5, 6, 7, 10, 50, 400] {
            agree(&code, &word(turns));
        }
    }
}

#[test]
fn the_interpreter_goes_on_where_a_function_has_no_room() {
    let code = format!("{CALLS} {DEEP}");
    assert_eq!(agree(&code, &word(20)), 0);
    assert_eq!(agree(&code, &word(600)), 1);
    assert_eq!(exit_of(&code, 500, 1_000_000), returned(503));
    // What the host sees of it, on the way down and on the way up.
    let seen =
        DEEP.replace("more:", "more: DUP1 DUP1 SSTORE").replace("up:", "up: DUP1 DUP3 TSTORE");
    let code = format!("{CALLS} {seen}");
    for turns in [20, 450, 600] {
        agree_with(&code, &word(turns), 30_000_000);
    }
}

#[test]
fn slots_of_callers_are_where_the_interpreter_looks_for_them() {
    // Each turn has six slots, of which the way up makes one number that depends on their order.
    let wide = "f: DUP1 @more JUMPI 5 SWAP1 POP SWAP1 JUMP more: 11 DUP2 MUL 0 NOT DUP3 XOR CALLER DUP4 ADD \
                @up 1 DUP6 SUB @f JUMP up: 3 MUL ADD 5 MUL XOR 7 MUL SUB 9 MUL ADD SWAP1 JUMP";
    let code = format!("0 NOT 77 {CALLS} {wide}").replace("end:", "end: ADD 31 MUL XOR");
    let functions = functions(&code);
    assert_eq!((functions.len(), functions[1].params), (2, 2));
    for turns in [0, 1, 2, 3, 60, 100, 150, 160, 165, 166, 167, 168, 169, 170, 171, 172, 200] {
        agree(&code, &word(turns));
    }
}

#[test]
fn where_it_returns_to_moves() {
    // Where it returns to changes places with the argument before it calls itself, and once more on the way up.
    let moved = "f: DUP1 @more JUMPI POP 1 SWAP1 JUMP more: SWAP1 @up 1 DUP4 SUB @f JUMP up: DUP3 MUL SWAP2 POP JUMP";
    let code = format!("{CALLS} {moved}");
    let functions = functions(&code);
    // The slots below, where it returns to, the argument.
    assert_eq!((functions.len(), functions[1].params), (2, 3));
    for turns in [0, 1, 2, 5, 20, 100, 300, 339, 340, 341, 342, 343, 400] {
        agree(&code, &word(turns));
    }
}

#[test]
fn gas_ends_at_each_depth_alike() {
    let code = format!("{CALLS} {FIB}");
    for gas in (0..3_000).step_by(37).chain(3_000..3_020) {
        agree_with(&code, &word(7), gas);
    }
    let code = format!("{CALLS} {DEEP}");
    for gas in (0..60_000).step_by(2_111) {
        agree_with(&code, &word(500), gas);
    }
}

#[test]
fn a_base_case_that_ends_the_program_ends_it_from_any_depth() {
    for end in ["0 MSTORE 32 0 REVERT", "0 MSTORE 32 0 RETURN", "INVALID", "STOP", "1000 JUMP"] {
        let code = format!("{CALLS} {}", FIB.replace("base: SWAP1 JUMP", &format!("base: {end}")));
        for number in [0, 2, 9] {
            agree(&code, &word(number));
        }
    }
}

#[test]
fn a_function_that_never_returns_fills_the_stack() {
    let code = format!("{CALLS} f: @back 1 DUP3 ADD @f JUMP back: SWAP1 POP SWAP1 JUMP");
    assert_eq!(functions(&code).len(), 2);
    assert_eq!(exit_of(&code, 5, 1_000_000).0, Exit::Trap(Trap::StackOverflow));
    assert_eq!(exit_of(&code, 5, 5_000).0, Exit::Trap(Trap::OutOfGas));
}

#[test]
fn what_forgets_where_it_returns_to_turns_without_end() {
    let code = format!(
        "{CALLS} f: SWAP1 POP DUP1 @go JUMPI 7 0 MSTORE 32 0 RETURN \
         go: 1 SWAP1 SUB @back SWAP1 @f JUMP back: INVALID"
    );
    assert_eq!(exit_of(&code, 10_000, 1_000_000), returned(7));
}

#[test]
fn it_returns_to_many_places_and_calls_others() {
    // Three ways to call itself, one with a function of its own between.
    let code = format!(
        "{CALLS} f: DUP1 3 GT @base JUMPI DUP1 3 AND DUP1 @odd JUMPI POP @a 1 DUP3 SUB @f JUMP a: 1 ADD SWAP1 POP SWAP1 JUMP \
         odd: 2 EQ @two JUMPI @b 2 DUP3 SUB @f JUMP b: 2 ADD SWAP1 POP SWAP1 JUMP \
         two: @c @d 3 DUP4 SUB @g JUMP d: @f JUMP c: @e SWAP1 @g JUMP e: 3 ADD SWAP1 POP SWAP1 JUMP base: SWAP1 JUMP \
         g: DUP1 DUP1 MUL 96 MSTORE 32 96 KECCAK256 7 AND 1 ADD 2 SWAP1 DIV SWAP1 DUP1 160 MSTORE 192 MSTORE \
         160 MLOAD 192 MLOAD XOR DUP1 224 MSTORE SWAP1 JUMP"
    );
    for number in [0, 1, 2, 3, 4, 5, 6, 7, 20, 33, 200, 1_000] {
        agree(&code, &word(number));
    }
}
