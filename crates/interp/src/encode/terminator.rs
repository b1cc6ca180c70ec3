//! How a block ends: edges become links, and links to what is not translated yet lead to stubs.

#[cfg(feature = "native")]
use lockstep_ir::FuncId;
use lockstep_ir::{Block, BlockDef, Edge, Inst, List, Operand, Source, Terminator, Trap, Type};

use super::{Encoding, FRAME_WITH_WINDOW, bank, operation::machine_type, place};
#[cfg(feature = "native")]
use crate::handler::turn::head_word;
use crate::{
    code::{CodeError, Word},
    dispatch::{Handler, handler},
    handler::{
        flow::{
            Branch, Charge, Charging, Choosing, Enter, EnterDyn, Entering, Exit, Jump, RaiseTrap,
            Resolve, Switch,
        },
        host::{Return, ReturnCall, ReturnCallIndirect, ReturnOne},
        place::{Acc, Imm, Slot},
        value,
    },
};

impl Encoding<'_> {
    pub(super) fn terminator(&mut self, block: &BlockDef) -> Result<(), CodeError> {
        match block.terminator {
            Terminator::Jump(Edge::EnterDyn { target, shift }) => self.enter_dyn(target, shift),
            Terminator::Jump(Edge::Trap(trap)) | Terminator::Trap(trap) => {
                self.trap(trap);
                Ok(())
            }
            // What comes next is there without a jump.
            Terminator::Jump(Edge::Goto(next))
                if self.interface.window.is_none() && self.following == Some(next) =>
            {
                Ok(())
            }
            Terminator::Jump(edge) => {
                let shift = self.shift(&edge);
                self.jump(shift, edge)
            }
            Terminator::Branch { cond, then, otherwise } => self.branch(cond, then, otherwise),
            Terminator::Return { values } => self.return_values(values),
            Terminator::Switch { on, targets } => {
                let on = self.slot(on, Type::I32)?;
                match self.interface.window {
                    None => self.plain::<Switch<Choosing>>([on, 0, 0, 0]),
                    Some(_) => self.plain::<Switch<Entering>>([on, 0, 0, 0]),
                }
                self.imm(u64::from(targets.len));
                let first = self.e.words.len();
                (0..targets.len).for_each(|_| _ = self.link());
                for at in 0..targets.len as usize {
                    let block = self.func.target_list(targets)[at];
                    self.connect_switch(first + at, block)?;
                }
                Ok(())
            }
            Terminator::ReturnCall { func, args } => {
                let interface = self.interface;
                let signature = &interface.signatures[func];
                let (_, moves) =
                    self.argument_moves(args, (&signature.params, &signature.results))?;
                self.handler(handler::<ReturnCall>);
                self.tail(0, Word { imm: u64::from(func.0) }, &moves)
            }
            Terminator::ReturnCallIndirect { table, sig, args } => {
                let interface = self.interface;
                let signature = &interface.types[sig];
                let index = self.func.list(args)[signature.params.len()];
                let index = self.slot(index, Type::I64)?;
                let (_, moves) =
                    self.argument_moves(args, (&signature.params, &signature.results))?;
                self.handler(handler::<ReturnCallIndirect>);
                self.tail(index, Word { halves: [table.0, sig.0] }, &moves)
            }
            Terminator::Exit { revert, token, len } => {
                let memory = match token.source() {
                    Source::Value(token) => self.e.plan.memory_of(token),
                    _ => 0,
                };
                let token = self.slot(token, Type::I64)?;
                // The check admitted it: its low limb is all of it.
                let len = self.slot(len, Type::I64)?;
                self.plain::<Exit>([token, len, memory as i16, 0]);
                self.imm(u64::from(revert));
                Ok(())
            }
        }
    }

    /// The rest of a tail call: arguments pass through the room above the frame.
    fn tail(&mut self, index: i16, callee: Word, moves: &[[i16; 4]]) -> Result<(), CodeError> {
        self.e.extents.push((self.e.words.len(), 0));
        self.fields([0, moves.len() as i16, index, 0]);
        self.e.words.push(callee);
        self.imm(self.units());
        moves.iter().for_each(|word| self.fields(*word));
        let mut free = self.e.temps.next;
        place(&mut free, 2 * moves.len() as u32)?;
        self.needed = self.needed.max(free);
        Ok(())
    }

    /// The first of two handlers where places are gone to plainly, the second where they are entered.
    fn going(&self, handlers: [Handler; 2]) -> Handler {
        handlers[usize::from(self.interface.window.is_some())]
    }

    fn jump(&mut self, shift: i16, edge: Edge) -> Result<(), CodeError> {
        let handlers = [handler::<Jump<Charging>> as Handler, handler::<Jump<Entering>>];
        self.handler(self.going(handlers));
        self.fields([shift, 0, 0, 0]);
        let link = self.link();
        // As if there were another link.
        self.heads(&[None, Some(edge)]);
        self.connect(link, edge)
    }

    /// In code with gates, says of each link before whether it leads to the head of a loop; nothing stands for no edge.
    fn heads(&mut self, edges: &[Option<Edge>]) {
        #[cfg(feature = "native")]
        for edge in edges.iter().filter(|_| self.code.has_gates()) {
            let head = edge.and_then(|edge| self.loop_head(edge));
            self.e.words.push(head_word(head));
        }
        #[cfg(not(feature = "native"))]
        let _ = edges;
    }

    /// The head of a loop that `edge` goes round to.
    #[cfg(feature = "native")]
    fn loop_head(&self, edge: Edge) -> Option<(FuncId, Block)> {
        let Edge::Goto(to) = edge else { return None };
        (to <= self.block).then_some((self.id?, to))
    }

    /// A switch says nothing of its links: to the head of a loop it goes by a jump.
    fn connect_switch(&mut self, position: usize, block: Block) -> Result<(), CodeError> {
        let edge = Edge::Goto(block);
        #[cfg(feature = "native")]
        if self.code.has_gates() && self.loop_head(edge).is_some() {
            self.stub(position);
            return self.jump(0, edge);
        }
        self.connect(position, edge)
    }

    /// Begins a stub that the link at `position` leads to: with a window, an entry that fits every height.
    fn stub(&mut self, position: usize) {
        self.e.local_links.push((position, self.e.words.len()));
        if self.interface.window.is_some() {
            self.handler(handler::<Enter>);
            self.halves([0, u32::MAX]);
            self.imm(0);
        } else {
            self.handler(handler::<Charge>);
        }
        self.imm(0);
    }

    fn branch(&mut self, cond: Operand, then: Edge, otherwise: Edge) -> Result<(), CodeError> {
        if let Source::Imm(number) = cond.source() {
            let edge = if number != 0 { then } else { otherwise };
            let shift = self.shift(&edge);
            return self.jump(shift, edge);
        }
        let shifts = [self.shift(&then), self.shift(&otherwise)];
        if !self.compare_branch(cond, shifts)? {
            let cond = self.slot(cond, Type::I8)?;
            let handlers = [handler::<Branch<Charging>> as Handler, handler::<Branch<Entering>>];
            self.handler(self.going(handlers));
            self.fields([shifts[0], cond, 0, shifts[1]]);
        }
        let links = [self.link(), self.link()];
        self.heads(&[Some(then), Some(otherwise)]);
        self.connect(links[0], then)?;
        self.connect(links[1], otherwise)
    }

    /// Writes the comparison that makes `cond` with the branch, if the plan says so.
    fn compare_branch(&mut self, cond: Operand, shifts: [i16; 2]) -> Result<bool, CodeError> {
        let Some(at) = self.e.plan.fused(cond) else { return Ok(false) };
        if self.step_branch()? {
            return Ok(true);
        }
        let Inst::Op { op, ty, args, .. } = self.func.insts[at as usize] else {
            return Ok(false);
        };
        let (a, b) = self.forms(ty, args);
        let operands = [args[0], args[1]];
        let places = self.places(ty, operands, [a, b])?;
        let ty = machine_type(op, ty);
        let chosen = match self.interface.window {
            None => value::compare_branch::<Charging>(op, ty, a, b),
            Some(_) => value::compare_branch::<Entering>(op, ty, a, b),
        };
        self.handler(chosen.ok_or(CodeError::Unsupported("a comparison without a branch"))?);
        self.fields([shifts[0], places[0], places[1], shifts[1]]);
        self.inline_constant(ty, operands, [a, b]);
        Ok(true)
    }

    /// How far the base moves along `edge` by the instruction that takes it, in slots. Stubs of dynamic edges move it
    /// themselves.
    fn shift(&self, edge: &Edge) -> i16 {
        match edge {
            Edge::Enter { shift, .. } => self.scaled(*shift),
            Edge::Goto(_) | Edge::EnterDyn { .. } | Edge::Trap(_) => 0,
        }
    }

    fn scaled(&self, shift: i16) -> i16 {
        // A window holds at most 2^10 words of four slots; the verifier bounds shifts by it.
        shift * self.interface.window.map_or(1, |window| window.ty.slots() as i16)
    }

    /// A link word, to be connected.
    fn link(&mut self) -> usize {
        self.e.words.push(Word { imm: 0 });
        self.e.words.len() - 1
    }

    /// Makes the link at `position` lead where `edge` leads.
    fn connect(&mut self, position: usize, edge: Edge) -> Result<(), CodeError> {
        match edge {
            Edge::Goto(block) => self.e.block_links.push((block.0, position)),
            Edge::Enter { head, .. } => {
                let known = self.code.target(u64::from(head.0));
                if !known.is_null() {
                    self.e.words[position].link = known;
                    return Ok(());
                }
                self.stub(position);
                self.handler(handler::<Resolve>);
                self.imm(u64::from(head.0));
                let back = self.link();
                self.e.local_links.push((back, position));
            }
            Edge::EnterDyn { target, shift } => {
                self.stub(position);
                self.enter_dyn(target, shift)?;
            }
            Edge::Trap(trap) => {
                self.stub(position);
                self.trap(trap);
            }
        }
        Ok(())
    }

    fn enter_dyn(&mut self, target: Operand, shift: i16) -> Result<(), CodeError> {
        let target = self.slot(target, Type::I256)?;
        let shift = self.scaled(shift);
        self.plain::<EnterDyn>([shift, target, 0, 0]);
        Ok(())
    }

    fn trap(&mut self, trap: Trap) {
        self.handler(handler::<RaiseTrap>);
        self.imm(trap as u64);
    }

    fn return_values(&mut self, values: List) -> Result<(), CodeError> {
        if self.interface.window.is_some() {
            return Err(CodeError::Unsupported(FRAME_WITH_WINDOW));
        }
        if let [ty] = *self.func.results
            && let Some(bank) = bank(ty)
        {
            return self.return_one(self.func.list(values)[0], ty, bank == 1);
        }
        for position in 0..values.len as usize {
            let operand = self.func.list(values)[position];
            let to = self.layout.results[position];
            self.move_to(to, operand, self.func.results[position])?;
        }
        self.handler(handler::<Return>);
        Ok(())
    }

    fn return_one(&mut self, value: Operand, ty: Type, is_float: bool) -> Result<(), CodeError> {
        let constant = self.func.const_low(self.e.plan.resolve(value));
        let is_in_acc = self.in_acc(value, ty);
        let from = match constant {
            None if !is_in_acc => self.slot(value, ty)?,
            _ => 0,
        };
        self.handler(match (constant, is_in_acc, is_float) {
            (Some(_), _, false) => handler::<ReturnOne<u64, Imm>> as Handler,
            (Some(_), _, true) => handler::<ReturnOne<f64, Imm>>,
            (None, true, false) => handler::<ReturnOne<u64, Acc>>,
            (None, true, true) => handler::<ReturnOne<f64, Acc>>,
            (None, false, false) => handler::<ReturnOne<u64, Slot>>,
            (None, false, true) => handler::<ReturnOne<f64, Slot>>,
        });
        self.fields([from, 0, 0, 0]);
        if let Some(low) = constant {
            self.imm(low);
        }
        Ok(())
    }
}
