//! Bodies that are valid beyond doubt: a scan that knows frequent instructions and says yes or nothing.
//!
//! # Shape
//!
//! ```text
//! body -> is_valid -> true: valid, within all limits
//!                     false: anything; the validator reads it from its beginning, and says what is wrong, if it is
//! ```
//!
//! # Invariants
//!
//! 1. What is accepted here, the validator accepts with the features that are offered when floats are: these rules are
//!    those of Wasm 2.0, 3.3, for a part of its instructions.
//! 2. What an instruction of numbers or of memory takes and yields is derived from the rows that it is lowered by.
//! 3. Time is linear in the body, and in what its calls and branches hand over, which is bounded.
//!
//! No operand is of unknown type: where one would be, in what control cannot reach, the validator is asked.

mod control;
mod reader;
mod table;
#[cfg(test)]
mod tests;

use self::{
    control::Frame,
    reader::Reader,
    table::{Kind, table},
};
use super::sections::Sections;
use crate::wasm::{
    limits,
    types::{FuncType, ValType},
};

/// The types of one body and the next.
pub(super) struct Quick<'m> {
    sections: &'m Sections,
    /// Whether accesses of memory 0 take an index of 32 bits.
    has_memory: bool,
    locals: Vec<ValType>,
    values: Vec<ValType>,
    frames: Vec<Frame<'m>>,
    /// The innermost frame's height, and whether control cannot reach the next instruction.
    floor: usize,
    is_dead: bool,
    /// Operands handed over so far.
    moves: u64,
}

/// Something to go on with, or nothing known.
type Known<T = ()> = Option<T>;

fn only_if(holds: bool) -> Known {
    holds.then_some(())
}

impl<'m> Quick<'m> {
    pub(super) fn new(sections: &'m Sections) -> Self {
        let has_memory = sections.memories.first().is_some_and(|memory| !memory.is_64);
        Self {
            sections,
            has_memory,
            locals: Vec::new(),
            values: Vec::new(),
            frames: Vec::new(),
            floor: 0,
            is_dead: false,
            moves: 0,
        }
    }

    /// Whether the body in `bytes` of a function of type `ty` is valid for certain.
    pub(super) fn is_valid(&mut self, bytes: &[u8], ty: u32) -> bool {
        self.body(Reader::new(bytes), ty).is_some()
    }

    fn body(&mut self, mut reader: Reader<'_>, ty: u32) -> Known {
        let ty = self.sections.types.get(ty as usize)?;
        let moves_max =
            limits::MOVES_FREE + limits::MOVES_PER_BYTE_MAX * reader.bytes_left() as u64;
        self.begin(ty);
        self.declare_locals(&mut reader)?;
        let table = table();
        while !self.frames.is_empty() {
            let opcode = reader.byte()?;
            self.instruction(table[usize::from(opcode)], &mut reader)?;
            only_if(self.values.len() <= limits::OPERANDS_MAX as usize)?;
        }
        only_if(reader.bytes_left() == 0 && self.moves <= moves_max)
    }

    fn begin(&mut self, ty: &'m FuncType) {
        self.locals.clear();
        self.locals.extend_from_slice(&ty.params);
        self.values.clear();
        self.frames.clear();
        self.moves = 0;
        self.open(Frame::function(&ty.results));
    }

    fn declare_locals(&mut self, reader: &mut Reader<'_>) -> Known {
        let slots = |ty: ValType| if ty == ValType::V128 { 2 } else { 1 };
        let mut all: u64 = self.locals.iter().map(|ty| slots(*ty)).sum();
        for _ in 0..reader.number()? {
            let count = reader.number()?;
            let ty = table::number_type(reader.byte()?)?;
            all += u64::from(count) * slots(ty);
            only_if(all <= limits::LOCAL_SLOTS_MAX)?;
            self.locals.resize(self.locals.len() + count as usize, ty);
        }
        Some(())
    }

