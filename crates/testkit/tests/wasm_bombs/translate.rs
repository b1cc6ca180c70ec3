//! What translating a function makes is linear in its bytes.
#![expect(clippy::disallowed_types, reason = "full-size runs print times; nothing asserts one")]

use std::{sync::Arc, time::Instant};

use lockstep_guest::wasm::{Config, Module};
use lockstep_interp::Code;
use lockstep_ir::{Func, FuncId, Functions, verify_function};
use lockstep_testkit::bomb;

use super::run::{alone, peak_bytes, process_status};

/// dMIR instructions, lines of register bytecode, and bytes allocated, for one function of `bytes` of `pattern`.
fn work(pattern: &[u8], bytes: usize) -> [usize; 3] {
    let module = Module::load(bomb::one_body(pattern, bytes).into(), &Config::default());
    let module = Arc::new(module.expect("the bomb is valid"));
    let code = Code::functions(module.clone());
    let mut func = Func::default();
    let (insts, peak) = peak_bytes(|| {
        module.lower(FuncId(0), &mut func);
        func.insts.len() + func.blocks.iter().count()
    });
    let verified = verify_function(module.interface(), FuncId(0), &func);
    let lines = code.list(verified.expect("what a guest makes verifies"));
    [insts, lines.expect("the function fits the tier").len(), peak]
}

/// Twice the bytes are at most twice the work, give or take what a function takes at least, over four doublings: R-33b grants
/// 2.3. Vectors grow by doubling, so that bytes allocated go up in steps, which even out over two.
fn check(first: usize) {
    for (name, pattern) in bomb::PATTERNS {
        let all: Vec<_> = (0..5).map(|doubling| work(pattern, first << doubling)).collect();
        for (kind, slack, apart) in [(0, 64, 1), (1, 64, 1), (2, 1 << 16, 2)] {
            for (before, now) in all.iter().zip(&all[apart..]) {
                let most = (0..apart).fold(before[kind], |most, _| most * 23 / 10) + slack;
                assert!(now[kind] <= most, "{name}: {before:?}, then {now:?}");
            }
        }
        println!("{name}, {} bytes: {:?} (dMIR, lines, allocated)", first << 4, all.last());
    }
}

#[test]
fn translating_is_linear_in_the_body() {
    let _alone = alone();
    check(2000);
}

#[test]
#[ignore = "full size: tools/accept/wasm bombs"]
fn full_bodies_translate() {
    let _alone = alone();
    for (name, pattern) in bomb::PATTERNS {
        for bytes in [7_600_000 / 16, 7_600_000 / 8, 7_600_000 / 4, 7_600_000 / 2, 7_600_000] {
            let module = Module::load(bomb::one_body(pattern, bytes).into(), &Config::default());
            let module = module.expect("the bomb is valid");
            let start = Instant::now();
            let mut func = Func::default();
            module.lower(FuncId(0), &mut func);
            verify_function(module.interface(), FuncId(0), &func).expect("verifies");
            println!("{name}, {bytes} bytes: lowered in {} ms", start.elapsed().as_millis());
        }
    }
    if let Some(peak) = process_status("VmHWM") {
        println!("most resident: {} MiB", peak / 1024);
    }
}
