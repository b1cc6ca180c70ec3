//! Every numeric, vector, conversion and memory instruction with its types. A new instruction is one name in one row.

use lockstep::wasm::ValType::{self, F32, F64, I32, I64, V128};
use wasm_encoder::{Instruction, MemArg};

use crate::random::Random;

/// An instruction.
pub struct Row {
    pub name: &'static str,
    /// What it takes above the address, if it has one.
    pub params: &'static [ValType],
    pub result: Option<ValType>,
    /// Which of two results that is, when there are two.
    pub half: Half,
    /// Bytes that it accesses, at the address that it takes first; none when zero.
    pub access_bytes: u32,
    pub make: fn(&mut Random, MemArg) -> Instruction<'static>,
}

/// What becomes of two results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Half {
    /// There is one.
    Whole,
    /// The higher is dropped.
    Low,
    /// The lower is dropped.
    High,
}

macro_rules! types {
    (($($ty:ident)*)) => { &[$($ty),*] };
}

macro_rules! plain {
    ($($params:tt -> $result:ident: $($name:ident)*;)*) => {
        &[$($(Row {
            name: stringify!($name),
            params: types!($params),
            result: Some($result),
            half: Half::Whole,
            access_bytes: 0,
            make: |_, _| Instruction::$name,
        },)*)*]
    };
}

macro_rules! wide {
    ($($params:tt: $($name:ident)*;)*) => {
        &[$($(wide!(Low $params $name), wide!(High $params $name),)*)*]
    };
    ($half:ident $params:tt $name:ident) => {
        Row {
            name: stringify!($name),
            params: types!($params),
            result: Some(I64),
            half: Half::$half,
            access_bytes: 0,
            make: |_, _| Instruction::$name,
        }
    };
}

macro_rules! lanes {
    ($($params:tt -> $result:ident, $lanes:literal: $($name:ident)*;)*) => {
        &[$($(Row {
            name: stringify!($name),
            params: types!($params),
            result: Some($result),
            half: Half::Whole,
            access_bytes: 0,
            make: |random, _| Instruction::$name(random.below($lanes) as u8),
        },)*)*]
    };
}

macro_rules! loads {
    ($($result:ident, $bytes:literal: $($name:ident)*;)*) => {
        &[$($(Row {
            name: stringify!($name),
            params: &[],
            result: Some($result),
            half: Half::Whole,
            access_bytes: $bytes,
            make: |_, memarg| Instruction::$name(memarg),
        },)*)*]
    };
}

macro_rules! stores {
    ($($param:ident, $bytes:literal: $($name:ident)*;)*) => {
        &[$($(Row {
            name: stringify!($name),
            params: &[$param],
            result: None,
            half: Half::Whole,
            access_bytes: $bytes,
            make: |_, memarg| Instruction::$name(memarg),
        },)*)*]
    };
}

macro_rules! lane_accesses {
    ($($name:ident: $bytes:literal -> $result:expr;)*) => {
        &[$(Row {
            name: stringify!($name),
            params: &[V128],
            result: $result,
            half: Half::Whole,
            access_bytes: $bytes,
            make: |random, memarg| Instruction::$name {
                memarg,
                lane: random.below(16 / $bytes) as u8,
            },
        },)*]
    };
}

macro_rules! acts {
    ($($params:tt -> $result:expr; $name:ident $operands:tt;)*) => {
        &[$(Row {
            name: stringify!($name),
            params: types!($params),
            result: $result,
            half: Half::Whole,
            access_bytes: 0,
            make: |_, _| Instruction::$name $operands,
        },)*]
    };
}

/// All rows, by kind.
pub const ROWS: &[&[Row]] = &[
    SCALARS,
    WIDE,
    VECTORS,
    RELAXED,
    SHUFFLE,
    LANES,
    LOADS,
    STORES,
    LANE_ACCESSES,
    SELECT,
    MEMORY,
];

