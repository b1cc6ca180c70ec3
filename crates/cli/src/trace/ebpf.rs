//! What the instructions of an eBPF program are called, by their slots.

use std::{collections::BTreeMap, sync::Arc};

use lockstep::ebpf::{Config, Program, list};

/// The instructions of a program.
pub(super) struct Instructions {
    bytes: Arc<[u8]>,
    program: Option<Program>,
    /// For each slot where an instruction begins, what it is in assembly.
    texts: BTreeMap<u32, String>,
}

impl Instructions {
    /// Reads a program. One that cannot be read runs nothing, and has no instructions to name.
    pub(super) fn read(bytes: &Arc<[u8]>) -> Self {
        let config = Config { accepts_unknown: true, ..Config::default() };
        let program = Program::load(bytes, &config).ok();
        let rows = program.iter().flat_map(|program| list(program.guest()));
        let texts = rows.map(|row| (row.slot, row.text)).collect();
        Self { bytes: bytes.clone(), program, texts }
    }

    /// Whether these are the instructions of `program`.
    pub(super) fn are_of(&self, program: &Arc<[u8]>) -> bool {
        self.bytes == *program
    }

    /// The opcode of the instruction at `slot`; and its name in quotes, followed by its operands.
    pub(super) fn name(&self, slot: u32) -> (u32, String) {
        let text = self.texts.get(&slot).map_or("", |text| text);
        let (name, operands) = text.split_once(' ').unwrap_or((text, ""));
        let mut name = format!("\"{name}\"");
        if !operands.is_empty() {
            name += &format!(",\"immediates\":{}", serde_json::Value::from(operands));
        }
        let insns = self.program.as_ref().map_or(&[][..], |program| program.guest().insns());
        (insns.get(slot as usize).map_or(0, |insn| insn.opcode.into()), name)
    }
}
