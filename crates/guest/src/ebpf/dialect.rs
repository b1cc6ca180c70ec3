//! Dialects: RFC 9669, and the versions of Solana's sBPF.
//!
//! Versions are not cumulative: v3 takes most of v2 back. Each question that ever had two answers is a method.

use core::fmt;

use super::insn::Insn;

/// A dialect of eBPF.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(u8)]
pub enum Dialect {
    /// RFC 9669, what `clang -target bpf` emits.
    #[default]
    Rfc,
    /// sBPF v0.
    V0,
    /// sBPF v1: the program moves its frame pointer (SIMD-0166).
    V1,
    /// sBPF v2: products, quotients and remainders of their own, other encodings (SIMD-0173, SIMD-0174).
    V2,
    /// sBPF v3: static calls, strict headers, 32-bit jumps (SIMD-0178, SIMD-0189, SIMD-0377).
    V3,
}

impl Dialect {
    /// Every dialect.
    pub const ALL: [Self; 5] = [Self::Rfc, Self::V0, Self::V1, Self::V2, Self::V3];

    /// Its bit in the rows of the opcode table.
    pub(super) const fn bit(self) -> u8 {
        1 << self as u8
    }

    /// The name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rfc => "rfc9669",
            Self::V0 => "sbpf-v0",
            Self::V1 => "sbpf-v1",
            Self::V2 => "sbpf-v2",
            Self::V3 => "sbpf-v3",
        }
    }

    /// Whether it is one of sBPF.
    pub const fn is_sbpf(self) -> bool {
        !matches!(self, Self::Rfc)
    }

    /// Whether 32-bit sums, differences and products fill the upper half with their sign.
    pub(super) const fn sign_extends_sums(self) -> bool {
        matches!(self, Self::V0 | Self::V1 | Self::V3)
    }

    /// Whether `mov32` of a register fills the upper half with its sign.
    pub(super) const fn sign_extends_moves(self) -> bool {
        matches!(self, Self::V2)
    }

    /// Whether `sub` of an immediate takes the register from it.
    pub(super) const fn swaps_sub_imm(self) -> bool {
        matches!(self, Self::V2)
    }

    /// Whether unsigned 64-bit quotients, remainders and high products extend their immediate with zeros.
    pub(super) const fn zero_extends_unsigned_imm(self) -> bool {
        matches!(self, Self::V2)
    }

    /// Whether the program moves its frame pointer itself.
    pub(super) const fn bumps_own_frame(self) -> bool {
        matches!(self, Self::V1 | Self::V2)
    }

    /// Whether there is a gap as long as a frame above each frame.
    pub(super) const fn has_frame_gaps(self) -> bool {
        matches!(self, Self::V0)
    }

    /// Whether calls say by their source register whom they mean (SIMD-0178).
    pub(super) const fn has_static_calls(self) -> bool {
        matches!(self, Self::Rfc | Self::V3)
    }

    /// The register through which `callx` calls. The verifier knows it to be one.
    pub(super) const fn callee_register(self, insn: &Insn) -> usize {
        match self {
            Self::V0 | Self::V1 => insn.imm as usize,
            Self::V2 => insn.src as usize,
            Self::Rfc | Self::V3 => insn.dst as usize,
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
