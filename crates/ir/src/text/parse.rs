//! Tokens to a module: first the declarations, then the bodies, so that calls may name what comes later.

use alloc::{collections::BTreeMap, string::String, vec::Vec};

use lockstep_base::Index;

use super::{
    cursor::{Cursor, unknown},
    error::{ParseError, ParseErrorKind},
    lex::{Kind, lex},
    statement::Statements,
};
use crate::{
    func::{Func, VarDef},
    inst::{Block, FuncId, GlobalId, ImportId, MemoryId, SigId, Source, TableId, Var},
    module::{
        DepthLimit, GlobalDef, Growth, Import, MemoryDef, Module, Signature, TableDef, Window,
    },
    types::Type,
};

/// Names of a module's items.
#[derive(Default)]
pub(super) struct Items<'t> {
    pub(super) funcs: BTreeMap<&'t str, FuncId>,
    pub(super) imports: BTreeMap<&'t str, ImportId>,
    pub(super) memories: BTreeMap<&'t str, MemoryId>,
    pub(super) tables: BTreeMap<&'t str, TableId>,
    pub(super) globals: BTreeMap<&'t str, GlobalId>,
    pub(super) types: BTreeMap<&'t str, SigId>,
}

/// Names of a function's parts. Variables and values share one space, since both are operands.
#[derive(Default)]
pub(super) struct Locals<'t> {
    pub(super) operands: BTreeMap<&'t str, Source>,
    pub(super) blocks: BTreeMap<&'t str, Block>,
}

/// The module that `text` spells, not verified.
///
/// # Errors
///
/// The first place where the text is not dMIR.
pub fn parse(text: &str) -> Result<Module, ParseError> {
    let tokens = lex(text)?;
    let mut module = Module::default();
    let mut items = Items::default();
    let mut bodies = Vec::new();
    let mut cursor = Cursor::new(&tokens, 0);
    loop {
        cursor.skip_lines();
        if cursor.peek().kind == Kind::End {
            break;
        }
        item(&mut cursor, &mut module, &mut items, &mut bodies)?;
    }
    for (id, mut func, locals, at) in bodies {
        let mut cursor = Cursor::new(&tokens, at);
        let signature_results = module.interface.signatures[id].results.clone();
        func.results = signature_results;
        Statements::new(&module.interface, &items, &mut func, locals).parse(&mut cursor)?;
        module.funcs.push(func);
    }
    Ok(module)
}

/// A function whose body is still to be read: where it begins.
type Body<'t> = (FuncId, Func, Locals<'t>, usize);

fn item<'t>(
    cursor: &mut Cursor<'_, 't>,
    module: &mut Module,
    items: &mut Items<'t>,
    bodies: &mut Vec<Body<'t>>,
) -> Result<(), ParseError> {
    let token = cursor.peek();
    match cursor.word(ITEMS)? {
        "memory" => {
            let token = cursor.peek();
            let name = cursor.word("a memory's name")?;
            cursor.sign("=")?;
            let id = module.interface.memories.push(memory(cursor)?);
            if items.memories.insert(name, id).is_some() {
                return Err(token.error(ParseErrorKind::Duplicate(name.into())));
            }
            cursor.end_of_line()
        }
        "window" => {
            let window = Window { ty: cursor.ty()?, limit: cursor.number("a limit")? };
            if module.interface.window.replace(window).is_some() {
                return Err(token.error(ParseErrorKind::Duplicate("window".into())));
            }
            cursor.end_of_line()
        }
        "import" => {
            let token = cursor.peek();
            let name = cursor.name("an import's name")?;
            cursor.sign("(")?;
            let params = cursor.list(")", Cursor::ty)?;
            let signature = Signature { params, results: results(cursor)? };
            let id = module.interface.imports.push(Import { name: name.into(), signature });
            if items.imports.insert(name, id).is_some() {
                return Err(token.error(ParseErrorKind::Duplicate(name.into())));
            }
            cursor.end_of_line()
        }
        "func" => {
            bodies.push(func(cursor, module, items)?);
            skip_body(cursor)
        }
        "depth" => {
            module.interface.depth_limit = DepthLimit(cursor.number("a depth")?);
            cursor.end_of_line()
        }
        "traps" => {
            cursor.keyword("take_all")?;
            module.interface.traps_take_all = true;
            cursor.end_of_line()
        }
        "segments" => {
            cursor.keyword("data")?;
            module.interface.data_segments = cursor.number("a count")?;
            cursor.keyword("elem")?;
            module.interface.elem_segments = cursor.number("a count")?;
            cursor.end_of_line()
        }
        "type" => {
            let token = cursor.peek();
            let name = cursor.word("a type's name")?;
            cursor.sign("(")?;
            let params = cursor.list(")", Cursor::ty)?;
            let signature = Signature { params, results: results(cursor)? };
            let id = module.interface.types.push(signature);
            only(items.types.insert(name, id).is_none(), token, name)?;
            cursor.end_of_line()
        }
        "table" => {
            let token = cursor.peek();
            let name = cursor.word("a table's name")?;
            cursor.sign("=")?;
            let initial = cursor.number("a length")?;
            cursor.keyword("max")?;
            let table = TableDef { initial, max: cursor.number("a length")? };
            let id = module.interface.tables.push(table);
            only(items.tables.insert(name, id).is_none(), token, name)?;
            cursor.end_of_line()
        }
        "global" => {
            let token = cursor.peek();
            let name = cursor.word("a global's name")?;
            cursor.sign(":")?;
            let global = GlobalDef { ty: cursor.ty()?, is_mutable: cursor.try_keyword("mut") };
            let id = module.interface.globals.push(global);
            only(items.globals.insert(name, id).is_none(), token, name)?;
            cursor.end_of_line()
        }
        _ => Err(token.expected(ITEMS)),
    }
}

