//! Numeric instructions: one row each.

use lockstep_ir::{Op, Operand, Type};
use wasmparser::Operator;

use super::{Lower, decode::Taking};
use crate::wasm::schedule::Class;

/// What a numeric instruction comes to.
#[derive(Clone, Copy)]
pub(super) enum Row {
    /// `(T) -> T`.
    Unary(Op, Type, Class),
    /// `(T, T) -> T`.
    Binary(Op, Type, Class),
    /// `(T, T) -> i32`, a truth value.
    Compare(Op, Type, Class),
    /// `(T) -> i32`: whether it is zero.
    IsZero(Type),
    /// `(T) -> U`.
    Convert(Op, Type, Type, Class),
    /// `(T) -> T`: the low bits, which are a U, with their sign in all higher ones.
    SignExtend(Type, Type),
}

impl Row {
    /// What the instruction takes and yields.
    pub(super) const fn taking(self) -> Taking {
        match self {
            Self::Unary(_, ty, _) | Self::SignExtend(_, ty) => Taking::One(ty, ty),
            Self::Binary(_, ty, _) => Taking::Two(ty, ty),
            Self::Compare(_, ty, _) => Taking::Two(ty, Type::I32),
            Self::IsZero(ty) => Taking::One(ty, Type::I32),
            Self::Convert(_, ty, to, _) => Taking::One(ty, to),
        }
    }
}

macro_rules! rows {
    ($([$class:ident] { $($operator:ident = $kind:ident $op:ident $ty:ident $($to:ident)?;)* })*
     zero { $($zero:ident = $zero_ty:ident;)* }
     sign { $($sign:ident = $low:ident $high:ident;)* }) => {
        /// The row of a numeric instruction.
        pub(super) fn row(operator: &Operator<'_>) -> Option<Row> {
            Some(match operator {
                $($(Operator::$operator =>
                    Row::$kind(Op::$op, Type::$ty, $(Type::$to,)? Class::$class),)*)*
                $(Operator::$zero => Row::IsZero(Type::$zero_ty),)*
                $(Operator::$sign => Row::SignExtend(Type::$low, Type::$high),)*
                _ => return None,
            })
        }
    };
}

