//! What the instructions of an eBPF program are called, by their slots; and traces of its runs.

use std::{collections::BTreeMap, io::Write, sync::Arc};

use lockstep::{
    Fork, StepView,
    ebpf::{Config, End, Outcome, Program, list},
};

use super::{Code, Eip3155, Instructions as OfGuest};

/// The instructions of a program.
pub(super) struct Instructions {
    /// The program's file, where it is an account's.
    bytes: Arc<[u8]>,
    program: Option<Program>,
    /// For each slot where an instruction begins, what it is in assembly.
    texts: BTreeMap<u32, String>,
}

impl Instructions {
    /// Reads a program. One that cannot be read runs nothing, and has no instructions to name.
    pub(super) fn read(bytes: &Arc<[u8]>) -> Self {
        let config = Config { accepts_unknown: true, ..Config::default() };
        Self::of(Program::load(bytes, &config).ok(), bytes.clone())
    }

    fn of(program: Option<Program>, bytes: Arc<[u8]>) -> Self {
        let rows = program.iter().flat_map(|program| list(program.guest()));
        let texts = rows.map(|row| (row.slot, row.text)).collect();
        Self { bytes, program, texts }
    }

    /// Whether these are the instructions of `program`.
    pub(super) fn are_of(&self, program: &Arc<[u8]>) -> bool {
        self.bytes == *program
    }

    /// The opcode of the instruction at `slot`; and its name in quotes, followed by its operands and its function.
    pub(super) fn name(&self, slot: u32) -> (u32, String) {
        let text = self.texts.get(&slot).map_or("", |text| text);
        let (name, operands) = text.split_once(' ').unwrap_or((text, ""));
        let mut name = format!("\"{name}\"");
        if !operands.is_empty() {
            name += &format!(",\"immediates\":{}", serde_json::Value::from(operands));
        }
        let Some(program) = &self.program else { return (0, name) };
        let guest = program.guest();
        let symbols = guest.symbols();
        let after = symbols.partition_point(|symbol| symbol.slot <= slot);
        if let Some(symbol) = after.checked_sub(1).and_then(|at| symbols.get(at)) {
            name += &format!(",\"function\":{}", serde_json::Value::from(&symbol.name[..]));
        }
        (guest.insns().get(slot as usize).map_or(0, |insn| insn.opcode.into()), name)
    }
}

impl<W: Write> Eip3155<W> {
    /// `program` begins, with so many units.
    pub fn enter_ebpf(&mut self, program: &Program, gas: u64) {
        let instructions = Instructions::of(Some(program.clone()), Arc::default());
        self.push_frame(Code::Other(Arc::new(OfGuest::Ebpf(instructions))), gas);
    }

    /// An instruction of it is about to run.
    pub fn step_ebpf(&mut self, step: StepView<'_>) {
        self.settle(0, |line| line.gas.saturating_sub(step.gas), None);
        self.push_line(Fork::LATEST, self.frames.len().saturating_sub(1) as u32, &step);
    }

    /// It ended, having returned `output` by a system call, whose costs are of this version.
    pub fn leave_ebpf(&mut self, outcome: &Outcome, output: &[u8], costs: u32) {
        let (trap, error) = match &outcome.end {
            End::Trap(trap) => (Some(*trap), Some(trap.name())),
            End::Exit { revert: true, .. } => (None, Some("revert")),
            End::Returned(_) | End::Exit { .. } => (None, None),
        };
        self.settle(0, |line| line.gas.saturating_sub(outcome.gas_left), trap);
        self.pop_frame(outcome.gas_left, output, error);
        self.ended.costs = Some(costs);
    }
}
