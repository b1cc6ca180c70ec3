//! Which blocks there are: from the entry on, everything that edges and labels lead to, function by function.

use alloc::{collections::BTreeSet, vec, vec::Vec};

use super::{
    body::{Body, Key, Node, Way},
    depth,
    heads::{self, edges},
    known::Known,
    parts::{Parts, is_plain, needs},
    tags::{self, Tag, Tags},
};
use crate::{
    func::Func,
    inst::{Edge, Head},
    module::Lazy,
    trap::Trap,
    types::Type,
};

/// Instructions of all nodes at most, for a program of so many bytes; what comes after leaves.
fn insts_max(len: u32) -> usize {
    3_000 + len as usize * 6 / 10
}

/// Instructions of a function at most.
const FUNCTION_INSTS_MAX: usize = 3_000;

/// Words that a function returns at most: there is code for each of them wherever it is called.
const RESULTS_MAX: i16 = 24;

/// All functions, and the fragments they are made of.
pub(super) struct Bodies {
    pub(super) parts: Vec<Func>,
    pub(super) bodies: Vec<Body>,
    /// Type of a slot.
    pub(super) ty: Type,
    /// Slots that there are.
    pub(super) limit: u16,
    /// How many may lie below the lowest of a deep function.
    pub(super) nested_max: i32,
}

impl Bodies {
    /// Follows `guest` from `start` on.
    pub(super) fn discover(guest: &dyn Lazy, start: Key) -> Self {
        let mut parts = Parts::of(guest);
        let callable = heads::functions(&mut parts);
        Self::with(parts, callable, start)
    }

    /// The same, without functions.
    pub(super) fn copied(guest: &dyn Lazy, start: Key) -> Self {
        Self::with(Parts::of(guest), BTreeSet::new(), start)
    }

    fn with(parts: Parts<'_>, callable: BTreeSet<Head>, start: Key) -> Self {
        let targets = parts.targets;
        let insts_max = insts_max(targets.guest.head_limit());
        let mut finder = Finder {
            parts,
            callable,
            functions: vec![Body::new(start.head, 0)],
            known: Known::new(),
            insts_max,
            functions_insts_left: 4 * insts_max,
        };
        let inputs = start.height.cast_unsigned();
        if let Some(body) = finder.explore(start, 0) {
            finder.functions[0] = Body { inputs, ..body };
        }
        let mut bodies = finder.functions;
        remove_unused(&mut bodies);
        let limit = finder.parts.limit();
        let nested_max = depth::nested_max(&bodies, limit);
        Self { parts: finder.parts.into_funcs(), bodies, ty: targets.ty, limit, nested_max }
    }

    /// The fragment of a node.
    pub(super) fn part(&self, node: &Node) -> &Func {
        &self.parts[node.part]
    }
}

/// Takes out the functions that nobody calls.
fn remove_unused(bodies: &mut Vec<Body>) {
    let mut places = vec![None; bodies.len()];
    let (mut kept, mut next) = (vec![0], 0);
    places[0] = Some(0);
    while let Some(body) = kept.get(next) {
        for call in &bodies[*body].calls {
            if places[call.func].is_none() {
                places[call.func] = Some(kept.len());
                kept.push(call.func);
            }
        }
        next += 1;
    }
    let mut old: Vec<_> = core::mem::take(bodies).into_iter().map(Some).collect();
    for body in kept {
        let Some(mut body) = old[body].take() else { continue };
        for call in &mut body.calls {
            call.func = places[call.func].unwrap_or_default();
        }
        bodies.push(body);
    }
}

/// What was explored as a function is none.
pub(super) struct NoFunction;

pub(super) struct Finder<'g> {
    pub(super) parts: Parts<'g>,
    /// Heads that look like functions.
    callable: BTreeSet<Head>,
    /// The functions found, by their numbers; the first is the program's entry, which comes last.
    pub(super) functions: Vec<Body>,
    pub(super) known: Known,
    /// Instructions that the entry's nodes may still have.
    insts_max: usize,
    /// Those that nodes of functions may still have, of functions that turn out to be none too.
    functions_insts_left: usize,
}

