//! EIP-3155 traces: one JSON object a line for each instruction, in the spelling that geth, evmone and EELS share. Lines
//! of other guests have the same keys, `pc` being the place in the module or the slot, and say the function and what the
//! instruction names; those of eBPF have `registers` in place of the stack.
//!
//! ```text
//! enter -> [step -> line of the step before]... -> leave -> last line     (the line waits for its cost)
//! ```
//!
//! Invariants: a line is written as soon as its cost is known, so at most one waits per frame; lines of the EVM carry
//! no keys but those of the specification; a failed write is kept until [`Eip3155::finish`].

mod ebpf;
mod wasm;

use std::{
    io::{self, Write},
    mem,
    sync::Arc,
};

use lockstep::{
    Ended, Ethereum, Exit, Fork, Guest, Journal, Program, StepView, Storage, Tracer, Trap, U256,
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
    /// Writes a line for each instruction, of the EVM as EIP-3155 says; those of other guests say the function too.
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
    /// Leaves the stack, or the registers, out of trace lines.
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
    ended: End,
    written: io::Result<()>,
    /// The programs of other guests seen so far.
    known: Vec<Arc<Instructions>>,
}

/// How the outermost program ended.
#[derive(Debug, Default)]
struct End {
    gas_used: u64,
    output: Vec<u8>,
    error: Option<&'static str>,
    /// The version of what system calls cost, where there are some.
    costs: Option<u32>,
}

/// A frame that runs.
struct FrameTrace {
    code: Code,
    gas: u64,
    pending: Option<Line>,
}

/// What a frame runs.
enum Code {
    Evm(Arc<[u8]>),
    Other(Arc<Instructions>),
}

impl Code {
    /// The key of what instructions calculate with.
    fn operands_key(&self) -> &'static str {
        match self {
            Self::Other(instructions) if matches!(**instructions, Instructions::Ebpf(_)) => {
                "registers"
            }
            _ => "stack",
        }
    }
}

/// The instructions of a program that is not the EVM's.
enum Instructions {
    Wasm(wasm::Instructions),
    Ebpf(ebpf::Instructions),
}

impl Instructions {
    fn read(guest: Guest, code: &Arc<[u8]>) -> Self {
        match guest {
            Guest::Ebpf => Self::Ebpf(ebpf::Instructions::read(code)),
            _ => Self::Wasm(wasm::Instructions::read(code)),
        }
    }

    /// Whether these are the instructions of `code`; its first bytes say the guest.
    fn are_of(&self, code: &Arc<[u8]>) -> bool {
        match self {
            Self::Wasm(instructions) => instructions.are_of(code),
            Self::Ebpf(instructions) => instructions.are_of(code),
        }
    }

    fn name(&self, pc: u32) -> (u32, String) {
        match self {
            Self::Wasm(instructions) => instructions.name(pc),
            Self::Ebpf(instructions) => instructions.name(pc),
        }
    }
}

/// An instruction whose cost is not known yet.
struct Line {
    gas: u64,
    /// Whether it hands gas on, which is part of its cost whatever comes back.
    forwards: bool,
    /// The line before the cost, and between that and the refund: both are known afterwards.
    head: String,
    middle: String,
    /// The name, in quotes, with what more the line says.
    name: String,
    /// The cost apart from what depends on operands and state.
    price: u64,
}

impl<W: Write> Eip3155<W> {
    /// A tracer that writes to `out`.
    pub fn new(out: W, detail: Detail) -> Self {
        let (ended, written) = (End::default(), Ok(()));
        Self { out, detail, frames: Vec::new(), ended, written, known: Vec::new() }
    }

