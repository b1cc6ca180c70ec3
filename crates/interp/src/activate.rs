//! The safe door: an activation of interpreted code over resources.

use alloc::vec::Vec;
use core::cell::RefCell;

use lockstep_ir::{FuncId, Trap, Type, op::meaning::Bits};
use lockstep_rt::{
    Context, Machine, Resources, Spec, Stop, enter,
    native::{Above, Below, Leaving, Resumed},
};

use crate::{
    code::{Code, CodeError},
    run::{Finish, RESULTS, Translator, Up, resume, run, run_below},
};

/// How an activation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// The guest ended by itself; its output is in the buffer.
    Exit {
        /// Whether its writes are to be undone.
        revert: bool,
    },
    /// The guest trapped.
    Trap(Trap),
    /// A host function stopped it.
    Stop(Stop),
    /// The function returned these.
    Values(Vec<Bits>),
    /// The program cannot run on this tier.
    Refused(CodeError),
}

/// Runs the program of `code` from its entry on `host`; returns how it ended and the gas left.
///
/// # Panics
///
/// When `spec` is not of this program, or a host function panicked.
pub fn activate<H>(
    resources: &Resources,
    translator: &RefCell<Translator>,
    code: &Code,
    (host, machine): (&mut H, &mut dyn Machine<H>),
    spec: &Spec<'_, H>,
    output: &mut Vec<u8>,
) -> (Ending, u64) {
    activate_code(resources, (code, translator, None), (host, machine), spec, output)
}

/// The same below a tier that may go on with the program.
///
/// # Panics
///
/// As for [`activate`].
pub fn activate_gated<H>(
    resources: &Resources,
    gated: &Gated<'_>,
    way: (&mut H, &mut dyn Machine<H>),
    spec: &Spec<'_, H>,
    output: &mut Vec<u8>,
) -> (Ending, u64) {
    let Gated { code, translator, above } = gated;
    activate_code(resources, (code, translator, Some(*above)), way, spec, output)
}

fn activate_code<H>(
    resources: &Resources,
    (code, translator, above): (&Code, &RefCell<Translator>, Up<'_>),
    (host, machine): (&mut H, &mut dyn Machine<H>),
    spec: &Spec<'_, H>,
    output: &mut Vec<u8>,
) -> (Ending, u64) {
    assert!(spec.links.fit(code.interface()), "a program runs with its own imports");
    enter(resources, host, machine, spec, |context, frame| {
        // SAFETY: `enter` made both for an interface whose imports, memories and window are this program's.
        let finish = unsafe { run_below(code, (translator, above), context, frame, 0) };
        let ending = ending_of(finish, context, output, Vec::new);
        (ending, context.gas.max(0) as u64)
    })
}

/// The ending that `finish` is, with the guest's output in `output` where it has one, or what `values` says.
fn ending_of(
    finish: Finish,
    context: &Context,
    output: &mut Vec<u8>,
    values: impl FnOnce() -> Vec<Bits>,
) -> Ending {
    let mut exit = |revert, range| {
        context.copy_output(range, output);
        Ending::Exit { revert }
    };
    match finish {
        Finish::Exit { revert, output: range } => exit(revert, range),
        Finish::Stop(Stop::Exit { revert }) => exit(revert, context.output),
        Finish::Stop(stop) => Ending::Stop(stop),
        Finish::Trap(trap) => Ending::Trap(trap),
        Finish::Values => Ending::Values(values()),
        Finish::Refused(error) => Ending::Refused(error),
    }
}

/// Runs function `func` of a module with `args`; when the program exits, its output is in the buffer.
///
/// # Panics
///
/// When `spec` is not of this module, there is no such function, it takes other arguments, or a host function panicked.
pub fn call<H>(
    resources: &Resources,
    translator: &RefCell<Translator>,
    code: &Code,
    way: (&mut H, &mut dyn Machine<H>),
    spec: &Spec<'_, H>,
    function: (FuncId, &[Bits]),
    output: &mut Vec<u8>,
) -> (Ending, u64) {
    call_code(resources, (code, translator, None), way, spec, function, output)
}

/// The same below a tier that may take functions.
///
/// # Panics
///
/// As for [`call`].
pub fn call_gated<H>(
    resources: &Resources,
    gated: &Gated<'_>,
    way: (&mut H, &mut dyn Machine<H>),
    spec: &Spec<'_, H>,
    function: (FuncId, &[Bits]),
    output: &mut Vec<u8>,
) -> (Ending, u64) {
    let Gated { code, translator, above } = gated;
    call_code(resources, (code, translator, Some(*above)), way, spec, function, output)
}

fn call_code<H>(
    resources: &Resources,
    (code, translator, above): (&Code, &RefCell<Translator>, Up<'_>),
    (host, machine): (&mut H, &mut dyn Machine<H>),
    spec: &Spec<'_, H>,
    (func, args): (FuncId, &[Bits]),
    output: &mut Vec<u8>,
) -> (Ending, u64) {
    assert!(spec.links.fit(code.interface()), "a program runs with its own imports");
    let signature = &code.interface().signatures[func];
    assert_eq!(args.len(), signature.params.len(), "a caller passes what the signature says");
    let slots = |types: &[Type]| types.iter().map(|ty| ty.slots() as usize).sum::<usize>();
    enter(resources, host, machine, spec, |context, frame| {
        // SAFETY: the frame has room for 2^15 slots, and signatures are far smaller; see `activate` for the rest.
        let finish = unsafe {
            begin_frame(context, frame);
            let mut at = RESULTS + slots(&signature.results);
            for (arg, ty) in args.iter().zip(&signature.params) {
                for limb in &arg[..ty.slots() as usize] {
                    frame.add(at).write(*limb);
                    at += 1;
                }
            }
            run_below(code, (translator, above), context, frame, func.0)
        };
        let values = || {
            let mut at = RESULTS;
            let read = |ty: &Type| {
                let mut bits = [0; 8];
                for limb in &mut bits[..ty.slots() as usize] {
                    // SAFETY: the function wrote its results there.
                    *limb = unsafe { frame.add(at).read() };
                    at += 1;
                }
                bits
            };
            signature.results.iter().map(read).collect()
        };
        let ending = ending_of(finish, context, output, values);
        (ending, context.gas.max(0) as u64)
    })
}

/// A module's code for a tier above, which calls what it does not run itself.
#[derive(Debug)]
pub struct Fallback<'a> {
    /// The code, of the same program as the tier above runs.
    pub code: &'a Code,
    /// What translates it.
    pub translator: &'a RefCell<Translator>,
}

/// The same, where the tier above takes what is hot; code without gates never asks it.
#[derive(Clone, Copy)]
pub struct Gated<'a> {
    /// The code, with gates ([`Code::gated`]).
    pub code: &'a Code,
    /// What translates it.
    pub translator: &'a RefCell<Translator>,
    /// Who takes functions.
    pub above: &'a dyn Above,
}

