//! Vector instructions that are one operation: one row each.
//!
//! Relaxed instructions stand here with the one result that they have in this engine: that of the strict instruction, where
//! there is one.

use lockstep_ir::{Op, Type};
use wasmparser::Operator;

/// What the instruction takes and yields.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// `(v128) -> v128`.
    Unary,
    /// `(v128, v128) -> v128`.
    Binary,
    /// `(v128, i32) -> v128`.
    Shift,
    /// `(v128) -> i32`, a truth value.
    Test,
    /// `(v128) -> i32`.
    Mask,
    /// `(T) -> v128`; the low bits where lanes are narrower than i32.
    Splat,
}

/// A vector instruction: the operation and the type of the lanes it is at.
#[derive(Clone, Copy)]
pub(super) struct Row {
    pub(super) kind: Kind,
    pub(super) op: Op,
    pub(super) ty: Type,
}

macro_rules! rows {
    ($($operator:ident = $kind:ident $op:ident $ty:ident;)*) => {
        /// The row of a vector instruction that is one operation.
        pub(super) fn row(operator: &Operator<'_>) -> Option<Row> {
            Some(match operator {
                $(Operator::$operator =>
                    Row { kind: Kind::$kind, op: Op::$op, ty: Type::$ty },)*
                _ => return None,
            })
        }
    };
}

