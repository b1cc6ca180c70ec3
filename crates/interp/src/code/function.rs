//! [`Function`]: a function of which a part is translated.
//!
//! # Shape
//!
//! ```text
//! link -> stub (block, function) -> known block?   yes: go there
//!                                   begun before?  no:  take the dMIR that waits, write it for a few runs, put it back
//!                                   run often?     no:  go to what was written
//!                                                  yes: take it, encode, publish, put it back
//! ```
//!
//! # Invariants
//!
//! 1. A block is published at most once; who loses a race leaves a chunk that nobody enters.
//! 2. A block is written for its first runs at most once: what is kept of such runs is bounded by the function.
//! 3. The dMIR waits while blocks are missing, and one thread at a time has it. Who finds it gone makes it anew and encodes
//!    all that is missing, so that nobody lowers a function again and again.

use alloc::{boxed::Box, sync::Arc};
use core::{
    ptr,
    sync::atomic::{AtomicPtr, AtomicU32, AtomicUsize, Ordering},
};

use lockstep_base::Index;
use lockstep_ir::{Block, Edge, Func, FuncId, Outlined, Terminator};

use super::{Word, spare::Spares};
use crate::encode::Layout;

/// Runs that go by way of a stub before what is run is encoded, which takes longer than so many of them.
pub const RUNS_MAX: u32 = 32;

/// What was written for its first runs.
#[derive(Debug, Default)]
pub(super) struct Draft {
    /// Where; null when it was not, or not so far.
    place: AtomicPtr<Word>,
    /// Runs that began, as far as they were counted.
    runs: AtomicU32,
}

impl Draft {
    /// Whether the first run begins now.
    fn begins(&self) -> bool {
        self.runs.compare_exchange(0, 1, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// It was written at `place`.
    pub(super) fn write(&self, place: *const Word) {
        self.place.store(place.cast_mut(), Ordering::Release);
    }

    /// Where it was written, while it had only a few runs; this is one more.
    pub(super) fn runs_again(&self) -> Option<*const Word> {
        let place = self.place.load(Ordering::Acquire);
        // Threads that come together may count one run for two: nothing depends on the number.
        let before = self.runs.load(Ordering::Relaxed);
        (!place.is_null() && before < RUNS_MAX).then(|| {
            self.runs.store(before + 1, Ordering::Relaxed);
            place.cast_const()
        })
    }
}

/// What became of a block.
#[derive(Debug)]
struct State {
    /// Where it is published; null while it is missing, and dangling where no edge leads.
    known: AtomicPtr<Word>,
    draft: Draft,
}

/// A function whose blocks are translated where control first reaches them.
#[derive(Debug)]
pub(crate) struct Function {
    id: FuncId,
    layout: Layout,
    /// Its beginning, for its first calls.
    pub(super) draft: Draft,
    blocks: Box<[State]>,
    missing: AtomicU32,
    /// The dMIR, while it waits.
    waiting: AtomicPtr<Outlined>,
    /// Where its buffer goes once it need not wait any more.
    spares: Arc<Spares>,
}

impl Function {
    /// The function `id`, all of it missing.
    pub(super) fn new(id: FuncId, layout: Layout, func: &Func, spares: &Arc<Spares>) -> Self {
        let nowhere =
            || State { known: AtomicPtr::new(ptr::dangling_mut()), draft: Draft::default() };
        let mut blocks: Box<[_]> = (0..func.blocks.len()).map(|_| nowhere()).collect();
        let mut missing = 0;
        let mut lead = |block: Block| {
            let known = blocks.get_mut(block.position()).map(|state: &mut State| &mut state.known);
            if let Some(place) = known.map(AtomicPtr::get_mut).filter(|place| !place.is_null()) {
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
            draft: Draft::default(),
            blocks,
            missing: AtomicU32::new(missing),
            waiting: AtomicPtr::new(ptr::null_mut()),
            spares: Arc::clone(spares),
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
        self.blocks[block.position()].known.load(Ordering::Acquire)
    }

    pub(crate) fn is_missing(&self, block: Block) -> bool {
        self.known(block).is_null()
    }

    /// Whether `block` is missing and nobody began to run it; from now on somebody did.
    pub(crate) fn begins(&self, block: Block) -> bool {
        self.is_missing(block) && self.draft(block).begins()
    }

    /// What was written of `block` for its first runs.
    pub(super) fn draft(&self, block: Block) -> &Draft {
        &self.blocks[block.position()].draft
    }

    /// `block` is at `place`, unless it was published before; whether it was not.
    pub(super) fn publish(&self, block: Block, place: *const Word) -> bool {
        let is_first = self.blocks[block.position()]
            .known
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

    /// Lets the dMIR go, if it waits.
    pub(super) fn forget(&self, kept_bytes: &AtomicUsize) {
        kept_bytes.fetch_sub(self.release(), Ordering::Relaxed);
    }

    /// Gives the buffer of the dMIR that waits to the next function; its size in bytes.
    fn release(&self) -> usize {
        let Some(outlined) = self.take() else { return 0 };
        let bytes = outlined.func().size_bytes();
        self.spares.give(outlined.into_func());
        bytes
    }

    /// Bytes that it takes without code and dMIR.
    pub(super) fn size_bytes(&self) -> usize {
        size_of::<Self>() + size_of_val(&*self.blocks) + self.layout.size_bytes()
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        self.release();
    }
}

/// The block of the same region that `edge` leads to.
const fn target(edge: Edge) -> Option<Block> {
    match edge {
        Edge::Goto(block) => Some(block),
        _ => None,
    }
}
