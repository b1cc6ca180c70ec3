//! The types a dMIR value can have.

use core::fmt;

/// The type of a value or variable.
///
/// In frames every type fills whole slots of 8 bytes, least significant limb first; integers narrower
/// than a slot are zero-extended in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Type {
    /// 8-bit integer; what comparisons yield (0 or 1).
    I8,
    /// 16-bit integer.
    I16,
    /// 32-bit integer.
    I32,
    /// 64-bit integer.
    I64,
    /// 128-bit integer.
    I128,
    /// 256-bit integer: the EVM's word.
    I256,
    /// 512-bit integer.
    I512,
    /// IEEE 754 binary32.
    F32,
    /// IEEE 754 binary64.
    F64,
    /// 128-bit vector: 16 bytes, lane 0 in the lowest bits.
    V128,
    /// An opaque reference, as wide as a slot.
    Ref,
}

impl Type {
    /// Every type, in the order of its number.
    pub const ALL: [Self; 11] = [
        Self::I8,
        Self::I16,
        Self::I32,
        Self::I64,
        Self::I128,
        Self::I256,
        Self::I512,
        Self::F32,
        Self::F64,
        Self::V128,
        Self::Ref,
    ];

    /// Width in bits.
    #[inline]
    pub const fn bits(self) -> u32 {
        BITS[self as usize] as u32
    }

    const fn width(self) -> u16 {
        match self {
            Self::I8 => 8,
            Self::I16 => 16,
            Self::I32 | Self::F32 => 32,
            Self::I64 | Self::F64 | Self::Ref => 64,
            Self::I128 | Self::V128 => 128,
            Self::I256 => 256,
            Self::I512 => 512,
        }
    }

    /// Width in memory, in bytes.
    #[inline]
    pub const fn size_bytes(self) -> u32 {
        self.bits() / 8
    }

    /// How many 8-byte slots a frame keeps for a value of this type.
    #[inline]
    pub const fn slots(self) -> u32 {
        SLOTS[self as usize] as u32
    }

    /// Whether this is one of the integers.
    pub const fn is_int(self) -> bool {
        (self as u8) <= Self::I512 as u8
    }

    /// Whether this is one of the floats.
    pub const fn is_float(self) -> bool {
        matches!(self, Self::F32 | Self::F64)
    }

    /// The name in the text form.
    pub const fn name(self) -> &'static str {
        match self {
            Self::I8 => "i8",
            Self::I16 => "i16",
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::I128 => "i128",
            Self::I256 => "i256",
            Self::I512 => "i512",
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::V128 => "v128",
            Self::Ref => "ref",
        }
    }
}

/// For each type by its number, its bits.
const BITS: [u16; Type::ALL.len()] = {
    let mut bits = [0; Type::ALL.len()];
    let mut at = 0;
    while at < bits.len() {
        bits[at] = Type::ALL[at].width();
        at += 1;
    }
    bits
};

/// For each type by its number, its slots.
const SLOTS: [u8; Type::ALL.len()] = {
    let mut slots = [0; Type::ALL.len()];
    let mut at = 0;
    while at < slots.len() {
        slots[at] = Type::ALL[at].width().div_ceil(64) as u8;
        at += 1;
    }
    slots
};

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