rows! {
    I8x16Eq = Binary Vieq I8;
    I8x16Ne = Binary Vine I8;
    I8x16LtS = Binary Vislt I8;
    I8x16LtU = Binary Viult I8;
    I8x16GtS = Binary Visgt I8;
    I8x16GtU = Binary Viugt I8;
    I8x16LeS = Binary Visle I8;
    I8x16LeU = Binary Viule I8;
    I8x16GeS = Binary Visge I8;
    I8x16GeU = Binary Viuge I8;
    I8x16Add = Binary Viadd I8;
    I8x16Sub = Binary Visub I8;
    I8x16AddSatS = Binary VsaddSat I8;
    I8x16AddSatU = Binary VuaddSat I8;
    I8x16SubSatS = Binary VssubSat I8;
    I8x16SubSatU = Binary VusubSat I8;
    I8x16AvgrU = Binary Vuavg I8;
    I8x16MinS = Binary Vsmin I8;
    I8x16MinU = Binary Vumin I8;
    I8x16MaxS = Binary Vsmax I8;
    I8x16MaxU = Binary Vumax I8;
    I8x16Abs = Unary Viabs I8;
    I8x16Neg = Unary Vineg I8;
    I8x16Popcnt = Unary Vpopcnt I8;
    I8x16AllTrue = Test VallTrue I8;
    I8x16Bitmask = Mask Vbitmask I8;
    I8x16Shl = Shift Vishl I8;
    I8x16ShrS = Shift Vsshr I8;
    I8x16ShrU = Shift Vushr I8;
    I8x16Splat = Splat Vsplat I8;
    I16x8Eq = Binary Vieq I16;
    I16x8Ne = Binary Vine I16;
    I16x8LtS = Binary Vislt I16;
    I16x8LtU = Binary Viult I16;
    I16x8GtS = Binary Visgt I16;
    I16x8GtU = Binary Viugt I16;
    I16x8LeS = Binary Visle I16;
    I16x8LeU = Binary Viule I16;
    I16x8GeS = Binary Visge I16;
    I16x8GeU = Binary Viuge I16;
    I16x8Add = Binary Viadd I16;
    I16x8Sub = Binary Visub I16;
    I16x8Mul = Binary Vimul I16;
    I16x8AddSatS = Binary VsaddSat I16;
    I16x8AddSatU = Binary VuaddSat I16;
    I16x8SubSatS = Binary VssubSat I16;
    I16x8SubSatU = Binary VusubSat I16;
    I16x8AvgrU = Binary Vuavg I16;
    I16x8MinS = Binary Vsmin I16;
    I16x8MinU = Binary Vumin I16;
    I16x8MaxS = Binary Vsmax I16;
    I16x8MaxU = Binary Vumax I16;
    I16x8Abs = Unary Viabs I16;
    I16x8Neg = Unary Vineg I16;
    I16x8AllTrue = Test VallTrue I16;
    I16x8Bitmask = Mask Vbitmask I16;
    I16x8Shl = Shift Vishl I16;
    I16x8ShrS = Shift Vsshr I16;
    I16x8ShrU = Shift Vushr I16;
    I16x8Splat = Splat Vsplat I16;
    I32x4Eq = Binary Vieq I32;
    I32x4Ne = Binary Vine I32;
    I32x4LtS = Binary Vislt I32;
    I32x4LtU = Binary Viult I32;
    I32x4GtS = Binary Visgt I32;
    I32x4GtU = Binary Viugt I32;
    I32x4LeS = Binary Visle I32;
    I32x4LeU = Binary Viule I32;
    I32x4GeS = Binary Visge I32;
    I32x4GeU = Binary Viuge I32;
    I32x4Add = Binary Viadd I32;
    I32x4Sub = Binary Visub I32;
    I32x4Mul = Binary Vimul I32;
    I32x4MinS = Binary Vsmin I32;
    I32x4MinU = Binary Vumin I32;
    I32x4MaxS = Binary Vsmax I32;
    I32x4MaxU = Binary Vumax I32;
    I32x4Abs = Unary Viabs I32;
    I32x4Neg = Unary Vineg I32;
    I32x4AllTrue = Test VallTrue I32;
    I32x4Bitmask = Mask Vbitmask I32;
    I32x4Shl = Shift Vishl I32;
    I32x4ShrS = Shift Vsshr I32;
    I32x4ShrU = Shift Vushr I32;
    I32x4Splat = Splat Vsplat I32;
    I64x2Eq = Binary Vieq I64;
    I64x2Ne = Binary Vine I64;
    I64x2LtS = Binary Vislt I64;
    I64x2GtS = Binary Visgt I64;
    I64x2LeS = Binary Visle I64;
    I64x2GeS = Binary Visge I64;
    I64x2Add = Binary Viadd I64;
    I64x2Sub = Binary Visub I64;
    I64x2Mul = Binary Vimul I64;
    I64x2Abs = Unary Viabs I64;
    I64x2Neg = Unary Vineg I64;
    I64x2AllTrue = Test VallTrue I64;
    I64x2Bitmask = Mask Vbitmask I64;
    I64x2Shl = Shift Vishl I64;
    I64x2ShrS = Shift Vsshr I64;
    I64x2ShrU = Shift Vushr I64;
    I64x2Splat = Splat Vsplat I64;
    I16x8Q15MulrSatS = Binary VsmulFraction I16;
    I8x16NarrowI16x8S = Binary Vsnarrow I16;
    I8x16NarrowI16x8U = Binary Vunarrow I16;
    I16x8NarrowI32x4S = Binary Vsnarrow I32;
    I16x8NarrowI32x4U = Binary Vunarrow I32;
    I16x8ExtendLowI8x16S = Unary VsextendLow I8;
    I16x8ExtendLowI8x16U = Unary VuextendLow I8;
    I16x8ExtMulLowI8x16S = Binary VsmulLow I8;
    I16x8ExtMulLowI8x16U = Binary VumulLow I8;
    I16x8ExtendHighI8x16S = Unary VsextendHigh I8;
    I16x8ExtendHighI8x16U = Unary VuextendHigh I8;
    I16x8ExtMulHighI8x16S = Binary VsmulHigh I8;
    I16x8ExtMulHighI8x16U = Binary VumulHigh I8;
    I16x8ExtAddPairwiseI8x16S = Unary VsaddPairs I8;
    I16x8ExtAddPairwiseI8x16U = Unary VuaddPairs I8;
    I32x4ExtendLowI16x8S = Unary VsextendLow I16;
    I32x4ExtendLowI16x8U = Unary VuextendLow I16;
    I32x4ExtMulLowI16x8S = Binary VsmulLow I16;
    I32x4ExtMulLowI16x8U = Binary VumulLow I16;
    I32x4ExtendHighI16x8S = Unary VsextendHigh I16;
    I32x4ExtendHighI16x8U = Unary VuextendHigh I16;
    I32x4ExtMulHighI16x8S = Binary VsmulHigh I16;
    I32x4ExtMulHighI16x8U = Binary VumulHigh I16;
    I32x4ExtAddPairwiseI16x8S = Unary VsaddPairs I16;
    I32x4ExtAddPairwiseI16x8U = Unary VuaddPairs I16;
    I64x2ExtendLowI32x4S = Unary VsextendLow I32;
    I64x2ExtendLowI32x4U = Unary VuextendLow I32;
    I64x2ExtMulLowI32x4S = Binary VsmulLow I32;
    I64x2ExtMulLowI32x4U = Binary VumulLow I32;
    I64x2ExtendHighI32x4S = Unary VsextendHigh I32;
    I64x2ExtendHighI32x4U = Unary VuextendHigh I32;
    I64x2ExtMulHighI32x4S = Binary VsmulHigh I32;
    I64x2ExtMulHighI32x4U = Binary VumulHigh I32;
    I32x4DotI16x8S = Binary Vsdot I16;
    F32x4Eq = Binary Vfeq F32;
    F32x4Ne = Binary Vfne F32;
    F32x4Lt = Binary Vflt F32;
    F32x4Gt = Binary Vfgt F32;
    F32x4Le = Binary Vfle F32;
    F32x4Ge = Binary Vfge F32;
    F32x4Add = Binary Vfadd F32;
    F32x4Sub = Binary Vfsub F32;
    F32x4Mul = Binary Vfmul F32;
    F32x4Div = Binary Vfdiv F32;
    F32x4Min = Binary Vfmin F32;
    F32x4Max = Binary Vfmax F32;
    F32x4PMin = Binary VfminPseudo F32;
    F32x4PMax = Binary VfmaxPseudo F32;
    F32x4RelaxedMin = Binary Vfmin F32;
    F32x4RelaxedMax = Binary Vfmax F32;
    F32x4Ceil = Unary Vfceil F32;
    F32x4Floor = Unary Vffloor F32;
    F32x4Trunc = Unary Vftrunc F32;
    F32x4Nearest = Unary Vfnearest F32;
    F32x4Abs = Unary Vfabs F32;
    F32x4Neg = Unary Vfneg F32;
    F32x4Sqrt = Unary Vfsqrt F32;
    F32x4Splat = Splat Vsplat F32;
    F64x2Eq = Binary Vfeq F64;
    F64x2Ne = Binary Vfne F64;
    F64x2Lt = Binary Vflt F64;
    F64x2Gt = Binary Vfgt F64;
    F64x2Le = Binary Vfle F64;
    F64x2Ge = Binary Vfge F64;
    F64x2Add = Binary Vfadd F64;
    F64x2Sub = Binary Vfsub F64;
    F64x2Mul = Binary Vfmul F64;
    F64x2Div = Binary Vfdiv F64;
    F64x2Min = Binary Vfmin F64;
    F64x2Max = Binary Vfmax F64;
    F64x2PMin = Binary VfminPseudo F64;
    F64x2PMax = Binary VfmaxPseudo F64;
    F64x2RelaxedMin = Binary Vfmin F64;
    F64x2RelaxedMax = Binary Vfmax F64;
    F64x2Ceil = Unary Vfceil F64;
    F64x2Floor = Unary Vffloor F64;
    F64x2Trunc = Unary Vftrunc F64;
    F64x2Nearest = Unary Vfnearest F64;
    F64x2Abs = Unary Vfabs F64;
    F64x2Neg = Unary Vfneg F64;
    F64x2Sqrt = Unary Vfsqrt F64;
    F64x2Splat = Splat Vsplat F64;
    I32x4TruncSatF32x4S = Unary VfcvtToSintSat F32;
    I32x4TruncSatF32x4U = Unary VfcvtToUintSat F32;
    I32x4TruncSatF64x2SZero = Unary VfcvtToSintSat F64;
    I32x4TruncSatF64x2UZero = Unary VfcvtToUintSat F64;
    I32x4RelaxedTruncF32x4S = Unary VfcvtToSintSat F32;
    I32x4RelaxedTruncF32x4U = Unary VfcvtToUintSat F32;
    I32x4RelaxedTruncF64x2SZero = Unary VfcvtToSintSat F64;
    I32x4RelaxedTruncF64x2UZero = Unary VfcvtToUintSat F64;
    F32x4ConvertI32x4S = Unary VfcvtFromSint F32;
    F32x4ConvertI32x4U = Unary VfcvtFromUint F32;
    F64x2ConvertLowI32x4S = Unary VfcvtFromSint F64;
    F64x2ConvertLowI32x4U = Unary VfcvtFromUint F64;
    F32x4DemoteF64x2Zero = Unary Vfdemote F64;
    F64x2PromoteLowF32x4 = Unary VfpromoteLow F32;
    V128Not = Unary Vnot V128;
    V128And = Binary Vand V128;
    V128AndNot = Binary Vandnot V128;
    V128Or = Binary Vor V128;
    V128Xor = Binary Vxor V128;
    I8x16Swizzle = Binary Vswizzle V128;
    I8x16RelaxedSwizzle = Binary Vswizzle V128;
    V128AnyTrue = Test VanyTrue V128;
    I16x8RelaxedQ15mulrS = Binary VsmulFraction I16;
    I16x8RelaxedDotI8x16I7x16S = Binary VsdotSat I8;
}
