//! Translated code: chunks that never move, and the table of places a jump may go to.
//!
//! # Invariants
//!
//! 1. A chunk is complete before any pointer to it is published (release order), and lives as long as its `Code`.
//! 2. A jump target, a function's entry and a block each have at most one published translation; a thread that loses the
//!    race leaves its chunk unused.
//! 3. Tables grow with what is reached, not with the code: one page for 64 targets, one table for each large function.
//! 4. What waits of dMIR for blocks that are missing is at most [`WAITING_BYTES_MAX`]; functions beyond that, and small
//!    ones, are encoded whole when they are first called.

mod arena;
mod function;
mod spare;
mod start;
mod statistics;

use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::{
    fmt, ptr,
    sync::atomic::{AtomicPtr, Ordering},
};

use lockstep_ir::{Func, FuncId, Functions, Head, Interface, Lazy, Module, Verified, VerifyError};

use self::{arena::Arena, statistics::Counters};
pub(crate) use self::{function::Function, spare::Spares};
pub use self::{
    function::RUNS_MAX,
    start::{WAITING_BYTES_MAX, WHOLE_INSTS_MAX},
    statistics::CodeStatistics,
};
#[cfg(feature = "native")]
use crate::handler::gate::gate;
use crate::{
    dispatch::Handler,
    encode::{Encoder, Line},
    run::Translator,
};

/// A word of register bytecode.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) union Word {
    pub(crate) handler: Handler,
    pub(crate) fields: [i16; 4],
    pub(crate) halves: [u32; 2],
    pub(crate) imm: u64,
    pub(crate) link: *const Word,
    pub(crate) function: *const Function,
}

const PAGE: usize = 64;

struct Page([AtomicPtr<Word>; PAGE]);

/// Why a program cannot run on this tier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CodeError {
    /// The verifier refused what the guest made: the guest is wrong.
    Refused(VerifyError),
    /// The function needs a larger frame than this tier addresses.
    FrameTooLarge,
    /// The function uses something that this tier does not run.
    Unsupported(&'static str),
}

impl fmt::Display for CodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(error) => write!(f, "a guest made dMIR that does not verify: {error}"),
            Self::FrameTooLarge => f.write_str("a function needs a frame of more than 2^15 slots"),
            Self::Unsupported(what) => write!(f, "the interpreter does not run {what}"),
        }
    }
}

impl core::error::Error for CodeError {}

/// A program's translation, shared by all that run it.
pub struct Code {
    program: Program,
    /// Where functions begin, for a program that has them one by one.
    entries: Box<[AtomicPtr<Word>]>,
    pages: Box<[AtomicPtr<Page>]>,
    arena: Arena,
    /// The functions of which a part may be missing, for a program whose functions wait.
    partial: Box<[AtomicPtr<Function>]>,
    counters: Counters,
    /// Whether a gate stands before each function, and terminators say where they go round a loop.
    #[cfg(feature = "native")]
    is_gated: bool,
}

enum Program {
    Lazy { guest: Arc<dyn Lazy>, entry: AtomicPtr<Word> },
    Module { module: Verified<Module>, interface: Arc<Interface> },
    Functions { guest: Arc<dyn Functions> },
}

// SAFETY: all that changes after construction is reached through atomics, and published chunks are never written but
// for link words, which are atomics too.
unsafe impl Send for Code {}
// SAFETY: as above.
unsafe impl Sync for Code {}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Code").finish_non_exhaustive()
    }
}

impl Code {
    /// The empty translation of a guest's program; it fills as control reaches it.
    pub fn lazy(guest: Arc<dyn Lazy>) -> Self {
        let pages = (guest.head_limit() as usize).div_ceil(PAGE);
        let entry = AtomicPtr::new(ptr::null_mut());
        Self::empty(Program::Lazy { guest, entry }, 0, pages)
    }

    /// The empty translation of a module; each function is translated on its first call.
    pub fn module(module: Verified<Module>) -> Self {
        let interface = Arc::new(module.interface.clone());
        let funcs = module.funcs.len();
        Self::empty(Program::Module { module, interface }, funcs, 0)
    }

    /// The empty translation of a program that makes its functions one by one; each is translated on its first call.
    pub fn functions(guest: Arc<dyn Functions>) -> Self {
        let funcs = guest.interface().signatures.len();
        Self::empty(Program::Functions { guest }, funcs, 0)
    }

