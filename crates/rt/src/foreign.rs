//! What generated code and handlers do through the store: acts, calls through tables, calls of functions outside the
//! program.
//!
//! Invariant: whatever may have grown a memory shows the context its memories anew before it returns.

use alloc::{vec, vec::Vec};
use lockstep_ir::{
    Act, Trap, Type,
    act::meaning::perform,
    evaluate::{Callee, Range},
    op::meaning::Bits,
};

use crate::{
    context::Context,
    exit::Stop,
    host::{FuncCall, FuncEnd, Machine},
    store::{FuncTarget, Held, Store, StoreCore},
};

/// Calls the function of the context's store that a reference names, like a [`Link`](crate::Link): frame offsets of
/// arguments, then of results; the counter and the extent of the frame lie in the context. Returns whether the guest
/// goes on.
pub type Foreign = unsafe extern "C" fn(*mut Context, u64, *mut u64, *const i16) -> bool;

/// Depth units that an activation takes beside its frames. It lies on the native stack, which is not to be what ends a
/// recursion: so no more than 2^13 of them nest within 2^20 units, and each has 64 KiB of 512 MiB.
const ACTIVATION_UNITS: u64 = 112;

impl Context {
    /// The store, when the program has an instance.
    #[inline]
    pub(crate) fn store(&self) -> &StoreCore {
        assert!(!self.store.is_null(), "a program that holds something has an instance");
        // SAFETY: whoever made the context keeps the store alive until the activation ends.
        unsafe { &*self.store }
    }

    /// Takes base and length of all memories anew.
    pub(crate) fn show_memories(&mut self) {
        if !self.store.is_null() {
            // SAFETY: as in `store`, which would borrow the whole context.
            let store = unsafe { &*self.store };
            store.show(self.instance, &mut self.memories);
        }
    }
}

/// Does an act on what the context's instance holds.
///
/// # Errors
///
/// The trap that its row names.
///
/// # Panics
///
/// When the context has no instance, which one of a program with acts has.
pub fn perform_act(
    context: &mut Context,
    act: Act,
    on: [u32; 2],
    args: [u64; 3],
) -> Result<u64, Trap> {
    let instance = context.instance;
    let result = perform(act, on, args, &mut Held { store: context.store(), instance });
    if act == Act::MemoryGrow {
        context.show_memories();
    }
    result
}

/// Whom a call through a table of the context's instance means.
///
/// # Errors
///
/// [`Trap::UndefinedElement`], [`Trap::UninitializedElement`] or [`Trap::SignatureMismatch`].
///
/// # Panics
///
/// When the context has no instance.
#[inline]
pub fn call_indirect(
    context: &Context,
    table_and_type: (u32, u32),
    index: u64,
) -> Result<Callee, Trap> {
    context.store().callee(context.instance, table_and_type, index)
}

/// The link of an import that another instance provides.
///
/// # Safety
///
/// As for a [`Link`](crate::Link) of a host of type `H`.
pub(crate) unsafe extern "C" fn imported<H>(
    context: *mut Context,
    frame: *mut u64,
    offsets: *const i16,
) -> bool {
    // SAFETY: the caller's promise.
    let context = unsafe { &mut *context };
    let reference = context.store().import(context.instance, context.import);
    // SAFETY: the caller's promise; imports have the type of what they were linked to.
    unsafe { foreign::<H>(context, reference, frame, offsets) }
}

/// See [`Foreign`].
///
/// # Safety
///
/// The context is of a host of type `H`; the reference is one of its store, and `offsets` are of its type.
pub(crate) unsafe extern "C" fn foreign<H>(
    context: *mut Context,
    reference: u64,
    frame: *mut u64,
    offsets: *const i16,
) -> bool {
    // SAFETY: the caller's promise.
    let cx = unsafe { &mut *context };
    let entry = cx.store().func(reference);
    let FuncTarget::Own { instance, func } = entry.target else {
        let FuncTarget::Host(link) = entry.target else { unreachable!("two kinds of functions") };
        // SAFETY: the store of this host holds links of this host only.
        let goes_on = unsafe { link(context, frame, offsets) };
        return goes_on;
    };
    // SAFETY: `enter` stored a `Store<H>`.
    let store = unsafe { &*cx.store.cast::<Store<H>>() };
    let ty = store.func_type(entry.ty);
    let signature = &ty.signature;
    // SAFETY: the caller's promise: offsets of arguments, then of results, of these types.
    let args = unsafe { read(frame, offsets, &signature.params) };
    let mut results: Vec<Bits> = vec![[0; 8]; signature.results.len()];
    #[cfg(feature = "native")]
    // SAFETY: the resources outlive the activation.
    unsafe { &*cx.resources }.publish(cx);
    // SAFETY: as in `View::parts`.
    let (host, machine) =
        unsafe { (&mut *cx.host.cast::<H>(), &mut **cx.machine.cast::<&mut dyn Machine<H>>()) };
    let (gas, depth) = (cx.gas as u64, cx.depth + ACTIVATION_UNITS);
    let call = FuncCall { store, instance, func, args: &args, results: &mut results, gas, depth };
    let ended = super::host::guard(|| machine.call(host, call));
    cx.show_memories();
    cx.stop = match ended {
        Ok(Ok(ended)) => {
            cx.gas = ended.gas_left as i64;
            match ended.end {
                FuncEnd::Returned => {
                    // SAFETY: as for the arguments; results follow them.
                    unsafe { write(frame, offsets.add(args.len()), &signature.results, &results) };
                    return true;
                }
                // What it ended with is not in our memory.
                FuncEnd::Exit { revert } => {
                    cx.output = Range::EMPTY;
                    Stop::Exit { revert }
                }
                FuncEnd::Trap(trap) => Stop::Trap(trap),
            }
        }
        Ok(Err(faulted)) => faulted.into(),
        Err(panic) => {
            cx.panic = Some(panic);
            Stop::Fault
        }
    };
    false
}

/// Operands of these types, read from a frame.
///
/// # Safety
///
/// `offsets` has a frame offset for each type.
pub(crate) unsafe fn read(frame: *const u64, offsets: *const i16, types: &[Type]) -> Vec<Bits> {
    let one = |(position, ty): (usize, &Type)| {
        let mut bits = [0; 8];
        for (slot, limb) in bits.iter_mut().take(ty.slots() as usize).enumerate() {
            // SAFETY: the caller's promise.
            *limb = unsafe { *frame.offset(*offsets.add(position) as isize).add(slot) };
        }
        bits
    };
    types.iter().enumerate().map(one).collect()
}

/// Writes operands of these types to a frame.
///
/// # Safety
///
/// As for `read`.
pub(crate) unsafe fn write(frame: *mut u64, offsets: *const i16, types: &[Type], values: &[Bits]) {
    for (position, (ty, bits)) in types.iter().zip(values).enumerate() {
        for (slot, limb) in bits.iter().take(ty.slots() as usize).enumerate() {
            // SAFETY: the caller's promise.
            unsafe { *frame.offset(*offsets.add(position) as isize).add(slot) = *limb };
        }
    }
}
