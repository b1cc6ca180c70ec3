//! Units: one an instruction, exact when a program returns, traps, and runs out.

use lockstep_rt::Trap;

use super::{
    super::{Dialect, End},
    ended, program, run,
};

const SBPF: [Dialect; 4] = [Dialect::V0, Dialect::V1, Dialect::V2, Dialect::V3];

#[test]
fn one_and_two_are_three_for_three_units() {
    for dialect in Dialect::ALL {
        let found = ended("mov %r0, 1\nadd %r0, 2\nexit", dialect);
        assert_eq!(found, (End::Returned(3), 3), "{dialect}");
    }
    // A wide instruction is one.
    assert_eq!(ended("lddw %r0, 0x100000000\nexit", Dialect::V0).1, 2);
}

#[test]
fn at_every_budget_a_program_stops_where_counting_says() {
    let text = "mov %r0, 0\nmov %r6, 3\nl: add %r0, %r6\nldxb %r2, [%r1]\nsub %r6, 1\njne %r6, 0, l\nmov %r1, %r0\ncall local f\nexit\nf: stxdw [%r10-8], %r1\nmov %r0, %r1\nexit";
    for dialect in Dialect::ALL {
        let text = if dialect == Dialect::V2 {
            text.replace("sub %r6, 1", "add %r6, -1")
        } else {
            text.to_owned()
        };
        let program = program(&text, dialect);
        let full = run(&program, &[0; 8], 1000);
        assert_eq!(full.end, End::Returned(6), "{dialect}");
        let used = 1000 - full.gas_left;
        assert_eq!(used, 2 + 3 * 4 + 3 + 3, "{dialect}");
        for budget in 0..used + 3 {
            let outcome = run(&program, &[0; 8], budget);
            let wanted = match budget.checked_sub(used) {
                None => (End::Trap(Trap::OutOfGas), 0),
                Some(left) => (End::Returned(6), left),
            };
            assert_eq!((outcome.end, outcome.gas_left), wanted, "{dialect}, {budget} units");
        }
    }
}

#[test]
fn a_trap_leaves_what_was_not_used_and_wins_only_if_it_is_reached() {
    for dialect in Dialect::ALL {
        let program =
            program("mov %r2, 0\nmov %r3, 1\nldxdw %r0, [%r2-8]\nmov %r0, 1\nexit", dialect);
        for budget in 0..6 {
            let outcome = run(&program, &[], budget);
            let wanted = match budget.checked_sub(3) {
                None => (End::Trap(Trap::OutOfGas), 0),
                Some(left) => (End::Trap(Trap::MemoryOutOfBounds), left),
            };
            assert_eq!((outcome.end, outcome.gas_left), wanted, "{dialect}, {budget} units");
        }
    }
}

#[test]
fn division_by_zero_is_a_number_in_the_rfc_and_a_trap_in_sbpf() {
    let text = "mov %r0, 7\nmov %r1, 0\ndiv %r0, %r1\nexit";
    assert_eq!(ended(text, Dialect::Rfc), (End::Returned(0), 4));
    assert_eq!(ended(&text.replace("div", "mod"), Dialect::Rfc), (End::Returned(7), 4));
    // The 32-bit remainder by zero clears the upper half.
    let narrow = "mov %r0, -1\nmov %r1, 0\nmod32 %r0, %r1\nexit";
    assert_eq!(ended(narrow, Dialect::Rfc).0, End::Returned(0xffff_ffff));
    for dialect in SBPF {
        let text =
            if dialect == Dialect::V2 { text.replace("div", "udiv") } else { text.to_owned() };
        assert_eq!(ended(&text, dialect), (End::Trap(Trap::DivideByZero), 3), "{dialect}");
    }
    let smallest = "lddw %r0, 0x8000000000000000\nmov %r1, -1\nsdiv %r0, %r1\nexit";
    assert_eq!(ended(smallest, Dialect::Rfc).0, End::Returned(1 << 63));
    let smallest = "mov %r0, 0\nhor %r0, 0x80000000\nmov %r1, -1\nsdiv %r0, %r1\nexit";
    assert_eq!(ended(smallest, Dialect::V2), (End::Trap(Trap::IntegerOverflow), 4));
    let rest = smallest.replace("sdiv", "srem");
    assert_eq!(ended(&rest, Dialect::V2), (End::Trap(Trap::IntegerOverflow), 4));
}

