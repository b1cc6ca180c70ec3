//! The context as the reference evaluator sees it, which makes the evaluator a tier.
//!
//! Invariant: it charges, grows and calls exactly as handlers and machine code do, over the same context.

use alloc::vec::Vec;

use lockstep_ir::{
    Act, GlobalId, Growth, ImportId, Interface, MemoryId, SigId, Signature, TableId, Trap, Type,
    evaluate::{Callee, Env, Stop as EvaluateStop},
    op::meaning::Bits,
};

use crate::{
    context::{Context, Shown, Step},
    exit::Stop,
    foreign::{call_indirect, perform_act},
};

/// Slots kept above the window for the operands of a host call.
const OPERAND_SLOTS: usize = 1 << 13;

/// A context, as an environment.
#[derive(Debug)]
pub struct ContextEnv<'a> {
    context: &'a mut Context,
    interface: &'a Interface,
}

impl<'a> ContextEnv<'a> {
    /// The environment over `context`.
    ///
    /// # Safety
    ///
    /// `enter` made `context`, for this interface.
    pub unsafe fn new(context: &'a mut Context, interface: &'a Interface) -> Self {
        Self { context, interface }
    }

    /// The context.
    pub fn context(&self) -> &Context {
        self.context
    }

    fn slot_slots(&self) -> usize {
        self.interface.window.map_or(1, |window| window.ty.slots() as usize)
    }
}

impl Env for ContextEnv<'_> {
    fn gas(&self) -> u64 {
        self.context.gas as u64
    }

    fn charge(&mut self, amount: u64) -> Result<(), Trap> {
        let left = self.gas().checked_sub(amount).ok_or(Trap::OutOfGas)?;
        self.context.gas = left as i64;
        Ok(())
    }

    fn memory_len(&self, memory: MemoryId) -> u64 {
        self.context.memories[memory.0 as usize].len
    }

    fn touch(&mut self, memory: MemoryId, end: Option<u64>) -> Result<(), Trap> {
        self.context.touch(memory.0 as usize, end)
    }

    fn load(&self, memory: MemoryId, addr: u64, bytes: &mut [u8]) {
        let memory = &self.context.memories[memory.0 as usize];
        assert!(addr + bytes.len() as u64 <= memory.len, "checked before");
        // SAFETY: the range lies in the memory, which this activation owns or shows.
        unsafe {
            bytes.as_mut_ptr().copy_from(memory.base.add(addr as usize), bytes.len());
        }
    }

    fn store(&mut self, memory: MemoryId, addr: u64, bytes: &[u8]) {
        let growth = self.context.growth[memory.0 as usize];
        let memory = &self.context.memories[memory.0 as usize];
        assert!(addr + bytes.len() as u64 <= memory.len, "checked before");
        assert!(growth != Growth::ReadOnly, "the verifier refuses it");
        // SAFETY: the range lies in the memory, which this activation owns.
        unsafe { memory.base.add(addr as usize).copy_from(bytes.as_ptr(), bytes.len()) }
    }

    fn window_limit(&self) -> u64 {
        self.interface.window.map_or(0, |window| u64::from(window.limit))
    }

    fn slot(&self, slot: u64) -> Bits {
        assert!(slot < self.window_limit(), "a slot lies in the window");
        let count = self.slot_slots();
        let mut bits = [0; 8];
        for (i, limb) in bits.iter_mut().take(count).enumerate() {
            // SAFETY: the slot lies in the window, which `enter` made of this many slots.
            *limb = unsafe { *self.context.window_low.add(slot as usize * count + i) };
        }
        bits
    }

    fn set_slot(&mut self, slot: u64, bits: &Bits) {
        assert!(slot < self.window_limit(), "a slot lies in the window");
        let count = self.slot_slots();
        for (i, limb) in bits.iter().take(count).enumerate() {
            // SAFETY: as in `slot`.
            unsafe { *self.context.window_low.add(slot as usize * count + i) = *limb };
        }
    }

    fn global(&self, global: GlobalId) -> Bits {
        let mut bits = [0; 8];
        let slots = self.interface.globals[global].ty.slots() as usize;
        for (slot, limb) in bits.iter_mut().take(slots).enumerate() {
            // SAFETY: the context has an instance of this interface; a global has two slots.
            *limb = unsafe { *(*self.context.globals.add(global.0 as usize)).add(slot) };
        }
        bits
    }

    fn set_global(&mut self, global: GlobalId, bits: &Bits) {
        let slots = self.interface.globals[global].ty.slots() as usize;
        for (slot, limb) in bits.iter().take(slots).enumerate() {
            // SAFETY: as in `global`.
            unsafe { *(*self.context.globals.add(global.0 as usize)).add(slot) = *limb };
        }
    }

    fn act(&mut self, act: Act, on: [u32; 2], args: [u64; 3]) -> Result<u64, Trap> {
        perform_act(self.context, act, on, args)
    }

    fn callee(&mut self, table: TableId, sig: SigId, index: u64) -> Result<Callee, Trap> {
        call_indirect(self.context, (table.0, sig.0), index)
    }

    fn call_foreign(
        &mut self,
        (reference, sig): (u64, SigId),
        args: &[Bits],
        results: &mut [Bits],
    ) -> Result<(), EvaluateStop> {
        let foreign = self.context.foreign;
        let signature = &self.interface.types[sig];
        self.call(signature, args, results, |context, frame, offsets| {
            // SAFETY: the reference is of this type, and operands lie at the offsets.
            unsafe { foreign(context, reference, frame, offsets) }
        })
    }

    fn depth(&self) -> u64 {
        self.context.depth
    }

    fn set_depth(&mut self, depth: u64) {
        self.context.depth = depth;
    }

    fn call_host(
        &mut self,
        import: ImportId,
        args: &[Bits],
        results: &mut [Bits],
    ) -> Result<(), EvaluateStop> {
        let signature = &self.interface.imports[import].signature;
        self.context.import = import.0;
        // SAFETY: there is one link for each import, of its signature.
        let link = unsafe { *self.context.links.add(import.0 as usize) };
        self.call(signature, args, results, |context, frame, offsets| {
            // SAFETY: as above; operands lie at the offsets.
            unsafe { link(context, frame, offsets) }
        })
    }

    fn show(&mut self, ty: Type, bits: &Bits) {
        if self.context.step.is_some() {
            self.context.shown.push(Shown { ty, bits: *bits });
        }
    }

    fn step(&mut self, pc: u32, gas: u64, slots: u64) {
        let count = self.slot_slots();
        let window_top = self.context.window_low.wrapping_add(slots as usize * count);
        if let Some(hook) = self.context.step {
            // SAFETY: the hook is of this context's host; the window reaches at least to `window_top`.
            unsafe { hook(self.context, &Step { pc, gas, window_top }) };
        }
    }
}

