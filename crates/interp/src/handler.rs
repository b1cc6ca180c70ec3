//! What each instruction of the register bytecode does.
//!
//! An instruction is its handler's word, then operand words. Its layout stands at each handler; `encode` writes it.

pub(crate) mod convert;
mod float;
pub(crate) mod flow;
pub(crate) mod fused;
#[cfg(feature = "native")]
pub(crate) mod gate;
pub(crate) mod host;
pub(crate) mod instance;
pub(crate) mod linear;
pub(crate) mod memory;
pub(crate) mod moves;
pub(crate) mod place;
pub(crate) mod slice;
#[cfg(feature = "native")]
pub(crate) mod turn;
pub(crate) mod value;
