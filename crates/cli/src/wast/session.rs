//! The instances that a script makes, by the names that it gives them.
//!
//! Invariants: a name leads to an instance, or to why there is none; a module that imports from a refused one is
//! refused for the same reason.

use std::collections::BTreeMap;

use lockstep::{
    Options,
    spectest::Spectest,
    wasm::{
        CallEnd, CallError, Extern, Func, Instance, Instances, InstantiateError, Module, Pool,
        Value,
    },
};
use wast::token::Id;

use super::{spectest, suite::Way, tally::Obstacle, watch::Watch};

/// Gas of each call: all that a counter holds, as copies of 2^64 bytes pay before their bounds are checked.
const GAS: u64 = i64::MAX as u64;

/// The name of the module that is always there.
const SPECTEST: &str = "spectest";

/// What a name leads to.
#[derive(Debug, Clone)]
pub(super) enum Slot {
    /// An instance.
    Ready(Instance),
    /// None: its module needs this.
    Refused(String),
    /// None: something went wrong.
    Lost(&'static str),
}

/// Why a module has no instance.
#[derive(Debug)]
pub(super) enum Unmade {
    /// Something it imports is nowhere.
    Unknown(String),
    /// Something it imports comes from a module that needs this.
    Refused(String),
    /// The engine says so.
    Engine(InstantiateError),
    /// Something it imports should come from a module that was lost.
    Lost(&'static str),
}

impl From<Unmade> for Obstacle {
    fn from(unmade: Unmade) -> Self {
        match unmade {
            Unmade::Refused(proposal) => Self::Skipped(proposal),
            Unmade::Unknown(import) => Self::Failed(format!("unknown import {import}")),
            Unmade::Engine(error) => Self::Failed(error.to_string()),
            Unmade::Lost(why) => Self::failed(why),
        }
    }
}

/// Things by their names, and the last one.
#[derive(Debug)]
struct Names<T> {
    named: BTreeMap<String, T>,
    last: Option<T>,
}

impl<T: Clone> Names<T> {
    fn new() -> Self {
        Self { named: BTreeMap::new(), last: None }
    }

    fn insert(&mut self, name: Option<Id<'_>>, thing: T) {
        if let Some(name) = name {
            self.named.insert(name.name().to_owned(), thing.clone());
        }
        self.last = Some(thing);
    }

    fn get(&self, name: Option<Id<'_>>) -> Option<&T> {
        match name {
            Some(name) => self.named.get(name.name()),
            None => self.last.as_ref(),
        }
    }
}

/// What a script has made so far.
#[derive(Debug)]
pub(super) struct Session {
    way: Way,
    pub(super) gas_used: u64,
    pub(super) watch: Watch,
    pub(super) instances: Instances<Spectest>,
    spectest: BTreeMap<String, Extern>,
    modules: Names<Slot>,
    definitions: Names<Result<Module, Obstacle>>,
    registered: BTreeMap<String, Slot>,
}

impl Session {
    /// Nothing but `spectest`.
    ///
    /// # Errors
    ///
    /// When there is no memory for it.
    pub(super) fn new(way: Way) -> Result<Self, String> {
        let text = |error: lockstep::ReserveError| error.to_string();
        let options = Options { tier: way.tier };
        let pool = if way.is_guarded { Pool::guarded() } else { Pool::default() };
        let pool = pool.with_heat(way.heat);
        let host = Spectest::default();
        let mut instances = Instances::in_pool(&pool, host, options).map_err(text)?;
        let spectest = spectest::make(&mut instances).map_err(text)?;
        let (modules, definitions) = (Names::new(), Names::new());
        Ok(Self {
            way,
            gas_used: 0,
            watch: Watch::default(),
            instances,
            spectest,
            modules,
            definitions,
            registered: BTreeMap::new(),
        })
    }