impl core::fmt::Debug for Gated<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Gated").finish_non_exhaustive()
    }
}

impl Below for Gated<'_> {
    fn header_slots(&self) -> usize {
        RESULTS
    }

    /// # Safety
    ///
    /// As the trait says.
    unsafe fn run(
        &self,
        context: &mut Context,
        frame: *mut u64,
        func: FuncId,
    ) -> Result<(), Leaving> {
        let gas = context.gas;
        // SAFETY: as for `Fallback`.
        let finish = unsafe {
            begin_frame(context, frame);
            let way = (self.translator, Some(self.above));
            run_below(self.code, way, context, frame, func.0)
        };
        self.above.note(func, gas.saturating_sub(context.gas).max(0) as u64);
        leaving(finish).map_or(Ok(()), Err)
    }

    /// # Safety
    ///
    /// As the trait says.
    unsafe fn resume(&self, context: &mut Context, base: *mut u64, place: Resumed) -> Leaving {
        // It does not go up again: the first function that left is still on the native stack.
        let way = (self.translator, None);
        // SAFETY: the caller's promise.
        let finish = unsafe { resume(self.code, way, context, base, place) };
        leaving(finish).unwrap_or(Leaving::Refused)
    }
}

/// Writes the header that says that there is nobody to return to, at the depth of the callers.
///
/// # Safety
///
/// `frame` has room for a header.
unsafe fn begin_frame(context: &Context, frame: *mut u64) {
    // SAFETY: the caller's promise.
    unsafe {
        frame.write(0);
        frame.add(1).write(context.depth << 16);
    }
}

impl Below for Fallback<'_> {
    fn header_slots(&self) -> usize {
        RESULTS
    }

    /// # Safety
    ///
    /// As the trait says.
    unsafe fn run(
        &self,
        context: &mut Context,
        frame: *mut u64,
        func: FuncId,
    ) -> Result<(), Leaving> {
        // SAFETY: the caller's promise: a frame of this program's context, arguments in place.
        let finish = unsafe {
            begin_frame(context, frame);
            run(self.code, self.translator, context, frame, func.0)
        };
        leaving(finish).map_or(Ok(()), Err)
    }

    /// # Safety
    ///
    /// As the trait says.
    unsafe fn resume(&self, context: &mut Context, base: *mut u64, place: Resumed) -> Leaving {
        // SAFETY: the caller's promise.
        let finish = unsafe { resume(self.code, (self.translator, None), context, base, place) };
        // A program with a window returns nothing.
        leaving(finish).unwrap_or(Leaving::Refused)
    }
}

/// How machine code is left when what it called finished so; not at all where that returned.
fn leaving(finish: Finish) -> Option<Leaving> {
    Some(match finish {
        Finish::Values => return None,
        Finish::Trap(trap) => Leaving::Trap(trap),
        Finish::Exit { revert, output } => Leaving::Exit { revert, output },
        Finish::Stop(_) => Leaving::Stop,
        Finish::Refused(_) => Leaving::Refused,
    })
}
