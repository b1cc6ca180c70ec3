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

/// Saves the registers of integers that arguments stand in.
#[cfg(target_arch = "x86_64")]
macro_rules! push_arguments {
    () => {
        "push rdi
        push rsi
        push rdx
        push rcx
        push r8
        push r9"
    };
}

/// Gives them back.
#[cfg(target_arch = "x86_64")]
macro_rules! pop_arguments {
    () => {
        "pop r9
        pop r8
        pop rcx
        pop rdx
        pop rsi
        pop rdi"
    };
}

#[cfg(target_arch = "x86_64")]
pub(super) use {pop_arguments, push_arguments};

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

/// Where the stub of a function without a body leads, with the function's number on top of the stack and everything else as
/// for the body: has it compiled, and goes on there.
///
/// # Safety
///
/// Reached by a call of a body, of an entered context.
#[cfg(target_arch = "x86_64")]
#[unsafe(naked)]
pub(super) unsafe extern "C" fn lazy() {
    // Arguments of bodies stand in rdi, rsi, rdx, rcx, r8, r9, xmm0 to xmm7, and on the stack; the first is the counter. The
    // stack is aligned here: a return address and the number.
    core::arch::naked_asm!(
        push_arguments!(),
        "sub rsp, 128",
        "movups [rsp], xmm0",
        "movups [rsp + 16], xmm1",
        "movups [rsp + 32], xmm2",
        "movups [rsp + 48], xmm3",
        "movups [rsp + 64], xmm4",
        "movups [rsp + 80], xmm5",
        "movups [rsp + 96], xmm6",
        "movups [rsp + 112], xmm7",
        "mov [r15 + {gas}], rdi",
        "mov rdi, r15",
        "mov esi, [rsp + 176]",
        "call {body}",
        "movups xmm0, [rsp]",
        "movups xmm1, [rsp + 16]",
        "movups xmm2, [rsp + 32]",
        "movups xmm3, [rsp + 48]",
        "movups xmm4, [rsp + 64]",
        "movups xmm5, [rsp + 80]",
        "movups xmm6, [rsp + 96]",
        "movups xmm7, [rsp + 112]",
        "add rsp, 128",
        pop_arguments!(),
        "add rsp, 8",
        "test rax, rax",
        "jz 2f",
        "jmp rax",
        "2:",
        "mov rdi, r15",
        "jmp {leave}",
        gas = const Layout::GAS,
        body = sym super::helpers::body,
        leave = sym leave,
    )
}

/// As above, where there is no way in: programs have no code there.
///
/// # Safety
///
/// Never called.
#[cfg(not(target_arch = "x86_64"))]
pub(super) unsafe extern "C" fn lazy() {
    unreachable!("no machine code for this processor")
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
