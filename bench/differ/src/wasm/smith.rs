//! Whole modules from wasm-smith, which counts their steps by itself: both sides run out at the same instruction.

use arbitrary::Unstructured;
use wasm_smith::{Config, Module};

use super::{outcome::Skip, script::Case};
use crate::random::Random;

/// Loops and calls of an instance, and pages and elements that it grows by.
const FUEL: u32 = 2_000;
/// Bytes that a module is made from.
const BYTES: (u64, u64) = (2_000, 16_000);
/// A shorter module does next to nothing: most are, so that a seed tries a few times.
const MODULE_BYTES_MIN: usize = 1_500;
const TRIES: u64 = 8;
/// Declared at most: growth up to it succeeds on both sides.
const MEMORY_BYTES_MAX: u64 = 4 << 16;
const TABLE_ELEMENTS_MAX: u64 = 64;

/// The module of `seed`; each is made under rules of its own.
pub fn case(seed: u64) -> Result<Case, Skip> {
    let mut random = Random::new(seed);
    let mut bytes = Vec::new();
    for _ in 0..TRIES {
        bytes = module(&mut random)?;
        if bytes.len() >= MODULE_BYTES_MIN {
            break;
        }
    }
    Ok(Case { name: "wasm-smith".to_owned(), bytes, calls: None })
}

fn module(random: &mut Random) -> Result<Vec<u8>, Skip> {
    let config = config(random);
    let len = random.between(BYTES.0, BYTES.1);
    let bytes: Vec<u8> = (0..len).map(|_| random.bits() as u8).collect();
    let unmade = |error: &dyn std::fmt::Display| Skip::Reason(format!("wasm-smith: {error}"));
    let mut module = Module::new(config, &mut Unstructured::new(&bytes)).map_err(|e| unmade(&e))?;
    module.ensure_termination(FUEL).map_err(|e| unmade(&e))?;
    Ok(module.to_bytes())
}

fn config(random: &mut Random) -> Config {
    Config {
        allow_floats: !random.chance(250),
        allow_start_export: random.chance(200),
        disallow_traps: random.chance(600),
        export_everything: true,
        max_imports: 0,
        min_funcs: 2,
        max_funcs: random.pick(&[2, 6, 12]),
        max_instructions: random.pick(&[100, 300, 1000]),
        max_globals: 8,
        max_data_segments: 6,
        max_element_segments: 6,
        min_memories: random.below(2) as u32,
        max_memories: random.pick(&[1, 1, 3]),
        max_memory32_bytes: MEMORY_BYTES_MAX,
        max_memory64_bytes: u128::from(MEMORY_BYTES_MAX),
        memory_max_size_required: true,
        memory64_enabled: random.chance(400),
        min_tables: random.below(2) as u32,
        max_tables: random.pick(&[1, 1, 3]),
        max_table_elements: TABLE_ELEMENTS_MAX,
        table_max_size_required: true,
        max_types: 10,
        max_values: random.pick(&[2, 10]),
        simd_enabled: random.chance(700),
        tail_call_enabled: random.chance(800),
        bulk_memory_enabled: true,
        reference_types_enabled: true,
        multi_value_enabled: true,
        extended_const_enabled: true,
        // Some of its instructions have several results (`rows`).
        relaxed_simd_enabled: false,
        wide_arithmetic_enabled: random.chance(300),
        compact_imports_enabled: false,
        threads_enabled: false,
        gc_enabled: false,
        exceptions_enabled: false,
        ..Config::default()
    }
}
