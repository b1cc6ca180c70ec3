//! The operations that compute a value from values, derived from the rows of `table`.

pub mod meaning;
mod table;

use core::{fmt, str::FromStr};

use crate::types::Type;

/// Which operands an operation takes and what it yields.
///
/// An operation on the lanes of a vector is named at the type of its lanes: `viadd.i16` takes and yields v128.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// `(T) -> T`, integers.
    Unary,
    /// `(T, T) -> T`, integers.
    Binary,
    /// `(T, T, T) -> T`, integers.
    Ternary,
    /// `(T, T) -> i8`, integers.
    Compare,
    /// `(i8, T, T) -> T`, any type.
    Select,
    /// `(T) -> U`, integers, U wider.
    Extend,
    /// `(T) -> U`, integers, U narrower.
    Reduce,
    /// `(F) -> F`, floats.
    FloatUnary,
    /// `(F, F) -> F`, floats.
    FloatBinary,
    /// `(F, F) -> i8`, floats.
    FloatCompare,
    /// `(f32) -> f64`.
    FloatPromote,
    /// `(f64) -> f32`.
    FloatDemote,
    /// `(i32 | i64) -> F`.
    IntToFloat,
    /// `(F) -> i32 | i64`.
    FloatToInt,
    /// `(T) -> U` of one width, either way: i32 and f32, i64 and f64, i128 and v128.
    Bitcast,
    /// `(T) -> v128`, any lane.
    LaneSplat,
    // From here on the first operand is a vector; see `takes_vectors`.
    /// `(v128, i8) -> T`, any lane.
    LaneExtract,
    /// `(v128, i8, T) -> v128`, any lane.
    LaneReplace,
    /// `(v128) -> v128`, lanes i8 to i64.
    LaneUnary,
    /// `(v128, v128) -> v128`, lanes i8 to i64.
    LaneBinary,
    /// `(v128, i32) -> v128`, lanes i8 to i64.
    LaneShift,
    /// `(v128) -> i8`, lanes i8 to i64.
    LaneTest,
    /// `(v128) -> i32`, lanes i8 to i64.
    LaneMask,
    /// `(v128) -> v128`, lanes i8 to i32 to lanes twice as wide.
    LaneWiden,
    /// `(v128, v128) -> v128`, lanes i8 to i32 to lanes twice as wide.
    LaneWidenBinary,
    /// `(v128, v128) -> v128`, lanes i16 to i64 to lanes half as wide.
    LaneNarrow,
    /// `(v128) -> v128`, lanes f32 or f64.
    LaneFloatUnary,
    /// `(v128, v128) -> v128`, lanes f32 or f64.
    LaneFloatBinary,
    /// `(v128) -> v128`, lanes f32 to f64.
    LanePromote,
    /// `(v128) -> v128`, lanes f64 to f32.
    LaneDemote,
    /// `(v128) -> v128`.
    VectorUnary,
    /// `(v128, v128) -> v128`.
    VectorBinary,
    /// `(v128, v128, v128) -> v128`.
    VectorTernary,
    /// `(v128) -> i8`.
    VectorTest,
}

impl Shape {
    /// How many operands.
    #[inline]
    pub const fn arity(self) -> usize {
        match self {
            Self::Ternary | Self::Select | Self::LaneReplace | Self::VectorTernary => 3,
            Self::Binary | Self::Compare | Self::FloatBinary | Self::FloatCompare => 2,
            Self::LaneExtract | Self::LaneShift | Self::LaneBinary | Self::VectorBinary => 2,
            Self::LaneWidenBinary | Self::LaneNarrow | Self::LaneFloatBinary => 2,
            _ => 1,
        }
    }

    /// The type of operand `position` when the operation is at type `ty`.
    pub const fn operand(self, position: usize, ty: Type) -> Type {
        match self {
            Self::Select if position == 0 => Type::I8,
            Self::LaneExtract | Self::LaneReplace if position == 1 => Type::I8,
            Self::LaneReplace if position == 2 => ty,
            Self::LaneShift if position == 1 => Type::I32,
            _ if self.takes_vectors() => Type::V128,
            _ => ty,
        }
    }

    /// The result type that `ty` alone decides; `None` for conversions, which name it.
    pub const fn result(self, ty: Type) -> Option<Type> {
        match self {
            Self::Compare | Self::FloatCompare => Some(Type::I8),
            Self::FloatPromote => Some(Type::F64),
            Self::FloatDemote => Some(Type::F32),
            Self::Extend | Self::Reduce | Self::IntToFloat | Self::FloatToInt | Self::Bitcast => {
                None
            }
            Self::LaneTest | Self::VectorTest => Some(Type::I8),
            Self::LaneMask => Some(Type::I32),
            Self::LaneExtract => Some(ty),
            Self::LaneSplat => Some(Type::V128),
            _ if self.takes_vectors() => Some(Type::V128),
            _ => Some(ty),
        }
    }

    /// Whether the first operand is a vector whatever type the operation is at.
    const fn takes_vectors(self) -> bool {
        self as u8 > Self::LaneSplat as u8
    }

    /// Whether the operation exists from `ty` to `to`.
    pub fn admits(self, ty: Type, to: Type) -> bool {
        self.is_at(ty, to) && self.result(ty).is_none_or(|result| result == to)
    }

