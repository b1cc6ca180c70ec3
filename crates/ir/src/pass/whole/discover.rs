//! Which blocks there are: from the entry on, everything that edges and labels lead to.

use alloc::{
    collections::{BTreeMap, VecDeque},
    vec::Vec,
};

use crate::{
    func::Func,
    inst::{Block, Edge, Head, Inst, Operand, Source, Terminator, Value, Var},
    module::Lazy,
    trap::Trap,
    types::Type,
};

/// Instructions of all nodes at most, for a program of so many bytes; what comes after leaves.
fn insts_max(len: u32) -> usize {
    3_000 + len as usize * 6 / 10
}

/// What a node is known by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    head: Head,
    /// Slots in use.
    height: u16,
    /// Slots that hold labels, with these.
    labels: Vec<(u16, u32)>,
}

/// Where an edge of a fragment leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// To a node.
    Node(usize),
    /// To a head in the tier below, with so many slots in use.
    Leave(Head, u16),
    /// To what a word names, in the tier below.
    LeaveTo(u16),
    /// Nowhere.
    Trap(Trap),
}

/// A fragment where it is met.
pub(super) struct Node {
    /// The fragment, by its place in [`Nodes::parts`].
    pub(super) part: usize,
    /// Slots in use when control comes to it.
    pub(super) height: u16,
    /// Where the edges of its terminator lead, in their order.
    pub(super) ways: Vec<Way>,
}

/// All nodes, and the fragments they are made of.
pub(super) struct Nodes {
    pub(super) parts: Vec<Func>,
    pub(super) nodes: Vec<Node>,
    /// Type of a slot.
    pub(super) ty: Type,
}

impl Nodes {
    /// Follows `guest` from its entry.
    pub(super) fn discover(guest: &dyn Lazy) -> Self {
        let window = guest.interface().window;
        let mut finder = Finder {
            guest,
            limit: window.map_or(0, |window| window.limit),
            ty: window.map_or(Type::I256, |window| window.ty),
            parts: Vec::new(),
            known_parts: BTreeMap::new(),
            keys: BTreeMap::new(),
            queue: VecDeque::new(),
            nodes: 0,
            insts: 0,
            insts_max: insts_max(guest.head_limit()),
        };
        let entry = Key { head: guest.entry(), height: 0, labels: Vec::new() };
        let mut nodes = Vec::new();
        finder.node(entry);
        while let Some(key) = finder.queue.pop_front() {
            let node = finder.visit(&key);
            nodes.push(node);
        }
        Self { parts: finder.parts, nodes, ty: finder.ty }
    }

    /// Slots in use wherever a way leaves, all together.
    pub(super) fn leaving_slots(&self) -> usize {
        let slots = |way: &Way| match way {
            Way::Leave(_, height) | Way::LeaveTo(height) => usize::from(*height),
            Way::Node(_) | Way::Trap(_) => 0,
        };
        self.nodes.iter().flat_map(|node| &node.ways).map(slots).sum()
    }

    /// The fragment of a node.
    pub(super) fn part(&self, node: &Node) -> &Func {
        &self.parts[node.part]
    }
}

struct Finder<'g> {
    guest: &'g dyn Lazy,
    limit: u16,
    ty: Type,
    parts: Vec<Func>,
    /// For a head, and a height where the fragment does not fit, its fragment.
    known_parts: BTreeMap<(Head, Option<u16>), usize>,
    keys: BTreeMap<Key, usize>,
    queue: VecDeque<Key>,
    /// Nodes that have a number.
    nodes: usize,
    insts: usize,
    insts_max: usize,
}

