//! EIP-3155 traces: one JSON object a line for each instruction, in the spelling that geth, evmone and EELS share.
//!
//! ```text
//! enter -> [step -> line of the step before]... -> leave -> last line     (the line waits for its cost)
//! ```
//!
//! Invariants: a line is written as soon as its cost is known, so at most one waits per frame; lines of the EVM carry
//! no keys but those of the specification; a failed write is kept until [`Eip3155::finish`].

use std::{
    io::{self, Write},
    mem,
    sync::Arc,
};

use lockstep::{
    Ended, Ethereum, Exit, Fork, Journal, Program, StepView, Storage, Tracer, Trap, U256,
    encode_hex, evm,
};
use serde::Serialize;

/// What lines contain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Detail {
    /// The operand stack.
    pub stack: bool,
    /// Memory.
    pub memory: bool,
}

impl Default for Detail {
    fn default() -> Self {
        Self { stack: true, memory: false }
    }
}

/// Options of commands that trace; names and defaults are geth's.
#[derive(Debug, Clone, clap::Args)]
pub struct TraceArguments {
    /// Writes an EIP-3155 line for each instruction.
    #[arg(long, alias = "debug")]
    trace: bool,
    /// How trace lines are written.
    #[arg(long = "trace.format", value_name = "FORMAT", default_value = "json", value_parser = ["json"])]
    trace_format: String,
    /// Adds memory to trace lines.
    #[arg(long = "trace.memory", overrides_with = "no_memory")]
    memory: bool,
    /// Leaves memory out of trace lines; the default.
    #[arg(long = "trace.nomemory", num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    no_memory: Option<bool>,
    /// Leaves the stack out of trace lines.
    #[arg(long = "trace.nostack", num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    no_stack: Option<bool>,
    /// Accepted for geth's sake: lines never hold storage.
    #[arg(long = "trace.nostorage", num_args = 0..=1, default_missing_value = "true", require_equals = true, hide = true)]
    no_storage: Option<bool>,
    /// Accepted for geth's sake: lines never hold return data.
    #[arg(long = "trace.noreturndata", num_args = 0..=1, default_missing_value = "true", require_equals = true, hide = true)]
    no_return_data: Option<bool>,
}

impl TraceArguments {
    /// What lines contain; `None` when nobody asks for a trace.
    pub fn detail(&self) -> Option<Detail> {
        self.trace.then_some(Detail {
            stack: self.no_stack != Some(true),
            memory: self.memory || self.no_memory == Some(false),
        })
    }
}

/// A tracer that writes EIP-3155 lines.
pub struct Eip3155<W> {
    out: W,
    detail: Detail,
    frames: Vec<FrameTrace>,
    /// What the outermost program used and returned, when it has ended.
    ended: (u64, Vec<u8>),
    written: io::Result<()>,
}

/// A frame that runs.
struct FrameTrace {
    code: Arc<[u8]>,
    gas: u64,
    pending: Option<Line>,
}

/// An instruction whose cost is not known yet.
struct Line {
    byte: u8,
    gas: u64,
    /// The line before the cost, and after it.
    head: String,
    tail: String,
    /// The cost apart from what depends on operands and state.
    price: u64,
}

impl<W: Write> Eip3155<W> {
    /// A tracer that writes to `out`.
    pub fn new(out: W, detail: Detail) -> Self {
        Self { out, detail, frames: Vec::new(), ended: (0, Vec::new()), written: Ok(()) }
    }

    /// Writes the line that ends the trace of a message, and is ready for the next. `error` says why it failed.
    pub fn end(&mut self, error: Option<&str>) {
        self.frames.clear();
        let (gas_used, output) = mem::take(&mut self.ended);
        let output = encode_hex(&output);
        let line = EndLine { output: &output, gas_used: format!("{gas_used:#x}"), error };
        self.write_json(&line);
    }

    /// Writes a line of the caller's.
    pub fn write_json(&mut self, line: &impl Serialize) {
        if self.written.is_ok() {
            self.written = serde_json::to_writer(&mut self.out, line)
                .map_err(io::Error::from)
                .and_then(|()| self.out.write_all(b"\n"));
        }
    }

    /// Writes out what is buffered.
    ///
    /// # Errors
    ///
    /// The first that happened.
    pub fn finish(&mut self) -> io::Result<()> {
        mem::replace(&mut self.written, Ok(())).and_then(|()| self.out.flush())
    }

