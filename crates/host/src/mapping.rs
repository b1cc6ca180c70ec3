//! Where a program's memory lies, for guests whose addresses are no places in memory 0: regions with rights.
//!
//! Invariant: whatever is found lies in one region that may be accessed so; no bytes lie anywhere that is mapped.

use core::fmt;

/// What is done to memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessType {
    /// It is read.
    Load,
    /// It is written.
    Store,
}

impl fmt::Display for AccessType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Load => "load",
            Self::Store => "store",
        })
    }
}

/// An address that leads nowhere, or where the program may not do this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccessViolation {
    /// What was to be done.
    pub access: AccessType,
    /// Where.
    pub address: u64,
    /// To how many bytes.
    pub len: u64,
}

impl fmt::Display for AccessViolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { access, address, len } = self;
        write!(f, "access violation: {access} of {len} bytes at {address:#x}")
    }
}

impl core::error::Error for AccessViolation {}

/// A run of addresses, and the bytes of the program's memory that stand for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoryRegion {
    /// The first address.
    pub start: u64,
    /// Its bytes.
    pub len: u64,
    /// The first byte that stands for it.
    pub offset: u64,
    /// Whether the program may write there.
    pub is_writable: bool,
    /// Length of the stretches of addresses of which every other one is a gap; zero without gaps.
    pub gap: u64,
}

/// Where everything lies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemoryMapping {
    /// The regions; none overlaps another.
    pub regions: Vec<MemoryRegion>,
}

impl MemoryMapping {
    /// Where bytes `address .. address + len` lie in the program's memory.
    ///
    /// # Errors
    ///
    /// [`AccessViolation`] when they do not, or may not be accessed so.
    pub fn find(&self, access: AccessType, address: u64, len: u64) -> Result<u64, AccessViolation> {
        let found = self.regions.iter().find_map(|region| region.find(access, address, len));
        found.ok_or(AccessViolation { access, address, len })
    }
}

impl MemoryRegion {
    fn find(&self, access: AccessType, address: u64, len: u64) -> Option<u64> {
        if access == AccessType::Store && !self.is_writable {
            return None;
        }
        let mut distance = address.checked_sub(self.start)?;
        if self.gap != 0 {
            if distance & self.gap != 0 {
                return None;
            }
            let low = self.gap - 1;
            distance = (distance & !low) >> 1 | distance & low;
        }
        let end = distance.checked_add(len)?;
        (end <= self.len).then(|| self.offset + distance)
    }
}
