//! A module to text. Names are `x0` for variables, `v0` for values, `b0` for blocks, `m0` for memories.

use alloc::{format, string::String, vec::Vec};
use core::fmt::{self, Write};

use lockstep_base::{Index, U512};

use crate::{
    func::Func,
    inst::{Edge, FuncId, Inst, List, Operand, Order, SigId, Source, Terminator, Value},
    module::{DepthLimit, Growth, Interface, Module},
    types::Type,
};

/// The text of `module`.
///
/// # Panics
///
/// When `module` names what it does not have, which no verified module does.
pub fn print(module: &Module) -> String {
    let mut text = String::new();
    let mut printer = Printer {
        interface: &module.interface,
        names: &module.names,
        tokens: Vec::new(),
        out: &mut text,
    };
    printer.module(module).expect("writing to a string succeeds");
    text
}

/// The text of one function, such as a fragment of a lazily translated guest.
///
/// # Panics
///
/// When `func` names what `interface` or it does not have, which no verified function does.
pub fn print_func(interface: &Interface, name: &str, func: &Func) -> String {
    let mut text = String::new();
    let mut printer = Printer { interface, names: &[], tokens: Vec::new(), out: &mut text };
    printer.func(name, func).expect("writing to a string succeeds");
    text
}

struct Printer<'a> {
    interface: &'a Interface,
    names: &'a [String],
    /// For each token of the function at hand, the type of its check, in order of values.
    tokens: Vec<(Value, Type)>,
    out: &'a mut String,
}

/// An operand with the function it stands in and the type of its place.
struct Shown<'a>(&'a Func, Operand, Type);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(func, operand, ty) = *self;
        match operand.source() {
            Source::Value(value) => value.fmt(f),
            Source::Var(var) => var.fmt(f),
            Source::Imm(number) => number.fmt(f),
            Source::Const(_) => {
                let limbs = func.const_limbs(operand, ty).expect("a constant lies in the pool");
                write!(f, "{:#x}", U512::from_limbs(limbs))
            }
        }
    }
}

