//! The way into machine code and out of it: a few instructions each, for the processors that have them here.

use core::ffi::c_void;

use super::Layout;
use crate::context::Context;

/// What enters a body: takes its arguments from the frame, leaves its results there. Called with the context, the frame
/// and the body.
pub(super) type Door = *const u8;

/// Whether this processor has a way in.
pub(super) const EXISTS: bool = cfg!(target_arch = "x86_64");

/// The end of `enter`: gives back what it saved below `rbp`, and returns. `leave` ends so too, on the same stack.
#[cfg(target_arch = "x86_64")]
macro_rules! give_back {
    () => {
        "add rsp, 8
        pop r15
        pop r14
        pop r13
        pop r12
        pop rbx
        pop rbp
        ret"
    };
}

/// Calls `door` with `context`, `frame` and `body`; zero when the body returned, one when it left.
///
/// # Safety
///
/// `door` is what the compiler made for the signature of `body`, both published; the frame has their operands.
#[cfg(target_arch = "x86_64")]
#[unsafe(naked)]
pub(super) unsafe extern "C" fn enter(
    door: Door,
    context: *mut Context,
    frame: *mut u64,
    body: *const u8,
) -> u64 {
    // System V: rdi, rsi, rdx, rcx. Bodies keep no register; r15 holds the context.
    core::arch::naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "push rbx",
        "push r12",
        "push r13",
        "push r14",
        "push r15",
        "sub rsp, 8",
        "mov [rsi + {exit_stack}], rsp",
        "mov rax, rdi",
        "mov r15, rsi",
        "mov rdi, rsi",
        "mov rsi, rdx",
        "mov rdx, rcx",
        "call rax",
        "xor eax, eax",
        give_back!(),
        exit_stack = const Layout::EXIT_STACK,
    )
}

/// Goes back to where the innermost `enter` of `context` came from.
///
/// # Safety
///
/// Called by a body that `context` entered; the context says why it leaves.
#[cfg(target_arch = "x86_64")]
#[unsafe(naked)]
pub(super) unsafe extern "C" fn leave(context: *mut Context) -> ! {
    core::arch::naked_asm!(
        "mov rsp, [rdi + {exit_stack}]",
        "mov eax, 1",
        give_back!(),
        exit_stack = const Layout::EXIT_STACK,
    )
}

/// As above, where there is no way in: programs have no code there.
///
/// # Safety
///
/// Never called.
#[cfg(not(target_arch = "x86_64"))]
pub(super) unsafe extern "C" fn enter(_: Door, _: *mut Context, _: *mut u64, _: *const u8) -> u64 {
    unreachable!("no machine code for this processor")
}

/// As above.
///
/// # Safety
///
/// Never called.
#[cfg(not(target_arch = "x86_64"))]
pub(super) unsafe extern "C" fn leave(_: *mut Context) -> ! {
    unreachable!("no machine code for this processor")
}

/// `item`, as the context keeps it.
pub(super) fn erased<T>(item: &T) -> *const c_void {
    core::ptr::from_ref(item).cast()
}
