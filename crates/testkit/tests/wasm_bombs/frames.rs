//! Frames of random shapes, as deep as they fit: every tier ends at the same call with the same gas, on a thread with little
//! stack.

use lockstep::{
    Tier, Trap,
    wasm::{CallEnd, Extern, Value},
};
use lockstep_testkit::frames::{EXPORTED, recursion};

use super::run::{GAS, TIERS, alone, call, hot, in_a_small_thread, instances, load};

/// Modules of an ordinary run.
const SEEDS: u64 = if cfg!(debug_assertions) { 12 } else { 300 };

/// How a module ends, the gas left, and all its globals; and how many functions have machine code.
fn seen(text: &str, tier: Tier) -> ((CallEnd, u64, Vec<Value>), u64) {
    let text = text.to_owned();
    in_a_small_thread(move || {
        let pool = hot();
        let (mut all, module) = (instances(&pool, tier), load(&text));
        let made = all.instantiate(&module, &[], &mut GAS.clone()).expect("an instance");
        let mut gas = GAS;
        let end = call(&mut all, made, "main", &[], &mut gas);
        let globals = EXPORTED.map(|name| match all.export(made, name) {
            Some(Extern::Global(global)) => all.global_get(global),
            _ => panic!("no global {name}"),
        });
        let compiled = module.native_statistics().compiled;
        ((end, gas, globals.to_vec()), compiled)
    })
}

#[test]
fn frames_of_every_shape_end_at_one_depth_in_every_tier() {
    let _alone = alone();
    let first = std::env::var("LOCKSTEP_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(0);
    let count = std::env::var("LOCKSTEP_SEEDS").ok().and_then(|text| text.parse().ok());
    let (mut returned, mut deep, mut compiled) = (0, 0, 0);
    let count = count.unwrap_or(SEEDS);
    for seed in first..first + count {
        let module = recursion(seed);
        let ends = TIERS.map(|tier| seen(&module.text, tier));
        for (tier, (end, functions)) in TIERS.into_iter().zip(&ends) {
            assert_eq!(*end, ends[0].0, "seed {seed}: {tier}, then {}", TIERS[0]);
            compiled += u64::from(tier == Tier::Optimizing && *functions > 0);
        }
        match (&ends[0].0.0, module.calls) {
            (CallEnd::Values(values), Some(calls)) => {
                assert!(values.is_empty());
                assert_eq!(ends[0].0.2[0], Value::I64(calls), "seed {seed}");
                returned += 1;
            }
            (CallEnd::Trap(Trap::DepthExceeded), _) => deep += 1,
            (end, calls) => panic!("seed {seed} ends in {end:?} after {calls:?} calls"),
        }
    }
    println!("{returned} of {count} return, {deep} are too deep, {compiled} have machine code");
    assert!(returned * 4 >= count && deep * 4 >= count, "{returned} return, {deep} are too deep");
    assert!(compiled * 10 >= count * 9, "{compiled} of {count} have machine code");
}
