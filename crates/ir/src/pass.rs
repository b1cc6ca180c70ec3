//! Passes over functions in variable form. Each takes a verified function's content and leaves one that verifies
//! and means the same: the same results, traps, charges and host calls in the same order.

mod dead;
mod fold;
mod live;
mod onward;
mod order;
mod range;
mod rewrite;
mod straighten;
#[cfg(test)]
mod tests;
mod whole;

pub use dead::remove_dead;
pub use fold::fold;
pub use live::Live;
pub use onward::onward;
pub use order::order;
pub use range::{Range, Ranges};
pub use straighten::straighten;
pub use whole::{Midway, Whole};
