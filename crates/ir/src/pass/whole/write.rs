//! Nodes become blocks, in an order in which those before come first where they can.

use alloc::{collections::BTreeMap, vec, vec::Vec};

use super::super::order::reverse_postorder;
use super::{
    body::{Body, Node, Way},
    discover::Bodies,
    unwind::Deep,
};
use crate::{
    func::{BlockDef, Func, VarDef},
    inst::{Block, Edge, FuncId, Head, Inst, List, Operand, Source, Terminator, Value, Var},
    types::Type,
};

/// No block.
const NONE: u32 = u32::MAX;

pub(super) struct Writer<'n, 'o> {
    pub(super) bodies: &'n Bodies,
    pub(super) body: &'n Body,
    pub(super) out: &'o mut Func,
    /// The nodes in the order of their blocks, and for each node its block.
    order: Vec<usize>,
    places: Vec<u32>,
    /// For each slot from the lowest, the variable it became, and the one whose home it is.
    slots: Vec<Option<Var>>,
    homes: Vec<Option<Var>>,
    /// What a dynamic jump is for, on the way out.
    target: Option<Var>,
    /// What is a block of its own, behind those of nodes.
    stubs: Vec<Stub>,
    known_stubs: BTreeMap<Stub, u32>,
    pub(super) deep: Deep,
}

/// What is a block of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stub {
    To(Way),
    /// The function has no room.
    NoRoom,
    /// The function called there had to leave.
    Unwind(usize),
}

/// How the numbers of a fragment become those of the function.
#[derive(Clone, Copy)]
struct Moved {
    height: i16,
    values: u32,
    limbs: u32,
    operands: u32,
}

impl<'n, 'o> Writer<'n, 'o> {
    pub(super) fn new(bodies: &'n Bodies, body: &'n Body, out: &'o mut Func) -> Self {
        let order = order(body);
        let mut places = vec![NONE; body.nodes.len()];
        for (place, node) in order.iter().enumerate() {
            places[*node] = place as u32 + blocks_before(body);
        }
        Self {
            bodies,
            body,
            out,
            order,
            places,
            slots: Vec::new(),
            homes: Vec::new(),
            target: None,
            stubs: Vec::new(),
            known_stubs: BTreeMap::new(),
            deep: Deep::default(),
        }
    }

    pub(super) fn write(mut self) {
        // Where the function returns to is the lowest slot, and no parameter.
        self.out.results = vec![self.bodies.ty; usize::from(self.body.results())];
        if self.body.is_deep {
            self.out.results.insert(0, Type::I64);
            self.declare_deep();
        }
        for slot in 1 - self.body.params.max(1)..0 {
            self.variable(slot);
        }
        for slot in 0..self.body.inputs.cast_signed() {
            self.variable(slot);
        }
        self.out.params = self.out.vars.len() as u32;
        if self.body.is_deep {
            self.begin_deep();
        }
        for position in 0..self.order.len() {
            self.node(&self.body.nodes[self.order[position]]);
        }
        let mut next = 0;
        while let Some(stub) = self.stubs.get(next).copied() {
            self.stub(stub);
            next += 1;
        }
    }

    pub(super) fn variable(&mut self, slot: i16) -> Var {
        let ty = self.bodies.ty;
        let place = (slot + self.body.params).cast_unsigned();
        numbered(&mut self.slots, place, || self.out.vars.push(VarDef { ty, slot: None }))
    }

    fn home(&mut self, slot: i16) -> Var {
        let (ty, home) = (self.bodies.ty, Some(slot));
        let place = slot.cast_unsigned();
        numbered(&mut self.homes, place, || self.out.vars.push(VarDef { ty, slot: home }))
    }

