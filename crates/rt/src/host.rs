//! Host functions: how they are declared, and the safe view one gets of its caller.
//!
//! # Shape
//!
//! ```text
//! call_host -> Link (a plain pointer) = shim::<F> -> F::call(&mut View, args) -> Result<results, Stop>
//! ```
//!
//! # Invariants
//!
//! 1. `shim` is the only way from generated code into a host function; arguments are read from the caller's frame and
//!    results written to it, so a host function is safe Rust.
//! 2. A host function and its caller's context are never borrowed by two activations at once: deeper calls reborrow.

use core::{ffi::c_void, marker::PhantomData};

use alloc::{sync::Arc, vec::Vec};
use lockstep_base::{Hash, U256};
use lockstep_ir::{FuncId, MemoryId, Trap, Type, evaluate::Range, op::meaning::Bits};

use crate::{
    context::{Context, Shown},
    exit::{Ended, Faulted, Stop},
    slices::{SliceFunction, slice_shim},
    store::Store,
};

/// A linked import: called with the context, the caller's frame, and the frame offsets (in 8-byte slots) of its
/// arguments followed by its results. Returns whether the guest goes on.
pub type Link = unsafe extern "C" fn(*mut Context, *mut u64, *const i16) -> bool;

/// What runs programs; the engine implements it, hosts reach it through their [`View`].
pub trait Machine<H> {
    /// Runs `program` on `host` and leaves its output in `output`, whose content before is forgotten.
    ///
    /// # Errors
    ///
    /// [`Faulted`] when the machine failed; the host keeps the error.
    fn run(
        &mut self,
        host: &mut H,
        program: Program<'_>,
        output: &mut Vec<u8>,
    ) -> Result<Ended, Faulted>;

    /// Calls a function of an instance on `host`, and says how that ended and how much gas is left. A machine that makes no instances fails.
    ///
    /// # Errors
    ///
    /// [`Faulted`] when the machine failed; the host keeps the error.
    fn call(&mut self, host: &mut H, call: FuncCall<'_, H>) -> Result<FuncEnded, Faulted> {
        let _ = (host, call);
        Err(Faulted)
    }

    /// Whether `code`, which the host takes for a program of a guest that is validated, may become an account's code
    /// under the host's rules. A machine that validates nothing accepts nothing.
    fn accepts(&mut self, host: &H, code: &Arc<[u8]>) -> bool {
        let _ = (host, code);
        false
    }

    /// Shown each guest instruction of an instrumented compilation before it runs.
    fn step(&mut self, host: &mut H, step: StepView<'_>) {
        let _ = (host, step);
    }
}

/// A guest instruction that is about to run.
#[derive(Debug, Clone, Copy)]
pub struct StepView<'a> {
    /// Where it stands in the guest's code.
    pub pc: u32,
    /// The guest's gas before it.
    pub gas: u64,
    /// The limbs of the window's words in use, lowest word first.
    pub window: &'a [u64],
    /// The operands of a guest without a window, the lowest first; where there are many, perhaps the highest alone.
    pub operands: &'a [Shown],
    /// Memory 0.
    pub memory: &'a [u8],
}

/// A call of a function that an instance has.
#[derive(Debug)]
pub struct FuncCall<'a, H> {
    /// What holds the instance.
    pub store: &'a Store<H>,
    /// The instance.
    pub instance: u32,
    /// The function, one of the instance's own.
    pub func: FuncId,
    /// Its arguments.
    pub args: &'a [Bits],
    /// Where its results go when it returns.
    pub results: &'a mut [Bits],
    /// The gas it may use.
    pub gas: u64,
    /// Depth units that its callers take.
    pub depth: u64,
}

/// How a call of a function ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FuncEnded {
    /// How.
    pub end: FuncEnd,
    /// Gas left.
    pub gas_left: u64,
}

/// What a function did in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FuncEnd {
    /// It returned; its results are where the call wants them.
    Returned,
    /// It ended the program, which ends its callers too.
    Exit {
        /// Whether its writes are to be undone.
        revert: bool,
    },
    /// It trapped.
    Trap(Trap),
}

/// A program to run, with what it starts from.
#[derive(Debug, Clone, Copy)]
pub struct Program<'a> {
    /// Its code.
    pub code: &'a Arc<[u8]>,
    /// The Keccak-256 of its code, when its translation is worth keeping; `None` for code that runs once.
    pub code_hash: Option<Hash>,
    /// What it was called with.
    pub input: &'a [u8],
    /// The gas it may use.
    pub gas: u64,
}

