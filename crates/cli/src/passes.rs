//! How long the stages of a compilation take: people's time, which no result depends on.
#![expect(clippy::disallowed_types, reason = "this measures, and nothing else")]

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use lockstep::{Stage, Watch};
use serde::Serialize;

/// Adds up the time of stages that follow each other.
#[derive(Debug, Clone)]
pub(crate) struct Stopwatch(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    since: Instant,
    /// The stage at hand; none between compilations.
    stage: Option<&'static str>,
    sums: BTreeMap<&'static str, Duration>,
}

/// A stage and its time.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct StageRow {
    stage: &'static str,
    microseconds: u64,
}

impl StageRow {
    /// As a line for people.
    pub(crate) fn text(&self) -> String {
        format!("{:>12} us  {}", self.microseconds, self.stage)
    }
}

/// What happens outside of compilations.
pub(crate) const LOAD: &str = "load";
/// The file is put together and written.
pub(crate) const WRITE: &str = "write";

impl Stopwatch {
    /// Begins with the stage [`LOAD`].
    pub(crate) fn start() -> Self {
        let (since, sums) = (Instant::now(), BTreeMap::new());
        Self(Arc::new(Mutex::new(State { since, stage: Some(LOAD), sums })))
    }

    /// Another stage begins.
    pub(crate) fn turn(&self, stage: Option<&'static str>) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let took = now - state.since;
        if let Some(before) = state.stage {
            *state.sums.entry(before).or_default() += took;
        }
        (state.since, state.stage) = (now, stage);
    }

    /// What a compilation is to tell its stages.
    pub(crate) fn watch(&self) -> Watch {
        let own = self.clone();
        Arc::new(move |stage| {
            own.turn((stage != Stage::Done).then(|| stage.name()));
        })
    }

    /// The times, in the order of the stages.
    pub(crate) fn rows(&self) -> Vec<StageRow> {
        self.turn(None);
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let names = [LOAD].into_iter().chain(Stage::ALL.map(Stage::name)).chain([WRITE]);
        let row = |stage| StageRow {
            stage,
            microseconds: state.sums.get(stage).map_or(0, |sum| sum.as_micros() as u64),
        };
        names.map(row).collect()
    }
}