    fn node(&mut self, node: &Node) {
        let part = self.bodies.part(node);
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

    pub(super) fn push(&mut self, inst: Inst, pc: u32) {
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
        self.variable(moved.height + slot)
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
        let ty = self.bodies.ty;
        *self.target.get_or_insert_with(|| self.out.vars.push(VarDef { ty, slot: None }))
    }

    fn edge(&mut self, way: Way) -> Edge {
        match way {
            Way::Node(node) => return Edge::Goto(Block(self.places[node])),
            Way::Trap(trap) => return Edge::Trap(trap),
            _ => {}
        }
        self.stub_edge(Stub::To(way))
    }

    /// An edge to a block of its own, which is written later.
    pub(super) fn stub_edge(&mut self, stub: Stub) -> Edge {
        let next = blocks_before(self.body) + (self.order.len() + self.stubs.len()) as u32;
        let place = *self.known_stubs.entry(stub).or_insert(next);
        if place == next {
            self.stubs.push(stub);
        }
        Edge::Goto(Block(place))
    }

    fn stub(&mut self, stub: Stub) {
        let start = self.out.insts.len() as u32;
        let terminator = match stub {
            Stub::To(way) => self.way(way),
            Stub::NoRoom => self.no_room(),
            Stub::Unwind(call) => self.unwind(&self.body.calls[call]),
        };
        self.block(start, terminator);
    }

    /// The instructions from `start` on are a block.
    pub(super) fn block(&mut self, start: u32, terminator: Terminator) {
        let insts = start..self.out.insts.len() as u32;
        self.out.blocks.push(BlockDef { insts, terminator, head: None, terminator_pc: 0 });
    }

    fn way(&mut self, way: Way) -> Terminator {
        match way {
            Way::Call(call) => self.call(call),
            Way::Return => {
                let lowest = -self.body.params;
                let mut values: Vec<Operand> = Vec::new();
                values.extend(self.body.is_deep.then_some(Operand::ZERO));
                for slot in lowest..lowest + self.body.results().cast_signed() {
                    values.push(self.variable(slot).into());
                }
                Terminator::Return { values: self.list(&values) }
            }
            Way::Leave(head, shift) => {
                self.go_home(shift);
                Terminator::Jump(Edge::Enter { head, shift })
            }
            Way::LeaveTo(shift) => {
                self.go_home(shift);
                Terminator::Jump(Edge::EnterDyn { target: self.target().into(), shift })
            }
            Way::Node(_) | Way::Trap(_) => Terminator::Jump(self.edge(way)),
        }
    }

    /// Puts all slots in use where the tier below looks for them.
    fn go_home(&mut self, height: i16) {
        self.push(Inst::WindowCheck { need: 0, grow: height.cast_unsigned() }, 0);
        for slot in 0..height {
            let (var, value) = (self.home(slot), self.variable(slot).into());
            self.push(Inst::Set { var, value }, 0);
        }
    }

    pub(super) fn list(&mut self, operands: &[Operand]) -> List {
        let start = self.out.operands.len() as u32;
        self.out.operands.extend_from_slice(operands);
        List { start, len: operands.len() as u32 }
    }

    /// Calls a function with its arguments, puts its results where they were, and goes on.
    fn call(&mut self, number: usize) -> Terminator {
        let call = &self.body.calls[number];
        let callee = &self.bodies.bodies[call.func];
        let lowest = call.height - callee.params;
        let mut args = self.args_before(call);
        args.extend((lowest + 1..call.height).map(|slot| Operand::from(self.variable(slot))));
        let args = self.list(&args);
        let first = Value(self.out.values.len() as u32);
        self.push(Inst::Call { func: FuncId(call.func as u32), args, first }, 0);
        let status = callee.is_deep.then(|| self.out.values.push(Type::I64));
        for result in 0..callee.results() {
            let value = self.out.values.push(self.bodies.ty);
            let var = self.variable(lowest + result.cast_signed());
            self.push(Inst::Set { var, value: value.into() }, 0);
        }
        let then = self.edge(call.then);
        match status {
            Some(status) => self.unless_left(status, number, then),
            None => Terminator::Jump(then),
        }
    }
}

/// Blocks before those of nodes.
fn blocks_before(body: &Body) -> u32 {
    u32::from(body.is_deep)
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

/// The nodes, each after all that lead to it, but for loops.
fn order(body: &Body) -> Vec<usize> {
    reverse_postorder(body.nodes.len(), 0, |node| {
        let node_of = |way: &Way| match body.after_calls(*way) {
            Way::Node(to) => Some(to),
            _ => None,
        };
        body.nodes[node].ways.iter().rev().filter_map(node_of).collect()
    })
}
