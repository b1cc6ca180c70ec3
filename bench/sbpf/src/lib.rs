//! solana-sbpf behind safe functions: programs as text or as files, run in its interpreter or by its compiler. And
//! [`bare`], which is rbpf.
//!
//! Invariant: memory that a program sees lives as long as the run, which is one call.
#![deny(unsafe_op_in_unsafe_fn, clippy::undocumented_unsafe_blocks)]

pub mod bare;

use std::{ptr::NonNull, sync::Arc};

use solana_sbpf::{
    ebpf,
    elf::Executable,
    error::{EbpfError, ProgramResult, StableResult},
    memory_region::{MemoryMapping, MemoryRegion},
    program::{BuiltinFunctionDefinition, BuiltinProgram, FunctionRegistry, SBPFVersion},
    verifier::RequisiteVerifier,
    vm::{CallFrame, Config, ContextObject, EbpfVm, ExecutionMode},
};

/// What runs a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Its interpreter.
    Interpreter,
    /// Machine code of its compiler.
    Compiled,
}

/// A host function: five numbers to one.
pub type Host = fn(&mut State, [u64; 5]) -> u64;

/// What host functions see besides their arguments.
#[derive(Debug, Default)]
pub struct State {
    remaining: u64,
    mapping: Option<Box<MemoryMapping>>,
    /// Slots of storage.
    pub storage: std::collections::BTreeMap<[u8; 32], [u8; 32]>,
    /// Calls so far.
    pub calls: u64,
}

impl ContextObject for State {
    fn consume(&mut self, amount: u64) {
        self.remaining = self.remaining.saturating_sub(amount);
    }

    fn get_remaining(&self) -> u64 {
        self.remaining
    }

    fn active_mapping_ptr(&mut self) -> NonNull<MemoryMapping> {
        NonNull::from(&mut **self.mapping.as_mut().expect("made before the machine is"))
    }
}

impl State {
    /// Bytes of the program's memory, where they are.
    pub fn read(&mut self, address: u64) -> Option<[u8; 32]> {
        let mapping = self.mapping.as_mut()?;
        let mut bytes = [0; 32];
        for (at, chunk) in bytes.chunks_exact_mut(8).enumerate() {
            match mapping.load::<u64>(address + at as u64 * 8) {
                StableResult::Ok(word) => chunk.copy_from_slice(&word.to_le_bytes()),
                StableResult::Err(_) => return None,
            }
        }
        Some(bytes)
    }

    /// Writes bytes into the program's memory.
    pub fn write(&mut self, address: u64, bytes: &[u8; 32]) -> Option<()> {
        let mapping = self.mapping.as_mut()?;
        for (at, chunk) in bytes.chunks_exact(8).enumerate() {
            let word = u64::from_le_bytes(chunk.try_into().ok()?);
            match mapping.store(word, address + at as u64 * 8) {
                StableResult::Ok(_) => {}
                StableResult::Err(_) => return None,
            }
        }
        Some(())
    }
}

/// A program that passed the verifier.
pub struct Program {
    executable: Executable<State>,
    version: SBPFVersion,
    loader: Arc<BuiltinProgram<State>>,
    frames: Vec<CallFrame>,
    stack: Vec<u8>,
    heap: Vec<u8>,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// r0, or the name of the error.
    pub result: Result<u64, &'static str>,
    /// Units that were used.
    pub used: u64,
    /// The input as it was left.
    pub input: Vec<u8>,
}

/// The version of this number.
pub fn version(number: u8) -> SBPFVersion {
    SBPFVersion::ALL[usize::from(number)]
}

fn loader(hosts: &[(&str, Hosted)]) -> Result<Arc<BuiltinProgram<State>>, String> {
    let mut loader = BuiltinProgram::new_loader(Config::default());
    for (name, hosted) in hosts {
        hosted(&mut loader, name)?;
    }
    Ok(Arc::new(loader))
}

/// Registers a host function; see [`hosted`].
pub type Hosted = fn(&mut BuiltinProgram<State>, &str) -> Result<(), String>;

/// A host function as a type, as the peer wants it.
pub trait HostFunction {
    /// Does it.
    fn call(state: &mut State, args: [u64; 5]) -> u64;
}

struct Definition<F>(std::marker::PhantomData<F>);

impl<F: HostFunction> BuiltinFunctionDefinition<State> for Definition<F> {
    type Error = EbpfError;

    fn rust(state: &mut State, a: u64, b: u64, c: u64, d: u64, e: u64) -> Result<u64, EbpfError> {
        state.calls += 1;
        Ok(F::call(state, [a, b, c, d, e]))
    }
}

/// What registers `F`.
pub fn hosted<F: HostFunction + 'static>(
    loader: &mut BuiltinProgram<State>,
    name: &str,
) -> Result<(), String> {
    let done = loader.register_definition::<Definition<F>>(name);
    done.map_err(|error| error.to_string())
}

