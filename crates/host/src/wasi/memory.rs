//! The guest's memory, as a call sees it: little-endian, bounds checked, never trapping.
//!
//! Invariants: a range outside the memory is [`Errno::Fault`]; no bytes exist everywhere; what a guest makes long
//! (vectors, paths, transfers) has a bound named here.

use super::Errno;

/// Vectors of one transfer (`IOV_MAX` of POSIX systems).
pub(crate) const VECTORS_MAX: u32 = 1024;

/// Bytes of one transfer. A longer one is cut short, which callers must expect anyway.
pub(crate) const TRANSFER_BYTES_MAX: u64 = 16 << 20;

/// Bytes of a path (`PATH_MAX` of Linux).
pub(crate) const PATH_BYTES_MAX: u32 = 4096;

/// Bytes that pointers of 32 bits tell apart. The end of a range that exists is at most this, so the start of
/// anything in it never overflows.
const REACH_BYTES: u64 = 1 << 32;

/// Bytes of an `iovec`: pointer and length.
const VECTOR_BYTES: u32 = 8;

/// The caller's memory 0.
#[derive(Debug)]
pub(crate) struct Memory<'a> {
    bytes: &'a mut [u8],
}

/// A range of the guest's memory that exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    /// Its first byte.
    pub(crate) at: u32,
    /// Its length in bytes.
    pub(crate) len: u32,
}

impl<'a> Memory<'a> {
    /// `bytes` as a memory, as far as pointers of 32 bits reach.
    pub(crate) fn new(bytes: &'a mut [u8]) -> Self {
        let len = usize::try_from(REACH_BYTES).map_or(bytes.len(), |reach| bytes.len().min(reach));
        Self { bytes: &mut bytes[..len] }
    }

    /// `len` bytes at `at`.
    pub(crate) fn get(&self, at: u32, len: u32) -> Result<&[u8], Errno> {
        if len == 0 {
            return Ok(&[]);
        }
        let (start, end) = (u64::from(at), u64::from(at) + u64::from(len));
        let (start, end) = (start as usize, usize::try_from(end).map_err(|_| Errno::Fault)?);
        self.bytes.get(start..end).ok_or(Errno::Fault)
    }

    /// `len` bytes at `at`, to write.
    pub(crate) fn get_mut(&mut self, at: u32, len: u32) -> Result<&mut [u8], Errno> {
        self.check(at, len)?;
        match len {
            0 => Ok(&mut []),
            _ => Ok(&mut self.bytes[at as usize..at as usize + len as usize]),
        }
    }

    /// Says whether `len` bytes at `at` exist. Asked of results before a call does what cannot be undone.
    pub(crate) fn check(&self, at: u32, len: u32) -> Result<(), Errno> {
        self.get(at, len).map(drop)
    }

    /// Writes `bytes` at `at`.
    pub(crate) fn put(&mut self, at: u32, bytes: &[u8]) -> Result<(), Errno> {
        let len = u32::try_from(bytes.len()).map_err(|_| Errno::Fault)?;
        self.get_mut(at, len)?.copy_from_slice(bytes);
        Ok(())
    }

    /// Writes an integer of 32 bits.
    pub(crate) fn put_u32(&mut self, at: u32, value: u32) -> Result<(), Errno> {
        self.put(at, &value.to_le_bytes())
    }

    /// Writes an integer of 64 bits.
    pub(crate) fn put_u64(&mut self, at: u32, value: u64) -> Result<(), Errno> {
        self.put(at, &value.to_le_bytes())
    }

    /// The vectors of a transfer, all in bounds, cut so that together they hold [`TRANSFER_BYTES_MAX`] at most.
    ///
    /// # Errors
    ///
    /// [`Errno::Inval`] for more than [`VECTORS_MAX`], or for lengths whose sum no result could tell;
    /// [`Errno::Fault`] when the list or a vector is out of bounds.
    pub(crate) fn vectors(&self, at: u32, count: u32) -> Result<Vec<Span>, Errno> {
        if count > VECTORS_MAX {
            return Err(Errno::Inval);
        }
        let list = self.get(at, count * VECTOR_BYTES)?;
        let mut total = 0_u64;
        let mut spans = Vec::with_capacity(count as usize);
        for row in list.chunks_exact(VECTOR_BYTES as usize) {
            let span = Span { at: word(row, 0), len: word(row, 4) };
            self.check(span.at, span.len)?;
            let room = TRANSFER_BYTES_MAX.saturating_sub(total);
            total += u64::from(span.len);
            spans.push(Span { len: u64::from(span.len).min(room) as u32, ..span });
        }
        if total > u64::from(u32::MAX) {
            return Err(Errno::Inval);
        }
        Ok(spans)
    }

