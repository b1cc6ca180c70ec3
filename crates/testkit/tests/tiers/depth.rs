//! 1,024 nested calls of every kind, from a thread with a small stack.

use lockstep::{Engine, Exit};
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
