//! Blocks, loops, branches.
//!
//! Invariants: a label that is branched to finds its operands in the canonical variables above its block's base. A
//! branch that must move operands and may not be taken does so in a stub block of its own.

use lockstep_ir::{Block, Edge, Op, SigId, Terminator, Trap, Type};
use wasmparser::{BlockType, BrTable, Operator};

use super::{
    Lower,
    convert::{dmir, single},
};
use crate::wasm::schedule::Class;

/// No label, or a label that stands nowhere yet.
const NOWHERE: u32 = u32::MAX;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Function,
    Block,
    Loop,
    /// The first arm; the other one begins at the label, or it is the end.
    If {
        otherwise: u32,
    },
}

/// A block of the guest that is open.
#[derive(Clone, Copy)]
pub(super) struct Frame<'m> {
    kind: Kind,
    /// Where a branch to it goes: a loop's head, else its end.
    label: u32,
    /// Height of the stack below its parameters.
    base: usize,
    params: &'m [Type],
    results: &'m [Type],
    /// Whether a branch goes to its end.
    is_used: bool,
    /// The stub that the `br_table` numbered by the first made for it.
    stub: (usize, u32),
}

impl Frame<'_> {
    /// What a branch to it takes along.
    fn label_types(&self) -> &[Type] {
        if self.kind == Kind::Loop { self.params } else { self.results }
    }
}