impl Program {
    /// Instructions with the functions that calls name by their keys.
    ///
    /// # Errors
    ///
    /// What the verifier says.
    pub fn from_text(
        text: &[u8],
        version: SBPFVersion,
        functions: &[(u32, usize)],
        hosts: &[(&str, Hosted)],
    ) -> Result<Self, String> {
        let loader = loader(hosts)?;
        let mut registry = FunctionRegistry::default();
        for (key, slot) in functions {
            let done = registry.register_function(*key, "", *slot);
            done.map_err(|error| error.to_string())?;
        }
        let made = Executable::from_text_bytes(text, loader.clone(), version, registry);
        Self::of(made.map_err(|error| error.to_string())?, version, loader)
    }

    /// A file.
    ///
    /// # Errors
    ///
    /// What the loader or the verifier says.
    pub fn from_elf(bytes: &[u8], hosts: &[(&str, Hosted)]) -> Result<Self, String> {
        let loader = loader(hosts)?;
        let made = Executable::from_elf(bytes, loader.clone());
        let executable = made.map_err(|error| error.to_string())?;
        let version = executable.get_sbpf_version();
        Self::of(executable, version, loader)
    }

    fn of(
        executable: Executable<State>,
        version: SBPFVersion,
        loader: Arc<BuiltinProgram<State>>,
    ) -> Result<Self, String> {
        executable.verify::<RequisiteVerifier>().map_err(|error| error.to_string())?;
        let config = Config::default();
        Ok(Self {
            executable,
            version,
            loader,
            frames: vec![CallFrame::default(); config.max_call_depth],
            stack: vec![0; config.stack_size()],
            heap: vec![0; 32 << 10],
        })
    }

    /// Makes machine code of it.
    ///
    /// # Errors
    ///
    /// What the compiler says.
    pub fn compile(&self) -> Result<(), String> {
        self.executable.jit_compile().map_err(|error| error.to_string())
    }

    /// Runs it with so many units.
    pub fn run(&mut self, mode: Mode, input: &[u8], units: u64, state: &mut State) -> Ended {
        let mut input = input.to_vec();
        let (result, used) = self.run_on(mode, &mut input, units, state);
        Ended { result, used, input }
    }

    /// The same on input that is changed in place.
    pub fn run_on(
        &mut self,
        mode: Mode,
        input: &mut [u8],
        units: u64,
        state: &mut State,
    ) -> (Result<u64, &'static str>, u64) {
        self.stack.fill(0);
        self.heap.fill(0);
        let gap =
            if self.version.stack_frame_gaps() { Config::default().stack_frame_size } else { 0 };
        let regions = vec![
            self.executable.get_ro_region(),
            MemoryRegion::new_gapped(&raw mut self.stack[..], ebpf::MM_STACK_START, gap as u64),
            MemoryRegion::new(&raw mut self.heap[..], ebpf::MM_HEAP_START),
            MemoryRegion::new(&raw mut *input, ebpf::MM_INPUT_START),
        ];
        // SAFETY: all regions outlive the run, and nobody else touches them meanwhile.
        let mapping =
            unsafe { MemoryMapping::new(regions, self.executable.get_config(), self.version) };
        state.mapping = Some(Box::new(mapping.expect("regions do not overlap")));
        state.remaining = units;
        let mut mode = match mode {
            Mode::Interpreter => ExecutionMode::Interpreted,
            Mode::Compiled => ExecutionMode::Jit,
        };
        let (used, result) = {
            let mut vm = EbpfVm::new(self.loader.clone(), self.version, state, self.stack.len());
            vm.registers[1] = ebpf::MM_INPUT_START;
            vm.execute_program(&self.executable, &mut mode, &mut self.frames)
        };
        state.mapping = None;
        let result = match result {
            ProgramResult::Ok(value) => Ok(value),
            ProgramResult::Err(error) => Err(name(&error)),
        };
        (result, used)
    }
}

/// The name of what our engine calls the same.
fn name(error: &EbpfError) -> &'static str {
    match error {
        EbpfError::CallDepthExceeded => "depth_exceeded",
        EbpfError::DivideByZero => "divide_by_zero",
        EbpfError::DivideOverflow => "integer_overflow",
        EbpfError::ExceededMaxInstructions => "out_of_gas",
        EbpfError::ExecutionOverrun | EbpfError::CallOutsideTextSegment => "invalid_jump",
        EbpfError::AccessViolation(..) | EbpfError::StackAccessViolation(..) => {
            "memory_out_of_bounds"
        }
        EbpfError::UnsupportedInstruction | EbpfError::InvalidInstruction => "undefined_opcode",
        _ => "another error",
    }
}
