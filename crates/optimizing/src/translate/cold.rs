//! Charges, and the cold blocks through which code leaves.
//!
//! One block for each kind of trap takes the counter, where anybody looks at that after a trap. Edges to it have blocks of
//! their own, cold ones, so that nothing is computed for them where they are not taken; the code generator would split such
//! edges itself, and take what it makes for as hot as the rest.

use std::collections::BTreeMap;

use cranelift_codegen::ir::{self, InstBuilder, TrapCode, condcodes::IntCC};
use lockstep_ir::{Operand, Source, Trap, Type};
use lockstep_rt::native::{Helpers, Layout, NoCode};

use super::{Target, Translation};
use crate::abi::{self, WORD};

/// Never executed: what stands behind a call that does not come back.
const NOT_REACHED: TrapCode = TrapCode::unwrap_user(1);

/// The cold blocks that something leads to.
#[derive(Default)]
pub(super) struct Cold {
    traps: BTreeMap<Trap, ir::Block>,
    /// A helper has said why; it only leaves.
    leave: Option<ir::Block>,
    /// A host function has said why.
    stop: Option<ir::Block>,
}

impl Translation<'_, '_, '_> {
    fn cold_block(&mut self, params: usize) -> ir::Block {
        let block = self.b.create_block();
        self.b.set_cold_block(block);
        for _ in 0..params {
            self.b.append_block_param(block, WORD);
        }
        block
    }

    /// The block that ends in `trap`, which takes the counter where somebody looks at it after a trap.
    pub(super) fn trap_target(&mut self, trap: Trap) -> Target {
        let takes_gas = !self.interface.traps_take_all;
        let block = match self.cold.traps.get(&trap) {
            Some(block) => *block,
            None => {
                let block = self.cold_block(usize::from(takes_gas));
                self.cold.traps.insert(trap, block);
                block
            }
        };
        Target(block, takes_gas)
    }

    /// The block that leaves for a reason that a helper has noted, with the counter in the context.
    pub(super) fn leave_block(&mut self) -> ir::Block {
        if let Some(block) = self.cold.leave {
            return block;
        }
        let block = self.cold_block(0);
        *self.cold.leave.insert(block)
    }

    /// The block that leaves for a reason that a host function has given.
    pub(super) fn stop_block(&mut self) -> ir::Block {
        if let Some(block) = self.cold.stop {
            return block;
        }
        let block = self.cold_block(0);
        *self.cold.stop.insert(block)
    }

    /// Goes on in a fresh block unless `cond` is not zero, which traps.
    pub(super) fn trap_if(&mut self, cond: ir::Value, trap: Trap) {
        let gas = self.b.use_var(self.gas);
        self.trap_if_with(cond, trap, gas);
    }

    /// The same, with the counter as it was.
    fn trap_if_with(&mut self, cond: ir::Value, trap: Trap, gas: ir::Value) {
        let edge = self.cold_block(0);
        self.branch_away(cond, edge, &[]);
        self.b.seal_block(edge);
        let next = self.b.current_block().expect("just switched to");
        self.b.switch_to_block(edge);
        match self.trap_target(trap) {
            Target(target, false) => self.b.ins().jump(target, &[]),
            Target(target, true) => {
                let gas = match self.span.prepaid {
                    0 => gas,
                    prepaid => self.b.ins().iadd_imm_s(gas, prepaid),
                };
                self.b.ins().jump(target, &[gas.into()])
            }
        };
        self.b.switch_to_block(next);
    }

    /// Goes to `block` when `cond` is not zero, else on in a fresh block.
    pub(super) fn branch_away(&mut self, cond: ir::Value, block: ir::Block, args: &[ir::BlockArg]) {
        let next = self.b.create_block();
        self.b.ins().brif(cond, block, args, next, &[]);
        self.b.seal_block(next);
        self.b.switch_to_block(next);
    }

    /// Traps where `amount` is less than `units`.
    pub(super) fn trap_below(&mut self, amount: ir::Value, units: i64, trap: Trap) {
        let is_less = self.b.ins().icmp_imm_s(IntCC::SignedLessThan, amount, units);
        self.trap_if(is_less, trap);
    }

    /// Takes `gas` from the counter, which stays what it is where there is less.
    pub(super) fn charge(&mut self, gas: u32) {
        let before = self.b.use_var(self.gas);
        self.trap_below(before, i64::from(gas), Trap::OutOfGas);
        let left = self.b.ins().iadd_imm_s(before, -i64::from(gas));
        self.set_gas(left);
    }

    /// The counter is `left` from here on. In a loop it is that and nothing else: Cranelift would take the next charge from
    /// what the counter was before this one, which saves nothing and keeps both in registers. Two halves of one value it
    /// leaves alone, and makes no instruction of. Where the block calls, the counter is the callee's before long.
    pub(super) fn set_gas(&mut self, left: ir::Value) {
        let mut left = left;
        if self.is_settling {
            let both = self.b.ins().iconcat(left, left);
            left = self.b.ins().isplit(both).0;
        }
        self.b.def_var(self.gas, left);
    }

    /// Takes `per * ceil(amount / unit)`.
    pub(super) fn charge_by(
        &mut self,
        ty: Type,
        amount: Operand,
        (per, unit): (u32, u32),
    ) -> Result<(), NoCode> {
        let known = self.func.const_u64(amount, ty);
        let price = known.and_then(|amount| amount.div_ceil(unit.into()).checked_mul(per.into()));
        if let Some(price) = price.and_then(|price| i32::try_from(price).ok()) {
            self.charge(price as u32);
            return Ok(());
        }
        let amount = match ty {
            Type::I64 => self.exact(amount, ty)?,
            Type::I256 => self.small_amount(amount)?,
            _ => return Err(NoCode("a charge by something other than 64 bits")),
        };
        let most = self.most_of(amount).div_ceil(unit.into()).checked_mul(per.into());
        let units = self.units(amount, unit);
        let price = match per {
            1 => units,
            _ => self.b.ins().imul_imm_u(units, i64::from(per)),
        };
        let before = self.b.use_var(self.gas);
        let mut cond = self.b.ins().icmp(IntCC::UnsignedGreaterThan, price, before);
        if most.is_none() {
            let per = self.b.ins().iconst(WORD, i64::from(per));
            let over = self.b.ins().umulhi(units, per);
            let is_over = self.b.ins().icmp_imm_s(IntCC::NotEqual, over, 0);
            cond = self.b.ins().bor(cond, is_over);
        }
        self.trap_if(cond, Trap::OutOfGas);
        let left = self.b.ins().isub(before, price);
        self.b.def_var(self.gas, left);
        Ok(())
    }

    /// `ceil(amount / unit)`.
    fn units(&mut self, amount: ir::Value, unit: u32) -> ir::Value {
        if unit == 1 {
            return amount;
        }
        if self.most_of(amount).checked_add(u64::from(unit - 1)).is_some() {
            let more = self.b.ins().iadd_imm_u(amount, i64::from(unit - 1));
            return self.b.ins().udiv_imm_u(more, i64::from(unit));
        }
        let unit = self.b.ins().iconst(WORD, i64::from(unit));
        let whole = self.b.ins().udiv(amount, unit);
        let rest = self.b.ins().urem(amount, unit);
        let has_rest = self.b.ins().icmp_imm_s(IntCC::NotEqual, rest, 0);
        let has_rest = self.b.ins().uextend(WORD, has_rest);
        self.b.ins().iadd(whole, has_rest)
    }

    /// Ends the guest.
    pub(super) fn exit(
        &mut self,
        revert: bool,
        token: Operand,
        len: Operand,
    ) -> Result<(), NoCode> {
        let (memory, addr, len) = match token.source() {
            Source::Value(value) => {
                let memory = self.tokens[&value.0].0;
                // The check admitted it: 64 bits are all of it.
                let ty = self.token_types.get(&value.0).copied().unwrap_or(Type::I64);
                (memory, self.raw(token, Type::I64)?, self.low_limb(len, ty)?)
            }
            _ => (0, self.zero(Type::I64)?, self.zero(Type::I64)?),
        };
        self.store_gas();
        let how = self.b.ins().iconst(WORD, i64::from(memory) << 1 | i64::from(revert));
        let context = self.context_arg();
        self.helper(Helpers::EXIT, &[context, how, addr, len], None);
        self.leave();
        Ok(())
    }

    /// Puts the counter into the context.
    pub(super) fn store_gas(&mut self) {
        let gas = self.b.use_var(self.gas);
        self.store_context(Layout::GAS, gas);
    }

    /// The context, to reach what it holds: read once from call to call, in each block of Cranelift's.
    pub(super) fn context_here(&mut self) -> ir::Value {
        let here = self.b.current_block();
        match self.context_in {
            (block, Some(context)) if block == here => context,
            _ => {
                let context = self.b.ins().get_pinned_reg(WORD);
                self.context_in = (here, Some(context));
                context
            }
        }
    }

    pub(super) fn store_context(&mut self, offset: i32, value: ir::Value) {
        let context = self.context_here();
        self.b.ins().store(self.flags.context, value, context, offset);
    }

    /// The context as an argument of a call, which is to be in a register of its own.
    pub(super) fn context_arg(&mut self) -> ir::Value {
        self.b.ins().get_pinned_reg(WORD)
    }

    /// Calls a helper.
    pub(super) fn helper(
        &mut self,
        offset: i32,
        args: &[ir::Value],
        result: Option<ir::Type>,
    ) -> Option<ir::Value> {
        let params: Vec<_> = args.iter().map(|arg| self.b.func.dfg.value_type(*arg)).collect();
        let signature = self.imported.signature(self.b, abi::c_function(&params, result));
        let context = self.context_here();
        let helper = self.b.ins().load(WORD, self.flags.fixed, context, Layout::HELPERS + offset);
        let call = self.b.ins().call_indirect(signature, helper, args);
        self.context_in = (None, None);
        self.b.inst_results(call).first().copied()
    }

    /// Calls a helper that leaves registers of integers as they are; vectors that code may hold do not survive it.
    pub(super) fn kept_helper(&mut self, offset: i32, args: &[ir::Value]) {
        let signature = match self.has_vectors {
            true => abi::c_function(&vec![WORD; args.len()], None),
            false => abi::kept(args.len()),
        };
        let signature = self.imported.signature(self.b, signature);
        let context = self.context_here();
        let helper = self.b.ins().load(WORD, self.flags.fixed, context, Layout::HELPERS + offset);
        self.b.ins().call_indirect(signature, helper, args);
        self.context_in = (None, None);
    }

    /// Leaves machine code.
    pub(super) fn leave(&mut self) {
        let context = self.context_arg();
        self.helper(Helpers::LEAVE, &[context], None);
        self.b.ins().trap(NOT_REACHED);
    }

    /// Writes the cold blocks.
    pub(super) fn cold_blocks(&mut self) {
        for (trap, block) in std::mem::take(&mut self.cold.traps) {
            self.b.switch_to_block(block);
            let number = self.b.ins().iconst(WORD, trap as i64);
            self.leave_with(block, Helpers::TRAP, Some(number));
        }
        if let Some(block) = self.cold.stop {
            self.b.switch_to_block(block);
            self.leave_with(block, Helpers::STOP, None);
        }
        if let Some(block) = self.cold.leave {
            self.b.switch_to_block(block);
            self.leave();
        }
    }

    /// Leaves after a helper has noted why; the block's first parameter, if it has one, is the counter.
    fn leave_with(&mut self, block: ir::Block, helper: i32, argument: Option<ir::Value>) {
        if let Some(gas) = self.b.block_params(block).first().copied() {
            self.store_context(Layout::GAS, gas);
        }
        let context = self.context_arg();
        let mut args = vec![context];
        args.extend(argument);
        self.helper(helper, &args, None);
        self.leave();
    }
}
