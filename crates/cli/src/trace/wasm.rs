//! What the instructions of a Wasm module are called, by their places; and traces of calls of instances.

use std::{collections::BTreeMap, fmt::Write as _, io::Write, sync::Arc};

use lockstep::{
    Fork, Guest, StepView, Trap,
    wasi::Wasi,
    wasm::{Config, Module, Tracer},
};

use super::Eip3155;

/// The instructions of a module.
pub(super) struct Instructions {
    bytes: Arc<[u8]>,
    module: Option<Module>,
    /// For each place, what stands there in the text format.
    texts: BTreeMap<u32, String>,
}

impl Instructions {
    /// Reads a module. One that cannot be read runs nothing, and has no instructions to name.
    pub(super) fn read(bytes: &Arc<[u8]>) -> Self {
        let module = Module::load(bytes, &Config::default()).ok();
        let mut text = String::new();
        let lines = wasmprinter::Config::new().offsets_and_lines(bytes, &mut text);
        let lines = lines.into_iter().flatten();
        let place = |offset: Option<u64>| offset.and_then(|offset| u32::try_from(offset).ok());
        let texts = lines.filter_map(|(offset, line)| Some((place(offset)?, shown(line))));
        Self { bytes: bytes.clone(), module, texts: texts.collect() }
    }

    /// Whether these are the instructions of `module`.
    pub(super) fn are_of(&self, module: &Arc<[u8]>) -> bool {
        self.bytes == *module
    }

    /// The number of the instruction at `pc`; and its name in quotes, followed by the keys that only lines of Wasm have.
    pub(super) fn name(&self, pc: u32) -> (u32, String) {
        // In the text a parenthesis closes a function.
        let text = self.texts.get(&pc).map_or("end", |text| text);
        let text = if text == ")" { "end" } else { text };
        let (name, immediates) = text.split_once(' ').unwrap_or((text, ""));
        let mut name = format!("\"{name}\"");
        if !immediates.is_empty() {
            let quoted = serde_json::Value::from(immediates);
            write!(name, ",\"immediates\":{quoted}").expect("writing to a string succeeds");
        }
        let function = self.module.as_ref().and_then(|module| module.guest().function_at(pc));
        if let Some(function) = function {
            write!(name, ",\"function\":{function}").expect("writing to a string succeeds");
        }
        (self.number(pc), name)
    }

    /// The opcode: its byte, or where that is a prefix, twelve bits below it for the number that follows.
    fn number(&self, pc: u32) -> u32 {
        let mut bytes = self.bytes.iter().skip(pc as usize).copied();
        let first = bytes.next().unwrap_or(0);
        if first < 0xfc {
            return first.into();
        }
        let (low, high) = (bytes.next().unwrap_or(0), bytes.next().unwrap_or(0));
        let number = match low < 0x80 {
            true => u32::from(low),
            false => u32::from(low & 0x7f) | u32::from(high & 0x7f) << 7,
        };
        u32::from(first) << 12 | number
    }
}

/// The instruction that a line of the printer holds, without its comment.
fn shown(line: &str) -> String {
    line.split(";;").next().unwrap_or_default().trim().to_owned()
}

impl<W: Write> Tracer<Wasi> for Eip3155<W> {
    fn enter(&mut self, module: &Module, gas: u64) {
        self.settle(0, |line| line.gas.saturating_sub(gas), None);
        let code = self.instructions(Guest::Wasm, module.guest().bytes());
        self.push_frame(code, gas);
    }

    fn step(&mut self, _: &Wasi, step: StepView<'_>) {
        self.settle(0, |line| line.gas.saturating_sub(step.gas), None);
        self.push_line(Fork::LATEST, self.frames.len().saturating_sub(1) as u32, &step);
    }

    fn leave(&mut self, trap: Option<Trap>, gas_left: u64) {
        let cost = |line: &super::Line| match trap {
            None => line.gas.saturating_sub(gas_left),
            Some(_) => 0,
        };
        self.settle(0, cost, trap);
        self.pop_frame(gas_left, &[], trap.map(Trap::name));
    }
}