    fn empty(program: Program, funcs: usize, pages: usize) -> Self {
        let is_partial = matches!(program, Program::Functions { .. });
        let partial = if is_partial { funcs } else { 0 };
        Self {
            program,
            entries: (0..funcs).map(|_| AtomicPtr::new(ptr::null_mut())).collect(),
            pages: (0..pages).map(|_| AtomicPtr::new(ptr::null_mut())).collect(),
            arena: Arena::new(),
            partial: (0..partial).map(|_| AtomicPtr::new(ptr::null_mut())).collect(),
            counters: Counters::default(),
            #[cfg(feature = "native")]
            is_gated: false,
        }
    }

    /// The same, with a gate before each function, where a tier above may take it.
    #[cfg(feature = "native")]
    #[must_use]
    pub fn gated(mut self) -> Self {
        self.is_gated = true;
        self
    }

    /// Whether there are gates before functions, and terminators say where they go round a loop.
    #[cfg(feature = "native")]
    pub(crate) const fn has_gates(&self) -> bool {
        self.is_gated
    }

    /// What the program's functions share.
    pub fn interface(&self) -> &Arc<Interface> {
        match &self.program {
            Program::Lazy { guest, .. } => guest.interface(),
            Program::Module { interface, .. } => interface,
            Program::Functions { guest } => guest.interface(),
        }
    }

    /// Where the program begins.
    pub(crate) fn entry(&self, translator: &mut Translator) -> Result<*const Word, CodeError> {
        match &self.program {
            Program::Lazy { guest, entry } => {
                let known = entry.load(Ordering::Acquire);
                if !known.is_null() {
                    return Ok(known);
                }
                let made = self.head(guest.entry(), translator)?;
                entry.store(made.cast_mut(), Ordering::Release);
                Ok(made)
            }
            Program::Module { .. } | Program::Functions { .. } => self.function(0, translator),
        }
    }

    /// Where function `index` begins, if it was translated; null otherwise.
    #[inline(always)]
    pub(crate) fn known_function(&self, index: u32) -> *const Word {
        self.entries.get(index as usize).map_or(ptr::null(), |entry| entry.load(Ordering::Acquire))
    }

    /// Where function `index` begins; for the first call of a large one where this call does, and then it is not known
    /// afterwards.
    #[cold]
    pub(crate) fn function(
        &self,
        index: u32,
        translator: &mut Translator,
    ) -> Result<*const Word, CodeError> {
        let known = self.known_function(index);
        if !known.is_null() {
            return Ok(known);
        }
        let id = FuncId(index);
        let missing = CodeError::Unsupported("a function that the program does not have");
        let made = match &self.program {
            Program::Lazy { .. } => return self.entry(translator),
            Program::Module { module, .. } => {
                let func = module.func(id).ok_or(missing)?;
                translator.encoder.encode(self, (Some(id), func))?;
                self.gate(id, self.publish(&translator.encoder))
            }
            Program::Functions { guest } => {
                guest.interface().signatures.get(id).ok_or(missing)?;
                return self.begin(&**guest, id, translator);
            }
        };
        Ok(self.enter(id, made))
    }

    /// The gate before function `id`, which begins at `made`, where functions have gates.
    #[cfg(feature = "native")]
    fn gate(&self, id: FuncId, made: *const Word) -> *const Word {
        if !self.is_gated {
            return made;
        }
        let words = gate(id, made);
        let place = self.arena.place(words.len());
        for (at, word) in words.into_iter().enumerate() {
            // SAFETY: the place is ours, and has room for so many.
            unsafe { place.add(at).write(word) };
        }
        place
    }

    /// Nobody is above.
    #[cfg(not(feature = "native"))]
    fn gate(&self, _: FuncId, made: *const Word) -> *const Word {
        made
    }

    /// Function `id` begins at `made`, unless another thread said before where.
    fn enter(&self, id: FuncId, made: *const Word) -> *const Word {
        let raced = self.entries[id.0 as usize].compare_exchange(
            ptr::null_mut(),
            made.cast_mut(),
            Ordering::AcqRel,
            Ordering::Acquire,
        );
        raced.map_or_else(|theirs| theirs.cast_const(), |_| made)
    }

