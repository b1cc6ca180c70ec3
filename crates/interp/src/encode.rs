//! dMIR to register bytecode: who lives where, then one pass that writes words.
//!
//! What is encoded at a time is a *chunk*: all blocks of a function, or those of its blocks that are wanted now. Blocks know
//! nothing of each other but the homes of the function's variables ([`Layout`]) and where each begins.
//!
//! # Shape
//!
//! ```text
//! frame of a function:         [ header | results | variables | temporaries ]   fp at the header
//! frame of a windowed program: [ ... slots below the base | slots above | temporaries ]   fp at the base
//! ```
//!
//! # Invariants
//!
//! 1. A value lives in one place from its definition to its last use: a temporary, or the home of the variable it is
//!    about to be set to, when nobody reads that variable in between.
//! 2. Every block ends in a terminator, and every link of a chunk names a whole instruction.
//! 3. Offsets have 16 bits; what does not fit is refused, never wrapped.

mod access;
mod call;
mod chunk;
mod emit;
mod fuse;
mod layout;
mod listing;
mod once;
mod operation;
mod plan;
mod terminator;

use alloc::vec::Vec;

use lockstep_base::Index;
use lockstep_ir::{
    Block, BlockDef, Body, Func, FuncId, Head, Inst, Interface, Operand, Source, Terminator, Type,
    Value, Var, Verified,
};

pub use self::listing::Line;
use self::{chunk::Starts, plan::Plan};
pub(crate) use self::{chunk::Wanted, layout::Layout};
use crate::{
    code::{Code, CodeError, Word},
    dispatch::{Handler, handler},
    handler::flow::Charge,
};

/// Why a function is refused that needs a frame where the base of a window is: for parameters, results, variables that
/// are no slots, calls and returns.
const FRAME_WITH_WINDOW: &str = "functions with frames in a program with a window";

/// Makes words of functions; keeps its room between them.
#[derive(Default)]
pub(crate) struct Encoder {
    plan: Plan,
    /// Room for the layout of a function that is encoded whole.
    layout: Layout,
    words: Vec<Word>,
    /// Positions of link words that name a block, with the block.
    block_links: Vec<(u32, usize)>,
    /// Positions of link words that name another position.
    local_links: Vec<(usize, usize)>,
    /// Where the blocks of the chunk begin.
    starts: Starts,
    temps: Temps,
    /// Temporaries that live only for the instruction being written.
    scratch: Vec<(i16, u32)>,
    /// Positions of operand words, and the field in each, that say how far the block's frame reaches.
    extents: Vec<(usize, usize)>,
}

/// Temporaries of a block: free ones by size, and how far the frame reaches.
#[derive(Default)]
struct Temps {
    free1: Vec<i16>,
    free2: Vec<i16>,
    free4: Vec<i16>,
    /// First slot never used.
    next: i32,
}

impl Temps {
    fn reset(&mut self, next: i32) {
        self.free1.clear();
        self.free2.clear();
        self.free4.clear();
        self.next = next;
    }

    fn take(&mut self, slots: u32) -> Result<i16, CodeError> {
        let free = match slots {
            1 => self.free1.pop(),
            2 => self.free2.pop(),
            4 => self.free4.pop(),
            _ => None,
        };
        if let Some(offset) = free {
            return Ok(offset);
        }
        place(&mut self.next, slots)
    }

    fn give(&mut self, offset: i16, slots: u32) {
        match slots {
            1 => self.free1.push(offset),
            2 => self.free2.push(offset),
            4 => self.free4.push(offset),
            _ => {}
        }
    }
}

/// Slots that a frame may have: what offsets of 16 bits reach.
const FRAME_SLOTS_MAX: i32 = 1 << 15;

/// Slots that all frames of an activation may take together: half of the frame stack.
const ALL_FRAMES_SLOTS_MAX: u64 = 1 << 25;

/// Takes `slots` slots at `next`.
fn place(next: &mut i32, slots: u32) -> Result<i16, CodeError> {
    let offset = *next;
    *next += slots as i32;
    // The last slot has an offset too.
    if *next > FRAME_SLOTS_MAX {
        return Err(CodeError::FrameTooLarge);
    }
    i16::try_from(offset).map_err(|_| CodeError::FrameTooLarge)
}

/// What an accumulator holds: a value, and the variable whose home holds the same.
#[derive(Clone, Copy, Default)]
struct Held {
    value: Option<Value>,
    var: Option<Var>,
}

/// Which accumulator holds numbers of type `ty`: the first integers of one slot, the second floats.
fn bank(ty: Type) -> Option<usize> {
    match ty {
        _ if ty.is_float() => Some(1),
        _ if ty.is_int() && ty.slots() == 1 => Some(0),
        _ => None,
    }
}

