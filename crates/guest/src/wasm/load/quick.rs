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
    lower::LOCAL_GET,
    types::{FuncType, ValType},
};

/// The types of one body and the next.
pub(super) struct Quick<'m> {
    sections: &'m Sections,
    /// Whether accesses of memory 0 take an index of 32 bits.
    has_memory: bool,
    locals: Vec<ValType>,
    /// Room for all operands that there may be, and how many there are.
    values: Vec<ValType>,
    height: usize,
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

/// Makes of the two uppermost values, which are there, the one that an operation yields; nothing where they are not what it
/// takes.
#[inline(always)]
fn operate(values: &mut [ValType], height: &mut usize, (from, to): (ValType, ValType)) -> Known {
    let [a, b] = &mut values[*height - 2..*height] else { return None };
    only_if(*a == from && *b == from)?;
    *a = to;
    *height -= 1;
    Some(())
}

/// Passes over an operation on two values, if that is next and they are there and what it takes.
#[inline(always)]
fn operation(
    table: &[Kind; 256],
    reader: &mut Reader<'_>,
    (values, floor): (&mut [ValType], usize),
    height: &mut usize,
) {
    let mut after = *reader;
    let next = after.byte().map(|byte| table[usize::from(byte)]);
    let Some(Kind::Binary { from, to }) = next.filter(|_| *height > floor + 1) else { return };
    if operate(values, height, (from, to)).is_some() {
        *reader = after;
    }
}

impl<'m> Quick<'m> {
    pub(super) fn new(sections: &'m Sections) -> Self {
        let has_memory = sections.memories.first().is_some_and(|memory| !memory.is_64);
        Self {
            sections,
            has_memory,
            locals: Vec::new(),
            values: vec![ValType::I32; limits::OPERANDS_MAX as usize],
            height: 0,
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
        self.begin(ty)?;
        self.declare_locals(&mut reader)?;
        while !self.frames.is_empty() {
            let kind = self.frequent(&mut reader)?;
            reader = self.instruction(kind, reader)?;
            // What hands over is rare, and not to be found out only at the end.
            only_if(self.moves <= moves_max)?;
        }
        only_if(reader.bytes_left() == 0)
    }

    /// Passes over frequent instructions, as far as they are plain: control reaches them, their operands are there, and
    /// their numbers have one byte. Says what the next one is, and leaves the reader behind its opcode.
    #[inline(never)]
    fn frequent(&mut self, reader: &mut Reader<'_>) -> Known<Kind> {
        let table = table();
        let (has_memory, floor) = (self.has_memory, self.floor);
        let (locals, values) = (&self.locals[..], &mut self.values[..]);
        let (mut at, mut height) = (*reader, self.height);
        let next = loop {
            let kind = table[usize::from(at.byte()?)];
            let mut after = at;
            match kind {
                Kind::LocalGet => {
                    let Some(local) = after.short() else { break kind };
                    *values.get_mut(height)? = *locals.get(local)?;
                    height += 1;
                    // Locals follow each other, and operations constants: two ways to go on are guessed better than many.
                    while let Some(local) = after.another_short(LOCAL_GET) {
                        *values.get_mut(height)? = *locals.get(local)?;
                        height += 1;
                    }
                }
                Kind::LocalSet if height > floor => {
                    let Some(local) = after.short() else { break kind };
                    height -= 1;
                    only_if(values[height] == *locals.get(local)?)?;
                }
                Kind::LocalTee if height > floor => {
                    let Some(local) = after.short() else { break kind };
                    only_if(values[height - 1] == *locals.get(local)?)?;
                }
                Kind::ConstI32 => {
                    after.pass_i32()?;
                    *values.get_mut(height)? = ValType::I32;
                    height += 1;
                    operation(table, &mut after, (values, floor), &mut height);
                }
                Kind::ConstI64 => {
                    after.pass_i64()?;
                    *values.get_mut(height)? = ValType::I64;
                    height += 1;
                    operation(table, &mut after, (values, floor), &mut height);
                }
                Kind::Unary { from, to } if height > floor => {
                    let top = &mut values[height - 1];
                    only_if(*top == from)?;
                    *top = to;
                }
                Kind::Binary { from, to } if height > floor + 1 => {
                    operate(values, &mut height, (from, to))?;
                }
                Kind::Load { align, to } if height > floor && has_memory => {
                    only_if(after.byte()? <= align)?;
                    after.number()?;
                    let top = &mut values[height - 1];
                    only_if(*top == ValType::I32)?;
                    *top = to;
                }
                Kind::Store { align, from } if height > floor + 1 && has_memory => {
                    only_if(after.byte()? <= align)?;
                    after.number()?;
                    height -= 2;
                    only_if(values[height] == ValType::I32 && values[height + 1] == from)?;
                }
                _ => break kind,
            }
            at = after;
        };
        (*reader, self.height) = (at, height);
        Some(next)
    }

    fn begin(&mut self, ty: &'m FuncType) -> Known {
        self.locals.clear();
        self.locals.extend_from_slice(&ty.params);
        self.height = 0;
        self.frames.clear();
        self.moves = 0;
        self.floor = 0;
        self.open(Frame::function(&ty.results))
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

    /// What is past an instruction of which the opcode was read.
    fn instruction<'b>(&mut self, kind: Kind, mut reader: Reader<'b>) -> Known<Reader<'b>> {
        self.judge(kind, &mut reader)?;
        Some(reader)
    }

