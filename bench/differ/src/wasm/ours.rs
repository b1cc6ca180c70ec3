//! Lockstep's side.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
};

use lockstep::{
    Options, Tier, Trap,
    wasm::{
        CallEnd, Config, Extern, Instance, Instances, InstantiateError, LoadErrorKind, Module,
        Pool, Value,
    },
};

use super::{
    outcome::{End, Outcome, Seen, Skip},
    script::{Call, Case},
};

/// Gas of a case: more than the fuel that the module itself counts can use.
const GAS: u64 = 1 << 44;

/// How our side runs.
#[derive(Debug, Clone, Copy)]
pub struct Way {
    pub tier: Tier,
    /// Whether memories lie between guard pages.
    pub is_guarded: bool,
}

impl Way {
    /// All ways of a tier.
    pub fn of(tier: Tier) -> impl Iterator<Item = Self> {
        let guarded = (tier == Tier::Optimizing).then_some(true);
        std::iter::once(false).chain(guarded).map(move |is_guarded| Self { tier, is_guarded })
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.tier, if self.is_guarded { ", guard pages" } else { "" })
    }
}

/// What we make of `case`.
pub fn run(case: &Case, script: &[Call], way: Way) -> Result<Outcome, Skip> {
    let module = match Module::load(&case.bytes, &Config::default()) {
        Ok(module) => module,
        Err(error) => {
            return match error.kind {
                LoadErrorKind::Unsupported(what) => Err(Skip::Reason(format!("we lack {what}"))),
                LoadErrorKind::Limit { what, .. } => Err(Skip::Reason(format!("too many {what}"))),
                _ => Ok(Outcome { refused: Some(error.to_string()), ..Outcome::default() }),
            };
        }
    };
    let mut outcome = Outcome::default();
    let pool = if way.is_guarded { Pool::guarded() } else { Pool::default() };
    let instances = Instances::in_pool(&pool, (), Options { tier: way.tier });
    let mut instances = instances.map_err(|error| Skip::Broken(error.to_string()))?;
    let run = catch_unwind(AssertUnwindSafe(|| {
        let Some(instance) = instantiate(&mut instances, &module, &mut outcome)? else {
            return Ok(());
        };
        for call in script {
            let mut gas = GAS;
            let end = invoke(&mut instances, instance, call, &mut gas)?;
            outcome.calls.push(end);
            outcome.gas += GAS - gas;
        }
        look(&instances, instance, &module, &mut outcome);
        Ok(())
    }));
    match run {
        Ok(Ok(())) => {}
        Ok(Err(skip)) => return Err(skip),
        Err(payload) => {
            let text = payload.downcast_ref::<String>().cloned();
            let text = text.or_else(|| payload.downcast_ref::<&str>().map(|&text| text.to_owned()));
            outcome.calls.push(End::Panic(text.unwrap_or_default()));
        }
    }
    Ok(outcome)
}

fn instantiate(
    instances: &mut Instances<()>,
    module: &Module,
    outcome: &mut Outcome,
) -> Result<Option<Instance>, Skip> {
    match instances.instantiate(module, &[], &mut GAS.clone()) {
        Ok(instance) => {
            outcome.instantiated = Some(End::Values(Vec::new()));
            Ok(Some(instance))
        }
        Err(InstantiateError::Trap(trap)) => {
            outcome.instantiated = Some(trapped(trap)?);
            Ok(None)
        }
        Err(error) => Err(Skip::Reason(format!("we do not instantiate: {error}"))),
    }
}

fn invoke(
    instances: &mut Instances<()>,
    instance: Instance,
    call: &Call,
    gas: &mut u64,
) -> Result<End, Skip> {
    let Some(Extern::Func(func)) = instances.export(instance, &call.export) else {
        return Ok(End::Trap("no such export".to_owned()));
    };
    match instances.call(func, &call.args, gas) {
        Ok(CallEnd::Values(values)) => Ok(End::Values(values.iter().map(seen).collect())),
        Ok(CallEnd::Trap(trap)) => trapped(trap),
        Ok(CallEnd::Exit { .. }) => Ok(End::Trap("exit".to_owned())),
        Err(error) => Ok(End::Trap(error.to_string())),
    }
}

fn trapped(trap: Trap) -> Result<End, Skip> {
    match trap {
        Trap::OutOfGas => Err(Skip::Reason("our gas runs out".to_owned())),
        Trap::DepthExceeded => Err(Skip::Reason("our depth runs out".to_owned())),
        // The peer has one word for both.
        Trap::UndefinedElement => Ok(End::Trap(Trap::TableOutOfBounds.to_string())),
        _ => Ok(End::Trap(trap.to_string())),
    }
}

fn look(instances: &Instances<()>, instance: Instance, module: &Module, outcome: &mut Outcome) {
    for export in module.guest().exports() {
        let name = export.name.to_string();
        match instances.export(instance, &export.name) {
            Some(Extern::Memory(memory)) => {
                outcome.memories.insert(name, instances.memory_read(memory));
            }
            Some(Extern::Global(global)) => {
                outcome.globals.insert(name, seen(&instances.global_get(global)));
            }
            _ => {}
        }
    }
}

fn seen(value: &Value) -> Seen {
    let bits = match *value {
        Value::I32(bits) | Value::F32(bits) => u128::from(bits),
        Value::I64(bits) | Value::F64(bits) => u128::from(bits),
        Value::V128(bits) => bits,
        Value::FuncRef(func) => u128::from(func.is_some()),
        Value::ExternRef(number) => number.map_or(0, |number| u128::from(number) + 1),
    };
    Seen { ty: value.ty(), bits }
}
