//! Blocks, branches, calls.

use super::{
    Known, Quick, only_if,
    reader::Reader,
    table::{Kind, number_type},
};
use crate::wasm::{
    limits,
    types::{FuncType, ValType},
};

/// The block type without parameters and results; what is less is the number of a type (Wasm 2.0, 5.4.1).
const EMPTY: u8 = 0x40;

/// A block that is open.
#[derive(Clone, Copy)]
pub(super) struct Frame<'m> {
    kind: Kind,
    params: &'m [ValType],
    results: &'m [ValType],
    /// What was so of the frame around it.
    floor: usize,
    is_dead: bool,
}

impl<'m> Frame<'m> {
    /// The frame of a function.
    pub(super) const fn function(results: &'m [ValType]) -> Self {
        Self { kind: Kind::Block, params: &[], results, floor: 0, is_dead: false }
    }

    /// What a branch to it takes along.
    fn label(&self) -> &'m [ValType] {
        if self.kind == Kind::Loop { self.params } else { self.results }
    }
}

impl<'m> Quick<'m> {
    pub(super) fn control(&mut self, kind: Kind, reader: &mut Reader<'_>) -> Known {
        match kind {
            Kind::Unreachable => self.die(),
            Kind::Block | Kind::Loop => self.block(kind, reader)?,
            Kind::If => {
                self.pop(ValType::I32)?;
                self.block(kind, reader)?;
            }
            Kind::Else => self.otherwise()?,
            Kind::End => self.end()?,
            Kind::Branch => {
                let label = self.label(reader)?;
                self.pop_all(label)?;
                self.die();
            }
            Kind::BranchIf => {
                let label = self.label(reader)?;
                self.pop(ValType::I32)?;
                self.pop_all(label)?;
                self.push_all(label)?;
            }
            Kind::BranchTable => self.branch_table(reader)?,
            Kind::Return => {
                let results = self.frames.first()?.results;
                self.moves += results.len() as u64;
                self.pop_all(results)?;
                self.die();
            }
            Kind::Call => {
                let sections = self.sections;
                let ty = *sections.func_types.get(reader.number()? as usize)?;
                self.call(sections.types.get(ty as usize)?)?;
            }
            Kind::CallIndirect => {
                let sections = self.sections;
                let ty = sections.types.get(reader.number()? as usize)?;
                let table = sections.tables.get(reader.number()? as usize)?;
                only_if(table.element == ValType::FuncRef && !table.is_64)?;
                self.pop(ValType::I32)?;
                self.call(ty)?;
            }
            _ => return None,
        }
        Some(())
    }

    /// Opens a frame whose parameters were taken.
    pub(super) fn open(&mut self, frame: Frame<'m>) -> Known {
        self.frames.push(frame);
        self.floor = self.height;
        self.is_dead = false;
        self.push_all(frame.params)
    }

    /// Control does not reach what follows.
    fn die(&mut self) {
        self.height = self.floor;
        self.is_dead = true;
    }

    fn call(&mut self, ty: &'m FuncType) -> Known {
        self.moves += (ty.params.len() + ty.results.len()) as u64;
        self.pop_all(&ty.params)?;
        self.push_all(&ty.results)
    }

    fn block(&mut self, kind: Kind, reader: &mut Reader<'_>) -> Known {
        let (params, results) = self.block_type(reader.byte()?)?;
        self.pop_all(params)?;
        let (floor, is_dead) = (self.floor, self.is_dead);
        self.open(Frame { kind, params, results, floor, is_dead })?;
        // The function's frame counts too.
        only_if(self.frames.len() as u64 <= limits::NESTING_MAX)
    }

    fn block_type(&mut self, byte: u8) -> Known<(&'m [ValType], &'m [ValType])> {
        // Numbers of types from 64 on have two bytes: the validator is asked.
        if byte < EMPTY {
            let ty = self.sections.types.get(usize::from(byte))?;
            self.moves += (ty.params.len() + ty.results.len()) as u64;
            return Some((&ty.params, &ty.results));
        }
        self.moves += 1;
        if byte == EMPTY {
            return Some((&[], &[]));
        }
        Some((
            &[],
            match number_type(byte)? {
                ValType::I32 => &[ValType::I32],
                ValType::I64 => &[ValType::I64],
                ValType::F32 => &[ValType::F32],
                ValType::F64 => &[ValType::F64],
                _ => &[ValType::V128],
            },
        ))
    }

    /// Ends the innermost frame: its results are all that is left.
    fn close(&mut self) -> Known<Frame<'m>> {
        let frame = self.frames.pop()?;
        self.moves += frame.label().len() as u64;
        self.pop_all(frame.results)?;
        only_if(self.height == self.floor)?;
        (self.floor, self.is_dead) = (frame.floor, frame.is_dead);
        Some(frame)
    }

    fn otherwise(&mut self) -> Known {
        let frame = self.close()?;
        only_if(frame.kind == Kind::If)?;
        self.open(Frame { kind: Kind::Else, ..frame })
    }

    fn end(&mut self) -> Known {
        let frame = self.close()?;
        // What is not there of a second arm leaves the parameters.
        only_if(frame.kind != Kind::If || frame.params == frame.results)?;
        self.push_all(frame.results)
    }

    /// What a branch to the label takes along.
    fn label(&mut self, reader: &mut Reader<'_>) -> Known<&'m [ValType]> {
        let depth = reader.number()? as usize;
        let at = self.frames.len().checked_sub(depth + 1)?;
        let label = self.frames[at].label();
        self.moves += label.len() as u64;
        Some(label)
    }

    /// All labels take the same along: where they need not, the validator is asked.
    fn branch_table(&mut self, reader: &mut Reader<'_>) -> Known {
        self.pop(ValType::I32)?;
        let count = reader.number()?;
        only_if(u64::from(count) <= limits::BR_TABLE_MAX)?;
        let first = self.label(reader)?;
        for _ in 0..count {
            let label = self.label(reader)?;
            only_if(core::ptr::eq(label, first) || label.len() <= 1 && label == first)?;
        }
        self.pop_all(first)?;
        self.die();
        Some(())
    }
}
