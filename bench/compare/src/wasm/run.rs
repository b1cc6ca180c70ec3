//! One case on all engines: answers first, then times in turn.

use super::{
    case::Case,
    engine::{Engine, Module},
};
use crate::{
    clock::{Clock, Timed},
    report::{Row, Side},
};

/// Checks and measures all.
///
/// # Errors
///
/// When an engine does not take the module or does not finish.
pub fn compare(
    case: &Case,
    ours: &dyn Engine,
    peers: &[Box<dyn Engine>],
    clock: &Clock,
) -> Result<Row, String> {
    let engines: Vec<&dyn Engine> =
        std::iter::once(ours).chain(peers.iter().map(|peer| &**peer)).collect();
    let (mut sides, mut modules) = (Vec::new(), Vec::new());
    for engine in &engines {
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
    let peers = sides.split_off(1);
    let ours = sides.pop().expect("ours is the first of the sides");
    Ok(Row {
        guest: "wasm",
        case: case.name.clone(),
        group: case.apart().unwrap_or_default().to_owned(),
        is_apart: case.apart().is_some(),
        ours,
        peers,
    })
}

/// A side without times.
fn check(case: &Case, engine: &dyn Engine, module: &dyn Module) -> Result<Side, String> {
    let called = module.call(case.argument)?;
    let (result, expected) = (called.result, case.expected);
    let (engine, tier) = engine.name();
    Ok(Side {
        engine,
        tier,
        ns: 0.0,
        ns_without_memo: None,
        compile_ns: 0.0,
        gas: called.gas,
        objection: (result != expected)
            .then(|| format!("result {result:016x}, expected {expected:016x}")),
    })
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
