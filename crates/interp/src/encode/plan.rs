//! Who lives where: last uses, shared slots for narrowed values, and values born in the home of a variable.
//!
//! Invariant: a plan is of one block; what it says of values, variables and instructions is of that block's, and making it
//! takes time by the block's length alone.

use alloc::vec::Vec;

use lockstep_base::Index;
use lockstep_ir::{
    BlockDef, Func, Inst, Interface, Op, Operand, Order, Shape, Source, Terminator, Type, Value,
    Var,
};

/// The place of a value that has none: not defined yet, or written with its only user.
pub(super) const NOWHERE: i16 = i16::MIN;

/// How many sets are looked at for names of variables, for each instruction of a block.
const LOOKS_PER_INST: usize = 64;

/// A position that no instruction has.
const NEVER: u32 = u32::MAX;

/// What is known of a block's values and variables.
#[derive(Default)]
pub(super) struct Plan {
    /// The first value of the block, and its values in order.
    first_value: u32,
    values: Vec<ValuePlan>,
    /// Variables of functions; what is said of one holds when its stamp is the block's.
    vars: Vec<VarPlan>,
    /// The block's stamp, which no block before had.
    stamp: u32,
    /// The first instruction of the block, and for each whether nothing is written for it.
    first_inst: u32,
    skipped: Vec<bool>,
    /// Sets of the block, in order.
    sets: Vec<SetPlan>,
    /// Names of variables that are set in the block, by the instructions that make them.
    late_names: Vec<u32>,
    /// Checks of the block.
    checks: Vec<u32>,
    /// For each instruction, the first of the values whose temporary is free after it.
    dying: Vec<u32>,
}

#[derive(Clone, Copy)]
struct ValuePlan {
    def: u32,
    /// Where it is used last, under any name; its definition when never.
    last: u32,
    uses: u32,
    /// What it is another name of; itself when it has a place of its own.
    root: Operand,
    /// The variable in whose home it is born.
    home: Option<Var>,
    /// For the token of a check, the memory it checked.
    memory: u32,
    /// Its frame offset once defined.
    place: i16,
    /// Another value whose temporary is free after the same instruction, by its place in `values`.
    dies_with: u32,
}

/// What happens to a variable in the block with this stamp.
#[derive(Clone, Copy)]
struct VarPlan {
    stamp: u32,
    /// Where it was read last so far.
    last_read: u32,
    /// Its last set, by the position in `sets`.
    set: u32,
}

/// A set of the block at hand.
#[derive(Clone, Copy)]
struct SetPlan {
    var: Var,
    at: u32,
    value: Operand,
    /// The set of the same variable before, by its position in `sets`.
    before: Option<u32>,
    /// Where the variable is set next.
    next: u32,
    /// Where the variable was read last before.
    read_before: u32,
}

impl Plan {
    /// Reads a block, twice.
    pub(super) fn analyze(&mut self, interface: &Interface, func: &Func, block: &BlockDef) {
        self.begin(func, block);
        let insts = func.block_insts(block);
        for (at, inst) in (block.insts.start..).zip(insts) {
            if let Inst::Set { var, value } = *inst {
                let position = self.sets.len() as u32;
                let before = core::mem::replace(&mut self.var(var).set, position);
                if let Some(before) = self.sets.get_mut(before as usize) {
                    before.next = at;
                }
                let before = (before != NEVER).then_some(before);
                self.sets.push(SetPlan { var, at, value, before, next: NEVER, read_before: 0 });
            }
        }
        let (mut last_step, mut set) = (0, 0);
        for (at, inst) in (block.insts.start..).zip(insts) {
            match *inst {
                Inst::Op { args, result, .. } => {
                    // What is not there of three is a constant.
                    args.into_iter().for_each(|arg| self.read(arg, at));
                    let root = self.other_name(inst, at).unwrap_or_else(|| result.into());
                    self.define(result, root, 0, at);
                }
                Inst::Check { memory, addr, len, result, .. } => {
                    self.read(addr, at);
                    self.read(len, at);
                    self.checks.push(at);
                    self.define(result, result.into(), memory.0, at);
                }
                Inst::Load { token, result, .. } => {
                    self.read(token.into(), at);
                    self.define(result, result.into(), 0, at);
                }
                Inst::Set { var, value } => {
                    self.read(value, at);
                    // A step shows all slots of the window.
                    let shown = if func.vars[var].slot.is_some() { last_step } else { 0 };
                    self.sets[set].read_before = self.var(var).last_read.max(shown);
                    set += 1;
                }
                Inst::Charge { .. } => {}
                Inst::Step { .. } => last_step = at,
                _ => {
                    for_operands(func, inst, |operand| self.read(operand, at));
                    for_results(interface, inst, |value| self.define(value, value.into(), 0, at));
                }
            }
        }
        let end = block.insts.end;
        for_terminator_operands(func, &block.terminator, |operand| {
            self.read(operand, end);
        });
        for set in 0..self.sets.len() {
            self.bear(func, set);
        }
        self.fuse_branch(func, block);
        self.name_late(func, block);
        self.fold_sums(func);
        self.bury(block);
    }

