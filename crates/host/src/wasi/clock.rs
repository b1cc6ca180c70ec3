//! Time, as the run's configuration gives it.
//!
//! Invariants: a reading depends on the configuration and on the calls before it, never on the machine's clocks; time
//! never runs backwards; it stands still at the end of its range.

use super::Errno;

/// Number of clocks in `clockid`: real time, monotonic time, and the processor time of process and thread.
const CLOCKS: u32 = 4;

/// The step of one millisecond: programs outside consensus, too, see no finer clock unless asked.
pub const STEP_NANOS: u64 = 1_000_000;

/// Where the clocks start and how they advance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// Real time at the start, in nanoseconds since 1970.
    pub real_nanos: u64,
    /// Monotonic time at the start, in nanoseconds.
    pub monotonic_nanos: u64,
    /// What each reading of any clock advances all of them by, in nanoseconds.
    pub step_nanos: u64,
}

impl Default for Clock {
    fn default() -> Self {
        Self { real_nanos: 0, monotonic_nanos: 0, step_nanos: STEP_NANOS }
    }
}

/// The clocks of a run.
#[derive(Debug)]
pub(crate) struct Clocks {
    start: Clock,
    elapsed_nanos: u64,
}

impl Clocks {
    /// Clocks at their start.
    pub(crate) fn new(start: Clock) -> Self {
        Self { start, elapsed_nanos: 0 }
    }

    /// What `clock` shows. Processor time is the time that has passed since the start.
    pub(crate) fn now(&self, clock: u32) -> Result<u64, Errno> {
        let start = match clock {
            0 => self.start.real_nanos,
            1 => self.start.monotonic_nanos,
            2..CLOCKS => 0,
            _ => return Err(Errno::Inval),
        };
        Ok(start.saturating_add(self.elapsed_nanos))
    }

    /// Reads `clock`, which advances all of them.
    pub(crate) fn read(&mut self, clock: u32) -> Result<u64, Errno> {
        let now = self.now(clock)?;
        self.advance(self.start.step_nanos);
        Ok(now)
    }

    /// The step between readings, one nanosecond at least.
    pub(crate) fn resolution(&self, clock: u32) -> Result<u64, Errno> {
        self.now(clock).map(|_| self.start.step_nanos.max(1))
    }

    /// Lets `nanos` pass.
    pub(crate) fn advance(&mut self, nanos: u64) {
        self.elapsed_nanos = self.elapsed_nanos.saturating_add(nanos);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readings_advance_all_clocks_by_the_step() {
        let start = Clock { real_nanos: 1000, monotonic_nanos: 50, step_nanos: 7 };
        let mut clocks = Clocks::new(start);
        let readings = [0, 1, 2, 3, 1].map(|clock| clocks.read(clock));
        assert_eq!(readings, [Ok(1000), Ok(57), Ok(14), Ok(21), Ok(78)]);
        assert_eq!(clocks.resolution(1), Ok(7));
        assert_eq!(clocks.read(CLOCKS), Err(Errno::Inval));
    }

    #[test]
    fn time_ends_and_does_not_wrap() {
        let mut clocks = Clocks::new(Clock { real_nanos: u64::MAX - 1, ..Clock::default() });
        clocks.advance(u64::MAX);
        assert_eq!(clocks.read(0), Ok(u64::MAX));
        assert_eq!(clocks.read(1), Ok(u64::MAX));
        assert_eq!(clocks.read(1), Ok(u64::MAX));
    }
}
