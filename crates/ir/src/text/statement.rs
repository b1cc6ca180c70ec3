//! The body of a function: variables, blocks, instructions, terminators.

use alloc::{collections::BTreeMap, vec::Vec};

use super::{
    cursor::{Cursor, unknown},
    error::{ParseError, ParseErrorKind},
    lex::{Kind, Token},
    parse::{Items, Locals, variable},
};
use crate::{
    act::Act,
    builder::Builder,
    func::Func,
    inst::{
        Block, FuncId, Head, ImportId, Inst, List, Operand, Order, SigId, Source, TableId,
        Terminator, Value,
    },
    module::{Interface, Signature},
    op::Op,
    types::Type,
};

mod effect;

type Parsed<T = ()> = Result<T, ParseError>;

pub(super) struct Statements<'m, 't> {
    interface: &'m Interface,
    items: &'m Items<'t>,
    func: &'m mut Func,
    locals: Locals<'t>,
    /// First instruction of the open block.
    first: u32,
    head: Option<Head>,
    pc: u32,
    is_open: bool,
    /// For each token, the length of its check: a constant in the pool must be the very same operand again.
    lengths: BTreeMap<Value, (Type, Operand)>,
}

impl<'m, 't> Statements<'m, 't> {
    pub(super) fn new(
        interface: &'m Interface,
        items: &'m Items<'t>,
        func: &'m mut Func,
        locals: Locals<'t>,
    ) -> Self {
        Self {
            interface,
            items,
            func,
            locals,
            first: 0,
            head: None,
            pc: 0,
            is_open: false,
            lengths: BTreeMap::new(),
        }
    }

    /// Reads up to the closing brace.
    pub(super) fn parse(mut self, cursor: &mut Cursor<'_, 't>) -> Parsed {
        self.labels(cursor.clone())?;
        loop {
            cursor.skip_lines();
            let token = cursor.peek();
            if cursor.try_sign("}") {
                let ended = if self.is_open { Err(token.expected("a terminator")) } else { Ok(()) };
                return ended;
            }
            self.line(cursor)?;
            cursor.end_of_line()?;
        }
    }

    /// Numbers the blocks before any edge names one.
    fn labels(&mut self, mut cursor: Cursor<'_, 't>) -> Parsed {
        let mut count = 0;
        let mut at_start = true;
        loop {
            let token = cursor.peek();
            match token.kind {
                Kind::Sign("}") | Kind::End => return Ok(()),
                Kind::Word(name) if at_start && is_label(&cursor) => {
                    if self.locals.blocks.insert(name, Block(count)).is_some() {
                        return Err(token.error(ParseErrorKind::Duplicate(name.into())));
                    }
                    count += 1;
                }
                _ => {}
            }
            at_start = token.kind == Kind::Line;
            cursor.take();
        }
    }

    fn line(&mut self, cursor: &mut Cursor<'_, 't>) -> Parsed {
        let token = cursor.peek();
        if cursor.try_keyword("var") {
            return variable(cursor, self.func, &mut self.locals).map(|_| ());
        }
        if cursor.try_keyword("units") {
            self.func.units = cursor.number("depth units")?;
            return Ok(());
        }
        if is_label(cursor) {
            if self.is_open {
                return Err(token.expected("a terminator"));
            }
            cursor.take();
            self.head = if cursor.try_keyword("head") { Some(head(cursor)?) } else { None };
            self.is_open = true;
            return cursor.sign(":");
        }
        if cursor.try_keyword("at") {
            self.pc = cursor.number("a pc")?;
            return Ok(());
        }
        if !self.is_open {
            return Err(token.expected("a block's label"));
        }
        match cursor.peek_second().kind {
            Kind::Sign("=" | ",") => self.definition(cursor),
            _ => self.statement(cursor),
        }
    }

    fn push(&mut self, inst: Inst) {
        self.func.insts.push(inst);
        self.func.pcs.push(self.pc);
    }

    fn value(&mut self, token: Token<'t>, name: &'t str, ty: Type) -> Parsed<Value> {
        let value = self.func.values.push(ty);
        match self.locals.operands.insert(name, Source::Value(value)) {
            None => Ok(value),
            Some(_) => Err(token.error(ParseErrorKind::Duplicate(name.into()))),
        }
    }

    /// An operand of type `ty`: a name or a constant.
    fn operand(&mut self, cursor: &mut Cursor<'_, 't>, ty: Type) -> Parsed<Operand> {
        let token = cursor.peek();
        let Kind::Word(name) = token.kind else {
            let bits = cursor.constant(ty)?;
            return Ok(Builder::new(self.func).constant_bits(&bits, ty));
        };
        cursor.take();
        match self.locals.operands.get(name) {
            Some(Source::Value(value)) => Ok((*value).into()),
            Some(Source::Var(var)) => Ok((*var).into()),
            _ => Err(unknown(token, "value or variable", name)),
        }
    }

