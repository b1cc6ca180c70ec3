//! For each rule programs that break it alone; beside them what comes closest and is accepted.

use super::{super::LoadErrorKind, Config, Dialect, Helper, Module, load, slots};
use crate::ebpf::{Insn, Rule};

/// Changes one field of the slot at `at` of a program and says which rule that breaks, where.
fn broken(text: &str, at: usize, change: impl Fn(&mut Insn)) -> Option<(usize, Rule)> {
    broken_in(Dialect::Rfc, text, at, change)
}

fn broken_in(
    dialect: Dialect,
    text: &str,
    at: usize,
    change: impl Fn(&mut Insn),
) -> Option<(usize, Rule)> {
    let mut program = slots(text, dialect);
    change(&mut program.insns[at]);
    let config = Config { helpers: vec![Helper::numbered("host", 1)], ..Config::default() };
    match Module::from_text(&program.bytes(), dialect, &config) {
        Ok(_) => None,
        Err(error) => match error.kind {
            LoadErrorKind::Rule(rule) => Some((error.offset / 8, rule)),
            other => panic!("{other:?}"),
        },
    }
}

/// Which rule `text` breaks, where.
fn refused(text: &str) -> Option<(usize, Rule)> {
    broken(text, 0, |_| {})
}

#[test]
fn text_is_whole_instructions() {
    let length = |text: &[u8]| Module::from_text(text, Dialect::Rfc, &Config::default()).err();
    for text in [&[][..], &[0x95], &[0x95, 0, 0, 0, 0, 0, 0, 0, 0x95]] {
        let error = length(text).expect("refused");
        assert_eq!(error.kind, LoadErrorKind::Rule(Rule::Length));
    }
    assert_eq!(length(&[0x95, 0, 0, 0, 0, 0, 0, 0]), None);
}

#[test]
fn opcodes_are_those_of_the_dialect() {
    for opcode in [0x00, 0xff, 0x8e, 0x96, 0xdf, 0xc7 ^ 0x20] {
        let found = broken("mov %r0, 0\nexit", 0, |insn| insn.opcode = opcode);
        assert_eq!(found, Some((0, Rule::Opcode)), "{opcode:#x}");
    }
    // Legal in one class and not in the other: calls and returns have no 32-bit form.
    assert_eq!(broken("exit", 0, |insn| insn.opcode = 0x96), Some((0, Rule::Opcode)));
    let swap = |insn: &mut Insn| (insn.opcode, insn.imm) = (0xdf, 16);
    assert_eq!(broken("mov %r0, 0\nexit", 0, swap), Some((0, Rule::Opcode)));
    // sBPF has no operations on memory, and v0 no 32-bit jumps.
    let atomic = |insn: &mut Insn| insn.opcode = 0xdb;
    for dialect in [Dialect::V0, Dialect::V1, Dialect::V2, Dialect::V3] {
        let found = broken_in(dialect, "mov %r0, 0\nexit", 0, atomic);
        assert_eq!(found, Some((0, Rule::Opcode)), "{dialect}");
    }
    assert!(load("jeq32 %r0, 0, +0\nexit", Dialect::V3).is_ok());
    let jump = |insn: &mut Insn| insn.opcode = 0x16;
    let found = broken_in(Dialect::V0, "mov %r0, 0\nexit", 0, jump);
    assert_eq!(found, Some((0, Rule::Opcode)));
}

#[test]
fn legacy_packet_access_is_refused_by_name() {
    for opcode in [0x20, 0x28, 0x30, 0x40, 0x48, 0x50] {
        let found = broken("mov %r0, 0\nexit", 0, |insn| insn.opcode = opcode);
        assert_eq!(found, Some((0, Rule::PacketAccess)), "{opcode:#x}");
    }
}

