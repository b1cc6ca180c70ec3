//! [`Warm`]: a module's functions on the tier `adaptive`: each in the interpreter until it is hot, then machine code.
//!
//! ```text
//! call ----------> gate -> Climb::enter: compiled? machine code : counted, interpreted   hot -> Furnace -> Warm::compile
//! head of a loop -------> Climb::turn: the same of what is left of the function               -> Warm::compile_onward
//! ```
//!
//! # Invariants
//!
//! 1. A function changes its tier where it is entered and where it goes round a loop, and nowhere else; from machine code
//!    it never comes back.
//! 2. No function of the program has machine code before something is hot; then only what was hot.

use core::fmt;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use lockstep_interp::Code;
use lockstep_ir::{Block, FuncId, Functions};
use lockstep_optimizing::Optimizing;
use lockstep_rt::native::{Above, NativeProgram, NativeStatistics};

use crate::{
    function::with_label,
    heat::{CALL_GAS, Furnace, Thermometer},
};

/// A module's functions, and how hot each is.
pub(crate) struct Warm {
    guest: Arc<dyn Functions>,
    /// About how many bytes of guest code all functions are.
    bytes: usize,
    /// With gates.
    pub(crate) code: Code,
    is_guarded: bool,
    /// What profilers call it.
    label: Option<String>,
    thermometers: Box<[Thermometer]>,
    /// Those of loops that used a slice of gas.
    loops: Mutex<BTreeMap<(FuncId, Block), Arc<Thermometer>>>,
    /// `None` where this processor has no machine code.
    native: OnceLock<Option<NativeProgram>>,
}

impl fmt::Debug for Warm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Warm").field("native", &self.native).finish_non_exhaustive()
    }
}

impl Warm {
    /// The functions of `guest`, all cold.
    pub(crate) fn new(guest: Arc<dyn Functions>, is_guarded: bool, label: Option<String>) -> Self {
        let code = Code::functions(guest.clone()).gated();
        let signatures = &guest.interface().signatures;
        let thermometers = signatures.iter().map(|_| Thermometer::default()).collect();
        let bytes = signatures.iter().map(|(func, _)| guest.size_bytes(func)).sum();
        Self {
            thermometers,
            loops: Mutex::default(),
            bytes,
            code,
            is_guarded,
            label,
            guest,
            native: OnceLock::new(),
        }
    }

    pub(crate) fn thermometer(&self, func: FuncId) -> &Thermometer {
        &self.thermometers[func.0 as usize]
    }

    pub(crate) fn loop_thermometer(&self, head: (FuncId, Block)) -> Arc<Thermometer> {
        let mut loops = self.loops.lock().unwrap_or_else(PoisonError::into_inner);
        loops.entry(head).or_default().clone()
    }

    /// About how many bytes of guest code a function is.
    pub(crate) fn size_bytes_of(&self, func: FuncId) -> usize {
        self.guest.size_bytes(func)
    }

    /// Compiles a function.
    pub(crate) fn compile(&self, func: FuncId) {
        if let Some(program) = self.native.get_or_init(|| self.make_native()) {
            program.prepare(func);
        }
    }

    /// Compiles a function from the head of a loop on.
    pub(crate) fn compile_onward(&self, (func, block): (FuncId, Block)) {
        if let Some(program) = self.native.get_or_init(|| self.make_native()) {
            program.prepare_at(func, block);
        }
    }

    fn make_native(&self) -> Option<NativeProgram> {
        let compiler = Optimizing::functions(self.guest.clone())?;
        let compiler = if self.is_guarded { compiler.guarded() } else { compiler };
        let compiler = with_label(compiler, self.label.clone());
        Some(NativeProgram::new(Box::new(compiler)).ok()?.as_it_gets_hot())
    }

    fn known_native(&self) -> Option<&NativeProgram> {
        self.native.get()?.as_ref()
    }

    /// What was compiled so far.
    pub(crate) fn native_statistics(&self) -> NativeStatistics {
        self.known_native().map(NativeProgram::statistics).unwrap_or_default()
    }

    /// Bytes of translations, and of what counts heat.
    pub(crate) fn size_bytes(&self) -> usize {
        let native = self.native_statistics().size_bytes as usize;
        let loops = self.loops.lock().unwrap_or_else(PoisonError::into_inner).len();
        let counters = self.thermometers.len() + loops;
        self.code.size_bytes() + counters * size_of::<Thermometer>() + native
    }
}

/// What an activation asks whether a function is hot.
pub(crate) struct Climb<'a> {
    pub(crate) warm: &'a Arc<Warm>,
    pub(crate) furnace: &'a Furnace,
}

impl Above for Climb<'_> {
    fn enter(&self, func: FuncId) -> Option<&NativeProgram> {
        let ready = || self.warm.known_native().filter(|program| program.is_ready(func));
        if let Some(program) = ready() {
            return Some(program);
        }
        self.note(func, CALL_GAS);
        if self.furnace.heat.is_awaited { ready() } else { None }
    }

    fn note(&self, func: FuncId, gas: u64) {
        self.furnace.note_function(self.warm, func, gas);
    }

    fn slice(&self) -> u64 {
        self.furnace.heat.function_slice(self.warm.bytes)
    }

    fn turn(&self, func: FuncId, block: Block, gas: u64) -> Option<&NativeProgram> {
        let ready = || self.warm.known_native().filter(|program| program.is_ready_at(func, block));
        if let Some(program) = ready() {
            // The function began in the interpreter once more: before long it is worth to be entered at its beginning.
            self.note(func, gas);
            return Some(program);
        }
        self.furnace.note_loop(self.warm, (func, block), gas);
        if self.furnace.heat.is_awaited { ready() } else { None }
    }
}