    /// Writes the line that ends the trace of a message, and is ready for the next.
    pub fn end(&mut self) {
        self.frames.clear();
        let End { gas_used, output, error, costs } = mem::take(&mut self.ended);
        let output = encode_hex(&output);
        let gas_used = format!("{gas_used:#x}");
        self.write_json(&EndLine { output: &output, gas_used, error, costs });
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
    fn settle(&mut self, refund: i64, cost: impl FnOnce(&Line) -> u64, trap: Option<Trap>) {
        let Some(line) = self.frames.last_mut().and_then(|frame| frame.pending.take()) else {
            return;
        };
        if self.written.is_err() {
            return;
        }
        let Line { head, middle, name, .. } = &line;
        let cost = cost(&line);
        let error = trap.map_or(String::new(), |trap| format!(",\"error\":\"{trap}\""));
        self.written =
            writeln!(self.out, "{head}{cost:#x}{middle}{refund},\"opName\":{name}{error}}}");
    }

    /// The line of the instruction that is about to run.
    fn line(&self, code: &Code, fork: Fork, depth: u32, step: &StepView<'_>) -> Line {
        let (op, name, price) = match code {
            Code::Evm(code) => evm_name(code, fork, step.pc),
            Code::Other(instructions) => {
                let (op, name) = instructions.name(step.pc);
                (op, name, 0)
            }
        };
        let (pc, gas) = (step.pc, step.gas);
        let head = format!("{{\"pc\":{pc},\"op\":{op},\"gas\":\"{gas:#x}\",\"gasCost\":\"");
        let mut middle = format!("\",\"memSize\":{}", step.memory.len());
        if self.detail.stack {
            let words = step.window.as_chunks().0.iter().map(|limbs| U256::from_limbs(*limbs));
            let operands = step.operands.iter().map(|shown| {
                let [a, b, c, d, ..] = shown.bits;
                U256::from_limbs([a, b, c, d])
            });
            let words: Vec<_> =
                words.chain(operands).map(|word| format!("\"{word:#x}\"")).collect();
            middle += &format!(",\"{}\":[{}]", code.operands_key(), words.join(","));
        }
        if self.detail.memory {
            middle += &format!(",\"memory\":\"0x{}\"", encode_hex(step.memory));
        }
        middle += &format!(",\"depth\":{},\"refund\":", depth + 1);
        let forwards =
            matches!(code, Code::Evm(_)) && FORWARDING.iter().any(|byte| u32::from(*byte) == op);
        Line { gas, forwards, head, middle, name, price }
    }

    /// The instructions of a program of `guest`, read once.
    fn instructions(&mut self, guest: Guest, code: &Arc<[u8]>) -> Code {
        if let Some(known) = self.known.iter().find(|known| known.are_of(code)) {
            return Code::Other(known.clone());
        }
        let read = Arc::new(Instructions::read(guest, code));
        self.known.push(read.clone());
        Code::Other(read)
    }

    fn push_frame(&mut self, code: Code, gas: u64) {
        self.frames.push(FrameTrace { code, gas, pending: None });
    }

    /// The line of the step waits in the innermost frame.
    fn push_line(&mut self, fork: Fork, depth: u32, step: &StepView<'_>) {
        let Some(mut frame) = self.frames.pop() else { return };
        frame.pending = Some(self.line(&frame.code, fork, depth, step));
        self.frames.push(frame);
    }

    /// The innermost frame is over.
    fn pop_frame(&mut self, gas_left: u64, output: &[u8], error: Option<&'static str>) {
        if let Some(frame) = self.frames.pop()
            && self.frames.is_empty()
        {
            let gas_used = frame.gas.saturating_sub(gas_left);
            self.ended = End { gas_used, output: output.to_vec(), error, costs: None };
        }
    }
}

/// Byte, name in quotes and static price of the opcode at `pc`.
fn evm_name(code: &[u8], fork: Fork, pc: u32) -> (u32, String, u64) {
    // The code ends in STOPs.
    let byte = code.get(pc as usize).copied().unwrap_or(0);
    let row = evm::OPCODES.binary_search_by_key(&byte, |row| row.byte).ok();
    let row = row.map(|i| &evm::OPCODES[i]).filter(|row| row.price(fork).is_some());
    let name = row.map_or_else(|| format!("\"{byte:#04x}\""), |row| format!("\"{}\"", row.name));
    let price = row.and_then(|row| row.price(fork)).map_or(0, u64::from);
    (byte.into(), name, price)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EndLine<'a> {
    output: &'a str,
    gas_used: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    costs: Option<u32>,
}

impl<S: Storage, W: Write> Tracer<Journal<S>> for Eip3155<W> {
    fn enter(&mut self, host: &Ethereum<Journal<S>>, program: &Program<'_>) {
        let kept = host.caller_gas();
        self.settle(host.world().refund(), |line| line.gas.saturating_sub(kept), None);
        let code = match host.guest_of(program.code) {
            Guest::Evm => Code::Evm(program.code.clone()),
            guest => self.instructions(guest, program.code),
        };
        self.push_frame(code, program.gas);
    }

    fn step(&mut self, host: &Ethereum<Journal<S>>, step: StepView<'_>) {
        let kept = host.caller_gas();
        // What comes back from a call or creation does not make it cheaper.
        let left = |line: &Line| if line.forwards { kept } else { step.gas };
        let refund = host.world().refund();
        self.settle(refund, |line| line.gas.saturating_sub(left(line)), None);
        self.push_line(host.config().fork, host.depth(), &step);
    }

    fn leave(&mut self, host: &Ethereum<Journal<S>>, ended: &Ended, output: &[u8]) {
        let (left, refund) = (ended.gas_left, host.world().refund());
        match ended.exit {
            Exit::Trap(trap) => self.settle(refund, |line| line.price.min(line.gas), Some(trap)),
            Exit::Return | Exit::Revert => {
                self.settle(refund, |line| line.gas.saturating_sub(left), None);
            }
        }
        self.pop_frame(left, output, error_of(ended.exit));
    }
}

/// Why a program failed, in one word; `None` when it did not.
fn error_of(exit: Exit) -> Option<&'static str> {
    match exit {
        Exit::Return => None,
        Exit::Revert => Some("revert"),
        Exit::Trap(trap) => Some(trap.name()),
    }
}

/// Opcodes that forward gas: CREATE, CALL, CALLCODE, DELEGATECALL, CREATE2, STATICCALL.
const FORWARDING: [u8; 6] = [0xf0, 0xf1, 0xf2, 0xf4, 0xf5, 0xfa];
