//! The verifier: one rule, one function; each instruction by itself, then where jumps and functions lead.
//!
//! RFC 9669 leaves verification to its implementers: the rules for its dialect refuse what the text reserves, leaves
//! undefined or what would leave a function. The rules for sBPF are those of its reference verifier, which lets jumps lead
//! anywhere in the program and does not look at fields that an instruction does not use.

mod fields;
mod flow;
pub(super) mod params;
mod parts;

use super::{
    dialect::Dialect,
    error::{LoadError, LoadErrorKind, Rule},
    insn::{Insn, SLOT_BYTES},
    lower::slots,
    opcodes::{self, Kind, Row},
};

pub(super) use flow::functions;

/// What is verified.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text<'a> {
    pub(super) dialect: Dialect,
    pub(super) insns: &'a [Insn],
}

pub(super) type Checked = Result<(), Rule>;

/// An error at an instruction.
pub(super) fn at(slot: usize, rule: Rule) -> LoadError {
    LoadError { offset: slot * SLOT_BYTES, kind: LoadErrorKind::Rule(rule) }
}

/// Checks that the text is whole instructions.
pub(super) fn length(text: &[u8]) -> Result<(), LoadError> {
    match text.len().is_multiple_of(SLOT_BYTES) && !text.is_empty() {
        true => Ok(()),
        false => Err(at(text.len() / SLOT_BYTES, Rule::Length)),
    }
}

impl Text<'_> {
    /// Checks each instruction.
    pub(super) fn instructions(self) -> Result<(), LoadError> {
        self.walk(|slot, row, insn| {
            fields::RULES.iter().try_for_each(|rule| rule(self, slot, row, insn))
        })
    }

    /// Calls `check` with each instruction that exists.
    pub(super) fn walk(
        self,
        mut check: impl FnMut(usize, &'static Row, Insn) -> Checked,
    ) -> Result<(), LoadError> {
        let mut slot = 0;
        while let Some(insn) = self.insns.get(slot).copied() {
            let row = self.opcode(insn).map_err(|rule| at(slot, rule))?;
            check(slot, row, insn).map_err(|rule| at(slot, rule))?;
            slot += slots(row.kind) as usize;
        }
        Ok(())
    }

    /// The dialect has the instruction.
    fn opcode(self, insn: Insn) -> Result<&'static Row, Rule> {
        // RFC 9669 5.2: modes ABS and IND of class LD.
        let is_packet_access = insn.opcode & 0x07 == 0 && matches!(insn.opcode >> 5, 1 | 2);
        opcodes::find(self.dialect, &insn).ok_or(match is_packet_access {
            true => Rule::PacketAccess,
            false => Rule::Opcode,
        })
    }

    /// Which slots are second halves of wide instructions.
    pub(super) fn halves(self) -> Vec<bool> {
        let mut halves = vec![false; self.insns.len() + 1];
        let mut slot = 0;
        while let Some(insn) = self.insns.get(slot) {
            let is_wide =
                opcodes::find(self.dialect, insn).is_some_and(|row| row.kind == Kind::LoadImm);
            if is_wide {
                halves[slot + 1] = true;
            }
            slot += 1 + usize::from(is_wide);
        }
        halves
    }
}