    /// Encodes the function that `lower` writes.
    fn make(
        &self,
        translator: &mut Translator,
        lower: impl for<'f> FnOnce(&'f mut Func) -> Result<Verified<&'f Func>, VerifyError>,
    ) -> Result<(), CodeError> {
        let mut func = translator.take_func();
        let made =
            lower(&mut func).map_err(CodeError::Refused).and_then(|verified: Verified<&Func>| {
                translator.encoder.encode(self, (None, verified))
            });
        translator.func = func;
        made
    }

    /// Whether a dynamic jump may go to `number`.
    #[cold]
    pub(crate) fn is_jump_target(&self, number: u32) -> bool {
        match &self.program {
            Program::Lazy { guest, .. } => guest.is_jump_target(number),
            Program::Module { .. } | Program::Functions { .. } => false,
        }
    }

    /// The published code of jump target `number`; null when there is none yet.
    #[inline(always)]
    pub(crate) fn target(&self, number: u64) -> *const Word {
        let Some(page) = self.pages.get((number / PAGE as u64) as usize) else {
            return ptr::null();
        };
        let page = page.load(Ordering::Acquire);
        if page.is_null() {
            return ptr::null();
        }
        // SAFETY: a published page lives as long as `self`.
        unsafe { (&(*page).0)[number as usize % PAGE].load(Ordering::Acquire) }
    }

    /// The code of `head`, translated now if nobody did before.
    #[cold]
    pub(crate) fn head(
        &self,
        head: Head,
        translator: &mut Translator,
    ) -> Result<*const Word, CodeError> {
        let known = self.target(u64::from(head.0));
        if !known.is_null() {
            return Ok(known);
        }
        self.translate(head, None, translator)?;
        let made = self.publish(&translator.encoder);
        if self.is_jump_target(head.0) {
            self.publish_target(head.0 as usize, made);
        }
        Ok(made)
    }

    /// The register bytecode of `func`, a fragment of this program, beside the dMIR it is made of.
    ///
    /// # Errors
    ///
    /// [`CodeError`] when the function cannot run on this tier.
    pub fn list(&self, func: Verified<&Func>) -> Result<Vec<Line>, CodeError> {
        Encoder::default().list(self, (None, func), true)
    }

    /// Encodes `head`, or its twin at `height`.
    fn translate(
        &self,
        head: Head,
        height: Option<u16>,
        translator: &mut Translator,
    ) -> Result<(), CodeError> {
        let Program::Lazy { guest, .. } = &self.program else {
            // The verifier refuses edges to heads that a module's function does not have.
            return Err(CodeError::Unsupported("heads of a module"));
        };
        self.make(translator, |func| {
            guest.lower(head, height, func);
            lockstep_ir::verify_func(guest.interface(), func)
        })
    }

    /// The twin of `head` at `height`, for one run.
    pub(crate) fn twin(
        &self,
        head: Head,
        height: u16,
        translator: &mut Translator,
    ) -> Result<Box<[Word]>, CodeError> {
        self.translate(head, Some(height), translator)?;
        let mut words = Box::new_uninit_slice(translator.encoder.words());
        // SAFETY: there is room for all of them, and all are written.
        Ok(unsafe {
            translator.encoder.write(words.as_mut_ptr().cast());
            words.assume_init()
        })
    }

    fn publish_target(&self, number: usize, made: *const Word) {
        let slot = &self.pages[number / PAGE];
        let mut page = slot.load(Ordering::Acquire);
        if page.is_null() {
            let fresh =
                Box::into_raw(Box::new(Page([const { AtomicPtr::new(ptr::null_mut()) }; PAGE])));
            let raced =
                slot.compare_exchange(ptr::null_mut(), fresh, Ordering::AcqRel, Ordering::Acquire);
            page = match raced {
                Ok(_) => fresh,
                Err(theirs) => {
                    // SAFETY: nobody else has seen ours.
                    drop(unsafe { Box::from_raw(fresh) });
                    theirs
                }
            };
        }
        // SAFETY: a published page lives as long as `self`.
        unsafe { (&(*page).0)[number % PAGE].store(made.cast_mut(), Ordering::Release) };
    }

    /// Keeps what was just encoded for as long as `self` lives and says where it begins.
    fn publish(&self, encoder: &Encoder) -> *const Word {
        self.counters.count_blocks(encoder.starts().count());
        self.keep(encoder)
    }

    fn keep(&self, encoder: &Encoder) -> *const Word {
        let place = self.arena.place(encoder.words());
        // SAFETY: the place is ours, and has room for so many.
        unsafe { encoder.write(place) };
        place
    }

    /// Bytes held: register bytecode, and what waits to become some.
    pub fn size_bytes(&self) -> usize {
        self.arena.size_bytes() + self.counters.partial_bytes() + self.counters.waiting_bytes()
    }

    /// What was translated so far.
    pub fn statistics(&self) -> CodeStatistics {
        self.counters.read()
    }
}

impl Drop for Code {
    fn drop(&mut self) {
        for page in &self.pages {
            let page = page.load(Ordering::Acquire);
            if !page.is_null() {
                // SAFETY: made by `Box::into_raw`, and nobody runs the code any more.
                drop(unsafe { Box::from_raw(page) });
            }
        }
        for function in &mut self.partial {
            let function = *function.get_mut();
            if !function.is_null() {
                // SAFETY: as above.
                drop(unsafe { Box::from_raw(function) });
            }
        }
    }
}
