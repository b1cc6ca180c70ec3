//! A function of dMIR as a function of Cranelift IR, nearly name for name.
//!
//! # Invariants
//!
//! 1. Variables of dMIR are variables of the builder, the counter is one more; values are values. Blocks are blocks.
//! 2. The counter goes to the context where somebody can look: before calls that leave machine code, and on the way out.
//! 3. What stops a guest is a branch to a cold block, which leaves.
//! 4. The length of a memory is read from the context at each check; its base, which never moves, once.

mod call;
mod cold;
mod convert;
mod float;
mod integer;
mod memory;
mod operand;
mod operation;
mod vector;

use std::collections::BTreeMap;

use cranelift_codegen::{
    ir::{self, AliasRegionData, InstBuilder, JumpTableData, MemFlagsData},
    isa::TargetFrontendConfig,
};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext, Variable};
use lockstep_base::Index;
use lockstep_ir::{BlockDef, Edge, Func, Inst, Interface, MemoryId, Terminator, Trap, Type};
use lockstep_rt::native::NoCode;

use crate::{
    abi::{WORD, clif_type},
    nan::Nans,
};

/// The translation of one function.
struct Translation<'f, 'b, 'c> {
    interface: &'f Interface,
    func: &'f Func,
    b: &'b mut FunctionBuilder<'c>,
    nans: Nans,
    vars: Vec<Variable>,
    values: Vec<Option<ir::Value>>,
    /// Values that fit 32 bits.
    narrow: Vec<bool>,
    /// For each token, its memory.
    tokens: BTreeMap<u32, MemoryId>,
    blocks: Vec<ir::Block>,
    gas: Variable,
    /// Depth units left for callees, and for a function in this one's place.
    depth_left: ir::Value,
    depth_before: ir::Value,
    /// Where results go that are too many for registers.
    area: Option<ir::Value>,
    /// The context, once for the function.
    context: ir::Value,
    /// Where operands of calls stand that leave machine code; made when first needed.
    operands: Option<ir::StackSlot>,
    flags: Flags,
    cold: cold::Cold,
}

/// How places in memory may be accessed.
#[derive(Clone, Copy)]
struct Flags {
    /// Guest memory.
    heap: MemFlagsData,
    /// The context, what changes.
    context: MemFlagsData,
    /// The context, what stays as it is.
    fixed: MemFlagsData,
    globals: MemFlagsData,
    /// Our own stack.
    stack: MemFlagsData,
}

impl Flags {
    fn new(func: &mut ir::Function) -> Self {
        let mut region = |user_id, description: &'static str| {
            let description = description.into();
            Some(func.dfg.alias_regions.insert(AliasRegionData { user_id, description }))
        };
        let plain = MemFlagsData::new().with_notrap();
        let aligned = plain.with_aligned();
        Self {
            heap: plain.with_alias_region(region(0, "guest memory")),
            context: aligned.with_alias_region(region(1, "context")),
            fixed: aligned.with_readonly().with_can_move(),
            globals: aligned.with_alias_region(region(2, "globals")),
            stack: aligned,
        }
    }
}

/// Writes `func` into `to`, whose signature is its body's.
///
/// # Errors
///
/// [`NoCode`] for what this tier does not run.
pub(crate) fn translate(
    (to, room): (&mut ir::Function, &mut FunctionBuilderContext),
    config: TargetFrontendConfig,
    interface: &Interface,
    func: &Func,
) -> Result<(), NoCode> {
    if interface.window.is_some() {
        return Err(NoCode("a program with a window"));
    }
    let flags = Flags::new(to);
    let mut b = FunctionBuilder::new(to, room);
    let translated = Translation::new(interface, func, &mut b, flags)
        .and_then(|mut translation| translation.function());
    if translated.is_err() {
        // The room is to be empty again, whatever was half done.
        *room = FunctionBuilderContext::new();
        return translated;
    }
    b.seal_all_blocks();
    b.finalize(config);
    Ok(())
}

impl<'f, 'b, 'c> Translation<'f, 'b, 'c> {
    /// Declares everything and writes the entry.
    fn new(
        interface: &'f Interface,
        func: &'f Func,
        b: &'b mut FunctionBuilder<'c>,
        flags: Flags,
    ) -> Result<Self, NoCode> {
        let mut vars = Vec::with_capacity(func.vars.len());
        for (_, var) in func.vars.iter() {
            vars.push(b.declare_var(clif_type(var.ty)?));
        }
        let gas = b.declare_var(WORD);
        let entry = b.create_block();
        b.append_block_params_for_function_params(entry);
        b.switch_to_block(entry);
        let context = b.ins().get_pinned_reg(WORD);
        let params = b.block_params(entry).to_vec();
        b.def_var(gas, params[0]);
        // The function's own parameters come last.
        let (before, own) = params.split_at(params.len() - func.params as usize);
        for (var, param) in vars.iter().zip(own) {
            b.def_var(*var, *param);
        }
        let blocks = func.blocks.iter().map(|_| b.create_block()).collect();
        Ok(Self {
            interface,
            func,
            nans: Nans::of(func),
            vars,
            values: vec![None; func.values.len()],
            narrow: vec![false; func.values.len()],
            tokens: BTreeMap::new(),
            blocks,
            gas,
            depth_left: params[1],
            depth_before: params[1],
            area: before.get(2).copied(),
            context,
            operands: None,
            flags,
            cold: cold::Cold::default(),
            b,
        })
    }

