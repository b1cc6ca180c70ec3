//! [`SimpleEnv`]: memories that are vectors, a gas limit, a window, no imports.

use alloc::{sync::Arc, vec, vec::Vec};

use lockstep_base::Index;

use super::{Callee, Env, Stop};
use crate::{
    act::{
        Act,
        meaning::{Instance, NULL, perform},
    },
    inst::{FuncId, GlobalId, ImportId, MemoryId, SigId, TableId},
    module::{Growth, Interface, MEMORY_BYTES_MAX, MemoryDef, Signature, TABLE_LEN_MAX, TableDef},
    op::meaning::Bits,
    trap::Trap,
    types::Type,
};

/// The largest length a memory that grows on touch can reach: beyond, the answer is "out of gas".
const TOUCH_LIMIT_BYTES: u64 = 1 << 32;
/// Bytes by which such a memory grows (Yellow Paper app. H.1).
const WORD_BYTES: u64 = 32;
/// The longest memory to begin with; what a file declares beyond reads as out of bounds.
const INITIAL_MAX_BYTES: u64 = 1 << 30;
/// Blocks a program may run, so that a loop that pays nothing ends too.
const BLOCKS_MAX: u64 = 1 << 24;

struct Memory {
    def: MemoryDef,
    bytes: Vec<u8>,
}

/// An environment that depends on nothing.
pub struct SimpleEnv {
    gas: u64,
    memories: Vec<Memory>,
    window: Vec<Bits>,
    globals: Vec<Bits>,
    tables: Vec<Table>,
    /// The types of the functions, and those that indirect calls name; how many imports come before the functions.
    signatures: Vec<Signature>,
    types: Vec<Signature>,
    imports: u32,
    blocks_left: u64,
}

struct Table {
    def: TableDef,
    elements: Vec<u64>,
}

impl SimpleEnv {
    /// What `interface` declares, with `gas` on the counter.
    pub fn new(interface: &Interface, gas: u64) -> Self {
        let memory = |def: &MemoryDef| Memory {
            def: *def,
            bytes: vec![0; def.initial_bytes.min(INITIAL_MAX_BYTES) as usize],
        };
        let table = |def: &TableDef| Table {
            def: *def,
            elements: vec![NULL; def.initial.min(TABLE_LEN_MAX) as usize],
        };
        let slots = interface.window.map_or(0, |window| usize::from(window.limit));
        Self {
            gas,
            memories: interface.memories.as_slice().iter().map(memory).collect(),
            window: vec![[0; 8]; slots],
            globals: vec![[0; 8]; interface.globals.len()],
            tables: interface.tables.as_slice().iter().map(table).collect(),
            signatures: interface.signatures.as_slice().to_vec(),
            types: interface.types.as_slice().to_vec(),
            imports: interface.imports.len() as u32,
            blocks_left: BLOCKS_MAX,
        }
    }

    /// The content of a memory.
    pub fn memory(&self, memory: MemoryId) -> &[u8] {
        &self.memories[memory.position()].bytes
    }

    /// Gives a memory its content, such as call data. One that is fixed or grows when asked is never shorter than it begins.
    pub fn set_memory(&mut self, memory: MemoryId, bytes: &[u8]) {
        let memory = &mut self.memories[memory.position()];
        let least = match memory.def.growth {
            Growth::Explicit { .. } | Growth::Fixed => memory.bytes.len(),
            Growth::OnTouch { .. } | Growth::ReadOnly => 0,
        };
        memory.bytes = bytes.to_vec();
        memory.bytes.resize(bytes.len().max(least), 0);
    }
}

/// Price of all of `words` words.
fn cost(words: u64, linear: u32, quadratic_divisor: u32) -> u64 {
    // At most 2^27 words: neither product exceeds 64 bits.
    words * u64::from(linear) + words * words / u64::from(quadratic_divisor)
}

impl Env for SimpleEnv {
    fn gas(&self) -> u64 {
        self.gas
    }

    fn charge(&mut self, amount: u64) -> Result<(), Trap> {
        self.gas = self.gas.checked_sub(amount).ok_or(Trap::OutOfGas)?;
        Ok(())
    }

    fn memory_len(&self, memory: MemoryId) -> u64 {
        self.memories[memory.position()].bytes.len() as u64
    }

    fn touch(&mut self, memory: MemoryId, end: Option<u64>) -> Result<(), Trap> {
        let len = self.memory_len(memory);
        if end.is_some_and(|end| end <= len) {
            return Ok(());
        }
        let growth = self.memories[memory.position()].def.growth;
        let Growth::OnTouch { linear, quadratic_divisor } = growth else {
            return Err(Trap::MemoryOutOfBounds);
        };
        let end = end.filter(|end| *end <= TOUCH_LIMIT_BYTES).ok_or(Trap::OutOfGas)?;
        let words = end.div_ceil(WORD_BYTES);
        let paid = cost(len / WORD_BYTES, linear, quadratic_divisor);
        self.charge(cost(words, linear, quadratic_divisor) - paid)?;
        self.memories[memory.position()].bytes.resize((words * WORD_BYTES) as usize, 0);
        Ok(())
    }

