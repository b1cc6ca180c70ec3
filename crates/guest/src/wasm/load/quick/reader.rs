//! Bytes of a body that nobody has looked at: numbers are read as strictly as Wasm 2.0, 5.2.2, says.

use super::{Known, only_if};

/// A byte that another one of the same number follows, and the bits of the number in each.
const MORE: u8 = 0x80;
const BITS: u32 = 7;

/// A place in a body. It is small and passed by value, so that it stays in registers.
#[derive(Clone, Copy)]
pub(super) struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Reader<'b> {
    pub(super) const fn new(bytes: &'b [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(super) const fn bytes_left(&self) -> usize {
        self.bytes.len() - self.at
    }

    #[inline(always)]
    pub(super) fn byte(&mut self) -> Known<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    /// A number of one byte without sign, unless it has more.
    #[inline(always)]
    pub(super) fn short(&mut self) -> Known<usize> {
        self.byte().filter(|byte| *byte < MORE).map(usize::from)
    }

    /// The number of the next instruction, if it is one of this opcode and the number has one byte; else nothing is read.
    #[inline(always)]
    pub(super) fn another_short(&mut self, opcode: u8) -> Known<usize> {
        match self.bytes.get(self.at..self.at + 2) {
            Some([first, number]) if *first == opcode && *number < MORE => {
                self.at += 2;
                Some(usize::from(*number))
            }
            _ => None,
        }
    }

    /// Passes over so many bytes.
    #[inline(always)]
    pub(super) fn pass(&mut self, count: usize) -> Known {
        only_if(count <= self.bytes_left())?;
        self.at += count;
        Some(())
    }

    /// A number of 32 bits without sign.
    #[inline(always)]
    pub(super) fn number(&mut self) -> Known<u32> {
        let byte = self.byte()?;
        if byte < MORE {
            return Some(u32::from(byte));
        }
        let (number, rest) = self.long_number(byte)?;
        *self = rest;
        Some(number)
    }

    #[inline(never)]
    fn long_number(mut self, first: u8) -> Known<(u32, Self)> {
        let (mut number, mut byte) = (u64::from(first & !MORE), first);
        for shift in [BITS, 2 * BITS, 3 * BITS, 4 * BITS] {
            if byte < MORE {
                break;
            }
            byte = self.byte()?;
            number |= u64::from(byte & !MORE) << shift;
        }
        only_if(byte < MORE)?;
        Some((u32::try_from(number).ok()?, self))
    }

    /// Passes over a number of 32 bits with its sign.
    #[inline(always)]
    pub(super) fn pass_i32(&mut self) -> Known {
        if self.byte()? >= MORE {
            *self = self.past_long(u32::BITS)?;
        }
        Some(())
    }

    /// Passes over a number of 64 bits with its sign.
    #[inline(always)]
    pub(super) fn pass_i64(&mut self) -> Known {
        if self.byte()? >= MORE {
            *self = self.past_long(u64::BITS)?;
        }
        Some(())
    }

    /// What is past the bytes that follow the first one of a number of `bits` bits.
    #[inline(never)]
    fn past_long(mut self, bits: u32) -> Known<Self> {
        // Where the number ends before it has as many bytes as it may have, no byte says too much.
        if let Some((next, _)) = self.bytes[self.at..].split_first_chunk() {
            let last = !u64::from_le_bytes(*next) & u64::from_le_bytes([MORE; 8]);
            let more = 1 + last.trailing_zeros() / u8::BITS;
            if last != 0 && (more + 1) * BITS <= bits {
                self.at += more as usize;
                return Some(self);
            }
        }
        let mut read = BITS;
        loop {
            let byte = self.byte()?;
            if bits - read < BITS {
                // In the last byte that there may be, what is beyond the number repeats its sign.
                let beyond = (byte as i8) << 1 >> (bits - read);
                only_if(byte < MORE && (beyond == 0 || beyond == -1))?;
                return Some(self);
            }
            if byte < MORE {
                return Some(self);
            }
            read += BITS;
        }
    }
}
