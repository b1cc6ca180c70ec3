//! Time: the thread's CPU time, in batches, engines in turn.
//!
//! Invariant: one round runs every engine once, and every second round in the opposite order, so that a slow moment
//! of the machine hits all alike.

use rustix::time::{ClockId, clock_gettime};

/// A batch takes at least this long, in nanoseconds: its first run finds caches and branch predictors full of what others
/// did meanwhile, which weighs little then, and about the same for all.
const BATCH_NS: u64 = 2_000_000;
/// Rounds whose median counts.
const ROUNDS: usize = 21;
/// Rounds with `--quick`.
const QUICK_ROUNDS: usize = 7;
/// A run that takes longer than this, in nanoseconds, is repeated in no more rounds than follow.
const LONG_NS: u64 = 100_000_000;
const LONG_ROUNDS: usize = 5;

/// How long to measure.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    rounds: usize,
}

/// A run that says itself how long it took, without what it had to prepare.
pub type Timed<'a> = Box<dyn FnMut() -> Result<u64, String> + 'a>;

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
    pub fn turns<const N: usize>(&self, mut runners: [&mut dyn FnMut(); N]) -> [f64; N] {
        let medians = self.all_turns(&mut runners);
        core::array::from_fn(|which| medians[which])
    }

    /// The same of as many as there are.
    pub fn all_turns(&self, runners: &mut [&mut dyn FnMut()]) -> Vec<f64> {
        let mut calibrated = |run: &mut &mut dyn FnMut()| {
            calibrate(&mut |runs| Ok(batch_ns(*run, runs))).expect("no run of these fails")
        };
        let runs: Vec<u64> = runners.iter_mut().map(&mut calibrated).collect();
        let medians = self.alternate(&vec![self.rounds; runners.len()], &mut |which| {
            Ok(batch_ns(runners[which], runs[which]) as f64 / runs[which] as f64)
        });
        medians.expect("no run of these fails")
    }

    /// The same for runs that time themselves.
    ///
    /// # Errors
    ///
    /// The first that one of them has.
    pub fn timed_turns(&self, runners: &mut [Timed<'_>]) -> Result<Vec<f64>, String> {
        let (mut counts, mut rounds) = (Vec::new(), Vec::new());
        for run in &mut *runners {
            let mut longest = 0;
            counts.push(calibrate(&mut |runs| {
                let taken = timed_batch_ns(run, runs)?;
                longest = longest.max(taken / runs);
                Ok(taken)
            })?);
            let is_long = longest > LONG_NS;
            rounds.push(if is_long { LONG_ROUNDS.min(self.rounds) } else { self.rounds });
        }
        self.alternate(&rounds, &mut |which| {
            let runs = counts[which];
            Ok(timed_batch_ns(&mut runners[which], runs)? as f64 / runs as f64)
        })
    }

    /// The median of single runs, each of which measures itself.
    pub fn singles(&self, run: &mut dyn FnMut() -> Result<u64, String>) -> Result<f64, String> {
        self.alternate(&[self.rounds], &mut |_| run().map(|ns| ns as f64)).map(|medians| medians[0])
    }

    /// The medians of samples that take turns, each for as many rounds as it has.
    fn alternate(
        &self,
        rounds: &[usize],
        sample: &mut dyn FnMut(usize) -> Result<f64, String>,
    ) -> Result<Vec<f64>, String> {
        let count = rounds.len();
        let mut samples = vec![Vec::new(); count];
        for round in 0..self.rounds {
            for turn in 0..count {
                let which = if round % 2 == 0 { turn } else { count - 1 - turn };
                if round < rounds[which] {
                    samples[which].push(sample(which)?);
                }
            }
        }
        Ok(samples.into_iter().map(median).collect())
    }
}

/// Runs that fill a batch, the second time too: what is done once for all makes the first one long.
fn calibrate(batch: &mut dyn FnMut(u64) -> Result<u64, String>) -> Result<u64, String> {
    let mut runs = 1;
    loop {
        let mut taken = batch(runs)?;
        if BATCH_NS <= taken && taken < LONG_NS {
            taken = batch(runs)?;
        }
        if taken >= BATCH_NS {
            return Ok(runs);
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

fn timed_batch_ns(run: &mut Timed<'_>, runs: u64) -> Result<u64, String> {
    (0..runs).map(|_| run()).sum()
}

/// The middle of `samples`.
fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}