rows! {
    [Integer] {
        I32Clz = Unary Clz I32;
        I32Ctz = Unary Ctz I32;
        I32Popcnt = Unary Popcnt I32;
        I32Add = Binary Iadd I32;
        I32Sub = Binary Isub I32;
        I32Mul = Binary Imul I32;
        I32And = Binary Band I32;
        I32Or = Binary Bor I32;
        I32Xor = Binary Bxor I32;
        I32Shl = Binary Ishl I32;
        I32ShrS = Binary Sshr I32;
        I32ShrU = Binary Ushr I32;
        I32Rotl = Binary Rotl I32;
        I32Rotr = Binary Rotr I32;
        I32Eq = Compare Ieq I32;
        I32Ne = Compare Ine I32;
        I32LtS = Compare Islt I32;
        I32LtU = Compare Iult I32;
        I32GtS = Compare Isgt I32;
        I32GtU = Compare Iugt I32;
        I32LeS = Compare Isle I32;
        I32LeU = Compare Iule I32;
        I32GeS = Compare Isge I32;
        I32GeU = Compare Iuge I32;
        I64Clz = Unary Clz I64;
        I64Ctz = Unary Ctz I64;
        I64Popcnt = Unary Popcnt I64;
        I64Add = Binary Iadd I64;
        I64Sub = Binary Isub I64;
        I64Mul = Binary Imul I64;
        I64And = Binary Band I64;
        I64Or = Binary Bor I64;
        I64Xor = Binary Bxor I64;
        I64Shl = Binary Ishl I64;
        I64ShrS = Binary Sshr I64;
        I64ShrU = Binary Ushr I64;
        I64Rotl = Binary Rotl I64;
        I64Rotr = Binary Rotr I64;
        I64Eq = Compare Ieq I64;
        I64Ne = Compare Ine I64;
        I64LtS = Compare Islt I64;
        I64LtU = Compare Iult I64;
        I64GtS = Compare Isgt I64;
        I64GtU = Compare Iugt I64;
        I64LeS = Compare Isle I64;
        I64LeU = Compare Iule I64;
        I64GeS = Compare Isge I64;
        I64GeU = Compare Iuge I64;
        I32WrapI64 = Convert Ireduce I64 I32;
        I64ExtendI32S = Convert Sextend I32 I64;
        I64ExtendI32U = Convert Uextend I32 I64;
        I32ReinterpretF32 = Convert Bitcast F32 I32;
        I64ReinterpretF64 = Convert Bitcast F64 I64;
        F32ReinterpretI32 = Convert Bitcast I32 F32;
        F64ReinterpretI64 = Convert Bitcast I64 F64;
    }
    [Divide] {
        I32DivS = Binary SdivChecked I32;
        I32DivU = Binary UdivChecked I32;
        I32RemS = Binary SremChecked I32;
        I32RemU = Binary UremChecked I32;
        I64DivS = Binary SdivChecked I64;
        I64DivU = Binary UdivChecked I64;
        I64RemS = Binary SremChecked I64;
        I64RemU = Binary UremChecked I64;
    }
    [Float] {
        F32Abs = Unary Fabs F32;
        F32Neg = Unary Fneg F32;
        F32Ceil = Unary Fceil F32;
        F32Floor = Unary Ffloor F32;
        F32Trunc = Unary Ftrunc F32;
        F32Nearest = Unary Fnearest F32;
        F32Sqrt = Unary Fsqrt F32;
        F32Add = Binary Fadd F32;
        F32Sub = Binary Fsub F32;
        F32Mul = Binary Fmul F32;
        F32Div = Binary Fdiv F32;
        F32Min = Binary Fmin F32;
        F32Max = Binary Fmax F32;
        F32Copysign = Binary Fcopysign F32;
        F32Eq = Compare Feq F32;
        F32Ne = Compare Fne F32;
        F32Lt = Compare Flt F32;
        F32Gt = Compare Fgt F32;
        F32Le = Compare Fle F32;
        F32Ge = Compare Fge F32;
        F64Abs = Unary Fabs F64;
        F64Neg = Unary Fneg F64;
        F64Ceil = Unary Fceil F64;
        F64Floor = Unary Ffloor F64;
        F64Trunc = Unary Ftrunc F64;
        F64Nearest = Unary Fnearest F64;
        F64Sqrt = Unary Fsqrt F64;
        F64Add = Binary Fadd F64;
        F64Sub = Binary Fsub F64;
        F64Mul = Binary Fmul F64;
        F64Div = Binary Fdiv F64;
        F64Min = Binary Fmin F64;
        F64Max = Binary Fmax F64;
        F64Copysign = Binary Fcopysign F64;
        F64Eq = Compare Feq F64;
        F64Ne = Compare Fne F64;
        F64Lt = Compare Flt F64;
        F64Gt = Compare Fgt F64;
        F64Le = Compare Fle F64;
        F64Ge = Compare Fge F64;
        I32TruncF32S = Convert FcvtToSint F32 I32;
        I32TruncF32U = Convert FcvtToUint F32 I32;
        I32TruncF64S = Convert FcvtToSint F64 I32;
        I32TruncF64U = Convert FcvtToUint F64 I32;
        I64TruncF32S = Convert FcvtToSint F32 I64;
        I64TruncF32U = Convert FcvtToUint F32 I64;
        I64TruncF64S = Convert FcvtToSint F64 I64;
        I64TruncF64U = Convert FcvtToUint F64 I64;
        I32TruncSatF32S = Convert FcvtToSintSat F32 I32;
        I32TruncSatF32U = Convert FcvtToUintSat F32 I32;
        I32TruncSatF64S = Convert FcvtToSintSat F64 I32;
        I32TruncSatF64U = Convert FcvtToUintSat F64 I32;
        I64TruncSatF32S = Convert FcvtToSintSat F32 I64;
        I64TruncSatF32U = Convert FcvtToUintSat F32 I64;
        I64TruncSatF64S = Convert FcvtToSintSat F64 I64;
        I64TruncSatF64U = Convert FcvtToUintSat F64 I64;
        F32ConvertI32S = Convert FcvtFromSint I32 F32;
        F32ConvertI32U = Convert FcvtFromUint I32 F32;
        F32ConvertI64S = Convert FcvtFromSint I64 F32;
        F32ConvertI64U = Convert FcvtFromUint I64 F32;
        F64ConvertI32S = Convert FcvtFromSint I32 F64;
        F64ConvertI32U = Convert FcvtFromUint I32 F64;
        F64ConvertI64S = Convert FcvtFromSint I64 F64;
        F64ConvertI64U = Convert FcvtFromUint I64 F64;
        F32DemoteF64 = Convert Fdemote F64 F32;
        F64PromoteF32 = Convert Fpromote F32 F64;
    }
    zero {
        I32Eqz = I32;
        I64Eqz = I64;
    }
    sign {
        I32Extend8S = I8 I32;
        I32Extend16S = I16 I32;
        I64Extend8S = I8 I64;
        I64Extend16S = I16 I64;
        I64Extend32S = I32 I64;
    }
}