    #[inline(always)]
    fn instruction(&mut self, kind: Kind, reader: &mut Reader<'_>) -> Known {
        match kind {
            Kind::LocalGet => {
                let ty = self.local(reader)?;
                self.values.push(ty);
            }
            Kind::LocalSet => {
                let ty = self.local(reader)?;
                self.pop(ty)?;
            }
            Kind::LocalTee => {
                let ty = self.local(reader)?;
                self.replace(ty, ty)?;
            }
            Kind::ConstI32 => {
                reader.pass_i32()?;
                self.values.push(ValType::I32);
            }
            Kind::ConstI64 => {
                reader.pass_i64()?;
                self.values.push(ValType::I64);
            }
            Kind::ConstF32 => {
                reader.pass(4)?;
                self.values.push(ValType::F32);
            }
            Kind::ConstF64 => {
                reader.pass(8)?;
                self.values.push(ValType::F64);
            }
            Kind::Unary { from, to } => self.replace(from, to)?,
            Kind::Binary { from, to } => self.binary(from, to)?,
            Kind::Load { align, to } => {
                self.access(align, reader)?;
                self.replace(ValType::I32, to)?;
            }
            Kind::Store { align, from } => {
                self.access(align, reader)?;
                self.pop(from)?;
                self.pop(ValType::I32)?;
            }
            other => self.other(other, reader)?,
        }
        Some(())
    }

    #[inline(never)]
    fn other(&mut self, kind: Kind, reader: &mut Reader<'_>) -> Known {
        match kind {
            Kind::Nop => {}
            Kind::Drop => {
                only_if(self.is_dead || self.values.len() > self.floor)?;
                self.values.truncate(self.floor.max(self.values.len().saturating_sub(1)));
            }
            Kind::Select => {
                self.pop(ValType::I32)?;
                let [.., a, b] = self.values[self.floor..] else { return None };
                let is_reference = matches!(a, ValType::FuncRef | ValType::ExternRef);
                only_if(a == b && !is_reference)?;
                self.values.pop();
            }
            Kind::GlobalGet => {
                let global = self.sections.globals.get(reader.number()? as usize)?;
                self.values.push(global.ty);
            }
            Kind::GlobalSet => {
                let global = self.sections.globals.get(reader.number()? as usize)?;
                only_if(global.is_mutable)?;
                self.pop(global.ty)?;
            }
            Kind::MemorySize => {
                only_if(self.has_memory && reader.byte()? == 0)?;
                self.values.push(ValType::I32);
            }
            Kind::MemoryGrow => {
                only_if(self.has_memory && reader.byte()? == 0)?;
                self.replace(ValType::I32, ValType::I32)?;
            }
            Kind::Prefixed => self.prefixed(reader)?,
            control => self.control(control, reader)?,
        }
        Some(())
    }

    /// Conversions that saturate, and what moves bytes of memory 0.
    fn prefixed(&mut self, reader: &mut Reader<'_>) -> Known {
        match table::prefixed(reader.byte()?) {
            Kind::Unary { from, to } => self.replace(from, to),
            Kind::MemoryCopy => {
                only_if(self.has_memory && reader.byte()? == 0 && reader.byte()? == 0)?;
                self.pop_all(&[ValType::I32; 3])
            }
            Kind::MemoryFill => {
                only_if(self.has_memory && reader.byte()? == 0)?;
                self.pop_all(&[ValType::I32; 3])
            }
            _ => None,
        }
    }

    /// Reads what an access of memory 0 says, aligned as its width is at most.
    #[inline(always)]
    fn access(&self, align: u8, reader: &mut Reader<'_>) -> Known {
        only_if(self.has_memory && reader.byte()? <= align)?;
        reader.number().map(|_| ())
    }

    #[inline(always)]
    fn local(&self, reader: &mut Reader<'_>) -> Known<ValType> {
        self.locals.get(reader.number()? as usize).copied()
    }

    /// Takes an operand of type `ty`.
    #[inline(always)]
    fn pop(&mut self, ty: ValType) -> Known {
        if self.values.len() > self.floor {
            return only_if(self.values.pop() == Some(ty));
        }
        only_if(self.is_dead)
    }

    fn pop_all(&mut self, types: &[ValType]) -> Known {
        types.iter().rev().try_for_each(|ty| self.pop(*ty))
    }

    /// Takes an operand of one type and yields one of another.
    #[inline(always)]
    fn replace(&mut self, from: ValType, to: ValType) -> Known {
        if let Some(top) = self.values[self.floor..].last_mut() {
            let is_right = *top == from;
            *top = to;
            return only_if(is_right);
        }
        self.values.push(to);
        only_if(self.is_dead)
    }

    #[inline(always)]
    fn binary(&mut self, from: ValType, to: ValType) -> Known {
        self.pop(from)?;
        self.replace(from, to)
    }
}
