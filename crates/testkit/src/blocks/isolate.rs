//! A block as a function: what it reads comes in, what it leaves goes out.
//!
//! Parameters are the variables that the block names, then a number for every result of a call. Results are which way the block
//! ended, the same variables, then what it gave to calls and to slots, returned, or named as its target. Calls do nothing else here.

use std::collections::BTreeMap;

use lockstep_base::Index;
use lockstep_ir::{
    Act, Block, BlockDef, Edge, Func, Inst, Interface, List, Operand, Signature, Source,
    Terminator, Type, Value, Var, VarDef,
};

/// The types of a function that is a block.
pub(super) fn signature(func: &Func) -> Signature {
    let params = func.vars.as_slice()[..func.params as usize].iter().map(|var| var.ty).collect();
    Signature { params, results: func.results.clone() }
}

/// `block` of `func` alone; `None` when it makes references to functions, of which there are none.
pub(super) fn block(interface: &Interface, func: &Func, block: Block) -> Option<Func> {
    let def = &func.blocks[block];
    let refers = |inst: &Inst| matches!(inst, Inst::Act { act: Act::FuncRef, .. });
    if func.block_insts(def).iter().any(refers) {
        return None;
    }
    let mut alone = Alone {
        interface,
        func,
        vars: BTreeMap::new(),
        out: Func::default(),
        more: Vec::new(),
        values: BTreeMap::new(),
    };
    alone.declare(def);
    for at in def.insts.clone() {
        alone.inst(func.insts[at as usize], func.pcs[at as usize]);
    }
    alone.end(def);
    Some(alone.out)
}

struct Alone<'f> {
    interface: &'f Interface,
    func: &'f Func,
    /// Variables of the function, and what they are here.
    vars: BTreeMap<Var, Var>,
    values: BTreeMap<Value, Value>,
    /// Parameters for results of calls that are still to come, last first.
    more: Vec<Var>,
    out: Func,
}

