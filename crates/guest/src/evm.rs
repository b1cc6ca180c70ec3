//! The EVM: every mainnet fork from Frontier to Osaka, chosen at run time.
//!
//! # Shape
//!
//! ```text
//! code -> Program (jump destinations) -> lower(head) -> one dMIR block per run of opcodes
//! opcodes.rs: one row per opcode with its whole history and its lowering function
//! ```
//!
//! # Invariants
//!
//! 1. A block is what lies between its head and the next jump, jump destination, halt or length limit: it never
//!    depends on its neighbours, so translating one block or all gives the same charges.
//! 2. Inside a block the operand stack is symbolic: PUSH, DUP, SWAP and POP emit nothing.
//! 3. Gas is charged in spans up to and including the next host operation or the block's end.

mod disasm;
mod imports;
mod lower;
mod opcodes;
mod program;

pub use disasm::{Listing, disassemble};
pub use opcodes::{OPCODES, Opcode, rows};
pub use program::{Mode, Program};
