//! What each operation means: one pure function per row of `table`, generic over the width.

use crate::{op::Op, trap::Trap, types::Type};

/// An operand or result as bits: limbs, least significant first, zero beyond its type.
pub type Bits = [u64; 8];

/// What `op` from `ty` to `to` yields for `args`, or the trap that a checked row ends in.
///
/// # Errors
///
/// The trap named by the row; never for a pure row.
pub fn evaluate(_op: Op, _ty: Type, _to: Type, _args: [&Bits; 3]) -> Result<Bits, Trap> {
    Err(Trap::Unreachable)
}
