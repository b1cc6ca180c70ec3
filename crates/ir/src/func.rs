//! Functions: variables, values, blocks.

use alloc::vec::Vec;
use core::ops::Range;

use lockstep_base::{Index, IndexVec};

use crate::{
    inst::{Block, Edge, Head, Inst, List, Operand, Source, Terminator, Value, Var},
    types::Type,
};

/// A variable: its type, and for a slot of the window its distance from the base.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VarDef {
    /// The type.
    pub ty: Type,
    /// For a window slot: how many slots above (or, negative, below) the base of the block's region it lies.
    pub slot: Option<i16>,
}

/// A block: a run of the function's instructions and a terminator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockDef {
    /// Its instructions, as positions in [`Func::insts`].
    pub insts: Range<u32>,
    /// How it ends.
    pub terminator: Terminator,
    /// The head at which it begins a region; `None` inside a region.
    pub head: Option<Head>,
    /// The guest pc of the terminator.
    pub terminator_pc: u32,
}

/// A function in variable form.
///
/// Parameters are the first variables. Blocks stand in order of their instructions; the first is the entry.
/// A function may be a *fragment* of a larger one: then it holds some heads only, and `enter` may name others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Func {
    /// How many of the variables are parameters.
    pub params: u32,
    /// Types of the results.
    pub results: Vec<Type>,
    /// The variables.
    pub vars: IndexVec<Var, VarDef>,
    /// The types of the values.
    pub values: IndexVec<Value, Type>,
    /// The blocks.
    pub blocks: IndexVec<Block, BlockDef>,
    /// All instructions.
    pub insts: Vec<Inst>,
    /// For each instruction, the guest pc it comes from.
    pub pcs: Vec<u32>,
    /// Pool of operand lists.
    pub operands: Vec<Operand>,
    /// Pool of constants: limbs, least significant first.
    pub limbs: Vec<u64>,
    /// Pool of blocks that `switch` goes to.
    pub targets: Vec<Block>,
    /// Depth units that a frame of this function takes beyond the one that every frame takes.
    pub units: u32,
}

impl Func {
    /// Makes room for what `guest_bytes` of a function's code usually come to.
    pub fn reserve(&mut self, guest_bytes: usize) {
        self.insts.reserve(guest_bytes / 2);
        self.pcs.reserve(guest_bytes / 2);
        self.values.reserve(guest_bytes / 3);
        self.blocks.reserve(guest_bytes / 64);
        self.limbs.reserve(guest_bytes / 64);
    }

    /// Forgets everything and keeps the room, for the next fragment.
    pub fn clear(&mut self) {
        self.params = 0;
        self.results.clear();
        self.vars.clear();
        self.values.clear();
        self.blocks.clear();
        self.insts.clear();
        self.pcs.clear();
        self.operands.clear();
        self.limbs.clear();
        self.targets.clear();
        self.units = 0;
    }

    /// Bytes of the room that it takes, used or not.
    pub fn size_bytes(&self) -> usize {
        self.vars.room_bytes()
            + self.values.room_bytes()
            + self.blocks.room_bytes()
            + self.results.capacity() * size_of::<Type>()
            + self.insts.capacity() * size_of::<Inst>()
            + self.pcs.capacity() * size_of::<u32>()
            + self.operands.capacity() * size_of::<Operand>()
            + self.limbs.capacity() * size_of::<u64>()
            + self.targets.capacity() * size_of::<Block>()
    }

    /// Where each variable lies in a frame of the function, in slots behind where its results begin: results come first, then
    /// the variables in order. What holds a frame for others, at the head of a loop, keeps to it.
    pub fn homes(&self) -> impl Iterator<Item = u32> + '_ {
        let mut next: u32 = self.results.iter().map(|ty| ty.slots()).sum();
        self.vars.iter().map(move |(_, var)| {
            next += var.ty.slots();
            next - var.ty.slots()
        })
    }

    /// The operands of `list`.
    #[inline]
    pub fn list(&self, list: List) -> &[Operand] {
        &self.operands[list.start as usize..][..list.len as usize]
    }

    /// The blocks of `list`.
    #[inline]
    pub fn target_list(&self, list: List) -> &[Block] {
        &self.targets[list.start as usize..][..list.len as usize]
    }

    /// The instructions of `block`.
    #[inline]
    pub fn block_insts(&self, block: &BlockDef) -> &[Inst] {
        &self.insts[block.insts.start as usize..block.insts.end as usize]
    }

    /// Shows `each` the blocks that `block` may go to, once for each edge.
    pub fn successors(&self, block: &BlockDef, mut each: impl FnMut(Block)) {
        let mut edge = |edge: Edge| {
            if let Edge::Goto(to) = edge {
                each(to);
            }
        };
        match block.terminator {
            Terminator::Jump(only) => edge(only),
            Terminator::Branch { then, otherwise, .. } => {
                edge(then);
                edge(otherwise);
            }
            Terminator::Switch { targets, .. } => {
                self.target_list(targets).iter().for_each(|to| edge(Edge::Goto(*to)));
            }
            _ => {}
        }
    }

    /// For each block, how many edges lead to it, that of the function's beginning too.
    pub fn edges_to_blocks(&self) -> Vec<u32> {
        let mut edges = alloc::vec![0; self.blocks.len()];
        if let Some(first) = edges.first_mut() {
            *first = 1;
        }
        for (_, block) in self.blocks.iter() {
            self.successors(block, |to| edges[to.position()] += 1);
        }
        edges
    }

    /// The low limb of a constant operand; `None` when it is not a constant.
    #[inline]
    pub fn const_low(&self, operand: Operand) -> Option<u64> {
        match operand.source() {
            Source::Imm(number) => Some(u64::from(number)),
            Source::Const(first) => self.limbs.get(first as usize).copied(),
            Source::Value(_) | Source::Var(_) => None,
        }
    }

    /// The number that a constant operand of type `ty` stands for; `None` when it is not a constant or does not fit 64 bits.
    pub fn const_u64(&self, operand: Operand, ty: Type) -> Option<u64> {
        let [low, upper @ ..] = self.const_limbs(operand, ty)?;
        (upper == [0; 7]).then_some(low)
    }

    /// The limbs of a constant operand of type `ty`, least significant first and zero beyond; `None` when it is
    /// not a constant.
    #[inline]
    pub fn const_limbs(&self, operand: Operand, ty: Type) -> Option<[u64; 8]> {
        let mut limbs = [0; 8];
        match operand.source() {
            Source::Imm(number) => limbs[0] = u64::from(number),
            Source::Const(first) => {
                let count = ty.slots() as usize;
                limbs[..count].copy_from_slice(self.limbs.get(first as usize..)?.get(..count)?);
            }
            Source::Value(_) | Source::Var(_) => return None,
        }
        Some(limbs)
    }
}
