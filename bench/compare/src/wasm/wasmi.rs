//! wasmi's side, fuel on, its memory found once for each instance.

use wasmi::{Caller, CompilationMode, Config, Instance, Linker, Memory, Store};

use super::{
    engine::{Called, Engine, Module},
    host::{SLOT_BYTES, Slot, Slots, nop},
};
use crate::clock::Clock;

/// More fuel than any case uses.
const FUEL: u64 = 1 << 62;

/// The name of the way that differs at starts alone.
const LAZY: &str = "fuel,lazy";

/// wasmi, with what modules import.
pub struct Wasmi {
    tier: &'static str,
    engine: wasmi::Engine,
    linker: Linker<Host>,
}

/// What host functions see.
#[derive(Debug, Default)]
struct Host {
    slots: Slots,
    memory: Option<Memory>,
}

impl Wasmi {
    /// Everything is translated when it is loaded.
    pub fn eager() -> Self {
        Self::new("fuel", CompilationMode::Eager)
    }

    /// Everything is validated when it is loaded, and translated on its first call: the default.
    pub fn lazy() -> Self {
        Self::new(LAZY, CompilationMode::LazyTranslation)
    }

    fn new(tier: &'static str, mode: CompilationMode) -> Self {
        let mut config = Config::default();
        config.consume_fuel(true).compilation_mode(mode);
        let engine = wasmi::Engine::new(&config);
        let linker = linker(&engine).expect("names differ");
        Self { tier, engine, linker }
    }
}

fn linker(engine: &wasmi::Engine) -> Result<Linker<Host>, wasmi::Error> {
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
            Ok::<u64, wasmi::Error>(1)
        },
    )?;
    linker.func_wrap(
        "env",
        "storage_set",
        |mut caller: Caller<'_, Host>, key: u32, value: u32| {
            let (memory, host) = parts(&mut caller)?;
            let (key, value) = (*slot(memory, key)?, *slot(memory, value)?);
            host.slots.set(&key, &value);
            Ok::<u64, wasmi::Error>(1)
        },
    )?;
    linker.func_wrap("env", "nop", nop)?;
    Ok(linker)
}

/// The caller's memory beside the host.
fn parts<'a>(
    caller: &'a mut Caller<'_, Host>,
) -> Result<(&'a mut [u8], &'a mut Host), wasmi::Error> {
    let memory = caller.data().memory.ok_or_else(|| wasmi::Error::new("no memory"))?;
    Ok(memory.data_and_store_mut(caller))
}

/// The slot at `offset` of `memory`.
fn slot(memory: &mut [u8], offset: u32) -> Result<&mut Slot, wasmi::Error> {
    let bytes =
        memory.get_mut(offset as usize..).and_then(|rest| rest.first_chunk_mut::<SLOT_BYTES>());
    bytes.ok_or_else(|| wasmi::Error::from(wasmi::TrapCode::MemoryOutOfBounds))
}

impl Engine for Wasmi {
    fn name(&self) -> (&'static str, &'static str) {
        ("wasmi", self.tier)
    }

    fn is_for_starts(&self) -> bool {
        self.tier == LAZY
    }

    fn load<'a>(&'a self, bytes: &[u8]) -> Result<Box<dyn Module + 'a>, String> {
        let module = wasmi::Module::new(&self.engine, bytes).map_err(|error| error.to_string())?;
        Ok(Box::new(Loaded { engine: self, module }))
    }
}

struct Loaded<'a> {
    engine: &'a Wasmi,
    module: wasmi::Module,
}

impl Loaded<'_> {
    fn try_call(&self, argument: u64) -> Result<Called, wasmi::Error> {
        let mut store = Store::new(&self.engine.engine, Host::default());
        store.set_fuel(FUEL)?;
        let instance = self.engine.linker.instantiate_and_start(&mut store, &self.module)?;
        store.data_mut().memory = instance.get_memory(&store, "memory");
        let run = instance.get_typed_func::<u64, u64>(&store, "run")?;
        let start = Clock::now_ns();
        let result = run.call(&mut store, argument)?;
        let ns = Clock::now_ns() - start;
        Ok(Called { ns, result, gas: FUEL - store.get_fuel()? })
    }

    fn try_visit(&self) -> Result<(), wasmi::Error> {
        let mut store = Store::new(&self.engine.engine, Host::default());
        store.set_fuel(FUEL)?;
        let instance = Instance::new(&mut store, &self.module, &[])?;
        instance.get_typed_func::<(), ()>(&store, "run")?.call(&mut store, ())
    }
}

impl Module for Loaded<'_> {
    fn call(&self, argument: u64) -> Result<Called, String> {
        self.try_call(argument).map_err(|error| error.to_string())
    }

    fn visit(&self) -> Result<(), String> {
        self.try_visit().map_err(|error| error.to_string())
    }
}
