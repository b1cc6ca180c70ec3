//! A contract's code under one fork, ready to be lowered head by head.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicU64, AtomicUsize, Ordering},
};

use lockstep_base::Fork;
use lockstep_ir::{Func, Growth, Head, Interface, Lazy, MemoryDef, MemoryId, Type, Window};

use super::{
    imports,
    lower::Lower,
    opcodes::{Priced, priced},
};

/// The frame's own memory.
pub(super) const MEMORY: MemoryId = MemoryId(0);
/// What the frame was called with.
pub(super) const CALLDATA: MemoryId = MemoryId(1);
/// The code itself.
pub(super) const CODE: MemoryId = MemoryId(2);

/// Words the operand stack holds at most (Yellow Paper 9.1).
pub(super) const STACK_LIMIT: u16 = 1024;

/// Whether a compilation shows each instruction to an observer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// Blocks as long as they come.
    Plain,
    /// One instruction a block, each begun with `step`.
    Instrumented,
}

/// EVM code under one fork.
#[derive(Debug)]
pub struct Program {
    code: Arc<[u8]>,
    fork: Fork,
    mode: Mode,
    targets: Targets,
}

/// The jump destinations of a piece of code: every JUMPDEST that is not part of a PUSH's immediate.
///
/// Found as far as somebody asks, from the front: what lies behind the last place asked for is never looked at.
/// Threads may look at the same time; what they find is the same.
#[derive(Debug)]
struct Targets {
    /// One bit per byte of code.
    bits: Box<[AtomicU64]>,
    /// Where the first instruction begins that was not looked at.
    known: AtomicUsize,
}

impl Targets {
    fn new(code_len: usize) -> Self {
        let bits = (0..code_len.div_ceil(64)).map(|_| AtomicU64::new(0)).collect();
        Self { bits, known: AtomicUsize::new(0) }
    }

    fn contains(&self, code: &[u8], pc: usize) -> bool {
        if code.get(pc) != Some(&JUMPDEST) {
            return false;
        }
        if pc >= self.known.load(Ordering::Acquire) {
            self.look_until(code, pc);
        }
        self.bits[pc / 64].load(Ordering::Relaxed) >> (pc % 64) & 1 == 1
    }

    /// Looks at all instructions that begin at or before `last`.
    #[cold]
    fn look_until(&self, code: &[u8], last: usize) {
        let mut pc = self.known.load(Ordering::Acquire);
        while pc <= last {
            let Some(byte) = code.get(pc) else { break };
            pc += 1;
            // As signed numbers JUMPDEST and the PUSHes are the largest: one comparison passes by all the others.
            if (*byte).cast_signed() < JUMPDEST.cast_signed() {
                continue;
            }
            if *byte == JUMPDEST {
                self.bits[(pc - 1) / 64].fetch_or(1 << ((pc - 1) % 64), Ordering::Relaxed);
            } else {
                pc += usize::from(byte.saturating_sub(PUSH0));
            }
        }
        self.known.fetch_max(pc, Ordering::AcqRel);
    }
}

const JUMPDEST: u8 = 0x5b;
const PUSH0: u8 = 0x5f;

impl Program {
    /// The program of `code`.
    pub fn new(code: Arc<[u8]>, fork: Fork, mode: Mode) -> Self {
        let targets = Targets::new(code.len());
        Self { code, fork, mode, targets }
    }

    /// Whether a JUMPDEST stands at `pc`, where an instruction begins.
    pub(super) fn is_jumpdest_opcode(&self, pc: u32) -> bool {
        self.code.get(pc as usize) == Some(&JUMPDEST)
    }

    /// What all EVM programs share.
    pub fn shared_interface() -> &'static Arc<Interface> {
        interface()
    }

    /// The bytes.
    pub fn code(&self) -> &[u8] {
        &self.code
    }

    /// The rules.
    pub fn fork(&self) -> Fork {
        self.fork
    }

    /// Whether each instruction is shown to an observer.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// What stands at `pc`: the opcode under this fork, or the byte nobody defines; STOP past the end.
    pub(super) fn opcode(&self, pc: u32) -> Result<Priced, u8> {
        let byte = self.code.get(pc as usize).copied().unwrap_or(0);
        priced(self.fork, byte).ok_or(byte)
    }
}

impl Lazy for Program {
    fn interface(&self) -> &Arc<Interface> {
        interface()
    }

    fn head_limit(&self) -> u32 {
        // Code lengths are bounded by what gas and memory can make: far below 32 bits.
        self.code.len() as u32 + 1
    }

    fn is_jump_target(&self, number: u32) -> bool {
        self.targets.contains(&self.code, number as usize)
    }

    fn lower(&self, head: Head, height: Option<u16>, out: &mut Func) {
        Lower::block(self, head, height, out);
    }
}

/// What all EVM programs share.
fn interface() -> &'static Arc<Interface> {
    static INTERFACE: OnceLock<Arc<Interface>> = OnceLock::new();
    INTERFACE.get_or_init(|| Arc::new(make_interface()))
}

fn make_interface() -> Interface {
    let mut interface = Interface {
        window: Some(Window { ty: Type::I256, limit: STACK_LIMIT }),
        // Yellow Paper 9.4.2: an exceptional halt takes all gas.
        traps_take_all: true,
        ..Interface::default()
    };
    for import in imports::all() {
        interface.imports.push(import);
    }
    // Yellow Paper app. H.1: 3 w + w^2 / 512.
    let touched = Growth::OnTouch { linear: 3, quadratic_divisor: 512 };
    for growth in [touched, Growth::ReadOnly, Growth::ReadOnly] {
        interface.memories.push(MemoryDef { initial_bytes: 0, growth });
    }
    interface
}

#[cfg(test)]
mod tests {
    use super::*;

    fn targets(code: &[u8]) -> Vec<u32> {
        let program = Program::new(code.into(), Fork::LATEST, Mode::Plain);
        (0..program.head_limit() + 64).filter(|pc| program.is_jump_target(*pc)).collect()
    }

    #[test]
    fn a_jumpdest_inside_push_data_is_no_target() {
        assert_eq!(targets(&[0x60, 0x5b, 0x5b, 0x61, 0x5b, 0x5b, 0x5b]), [2, 6]);
    }

    #[test]
    fn push_data_may_run_past_the_end() {
        assert_eq!(targets(&[0x5b, 0x7f, 0x5b]), [0]);
        assert_eq!(targets(&[]), [0_u32; 0]);
    }
}
