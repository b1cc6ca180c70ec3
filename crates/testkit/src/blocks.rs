//! The checked way to build a program: its dMIR verifies after each pass, and each of its blocks, alone and from sampled
//! states, leaves in every tier the state that it leaves in the evaluator.
//!
//! ```text
//! program -> its functions -> verify
//!         -> each block a function of its own (isolate) -> each pass, verify, evaluate again
//!                                                       -> interpreter, machine code
//! ```
//!
//! Whole programs seldom bring a block into odd states; here every variable has the values where such code goes wrong.

mod isolate;
mod sample;

use std::fmt;

use lockstep_base::IndexVec;
use lockstep_ir::{
    Func, FuncId, Functions, Growth, Interface, MemoryDef, Module, Verified,
    pass::{fold, remove_dead},
    text::Run,
    verify_function, verify_module,
};

use crate::{
    interpret::{Left, Loaded, NoAnswer},
    random::Random,
};

/// Memories are not longer here than so many bytes: every sample fills them.
const MEMORY_BYTES_MAX: u64 = 1 << 16;

/// A pass over a function.
type Pass = fn(&mut Func);

/// Passes, each alone and one after the other.
const PASSES: [(&str, Pass); 3] = [
    ("fold", fold),
    ("remove_dead", remove_dead),
    ("fold and remove_dead", |func| {
        fold(func);
        remove_dead(func);
    }),
];

/// What was compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Functions that verified after each pass.
    pub functions: usize,
    /// Their blocks.
    pub blocks: usize,
    /// Blocks that are not compared: they make references to functions, of which alone there are none.
    pub left_out: usize,
    /// Runs that left the same state, one for each tier and pass.
    pub runs: usize,
    /// Runs of which a tier has no answer.
    pub without: usize,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { functions, blocks, left_out, runs, without } = self;
        write!(f, "{functions} functions, {blocks} blocks ({left_out} make references): ")?;
        write!(f, "{runs} passed, {without} skipped")
    }
}

/// Checks every function of `program` with so many samples for each block.
///
/// # Errors
///
/// The first difference, or the first thing that does not verify, with the function and the block.
pub fn check(program: &dyn Functions, samples: u64, seed: u64) -> Result<Tally, String> {
    let mut tally = Tally::default();
    let interface = &**program.interface();
    for position in 0..interface.signatures.len() {
        let id = FuncId(position as u32);
        let mut func = Func::default();
        program.lower(id, &mut func);
        function(interface, id, &func, &mut tally, (samples, seed))?;
    }
    Ok(tally)
}

fn function(
    interface: &Interface,
    id: FuncId,
    func: &Func,
    tally: &mut Tally,
    (samples, seed): (u64, u64),
) -> Result<(), String> {
    verify_function(interface, id, func).map_err(|error| format!("{id:?}: {error}"))?;
    for (name, pass) in PASSES {
        let mut changed = func.clone();
        pass(&mut changed);
        let verified = verify_function(interface, id, &changed);
        verified.map_err(|error| format!("{id:?} after {name}: {error}"))?;
    }
    tally.functions += 1;
    let shared = shared(interface);
    for (block, _) in func.blocks.iter() {
        let mut random = Random::new(seed ^ (u64::from(id.0) << 32) ^ u64::from(block.0));
        let Some(only) = isolate::block(interface, func, block) else {
            tally.left_out += 1;
            continue;
        };
        let states: Vec<Run> =
            (0..samples).map(|_| sample::run(&shared, &only, &mut random)).collect();
        let compared = compare(&shared, only, &states, tally);
        compared.map_err(|what| format!("{id:?} {block:?}: {what}"))?;
    }
    Ok(())
}

/// What blocks have of `interface`: all but functions and the window, and memories that are short.
fn shared(interface: &Interface) -> Interface {
    let mut shared = interface.clone();
    shared.signatures = IndexVec::default();
    shared.imports = IndexVec::default();
    shared.window = None;
    let short = |memory: &MemoryDef| MemoryDef {
        initial_bytes: memory.initial_bytes.min(MEMORY_BYTES_MAX),
        growth: match memory.growth {
            Growth::Explicit { max_bytes } => {
                Growth::Explicit { max_bytes: max_bytes.min(MEMORY_BYTES_MAX) }
            }
            other => other,
        },
    };
    shared.memories = interface.memories.as_slice().iter().map(short).collect();
    shared
}

/// A module of one function.
fn alone(shared: &Interface, func: Func) -> Result<Verified<Module>, String> {
    let mut interface = shared.clone();
    interface.signatures.push(isolate::signature(&func));
    let funcs = [func].into_iter().collect();
    let module = Module { interface, funcs, names: vec!["block".into()] };
    verify_module(module).map_err(|error| format!("alone: {error}"))
}

/// Compares what the block that `func` is leaves of `states`.
fn compare(
    shared: &Interface,
    func: Func,
    states: &[Run],
    tally: &mut Tally,
) -> Result<(), String> {
    let takes_all = shared.traps_take_all;
    let evaluated = alone(shared, func.clone())?;
    let wanted: Vec<_> = states.iter().map(|run| Left::evaluate(run, &evaluated)).collect();
    for (name, pass) in PASSES {
        let mut changed = func.clone();
        pass(&mut changed);
        let changed = alone(shared, changed).map_err(|error| format!("after {name}: {error}"))?;
        for (run, wanted) in states.iter().zip(&wanted) {
            let found = Left::evaluate(run, &changed);
            if !found.is_like(wanted, takes_all) {
                return Err(differs(&format!("after {name}"), run, &found, wanted));
            }
            tally.runs += 1;
        }
    }
    let tiers = [
        ("interpreter", Some(Loaded::new(&evaluated))),
        ("machine code", Loaded::optimizing(&evaluated)),
    ];
    for (name, loaded) in tiers {
        let Some(loaded) = loaded else { continue };
        for (run, wanted) in states.iter().zip(&wanted) {
            match loaded.run_leaving(run) {
                Ok(found) if found.is_like(wanted, takes_all) => tally.runs += 1,
                Ok(found) => return Err(differs(name, run, &found, wanted)),
                Err(NoAnswer::Refused(_) | NoAnswer::NoCode) => tally.without += 1,
                Err(error) => return Err(format!("{name}: {error}")),
            }
        }
    }
    tally.blocks += 1;
    Ok(())
}

fn differs(who: &str, run: &Run, found: &Left, wanted: &Left) -> String {
    format!("{who}: {:x?} with gas {}: {found:x?}, not {wanted:x?}", run.args, run.gas)
}
