//! Parts of a program, wherever they come from, to a module.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use lockstep_ir::{
    FuncId, Growth, Import, ImportId, Interface, MEMORY_BYTES_MAX, MemoryDef, Signature, TableDef,
    Type,
};

use crate::ebpf::{
    config::{Config, Helper},
    dialect::Dialect,
    error::{LoadError, LoadErrorKind, limit},
    insn::{Insn, SLOT_BYTES, decode_all},
    layout::{Layout, TEXT_BASE},
    limits,
    module::{Callee, Module, Shape, Symbol},
    opcodes::{self, Kind},
    verify::{self, Text},
};

/// What a file or a text says.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub(super) dialect: Dialect,
    pub(super) text: Vec<u8>,
    /// Read-only data, then other data, as memory 0 begins with them.
    pub(super) image: Vec<u8>,
    /// How much of it is only read.
    pub(super) read_only: u64,
    /// Slots whose call means a function of the host, by name.
    pub(super) named_calls: BTreeMap<u32, String>,
    /// Slots where functions begin, beside those that calls lead to.
    pub(super) functions: BTreeSet<u32>,
    pub(super) symbols: Vec<Symbol>,
    pub(super) entry: u32,
}

/// Instructions alone.
pub(in crate::ebpf) fn text(
    text: &[u8],
    dialect: Dialect,
    config: &Config,
) -> Result<Module, LoadError> {
    let functions = BTreeSet::from([0]);
    module(Parts { dialect, text: text.to_vec(), functions, ..Parts::default() }, config)
}

/// Checks the parts and makes them a module.
pub(super) fn module(parts: Parts, config: &Config) -> Result<Module, LoadError> {
    limit("slots of the text", limits::SLOTS_MAX, (parts.text.len() / SLOT_BYTES) as u64)?;
    limit("bytes of data", limits::DATA_BYTES_MAX, parts.image.len() as u64)?;
    limit("bytes of the heap", limits::HEAP_BYTES_MAX, config.heap_bytes)?;
    limit("host functions", limits::HELPERS_MAX, config.helpers.len() as u64)?;
    verify::length(&parts.text)?;
    let insns = decode_all(&parts.text);
    let dialect = parts.dialect;
    let text = Text { dialect, insns: &insns };
    text.instructions()?;
    let own_calls = text.own_calls()?;
    let mut starts = parts.functions;
    starts.insert(0);
    starts.extend(own_calls.iter().map(|(_, target)| *target));
    let starts: Vec<u32> = starts.into_iter().collect();
    verify::functions(text, &starts)?;

    let mut imports = Imports { helpers: &config.helpers, used: Vec::new() };
    let mut calls: BTreeMap<u32, Callee> =
        own_calls.into_iter().map(|(slot, target)| (slot, Callee::Own(target))).collect();
    imports.resolve(&insns, text, &parts.named_calls, &mut calls)?;
    let has_table = text.calls_registers();
    let numbered = if has_table { imports.numbered() } else { Vec::new() };
    let layout = Layout::flat(
        parts.read_only,
        parts.image.len() as u64 - parts.read_only,
        config.heap_bytes,
    );
    let entry = starts.binary_search(&parts.entry).expect("the first function is one");
    let interface =
        interface(dialect, &layout, starts.len(), &imports.used, has_table.then_some(insns.len()));
    Ok(Module {
        dialect,
        text_base: TEXT_BASE,
        layout,
        image: parts.image,
        interface: Arc::new(interface),
        starts,
        calls: calls.into_iter().collect(),
        numbered,
        symbols: parts.symbols,
        entry: FuncId(entry as u32),
        insns,
    })
}

/// Host functions that a program calls.
struct Imports<'c> {
    helpers: &'c [Helper],
    /// Places in `helpers`, in order of first use.
    used: Vec<&'c Helper>,
}

impl<'c> Imports<'c> {
    fn import(&mut self, helper: &'c Helper) -> ImportId {
        let known = self.used.iter().position(|used| used.name == helper.name);
        let place = known.unwrap_or_else(|| {
            self.used.push(helper);
            self.used.len() - 1
        });
        ImportId(place as u32)
    }

    /// Finds whom calls of host functions mean.
    fn resolve(
        &mut self,
        insns: &[Insn],
        text: Text<'_>,
        named: &BTreeMap<u32, String>,
        calls: &mut BTreeMap<u32, Callee>,
    ) -> Result<(), LoadError> {
        let helpers = self.helpers;
        for (slot, insn) in insns.iter().enumerate() {
            let is_call =
                opcodes::find(text.dialect, insn).is_some_and(|row| row.kind == Kind::Call);
            if !is_call || calls.contains_key(&(slot as u32)) {
                continue;
            }
            let (found, name) = match named.get(&(slot as u32)) {
                Some(name) => (helpers.iter().find(|helper| helper.name == *name), name.clone()),
                None => {
                    let number = insn.imm as u32;
                    let found = helpers.iter().find(|helper| helper.number == Some(number));
                    (found, format!("host function {number}"))
                }
            };
            let Some(helper) = found else {
                let kind = LoadErrorKind::UnknownFunction(name);
                return Err(LoadError { offset: slot * SLOT_BYTES, kind });
            };
            calls.insert(slot as u32, Callee::Host(self.import(helper)));
        }
        Ok(())
    }

    /// All that can be called by number.
    fn numbered(&mut self) -> Vec<(u32, ImportId)> {
        let helpers = self.helpers;
        let numbered = helpers.iter().filter_map(|helper| Some((helper.number?, helper)));
        numbered.map(|(number, helper)| (number, self.import(helper))).collect()
    }
}

fn interface(
    dialect: Dialect,
    layout: &Layout,
    functions: usize,
    imports: &[&Helper],
    table_len: Option<usize>,
) -> Interface {
    let shape = Shape::of(dialect);
    let types = |count: usize| vec![Type::I64; count];
    let own = Signature { params: types(shape.params.len()), results: types(shape.results.len()) };
    let host = Signature { params: types(5), results: types(1) };
    let import = |helper: &&Helper| Import { name: helper.name.clone(), signature: host.clone() };
    let tables = table_len.map(|len| TableDef { initial: len as u64, max: len as u64 });
    Interface {
        imports: imports.iter().map(import).collect(),
        memories: [MemoryDef {
            initial_bytes: layout.input_offset(),
            growth: Growth::Explicit { max_bytes: MEMORY_BYTES_MAX },
        }]
        .into_iter()
        .collect(),
        signatures: core::iter::repeat_n(own.clone(), functions).collect(),
        types: table_len.map(|_| own).into_iter().collect(),
        tables: tables.into_iter().collect(),
        depth_limit: limits::DEPTH_LIMIT,
        ..Interface::default()
    }
}
