//! `lockstep_testkit::fuzz::wasm_text` on whatever the fuzzer makes.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| lockstep_testkit::fuzz::wasm_text(bytes));
