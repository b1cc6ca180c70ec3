//! Parts of a program, wherever they come from, to a module.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use lockstep_ir::{
    FuncId, Growth, Import, ImportId, Interface, MemoryDef, Signature, TableDef, Type,
};

use crate::ebpf::{
    config::{Config, Helper},
    dialect::Dialect,
    error::{LoadError, LoadErrorKind, limit},
    hash::murmur3,
    insn::{SLOT_BYTES, decode_all},
    layout::{Layout, SBPF_TEXT_BASE, TEXT_BASE},
    limits,
    module::{Callee, Module, Symbol, params_of, results},
    opcodes::{self, Kind},
    verify::{self, Text, params::Registers},
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
    /// sBPF: guest addresses of the text and of the image, and slots of functions by the keys that calls name.
    pub(super) text_base: u64,
    pub(super) image_at: u64,
    pub(super) keys: BTreeMap<u32, u32>,
}

/// Instructions alone; in sBPF the program may read them.
pub(in crate::ebpf) fn text(
    text: &[u8],
    dialect: Dialect,
    config: &Config,
) -> Result<Module, LoadError> {
    let mut parts = Parts { dialect, text: text.to_vec(), ..Parts::default() };
    if dialect.is_sbpf() {
        parts.image = parts.text.clone();
        parts.text_base = SBPF_TEXT_BASE;
        parts.image_at = if dialect == Dialect::V3 { 0 } else { SBPF_TEXT_BASE };
    }
    module(parts, config)
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
    // In files before v3 calls name keys alone.
    let own_calls = if parts.keys.is_empty() { text.own_calls()? } else { Vec::new() };
    let mut starts = parts.functions;
    starts.extend([0, parts.entry]);
    starts.extend(own_calls.iter().map(|(_, target)| *target));
    starts.extend(parts.keys.values());
    let starts = match dialect.is_sbpf() {
        true => text.parts(starts),
        false => starts.into_iter().collect(),
    };
    verify::functions(text, &starts)?;

    let mut imports = Imports { config, used: Vec::new() };
    let mut calls: BTreeMap<u32, Callee> =
        own_calls.iter().copied().map(|(slot, target)| (slot, Callee::Own(target))).collect();
    match dialect.is_sbpf() {
        true => imports.resolve_keys(text, &parts.keys, &mut calls),
        false => imports.resolve(text, &parts.named_calls, &mut calls)?,
    }
    let has_table = text.calls_registers();
    let is_numbered = has_table && !dialect.is_sbpf();
    let numbered = if is_numbered { imports.numbered() } else { Vec::new() };
    let image_len = parts.image.len() as u64;
    let layout = match dialect.is_sbpf() {
        true => Layout::regions_of(dialect, (parts.image_at, image_len), config.heap_bytes),
        false => Layout::flat(parts.read_only, image_len - parts.read_only, config.heap_bytes),
    };
    // Any instruction of sBPF can be called through a register.
    let callable = if has_table && dialect.is_sbpf() { insns.len() } else { 0 };
    let entry = starts.binary_search(&parts.entry).expect("the first function is one");
    let table_len = has_table.then_some(insns.len());
    // Where types are not asked for, functions take what they read.
    let params = match dialect.is_sbpf() || has_table {
        true => Vec::new(),
        false => text.params(&starts, &own_calls),
    };
    let takes = (0..starts.len() + callable)
        .map(|func| params.get(func).copied().unwrap_or(params_of(dialect)))
        .collect::<Vec<_>>();
    let interface = interface(dialect, &layout, &takes, &imports.used, table_len);
    Ok(Module {
        dialect,
        text_base: if dialect.is_sbpf() { parts.text_base } else { TEXT_BASE },
        layout,
        image: parts.image,
        interface: Arc::new(interface),
        starts,
        params,
        is_callable_anywhere: callable != 0,
        calls: calls.into_iter().collect(),
        numbered,
        symbols: parts.symbols,
        entry: FuncId(entry as u32),
        insns,
    })
}

/// Host functions that a program calls.
struct Imports<'c> {
    config: &'c Config,
    /// Their names, in order of first use.
    used: Vec<String>,
}

