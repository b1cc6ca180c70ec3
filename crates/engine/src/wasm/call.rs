//! Calls of functions of instances, from outside and from each other.

use core::fmt;

use lockstep_ir::op::meaning::Bits;
use lockstep_rt::{
    Ended, Faulted, FuncCall, FuncEnd, FuncEnded, FuncTarget, Machine, Program, Spec, StepView,
    Store, Trap, call_host_func,
};

use super::{
    instances::{Instances, Linked},
    module::Module,
    value::{Func, Value},
};
use crate::{
    function::{End, run_function},
    machine::Executor,
    tier::Tier,
};

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallEnd {
    /// It returned these.
    Values(Vec<Value>),
    /// The program ended itself by way of its host.
    Exit {
        /// Whether it asks for its writes to be undone.
        revert: bool,
        /// Its output.
        output: Vec<u8>,
    },
    /// It trapped.
    Trap(Trap),
}

/// Why there was no call, or no result of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallError {
    /// Other arguments than the function's type says.
    Arguments,
    /// The machine failed; the host keeps the error.
    Fault,
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Arguments => "the function takes other arguments",
            Self::Fault => "the machine failed",
        })
    }
}

impl core::error::Error for CallError {}

/// Watches instrumented calls of functions of instances.
pub trait Tracer<H> {
    /// Called before a call from outside, or from another instance, runs its first instruction.
    fn enter(&mut self, module: &Module, gas: u64);

    /// Called before an instruction runs.
    fn step(&mut self, host: &H, step: StepView<'_>);

    /// Called after such a call ended, trapped or not. Not called when the machine fails.
    fn leave(&mut self, trap: Option<Trap>, gas_left: u64);
}

/// What runs functions of a store's instances.
struct Runner<'a, 't, H> {
    executor: &'a Executor,
    linked: &'a [Linked<H>],
    tier: Tier,
    tracer: Option<&'a mut (dyn Tracer<H> + 't)>,
}

impl<H> Runner<'_, '_, H> {
    fn enter(
        &mut self,
        host: &mut H,
        call: &FuncCall<'_, H>,
        output: &mut Vec<u8>,
    ) -> Result<(End, u64), Faulted> {
        let Linked { module, links } = &self.linked[call.instance as usize];
        let spec = Spec {
            interface: module.0.guest.interface(),
            links,
            read_only: [&[], &[]],
            instance: Some((call.store, call.instance)),
            depth: call.depth,
            gas: call.gas,
            is_observed: self.tracer.is_some(),
        };
        if let Some(tracer) = &mut self.tracer {
            tracer.enter(module, call.gas);
        }
        let (ways, program) = ((self.executor, self.tier), &module.0.compiled);
        let function = (call.func, call.args);
        let (end, gas_left) = run_function(ways, program, (host, self), &spec, function, output)?;
        if let Some(tracer) = &mut self.tracer {
            let trap = if let End::Trap(trap) = end { Some(trap) } else { None };
            tracer.leave(trap, gas_left);
        }
        Ok((end, gas_left))
    }
}

impl<H> Machine<H> for Runner<'_, '_, H> {
    /// Hosts of instances ask for no programs.
    fn run(&mut self, _: &mut H, _: Program<'_>, _: &mut Vec<u8>) -> Result<Ended, Faulted> {
        Err(Faulted)
    }

    fn call(&mut self, host: &mut H, call: FuncCall<'_, H>) -> Result<FuncEnded, Faulted> {
        let (end, gas_left) = self.enter(host, &call, &mut Vec::new())?;
        let end = match end {
            End::Values(values) => {
                call.results.copy_from_slice(&values);
                FuncEnd::Returned
            }
            End::Exit { revert } => FuncEnd::Exit { revert },
            End::Trap(trap) => FuncEnd::Trap(trap),
        };
        Ok(FuncEnded { end, gas_left })
    }

    fn step(&mut self, host: &mut H, step: StepView<'_>) {
        if let Some(tracer) = &mut self.tracer {
            tracer.step(host, step);
        }
    }
}

impl<H> Instances<H> {
    /// Calls a function with `gas`, of which what is left stays. A function of the host, called so, sees a caller whose memory
    /// has no bytes.
    ///
    /// # Errors
    ///
    /// [`CallError`] when it was not called, or the machine failed.
    pub fn call(
        &mut self,
        func: Func,
        args: &[Value],
        gas: &mut u64,
    ) -> Result<CallEnd, CallError> {
        self.call_with(func, args, gas, None)
    }

    /// The same, and shows `tracer` each instruction.
    ///
    /// # Errors
    ///
    /// As for [`Instances::call`].
    pub fn call_traced(
        &mut self,
        func: Func,
        args: &[Value],
        gas: &mut u64,
        tracer: &mut dyn Tracer<H>,
    ) -> Result<CallEnd, CallError> {
        self.call_with(func, args, gas, Some(tracer))
    }

    pub(super) fn call_with(
        &mut self,
        func: Func,
        args: &[Value],
        gas: &mut u64,
        tracer: Option<&mut dyn Tracer<H>>,
    ) -> Result<CallEnd, CallError> {
        let ty = self.func_type(func);
        if !ty.params.iter().copied().eq(args.iter().map(Value::ty)) {
            return Err(CallError::Arguments);
        }
        let source = func;
        let bits: Vec<Bits> = args.iter().map(|value| value.to_bits()).collect();
        let store: &Store<H> = &self.store;
        let (args, gas_before) = (&bits[..], (*gas).min(i64::MAX as u64));
        let target = store.func(func.0).target;
        let (linked, tier) = (&self.linked, self.tier);
        let (host, mut output) = (&mut self.host, Vec::new());
        let ended = self.loan.running(|bench| {
            let mut runner = Runner { executor: &bench.executor, linked, tier, tracer };
            bench.native.run(|| match target {
                FuncTarget::Own { instance, func } => {
                    let (results, gas, depth) = (&mut [][..], gas_before, 0);
                    let call = FuncCall { store, instance, func, args, results, gas, depth };
                    runner.enter(host, &call, &mut output)
                }
                FuncTarget::Host(_) => {
                    let resources = &bench.executor.resources;
                    let function = (store, source.0);
                    let (done, gas_left) =
                        call_host_func(resources, (host, &mut runner), function, args, gas_before);
                    Ok((End::of_host(done)?, gas_left))
                }
            })
        });
        let (end, gas_left) = ended.map_err(|Faulted| CallError::Fault)?;
        *gas -= gas_before - gas_left;
        let ty = self.func_type(source);
        Ok(match end {
            End::Values(values) => {
                let value = |(bits, ty): (&Bits, _)| Value::from_slots(ty, [bits[0], bits[1]]);
                CallEnd::Values(values.iter().zip(ty.results.iter().copied()).map(value).collect())
            }
            End::Exit { revert } => CallEnd::Exit { revert, output },
            End::Trap(trap) => CallEnd::Trap(trap),
        })
    }
}