impl Lower<'_, '_> {
    pub(super) fn numeric(&mut self, row: Row) {
        match row {
            Row::Unary(op, ty, class) => {
                self.pay(class);
                let a = self.pop();
                let result = self.b.convert(op, ty, ty, a);
                self.push(result, ty);
            }
            Row::Binary(op, ty, class) => {
                self.pay(class);
                let operands = self.pop_numbers();
                let result = self.b.binary(op, ty, ty, operands);
                self.push(result, ty);
            }
            Row::Compare(op, ty, class) => {
                self.pay(class);
                let operands = self.pop_numbers();
                let truth = self.b.binary(op, ty, Type::I8, operands);
                self.push_truth(truth);
            }
            Row::IsZero(ty) => {
                self.pay(Class::Integer);
                self.is_zero(ty);
            }
            Row::Convert(op, ty, to, class) => {
                self.pay(class);
                let (a, ty) = match op {
                    Op::Uextend => self.pop_unsigned(ty),
                    _ => (self.pop(), ty),
                };
                let result = self.b.convert(op, ty, to, a);
                self.push(result, to);
            }
            Row::SignExtend(low, ty) => {
                self.pay(Class::Integer);
                let a = self.pop();
                let narrow = self.b.convert(Op::Ireduce, ty, low, a);
                let wide = self.b.convert(Op::Sextend, low, ty, narrow);
                self.push(wide, ty);
            }
        }
    }

    /// The two highest operands, the lower first.
    pub(super) fn pop_two(&mut self, class: Class) -> [Operand; 2] {
        self.pay(class);
        let b = self.pop();
        let a = self.pop();
        [a, b]
    }

    /// Lowers an instruction of wide arithmetic; false when it is none.
    pub(super) fn wide(&mut self, operator: &Operator<'_>) -> bool {
        match operator {
            Operator::I64Add128 => self.wide_sum(Op::Iadd),
            Operator::I64Sub128 => self.wide_sum(Op::Isub),
            Operator::I64MulWideS => self.wide_product(Op::Smulhi),
            Operator::I64MulWideU => self.wide_product(Op::Umulhi),
            _ => return false,
        }
        true
    }

    fn wide_sum(&mut self, op: Op) {
        let [b_low, b_high] = self.pop_two(Class::Integer);
        let [a_high, a_low] = [self.pop(), self.pop()];
        let low = self.b.op(op, Type::I64, &[a_low, b_low]);
        // A sum carries when it is below its part, a difference borrows when what is taken is more.
        let carries = match op {
            Op::Iadd => self.b.op(Op::Iult, Type::I64, &[low, a_low]),
            _ => self.b.op(Op::Iult, Type::I64, &[a_low, b_low]),
        };
        let carry = self.b.convert(Op::Uextend, Type::I8, Type::I64, carries);
        let high = self.b.op(op, Type::I64, &[a_high, b_high]);
        let high = self.b.op(op, Type::I64, &[high, carry]);
        self.push(low, Type::I64);
        self.push(high, Type::I64);
    }

    fn wide_product(&mut self, high: Op) {
        let [a, b] = self.pop_two(Class::Integer);
        let low = self.b.op(Op::Imul, Type::I64, &[a, b]);
        let high = self.b.op(high, Type::I64, &[a, b]);
        self.push(low, Type::I64);
        self.push(high, Type::I64);
    }
}