impl Printer<'_> {
    fn module(&mut self, module: &Module) -> fmt::Result {
        for (id, memory) in module.interface.memories.iter() {
            write!(self.out, "memory {id} = ")?;
            let initial = memory.initial_bytes;
            match memory.growth {
                Growth::ReadOnly => writeln!(self.out, "read_only {initial}")?,
                Growth::Fixed => writeln!(self.out, "fixed {initial}")?,
                Growth::Explicit { max_bytes } => {
                    writeln!(self.out, "explicit {initial} max {max_bytes}")?;
                }
                Growth::OnTouch { linear, quadratic_divisor } => writeln!(
                    self.out,
                    "on_touch {initial} linear {linear} divisor {quadratic_divisor}"
                )?,
            }
        }
        if let Some(window) = module.interface.window {
            writeln!(self.out, "window {} {}", window.ty, window.limit)?;
        }
        self.holdings(&module.interface)?;
        for (_, import) in module.interface.imports.iter() {
            write!(self.out, "import @{}(", import.name)?;
            self.types(&import.signature.params)?;
            self.out.push(')');
            self.results(&import.signature.results)?;
            self.out.push('\n');
        }
        for (id, func) in module.funcs.iter() {
            self.func(&module.names[id.position()], func)?;
        }
        Ok(())
    }

    fn holdings(&mut self, interface: &Interface) -> fmt::Result {
        if interface.depth_limit != DepthLimit::default() {
            writeln!(self.out, "depth {}", interface.depth_limit.0)?;
        }
        if interface.traps_take_all {
            writeln!(self.out, "traps take_all")?;
        }
        let (data, elem) = (interface.data_segments, interface.elem_segments);
        if data + elem > 0 {
            writeln!(self.out, "segments data {data} elem {elem}")?;
        }
        for (id, table) in interface.tables.iter() {
            writeln!(self.out, "table {id} = {} max {}", table.initial, table.max)?;
        }
        for (id, global) in interface.globals.iter() {
            let change = if global.is_mutable { " mut" } else { "" };
            writeln!(self.out, "global {id}: {}{change}", global.ty)?;
        }
        for (id, signature) in interface.types.iter() {
            write!(self.out, "type {id}(")?;
            self.types(&signature.params)?;
            self.out.push(')');
            self.results(&signature.results)?;
            self.out.push('\n');
        }
        Ok(())
    }

    fn types(&mut self, types: &[Type]) -> fmt::Result {
        for (position, ty) in types.iter().enumerate() {
            let comma = if position > 0 { ", " } else { "" };
            write!(self.out, "{comma}{ty}")?;
        }
        Ok(())
    }

    fn results(&mut self, types: &[Type]) -> fmt::Result {
        if !types.is_empty() {
            self.out.push_str(" -> ");
        }
        self.types(types)
    }

    fn func(&mut self, name: &str, func: &Func) -> fmt::Result {
        write!(self.out, "func @{name}(")?;
        let (params, vars) = func.vars.as_slice().split_at(func.params as usize);
        for (position, var) in params.iter().enumerate() {
            let comma = if position > 0 { ", " } else { "" };
            write!(self.out, "{comma}x{position}: {}", var.ty)?;
        }
        self.out.push(')');
        self.results(&func.results)?;
        self.out.push_str(" {\n");
        if func.units > 0 {
            writeln!(self.out, "    units {}", func.units)?;
        }
        for (position, var) in vars.iter().enumerate() {
            write!(self.out, "    var x{}: {}", params.len() + position, var.ty)?;
            match var.slot {
                Some(slot) => writeln!(self.out, " slot {slot}")?,
                None => self.out.push('\n'),
            }
        }
        let checks = func.insts.iter().filter_map(|inst| match *inst {
            Inst::Check { ty, result, .. } => Some((result, ty)),
            _ => None,
        });
        self.tokens.clear();
        self.tokens.extend(checks);
        let mut pc = 0;
        for (id, block) in func.blocks.iter() {
            match block.head {
                Some(head) => writeln!(self.out, "{id} head {head}:")?,
                None => writeln!(self.out, "{id}:")?,
            }
            for at in block.insts.clone() {
                self.at(&mut pc, func.pcs[at as usize])?;
                self.out.push_str("    ");
                self.inst(func, &func.insts[at as usize])?;
                self.out.push('\n');
            }
            self.at(&mut pc, block.terminator_pc)?;
            self.out.push_str("    ");
            self.terminator(func, &block.terminator)?;
            self.out.push('\n');
        }
        self.out.push_str("}\n");
        Ok(())
    }

    /// Says so when the guest pc changes.
    fn at(&mut self, pc: &mut u32, next: u32) -> fmt::Result {
        if *pc != next {
            *pc = next;
            writeln!(self.out, "    at {next}")?;
        }
        Ok(())
    }

    fn inst(&mut self, func: &Func, inst: &Inst) -> fmt::Result {
        let shown = |operand, ty| Shown(func, operand, ty);
        match *inst {
            Inst::Op { op, ty, to, ref args, result } => {
                write!(self.out, "{result} = {op}.{ty}")?;
                if op.shape().result(ty).is_none() {
                    write!(self.out, ".{to}")?;
                }
                for (position, arg) in args.iter().enumerate().take(op.shape().arity()) {
                    let comma = if position > 0 { "," } else { "" };
                    write!(self.out, "{comma} {}", shown(*arg, op.shape().operand(position, ty)))?;
                }
                Ok(())
            }
            Inst::Copy { ty, value, result } => {
                write!(self.out, "{result} = copy.{ty} {}", shown(value, ty))
            }
            Inst::Set { var, value } => {
                write!(self.out, "set {var}, {}", shown(value, func.vars[var].ty))
            }
            Inst::Charge { gas } => write!(self.out, "charge {gas}"),
            Inst::ChargeBy { ty, amount, per, unit } => {
                write!(self.out, "charge_by.{ty} {}, per {per}, unit {unit}", shown(amount, ty))
            }
            Inst::GasLeft { prepaid, result } => {
                write!(self.out, "{result} = gas_left prepaid {prepaid}")
            }
            Inst::TrapIf { cond, trap } => {
                write!(self.out, "trap_if {}, {trap}", shown(cond, Type::I8))
            }
            Inst::WindowCheck { need, grow } => {
                write!(self.out, "window_check need {need}, grow {grow}")
            }
            Inst::PutSlots { at, values } => {
                write!(self.out, "put_slots {}", shown(at, Type::I64))?;
                let ty = self.interface.window.map_or(Type::I256, |window| window.ty);
                let mut values = func.list(values).iter();
                values.try_for_each(|value| write!(self.out, ", {}", shown(*value, ty)))
            }
            Inst::MoveBase { to } => write!(self.out, "move_base {}", shown(to, Type::I64)),
            Inst::Call { func: callee, args, first } => {
                let signature = &self.interface.signatures[callee];
                let name = format!("call @{}", self.name(callee));
                self.call(func, &name, args, first, (&signature.params, &signature.results))
            }
            Inst::CallHost { import, args, first } => {
                let import = &self.interface.imports[import];
                let types = (&import.signature.params[..], &import.signature.results[..]);
                self.call(func, &format!("call_host @{}", import.name), args, first, types)
            }
            Inst::CallIndirect { table, sig, args, first } => {
                let (params, results) = self.indirect(sig);
                let word = format!("call_indirect {table}, {sig}");
                self.call(func, &word, args, first, (&params, &results))
            }
            Inst::GlobalGet { global, result } => {
                write!(self.out, "{result} = global_get {global}")
            }
            Inst::GlobalSet { global, value } => {
                let ty = self.interface.globals[global].ty;
                write!(self.out, "global_set {global}, {}", shown(value, ty))
            }
            Inst::Act { act, on, args, first } => {
                let mut word = format!("act {act}");
                for number in &on[..act.holdings().len()] {
                    write!(word, " {number}")?;
                }
                self.call(func, &word, args, first, (act.params(), act.results()))
            }
            Inst::Show { ty, value } => write!(self.out, "show.{ty} {}", shown(value, ty)),
            Inst::Step { prepaid, height } => {
                write!(self.out, "step prepaid {prepaid}, height {height}")
            }
            _ => self.memory_inst(func, inst),
        }
    }

    fn memory_inst(&mut self, func: &Func, inst: &Inst) -> fmt::Result {
        let shown = |operand, ty| Shown(func, operand, ty);
        match *inst {
            Inst::Check { memory, ty, addr, len, result } => write!(
                self.out,
                "{result} = check.{ty} {memory}, {}, {}",
                shown(addr, ty),
                shown(len, ty)
            ),
            Inst::Load { ty, order, token, offset, result } => {
                write!(self.out, "{result} = load.{ty}.{} {token} + {offset}", name(order))
            }
            Inst::Store { ty, order, token, offset, value } => write!(
                self.out,
                "store.{ty}.{} {token} + {offset}, {}",
                name(order),
                shown(value, ty)
            ),
            Inst::LoadPadded { memory, ty, addr, result } => {
                write!(
                    self.out,
                    "{result} = load_padded.{ty} {memory}, {}",
                    shown(addr, Type::I256)
                )
            }
            Inst::CopyPadded { token, memory, from, len } => write!(
                self.out,
                "copy_padded {token}, {memory}, {}, {}",
                shown(from, Type::I256),
                shown(len, self.length_type(token))
            ),
            Inst::CopyWithin { to, from, len } => {
                let len = shown(len, self.length_type(to));
                write!(self.out, "copy_within {to}, {from}, {len}")
            }
            Inst::MemorySize { memory, result } => {
                write!(self.out, "{result} = memory_size {memory}")
            }
            _ => unreachable!("inst handles the rest"),
        }
    }

    fn name(&self, func: FuncId) -> &str {
        self.names.get(func.position()).map_or("", |name| name)
    }

    /// Arguments (the index last) and results of an indirect call.
    fn indirect(&self, sig: SigId) -> (Vec<Type>, Vec<Type>) {
        let signature = &self.interface.types[sig];
        let mut params = signature.params.clone();
        params.push(Type::I64);
        (params, signature.results.clone())
    }

    fn call(
        &mut self,
        func: &Func,
        word: &str,
        args: List,
        first: Value,
        (params, results): (&[Type], &[Type]),
    ) -> fmt::Result {
        for position in 0..results.len() {
            let separator = if position + 1 < results.len() { "," } else { " =" };
            write!(self.out, "{}{separator} ", Value(first.0 + position as u32))?;
        }
        write!(self.out, "{word}(")?;
        self.list(func, args, params)?;
        self.out.push(')');
        Ok(())
    }

    fn list(&mut self, func: &Func, list: List, types: &[Type]) -> fmt::Result {
        for (position, (operand, ty)) in func.list(list).iter().zip(types).enumerate() {
            let comma = if position > 0 { ", " } else { "" };
            write!(self.out, "{comma}{}", Shown(func, *operand, *ty))?;
        }
        Ok(())
    }

    fn terminator(&mut self, func: &Func, terminator: &Terminator) -> fmt::Result {
        match *terminator {
            Terminator::Jump(edge) => {
                if let Edge::Trap(_) = edge {
                    self.out.push_str("jump ");
                }
                self.edge(func, edge)
            }
            Terminator::Branch { cond, then, otherwise } => {
                write!(self.out, "branch {}, ", Shown(func, cond, Type::I8))?;
                self.edge(func, then)?;
                self.out.push_str(", ");
                self.edge(func, otherwise)
            }
            Terminator::Return { values } => {
                self.out.push_str(if values.len > 0 { "return " } else { "return" });
                self.list(func, values, &func.results)
            }
            Terminator::Switch { on, targets } => {
                write!(self.out, "switch {}", Shown(func, on, Type::I32))?;
                for block in func.target_list(targets) {
                    write!(self.out, ", {block}")?;
                }
                Ok(())
            }
            Terminator::ReturnCall { func: callee, args } => {
                let word = format!("return_call @{}(", self.name(callee));
                self.out.push_str(&word);
                let params = &self.interface.signatures[callee].params;
                self.list(func, args, params)?;
                self.out.push(')');
                Ok(())
            }
            Terminator::ReturnCallIndirect { table, sig, args } => {
                write!(self.out, "return_call_indirect {table}, {sig}(")?;
                let (params, _) = self.indirect(sig);
                self.list(func, args, &params)?;
                self.out.push(')');
                Ok(())
            }
            Terminator::Exit { revert, token, len } => {
                self.out.push_str(if revert { "revert" } else { "exit" });
                let Source::Value(token) = token.source() else { return Ok(()) };
                write!(self.out, " {token}, {}", Shown(func, len, self.length_type(token)))
            }
            Terminator::Trap(trap) => write!(self.out, "trap {trap}"),
        }
    }

    /// The type of the length of the token's check.
    fn length_type(&self, token: Value) -> Type {
        let found = self.tokens.binary_search_by_key(&token, |(value, _)| *value);
        found.map_or(Type::I64, |position| self.tokens[position].1)
    }

    fn edge(&mut self, func: &Func, edge: Edge) -> fmt::Result {
        match edge {
            Edge::Goto(block) => write!(self.out, "goto {block}"),
            Edge::Enter { head, shift } => write!(self.out, "enter {head} shift {shift}"),
            Edge::EnterDyn { target, shift } => {
                let target = Shown(func, target, Type::I256);
                write!(self.out, "enter_dyn {target} shift {shift}")
            }
            Edge::Trap(trap) => write!(self.out, "trap {trap}"),
        }
    }
}

const fn name(order: Order) -> &'static str {
    match order {
        Order::Little => "le",
        Order::Big => "be",
    }
}