impl<'m> Lower<'m, '_> {
    /// Lowers a control instruction; false when it is none.
    pub(super) fn control(&mut self, operator: &Operator<'_>) -> bool {
        match operator {
            Operator::Nop => self.pay(Class::Structure),
            Operator::Drop => {
                self.pay(Class::Parametric);
                self.drop();
            }
            Operator::Select | Operator::TypedSelect { .. } => self.select(),
            Operator::Block { blockty } => self.begin(Kind::Block, *blockty),
            Operator::Loop { blockty } => self.begin_loop(*blockty),
            Operator::If { blockty } => self.begin_if(*blockty),
            Operator::Else => self.otherwise(),
            Operator::End => self.end(),
            Operator::Br { relative_depth } => self.branch(*relative_depth),
            Operator::BrIf { relative_depth } => self.branch_if(*relative_depth),
            Operator::BrTable { targets } => self.branch_table(targets),
            Operator::Return => {
                self.pay(Class::Control);
                self.leave();
            }
            Operator::Unreachable => {
                self.pay(Class::Control);
                self.stop(Terminator::Trap(Trap::Unreachable));
            }
            _ => return false,
        }
        true
    }

    /// Reads past what control cannot reach.
    pub(super) fn unreachable_operator(&mut self, operator: &Operator<'_>) {
        match operator {
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => {
                self.skipped += 1;
            }
            Operator::End if self.skipped > 0 => self.skipped -= 1,
            Operator::Else if self.skipped == 0 => self.otherwise(),
            Operator::End => self.end(),
            _ => {}
        }
    }

    fn new_label(&mut self) -> u32 {
        self.labels.push(NOWHERE);
        self.labels.len() as u32 - 1
    }

    /// Begins the block of dMIR that `label` names.
    fn begin_at(&mut self, label: u32) {
        self.labels[label as usize] = self.b.func().blocks.len() as u32;
        self.open_span();
        self.is_reachable = true;
    }

    fn goto(label: u32) -> Edge {
        Edge::Goto(Block(label))
    }

    /// Ends the block of dMIR; what follows is not reached from here.
    pub(super) fn stop(&mut self, terminator: Terminator) {
        self.end_block(terminator);
        self.is_reachable = false;
    }

    fn jump(&mut self, label: u32) {
        self.stop(Terminator::Jump(Self::goto(label)));
    }

    pub(super) fn begin_function(&mut self) {
        let label = self.new_label();
        let (kind, results) = (Kind::Function, self.results);
        let stub = (usize::MAX, 0);
        self.frames.push(Frame {
            kind,
            label,
            base: 0,
            params: &[],
            results,
            is_used: false,
            stub,
        });
        self.open_span();
    }

    fn block_types(&self, ty: BlockType) -> (&'m [Type], &'m [Type]) {
        match ty {
            BlockType::Empty => (&[], &[]),
            BlockType::Type(ty) => (&[], single(dmir(ty))),
            BlockType::FuncType(ty) => {
                let signature = &self.module.interface.types[SigId(ty)];
                (&signature.params, &signature.results)
            }
        }
    }

    /// Opens a block whose operands stay where they are.
    fn begin(&mut self, kind: Kind, ty: BlockType) {
        self.pay(Class::Structure);
        let (params, results) = self.block_types(ty);
        let label = self.new_label();
        let base = self.stack.height() - params.len();
        let stub = (usize::MAX, 0);
        self.frames.push(Frame { kind, label, base, params, results, is_used: false, stub });
    }

    /// The height below the operands of the innermost block.
    fn base(&self) -> usize {
        self.frames.last().expect("the function's frame is there to its end").base
    }

    fn begin_loop(&mut self, ty: BlockType) {
        self.begin(Kind::Loop, ty);
        let label = self.frames[self.frames.len() - 1].label;
        self.settle_for_block();
        self.jump(label);
        self.begin_at(label);
    }

    fn begin_if(&mut self, ty: BlockType) {
        let condition = self.pop_condition();
        let (then, otherwise) = (self.new_label(), self.new_label());
        self.pay(Class::Control);
        self.begin(Kind::If { otherwise }, ty);
        self.settle_for_block();
        let (yes, no) = (Self::goto(then), Self::goto(otherwise));
        self.stop(Terminator::Branch { cond: condition, then: yes, otherwise: no });
        self.begin_at(then);
    }

    /// The innermost block begins with a block of dMIR: its operands become canonical, whatever lies below is fixed.
    fn settle_for_block(&mut self) {
        let base = self.base();
        self.settle(base, base);
        self.settle_all_from(base);
    }

    /// The first arm ends, the second begins.
    pub(super) fn otherwise(&mut self) {
        let frame = *self.frames.last().expect("the validator pairs them");
        let Kind::If { otherwise } = frame.kind else { return };
        if self.is_reachable {
            self.pay(Class::Structure);
            self.fall_to_end(&frame);
        }
        self.stack.truncate(frame.base);
        self.begin_at(otherwise);
        self.push_canonical(frame.params);
        let last = self.frames.len() - 1;
        // From here on it is a block whose end is reached.
        self.frames[last].kind = Kind::Block;
        self.frames[last].is_used = true;
    }

    /// Goes to the end of the innermost block, with its results.
    fn fall_to_end(&mut self, frame: &Frame<'m>) {
        self.settle(frame.base, frame.base);
        self.move_down(frame.base, frame.results);
        self.jump(frame.label);
    }

    pub(super) fn end(&mut self) {
        let frame = *self.frames.last().expect("the validator pairs them");
        if self.is_reachable {
            self.pay(Class::Structure);
        }
        let is_joined = match frame.kind {
            Kind::Function => {
                if self.is_reachable {
                    self.leave();
                }
                false
            }
            Kind::Loop => false,
            Kind::Block => frame.is_used,
            Kind::If { .. } => true,
        };
        if is_joined {
            if self.is_reachable {
                self.fall_to_end(&frame);
            }
            self.stack.truncate(frame.base);
            self.begin_at(frame.label);
            if let Kind::If { otherwise } = frame.kind {
                // No second arm: the results are the parameters, in the same places.
                self.labels[otherwise as usize] = self.labels[frame.label as usize];
            }
            self.push_canonical(frame.results);
        } else if !self.is_reachable {
            self.stack.truncate(frame.base);
        }
        self.frames.pop();
    }

    /// Leaves the function with the highest operands.
    pub(super) fn leave(&mut self) {
        self.args.clear();
        self.pop_args(self.results.len());
        let values = self.b.list(&self.args);
        self.stop(Terminator::Return { values });
    }

    fn target(&self, depth: u32) -> usize {
        self.frames.len() - 1 - depth as usize
    }

    pub(super) fn branch(&mut self, depth: u32) {
        self.pay(Class::Control);
        let base = self.base();
        self.settle(base, base);
        self.go(self.target(depth));
    }

    /// Goes to a label with the highest operands, which stay on the stack.
    fn go(&mut self, target: usize) {
        self.frames[target].is_used = true;
        let frame = self.frames[target];
        if frame.kind == Kind::Function {
            let height = self.stack.height();
            self.args.clear();
            self.copy_args(height - frame.results.len());
            let values = self.b.list(&self.args);
            return self.stop(Terminator::Return { values });
        }
        self.move_down(frame.base, frame.label_types());
        self.jump(frame.label);
    }

    /// Whether going to a label takes more than an edge.
    fn needs_stub(&mut self, target: usize) -> bool {
        let frame = self.frames[target];
        frame.kind == Kind::Function || self.must_move(frame.base, frame.label_types())
    }

    pub(super) fn branch_if(&mut self, depth: u32) {
        self.pay(Class::Control);
        let condition = self.pop_condition();
        let base = self.base();
        self.settle(self.stack.height(), base);
        let target = self.target(depth);
        let next = self.new_label();
        let stub = self.needs_stub(target).then(|| self.new_label());
        self.frames[target].is_used = true;
        let then = Self::goto(stub.unwrap_or(self.frames[target].label));
        let otherwise = Self::goto(next);
        self.stop(Terminator::Branch { cond: condition, then, otherwise });
        if let Some(stub) = stub {
            self.begin_at(stub);
            self.go(target);
        }
        self.begin_at(next);
    }

    fn branch_table(&mut self, table: &BrTable<'_>) {
        self.pay(Class::Control);
        let on = self.pop();
        let base = self.base();
        self.settle(self.stack.height(), base);
        let number = self.b.position();
        self.targets.clear();
        self.stubs.clear();
        let depths = table.targets().map(|depth| depth.unwrap_or_default());
        for depth in depths.chain([table.default()]) {
            let target = self.target(depth);
            if self.frames[target].stub.0 != number {
                let label = match self.needs_stub(target) {
                    true => {
                        let label = self.new_label();
                        self.stubs.push((label, target));
                        label
                    }
                    false => self.frames[target].label,
                };
                self.frames[target].is_used = true;
                self.frames[target].stub = (number, label);
            }
            self.targets.push(Block(self.frames[target].stub.1));
        }
        let targets = self.b.target_list(&self.targets);
        self.stop(Terminator::Switch { on, targets });
        for number in 0..self.stubs.len() {
            let (label, target) = self.stubs[number];
            self.begin_at(label);
            self.go(target);
        }
        self.is_reachable = false;
    }

    /// `a` when the condition holds, else `b`.
    pub(super) fn select(&mut self) {
        self.pay(Class::Parametric);
        let condition = self.pop_condition();
        let ty = self.top_type();
        let b = self.pop();
        let a = self.pop();
        let chosen = self.b.op(Op::Select, ty, &[condition, a, b]);
        self.push(chosen, ty);
    }
}
