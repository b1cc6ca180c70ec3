//! Operands: values, variables, constants; and bits made visible.

use cranelift_codegen::ir::{
    self, ConstantData, InstBuilder,
    condcodes::FloatCC,
    immediates::{Ieee32, Ieee64},
    types,
};
use lockstep_base::Index;
use lockstep_ir::{Operand, Source, Type, Value};
use lockstep_rt::native::NoCode;

use super::{
    Place, Translation,
    nans::{NAN_32, NAN_64},
};
use crate::slot::LITTLE;

impl Translation<'_, '_, '_> {
    pub(super) fn define(&mut self, value: Value, clif: ir::Value) {
        self.values[value.position()] = Some(clif);
    }

    /// The operand, a NaN of which may not be the canonical one yet.
    pub(super) fn raw(&mut self, operand: Operand, ty: Type) -> Result<ir::Value, NoCode> {
        match operand.source() {
            // The verifier found the definition: without a value here it is a word's.
            Source::Value(value) => {
                self.values[value.position()].ok_or(NoCode("a word where another type is"))
            }
            Source::Var(var) => match self.vars[var.position()] {
                Place::One(place) => Ok(match self.constant[var.position()] {
                    Some(param) => param,
                    None => self.b.use_var(place),
                }),
                _ => Err(NoCode("a word where another type is")),
            },
            Source::Const(_) | Source::Imm(_) => {
                let limbs =
                    self.func.const_limbs(operand, ty).expect("the verifier found the pool");
                self.constant(ty, [limbs[0], limbs[1]])
            }
        }
    }

    /// The operand with its very bits.
    pub(super) fn exact(&mut self, operand: Operand, ty: Type) -> Result<ir::Value, NoCode> {
        let value = self.raw(operand, ty)?;
        if !self.is_pending(operand, ty) {
            return Ok(value);
        }
        let canonical = self.canonical(value, ty);
        // A twin does not lead to what follows it.
        if !self.span.is_twin {
            match operand.source() {
                Source::Value(value) => {
                    self.define(value, canonical);
                    self.nans.value_is_canonical(value);
                }
                Source::Var(var) => self.set_canonical(var, canonical),
                Source::Const(_) | Source::Imm(_) => {}
            }
        }
        Ok(canonical)
    }

    /// The vector of floats, each NaN the canonical one.
    pub(super) fn canonical_lanes(&mut self, value: ir::Value, lane: Type) -> ir::Value {
        let bits = match lane {
            Type::F32 => NAN_32.to_le_bytes().repeat(4),
            _ => NAN_64.to_le_bytes().repeat(2),
        };
        let ty = self.b.func.dfg.value_type(value);
        let nan = self.vector_constant(&bits);
        let nan = self.as_lanes(nan, ty);
        let is_nan = self.b.ins().fcmp(FloatCC::Unordered, value, value);
        let is_nan = self.as_lanes(is_nan, ty);
        self.b.ins().bitselect(is_nan, nan, value)
    }

    /// The vector with other lanes, its bytes where they are.
    pub(super) fn as_lanes(&mut self, value: ir::Value, ty: ir::Type) -> ir::Value {
        if self.b.func.dfg.value_type(value) == ty {
            return value;
        }
        self.b.ins().bitcast(ty, LITTLE, value)
    }

    fn vector_constant(&mut self, bytes: &[u8]) -> ir::Value {
        let constant = self.b.func.dfg.constants.insert(ConstantData::from(bytes));
        self.b.ins().vconst(types::I8X16, constant)
    }

    pub(super) fn zero(&mut self, ty: Type) -> Result<ir::Value, NoCode> {
        self.constant(ty, [0; 2])
    }

    pub(super) fn constant(&mut self, ty: Type, limbs: [u64; 2]) -> Result<ir::Value, NoCode> {
        let clif = crate::abi::clif_type(ty)?;
        Ok(match ty {
            Type::F32 => self.b.ins().f32const(Ieee32::with_bits(limbs[0] as u32)),
            Type::F64 => self.b.ins().f64const(Ieee64::with_bits(limbs[0])),
            Type::V128 => {
                let bytes = [limbs[0].to_le_bytes(), limbs[1].to_le_bytes()].concat();
                self.vector_constant(&bytes)
            }
            Type::I128 => {
                let [low, high] = limbs.map(|limb| self.b.ins().iconst(types::I64, limb as i64));
                self.b.ins().iconcat(low, high)
            }
            _ => self.b.ins().iconst(clif, limbs[0] as i64),
        })
    }

    /// Whether the operand is known to fit 32 bits.
    pub(super) fn is_narrow(&self, operand: Operand) -> bool {
        match operand.source() {
            Source::Value(value) => self.narrow[value.position()],
            Source::Var(_) => false,
            Source::Const(_) | Source::Imm(_) => self
                .func
                .const_limbs(operand, Type::I64)
                .is_some_and(|limbs| limbs[0] <= u64::from(u32::MAX)),
        }
    }

    /// The operand, if it is a constant of one limb.
    pub(super) fn known(&self, operand: Operand, ty: Type) -> Option<u64> {
        self.func.const_limbs(operand, ty).map(|limbs| limbs[0])
    }
}