    /// Says after which instruction the temporary of each value is free. What the terminator uses lives to the end.
    fn bury(&mut self, block: &BlockDef) {
        self.dying.clear();
        self.dying.resize(block.insts.len(), NEVER);
        let (first_value, first_inst) = (self.first_value, self.first_inst);
        for (number, plan) in (0..).zip(&mut self.values) {
            let is_own = plan.root == Value(first_value + number).into() && plan.home.is_none();
            if let Some(first) = self.dying.get_mut((plan.last - first_inst) as usize)
                && is_own
            {
                plan.dies_with = core::mem::replace(first, number);
            }
        }
    }

    /// Forgets the block before.
    fn begin(&mut self, func: &Func, block: &BlockDef) {
        self.values.clear();
        self.sets.clear();
        self.late_names.clear();
        self.checks.clear();
        self.first_inst = block.insts.start;
        self.skipped.clear();
        self.skipped.resize(block.insts.len(), false);
        self.stamp = self.stamp.wrapping_add(1);
        if self.stamp == 0 {
            // Stamps come round: what earlier blocks left could be taken for ours.
            self.vars.clear();
            self.stamp = 1;
        }
        let vars = func.vars.len().max(self.vars.len());
        self.vars.resize(vars, VarPlan { stamp: 0, last_read: 0, set: NEVER });
    }

    /// Begins a block of which nothing is planned: values are told of as they are made.
    pub(super) fn begin_once(&mut self, block: &BlockDef) {
        self.values.clear();
        self.sets.clear();
        self.first_inst = block.insts.start;
        self.skipped.clear();
        self.skipped.resize(block.insts.len(), false);
    }

    /// The next value of such a block is made, at `place`; `memory` is what it checked when it is a token. It is nobody
    /// else's name, and counts as used more often than once, so that it always has a place.
    #[inline]
    pub(super) fn bear_once(&mut self, value: Value, place: i16, memory: u32) {
        if self.values.is_empty() {
            self.first_value = value.0;
        }
        let (def, last, uses, root, home, dies_with) = (NEVER, NEVER, 2, value.into(), None, NEVER);
        self.values.push(ValuePlan { def, last, uses, root, home, memory, place, dies_with });
    }

    /// The place of a value of such a block, when it was made.
    #[inline(always)]
    pub(super) fn place_once(&self, value: Value) -> Option<i16> {
        let number = value.0.checked_sub(self.first_value)?;
        self.values.get(number as usize).map(|plan| plan.place)
    }

    /// A value that is set to a variable can be born in its home; the `set` then writes nothing. Between birth and set
    /// nobody may look for what the variable held before, and once the variable is set again nobody for the value.
    fn bear(&mut self, func: &Func, set: usize) {
        let SetPlan { var, at, value, before, next, read_before } = self.sets[set];
        let Source::Value(value) = value.source() else { return };
        let plan = *self.value(value);
        let own = plan.root == value.into() && plan.home.is_none();
        let same_type = func.vars[var].ty == func.values[value];
        if !own || !same_type || read_before > plan.def || plan.last > next {
            return;
        }
        if let Some(before) = before {
            let SetPlan { at, value, .. } = self.sets[before as usize];
            let is_done = match value.source() {
                Source::Value(held) if self.is_skipped(at) => {
                    let held = *self.value(held);
                    held.def < plan.def && held.last <= plan.def
                }
                _ => at < plan.def,
            };
            if !is_done {
                return;
            }
        }
        self.value_mut(value).home = Some(var);
        self.skip(at);
    }

    /// Whether nothing is written to the home of `named` after the instruction at `from` and before the one at `to`.
    fn is_unwritten(&self, named: Var, from: u32, to: u32) -> bool {
        self.sets.iter().all(|set| {
            // What is born in the home is written there at its birth.
            let written = match set.value.source() {
                Source::Value(value) if self.is_skipped(set.at) => self.value(value).def,
                _ => set.at,
            };
            set.var != named || written <= from || written >= to
        })
    }

