//! One case on all engines: answers first, then times in turn.

use super::{
    case::Case,
    engine::{Engine, Module},
};
use crate::{
    clock::{Clock, Timed},
    report::{Row, Side},
};

/// The name of the row that [`host_call`] makes.
pub const HOST_CALL: &str = "host call";

/// Checks and measures all.
///
/// # Errors
///
/// When an engine does not take the module or does not finish.
pub fn compare(case: &Case, engines: &[&dyn Engine], clock: &Clock) -> Result<Row, String> {
    let (mut sides, mut modules) = (Vec::new(), Vec::new());
    for engine in engines {
        let here = |error: String| format!("{}: {}: {error}", case.name, engine.label());
        let module = engine.load(&case.bytes).map_err(here)?;
        sides.push(check(case, *engine, &*module).map_err(here)?);
        modules.push(module);
    }
    let loads = engines.iter().map(|engine| load_ns(*engine, &case.bytes));
    let loads = clock.timed_turns(&mut loads.collect::<Vec<_>>())?;
    let calls = modules.iter().map(|module| call_ns(&**module, case.argument));
    let calls = clock.timed_turns(&mut calls.collect::<Vec<_>>())?;
    for (side, (load, call)) in sides.iter_mut().zip(loads.into_iter().zip(calls)) {
        (side.compile_ns, side.ns) = (load, call);
    }
    let group = case.apart();
    Ok(row((case.name.clone(), group.unwrap_or_default()), group.is_some(), sides))
}

/// The row of one host call, from that of a loop of them.
pub fn host_call(case: &Case, all: &Row) -> Row {
    let share = |side: &Side| Side {
        ns: side.ns / case.argument as f64,
        compile_ns: 0.0,
        gas: side.gas / case.argument,
        objection: None,
        ..*side
    };
    let sides = std::iter::once(&all.ours).chain(&all.peers).map(share).collect();
    row((HOST_CALL.to_owned(), "micro"), true, sides)
}

/// A row of sides of which the first is ours.
pub fn row((case, group): (String, &str), is_apart: bool, mut sides: Vec<Side>) -> Row {
    let peers = sides.split_off(1);
    let ours = sides.pop().expect("ours is the first of the sides");
    Row { guest: "wasm", case, group: group.to_owned(), is_apart, code_bytes: None, ours, peers }
}

/// A side without times.
fn check(case: &Case, engine: &dyn Engine, module: &dyn Module) -> Result<Side, String> {
    let called = module.call(case.argument)?;
    let (result, expected) = (called.result, case.expected);
    let objection =
        (result != expected).then(|| format!("result {result:016x}, expected {expected:016x}"));
    Ok(Side { gas: called.gas, objection, ..side(engine) })
}

/// A side of which nothing is known yet.
pub fn side(engine: &dyn Engine) -> Side {
    let (engine, tier) = engine.name();
    let (ns, compile_ns, ns_without_memo) = (0.0, 0.0, None);
    Side { engine, tier, ns, ns_without_memo, compile_ns, gas: 0, objection: None }
}

fn load_ns<'a>(engine: &'a dyn Engine, bytes: &'a [u8]) -> Timed<'a> {
    Box::new(|| {
        let start = Clock::now_ns();
        let module = engine.load(bytes)?;
        let taken = Clock::now_ns() - start;
        drop(module);
        Ok(taken)
    })
}

fn call_ns<'a>(module: &'a dyn Module, argument: u64) -> Timed<'a> {
    Box::new(move || module.call(argument).map(|called| called.ns))
}
