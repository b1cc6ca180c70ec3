//! Rules about the fields of one instruction.

use super::{Checked, Text};
use crate::ebpf::{
    dialect::Dialect,
    error::Rule,
    insn::Insn,
    lower::{COMPARE_EXCHANGE, EXCHANGE, FETCH, FRAME_POINTER, REGISTERS, combination},
    opcodes::{AluOp, Kind, Reach, Row, Source, Width},
};

type FieldRule = fn(Text<'_>, usize, &Row, Insn) -> Checked;

/// The rules, in the order in which they are asked.
pub(super) const RULES: &[FieldRule] = &[
    wide_half,
    wide_kind,
    zero_divisor,
    shift,
    swap_width,
    frame_alignment,
    atomic_operation,
    call_kind,
    call_register,
    source_register,
    destination,
    frame_pointer,
    reserved,
];

const fn held(is_held: bool, rule: Rule) -> Checked {
    if is_held { Ok(()) } else { Err(rule) }
}

/// A wide instruction has its second slot, which holds an immediate alone.
fn wide_half(text: Text<'_>, slot: usize, row: &Row, _: Insn) -> Checked {
    if row.kind != Kind::LoadImm {
        return Ok(());
    }
    let Some(second) = text.insns.get(slot + 1) else { return Err(Rule::WideHalf) };
    let is_empty = second.dst == 0 && second.src == 0 && second.offset == 0;
    held(second.opcode == 0 && (is_empty || text.dialect.is_sbpf()), Rule::WideHalf)
}

/// The immediate is a number (RFC 9669 5.4): maps, variables and code by file descriptor belong to a kernel.
fn wide_kind(text: Text<'_>, _: usize, row: &Row, insn: Insn) -> Checked {
    let is_number = row.kind != Kind::LoadImm || insn.src == 0 || text.dialect.is_sbpf();
    held(is_number, Rule::WideKind)
}

/// Constants that divide are not zero in sBPF; RFC 9669 says what they yield.
fn zero_divisor(text: Text<'_>, _: usize, row: &Row, insn: Insn) -> Checked {
    let divides = matches!(
        row.kind,
        Kind::Alu(AluOp::Div | AluOp::Sdiv | AluOp::Mod | AluOp::Smod, _, Source::Imm)
    );
    held(!divides || !text.dialect.is_sbpf() || insn.imm != 0, Rule::ZeroDivisor)
}

/// Constants that shift are smaller than the width in sBPF; RFC 9669 4.1 takes their low bits.
fn shift(text: Text<'_>, _: usize, row: &Row, insn: Insn) -> Checked {
    match row.kind {
        _ if !text.dialect.is_sbpf() => Ok(()),
        Kind::Alu(AluOp::Lsh | AluOp::Rsh | AluOp::Arsh, width, Source::Imm) => {
            held((0..width.bits() as i32).contains(&insn.imm), Rule::Shift)
        }
        _ => Ok(()),
    }
}

fn swap_width(_: Text<'_>, _: usize, row: &Row, insn: Insn) -> Checked {
    let is_swap = matches!(row.kind, Kind::End(_) | Kind::Swap);
    held(!is_swap || matches!(insn.imm, 16 | 32 | 64), Rule::SwapWidth)
}

/// SIMD-0166.
fn frame_alignment(text: Text<'_>, _: usize, row: &Row, insn: Insn) -> Checked {
    held(!moves_frame(text.dialect, row, insn) || insn.imm % 64 == 0, Rule::FrameAlignment)
}

const _: () = assert!(EXCHANGE & COMPARE_EXCHANGE & FETCH != 0, "exchanges fetch");

/// Whether this is how a program moves its frame pointer.
fn moves_frame(dialect: Dialect, row: &Row, insn: Insn) -> bool {
    dialect.bumps_own_frame()
        && usize::from(insn.dst) == FRAME_POINTER
        && row.kind == Kind::Alu(AluOp::Add, Width::W64, Source::Imm)
}

/// RFC 9669 5.3.
fn atomic_operation(_: Text<'_>, _: usize, row: &Row, insn: Insn) -> Checked {
    let is_known =
        matches!(insn.imm, EXCHANGE | COMPARE_EXCHANGE) || combination(insn.imm).is_some();
    let is_atomic = matches!(row.kind, Kind::Atomic(_));
    held(!is_atomic || is_known, Rule::AtomicOperation)
}

/// Calls of host functions and of the program's own (RFC 9669 4.3.1, 4.3.2); sBPF finds out when it runs.
fn call_kind(text: Text<'_>, _: usize, row: &Row, insn: Insn) -> Checked {
    held(row.kind != Kind::Call || insn.src <= 1 || text.dialect.is_sbpf(), Rule::CallKind)
}

fn call_register(text: Text<'_>, _: usize, row: &Row, insn: Insn) -> Checked {
    let is_register = text.dialect.callee_register(&insn) < FRAME_POINTER;
    held(row.kind != Kind::CallReg || is_register, Rule::CallRegister)
}

fn source_register(_: Text<'_>, _: usize, _: &Row, insn: Insn) -> Checked {
    held(usize::from(insn.src) < REGISTERS, Rule::SourceRegister)
}

fn destination(_: Text<'_>, _: usize, _: &Row, insn: Insn) -> Checked {
    held(usize::from(insn.dst) < REGISTERS, Rule::Destination)
}

/// Nobody writes to the frame pointer. sBPF's verifier looks at the field and not at whether it is written.
fn frame_pointer(text: Text<'_>, _: usize, row: &Row, insn: Insn) -> Checked {
    let stores = matches!(row.kind, Kind::Store(..) | Kind::Atomic(_));
    let reads = matches!(row.kind, Kind::Branch(..) | Kind::CallReg) && !text.dialect.is_sbpf();
    let fetches = match (row.kind, insn.imm) {
        (Kind::Atomic(_), COMPARE_EXCHANGE) => false,
        (Kind::Atomic(_), imm) => imm & FETCH != 0 && usize::from(insn.src) == FRAME_POINTER,
        _ => false,
    };
    let is_free = usize::from(insn.dst) != FRAME_POINTER
        || stores
        || reads
        || moves_frame(text.dialect, row, insn);
    held(is_free && !fetches, Rule::FramePointer)
}

/// RFC 9669 3: fields that an instruction does not use are zero.
fn reserved(text: Text<'_>, _: usize, row: &Row, insn: Insn) -> Checked {
    if text.dialect.is_sbpf() {
        return Ok(());
    }
    let [dst, src, offset, imm] = uses(row.kind, insn);
    let is_zero = (dst || insn.dst == 0)
        && (src || insn.src == 0)
        && (offset || insn.offset == 0)
        && (imm || insn.imm == 0);
    held(is_zero, Rule::Reserved)
}

/// Which of the fields dst, src, offset and imm an instruction of RFC 9669 uses.
fn uses(kind: Kind, insn: Insn) -> [bool; 4] {
    match kind {
        Kind::Alu(op, _, source) => {
            let is_signed = matches!(op, AluOp::Sdiv | AluOp::Smod);
            [true, source == Source::Reg, is_signed, source == Source::Imm]
        }
        Kind::Movsx(..) => [true, true, true, false],
        Kind::Neg(_) => [true, false, false, false],
        Kind::End(_) | Kind::Swap => [true, false, false, true],
        Kind::LoadImm => [true, true, false, true],
        Kind::Load(..) => [true, true, true, false],
        Kind::Store(_, source) => [true, source == Source::Reg, true, source == Source::Imm],
        Kind::Atomic(_) => [true; 4],
        Kind::Branch(_, _, source) => [true, source == Source::Reg, true, source == Source::Imm],
        Kind::Goto(Reach::Near) => [false, false, true, false],
        Kind::Goto(Reach::Far) | Kind::Exit => [false, false, false, insn.opcode != 0x95],
        Kind::Call => [false, true, false, true],
        Kind::CallReg => [true, false, false, false],
    }
}