/// What a module's text consists of.
const ITEMS: &str = "memory, table, global, segments, type, window, depth, traps, import or func";

/// A name is given once.
fn only(is_new: bool, token: super::lex::Token<'_>, name: &str) -> Result<(), ParseError> {
    if is_new { Ok(()) } else { Err(token.error(ParseErrorKind::Duplicate(name.into()))) }
}

fn memory(cursor: &mut Cursor<'_, '_>) -> Result<MemoryDef, ParseError> {
    let token = cursor.peek();
    let growth = cursor.word("read_only, fixed, explicit or on_touch")?;
    let initial_bytes = cursor.number("a length")?;
    let growth = match growth {
        "read_only" => Growth::ReadOnly,
        "fixed" => Growth::Fixed,
        "explicit" => {
            cursor.keyword("max")?;
            Growth::Explicit { max_bytes: cursor.number("a length")? }
        }
        "on_touch" => {
            cursor.keyword("linear")?;
            let linear = cursor.number("a price")?;
            cursor.keyword("divisor")?;
            Growth::OnTouch { linear, quadratic_divisor: cursor.number("a divisor")? }
        }
        _ => return Err(token.expected("read_only, fixed, explicit or on_touch")),
    };
    Ok(MemoryDef { initial_bytes, growth })
}

/// `-> type, type`, or nothing.
fn results(cursor: &mut Cursor<'_, '_>) -> Result<Vec<Type>, ParseError> {
    let mut results = Vec::new();
    if cursor.try_sign("->") {
        results.push(cursor.ty()?);
        while cursor.try_sign(",") {
            results.push(cursor.ty()?);
        }
    }
    Ok(results)
}

/// A function's first line.
fn func<'t>(
    cursor: &mut Cursor<'_, 't>,
    module: &mut Module,
    items: &mut Items<'t>,
) -> Result<Body<'t>, ParseError> {
    let token = cursor.peek();
    let name = cursor.name("a function's name")?;
    let mut func = Func::default();
    let mut locals = Locals::default();
    cursor.sign("(")?;
    let params = cursor.list(")", |cursor| variable(cursor, &mut func, &mut locals))?;
    func.params = params.len() as u32;
    let signature = Signature { params, results: results(cursor)? };
    cursor.sign("{")?;
    cursor.end_of_line()?;
    let id = module.interface.signatures.push(signature);
    module.names.push(String::from(name));
    if items.funcs.insert(name, id).is_some() {
        return Err(token.error(ParseErrorKind::Duplicate(name.into())));
    }
    Ok((id, func, locals, cursor.position()))
}

/// `name: type`, a new variable.
pub(super) fn variable<'t>(
    cursor: &mut Cursor<'_, 't>,
    func: &mut Func,
    locals: &mut Locals<'t>,
) -> Result<Type, ParseError> {
    let token = cursor.peek();
    let name = cursor.word("a variable's name")?;
    cursor.sign(":")?;
    let ty = cursor.ty()?;
    let slot = if cursor.try_keyword("slot") { Some(cursor.number("a slot")?) } else { None };
    let var = Var::new(func.vars.len());
    func.vars.push(VarDef { ty, slot });
    match locals.operands.insert(name, Source::Var(var)) {
        None => Ok(ty),
        Some(_) => Err(token.error(ParseErrorKind::Duplicate(name.into()))),
    }
}

fn skip_body(cursor: &mut Cursor<'_, '_>) -> Result<(), ParseError> {
    loop {
        let token = cursor.take();
        match token.kind {
            Kind::Sign("}") => return cursor.end_of_line(),
            Kind::End => return Err(token.expected("}")),
            _ => {}
        }
    }
}

impl<'t> Items<'t> {
    pub(super) fn memory(&self, cursor: &mut Cursor<'_, 't>) -> Result<MemoryId, ParseError> {
        let token = cursor.peek();
        let name = cursor.word("a memory")?;
        self.memories.get(name).copied().ok_or_else(|| unknown(token, "memory", name))
    }

    pub(super) fn table(&self, cursor: &mut Cursor<'_, 't>) -> Result<TableId, ParseError> {
        let token = cursor.peek();
        let name = cursor.word("a table")?;
        self.tables.get(name).copied().ok_or_else(|| unknown(token, "table", name))
    }

    pub(super) fn global(&self, cursor: &mut Cursor<'_, 't>) -> Result<GlobalId, ParseError> {
        let token = cursor.peek();
        let name = cursor.word("a global")?;
        self.globals.get(name).copied().ok_or_else(|| unknown(token, "global", name))
    }

    pub(super) fn sig(&self, cursor: &mut Cursor<'_, 't>) -> Result<SigId, ParseError> {
        let token = cursor.peek();
        let name = cursor.word("a type")?;
        self.types.get(name).copied().ok_or_else(|| unknown(token, "type", name))
    }

    pub(super) fn func(&self, cursor: &mut Cursor<'_, 't>) -> Result<FuncId, ParseError> {
        let token = cursor.peek();
        let name = cursor.name("a function")?;
        self.funcs.get(name).copied().ok_or_else(|| unknown(token, "function", name))
    }

    pub(super) fn import(&self, cursor: &mut Cursor<'_, 't>) -> Result<ImportId, ParseError> {
        let token = cursor.peek();
        let name = cursor.name("an import")?;
        self.imports.get(name).copied().ok_or_else(|| unknown(token, "import", name))
    }
}