impl Finder<'_> {
    /// The body that begins with `entry`, which has a node at least.
    pub(super) fn explore(&mut self, entry: Key, params: i16) -> Option<Body> {
        let mut body = Body::new(entry.head, params);
        self.node(&mut body, entry)?;
        while let Some(key) = body.queue.pop_front() {
            let node = self.visit(&mut body, &key).ok()?;
            body.nodes.push(node);
        }
        body.keys.clear();
        Some(body)
    }

    /// The node of `key`, now or soon; none where there are enough.
    fn node(&mut self, body: &mut Body, key: Key) -> Option<usize> {
        if let Some(known) = body.keys.get(&key) {
            return Some(*known);
        }
        let part = self.parts.at(key.head, None);
        let part = &self.parts[part];
        let insts = body.insts + part.insts.len();
        let insts_max = if body.is_entry() { self.insts_max } else { FUNCTION_INSTS_MAX };
        if insts > insts_max || !is_plain(part) {
            return None;
        }
        if !body.is_entry() {
            self.functions_insts_left = self.functions_insts_left.checked_sub(part.insts.len())?;
        }
        body.insts = insts;
        let number = body.keys.len();
        body.keys.insert(key.clone(), number);
        body.queue.push_back(key);
        Some(number)
    }

    fn visit(&mut self, body: &mut Body, key: &Key) -> Result<Node, NoFunction> {
        let part = match body.is_entry() {
            true => self.parts.fitting(key.head, key.height.cast_unsigned()),
            false => self.parts.at(key.head, None),
        };
        let func = &self.parts[part];
        let (need, grow) = needs(func);
        let edges = edges(func);
        let tags = Tags::after(self.parts.targets, func, key.height, &key.tags);
        if !body.is_entry() {
            let lowest = i32::from(key.height) - i32::from(need);
            if tags.looks_at_return || lowest < -i32::from(body.params) {
                return Err(NoFunction);
            }
        }
        body.own_top = body.own_top.max(i32::from(key.height) + i32::from(grow));
        body.top = body.top.max(body.own_top);
        if !self.parts.has_room(body.top) && !body.is_entry() {
            return Err(NoFunction);
        }
        let targets: Vec<_> = edges.iter().map(|edge| target(*edge, key.height, &tags)).collect();
        let slots: Vec<_> = tags.slots().collect();
        let mut ways = Vec::with_capacity(targets.len());
        for target in targets {
            ways.push(self.way(body, target, &slots, edges.len() == 1)?);
        }
        Ok(Node { part, height: key.height, ways })
    }

    fn way(
        &mut self,
        body: &mut Body,
        target: Target,
        slots: &[(i16, Tag)],
        is_only: bool,
    ) -> Result<Way, NoFunction> {
        match target {
            Target::Head(head, height) => {
                let tags = tags::kept(slots, height).ok_or(NoFunction)?;
                let key = Key { head, height, tags };
                if is_only
                    && self.callable.contains(&head)
                    && let Some(way) = self.call(body, &key)?
                {
                    return Ok(way);
                }
                self.enter(body, key)
            }
            Target::Return(height) => {
                // What it returns may not be where it returns to.
                let mut below = slots.iter().filter(|(slot, _)| *slot < height);
                let shows = below.any(|(_, tag)| *tag == Tag::Return);
                let is_wide = height + body.params > RESULTS_MAX;
                if shows || is_wide || *body.end.get_or_insert(height) != height {
                    return Err(NoFunction);
                }
                Ok(Way::Return)
            }
            Target::Word(height) if body.is_entry() => Ok(Way::LeaveTo(height)),
            Target::Word(_) => Err(NoFunction),
            Target::Trap(trap) => Ok(Way::Trap(trap)),
        }
    }

    /// Goes to a node, or leaves.
    pub(super) fn enter(&mut self, body: &mut Body, key: Key) -> Result<Way, NoFunction> {
        let (head, height) = (key.head, key.height);
        match self.node(body, key) {
            Some(node) => Ok(Way::Node(node)),
            None if body.is_entry() => Ok(Way::Leave(head, height)),
            None => Err(NoFunction),
        }
    }
}

/// Where an edge leads before anybody asked for a node.
enum Target {
    Head(Head, i16),
    Return(i16),
    Word(i16),
    Trap(Trap),
}

fn target(edge: Edge, height: i16, tags: &Tags<'_>) -> Target {
    match edge {
        Edge::Enter { head, shift } => Target::Head(head, height + shift),
        Edge::EnterDyn { target, shift } => match tags.of(target) {
            Some(Tag::Label(number)) => Target::Head(Head(number), height + shift),
            Some(Tag::Return) => Target::Return(height + shift),
            None => Target::Word(height + shift),
        },
        Edge::Trap(trap) => Target::Trap(trap),
        // A fragment of one block has no other to go to.
        Edge::Goto(_) => Target::Trap(Trap::Unreachable),
    }
}
