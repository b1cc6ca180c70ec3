//! [`NativeProgram`]: a program's machine code, compiled function by function.

use core::{
    fmt, ptr,
    sync::atomic::{AtomicPtr, AtomicU64, Ordering},
};
use std::{
    collections::BTreeMap,
    format,
    string::String,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use lockstep_base::U256;
use lockstep_ir::{Block, FuncId, Head, Interface};

use super::{
    Leaving, door,
    pages::{ALIGN, CodePages},
    profile,
    stub::{self, LAZY_OFFSET, STUB_BYTES},
};
use crate::{context::Context, memory::ReserveError};

/// Bytes of a function's machine code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compiled {
    /// The function itself.
    pub body: Vec<u8>,
    /// Where it calls functions of the program.
    pub calls: Vec<DirectCall>,
    /// What calls it from outside machine code.
    pub door: Vec<u8>,
}

/// A call in a body whose target only the program knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DirectCall {
    /// Where the four bytes are that hold the distance from their end to the target.
    pub offset: u32,
    /// The function.
    pub func: FuncId,
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

    /// Whether code leaves it to guard pages to find that an access lies behind a memory (`MemoryPool::guarded`). Then the
    /// counter in the context is current wherever such an access is.
    fn is_guarded(&self) -> bool {
        false
    }

    /// What profilers are to call `func`.
    fn name(&self, func: FuncId) -> String {
        format!("f{}", func.0)
    }

    /// Whether the code of `func` is there already, and nothing has to be compiled.
    fn is_loaded(&self, func: FuncId) -> bool {
        let _ = func;
        false
    }

    /// The code of `func`.
    ///
    /// # Errors
    ///
    /// [`NoCode`], for the same reason each time: nothing but the function decides.
    fn compile(&self, func: FuncId) -> Result<Compiled, NoCode>;

    /// The code of `func` from `block` on, whose door takes what variables hold there from a frame of the tier below
    /// ([`lockstep_ir::Func::homes`]).
    ///
    /// # Errors
    ///
    /// As for [`Compiler::compile`].
    fn compile_onward(&self, func: FuncId, block: Block) -> Result<Compiled, NoCode> {
        let _ = (func, block);
        Err(NoCode("a function from the middle on"))
    }

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
    /// Functions that were compiled before, by somebody else.
    pub loaded: u64,
    /// Functions that run in the tier below.
    pub below: u64,
    /// Times that a function left for a head in the tier below.
    pub resumed: u64,
    /// Times that the tier below entered a function here because it was hot.
    pub climbed: u64,
    /// Heads of loops where a frame of the tier below may go on here.
    pub heads: u64,
    /// Times that one did.
    pub switched: u64,
    /// Bytes of machine code, whole pages.
    pub size_bytes: u64,
}

impl core::ops::AddAssign for NativeStatistics {
    fn add_assign(&mut self, other: Self) {
        self.compiled += other.compiled;
        self.loaded += other.loaded;
        self.below += other.below;
        self.resumed += other.resumed;
        self.climbed += other.climbed;
        self.heads += other.heads;
        self.switched += other.switched;
        self.size_bytes += other.size_bytes;
    }
}

/// A program's machine code, shared by all that run it.
pub struct NativeProgram {
    /// No other program has it, or ever had it.
    id: u64,
    compiler: Box<dyn Compiler>,
    bodies: Box<[AtomicPtr<u8>]>,
    doors: Box<[AtomicPtr<u8>]>,
    /// Of a program that is compiled as it gets hot: what calls the tier below meanwhile. No others have any.
    glues: Box<[AtomicPtr<u8>]>,
    code: Mutex<Code>,
    /// Where frames of the tier below may go on here, in the middle of functions; none where that was refused.
    onward: Mutex<BTreeMap<(FuncId, Block), Option<Entry>>>,
    compiled: AtomicU64,
    loaded: AtomicU64,
    below: AtomicU64,
    pub(super) resumed: AtomicU64,
    pub(super) climbed: AtomicU64,
    heads: AtomicU64,
    pub(super) switched: AtomicU64,
}

/// A body and its door.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) body: *const u8,
    pub(super) door: door::Door,
}

// SAFETY: both name published code, which never changes and lives as long as its program.
unsafe impl Send for Entry {}

