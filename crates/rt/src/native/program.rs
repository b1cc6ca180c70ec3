//! [`NativeProgram`]: a program's machine code, compiled function by function.

use core::{
    fmt, ptr,
    sync::atomic::{AtomicPtr, AtomicU64, Ordering},
};
use std::sync::{Arc, Mutex, PoisonError};

use lockstep_base::U256;
use lockstep_ir::{FuncId, Head, Interface};

use super::{Leaving, door, pages::CodePages};
use crate::{context::Context, memory::ReserveError};

/// Bytes of a function's machine code.
#[derive(Debug)]
pub struct Compiled {
    /// The function itself.
    pub body: Vec<u8>,
    /// What calls it from outside machine code.
    pub door: Vec<u8>,
}

/// Why a function has no machine code; it runs in the tier below.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoCode(pub &'static str);

impl fmt::Display for NoCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// What makes machine code of a program's functions.
pub trait Compiler: Send + Sync {
    /// What the program's functions share.
    fn interface(&self) -> &Arc<Interface>;

    /// The code of `func`.
    ///
    /// # Errors
    ///
    /// [`NoCode`], for the same reason each time: nothing but the function decides.
    fn compile(&self, func: FuncId) -> Result<Compiled, NoCode>;

    /// The code of a function with the types of `func` that calls the tier below; never refused for functions of the
    /// program.
    ///
    /// # Errors
    ///
    /// [`NoCode`] when there is no such function.
    fn compile_below(&self, func: FuncId) -> Result<Compiled, NoCode>;
}

/// Where the tier below goes on in a program with a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resumed {
    /// At a head.
    At(Head),
    /// At the head that a word names, where dynamic jumps may go; otherwise it traps.
    To(U256),
}

/// The tier below: runs what has no machine code.
pub trait Below {
    /// Slots between the frame's beginning and the first result; arguments follow the results.
    fn header_slots(&self) -> usize;

    /// Runs `func` over `context`, whose gas and depth are current, with its arguments in `frame`, where its results lie
    /// when it returned.
    ///
    /// # Errors
    ///
    /// [`Leaving`] when it did not return: then nothing above it does.
    ///
    /// # Safety
    ///
    /// The context is one of an activation of the same program, and the frame has room above for all of its frames.
    unsafe fn run(
        &self,
        context: &mut Context,
        frame: *mut u64,
        func: FuncId,
    ) -> Result<(), Leaving>;

    /// Goes on at `place` of a program with a window, over `context`, whose gas is current, and says how that ended:
    /// nothing comes back into machine code.
    ///
    /// # Safety
    ///
    /// The context is one of an activation of the same program; `base` lies in its window, and what is below is in use.
    unsafe fn resume(&self, context: &mut Context, base: *mut u64, place: Resumed) -> Leaving;
}

/// Counts of what a program's machine code is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NativeStatistics {
    /// Functions compiled.
    pub compiled: u64,
    /// Functions that run in the tier below.
    pub below: u64,
    /// Bytes of machine code, whole pages.
    pub size_bytes: u64,
}

/// A program's machine code, shared by all that run it.
pub struct NativeProgram {
    compiler: Box<dyn Compiler>,
    bodies: Box<[AtomicPtr<u8>]>,
    doors: Box<[AtomicPtr<u8>]>,
    pages: Mutex<CodePages>,
    compiled: AtomicU64,
    below: AtomicU64,
}

impl fmt::Debug for NativeProgram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NativeProgram").field("statistics", &self.statistics()).finish()
    }
}

impl NativeProgram {
    /// Whether this processor can run machine code of ours.
    pub const EXISTS: bool = door::EXISTS;

    /// A program of which nothing is compiled yet.
    ///
    /// # Errors
    ///
    /// [`ReserveError`] when the operating system refuses address space.
    pub fn new(compiler: Box<dyn Compiler>) -> Result<Self, ReserveError> {
        let funcs = compiler.interface().signatures.len();
        let null = || AtomicPtr::new(ptr::null_mut());
        Ok(Self {
            bodies: (0..funcs).map(|_| null()).collect(),
            doors: (0..funcs).map(|_| null()).collect(),
            pages: Mutex::new(CodePages::new()?),
            compiler,
            compiled: AtomicU64::new(0),
            below: AtomicU64::new(0),
        })
    }

    /// What the program's functions share.
    pub fn interface(&self) -> &Arc<Interface> {
        self.compiler.interface()
    }

    /// What was compiled so far.
    pub fn statistics(&self) -> NativeStatistics {
        let pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        NativeStatistics {
            compiled: self.compiled.load(Ordering::Relaxed),
            below: self.below.load(Ordering::Relaxed),
            size_bytes: pages.size_bytes() as u64,
        }
    }

    /// Where entries are, as machine code reads them.
    pub(super) fn entries(&self) -> *const *const u8 {
        self.bodies.as_ptr().cast()
    }

    /// The body of `func`; null when there is none and no room for one.
    pub(super) fn body(&self, func: FuncId) -> *const u8 {
        let Some(body) = self.bodies.get(func.0 as usize) else { return ptr::null() };
        let known = body.load(Ordering::Acquire);
        if known.is_null() { self.make(func) } else { known }
    }

    /// The body of `func` and its door, both null when there is none.
    pub(super) fn entry(&self, func: FuncId) -> (*const u8, door::Door) {
        let body = self.body(func);
        if body.is_null() {
            return (ptr::null(), ptr::null());
        }
        (body, self.doors[func.0 as usize].load(Ordering::Acquire))
    }

    #[cold]
    fn make(&self, func: FuncId) -> *const u8 {
        let (made, counter) = match self.compiler.compile(func) {
            Ok(made) => (made, &self.compiled),
            Err(NoCode(_)) => match self.compiler.compile_below(func) {
                Ok(made) => (made, &self.below),
                Err(NoCode(_)) => return ptr::null(),
            },
        };
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        let body = &self.bodies[func.0 as usize];
        let known = body.load(Ordering::Acquire);
        if !known.is_null() {
            // Somebody else was faster.
            return known;
        }
        let Some([made_body, made_door]) = pages.publish([&made.body, &made.door]) else {
            return ptr::null();
        };
        counter.fetch_add(1, Ordering::Relaxed);
        // Who finds the body finds the door.
        self.doors[func.0 as usize].store(made_door.cast_mut(), Ordering::Release);
        body.store(made_body.cast_mut(), Ordering::Release);
        made_body
    }
}
