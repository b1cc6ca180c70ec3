//! Vector instructions.
//!
//! Relaxed instructions have one result each, whatever the machine (Wasm 3.0 leaves a choice): fused products are
//! rounded twice, lanes are selected bit by bit, dot products saturate; the others are their strict counterparts.

use lockstep_ir::{Op, Operand, Type};
use wasmparser::{MemArg, Operator};

use super::{
    Lower,
    vector_rows::{Kind, Row, row},
};
use crate::wasm::schedule::Class;

/// What a load makes of what lies in memory.
enum Fill {
    /// Each lane widened to twice its bits by this operation.
    Extend(Op),
    /// The same in every lane.
    Splat,
    /// The lowest lane, the others zero.
    Zero,
}

impl Lower<'_, '_> {
    /// Lowers a vector instruction; false when it is none.
    pub(super) fn vectors(&mut self, operator: &Operator<'_>) -> bool {
        if let Some(row) = row(operator) {
            self.vector_row(row);
            return true;
        }
        self.vector_access(operator) || self.lanes(operator) || self.composed(operator)
    }

    fn vector_row(&mut self, Row { kind, op, ty }: Row) {
        self.pay(Class::Vector);
        match kind {
            Kind::Unary => {
                let a = self.pop();
                self.push_vector(op, ty, &[a]);
            }
            Kind::Binary | Kind::Shift => {
                let b = self.pop();
                let a = self.pop();
                self.push_vector(op, ty, &[a, b]);
            }
            Kind::Test => {
                let a = self.pop();
                let truth = self.b.op(op, ty, &[a]);
                self.push_truth(truth);
            }
            Kind::Mask => {
                let a = self.pop();
                let mask = self.b.op(op, ty, &[a]);
                self.push(mask, Type::I32);
            }
            Kind::Splat => {
                let lane = self.pop_lane(ty);
                self.push_vector(op, ty, &[lane]);
            }
        }
    }

    fn push_vector(&mut self, op: Op, ty: Type, args: &[Operand]) {
        let vector = self.b.op(op, ty, args);
        self.push(vector, Type::V128);
    }

    /// The highest operand as a lane of type `ty`.
    fn pop_lane(&mut self, ty: Type) -> Operand {
        let operand = self.pop();
        match ty {
            Type::I8 | Type::I16 => self.b.convert(Op::Ireduce, Type::I32, ty, operand),
            _ => operand,
        }
    }

    fn vector_access(&mut self, operator: &Operator<'_>) -> bool {
        use Fill::{Extend, Splat, Zero};
        use Operator as O;
        let (signed, unsigned) = (Extend(Op::VsextendLow), Extend(Op::VuextendLow));
        match operator {
            O::V128Load8x8S { memarg } => self.vector_load(memarg, Type::I8, signed),
            O::V128Load8x8U { memarg } => self.vector_load(memarg, Type::I8, unsigned),
            O::V128Load16x4S { memarg } => self.vector_load(memarg, Type::I16, signed),
            O::V128Load16x4U { memarg } => self.vector_load(memarg, Type::I16, unsigned),
            O::V128Load32x2S { memarg } => self.vector_load(memarg, Type::I32, signed),
            O::V128Load32x2U { memarg } => self.vector_load(memarg, Type::I32, unsigned),
            O::V128Load8Splat { memarg } => self.vector_load(memarg, Type::I8, Splat),
            O::V128Load16Splat { memarg } => self.vector_load(memarg, Type::I16, Splat),
            O::V128Load32Splat { memarg } => self.vector_load(memarg, Type::I32, Splat),
            O::V128Load64Splat { memarg } => self.vector_load(memarg, Type::I64, Splat),
            O::V128Load32Zero { memarg } => self.vector_load(memarg, Type::I32, Zero),
            O::V128Load64Zero { memarg } => self.vector_load(memarg, Type::I64, Zero),
            O::V128Load8Lane { memarg, lane } => self.load_lane(memarg, Type::I8, *lane),
            O::V128Load16Lane { memarg, lane } => self.load_lane(memarg, Type::I16, *lane),
            O::V128Load32Lane { memarg, lane } => self.load_lane(memarg, Type::I32, *lane),
            O::V128Load64Lane { memarg, lane } => self.load_lane(memarg, Type::I64, *lane),
            O::V128Store8Lane { memarg, lane } => self.store_lane(memarg, Type::I8, *lane),
            O::V128Store16Lane { memarg, lane } => self.store_lane(memarg, Type::I16, *lane),
            O::V128Store32Lane { memarg, lane } => self.store_lane(memarg, Type::I32, *lane),
            O::V128Store64Lane { memarg, lane } => self.store_lane(memarg, Type::I64, *lane),
            _ => return false,
        }
        true
    }

    fn vector_load(&mut self, memarg: &MemArg, ty: Type, fill: Fill) {
        self.pay(Class::Access);
        // What is widened is eight bytes, whatever the lanes.
        let loaded = if matches!(fill, Fill::Extend(_)) { Type::I64 } else { ty };
        let place = self.place(memarg, loaded);
        let bits = self.load_at(place, loaded);
        match fill {
            Fill::Splat => self.push_vector(Op::Vsplat, ty, &[bits]),
            Fill::Zero => {
                self.push_vector(Op::Vreplace, ty, &[Operand::ZERO, Operand::ZERO, bits]);
            }
            Fill::Extend(op) => {
                let low = self.b.op(Op::Vsplat, Type::I64, &[bits]);
                self.push_vector(op, ty, &[low]);
            }
        }
    }

