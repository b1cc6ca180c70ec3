//! A program that was loaded: what the engine links, and functions that lower when they are called.

use core::ops::Range;
use std::sync::Arc;

use lockstep_ir::{Func, FuncId, Functions, ImportId, Interface, Observable};

use super::{
    config::Config,
    dialect::Dialect,
    error::LoadError,
    insn::Insn,
    layout::Layout,
    load,
    lower::{FRAME_POINTER, REGISTERS, lower},
    verify::params::{ALL, Registers},
};

/// Whom a call means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Callee {
    /// The program's function at this slot.
    Own(u32),
    /// A function of the host.
    Host(ImportId),
}

/// RFC 9669 2: the result is in r0; the frame pointer is the callee's own, and so are r6 to r9.
const RFC_RESULTS: &[usize] = &[0];
/// sBPF keeps nothing of a callee's from its caller but r6 to r10, and nothing of the caller's from anybody.
const SBPF_RESULTS: &[usize] = &[0, 1, 2, 3, 4, 5];
/// Every register.
const EVERY: Registers = (1 << REGISTERS) - 1;

/// Registers that functions give back, in order.
pub(super) const fn results(dialect: Dialect) -> &'static [usize] {
    if dialect.is_sbpf() { SBPF_RESULTS } else { RFC_RESULTS }
}

/// The registers of a set, in order.
pub(super) fn registers(set: Registers) -> impl Iterator<Item = usize> {
    (0..REGISTERS).filter(move |reg| set >> reg & 1 == 1)
}

/// What a function of the dialect takes when nobody knows what it reads.
pub(super) const fn params_of(dialect: Dialect) -> Registers {
    if dialect.is_sbpf() { EVERY } else { ALL }
}

/// Slots of a function that begins where no part does. It goes on with another.
const PIECE_SLOTS: u32 = 64;

/// A name of a function.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Symbol {
    /// Its first slot.
    pub slot: u32,
    /// The name.
    pub name: String,
}

/// A valid program.
#[derive(Debug, Clone)]
pub struct Module {
    pub(super) dialect: Dialect,
    pub(super) insns: Vec<Insn>,
    /// Guest address of the first slot.
    pub(super) text_base: u64,
    pub(super) layout: Layout,
    /// What memory 0 begins with.
    pub(super) image: Vec<u8>,
    pub(super) interface: Arc<Interface>,
    /// Where functions begin, in order; each ends where the next begins.
    pub(super) starts: Vec<u32>,
    /// What each of these takes; empty where all take the same.
    pub(super) params: Vec<Registers>,
    /// Whether each slot is a function too, after those of `starts`: in sBPF a register may name any.
    pub(super) is_callable_anywhere: bool,
    /// For each call that means somebody, by slot.
    pub(super) calls: Vec<(u32, Callee)>,
    /// Host functions that can be called by number, when a register may hold one.
    pub(super) numbered: Vec<(u32, ImportId)>,
    pub(super) symbols: Vec<Symbol>,
    pub(super) entry: FuncId,
}

impl Module {
    /// Reads and validates an ELF file: an object of `clang -target bpf`, or an sBPF shared object.
    ///
    /// # Errors
    ///
    /// [`LoadError`] with the first reason to refuse it.
    pub fn load(bytes: &[u8], config: &Config) -> Result<Self, LoadError> {
        load::elf(bytes, config)
    }

    /// Validates instructions that come without a file; the program begins with the first of them.
    ///
    /// # Errors
    ///
    /// [`LoadError`] with the first reason to refuse them.
    pub fn from_text(text: &[u8], dialect: Dialect, config: &Config) -> Result<Self, LoadError> {
        load::text(text, dialect, config)
    }

    /// The dialect it is written in.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Its slots.
    pub fn insns(&self) -> &[Insn] {
        &self.insns
    }

    /// What its functions share in dMIR; imports are called as the helpers of the configuration.
    pub fn interface(&self) -> &Arc<Interface> {
        &self.interface
    }

    /// Where its memory lies.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// What its memory begins with.
    pub fn image(&self) -> &[u8] {
        &self.image
    }

    /// Guest address of the first slot.
    pub fn text_address(&self) -> u64 {
        self.text_base
    }

    /// The function it begins with.
    pub fn entry(&self) -> FuncId {
        self.entry
    }

    /// Names of its functions, in the order of their slots.
    pub fn symbols(&self) -> &[Symbol] {
        &self.symbols
    }

    /// The function that begins at `slot` of the text, if one does; indirect calls find it there.
    pub fn function_at(&self, slot: u32) -> Option<FuncId> {
        let starts = self.starts.len() as u32;
        match self.starts.binary_search(&slot) {
            Ok(at) => Some(FuncId(at as u32)),
            Err(_) if self.is_callable_anywhere && (slot as usize) < self.insns.len() => {
                Some(FuncId(starts + slot))
            }
            Err(_) => None,
        }
    }

    /// How many functions it has without those that only a register may name, which follow them.
    pub fn functions(&self) -> usize {
        self.starts.len()
    }

    /// The slots of a function.
    pub fn range(&self, func: FuncId) -> Range<u32> {
        let end = |at: usize| self.starts.get(at).copied().unwrap_or(self.insns.len() as u32);
        let at = func.0 as usize;
        match self.starts.get(at) {
            Some(start) => *start..end(at + 1),
            None => {
                let slot = (at - self.starts.len()) as u32;
                let next = self.starts.partition_point(|start| *start <= slot);
                slot..end(next).min(slot + PIECE_SLOTS)
            }
        }
    }

    /// The arguments that the first function gets, where r1 to r5 are given.
    pub fn entry_args(&self, given: [u64; 5]) -> Vec<u64> {
        let arg = |reg: usize| match reg {
            1..=5 => given[reg - 1],
            FRAME_POINTER => self.layout.frame_pointer(),
            _ => 0,
        };
        registers(self.params(self.entry)).map(arg).collect()
    }

    /// The registers that a function takes.
    pub(super) fn params(&self, func: FuncId) -> Registers {
        self.params.get(func.0 as usize).copied().unwrap_or(params_of(self.dialect))
    }

    /// The registers that functions give back.
    pub(super) fn results(&self) -> &'static [usize] {
        results(self.dialect)
    }

    /// Whom the call at `slot` means.
    pub(super) fn callee(&self, slot: u32) -> Option<Callee> {
        let at = self.calls.binary_search_by_key(&slot, |(slot, _)| *slot).ok()?;
        Some(self.calls[at].1)
    }
}

impl Functions for Module {
    fn interface(&self) -> &Arc<Interface> {
        &self.interface
    }

    fn lower(&self, func: FuncId, out: &mut Func) {
        lower(self, func, false, out);
    }

    fn size_bytes(&self, func: FuncId) -> usize {
        self.range(func).len() * super::SLOT_BYTES
    }
}

impl Observable for Module {
    fn lower_observed(&self, func: FuncId, out: &mut Func) {
        lower(self, func, true, out);
    }
}
