//! [`Function`]: a function of which a part is translated.
//!
//! # Shape
//!
//! ```text
//! link -> stub (block, function) -> known block?   yes: go there
//!                                   begun before?  no:  take the dMIR that waits, write it for one run, put it back
//!                                                  yes: take it, encode, publish, put it back
//! ```
//!
//! # Invariants
//!
//! 1. A block is published at most once; who loses a race leaves a chunk that nobody enters.
//! 2. A block is written for one run at most once: what is kept of such runs is bounded by the function.
//! 3. The dMIR waits while blocks are missing, and one thread at a time has it. Who finds it gone makes it anew and encodes
//!    all that is missing, so that nobody lowers a function again and again.

use alloc::boxed::Box;
use core::{
    ptr,
    sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicUsize, Ordering},
};

use lockstep_base::Index;
use lockstep_ir::{Block, Edge, Func, FuncId, Outlined, Terminator};

use super::Word;
use crate::encode::Layout;

/// A function whose blocks are translated where control first reaches them.
#[derive(Debug)]
pub(crate) struct Function {
    id: FuncId,
    layout: Layout,
    /// For each block, where it is published; null while it is missing, and dangling where no edge leads.
    blocks: Box<[AtomicPtr<Word>]>,
    /// For each block, whether it was written for a run.
    begun: Box<[AtomicBool]>,
    missing: AtomicU32,
    /// The dMIR, while it waits.
    waiting: AtomicPtr<Outlined>,
}

impl Function {
    /// The function `id`, all of it missing.
    pub(super) fn new(id: FuncId, layout: Layout, func: &Func) -> Self {
        let nowhere = || AtomicPtr::new(ptr::dangling_mut());
        let mut blocks: Box<[_]> = (0..func.blocks.len()).map(|_| nowhere()).collect();
        let mut missing = 0;
        let mut lead = |block: Block| {
            let place: Option<&mut AtomicPtr<Word>> = blocks.get_mut(block.position());
            if let Some(place) = place.map(AtomicPtr::get_mut).filter(|place| !place.is_null()) {
                *place = ptr::null_mut();
                missing += 1;
            }
        };
        lead(Block(0));
        for (_, block) in func.blocks.iter() {
            match block.terminator {
                Terminator::Jump(edge) => target(edge).into_iter().for_each(&mut lead),
                Terminator::Branch { then, otherwise, .. } => {
                    [then, otherwise].into_iter().filter_map(target).for_each(&mut lead);
                }
                _ => {}
            }
        }
        // What a `switch` names lies in the pool.
        func.targets.iter().copied().for_each(lead);
        Self {
            id,
            layout,
            begun: (0..blocks.len()).map(|_| AtomicBool::new(false)).collect(),
            blocks,
            missing: AtomicU32::new(missing),
            waiting: AtomicPtr::new(ptr::null_mut()),
        }
    }

    pub(crate) const fn id(&self) -> FuncId {
        self.id
    }

    pub(crate) const fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Where `block` is published; null while it is missing.
    pub(crate) fn known(&self, block: Block) -> *const Word {
        self.blocks[block.position()].load(Ordering::Acquire)
    }

    pub(crate) fn is_missing(&self, block: Block) -> bool {
        self.known(block).is_null()
    }

    /// Whether `block` is missing and nobody began to run it; from now on somebody did.
    pub(crate) fn begins(&self, block: Block) -> bool {
        self.is_missing(block) && !self.begun[block.position()].swap(true, Ordering::Relaxed)
    }

    /// `block` is at `place`, unless it was published before; whether it was not.
    pub(super) fn publish(&self, block: Block, place: *const Word) -> bool {
        let is_first = self.blocks[block.position()]
            .compare_exchange(
                ptr::null_mut(),
                place.cast_mut(),
                Ordering::AcqRel,
                Ordering::Acquire,
            )
            .is_ok();
        if is_first {
            self.missing.fetch_sub(1, Ordering::AcqRel);
        }
        is_first
    }

    /// The dMIR, if it waits; it is the caller's to put back.
    pub(super) fn take(&self) -> Option<Box<Outlined>> {
        let waiting = self.waiting.swap(ptr::null_mut(), Ordering::AcqRel);
        // SAFETY: made by `Box::into_raw` in `put_back`, and taken by us alone.
        (!waiting.is_null()).then(|| unsafe { Box::from_raw(waiting) })
    }

    /// Lets the dMIR wait for the blocks that are missing; says so in `kept_bytes`, the sum over the program, from which
    /// it goes when nothing is missing.
    pub(super) fn put_back(&self, outlined: Box<Outlined>, kept_bytes: &AtomicUsize) {
        self.waiting.store(Box::into_raw(outlined), Ordering::Release);
        // Who published the last block while we had it did not find it to drop it.
        if self.missing.load(Ordering::Acquire) == 0 {
            self.forget(kept_bytes);
        }
    }

    /// Drops the dMIR if it waits.
    pub(super) fn forget(&self, kept_bytes: &AtomicUsize) {
        if let Some(outlined) = self.take() {
            kept_bytes.fetch_sub(outlined.func().size_bytes(), Ordering::Relaxed);
        }
    }

    /// Bytes that it takes without code and dMIR.
    pub(super) fn size_bytes(&self) -> usize {
        size_of::<Self>()
            + size_of_val(&*self.blocks)
            + size_of_val(&*self.begun)
            + self.layout.size_bytes()
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        drop(self.take());
    }
}

/// The block of the same region that `edge` leads to.
const fn target(edge: Edge) -> Option<Block> {
    match edge {
        Edge::Goto(block) => Some(block),
        _ => None,
    }
}