    /// Writes the line that waits in the innermost frame.
    fn settle(&mut self, cost: impl FnOnce(&Line) -> u64, trap: Option<Trap>) {
        let Some(line) = self.frames.last_mut().and_then(|frame| frame.pending.take()) else {
            return;
        };
        if self.written.is_err() {
            return;
        }
        let Line { head, tail, .. } = &line;
        let cost = cost(&line);
        self.written = match trap {
            None => writeln!(self.out, "{head}{cost:#x}{tail}}}"),
            Some(trap) => writeln!(self.out, "{head}{cost:#x}{tail},\"error\":\"{trap}\"}}"),
        };
    }

    /// The line of the instruction that is about to run.
    fn line(
        &self,
        frame: &FrameTrace,
        fork: Fork,
        depth: u32,
        refund: i64,
        step: &StepView<'_>,
    ) -> Line {
        // The code ends in STOPs.
        let byte = frame.code.get(step.pc as usize).copied().unwrap_or(0);
        let row = evm::OPCODES.binary_search_by_key(&byte, |row| row.byte).ok();
        let row = row.map(|i| &evm::OPCODES[i]).filter(|row| row.price(fork).is_some());
        let name = row.map_or_else(|| format!("{byte:#04x}"), |row| row.name.to_owned());
        let (pc, gas) = (step.pc, step.gas);
        let head = format!("{{\"pc\":{pc},\"op\":{byte},\"gas\":\"{gas:#x}\",\"gasCost\":\"");
        let mut tail = format!("\",\"memSize\":{}", step.memory.len());
        if self.detail.stack {
            let words = step.window.as_chunks().0.iter();
            let words: Vec<_> =
                words.map(|limbs| format!("\"{:#x}\"", U256::from_limbs(*limbs))).collect();
            tail += &format!(",\"stack\":[{}]", words.join(","));
        }
        if self.detail.memory {
            tail += &format!(",\"memory\":\"0x{}\"", encode_hex(step.memory));
        }
        tail += &format!(",\"depth\":{},\"refund\":{refund},\"opName\":\"{name}\"", depth + 1);
        let price = row.and_then(|row| row.price(fork)).map_or(0, u64::from);
        Line { byte, gas, head, tail, price }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EndLine<'a> {
    output: &'a str,
    gas_used: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
}

impl<S: Storage, W: Write> Tracer<Journal<S>> for Eip3155<W> {
    fn enter(&mut self, host: &Ethereum<Journal<S>>, program: &Program<'_>) {
        let (kept, given) = (host.caller_gas(), program.gas);
        self.settle(|line| cost_of_entering(line, kept, given), None);
        self.frames.push(FrameTrace { code: program.code.clone(), gas: given, pending: None });
    }

    fn step(&mut self, host: &Ethereum<Journal<S>>, step: StepView<'_>) {
        let kept = host.caller_gas();
        self.settle(|line| cost_of_staying(line, kept, step.gas), None);
        let Some(mut frame) = self.frames.pop() else { return };
        let refund = host.world().refund();
        frame.pending = Some(self.line(&frame, host.config().fork, host.depth(), refund, &step));
        self.frames.push(frame);
    }

    fn leave(&mut self, _host: &Ethereum<Journal<S>>, ended: &Ended, output: &[u8]) {
        let gas_left = ended.gas_left;
        match ended.exit {
            Exit::Trap(trap) => self.settle(|line| line.price.min(line.gas), Some(trap)),
            Exit::Return | Exit::Revert => {
                self.settle(|line| line.gas.saturating_sub(gas_left), None);
            }
        }
        if let Some(frame) = self.frames.pop()
            && self.frames.is_empty()
        {
            self.ended = (frame.gas.saturating_sub(gas_left), output.to_vec());
        }
    }
}

/// CALL, CALLCODE, DELEGATECALL and STATICCALL.
const CALLS: [u8; 4] = [0xf1, 0xf2, 0xf4, 0xfa];

/// What an instruction cost whose callee begins now with `given` gas, when the caller `kept` some. What a call forwards
/// is part of its cost, what a creation forwards is not.
fn cost_of_entering(line: &Line, kept: u64, given: u64) -> u64 {
    let forwarded = if CALLS.contains(&line.byte) { 0 } else { given };
    line.gas.saturating_sub(kept).saturating_sub(forwarded)
}

/// What an instruction cost that is followed by another of its frame, which has `gas`.
fn cost_of_staying(line: &Line, kept: u64, gas: u64) -> u64 {
    let left = if CALLS.contains(&line.byte) { kept } else { gas };
    line.gas.saturating_sub(left)
}
