//! The checked way to build: programs of every guest verify after each pass, and each of their blocks leaves the same in every
//! tier.
//!
//! ```text
//! cargo test --release -p lockstep-testkit --test blocks
//! LOCKSTEP_CHECK=FILE LOCKSTEP_SAMPLES=100 cargo test --release -p lockstep-testkit --test blocks named -- --nocapture
//! ```
#![forbid(unsafe_code)]
#![allow(missing_docs, reason = "tests")]

use std::{env, fs, path::Path, sync::Arc};

use lockstep::{Fork, decode_hex};
use lockstep_guest::{ebpf, evm, wasm};
use lockstep_ir::{Func, FuncId, Functions, Interface, Module, Verified, pass::Whole};
use lockstep_testkit::{
    blocks::{Tally, check},
    corpus, generate,
};

/// States of each block in an ordinary run.
const SAMPLES: u64 = 12;
const SEED: u64 = 1;

fn samples() -> u64 {
    let given = env::var("LOCKSTEP_SAMPLES").ok();
    given.map_or(SAMPLES, |count| count.parse().expect("LOCKSTEP_SAMPLES is a number"))
}

/// Checks a program, and says what was compared.
#[track_caller]
fn checked(name: &str, program: &dyn Functions) -> Tally {
    let tally = check(program, samples(), SEED).unwrap_or_else(|what| panic!("{name}: {what}"));
    println!("{name}: {tally}");
    tally
}

fn sum(tallies: impl Iterator<Item = Tally>) -> Tally {
    tallies.fold(Tally::default(), |sum, tally| Tally {
        functions: sum.functions + tally.functions,
        blocks: sum.blocks + tally.blocks,
        left_out: sum.left_out + tally.left_out,
        runs: sum.runs + tally.runs,
        without: sum.without + tally.without,
    })
}

/// A module in dMIR as a program that makes its functions one by one.
struct Made {
    module: Verified<Module>,
    interface: Arc<Interface>,
}

impl Functions for Made {
    fn interface(&self) -> &Arc<Interface> {
        &self.interface
    }

    fn lower(&self, func: FuncId, out: &mut Func) {
        out.clone_from(&self.module.funcs[func]);
    }
}

fn evm_program(code: Vec<u8>) -> Whole {
    let program = evm::Program::new(code.into(), Fork::LATEST, evm::Mode::Plain);
    Whole::new(Arc::new(program))
}

/// The program of a file, by what it begins with.
fn file(path: &Path) -> Result<Box<dyn Functions>, String> {
    let bytes = fs::read(path).map_err(|error| error.to_string())?;
    Ok(match bytes.get(..4) {
        Some(b"\0asm") => {
            let module = wasm::Module::load(bytes.into(), &wasm::Config::default());
            Box::new(module.map_err(|error| error.to_string())?)
        }
        Some(b"\x7fELF") => {
            let module = ebpf::Module::load(&bytes, &lockstep::ebpf::tos_config());
            Box::new(module.map_err(|error| error.to_string())?)
        }
        _ => {
            let text = String::from_utf8(bytes).map_err(|error| error.to_string())?;
            // A measured case is an object with the code in it.
            let case = serde_json::from_str::<serde_json::Value>(&text).ok();
            let code = case.as_ref().and_then(|case| case["code"].as_str());
            let code =
                decode_hex(code.unwrap_or(text.trim())).map_err(|error| error.to_string())?;
            Box::new(evm_program(code))
        }
    })
}

fn example(name: &str) -> Tally {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(name);
    let program = file(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
    checked(name, &*program)
}

#[test]
fn blocks_of_the_corpus_leave_the_same_in_every_tier() {
    let programs = corpus::programs().into_iter().map(|program| {
        let interface = Arc::new(program.module.interface.clone());
        checked(&program.name, &Made { module: program.module, interface })
    });
    let all = sum(programs);
    println!("in all: {all}");
    assert!(all.blocks > 500 && all.runs > 20 * all.without, "{all}");
}

#[test]
fn blocks_of_examples_leave_the_same_in_every_tier() {
    let names = [
        "token.hex",
        "till.hex",
        "token.wasm",
        "vault/token.wasm",
        "ebpf/counter.o",
        "ebpf/hello.o",
        "ebpf/share.o",
        "ebpf/token.o",
    ];
    let all = sum(names.into_iter().map(example));
    println!("in all: {all}");
    // A switch of many arms has an end for each, and together they need a larger frame than there is.
    assert!(all.blocks > 200 && all.runs > 20 * all.without, "{all}");
}

#[test]
fn blocks_of_generated_programs_leave_the_same_in_every_tier() {
    let all = (0..60).map(|seed| {
        let case = generate::case(seed);
        checked(&format!("seed {seed}"), &evm_program(case.code))
    });
    let all = sum(all);
    assert!(all.blocks > 200 && all.without == 0, "{all}");
}

#[test]
fn the_named_program_leaves_the_same_in_every_tier() {
    let Some(path) = env::var_os("LOCKSTEP_CHECK") else {
        println!("SKIPPED: LOCKSTEP_CHECK names no file");
        return;
    };
    let path = Path::new(&path);
    let program = file(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    checked(&path.display().to_string(), &*program);
}
