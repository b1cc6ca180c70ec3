//! The suite's syntax.

use super::{Dialect, slots};
use crate::ebpf::{Insn, assemble};

#[test]
fn operands_go_to_their_fields() {
    let insn = |text: &str| slots(text, Dialect::Rfc).insns[0];
    let blank = Insn::default();
    assert_eq!(insn("add %r1, -5"), Insn { opcode: 0x07, dst: 1, imm: -5, ..blank });
    assert_eq!(insn("add r1, r2 # sum"), Insn { opcode: 0x0f, dst: 1, src: 2, ..blank });
    assert_eq!(insn("mov32 %r3, 0xffffffff"), Insn { opcode: 0xb4, dst: 3, imm: -1, ..blank });
    assert_eq!(insn("ldxw %r0, [%r1+0x10]"), Insn { opcode: 0x61, src: 1, offset: 16, ..blank });
    assert_eq!(
        insn("stb [%r10-1], 7"),
        Insn { opcode: 0x72, dst: 10, offset: -1, imm: 7, ..blank }
    );
    assert_eq!(insn("sdiv %r0, %r1"), Insn { opcode: 0x3f, src: 1, offset: 1, ..blank });
    assert_eq!(insn("movsx1632 %r0, %r1"), Insn { opcode: 0xbc, src: 1, offset: 16, ..blank });
    assert_eq!(insn("be32 %r4"), Insn { opcode: 0xdc, dst: 4, imm: 32, ..blank });
    assert_eq!(insn("bswap16 %r4"), Insn { opcode: 0xd7, dst: 4, imm: 16, ..blank });
    let fetch = Insn { opcode: 0xc3, dst: 10, src: 2, offset: -4, imm: 0x51 };
    assert_eq!(insn("lock fetch and32 [%r10-4], %r2"), fetch);
    assert_eq!(insn("call %r2"), Insn { opcode: 0x8d, dst: 2, ..blank });
    let wide = slots("lddw %r2, 0x1122334455667788", Dialect::Rfc).insns;
    assert_eq!(wide[0], Insn { opcode: 0x18, dst: 2, imm: 0x5566_7788, ..blank });
    assert_eq!(wide[1], Insn { imm: 0x1122_3344, ..blank });
}

#[test]
fn labels_are_distances_from_the_next_slot() {
    let text = "start: jeq %r0, 1, exit\nlddw %r1, 5\nja32 start\ncall local start\nexit";
    let program = slots(text, Dialect::Rfc);
    assert_eq!(program.insns[0].offset, 4);
    assert_eq!(program.insns[3].imm, -4);
    assert_eq!((program.insns[4].src, program.insns[4].imm), (1, -5));
    let names: Vec<_> = program.labels.iter().map(|label| (label.slot, &*label.name)).collect();
    assert_eq!(names, [(0, "start"), (5, "exit")]);
}

#[test]
fn mistakes_have_their_line() {
    for (text, message) in [
        ("exit\nfly %r1", "2: no instruction \"fly\" in rfc9669"),
        ("mov %r11, 1", "1: expected a register, found \"%r11\""),
        ("mov %r1", "1: mov takes 2 operands, found 1"),
        ("mov %r1, 0x1ffffffff", "1: 0x1ffffffff exceeds 32 bits"),
        ("ldxw %r1, %r2", "1: expected a place in brackets, found \"%r2\""),
        ("ja there", "1: no label \"there\""),
        ("a:\na:", "2: label \"a\" is there twice"),
        ("lock shift [%r1], %r2", "1: no atomic operation \"shift\""),
        ("stxw [%r1], 5", "1: stxw takes another operand"),
        ("ldxw %r1, [%r2+40000]", "1: +40000 exceeds 16 bits"),
    ] {
        assert_eq!(assemble(text, Dialect::Rfc).expect_err(text).to_string(), message);
    }
    assert!(assemble("lddw %r1, 5", Dialect::V2).is_err());
    assert_eq!(slots("hor %r1, 5", Dialect::V2).insns[0].opcode, 0xf7);
}

#[test]
fn what_is_listed_assembles_to_the_same() {
    let text = "
        start: mov %r1, -5
        lddw %r2, 0x1122334455667788
        add32 %r1, %r2
        sdiv %r1, 3
        movsx1664 %r3, %r1
        neg32 %r3
        be16 %r3
        swap64 %r3
        ldxsw %r4, [%r10-16]
        stxb [%r10-1], %r4
        sth [%r10], 77
        lock fetch xor32 [%r10-8], %r4
        lock cmpxchg [%r10-8], %r4
        lock add [%r10-8], %r4
        jset32 %r4, 7, start
        jsgt %r4, %r1, over
        ja32 over
        call local f
        callx %r4
        call 1
        over: exit
        f: exit";
    let module = super::load(text, Dialect::Rfc).expect("a program");
    let line = |row: crate::ebpf::Listing| {
        let labels: String = row.labels.iter().map(|label| format!("{label}: ")).collect();
        labels + &row.text.replace("call host", "call 1") + "\n"
    };
    let listed: String = crate::ebpf::list(&module).into_iter().map(line).collect();
    assert_eq!(slots(&listed, Dialect::Rfc).insns, slots(text, Dialect::Rfc).insns, "{listed}");
}
