//! What loading allocates, and what is refused.
#![expect(clippy::disallowed_types, reason = "full-size runs print times; nothing asserts one")]

use std::time::Instant;

use lockstep::wasm::LoadErrorKind;
use lockstep_guest::wasm::limits;
use lockstep_testkit::bomb;

use super::run::{alone, load_bytes, peak_bytes, process_status};

/// Bytes that loading may allocate for each byte of a module: what R-33d of our programme asks. The copy of the module is
/// one of them.
const PER_BYTE: usize = 8;
/// What an instruction of one byte or an item of four can cost beyond that, bounded by the limits on counts.
const BEYOND: usize = 32 << 20;

/// Bombs of a size that is admitted.
fn admitted(scale: usize) -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("many functions", bomb::many_functions(200_000 / scale)),
        ("empty functions", bomb::signatures(0, 200_000 / scale, false)),
        ("one large type, many functions", bomb::signatures(1000, 10_000 / scale, false)),
        ("one large type, many imports", bomb::signatures(1000, 900 / scale, true)),
        ("many locals", bomb::locals(limits::LOCAL_SLOTS_MAX as usize, 10_000 / scale)),
        ("exports", bomb::exports(100_000 / scale)),
        ("br_table", bomb::br_table(1_000_000 / scale)),
        ("nesting", bomb::nesting(49_000 / scale)),
        ("data segments", bomb::data_segments(100_000 / scale)),
        ("element segments", bomb::element_segments(100_000 / scale)),
        ("types", bomb::types(limits::TYPES_MAX as usize / scale)),
        ("a body", bomb::one_body(bomb::PATTERNS[0].1, limits::BODY_BYTES_MAX as usize - 100)),
    ]
}

fn check(scale: usize, is_timed: bool) {
    for (name, bytes) in admitted(scale) {
        let start = Instant::now();
        let (module, peak) = peak_bytes(|| load_bytes(&bytes));
        let time = start.elapsed();
        module.unwrap_or_else(|error| panic!("{name}: {error}"));
        let len = bytes.len();
        println!("{name}: {len} bytes, {peak} allocated, {:.1} a byte", peak as f64 / len as f64);
        if is_timed {
            println!("    loaded in {} ms", time.as_millis());
        }
        assert!(peak <= PER_BYTE * len + BEYOND / scale, "{name}: {peak} bytes for {len}");
    }
    if let Some(peak) = process_status("VmHWM").filter(|_| is_timed) {
        println!("most resident: {} MiB", peak / 1024);
    }
}

#[test]
fn loading_allocates_a_multiple_of_the_module_at_most() {
    let _alone = alone();
    check(20, false);
}

#[test]
#[ignore = "full size: tools/accept/wasm bombs"]
fn full_modules_load() {
    let _alone = alone();
    check(1, true);
}

#[test]
fn what_exceeds_a_limit_is_refused_by_its_name() {
    let _alone = alone();
    let cases = [
        ("functions", bomb::many_functions(200_001)),
        ("exports", bomb::exports(1_000_000)),
        ("slots of locals", bomb::locals(50_000, 10)),
        ("nested blocks", bomb::nesting(100_000)),
        ("labels of a br_table", bomb::br_table(1_000_001)),
        ("data segments", bomb::data_segments(100_001)),
        ("element segments", bomb::element_segments(100_001)),
        ("types", bomb::types(limits::TYPES_MAX as usize + 1)),
        ("parameters and results of all functions", bomb::signatures(1000, 10_001, false)),
        ("sizes of types of imports and exports", bomb::signatures(1000, 1001, true)),
        ("parameters", bomb::signatures(1001, 1, false)),
        ("bytes of a function", bomb::one_body(&[1], limits::BODY_BYTES_MAX as usize)),
    ];
    for (expected, bytes) in cases {
        let error = load_bytes(&bytes).expect_err(expected);
        match error.kind {
            LoadErrorKind::Limit { what, .. } => assert_eq!(what, expected),
            other => panic!("{expected}: {other:?}"),
        }
    }
}
