//! The safe door: a function of a program's machine code, called over resources.

use lockstep_ir::{FuncId, Trap, Type, op::meaning::Bits};

use super::{
    Leaving, NativeProgram, OFFSETS,
    door::{self, erased},
    program::Below,
};
use crate::{
    context::Context,
    enter::{Resources, Spec, enter},
    exit::Stop,
    host::Machine,
    store::Natively,
};

/// How an activation of machine code ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NativeEnding {
    /// The function returned these.
    Values(Vec<Bits>),
    /// The guest ended by itself, or its host ended it; its output is in the buffer.
    Exit {
        /// Whether its writes are to be undone.
        revert: bool,
    },
    /// It trapped.
    Trap(Trap),
    /// The machine failed.
    Fault,
    /// It has no machine code, and the tier below cannot run it either.
    Refused,
}

/// What an activation of machine code runs.
pub(super) struct Running<'a> {
    pub(super) program: &'a NativeProgram,
    pub(super) below: &'a dyn Below,
}

/// Runs function `func` of `program` with `args`; what has no machine code runs in `below`. Returns how it ended and the
/// gas left.
///
/// # Panics
///
/// When `spec` is not of this program, there is no such function, it takes other arguments, or a host function panicked.
pub fn call_native<H>(
    resources: &Resources,
    (program, below): (&NativeProgram, &dyn Below),
    (host, machine): (&mut H, &mut dyn Machine<H>),
    spec: &Spec<'_, H>,
    (func, args): (FuncId, &[Bits]),
    output: &mut Vec<u8>,
) -> (NativeEnding, u64) {
    assert!(spec.links.fit(program.interface()), "a program runs with its own imports");
    let signature = &program.interface().signatures[func];
    assert_eq!(args.len(), signature.params.len(), "a caller passes what the signature says");
    let (body, door) = program.entry(func);
    if body.is_null() {
        return (NativeEnding::Refused, spec.gas);
    }
    let running = Running { program, below };
    let interface = program.interface();
    let instance = match spec.instance {
        Some((store, number)) => store.natively(number, interface, program.id_and_guard()),
        None => {
            assert!(
                !program.id_and_guard().1,
                "there are guard pages around memories of stores alone"
            );
            assert!(interface.tables.is_empty() && interface.globals.is_empty(), "held by no one");
            Natively::NONE
        }
    };
    enter(resources, host, machine, spec, |context, frame| {
        // The rest is as `enter` made it.
        let native = &mut context.native;
        (native.offsets, native.running, native.instance) = (&OFFSETS, erased(&running), instance);
        let results: usize = slots(&signature.results);
        write(frame, results, &signature.params, args);
        context.frame_top = frame.wrapping_add(results + slots(&signature.params));
        // SAFETY: the door was made for the body's signature; the frame, which has room for 2^15 slots, holds its
        // arguments behind the room for its results; `enter` made the context.
        let left = unsafe { door::enter(door, context, frame, body) } != 0;
        let ending = if left {
            left_ending(context, output)
        } else {
            NativeEnding::Values(read(frame, &signature.results))
        };
        (ending, context.gas.max(0) as u64)
    })
}

pub(super) fn slots(types: &[Type]) -> usize {
    types.iter().map(|ty| ty.slots() as usize).sum()
}

fn write(frame: *mut u64, from: usize, types: &[Type], values: &[Bits]) {
    let mut at = from;
    for (value, ty) in values.iter().zip(types) {
        for limb in &value[..ty.slots() as usize] {
            // SAFETY: a frame has room for 2^15 slots, and signatures are far smaller.
            unsafe { frame.add(at).write(*limb) };
            at += 1;
        }
    }
}

fn read(frame: *const u64, types: &[Type]) -> Vec<Bits> {
    let mut at = 0;
    let one = |ty: &Type| {
        let mut bits = [0; 8];
        for limb in &mut bits[..ty.slots() as usize] {
            // SAFETY: the door wrote the results there.
            *limb = unsafe { frame.add(at).read() };
            at += 1;
        }
        bits
    };
    types.iter().map(one).collect()
}

fn left_ending(context: &Context, output: &mut Vec<u8>) -> NativeEnding {
    let mut exit = |revert, range| {
        context.copy_output(range, output);
        NativeEnding::Exit { revert }
    };
    match context.native.leaving {
        Leaving::Trap(trap) => NativeEnding::Trap(trap),
        Leaving::Exit { revert, output } => exit(revert, output),
        Leaving::Stop => match context.stop {
            Stop::Trap(trap) => NativeEnding::Trap(trap),
            Stop::Exit { revert } => exit(revert, context.output),
            Stop::Fault => NativeEnding::Fault,
        },
        Leaving::Refused => NativeEnding::Refused,
    }
}
