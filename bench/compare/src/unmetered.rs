//! Our own tier with gas off, which the engine makes for nobody else: a build feature.
//!
//! Invariant: code is made unmetered while an [`Unmetered`] lives, and whoever runs it holds one whenever some may be made.

/// While it lives, machine code that is made has no charges.
#[derive(Debug)]
pub struct Unmetered(());

impl Unmetered {
    /// The tier's name in the table.
    pub const TIER: &str = "optimizing,unmetered";

    /// Whether this build has it.
    pub const EXISTS: bool = cfg!(feature = "unmetered");

    /// From here on.
    pub fn begin() -> Self {
        set(true);
        Self(())
    }
}

impl Drop for Unmetered {
    fn drop(&mut self) {
        set(false);
    }
}

#[cfg(feature = "unmetered")]
fn set(is_unmetered: bool) {
    lockstep::make_unmetered(is_unmetered);
}

#[cfg(not(feature = "unmetered"))]
fn set(_: bool) {
    unreachable!("the command line refuses it in builds without the feature");
}
