//! A place in a body that was validated.
//!
//! Invariant: what is read is whole and well formed, so that reading it has no errors.

/// A place in the body. What is rare gets a copy of it, so that it stays in registers.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
    /// The byte of the module that the first of these is.
    pub(super) start: u32,
}

/// From here on, what a `memarg` begins with says more than an alignment (memory 64 and multiple memories).
const PLAIN_ALIGNMENTS: u8 = 0x20;

/// A number of several bytes: how many bits were given, the last byte, and where it ends.
struct Long {
    number: u64,
    bits: u32,
    last: u8,
    end: usize,
}

impl Long {
    /// The number whose first byte is `first`; the next one is at `at`.
    #[inline(never)]
    fn read(bytes: &[u8], mut at: usize, first: u8) -> Self {
        if let Some((next, _)) = bytes[at..].split_first_chunk() {
            let next = u64::from_le_bytes(*next);
            let ends = !next & 0x8080_8080_8080_8080;
            if ends != 0 {
                return Self::of(first, next, ends, at);
            }
        }
        let (mut number, mut bits, mut last) = (u64::from(first & 0x7f), 7, first);
        while last >= 0x80 {
            last = bytes[at];
            at += 1;
            number |= u64::from(last & 0x7f) << bits;
            bits += 7;
        }
        Self { number, bits, last, end: at }
    }

    /// The number of which the first byte and eight more are given, and in `ends` the highest bit of each of these that has
    /// none to follow: what counts of them moves together, in three steps for all.
    #[inline(always)]
    fn of(first: u8, next: u64, ends: u64, at: usize) -> Self {
        let more = ends.trailing_zeros() / u8::BITS;
        let sevens = next & 0x7f7f_7f7f_7f7f_7f7f & (ends ^ ends.wrapping_sub(1));
        let pairs = sevens & 0x007f_007f_007f_007f | (sevens & 0x7f00_7f00_7f00_7f00) >> 1;
        let fours = pairs & 0x0000_3fff_0000_3fff | (pairs & 0x3fff_0000_3fff_0000) >> 2;
        let rest = fours & 0x0fff_ffff | (fours & 0x0fff_ffff_0000_0000) >> 4;
        Self {
            number: u64::from(first & 0x7f) | rest << 7,
            bits: 7 * (2 + more),
            last: (next >> (more * u8::BITS)) as u8,
            end: at + more as usize + 1,
        }
    }
}

impl Cursor<'_> {
    /// The byte of the module that is next.
    #[inline(always)]
    pub(super) fn pc(&self) -> u32 {
        // A module is shorter than 2^32 bytes.
        self.start + self.at as u32
    }

    /// Whether the load or store that is next says nothing but an alignment and an offset.
    #[inline(always)]
    pub(super) fn is_plain_access(&self) -> bool {
        self.bytes[self.at + 1] < PLAIN_ALIGNMENTS
    }

    /// The offset of such an access.
    #[inline(always)]
    pub(super) fn access_offset(&mut self) -> u64 {
        self.at += 2;
        self.unsigned()
    }

    #[inline(always)]
    fn byte(&mut self) -> u8 {
        let byte = self.bytes[self.at];
        self.at += 1;
        byte
    }

    /// A number without sign (Wasm 2.0, 5.2.2).
    #[inline(always)]
    pub(super) fn unsigned(&mut self) -> u64 {
        let byte = self.byte();
        if byte < 0x80 {
            return u64::from(byte);
        }
        let Long { number, end, .. } = Long::read(self.bytes, self.at, byte);
        self.at = end;
        number
    }

    /// A number with its sign.
    #[inline(always)]
    pub(super) fn signed(&mut self) -> u64 {
        let byte = self.byte();
        if byte < 0x80 {
            // The number's sign is the second bit from the top.
            return i64::from((byte as i8) << 1 >> 1) as u64;
        }
        let Long { number, bits, last, end } = Long::read(self.bytes, self.at, byte);
        self.at = end;
        if last & 0x40 != 0 && bits < u64::BITS { number | u64::MAX << bits } else { number }
    }

    #[inline(always)]
    pub(super) fn fixed<const LEN: usize>(&mut self) -> [u8; LEN] {
        let bytes = self.bytes[self.at..self.at + LEN].try_into().expect("so many bytes");
        self.at += LEN;
        bytes
    }
}

#[cfg(test)]
mod tests {
    use wasmparser::BinaryReader;

    use super::*;

    /// Encodings with as many bytes as their type allows, and shorter ones.
    fn encodings() -> impl Iterator<Item = Vec<u8>> {
        let ends = [0x00, 0x01, 0x3f, 0x40, 0x41, 0x7f];
        let middles = [0x80, 0xff, 0xc0, 0xbf];
        (0..10).flat_map(move |more| {
            middles.into_iter().flat_map(move |middle| {
                ends.into_iter().map(move |end| {
                    let mut bytes = vec![middle; more];
                    bytes.push(end);
                    bytes
                })
            })
        })
    }

    #[test]
    fn numbers_are_what_the_parser_reads() {
        let mut read = 0;
        for bytes in encodings() {
            let parser = || BinaryReader::new(&bytes, 0);
            let cursor = || Cursor { bytes: &bytes, at: 0, start: 0 };
            if let Ok(number) = parser().read_var_u32() {
                assert_eq!(cursor().unsigned(), u64::from(number), "{bytes:x?}");
                read += 1;
            }
            if let Ok(number) = parser().read_var_u64() {
                assert_eq!(cursor().unsigned(), number, "{bytes:x?}");
                read += 1;
            }
            if let Ok(number) = parser().read_var_i32() {
                assert_eq!(cursor().signed() as i32, number, "{bytes:x?}");
                read += 1;
            }
            if let Ok(number) = parser().read_var_i64() {
                assert_eq!(cursor().signed() as i64, number, "{bytes:x?}");
                read += 1;
            }
        }
        assert!(read > 400, "most encodings are numbers of some type: {read}");
    }
}