impl ContextEnv<'_> {
    /// Calls `run` with arguments in a frame above the window, and takes the results from there.
    fn call(
        &mut self,
        signature: &Signature,
        args: &[Bits],
        results: &mut [Bits],
        run: impl FnOnce(*mut Context, *mut u64, *const i16) -> bool,
    ) -> Result<(), EvaluateStop> {
        let frame = self.context.window_high;
        let mut offsets = Vec::new();
        let mut at = 0;
        let types = signature.params.iter().chain(&signature.results);
        for (position, ty) in types.enumerate() {
            offsets.push(at as i16);
            if let Some(bits) = args.get(position) {
                for (i, limb) in bits.iter().take(ty.slots() as usize).enumerate() {
                    // SAFETY: `enter` keeps 2^15 slots above the window; sixteen operands take fewer.
                    unsafe { *frame.add(at + i) = *limb };
                }
            }
            at += ty.slots() as usize;
        }
        assert!(at <= OPERAND_SLOTS, "signatures are bounded");
        self.context.frame_top = frame.wrapping_add(at);
        let goes_on = run(self.context, frame, offsets.as_ptr());
        if !goes_on {
            return Err(match self.context.stop {
                Stop::Trap(trap) => EvaluateStop::Trap(trap),
                Stop::Exit { .. } | Stop::Fault => EvaluateStop::Host,
            });
        }
        for (position, bits) in results.iter_mut().enumerate() {
            let ty = signature.results[position];
            *bits = [0; 8];
            let offset = offsets[args.len() + position] as usize;
            for (i, limb) in bits.iter_mut().take(ty.slots() as usize).enumerate() {
                // SAFETY: as above; the function wrote its results there.
                *limb = unsafe { *frame.add(offset + i) };
            }
        }
        Ok(())
    }
}

