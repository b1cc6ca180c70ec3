//! Calls: of bodies, of what lies outside machine code, and acts.
//!
//! ```text
//! operands of a call that leaves: [ arg 0 | arg 1 | ... | result 0 | ... ]   `stride` slots apart, on our stack
//! ```

use cranelift_codegen::ir::{
    self, InstBuilder, StackSlotData, StackSlotKind, condcodes::IntCC, types,
};
use lockstep_ir::{
    Act, FuncId, ImportId, List, Operand, SigId, Signature, TABLE_LEN_MAX, TableId, Type, Value,
};
use lockstep_rt::native::{Helpers, Layout, NoCode};

use super::Translation;
use crate::{
    abi::{self, RESULTS_BEFORE, WORD, clif_type, has_area},
    slot::{load_all, store, store_all},
};

/// Slots between the operands of [`Helpers::evaluate`].
const EVALUATE_SLOTS: u32 = 8;

/// The body that a call means.
#[derive(Clone, Copy)]
enum Body {
    /// That of a function of the program.
    Known(ir::FuncRef),
    /// What lies there.
    At(ir::Value, ir::SigRef),
}

/// A call of something outside machine code: its results, and whether the guest goes on.
struct Outside {
    signature: Signature,
    stride: i16,
    place: ir::Value,
}

