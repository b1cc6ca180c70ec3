//! What scripts do and then look at: calls, globals, instantiations.

use lockstep::{
    Trap,
    wasm::{CallEnd, Extern, ImportReason, InstantiateError, Value},
};
use wast::{QuoteWat, WastExecute, WastInvoke, WastRet, Wat};

use super::{
    load::load,
    pattern::{all_match, argument},
    session::{Session, Unmade},
    tally::Obstacle,
    trap::is_expected,
};
use crate::wasm_value;

/// How it ended.
#[derive(Debug)]
pub(super) enum Ended {
    Values(Vec<Value>),
    Trap(Trap),
}

impl Ended {
    fn text(&self) -> String {
        match self {
            Self::Values(values) => format!("[{}]", wasm_value::list(values)),
            Self::Trap(trap) => format!("trap {trap}"),
        }
    }
}

impl Session {
    /// Does what `exec` says.
    ///
    /// # Errors
    ///
    /// [`Obstacle`] when it cannot be done.
    pub(super) fn execute(&mut self, exec: WastExecute<'_>) -> Result<Ended, Obstacle> {
        match exec {
            WastExecute::Invoke(invoke) => self.invoke(&invoke),
            WastExecute::Wat(wat) => self.start(wat),
            WastExecute::Get { module, global, .. } => {
                let instance = self.instance(module)?;
                match self.instances.export(instance, global) {
                    Some(Extern::Global(found)) => {
                        Ok(Ended::Values(vec![self.instances.global_get(found)]))
                    }
                    _ => Err(Obstacle::Failed(format!("no global {global:?} is exported"))),
                }
            }
        }
    }

    /// Calls a function.
    ///
    /// # Errors
    ///
    /// As for [`execute`](Self::execute).
    pub(super) fn invoke(&mut self, invoke: &WastInvoke<'_>) -> Result<Ended, Obstacle> {
        let instance = self.instance(invoke.module)?;
        let name = invoke.name;
        let Some(Extern::Func(func)) = self.instances.export(instance, name) else {
            return Err(Obstacle::Failed(format!("no function {name:?} is exported")));
        };
        let args: Vec<Value> = invoke.args.iter().map(argument).collect::<Result<_, _>>()?;
        match self.call(func, &args) {
            Ok(CallEnd::Values(values)) => Ok(Ended::Values(values)),
            Ok(CallEnd::Trap(trap)) => Ok(Ended::Trap(trap)),
            Ok(CallEnd::Exit { .. }) => Err(Obstacle::failed("the program ended itself")),
            Err(error) => Err(Obstacle::Failed(error.to_string())),
        }
    }

    /// Instantiates a module that nothing refers to later.
    fn start(&mut self, wat: Wat<'_>) -> Result<Ended, Obstacle> {
        let module = load(&mut QuoteWat::Wat(wat))?;
        match self.instantiate(&module) {
            Ok(_) => Ok(Ended::Values(Vec::new())),
            Err(Unmade::Engine(InstantiateError::Trap(trap))) => Ok(Ended::Trap(trap)),
            Err(unmade) => Err(unmade.into()),
        }
    }

    /// Whether the module is refused for its imports, as `message` says.
    ///
    /// # Errors
    ///
    /// [`Obstacle`] when it is not, or when nobody can say.
    pub(super) fn expect_unlinkable(
        &mut self,
        wat: Wat<'_>,
        message: &str,
    ) -> Result<(), Obstacle> {
        let module = load(&mut QuoteWat::Wat(wat))?;
        let got = match self.instantiate(&module) {
            Ok(_) => return Err(Obstacle::failed("the module was linked")),
            Err(Unmade::Unknown(_)) => "unknown import",
            Err(Unmade::Engine(InstantiateError::Import { reason, .. })) => match reason {
                ImportReason::Missing => "unknown import",
                ImportReason::Type => "incompatible import type",
            },
            Err(unmade) => return Err(unmade.into()),
        };
        match message.starts_with(got) {
            true => Ok(()),
            false => Err(Obstacle::Failed(format!("got {got:?}, expected {message:?}"))),
        }
    }
}

/// Whether it ended with what the script expects.
///
/// # Errors
///
/// What it ended with instead.
pub(super) fn expect_values(ended: &Ended, expected: &[WastRet<'_>]) -> Result<(), Obstacle> {
    match ended {
        Ended::Values(values) if all_match(values, expected) => Ok(()),
        other => Err(Obstacle::Failed(format!("got {}, expected {expected:?}", other.text()))),
    }
}

/// Whether it ended with the trap that the script means by `message`.
///
/// # Errors
///
/// As for [`expect_values`].
pub(super) fn expect_trap(ended: &Ended, message: &str) -> Result<(), Obstacle> {
    match ended {
        Ended::Trap(trap) if is_expected(*trap, message) => Ok(()),
        other => Err(Obstacle::Failed(format!("got {}, expected {message:?}", other.text()))),
    }
}