    /// Whether the operation exists at `ty`, and to `to` if it is a conversion.
    fn is_at(self, ty: Type, to: Type) -> bool {
        let word = |ty| matches!(ty, Type::I32 | Type::I64);
        let int_lane = ty.is_int() && ty.bits() <= 64;
        match self {
            Self::Unary | Self::Binary | Self::Ternary | Self::Compare => ty.is_int(),
            Self::Select => true,
            Self::Extend => ty.is_int() && to.is_int() && to.bits() > ty.bits(),
            Self::Reduce => ty.is_int() && to.is_int() && to.bits() < ty.bits(),
            Self::FloatUnary | Self::FloatBinary | Self::FloatCompare => ty.is_float(),
            Self::FloatPromote | Self::LanePromote => ty == Type::F32,
            Self::FloatDemote | Self::LaneDemote => ty == Type::F64,
            Self::IntToFloat => word(ty) && to.is_float(),
            Self::FloatToInt => ty.is_float() && word(to),
            Self::Bitcast => {
                ty.bits() == to.bits() && (word(ty) && to.is_float() || ty.is_float() && word(to))
                    || matches!(
                        (ty, to),
                        (Type::I128, Type::V128)
                            | (Type::V128, Type::I128)
                            | (Type::I64, Type::Ref)
                            | (Type::Ref, Type::I64)
                    )
            }
            Self::LaneSplat | Self::LaneExtract | Self::LaneReplace => int_lane || ty.is_float(),
            Self::LaneUnary | Self::LaneBinary | Self::LaneShift => int_lane,
            Self::LaneTest | Self::LaneMask => int_lane,
            Self::LaneWiden | Self::LaneWidenBinary => int_lane && ty.bits() < 64,
            Self::LaneNarrow => int_lane && ty.bits() > 8,
            Self::LaneFloatUnary | Self::LaneFloatBinary => ty.is_float(),
            Self::VectorUnary | Self::VectorBinary => ty == Type::V128,
            Self::VectorTernary | Self::VectorTest => ty == Type::V128,
        }
    }
}

macro_rules! shape {
    (unary) => {
        Shape::Unary
    };
    (binary) => {
        Shape::Binary
    };
    (ternary) => {
        Shape::Ternary
    };
    (compare) => {
        Shape::Compare
    };
    (select) => {
        Shape::Select
    };
    (extend) => {
        Shape::Extend
    };
    (reduce) => {
        Shape::Reduce
    };
    (float_unary) => {
        Shape::FloatUnary
    };
    (float_binary) => {
        Shape::FloatBinary
    };
    (float_compare) => {
        Shape::FloatCompare
    };
    (float_promote) => {
        Shape::FloatPromote
    };
    (float_demote) => {
        Shape::FloatDemote
    };
    (int_to_float) => {
        Shape::IntToFloat
    };
    (float_to_int) => {
        Shape::FloatToInt
    };
    (bitcast) => {
        Shape::Bitcast
    };
    (lane_splat) => {
        Shape::LaneSplat
    };
    (lane_extract) => {
        Shape::LaneExtract
    };
    (lane_replace) => {
        Shape::LaneReplace
    };
    (lane_unary) => {
        Shape::LaneUnary
    };
    (lane_binary) => {
        Shape::LaneBinary
    };
    (lane_shift) => {
        Shape::LaneShift
    };
    (lane_test) => {
        Shape::LaneTest
    };
    (lane_mask) => {
        Shape::LaneMask
    };
    (lane_widen) => {
        Shape::LaneWiden
    };
    (lane_widen_binary) => {
        Shape::LaneWidenBinary
    };
    (lane_narrow) => {
        Shape::LaneNarrow
    };
    (lane_float_unary) => {
        Shape::LaneFloatUnary
    };
    (lane_float_binary) => {
        Shape::LaneFloatBinary
    };
    (lane_promote) => {
        Shape::LanePromote
    };
    (lane_demote) => {
        Shape::LaneDemote
    };
    (vector_unary) => {
        Shape::VectorUnary
    };
    (vector_binary) => {
        Shape::VectorBinary
    };
    (vector_ternary) => {
        Shape::VectorTernary
    };
    (vector_test) => {
        Shape::VectorTest
    };
}

macro_rules! derive_op {
    ($($(#[doc = $doc:literal])+ $name:ident = $mnemonic:ident: $shape:ident, $effect:ident, $heat:ident;)*) => {
        /// An operation that computes a value from values; see the rows of `table`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Op {
            $($(#[doc = $doc])+ $name,)*
        }

        impl Op {
            /// Every operation, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The name in the text form.
            pub const fn mnemonic(self) -> &'static str {
                match self { $(Self::$name => stringify!($mnemonic),)* }
            }

            /// Which operands it takes and what it yields.
            #[inline]
            pub const fn shape(self) -> Shape {
                const SHAPES: [Shape; Op::ALL.len()] = [$(shape!($shape)),*];
                SHAPES[self as usize]
            }

            /// Whether it may trap instead of yielding a value.
            pub const fn is_checked(self) -> bool {
                match self { $(Self::$name => matches!(stringify!($effect).as_bytes(), b"checked"),)* }
            }

            /// The meaning in words, as the reference page prints it.
            pub const fn doc(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc),+),)* }
            }
        }
    };
}

crate::for_each_op!(derive_op);

// Tiers keep the number of an operation in a byte.
const _: () = assert!(Op::ALL.len() < 256, "the number of an operation is a byte");

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.mnemonic())
    }
}

impl FromStr for Op {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.iter().copied().find(|op| op.mnemonic() == text).ok_or(())
    }
}
