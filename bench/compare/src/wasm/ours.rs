//! Lockstep's side, through what embedders use: `lockstep::wasm`, gas on.

use lockstep::{
    HostFunction, HostRow, Options, Stop, Tier, Trap, View,
    wasm::{CallEnd, Config, Extern, Instance, Instances, Pool, Value},
};

use super::{
    engine::{Called, Engine, Module},
    host::{SLOT_BYTES, Slot, Slots, nop},
};
use crate::clock::Clock;

/// More gas than any case uses.
const GAS: u64 = 1 << 62;

/// One of our tiers.
pub struct Lockstep {
    tier: Tier,
    is_guarded: bool,
    /// What instances leave behind for the next ones.
    pool: Pool,
    config: Config,
    rows: [HostRow<Slots>; 3],
    /// A module that does nothing: running it touches what a first call of a process would pay for.
    primer: lockstep::wasm::Module,
}

impl Lockstep {
    pub fn new(tier: Tier, is_guarded: bool) -> Self {
        let config = Config::default();
        let primer = lockstep::wasm::Module::load(&super::tiny::EMPTY, &config);
        Self {
            tier,
            is_guarded,
            pool: if is_guarded { Pool::guarded() } else { Pool::default() },
            primer: primer.expect("an empty function is valid"),
            config,
            rows: [HostRow::of::<StorageGet>(), HostRow::of::<StorageSet>(), HostRow::of::<Nop>()],
        }
    }

    fn instances(&self) -> Result<Instances<Slots>, String> {
        let options = Options { tier: self.tier };
        let instances = Instances::in_pool(&self.pool, Slots::default(), options);
        instances.map_err(|error| error.to_string())
    }

    /// A machine that has run something.
    fn machine(&self) -> Result<Instances<Slots>, String> {
        let mut instances = self.instances()?;
        let instance = instances.instantiate(&self.primer, &[], &mut GAS.clone());
        let instance = instance.map_err(|error| error.to_string())?;
        run(&mut instances, instance, &[], &mut GAS.clone())?;
        Ok(instances)
    }

    fn instantiate(
        &self,
        instances: &mut Instances<Slots>,
        module: &lockstep::wasm::Module,
    ) -> Result<Instance, String> {
        let mut imports = Vec::new();
        for import in module.guest().imports() {
            let name = format!("{}.{}", import.module, import.name);
            let row = self.rows.iter().find(|row| row.name == name);
            let row = row.ok_or_else(|| format!("imports {name}"))?;
            imports.push(Extern::Func(instances.host_func(row)));
        }
        let instance = instances.instantiate(module, &imports, &mut GAS.clone());
        instance.map_err(|error| error.to_string())
    }
}

/// Calls the export `run`.
fn run(
    instances: &mut Instances<Slots>,
    instance: Instance,
    args: &[Value],
    gas: &mut u64,
) -> Result<Vec<Value>, String> {
    let Some(Extern::Func(func)) = instances.export(instance, "run") else {
        return Err("exports no function run".to_owned());
    };
    match instances.call(func, args, gas).map_err(|error| error.to_string())? {
        CallEnd::Values(values) => Ok(values),
        CallEnd::Trap(trap) => Err(trap.to_string()),
        CallEnd::Exit { .. } => Err("the program ended itself".to_owned()),
    }
}

impl Engine for Lockstep {
    fn name(&self) -> (&'static str, &'static str) {
        match (self.tier, self.is_guarded) {
            (Tier::Optimizing, true) => ("lockstep", "optimizing,guarded"),
            (tier, _) => ("lockstep", tier.name()),
        }
    }

    fn load<'a>(&'a self, bytes: &[u8]) -> Result<Box<dyn Module + 'a>, String> {
        let module = lockstep::wasm::Module::load(bytes, &self.config);
        let module = module.map_err(|error| error.to_string())?;
        Ok(Box::new(Loaded { engine: self, module }))
    }
}

struct Loaded<'a> {
    engine: &'a Lockstep,
    module: lockstep::wasm::Module,
}

impl Module for Loaded<'_> {
    fn call(&self, argument: u64) -> Result<Called, String> {
        let mut instances = self.engine.machine()?;
        let instance = self.engine.instantiate(&mut instances, &self.module)?;
        let mut gas = GAS;
        let start = Clock::now_ns();
        let values = run(&mut instances, instance, &[Value::I64(argument)], &mut gas)?;
        let ns = Clock::now_ns() - start;
        match values[..] {
            [Value::I64(result)] => Ok(Called { ns, result, gas: GAS - gas }),
            _ => Err("run returns something else than one i64".to_owned()),
        }
    }

    fn visit(&self) -> Result<(), String> {
        let mut instances = self.engine.instances()?;
        let mut gas = GAS;
        let instance = instances.instantiate(&self.module, &[], &mut gas);
        let instance = instance.map_err(|error| error.to_string())?;
        run(&mut instances, instance, &[], &mut gas).map(drop)
    }
}

/// `env.storage_get`.
enum StorageGet {}

impl HostFunction<Slots> for StorageGet {
    const NAME: &'static str = "env.storage_get";
    type Args = (u32, u32);
    type Results = (u64,);

    fn call(view: &mut View<'_, Slots>, (key, value): (u32, u32)) -> Result<(u64,), Stop> {
        let key = slot(view, key)?;
        let Some(found) = view.host().get(&key).copied() else { return Ok((0,)) };
        view.bytes(value.into(), SLOT_BYTES as u64)?.copy_from_slice(&found);
        Ok((1,))
    }
}

/// `env.storage_set`.
enum StorageSet {}

impl HostFunction<Slots> for StorageSet {
    const NAME: &'static str = "env.storage_set";
    type Args = (u32, u32);
    type Results = (u64,);

    fn call(view: &mut View<'_, Slots>, (key, value): (u32, u32)) -> Result<(u64,), Stop> {
        let (key, value) = (slot(view, key)?, slot(view, value)?);
        view.host().set(&key, &value);
        Ok((1,))
    }
}

/// `env.nop`.
enum Nop {}

impl HostFunction<Slots> for Nop {
    const NAME: &'static str = "env.nop";
    type Args = (u64,);
    type Results = (u64,);

    fn call(_: &mut View<'_, Slots>, (x,): (u64,)) -> Result<(u64,), Stop> {
        Ok((nop(x),))
    }
}

/// The slot at `offset` of the caller's memory.
fn slot(view: &mut View<'_, Slots>, offset: u32) -> Result<Slot, Stop> {
    let bytes = view.bytes(offset.into(), SLOT_BYTES as u64)?;
    Slot::try_from(&*bytes).map_err(|_| Stop::Trap(Trap::MemoryOutOfBounds))
}