    fn load_lane(&mut self, memarg: &MemArg, ty: Type, lane: u8) {
        self.pay(Class::Access);
        let vector = self.pop();
        let place = self.place(memarg, ty);
        let value = self.load_at(place, ty);
        self.push_vector(Op::Vreplace, ty, &[vector, Operand::imm(u32::from(lane)), value]);
    }

    fn store_lane(&mut self, memarg: &MemArg, ty: Type, lane: u8) {
        self.pay(Class::Access);
        let vector = self.pop();
        let place = self.place(memarg, ty);
        let value = self.b.op(Op::Vextract, ty, &[vector, Operand::imm(u32::from(lane))]);
        self.store_at(place, ty, value);
    }

    fn lanes(&mut self, operator: &Operator<'_>) -> bool {
        use Operator as O;
        match *operator {
            O::I8x16ExtractLaneS { lane } => self.extract(Type::I8, lane, Op::Sextend),
            O::I8x16ExtractLaneU { lane } => self.extract(Type::I8, lane, Op::Uextend),
            O::I16x8ExtractLaneS { lane } => self.extract(Type::I16, lane, Op::Sextend),
            O::I16x8ExtractLaneU { lane } => self.extract(Type::I16, lane, Op::Uextend),
            O::I32x4ExtractLane { lane } => self.extract(Type::I32, lane, Op::Uextend),
            O::I64x2ExtractLane { lane } => self.extract(Type::I64, lane, Op::Uextend),
            O::F32x4ExtractLane { lane } => self.extract(Type::F32, lane, Op::Uextend),
            O::F64x2ExtractLane { lane } => self.extract(Type::F64, lane, Op::Uextend),
            O::I8x16ReplaceLane { lane } => self.replace(Type::I8, lane),
            O::I16x8ReplaceLane { lane } => self.replace(Type::I16, lane),
            O::I32x4ReplaceLane { lane } => self.replace(Type::I32, lane),
            O::I64x2ReplaceLane { lane } => self.replace(Type::I64, lane),
            O::F32x4ReplaceLane { lane } => self.replace(Type::F32, lane),
            O::F64x2ReplaceLane { lane } => self.replace(Type::F64, lane),
            _ => return false,
        }
        true
    }

    /// A lane, widened to i32 where it is narrower.
    fn extract(&mut self, ty: Type, lane: u8, widen: Op) {
        self.pay(Class::Vector);
        let vector = self.pop();
        let value = self.b.op(Op::Vextract, ty, &[vector, Operand::imm(u32::from(lane))]);
        match ty {
            Type::I8 | Type::I16 => {
                let wide = self.b.convert(widen, ty, Type::I32, value);
                self.push(wide, Type::I32);
            }
            _ => self.push(value, ty),
        }
    }

    fn replace(&mut self, ty: Type, lane: u8) {
        self.pay(Class::Vector);
        let value = self.pop_lane(ty);
        let vector = self.pop();
        self.push_vector(Op::Vreplace, ty, &[vector, Operand::imm(u32::from(lane)), value]);
    }

    /// Instructions with constants of their own, and those that take three vectors.
    fn composed(&mut self, operator: &Operator<'_>) -> bool {
        use Operator as O;
        match operator {
            O::V128Const { value } => {
                self.pay(Class::Constant);
                let constant = self.vector_constant(value.bytes());
                self.push(constant, Type::V128);
            }
            O::I8x16Shuffle { lanes } => {
                let [a, b] = self.pop_two(Class::Vector);
                let lanes = self.vector_constant(lanes);
                self.push_vector(Op::Vshuffle, Type::V128, &[a, b, lanes]);
            }
            O::V128Bitselect
            | O::I8x16RelaxedLaneselect
            | O::I16x8RelaxedLaneselect
            | O::I32x4RelaxedLaneselect
            | O::I64x2RelaxedLaneselect => {
                let [b, mask] = self.pop_two(Class::Vector);
                let a = self.pop();
                self.push_vector(Op::Vbitselect, Type::V128, &[mask, a, b]);
            }
            O::F32x4RelaxedMadd => self.multiply_add(Type::F32, false),
            O::F32x4RelaxedNmadd => self.multiply_add(Type::F32, true),
            O::F64x2RelaxedMadd => self.multiply_add(Type::F64, false),
            O::F64x2RelaxedNmadd => self.multiply_add(Type::F64, true),
            O::I32x4RelaxedDotI8x16I7x16AddS => {
                let [b, sum] = self.pop_two(Class::Vector);
                let a = self.pop();
                let products = self.b.op(Op::VsdotSat, Type::I8, &[a, b]);
                let pairs = self.b.op(Op::VsaddPairs, Type::I16, &[products]);
                self.push_vector(Op::Viadd, Type::I32, &[pairs, sum]);
            }
            _ => return false,
        }
        true
    }

    fn vector_constant(&mut self, bytes: &[u8; 16]) -> Operand {
        let bits = u128::from_le_bytes(*bytes);
        let limbs = [bits as u64, (bits >> 64) as u64, 0, 0, 0, 0, 0, 0];
        self.b.constant_bits(&limbs, Type::V128)
    }

    /// `a * b + c`, or `c - a * b`.
    fn multiply_add(&mut self, ty: Type, is_negated: bool) {
        let [b, c] = self.pop_two(Class::Vector);
        let a = self.pop();
        let product = self.b.op(Op::Vfmul, ty, &[a, b]);
        let op = if is_negated { Op::Vfsub } else { Op::Vfadd };
        self.push_vector(op, ty, &[c, product]);
    }
}
