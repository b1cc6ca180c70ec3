//! The symbolic operand stack, and where operands live when a block ends.
//!
//! ```text
//! 0 ........ fixed ........ settled ........ height
//! canonical   + locals        + values
//! ```
//!
//! # Invariants
//!
//! 1. Below `fixed` an entry is a constant or its canonical variable. Below `settled` it may be the variable of a
//!    local too, or a value if its position is in `loose`. Above it may be anything.
//! 2. An entry at height `h` names no canonical variable but that of `h`. So moving operands down to a label in ascending
//!    order never overwrites one that is still to be moved.
//! 3. Entries below the innermost block's operands are fixed before the first block of dMIR inside it ends: all that
//!    is reached later finds them in one place, whatever path led there.
//! 4. All this is linear: each entry settles once. Entries that name a local are looked for only while there are some
//!    (`names`), from the highest on: at most [`OPERANDS_MAX`](crate::wasm::limits::OPERANDS_MAX) are passed by.

use lockstep_ir::{Inst, Op, Operand, Source, Type, Var};

use super::{Lower, expression::Waiting};

/// A canonical variable that does not exist yet.
const ABSENT: Var = Var(u32::MAX);
/// Types that an operand can have.
const TYPES: usize = 6;

/// An operand on the stack.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    pub(super) operand: Operand,
    pub(super) ty: Type,
    /// The operand is an i8, a truth value; the entry is that extended to i32.
    is_truth: bool,
}

/// The operands.
#[derive(Default)]
pub(super) struct Stack {
    /// The operands, and above their height what earlier ones left.
    entries: Vec<Entry>,
    height: usize,
    /// For each local, how many entries name it.
    names: Vec<u32>,
    fixed: usize,
    settled: usize,
    /// Positions below `settled` whose entry became a value.
    loose: Vec<u32>,
    /// For each height and type, the canonical variable.
    canonical: Vec<[Var; TYPES]>,
    /// Vectors among the operands: each takes a slot more than any other one. While there are some, the slots are counted,
    /// else as many were filled as there are entries.
    vectors: usize,
    counted_max: usize,
    /// Entries whose place was filled before, while operands may wait outside of the stack: none while there are vectors, or
    /// when each operand is to be seen.
    room: usize,
    is_shown: bool,
}

const fn number(ty: Type) -> usize {
    match ty {
        Type::I32 => 0,
        Type::I64 => 1,
        Type::F32 => 2,
        Type::F64 => 3,
        Type::V128 => 4,
        _ => 5,
    }
}

impl Stack {
    pub(super) fn begin(&mut self, locals: usize, is_shown: bool) {
        self.names.resize(locals, 0);
        self.is_shown = is_shown;
    }

    pub(super) fn locals(&self) -> usize {
        self.names.len()
    }

    pub(super) fn height(&self) -> usize {
        self.height
    }

    /// The most slots that operands ever filled.
    pub(super) fn max_slots(&self) -> u32 {
        self.counted_max.max(self.entries.len()) as u32
    }

    #[inline(always)]
    fn entry(&mut self, operand: Operand, ty: Type, is_truth: bool) {
        let entry = Entry { operand, ty, is_truth };
        match self.entries.get_mut(self.height) {
            Some(place) => *place = entry,
            None => {
                self.entries.push(entry);
                self.set_room();
            }
        }
        self.height += 1;
        if ty == Type::V128 {
            self.vectors += 1;
            self.set_room();
        }
        if self.vectors > 0 {
            self.counted_max = self.counted_max.max(self.height + self.vectors);
        }
    }

    /// How often entries name the local whose variable the operand is.
    #[inline(always)]
    fn names(&mut self, operand: Operand) -> Option<&mut u32> {
        match operand.source() {
            Source::Var(var) => self.names.get_mut(var.0 as usize),
            _ => None,
        }
    }

    /// The local whose variable the operand is.
    fn local(&self, operand: Operand) -> Option<Var> {
        match operand.source() {
            Source::Var(var) if (var.0 as usize) < self.names.len() => Some(var),
            _ => None,
        }
    }

    /// Whether `var` is the canonical variable of the entry that comes next.
    fn is_at_home(&self, var: Var, ty: Type) -> bool {
        self.canonical.get(self.height()).is_some_and(|row| row[number(ty)] == var)
    }

    /// The entry at `position`, part by part: a copy of the whole would be put together from its padding too.
    #[inline(always)]
    fn entry_at(&self, position: usize) -> Entry {
        let Entry { operand, ty, is_truth } = &self.entries[position];
        Entry { operand: *operand, ty: *ty, is_truth: *is_truth }
    }

    #[inline(always)]
    fn take(&mut self) -> Entry {
        let entry = self.take_number();
        if entry.ty == Type::V128 {
            self.vectors -= 1;
            self.set_room();
        }
        entry
    }

    /// Whether the next operand, if it is no vector, may wait: it takes no more slots than were ever filled.
    #[inline(always)]
    pub(super) fn has_room(&self) -> bool {
        self.height < self.room
    }

