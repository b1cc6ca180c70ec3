//! A function while it is discovered, and when it is: its nodes, where their edges lead, whom it calls.

use alloc::{
    collections::{BTreeMap, VecDeque},
    vec::Vec,
};

use super::tags::Tag;
use crate::{inst::Head, trap::Trap};

/// What a node is known by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) head: Head,
    /// Slots in use, beyond those at the function's beginning.
    pub(super) height: i16,
    /// What is known of slots.
    pub(super) tags: Vec<(i16, Tag)>,
}

/// Where an edge of a fragment leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Way {
    /// To a node.
    Node(usize),
    /// To a call, by its place in [`Body::calls`].
    Call(usize),
    /// Back to the caller.
    Return,
    /// To a head in the tier below, with so many slots in use.
    Leave(Head, i16),
    /// To what a word names, in the tier below.
    LeaveTo(i16),
    /// Nowhere.
    Trap(Trap),
}

/// A call of a function.
pub(super) struct Call {
    /// The function, by its place in [`Bodies::bodies`](super::discover::Bodies::bodies).
    pub(super) func: usize,
    /// Slots in use when it begins.
    pub(super) height: i16,
    /// What it returns to, and where control goes then.
    pub(super) label: u32,
    pub(super) then: Way,
}

/// A fragment where it is met.
pub(super) struct Node {
    /// The fragment, by its place in [`Bodies::parts`](super::discover::Bodies::parts).
    pub(super) part: usize,
    /// Slots in use when control comes to it, beyond those at the function's beginning.
    pub(super) height: i16,
    /// Where the edges of its terminator lead, in their order.
    pub(super) ways: Vec<Way>,
}

/// The nodes of a function.
pub(super) struct Body {
    /// How many slots below its beginning are its own, the lowest of which is where it returns to; none for the first function.
    pub(super) params: i16,
    /// Slots in use where the first function begins.
    pub(super) inputs: u16,
    pub(super) head: Head,
    pub(super) nodes: Vec<Node>,
    pub(super) calls: Vec<Call>,
    /// Slots in use where it returns, beyond those at its beginning; none where it never does.
    pub(super) end: Option<i16>,
    /// Slots in use at most, those of functions that it calls too, but for deep ones.
    pub(super) top: i32,
    /// Slots in use at most while it calls nobody.
    pub(super) own_top: i32,
    /// Depth units of functions that it calls and that are not deep, of those that they call too.
    pub(super) chain_units: u32,
    /// Whether it is a function that calls itself, or one that does: a deep one.
    pub(super) is_deep: bool,
    /// Whether it has to know where it returns to: where that is elsewhere than it was when a deep function is called.
    pub(super) takes_label: bool,
    /// Slots in use wherever it calls deep functions, all together.
    pub(super) deep_slots: usize,
    pub(super) insts: usize,
    pub(super) keys: BTreeMap<Key, usize>,
    pub(super) queue: VecDeque<Key>,
}

impl Body {
    /// One that begins at `head` with `params` slots of its own below.
    pub(super) fn new(head: Head, params: i16) -> Self {
        Self {
            params,
            inputs: 0,
            head,
            nodes: Vec::new(),
            calls: Vec::new(),
            end: None,
            top: 0,
            own_top: 0,
            chain_units: 0,
            is_deep: false,
            takes_label: false,
            deep_slots: 0,
            insts: 0,
            keys: BTreeMap::new(),
            queue: VecDeque::new(),
        }
    }

    /// How many words it takes: where it returns to is not one of them.
    pub(super) fn args(&self) -> u16 {
        (self.params - 1).max(0).cast_unsigned() + self.inputs
    }

    /// How many words it returns.
    pub(super) fn results(&self) -> u16 {
        self.end.map_or(0, |end| (end + self.params).cast_unsigned())
    }

    /// Slots in use wherever a way leaves, all together.
    pub(super) fn leaving_slots(&self) -> usize {
        let slots = |way: &Way| match way {
            Way::Leave(_, height) | Way::LeaveTo(height) => usize::from(height.cast_unsigned()),
            _ => 0,
        };
        let ways = self.nodes.iter().flat_map(|node| &node.ways);
        let ways = ways.chain(self.calls.iter().map(|call| &call.then));
        ways.map(slots).sum::<usize>() + self.deep_slots
    }

    /// Where `way` leads when all calls on it have returned.
    pub(super) fn after_calls(&self, way: Way) -> Way {
        match way {
            Way::Call(call) => self.calls[call].then,
            way => way,
        }
    }

    pub(super) fn is_entry(&self) -> bool {
        self.params == 0
    }
}
