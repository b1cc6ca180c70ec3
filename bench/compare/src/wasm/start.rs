//! What it takes to begin: from bytes to a first result, and from a loaded module to an instance that was called.

use super::{
    case::Case,
    engine::Engine,
    run::{row, side},
    tiny,
};
use crate::{
    clock::{Clock, Timed},
    report::Row,
};

/// The cases whose first result is measured.
const FIRST: [&str; 2] = ["small", "big"];

/// What their `run` gets: little to do, so that the start weighs.
pub const FIRST_ARGUMENT: u64 = 1;

/// The modules whose instances are measured, and how their rows are called.
const VISITED: [(&str, &[u8]); 2] =
    [("instance (empty)", &tiny::EMPTY), ("instance (memory)", &tiny::MEMORY)];

/// The name of the row that [`first_result`] makes of this case, if any.
pub fn name(case: &Case) -> Option<String> {
    FIRST.contains(&case.name.as_str()).then(|| format!("first result ({})", case.name))
}

/// Reads, validates, instantiates, calls with this argument; engines are there and have run something before. All results are equal.
///
/// # Errors
///
/// When an engine does not take the module, does not finish, or has a result of its own.
pub fn first_result(
    (name, argument): (String, u64),
    case: &Case,
    engines: &[&dyn Engine],
    clock: &Clock,
) -> Result<Row, String> {
    let expected = match case.argument == argument {
        true => case.expected,
        false => engines[0].load(&case.bytes)?.call(argument)?.result,
    };
    let mut runs: Vec<Timed<'_>> = Vec::new();
    for engine in engines {
        runs.push(Box::new(move || {
            let start = Clock::now_ns();
            let module = engine.load(&case.bytes)?;
            let called = module.call(argument)?;
            let taken = Clock::now_ns() - start;
            match called.result == expected {
                true => Ok(taken),
                false => Err(format!("{}: {}: a wrong result", case.name, engine.label())),
            }
        }));
    }
    timed_row(name, engines, runs, clock)
}

/// Instantiates, calls, drops, for each tiny module whose row's name contains `filter`.
///
/// # Errors
///
/// When an engine does not take the module or does not finish.
pub fn visits(filter: &str, engines: &[&dyn Engine], clock: &Clock) -> Result<Vec<Row>, String> {
    let mut rows = Vec::new();
    for (name, bytes) in VISITED.into_iter().filter(|(name, _)| name.contains(filter)) {
        eprintln!("{name}");
        let mut runs: Vec<Timed<'_>> = Vec::new();
        for engine in engines {
            let module = engine.load(bytes)?;
            runs.push(Box::new(move || {
                let start = Clock::now_ns();
                for _ in 0..VISITS {
                    module.visit()?;
                }
                Ok((Clock::now_ns() - start) / VISITS)
            }));
        }
        rows.push(timed_row(name.to_owned(), engines, runs, clock)?);
    }
    Ok(rows)
}

/// Visits between two looks at the clock, which costs as much as one of them.
const VISITS: u64 = 100;

fn timed_row(
    name: String,
    engines: &[&dyn Engine],
    mut runs: Vec<Timed<'_>>,
    clock: &Clock,
) -> Result<Row, String> {
    let times = clock.timed_turns(&mut runs)?;
    let mut sides: Vec<_> = engines.iter().map(|engine| side(*engine)).collect();
    for (side, ns) in sides.iter_mut().zip(times) {
        side.ns = ns;
    }
    Ok(row((name, "start-up"), true, sides))
}