/// What only one thread at a time adds to.
struct Code {
    pages: CodePages,
    /// The stubs of functions that were called before they had a body.
    stubs: BTreeMap<FuncId, usize>,
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
        static PROGRAMS: AtomicU64 = AtomicU64::new(1);
        Ok(Self {
            id: PROGRAMS.fetch_add(1, Ordering::Relaxed),
            bodies: (0..funcs).map(|_| null()).collect(),
            doors: (0..funcs).map(|_| null()).collect(),
            glues: Box::default(),
            code: Mutex::new(Code {
                pages: CodePages::new(funcs, compiler.is_guarded())?,
                stubs: BTreeMap::new(),
            }),
            compiler,
            onward: Mutex::default(),
            compiled: AtomicU64::new(0),
            loaded: AtomicU64::new(0),
            below: AtomicU64::new(0),
            resumed: AtomicU64::new(0),
            climbed: AtomicU64::new(0),
            heads: AtomicU64::new(0),
            switched: AtomicU64::new(0),
        })
    }

    /// The same program, of which only what is [prepared](Self::prepare) is compiled; calls of other functions run in the
    /// tier below.
    #[must_use]
    pub fn as_it_gets_hot(mut self) -> Self {
        self.glues = self.bodies.iter().map(|_| AtomicPtr::new(ptr::null_mut())).collect();
        self
    }

    /// What the program's functions share.
    pub fn interface(&self) -> &Arc<Interface> {
        self.compiler.interface()
    }

    /// What no other program has, and whether its code relies on guard pages.
    pub(super) fn id_and_guard(&self) -> (u64, bool) {
        (self.id, self.compiler.is_guarded())
    }

    /// What was compiled so far.
    pub fn statistics(&self) -> NativeStatistics {
        let code = self.code();
        NativeStatistics {
            compiled: self.compiled.load(Ordering::Relaxed),
            loaded: self.loaded.load(Ordering::Relaxed),
            below: self.below.load(Ordering::Relaxed),
            resumed: self.resumed.load(Ordering::Relaxed),
            climbed: self.climbed.load(Ordering::Relaxed),
            heads: self.heads.load(Ordering::Relaxed),
            switched: self.switched.load(Ordering::Relaxed),
            size_bytes: code.pages.size_bytes() as u64,
        }
    }

    /// Compiles `func`, if nobody has.
    pub fn prepare(&self, func: FuncId) {
        if self.settled(func).is_some_and(<*const u8>::is_null) {
            self.make(func);
        }
    }

    /// The code of `func` that stays; null while there is none, `None` for no function of the program.
    fn settled(&self, func: FuncId) -> Option<*const u8> {
        Some(self.bodies.get(func.0 as usize)?.load(Ordering::Acquire).cast_const())
    }

    /// Whether `body` is the code of `func` for good.
    pub(super) fn is_settled(&self, func: FuncId, body: *const u8) -> bool {
        self.settled(func) == Some(body)
    }

    /// Whether the tier below may enter `func` here.
    pub fn is_ready(&self, func: FuncId) -> bool {
        self.compiled_entry(func).is_some()
    }

    /// The body of `func` and its door, if it is compiled and not refused.
    pub(super) fn compiled_entry(&self, func: FuncId) -> Option<Entry> {
        let body = self.settled(func).filter(|body| !body.is_null())?;
        let door = self.doors[func.0 as usize].load(Ordering::Acquire).cast_const();
        (!door.is_null()).then_some(Entry { body, door })
    }

    /// The code of `func` from `block` on, if it is compiled and not refused.
    pub(super) fn onward_entry(&self, func: FuncId, block: Block) -> Option<Entry> {
        let onward = self.onward.lock().unwrap_or_else(PoisonError::into_inner);
        onward.get(&(func, block)).copied().flatten()
    }

    /// Whether the tier below may go on here with `func` from `block` on.
    pub fn is_ready_at(&self, func: FuncId, block: Block) -> bool {
        self.onward_entry(func, block).is_some()
    }

    /// Compiles `func` from `block` on.
    pub fn prepare_at(&self, func: FuncId, block: Block) {
        let entry = self.compiler.compile_onward(func, block).ok().and_then(|made| {
            self.make_glues(&made, None);
            let name = || format!("{}:b{}", self.compiler.name(func), block.0);
            let [body, door] = self.publish(&mut self.code(), (None, &name), &made)?;
            self.heads.fetch_add(1, Ordering::Relaxed);
            Some(Entry { body, door })
        });
        let mut onward = self.onward.lock().unwrap_or_else(PoisonError::into_inner);
        onward.insert((func, block), entry);
    }

    fn code(&self) -> MutexGuard<'_, Code> {
        self.code.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The body of `func`; null when there is none and no room for one.
    pub(super) fn body(&self, func: FuncId) -> *const u8 {
        let Some(known) = self.settled(func) else { return ptr::null() };
        if !known.is_null() {
            return known;
        }
        match self.glues.get(func.0 as usize) {
            Some(glue) => self.glue(func, glue),
            None => self.make(func),
        }
    }

    /// What calls `func` in the tier below, kept in `place`.
    #[cold]
    fn glue(&self, func: FuncId, place: &AtomicPtr<u8>) -> *const u8 {
        let known = place.load(Ordering::Acquire);
        if !known.is_null() {
            return known;
        }
        let Ok(made) = self.compiler.compile_below(func) else { return ptr::null() };
        let mut code = self.code();
        let known = place.load(Ordering::Acquire);
        if !known.is_null() {
            return known;
        }
        let name = || self.compiler.name(func);
        let Some([glue, _]) = self.publish(&mut code, (Some(func), &name), &made) else {
            return ptr::null();
        };
        place.store(glue.cast_mut(), Ordering::Release);
        glue
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
            Ok(made) if self.compiler.is_loaded(func) => (made, &self.loaded),
            Ok(made) => (made, &self.compiled),
            Err(NoCode(_)) => match self.compiler.compile_below(func) {
                Ok(made) => (made, &self.below),
                Err(NoCode(_)) => return ptr::null(),
            },
        };
        let is_compiled = !ptr::eq(counter, &raw const self.below);
        self.make_glues(&made, Some(func));
        let mut code = self.code();
        let body = &self.bodies[func.0 as usize];
        let known = body.load(Ordering::Acquire);
        if !known.is_null() {
            // Somebody else was faster.
            return known;
        }
        let name = || self.compiler.name(func);
        let Some([made_body, made_door]) = self.publish(&mut code, (Some(func), &name), &made)
        else {
            return ptr::null();
        };
        counter.fetch_add(1, Ordering::Relaxed);
        // Who finds the body finds the door. The tier below does not enter what would lead back to it.
        if is_compiled || self.glues.is_empty() {
            self.doors[func.0 as usize].store(made_door.cast_mut(), Ordering::Release);
        }
        body.store(made_body.cast_mut(), Ordering::Release);
        code.pages.slots()[func.0 as usize].store(made_body.cast_mut(), Ordering::Release);
        made_body
    }

    /// Makes the ways down that code may call, that of `func` if it is one: whoever calls them finds them made.
    fn make_glues(&self, made: &Compiled, func: Option<FuncId>) {
        for call in made.calls.iter().filter(|call| Some(call.func) != func) {
            if let Some(place) = self.glues.get(call.func.0 as usize)
                && self.settled(call.func).is_some_and(<*const u8>::is_null)
            {
                self.glue(call.func, place);
            }
        }
    }

    /// Puts code on pages, that of `func` if it is all of one, with stubs for what it calls that has neither body nor stub;
    /// body and door.
    fn publish(
        &self,
        code: &mut Code,
        (func, name): (Option<FuncId>, &dyn Fn() -> String),
        made: &Compiled,
    ) -> Option<[*const u8; 2]> {
        let Code { pages, stubs } = code;
        let body_of = |func: FuncId| self.bodies[func.0 as usize].load(Ordering::Acquire);
        let mut fresh: Vec<FuncId> = made.calls.iter().map(|call| call.func).collect();
        fresh.sort_unstable();
        fresh.dedup();
        fresh.retain(|callee| {
            Some(*callee) != func && body_of(*callee).is_null() && !stubs.contains_key(callee)
        });
        let door_at = made.body.len().next_multiple_of(ALIGN);
        let end_at = (door_at + made.door.len()).next_multiple_of(ALIGN);
        let stub_at = |place: usize| end_at + (place + 1) * STUB_BYTES;
        let len = if fresh.is_empty() { door_at + made.door.len() } else { stub_at(fresh.len()) };
        let slots = pages.slots().as_ptr() as usize;
        let slot = |func: FuncId| slots + func.0 as usize * size_of::<usize>();
        let begin = pages.publish(len, |begin, bytes| {
            bytes[..made.body.len()].copy_from_slice(&made.body);
            bytes[door_at..][..made.door.len()].copy_from_slice(&made.door);
            if !fresh.is_empty() {
                bytes[end_at..][..STUB_BYTES].copy_from_slice(&stub::end());
            }
            for (place, callee) in fresh.iter().enumerate() {
                let at = stub_at(place);
                let stub = stub::stub(callee.0, begin + at, slot(*callee), begin + end_at);
                bytes[at..][..STUB_BYTES].copy_from_slice(&stub);
                stubs.insert(*callee, begin + at);
            }
            for call in &made.calls {
                let at = call.offset as usize;
                let target = match body_of(call.func) {
                    _ if Some(call.func) == func => begin,
                    none if none.is_null() => stubs[&call.func],
                    body => body as usize,
                };
                bytes[at..at + 4].copy_from_slice(&stub::distance(begin + at, target));
            }
            profile::published(name, begin, &bytes[..made.body.len()]);
            let door = &bytes[door_at..][..made.door.len()];
            let name = || format!("{}:door", name());
            profile::published(name, begin + door_at, door);
        })?;
        for (place, callee) in fresh.iter().enumerate() {
            let lazy = begin.wrapping_add(stub_at(place) + LAZY_OFFSET);
            pages.slots()[callee.0 as usize].store(lazy.cast_mut(), Ordering::Release);
        }
        Some([begin, begin.wrapping_add(door_at)])
    }
}