    /// A value that is already defined, such as a token.
    fn defined(&mut self, cursor: &mut Cursor<'_, 't>) -> Parsed<Value> {
        let token = cursor.peek();
        let name = cursor.word("a value")?;
        match self.locals.operands.get(name) {
            Some(Source::Value(value)) => Ok(*value),
            _ => Err(unknown(token, "value", name)),
        }
    }

    fn operands(&mut self, cursor: &mut Cursor<'_, 't>, types: &[Type]) -> Parsed<List> {
        let token = cursor.peek();
        let mut operands = Vec::new();
        let end = |cursor: &Cursor<'_, '_>| {
            matches!(cursor.peek().kind, Kind::Line | Kind::End | Kind::Sign(")"))
        };
        while !end(cursor) {
            if !operands.is_empty() {
                cursor.sign(",")?;
            }
            let ty = types.get(operands.len()).copied().unwrap_or(Type::I512);
            operands.push(self.operand(cursor, ty)?);
        }
        if operands.len() != types.len() {
            let kind = ParseErrorKind::Count { want: types.len(), found: operands.len() };
            return Err(token.error(kind));
        }
        Ok(Builder::new(self.func).list(&operands))
    }

    /// `.type`
    fn dotted(&mut self, cursor: &mut Cursor<'_, 't>) -> Parsed<Type> {
        cursor.sign(".")?;
        cursor.ty()
    }

    /// `.le` or `.be`
    fn order(&mut self, cursor: &mut Cursor<'_, 't>) -> Parsed<Order> {
        cursor.sign(".")?;
        let token = cursor.peek();
        match cursor.word("le or be")? {
            "le" => Ok(Order::Little),
            "be" => Ok(Order::Big),
            _ => Err(token.expected("le or be")),
        }
    }

    /// `token + offset`
    fn address(&mut self, cursor: &mut Cursor<'_, 't>) -> Parsed<(Value, u32)> {
        let token = self.defined(cursor)?;
        let offset = if cursor.try_sign("+") { cursor.number("an offset")? } else { 0 };
        Ok((token, offset))
    }

    /// `v = ...` or `v, w = call ...`
    fn definition(&mut self, cursor: &mut Cursor<'_, 't>) -> Parsed {
        let mut names = Vec::new();
        loop {
            names.push((cursor.peek(), cursor.word("a value's name")?));
            if cursor.try_sign("=") {
                break;
            }
            cursor.sign(",")?;
        }
        if is_call(cursor) {
            return self.call(cursor, &names);
        }
        let [(token, name)] = names[..] else {
            return Err(cursor.peek().expected("a call"));
        };
        let mut inst = self.defining(cursor)?;
        let (ty, result) = match &mut inst {
            Inst::Op { to, result, .. } => (*to, result),
            Inst::Copy { ty, result, .. }
            | Inst::Load { ty, result, .. }
            | Inst::LoadPadded { ty, result, .. } => (*ty, result),
            Inst::GlobalGet { global, result } => (self.interface.globals[*global].ty, result),
            Inst::GasLeft { result, .. }
            | Inst::Check { result, .. }
            | Inst::MemorySize { result, .. } => (Type::I64, result),
            _ => unreachable!("defining makes no other"),
        };
        *result = self.value(token, name, ty)?;
        if let Inst::Check { ty, len, result, .. } = inst {
            self.lengths.insert(result, (ty, len));
        }
        self.push(inst);
        Ok(())
    }

    /// The right side of a definition, its result still open.
    fn defining(&mut self, cursor: &mut Cursor<'_, 't>) -> Parsed<Inst> {
        let token = cursor.peek();
        let result = Value(0);
        Ok(match cursor.word("an operation")? {
            "copy" => {
                let ty = self.dotted(cursor)?;
                Inst::Copy { ty, value: self.operand(cursor, ty)?, result }
            }
            "gas_left" => {
                cursor.keyword("prepaid")?;
                Inst::GasLeft { prepaid: cursor.number("a price")?, result }
            }
            "check" => {
                let ty = self.dotted(cursor)?;
                let memory = self.items.memory(cursor)?;
                cursor.sign(",")?;
                let addr = self.operand(cursor, ty)?;
                cursor.sign(",")?;
                Inst::Check { memory, ty, addr, len: self.operand(cursor, ty)?, result }
            }
            "load" => {
                let (ty, order) = (self.dotted(cursor)?, self.order(cursor)?);
                let (token, offset) = self.address(cursor)?;
                Inst::Load { ty, order, token, offset, result }
            }
            "load_padded" => {
                let ty = self.dotted(cursor)?;
                let memory = self.items.memory(cursor)?;
                cursor.sign(",")?;
                Inst::LoadPadded { memory, ty, addr: self.operand(cursor, Type::I256)?, result }
            }
            "global_get" => Inst::GlobalGet { global: self.items.global(cursor)?, result },
            "memory_size" => Inst::MemorySize { memory: self.items.memory(cursor)?, result },
            mnemonic => {
                let op: Op = mnemonic.parse().map_err(|()| token.expected("an operation"))?;
                return self.op(cursor, op);
            }
        })
    }

