//! Guard pages: an access of a body behind a guest's memory faults, and the fault becomes the guest's trap.
//!
//! # Shape
//!
//! ```text
//! access -> SIGSEGV -> is the instruction in watched code? is the address behind a memory of its context?
//!   both: note the trap, go on at `door::leave`       otherwise: the handler that was there before
//! ```
//!
//! # Invariants
//!
//! 1. The handler allocates nothing, takes no lock and calls nothing that does: watched regions are a list of cells that are
//!    never freed, which ones that ended leave to others.
//! 2. In watched code the register of the context holds the context, whose memories and counter are current at each access.
//! 3. It is installed when the first program relies on it, and stays.

use core::{
    ffi::{c_int, c_void},
    mem::MaybeUninit,
    ptr,
    sync::atomic::{AtomicPtr, AtomicUsize, Ordering},
};
use std::sync::OnceLock;

use lockstep_ir::{Growth, Trap};

use super::{Leaving, door, pages::REGION_BYTES};
use crate::{context::Context, store::GUARDED_BYTES};

/// A region of code whose faults behind memories are the guest's.
#[derive(Debug)]
pub(super) struct Watched {
    /// Where it begins; zero while there is none.
    begin: AtomicUsize,
    next: AtomicPtr<Watched>,
}

static FIRST: AtomicPtr<Watched> = AtomicPtr::new(ptr::null_mut());

/// All cells.
fn cells() -> impl Iterator<Item = &'static Watched> {
    // SAFETY: cells are leaked boxes, complete before the list names them.
    let cell = |at: &AtomicPtr<Watched>| unsafe { at.load(Ordering::Acquire).as_ref() };
    core::iter::successors(cell(&FIRST), move |watched| cell(&watched.next))
}

/// Watches the region that begins there; `None` when the system takes no handler.
pub(super) fn watch(begin: usize) -> Option<&'static Watched> {
    if !is_handled() {
        return None;
    }
    let take = |cell: &&Watched| {
        cell.begin.compare_exchange(0, begin, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    };
    if let Some(cell) = cells().find(take) {
        return Some(cell);
    }
    let cell = Watched { begin: AtomicUsize::new(begin), next: AtomicPtr::default() };
    let cell: &'static Watched = Box::leak(Box::new(cell));
    let mut first = FIRST.load(Ordering::Acquire);
    loop {
        cell.next.store(first, Ordering::Relaxed);
        let at = ptr::from_ref(cell).cast_mut();
        match FIRST.compare_exchange(first, at, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => return Some(cell),
            Err(now) => first = now,
        }
    }
}

impl Watched {
    /// The region is about to go.
    pub(super) fn end(&self) {
        self.begin.store(0, Ordering::Release);
    }

    fn holds(&self, pc: usize) -> bool {
        let begin = self.begin.load(Ordering::Acquire);
        begin != 0 && (begin..begin + REGION_BYTES).contains(&pc)
    }
}

/// The signals by which systems say it.
const SIGNALS: [c_int; 2] = [libc::SIGSEGV, libc::SIGBUS];

/// Who handled each of [`SIGNALS`] before; the handler may wait for nobody, so they are stored before it is there.
static BEFORE: [AtomicPtr<libc::sigaction>; SIGNALS.len()] =
    [const { AtomicPtr::new(ptr::null_mut()) }; SIGNALS.len()];

/// Installs the handler once; whether it is there.
fn is_handled() -> bool {
    static IS_HANDLED: OnceLock<bool> = OnceLock::new();
    *IS_HANDLED.get_or_init(|| {
        let is_known = SIGNALS.iter().zip(&BEFORE).all(|(signal, before)| {
            let mut known = Box::new(MaybeUninit::<libc::sigaction>::zeroed());
            // SAFETY: asks only.
            let failed = unsafe { libc::sigaction(*signal, ptr::null(), known.as_mut_ptr()) };
            before.store(Box::leak(known).as_mut_ptr(), Ordering::Release);
            failed == 0
        });
        is_known && SIGNALS.iter().all(install)
    })
}

fn install(signal: &c_int) -> bool {
    // SAFETY: all zero is an action: no flags, an empty mask.
    let mut action: libc::sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
    action.sa_sigaction = handle as *const () as usize;
    // On the thread's own stack for signals where it has one: a stack that overflowed can take none.
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
    // SAFETY: the handler is one of the kind that its flags say.
    unsafe { libc::sigaction(*signal, &action, ptr::null_mut()) == 0 }
}

/// The handler.
///
/// # Safety
///
/// Called by the system.
unsafe extern "C" fn handle(signal: c_int, info: *mut libc::siginfo_t, machine: *mut c_void) {
    // SAFETY: the system's promise; nobody else has them meanwhile.
    let is_taken = unsafe { take(&*info, machine) };
    if !is_taken {
        // SAFETY: what the system gave us goes on.
        unsafe { pass_on(signal, info, machine) };
    }
}

