//! One script: its directives, one after the other.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use wast::{QuoteWat, Wast, WastDirective, parser, token::Id};

use super::{
    call::{expect_trap, expect_values},
    load::{Unloaded, expect_custom_refusal, expect_refusal, load},
    session::{Session, Slot, Unmade},
    suite::Way,
    tally::{Obstacle, Refusal, Tally},
};
use crate::{error::InputError, panics, wasm_text};

/// Runs the script `text`, the content of `path`.
///
/// # Errors
///
/// When it is no script, or there is no memory for its store.
pub(super) fn run(path: &Path, text: &str, way: Way) -> Result<Tally, InputError> {
    let refuse = |error: wast::Error| wasm_text::refuse(path, text, &error);
    let tokens = wasm_text::tokens(text).map_err(refuse)?;
    let script = parser::parse::<Wast<'_>>(&tokens).map_err(refuse)?;
    let session = Session::new(way).map_err(InputError::Machine)?;
    let mut script_run = ScriptRun { lines: line_starts(text), session, tally: Tally::default() };
    for directive in script.directives {
        script_run.step(directive)?;
    }
    let ScriptRun { session, mut tally, .. } = script_run;
    tally.native = session.instances.native_statistics();
    (tally.gas_used, tally.watch) = (session.gas_used, session.watch);
    Ok(tally)
}

/// Where each line begins.
fn line_starts(text: &str) -> Vec<usize> {
    let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
    [0].into_iter().chain(ends.map(|(at, _)| at + 1)).collect()
}

struct ScriptRun {
    lines: Vec<usize>,
    session: Session,
    tally: Tally,
}

impl ScriptRun {
    /// Runs a directive and counts it.
    fn step(&mut self, directive: WastDirective<'_>) -> Result<(), InputError> {
        let at = directive.span().offset();
        let line = self.lines.partition_point(|start| *start <= at);
        let (kind, is_assertion) = kind(&directive);
        if let WastDirective::Thread(thread) = directive {
            skip_all(&mut self.tally, &thread.directives);
            return Ok(());
        }
        let done = match catch_unwind(AssertUnwindSafe(|| self.directive(line, directive))) {
            Ok(done) => done,
            Err(panic) => {
                self.session.restart().map_err(InputError::Machine)?;
                Err(Obstacle::Failed(format!("panic: {}", panics::message(&*panic))))
            }
        };
        match is_assertion {
            true => self.tally.assertion(line, kind, done),
            false => self.tally.command(line, kind, done),
        }
        Ok(())
    }

    fn directive(&mut self, line: usize, directive: WastDirective<'_>) -> Result<(), Obstacle> {
        let session = &mut self.session;
        match directive {
            WastDirective::Module(module) => self.module(line, module),
            WastDirective::ModuleDefinition(module) => self.definition(line, module),
            WastDirective::ModuleInstance { instance, module, .. } => {
                let made = session.definition(module).map(|module| session.instantiate(&module));
                match made {
                    Ok(made) => self.made(line, instance, made),
                    Err(obstacle) => self.unmade(instance, obstacle),
                }
            }
            WastDirective::Register { name, module, .. } => session.register(name, module),
            WastDirective::Invoke(invoke) => session.invoke(&invoke).map(|_| ()),
            WastDirective::AssertReturn { exec, results, .. } => {
                expect_values(&session.execute(exec)?, &results)
            }
            WastDirective::AssertTrap { exec, message, .. } => {
                expect_trap(&session.execute(exec)?, message)
            }
            WastDirective::AssertExhaustion { call, message, .. } => {
                expect_trap(&session.invoke(&call)?, message)
            }
            WastDirective::AssertException { exec, .. } => {
                session.execute(exec)?;
                Err(Obstacle::failed("no exception was thrown"))
            }
            WastDirective::AssertMalformed { mut module, .. }
            | WastDirective::AssertInvalid { mut module, .. } => {
                self.tally.place(expect_refusal(&mut module)?);
                Ok(())
            }
            WastDirective::AssertMalformedCustom { mut module, .. }
            | WastDirective::AssertInvalidCustom { mut module, .. } => {
                expect_custom_refusal(&mut module)
            }
            WastDirective::AssertUnlinkable { module, message, .. } => {
                session.expect_unlinkable(module, message)
            }
            WastDirective::AssertSuspension { .. } => {
                Err(Obstacle::Skipped("stack switching".into()))
            }
            WastDirective::Thread(_) | WastDirective::Wait { .. } => {
                Err(Obstacle::Skipped("threads".into()))
            }
        }
    }

