//! What machine code calls: everything that is not worth instructions of its own.
//!
//! Invariant: a helper takes numbers and pointers of the context or the caller's stack, unwinds into nobody, and returns
//! by its result whether the caller goes on; the caller then leaves through [`Helpers::leave`]. One that keeps nothing to
//! be dropped may leave itself.

use core::sync::atomic::Ordering;

use lockstep_base::U256;
use lockstep_ir::{
    Act, FuncId, Head, MemoryId, Op, Trap, Type,
    evaluate::{Callee, Range},
    op::meaning::{self, Bits},
};

use super::{
    Leaving,
    call::Running,
    door, keep,
    program::Resumed,
    words::{self, WordHelper},
};
use crate::{
    context::Context,
    exit::Stop,
    foreign::{call_indirect, perform_act},
    host::guard,
};

/// Slots between the operands of [`Helpers::evaluate`].
const OPERAND_SLOTS: usize = 8;

/// The helpers, in the order in which code knows them.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct Helpers {
    /// Leaves: `(context)`.
    pub leave: unsafe extern "C" fn(*mut Context) -> !,
    /// Notes a trap: `(context, its number)`.
    pub trap: unsafe extern "C" fn(*mut Context, u64),
    /// Notes an exit: `(context, revert and memory, address, length)`.
    pub exit: unsafe extern "C" fn(*mut Context, u64, u64, u64),
    /// Notes that a host function stopped the guest: `(context)`.
    pub stop: unsafe extern "C" fn(*mut Context),
    /// Whom a call through a table means: `(context, table and type, index)`: its body; null to leave; one for a
    /// function outside, which the context then names.
    pub callee: unsafe extern "C" fn(*mut Context, u64, u64) -> *const u8,
    /// Any operation: `(selector, operands)`: the number of a trap or zero. Operands stand eight slots apart, and the
    /// result goes where the first one is.
    pub evaluate: unsafe extern "C" fn(u64, *mut u64) -> u64,
    /// An act: `(context, act, what it is on, arguments)`: the number of a trap or zero. The result goes where the first
    /// argument is.
    pub act: unsafe extern "C" fn(*mut Context, u64, u64, *mut u64) -> u64,
    /// A function in the tier below: `(context, its number, slots of its results, operands, slots of its arguments)`:
    /// whether it returned. Operands begin with the room for results.
    pub below: unsafe extern "C" fn(*mut Context, u64, u64, *mut u64, u64) -> u64,
    /// Goes on in the tier below and notes how that ended: `(context, head, slots of the window in use, target)`. The
    /// target, if it is not null, is a word that names the head instead. The window's slots are at home.
    pub resume: unsafe extern "C" fn(*mut Context, u64, u64, *const u64),
    /// Makes bytes exist, or leaves: `(context, memory, address, length)`. The counter is in the context before and after.
    /// Keeps all registers of integers.
    pub touch: unsafe extern "C" fn(*mut Context, u64, u64, u64),
    /// The same for memory 0: `(context, four limbs, distance << 32 | length)`, from the word with the distance added on.
    pub touch_word: unsafe extern "C" fn(*mut Context, u64, u64, u64, u64, u64),
    /// A word read past the end as zeros: `(context, memory, address, size in bytes, where it goes)`. Keeps registers as
    /// `touch` does.
    pub load_padded: unsafe extern "C" fn(*mut Context, u64, u64, u64, *mut u64),
    /// Copies what is read past the end as zeros: `(context, both memories, to, from, length)`; the memory written is in
    /// the upper half.
    pub copy_padded: unsafe extern "C" fn(*const Context, u64, u64, u64, u64),
    /// Copies between checked places; the same.
    pub copy_within: unsafe extern "C" fn(*const Context, u64, u64, u64, u64),
    /// Copies between places that were checked, as if through a buffer: `(to, from, length)`.
    pub move_bytes: unsafe extern "C" fn(*mut u8, *const u8, u64),
    /// Sets bytes of a place that was checked to the low byte of a number: `(to, number, length)`.
    pub fill_bytes: unsafe extern "C" fn(*mut u8, u64, u64),
    /// Operations on words, by [`word_helper`](super::word_helper).
    pub words: [WordHelper; words::COUNT],
}

