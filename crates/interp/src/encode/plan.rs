//! Who lives where: last uses, shared slots for narrowed values, and values born in the home of a variable.

use alloc::vec::Vec;

use lockstep_base::Index;
use lockstep_ir::{
    BlockDef, Func, Inst, Interface, Op, Operand, Shape, Source, Terminator, Type, Value, Var,
};

/// The place of a value that has none: not defined yet, or written with its only user.
pub(super) const NOWHERE: i16 = i16::MIN;

/// A position that no instruction has.
const NEVER: u32 = u32::MAX;

/// What is known of a function's values and variables.
#[derive(Default)]
pub(super) struct Plan {
    /// For each variable, its frame offset.
    pub(super) homes: Vec<i16>,
    /// For each value, its frame offset once defined.
    pub(super) places: Vec<i16>,
    values: Vec<ValuePlan>,
    vars: Vec<VarPlan>,
    skipped: Vec<bool>,
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
}

/// What happens to a variable in the block that `block` numbers; stale when it numbers another.
#[derive(Clone, Copy)]
struct VarPlan {
    block: u32,
    /// Where it is read last before it is set.
    last_read: u32,
    /// Where it is set last.
    set: u32,
    sets: u32,
}

impl Plan {
    /// Reads the whole function: two scans of each block.
    pub(super) fn analyze(&mut self, interface: &Interface, func: &Func) {
        let unknown =
            ValuePlan { def: NEVER, last: 0, uses: 0, root: Operand::ZERO, home: None, memory: 0 };
        self.values.clear();
        self.values.resize(func.values.len(), unknown);
        self.places.clear();
        self.places.resize(func.values.len(), NOWHERE);
        self.vars.clear();
        self.vars
            .resize(func.vars.len(), VarPlan { block: NEVER, last_read: 0, set: NEVER, sets: 0 });
        self.skipped.clear();
        self.skipped.resize(func.insts.len(), false);
        for (block, def) in func.blocks.iter() {
            self.block(interface, func, block.0, def);
        }
    }

    fn block(&mut self, interface: &Interface, func: &Func, number: u32, block: &BlockDef) {
        for at in block.insts.clone() {
            if let Inst::Set { var, .. } = func.insts[at as usize] {
                let plan = self.var(number, var);
                plan.sets += 1;
                plan.set = at;
            }
        }
        for at in block.insts.clone() {
            let inst = &func.insts[at as usize];
            for_operands(func, inst, |operand| self.read(number, operand, at));
            if let Inst::Set { var, value } = *inst {
                self.set(func, number, var, value, at);
            }
            for_results(interface, inst, |value| self.define(number, value, inst, at));
        }
        let end = block.insts.end;
        for_terminator_operands(func, &block.terminator, |operand| {
            self.read(number, operand, end);
        });
        self.fuse_branch(func, number, block);
    }

    fn var(&mut self, block: u32, var: Var) -> &mut VarPlan {
        let plan = &mut self.vars[var.position()];
        if plan.block != block {
            *plan = VarPlan { block, last_read: 0, set: NEVER, sets: 0 };
        }
        plan
    }

    /// What `operand` is another name of.
    #[inline]
    pub(super) fn resolve(&self, operand: Operand) -> Operand {
        match operand.source() {
            Source::Value(value) => self.values[value.position()].root,
            _ => operand,
        }
    }

    fn read(&mut self, block: u32, operand: Operand, at: u32) {
        if let Source::Value(value) = operand.source() {
            let plan = &mut self.values[value.position()];
            plan.uses += 1;
            plan.last = at;
        }
        match self.resolve(operand).source() {
            Source::Value(root) => self.values[root.position()].last = at,
            Source::Var(var) => {
                let plan = self.var(block, var);
                if at < plan.set {
                    plan.last_read = at;
                }
            }
            _ => {}
        }
    }

    /// A value that is set to a variable can be born there when the variable is set just once and not read after the
    /// value's birth; the `set` then writes nothing.
    fn set(&mut self, func: &Func, block: u32, var: Var, value: Operand, at: u32) {
        let Source::Value(value) = value.source() else { return };
        let var_plan = *self.var(block, var);
        let plan = &mut self.values[value.position()];
        let same_type = func.vars[var].ty == func.values[value];
        let own = plan.root == value.into() && plan.home.is_none();
        if same_type && own && var_plan.sets == 1 && var_plan.last_read <= plan.def {
            plan.home = Some(var);
            self.skipped[at as usize] = true;
        }
    }

