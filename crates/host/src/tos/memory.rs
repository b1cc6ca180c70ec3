//! A program's memory as system calls see it: addresses translated, rights and alignment checked.
//!
//! Invariant: whatever is handed out lies in one region that may be accessed so; no bytes lie anywhere that is mapped.

use core::marker::PhantomData;

use super::error::TosError;
use crate::mapping::{AccessType, AccessViolation, MemoryMapping};

/// A program's memory: its bytes with the mapping.
#[derive(Debug)]
pub struct GuestMemory<'m> {
    /// Where addresses lie.
    pub mapping: &'m MemoryMapping,
    /// The bytes.
    pub bytes: &'m mut [u8],
}

/// A number, or an array of bytes, as it lies in memory: little-endian.
pub trait Plain: Copy {
    /// Its bytes.
    const SIZE: usize;
    /// What its address is a multiple of.
    const ALIGN: u64;

    /// Reads it from as many bytes.
    fn read(bytes: &[u8]) -> Self;
    /// Writes it to as many bytes.
    fn write(self, bytes: &mut [u8]);
}

macro_rules! plain_numbers {
    ($($ty:ty)*) => {$(
        impl Plain for $ty {
            const SIZE: usize = size_of::<$ty>();
            const ALIGN: u64 = size_of::<$ty>() as u64;

            fn read(bytes: &[u8]) -> Self {
                Self::from_le_bytes(bytes.try_into().expect("as many bytes as it has"))
            }

            fn write(self, bytes: &mut [u8]) {
                bytes.copy_from_slice(&self.to_le_bytes());
            }
        }
    )*};
}

plain_numbers!(u8 u16 u32 u64 u128 i8 i16 i32 i64 i128);

impl<const N: usize> Plain for [u8; N] {
    const SIZE: usize = N;
    const ALIGN: u64 = 1;

    fn read(bytes: &[u8]) -> Self {
        bytes.try_into().expect("as many bytes as it has")
    }

    fn write(self, bytes: &mut [u8]) {
        bytes.copy_from_slice(&self);
    }
}

/// Items that may be read.
#[derive(Debug, Clone, Copy)]
pub struct Slice<'m, T>(&'m [u8], PhantomData<T>);

impl<'m, T: Plain> Slice<'m, T> {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len() / T::SIZE
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The item at a place.
    pub fn get(&self, at: usize) -> Option<T> {
        self.0.chunks_exact(T::SIZE).nth(at).map(T::read)
    }

    /// Their bytes.
    pub fn as_bytes(&self) -> &'m [u8] {
        self.0
    }
}

/// Items that may be changed.
#[derive(Debug)]
pub struct SliceMut<'m, T>(&'m mut [u8], PhantomData<T>);

impl<T: Plain> SliceMut<'_, T> {
    /// Changes the item at a place; whether there is one.
    pub fn set(&mut self, at: usize, item: T) -> bool {
        let place = self.0.chunks_exact_mut(T::SIZE).nth(at);
        place.map(|bytes| item.write(bytes)).is_some()
    }

    /// Their bytes.
    pub fn as_bytes(&mut self) -> &mut [u8] {
        self.0
    }
}

/// A value that may be changed.
#[derive(Debug)]
pub struct TypeMut<'m, T>(&'m mut [u8], PhantomData<T>);

impl<T: Plain> TypeMut<'_, T> {
    /// What it is.
    pub fn get(&self) -> T {
        T::read(self.0)
    }

    /// Makes it another.
    pub fn set(&mut self, value: T) {
        value.write(self.0);
    }
}

/// Where `len` items lie.
fn range<T: Plain>(
    mapping: &MemoryMapping,
    access: AccessType,
    (address, len): (u64, u64),
    check_aligned: bool,
) -> Result<core::ops::Range<usize>, TosError> {
    let violation = AccessViolation { access, address, len };
    let bytes = len.checked_mul(T::SIZE as u64).ok_or(violation)?;
    let at = mapping.find(access, address, bytes)?;
    if check_aligned && !address.is_multiple_of(T::ALIGN) {
        return Err(TosError::UnalignedPointer { address });
    }
    Ok(at as usize..(at + bytes) as usize)
}

/// The value at an address.
///
/// # Errors
///
/// [`TosError::AccessViolation`], and where alignment is checked [`TosError::UnalignedPointer`].
pub fn translate_type<T: Plain>(
    memory: &GuestMemory<'_>,
    address: u64,
    check_aligned: bool,
) -> Result<T, TosError> {
    let range = range::<T>(memory.mapping, AccessType::Load, (address, 1), check_aligned)?;
    Ok(T::read(&memory.bytes[range]))
}

/// The value at an address, to be changed.
///
/// # Errors
///
/// As for [`translate_type`].
pub fn translate_type_mut<'m, T: Plain>(
    memory: &'m mut GuestMemory<'_>,
    address: u64,
    check_aligned: bool,
) -> Result<TypeMut<'m, T>, TosError> {
    let range = range::<T>(memory.mapping, AccessType::Store, (address, 1), check_aligned)?;
    Ok(TypeMut(&mut memory.bytes[range], PhantomData))
}

/// Items from an address on.
///
/// # Errors
///
/// As for [`translate_type`].
pub fn translate_slice<'m, T: Plain>(
    memory: &'m GuestMemory<'_>,
    address: u64,
    len: u64,
    check_aligned: bool,
) -> Result<Slice<'m, T>, TosError> {
    if len == 0 {
        return Ok(Slice(&[], PhantomData));
    }
    let range = range::<T>(memory.mapping, AccessType::Load, (address, len), check_aligned)?;
    Ok(Slice(&memory.bytes[range], PhantomData))
}

/// Items from an address on, to be changed.
///
/// # Errors
///
/// As for [`translate_type`].
pub fn translate_slice_mut<'m, T: Plain>(
    memory: &'m mut GuestMemory<'_>,
    address: u64,
    len: u64,
    check_aligned: bool,
) -> Result<SliceMut<'m, T>, TosError> {
    if len == 0 {
        return Ok(SliceMut(&mut [], PhantomData));
    }
    let range = range::<T>(memory.mapping, AccessType::Store, (address, len), check_aligned)?;
    Ok(SliceMut(&mut memory.bytes[range], PhantomData))
}

/// Text from an address on.
///
/// # Errors
///
/// As for [`translate_slice`], and [`TosError::InvalidText`].
pub fn translate_string<'m>(
    memory: &'m GuestMemory<'_>,
    address: u64,
    len: u64,
) -> Result<&'m str, TosError> {
    let bytes = translate_slice::<u8>(memory, address, len, false)?;
    core::str::from_utf8(bytes.as_bytes()).map_err(|_| TosError::InvalidText)
}
