//! Calls: of the host, of functions, through tables; and how a function begins.

use alloc::vec::Vec;

use lockstep_ir::{FuncId, ImportId, Inst, List, SigId, TableId, Type, Value};

use super::{Encoding, FRAME_WITH_WINDOW, bank, place};
use crate::{
    code::CodeError,
    dispatch::{Handler, handler},
    handler::host::{
        Begin, Call, CallHost, CallHostDeep, CallIndirect, FRAME_HEADER, Few, Many, Take,
        TakeCharging, TakeResults,
    },
};

/// The handler of a family for so many slots.
macro_rules! by_slots {
    ($family:ident, $slots:expr) => {
        match $slots {
            0 => handler::<$family<Few<0>>> as Handler,
            1 => handler::<$family<Few<1>>>,
            2 => handler::<$family<Few<2>>>,
            3 => handler::<$family<Few<3>>>,
            4 => handler::<$family<Few<4>>>,
            5 => handler::<$family<Few<5>>>,
            6 => handler::<$family<Few<6>>>,
            _ => handler::<$family<Many>>,
        }
    };
}

impl Encoding<'_> {
    pub(super) fn call_host(
        &mut self,
        import: ImportId,
        args: List,
        first: Value,
    ) -> Result<(), CodeError> {
        let interface = self.interface;
        let signature = &interface.imports[import].signature;
        let mut offsets = Vec::with_capacity(signature.params.len() + signature.results.len());
        for (position, ty) in signature.params.iter().enumerate() {
            let operand = self.func.list(args)[position];
            offsets.push(self.slot(operand, *ty)?);
        }
        for position in 0..signature.results.len() {
            offsets.push(self.define(Value(first.0 + position as u32))?);
        }
        let words = offsets.len().div_ceil(4);
        offsets.resize(words * 4, 0);
        match interface.window {
            Some(_) => self.handler(handler::<CallHost>),
            None => self.handler(handler::<CallHostDeep>),
        }
        self.e.extents.push((self.e.words.len(), 1));
        self.fields([import.0 as i16, 0, words as i16, 0]);
        for word in offsets.as_chunks().0 {
            self.fields(*word);
        }
        Ok(())
    }

    /// How many slots of arguments there are, and their moves to where the callee's parameters lie when its results have `results` slots.
    pub(super) fn argument_moves(
        &mut self,
        args: List,
        (params, results): (&[Type], &[Type]),
    ) -> Result<(usize, Vec<[i16; 4]>), CodeError> {
        if self.interface.window.is_some() {
            return Err(CodeError::Unsupported(FRAME_WITH_WINDOW));
        }
        let mut to = i32::from(FRAME_HEADER);
        for ty in results {
            place(&mut to, ty.slots())?;
        }
        let mut moves = Vec::with_capacity(params.len());
        for (position, ty) in params.iter().enumerate() {
            let operand = self.func.list(args)[position];
            let from = self.slot(operand, *ty)?;
            let to = place(&mut to, ty.slots())?;
            moves.extend((0..ty.slots() as i16).map(|slot| [from + slot, to + slot]));
        }
        self.needed = self.needed.max(to);
        Ok((moves.len(), two_a_word(&moves)))
    }

    pub(super) fn call(
        &mut self,
        at: u32,
        func: FuncId,
        args: List,
        first: Value,
    ) -> Result<(), CodeError> {
        let interface = self.interface;
        let signature = &interface.signatures[func];
        let (slots, moves) = self.argument_moves(args, (&signature.params, &signature.results))?;
        self.accs = Default::default();
        self.handler(by_slots!(Call, slots));
        self.e.extents.push((self.e.words.len(), 0));
        self.fields([0, moves.len() as i16, 0, 0]);
        // The first call fills in the link.
        self.imm(0);
        self.imm(u64::from(func.0));
        moves.iter().for_each(|word| self.fields(*word));
        self.take_results(at, first, &signature.results)
    }

    pub(super) fn call_indirect(
        &mut self,
        at: u32,
        (table, sig): (TableId, SigId),
        args: List,
        first: Value,
    ) -> Result<(), CodeError> {
        let interface = self.interface;
        let signature = &interface.types[sig];
        let index = self.func.list(args)[signature.params.len()];
        let index = self.slot(index, Type::I64)?;
        let (slots, moves) = self.argument_moves(args, (&signature.params, &signature.results))?;
        self.accs = Default::default();
        self.handler(by_slots!(CallIndirect, slots));
        self.e.extents.push((self.e.words.len(), 0));
        self.fields([0, moves.len() as i16, index, 0]);
        self.halves([table.0, sig.0]);
        self.imm(0);
        moves.iter().for_each(|word| self.fields(*word));
        self.take_results(at, first, &signature.results)
    }

    /// Takes results of the call at `at` from where a callee left them.
    fn take_results(&mut self, at: u32, first: Value, results: &[Type]) -> Result<(), CodeError> {
        match results {
            [] => Ok(()),
            [ty] if bank(*ty).is_some() => self.take_result(at, first, ty.is_float()),
            _ => self.take_many(first, results),
        }
    }

    /// Takes the one result from the accumulator of its kind.
    fn take_result(&mut self, at: u32, value: Value, is_float: bool) -> Result<(), CodeError> {
        let only_acc = self.goes_on_in_acc(value, at);
        let to = self.define_acc(value, only_acc)?;
        if only_acc {
            return Ok(());
        }
        let next = self.e.plan.next(at);
        let is_charged = next < self.block_end
            && matches!(self.func.insts[next as usize], Inst::Charge { gas } if gas > 0);
        self.handler(match (is_float, is_charged) {
            (false, false) => handler::<Take<u64>>,
            (false, true) => handler::<TakeCharging<u64>>,
            (true, false) => handler::<Take<f64>>,
            (true, true) => handler::<TakeCharging<f64>>,
        });
        self.fields([to, 0, 0, 0]);
        Ok(())
    }

    fn take_many(&mut self, first: Value, results: &[Type]) -> Result<(), CodeError> {
        let mut from = FRAME_HEADER;
        let mut moves = Vec::with_capacity(results.len());
        for (position, ty) in results.iter().enumerate() {
            let to = self.define(Value(first.0 + position as u32))?;
            moves.extend((0..ty.slots() as i16).map(|slot| [from + slot, to + slot]));
            from += ty.slots() as i16;
        }
        let moves = two_a_word(&moves);
        self.handler(handler::<TakeResults>);
        self.e.extents.push((self.e.words.len(), 0));
        self.fields([0, moves.len() as i16, 0, 0]);
        moves.iter().for_each(|word| self.fields(*word));
        Ok(())
    }

    /// Counts the frame, and zeroes the variables that are not parameters. The charge of the first block follows.
    pub(super) fn begin(&mut self) {
        let first = self.func.params as usize;
        let start = self.layout.homes.get(first).copied().unwrap_or_default();
        let slots: u32 = self.func.vars.as_slice()[first..].iter().map(|var| var.ty.slots()).sum();
        self.handler(by_slots!(Begin, slots));
        self.fields([start, slots as i16, 0, 0]);
        self.imm(self.units() << 16);
        self.imm(self.interface.depth_limit.0.saturating_mul(1 << 16) | 0xffff);
    }

    /// Depth units of a frame of this function.
    pub(super) fn units(&self) -> u64 {
        1 + u64::from(self.func.units)
    }
}

/// Moves of one slot each as words of code; an odd last one is made twice.
fn two_a_word(moves: &[[i16; 2]]) -> Vec<[i16; 4]> {
    let word = |pair: &[[i16; 2]]| {
        let ([from, to], [next_from, next_to]) = (pair[0], pair[pair.len() - 1]);
        [from, to, next_from, next_to]
    };
    moves.chunks(2).map(word).collect()
}
