//! Bytes of memories copied and filled: checked in place, and moved by a helper that is told where they are.
//!
//! Invariant: a range that ends behind its memory traps before anything has changed, even one without bytes, which a check
//! would let pass.

use cranelift_codegen::ir::{self, InstBuilder};
use lockstep_ir::{Act, Growth, MemoryId, Trap};
use lockstep_rt::native::Helpers;

use super::Translation;
use crate::abi::WORD;

impl Translation<'_, '_, '_> {
    /// Performs `act` on what `on` names, if it is one of these on memories of the instance's own; whether it is.
    pub(super) fn bulk(&mut self, act: Act, on: [u32; 2], args: &[ir::Value]) -> bool {
        let is_known = |memory: u32| {
            let growth = self.interface.memories[MemoryId(memory)].growth;
            matches!(growth, Growth::Explicit { .. } | Growth::Fixed)
        };
        match act {
            Act::MemoryCopy if is_known(on[0]) && is_known(on[1]) => {
                let to = self.range(MemoryId(on[0]), args[0], args[2]);
                let from = self.range(MemoryId(on[1]), args[1], args[2]);
                self.helper(Helpers::MOVE_BYTES, &[to, from, args[2]], None);
            }
            Act::MemoryFill if is_known(on[0]) => {
                let to = self.range(MemoryId(on[0]), args[0], args[2]);
                let byte = self.b.ins().uextend(WORD, args[1]);
                self.helper(Helpers::FILL_BYTES, &[to, byte, args[2]], None);
            }
            _ => return false,
        }
        true
    }

    /// Where `len` bytes from `addr` on are; traps unless the memory has them.
    fn range(&mut self, memory: MemoryId, addr: ir::Value, len: ir::Value) -> ir::Value {
        let most = self.most_of(addr).checked_add(self.most_of(len));
        let (end, overflows) = match most {
            Some(_) => (self.b.ins().iadd(addr, len), None),
            None => {
                let (end, overflows) = self.b.ins().uadd_overflow(addr, len);
                (end, Some(overflows))
            }
        };
        let is_out = self.is_beyond(memory, (end, overflows), None);
        self.trap_if(is_out, Trap::MemoryOutOfBounds);
        let base = self.memory_base(memory);
        self.b.ins().iadd(base, addr)
    }
}