/// The encoding of a chunk.
struct Encoding<'e> {
    code: &'e Code,
    interface: &'e Interface,
    func: &'e Func,
    layout: &'e Layout,
    e: &'e mut Encoder,
    /// The function, if it has a number.
    #[cfg_attr(not(feature = "native"), expect(dead_code, reason = "heads of loops name it"))]
    id: Option<FuncId>,
    /// The block being written.
    block: Block,
    /// Where the block being written begins a region.
    head: Option<Head>,
    /// The block that is written next, so that what goes there needs no jump.
    following: Option<Block>,
    /// Slots that the frame needs, with what a call moves beyond it.
    needed: i32,
    /// What the accumulators hold, by [`bank`].
    accs: [Held; 2],
    /// One past the last instruction of the block being written, and the comparison that its branch makes.
    block_end: u32,
    fused_compare: Option<u32>,
    /// Where the last move of one slot stands, and what it moves.
    moved: Option<(usize, [i16; 2])>,
    /// The addition that its branch makes too, and the place of the sum.
    step: Option<(u32, i16)>,
    /// What the block being written returns, when it returns one value.
    returned: Option<(Operand, Type)>,
    /// Whether `lines` are wanted.
    is_listed: bool,
    lines: Vec<Line>,
}

impl<'e> Encoding<'e> {
    fn new(
        e: &'e mut Encoder,
        code: &'e Code,
        (id, func): (Option<FuncId>, &'e Func),
        layout: &'e Layout,
    ) -> Self {
        e.words.clear();
        e.block_links.clear();
        e.local_links.clear();
        e.starts.begin();
        Self {
            code,
            interface: code.interface(),
            func,
            layout,
            e,
            id,
            block: Block(0),
            head: None,
            following: None,
            needed: 0,
            accs: [Held::default(); 2],
            block_end: 0,
            fused_compare: None,
            moved: None,
            step: None,
            returned: None,
            is_listed: false,
            lines: Vec::new(),
        }
    }
}

impl Encoding<'_> {
    /// All of a function.
    fn function(&mut self, func: Verified<&Func>) -> Result<(), CodeError> {
        if self.interface.window.is_none() {
            self.begin();
        }
        for (number, _) in func.blocks.iter() {
            self.block(func.body(number), Some(Block(number.0 + 1)))?;
        }
        self.bound_frame()
    }

    /// One block, which `following` is written after.
    fn block(
        &mut self,
        body: Verified<Body<'_>>,
        following: Option<Block>,
    ) -> Result<(), CodeError> {
        let (func, block) = (self.func, body.def());
        assert!(core::ptr::eq(func, body.func), "a chunk is of one function");
        self.e.plan.analyze(self.interface, func, block);
        self.e.starts.put(body.block, self.e.words.len());
        self.block = body.block;
        self.start(block, following);
        if let Terminator::Branch { cond, .. } = block.terminator {
            self.fused_compare = self.e.plan.fused(cond);
        }
        if self.interface.window.is_none() && !self.begins_with_charge(block) {
            self.charge_nothing();
        }
        for at in block.insts.clone() {
            let first_word = self.e.words.len();
            if !self.e.plan.is_skipped(at) {
                self.instruction(at)?;
            }
            if self.is_listed {
                self.note(body.block, at, first_word);
            }
            self.release(at);
        }
        let first_word = self.e.words.len();
        self.terminator(block)?;
        if self.is_listed {
            self.note_terminator(body.block, first_word);
        }
        self.patch_extents()?;
        self.needed = self.needed.max(self.e.temps.next);
        Ok(())
    }

    /// Forgets the block before.
    fn start(&mut self, block: &BlockDef, following: Option<Block>) {
        self.e.temps.reset(self.layout.first_temp);
        self.e.extents.clear();
        // A terminator leaves its own behind.
        self.e.scratch.clear();
        self.accs = [Held::default(); 2];
        self.block_end = block.insts.end;
        (self.fused_compare, self.step, self.moved) = (None, None, None);
        self.returned = match block.terminator {
            Terminator::Return { values } if values.len == 1 => {
                Some((self.func.list(values)[0], self.func.results[0]))
            }
            _ => None,
        };
        (self.head, self.following) = (block.head, following);
    }

    /// Whether the first thing written for `block` is a charge: blocks of functions with frames are gone to so.
    fn begins_with_charge(&self, block: &BlockDef) -> bool {
        let first = self.func.block_insts(block).first();
        matches!(first, Some(Inst::Charge { .. }))
    }