impl Finder<'_> {
    /// The node of `key`, now or soon; none where there are enough.
    fn node(&mut self, key: Key) -> Option<usize> {
        if let Some(known) = self.keys.get(&key) {
            return Some(*known);
        }
        let part = self.part(key.head, None);
        let insts = self.insts + self.parts[part].insts.len();
        if insts > self.insts_max || !is_plain(&self.parts[part]) {
            return None;
        }
        self.insts = insts;
        self.keys.insert(key.clone(), self.nodes);
        self.queue.push_back(key);
        self.nodes += 1;
        Some(self.nodes - 1)
    }

    fn part(&mut self, head: Head, height: Option<u16>) -> usize {
        if let Some(known) = self.known_parts.get(&(head, height)) {
            return *known;
        }
        let mut func = Func::default();
        self.guest.lower(head, height, &mut func);
        self.parts.push(func);
        self.known_parts.insert((head, height), self.parts.len() - 1);
        self.parts.len() - 1
    }

    /// The fragment at `head`, or its twin where it does not fit.
    fn fitting(&mut self, head: Head, height: u16) -> usize {
        let part = self.part(head, None);
        let fits = match self.parts[part].insts.first() {
            Some(Inst::WindowCheck { need, grow }) => {
                *need <= height && u32::from(height) + u32::from(*grow) <= u32::from(self.limit)
            }
            _ => true,
        };
        if fits { part } else { self.part(head, Some(height)) }
    }

    fn visit(&mut self, key: &Key) -> Node {
        let part = self.fitting(key.head, key.height);
        let func = core::mem::take(&mut self.parts[part]);
        let labels = Labels::after(self.guest, self.ty, &func, key);
        let edges: Vec<Edge> = match func.blocks[Block(0)].terminator {
            Terminator::Jump(edge) => alloc::vec![edge],
            Terminator::Branch { then, otherwise, .. } => alloc::vec![then, otherwise],
            _ => Vec::new(),
        };
        let ways = edges.iter().map(|edge| self.way(*edge, key.height, &labels)).collect();
        self.parts[part] = func;
        Node { part, height: key.height, ways }
    }

    fn way(&mut self, edge: Edge, height: u16, labels: &Labels<'_>) -> Way {
        match edge {
            Edge::Enter { head, shift } => self.enter(head, at(height, shift), labels),
            Edge::EnterDyn { target, shift } => match labels.of(target) {
                Some(number) => self.enter(Head(number), at(height, shift), labels),
                None => Way::LeaveTo(at(height, shift)),
            },
            Edge::Trap(trap) => Way::Trap(trap),
            // A fragment of one block has no other to go to.
            Edge::Goto(_) => Way::Trap(Trap::Unreachable),
        }
    }

    fn enter(&mut self, head: Head, height: u16, labels: &Labels<'_>) -> Way {
        let below = labels.slots.iter().filter(|(slot, _)| **slot < height);
        let key =
            Key { head, height, labels: below.map(|(slot, label)| (*slot, *label)).collect() };
        self.node(key).map_or(Way::Leave(head, height), Way::Node)
    }
}

/// Whether the fragment is what this pass understands: one block of a window program, checked where it begins.
fn is_plain(func: &Func) -> bool {
    let [block] = func.blocks.as_slice() else { return false };
    let is_end = match block.terminator {
        Terminator::Jump(edge) => !matches!(edge, Edge::Goto(_)),
        Terminator::Branch { then, otherwise, .. } => {
            !matches!(then, Edge::Goto(_)) && !matches!(otherwise, Edge::Goto(_))
        }
        Terminator::Exit { .. } | Terminator::Trap(_) => true,
        _ => false,
    };
    let inner = func.insts.get(1..).unwrap_or_default();
    is_end
        && matches!(func.insts.first(), Some(Inst::WindowCheck { .. }))
        && !inner.iter().any(|inst| matches!(inst, Inst::WindowCheck { .. } | Inst::Step { .. }))
        && func.vars.iter().all(|(_, var)| var.slot.is_some())
}

/// The slot that lies `slot` above the base, which has `height` slots below it. The window check has said that it exists.
pub(super) fn at(height: u16, slot: i16) -> u16 {
    (i32::from(height) + i32::from(slot)) as u16
}

/// Where labels are.
struct Labels<'f> {
    guest: &'f dyn Lazy,
    ty: Type,
    func: &'f Func,
    height: u16,
    slots: BTreeMap<u16, u32>,
    values: BTreeMap<Value, u32>,
}

impl<'f> Labels<'f> {
    /// Where they are when `func` ends that began as `key` says.
    fn after(guest: &'f dyn Lazy, ty: Type, func: &'f Func, key: &Key) -> Self {
        let slots = key.labels.iter().copied().collect();
        let mut labels =
            Self { guest, ty, func, height: key.height, slots, values: BTreeMap::new() };
        for inst in &func.insts {
            match *inst {
                Inst::Set { var, value } => {
                    let slot = labels.slot(var);
                    match labels.of(value) {
                        Some(label) => labels.slots.insert(slot, label),
                        None => labels.slots.remove(&slot),
                    };
                }
                Inst::Copy { value, result, .. } => {
                    if let Some(label) = labels.of(value) {
                        labels.values.insert(result, label);
                    }
                }
                _ => {}
            }
        }
        labels
    }

    fn slot(&self, var: Var) -> u16 {
        at(self.height, self.func.vars[var].slot.unwrap_or_default())
    }

    /// The label that `operand` is, if it is one.
    fn of(&self, operand: Operand) -> Option<u32> {
        match operand.source() {
            Source::Value(value) => self.values.get(&value).copied(),
            Source::Var(var) => self.slots.get(&self.slot(var)).copied(),
            Source::Const(_) | Source::Imm(_) => {
                let number = u32::try_from(self.func.const_u64(operand, self.ty)?).ok()?;
                self.guest.is_jump_target(number).then_some(number)
            }
        }
    }
}
