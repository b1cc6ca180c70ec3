//! The operations that compute a value from values, derived from the rows of `table`.

pub mod meaning;
mod table;

use core::{fmt, str::FromStr};

use crate::types::Type;

/// Which operands an operation takes and what it yields.
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
    /// `(T) -> U`, an integer and a float of one width, either way.
    Bitcast,
}

impl Shape {
    /// How many operands.
    pub const fn arity(self) -> usize {
        match self {
            Self::Ternary | Self::Select => 3,
            Self::Binary | Self::Compare | Self::FloatBinary | Self::FloatCompare => 2,
            _ => 1,
        }
    }

    /// The type of operand `position` when the operation is at type `ty`.
    pub const fn operand(self, position: usize, ty: Type) -> Type {
        match self {
            Self::Select if position == 0 => Type::I8,
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
            _ => Some(ty),
        }
    }

    /// Whether the operation exists from `ty` to `to`.
    pub fn admits(self, ty: Type, to: Type) -> bool {
        let word = |ty| matches!(ty, Type::I32 | Type::I64);
        match self {
            Self::Unary | Self::Binary | Self::Ternary => ty.is_int() && to == ty,
            Self::Compare => ty.is_int() && to == Type::I8,
            Self::Select => to == ty,
            Self::Extend => ty.is_int() && to.is_int() && to.bits() > ty.bits(),
            Self::Reduce => ty.is_int() && to.is_int() && to.bits() < ty.bits(),
            Self::FloatUnary | Self::FloatBinary => ty.is_float() && to == ty,
            Self::FloatCompare => ty.is_float() && to == Type::I8,
            Self::FloatPromote => ty == Type::F32 && to == Type::F64,
            Self::FloatDemote => ty == Type::F64 && to == Type::F32,
            Self::IntToFloat => word(ty) && to.is_float(),
            Self::FloatToInt => ty.is_float() && word(to),
            Self::Bitcast => {
                ty.bits() == to.bits() && (word(ty) && to.is_float() || ty.is_float() && word(to))
            }
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
            pub const fn shape(self) -> Shape {
                match self { $(Self::$name => shape!($shape),)* }
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
