//! Chunks: which blocks are encoded together, and where links between them and to others lead.
//!
//! # Shape
//!
//! ```text
//! [ begin ] block, block it goes on to, ... | stubs of blocks that are missing | what leads to them
//! ```
//!
//! # Invariants
//!
//! 1. A link leads to a block of the chunk, else to where the block was published, else to a stub of the chunk.
//! 2. A stub charges nothing and names every link of the chunk that leads to it.
//! 3. A chunk takes time by what is in it, whatever else its function has.

use alloc::vec::Vec;

use lockstep_base::Index;
use lockstep_ir::{Block, Edge, Func, FuncId, Outlined, Room, Terminator, Verified};

use super::{Encoder, Encoding, Line};
use crate::{
    code::{Code, CodeError, Function, Word},
    dispatch::handler,
    handler::flow::{Charge, Reach},
};

/// Where the blocks of a chunk begin.
#[derive(Default)]
pub(super) struct Starts {
    /// For each block, the chunk that this was last said for, and the position.
    of_blocks: Vec<(u32, usize)>,
    /// The chunk at hand.
    chunk: u32,
    last: usize,
    blocks: Vec<Block>,
}

impl Starts {
    /// Begins a chunk.
    pub(super) fn begin(&mut self) {
        self.blocks.clear();
        self.chunk = self.chunk.wrapping_add(1);
        if self.chunk == 0 {
            // Numbers come round: what earlier chunks left could be taken for ours.
            self.of_blocks.clear();
            self.chunk = 1;
        }
    }

    /// `block` begins at `position`.
    pub(super) fn put(&mut self, block: Block, position: usize) {
        if self.of_blocks.len() <= block.position() {
            self.of_blocks.resize(block.position() + 1, (0, 0));
        }
        self.of_blocks[block.position()] = (self.chunk, position);
        self.last = position;
        self.blocks.push(block);
    }

    /// Where `block` begins, if it is of this chunk.
    fn get(&self, block: Block) -> Option<usize> {
        let (chunk, position) = *self.of_blocks.get(block.position())?;
        (chunk == self.chunk).then_some(position)
    }

    /// Where the last block begins.
    pub(super) const fn last(&self) -> usize {
        self.last
    }
}

/// Which blocks of a function are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// The first, with what begins the function.
    Entry,
    /// This one.
    One(Block),
    /// All that are missing.
    Missing,
}

impl Encoder {
    /// Encodes all of `func`, which is function `id` if it has a number.
    pub(crate) fn encode(
        &mut self,
        code: &Code,
        (id, func): (Option<FuncId>, Verified<&Func>),
    ) -> Result<(), CodeError> {
        self.list(code, (id, func), false)?;
        self.lead(None);
        Ok(())
    }

    /// What the words of `func` are, for people who look.
    pub(crate) fn list(
        &mut self,
        code: &Code,
        (id, func): (Option<FuncId>, Verified<&Func>),
        is_listed: bool,
    ) -> Result<Vec<Line>, CodeError> {
        let mut layout = core::mem::take(&mut self.layout);
        let lines = layout.make(code.interface(), &func).and_then(|()| {
            let mut encoding = Encoding::new(self, code, (id, func.into_inner()), &layout);
            encoding.is_listed = is_listed;
            encoding.function(func)?;
            Ok(core::mem::take(&mut encoding.lines))
        });
        self.layout = layout;
        lines
    }

