//! 1,024 nested calls of every kind, from a thread with a small stack.

use lockstep::{Engine, Exit, Heat, Tier};
use lockstep_testkit::{
    assemble::assemble,
    differential::{CONTRACT, Case, Runner, Way},
};

use super::on_small_stack;

/// Enough for 1,024 levels although each keeps a 64th (EIP-150).
const GAS: u64 = 1 << 62;

/// Calls itself by the kinds of `kinds`, one chosen by the gas left: an address of ours for messages, a copy of the
/// running code for creations.
fn recursive(kinds: &[&str]) -> Vec<u8> {
    let to = format!("0x{:x}", CONTRACT.into_word());
    let copy = "CODESIZE 0 0 CODECOPY";
    let body = |kind: &str| match kind {
        "CREATE" => format!("{copy} CODESIZE 0 0 CREATE POP STOP"),
        "CREATE2" => format!("{copy} GAS CODESIZE 0 0 CREATE2 POP STOP"),
        "CALL" | "CALLCODE" => format!("0 0 0 0 0 {to} GAS {kind} POP STOP"),
        _ => format!("0 0 0 0 {to} GAS {kind} POP STOP"),
    };
    let mut text = format!("{} GAS MOD", kinds.len());
    for (number, _) in kinds.iter().enumerate().skip(1) {
        text += &format!(" DUP1 {number} EQ @k{number} JUMPI");
    }
    text += &format!(" {}", body(kinds[0]));
    for (number, kind) in kinds.iter().enumerate().skip(1) {
        text += &format!(" k{number}: {}", body(kind));
    }
    assemble(&text)
}

fn descends(kinds: &'static [&'static str]) {
    on_small_stack(&kinds.join(" "), move || {
        let engine = Engine::new();
        let mut runner = Runner::new(&engine);
        let case = Case { gas: GAS, ..Case::of(recursive(kinds)) };
        let (seen, steps) =
            runner.agree(&case, &Way::ALL).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(seen.exit, Exit::Return, "{kinds:?}");
        let steps = steps.expect("two ways are stepped");
        assert_eq!(steps.depth_max, 1024, "{kinds:?} after {} steps", steps.count);
    });
}

#[test]
fn calls_nest() {
    descends(&["CALL"]);
}

#[test]
fn delegate_calls_nest() {
    descends(&["DELEGATECALL"]);
}

#[test]
fn static_calls_nest() {
    descends(&["STATICCALL"]);
}

#[test]
fn code_calls_nest() {
    descends(&["CALLCODE"]);
}

#[test]
fn creations_nest() {
    descends(&["CREATE"]);
    descends(&["CREATE2"]);
}

#[test]
fn all_kinds_nest_in_any_order() {
    descends(&["CALL", "CREATE", "DELEGATECALL", "CALLCODE", "CREATE2"]);
    descends(&["STATICCALL", "CALL", "DELEGATECALL", "CALLCODE"]);
    descends(&["CREATE2", "CALL", "CREATE"]);
}

/// Goes `turns` deep by a function of its own with `kept` words in each activation, and there calls itself as a contract.
fn recursive_inside(turns: usize, kept: usize) -> Vec<u8> {
    let to = format!("0x{:x}", CONTRACT.into_word());
    let (words, sum) = ("GAS ".repeat(kept), "XOR ".repeat(kept.saturating_sub(1)));
    let sum = if kept == 0 { "1".into() } else { sum };
    assemble(&format!(
        "{turns} 0 MSTORE @end @f JUMP end: 32 32 RETURN \
         f: 0 MLOAD @more JUMPI 32 32 0 0 0 {to} GAS CALL 64 MSTORE JUMP \
         more: 1 0 MLOAD SUB 0 MSTORE {words} @up @f JUMP up: {sum} 32 MLOAD ADD 32 MSTORE JUMP"
    ))
}

#[test]
fn functions_that_call_themselves_nest_inside_of_calls() {
    on_small_stack("recursion in calls", || {
        // Many small activations and few large ones; some that machine code has no room for, and leaves.
        for (turns, kept) in [
            (3, 0),
            (60, 0),
            (400, 0),
            (20, 3),
            (200, 3),
            (40, 12),
            (10, 40),
            (24, 40),
            (8, 110),
            (2, 450),
        ] {
            let case = Case { gas: GAS, ..Case::of(recursive_inside(turns, kept)) };
            let ways: &[Way] = match turns {
                3 => &Way::ALL,
                _ => &[Way::INTERPRETER, Way::OPTIMIZING],
            };
            let agreed = Runner::new(&Engine::new()).agree(&case, ways);
            let (seen, steps) = agreed.unwrap_or_else(|error| panic!("{turns}, {kept}: {error}"));
            assert_eq!(seen.exit, Exit::Return, "{turns} turns with {kept} words");
            if let Some(steps) = steps {
                assert_eq!(steps.depth_max, 1024, "after {} steps", steps.count);
            }
            let engine = Engine::new().with_heat(Heat::of(0).awaited());
            let adaptive = Way { tier: Tier::Adaptive, is_instrumented: false };
            let (hot, _) = Runner::new(&engine).observe(&case, adaptive);
            assert_eq!(hot, seen, "{turns} turns with {kept} words, hot");
            assert!(engine.native_statistics().compiled > 0, "{turns} turns with {kept} words");
        }
    });
}
