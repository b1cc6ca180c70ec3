//! Bugs made on purpose, to see that generated programs find them. Without the feature `plant` there are none, and asking
//! for one costs nothing.

/// A bug.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bug {
    /// Words are shifted to the left by a bit too much.
    Shift,
    /// Only the first charge of a block is made.
    Charge,
    /// Bytes of memory are taken to exist that no check has made exist.
    Existence,
    /// A memory is as long after a call as it was before.
    StaleLength,
}

#[cfg(feature = "plant")]
static PLANTED: std::sync::Mutex<Option<Bug>> = std::sync::Mutex::new(None);

/// Code that is made from here on has `bug`, or none.
#[cfg(feature = "plant")]
pub fn plant(bug: Option<Bug>) {
    *PLANTED.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = bug;
}

/// Whether code that is made now has `bug`.
#[cfg(feature = "plant")]
pub(crate) fn is(bug: Bug) -> bool {
    *PLANTED.lock().unwrap_or_else(std::sync::PoisonError::into_inner) == Some(bug)
}

/// Whether code that is made now has `bug`.
#[cfg(not(feature = "plant"))]
pub(crate) const fn is(_bug: Bug) -> bool {
    false
}