impl<'c> Imports<'c> {
    fn import(&mut self, name: &str) -> ImportId {
        let known = self.used.iter().position(|used| used == name);
        let place = known.unwrap_or_else(|| {
            self.used.push(name.to_owned());
            self.used.len() - 1
        });
        ImportId(place as u32)
    }

    /// Finds whom calls of host functions mean.
    fn resolve(
        &mut self,
        text: Text<'_>,
        named: &BTreeMap<u32, String>,
        calls: &mut BTreeMap<u32, Callee>,
    ) -> Result<(), LoadError> {
        let helpers = &self.config.helpers;
        for (slot, insn) in text.insns.iter().enumerate() {
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
                    (found, format!("host_{number}"))
                }
            };
            if found.is_none() && !self.config.accepts_unknown {
                let kind = LoadErrorKind::UnknownFunction(name);
                return Err(LoadError { offset: slot * SLOT_BYTES, kind });
            }
            let name = found.map_or(name, |helper| helper.name.clone());
            calls.insert(slot as u32, Callee::Host(self.import(&name)));
        }
        Ok(())
    }

    /// Finds whom calls of sBPF mean: a function of the host by the hash of its name, or one of the program's by its key. Those
    /// that mean nobody trap.
    fn resolve_keys(
        &mut self,
        text: Text<'_>,
        keys: &BTreeMap<u32, u32>,
        calls: &mut BTreeMap<u32, Callee>,
    ) {
        let helpers = &self.config.helpers;
        let by_hash: BTreeMap<u32, &Helper> =
            helpers.iter().map(|helper| (murmur3(helper.name.as_bytes()), helper)).collect();
        for (slot, insn) in text.insns.iter().enumerate() {
            let slot = slot as u32;
            let is_call =
                opcodes::find(text.dialect, insn).is_some_and(|row| row.kind == Kind::Call);
            if !is_call
                || calls.contains_key(&slot)
                || insn.src != 0 && text.dialect.has_static_calls()
            {
                continue;
            }
            let key = insn.imm as u32;
            if let Some(helper) = by_hash.get(&key) {
                calls.insert(slot, Callee::Host(self.import(&helper.name)));
            } else if let Some(target) = keys.get(&key) {
                calls.insert(slot, Callee::Own(*target));
            }
        }
    }

    /// All that can be called by number.
    fn numbered(&mut self) -> Vec<(u32, ImportId)> {
        let helpers = &self.config.helpers;
        let numbered = helpers.iter().filter_map(|helper| Some((helper.number?, helper)));
        numbered.map(|(number, helper)| (number, self.import(&helper.name))).collect()
    }
}

fn interface(
    dialect: Dialect,
    layout: &Layout,
    takes: &[Registers],
    imports: &[String],
    table_len: Option<usize>,
) -> Interface {
    let types = |count: usize| vec![Type::I64; count];
    let results = results(dialect).len();
    let own = |takes: &Registers| Signature {
        params: types(takes.count_ones() as usize),
        results: types(results),
    };
    let host = Signature { params: types(5), results: types(1) };
    let import = |name: &String| Import { name: name.clone(), signature: host.clone() };
    let tables = table_len.map(|len| TableDef { initial: len as u64, max: len as u64 });
    Interface {
        imports: imports.iter().map(import).collect(),
        memories: memories(layout).into_iter().collect(),
        signatures: takes.iter().map(own).collect(),
        types: table_len.map(|_| own(&params_of(dialect))).into_iter().collect(),
        tables: tables.into_iter().collect(),
        depth_limit: limits::DEPTH_LIMIT,
        ..Interface::default()
    }
}

/// Memory 0, and in sBPF the table of regions.
fn memories(layout: &Layout) -> Vec<MemoryDef> {
    // The input makes it longer than that before the program runs.
    let initial_bytes = layout.input_offset();
    let mut memories = vec![MemoryDef { initial_bytes, growth: Growth::Fixed }];
    let table = layout.table(0).len() as u64;
    if table != 0 {
        memories.push(MemoryDef { initial_bytes: table, growth: Growth::Fixed });
    }
    memories
}
