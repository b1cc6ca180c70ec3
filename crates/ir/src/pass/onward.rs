//! A function from one of its blocks on: what finishes a run that has come to the block.
//!
//! ```text
//! f(a, b) { x, y, z }: b0 -> b1 <-> b2 -> b3        onward at b1(a, y): b0 -> b1 <-> b2 -> b3
//! ```
//!
//! # Invariants
//!
//! 1. Its parameters are the variables that somebody may read from the block on before they are set, in their order; what
//!    others hold nobody can tell, so they begin at zero like all variables.
//! 2. Blocks, charges and traps are those of the function, in their order; the new entry goes to the block and does nothing.
//! 3. Only what the block leads to is there.

use alloc::{vec, vec::Vec};

use lockstep_base::Index;

use super::{live::live_at, order::order};
use crate::{
    func::{BlockDef, Func},
    inst::{Block, Edge, Inst, List, Operand, Source, Terminator, Value, Var},
};

/// No block and no variable.
const NONE: u32 = u32::MAX;

/// Writes `func` from `block` on into `out`, which is empty, and returns the variables that it takes; `None` where there is
/// no such block, and for functions with a window or with heads.
pub fn onward(func: &Func, block: Block, out: &mut Func) -> Option<Vec<Var>> {
    if func.blocks.get(block).is_none() || !is_closed(func) {
        return None;
    }
    let mut reached = order(func, block);
    let params = live_at(func, block, &reached);
    // As they stand in the function.
    reached.sort_unstable();
    let mut writer = Writer {
        func,
        out,
        blocks: vec![NONE; func.blocks.len()],
        vars: vec![NONE; func.vars.len()],
        values_gone: 0,
    };
    for (place, old) in reached.iter().enumerate() {
        // The entry is the first.
        writer.blocks[old.position()] = place as u32 + 1;
    }
    writer.write(block, &reached, &params);
    Some(params)
}

/// Whether every edge goes to a block, or nowhere.
fn is_closed(func: &Func) -> bool {
    let stays = |edge: Edge| matches!(edge, Edge::Goto(_) | Edge::Trap(_));
    func.vars.iter().all(|(_, var)| var.slot.is_none())
        && func.blocks.iter().all(|(_, block)| match block.terminator {
            Terminator::Jump(edge) => stays(edge),
            Terminator::Branch { then, otherwise, .. } => stays(then) && stays(otherwise),
            _ => true,
        })
}

struct Writer<'f> {
    func: &'f Func,
    out: &'f mut Func,
    /// For each block and each variable, its number in `out`.
    blocks: Vec<u32>,
    vars: Vec<u32>,
    /// How many values of blocks that are not there come before those of the block at hand.
    values_gone: u32,
}

impl Writer<'_> {
    fn write(&mut self, block: Block, reached: &[Block], params: &[Var]) {
        self.out.results.clone_from(&self.func.results);
        self.out.units = self.func.units;
        self.out.params = params.len() as u32;
        self.out.limbs.extend_from_slice(&self.func.limbs);
        params.iter().for_each(|var| _ = self.var(*var));
        let terminator = Terminator::Jump(self.edge(Edge::Goto(block)));
        let head = &self.func.blocks[block];
        let first = self.func.pcs.get(head.insts.start as usize).copied();
        let terminator_pc = first.unwrap_or(head.terminator_pc);
        self.out.blocks.push(BlockDef { insts: 0..0, terminator, head: None, terminator_pc });
        for block in reached {
            self.block(&self.func.blocks[*block]);
        }
    }

    fn block(&mut self, block: &BlockDef) {
        let (func, start) = (self.func, self.out.insts.len() as u32);
        self.values(block);
        for at in block.insts.clone() {
            let inst = self.inst(func.insts[at as usize]);
            self.out.insts.push(inst);
            self.out.pcs.push(func.pcs[at as usize]);
        }
        let terminator = self.terminator(block.terminator);
        let insts = start..self.out.insts.len() as u32;
        let terminator_pc = block.terminator_pc;
        self.out.blocks.push(BlockDef { insts, terminator, head: None, terminator_pc });
    }

    /// Declares the values of a block: from the first that it names up to the first of a later block.
    fn values(&mut self, block: &BlockDef) {
        let first_of = |insts: &[Inst]| {
            let first = |inst: &Inst| inst.clone().first_result_mut().map(|first| first.0);
            insts.iter().find_map(first)
        };
        let Some(first) = first_of(self.func.block_insts(block)) else { return };
        let end = first_of(&self.func.insts[block.insts.end as usize..]);
        let end = end.unwrap_or(self.func.values.len() as u32);
        self.values_gone = first - self.out.values.len() as u32;
        (first..end).for_each(|value| _ = self.out.values.push(self.func.values[Value(value)]));
    }

    fn inst(&mut self, mut inst: Inst) -> Inst {
        inst.operands_mut(|operand| *operand = self.operand(*operand));
        if let Some(list) = inst.list_mut() {
            *list = self.list(*list);
        }
        if let Some(first) = inst.first_result_mut() {
            first.0 -= self.values_gone;
        }
        if let Inst::Set { var, .. } = &mut inst {
            *var = self.var(*var);
        }
        inst
    }

    fn terminator(&mut self, mut terminator: Terminator) -> Terminator {
        terminator.operands_mut(|operand| *operand = self.operand(*operand));
        match &mut terminator {
            Terminator::Jump(edge) => *edge = self.edge(*edge),
            Terminator::Branch { then, otherwise, .. } => {
                (*then, *otherwise) = (self.edge(*then), self.edge(*otherwise));
            }
            Terminator::Switch { targets, .. } => {
                let start = self.out.targets.len() as u32;
                for to in self.func.target_list(*targets) {
                    self.out.targets.push(Block(self.blocks[to.position()]));
                }
                targets.start = start;
            }
            Terminator::Return { values: list }
            | Terminator::ReturnCall { args: list, .. }
            | Terminator::ReturnCallIndirect { args: list, .. } => *list = self.list(*list),
            Terminator::Exit { .. } | Terminator::Trap(_) => {}
        }
        terminator
    }

    fn edge(&self, edge: Edge) -> Edge {
        match edge {
            Edge::Goto(block) => Edge::Goto(Block(self.blocks[block.position()])),
            edge => edge,
        }
    }

    fn list(&mut self, list: List) -> List {
        let start = self.out.operands.len() as u32;
        for operand in self.func.list(list) {
            let operand = self.operand(*operand);
            self.out.operands.push(operand);
        }
        List { start, len: list.len }
    }

    fn operand(&mut self, operand: Operand) -> Operand {
        match operand.source() {
            Source::Value(value) => Value(value.0 - self.values_gone).into(),
            Source::Var(var) => self.var(var).into(),
            Source::Const(_) | Source::Imm(_) => operand,
        }
    }

    fn var(&mut self, var: Var) -> Var {
        let number = &mut self.vars[var.position()];
        if *number == NONE {
            *number = self.out.vars.push(self.func.vars[var]).0;
        }
        Var(*number)
    }
}
