//! How blocks end, and where edges lead.
//!
//! Invariant: a block that traps lead to may take the counter; an edge to such a one brings it.

use cranelift_codegen::ir::{self, InstBuilder, JumpTableData};
use lockstep_base::Index;
use lockstep_ir::{BlockDef, Edge, Terminator, Type};
use lockstep_rt::native::NoCode;

use super::{Target, Translation};

impl Translation<'_, '_, '_> {
    pub(super) fn terminator(&mut self, block: &BlockDef) -> Result<(), NoCode> {
        match block.terminator {
            Terminator::Jump(edge @ (Edge::Enter { .. } | Edge::EnterDyn { .. })) => {
                self.resume_below(edge)?;
            }
            Terminator::Jump(edge) => self.go(edge)?,
            Terminator::Branch { cond, then, otherwise } => {
                let cond = self.exact(cond, Type::I8)?;
                if let Some(cond) = self.known_limb(cond) {
                    return self.go(if cond == 0 { otherwise } else { then });
                }
                let targets = [self.edge(then)?, self.edge(otherwise)?];
                let ways = [self.way(then, targets[0]), self.way(otherwise, targets[1])];
                let args = ways.map(|target| self.edge_args(target));
                self.b.ins().brif(cond, ways[0].0, &args[0], ways[1].0, &args[1]);
                for (edge, (way, target)) in
                    [then, otherwise].into_iter().zip(ways.into_iter().zip(targets))
                {
                    self.on_the_way(edge, way, target)?;
                }
            }
            Terminator::Switch { on, targets } => {
                let on = self.exact(on, Type::I32)?;
                let targets = self.func.target_list(targets);
                for to in targets {
                    self.canonical_on_the_way(*to)?;
                }
                let (last, others) = targets.split_last().expect("a switch goes somewhere");
                let last = self.blocks[last.position()];
                let mut call = |block| self.b.func.dfg.block_call(block, &[]);
                let default = call(last);
                let table: Vec<_> =
                    others.iter().map(|block| call(self.blocks[block.position()])).collect();
                let table = self.b.create_jump_table(JumpTableData::new(default, &table));
                self.b.ins().br_table(on, table);
            }
            Terminator::Return { values } => {
                let results = self.parts(self.func.list(values), &self.func.results)?;
                self.return_values(&results);
            }
            Terminator::ReturnCall { func, args } => self.return_call(func, args)?,
            Terminator::ReturnCallIndirect { table, sig, args } => {
                self.return_call_indirect((table, sig), args)?;
            }
            Terminator::Exit { revert, token, len } => self.exit(revert, token, len)?,
            Terminator::Trap(trap) => {
                let target = self.trap_target(trap);
                self.jump(target);
            }
        }
        Ok(())
    }

    /// Goes on where `edge` leads.
    fn go(&mut self, edge: Edge) -> Result<(), NoCode> {
        if let Edge::Goto(to) = edge {
            self.canonical_on_the_way(to)?;
        }
        let target = self.edge(edge)?;
        self.jump(target);
        Ok(())
    }

    /// Where an edge leads.
    pub(super) fn edge(&mut self, edge: Edge) -> Result<Target, NoCode> {
        match edge {
            Edge::Goto(block) => Ok(Target(self.blocks[block.position()], false)),
            Edge::Trap(trap) => Ok(self.trap_target(trap)),
            Edge::Enter { .. } | Edge::EnterDyn { .. } => Err(NoCode("a program with a window")),
        }
    }

    pub(super) fn jump(&mut self, target: Target) {
        let args = self.edge_args(target);
        self.b.ins().jump(target.0, &args);
    }

    /// The counter, for blocks that take it.
    pub(super) fn edge_args(&mut self, target: Target) -> Vec<ir::BlockArg> {
        if target.1 { vec![self.b.use_var(self.gas).into()] } else { Vec::new() }
    }
}
