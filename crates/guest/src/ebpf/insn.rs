//! Instructions as they lie in bytes (RFC 9669 3).

/// Bytes of a slot: an instruction, or half of a wide one.
pub const SLOT_BYTES: usize = 8;

/// A slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Insn {
    /// What it does.
    pub opcode: u8,
    /// The destination register.
    pub dst: u8,
    /// The source register.
    pub src: u8,
    /// An offset with a sign.
    pub offset: i16,
    /// An immediate with a sign.
    pub imm: i32,
}

impl Insn {
    /// Reads a slot.
    pub const fn decode(bytes: [u8; SLOT_BYTES]) -> Self {
        let [opcode, regs, o0, o1, i0, i1, i2, i3] = bytes;
        Self {
            opcode,
            dst: regs & 0xf,
            src: regs >> 4,
            offset: i16::from_le_bytes([o0, o1]),
            imm: i32::from_le_bytes([i0, i1, i2, i3]),
        }
    }

    /// Writes it.
    pub const fn encode(self) -> [u8; SLOT_BYTES] {
        let [o0, o1] = self.offset.to_le_bytes();
        let [i0, i1, i2, i3] = self.imm.to_le_bytes();
        [self.opcode, self.dst | self.src << 4, o0, o1, i0, i1, i2, i3]
    }

    /// The immediate, sign-extended.
    pub const fn imm_64(self) -> u64 {
        self.imm as i64 as u64
    }
}

/// The 64-bit immediate of a wide instruction with its second slot.
pub(super) const fn wide_imm(first: Insn, second: Insn) -> u64 {
    first.imm as u32 as u64 | (second.imm as u32 as u64) << 32
}

/// The slots of `text`, whose length is a multiple of a slot's.
pub fn decode_all(text: &[u8]) -> Vec<Insn> {
    text.as_chunks().0.iter().map(|bytes| Insn::decode(*bytes)).collect()
}
