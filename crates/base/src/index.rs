//! Typed indices, and the vectors they index: a block number is never used as a value number.

use alloc::vec::Vec;
use core::marker::PhantomData;

/// A number that names an element of one kind of [`IndexVec`].
pub trait Index: Copy {
    /// The index of element `position`.
    ///
    /// # Panics
    ///
    /// When `position` does not fit the index's width; callers bound what they count first.
    fn new(position: usize) -> Self;

    /// The position this index names.
    fn position(self) -> usize;
}

/// Declares an index type of 32 bits: `index!(/// doc Name, "prefix");` prints as `prefix7`.
#[macro_export]
macro_rules! index {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl $crate::Index for $name {
            fn new(position: usize) -> Self {
                assert!(position <= u32::MAX as usize, "index exceeds 32 bits");
                Self(position as u32)
            }
            fn position(self) -> usize {
                self.0 as usize
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0)
            }
        }

        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                core::fmt::Display::fmt(self, f)
            }
        }
    };
}

/// A vector whose elements are named by `I` alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexVec<I, T> {
    items: Vec<T>,
    index: PhantomData<I>,
}

impl<I, T> Default for IndexVec<I, T> {
    fn default() -> Self {
        Self { items: Vec::new(), index: PhantomData }
    }
}

impl<I: Index, T> IndexVec<I, T> {
    /// Appends `item` and returns its name.
    pub fn push(&mut self, item: T) -> I {
        let index = I::new(self.items.len());
        self.items.push(item);
        index
    }

    /// The element `index` names, if there is one.
    pub fn get(&self, index: I) -> Option<&T> {
        self.items.get(index.position())
    }

    /// How many elements there are.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Bytes of the room that it has, used or not.
    pub fn room_bytes(&self) -> usize {
        self.items.capacity() * size_of::<T>()
    }

    /// Makes room for `more` elements.
    pub fn reserve(&mut self, more: usize) {
        self.items.reserve(more);
    }

    /// Forgets all elements and keeps the room.
    pub fn clear(&mut self) {
        self.items.clear();
    }

    /// The elements with their names, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (I, &T)> {
        self.items.iter().enumerate().map(|(i, item)| (I::new(i), item))
    }

    /// The elements in order, to be changed.
    pub fn as_mut_slice(&mut self) -> &mut [T] {
        &mut self.items
    }

    /// The elements as a slice.
    pub fn as_slice(&self) -> &[T] {
        &self.items
    }
}

impl<I, T> FromIterator<T> for IndexVec<I, T> {
    fn from_iter<A: IntoIterator<Item = T>>(items: A) -> Self {
        Self { items: items.into_iter().collect(), index: PhantomData }
    }
}

impl<I: Index, T> core::ops::Index<I> for IndexVec<I, T> {
    type Output = T;

    fn index(&self, index: I) -> &T {
        &self.items[index.position()]
    }
}

impl<I: Index, T> core::ops::IndexMut<I> for IndexVec<I, T> {
    fn index_mut(&mut self, index: I) -> &mut T {
        &mut self.items[index.position()]
    }
}
