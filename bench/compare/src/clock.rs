//! Time: the thread's CPU time, in batches, engines in turn.
//!
//! Invariant: one round runs every engine once, and every second round in the opposite order, so that a slow moment
//! of the machine hits all alike.

use rustix::time::{ClockId, clock_gettime};

/// A batch takes at least this long, in nanoseconds.
const BATCH_NS: u64 = 1_000_000;
/// Rounds whose median counts.
const ROUNDS: usize = 21;
/// Rounds with `--quick`.
const QUICK_ROUNDS: usize = 7;

/// How long to measure.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    rounds: usize,
}

impl Clock {
    /// A clock for short or for trustworthy runs.
    pub fn new(is_quick: bool) -> Self {
        Self { rounds: if is_quick { QUICK_ROUNDS } else { ROUNDS } }
    }

    /// CPU time of this thread in nanoseconds.
    pub fn now_ns() -> u64 {
        let now = clock_gettime(ClockId::ThreadCPUTime);
        now.tv_sec.unsigned_abs() * 1_000_000_000 + now.tv_nsec.unsigned_abs()
    }

    /// Nanoseconds of one run of each, by medians over batches.
    pub fn turns<const N: usize>(&self, runners: [&mut dyn FnMut(); N]) -> [f64; N] {
        let mut runners = runners.map(|run| (calibrate(run), run, Vec::new()));
        for round in 0..self.rounds {
            for turn in 0..N {
                let which = if round % 2 == 0 { turn } else { N - 1 - turn };
                let (runs, run, samples) = &mut runners[which];
                samples.push(batch_ns(*run, *runs) as f64 / *runs as f64);
            }
        }
        runners.map(|(_, _, samples)| median(samples))
    }

    /// The median of single runs, each of which measures itself.
    pub fn singles(&self, run: &mut dyn FnMut() -> Result<u64, String>) -> Result<f64, String> {
        let samples: Result<Vec<f64>, String> =
            (0..self.rounds).map(|_| run().map(|ns| ns as f64)).collect();
        Ok(median(samples?))
    }
}

/// Runs that fill a batch.
fn calibrate(run: &mut dyn FnMut()) -> u64 {
    let mut runs = 1;
    loop {
        let taken = batch_ns(run, runs);
        if taken >= BATCH_NS {
            return runs;
        }
        // At least doubles, so this ends; a little more than needed, so that it rarely repeats.
        runs = (runs * 2).max(runs * BATCH_NS * 11 / 10 / taken.max(1)).min(runs * 64);
    }
}

fn batch_ns(run: &mut dyn FnMut(), runs: u64) -> u64 {
    let start = Clock::now_ns();
    for _ in 0..runs {
        run();
    }
    Clock::now_ns() - start
}

/// The middle of `samples`.
fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}
