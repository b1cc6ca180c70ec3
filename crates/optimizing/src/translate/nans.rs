//! Floats made canonical where their bits become visible: what `nan` decides is written here.
//!
//! Whether a float is a NaN its bits tell, as an integer, and a branch that is never taken: processors have few places where
//! operations on floats wait for their operands, a comparison takes several, and what comes later has to wait. A store does
//! not wait either: what it stored is replaced where it was a NaN.
//!
//! Invariant: nothing happens between a store and the second one that takes its place, so nobody sees the first.

use cranelift_codegen::ir::{
    self, InstBuilder, MemFlagsData,
    condcodes::IntCC,
    immediates::{Ieee32, Ieee64},
    types,
};
use lockstep_base::Index;
use lockstep_ir::{Block, Edge, Operand, Type, Var};
use lockstep_rt::native::NoCode;

use super::{Place, Target, Translation};
use crate::{nan::Nan, slot::LITTLE};

/// The bits of the canonical NaNs.
pub(super) const NAN_32: u32 = 0x7fc0_0000;
pub(super) const NAN_64: u64 = 0x7ff8_0000_0000_0000;

impl Translation<'_, '_, '_> {
    /// Whether the operand stands for the canonical NaN where it is a NaN.
    pub(super) fn is_pending(&self, operand: Operand, ty: Type) -> bool {
        ty.is_float() && self.nans.operand(self.func, operand, ty) == Nan::Pending
    }

    /// The float, or the canonical NaN when it is a NaN.
    pub(super) fn canonical(&mut self, value: ir::Value, ty: Type) -> ir::Value {
        let next = self.b.create_block();
        let canonical = self.b.append_block_param(next, self.b.func.dfg.value_type(value));
        self.unless_nan((ty, value), (next, &[value.into()]));
        let nan = self.nan(ty);
        self.b.ins().jump(next, &[nan.into()]);
        self.b.seal_block(next);
        self.b.switch_to_block(next);
        canonical
    }

    /// Stores the float, or the canonical NaN when it is a NaN. Where it is none, nothing waits for the comparison.
    pub(super) fn store_canonical(
        &mut self,
        (ty, value): (Type, ir::Value),
        flags: MemFlagsData,
        (addr, offset): (ir::Value, i32),
    ) {
        self.b.ins().store(flags, value, addr, offset);
        let next = self.b.create_block();
        self.unless_nan((ty, value), (next, &[]));
        let nan = self.nan(ty);
        self.b.ins().store(self.flags.heap, nan, addr, offset);
        self.b.ins().jump(next, &[]);
        self.b.seal_block(next);
        self.b.switch_to_block(next);
    }

    /// Goes to `next` unless the float is a NaN; else on in a cold block.
    fn unless_nan(
        &mut self,
        (ty, value): (Type, ir::Value),
        (next, args): (ir::Block, &[ir::BlockArg]),
    ) {
        // Without its sign, what is more than infinity.
        let (as_int, infinity) = match ty {
            Type::F32 => (types::I32, i64::from(f32::INFINITY.to_bits() << 1)),
            _ => (types::I64, (f64::INFINITY.to_bits() << 1) as i64),
        };
        let bits = self.b.ins().bitcast(as_int, LITTLE, value);
        let bits = self.b.ins().iadd(bits, bits);
        let infinity = self.b.ins().iconst(as_int, infinity);
        let is_nan = self.b.ins().icmp(IntCC::UnsignedGreaterThan, bits, infinity);
        let cold = self.b.create_block();
        self.b.set_cold_block(cold);
        self.b.ins().brif(is_nan, cold, &[], next, args);
        self.b.seal_block(cold);
        self.b.switch_to_block(cold);
    }

    fn nan(&mut self, ty: Type) -> ir::Value {
        match ty {
            Type::F32 => self.b.ins().f32const(Ieee32::with_bits(NAN_32)),
            _ => self.b.ins().f64const(Ieee64::with_bits(NAN_64)),
        }
    }

    /// The variable is from here on what its float was made.
    pub(super) fn set_canonical(&mut self, var: Var, canonical: ir::Value) {
        if let Place::One(place) = self.vars[var.position()] {
            self.b.def_var(place, canonical);
            self.nans.var_is_canonical(var);
        }
    }

    /// Makes variables canonical that somebody at `to` takes for exact.
    pub(super) fn canonical_on_the_way(&mut self, to: Block) -> Result<(), NoCode> {
        let waiting: Vec<Var> = self.nans.waiting(to).collect();
        for var in waiting {
            self.exact(var.into(), self.func.vars[var].ty)?;
        }
        Ok(())
    }

    /// Where a branch goes that is to end at `target`: to a block of the edge's own where something is done on the way.
    pub(super) fn way(&mut self, edge: Edge, target: Target) -> Target {
        match edge {
            Edge::Goto(to) if self.nans.waiting(to).next().is_some() => {
                Target(self.b.create_block(), false)
            }
            _ => target,
        }
    }

    /// Does it, and goes on to `target`.
    pub(super) fn on_the_way(
        &mut self,
        edge: Edge,
        way: Target,
        target: Target,
    ) -> Result<(), NoCode> {
        let Edge::Goto(to) = edge else { return Ok(()) };
        if way.0 == target.0 {
            return Ok(());
        }
        self.b.seal_block(way.0);
        self.b.switch_to_block(way.0);
        self.nans.try_out();
        self.canonical_on_the_way(to)?;
        self.nans.take_back();
        self.jump(target);
        Ok(())
    }
}
