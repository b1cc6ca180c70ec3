//! Helpers that leave registers as they are, for calls in code that is seldom executed: around them nothing has to be saved.
//!
//! Invariant: all registers of integers that a function in C may change are saved and come back, but for that of the result.
//! Those of vectors are not: what holds vectors calls these as it calls others.

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
        pub(super) unsafe extern "C" fn $name(context: *mut Context, $(_: $arg),+) -> i64 {
            // Arguments are where they are to be. The stack is aligned at the call: a return address, eight registers, and
            // eight bytes more.
            core::arch::naked_asm!(
                push_arguments!(),
                "push r10",
                "push r11",
                "sub rsp, 8",
                "call {body}",
                "add rsp, 8",
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
