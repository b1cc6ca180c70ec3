//! Machine code without charges, for benches alone: what metering costs is what such code does not take.
//!
//! Invariant: without the feature `unmetered`, which nothing that ships turns on, there is no such code, and asking costs
//! nothing.

/// Whether code that is made is without charges.
#[cfg(feature = "unmetered")]
static IS_ON: core::sync::atomic::AtomicBool = core::sync::atomic::AtomicBool::new(false);

/// Code that is made from here on has no charges, or has them again. Its results are right and its gas is not: what hosts
/// and growing memories take is all that is taken.
#[cfg(feature = "unmetered")]
pub fn make_unmetered(is_unmetered: bool) {
    IS_ON.store(is_unmetered, core::sync::atomic::Ordering::SeqCst);
}

/// Whether code that is made now is without charges.
#[cfg(feature = "unmetered")]
pub(crate) fn is_on() -> bool {
    IS_ON.load(core::sync::atomic::Ordering::SeqCst)
}

/// Whether code that is made now is without charges.
#[cfg(not(feature = "unmetered"))]
pub(crate) const fn is_on() -> bool {
    false
}
