//! The fragments of a program, each made once.

use alloc::{collections::BTreeMap, vec::Vec};
use core::ops::Index;

use crate::{
    func::Func,
    inst::{Edge, Head, Inst, Operand, Terminator},
    module::Lazy,
    types::Type,
};

/// What a number may be in a program.
#[derive(Clone, Copy)]
pub(super) struct Targets<'g> {
    pub(super) guest: &'g dyn Lazy,
    /// Type of a slot.
    pub(super) ty: Type,
}

impl Targets<'_> {
    /// The label that a constant operand of `func` is, if it is one.
    pub(super) fn label(self, func: &Func, operand: Operand) -> Option<u32> {
        let number = u32::try_from(func.const_u64(operand, self.ty)?).ok()?;
        self.guest.is_jump_target(number).then_some(number)
    }
}

pub(super) struct Parts<'g> {
    pub(super) targets: Targets<'g>,
    /// Slots that there are.
    limit: u16,
    parts: Vec<Func>,
    /// For a head, and a height where the fragment does not fit, its fragment.
    known: BTreeMap<(Head, Option<u16>), usize>,
}

impl Index<usize> for Parts<'_> {
    type Output = Func;

    fn index(&self, part: usize) -> &Func {
        &self.parts[part]
    }
}

impl<'g> Parts<'g> {
    pub(super) fn of(guest: &'g dyn Lazy) -> Self {
        let window = guest.interface().window;
        let targets = Targets { guest, ty: window.map_or(Type::I256, |window| window.ty) };
        let limit = window.map_or(0, |window| window.limit);
        Self { targets, limit, parts: Vec::new(), known: BTreeMap::new() }
    }

    /// Slots that there are.
    pub(super) fn limit(&self) -> u16 {
        self.limit
    }

    pub(super) fn into_funcs(self) -> Vec<Func> {
        self.parts
    }

    /// The fragment at `head`.
    pub(super) fn at(&mut self, head: Head, height: Option<u16>) -> usize {
        if let Some(known) = self.known.get(&(head, height)) {
            return *known;
        }
        let mut func = Func::default();
        self.targets.guest.lower(head, height, &mut func);
        self.parts.push(func);
        self.known.insert((head, height), self.parts.len() - 1);
        self.parts.len() - 1
    }

    /// The fragment at `head`, or its twin where it does not fit.
    pub(super) fn fitting(&mut self, head: Head, height: u16) -> usize {
        let part = self.at(head, None);
        let (need, grow) = needs(&self.parts[part]);
        let fits = need <= height && self.has_room(i32::from(height) + i32::from(grow));
        if fits { part } else { self.at(head, Some(height)) }
    }

    /// Whether so many slots may be in use.
    pub(super) fn has_room(&self, height: i32) -> bool {
        height <= i32::from(self.limit)
    }
}

/// How many slots a fragment needs below and above the height where it begins.
pub(super) fn needs(func: &Func) -> (u16, u16) {
    match func.insts.first() {
        Some(Inst::WindowCheck { need, grow }) => (*need, *grow),
        _ => (0, 0),
    }
}

/// Whether the fragment is what the pass understands: one block of a window program, checked where it begins.
pub(super) fn is_plain(func: &Func) -> bool {
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