/// Makes the fault the guest's if it is one; whether it was.
///
/// # Safety
///
/// `machine` is what the system gave the handler.
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
unsafe fn take(info: &libc::siginfo_t, machine: *mut c_void) -> bool {
    // SAFETY: the caller's promise.
    let registers = unsafe { &mut (*machine.cast::<libc::ucontext_t>()).uc_mcontext.gregs };
    let pc = registers[libc::REG_RIP as usize] as usize;
    // A signal that somebody sent has no address.
    if info.si_code <= 0 || !cells().any(|cell| cell.holds(pc)) {
        return false;
    }
    let context = registers[libc::REG_R15 as usize] as *mut Context;
    // SAFETY: invariant 2; a signal of a fault interrupts the code itself, and nobody else uses its context.
    let context = unsafe { &mut *context };
    // SAFETY: faults have an address.
    let address = unsafe { info.si_addr() } as usize;
    if !context.guards(address) {
        return false;
    }
    context.native.leaving = Leaving::Trap(Trap::MemoryOutOfBounds);
    registers[libc::REG_RDI as usize] = ptr::from_mut(context) as i64;
    registers[libc::REG_RIP as usize] = door::leave as *const () as i64;
    true
}

/// Where there is no machine code, no fault is a guest's.
///
/// # Safety
///
/// None.
#[cfg(not(all(target_arch = "x86_64", target_os = "linux")))]
unsafe fn take(_: &libc::siginfo_t, _: *mut c_void) -> bool {
    false
}

#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
impl Context {
    /// Whether the address lies behind one of the memories that have guard pages, in its reservation.
    fn guards(&self, address: usize) -> bool {
        self.memories.iter().zip(&self.growth).any(|(memory, growth)| {
            let begin = memory.base as usize;
            let guard = begin + memory.len as usize..begin.saturating_add(GUARDED_BYTES as usize);
            matches!(growth, Growth::Explicit { .. } | Growth::Fixed) && guard.contains(&address)
        })
    }
}

/// Does what would have been done without us.
///
/// # Safety
///
/// As for `handle`.
unsafe fn pass_on(signal: c_int, info: *mut libc::siginfo_t, machine: *mut c_void) {
    let place = usize::from(signal != SIGNALS[0]);
    // SAFETY: leaked, and stored before the handler was there.
    let before = unsafe { &*BEFORE[place].load(Ordering::Acquire) };
    let handler = before.sa_sigaction;
    if handler == libc::SIG_DFL || handler == libc::SIG_IGN {
        // A fault comes again when we return, and then ends the process.
        let mut plain = *before;
        plain.sa_sigaction = libc::SIG_DFL;
        // SAFETY: the action is the system's own.
        unsafe { libc::sigaction(signal, &plain, ptr::null_mut()) };
    } else if before.sa_flags & libc::SA_SIGINFO != 0 {
        // SAFETY: whoever installed it said that it is of this kind.
        unsafe {
            let handler: unsafe extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void) =
                core::mem::transmute(handler);
            handler(signal, info, machine);
        }
    } else {
        // SAFETY: as above.
        unsafe {
            let handler: unsafe extern "C" fn(c_int) = core::mem::transmute(handler);
            handler(signal);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{os::unix::process::ExitStatusExt, process::Command};

    use super::*;

    /// What the test does when it runs itself.
    const CHILD: &str = "LOCKSTEP_GUARD_TEST";

    /// A fault of ours with the handler there: it goes to who handled it before, and ends the process as it would have.
    #[test]
    fn a_fault_that_is_no_guests_goes_to_the_handler_before() {
        if std::env::var_os(CHILD).is_some() {
            assert!(watch(1 << 40).is_some());
            // SAFETY: it is to fault; the process is there for nothing else.
            unsafe { ptr::without_provenance::<u8>(8).read_volatile() };
            return;
        }
        let own = std::env::current_exe().expect("the test is a file");
        let name = "native::guard::tests::a_fault_that_is_no_guests_goes_to_the_handler_before";
        let child = Command::new(own).args(["--exact", name]).env(CHILD, "1").output();
        let status = child.expect("it runs").status;
        assert_eq!(status.signal(), Some(libc::SIGSEGV), "{status:?}");
    }

    #[test]
    fn cells_of_regions_that_ended_serve_others() {
        let first = watch(1 << 41).expect("a handler");
        assert!(first.holds((1 << 41) + 5) && !first.holds((1 << 41) + REGION_BYTES));
        first.end();
        assert!(!first.holds((1 << 41) + 5) && !first.holds(5));
        let others: Vec<_> = (0..8).map(|at| watch((at + 2) << 42).expect("a handler")).collect();
        assert!(others.iter().all(|cell| cell.begin.load(Ordering::Relaxed) != 0));
        others.into_iter().for_each(Watched::end);
    }
}