const SCALARS: &[Row] = plain! {
    (I32) -> I32: I32Eqz I32Clz I32Ctz I32Popcnt I32Extend8S I32Extend16S;
    (I32 I32) -> I32: I32Eq I32Ne I32LtS I32LtU I32GtS I32GtU I32LeS I32LeU I32GeS I32GeU I32Add I32Sub
        I32Mul I32DivS I32DivU I32RemS I32RemU I32And I32Or I32Xor I32Shl I32ShrS I32ShrU I32Rotl I32Rotr;
    (I64) -> I32: I64Eqz I32WrapI64;
    (I64) -> I64: I64Clz I64Ctz I64Popcnt I64Extend8S I64Extend16S I64Extend32S;
    (I64 I64) -> I32: I64Eq I64Ne I64LtS I64LtU I64GtS I64GtU I64LeS I64LeU I64GeS I64GeU;
    (I64 I64) -> I64: I64Add I64Sub I64Mul I64DivS I64DivU I64RemS I64RemU I64And I64Or I64Xor I64Shl
        I64ShrS I64ShrU I64Rotl I64Rotr;
    (F32 F32) -> I32: F32Eq F32Ne F32Lt F32Gt F32Le F32Ge;
    (F64 F64) -> I32: F64Eq F64Ne F64Lt F64Gt F64Le F64Ge;
    (F32) -> F32: F32Abs F32Neg F32Ceil F32Floor F32Trunc F32Nearest F32Sqrt;
    (F64) -> F64: F64Abs F64Neg F64Ceil F64Floor F64Trunc F64Nearest F64Sqrt;
    (F32 F32) -> F32: F32Add F32Sub F32Mul F32Div F32Min F32Max F32Copysign;
    (F64 F64) -> F64: F64Add F64Sub F64Mul F64Div F64Min F64Max F64Copysign;
    (F32) -> I32: I32TruncF32S I32TruncF32U I32TruncSatF32S I32TruncSatF32U I32ReinterpretF32;
    (F64) -> I32: I32TruncF64S I32TruncF64U I32TruncSatF64S I32TruncSatF64U;
    (F32) -> I64: I64TruncF32S I64TruncF32U I64TruncSatF32S I64TruncSatF32U;
    (F64) -> I64: I64TruncF64S I64TruncF64U I64TruncSatF64S I64TruncSatF64U I64ReinterpretF64;
    (I32) -> I64: I64ExtendI32S I64ExtendI32U;
    (I32) -> F32: F32ConvertI32S F32ConvertI32U F32ReinterpretI32;
    (I64) -> F32: F32ConvertI64S F32ConvertI64U;
    (I32) -> F64: F64ConvertI32S F64ConvertI32U;
    (I64) -> F64: F64ConvertI64S F64ConvertI64U F64ReinterpretI64;
    (F64) -> F32: F32DemoteF64;
    (F32) -> F64: F64PromoteF32;
};

