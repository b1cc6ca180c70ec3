//! [`Verified`]: the mark without which no tier takes a program, and the scan that grants it.
//!
//! # What holds of a verified function
//!
//! 1. Blocks partition the instructions in order; every edge goes to a block or head that exists (a fragment may
//!    name heads outside it).
//! 2. Values are defined in the order of their numbers, once, and used only later in the same block. Every operand
//!    has the type of its place; constants lie in the pool and fit their type.
//! 3. A load or store lies inside what its token's `check` admitted; a copy or exit has the very length operand of
//!    its check, unchanged since. Nothing writes to a read-only memory.
//! 4. Slots of the window are touched only inside the block's `window_check`, which begins it. A slot above the
//!    base is read, or left below a successor's base, only after it was set in the block: what lay there before is
//!    never seen. A block that moves its base to where no edge says touches none of them afterwards.
//!
//! One linear scan; the only allocations are a few vectors per function, and most functions need none of them.
//!
//! Who translates a function block by block has it accepted so: [`Outlined`] is a function whose declarations hold, and
//! its [`Outlined::body`] grants the mark to one block. What holds across blocks (that values of two blocks are not the
//! same, that all are born) is not asked then: each block is judged by itself, and its translation looks at no other.

mod error;
mod outline;
mod scan;
#[cfg(test)]
mod tests;

use alloc::collections::BTreeSet;

pub use error::{VerifyError, VerifyErrorKind};
pub use outline::{Body, Outlined};
pub use scan::Room;

use crate::{
    func::Func,
    inst::{Edge, FuncId, Head, Terminator},
    module::{Growth, Interface, MEMORIES_MAX, Module},
};

/// A program that the verifier has accepted. Only this module makes one.
#[derive(Debug, Clone, Copy)]
pub struct Verified<T>(T);

impl<T> Verified<T> {
    /// The program.
    pub fn into_inner(self) -> T {
        self.0
    }

    /// The same program, borrowed.
    pub const fn as_ref(&self) -> Verified<&T> {
        Verified(&self.0)
    }
}

impl<T> core::ops::Deref for Verified<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl Verified<Module> {
    /// Function `id`, if there is one.
    pub fn func(&self, id: FuncId) -> Option<Verified<&Func>> {
        self.0.funcs.get(id).map(Verified)
    }
}

/// Accepts a fragment of a lazily translated guest: its `enter` edges may name heads that it does not hold.
///
/// # Errors
///
/// The first place that breaks a rule of this module.
pub fn verify_func<'f>(
    interface: &Interface,
    func: &'f Func,
) -> Result<Verified<&'f Func>, VerifyError> {
    scan::scan(interface, func)?;
    Ok(Verified(func))
}

/// Accepts function `id` of a program whose functions are translated one by one. Where the program has a window, edges
/// may name heads that the function does not hold: they lead to the tier below.
///
/// # Errors
///
/// The first place that breaks a rule of this module.
pub fn verify_function<'f>(
    interface: &Interface,
    id: FuncId,
    func: &'f Func,
) -> Result<Verified<&'f Func>, VerifyError> {
    match interface.window {
        Some(_) => open(interface, id, func),
        None => whole(interface, id, func),
    }
    .map_err(|error| error.in_func(id))?;
    Ok(Verified(func))
}

fn open(interface: &Interface, id: FuncId, func: &Func) -> Result<(), VerifyError> {
    signature(interface, id, func)?;
    scan::scan(interface, func)
}

fn whole(interface: &Interface, id: FuncId, func: &Func) -> Result<(), VerifyError> {
    open(interface, id, func)?;
    closed(func)
}

/// Accepts a module whose functions are all there.
///
/// # Errors
///
/// The first place that breaks a rule of this module.
pub fn verify_module(module: Module) -> Result<Verified<Module>, VerifyError> {
    let interface = &module.interface;
    let fail = |kind| Err(VerifyError::of_module(kind));
    if interface.signatures.len() != module.funcs.len() {
        return fail(VerifyErrorKind::FunctionCount {
            want: interface.signatures.len(),
            got: module.funcs.len(),
        });
    }
    if interface.memories.len() > MEMORIES_MAX {
        return fail(VerifyErrorKind::TooManyMemories);
    }
    for (id, memory) in interface.memories.iter() {
        if matches!(memory.growth, Growth::OnTouch { quadratic_divisor: 0, .. }) {
            return fail(VerifyErrorKind::ZeroUnit);
        }
        if matches!(memory.growth, Growth::Explicit { max_bytes } if max_bytes < memory.initial_bytes)
        {
            return fail(VerifyErrorKind::MemoryLimit(id));
        }
    }
    for (id, func) in module.funcs.iter() {
        whole(interface, id, func).map_err(|error| error.in_func(id))?;
    }
    Ok(Verified(module))
}

/// The function has the types its signature says.
fn signature(interface: &Interface, id: FuncId, func: &Func) -> Result<(), VerifyError> {
    let signature = &interface.signatures[id];
    let params = func.vars.as_slice().get(..func.params as usize).unwrap_or_default();
    let same = params.iter().map(|var| var.ty).eq(signature.params.iter().copied())
        && func.results == signature.results
        && params.len() == func.params as usize;
    if same { Ok(()) } else { Err(VerifyError::of_module(VerifyErrorKind::Signature)) }
}

/// Every head that an edge names is in the function.
fn closed(func: &Func) -> Result<(), VerifyError> {
    let mut heads = None;
    for (id, block) in func.blocks.iter() {
        let edges = match block.terminator {
            Terminator::Jump(edge) => [edge; 2],
            Terminator::Branch { then, otherwise, .. } => [then, otherwise],
            _ => continue,
        };
        for edge in edges {
            let Edge::Enter { head, .. } = edge else { continue };
            if !heads.get_or_insert_with(|| heads_of(func)).contains(&head) {
                return Err(VerifyError::of_module(VerifyErrorKind::NoHead(head)).in_block(id));
            }
        }
    }
    Ok(())
}

fn heads_of(func: &Func) -> BTreeSet<Head> {
    func.blocks.iter().filter_map(|(_, block)| block.head).collect()
}