/// A host function: a type without values. Its arguments and its results are tuples of up to 16; one of more is a
/// [`SliceFunction`](crate::SliceFunction).
pub trait HostFunction<H> {
    /// The name that guests import, such as `eth.sload`.
    const NAME: &'static str;
    /// Types of the arguments.
    type Args: Values;
    /// Types of the results.
    type Results: Values;

    /// Does it.
    ///
    /// # Errors
    ///
    /// [`Stop`] when the guest does not go on.
    fn call(view: &mut View<'_, H>, args: Self::Args) -> Result<Self::Results, Stop>;
}

/// A host function as a row of its host's table.
#[derive(Debug)]
pub struct HostRow<H> {
    /// The name.
    pub name: &'static str,
    /// Types of the arguments.
    pub params: &'static [Type],
    /// Types of the results.
    pub results: &'static [Type],
    /// What generated code calls.
    pub link: Link,
    host: PhantomData<fn(H)>,
}

impl<H> HostRow<H> {
    /// The row of `F`.
    pub const fn of<F: HostFunction<H>>() -> Self {
        Self {
            name: F::NAME,
            params: F::Args::TYPES,
            results: F::Results::TYPES,
            link: shim::<H, F>,
            host: PhantomData,
        }
    }

    /// The row of `F`, whose operands come in slices.
    pub const fn of_slices<F: SliceFunction<H>>() -> Self {
        let (params, results) = (F::PARAMS, F::RESULTS);
        Self { name: F::NAME, params, results, link: slice_shim::<H, F>, host: PhantomData }
    }
}

/// What a host function sees of its caller.
#[derive(Debug)]
pub struct View<'a, H> {
    context: &'a mut Context,
    host: PhantomData<&'a mut H>,
}

impl<'a, H> View<'a, H> {
    /// A view of the caller whose context this is.
    ///
    /// # Safety
    ///
    /// It is of a host of type `H`.
    pub(crate) unsafe fn of(context: &'a mut Context) -> Self {
        Self { context, host: PhantomData }
    }
}

/// The host with what its caller's memory 0 holds, borrowed side by side.
#[derive(Debug)]
pub struct Reading<'a, H> {
    /// The host.
    pub host: &'a mut H,
    /// The caller's memory 0.
    pub memory: &'a [u8],
}

/// The parts of a view, borrowed side by side.
pub struct Parts<'a, H> {
    /// The host.
    pub host: &'a mut H,
    /// What runs programs.
    pub machine: &'a mut dyn Machine<H>,
    /// The caller's memory 0.
    pub memory: &'a mut [u8],
}