pub(super) const HELPERS: Helpers = Helpers {
    leave: door::leave,
    trap,
    exit,
    stop,
    callee,
    evaluate,
    act,
    below,
    resume,
    touch: keep::touch,
    touch_word: keep::touch_word,
    load_padded: keep::load_padded,
    copy_padded,
    copy_within,
    move_bytes,
    fill_bytes,
    words: words::WORDS,
};

macro_rules! places {
    ($($(#[doc = $doc:literal])+ $name:ident = $field:ident;)*) => {
        impl Helpers {
            $($(#[doc = $doc])+
            pub const $name: i32 = core::mem::offset_of!(Helpers, $field) as i32;)*

            /// All of these, in order.
            pub(super) const PLACES: &[i32] = &[$(Self::$name),*];
        }
    };
}

places! {
    /// Where `leave` is, in bytes.
    LEAVE = leave;
    /// Where `trap` is.
    TRAP = trap;
    /// Where `exit` is.
    EXIT = exit;
    /// Where `stop` is.
    STOP = stop;
    /// Where `callee` is.
    CALLEE = callee;
    /// Where `evaluate` is.
    EVALUATE = evaluate;
    /// Where `act` is.
    ACT = act;
    /// Where `below` is.
    BELOW = below;
    /// Where `resume` is.
    RESUME = resume;
    /// Where `touch` is.
    TOUCH = touch;
    /// Where `touch_word` is.
    TOUCH_WORD = touch_word;
    /// Where `load_padded` is.
    LOAD_PADDED = load_padded;
    /// Where `copy_padded` is.
    COPY_PADDED = copy_padded;
    /// Where `copy_within` is.
    COPY_WITHIN = copy_within;
    /// Where `move_bytes` is.
    MOVE_BYTES = move_bytes;
    /// Where `fill_bytes` is.
    FILL_BYTES = fill_bytes;
    /// Where the first of `words` is.
    WORDS = words;
}

impl Helpers {
    /// What tells [`Helpers::evaluate`] the operation.
    pub fn selector(op: Op, ty: Type, to: Type) -> u64 {
        op as u64 | (ty as u64) << 8 | (to as u64) << 16
    }
}

/// # Safety
///
/// Called by machine code of `context`'s activation, as all of these are.
unsafe extern "C" fn trap(context: *mut Context, number: u64) {
    // SAFETY: the caller's promise; nobody else uses the context during the call.
    let context = unsafe { &mut *context };
    // Code was made with the number of a trap; an unknown one cannot be.
    let trap = Trap::from_number(number as u8).unwrap_or(Trap::Unreachable);
    context.native.leaving = Leaving::Trap(trap);
}

/// # Safety
///
/// As for `trap`.
unsafe extern "C" fn exit(context: *mut Context, how: u64, addr: u64, len: u64) {
    // SAFETY: as in `trap`.
    let context = unsafe { &mut *context };
    let output = match len {
        0 => Range::EMPTY,
        _ => Range { memory: MemoryId((how >> 1) as u32), offset: addr, len },
    };
    context.native.leaving = Leaving::Exit { revert: how & 1 != 0, output };
}

/// # Safety
///
/// As for `trap`.
unsafe extern "C" fn stop(context: *mut Context) {
    // SAFETY: as in `trap`.
    unsafe { (*context).native.leaving = Leaving::Stop };
}

impl Context {
    /// What the activation runs.
    fn running(&self) -> &Running<'static> {
        // SAFETY: `call_native` stored it, and it outlives the activation; the lifetime is not its own, but no borrow
        // taken from it leaves a helper.
        unsafe { &*self.native.running.cast::<Running<'static>>() }
    }

    /// The body of `func`; null to leave, which a panic of the compiler does too, to go on outside machine code.
    fn body_of(&mut self, func: FuncId) -> *const u8 {
        match guard(|| self.running().program.body(func)) {
            Ok(body) => {
                if body.is_null() {
                    self.native.leaving = Leaving::Refused;
                }
                body
            }
            Err(panic) => {
                self.panic = Some(panic);
                self.stop = Stop::Fault;
                self.native.leaving = Leaving::Stop;
                core::ptr::null()
            }
        }
    }
}

impl Context {
    /// The next call of the function through a table finds its body without us.
    fn note_ready(&self, func: FuncId, body: *const u8) {
        if !body.is_null() && self.running().program.is_settled(func, body) {
            self.store().set_ready(self.instance, func, body);
        }
    }
}

/// The body of a function that was called and has none yet; null to leave.
///
/// # Safety
///
/// As for `trap`.
pub(super) unsafe extern "C" fn body(context: *mut Context, func: u64) -> *const u8 {
    // SAFETY: as in `trap`.
    unsafe { &mut *context }.body_of(FuncId(func as u32))
}

/// # Safety
///
/// As for `trap`.
unsafe extern "C" fn callee(context: *mut Context, on: u64, index: u64) -> *const u8 {
    // SAFETY: as in `trap`.
    let context = unsafe { &mut *context };
    match call_indirect(context, (on as u32, (on >> 32) as u32), index) {
        Ok(Callee::Own(func)) => {
            let body = context.body_of(func);
            context.note_ready(func, body);
            body
        }
        Ok(Callee::Foreign(reference)) => {
            context.native.foreign = reference;
            core::ptr::without_provenance(1)
        }
        Err(trap) => {
            context.native.leaving = Leaving::Trap(trap);
            core::ptr::null()
        }
    }
}

/// # Safety
///
/// `operands` are three times eight slots of the caller's.
unsafe extern "C" fn evaluate(selector: u64, operands: *mut u64) -> u64 {
    let op = Op::ALL[selector as usize & 0xff];
    let ty = Type::ALL[(selector >> 8) as usize & 0xff];
    let to = Type::ALL[(selector >> 16) as usize & 0xff];
    let shape = op.shape();
    let mut args: [Bits; 3] = [[0; 8]; 3];
    for (position, arg) in args.iter_mut().enumerate().take(shape.arity()) {
        let slots = shape.operand(position, ty).slots() as usize;
        for (slot, limb) in arg.iter_mut().enumerate().take(slots) {
            // SAFETY: the caller's promise.
            *limb = unsafe { operands.add(position * OPERAND_SLOTS + slot).read() };
        }
    }
    match meaning::evaluate(op, ty, to, [&args[0], &args[1], &args[2]]) {
        Ok(bits) => {
            for (slot, limb) in bits.iter().enumerate().take(to.slots() as usize) {
                // SAFETY: the caller's promise.
                unsafe { operands.add(slot).write(*limb) };
            }
            0
        }
        Err(trap) => trap as u64,
    }
}

/// # Safety
///
/// As for `trap`; `args` are three slots of the caller's.
unsafe extern "C" fn act(context: *mut Context, act: u64, on: u64, args: *mut u64) -> u64 {
    // SAFETY: as in `trap`.
    let context = unsafe { &mut *context };
    // SAFETY: the caller's promise.
    let numbers = unsafe { args.cast::<[u64; 3]>().read() };
    match perform_act(context, Act::ALL[act as usize], [on as u32, (on >> 32) as u32], numbers) {
        Ok(result) => {
            // SAFETY: the caller's promise.
            unsafe { args.write(result) };
            0
        }
        Err(trap) => trap as u64,
    }
}

/// # Safety
///
/// As for `trap`; `operands` are so many slots of the caller's.
unsafe extern "C" fn below(
    context: *mut Context,
    func: u64,
    results: u64,
    operands: *mut u64,
    args: u64,
) -> u64 {
    // SAFETY: as in `trap`.
    let context = unsafe { &mut *context };
    let below = context.running().below;
    let (results, args) = (results as usize, args as usize);
    let top = context.frame_top;
    let first = top.wrapping_add(below.header_slots());
    // SAFETY: the frame stack has room above `frame_top` for all frames that depth units allow; operands are the caller's.
    unsafe { first.add(results).copy_from_nonoverlapping(operands.add(results), args) };
    // SAFETY: arguments stand where the tier below wants them.
    let ended = unsafe { below.run(context, top, FuncId(func as u32)) };
    context.frame_top = top;
    match ended {
        Ok(()) => {
            // SAFETY: as above.
            unsafe { operands.copy_from_nonoverlapping(first, results) };
            1
        }
        Err(leaving) => {
            context.native.leaving = leaving;
            0
        }
    }
}

/// # Safety
///
/// As for `trap`; the window's slots in use are at home, and `target` is null or a word of the caller's.
unsafe extern "C" fn resume(context: *mut Context, head: u64, slots: u64, target: *const u64) {
    // SAFETY: as in `trap`.
    let context = unsafe { &mut *context };
    let place = match target.is_null() {
        true => Resumed::At(Head(head as u32)),
        // SAFETY: the caller's promise.
        false => Resumed::To(U256::from_limbs(unsafe { target.cast::<[u64; 4]>().read() })),
    };
    let (program, below) = (context.running().program, context.running().below);
    program.resumed.fetch_add(1, Ordering::Relaxed);
    let base = context.window_low.wrapping_add(slots as usize);
    // SAFETY: the window's slots below the base are in use and at home.
    let leaving = unsafe { below.resume(context, base, place) };
    context.native.leaving = leaving;
}

/// # Safety
///
/// As for `trap`.
pub(super) unsafe extern "C" fn touch(context: *mut Context, memory: u64, addr: u64, len: u64) {
    // SAFETY: the caller's promise.
    unsafe { touch_to(context, memory, addr.checked_add(len)) }
}

/// # Safety
///
/// As for `trap`.
pub(super) unsafe extern "C" fn touch_word(
    context: *mut Context,
    a: u64,
    b: u64,
    c: u64,
    d: u64,
    bytes: u64,
) {
    let (distance, len) = (U256::from_limbs([bytes >> 32, 0, 0, 0]), bytes & u64::from(u32::MAX));
    let addr = U256::from_limbs([a, b, c, d]).wrapping_add(distance);
    let addr = u64::try_from(addr).ok();
    // SAFETY: the caller's promise.
    unsafe { touch_to(context, 0, addr.and_then(|addr| addr.checked_add(len))) }
}

/// Makes bytes exist up to `end`, or leaves.
///
/// # Safety
///
/// As for `trap`.
unsafe fn touch_to(context: *mut Context, memory: u64, end: Option<u64>) {
    // SAFETY: as in `trap`.
    let cx = unsafe { &mut *context };
    if let Err(trap) = cx.touch(memory as usize, end) {
        cx.native.leaving = Leaving::Trap(trap);
        // SAFETY: machine code of this context called, and nothing here is to be dropped.
        unsafe { door::leave(context) }
    }
}

/// # Safety
///
/// As for `trap`; `place` has room for the number.
pub(super) unsafe extern "C" fn load_padded(
    context: *mut Context,
    memory: u64,
    addr: u64,
    size: u64,
    place: *mut u64,
) {
    // SAFETY: as in `trap`.
    let bytes = unsafe { &*context }.load_padded(memory as usize, addr, size as usize);
    for (at, limb) in bytes.as_chunks::<8>().0.iter().take((size as usize).div_ceil(8)).enumerate()
    {
        // SAFETY: the caller's promise.
        unsafe { place.add(at).write(u64::from_le_bytes(*limb)) };
    }
}

/// The memory written and the memory read.
fn both(memories: u64) -> [usize; 2] {
    [(memories >> 32) as usize, memories as u32 as usize]
}

/// # Safety
///
/// As for `trap`; the place written was checked.
unsafe extern "C" fn copy_padded(
    context: *const Context,
    memories: u64,
    to: u64,
    from: u64,
    len: u64,
) {
    let [target, source] = both(memories);
    // SAFETY: the caller's promise.
    unsafe { (*context).copy_padded((target, to), (source, from), len) };
}

/// # Safety
///
/// As for `trap`; both places were checked.
unsafe extern "C" fn copy_within(
    context: *const Context,
    memories: u64,
    to: u64,
    from: u64,
    len: u64,
) {
    let [target, source] = both(memories);
    // SAFETY: the caller's promise.
    unsafe { (*context).copy_within((target, to), (source, from), len) };
}

/// # Safety
///
/// Both places have `len` bytes of memories, and the guest may write to the first.
unsafe extern "C" fn move_bytes(to: *mut u8, from: *const u8, len: u64) {
    if len > 0 {
        // SAFETY: the caller's promise.
        unsafe { to.copy_from(from, len as usize) };
    }
}

/// # Safety
///
/// The place has `len` bytes of a memory to which the guest may write.
unsafe extern "C" fn fill_bytes(to: *mut u8, number: u64, len: u64) {
    if len > 0 {
        // SAFETY: the caller's promise.
        unsafe { to.write_bytes(number as u8, len as usize) };
    }
}
