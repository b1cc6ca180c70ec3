//! Modules of a few bytes, of which it counts what an instance costs. Each exports `run`, a function without arguments,
//! results or instructions.

/// Nothing else.
#[rustfmt::skip]
pub const EMPTY: [u8; 33] = [
    0, b'a', b's', b'm', 1, 0, 0, 0,
    // Types: one, () -> ().
    1, 4, 1, 0x60, 0, 0,
    // Functions: one, of type 0.
    3, 2, 1, 0,
    // Exports: function 0 as `run`.
    7, 7, 1, 3, b'r', b'u', b'n', 0, 0,
    // Bodies: one of two bytes, no locals, end.
    10, 4, 1, 2, 0, 0x0b,
];

/// A memory of one page that begins with a few bytes, as contracts have.
#[rustfmt::skip]
pub const MEMORY: [u8; 55] = [
    0, b'a', b's', b'm', 1, 0, 0, 0,
    // Types, functions.
    1, 4, 1, 0x60, 0, 0,
    3, 2, 1, 0,
    // Memories: one that begins with one page.
    5, 3, 1, 0, 1,
    // Exports, bodies.
    7, 7, 1, 3, b'r', b'u', b'n', 0, 0,
    10, 4, 1, 2, 0, 0x0b,
    // Data: eight bytes at 1024 (i32.const, end).
    11, 15, 1, 0, 0x41, 0x80, 0x08, 0x0b, 8, 1, 2, 3, 4, 5, 6, 7, 8,
];