    fn set_room(&mut self) {
        let may_wait = self.vectors == 0 && !self.is_shown;
        self.room = if may_wait { self.entries.len() } else { 0 };
    }

    /// Puts an operand that is no variable but a local's where there is room for it.
    #[inline(always)]
    pub(super) fn push_again(&mut self, operand: Operand, ty: Type) {
        if let Source::Var(local) = operand.source() {
            self.names[local.0 as usize] += 1;
        }
        self.entries[self.height] = Entry { operand, ty, is_truth: false };
        self.height += 1;
    }

    /// Takes an operand that is no vector.
    #[inline(always)]
    fn take_number(&mut self) -> Entry {
        let height = self.height.checked_sub(1).expect("a valid program has its operands");
        self.height = height;
        let entry = self.entry_at(height);
        if let Some(names) = self.names(entry.operand) {
            *names -= 1;
        }
        // Nothing is fixed that is not settled.
        if self.settled > height {
            self.settled = height;
            self.fixed = self.fixed.min(height);
        }
        entry
    }

    fn top(&self) -> Option<&Entry> {
        self.entries[..self.height].last()
    }

    pub(super) fn truncate(&mut self, height: usize) {
        while self.height > height {
            self.take();
        }
    }
}

impl Lower<'_, '_> {
    /// Pushes an operand. An operation may have come to one of its operands (`x | 0` is `x`), so it may be a variable: one of
    /// a local is entered as such, and a canonical one of another height is copied.
    #[inline(always)]
    pub(super) fn push(&mut self, operand: Operand, ty: Type) {
        match operand.source() {
            Source::Var(var) => self.push_var(var, ty),
            _ => self.stack.entry(operand, ty, false),
        }
    }

    #[inline(never)]
    fn push_var(&mut self, var: Var, ty: Type) {
        let mut operand = Operand::from(var);
        if let Some(names) = self.stack.names(operand) {
            *names += 1;
        } else if !self.stack.is_at_home(var, ty) {
            operand = self.b.copy(ty, operand);
        }
        self.stack.entry(operand, ty, false);
    }

    /// Pushes an i32 that is the truth value `operand: i8`; it is extended where somebody needs it.
    pub(super) fn push_truth(&mut self, operand: Operand) {
        let is_truth = !operand.is_const();
        self.stack.entry(operand, Type::I32, is_truth);
    }

    /// The operand of an entry in the form that its type says.
    #[inline(always)]
    fn whole(&mut self, entry: &Entry) -> Operand {
        if entry.is_truth { self.extended(entry.operand) } else { entry.operand }
    }

    #[inline(never)]
    fn extended(&mut self, truth: Operand) -> Operand {
        self.b.convert(Op::Uextend, Type::I8, Type::I32, truth)
    }

    #[inline(always)]
    pub(super) fn pop(&mut self) -> Operand {
        let entry = self.stack.take();
        self.whole(&entry)
    }

    /// The highest operand, which is no vector.
    #[inline(always)]
    pub(super) fn pop_number(&mut self) -> Operand {
        let entry = self.stack.take_number();
        self.whole(&entry)
    }

    /// The two highest operands, the lower first, neither a vector.
    pub(super) fn pop_numbers(&mut self) -> [Operand; 2] {
        let b = self.pop_number();
        [self.pop_number(), b]
    }

    /// The highest operand, for an instruction that takes it.
    #[inline(always)]
    pub(super) fn pop_waiting(&mut self) -> Waiting {
        let entry = self.stack.take();
        Waiting { operand: self.whole(&entry), ty: entry.ty }
    }

    /// The highest operand and its type, which is i8 where it is a truth value that nobody extended yet.
    pub(super) fn pop_unsigned(&mut self, ty: Type) -> (Operand, Type) {
        let entry = self.stack.take();
        (entry.operand, if entry.is_truth { Type::I8 } else { ty })
    }

    pub(super) fn drop(&mut self) {
        self.stack.take();
    }

    /// The highest operand as an i8 that is not zero when it is not.
    pub(super) fn pop_condition(&mut self) -> Operand {
        let entry = self.stack.take();
        if entry.is_truth {
            return entry.operand;
        }
        self.b.op(Op::Ine, entry.ty, &[entry.operand, Operand::ZERO])
    }

    /// Pushes whether the highest operand, of type `ty`, is zero.
    pub(super) fn is_zero(&mut self, ty: Type) {
        let (operand, ty) = self.pop_unsigned(ty);
        let zero = self.b.op(Op::Ieq, ty, &[operand, Operand::ZERO]);
        self.push_truth(zero);
    }

    /// Takes the highest `count` operands into `args`, the lowest first.
    pub(super) fn pop_args(&mut self, count: usize) {
        let start = self.stack.height() - count;
        self.copy_args(start);
        self.stack.truncate(start);
    }

