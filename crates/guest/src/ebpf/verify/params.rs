//! Which registers functions of RFC 9669 take: those that an instruction of theirs reads, or a function that they call.
//!
//! A register that nobody reads is not handed over. Calls through registers must know the type of whom they mean: a program
//! with such calls hands over all.

use super::Text;
use crate::ebpf::{
    insn::Insn,
    lower::{COMPARE_EXCHANGE, FRAME_POINTER},
    opcodes::{AluOp, Kind, Source},
};

/// Registers by the bits of a number.
pub(in crate::ebpf) type Registers = u16;

/// r1 to r5.
pub(in crate::ebpf) const ARGUMENTS: Registers = 0b11_1110;
/// What a function may take.
pub(in crate::ebpf) const ALL: Registers = ARGUMENTS | 1 << FRAME_POINTER;

impl Text<'_> {
    /// For each function of `starts` what it takes; `calls` are those of own functions, by slot.
    pub(in crate::ebpf) fn params(self, starts: &[u32], calls: &[(u32, u32)]) -> Vec<Registers> {
        let function = |slot: u32| starts.partition_point(|start| *start <= slot) - 1;
        let is_own = |slot: u32| calls.binary_search_by_key(&slot, |(slot, _)| *slot).is_ok();
        let mut params = vec![0; starts.len()];
        let walked = self.walk(|slot, row, insn| {
            let read = match row.kind {
                Kind::Call if is_own(slot as u32) => 0,
                kind => reads(kind, insn),
            };
            params[function(slot as u32)] |= read & ALL;
            Ok(())
        });
        debug_assert!(walked.is_ok(), "instructions were verified");
        let mut callers: Vec<Vec<usize>> = vec![Vec::new(); starts.len()];
        for (slot, target) in calls {
            callers[function(*target)].push(function(*slot));
        }
        // What a function takes its callers read. Each grows at most six times.
        let mut open: Vec<usize> = (0..starts.len()).collect();
        while let Some(callee) = open.pop() {
            for caller in callers[callee].iter().copied() {
                let before = params[caller];
                params[caller] |= params[callee];
                if params[caller] != before {
                    open.push(caller);
                }
            }
        }
        params
    }
}

/// The registers that an instruction reads.
fn reads(kind: Kind, insn: Insn) -> Registers {
    let (dst, src) = (1 << insn.dst, 1 << insn.src);
    let second = |source| if source == Source::Reg { src } else { 0 };
    match kind {
        Kind::Alu(AluOp::Mov, _, source) => second(source),
        Kind::Alu(_, _, source) | Kind::Branch(_, _, source) | Kind::Store(_, source) => {
            dst | second(source)
        }
        Kind::Neg(_) | Kind::End(_) | Kind::Swap => dst,
        Kind::Movsx(..) | Kind::Load(..) => src,
        Kind::Atomic(_) if insn.imm == COMPARE_EXCHANGE => dst | src | 1,
        Kind::Atomic(_) => dst | src,
        Kind::Call => ARGUMENTS,
        Kind::CallReg => ALL,
        Kind::LoadImm | Kind::Goto(_) => 0,
        Kind::Exit => 1,
    }
}
