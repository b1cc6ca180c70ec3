//! What each engine has to do.

/// An engine with its settings, made once.
pub trait Engine {
    /// Its name and its tier.
    fn name(&self) -> (&'static str, &'static str);

    /// Reads and validates a module, and compiles it if that is this engine's way.
    ///
    /// # Errors
    ///
    /// When it does not take the module.
    fn load<'a>(&'a self, bytes: &[u8]) -> Result<Box<dyn Module + 'a>, String>;

    /// Whether only its starts differ from those of another engine in the table.
    fn is_for_starts(&self) -> bool {
        false
    }

    /// Name and tier in one word.
    fn label(&self) -> String {
        let (engine, tier) = self.name();
        format!("{engine}/{tier}")
    }
}

/// A loaded module.
pub trait Module {
    /// Calls `run` in an instance that nobody has used, and times the call alone.
    ///
    /// # Errors
    ///
    /// When there is no instance, or the call does not return.
    fn call(&self, argument: u64) -> Result<Called, String>;

    /// Makes an instance, calls its `run`, which takes and returns nothing, and lets the instance go.
    ///
    /// # Errors
    ///
    /// As for [`Module::call`].
    fn visit(&self) -> Result<(), String>;
}

/// What a call did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Called {
    pub ns: u64,
    pub result: u64,
    /// Gas, or fuel.
    pub gas: u64,
}