    fn op(&mut self, cursor: &mut Cursor<'_, 't>, op: Op) -> Parsed<Inst> {
        let shape = op.shape();
        let ty = self.dotted(cursor)?;
        let to = match shape.result(ty) {
            Some(to) => to,
            None => self.dotted(cursor)?,
        };
        let mut args = [Operand::ZERO; 3];
        for (position, arg) in args.iter_mut().enumerate().take(shape.arity()) {
            if position > 0 {
                cursor.sign(",")?;
            }
            *arg = self.operand(cursor, shape.operand(position, ty))?;
        }
        Ok(Inst::Op { op, ty, to, args, result: Value(0) })
    }

    /// What is called, with the types of its arguments and results.
    fn target(&mut self, cursor: &mut Cursor<'_, 't>) -> Parsed<(Target, Signature)> {
        let token = cursor.peek();
        Ok(match cursor.word("a call")? {
            "call" => {
                let func = self.items.func(cursor)?;
                (Target::Func(func), self.interface.signatures[func].clone())
            }
            "call_host" => {
                let import = self.items.import(cursor)?;
                (Target::Import(import), self.interface.imports[import].signature.clone())
            }
            "call_indirect" => {
                let (table, sig, signature) = self.indirect(cursor)?;
                (Target::Indirect(table, sig), signature)
            }
            "act" => {
                let token = cursor.peek();
                let name = cursor.word("an act")?;
                let act: Act = name.parse().map_err(|()| token.expected("an act"))?;
                let mut on = [0; 2];
                for number in on.iter_mut().take(act.holdings().len()) {
                    *number = cursor.number("a number")?;
                }
                let (params, results) = (act.params().to_vec(), act.results().to_vec());
                (Target::Act(act, on), Signature { params, results })
            }
            _ => return Err(token.expected("a call")),
        })
    }

    /// `t0, s0`: a table and a type, whose arguments are followed by the index.
    fn indirect(&mut self, cursor: &mut Cursor<'_, 't>) -> Parsed<(TableId, SigId, Signature)> {
        let table = self.items.table(cursor)?;
        cursor.sign(",")?;
        let sig = self.items.sig(cursor)?;
        let mut signature = self.interface.types[sig].clone();
        signature.params.push(Type::I64);
        Ok((table, sig, signature))
    }

    /// `(a, b)`
    fn arguments(&mut self, cursor: &mut Cursor<'_, 't>, params: &[Type]) -> Parsed<List> {
        cursor.sign("(")?;
        let args = self.operands(cursor, params)?;
        cursor.sign(")")?;
        Ok(args)
    }

    fn call(&mut self, cursor: &mut Cursor<'_, 't>, names: &[(Token<'t>, &'t str)]) -> Parsed {
        let token = cursor.peek();
        let (target, signature) = self.target(cursor)?;
        let args = self.arguments(cursor, &signature.params)?;
        if names.len() != signature.results.len() {
            let (want, found) = (signature.results.len(), names.len());
            return Err(token.error(ParseErrorKind::Count { want, found }));
        }
        let first = Value(self.func.values.len() as u32);
        for ((token, name), ty) in names.iter().zip(&signature.results) {
            self.value(*token, name, *ty)?;
        }
        self.push(match target {
            Target::Func(func) => Inst::Call { func, args, first },
            Target::Import(import) => Inst::CallHost { import, args, first },
            Target::Indirect(table, sig) => Inst::CallIndirect { table, sig, args, first },
            Target::Act(act, on) => Inst::Act { act, on, args, first },
        });
        Ok(())
    }