    fn function(&mut self) -> Result<(), NoCode> {
        let units = 1 + i64::from(self.func.units);
        self.depth_left = self.b.ins().iadd_imm_s(self.depth_before, -units);
        self.trap_below_zero(self.depth_left, Trap::DepthExceeded);
        self.zero_vars()?;
        self.b.ins().jump(self.blocks[0], &[]);
        for (number, block) in self.func.blocks.iter() {
            self.b.switch_to_block(self.blocks[number.position()]);
            for at in block.insts.clone() {
                self.inst(self.func.insts[at as usize])?;
            }
            self.terminator(block)?;
        }
        self.cold_blocks();
        Ok(())
    }

    /// Variables that are no parameters are zero at entry.
    fn zero_vars(&mut self) -> Result<(), NoCode> {
        for (var, def) in self.func.vars.iter().skip(self.func.params as usize) {
            let zero = self.zero(def.ty)?;
            self.b.def_var(self.vars[var.position()], zero);
        }
        Ok(())
    }

    fn inst(&mut self, inst: Inst) -> Result<(), NoCode> {
        match inst {
            Inst::Op { op, ty, to, args, result } => self.operation(op, (ty, to), args, result),
            Inst::Copy { ty, value, result } => {
                let copy = self.raw(value, ty)?;
                self.define(result, copy);
                Ok(())
            }
            Inst::Set { var, value } => {
                let ty = self.func.vars[var].ty;
                let value = match self.nans.is_pending(var) {
                    true => self.raw(value, ty)?,
                    false => self.exact(value, ty)?,
                };
                self.b.def_var(self.vars[var.position()], value);
                Ok(())
            }
            Inst::Charge { gas } => {
                self.charge(gas);
                Ok(())
            }
            Inst::ChargeBy { ty, amount, per, unit } => self.charge_by(ty, amount, (per, unit)),
            Inst::GasLeft { prepaid, result } => {
                let gas = self.b.use_var(self.gas);
                let left = self.b.ins().iadd_imm_s(gas, i64::from(prepaid));
                self.define(result, left);
                Ok(())
            }
            Inst::TrapIf { cond, trap } => {
                let cond = self.exact(cond, Type::I8)?;
                self.trap_if(cond, trap);
                Ok(())
            }
            Inst::Call { func, args, first } => self.call((func, args), first),
            Inst::CallIndirect { table, sig, args, first } => {
                self.call_indirect((table, sig), args, first)
            }
            Inst::CallHost { import, args, first } => self.call_host(import, args, first),
            Inst::GlobalGet { global, result } => self.global_get(global, result),
            Inst::GlobalSet { global, value } => self.global_set(global, value),
            Inst::Act { act, on, args, first } => self.act((act, on), args, first),
            Inst::Step { .. } => Err(NoCode("an instrumented function")),
            Inst::WindowCheck { .. } => Err(NoCode("a program with a window")),
            _ => self.memory_inst(inst),
        }
    }

    fn terminator(&mut self, block: &BlockDef) -> Result<(), NoCode> {
        match block.terminator {
            Terminator::Jump(edge) => {
                let target = self.edge(edge)?;
                self.jump(target);
            }
            Terminator::Branch { cond, then, otherwise } => {
                let cond = self.exact(cond, Type::I8)?;
                let (then, otherwise) = (self.edge(then)?, self.edge(otherwise)?);
                let args = [then, otherwise].map(|target| self.edge_args(target));
                let [then_args, otherwise_args] = &args;
                self.b.ins().brif(cond, then.0, then_args, otherwise.0, otherwise_args);
            }
            Terminator::Switch { on, targets } => {
                let on = self.exact(on, Type::I32)?;
                let targets = self.func.target_list(targets);
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
                let results = self.read_list(self.func.list(values), &self.func.results)?;
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

    /// Where an edge leads.
    fn edge(&mut self, edge: Edge) -> Result<Target, NoCode> {
        match edge {
            Edge::Goto(block) => Ok(Target(self.blocks[block.position()], false)),
            Edge::Trap(trap) => Ok(self.trap_target(trap)),
            Edge::Enter { .. } | Edge::EnterDyn { .. } => Err(NoCode("a program with a window")),
        }
    }

    fn jump(&mut self, target: Target) {
        let args = self.edge_args(target);
        self.b.ins().jump(target.0, &args);
    }

    /// The counter, for blocks that take it.
    fn edge_args(&mut self, target: Target) -> Vec<ir::BlockArg> {
        if target.1 { vec![self.b.use_var(self.gas).into()] } else { Vec::new() }
    }
}

/// A block, and whether it takes the counter.
#[derive(Clone, Copy)]
struct Target(ir::Block, bool);