impl<H> View<'_, H> {
    /// The host.
    #[inline]
    pub fn host(&mut self) -> &mut H {
        // SAFETY: the engine stored a `&mut H` that it does not use while the activation runs, and the link of this
        // function was made for this `H` (the engine links a host's own table).
        unsafe { &mut *self.context.host.cast::<H>() }
    }

    /// The host, the machine and the caller's memory.
    #[inline]
    pub fn parts(&mut self) -> Parts<'_, H> {
        let memory = &self.context.memories[0];
        #[cfg(feature = "native")]
        // SAFETY: the resources outlive the activation (`enter`).
        unsafe { &*self.context.resources }.publish(self.context);
        // SAFETY: as in `host`; the machine pointer is a `&mut &mut dyn Machine<H>` stored the same way; memory 0 is
        // `len` bytes that only this activation uses, and deeper activations take theirs above it.
        unsafe {
            Parts {
                host: &mut *self.context.host.cast::<H>(),
                machine: *self.context.machine.cast::<&mut dyn Machine<H>>(),
                memory: core::slice::from_raw_parts_mut(memory.base, memory.len as usize),
            }
        }
    }

    /// The host and the caller's memory, to read only.
    #[inline]
    pub fn reading(&mut self) -> Reading<'_, H> {
        let memory = &self.context.memories[0];
        // SAFETY: as in `parts`.
        unsafe {
            Reading {
                host: &mut *self.context.host.cast::<H>(),
                memory: core::slice::from_raw_parts(memory.base, memory.len as usize),
            }
        }
    }

    /// `len` bytes at `offset` of the caller's memory 0.
    ///
    /// # Errors
    ///
    /// [`Trap::MemoryOutOfBounds`] when they do not exist, which a checked range excludes. No bytes exist everywhere.
    #[inline]
    pub fn bytes(&mut self, offset: u64, len: u64) -> Result<&mut [u8], Stop> {
        let memory = &self.context.memories[0];
        // SAFETY: as in `parts`.
        let memory = unsafe { core::slice::from_raw_parts_mut(memory.base, memory.len as usize) };
        slice(memory, offset, len)
    }

    /// What a host function returns to end the guest with `len` bytes at `offset` of its memory 0 as output.
    ///
    /// # Errors
    ///
    /// [`Trap::MemoryOutOfBounds`] when they do not exist; that too ends the guest.
    pub fn finish(&mut self, revert: bool, offset: u64, len: u64) -> Result<Stop, Stop> {
        self.bytes(offset, len)?;
        self.context.output = Range { memory: MemoryId(0), offset, len };
        Ok(Stop::Exit { revert })
    }

    /// Depth units that the caller and its callers take, when the caller's program counts them.
    #[inline]
    pub fn depth(&self) -> u64 {
        self.context.depth
    }

    /// The gas left.
    #[inline]
    pub fn gas(&self) -> u64 {
        // Never negative during a host call: a charge that fails stops the guest first.
        self.context.gas as u64
    }

    /// Takes `amount` of gas.
    ///
    /// # Errors
    ///
    /// [`Trap::OutOfGas`] when less is left; then nothing is taken.
    #[inline]
    pub fn charge(&mut self, amount: u64) -> Result<(), Stop> {
        let left = self.gas().checked_sub(amount).ok_or(Trap::OutOfGas)?;
        self.context.gas = left as i64;
        Ok(())
    }

    /// Gives `amount` of gas back, such as what a callee left.
    ///
    /// # Panics
    ///
    /// When more comes back than any counter holds: somebody made gas.
    #[inline]
    pub fn give_back(&mut self, amount: u64) {
        let left = self.gas().checked_add(amount).filter(|left| *left <= i64::MAX as u64);
        self.context.gas = left.expect("gas given back was taken before") as i64;
    }
}

/// `len` bytes at `offset` of `memory`; none at any offset when `len` is zero.
///
/// # Errors
///
/// [`Trap::MemoryOutOfBounds`] when they do not exist.
#[inline]
pub fn slice(memory: &mut [u8], offset: u64, len: u64) -> Result<&mut [u8], Stop> {
    if len == 0 {
        return Ok(&mut []);
    }
    let end = offset.checked_add(len).ok_or(Trap::MemoryOutOfBounds)?;
    memory.get_mut(offset as usize..end as usize).ok_or(Stop::Trap(Trap::MemoryOutOfBounds))
}

/// `len` bytes at `offset` of `memory`, to read only; none at any offset when `len` is zero.
///
/// # Errors
///
/// [`Trap::MemoryOutOfBounds`] when they do not exist.
#[inline]
pub fn read(memory: &[u8], offset: u64, len: u64) -> Result<&[u8], Stop> {
    if len == 0 {
        return Ok(&[]);
    }
    let end = offset.checked_add(len).ok_or(Trap::MemoryOutOfBounds)?;
    memory.get(offset as usize..end as usize).ok_or(Stop::Trap(Trap::MemoryOutOfBounds))
}

/// A type that a slot of a frame can hold.
pub trait SlotValue: Copy {
    /// Its dMIR type.
    const TYPE: Type;

    /// Reads it.
    ///
    /// # Safety
    ///
    /// `at` points to as many readable slots as the type has.
    unsafe fn read(at: *const u64) -> Self;

    /// Writes it.
    ///
    /// # Safety
    ///
    /// `at` points to as many writable slots as the type has.
    unsafe fn write(self, at: *mut u64);
}

impl SlotValue for u64 {
    const TYPE: Type = Type::I64;

    #[inline(always)]
    unsafe fn read(at: *const u64) -> Self {
        // SAFETY: the caller's promise.
        unsafe { *at }
    }

    #[inline(always)]
    unsafe fn write(self, at: *mut u64) {
        // SAFETY: the caller's promise.
        unsafe { *at = self }
    }
}

impl SlotValue for u32 {
    const TYPE: Type = Type::I32;

    #[inline(always)]
    unsafe fn read(at: *const u64) -> Self {
        // SAFETY: the caller's promise; narrow integers are zero-extended in their slot.
        unsafe { *at as Self }
    }