    /// A line that defines nothing: an instruction or a terminator.
    fn statement(&mut self, cursor: &mut Cursor<'_, 't>) -> Parsed {
        if let Some(edge) = self.edge(cursor)? {
            self.terminate(Terminator::Jump(edge));
            return Ok(());
        }
        let token = cursor.peek();
        if is_call(cursor) {
            return self.call(cursor, &[]);
        }
        match cursor.word("an instruction")? {
            "jump" => {
                let edge = self.some_edge(cursor)?;
                self.terminate(Terminator::Jump(edge));
            }
            "branch" => {
                let cond = self.operand(cursor, Type::I8)?;
                cursor.sign(",")?;
                let then = self.some_edge(cursor)?;
                cursor.sign(",")?;
                let otherwise = self.some_edge(cursor)?;
                self.terminate(Terminator::Branch { cond, then, otherwise });
            }
            "return" => {
                let results = self.func.results.clone();
                let values = self.operands(cursor, &results)?;
                self.terminate(Terminator::Return { values });
            }
            "switch" => self.switch(cursor)?,
            "return_call" => {
                let func = self.items.func(cursor)?;
                let interface = self.interface;
                let args = self.arguments(cursor, &interface.signatures[func].params)?;
                self.terminate(Terminator::ReturnCall { func, args });
            }
            "return_call_indirect" => {
                let (table, sig, signature) = self.indirect(cursor)?;
                let args = self.arguments(cursor, &signature.params)?;
                self.terminate(Terminator::ReturnCallIndirect { table, sig, args });
            }
            "exit" => self.exit(cursor, false)?,
            "revert" => self.exit(cursor, true)?,
            "trap" => {
                let trap = cursor.trap()?;
                self.terminate(Terminator::Trap(trap));
            }
            word => {
                let inst = self.effect(cursor, token, word)?;
                self.push(inst);
            }
        }
        Ok(())
    }

    fn switch(&mut self, cursor: &mut Cursor<'_, 't>) -> Parsed {
        let on = self.operand(cursor, Type::I32)?;
        let mut blocks = Vec::new();
        while cursor.try_sign(",") {
            let token = cursor.peek();
            let name = cursor.word("a block")?;
            let block = self.locals.blocks.get(name).copied();
            blocks.push(block.ok_or_else(|| unknown(token, "block", name))?);
        }
        let targets = Builder::new(self.func).target_list(&blocks);
        self.terminate(Terminator::Switch { on, targets });
        Ok(())
    }

    fn terminate(&mut self, terminator: Terminator) {
        let end = self.func.insts.len() as u32;
        self.func.blocks.push(crate::func::BlockDef {
            insts: self.first..end,
            terminator,
            head: self.head.take(),
            terminator_pc: self.pc,
        });
        self.first = end;
        self.is_open = false;
    }

    fn exit(&mut self, cursor: &mut Cursor<'_, 't>, revert: bool) -> Parsed {
        let (mut token, mut len) = (Operand::ZERO, Operand::ZERO);
        if cursor.peek().kind != Kind::Line {
            let value = self.defined(cursor)?;
            cursor.sign(",")?;
            (token, len) = (value.into(), self.length(cursor, value)?);
        }
        self.terminate(Terminator::Exit { revert, token, len });
        Ok(())
    }

    /// A length, which is that of the token's check.
    fn length(&mut self, cursor: &mut Cursor<'_, 't>, token: Value) -> Parsed<Operand> {
        let Some((ty, len)) = self.lengths.get(&token).copied() else {
            return Err(cursor.peek().expected("a token of a check before"));
        };
        if let Kind::Word(_) = cursor.peek().kind {
            return self.operand(cursor, ty);
        }
        let bits = cursor.constant(ty)?;
        if self.func.const_limbs(len, ty) == Some(bits) {
            return Ok(len);
        }
        Ok(Builder::new(self.func).constant_bits(&bits, ty))
    }
}

/// What a call calls.
enum Target {
    Func(FuncId),
    Import(ImportId),
    Indirect(TableId, SigId),
    Act(Act, [u32; 2]),
}

/// Whether a call of any kind comes next.
fn is_call(cursor: &Cursor<'_, '_>) -> bool {
    matches!(cursor.peek().kind, Kind::Word("call" | "call_host" | "call_indirect" | "act"))
}

/// Whether a block's label comes next: `name:` or `name head h7:`.
fn is_label(cursor: &Cursor<'_, '_>) -> bool {
    matches!(cursor.peek().kind, Kind::Word(_))
        && matches!(cursor.peek_second().kind, Kind::Sign(":") | Kind::Word("head"))
}

/// `h7`
fn head(cursor: &mut Cursor<'_, '_>) -> Parsed<Head> {
    let token = cursor.peek();
    let word = cursor.word("a head")?;
    let number = word.strip_prefix('h').and_then(|number| number.parse().ok());
    number.map(Head).ok_or_else(|| token.expected("a head like h7"))
}
