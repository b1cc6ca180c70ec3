//! Bytes of a body that nobody has looked at: numbers are read as strictly as Wasm 2.0, 5.2.2, says.

use super::{Known, only_if};

/// A byte that another one of the same number follows, and the bits of the number in each.
const MORE: u8 = 0x80;
const BITS: u32 = 7;

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

    /// Passes over so many bytes.
    pub(super) fn pass(&mut self, count: usize) -> Known {
        only_if(count <= self.bytes_left())?;
        self.at += count;
        Some(())
    }

    /// A number of 32 bits without sign.
    #[inline(always)]
    pub(super) fn number(&mut self) -> Known<u32> {
        let byte = self.byte()?;
        if byte < MORE { Some(u32::from(byte)) } else { self.long_number(byte) }
    }

    #[inline(never)]
    fn long_number(&mut self, first: u8) -> Known<u32> {
        let (mut number, mut byte) = (u64::from(first & !MORE), first);
        for shift in [BITS, 2 * BITS, 3 * BITS, 4 * BITS] {
            if byte < MORE {
                break;
            }
            byte = self.byte()?;
            number |= u64::from(byte & !MORE) << shift;
        }
        only_if(byte < MORE)?;
        u32::try_from(number).ok()
    }

    /// Passes over a number of 32 bits with its sign.
    #[inline(always)]
    pub(super) fn pass_i32(&mut self) -> Known {
        if self.byte()? < MORE { Some(()) } else { self.pass_long(u32::BITS) }
    }

    /// Passes over a number of 64 bits with its sign.
    #[inline(always)]
    pub(super) fn pass_i64(&mut self) -> Known {
        if self.byte()? < MORE { Some(()) } else { self.pass_long(u64::BITS) }
    }

    /// Passes over what follows the first byte of a number of `bits` bits.
    #[inline(never)]
    fn pass_long(&mut self, bits: u32) -> Known {
        let mut read = BITS;
        loop {
            let byte = self.byte()?;
            if bits - read < BITS {
                // In the last byte that there may be, what is beyond the number repeats its sign.
                let beyond = (byte as i8) << 1 >> (bits - read);
                return only_if(byte < MORE && (beyond == 0 || beyond == -1));
            }
            if byte < MORE {
                return Some(());
            }
            read += BITS;
        }
    }
}
