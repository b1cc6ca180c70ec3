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

/// Does `compute` with the operands of a function on words; where they are, see [`WordHelper`].
///
/// # Safety
///
/// `context` is the caller's, and `place` are its slots: of all operands but the first, and of the result.
#[inline(always)]
unsafe fn run<const N: usize>(
    (context, place): (*const Context, *mut u64),
    first: [u64; WORD_SLOTS],
    compute: impl FnOnce(&Context, [U256; N]) -> U256,
) -> *mut u64 {
    let operand = |position: usize| match position.checked_sub(1) {
        None => U256::from_limbs(first),
        // SAFETY: the caller's promise.
        Some(behind) => unsafe { read_word(place.add(behind * WORD_SLOTS)) },
    };
    // SAFETY: the caller's promise; nobody changes the context during the call.
    let result = compute(unsafe { &*context }, core::array::from_fn(operand));
    // SAFETY: the caller's promise.
    unsafe { place.cast::<[u64; WORD_SLOTS]>().write(*result.as_limbs()) };
    place
}

macro_rules! words {
    ($($function:ident: $op:ident = $compute:expr;)*) => {
        $(
            /// # Safety
            ///
            /// Called by machine code with its context and the slots of its operands.
            unsafe extern "C" fn $function(
                context: *const Context,
                place: *mut u64,
                a: u64,
                b: u64,
                c: u64,
                d: u64,
            ) -> *mut u64 {
                // SAFETY: the caller's promise.
                unsafe { run((context, place), [a, b, c, d], $compute) }
            }
        )*

        /// The operations that have a function.
        const OPS: &[Op] = &[$(Op::$op),*];

        /// Their functions, in the same order.
        pub(super) const WORDS: [WordHelper; OPS.len()] = [$($function),*];

        /// How many there are.
        pub(super) const COUNT: usize = OPS.len();
    };
}

words! {
    mulmod: Mulmod = mul_mod;
    imul: Imul = |_, [a, b]| meaning::imul(a, b);
    udiv: Udiv = |_, [a, b]| meaning::udiv(a, b);
    urem: Urem = |_, [a, b]| meaning::urem(a, b);
    sdiv: Sdiv = |_, [a, b]| meaning::sdiv(a, b);
    srem: Srem = |_, [a, b]| meaning::srem(a, b);
    ipow: Ipow = |_, [a, b]| meaning::ipow(a, b);
    ishl_full: IshlFull = |_, [a, b]| meaning::ishl_full(a, b);
    ushr_full: UshrFull = |_, [a, b]| meaning::ushr_full(a, b);
    sshr_full: SshrFull = |_, [a, b]| meaning::sshr_full(a, b);
    byte_be: ByteBe = |_, [a, b]| meaning::byte_be(a, b);
    sextend_byte: SextendByte = |_, [a, b]| meaning::sextend_byte(a, b);
    clz: Clz = |_, [a]| meaning::clz(a);
    addmod: Addmod = |_, [a, b, modulus]| meaning::addmod(a, b, modulus);
}

/// With what the resources keep of moduli, which programs use again and again.
fn mul_mod(context: &Context, [a, b, modulus]: [U256; 3]) -> U256 {
    // SAFETY: whoever made the context keeps alive what it points to.
    unsafe { &*context.resources }.mul_mod(a, b, modulus)
}

/// Which of the functions does `op`, if one does.
pub fn word_helper(op: Op) -> Option<usize> {
    OPS.iter().position(|known| *known == op)
}