#[test]
fn registers_exist() {
    for reg in 11..=15 {
        let found = broken("mov %r0, %r1\nexit", 0, |insn| insn.src = reg);
        assert_eq!(found, Some((0, Rule::SourceRegister)));
        let found = broken("mov %r0, %r1\nexit", 0, |insn| insn.dst = reg);
        assert_eq!(found, Some((0, Rule::Destination)));
        let found = broken("stxdw [%r10-8], %r1\nexit", 0, |insn| insn.dst = reg);
        assert_eq!(found, Some((0, Rule::Destination)));
    }
    assert_eq!(refused("mov %r0, %r10\nstdw [%r10-8], 0\nexit"), None);
}

#[test]
fn the_frame_pointer_is_not_written() {
    for text in
        ["mov %r10, 0", "add %r10, 8", "ldxw %r10, [%r1]", "neg %r10", "lddw %r10, 1", "be16 %r10"]
    {
        assert_eq!(refused(&format!("{text}\nexit")), Some((0, Rule::FramePointer)), "{text}");
    }
    let fetch = "lock fetch add [%r1], %r10\nexit";
    assert_eq!(refused(fetch), Some((0, Rule::FramePointer)));
    for text in ["lock add [%r1], %r10", "lock cmpxchg [%r1], %r10", "jeq %r10, 0, +0"] {
        assert_eq!(refused(&format!("{text}\nexit")), None, "{text}");
    }
}

#[test]
fn programs_of_v1_and_v2_move_their_frames_by_multiples_of_64() {
    for (dialect, is_allowed) in [
        (Dialect::Rfc, false),
        (Dialect::V0, false),
        (Dialect::V1, true),
        (Dialect::V2, true),
        (Dialect::V3, false),
    ] {
        assert_eq!(load("add %r10, -64\nexit", dialect).is_ok(), is_allowed, "{dialect}");
    }
    let found = broken_in(Dialect::V1, "add %r10, -64\nexit", 0, |insn| insn.imm = 32);
    assert_eq!(found, Some((0, Rule::FrameAlignment)));
    let found = broken_in(Dialect::V1, "add32 %r1, 64\nexit", 0, |insn| insn.dst = 10);
    assert_eq!(found, Some((0, Rule::FramePointer)));
}

#[test]
fn reserved_fields_are_zero() {
    type Change = fn(&mut Insn);
    let fields: [(&str, Change); 4] = [
        ("dst", |insn| insn.dst = 1),
        ("src", |insn| insn.src = 1),
        ("offset", |insn| insn.offset = 3),
        ("imm", |insn| insn.imm = 1),
    ];
    let unused = [
        ("add %r1, 5", "src offset"),
        ("add %r1, %r2", "offset imm"),
        ("neg %r1", "src offset imm"),
        ("be16 %r1", "src offset"),
        ("ldxw %r1, [%r2]", "imm"),
        ("stw [%r2], 1", "src"),
        ("stxw [%r2], %r1", "imm"),
        ("jeq %r1, 1, +0", "src"),
        ("jeq %r1, %r2, +0", "imm"),
        ("ja +0", "dst src imm"),
        ("ja32 +0", "dst src offset"),
        ("call 1", "dst offset"),
        ("exit", "dst src offset imm"),
        ("movsx832 %r1, %r2", "imm"),
    ];
    for (text, names) in unused {
        for (name, change) in fields.iter().filter(|(name, _)| names.contains(name)) {
            let found = broken(&format!("{text}\nexit"), 0, *change);
            assert_eq!(found, Some((0, Rule::Reserved)), "{text}: {name}");
        }
    }
    // sBPF's verifier does not look.
    assert_eq!(broken_in(Dialect::V0, "exit", 0, |insn| insn.imm = 7), None);
}

#[test]
fn constants_shift_by_less_than_the_width_in_sbpf() {
    let shifts =
        [("lsh", 64), ("rsh", 64), ("arsh", 64), ("lsh32", 32), ("rsh32", 32), ("arsh32", 32)];
    for (name, bits) in shifts {
        for (by, is_refused) in [(bits, true), (-1, true), (bits - 1, false), (0, false)] {
            let text = format!("{name} %r0, {by}\nexit");
            assert_eq!(refused(&text), None);
            let found = load(&text, Dialect::V3).err().map(|error| error.kind);
            let rule = LoadErrorKind::Rule(Rule::Shift);
            assert_eq!(found, is_refused.then_some(rule), "{text}");
        }
    }
}