    /// Whether what `operand` names lies unchanged in its place after the instruction at `from` and before that at `to`.
    fn stays(&self, operand: Operand, from: u32, to: u32) -> bool {
        match operand.source() {
            Source::Var(var) => self.is_unwritten(var, from, to),
            Source::Value(value) => match self.value(value).home {
                Some(var) => self.is_unwritten(var, from, to),
                None => true,
            },
            _ => true,
        }
    }

    /// What names a variable that is set in this block is another name of it all the same, when nothing is written to
    /// the variable's home while the name is in use. What is narrowed only to be stored is another name too: a store
    /// looks at the low bits.
    fn name_late(&mut self, func: &Func, block: &BlockDef) {
        let late = core::mem::take(&mut self.late_names);
        // Looking at all sets for each name is quadratic: a block with too many keeps its moves.
        let names_max = LOOKS_PER_INST * block.insts.len() / (self.sets.len() + 1);
        for &at in late.iter().take(names_max) {
            let Inst::Op { op, args, result, .. } = func.insts[at as usize] else { continue };
            let root = self.resolve(args[0]);
            let plan = *self.value(result);
            if plan.home.is_some() || plan.root != result.into() {
                continue;
            }
            let is_stored = plan.uses == 1
                && matches!(func.insts.get(plan.last as usize),
                    Some(Inst::Store { value, .. }) if *value == result.into());
            if op == Op::Ireduce && !is_stored {
                continue;
            }
            if root.is_const() || !self.stays(root, at, plan.last) {
                continue;
            }
            if let Source::Value(value) = root.source() {
                let root_plan = self.value_mut(value);
                root_plan.last = root_plan.last.max(plan.last);
            }
            self.value_mut(result).root = root;
            self.skip(at);
        }
        self.late_names = late;
    }

    fn var(&mut self, var: Var) -> &mut VarPlan {
        let (plan, stamp) = (&mut self.vars[var.position()], self.stamp);
        if plan.stamp != stamp {
            *plan = VarPlan { stamp, last_read: 0, set: NEVER };
        }
        plan
    }

    #[inline]
    fn value(&self, value: Value) -> &ValuePlan {
        &self.values[(value.0 - self.first_value) as usize]
    }

    #[inline]
    fn value_mut(&mut self, value: Value) -> &mut ValuePlan {
        &mut self.values[(value.0 - self.first_value) as usize]
    }

    /// Whether nothing is written for the instruction at `at`.
    #[inline]
    pub(super) fn is_skipped(&self, at: u32) -> bool {
        self.skipped[(at - self.first_inst) as usize]
    }

    /// Writes nothing for the instruction at `at`: its neighbour does.
    pub(super) fn skip(&mut self, at: u32) {
        self.skipped[(at - self.first_inst) as usize] = true;
    }

    /// The frame offset of `value`, or [`NOWHERE`].
    #[inline]
    pub(super) fn place(&self, value: Value) -> i16 {
        self.value(value).place
    }

    /// `value` is defined, at this offset.
    #[inline]
    pub(super) fn put(&mut self, value: Value, offset: i16) {
        self.value_mut(value).place = offset;
    }

    /// What `operand` is another name of.
    #[inline]
    pub(super) fn resolve(&self, mut operand: Operand) -> Operand {
        // A name may have got another name itself after it was given.
        while let Some(value) = operand.as_value() {
            let root = self.value(value).root;
            if root == operand {
                break;
            }
            operand = root;
        }
        operand
    }

    #[inline]
    fn read(&mut self, operand: Operand, at: u32) {
        if let Some(value) = operand.as_value() {
            let plan = self.value_mut(value);
            plan.uses += 1;
            plan.last = at;
            let root = plan.root;
            if root != operand {
                self.read_root(root, at);
            }
        } else if !operand.is_const() {
            self.read_root(operand, at);
        }
    }

    /// What an operand is another name of is read by that name.
    fn read_root(&mut self, operand: Operand, at: u32) {
        match self.resolve(operand).source() {
            Source::Value(root) => self.value_mut(root).last = at,
            Source::Var(var) => self.var(var).last_read = at,
            _ => {}
        }
    }

    #[inline]
    fn define(&mut self, value: Value, root: Operand, memory: u32, at: u32) {
        if self.values.is_empty() {
            self.first_value = value.0;
        }
        let (place, dies_with) = (NOWHERE, NEVER);
        let (def, last, uses, home) = (at, at, 0, None);
        self.values.push(ValuePlan { def, last, uses, root, home, memory, place, dies_with });
        if root != value.into() {
            self.skip(at);
        }
    }

