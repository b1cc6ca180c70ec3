//! Acts: operations on what an instance holds. One row and one meaning each, as for operations on values.
//!
//! A row is `Variant = mnemonic: [holdings] (argument types) -> (result type);`. Numbers of bytes, pages and elements
//! are i64 whatever the guest's index type; an act that refuses to grow answers all ones.
//!
//! Invariant: an act that traps has changed nothing.

pub mod meaning;

use core::{fmt, str::FromStr};

use crate::types::Type;

/// What a number of an act's row names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holding {
    /// A memory.
    Memory,
    /// A table.
    Table,
    /// A data segment.
    Data,
    /// An element segment.
    Elem,
    /// A function: imports are counted first.
    Func,
}

/// Calls `$with!` with all rows.
#[macro_export]
macro_rules! for_each_act {
    ($with:ident) => {
        $with! {
            /// Grows a memory by so many pages, zeroed; the number of pages before, or all ones when it may not grow so far.
            MemoryGrow = memory_grow: [Memory] (I64) -> (I64);
            /// Sets bytes from the first argument on to the low byte of the second, as many as the third says; traps
            /// `memory_out_of_bounds`.
            MemoryFill = memory_fill: [Memory] (I64, I32, I64) -> ();
            /// Copies to the first memory's address (first argument) from the second memory's (second argument), as if
            /// through a buffer; traps `memory_out_of_bounds`.
            MemoryCopy = memory_copy: [Memory, Memory] (I64, I64, I64) -> ();
            /// Copies to a memory's address from a data segment's offset; a dropped segment is empty; traps
            /// `memory_out_of_bounds`.
            MemoryInit = memory_init: [Memory, Data] (I64, I64, I64) -> ();
            /// Empties a data segment.
            DataDrop = data_drop: [Data] () -> ();
            /// The reference at an index; traps `table_out_of_bounds`.
            TableGet = table_get: [Table] (I64) -> (Ref);
            /// Changes the reference at an index; traps `table_out_of_bounds`.
            TableSet = table_set: [Table] (I64, Ref) -> ();
            /// The length of a table.
            TableSize = table_size: [Table] () -> (I64);
            /// Grows a table by so many copies of a reference; the length before, or all ones when it may not grow so far.
            TableGrow = table_grow: [Table] (I64, Ref) -> (I64);
            /// Sets elements from the first argument on to a reference, as many as the third argument says; traps
            /// `table_out_of_bounds`.
            TableFill = table_fill: [Table] (I64, Ref, I64) -> ();
            /// Copies elements like `memory_copy`; traps `table_out_of_bounds`.
            TableCopy = table_copy: [Table, Table] (I64, I64, I64) -> ();
            /// Copies elements from an element segment; a dropped segment is empty; traps `table_out_of_bounds`.
            TableInit = table_init: [Table, Elem] (I64, I64, I64) -> ();
            /// Empties an element segment.
            ElemDrop = elem_drop: [Elem] () -> ();
            /// A reference to a function.
            FuncRef = func_ref: [Func] () -> (Ref);
        }
    };
}

macro_rules! derive_act {
    ($($(#[doc = $doc:literal])+ $name:ident = $mnemonic:ident:
        [$($holding:ident),*] ($($param:ident),*) -> ($($result:ident)?);)*) => {
        /// An act on what an instance holds; see the rows of this module.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Act {
            $($(#[doc = $doc])+ $name,)*
        }

        impl Act {
            /// Every act, in the order of the rows.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The name in the text form.
            pub const fn mnemonic(self) -> &'static str {
                match self { $(Self::$name => stringify!($mnemonic),)* }
            }

            /// What its numbers name.
            pub const fn holdings(self) -> &'static [Holding] {
                match self { $(Self::$name => &[$(Holding::$holding),*],)* }
            }

            /// Types of its arguments.
            pub const fn params(self) -> &'static [Type] {
                match self { $(Self::$name => &[$(Type::$param),*],)* }
            }

            /// Types of its results: one or none.
            pub const fn results(self) -> &'static [Type] {
                match self { $(Self::$name => &[$(Type::$result)?],)* }
            }

            /// The meaning in words, as the reference page prints it.
            pub const fn doc(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc),+),)* }
            }
        }
    };
}

for_each_act!(derive_act);

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.mnemonic())
    }
}

impl FromStr for Act {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.iter().copied().find(|act| act.mnemonic() == text).ok_or(())
    }
}
