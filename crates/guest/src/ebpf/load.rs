//! Bytes to a program: sections, relocations, rules, interface.
//!
//! Invariant: whatever is counted is compared with its limit before anything is allocated for it, and nothing is kept of
//! a program that breaks a rule.

mod object;
mod program;
mod shared;

pub(super) use self::{object::elf, program::text};