    /// A path that the guest names.
    ///
    /// # Errors
    ///
    /// [`Errno::Nametoolong`], [`Errno::Inval`] with a NUL inside, [`Errno::Ilseq`] when it is no UTF-8.
    pub(crate) fn path(&self, at: u32, len: u32) -> Result<Vec<u8>, Errno> {
        if len > PATH_BYTES_MAX {
            return Err(Errno::Nametoolong);
        }
        let bytes = self.get(at, len)?;
        std::str::from_utf8(bytes).map_err(|_| Errno::Ilseq)?;
        if bytes.contains(&0) {
            return Err(Errno::Inval);
        }
        Ok(bytes.to_vec())
    }
}

/// The word of 32 bits at `at` of a row that is long enough.
pub(crate) fn word(row: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([row[at], row[at + 1], row[at + 2], row[at + 3]])
}

/// The word of 64 bits at `at` of a row that is long enough.
pub(crate) fn long(row: &[u8], at: usize) -> u64 {
    u64::from(word(row, at)) | u64::from(word(row, at + 4)) << 32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A memory of `len` bytes that begins with vectors.
    fn with_vectors(rows: &[(u32, u32)], len: usize) -> Vec<u8> {
        let mut bytes: Vec<u8> = rows
            .iter()
            .flat_map(|(at, len)| [at.to_le_bytes(), len.to_le_bytes()].concat())
            .collect();
        bytes.resize(len, 0);
        bytes
    }

    #[test]
    fn ranges_outside_are_faults_and_empty_ones_are_nowhere() {
        let mut bytes = [0; 16];
        let mut memory = Memory::new(&mut bytes);
        assert_eq!(memory.get(8, 8).map(<[u8]>::len), Ok(8));
        assert_eq!(memory.get(9, 8), Err(Errno::Fault));
        assert_eq!(memory.get(u32::MAX, u32::MAX), Err(Errno::Fault));
        assert_eq!(memory.get(u32::MAX, 0), Ok(&[][..]));
        assert_eq!(memory.put_u64(9, 1), Err(Errno::Fault));
        assert_eq!(memory.put(u32::MAX, &[]), Ok(()));
    }

    #[test]
    fn vectors_are_bounded_in_count_place_and_sum() {
        let mut bytes = with_vectors(&[(0, 4), (255, 1), (0, 0)], 256);
        let memory = Memory::new(&mut bytes);
        assert_eq!(memory.vectors(0, 2).map(|v| v[1]), Ok(Span { at: 255, len: 1 }));
        assert_eq!(memory.vectors(0, VECTORS_MAX + 1), Err(Errno::Inval));
        assert_eq!(memory.vectors(250, 1), Err(Errno::Fault));
        assert_eq!(memory.vectors(0, u32::MAX), Err(Errno::Inval));
        let mut bytes = with_vectors(&[(200, 57)], 256);
        assert_eq!(Memory::new(&mut bytes).vectors(0, 1), Err(Errno::Fault));
        let mut bytes = with_vectors(&[(4, u32::MAX), (4, u32::MAX)], 256);
        assert_eq!(Memory::new(&mut bytes).vectors(0, 2), Err(Errno::Fault));
    }

    #[test]
    fn a_long_transfer_is_cut_and_a_sum_beyond_32_bits_is_refused() {
        let len = 12 << 20;
        let mut bytes = with_vectors(&[(0, len), (0, len)], len as usize);
        let lens = Memory::new(&mut bytes).vectors(0, 2).map(|v| [v[0].len, v[1].len]);
        assert_eq!(lens, Ok([len, 4 << 20]));
        let mut bytes = with_vectors(&[(0, len); 512], len as usize);
        assert_eq!(Memory::new(&mut bytes).vectors(0, 512), Err(Errno::Inval));
    }

    #[test]
    fn paths_are_short_utf8_without_nul() {
        let mut bytes = b"a\xc3\xa4\0\xff".to_vec();
        bytes.resize(8192, b'a');
        let memory = Memory::new(&mut bytes);
        assert_eq!(memory.path(0, 3).as_deref(), Ok("a\u{e4}".as_bytes()));
        assert_eq!(memory.path(0, 4), Err(Errno::Inval));
        assert_eq!(memory.path(4, 2), Err(Errno::Ilseq));
        assert_eq!(memory.path(0, 2), Err(Errno::Ilseq));
        assert_eq!(memory.path(0, PATH_BYTES_MAX + 1), Err(Errno::Nametoolong));
    }
}
