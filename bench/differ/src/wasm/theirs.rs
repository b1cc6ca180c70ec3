//! The peer's side: wasmtime, with one NaN as ours.

use lockstep::wasm::{ValType, Value};
use wasmtime::{
    Collector, Config, Engine, Extern, ExternRef, ExternType, HeapType, Instance, Module, OptLevel,
    RegallocAlgorithm, Rooted, Store, Trap, Val,
};

use super::{
    outcome::{End, Outcome, Seen, Skip},
    script::{self, Call, Case},
};
use crate::random::Random;

/// Native stack of the peer's frames, below the campaign's.
const STACK_BYTES: usize = 2 << 20;
/// Times that each exported function of a random module is called.
const ROUNDS: usize = 4;

/// The peer.
pub struct Theirs {
    engine: Engine,
}

impl Theirs {
    pub fn new() -> Result<Self, String> {
        let mut config = Config::new();
        config
            .cranelift_nan_canonicalization(true)
            // Most of a campaign is the peer's compilation, and its answers are the same without passes.
            .cranelift_opt_level(OptLevel::None)
            .cranelift_regalloc_algorithm(RegallocAlgorithm::SinglePass)
            .generate_address_map(false)
            .memory_init_cow(false)
            .collector(Collector::Null)
            .max_wasm_stack(STACK_BYTES)
            .wasm_backtrace_max_frames(None)
            .wasm_multi_memory(true)
            .wasm_memory64(true)
            .wasm_tail_call(true)
            .wasm_simd(true)
            .wasm_extended_const(true)
            .wasm_wide_arithmetic(true)
            // As ours: of the results that are allowed, the one that every processor can give.
            .wasm_relaxed_simd(true)
            .relaxed_simd_deterministic(true);
        let engine = Engine::new(&config).map_err(|error| format!("wasmtime: {error:#}"))?;
        Ok(Self { engine })
    }

    /// What wasmtime makes of `case`, and of which calls: its own, or some of each exported function.
    pub fn run(&self, case: &Case, seed: u64) -> Result<(Vec<Call>, Outcome), Skip> {
        let mut outcome = Outcome::default();
        let module = match Module::new(&self.engine, &case.bytes) {
            Ok(module) => module,
            Err(error) => {
                outcome.refused = Some(format!("{error:#}"));
                return Ok((Vec::new(), outcome));
            }
        };
        let script = case.calls.clone().unwrap_or_else(|| calls(&module, seed));
        self.calls(&module, &script, &mut outcome)?;
        Ok((script, outcome))
    }