    /// Begins anew after a panic, as nobody knows what it left behind: every instance is lost.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new).
    pub(super) fn restart(&mut self) -> Result<(), String> {
        let fresh = Self::new(self.way)?;
        let mut old = std::mem::replace(self, fresh);
        let slots = old.modules.named.values_mut().chain(old.registered.values_mut());
        for slot in slots.chain(&mut old.modules.last) {
            *slot = Slot::Lost("its module was lost in a panic before");
        }
        (self.modules, self.definitions) = (old.modules, old.definitions);
        self.registered = old.registered;
        Ok(())
    }

    /// Notes what became of a module.
    pub(super) fn insert(&mut self, name: Option<Id<'_>>, slot: Slot) {
        self.modules.insert(name, slot);
    }

    /// Notes a module that is instantiated later, perhaps several times.
    pub(super) fn define(&mut self, name: Option<Id<'_>>, module: Result<Module, Obstacle>) {
        self.definitions.insert(name, module);
    }

    /// The module that was defined by this name, or last.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub(super) fn definition(&self, name: Option<Id<'_>>) -> Result<Module, Obstacle> {
        let none = || Err(Obstacle::failed("no module was defined"));
        self.definitions.get(name).cloned().unwrap_or_else(none)
    }

    /// Makes a module's exports known to later ones.
    ///
    /// # Errors
    ///
    /// When there is no such module.
    pub(super) fn register(&mut self, name: &str, module: Option<Id<'_>>) -> Result<(), Obstacle> {
        let slot = self.modules.get(module).ok_or_else(|| Obstacle::failed("no such module"))?;
        self.registered.insert(name.to_owned(), slot.clone());
        Ok(())
    }

    /// The instance by this name, or the last one.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub(super) fn instance(&self, name: Option<Id<'_>>) -> Result<Instance, Obstacle> {
        match self.modules.get(name) {
            None => Err(Obstacle::failed("no such module")),
            Some(Slot::Ready(instance)) => Ok(*instance),
            Some(Slot::Refused(proposal)) => Err(Obstacle::Skipped(proposal.clone())),
            Some(Slot::Lost(why)) => Err(Obstacle::failed(*why)),
        }
    }

    /// Makes an instance of `module`, whose imports are looked up.
    ///
    /// # Errors
    ///
    /// [`Unmade`] when there is none.
    pub(super) fn instantiate(&mut self, module: &Module) -> Result<Instance, Unmade> {
        let mut given = Vec::new();
        for import in module.guest().imports() {
            given.push(self.import(&import.module, &import.name)?);
        }
        let (instances, mut gas) = (&mut self.instances, GAS);
        let made = match self.way.is_observed {
            true => instances.instantiate_traced(module, &given, &mut gas, &mut self.watch),
            false => instances.instantiate(module, &given, &mut gas),
        };
        made.map_err(Unmade::Engine)
    }

    /// Calls a function.
    ///
    /// # Errors
    ///
    /// When it was not called.
    pub(super) fn call(&mut self, func: Func, args: &[Value]) -> Result<CallEnd, CallError> {
        let mut gas = GAS;
        let ended = match self.way.is_observed {
            true => self.instances.call_traced(func, args, &mut gas, &mut self.watch),
            false => self.instances.call(func, args, &mut gas),
        };
        if let Ok(CallEnd::Values(_)) = ended {
            self.gas_used = self.gas_used.wrapping_add(GAS - gas);
        }
        ended
    }

    fn import(&self, module: &str, name: &str) -> Result<Extern, Unmade> {
        let unknown = || Unmade::Unknown(format!("{module}.{name}"));
        match self.registered.get(module) {
            None if module == SPECTEST => self.spectest.get(name).copied().ok_or_else(unknown),
            None => Err(unknown()),
            Some(Slot::Ready(instance)) => {
                self.instances.export(*instance, name).ok_or_else(unknown)
            }
            Some(Slot::Refused(proposal)) => Err(Unmade::Refused(proposal.clone())),
            Some(Slot::Lost(why)) => Err(Unmade::Lost(why)),
        }
    }
}
