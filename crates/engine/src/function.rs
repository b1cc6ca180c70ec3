//! Runs one function of an instance on the tier of choice: what instances and contracts have in common.

use std::sync::{Arc, OnceLock};

use lockstep_guest::wasm::{Instrumented, Module};
use lockstep_interp::{Code, Ending};
use lockstep_ir::{FuncId, Functions, op::meaning::Bits};
use lockstep_rt::{Evaluated, Exit, Faulted, Machine, Spec, Stop, Trap, evaluate_function};

use crate::{machine::Executor, tier::Tier};

/// A module's functions in both compilations, with whatever of them was translated so far.
#[derive(Debug)]
pub(crate) struct Compiled {
    guest: Arc<Module>,
    plain: Code,
    /// What observed runs use; nobody else pays for it.
    observed: OnceLock<(Instrumented, Code)>,
}

impl Compiled {
    pub(crate) fn new(guest: Arc<Module>) -> Self {
        Self { plain: Code::functions(guest.clone()), guest, observed: OnceLock::new() }
    }

    /// The compilation that shows each instruction, or the one that shows none.
    pub(crate) fn form(&self, is_observed: bool) -> (&dyn Functions, &Code) {
        if !is_observed {
            return (&*self.guest, &self.plain);
        }
        let (program, code) = self.observed.get_or_init(|| {
            let program = Instrumented(self.guest.clone());
            let code = Code::functions(Arc::new(program.clone()));
            (program, code)
        });
        (program, code)
    }

    /// Bytes of translations.
    pub(crate) fn size_bytes(&self) -> usize {
        let observed = self.observed.get().map_or(0, |(_, code)| code.size_bytes());
        self.plain.size_bytes() + observed
    }
}

/// How a function ended.
pub(crate) enum End {
    /// It returned these.
    Values(Vec<Bits>),
    /// It ended the program; the output is in the buffer.
    Exit { revert: bool },
    /// It trapped.
    Trap(Trap),
}

/// Runs a function of a program, whose translation is `code`; returns how it ended and the gas left.
pub(crate) fn run_function<H>(
    (executor, tier): (&Executor, Tier),
    (program, code): (&dyn Functions, &Code),
    (host, machine): (&mut H, &mut dyn Machine<H>),
    spec: &Spec<'_, H>,
    function: (FuncId, &[Bits]),
    output: &mut Vec<u8>,
) -> Result<(End, u64), Faulted> {
    let resources = &executor.resources;
    if tier == Tier::Evaluator {
        let (ended, gas) =
            evaluate_function(resources, program, (host, machine), spec, function, output);
        let end = match ended {
            Evaluated::Values(values) => End::Values(values),
            Evaluated::Exit(Exit::Trap(trap)) => End::Trap(trap),
            Evaluated::Exit(exit) => End::Exit { revert: exit == Exit::Revert },
            Evaluated::Faulted => return Err(Faulted),
        };
        return Ok((end, gas));
    }
    let translator = &executor.translator;
    let (ending, gas) =
        lockstep_interp::call(resources, translator, code, (host, machine), spec, function, output);
    let end = match ending {
        Ending::Values(values) => End::Values(values),
        Ending::Exit { revert } | Ending::Stop(Stop::Exit { revert }) => End::Exit { revert },
        Ending::Trap(trap) | Ending::Stop(Stop::Trap(trap)) => End::Trap(trap),
        Ending::Stop(Stop::Fault) => return Err(Faulted),
        // Our own front end made dMIR that does not verify or fit: no result may come of it.
        Ending::Refused(error) => panic!("{error}"),
    };
    Ok((end, gas))
}