const VECTORS: &[Row] = plain! {
    (V128) -> V128: V128Not I8x16Abs I8x16Neg I8x16Popcnt I16x8Abs I16x8Neg I32x4Abs I32x4Neg I64x2Abs
        I64x2Neg I16x8ExtAddPairwiseI8x16S I16x8ExtAddPairwiseI8x16U I32x4ExtAddPairwiseI16x8S
        I32x4ExtAddPairwiseI16x8U I16x8ExtendLowI8x16S I16x8ExtendHighI8x16S I16x8ExtendLowI8x16U
        I16x8ExtendHighI8x16U I32x4ExtendLowI16x8S I32x4ExtendHighI16x8S I32x4ExtendLowI16x8U
        I32x4ExtendHighI16x8U I64x2ExtendLowI32x4S I64x2ExtendHighI32x4S I64x2ExtendLowI32x4U
        I64x2ExtendHighI32x4U F32x4Ceil F32x4Floor F32x4Trunc F32x4Nearest F32x4Abs F32x4Neg F32x4Sqrt
        F64x2Ceil F64x2Floor F64x2Trunc F64x2Nearest F64x2Abs F64x2Neg F64x2Sqrt I32x4TruncSatF32x4S
        I32x4TruncSatF32x4U F32x4ConvertI32x4S F32x4ConvertI32x4U I32x4TruncSatF64x2SZero
        I32x4TruncSatF64x2UZero F64x2ConvertLowI32x4S F64x2ConvertLowI32x4U F32x4DemoteF64x2Zero
        F64x2PromoteLowF32x4;
    (V128) -> I32: V128AnyTrue I8x16AllTrue I8x16Bitmask I16x8AllTrue I16x8Bitmask I32x4AllTrue
        I32x4Bitmask I64x2AllTrue I64x2Bitmask;
    (V128 V128) -> V128: I8x16Swizzle I8x16Eq I8x16Ne I8x16LtS I8x16LtU I8x16GtS I8x16GtU I8x16LeS
        I8x16LeU I8x16GeS I8x16GeU I16x8Eq I16x8Ne I16x8LtS I16x8LtU I16x8GtS I16x8GtU I16x8LeS I16x8LeU
        I16x8GeS I16x8GeU I32x4Eq I32x4Ne I32x4LtS I32x4LtU I32x4GtS I32x4GtU I32x4LeS I32x4LeU I32x4GeS
        I32x4GeU I64x2Eq I64x2Ne I64x2LtS I64x2GtS I64x2LeS I64x2GeS F32x4Eq F32x4Ne F32x4Lt F32x4Gt
        F32x4Le F32x4Ge F64x2Eq F64x2Ne F64x2Lt F64x2Gt F64x2Le F64x2Ge V128And V128AndNot V128Or
        V128Xor I8x16NarrowI16x8S I8x16NarrowI16x8U I8x16Add I8x16AddSatS I8x16AddSatU I8x16Sub
        I8x16SubSatS I8x16SubSatU I8x16MinS I8x16MinU I8x16MaxS I8x16MaxU I8x16AvgrU I16x8Q15MulrSatS
        I16x8NarrowI32x4S I16x8NarrowI32x4U I16x8Add I16x8AddSatS I16x8AddSatU I16x8Sub I16x8SubSatS
        I16x8SubSatU I16x8Mul I16x8MinS I16x8MinU I16x8MaxS I16x8MaxU I16x8AvgrU I16x8ExtMulLowI8x16S
        I16x8ExtMulHighI8x16S I16x8ExtMulLowI8x16U I16x8ExtMulHighI8x16U I32x4Add I32x4Sub I32x4Mul
        I32x4MinS I32x4MinU I32x4MaxS I32x4MaxU I32x4DotI16x8S I32x4ExtMulLowI16x8S
        I32x4ExtMulHighI16x8S I32x4ExtMulLowI16x8U I32x4ExtMulHighI16x8U I64x2Add I64x2Sub I64x2Mul
        I64x2ExtMulLowI32x4S I64x2ExtMulHighI32x4S I64x2ExtMulLowI32x4U I64x2ExtMulHighI32x4U F32x4Add
        F32x4Sub F32x4Mul F32x4Div F32x4Min F32x4Max F32x4PMin F32x4PMax F64x2Add F64x2Sub F64x2Mul
        F64x2Div F64x2Min F64x2Max F64x2PMin F64x2PMax;
    (V128 V128 V128) -> V128: V128Bitselect;
    (V128 I32) -> V128: I8x16Shl I8x16ShrS I8x16ShrU I16x8Shl I16x8ShrS I16x8ShrU I32x4Shl I32x4ShrS
        I32x4ShrU I64x2Shl I64x2ShrS I64x2ShrU;
    (I32) -> V128: I8x16Splat I16x8Splat I32x4Splat;
    (I64) -> V128: I64x2Splat;
    (F32) -> V128: F32x4Splat;
    (F64) -> V128: F64x2Splat;
};

/// Relaxed instructions of whose results both sides choose the same. Of the others (the proposal lets an engine choose) ours rounds a
/// product before it is added, and saturates sums of products; the peer does neither.
const RELAXED: &[Row] = plain! {
    (V128) -> V128: I32x4RelaxedTruncF32x4S I32x4RelaxedTruncF32x4U I32x4RelaxedTruncF64x2SZero
        I32x4RelaxedTruncF64x2UZero;
    (V128 V128) -> V128: I8x16RelaxedSwizzle F32x4RelaxedMin F32x4RelaxedMax F64x2RelaxedMin F64x2RelaxedMax
        I16x8RelaxedQ15mulrS;
    (V128 V128 V128) -> V128: I8x16RelaxedLaneselect I16x8RelaxedLaneselect I32x4RelaxedLaneselect
        I64x2RelaxedLaneselect;
};

const WIDE: &[Row] = wide! {
    (I64 I64 I64 I64): I64Add128 I64Sub128;
    (I64 I64): I64MulWideS I64MulWideU;
};

const SHUFFLE: &[Row] = &[Row {
    name: "I8x16Shuffle",
    params: &[V128, V128],
    result: Some(V128),
    half: Half::Whole,
    access_bytes: 0,
    make: |random, _| Instruction::I8x16Shuffle(std::array::from_fn(|_| random.below(32) as u8)),
}];