    fn charge_nothing(&mut self) {
        self.handler(handler::<Charge>);
        self.imm(0);
    }

    /// Frames as deep as the program's depth limit allows fit the frame stack, so that nobody asks at run time.
    fn bound_frame(&self) -> Result<(), CodeError> {
        let frames = self.interface.depth_limit.0 / self.units();
        let total = u64::from(self.needed as u32).saturating_mul(frames);
        if self.interface.window.is_none() && total > ALL_FRAMES_SLOTS_MAX {
            return Err(CodeError::FrameTooLarge);
        }
        Ok(())
    }

    fn home(&self, var: Var) -> i16 {
        self.layout.homes[var.position()]
    }

    /// The frame offset of `value`, which is defined.
    fn place(&self, value: Value) -> i16 {
        self.e.plan.place(value)
    }

    /// Where `operand` of type `ty` lies in the frame; a constant is put into a temporary for this instruction.
    #[inline]
    fn slot(&mut self, operand: Operand, ty: Type) -> Result<i16, CodeError> {
        match self.e.plan.resolve(operand).source() {
            Source::Value(value) => Ok(self.place(value)),
            Source::Var(var) => Ok(self.home(var)),
            Source::Const(_) | Source::Imm(_) => self.constant_slot(operand, ty),
        }
    }

    #[inline(never)]
    fn constant_slot(&mut self, operand: Operand, ty: Type) -> Result<i16, CodeError> {
        let slots = ty.slots();
        let offset = self.e.temps.take(slots)?;
        self.e.scratch.push((offset, slots));
        self.constant(offset, operand, ty);
        Ok(offset)
    }

    /// The place of a new value: the home planned for it, or a temporary.
    fn define(&mut self, value: Value) -> Result<i16, CodeError> {
        let offset = match self.e.plan.planned_home(value) {
            Some(var) => {
                self.overwrite(var);
                self.home(var)
            }
            None => self.e.temps.take(self.func.values[value].slots())?,
        };
        self.e.plan.put(value, offset);
        Ok(offset)
    }

    /// The home of `var` gets another content than the accumulators.
    fn overwrite(&mut self, var: Var) {
        for held in &mut self.accs {
            held.var = held.var.filter(|held| *held != var);
        }
    }

    /// The place of a result that goes to the accumulator of its kind too; no place when it goes there alone.
    fn define_acc(&mut self, value: Value, only_acc: bool) -> Result<i16, CodeError> {
        let offset = if only_acc { 0 } else { self.define(value)? };
        if let Some(bank) = bank(self.func.values[value]) {
            let var = self.e.plan.planned_home(value);
            self.accs[bank] = Held { value: Some(value), var };
        }
        Ok(offset)
    }

    /// Whether the accumulator of type `ty` holds `operand` when the next instruction begins.
    fn in_acc(&self, operand: Operand, ty: Type) -> bool {
        let Some(bank) = bank(ty) else { return false };
        match self.e.plan.resolve(operand).source() {
            Source::Value(value) => self.accs[bank].value == Some(value),
            Source::Var(var) => self.accs[bank].var == Some(var),
            Source::Const(_) | Source::Imm(_) => false,
        }
    }

    /// Ends the lives of what the instruction at `at` used or made last, and of its own temporaries.
    fn release(&mut self, at: u32) {
        self.release_scratch();
        let mut next = self.e.plan.first_dying(at);
        while let Some((value, after)) = self.e.plan.dying(next) {
            let offset = self.place(value);
            if offset != plan::NOWHERE {
                self.e.temps.give(offset, self.func.values[value].slots());
            }
            next = after;
        }
    }

    fn release_scratch(&mut self) {
        while let Some((offset, slots)) = self.e.scratch.pop() {
            self.e.temps.give(offset, slots);
        }
    }

    /// Writes the block's final extent wherever it was asked for.
    fn patch_extents(&mut self) -> Result<(), CodeError> {
        let extent = i16::try_from(self.e.temps.next).map_err(|_| CodeError::FrameTooLarge)?;
        for &(position, field) in &self.e.extents {
            // SAFETY: the position was pushed as an operand word.
            unsafe { self.e.words[position].fields[field] = extent };
        }
        Ok(())
    }

    fn handler(&mut self, handler: Handler) {
        self.e.words.push(Word { handler });
    }

    fn fields(&mut self, fields: [i16; 4]) {
        self.e.words.push(Word { fields });
    }

    fn imm(&mut self, imm: u64) {
        self.e.words.push(Word { imm });
    }

    fn halves(&mut self, halves: [u32; 2]) {
        self.e.words.push(Word { halves });
    }
}