impl Translation<'_, '_, '_> {
    /// The address of room for so many slots, which every call shares.
    pub(super) fn operand_room(&mut self, slots: u32) -> ir::Value {
        let slot = match self.operands {
            Some(slot) => slot,
            None => {
                let data = StackSlotData::new(StackSlotKind::ExplicitSlot, 0, 4);
                *self.operands.insert(self.b.create_sized_stack_slot(data))
            }
        };
        let size = &mut self.b.func.sized_stack_slots[slot].size;
        *size = (*size).max(slots * 8);
        self.b.ins().stack_addr(WORD, slot, 0)
    }

    pub(super) fn read_list(
        &mut self,
        operands: &[Operand],
        types: &[Type],
    ) -> Result<Vec<ir::Value>, NoCode> {
        operands.iter().zip(types).map(|(operand, ty)| self.exact(*operand, *ty)).collect()
    }

    /// The body of `func`, wherever `rt` will say it is.
    fn body(&mut self, func: FuncId, signature: &Signature) -> Body {
        Body::Known(self.imported.body(self.b, func, signature))
    }

    fn body_signature(&mut self, signature: &Signature) -> Result<ir::SigRef, NoCode> {
        for ty in signature.params.iter().chain(&signature.results) {
            clif_type(*ty)?;
        }
        Ok(self.imported.signature(self.b, abi::body(signature)))
    }

    /// The counter, depth units and the area, then `args`.
    fn body_args(
        &mut self,
        (depth_left, area): (ir::Value, Option<ir::Value>),
        args: &[ir::Value],
    ) -> Vec<ir::Value> {
        let mut all = vec![self.b.use_var(self.gas), depth_left];
        all.extend(area);
        all.extend(args);
        all
    }

    /// Returns from the function.
    pub(super) fn return_values(&mut self, results: &[ir::Value]) {
        let mut all = vec![self.b.use_var(self.gas)];
        match self.area {
            Some(area) => {
                store_all(self.b, &self.func.results, results, (area, 0));
                all.push(area);
            }
            None => all.extend(results),
        }
        self.b.ins().return_(&all);
    }

    /// Calls a body; its results.
    fn call_body(
        &mut self,
        body: Body,
        signature: &Signature,
        args: &[ir::Value],
    ) -> Result<Vec<ir::Value>, NoCode> {
        let area = has_area(signature).then(|| self.operand_room(abi::slots(&signature.results)));
        let args = self.body_args((self.depth_left, area), args);
        let call = match body {
            Body::Known(func) => self.b.ins().call(func, &args),
            Body::At(place, signature) => self.b.ins().call_indirect(signature, place, &args),
        };
        self.context_in = (None, None);
        let results = self.b.inst_results(call).to_vec();
        self.b.def_var(self.gas, results[0]);
        let own = &results[RESULTS_BEFORE..];
        Ok(match area {
            Some(_) => load_all(self.b, &signature.results, (own[0], 0)),
            None => own.to_vec(),
        })
    }

    fn define_all(&mut self, first: Value, results: &[ir::Value]) {
        for (position, result) in results.iter().enumerate() {
            self.define(Value(first.0 + position as u32), *result);
        }
    }

    pub(super) fn call(
        &mut self,
        (func, args): (FuncId, List),
        first: Value,
    ) -> Result<(), NoCode> {
        let signature = &self.interface.signatures[func];
        let args = self.parts(self.func.list(args), &signature.params)?;
        let body = self.body(func, signature);
        let results = self.call_body(body, signature, &args)?;
        self.define_parts(first, &signature.results, &results);
        Ok(())
    }

    pub(super) fn return_call(&mut self, func: FuncId, args: List) -> Result<(), NoCode> {
        let signature = &self.interface.signatures[func];
        let args = self.read_list(self.func.list(args), &signature.params)?;
        let body = self.body(func, signature);
        self.return_call_body(body, &args);
        Ok(())
    }

    fn return_call_body(&mut self, body: Body, args: &[ir::Value]) {
        // The frame that goes gives its units back; the new one has our results.
        let args = self.body_args((self.depth_before, self.area), args);
        match body {
            Body::Known(func) => self.b.ins().return_call(func, &args),
            Body::At(place, signature) => {
                self.b.ins().return_call_indirect(signature, place, &args)
            }
        };
    }

    /// What a table holds at the last operand: the arguments, the body, and the block of functions outside, where the
    /// builder is not yet. A helper is asked where the function is not ready: then it says which trap it is, compiles the
    /// function, or names one outside.
    fn callee(
        &mut self,
        on: (TableId, SigId),
        args: List,
    ) -> Result<(Vec<ir::Value>, Body, ir::Block), NoCode> {
        let signature = &self.interface.types[on.1];
        let operands = self.func.list(args);
        let (index, operands) = operands.split_last().expect("an indirect call has an index");
        let args = self.read_list(operands, &signature.params)?;
        let index = self.exact(*index, Type::I64)?;
        let (ask, go, outside) =
            (self.b.create_block(), self.b.create_block(), self.b.create_block());
        self.b.set_cold_block(ask);
        self.b.set_cold_block(outside);
        let body = self.b.append_block_param(go, WORD);
        let ready = self.ready(on, index, ask);
        self.b.ins().jump(go, &[ready.into()]);
        self.b.switch_to_block(ask);
        let asked = self.ask_callee(on, index);
        let is_outside = self.b.ins().icmp_imm_s(IntCC::Equal, asked, 1);
        self.b.ins().brif(is_outside, outside, &[], go, &[asked.into()]);
        self.b.switch_to_block(go);
        let body = Body::At(body, self.body_signature(signature)?);
        Ok((args, body, outside))
    }

    /// The body of what a table of the instance holds at `index`, if it is ready; else goes to `ask`.
    fn ready(
        &mut self,
        (number, sig): (TableId, SigId),
        index: ir::Value,
        ask: ir::Block,
    ) -> ir::Value {
        let (fixed, tables) = (self.flags.fixed, self.flags.tables);
        // One context for all of them: what never changes is read once.
        let context = self.context;
        let all = self.b.ins().load(WORD, fixed, context, Layout::TABLES);
        let table = self.b.ins().load(WORD, fixed, all, number.0 as i32 * 8);
        let (len, place) = match self.fixed_len(number) {
            Some(len) => (self.b.ins().iconst(WORD, len as i64), fixed),
            None => (self.b.ins().load(WORD, tables, table, Layout::TABLE_LEN), tables),
        };
        let is_beyond = self.b.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, index, len);
        self.branch_away(is_beyond, ask, &[]);
        let elements = self.b.ins().load(WORD, place, table, Layout::TABLE_ELEMENTS);
        let offset = self.b.ins().ishl_imm_u(index, 3);
        let element = self.b.ins().iadd(elements, offset);
        let reference = self.b.ins().load(WORD, tables, element, 0);
        let funcs = self.b.ins().load(WORD, fixed, context, Layout::FUNCS);
        let funcs = self.b.ins().load(WORD, tables, funcs, 0);
        let offset = self.b.ins().imul_imm_s(reference, i64::from(Layout::FUNC_BYTES));
        let func = self.b.ins().iadd(funcs, offset);
        let key = self.b.ins().load(WORD, tables, func, Layout::FUNC_KEY);
        let keys = self.b.ins().load(WORD, fixed, context, Layout::KEYS);
        let own = self.b.ins().load(WORD, fixed, keys, sig.0 as i32 * 8);
        let is_other = self.b.ins().icmp(IntCC::NotEqual, key, own);
        self.branch_away(is_other, ask, &[]);
        self.b.ins().load(WORD, tables, func, Layout::FUNC_BODY)
    }

    /// The length of a table that cannot grow, whose elements then stay where they are.
    fn fixed_len(&self, table: TableId) -> Option<u64> {
        let def = self.interface.tables[table];
        (def.initial == def.max && def.max <= TABLE_LEN_MAX).then_some(def.max)
    }

    /// What the helper says: a body, or one for a function outside; it leaves when there is neither.
    fn ask_callee(&mut self, (table, sig): (TableId, SigId), index: ir::Value) -> ir::Value {
        self.store_gas();
        let on = i64::from(table.0) | i64::from(sig.0) << 32;
        let on = self.b.ins().iconst(WORD, on);
        let context = self.context_arg();
        let asked = self.helper(Helpers::CALLEE, &[context, on, index], Some(WORD));
        let asked = asked.expect("the helper has a result");
        let is_null = self.b.ins().icmp_imm_s(IntCC::Equal, asked, 0);
        let leave = self.leave_block();
        self.branch_away(is_null, leave, &[]);
        // What follows is as cold.
        let next = self.b.current_block().expect("just switched to");
        self.b.set_cold_block(next);
        asked
    }

    pub(super) fn call_indirect(
        &mut self,
        on: (TableId, SigId),
        args: List,
        first: Value,
    ) -> Result<(), NoCode> {
        let signature = &self.interface.types[on.1];
        let (args, body, outside) = self.callee(on, args)?;
        let done = self.b.create_block();
        let mut merged = Vec::new();
        for ty in &signature.results {
            merged.push(self.b.append_block_param(done, clif_type(*ty)?));
        }
        let results = self.call_body(body, signature, &args)?;
        self.jump_with(done, &results);
        self.b.switch_to_block(outside);
        let results = self.call_foreign(signature, &args)?;
        self.jump_with(done, &results);
        self.b.switch_to_block(done);
        self.define_all(first, &merged);
        Ok(())
    }

    pub(super) fn jump_with(&mut self, block: ir::Block, values: &[ir::Value]) {
        let args: Vec<ir::BlockArg> = values.iter().map(|value| (*value).into()).collect();
        self.b.ins().jump(block, &args);
    }

    pub(super) fn return_call_indirect(
        &mut self,
        on: (TableId, SigId),
        args: List,
    ) -> Result<(), NoCode> {
        let signature = &self.interface.types[on.1];
        let (args, body, outside) = self.callee(on, args)?;
        self.return_call_body(body, &args);
        self.b.switch_to_block(outside);
        let results = self.call_foreign(signature, &args)?;
        self.return_values(&results);
        Ok(())
    }

    pub(super) fn call_host(
        &mut self,
        import: ImportId,
        args: List,
        first: Value,
    ) -> Result<(), NoCode> {
        let signature = &self.interface.imports[import].signature;
        let args = self.parts(self.func.list(args), &signature.params)?;
        let outside = self.outside(signature, &args)?;
        let number = self.b.ins().iconst(types::I32, i64::from(import.0));
        self.store_context(Layout::IMPORT, number);
        let context = self.context_here();
        let links = self.b.ins().load(WORD, self.flags.fixed, context, Layout::LINKS);
        let link = self.b.ins().load(WORD, self.flags.fixed, links, import.0 as i32 * 8);
        let offsets = self.offsets(outside.stride);
        let clif = abi::c_function(&[WORD; 3], Some(types::I8));
        let clif = self.imported.signature(self.b, clif);
        let context = self.context_arg();
        let call = self.b.ins().call_indirect(clif, link, &[context, outside.place, offsets]);
        let results = self.after_outside(call, &outside)?;
        self.define_parts(first, &signature.results, &results);
        Ok(())
    }

    /// Calls the function outside that the context names.
    fn call_foreign(
        &mut self,
        signature: &Signature,
        args: &[ir::Value],
    ) -> Result<Vec<ir::Value>, NoCode> {
        let outside = self.outside(signature, args)?;
        let context = self.context_here();
        let foreign = self.b.ins().load(WORD, self.flags.fixed, context, Layout::FOREIGN);
        let func = self.b.ins().load(WORD, self.flags.context, context, Layout::FOREIGN_FUNC);
        let offsets = self.offsets(outside.stride);
        let clif = abi::c_function(&[WORD; 4], Some(types::I8));
        let clif = self.imported.signature(self.b, clif);
        let context = self.context_arg();
        let args = [context, func, outside.place, offsets];
        let call = self.b.ins().call_indirect(clif, foreign, &args);
        self.after_outside(call, &outside)
    }

    fn offsets(&mut self, stride: i16) -> ir::Value {
        let context = self.context_here();
        let offsets = self.b.ins().load(WORD, self.flags.fixed, context, Layout::OFFSETS);
        self.b.ins().iadd_imm_s(offsets, i64::from(Layout::offsets_of(stride)))
    }

    /// Puts arguments, the counter and the depth where the outside finds them.
    fn outside(&mut self, signature: &Signature, args: &[ir::Value]) -> Result<Outside, NoCode> {
        let stride = abi::stride(signature)?;
        let count = (signature.params.len() + signature.results.len()) as u32;
        let place = self.operand_room(count * stride as u32);
        let mut args = args.iter();
        for (position, ty) in signature.params.iter().enumerate() {
            let offset = position as i32 * i32::from(stride) * 8;
            let (part, count) = abi::part(*ty);
            for (limb, arg) in args.by_ref().take(count).enumerate() {
                store(self.b, self.flags.stack, (part, *arg), (place, offset + limb as i32 * 8));
            }
        }
        self.store_gas();
        if self.interface.window.is_none() {
            let limit = self.b.ins().iconst(WORD, self.interface.depth_limit.0 as i64);
            let depth = self.b.ins().isub(limit, self.depth_left);
            self.store_context(Layout::DEPTH, depth);
        }
        Ok(Outside { signature: signature.clone(), stride, place })
    }

    /// `place`, which a callee stored to, with a number that the call returned: an address that is known when the call is over.
    /// Loads beside the stack pointer are predicted from earlier stores there; some processors find late that a callee stored
    /// there since, and begin again.
    fn after(&mut self, place: ir::Value, returned: ir::Value) -> ir::Value {
        self.b.ins().iadd(place, returned)
    }

    /// Goes on where the outside returned.
    fn after_outside(
        &mut self,
        call: ir::Inst,
        outside: &Outside,
    ) -> Result<Vec<ir::Value>, NoCode> {
        let goes_on = self.b.inst_results(call)[0];
        let (stop, next) = (self.stop_block(), self.b.create_block());
        self.b.ins().brif(goes_on, next, &[], stop, &[]);
        self.b.seal_block(next);
        self.b.switch_to_block(next);
        self.load_gas();
        let Outside { signature, stride, place } = outside;
        // One more than the place is: whoever goes on does so by a one.
        let one = self.b.ins().uextend(WORD, goes_on);
        let place = self.after(*place, one);
        let mut results = Vec::new();
        for (position, ty) in signature.results.iter().enumerate() {
            let position = (signature.params.len() + position) as i32;
            let offset = position * i32::from(*stride) * 8 - 1;
            let (part, count) = abi::part(*ty);
            for limb in 0..count as i32 {
                let clif = clif_type(part)?;
                results.push(self.b.ins().load(clif, self.flags.stack, place, offset + limb * 8));
            }
        }
        Ok(results)
    }

    pub(super) fn act(
        &mut self,
        (act, on): (Act, [u32; 2]),
        args: List,
        first: Value,
    ) -> Result<(), NoCode> {
        let args = self.read_list(self.func.list(args), act.params())?;
        if self.bulk(act, on, &args) {
            return Ok(());
        }
        // Room for three numbers, whatever the act takes.
        let place = self.operand_room(3);
        for (position, (arg, ty)) in args.iter().zip(act.params()).enumerate() {
            store(self.b, self.flags.stack, (*ty, *arg), (place, position as i32 * 8));
        }
        let context = self.context_arg();
        let number = self.b.ins().iconst(WORD, act as i64);
        let on = self.b.ins().iconst(WORD, i64::from(on[0]) | i64::from(on[1]) << 32);
        let trap = self.helper(Helpers::ACT, &[context, number, on, place], Some(WORD));
        let trap = trap.expect("the helper has a result");
        self.trap_number(trap);
        if !act.results().is_empty() {
            // Zero, since there is none.
            let place = self.after(place, trap);
            let result = self.b.ins().load(WORD, self.flags.stack, place, 0);
            self.define(first, result);
        }
        Ok(())
    }

    /// Leaves when the number that a helper returned is a trap's.
    pub(super) fn trap_number(&mut self, number: ir::Value) {
        let (trap, next) = (self.b.create_block(), self.b.create_block());
        self.b.set_cold_block(trap);
        self.b.ins().brif(number, trap, &[], next, &[]);
        self.b.seal_block(trap);
        self.b.seal_block(next);
        self.b.switch_to_block(trap);
        self.store_gas();
        let context = self.context_arg();
        self.helper(Helpers::TRAP, &[context, number], None);
        let leave = self.leave_block();
        self.b.ins().jump(leave, &[]);
        self.b.switch_to_block(next);
    }

    /// Computes any operation by its meaning.
    pub(super) fn evaluate(
        &mut self,
        selector: u64,
        args: &[(ir::Value, Type)],
        (to, is_checked): (Type, bool),
    ) -> Result<ir::Value, NoCode> {
        let place = self.operand_room(3 * EVALUATE_SLOTS);
        for (position, (arg, ty)) in args.iter().enumerate() {
            let offset = (position as u32 * EVALUATE_SLOTS * 8) as i32;
            store(self.b, self.flags.stack, (*ty, *arg), (place, offset));
        }
        let selector = self.b.ins().iconst(WORD, selector as i64);
        let trap = self.helper(Helpers::EVALUATE, &[selector, place], Some(WORD));
        let trap = trap.expect("the helper has a result");
        if is_checked {
            self.trap_number(trap);
        }
        let place = self.after(place, trap);
        Ok(self.b.ins().load(clif_type(to)?, self.flags.stack, place, 0))
    }
}