    #[inline(always)]
    unsafe fn write(self, at: *mut u64) {
        // SAFETY: the caller's promise.
        unsafe { *at = u64::from(self) }
    }
}

impl SlotValue for i64 {
    const TYPE: Type = Type::I64;

    #[inline(always)]
    unsafe fn read(at: *const u64) -> Self {
        // SAFETY: the caller's promise.
        (unsafe { u64::read(at) }) as Self
    }

    #[inline(always)]
    unsafe fn write(self, at: *mut u64) {
        // SAFETY: the caller's promise.
        unsafe { (self as u64).write(at) }
    }
}

impl SlotValue for i32 {
    const TYPE: Type = Type::I32;

    #[inline(always)]
    unsafe fn read(at: *const u64) -> Self {
        // SAFETY: the caller's promise.
        (unsafe { u32::read(at) }) as Self
    }

    #[inline(always)]
    unsafe fn write(self, at: *mut u64) {
        // SAFETY: the caller's promise.
        unsafe { (self as u32).write(at) }
    }
}

impl SlotValue for f32 {
    const TYPE: Type = Type::F32;

    #[inline(always)]
    unsafe fn read(at: *const u64) -> Self {
        // SAFETY: the caller's promise.
        Self::from_bits(unsafe { *at } as u32)
    }

    #[inline(always)]
    unsafe fn write(self, at: *mut u64) {
        // SAFETY: the caller's promise.
        unsafe { *at = u64::from(self.to_bits()) }
    }
}

impl SlotValue for f64 {
    const TYPE: Type = Type::F64;

    #[inline(always)]
    unsafe fn read(at: *const u64) -> Self {
        // SAFETY: the caller's promise.
        Self::from_bits(unsafe { *at })
    }

    #[inline(always)]
    unsafe fn write(self, at: *mut u64) {
        // SAFETY: the caller's promise.
        unsafe { *at = self.to_bits() }
    }
}

impl SlotValue for U256 {
    const TYPE: Type = Type::I256;

    #[inline(always)]
    unsafe fn read(at: *const u64) -> Self {
        // SAFETY: the caller's promise.
        unsafe { read_word(at) }
    }

    #[inline(always)]
    unsafe fn write(self, at: *mut u64) {
        // SAFETY: the caller's promise; four slots are an array of four limbs.
        unsafe { *at.cast::<[u64; 4]>() = self.into_limbs() }
    }
}

/// A word, limb by limb: machine code has just written it so, and a load that is wider than the stores it reads waits until
/// they have reached the cache.
///
/// # Safety
///
/// `at` points to four readable slots.
#[inline(always)]
pub(crate) unsafe fn read_word(at: *const u64) -> U256 {
    // SAFETY: the caller's promise. Volatile, so that nobody makes one load of four.
    U256::from_limbs(core::array::from_fn(|limb| unsafe { at.add(limb).read_volatile() }))
}

/// A list of slot values: the arguments or results of a host function.
pub trait Values: Sized {
    /// Their types.
    const TYPES: &'static [Type];

    /// Reads them from a frame.
    ///
    /// # Safety
    ///
    /// `offsets` holds as many frame offsets as there are types, each of a slot of its type.
    unsafe fn read(frame: *const u64, offsets: *const i16) -> Self;

    /// Writes them to a frame.
    ///
    /// # Safety
    ///
    /// As for [`Values::read`].
    unsafe fn write(self, frame: *mut u64, offsets: *const i16);
}

macro_rules! values {
    ($(($($name:ident $position:tt),*))*) => {$(
        impl<$($name: SlotValue),*> Values for ($($name,)*) {
            const TYPES: &'static [Type] = &[$($name::TYPE),*];

            #[inline(always)]
            #[allow(unused_variables, unused_unsafe, clippy::unused_unit)]
            unsafe fn read(frame: *const u64, offsets: *const i16) -> Self {
                // SAFETY: the caller's promise, for each position.
                unsafe { ($($name::read(frame.offset(*offsets.add($position) as isize)),)*) }
            }

            #[inline(always)]
            #[allow(unused_variables, unused_unsafe)]
            unsafe fn write(self, frame: *mut u64, offsets: *const i16) {
                // SAFETY: the caller's promise, for each position.
                unsafe { $(self.$position.write(frame.offset(*offsets.add($position) as isize));)* }
            }
        }
    )*};
}