#[test]
fn constants_divide_by_zero_in_the_rfc_alone() {
    for name in ["div", "mod", "div32", "mod32"] {
        let text = format!("{name} %r0, 0\nexit");
        assert_eq!(refused(&text), None);
        for dialect in [Dialect::V0, Dialect::V1, Dialect::V3] {
            let error = load(&text, dialect).expect_err("refused");
            assert_eq!(error.kind, LoadErrorKind::Rule(Rule::ZeroDivisor), "{name} in {dialect}");
        }
    }
    for name in ["udiv", "urem", "sdiv", "srem", "udiv32", "urem32", "sdiv32", "srem32"] {
        let error = load(&format!("{name} %r0, 0\nexit"), Dialect::V2).expect_err("refused");
        assert_eq!(error.kind, LoadErrorKind::Rule(Rule::ZeroDivisor), "{name}");
    }
}

#[test]
fn wide_instructions_are_whole_numbers() {
    let text = "lddw %r0, 7\nexit";
    for change in [
        |insn: &mut Insn| insn.opcode = 0x95,
        |insn: &mut Insn| insn.dst = 1,
        |insn: &mut Insn| insn.src = 1,
        |insn: &mut Insn| insn.offset = 1,
    ] {
        assert_eq!(broken(text, 1, change), Some((0, Rule::WideHalf)));
    }
    let cut = broken("exit\nexit", 1, |insn| insn.opcode = 0x18);
    assert_eq!(cut, Some((1, Rule::WideHalf)));
    for kind in 1..=6 {
        assert_eq!(broken(text, 0, |insn| insn.src = kind), Some((0, Rule::WideKind)), "{kind}");
    }
}

#[test]
fn swaps_have_three_widths() {
    for name in ["be16", "le16", "swap16"] {
        for bits in [0, 8, 24, 48, 128, -16] {
            let found = broken(&format!("{name} %r0\nexit"), 0, |insn| insn.imm = bits);
            assert_eq!(found, Some((0, Rule::SwapWidth)), "{name} {bits}");
        }
    }
}

#[test]
fn jumps_stay_inside_and_lead_to_instructions() {
    assert_eq!(refused("ja -2\nexit"), Some((0, Rule::JumpOut)));
    assert_eq!(refused("ja +1\nexit"), Some((0, Rule::JumpOut)));
    assert_eq!(refused("jeq %r0, 0, +32767\nexit"), Some((0, Rule::JumpOut)));
    assert_eq!(refused("ja32 -2147483648\nexit"), Some((0, Rule::JumpOut)));
    assert_eq!(refused("ja +0\nexit"), None);
    assert_eq!(refused("ja +1\nlddw %r0, 1\nexit"), Some((0, Rule::JumpInside)));
    // Into another function, in the RFC and in sBPF.
    let other = "call local f\nja g\nf:\nmov %r0, 0\ng:\nexit";
    assert_eq!(refused(other), Some((1, Rule::JumpOut)));
    assert!(load("ja +0\nexit", Dialect::V0).is_ok());
    let error = load("ja +1\nexit", Dialect::V0).expect_err("refused");
    assert_eq!(error.kind, LoadErrorKind::Rule(Rule::JumpOut));
}

#[test]
fn functions_end() {
    assert_eq!(refused("mov %r0, 0"), Some((0, Rule::FallsThrough)));
    assert_eq!(refused("ja +1\nexit\njeq %r0, 0, -2"), Some((2, Rule::FallsThrough)));
    assert_eq!(refused("ja +1\nexit\nja -2"), None);
    assert_eq!(refused("call local f\nf:\nexit"), Some((0, Rule::FallsThrough)));
    assert_eq!(refused("exit\nlddw %r0, 1"), Some((1, Rule::FallsThrough)));
}