const LANES: &[Row] = lanes! {
    (V128) -> I32, 16: I8x16ExtractLaneS I8x16ExtractLaneU;
    (V128) -> I32, 8: I16x8ExtractLaneS I16x8ExtractLaneU;
    (V128) -> I32, 4: I32x4ExtractLane;
    (V128) -> I64, 2: I64x2ExtractLane;
    (V128) -> F32, 4: F32x4ExtractLane;
    (V128) -> F64, 2: F64x2ExtractLane;
    (V128 I32) -> V128, 16: I8x16ReplaceLane;
    (V128 I32) -> V128, 8: I16x8ReplaceLane;
    (V128 I32) -> V128, 4: I32x4ReplaceLane;
    (V128 I64) -> V128, 2: I64x2ReplaceLane;
    (V128 F32) -> V128, 4: F32x4ReplaceLane;
    (V128 F64) -> V128, 2: F64x2ReplaceLane;
};

const LOADS: &[Row] = loads! {
    I32, 1: I32Load8S I32Load8U;
    I32, 2: I32Load16S I32Load16U;
    I32, 4: I32Load;
    I64, 1: I64Load8S I64Load8U;
    I64, 2: I64Load16S I64Load16U;
    I64, 4: I64Load32S I64Load32U;
    I64, 8: I64Load;
    F32, 4: F32Load;
    F64, 8: F64Load;
    V128, 1: V128Load8Splat;
    V128, 2: V128Load16Splat;
    V128, 4: V128Load32Splat V128Load32Zero;
    V128, 8: V128Load8x8S V128Load8x8U V128Load16x4S V128Load16x4U V128Load32x2S V128Load32x2U
        V128Load64Splat V128Load64Zero;
    V128, 16: V128Load;
};

const STORES: &[Row] = stores! {
    I32, 1: I32Store8;
    I32, 2: I32Store16;
    I32, 4: I32Store;
    I64, 1: I64Store8;
    I64, 2: I64Store16;
    I64, 4: I64Store32;
    I64, 8: I64Store;
    F32, 4: F32Store;
    F64, 8: F64Store;
    V128, 16: V128Store;
};

const LANE_ACCESSES: &[Row] = lane_accesses! {
    V128Load8Lane: 1 -> Some(V128);
    V128Load16Lane: 2 -> Some(V128);
    V128Load32Lane: 4 -> Some(V128);
    V128Load64Lane: 8 -> Some(V128);
    V128Store8Lane: 1 -> None;
    V128Store16Lane: 2 -> None;
    V128Store32Lane: 4 -> None;
    V128Store64Lane: 8 -> None;
};

const SELECT: &[Row] = plain! {
    (I32 I32 I32) -> I32: Select;
    (I64 I64 I32) -> I64: Select;
    (F32 F32 I32) -> F32: Select;
    (F64 F64 I32) -> F64: Select;
    (V128 V128 I32) -> V128: Select;
};

/// Memory 1 is indexed by 64 bits.
const MEMORY: &[Row] = acts! {
    (I32 I32 I32) -> None; MemoryFill(0);
    (I64 I32 I64) -> None; MemoryFill(1);
    (I32 I32 I32) -> None; MemoryCopy { src_mem: 0, dst_mem: 0 };
    (I64 I64 I64) -> None; MemoryCopy { src_mem: 1, dst_mem: 1 };
    (I32 I64 I32) -> None; MemoryCopy { src_mem: 1, dst_mem: 2 };
    (I64 I32 I32) -> None; MemoryCopy { src_mem: 0, dst_mem: 1 };
    (I32 I32 I32) -> None; MemoryInit { mem: 0, data_index: 0 };
    (I64 I32 I32) -> None; MemoryInit { mem: 1, data_index: 0 };
    (I32) -> Some(I32); MemoryGrow(0);
    (I64) -> Some(I64); MemoryGrow(1);
    () -> Some(I32); MemorySize(2);
    () -> Some(I64); MemorySize(1);
    () -> None; DataDrop(0);
};

/// How many rows there are.
pub fn count() -> u64 {
    ROWS.iter().map(|rows| rows.len() as u64).sum()
}

/// The row of a number below [`count`].
pub fn row(number: u64) -> &'static Row {
    let mut rows = ROWS.iter().copied().flatten();
    rows.nth(number as usize).expect("the number is below the count")
}
