//! What a script's instructions showed, in a few numbers: enough to tell two runs apart.

use lockstep::{
    StepView, Trap,
    spectest::Spectest,
    wasm::{Module, Tracer},
};

/// The instructions shown so far; nothing unless the run is observed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Watch {
    /// How many there were.
    pub steps: u64,
    /// A digest of the place, gas, operands and memory of each.
    pub digest: u64,
}

impl Watch {
    fn mix(&mut self, number: u64) {
        // FNV-1a over words.
        self.digest = (self.digest ^ number).wrapping_mul(0x0100_0000_01b3).rotate_left(23);
    }
}

impl Tracer<Spectest> for Watch {
    fn enter(&mut self, _: &Module, gas: u64) {
        self.mix(gas);
    }

    fn step(&mut self, _: &Spectest, step: StepView<'_>) {
        self.steps += 1;
        self.mix(u64::from(step.pc));
        self.mix(step.gas);
        self.mix(step.memory.len() as u64);
        for shown in step.operands {
            self.mix(shown.ty as u64);
            shown.bits[..2].iter().for_each(|limb| self.mix(*limb));
        }
    }

    fn leave(&mut self, trap: Option<Trap>, _: u64) {
        self.mix(trap.map_or(0, |trap| 1 + trap as u64));
    }
}
