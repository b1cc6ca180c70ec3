//! The safe door: an activation of interpreted code over resources.

use alloc::vec::Vec;
use core::cell::RefCell;

use lockstep_ir::{FuncId, Trap, Type, op::meaning::Bits};
use lockstep_rt::{Machine, Resources, Spec, Stop, enter};

use crate::{
    code::{Code, CodeError},
    run::{Finish, RESULTS, Translator, run},
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
    assert!(spec.links.fit(code.interface()), "a program runs with its own imports");
    enter(resources, host, machine, spec, |context, frame| {
        // SAFETY: `enter` made both for an interface whose imports, memories and window are this program's.
        let finish = unsafe { run(code, translator, context, frame, 0) };
        let ending = match finish {
            Finish::Exit { revert, output: range } => {
                context.copy_output(range, output);
                Ending::Exit { revert }
            }
            Finish::Trap(trap) => Ending::Trap(trap),
            Finish::Stop(stop) => Ending::Stop(stop),
            Finish::Values => Ending::Values(Vec::new()),
            Finish::Refused(error) => Ending::Refused(error),
        };
        (ending, context.gas.max(0) as u64)
    })
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
            // Nobody to return to, at depth zero.
            frame.write(0);
            frame.add(1).write(0);
            let mut at = RESULTS + slots(&signature.results);
            for (arg, ty) in args.iter().zip(&signature.params) {
                for limb in &arg[..ty.slots() as usize] {
                    frame.add(at).write(*limb);
                    at += 1;
                }
            }
            run(code, translator, context, frame, func.0)
        };
        let ending = match finish {
            Finish::Values => {
                let mut at = RESULTS;
                let mut results = Vec::new();
                for ty in &signature.results {
                    let mut bits = [0; 8];
                    for limb in &mut bits[..ty.slots() as usize] {
                        // SAFETY: the function wrote its results there.
                        *limb = unsafe { frame.add(at).read() };
                        at += 1;
                    }
                    results.push(bits);
                }
                Ending::Values(results)
            }
            Finish::Exit { revert, output: range } => {
                context.copy_output(range, output);
                Ending::Exit { revert }
            }
            Finish::Trap(trap) => Ending::Trap(trap),
            Finish::Stop(stop) => Ending::Stop(stop),
            Finish::Refused(error) => Ending::Refused(error),
        };
        (ending, context.gas.max(0) as u64)
    })
}
