//! The peer's trace, by its inspector.

use revm::{
    Inspector,
    interpreter::{
        Interpreter,
        interpreter_types::{InputsTr, Jumps, MemoryTr},
    },
};

use super::{Step, digest};

/// Keeps the first steps of a run.
#[derive(Debug)]
pub struct Recorder {
    pub steps: Vec<Step>,
    /// What the opcodes were.
    pub opcodes: Vec<u8>,
    /// Whether there were more steps.
    pub is_cut: bool,
    /// Refunds of the frames that are open, outermost first.
    refunds: Vec<i64>,
    max: usize,
}

impl Recorder {
    pub fn new(max: usize) -> Self {
        Self { steps: Vec::new(), opcodes: Vec::new(), is_cut: false, refunds: Vec::new(), max }
    }
}

impl<C> Inspector<C> for Recorder {
    fn step(&mut self, interpreter: &mut Interpreter, _: &mut C) {
        // Empty code has no instruction; the peer runs the STOP of its padding.
        if interpreter.bytecode.is_empty() {
            return;
        }
        let depth = interpreter.input.depth();
        self.refunds.resize(depth + 1, 0);
        self.refunds[depth] = interpreter.gas.refunded();
        if self.steps.len() >= self.max {
            self.is_cut = true;
            return;
        }
        let words = interpreter.stack.data();
        let limbs = words.iter().flat_map(|word| word.as_limbs());
        self.opcodes.push(interpreter.bytecode.opcode());
        self.steps.push(Step {
            pc: interpreter.bytecode.pc() as u64,
            gas: interpreter.gas.remaining(),
            depth: depth as u64,
            memory_len: interpreter.memory.size() as u64,
            stack_len: interpreter.stack.len() as u64,
            refund: self.refunds.iter().sum(),
            stack: limbs.fold(0, |before, limb| digest(before, *limb)),
        });
    }
}
