//! What stops a guest.

use lockstep::{Exit, Fork, Trap};

use super::run::{GAS, OUT_OF_GAS, assemble, run};

#[test]
fn code_of_all_zeros_ones_and_nothing_ends_well() {
    for code in [&[][..], &[0], &[0x60], &[0x7f]] {
        let outcome = run(Fork::LATEST, code, 3);
        assert_eq!((outcome.exit, outcome.output.len()), (Exit::Return, 0), "{code:?}");
    }
    assert_eq!(run(Fork::LATEST, &[], 0).gas_left, 0);
}

#[test]
fn an_undefined_opcode_takes_all_gas() {
    for code in [&[0x0c][..], &[0x60, 1, 0xef], &[0xfe]] {
        let outcome = run(Fork::LATEST, code, GAS);
        let expected = if code[0] == 0xfe { Trap::Unreachable } else { Trap::UndefinedOpcode };
        assert_eq!((outcome.exit, outcome.gas_left), (Exit::Trap(expected), 0), "{code:?}");
    }
    // EIP-3855 defines PUSH0 from Shanghai on.
    assert_eq!(run(Fork::Paris, &[0x5f], GAS).exit, Exit::Trap(Trap::UndefinedOpcode));
    assert_eq!(run(Fork::Shanghai, &[0x5f], GAS).exit, Exit::Return);
}

#[test]
fn a_stack_holds_1024_words() {
    let words = |count: usize| [0x60, 1].repeat(count);
    assert_eq!(run(Fork::LATEST, &words(1024), GAS).exit, Exit::Return);
    assert_eq!(run(Fork::LATEST, &words(1025), GAS).exit, Exit::Trap(Trap::StackOverflow));
    assert_eq!(run(Fork::LATEST, &[0x50], GAS).exit, Exit::Trap(Trap::StackUnderflow));
    // One word at a time, in a loop.
    let full = run(Fork::LATEST, &assemble("again: 1 @again JUMP"), GAS);
    assert_eq!(full.exit, Exit::Trap(Trap::StackOverflow));
}

#[test]
fn an_endless_loop_runs_out_of_gas() {
    for text in ["again: @again JUMP", "again: 1 @again JUMPI", "again: GAS POP @again JUMP"] {
        let outcome = run(Fork::LATEST, &assemble(text), GAS);
        assert_eq!((outcome.exit, outcome.gas_left), (OUT_OF_GAS, 0), "{text}");
    }
}

#[test]
fn jumps_go_to_jumpdests_only() {
    for text in ["0 JUMP", "99 JUMP", "0x5b 1 JUMP", "0xffffffffffffffffffff JUMP"] {
        let outcome = run(Fork::LATEST, &assemble(text), GAS);
        assert_eq!(outcome.exit, Exit::Trap(Trap::InvalidJump), "{text}");
    }
    // A jump that is not taken may name anything.
    assert_eq!(run(Fork::LATEST, &assemble("0 99 JUMPI"), GAS).exit, Exit::Return);
}

#[test]
fn huge_ranges_run_out_of_gas() {
    let huge = ["0x8000000000000000", "0xffffffffffffffffffffffffffffffffffffffff"];
    for number in huge {
        for text in ["# MLOAD", "0 # MSTORE", "# 0 KECCAK256", "# 0 RETURN", "# 0 0 CODECOPY"] {
            let text = text.replace('#', number);
            let outcome = run(Fork::LATEST, &assemble(&text), i64::MAX as u64);
            assert_eq!(outcome.exit, OUT_OF_GAS, "{text}");
        }
    }
    // No bytes at any place are no bytes.
    let text = format!("0 {} KECCAK256", huge[1]);
    assert_eq!(run(Fork::LATEST, &assemble(&text), GAS).exit, Exit::Return);
}