    /// Adds the operands from `start` on to `args`; they stay on the stack.
    pub(super) fn copy_args(&mut self, start: usize) {
        for position in start..self.stack.height() {
            let entry = self.stack.entries[position];
            let operand = self.whole(&entry);
            self.args.push(operand);
        }
    }

    /// The operand at `position` and its type; it stays on the stack.
    pub(super) fn shown(&mut self, position: usize) -> (Operand, Type) {
        let entry = self.stack.entries[position];
        (self.whole(&entry), entry.ty)
    }

    pub(super) fn top_type(&self) -> Type {
        self.stack.top().expect("a valid program has its operands").ty
    }

    /// Sets a local.
    #[inline(always)]
    pub(super) fn set_local(&mut self, local: Var, value: Operand) {
        if value != Operand::from(local) {
            self.detach(local);
            self.b.push(Inst::Set { var: local, value });
        }
    }

    /// Operands that name the local become a copy of what it is now.
    #[inline(always)]
    fn detach(&mut self, local: Var) {
        if self.stack.names[local.0 as usize] > 0 {
            self.detach_names(local);
        }
    }

    #[inline(never)]
    fn detach_names(&mut self, local: Var) {
        let mut left = core::mem::take(&mut self.stack.names[local.0 as usize]);
        let copy = self.b.copy(self.b.func().vars[local].ty, local.into());
        let height = self.stack.height;
        for (at, entry) in self.stack.entries[..height].iter_mut().enumerate().rev() {
            if entry.operand != local.into() {
                continue;
            }
            entry.operand = copy;
            if at < self.stack.settled {
                self.stack.loose.push(at as u32);
            }
            left -= 1;
            if left == 0 {
                break;
            }
        }
    }

    /// The canonical variable of a height and type.
    pub(super) fn canonical(&mut self, height: usize, ty: Type) -> Var {
        let missing = (height + 1).saturating_sub(self.stack.canonical.len());
        self.stack.canonical.extend(core::iter::repeat_n([ABSENT; TYPES], missing));
        let var = self.stack.canonical[height][number(ty)];
        if var != ABSENT {
            return var;
        }
        let var = self.b.var(ty, None);
        self.stack.canonical[height][number(ty)] = var;
        var
    }

    /// Moves an entry to its canonical variable.
    fn make_canonical(&mut self, position: usize) {
        let entry = self.stack.entries[position];
        let value = self.whole(&entry);
        let var = self.canonical(position, entry.ty);
        if value != Operand::from(var) {
            self.b.push(Inst::Set { var, value });
        }
        if let Some(names) = self.stack.names(entry.operand) {
            *names -= 1;
        }
        let entry = &mut self.stack.entries[position];
        (entry.operand, entry.is_truth) = (var.into(), false);
    }

    /// The block is about to end: values below `live` move to where the next one finds them, and nothing below `base`
    /// depends on a local any more.
    pub(super) fn settle(&mut self, live: usize, base: usize) {
        while let Some(position) = self.stack.loose.pop() {
            if (position as usize) < live {
                self.settle_one(position as usize);
            }
        }
        for position in self.stack.settled..live {
            self.settle_one(position);
        }
        self.stack.settled = self.stack.settled.max(live);
        for position in self.stack.fixed..base {
            let operand = self.stack.entries[position].operand;
            if self.stack.local(operand).is_some() {
                self.make_canonical(position);
            }
        }
        self.stack.fixed = self.stack.fixed.max(base);
    }

    fn settle_one(&mut self, position: usize) {
        let entry = self.stack.entries[position];
        if matches!(entry.operand.source(), Source::Value(_)) {
            self.make_canonical(position);
        }
    }

    /// The highest operands, from `base` on, move to their canonical variables, constants too.
    pub(super) fn settle_all_from(&mut self, base: usize) {
        for position in (base..self.stack.height()).rev() {
            self.make_canonical(position);
        }
    }

    /// Moves the highest operands to the canonical variables from `base` on, as many as `types`; they stay on the stack.
    pub(super) fn move_down(&mut self, base: usize, types: &[Type]) {
        let start = self.stack.height() - types.len();
        for (number, ty) in types.iter().enumerate() {
            let entry = self.stack.entries[start + number];
            let value = self.whole(&entry);
            let var = self.canonical(base + number, *ty);
            if value != Operand::from(var) {
                self.b.push(Inst::Set { var, value });
            }
        }
    }

    /// Whether `move_down` would move anything.
    pub(super) fn must_move(&mut self, base: usize, types: &[Type]) -> bool {
        let start = self.stack.height() - types.len();
        types.iter().enumerate().any(|(number, ty)| {
            let var = self.canonical(base + number, *ty);
            self.stack.entries[start + number].operand != Operand::from(var)
        })
    }

    /// Pushes the canonical variables of these types.
    pub(super) fn push_canonical(&mut self, types: &[Type]) {
        for ty in types {
            let var = self.canonical(self.stack.height(), *ty);
            self.push(var.into(), *ty);
        }
    }
}
