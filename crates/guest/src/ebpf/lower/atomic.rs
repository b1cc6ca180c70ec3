//! Atomic operations (RFC 9669 5.3): nobody else runs meanwhile, so they are loads and stores.

use lockstep_ir::{Inst, Op, Order};

use super::Lower;
use crate::ebpf::{insn::Insn, opcodes::Width};

/// Whether the register gets what was in memory.
pub(crate) const FETCH: i32 = 0x01;
/// The register and memory change places.
pub(crate) const EXCHANGE: i32 = 0xe1;
/// The register goes to memory if memory holds what r0 does; r0 gets what was there.
pub(crate) const COMPARE_EXCHANGE: i32 = 0xf1;

/// What the immediate of an atomic instruction combines memory and register by.
pub(crate) const fn combination(imm: i32) -> Option<Op> {
    match imm & !FETCH {
        0x00 => Some(Op::Iadd),
        0x40 => Some(Op::Bor),
        0x50 => Some(Op::Band),
        0xa0 => Some(Op::Bxor),
        _ => None,
    }
}

impl Lower<'_, '_> {
    pub(super) fn atomic(&mut self, width: Width, insn: Insn) {
        let ty = width.ty();
        let token = self.place(insn.dst, insn.offset, ty, true);
        let source = self.low(insn.src, width);
        let before = self.b.load(ty, Order::Little, token, 0);
        let after = match (insn.imm, combination(insn.imm)) {
            (COMPARE_EXCHANGE, _) => {
                let expected = self.low(0, width);
                let is_equal = self.b.op(Op::Ieq, ty, &[before, expected]);
                self.b.op(Op::Select, ty, &[is_equal, source, before])
            }
            (_, Some(op)) => self.b.op(op, ty, &[before, source]),
            _ => source,
        };
        self.b.push(Inst::Store { ty, order: Order::Little, token, offset: 0, value: after });
        match insn.imm {
            COMPARE_EXCHANGE => self.set_low(0, width, before, false),
            imm if imm & FETCH != 0 => self.set_low(insn.src, width, before, false),
            _ => {}
        }
    }
}
