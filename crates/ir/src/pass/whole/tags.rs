//! What is known of slots: labels, and where the address is that a function returns to.

use alloc::{collections::BTreeMap, vec::Vec};

use super::parts::Targets;
use crate::{
    func::Func,
    inst::{Block, Inst, Operand, Source, Terminator, Value, Var},
};

/// What is known of a slot or a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tag {
    /// It is this label.
    Label(u32),
    /// It is where the function returns to.
    Return,
}

/// Labels that a node knows of at most, the uppermost: functions that wait for others to return. A jump to what it does not
/// know leaves.
const LABELS_MAX: usize = 64;

/// Slots that may hold where a function returns to, at most.
const RETURNS_MAX: usize = 8;

/// What of `slots`, which are in their order, a node keeps with so many slots in use; `None` where where the function returns
/// to is in too many.
pub(super) fn kept(slots: &[(i16, Tag)], height: i16) -> Option<Vec<(i16, Tag)>> {
    let (mut labels, mut returns) = (0, 0);
    let below = slots.iter().rev().filter(|(slot, _)| *slot < height);
    let mut kept: Vec<_> = below
        .filter(|(_, tag)| match tag {
            Tag::Label(_) => {
                labels += 1;
                labels <= LABELS_MAX
            }
            Tag::Return => {
                returns += 1;
                true
            }
        })
        .copied()
        .collect();
    kept.reverse();
    (returns <= RETURNS_MAX).then_some(kept)
}

/// What is known where a fragment ends.
pub(super) struct Tags<'f> {
    targets: Targets<'f>,
    func: &'f Func,
    height: i16,
    slots: BTreeMap<i16, Tag>,
    values: BTreeMap<Value, Tag>,
    /// Whether the fragment does something with where its function returns to but move it and jump to it.
    pub(super) looks_at_return: bool,
}

impl<'f> Tags<'f> {
    /// Follows `func`, which begins with `height` slots in use and what is known of them.
    pub(super) fn after(
        targets: Targets<'f>,
        func: &'f Func,
        height: i16,
        known: &[(i16, Tag)],
    ) -> Self {
        let slots = known.iter().copied().collect();
        let values = BTreeMap::new();
        let mut tags = Self { targets, func, height, slots, values, looks_at_return: false };
        for inst in &func.insts {
            tags.inst(inst);
        }
        match func.blocks[Block(0)].terminator {
            Terminator::Branch { cond, .. } => tags.look(cond),
            Terminator::Exit { len, .. } => tags.look(len),
            _ => {}
        }
        tags
    }

    fn inst(&mut self, inst: &Inst) {
        match *inst {
            Inst::Set { var, value } => {
                let slot = self.slot(var);
                match self.of(value) {
                    Some(tag) => self.slots.insert(slot, tag),
                    None => self.slots.remove(&slot),
                };
            }
            Inst::Copy { value, result, .. } => {
                if let Some(tag) = self.of(value) {
                    self.values.insert(result, tag);
                }
            }
            _ => {
                let list = inst.operands(|operand| self.look(operand));
                self.func.list(list).iter().for_each(|operand| self.look(*operand));
            }
        }
    }

    fn look(&mut self, operand: Operand) {
        self.looks_at_return |= self.of(operand) == Some(Tag::Return);
    }

    fn slot(&self, var: Var) -> i16 {
        self.height + self.func.vars[var].slot.unwrap_or_default()
    }

    /// What is known of `operand`.
    pub(super) fn of(&self, operand: Operand) -> Option<Tag> {
        match operand.source() {
            Source::Value(value) => self.values.get(&value).copied(),
            Source::Var(var) => self.slots.get(&self.slot(var)).copied(),
            Source::Const(_) | Source::Imm(_) => {
                self.targets.label(self.func, operand).map(Tag::Label)
            }
        }
    }

    /// What is known of slots, from the lowest.
    pub(super) fn slots(&self) -> impl Iterator<Item = (i16, Tag)> + '_ {
        self.slots.iter().map(|(slot, tag)| (*slot, *tag))
    }
}
