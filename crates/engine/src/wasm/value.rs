//! Values and handles: what goes in and out of instances.

use lockstep_guest::wasm::ValType;
use lockstep_ir::op::meaning::Bits;

macro_rules! handles {
    ($($(#[doc = $doc:literal])+ $name:ident($inner:ty);)*) => {$(
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub(super) $inner);
    )*};
}

handles! {
    /// A function of [`Instances`](super::Instances): of an instance, or of the host.
    Func(u64);
    /// A table.
    Table(u32);
    /// A memory.
    Memory(u32);
    /// A global.
    Global(u32);
    /// An instance of a module.
    Instance(u32);
}

/// What an instance exports, or a module imports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extern {
    /// A function.
    Func(Func),
    /// A table.
    Table(Table),
    /// A memory.
    Memory(Memory),
    /// A global.
    Global(Global),
}

/// A value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    /// A 32-bit integer.
    I32(u32),
    /// A 64-bit integer.
    I64(u64),
    /// The bits of an IEEE 754 binary32.
    F32(u32),
    /// The bits of an IEEE 754 binary64.
    F64(u64),
    /// A vector, lane 0 lowest.
    V128(u128),
    /// A reference to a function, or null.
    FuncRef(Option<Func>),
    /// A number that the host understands, or null; all ones is not one.
    ExternRef(Option<u64>),
}

impl Value {
    /// Its type.
    pub const fn ty(&self) -> ValType {
        match self {
            Self::I32(_) => ValType::I32,
            Self::I64(_) => ValType::I64,
            Self::F32(_) => ValType::F32,
            Self::F64(_) => ValType::F64,
            Self::V128(_) => ValType::V128,
            Self::FuncRef(_) => ValType::FuncRef,
            Self::ExternRef(_) => ValType::ExternRef,
        }
    }

    /// The value of type `ty` that is zero or null.
    pub const fn zero(ty: ValType) -> Self {
        match ty {
            ValType::I32 => Self::I32(0),
            ValType::I64 => Self::I64(0),
            ValType::F32 => Self::F32(0),
            ValType::F64 => Self::F64(0),
            ValType::V128 => Self::V128(0),
            ValType::FuncRef => Self::FuncRef(None),
            ValType::ExternRef => Self::ExternRef(None),
        }
    }

    /// As slots of a frame hold it. References are one more than the host's number, so that zero is null.
    pub(super) const fn to_slots(self) -> [u64; 2] {
        match self {
            Self::I32(bits) | Self::F32(bits) => [bits as u64, 0],
            Self::I64(bits) | Self::F64(bits) => [bits, 0],
            Self::V128(bits) => [bits as u64, (bits >> 64) as u64],
            Self::FuncRef(Some(func)) => [func.0, 0],
            Self::ExternRef(Some(number)) => [number.wrapping_add(1), 0],
            Self::FuncRef(None) | Self::ExternRef(None) => [0, 0],
        }
    }

    pub(super) const fn from_slots(ty: ValType, [low, high]: [u64; 2]) -> Self {
        match ty {
            ValType::I32 => Self::I32(low as u32),
            ValType::I64 => Self::I64(low),
            ValType::F32 => Self::F32(low as u32),
            ValType::F64 => Self::F64(low),
            ValType::V128 => Self::V128(low as u128 | (high as u128) << 64),
            ValType::FuncRef if low == 0 => Self::FuncRef(None),
            ValType::FuncRef => Self::FuncRef(Some(Func(low))),
            ValType::ExternRef if low == 0 => Self::ExternRef(None),
            ValType::ExternRef => Self::ExternRef(Some(low - 1)),
        }
    }

    pub(super) const fn to_bits(self) -> Bits {
        let [low, high] = self.to_slots();
        [low, high, 0, 0, 0, 0, 0, 0]
    }
}