    /// The operand whose first slot a result may share: narrowing to 64 bits drops the upper slots, and widening up
    /// to 64 bits changes nothing, as narrow integers are zero-extended in their slot; the same bits are the same.
    fn other_name(&mut self, inst: &Inst, at: u32) -> Option<Operand> {
        let Inst::Op { op, ty, to, args, .. } = *inst else { return None };
        let shares = match op {
            Op::Ireduce if ty.slots() == 1 => {
                self.late_names.push(at);
                return None;
            }
            Op::Ireduce => to == Type::I64,
            Op::Uextend | Op::Bitcast => ty.slots() == 1 && to.slots() == 1,
            _ => false,
        };
        let root = self.resolve(args[0]);
        match root.source() {
            Source::Value(_) if shares => Some(root),
            // A variable that is set in this block may change before the name is used.
            Source::Var(var) if shares && self.var(var).set == NEVER => Some(root),
            Source::Var(_) if shares => {
                self.late_names.push(at);
                None
            }
            _ => None,
        }
    }

    /// A comparison that only the branch uses is written with it, if its operands still lie there at the end.
    fn fuse_branch(&mut self, func: &Func, def: &BlockDef) {
        let Terminator::Branch { cond, .. } = def.terminator else { return };
        let Source::Value(value) = cond.source() else { return };
        let plan = *self.value(value);
        if plan.uses != 1 || plan.home.is_some() || plan.root != cond || plan.def < def.insts.start
        {
            return;
        }
        let Inst::Op { op, ty, args, .. } = func.insts[plan.def as usize] else { return };
        let machine = super::operation::machine_type(op, ty);
        let has_branch = match op.shape() {
            Shape::Compare => matches!(machine, Type::I32 | Type::I64 | Type::I256),
            Shape::FloatCompare => true,
            _ => false,
        };
        if !has_branch {
            return;
        }
        if !args[..2].iter().all(|arg| self.stays(self.resolve(*arg), plan.def, def.insts.end)) {
            return;
        }
        for operand in &args[..2] {
            if let Source::Value(root) = self.resolve(*operand).source() {
                self.value_mut(root).last = def.insts.end;
            }
        }
        self.skip(plan.def);
    }

    /// A sum that is only an address is written with the access, if what is added still lies there.
    fn fold_sums(&mut self, func: &Func) {
        let checks = core::mem::take(&mut self.checks);
        let looks_max = LOOKS_PER_INST * self.skipped.len() / (self.sets.len() + 1);
        for &at in checks.iter().take(looks_max) {
            let Inst::Check { addr, .. } = func.insts[at as usize] else { continue };
            let Source::Value(sum) = self.resolve(addr).source() else { continue };
            let plan = *self.value(sum);
            let is_own = plan.root == sum.into() && plan.home.is_none() && plan.uses == 1;
            let Some(Inst::Op { op: Op::Iadd, ty: Type::I32, args, .. }) =
                func.insts.get(plan.def as usize)
            else {
                continue;
            };
            let is_read_once = matches!(addr.source(), Source::Value(addr) if self.uses(addr) == 1);
            let is_index = || self.linear(func, at).and_then(|_| self.index(func, at)).is_some();
            if !is_own || !is_read_once || !is_index() {
                continue;
            }
            let args = [self.resolve(args[0]), self.resolve(args[1])];
            if !args.iter().all(|arg| self.stays(*arg, plan.def, at)) {
                continue;
            }
            for arg in args {
                if let Source::Value(root) = arg.source() {
                    let last = &mut self.value_mut(root).last;
                    *last = (*last).max(at);
                }
            }
            self.skip(plan.def);
        }
        self.checks = checks;
    }

    /// What is added up to the address `addr`, when the sum is written with the access.
    pub(super) fn sum(&self, func: &Func, addr: Operand) -> Option<[Operand; 2]> {
        let Source::Value(sum) = self.resolve(addr).source() else { return None };
        let plan = self.value(sum);
        let is_own = plan.root == sum.into() && plan.home.is_none();
        match func.insts.get(plan.def as usize)? {
            Inst::Op { op: Op::Iadd, ty: Type::I32, args, .. }
                if is_own && self.is_skipped(plan.def) =>
            {
                Some([args[0], args[1]])
            }
            _ => None,
        }
    }