    fn load(&self, memory: MemoryId, addr: u64, bytes: &mut [u8]) {
        let from = addr as usize;
        bytes.copy_from_slice(&self.memory(memory)[from..from + bytes.len()]);
    }

    fn store(&mut self, memory: MemoryId, addr: u64, bytes: &[u8]) {
        let to = addr as usize;
        self.memories[memory.position()].bytes[to..to + bytes.len()].copy_from_slice(bytes);
    }

    fn window_limit(&self) -> u64 {
        self.window.len() as u64
    }

    fn slot(&self, slot: u64) -> Bits {
        self.window[slot as usize]
    }

    fn set_slot(&mut self, slot: u64, bits: &Bits) {
        self.window[slot as usize] = *bits;
    }

    fn call_host(&mut self, _: ImportId, _: &[Bits], _: &mut [Bits]) -> Result<(), Stop> {
        Err(Stop::Host)
    }

    fn global(&self, global: GlobalId) -> Bits {
        self.globals[global.position()]
    }

    fn set_global(&mut self, global: GlobalId, bits: &Bits) {
        self.globals[global.position()] = *bits;
    }

    fn act(&mut self, act: Act, on: [u32; 2], args: [u64; 3]) -> Result<u64, Trap> {
        perform(act, on, args, self)
    }

    fn callee(&mut self, table: TableId, sig: SigId, index: u64) -> Result<Callee, Trap> {
        let elements = &self.tables[table.position()].elements;
        let reference = usize::try_from(index).ok().and_then(|index| elements.get(index));
        let reference = *reference.ok_or(Trap::UndefinedElement)?;
        // A reference is a function's number plus one.
        let func = reference.checked_sub(1).ok_or(Trap::UninitializedElement)?;
        let Some(own) = (func as u32).checked_sub(self.imports) else {
            return Ok(Callee::Foreign(reference));
        };
        if self.signatures[own as usize] != self.types[sig.position()] {
            return Err(Trap::SignatureMismatch);
        }
        Ok(Callee::Own(FuncId(own)))
    }

    fn call_foreign(&mut self, _: (u64, SigId), _: &[Bits], _: &mut [Bits]) -> Result<(), Stop> {
        Err(Stop::Host)
    }

    fn show(&mut self, _ty: Type, _bits: &Bits) {}

    fn step(&mut self, _pc: u32, _gas: u64, _slots: u64) {}

    fn interrupt(&mut self) -> Result<(), Stop> {
        self.blocks_left = self.blocks_left.checked_sub(1).ok_or(Stop::Host)?;
        Ok(())
    }
}

impl Instance for SimpleEnv {
    fn memory(&mut self, memory: u32) -> &mut [u8] {
        &mut self.memories[memory as usize].bytes
    }

    fn grow_memory(&mut self, memory: u32, bytes: u64) -> bool {
        let memory = &mut self.memories[memory as usize];
        let max_bytes = match memory.def.growth {
            Growth::Explicit { max_bytes } => max_bytes.min(MEMORY_BYTES_MAX),
            Growth::Fixed => memory.bytes.len() as u64,
            Growth::OnTouch { .. } | Growth::ReadOnly => return false,
        };
        if bytes > max_bytes {
            return false;
        }
        memory.bytes.resize(bytes as usize, 0);
        true
    }

    fn copy_memory(
        &mut self,
        [to_memory, from_memory]: [u32; 2],
        to: usize,
        from: usize,
        len: usize,
    ) {
        let bytes = self.memory(from_memory)[from..from + len].to_vec();
        self.memory(to_memory)[to..to + len].copy_from_slice(&bytes);
    }

    fn table(&mut self, table: u32) -> &mut [u64] {
        &mut self.tables[table as usize].elements
    }

    fn grow_table(&mut self, table: u32, len: u64, fill: u64) -> bool {
        let table = &mut self.tables[table as usize];
        if len > table.def.max.min(TABLE_LEN_MAX) {
            return false;
        }
        table.elements.resize(len as usize, fill);
        true
    }

    fn copy_table(&mut self, [to_table, from_table]: [u32; 2], to: usize, from: usize, len: usize) {
        let elements = self.table(from_table)[from..from + len].to_vec();
        self.table(to_table)[to..to + len].copy_from_slice(&elements);
    }

    /// A program without an engine has empty segments.
    fn data(&self, _: u32) -> Arc<[u8]> {
        Arc::from([])
    }

    fn drop_data(&mut self, _: u32) {}

    fn elem(&self, _: u32) -> Arc<[u64]> {
        Arc::from([])
    }

    fn drop_elem(&mut self, _: u32) {}

    fn func_ref(&mut self, func: u32) -> u64 {
        u64::from(func) + 1
    }
}
