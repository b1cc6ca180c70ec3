//! Modules of a few bytes.

/// A module that exports `run`, a function without arguments, results or instructions.
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
