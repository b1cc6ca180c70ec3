//! Operations on words of 256 bits that are functions and not instructions: one each, so that none asks which it is.
//!
//! Invariant: what a function computes is the meaning of the operation, and nothing else.

use lockstep_base::U256;
use lockstep_ir::{Op, op::meaning};

use crate::{context::Context, host::read_word};

/// Slots from one operand to the next.
pub const WORD_SLOTS: usize = 4;

/// A function on words, called with the context, a place, and the limbs of its first operand. The others are at the place, and
/// the result goes there, at the beginning. It returns the place: whoever reads the result by an address that the processor knew
/// before may be given what was there earlier, and read again.
pub(super) type WordHelper =
    unsafe extern "C" fn(*const Context, *mut u64, u64, u64, u64, u64) -> *mut u64;

/// The operand at `position`, of which `first` is the one at zero.
///
/// # Safety
///
/// `place` are the slots of all operands but the first, as far as that one.
#[inline(always)]
unsafe fn get(first: [u64; WORD_SLOTS], place: *mut u64, position: usize) -> U256 {
    match position {
        0 => U256::from_limbs(first),
        // SAFETY: the caller's promise.
        _ => unsafe { read_word(place.add((position - 1) * WORD_SLOTS)) },
    }
}

macro_rules! words {
    ($($function:ident: $op:ident = $meaning:path, [$($position:literal),+];)*) => {
        $(
            /// # Safety
            ///
            /// Called by machine code with the slots of its operands.
            unsafe extern "C" fn $function(
                _context: *const Context,
                place: *mut u64,
                a: u64,
                b: u64,
                c: u64,
                d: u64,
            ) -> *mut u64 {
                // SAFETY: the caller's promise.
                unsafe {
                    let result: U256 = $meaning($(get([a, b, c, d], place, $position)),+);
                    place.cast::<[u64; 4]>().write(*result.as_limbs());
                }
                place
            }
        )*

        /// The operations that have a function.
        const OPS: &[Op] = &[Op::Mulmod, $(Op::$op),*];

        /// Their functions, in the same order.
        pub(super) const WORDS: [WordHelper; OPS.len()] = [mulmod, $($function),*];

        /// How many there are.
        pub(super) const COUNT: usize = OPS.len();
    };
}

words! {
    imul: Imul = meaning::imul, [0, 1];
    udiv: Udiv = meaning::udiv, [0, 1];
    urem: Urem = meaning::urem, [0, 1];
    sdiv: Sdiv = meaning::sdiv, [0, 1];
    srem: Srem = meaning::srem, [0, 1];
    ipow: Ipow = meaning::ipow, [0, 1];
    ishl_full: IshlFull = meaning::ishl_full, [0, 1];
    ushr_full: UshrFull = meaning::ushr_full, [0, 1];
    sshr_full: SshrFull = meaning::sshr_full, [0, 1];
    byte_be: ByteBe = meaning::byte_be, [0, 1];
    sextend_byte: SextendByte = meaning::sextend_byte, [0, 1];
    clz: Clz = meaning::clz, [0];
    addmod: Addmod = meaning::addmod, [0, 1, 2];
}

/// By the reciprocal of the last modulus, which programs use again and again.
///
/// # Safety
///
/// As for the others; the context is the caller's.
unsafe extern "C" fn mulmod(
    context: *const Context,
    place: *mut u64,
    a: u64,
    b: u64,
    c: u64,
    d: u64,
) -> *mut u64 {
    // SAFETY: the caller's promise; resources outlive their contexts.
    unsafe {
        let [a, b, modulus] = [0, 1, 2].map(|position| get([a, b, c, d], place, position));
        let result = (*(*context).resources).mul_mod(a, b, modulus);
        place.cast::<[u64; 4]>().write(*result.as_limbs());
    }
    place
}

/// Which of the functions does `op`, if one does.
pub fn word_helper(op: Op) -> Option<usize> {
    OPS.iter().position(|known| *known == op)
}
