//! A module without imports on all tiers: results, memories, globals, traps and gas must be equal.

use std::collections::BTreeMap;

use lockstep::{
    Heat, Options, Tier,
    wasm::{CallEnd, Config, Extern, Instance, Instances, Module, Pool, ValType, Value},
};

use crate::random::Random;

/// Pages of a memory to begin with, at most.
const PAGES_MAX: u64 = 64;
/// Elements of a table to begin with, at most.
const TABLE_LEN_MAX: u64 = 1 << 12;
/// Functions that are called, at most.
const FUNCS_MAX: usize = 16;
/// Times that each is called.
const ROUNDS: u64 = 2;

/// How a module is run.
#[derive(Debug, Clone, Copy)]
pub(super) struct How {
    /// Gas of the instantiation, and of each call.
    pub gas: u64,
    /// What arguments are made from.
    pub seed: u64,
}

/// What a tier made of a module.
#[derive(Debug, Default, PartialEq)]
struct Seen {
    /// How each instantiation and call ended, and the gas left.
    ends: Vec<(String, u64)>,
    memories: BTreeMap<String, Vec<u8>>,
    globals: BTreeMap<String, Value>,
}

/// Runs the module in `bytes`, if it is one, imports nothing and is small.
///
/// # Panics
///
/// When tiers differ.
pub(super) fn tiers(bytes: &[u8], how: How) {
    let Ok(module) = Module::load(bytes, &Config::default()) else { return };
    let guest = module.guest();
    let is_small = guest.memories().iter().all(|memory| memory.min_pages <= PAGES_MAX)
        && guest.tables().iter().all(|table| table.min <= TABLE_LEN_MAX);
    if guest.imports().is_empty() && is_small {
        let expected = run(&module, Tier::Evaluator, how);
        for tier in [Tier::Interpreter, Tier::Optimizing, Tier::Adaptive] {
            compare(tier, &run(&module, tier, how), &expected);
        }
    }
}

fn compare(tier: Tier, got: &Seen, expected: &Seen) {
    for (number, ends) in got.ends.iter().zip(&expected.ends).enumerate() {
        assert_eq!(ends.0, ends.1, "{tier}, then evaluator, of call {number}");
    }
    for (name, bytes) in &expected.memories {
        let got = &got.memories[name];
        let at = got.iter().zip(bytes).position(|(got, expected)| got != expected);
        assert_eq!((at, got.len()), (None, bytes.len()), "memory {name}");
    }
    assert_eq!(got, expected, "{tier}, then evaluator");
}

fn run(module: &Module, tier: Tier, how: How) -> Seen {
    let mut seen = Seen::default();
    // Some functions are hot where they begin, and some when they are called again.
    let pool = Pool::default().with_heat(Heat::of(how.seed % 3).awaited());
    let instances = Instances::in_pool(&pool, (), Options { tier });
    let mut instances = instances.expect("address space for a store");
    let mut gas = how.gas;
    let made = instances.instantiate(module, &[], &mut gas);
    let end = made.as_ref().map_or_else(ToString::to_string, |_| "instantiated".to_owned());
    seen.ends.push((end, gas));
    let Ok(instance) = made else { return seen };
    let mut random = Random::new(how.seed);
    for _ in 0..ROUNDS {
        call_all(&mut instances, instance, (&mut random, how.gas), &mut seen);
    }
    for export in module.guest().exports() {
        let name = export.name.to_string();
        match instances.export(instance, &export.name) {
            Some(Extern::Memory(memory)) => {
                seen.memories.insert(name, instances.memory_read(memory));
            }
            Some(Extern::Global(global)) => {
                seen.globals.insert(name, instances.global_get(global));
            }
            _ => {}
        }
    }
    seen
}

/// Calls every exported function with arguments of its types.
fn call_all(
    instances: &mut Instances<()>,
    instance: Instance,
    (random, gas): (&mut Random, u64),
    seen: &mut Seen,
) {
    let names: Vec<String> = instances
        .module(instance)
        .guest()
        .exports()
        .iter()
        .map(|export| export.name.to_string())
        .collect();
    let funcs = names.iter().filter_map(|name| match instances.export(instance, name) {
        Some(Extern::Func(func)) => Some(func),
        _ => None,
    });
    for func in funcs.take(FUNCS_MAX).collect::<Vec<_>>() {
        let params = instances.func_type(func).params.clone();
        let args: Vec<Value> = params.iter().map(|ty| value(random, *ty)).collect();
        let mut gas = gas;
        let end = match instances.call(func, &args, &mut gas) {
            Ok(CallEnd::Trap(trap)) => format!("trap {trap}"),
            Ok(end) => format!("{end:x?}"),
            Err(error) => error.to_string(),
        };
        seen.ends.push((end, gas));
    }
}

/// The bits of a number in both widths: a whole number, half of one, one out of reach, NaN, or any bits.
fn number(random: &mut Random, whole: i64, bits: u64) -> (u64, u32) {
    let number = match random.below(6) {
        0 => return (bits, bits as u32),
        1 => f64::NAN,
        2 => f64::INFINITY,
        3 => -0.0,
        4 => whole as f64,
        _ => whole as f64 * 0.5,
    };
    (number.to_bits(), (number as f32).to_bits())
}

/// A value, often at a border of its type.
fn value(random: &mut Random, ty: ValType) -> Value {
    let bits = random.word().into_limbs()[0];
    match ty {
        ValType::I32 => Value::I32(bits as u32),
        ValType::I64 => Value::I64(bits),
        ValType::F32 => Value::F32(number(random, bits as i64, bits).1),
        ValType::F64 => Value::F64(number(random, bits as i64, bits).0),
        ValType::V128 => Value::V128(u128::from(bits) << 64 | u128::from(random.next())),
        ValType::FuncRef => Value::FuncRef(None),
        ValType::ExternRef => Value::ExternRef(random.one_in(2).then_some(bits & 7)),
    }
}
