//! Our trace, compared with the peer's while it runs.

use lockstep::{Ethereum, Journal, StepView, Storage, Tracer};

use super::{Step, digest, theirs::Recorder};

/// Follows the peer's steps and remembers the first that differs.
#[derive(Debug)]
pub struct Follower<'a> {
    expected: &'a Recorder,
    count: usize,
    /// What the transaction itself gave back before its code ran (EIP-7702).
    refund_before: Option<i64>,
    complaint: Option<String>,
}

impl<'a> Follower<'a> {
    pub fn new(expected: &'a Recorder) -> Self {
        Self { expected, count: 0, refund_before: None, complaint: None }
    }

    /// The first difference, or what is missing at the end.
    pub fn complaint(&self) -> Option<String> {
        let expected = self.expected.steps.len();
        let is_short = self.count < expected || (self.count > expected && !self.expected.is_cut);
        let lengths = is_short.then(|| format!("{} steps, peer {expected}", self.count));
        self.complaint.clone().or(lengths)
    }
}

impl<S: Storage> Tracer<Journal<S>> for Follower<'_> {
    fn step(&mut self, host: &Ethereum<Journal<S>>, step: StepView<'_>) {
        let refund = host.world().refund();
        let before = *self.refund_before.get_or_insert(refund);
        let at = self.count;
        self.count += 1;
        let (None, Some(expected)) = (&self.complaint, self.expected.steps.get(at)) else { return };
        let ours = Step {
            pc: step.pc.into(),
            gas: step.gas,
            depth: host.depth().into(),
            memory_len: step.memory.len() as u64,
            stack_len: (step.window.len() / 4) as u64,
            refund: refund - before,
            stack: step.window.iter().fold(0, |before, limb| digest(before, *limb)),
        };
        if ours != *expected {
            let opcode = self.expected.opcodes[at];
            let before = at.checked_sub(1).map(|before| self.expected.opcodes[before]);
            self.complaint = Some(format!(
                "step {at} (opcode {opcode:#04x} after {before:02x?}): {ours:?}, peer {expected:?}"
            ));
        }
    }
}