    fn judge(&mut self, kind: Kind, reader: &mut Reader<'_>) -> Known {
        match kind {
            Kind::LocalGet => {
                let ty = self.local(reader)?;
                self.push(ty)?;
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
                self.push(ValType::I32)?;
            }
            Kind::ConstI64 => {
                reader.pass_i64()?;
                self.push(ValType::I64)?;
            }
            Kind::ConstF32 => {
                reader.pass(4)?;
                self.push(ValType::F32)?;
            }
            Kind::ConstF64 => {
                reader.pass(8)?;
                self.push(ValType::F64)?;
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
            Kind::Nop => {}
            Kind::Drop => {
                only_if(self.is_dead || self.height > self.floor)?;
                self.height = self.floor.max(self.height.saturating_sub(1));
            }
            Kind::Select => {
                self.pop(ValType::I32)?;
                let [.., a, b] = self.values[self.floor..self.height] else { return None };
                let is_reference = matches!(a, ValType::FuncRef | ValType::ExternRef);
                only_if(a == b && !is_reference)?;
                self.height -= 1;
            }
            Kind::GlobalGet => {
                let global = self.sections.globals.get(reader.number()? as usize)?;
                self.push(global.ty)?;
            }
            Kind::GlobalSet => {
                let global = self.sections.globals.get(reader.number()? as usize)?;
                only_if(global.is_mutable)?;
                self.pop(global.ty)?;
            }
            Kind::MemorySize => {
                only_if(self.has_memory && reader.byte()? == 0)?;
                self.push(ValType::I32)?;
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
    fn access(&self, align: u8, reader: &mut Reader<'_>) -> Known {
        only_if(self.has_memory && reader.byte()? <= align)?;
        reader.number().map(|_| ())
    }

    fn local(&self, reader: &mut Reader<'_>) -> Known<ValType> {
        self.locals.get(reader.number()? as usize).copied()
    }

    /// Adds an operand, if there may be one more.
    fn push(&mut self, ty: ValType) -> Known {
        *self.values.get_mut(self.height)? = ty;
        self.height += 1;
        Some(())
    }

    fn push_all(&mut self, types: &[ValType]) -> Known {
        types.iter().try_for_each(|ty| self.push(*ty))
    }

    /// Takes an operand of type `ty`.
    fn pop(&mut self, ty: ValType) -> Known {
        if self.height > self.floor {
            self.height -= 1;
            return only_if(self.values[self.height] == ty);
        }
        only_if(self.is_dead)
    }

    fn pop_all(&mut self, types: &[ValType]) -> Known {
        types.iter().rev().try_for_each(|ty| self.pop(*ty))
    }

    /// Takes an operand of one type and yields one of another.
    fn replace(&mut self, from: ValType, to: ValType) -> Known {
        self.pop(from)?;
        self.push(to)
    }

    fn binary(&mut self, from: ValType, to: ValType) -> Known {
        self.pop(from)?;
        self.replace(from, to)
    }
}
