//! The second peer: wasmi, for modules without floats, whose NaNs it would leave to the processor, and without the vectors
//! and memories of 64 bits that it is not built with here.

use lockstep::wasm::{ValType, Value};
use wasmi::{Config, Engine, Extern, ExternRef, Instance, Module, Nullable, Store, TrapCode, Val};
use wasmparser::{Parser, Payload};

use super::{
    outcome::{End, Outcome, Seen, Skip},
    script::{Call, Case},
};

/// The peer.
pub struct Second {
    engine: Engine,
}

impl Second {
    pub fn new() -> Self {
        let mut config = Config::default();
        config
            .wasm_multi_memory(true)
            .wasm_tail_call(true)
            .wasm_extended_const(true)
            .wasm_wide_arithmetic(true);
        Self { engine: Engine::new(&config) }
    }

    /// What wasmi makes of `case`, if it takes such modules.
    pub fn run(&self, case: &Case, script: &[Call]) -> Result<Option<Outcome>, Skip> {
        if has_floats(&case.bytes) {
            return Ok(None);
        }
        let Ok(module) = Module::new(&self.engine, &case.bytes) else { return Ok(None) };
        let mut outcome = Outcome::default();
        let mut store = Store::new(&self.engine, ());
        let instance = match Instance::new(&mut store, &module, &[]) {
            Ok(instance) => instance,
            Err(error) => {
                outcome.instantiated = Some(trapped(&error)?);
                return Ok(Some(outcome));
            }
        };
        outcome.instantiated = Some(End::Values(Vec::new()));
        for call in script {
            outcome.calls.push(invoke(&mut store, instance, call)?);
        }
        for export in module.exports() {
            let name = export.name().to_owned();
            match instance.get_export(&store, &name) {
                Some(Extern::Memory(memory)) => {
                    outcome.memories.insert(name, memory.data(&store).to_vec());
                }
                Some(Extern::Global(global)) => {
                    outcome.globals.insert(name, seen(&store, &global.get(&store))?);
                }
                _ => {}
            }
        }
        Ok(Some(outcome))
    }
}

/// Whether an instruction has to do with floats.
fn has_floats(bytes: &[u8]) -> bool {
    let bodies = Parser::new(0).parse_all(bytes).filter_map(|payload| match payload {
        Ok(Payload::CodeSectionEntry(body)) => body.get_operators_reader().ok(),
        _ => None,
    });
    bodies.flat_map(IntoIterator::into_iter).flatten().any(|operator| {
        let name = format!("{operator:?}");
        name.contains("F32") || name.contains("F64")
    })
}

fn invoke(store: &mut Store<()>, instance: Instance, call: &Call) -> Result<End, Skip> {
    let Some(func) = instance.get_func(&*store, &call.export) else {
        return Ok(End::Trap("no such export".to_owned()));
    };
    let args: Vec<Val> = call.args.iter().map(|arg| val(store, *arg)).collect();
    let mut results = vec![Val::I32(0); func.ty(&*store).results().len()];
    match func.call(&mut *store, &args, &mut results) {
        Ok(()) => {
            let values: Result<_, Skip> = results.iter().map(|value| seen(store, value)).collect();
            Ok(End::Values(values?))
        }
        Err(error) => trapped(&error),
    }
}

fn trapped(error: &wasmi::Error) -> Result<End, Skip> {
    let ours = match error.as_trap_code() {
        Some(TrapCode::MemoryOutOfBounds) => lockstep::Trap::MemoryOutOfBounds,
        Some(TrapCode::TableOutOfBounds) => lockstep::Trap::TableOutOfBounds,
        Some(TrapCode::IndirectCallToNull) => lockstep::Trap::UninitializedElement,
        Some(TrapCode::BadSignature) => lockstep::Trap::SignatureMismatch,
        Some(TrapCode::IntegerOverflow) => lockstep::Trap::IntegerOverflow,
        Some(TrapCode::IntegerDivisionByZero) => lockstep::Trap::DivideByZero,
        Some(TrapCode::BadConversionToInteger) => lockstep::Trap::InvalidConversion,
        Some(TrapCode::UnreachableCodeReached) => lockstep::Trap::Unreachable,
        _ => return Err(Skip::Reason(format!("wasmi fails: {error}"))),
    };
    Ok(End::Trap(ours.to_string()))
}

fn val(store: &mut Store<()>, value: Value) -> Val {
    match value {
        Value::I32(bits) => Val::I32(bits as i32),
        Value::I64(bits) => Val::I64(bits as i64),
        Value::F32(bits) => Val::F32(wasmi::F32::from_bits(bits)),
        Value::F64(bits) => Val::F64(wasmi::F64::from_bits(bits)),
        // It refuses modules that take them.
        Value::V128(_) | Value::FuncRef(_) => Val::FuncRef(Nullable::Null),
        Value::ExternRef(None) => Val::ExternRef(Nullable::Null),
        Value::ExternRef(Some(number)) => {
            Val::ExternRef(Nullable::Val(ExternRef::new(store, number)))
        }
    }
}

fn seen(store: &Store<()>, value: &Val) -> Result<Seen, Skip> {
    let (ty, bits) = match value {
        Val::I32(number) => (ValType::I32, u128::from(*number as u32)),
        Val::I64(number) => (ValType::I64, u128::from(*number as u64)),
        Val::F32(float) => (ValType::F32, u128::from(float.to_bits())),
        Val::F64(float) => (ValType::F64, u128::from(float.to_bits())),
        Val::FuncRef(func) => (ValType::FuncRef, u128::from(func.val().is_some())),
        Val::ExternRef(reference) => {
            let number = reference.val().and_then(|held| held.data(store).downcast_ref::<u64>());
            (ValType::ExternRef, number.map_or(0, |number| u128::from(*number) + 1))
        }
        Val::V128(_) => return Err(Skip::Reason("wasmi shows a vector".to_owned())),
    };
    Ok(Seen { ty, bits })
}