/// 32-bit sums fill the upper half with their sign in v0, v1 and v3; nothing else does but v2's moves.
#[test]
fn halves_are_extended_as_each_version_does() {
    for (dialect, sum, moved) in [
        (Dialect::Rfc, 0xffff_fffe, 0xffff_ffff),
        (Dialect::V0, u64::MAX - 1, 0xffff_ffff),
        (Dialect::V1, u64::MAX - 1, 0xffff_ffff),
        (Dialect::V2, 0xffff_fffe, u64::MAX),
        (Dialect::V3, u64::MAX - 1, 0xffff_ffff),
    ] {
        let text = "mov %r1, -1\nmov %r0, 0\nadd32 %r0, %r1\nadd32 %r0, %r1\nexit";
        assert_eq!(ended(text, dialect).0, End::Returned(sum), "{dialect}");
        let text = "mov %r1, -1\nmov32 %r0, %r1\nexit";
        assert_eq!(ended(text, dialect).0, End::Returned(moved), "{dialect}");
        let bits = "mov %r0, -1\nor32 %r0, 0\nexit";
        assert_eq!(ended(bits, dialect).0, End::Returned(0xffff_ffff), "{dialect}");
        let (sub, left) = ("mov %r0, 3\nsub %r0, 5\nexit", 3_u64.wrapping_sub(5));
        let left = if dialect == Dialect::V2 { 2 } else { left };
        assert_eq!(ended(sub, dialect).0, End::Returned(left), "{dialect}");
    }
    // v2's unsigned quotients extend their constants with zeros.
    let text = "mov %r0, -1\nudiv %r0, 0x80000000\nexit";
    assert_eq!(ended(text, Dialect::V2).0, End::Returned(0x1_ffff_ffff));
    let text = "mov %r0, -1\nuhmul %r0, 0xffffffff\nexit";
    assert_eq!(ended(text, Dialect::V2).0, End::Returned(0xffff_fffe));
    let text = "mov %r0, -1\ndiv %r0, 0x80000000\nexit";
    assert_eq!(ended(text, Dialect::Rfc).0, End::Returned(1));
}

#[test]
fn sixty_three_calls_nest_and_one_more_is_too_deep() {
    let text = |depth: u32| {
        format!(
            "mov %r1, {depth}\ncall local f\nexit\nf: mov %r0, %r1\njeq %r1, 1, out\nadd %r1, -1\ncall local f\nout: exit"
        )
    };
    for dialect in Dialect::ALL {
        assert_eq!(ended(&text(63), dialect).0, End::Returned(1), "{dialect}");
        assert_eq!(ended(&text(64), dialect).0, End::Trap(Trap::DepthExceeded), "{dialect}");
    }
}

#[test]
fn a_callee_keeps_what_is_its_callers() {
    let text = "mov %r6, 6\nmov %r9, 9\nmov %r8, %r10\ncall local f\nsub %r8, %r10\nmov %r0, %r8\nadd %r0, %r6\nadd %r0, %r9\nexit\nf: mov %r6, 0\nmov %r9, 0\nexit";
    for dialect in [Dialect::Rfc, Dialect::V0, Dialect::V1, Dialect::V3] {
        assert_eq!(ended(text, dialect).0, End::Returned(15), "{dialect}");
    }
}

#[test]
fn control_may_go_anywhere_in_sbpf() {
    // Into the middle of another function, past the end of one, and through a register to no function at all.
    let text = "call local f\nmov %r0, 5\nf: add %r0, 1\ng: add %r0, 10\nexit";
    assert_eq!(ended(text, Dialect::V0).0, End::Returned(16));
    let text = "mov %r0, 0\njeq %r0, 0, inside\nexit\nf: mov %r0, 7\ninside: add %r0, 1\njeq %r0, 1, again\nexit\nagain: call local f\nexit";
    assert_eq!(ended(text, Dialect::V3).0, End::Returned(8));
    let text = "lddw %r2, 0x100000030\nmov %r0, 1\ncallx %r2\nexit\nadd %r0, 100\nadd %r0, 1\nexit";
    assert_eq!(ended(text, Dialect::V3).0, End::Returned(2));
    // Beyond the text, and off its end.
    let text = "lddw %r2, 0x100000100\ncallx %r2\nexit";
    assert_eq!(ended(text, Dialect::V3), (End::Trap(Trap::InvalidJump), 2));
    assert_eq!(ended("mov %r0, 0", Dialect::V3), (End::Trap(Trap::InvalidJump), 2));
    // The RFC's dialect knows functions alone.
    let text = "lddw %r2, 0x10000000028\ncallx %r2\nexit\nf: mov %r0, 1\nexit";
    assert!(matches!(ended(text, Dialect::Rfc).0, End::Trap(_)));
}