impl Alone<'_> {
    /// Makes variables of what the block names, and parameters of what calls return.
    fn declare(&mut self, def: &BlockDef) {
        let mut named = Vec::new();
        let mut returned = Vec::new();
        let func = self.func;
        let mut name = |operand: Operand| {
            if let Source::Var(var) = operand.source() {
                named.push(var);
            }
        };
        for inst in func.block_insts(def) {
            let list = inst.operands(&mut name);
            func.list(list).iter().copied().for_each(&mut name);
            if let Inst::Set { var, .. } = inst {
                name((*var).into());
            }
            returned.extend(self.returned(inst));
        }
        let list = def.terminator.operands(&mut name);
        func.list(list).iter().copied().for_each(&mut name);
        named.sort();
        named.dedup();
        for var in named {
            let own = self.var(func.vars[var].ty);
            self.vars.insert(var, own);
        }
        self.more = returned.into_iter().map(|ty| self.var(ty)).collect();
        self.more.reverse();
        self.out.params = self.out.vars.len() as u32;
        self.out.limbs.clone_from(&func.limbs);
    }

    /// The types of what a call returns.
    fn returned(&self, inst: &Inst) -> Vec<Type> {
        match inst {
            Inst::Call { func, .. } => self.interface.signatures[*func].results.clone(),
            Inst::CallIndirect { sig, .. } => self.interface.types[*sig].results.clone(),
            Inst::CallHost { import, .. } => {
                self.interface.imports[*import].signature.results.clone()
            }
            _ => Vec::new(),
        }
    }

    fn var(&mut self, ty: Type) -> Var {
        self.out.vars.push(VarDef { ty, slot: None })
    }

    fn value(&mut self, ty: Type) -> Value {
        self.out.values.push(ty)
    }

    fn moved(&self, operand: Operand) -> Operand {
        match operand.source() {
            Source::Value(value) => self.values[&value].into(),
            Source::Var(var) => self.vars[&var].into(),
            Source::Const(_) | Source::Imm(_) => operand,
        }
    }

    fn push(&mut self, inst: Inst, pc: u32) {
        self.out.insts.push(inst);
        self.out.pcs.push(pc);
    }

    /// What `operand` of type `ty` is goes out.
    fn give(&mut self, ty: Type, operand: Operand, pc: u32) {
        let value = self.moved(operand);
        let var = self.var(ty);
        self.push(Inst::Set { var, value }, pc);
    }

    fn give_all(&mut self, types: &[Type], list: List, pc: u32) {
        let func = self.func;
        for (ty, operand) in types.iter().zip(func.list(list)) {
            self.give(*ty, *operand, pc);
        }
    }

    fn inst(&mut self, mut inst: Inst, pc: u32) {
        let interface = self.interface;
        let (first, args, params) = match inst {
            // The window is gone, and nobody looks on.
            Inst::WindowCheck { .. } | Inst::Step { .. } | Inst::Show { .. } => return,
            Inst::MoveBase { to } => return self.give(Type::I64, to, pc),
            Inst::PutSlots { at, values } => {
                self.give(Type::I64, at, pc);
                let slot = interface.window.map_or(Type::I256, |window| window.ty);
                return self.give_all(&vec![slot; values.len as usize], values, pc);
            }
            Inst::Call { func, args, first } => (first, args, &interface.signatures[func].params),
            Inst::CallIndirect { sig, args, first, .. } => {
                (first, args, &interface.types[sig].params)
            }
            Inst::CallHost { import, args, first } => {
                (first, args, &interface.imports[import].signature.params)
            }
            _ => {
                self.same(&mut inst);
                return self.push(inst, pc);
            }
        };
        self.give_all(params, args, pc);
        for (distance, ty) in self.returned(&inst).into_iter().enumerate() {
            let from = self.more.pop().expect("a parameter for each");
            let result = self.value(ty);
            self.values.insert(Value(first.0 + distance as u32), result);
            self.push(Inst::Copy { ty, value: from.into(), result }, pc);
        }
    }

    /// Names in an instruction what is so called here.
    fn same(&mut self, inst: &mut Inst) {
        let (first, count) = inst.results(self.interface);
        if let Some(list) = inst.list_mut() {
            let start = self.out.operands.len() as u32;
            let moved: Vec<_> =
                self.func.list(*list).iter().map(|item| self.moved(*item)).collect();
            self.out.operands.extend(moved);
            list.start = start;
        }
        inst.operands_mut(|operand| *operand = self.moved(*operand));
        if let Inst::Set { var, .. } = inst {
            *var = self.vars[var];
        }
        let own = Value::new(self.out.values.len());
        for distance in 0..count {
            let old = Value(first.0 + distance);
            let new = self.value(self.func.values[old]);
            self.values.insert(old, new);
        }
        if let Some(result) = inst.first_result_mut() {
            *result = own;
        }
    }

    /// Ends the block, each way in a block of its own.
    fn end(&mut self, def: &BlockDef) {
        let pc = def.terminator_pc;
        let mut terminator = def.terminator;
        let func = self.func;
        let mut ways = 0;
        let mut way = || {
            ways += 1;
            Edge::Goto(Block(ways))
        };
        let mut dynamic = None;
        let mut edge = |edge: Edge| match edge {
            Edge::Trap(_) => edge,
            Edge::EnterDyn { target, .. } => {
                dynamic = Some(target);
                way()
            }
            Edge::Goto(_) | Edge::Enter { .. } => way(),
        };
        let interface = self.interface;
        match terminator {
            Terminator::Jump(only) => terminator = Terminator::Jump(edge(only)),
            Terminator::Branch { cond, then, otherwise } => {
                let cond = self.moved(cond);
                terminator =
                    Terminator::Branch { cond, then: edge(then), otherwise: edge(otherwise) };
            }
            Terminator::Switch { on, targets } => {
                let count = func.target_list(targets).len() as u32;
                self.out.targets = (1..=count).map(Block).collect();
                ways = count;
                let targets = List { start: 0, len: count };
                terminator = Terminator::Switch { on: self.moved(on), targets };
            }
            Terminator::Return { values } => {
                terminator = Terminator::Jump(way());
                self.give_all(&func.results, values, pc);
            }
            Terminator::ReturnCall { func, args } => {
                terminator = Terminator::Jump(way());
                self.give_all(&interface.signatures[func].params, args, pc);
            }
            Terminator::ReturnCallIndirect { sig, args, .. } => {
                terminator = Terminator::Jump(way());
                self.give_all(&interface.types[sig].params, args, pc);
            }
            Terminator::Exit { revert, token, len } => {
                let (token, len) = (self.moved(token), self.moved(len));
                terminator = Terminator::Exit { revert, token, len };
            }
            Terminator::Trap(_) => {}
        }
        if let Some(target) = dynamic {
            self.give(Type::I256, target, pc);
        }
        self.blocks(terminator, ways, pc);
    }

    fn blocks(&mut self, terminator: Terminator, ways: u32, terminator_pc: u32) {
        let insts = 0..self.out.insts.len() as u32;
        let entry = BlockDef { insts: insts.clone(), terminator, head: None, terminator_pc };
        self.out.blocks.push(entry);
        // Parameters for calls say nothing new.
        let vars: Vec<(Var, Type)> = self.out.vars.iter().map(|(var, def)| (var, def.ty)).collect();
        self.out.results = [Type::I32].into_iter().chain(vars.iter().map(|(_, ty)| *ty)).collect();
        for way in 1..=ways {
            let start = self.out.operands.len() as u32;
            self.out.operands.push(Operand::imm(way));
            self.out.operands.extend(vars.iter().map(|(var, _)| Operand::from(*var)));
            let values = List { start, len: vars.len() as u32 + 1 };
            self.out.blocks.push(BlockDef {
                insts: insts.end..insts.end,
                terminator: Terminator::Return { values },
                head: None,
                terminator_pc,
            });
        }
    }
}