values! {
    ()
    (A 0)
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, F 5)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, I 7)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, I 7, J 8)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, I 7, J 8, K 9)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, I 7, J 8, K 9, L 10)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, I 7, J 8, K 9, L 10, M 11)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, I 7, J 8, K 9, L 10, M 11, N 12)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, I 7, J 8, K 9, L 10, M 11, N 12, O 13)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, I 7, J 8, K 9, L 10, M 11, N 12, O 13, P 14)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, I 7, J 8, K 9, L 10, M 11, N 12, O 13, P 14, Q 15)
}

/// The border: what a link of `F` points to.
///
/// # Safety
///
/// `context` is the caller's, linked against a table of this `H`; `offsets` holds the frame offsets of the
/// arguments and then of the results.
unsafe extern "C" fn shim<H, F: HostFunction<H>>(
    context: *mut Context,
    frame: *mut u64,
    offsets: *const i16,
) -> bool {
    // SAFETY: the caller's promise; nobody else uses the context during the call.
    let context = unsafe { &mut *context };
    // SAFETY: the caller's promise.
    let args = unsafe { F::Args::read(frame, offsets) };
    // Results are written where they are known: carried out of the closure they would be copied byte by byte, and the
    // copies would wait for one another.
    let run = core::panic::AssertUnwindSafe(|| {
        match F::call(&mut View { context: &mut *context, host: PhantomData }, args) {
            Ok(results) => {
                // SAFETY: the caller's promise; results follow the arguments.
                unsafe { results.write(frame, offsets.add(F::Args::TYPES.len())) };
                None
            }
            Err(stop) => Some(stop),
        }
    });
    let done = catch(run);
    goes_on(context, done)
}

/// Whether a guest goes on after its host function did what `done` says; if it does not, its context says why.
#[inline(always)]
pub(crate) fn goes_on(context: &mut Context, done: Result<Option<Stop>, Panic>) -> bool {
    match done {
        Ok(None) => true,
        Ok(Some(stop)) => {
            context.stop = stop;
            false
        }
        Err(panic) => {
            context.panic = Some(panic);
            false
        }
    }
}

/// Shows a step to the machine.
///
/// # Safety
///
/// `context` is an activation's own, of a host of type `H`; `step.window_top` lies in its window.
#[cfg(feature = "native")]
pub(crate) unsafe fn show_step<H>(context: *mut Context, step: &crate::Step) {
    // SAFETY: the caller's promise; nobody else uses the context during the call.
    let context = unsafe { &mut *context };
    // Without a window there is nothing between its ends, wherever the frame is.
    let top = step.window_top.min(context.window_high.cast_const());
    let bytes = (top as usize).saturating_sub(context.window_low as usize);
    let memory = &context.memories[0];
    // SAFETY: the window's slots below `window_top` and the memory's bytes exist; neither changes during the call.
    let (window, memory) = unsafe {
        (
            core::slice::from_raw_parts(context.window_low, bytes / 8),
            core::slice::from_raw_parts(memory.base, memory.len as usize),
        )
    };
    // A machine may run other programs, but none on this context.
    let operands = core::mem::take(&mut context.shown);
    let view = StepView { pc: step.pc, gas: step.gas, window, operands: &operands, memory };
    // SAFETY: as in `View::parts`.
    unsafe {
        let machine: &mut dyn Machine<H> = *context.machine.cast::<&mut dyn Machine<H>>();
        machine.step(&mut *context.host.cast::<H>(), view);
    }
    // Its room serves the next step.
    context.shown = operands;
    context.shown.clear();
}

pub(crate) type Panic = alloc::boxed::Box<dyn core::any::Any + Send>;

#[cfg(feature = "native")]
fn catch<R>(run: core::panic::AssertUnwindSafe<impl FnOnce() -> R>) -> Result<R, Panic> {
    std::panic::catch_unwind(run)
}

#[cfg(not(feature = "native"))]
fn catch<R>(run: core::panic::AssertUnwindSafe<impl FnOnce() -> R>) -> Result<R, Panic> {
    Ok(run.0())
}

/// What `run` yields, or the panic it ended in: nothing unwinds through generated code.
pub(crate) fn guard<R>(run: impl FnOnce() -> R) -> Result<R, Panic> {
    catch(core::panic::AssertUnwindSafe(run))
}

/// A pointer to a host, as the context keeps it.
pub fn erase<T>(item: &mut T) -> *mut c_void {
    core::ptr::from_mut(item).cast()
}
