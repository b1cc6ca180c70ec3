//! Lockstep's side without charges.

use lockstep::Tier;

use super::{
    engine::{Called, Engine, Module},
    ours::Lockstep,
};
use crate::unmetered::Unmetered;

/// Our machine code with gas off.
pub struct Free(Lockstep);

impl Free {
    pub fn new(is_guarded: bool) -> Self {
        let _unmetered = Unmetered::begin();
        Self(Lockstep::new(Tier::Optimizing, is_guarded))
    }
}

impl Engine for Free {
    fn name(&self) -> (&'static str, &'static str) {
        ("lockstep", Unmetered::TIER)
    }

    fn load<'a>(&'a self, bytes: &[u8]) -> Result<Box<dyn Module + 'a>, String> {
        Ok(Box::new(Loaded(self.0.load(bytes)?)))
    }
}

/// A module whose functions are compiled when they are first called.
struct Loaded<'a>(Box<dyn Module + 'a>);

impl Module for Loaded<'_> {
    fn call(&self, argument: u64) -> Result<Called, String> {
        let _unmetered = Unmetered::begin();
        self.0.call(argument)
    }

    fn visit(&self) -> Result<(), String> {
        let _unmetered = Unmetered::begin();
        self.0.visit()
    }
}
