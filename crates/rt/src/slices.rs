//! Host functions whose operands come in slices, however many there are, and calls of host functions that no guest makes.
//!
//! ```text
//! call_host -> Link = slice_shim::<F> -> F::call(&mut View, &[Bits], &mut [Bits]) -> Result<(), Stop>
//! call_host_func -> an activation without a program -> Link -> ...
//! ```

use alloc::{vec, vec::Vec};

use lockstep_ir::{Type, op::meaning::Bits};

use crate::{
    context::Context,
    exit::Stop,
    foreign::{read, write},
    host::{View, goes_on, guard},
};
#[cfg(feature = "native")]
use crate::{
    enter::{Resources, Spec, enter},
    host::Machine,
    links::Links,
    store::{FuncTarget, Store},
};

/// A host function of as many operands as it says: a type without values. Where 16 are enough a
/// [`HostFunction`](crate::HostFunction) is shorter to write and faster to call.
pub trait SliceFunction<H> {
    /// The name that guests import.
    const NAME: &'static str;
    /// Types of the arguments.
    const PARAMS: &'static [Type];
    /// Types of the results.
    const RESULTS: &'static [Type];

    /// Does it, with an argument for each type; results, one for each type, are zero before.
    ///
    /// # Errors
    ///
    /// [`Stop`] when the guest does not go on.
    fn call(view: &mut View<'_, H>, args: &[Bits], results: &mut [Bits]) -> Result<(), Stop>;
}

/// What a link of `F` points to.
///
/// # Safety
///
/// `context` is the caller's, linked against a table of this `H`; `offsets` holds the frame offsets of the
/// arguments and then of the results.
pub(crate) unsafe extern "C" fn slice_shim<H, F: SliceFunction<H>>(
    context: *mut Context,
    frame: *mut u64,
    offsets: *const i16,
) -> bool {
    // SAFETY: the caller's promise; nobody else uses the context during the call.
    let context = unsafe { &mut *context };
    let done = guard(|| {
        // SAFETY: the caller's promise.
        let args = unsafe { read(frame, offsets, F::PARAMS) };
        let mut results: Vec<Bits> = vec![[0; 8]; F::RESULTS.len()];
        // SAFETY: the caller's promise.
        let mut view = unsafe { View::of(&mut *context) };
        match F::call(&mut view, &args, &mut results) {
            Ok(()) => {
                // SAFETY: the caller's promise; results follow the arguments.
                unsafe { write(frame, offsets.add(args.len()), F::RESULTS, &results) };
                None
            }
            Err(stop) => Some(stop),
        }
    });
    goes_on(context, done)
}

/// Calls a function of the host in `store` that no guest calls: what it sees of a caller is a memory without bytes, and `gas`.
/// Returns its results, or why there are none, and the gas left.
///
/// # Panics
///
/// When the reference is not of a function of the host, when there is not an argument for each of its types, when there are
/// more operands than a frame holds, which no type of a guest has, when gas exceeds 63 bits, or when the host function does.
#[cfg(feature = "native")]
pub fn call_host_func<H>(
    resources: &Resources,
    (host, machine): (&mut H, &mut dyn Machine<H>),
    (store, reference): (&Store<H>, u64),
    args: &[Bits],
    gas: u64,
) -> (Result<Vec<Bits>, Stop>, u64) {
    let entry = store.func(reference);
    let FuncTarget::Host(link) = entry.target else { panic!("it is a function of an instance") };
    let ty = store.func_type(entry.ty);
    let (params, results) = (&ty.signature.params[..], &ty.signature.results[..]);
    assert_eq!(params.len(), args.len(), "an argument for each type");
    let mut at = 0;
    let place = |ty: &Type| {
        let here = at;
        at = i16::try_from(at as u32 + ty.slots()).expect("operands fit a frame");
        here
    };
    let offsets: Vec<i16> = params.iter().chain(results).map(place).collect();
    let interface = alloc::sync::Arc::default();
    let links = Links::new(&interface, &[]).expect("nothing is imported");
    let (interface, links) = (&interface, &links);
    let (read_only, instance, depth, is_observed) = ([&[][..]; 2], None, 0, false);
    let spec = Spec { interface, links, read_only, instance, depth, gas, is_observed };
    enter(resources, host, machine, &spec, |context, frame| {
        context.frame_top = frame.wrapping_offset(at as isize);
        // SAFETY: the frame has as many slots as offsets reach; the store of this host holds links of this host only.
        let goes_on = unsafe {
            write(frame, offsets.as_ptr(), params, args);
            link(context, frame, offsets.as_ptr())
        };
        let done = match goes_on {
            // SAFETY: as for the arguments; results follow them.
            true => Ok(unsafe { read(frame, offsets.as_ptr().add(args.len()), results) }),
            false => Err(context.stop),
        };
        (done, context.gas as u64)
    })
}
