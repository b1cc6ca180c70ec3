//! Rules about where control goes.

use super::{Checked, Text, at};
use crate::ebpf::{
    error::{LoadError, Rule},
    insn::Insn,
    lower::{jump_target, slots},
    opcodes::{self, Kind, Row},
};

/// Checks jumps and ends of the functions that begin at `starts`, which are sorted and begin at zero.
pub(in crate::ebpf) fn functions(text: Text<'_>, starts: &[u32]) -> Result<(), LoadError> {
    let halves = text.halves();
    let inside = starts.iter().find(|start| halves.get(**start as usize).is_none_or(|half| *half));
    if let Some(start) = inside.filter(|_| !text.dialect.is_sbpf()) {
        return Err(at(*start as usize, Rule::CallTarget));
    }
    let mut function = 0;
    text.walk(|slot, row, insn| {
        while starts.get(function + 1).is_some_and(|next| *next as usize <= slot) {
            function += 1;
        }
        let start = i64::from(starts[function]);
        let end = starts.get(function + 1).map_or(text.insns.len() as i64, |next| i64::from(*next));
        let range = if text.dialect.is_sbpf() { 0..text.insns.len() as i64 } else { start..end };
        jump_out(&range, slot, row, insn)?;
        jump_inside(&halves, slot, row, insn)?;
        falls_through(text, end, slot, row)
    })
}

/// Jumps stay in the function; in sBPF, in the program.
fn jump_out(range: &core::ops::Range<i64>, slot: usize, row: &Row, insn: Insn) -> Checked {
    match jump_target(row.kind, insn, slot as u32) {
        Some(target) if !range.contains(&target) => Err(Rule::JumpOut),
        _ => Ok(()),
    }
}

/// Jumps lead to instructions.
fn jump_inside(halves: &[bool], slot: usize, row: &Row, insn: Insn) -> Checked {
    match jump_target(row.kind, insn, slot as u32) {
        Some(target) if halves[target as usize] => Err(Rule::JumpInside),
        _ => Ok(()),
    }
}

/// The last instruction of a function jumps or returns. In sBPF it may go on to the next function.
fn falls_through(text: Text<'_>, end: i64, slot: usize, row: &Row) -> Checked {
    let is_last = slot as i64 + i64::from(slots(row.kind)) >= end;
    let ends = matches!(row.kind, Kind::Goto(_) | Kind::Exit);
    if is_last && !ends && !text.dialect.is_sbpf() {
        return Err(Rule::FallsThrough);
    }
    Ok(())
}

impl Text<'_> {
    /// Slots that calls of the program's own functions lead to, for each such call; in order of the calls.
    ///
    /// # Errors
    ///
    /// Where one leads out of the program.
    pub(in crate::ebpf) fn own_calls(self) -> Result<Vec<(u32, u32)>, LoadError> {
        let mut calls = Vec::new();
        self.walk(|slot, row, insn| {
            if row.kind == Kind::Call && insn.src == 1 {
                // RFC 9669 4.3.2: relative to the next instruction.
                let target = slot as i64 + 1 + i64::from(insn.imm);
                let exists = (0..self.insns.len() as i64).contains(&target);
                match exists {
                    true => calls.push((slot as u32, target as u32)),
                    false if self.dialect.is_sbpf() => {}
                    false => return Err(Rule::CallTarget),
                }
            }
            Ok(())
        })?;
        Ok(calls)
    }

    /// Whether some instruction calls through a register.
    pub(in crate::ebpf) fn calls_registers(self) -> bool {
        let is_one = |insn: &Insn| {
            opcodes::find(self.dialect, insn).is_some_and(|row| row.kind == Kind::CallReg)
        };
        self.insns.iter().any(is_one)
    }
}
