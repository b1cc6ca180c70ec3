//! The largest that is admitted runs, and what there is not room for is refused where the specification lets it be.

mod forms;
mod growth;
mod guard;
mod host;
mod native;
mod partly;
mod pool;
mod retry;
mod tables;
mod warm;

use super::*;
use crate::{heat::Heat, tier::Tier, vm::Options};
use lockstep_guest::wasm::limits;
use lockstep_rt::Trap;

const GAS: u64 = 1 << 40;
/// The globals of [`GLOBALS`], one for each type, and what they hold.
const TYPES: [&str; 6] = ["i32", "i64", "f32", "f64", "v128", "externref"];
const GLOBALS: &str = "
    (global $i32 (mut i32) (i32.const 1)) (global $i64 (mut i64) (i64.const 2))
    (global $f32 (mut f32) (f32.const 3)) (global $f64 (mut f64) (f64.const 4))
    (global $v128 (mut v128) (v128.const i64x2 5 6))
    (global $externref (mut externref) (ref.null extern))";
const VECTOR: Value = Value::V128(5 | 6 << 64);

fn load(text: &str) -> Module {
    let bytes = wat::parse_str(text).expect("the test is well-formed");
    Module::load(&bytes, &Config::default()).expect("the module is valid")
}

fn instances(tier: Tier) -> Instances<()> {
    let options = Options { tier };
    Instances::new((), options).expect("there is address space")
}

/// Instances on a host, in every way that code runs: each tier, what is hot from the start, machine code that relies on guard
/// pages.
fn everywhere<H: Clone>(host: H) -> Vec<(String, Instances<H>)> {
    let hot = Pool::default().with_heat(Heat::of(0).awaited());
    let on = |pool: &Pool, tier| {
        let made = Instances::in_pool(pool, host.clone(), Options { tier });
        made.expect("there is address space")
    };
    let tiers = Tier::ALL.iter().map(|tier| (tier.to_string(), on(&Pool::default(), *tier)));
    let others = [
        ("hot at once".to_owned(), on(&hot, Tier::Adaptive)),
        ("guarded".to_owned(), on(&Pool::guarded(), Tier::Optimizing)),
    ];
    tiers.chain(others).collect()
}

/// What calling the export `run` without arguments ends with, the same in all tiers.
fn run(text: &str) -> CallEnd {
    let module = load(text);
    let ends = Tier::ALL.iter().map(|tier| {
        let (mut all, mut gas) = (instances(*tier), GAS);
        let instance = all.instantiate(&module, &[], &mut gas).expect("the module has an instance");
        let Some(Extern::Func(func)) = all.export(instance, "run") else { panic!("no export") };
        (all.call(func, &[], &mut gas).expect("the machine is well"), gas)
    });
    let ends: Vec<_> = ends.collect();
    assert!(ends.iter().all(|end| *end == ends[0]), "tiers agree: {ends:?}");
    ends.into_iter().next().expect("there are tiers").0
}

/// As many operands of each type as there may be, one type after the other, each in its canonical variable.
fn all_canonical() -> String {
    let full = limits::OPERANDS_MAX as usize - 1;
    let mut text = String::new();
    for ty in TYPES {
        text += &format!("global.get ${ty} ").repeat(full);
        text += "(block (br_if 0 (global.get $i32))) ";
        text += &"drop ".repeat(full);
    }
    text
}

#[test]
fn the_largest_frame_runs() {
    let many = "v128 ".repeat(limits::RESULTS_MAX as usize);
    let operands = "global.get $v128 ".repeat(limits::PARAMS_MAX as usize);
    let locals = limits::LOCAL_SLOTS_MAX as usize / 2 - limits::PARAMS_MAX as usize;
    let locals = "v128 ".repeat(locals);
    let (body, drop) = (all_canonical(), "drop ".repeat(limits::RESULTS_MAX as usize));
    let end = run(&format!(
        "(module {GLOBALS}
          (type $many (func (param {many}) (result {many})))
          (table funcref (elem $small))
          (func $small (type $many) {operands})
          (func $large (type $many) (local {locals})
            {body} {operands} call $small {drop} {operands} return_call $small)
          (func $tail (type $many) (local {locals})
            {body} {operands} (return_call_indirect (type $many) (i32.const 0)))
          (func (export \"run\") (result {many})
            {operands} call $large call $tail call $large))"
    ));
    assert_eq!(end, CallEnd::Values(vec![VECTOR; limits::RESULTS_MAX as usize]));
}

/// A block of dMIR as long as a body lets it be: what is used up makes room.
#[test]
fn a_long_block_needs_no_large_frame() {
    for (ty, fold) in [("i32", "i32.xor"), ("i64", "i64.xor"), ("v128", "v128.xor")] {
        let ops = format!("global.get ${ty} {fold} ").repeat(40_000);
        let end = run(&format!(
            "(module {GLOBALS} (func (export \"run\") (result {ty}) global.get ${ty} {ops}))"
        ));
        let expected = match ty {
            "i32" => Value::I32(1),
            "i64" => Value::I64(2),
            _ => VECTOR,
        };
        assert_eq!(end, CallEnd::Values(vec![expected]), "{ty}");
    }
}

/// Frames of the largest size, as deep as the depth limit lets them be.
#[test]
fn large_frames_stop_at_the_depth_limit() {
    let body = all_canonical();
    for locals in [0, limits::LOCAL_SLOTS_MAX as usize] {
        let locals = "i64 ".repeat(locals);
        let end = run(&format!(
            "(module {GLOBALS} (func $run (export \"run\") (local {locals}) {body} call $run))"
        ));
        assert_eq!(end, CallEnd::Trap(Trap::DepthExceeded), "{} locals", locals.len() / 4);
    }
}

#[test]
fn a_module_that_declares_too_much_is_valid_and_has_no_instance() {
    let cases = [
        ("(memory i64 65537)", "pages of a memory", limits::MEMORY_PAGES_MAX, 65_537),
        ("(memory i64 0x1_0000_0000_0000)", "pages of a memory", 65_536, 1 << 48),
        ("(table 10000001 funcref)", "elements of a table", 10_000_000, 10_000_001),
        ("(table i64 0x1_0000_0000 funcref)", "elements of a table", 10_000_000, 1 << 32),
    ];
    for (text, what, limit, found) in cases {
        let module = load(&format!("(module {text})"));
        let made = instances(Tier::Interpreter).instantiate(&module, &[], &mut GAS.clone());
        assert_eq!(made, Err(InstantiateError::Limit { what, limit, found }), "{text}");
    }
}

#[test]
fn an_empty_segment_past_the_end_traps() {
    let cases = [
        ("(memory 1) (data (i32.const 65537))", Trap::MemoryOutOfBounds),
        ("(table 1 funcref) (elem (i32.const 2))", Trap::TableOutOfBounds),
    ];
    for (text, trap) in cases {
        let module = load(&format!("(module {text})"));
        let made = instances(Tier::Interpreter).instantiate(&module, &[], &mut GAS.clone());
        assert_eq!(made, Err(InstantiateError::Trap(trap)), "{text}");
    }
}