#[test]
fn atomic_operations_are_those_of_the_rfc() {
    for imm in [0x10, 0x02, 0x42, 0xe0, 0xf0, 0xa2, -1] {
        let found = broken("lock add [%r1], %r2\nexit", 0, |insn| insn.imm = imm);
        assert_eq!(found, Some((0, Rule::AtomicOperation)), "{imm:#x}");
    }
    for imm in [0x00, 0x01, 0x40, 0x41, 0x50, 0x51, 0xa0, 0xa1, 0xe1, 0xf1] {
        assert_eq!(broken("lock add [%r1], %r2\nexit", 0, |insn| insn.imm = imm), None, "{imm:#x}");
    }
    // Bytes and half words have none.
    for opcode in [0xc3 | 0x08, 0xc3 | 0x10] {
        let found = broken("lock add [%r1], %r2\nexit", 0, |insn| insn.opcode = opcode);
        assert_eq!(found, Some((0, Rule::Opcode)));
    }
}

#[test]
fn sign_extensions_have_their_widths() {
    for offset in [1, 7, 24, 64, -8] {
        let found = broken("movsx864 %r0, %r1\nexit", 0, |insn| insn.offset = offset);
        assert_eq!(found, Some((0, Rule::Opcode)), "{offset}");
    }
    // From 32 bits to 32 bits there is nothing to extend.
    let found = broken("movsx832 %r0, %r1\nexit", 0, |insn| insn.offset = 32);
    assert_eq!(found, Some((0, Rule::Opcode)));
    // Quotients have a sign or none; nothing else is asked by their offset.
    let found = broken("div %r0, 3\nexit", 0, |insn| insn.offset = 2);
    assert_eq!(found, Some((0, Rule::Reserved)));
}

#[test]
fn calls_mean_somebody() {
    for src in 2..=10 {
        let found = broken("call 1\nexit", 0, |insn| insn.src = src);
        assert_eq!(found, Some((0, Rule::CallKind)), "{src}");
    }
    for imm in [-2, 2, i32::MAX, i32::MIN] {
        let found = broken("call local f\nf:\nexit", 0, |insn| insn.imm = imm);
        assert_eq!(found, Some((0, Rule::CallTarget)), "{imm}");
    }
    let inside = "call local f\nexit\nlddw %r0, 1\nexit\nf:\nexit";
    assert_eq!(broken(inside, 0, |insn| insn.imm = 2), Some((3, Rule::CallTarget)));
    let error = load("call 7\nexit", Dialect::Rfc).expect_err("refused");
    assert_eq!(error.kind, LoadErrorKind::UnknownFunction("host_7".into()));
}

#[test]
fn calls_through_registers_name_one() {
    let callx = |dialect, change: fn(&mut Insn)| broken_in(dialect, "callx %r1\nexit", 0, change);
    assert_eq!(callx(Dialect::Rfc, |insn| insn.dst = 10), Some((0, Rule::CallRegister)));
    assert_eq!(callx(Dialect::V0, |insn| insn.imm = 10), Some((0, Rule::CallRegister)));
    assert_eq!(callx(Dialect::V0, |insn| insn.imm = -1), Some((0, Rule::CallRegister)));
    assert_eq!(callx(Dialect::V2, |insn| insn.src = 10), Some((0, Rule::CallRegister)));
    assert_eq!(callx(Dialect::V3, |insn| insn.dst = 10), Some((0, Rule::CallRegister)));
    for dialect in Dialect::ALL {
        assert_eq!(callx(dialect, |_| {}), None, "{dialect}");
    }
}

#[test]
fn every_rule_has_words_of_its_own() {
    for rule in Rule::ALL {
        assert_eq!(Rule::ALL.iter().filter(|other| other.text() == rule.text()).count(), 1);
    }
    let error = load("mov %r0, 0", Dialect::Rfc).expect_err("refused");
    assert_eq!(error.to_string(), "instruction 0: control runs past the end of the function");
}