    /// The load or store that is written with the check at `at`: a little-endian access of a machine word of memory 0
    /// that comes next and alone uses the check, which reaches to its end.
    pub(super) fn linear(&self, func: &Func, at: u32) -> Option<u32> {
        let Inst::Check { memory, ty, len, result, .. } = func.insts[at as usize] else {
            return None;
        };
        let is_word = matches!(ty, Type::I32 | Type::I64);
        if memory.0 != 0 || !is_word || self.uses(result) != 1 {
            return None;
        }
        let access = self.next(at);
        let len = func.const_low(len)?;
        let (ty, offset) = match *func.insts.get(access as usize)? {
            Inst::Load { ty, order: Order::Little, token, offset, .. }
            | Inst::Store { ty, order: Order::Little, token, offset, .. }
                if token == result =>
            {
                (ty, offset)
            }
            _ => return None,
        };
        let is_word = ty.slots() == 1 && (ty.is_int() || ty.is_float());
        (is_word && len == u64::from(offset) + u64::from(ty.size_bytes())).then_some(access)
    }

    /// Where the access of the check at `at`, which `linear` knows, ends, counted from its address, when both have 32 bits.
    pub(super) fn index(&self, func: &Func, at: u32) -> Option<u32> {
        let Inst::Check { ty: Type::I32, addr, len, .. } = func.insts[at as usize] else {
            return None;
        };
        if addr.is_const() { None } else { func.const_low(len).map(|len| len as u32) }
    }

    /// The next instruction after `at` for which something is written.
    #[inline]
    pub(super) fn next(&self, at: u32) -> u32 {
        let rest = &self.skipped[(at - self.first_inst) as usize + 1..];
        at + 1 + rest.iter().position(|is_skipped| !is_skipped).unwrap_or(rest.len()) as u32
    }

    /// The comparison that `cond` is, when it is written with the branch.
    pub(super) fn fused(&self, cond: Operand) -> Option<u32> {
        let Source::Value(value) = cond.source() else { return None };
        let plan = self.value(value);
        let is_own = plan.root == cond && plan.home.is_none() && plan.def != NEVER;
        (is_own && self.is_skipped(plan.def)).then_some(plan.def)
    }

    /// How many operands name `value`.
    pub(super) fn uses(&self, value: Value) -> u32 {
        self.value(value).uses
    }

    /// The variable in whose home `value` is born.
    #[inline]
    pub(super) fn planned_home(&self, value: Value) -> Option<Var> {
        self.value(value).home
    }

    /// The instruction to which `value` is passed, so that it needs no place: it has no home, and is taken once.
    #[inline]
    pub(super) fn passed_to(&self, value: Value) -> Option<u32> {
        let plan = self.value(value);
        let is_passed = plan.uses == 1 && plan.home.is_none() && plan.root == value.into();
        is_passed.then_some(plan.last)
    }

    /// Whether `value` needs no place: it has no home, and only the instruction at `at` takes it, once.
    #[inline]
    pub(super) fn is_passed_to(&self, value: Value, at: u32) -> bool {
        self.passed_to(value) == Some(at)
    }

    /// The memory whose check made `token`.
    pub(super) fn memory_of(&self, token: Value) -> u32 {
        self.value(token).memory
    }

    /// The values that lived to the instruction at `at` and have a temporary, by their places among the block's.
    #[inline]
    pub(super) fn first_dying(&self, at: u32) -> u32 {
        self.dying[(at - self.first_inst) as usize]
    }

    /// The value at `number` of the block's, unless that is beyond, with the one that dies after it.
    #[inline]
    pub(super) fn dying(&self, number: u32) -> Option<(Value, u32)> {
        let plan = self.values.get(number as usize)?;
        Some((Value(self.first_value + number), plan.dies_with))
    }
}

/// Calls `each` with every operand of `inst`.
#[inline]
pub(super) fn for_operands(func: &Func, inst: &Inst, mut each: impl FnMut(Operand)) {
    let list = inst.operands(&mut each);
    func.list(list).iter().copied().for_each(each);
}

/// Calls `each` with every value that `inst` defines.
#[inline]
pub(super) fn for_results(interface: &Interface, inst: &Inst, mut each: impl FnMut(Value)) {
    let (first, count) = inst.results(interface);
    (0..count).for_each(|k| each(Value(first.0 + k)));
}

/// Calls `each` with every operand of `terminator`.
#[inline]
pub(super) fn for_terminator_operands(
    func: &Func,
    terminator: &Terminator,
    mut each: impl FnMut(Operand),
) {
    let list = terminator.operands(&mut each);
    func.list(list).iter().copied().for_each(each);
}