    fn define(&mut self, block: u32, value: Value, inst: &Inst, at: u32) {
        let root = self.other_name(block, inst).unwrap_or_else(|| value.into());
        let memory = match inst {
            Inst::Check { memory, .. } => memory.0,
            _ => 0,
        };
        self.values[value.position()] =
            ValuePlan { def: at, last: at, uses: 0, root, home: None, memory };
        if root != value.into() {
            self.skipped[at as usize] = true;
        }
    }

    /// The operand whose first slot a result may share: narrowing to 64 bits drops the upper slots, and widening up
    /// to 64 bits changes nothing, as narrow integers are zero-extended in their slot.
    fn other_name(&mut self, block: u32, inst: &Inst) -> Option<Operand> {
        let Inst::Op { op, ty, to, args, .. } = *inst else { return None };
        let shares = match op {
            Op::Ireduce => to == Type::I64,
            Op::Uextend => ty.slots() == 1 && to.slots() == 1,
            _ => false,
        };
        let root = self.resolve(args[0]);
        match root.source() {
            Source::Value(_) if shares => Some(root),
            // A variable that is set in this block may change before the name is used.
            Source::Var(var) if shares && self.var(block, var).sets == 0 => Some(root),
            _ => None,
        }
    }

    /// A comparison that only the branch uses is written with it, if its operands still lie there at the end.
    fn fuse_branch(&mut self, func: &Func, block: u32, def: &BlockDef) {
        let Terminator::Branch { cond, .. } = def.terminator else { return };
        let Source::Value(value) = cond.source() else { return };
        let plan = self.values[value.position()];
        if plan.uses != 1 || plan.home.is_some() || plan.root != cond || plan.def < def.insts.start
        {
            return;
        }
        let Inst::Op { op, ty, args, .. } = func.insts[plan.def as usize] else { return };
        let machine = super::operation::machine_type(op, ty);
        if op.shape() != Shape::Compare || !matches!(machine, Type::I64 | Type::I256) {
            return;
        }
        for operand in &args[..2] {
            if let Source::Var(var) = self.resolve(*operand).source()
                && self.var(block, var).sets != 0
            {
                return;
            }
        }
        for operand in &args[..2] {
            if let Source::Value(root) = self.resolve(*operand).source() {
                self.values[root.position()].last = def.insts.end;
            }
        }
        self.skipped[plan.def as usize] = true;
    }

    /// Whether nothing is written for the instruction at `at`.
    #[inline]
    pub(super) fn is_skipped(&self, at: u32) -> bool {
        self.skipped[at as usize]
    }

    /// Writes nothing for the instruction at `at`: its neighbour does.
    pub(super) fn skip(&mut self, at: u32) {
        self.skipped[at as usize] = true;
    }

    /// The comparison that `cond` is, when it is written with the branch.
    pub(super) fn fused(&self, cond: Operand) -> Option<u32> {
        let Source::Value(value) = cond.source() else { return None };
        let plan = &self.values[value.position()];
        (plan.root == cond && plan.home.is_none() && self.skipped[plan.def as usize])
            .then_some(plan.def)
    }

    /// How many operands name `value`.
    pub(super) fn uses(&self, value: Value) -> u32 {
        self.values[value.position()].uses
    }

    /// The variable home that `value` is born in.
    #[inline]
    pub(super) fn planned_home(&self, value: Value) -> Option<i16> {
        self.values[value.position()].home.map(|var| self.homes[var.position()])
    }

    /// The memory whose check made `token`.
    pub(super) fn memory_of(&self, token: Value) -> u32 {
        self.values[token.position()].memory
    }

    /// Whether `operand` is a value with a temporary whose last use is at `at`; says so once.
    pub(super) fn dies(&mut self, operand: Operand, at: u32) -> Option<Value> {
        let Source::Value(value) = self.resolve(operand).source() else { return None };
        let plan = &mut self.values[value.position()];
        if plan.last != at || plan.home.is_some() || self.places[value.position()] == NOWHERE {
            return None;
        }
        plan.last = NEVER;
        Some(value)
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
