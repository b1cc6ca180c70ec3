//! The symbolic operand stack of a block.
//!
//! Slots count from the block's base, the top of the stack where it begins: what the block found lies below zero.

use lockstep_ir::{Builder, Operand, Source, Trap, Type, Var};

use crate::evm::opcodes::Opcode;

/// Where a stack word is, and how much is known of it.
#[derive(Debug, Clone, Copy)]
pub(in crate::evm) struct Entry {
    /// The operand; constants lie in the pool as i256.
    pub(super) operand: Operand,
    /// Its type: i256, i64, or i8 for a boolean. The word is its zero extension.
    pub(super) ty: Type,
    /// Bits that may be set, from the lowest.
    pub(super) bits: u32,
    /// For a boolean: whether the word is its negation, which a branch can take as it is.
    pub(super) is_negated: bool,
    /// The slot whose unchanged content this is.
    home: Option<i16>,
}

impl Entry {
    pub(super) fn word(operand: Operand) -> Self {
        let bits = match operand.source() {
            Source::Imm(number) => 32 - number.leading_zeros(),
            _ => 256,
        };
        Self { operand, ty: Type::I256, bits, is_negated: false, home: None }
    }

    /// A word of which only the low `bits` may be set.
    pub(super) fn bounded(operand: Operand, bits: u32) -> Self {
        Self { bits: bits.min(Self::word(operand).bits), ..Self::word(operand) }
    }

    pub(super) fn narrow(operand: Operand, bits: u32) -> Self {
        Self { operand, ty: Type::I64, bits: bits.min(64), is_negated: false, home: None }
    }

    pub(super) fn boolean(operand: Operand) -> Self {
        Self { operand, ty: Type::I8, bits: 1, is_negated: false, home: None }
    }

    /// Whether this is what slot `slot` holds already.
    pub(super) fn is_home(&self, slot: i16) -> bool {
        self.home == Some(slot)
    }

    /// The negation of a boolean.
    pub(super) fn negated(self) -> Self {
        Self { is_negated: !self.is_negated, ..self }
    }
}

/// The stack; slots from `low` up are known, those below untouched.
pub(super) struct Stack {
    /// Entries of slots 0 and up.
    above: Vec<Entry>,
    /// Entries of slots -1 and down.
    below: Vec<Entry>,
    /// Variables made for slots, in no order.
    vars: Vec<(i16, Var)>,
    height: i16,
    need: i16,
    grow: i16,
}

impl Stack {
    pub(super) fn new() -> Self {
        Self {
            above: Vec::with_capacity(32),
            below: Vec::with_capacity(32),
            vars: Vec::with_capacity(32),
            height: 0,
            need: 0,
            grow: 0,
        }
    }

    /// The lowest slot known.
    pub(super) fn low(&self) -> i16 {
        -(self.below.len() as i16)
    }

    /// Slots in use, counted from the base.
    pub(super) fn height(&self) -> i16 {
        self.height
    }

    /// How many slots the block reads below its base, and how many it uses above.
    pub(super) fn extent(&self) -> (u16, u16) {
        (self.need as u16, self.grow as u16)
    }

    /// The trap that `row` meets now when the block began with `height` words.
    pub(super) fn misfit(&self, height: u16, row: &Opcode) -> Option<Trap> {
        let words = i32::from(height) + i32::from(self.height);
        let after = words - i32::from(row.pops) + i32::from(row.pushes);
        if words < i32::from(row.pops) {
            Some(Trap::StackUnderflow)
        } else if after > 1024 {
            Some(Trap::StackOverflow)
        } else {
            None
        }
    }

    /// How many slots below the base the block reads once it has an instruction that takes `pops` words.
    pub(super) fn need_with(&self, pops: u8) -> u16 {
        self.need.max(i16::from(pops) - self.height).cast_unsigned()
    }

    /// The next instruction takes `pops` words.
    pub(super) fn require(&mut self, pops: u8) {
        self.need = self.need.max(i16::from(pops) - self.height);
    }

    /// The instruction is done.
    pub(super) fn note_height(&mut self) {
        self.grow = self.grow.max(self.height);
    }

    /// The variable of `slot`.
    pub(super) fn var(&mut self, b: &mut Builder<'_>, slot: i16) -> Var {
        // Blocks touch few slots; the newest are asked for most.
        if let Some((_, var)) = self.vars.iter().rev().find(|(made, _)| *made == slot) {
            return *var;
        }
        let var = b.var(Type::I256, Some(slot));
        self.vars.push((slot, var));
        var
    }

    /// Makes slot `slot` known.
    fn reach(&mut self, b: &mut Builder<'_>, slot: i16) {
        while self.low() > slot {
            let slot = self.low() - 1;
            let var = self.var(b, slot);
            self.below.push(Entry { home: Some(slot), ..Entry::word(var.into()) });
        }
    }

    fn entry(&mut self, slot: i16) -> &mut Entry {
        if slot >= 0 {
            &mut self.above[slot as usize]
        } else {
            &mut self.below[(-1 - slot) as usize]
        }
    }

    /// What slot `slot` holds; it must be known.
    pub(super) fn at(&self, slot: i16) -> Entry {
        if slot >= 0 { self.above[slot as usize] } else { self.below[(-1 - slot) as usize] }
    }

    pub(super) fn pop(&mut self, b: &mut Builder<'_>) -> Entry {
        self.height -= 1;
        self.reach(b, self.height);
        self.at(self.height)
    }

    pub(super) fn push(&mut self, entry: Entry) {
        let slot = self.height;
        self.height += 1;
        if slot >= 0 && slot as usize == self.above.len() {
            self.above.push(entry);
        } else {
            *self.entry(slot) = entry;
        }
    }

    /// Pushes a copy of word `depth`, 1 for the top.
    pub(super) fn dup(&mut self, b: &mut Builder<'_>, depth: i16) {
        let slot = self.height - depth;
        self.reach(b, slot);
        let entry = self.at(slot);
        self.push(entry);
    }

    /// Exchanges the top with the word `distance` below it.
    pub(super) fn swap(&mut self, b: &mut Builder<'_>, distance: i16) {
        let top = self.height - 1;
        self.reach(b, top - distance);
        let (upper, lower) = (self.at(top), self.at(top - distance));
        *self.entry(top) = lower;
        *self.entry(top - distance) = upper;
    }
}
