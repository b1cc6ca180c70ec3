//! Functions that are accepted block by block.

use alloc::vec::Vec;
use core::sync::atomic::{AtomicBool, Ordering};

use lockstep_base::Index;

use super::{Room, Verified, VerifyError, closed, scan, signature};
use crate::{
    func::{BlockDef, Func},
    inst::{Block, FuncId},
    module::Interface,
};

/// A function whose declarations the verifier has accepted, and nothing more: what a block holds it accepts when
/// somebody is about to translate that.
#[derive(Debug)]
pub struct Outlined {
    id: FuncId,
    func: Func,
    /// For each block, whether it was accepted.
    accepted: Vec<AtomicBool>,
}

/// A block of a function; as [`Verified`], one that the verifier has accepted.
#[derive(Debug, Clone, Copy)]
pub struct Body<'f> {
    /// The function.
    pub func: &'f Func,
    /// The block.
    pub block: Block,
}

impl<'f> Body<'f> {
    /// What the block is.
    pub fn def(&self) -> &'f BlockDef {
        &self.func.blocks[self.block]
    }
}

impl Outlined {
    /// Accepts what function `id` declares.
    ///
    /// # Errors
    ///
    /// The first place that breaks a rule of `verify`.
    pub fn new(interface: &Interface, id: FuncId, func: Func) -> Result<Self, VerifyError> {
        signature(interface, id, &func)
            .and_then(|()| scan::outline(interface, &func))
            .and_then(|()| closed(&func))
            .map_err(|error| error.in_func(id))?;
        let accepted = (0..func.blocks.len()).map(|_| AtomicBool::new(false)).collect();
        Ok(Self { id, func, accepted })
    }

    /// The function, for its declarations.
    pub const fn func(&self) -> &Func {
        &self.func
    }

    /// The function, for others to use its room.
    pub fn into_func(self) -> Func {
        self.func
    }

    /// Accepts what `block` holds. `interface` is the one that the function was outlined with.
    ///
    /// # Errors
    ///
    /// The first place that breaks a rule of `verify`.
    pub fn body(
        &self,
        interface: &Interface,
        block: Block,
        room: &mut Room,
    ) -> Result<Verified<Body<'_>>, VerifyError> {
        let Self { id, func, accepted } = self;
        let accepted = accepted.get(block.position());
        // A function does not change here, so neither does what is said of its blocks.
        if accepted.is_none_or(|accepted| !accepted.load(Ordering::Relaxed)) {
            scan::body(interface, func, block, room).map_err(|error| error.in_func(*id))?;
            accepted.into_iter().for_each(|accepted| accepted.store(true, Ordering::Relaxed));
        }
        Ok(Verified(Body { func, block }))
    }
}

impl<'f> Verified<&'f Func> {
    /// Its block `block`, accepted with it.
    ///
    /// # Panics
    ///
    /// When there is no such block.
    pub fn body(self, block: Block) -> Verified<Body<'f>> {
        let func = self.into_inner();
        assert!(func.blocks.get(block).is_some(), "a function has the block it is asked for");
        Verified(Body { func, block })
    }
}