    fn module(&mut self, line: usize, mut module: QuoteWat<'_>) -> Result<(), Obstacle> {
        let name = module.name();
        match self.load(line, &mut module) {
            Ok(module) => {
                let made = self.session.instantiate(&module);
                self.made(line, name, made)
            }
            Err(obstacle) => self.unmade(name, obstacle),
        }
    }

    fn definition(&mut self, line: usize, mut module: QuoteWat<'_>) -> Result<(), Obstacle> {
        let name = module.name();
        let loaded = self.load(line, &mut module);
        self.session.define(name, loaded.clone());
        loaded.map(|_| ())
    }

    fn load(
        &mut self,
        line: usize,
        module: &mut QuoteWat<'_>,
    ) -> Result<lockstep::wasm::Module, Obstacle> {
        load(module).map_err(|unloaded| {
            if let Unloaded::Unsupported(proposal) = &unloaded {
                self.tally.refused.push(Refusal { line, proposal: proposal.clone() });
            }
            unloaded.into()
        })
    }

    fn made(
        &mut self,
        line: usize,
        name: Option<Id<'_>>,
        made: Result<lockstep::wasm::Instance, Unmade>,
    ) -> Result<(), Obstacle> {
        match made {
            Ok(instance) => {
                self.session.insert(name, Slot::Ready(instance));
                Ok(())
            }
            Err(unmade) => {
                if let Unmade::Refused(proposal) = &unmade {
                    self.tally.refused.push(Refusal { line, proposal: proposal.clone() });
                }
                self.unmade(name, unmade.into())
            }
        }
    }

    /// Notes that a module has no instance, so that what depends on it says why.
    fn unmade(&mut self, name: Option<Id<'_>>, obstacle: Obstacle) -> Result<(), Obstacle> {
        let slot = match &obstacle {
            Obstacle::Skipped(proposal) => Slot::Refused(proposal.clone()),
            Obstacle::Failed(_) => Slot::Lost("its module failed before"),
        };
        self.session.insert(name, slot);
        Err(obstacle)
    }
}

/// The keyword of a directive, and whether it asserts something.
fn kind(directive: &WastDirective<'_>) -> (&'static str, bool) {
    match directive {
        WastDirective::Module(_)
        | WastDirective::ModuleDefinition(_)
        | WastDirective::ModuleInstance { .. } => ("module", false),
        WastDirective::Register { .. } => ("register", false),
        WastDirective::Invoke(_) => ("invoke", false),
        WastDirective::Thread(_) => ("thread", false),
        WastDirective::Wait { .. } => ("wait", false),
        WastDirective::AssertMalformed { .. } => ("assert_malformed", true),
        WastDirective::AssertInvalid { .. } => ("assert_invalid", true),
        WastDirective::AssertInvalidCustom { .. } => ("assert_invalid_custom", true),
        WastDirective::AssertMalformedCustom { .. } => ("assert_malformed_custom", true),
        WastDirective::AssertTrap { .. } => ("assert_trap", true),
        WastDirective::AssertReturn { .. } => ("assert_return", true),
        WastDirective::AssertExhaustion { .. } => ("assert_exhaustion", true),
        WastDirective::AssertUnlinkable { .. } => ("assert_unlinkable", true),
        WastDirective::AssertException { .. } => ("assert_exception", true),
        WastDirective::AssertSuspension { .. } => ("assert_suspension", true),
    }
}

/// Skips what a thread asserts. Threads inside threads are as deep as the parser lets them be.
fn skip_all(tally: &mut Tally, directives: &[WastDirective<'_>]) {
    for directive in directives {
        match (kind(directive), directive) {
            (_, WastDirective::Thread(thread)) => skip_all(tally, &thread.directives),
            ((kind, true), _) => tally.skip(kind, "threads".into(), 1),
            _ => {}
        }
    }
}
