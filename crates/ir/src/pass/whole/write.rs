//! Nodes become blocks, in an order in which those before come first where they can.

use alloc::{collections::BTreeMap, vec, vec::Vec};

use super::discover::{Node, Nodes, Way, at};
use crate::{
    func::{BlockDef, Func, VarDef},
    inst::{Block, Edge, Head, Inst, List, Operand, Source, Terminator, Value, Var},
};

/// No block.
const NONE: u32 = u32::MAX;

/// A block that leaves: the slots in use, and for where, a head or what a word names.
type Leaving = (Way, u16);

pub(super) struct Writer<'n, 'o> {
    nodes: &'n Nodes,
    out: &'o mut Func,
    /// The nodes in the order of their blocks, and for each node its block.
    order: Vec<usize>,
    places: Vec<u32>,
    /// For each slot, the variable it became, and the one whose home it is.
    slots: Vec<Option<Var>>,
    homes: Vec<Option<Var>>,
    /// What a dynamic jump is for, on the way out.
    target: Option<Var>,
    leaving: Vec<Leaving>,
    known_leaving: BTreeMap<(u32, u16), u32>,
}

/// How the numbers of a fragment become those of the function.
#[derive(Clone, Copy)]
struct Moved {
    height: u16,
    values: u32,
    limbs: u32,
    operands: u32,
}

impl<'n, 'o> Writer<'n, 'o> {
    pub(super) fn new(nodes: &'n Nodes, out: &'o mut Func) -> Self {
        let order = order(&nodes.nodes);
        let mut places = vec![NONE; nodes.nodes.len()];
        for (place, node) in order.iter().enumerate() {
            places[*node] = place as u32;
        }
        Self {
            nodes,
            out,
            order,
            places,
            slots: Vec::new(),
            homes: Vec::new(),
            target: None,
            leaving: Vec::new(),
            known_leaving: BTreeMap::new(),
        }
    }

    pub(super) fn write(mut self) {
        for position in 0..self.order.len() {
            self.node(&self.nodes.nodes[self.order[position]]);
        }
        for position in 0..self.leaving.len() {
            self.leave(self.leaving[position]);
        }
    }

    fn variable(&mut self, slot: u16) -> Var {
        let ty = self.nodes.ty;
        numbered(&mut self.slots, slot, || self.out.vars.push(VarDef { ty, slot: None }))
    }

    fn home(&mut self, slot: u16) -> Var {
        let (ty, home) = (self.nodes.ty, Some(slot.cast_signed()));
        numbered(&mut self.homes, slot, || self.out.vars.push(VarDef { ty, slot: home }))
    }

    fn node(&mut self, node: &Node) {
        let part = self.nodes.part(node);
        let block = &part.blocks[Block(0)];
        let moved = Moved {
            height: node.height,
            values: self.out.values.len() as u32,
            limbs: self.out.limbs.len() as u32,
            operands: self.out.operands.len() as u32,
        };
        part.values.iter().for_each(|(_, ty)| _ = self.out.values.push(*ty));
        self.out.limbs.extend_from_slice(&part.limbs);
        for operand in &part.operands {
            let operand = self.moved(*operand, part, moved);
            self.out.operands.push(operand);
        }
        let start = self.out.insts.len() as u32;
        for (inst, pc) in part.insts.iter().zip(&part.pcs) {
            if !matches!(inst, Inst::WindowCheck { .. }) {
                let inst = self.inst(*inst, part, moved);
                self.push(inst, *pc);
            }
        }
        let terminator = self.terminator(node, part, moved);
        let insts = start..self.out.insts.len() as u32;
        let terminator_pc = block.terminator_pc;
        self.out.blocks.push(BlockDef { insts, terminator, head: None, terminator_pc });
    }

    fn push(&mut self, inst: Inst, pc: u32) {
        self.out.insts.push(inst);
        self.out.pcs.push(pc);
    }

    fn moved(&mut self, operand: Operand, part: &Func, moved: Moved) -> Operand {
        match operand.source() {
            Source::Value(value) => Value(value.0 + moved.values).into(),
            Source::Var(var) => self.moved_var(var, part, moved).into(),
            Source::Const(first) => Operand::constant(first + moved.limbs),
            Source::Imm(_) => operand,
        }
    }

    fn moved_var(&mut self, var: Var, part: &Func, moved: Moved) -> Var {
        let slot = part.vars[var].slot.unwrap_or_default();
        self.variable(at(moved.height, slot))
    }

    fn inst(&mut self, mut inst: Inst, part: &Func, moved: Moved) -> Inst {
        inst.operands_mut(|operand| *operand = self.moved(*operand, part, moved));
        if let Some(list) = inst.list_mut() {
            *list = List { start: list.start + moved.operands, len: list.len };
        }
        if let Some(result) = inst.first_result_mut() {
            result.0 += moved.values;
        }
        if let Inst::Set { var, .. } = &mut inst {
            *var = self.moved_var(*var, part, moved);
        }
        inst
    }

