//! Generated modules, valid by construction.

use arbitrary::Unstructured;
use wasm_smith::{Config, Module};

use super::agree::{How, tiers};
use crate::random::Random;

/// Bytes that say how a module is made and run, before those that it is made from.
const HEAD_BYTES: usize = 12;
/// Pages that a memory declares, at most.
const MEMORY_BYTES_MAX: u64 = 4 << 16;
/// Elements that a table declares, at most.
const TABLE_LEN_MAX: u64 = 64;
/// The most gas of a call, and of an instantiation.
const GAS_MAX: u64 = 10_000;

/// Generates a module and runs what it exports on both tiers.
///
/// # Panics
///
/// When the module is refused, or tiers differ on a result, memory, global, trap or the gas that is left.
pub fn wasm_smith(bytes: &[u8]) {
    let Some((head, _)) = bytes.split_first_chunk::<HEAD_BYTES>() else { return };
    let [_, _, _, _, gas_high, gas_low, seed @ ..] = *head;
    let gas = u64::from(u16::from_be_bytes([gas_high, gas_low])) * GAS_MAX / u64::from(u16::MAX);
    let [a, b, c, d, e, f] = seed;
    let seed = u64::from_be_bytes([0, 0, a, b, c, d, e, f]);
    let Some(module) = module(bytes) else { return };
    if let Err(error) = lockstep::wasm::Module::load(&module, &Default::default()) {
        panic!("a valid module is refused: {error}");
    }
    tiers(&module, How { gas, seed });
}

/// The module of `bytes`, if there are enough of them.
pub(super) fn module(bytes: &[u8]) -> Option<Vec<u8>> {
    let (head, rest) = bytes.split_first_chunk::<HEAD_BYTES>()?;
    let [a, b, c, d, ..] = *head;
    let mut random = Random::new(u64::from(u32::from_be_bytes([a, b, c, d])));
    let module = Module::new(config(&mut random), &mut Unstructured::new(rest)).ok()?;
    Some(module.to_bytes())
}

fn config(random: &mut Random) -> Config {
    Config {
        allow_floats: !random.one_in(8),
        allow_start_export: random.one_in(4),
        disallow_traps: random.one_in(2),
        export_everything: true,
        max_imports: 0,
        min_funcs: 1,
        max_funcs: *random.pick(&[1, 3, 8]),
        max_instructions: *random.pick(&[40, 150, 600]),
        max_globals: 8,
        max_data_segments: 6,
        max_element_segments: 6,
        max_elements: 20,
        min_memories: random.below(2) as u32,
        max_memories: *random.pick(&[1, 1, 3]),
        max_memory32_bytes: MEMORY_BYTES_MAX,
        max_memory64_bytes: u128::from(MEMORY_BYTES_MAX),
        memory_max_size_required: true,
        memory64_enabled: random.one_in(2),
        min_tables: random.below(2) as u32,
        max_tables: *random.pick(&[1, 1, 3]),
        max_table_elements: TABLE_LEN_MAX,
        table_max_size_required: true,
        max_types: 10,
        max_values: *random.pick(&[2, 10]),
        simd_enabled: !random.one_in(3),
        relaxed_simd_enabled: random.one_in(3),
        wide_arithmetic_enabled: random.one_in(2),
        tail_call_enabled: !random.one_in(4),
        extended_const_enabled: true,
        compact_imports_enabled: false,
        threads_enabled: false,
        gc_enabled: false,
        exceptions_enabled: false,
        ..Config::default()
    }
}
