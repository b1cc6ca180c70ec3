//! The machine that hosts ask to run programs: code is found or translated, a tier runs it in a new activation.

use std::{cell::RefCell, sync::Arc};

use lockstep_base::Fork;
use lockstep_guest::evm::Mode;
use lockstep_host::ethereum::{Ethereum, World};
use lockstep_interp::{Ending, Translator, activate};
use lockstep_rt::{
    Ended, Exit, Faulted, Links, Machine, Program, ReserveError, Resources, Spec, StepView, Stop,
    evaluate,
};

use crate::{
    cache::{Engine, Translated},
    tier::Tier,
};

/// Watches an instrumented run.
pub trait Tracer<W> {
    /// Called before the first instruction of a program; the host's frame is the program's.
    fn enter(&mut self, host: &Ethereum<W>, program: &Program<'_>) {
        let _ = (host, program);
    }

    /// Called before an instruction runs.
    fn step(&mut self, host: &Ethereum<W>, step: StepView<'_>);

    /// Called after a program ended; the host's frame is still the program's. Not called when the machine fails.
    fn leave(&mut self, host: &Ethereum<W>, ended: &Ended, output: &[u8]) {
        let _ = (host, ended, output);
    }
}

/// What one thread needs to run programs.
#[derive(Debug)]
pub(crate) struct Executor {
    pub(crate) resources: Resources,
    pub(crate) translator: RefCell<Translator>,
}

impl Executor {
    pub(crate) fn new() -> Result<Self, ReserveError> {
        Ok(Self { resources: Resources::new()?, translator: RefCell::default() })
    }
}

/// A machine for one transaction.
pub(crate) struct Runner<'a, W> {
    pub(crate) engine: &'a Engine,
    pub(crate) executor: &'a Executor,
    pub(crate) links: &'a Links<Ethereum<W>>,
    pub(crate) fork: Fork,
    pub(crate) tier: Tier,
    pub(crate) tracer: Option<&'a mut dyn Tracer<W>>,
}

impl<W> Runner<'_, W> {
    fn find(&self, program: &Program<'_>) -> Arc<Translated> {
        let mode = if self.tracer.is_some() { Mode::Instrumented } else { Mode::Plain };
        match program.code_hash {
            Some(hash) => self.engine.translated(program.code, hash, self.fork, mode),
            None => Arc::new(Translated::new(program.code.clone(), self.fork, mode)),
        }
    }
}

impl<W: World> Machine<Ethereum<W>> for Runner<'_, W> {
    fn run(
        &mut self,
        host: &mut Ethereum<W>,
        program: Program<'_>,
        output: &mut Vec<u8>,
    ) -> Result<Ended, Faulted> {
        let translated = self.find(&program);
        let spec = Spec {
            interface: translated.interpreted.interface(),
            links: self.links,
            read_only: [program.input, program.code],
            instance: None,
            depth: 0,
            gas: program.gas,
            is_observed: self.tracer.is_some(),
        };
        if let Some(tracer) = &mut self.tracer {
            tracer.enter(host, &program);
        }
        let executor = self.executor;
        let (exit, gas_left) = match self.tier {
            Tier::Evaluator => {
                let guest = &*translated.program;
                let (exit, gas) = evaluate(&executor.resources, guest, (host, self), &spec, output);
                (exit?, gas)
            }
            Tier::Adaptive | Tier::Interpreter => {
                let (resources, translator) = (&executor.resources, &executor.translator);
                let code = &translated.interpreted;
                let (ending, gas) =
                    activate(resources, translator, code, (host, self), &spec, output);
                (exit_of(ending)?, gas)
            }
        };
        // EVM traps consume everything (Yellow Paper 9.4.2).
        let trapped = matches!(exit, Exit::Trap(_));
        if trapped {
            output.clear();
        }
        let ended = Ended { exit, gas_left: if trapped { 0 } else { gas_left } };
        if let Some(tracer) = &mut self.tracer {
            tracer.leave(host, &ended, output);
        }
        Ok(ended)
    }

    fn step(&mut self, host: &mut Ethereum<W>, step: StepView<'_>) {
        if let Some(tracer) = &mut self.tracer {
            tracer.step(host, step);
        }
    }
}

fn exit_of(ending: Ending) -> Result<Exit, Faulted> {
    match ending {
        Ending::Exit { revert: false } | Ending::Values(_) => Ok(Exit::Return),
        Ending::Exit { revert: true } => Ok(Exit::Revert),
        Ending::Trap(trap) | Ending::Stop(Stop::Trap(trap)) => Ok(Exit::Trap(trap)),
        Ending::Stop(Stop::Exit { revert: false }) => Ok(Exit::Return),
        Ending::Stop(Stop::Exit { revert: true }) => Ok(Exit::Revert),
        Ending::Stop(Stop::Fault) => Err(Faulted),
        // Our own front end made dMIR that does not verify or fit: no result may come of it.
        Ending::Refused(error) => panic!("{error}"),
    }
}
