//! A contract's code under one fork, ready to be lowered head by head.

use std::sync::{Arc, OnceLock};

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
const STACK_LIMIT: u16 = 1024;

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
    /// One bit per byte of code: whether a jump may go there.
    targets: Box<[u64]>,
}

impl Program {
    /// Finds the jump destinations of `code`: every JUMPDEST that is not part of a PUSH's immediate.
    pub fn new(code: Arc<[u8]>, fork: Fork, mode: Mode) -> Self {
        let mut targets = vec![0_u64; code.len().div_ceil(64)].into_boxed_slice();
        let mut pc = 0;
        while let Some(byte) = code.get(pc) {
            match byte {
                0x5b => targets[pc / 64] |= 1 << (pc % 64),
                0x60..=0x7f => pc += usize::from(byte - 0x5f),
                _ => {}
            }
            pc += 1;
        }
        Self { code, fork, mode, targets }
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
        let word = self.targets.get(number as usize / 64).copied().unwrap_or(0);
        word >> (number % 64) & 1 == 1
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
