//! wasmtime's side: its optimizing compiler with and without fuel, its quick one with fuel.
//!
//! As wasmtime comes, memories lie between guard pages, and instances are taken from its pool. `checked` is the optimizing
//! compiler without guard pages: each access is compared with the memory's length.

use wasmtime::{
    Caller, Config, InstanceAllocationStrategy, InstancePre, Linker, Memory, OptLevel,
    PoolingAllocationConfig, Store, Strategy, Trap,
};

use super::{
    engine::{Called, Engine, Module},
    host::{SLOT_BYTES, Slot, Slots, nop},
};
use crate::clock::Clock;

/// More fuel than any case uses.
const FUEL: u64 = 1 << 62;
/// Memories, tables and instances that the pool holds; one is in use at a time.
const POOL_SLOTS: u32 = 8;
/// What a memory of the pool may grow to.
const POOL_MEMORY_BYTES: usize = 1 << 28;
/// Bytes of a memory or table that the pool clears rather than gives back to the operating system.
const KEPT_BYTES: usize = 1 << 16;

/// One way to run wasmtime, with what modules import.
pub struct Wasmtime {
    tier: &'static str,
    has_fuel: bool,
    engine: wasmtime::Engine,
    linker: Linker<Host>,
}

/// What host functions see.
#[derive(Debug, Default)]
struct Host {
    slots: Slots,
    memory: Option<Memory>,
}

impl Wasmtime {
    /// Every way that is measured.
    pub fn all() -> Vec<Self> {
        use Strategy::{Cranelift, Winch};
        let ways = [
            ("winch,fuel", Winch, true, false),
            ("cranelift", Cranelift, false, false),
            ("cranelift,fuel", Cranelift, true, false),
            ("cranelift,checked", Cranelift, false, true),
            ("cranelift,fuel,checked", Cranelift, true, true),
        ];
        let new = |(tier, strategy, has_fuel, is_checked)| {
            let mut config = Config::new();
            config.strategy(strategy).consume_fuel(has_fuel).cranelift_opt_level(OptLevel::Speed);
            match is_checked {
                true => config.memory_reservation(0).memory_guard_size(0),
                false => config.allocation_strategy(pool()),
            };
            Self::new(tier, has_fuel, &config).unwrap_or_else(|error| panic!("{tier}: {error:#}"))
        };
        ways.into_iter().map(new).collect()
    }

    fn new(tier: &'static str, has_fuel: bool, config: &Config) -> wasmtime::Result<Self> {
        let engine = wasmtime::Engine::new(config)?;
        let linker = linker(&engine)?;
        Ok(Self { tier, has_fuel, engine, linker })
    }

    fn store(&self) -> wasmtime::Result<Store<Host>> {
        let mut store = Store::new(&self.engine, Host::default());
        if self.has_fuel {
            store.set_fuel(FUEL)?;
        }
        Ok(store)
    }
}

fn pool() -> InstanceAllocationStrategy {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_core_instances(POOL_SLOTS)
        .total_memories(POOL_SLOTS)
        .total_tables(POOL_SLOTS)
        .max_memory_size(POOL_MEMORY_BYTES)
        .linear_memory_keep_resident(KEPT_BYTES)
        .table_keep_resident(KEPT_BYTES);
    InstanceAllocationStrategy::Pooling(pool)
}

fn linker(engine: &wasmtime::Engine) -> wasmtime::Result<Linker<Host>> {
    let mut linker = Linker::new(engine);
    linker.func_wrap(
        "env",
        "storage_get",
        |mut caller: Caller<'_, Host>, key: u32, value: u32| {
            let (memory, host) = parts(&mut caller)?;
            let key = slot(memory, key)?;
            let Some(found) = host.slots.get(key) else { return Ok(0) };
            let found = *found;
            *slot(memory, value)? = found;
            wasmtime::Result::<u64>::Ok(1)
        },
    )?;
    linker.func_wrap(
        "env",
        "storage_set",
        |mut caller: Caller<'_, Host>, key: u32, value: u32| {
            let (memory, host) = parts(&mut caller)?;
            let (key, value) = (*slot(memory, key)?, *slot(memory, value)?);
            host.slots.set(&key, &value);
            wasmtime::Result::<u64>::Ok(1)
        },
    )?;
    linker.func_wrap("env", "nop", nop)?;
    Ok(linker)
}

/// The caller's memory beside the host.
fn parts<'a>(caller: &'a mut Caller<'_, Host>) -> wasmtime::Result<(&'a mut [u8], &'a mut Host)> {
    let memory = caller.data().memory.ok_or_else(|| wasmtime::Error::msg("no memory"))?;
    Ok(memory.data_and_store_mut(caller))
}

/// The slot at `offset` of `memory`.
fn slot(memory: &mut [u8], offset: u32) -> wasmtime::Result<&mut Slot> {
    let rest = memory.get_mut(offset as usize..);
    let bytes = rest.and_then(|rest| rest.first_chunk_mut::<SLOT_BYTES>());
    bytes.ok_or_else(|| wasmtime::Error::from(Trap::MemoryOutOfBounds))
}

impl Engine for Wasmtime {
    fn name(&self) -> (&'static str, &'static str) {
        ("wasmtime", self.tier)
    }

    fn load<'a>(&'a self, bytes: &[u8]) -> Result<Box<dyn Module + 'a>, String> {
        let load = || self.linker.instantiate_pre(&wasmtime::Module::new(&self.engine, bytes)?);
        let module = load().map_err(|error| format!("{error:#}"))?;
        Ok(Box::new(Loaded { engine: self, module }))
    }
}

struct Loaded<'a> {
    engine: &'a Wasmtime,
    module: InstancePre<Host>,
}

impl Loaded<'_> {
    fn try_call(&self, argument: u64) -> wasmtime::Result<Called> {
        let mut store = self.engine.store()?;
        let instance = self.module.instantiate(&mut store)?;
        store.data_mut().memory = instance.get_memory(&mut store, "memory");
        let run = instance.get_typed_func::<u64, u64>(&mut store, "run")?;
        let start = Clock::now_ns();
        let result = run.call(&mut store, argument)?;
        let ns = Clock::now_ns() - start;
        let gas = if self.engine.has_fuel { FUEL - store.get_fuel()? } else { 0 };
        Ok(Called { ns, result, gas })
    }

    fn try_visit(&self) -> wasmtime::Result<()> {
        let mut store = self.engine.store()?;
        let instance = self.module.instantiate(&mut store)?;
        instance.get_typed_func::<(), ()>(&mut store, "run")?.call(&mut store, ())
    }
}

impl Module for Loaded<'_> {
    fn call(&self, argument: u64) -> Result<Called, String> {
        self.try_call(argument).map_err(|error| format!("{error:#}"))
    }

    fn visit(&self) -> Result<(), String> {
        self.try_visit().map_err(|error| format!("{error:#}"))
    }
}