/// How an activation of the evaluator ended.
#[cfg(feature = "native")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Evaluated {
    /// The function returned these.
    Values(Vec<Bits>),
    /// The guest ended by itself, or the host ended it; its output is in the buffer.
    Exit(crate::Exit),
    /// The machine failed.
    Faulted,
}

/// Runs a guest's program by the evaluator; returns how it ended and the gas left.
///
/// # Panics
///
/// When `spec` is not of this program, or a host function panicked.
#[cfg(feature = "native")]
pub fn evaluate<H>(
    resources: &crate::Resources,
    guest: &dyn lockstep_ir::Lazy,
    (host, machine): (&mut H, &mut dyn crate::Machine<H>),
    spec: &crate::Spec<'_, H>,
    output: &mut Vec<u8>,
) -> (Result<crate::Exit, crate::Faulted>, u64) {
    let interface = guest.interface();
    let run = |env: &mut ContextEnv<'_>| lockstep_ir::evaluate::evaluate_lazy(guest, env);
    let (ended, gas) = evaluated(resources, interface, (host, machine), spec, output, run);
    let exit = match ended {
        Evaluated::Values(_) => Ok(crate::Exit::Return),
        Evaluated::Exit(exit) => Ok(exit),
        Evaluated::Faulted => Err(crate::Faulted),
    };
    (exit, gas)
}

/// Runs function `func` of a program by the evaluator; returns how it ended and the gas left.
///
/// # Panics
///
/// When `spec` is not of this program, there is no such function, it takes other arguments, or a host function panicked.
#[cfg(feature = "native")]
pub fn evaluate_function<H>(
    resources: &crate::Resources,
    program: &dyn lockstep_ir::Functions,
    (host, machine): (&mut H, &mut dyn crate::Machine<H>),
    spec: &crate::Spec<'_, H>,
    (func, args): (lockstep_ir::FuncId, &[Bits]),
    output: &mut Vec<u8>,
) -> (Evaluated, u64) {
    let interface = program.interface();
    let run = |env: &mut ContextEnv<'_>| {
        lockstep_ir::evaluate::evaluate_function(program, func, args, env)
    };
    evaluated(resources, interface, (host, machine), spec, output, run)
}

#[cfg(feature = "native")]
fn evaluated<H>(
    resources: &crate::Resources,
    interface: &alloc::sync::Arc<Interface>,
    (host, machine): (&mut H, &mut dyn crate::Machine<H>),
    spec: &crate::Spec<'_, H>,
    output: &mut Vec<u8>,
    run: impl FnOnce(&mut ContextEnv<'_>) -> lockstep_ir::evaluate::Outcome,
) -> (Evaluated, u64) {
    use lockstep_ir::evaluate::{Outcome, Range};

    use crate::Exit;

    assert!(spec.links.fit(interface), "a program runs with its own imports");
    crate::enter(resources, host, machine, spec, |context, _| {
        // SAFETY: `enter` made the context for an interface with these imports, memories and window.
        let mut env = unsafe { ContextEnv::new(context, interface) };
        let outcome = run(&mut env);
        let gas_left = context.gas.max(0) as u64;
        let mut exit = |revert, range| {
            context.copy_output(range, output);
            Evaluated::Exit(if revert { Exit::Revert } else { Exit::Return })
        };
        let ended = match outcome {
            Outcome::Exited { revert, output: range } => {
                exit(revert, range.unwrap_or(Range::EMPTY))
            }
            Outcome::Trapped(trap) => Evaluated::Exit(Exit::Trap(trap)),
            Outcome::Returned(values) => Evaluated::Values(values),
            Outcome::Stopped => match context.stop {
                Stop::Exit { revert } => exit(revert, context.output),
                Stop::Trap(_) | Stop::Fault => Evaluated::Faulted,
            },
        };
        (ended, gas_left)
    })
}