    fn calls(&self, module: &Module, script: &[Call], outcome: &mut Outcome) -> Result<(), Skip> {
        let mut store = Store::new(&self.engine, ());
        let instance = match Instance::new(&mut store, module, &[]) {
            Ok(instance) => instance,
            Err(error) => {
                outcome.instantiated = Some(trapped(&error)?);
                return Ok(());
            }
        };
        outcome.instantiated = Some(End::Values(Vec::new()));
        for call in script {
            outcome.calls.push(invoke(&mut store, instance, call)?);
        }
        let exports: Vec<(String, Extern)> =
            instance.exports(&mut store).map(|e| (e.name().to_owned(), e.into_extern())).collect();
        for (name, export) in exports {
            match export {
                Extern::Memory(memory) => {
                    outcome.memories.insert(name, memory.data(&store).to_vec());
                }
                Extern::Global(global) => {
                    let value = global.get(&mut store);
                    outcome.globals.insert(name, seen(&store, &value)?);
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// Some calls of each exported function.
fn calls(module: &Module, seed: u64) -> Vec<Call> {
    let mut random = Random::new(!seed);
    let mut calls = Vec::new();
    for _ in 0..ROUNDS {
        for export in module.exports() {
            let ExternType::Func(ty) = export.ty() else { continue };
            let types: Option<Vec<ValType>> = ty.params().map(|ty| val_type(&ty)).collect();
            let Some(types) = types else { continue };
            let args = types.into_iter().map(|ty| script::value(&mut random, ty)).collect();
            calls.push(Call { export: export.name().to_owned(), args });
        }
    }
    calls
}

fn invoke(store: &mut Store<()>, instance: Instance, call: &Call) -> Result<End, Skip> {
    let Some(func) = instance.get_func(&mut *store, &call.export) else {
        return Ok(End::Trap("no such export".to_owned()));
    };
    let mut args = Vec::with_capacity(call.args.len());
    for arg in &call.args {
        args.push(val(store, *arg)?);
    }
    let mut results = vec![Val::I32(0); func.ty(&*store).results().len()];
    match func.call(&mut *store, &args, &mut results) {
        Ok(()) => {
            let values: Result<_, Skip> = results.iter().map(|value| seen(store, value)).collect();
            Ok(End::Values(values?))
        }
        Err(error) => trapped(&error),
    }
}

fn trapped(error: &wasmtime::Error) -> Result<End, Skip> {
    let Some(trap) = error.downcast_ref::<Trap>() else {
        return Err(Skip::Reason(format!("they fail: {error:#}")));
    };
    let ours = match trap {
        Trap::MemoryOutOfBounds => lockstep::Trap::MemoryOutOfBounds,
        Trap::TableOutOfBounds => lockstep::Trap::TableOutOfBounds,
        Trap::IndirectCallToNull => lockstep::Trap::UninitializedElement,
        Trap::BadSignature => lockstep::Trap::SignatureMismatch,
        Trap::IntegerOverflow => lockstep::Trap::IntegerOverflow,
        Trap::IntegerDivisionByZero => lockstep::Trap::DivideByZero,
        Trap::BadConversionToInteger => lockstep::Trap::InvalidConversion,
        Trap::UnreachableCodeReached => lockstep::Trap::Unreachable,
        Trap::StackOverflow => return Err(Skip::Reason("their stack runs out".to_owned())),
        other => return Err(Skip::Reason(format!("they trap: {other}"))),
    };
    Ok(End::Trap(ours.to_string()))
}

fn val_type(ty: &wasmtime::ValType) -> Option<ValType> {
    Some(match ty {
        wasmtime::ValType::I32 => ValType::I32,
        wasmtime::ValType::I64 => ValType::I64,
        wasmtime::ValType::F32 => ValType::F32,
        wasmtime::ValType::F64 => ValType::F64,
        wasmtime::ValType::V128 => ValType::V128,
        wasmtime::ValType::Ref(ty) => match ty.heap_type() {
            HeapType::Func => ValType::FuncRef,
            HeapType::Extern => ValType::ExternRef,
            _ => return None,
        },
    })
}

fn val(store: &mut Store<()>, value: Value) -> Result<Val, Skip> {
    let broken = |error: wasmtime::Error| Skip::Reason(format!("they fail: {error:#}"));
    Ok(match value {
        Value::I32(bits) => Val::I32(bits as i32),
        Value::I64(bits) => Val::I64(bits as i64),
        Value::F32(bits) => Val::F32(bits),
        Value::F64(bits) => Val::F64(bits),
        Value::V128(bits) => Val::V128(bits.into()),
        Value::FuncRef(_) => Val::FuncRef(None),
        Value::ExternRef(None) => Val::ExternRef(None),
        Value::ExternRef(Some(number)) => {
            Val::ExternRef(Some(ExternRef::new(store, number).map_err(broken)?))
        }
    })
}

fn seen(store: &Store<()>, value: &Val) -> Result<Seen, Skip> {
    let (ty, bits) = match value {
        Val::I32(number) => (ValType::I32, u128::from(*number as u32)),
        Val::I64(number) => (ValType::I64, u128::from(*number as u64)),
        Val::F32(bits) => (ValType::F32, u128::from(*bits)),
        Val::F64(bits) => (ValType::F64, u128::from(*bits)),
        Val::V128(vector) => (ValType::V128, vector.as_u128()),
        Val::FuncRef(func) => (ValType::FuncRef, u128::from(func.is_some())),
        Val::ExternRef(reference) => (ValType::ExternRef, number(store, reference.as_ref())?),
        _ => return Err(Skip::Reason("a reference of another kind".to_owned())),
    };
    Ok(Seen { ty, bits })
}

fn number(store: &Store<()>, reference: Option<&Rooted<ExternRef>>) -> Result<u128, Skip> {
    let Some(reference) = reference else { return Ok(0) };
    let data = reference.data(store).map_err(|error| Skip::Reason(format!("{error:#}")))?;
    let number = data.and_then(|data| data.downcast_ref::<u64>()).copied();
    Ok(number.map_or(u128::MAX, |number| u128::from(number) + 1))
}