    fn terminator(&mut self, node: &Node, part: &Func, moved: Moved) -> Terminator {
        let block = &part.blocks[Block(0)];
        let mut terminator = block.terminator;
        let mut target = None;
        let mut take_target = |edge: Edge| {
            if let Edge::EnterDyn { target: operand, .. } = edge {
                target = Some(operand);
            }
        };
        match terminator {
            Terminator::Jump(edge) => take_target(edge),
            Terminator::Branch { then, otherwise, .. } => {
                take_target(then);
                take_target(otherwise);
            }
            _ => {}
        }
        let is_asked = node.ways.iter().any(|way| matches!(way, Way::LeaveTo(_)));
        if let (true, Some(value)) = (is_asked, target) {
            let value = self.moved(value, part, moved);
            let var = self.target();
            self.push(Inst::Set { var, value }, block.terminator_pc);
        }
        terminator.operands_mut(|operand| *operand = self.moved(*operand, part, moved));
        let mut ways = node.ways.iter();
        let mut edge = |edge: &mut Edge, writer: &mut Self| {
            if let Some(way) = ways.next() {
                *edge = writer.edge(*way);
            }
        };
        match &mut terminator {
            Terminator::Jump(only) => edge(only, self),
            Terminator::Branch { then, otherwise, .. } => {
                edge(then, self);
                edge(otherwise, self);
            }
            _ => {}
        }
        terminator
    }

    fn target(&mut self) -> Var {
        let ty = self.nodes.ty;
        *self.target.get_or_insert_with(|| self.out.vars.push(VarDef { ty, slot: None }))
    }

    fn edge(&mut self, way: Way) -> Edge {
        let (known, height) = match way {
            Way::Node(node) => return Edge::Goto(Block(self.places[node])),
            Way::Trap(trap) => return Edge::Trap(trap),
            Way::Leave(head, height) => ((head.0, height), height),
            Way::LeaveTo(height) => ((NONE, height), height),
        };
        let next = (self.order.len() + self.leaving.len()) as u32;
        let place = *self.known_leaving.entry(known).or_insert(next);
        if place == next {
            self.leaving.push((way, height));
        }
        Edge::Goto(Block(place))
    }

    /// A block that puts all slots in use where the tier below looks for them, and goes there.
    fn leave(&mut self, (way, height): Leaving) {
        let start = self.out.insts.len() as u32;
        self.push(Inst::WindowCheck { need: 0, grow: height }, 0);
        for slot in 0..height {
            let (var, value) = (self.home(slot), self.variable(slot).into());
            self.push(Inst::Set { var, value }, 0);
        }
        let shift = height.cast_signed();
        let edge = match way {
            Way::Leave(head, _) => Edge::Enter { head, shift },
            _ => Edge::EnterDyn { target: self.target().into(), shift },
        };
        let insts = start..self.out.insts.len() as u32;
        let terminator = Terminator::Jump(edge);
        self.out.blocks.push(BlockDef { insts, terminator, head: None, terminator_pc: 0 });
    }
}

/// A function that goes to `head` in the tier below and nowhere else.
pub(super) fn leave_at_once(head: Head, out: &mut Func) {
    out.insts.push(Inst::WindowCheck { need: 0, grow: 0 });
    out.pcs.push(head.0);
    let terminator = Terminator::Jump(Edge::Enter { head, shift: 0 });
    out.blocks.push(BlockDef { insts: 0..1, terminator, head: None, terminator_pc: head.0 });
}

/// The variable of `slot`, made when it is first asked for.
fn numbered(vars: &mut Vec<Option<Var>>, slot: u16, make: impl FnOnce() -> Var) -> Var {
    let slot = usize::from(slot);
    if vars.len() <= slot {
        vars.resize(slot + 1, None);
    }
    *vars[slot].get_or_insert_with(make)
}

/// Reverse postorder: a node comes after all that lead to it, but for loops.
fn order(nodes: &[Node]) -> Vec<usize> {
    let mut order = Vec::with_capacity(nodes.len());
    let mut is_seen = vec![false; nodes.len()];
    let mut stack = vec![(0, 0)];
    is_seen[0] = true;
    while let Some((node, next)) = stack.last_mut() {
        let way = nodes[*node].ways.get(*next).copied();
        *next += 1;
        match way {
            Some(Way::Node(to)) if !is_seen[to] => {
                is_seen[to] = true;
                stack.push((to, 0));
            }
            Some(_) => {}
            None => {
                order.push(*node);
                stack.pop();
            }
        }
    }
    order.reverse();
    order
}
