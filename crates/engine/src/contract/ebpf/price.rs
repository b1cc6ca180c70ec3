//! What it costs to begin a message to a program: the gas that its memory takes, before its first instruction.

use lockstep_guest::ebpf::{Module, SCHEDULE};

const WORD_BYTES: u64 = 32;

/// The price of an instance of `module`, whose file has `code_bytes`, but for the input.
pub(crate) fn instance(module: &Module, code_bytes: usize) -> u64 {
    let code = (code_bytes as u64).div_ceil(WORD_BYTES) * SCHEDULE.code_word;
    let slots = (module.insns().len()) as u64 * SCHEDULE.slot;
    let memory = module.layout().input_offset().div_ceil(SCHEDULE.memory_unit_bytes);
    let data = (module.image().len() as u64).div_ceil(SCHEDULE.copy_unit_bytes);
    [code, slots, memory, data].into_iter().fold(0, u64::saturating_add)
}

/// The price of an input of `len_bytes`, which is copied into the program's memory.
pub(crate) fn input(len_bytes: usize) -> u64 {
    let len_bytes = len_bytes as u64;
    len_bytes.div_ceil(SCHEDULE.memory_unit_bytes) + len_bytes.div_ceil(SCHEDULE.copy_unit_bytes)
}