    /// Encodes those blocks of `function`, whose dMIR is `outlined`, that are wanted, each accepted before, and those that
    /// they go on to without a choice.
    pub(crate) fn chunk(
        &mut self,
        code: &Code,
        (function, outlined): (&Function, &Outlined),
        wanted: Wanted,
        room: &mut Room,
    ) -> Result<(), CodeError> {
        let own = (Some(function.id()), outlined.func());
        let mut encoding = Encoding::new(self, code, own, function.layout());
        let blocks = outlined.func().blocks.len() as u32;
        match wanted {
            Wanted::Entry => {
                encoding.begin();
                encoding.chain((function, outlined), Block(0), room)?;
            }
            Wanted::One(block) => encoding.chain((function, outlined), block, room)?,
            Wanted::Missing => {
                for block in (0..blocks).map(Block) {
                    if function.is_missing(block) && encoding.e.starts.get(block).is_none() {
                        encoding.chain((function, outlined), block, room)?;
                    }
                }
            }
        }
        encoding.bound_frame()?;
        self.lead(Some(function));
        Ok(())
    }

    /// Makes every link of a block lead there, with `function` to stubs of what is missing.
    fn lead(&mut self, function: Option<&Function>) {
        self.lead_to(function, true);
    }

    /// The same, but no link leads to a block of the chunk.
    pub(super) fn lead_away(&mut self, function: &Function) {
        self.lead_to(Some(function), false);
    }

    fn lead_to(&mut self, function: Option<&Function>, is_lasting: bool) {
        let mut links = core::mem::take(&mut self.block_links);
        links.retain(|&(block, position)| {
            if let Some(start) = self.starts.get(Block(block)).filter(|_| is_lasting) {
                self.local_links.push((position, start));
                return false;
            }
            let known = function.map_or(core::ptr::null(), |function| function.known(Block(block)));
            self.words[position].link = known;
            known.is_null()
        });
        if let Some(function) = function.filter(|_| !links.is_empty()) {
            links.sort_unstable();
            for led in links.chunk_by(|a, b| a.0 == b.0) {
                self.stub(function, led);
            }
        }
        self.block_links = links;
    }

    /// A stub for the block that all these links lead to.
    fn stub(&mut self, function: &Function, links: &[(u32, usize)]) {
        let stub = self.words.len();
        self.words.extend([
            Word { handler: handler::<Charge> },
            Word { imm: 0 },
            Word { handler: handler::<Reach> },
            Word { imm: u64::from(links[0].0) },
            Word { function },
            Word { imm: links.len() as u64 },
        ]);
        for &(_, position) in links {
            self.local_links.extend([(position, stub), (self.words.len(), position)]);
            self.words.push(Word { imm: 0 });
        }
    }

    /// Words of the chunk.
    pub(crate) fn words(&self) -> usize {
        self.words.len()
    }

    /// The blocks of the chunk, with the positions of their first words.
    pub(crate) fn starts(&self) -> impl Iterator<Item = (Block, usize)> {
        self.starts.blocks.iter().map(|&block| (block, self.starts.get(block).unwrap_or_default()))
    }

    /// Writes the chunk to `place`.
    ///
    /// # Safety
    ///
    /// There is room for all words, which nobody else looks at.
    pub(crate) unsafe fn write(&self, place: *mut Word) {
        // SAFETY: the caller's promise; positions are of words of the chunk.
        unsafe {
            place.copy_from_nonoverlapping(self.words.as_ptr(), self.words.len());
            for &(position, target) in &self.local_links {
                (*place.add(position)).link = place.add(target);
            }
        }
    }
}

impl Encoding<'_> {
    /// `first` and the blocks that follow it without a choice, as far as they are missing.
    fn chain(
        &mut self,
        (function, outlined): (&Function, &Outlined),
        first: Block,
        room: &mut Room,
    ) -> Result<(), CodeError> {
        let mut next = Some(first);
        while let Some(block) = next {
            let body = outlined.body(self.interface, block, room).map_err(CodeError::Refused)?;
            next = match body.def().terminator {
                Terminator::Jump(Edge::Goto(next)) => Some(next),
                _ => None,
            };
            next = next.filter(|next| *next != block && function.is_missing(*next));
            next = next.filter(|next| self.e.starts.get(*next).is_none());
            self.block(body, next)?;
        }
        Ok(())
    }
}
