//! Helpers that leave registers as they are, for calls in code that is seldom executed: around them nothing has to be saved.
//!
//! Invariant: all registers of integers that a function in C may change are saved and come back; there is no result, which
//! would be in one. Those of vectors are not: what holds vectors calls these as it calls others.

#[cfg(target_arch = "x86_64")]
use super::door::{pop_arguments, push_arguments};
use super::helpers;
use crate::context::Context;

macro_rules! keeping {
    ($($name:ident($($arg:ty),+);)*) => {$(
        /// # Safety
        ///
        /// As for the helper of the same name.
        #[cfg(target_arch = "x86_64")]
        #[unsafe(naked)]
        pub(super) unsafe extern "C" fn $name(context: *mut Context, $(_: $arg),+) {
            // Arguments are where they are to be. The stack is aligned at the call: a return address and nine registers.
            core::arch::naked_asm!(
                push_arguments!(),
                "push r10",
                "push r11",
                "push rax",
                "call {body}",
                "pop rax",
                "pop r11",
                "pop r10",
                pop_arguments!(),
                "ret",
                body = sym helpers::$name,
            )
        }

        /// # Safety
        ///
        /// Never called: no machine code for this processor.
        #[cfg(not(target_arch = "x86_64"))]
        pub(super) use helpers::$name;
    )*};
}

keeping! {
    touch(u64, u64, u64);
    touch_word(u64, u64, u64, u64, u64);
    load_padded(u64, u64, u64, *mut u64);
}
