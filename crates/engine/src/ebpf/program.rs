//! [`Program`]: a loaded program with its translations; [`Linked`]: with its host's functions.

use core::convert::Infallible;
use std::sync::Arc;

use lockstep_guest::ebpf::{Config, Dialect, LoadError, Module as Guest};
use lockstep_interp::Code;
use lockstep_ir::Instrumented;
use lockstep_rt::{FuncType, HostRow, LinkError, Links, native::NativeStatistics};

use crate::{
    binary::{Binary, BinaryError},
    function::Compiled,
};

/// A valid program, with whatever of it was translated so far. Clones share all of it.
#[derive(Debug, Clone)]
pub struct Program(pub(super) Arc<Loaded>);

/// What clones share.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) guest: Arc<Guest>,
    pub(super) compiled: Compiled,
    /// The types of its functions as stores know them, and for each function the place of its type.
    pub(super) types: Arc<[FuncType]>,
    pub(super) func_types: Arc<[u32]>,
}

impl Program {
    /// Reads and validates an ELF file.
    ///
    /// # Errors
    ///
    /// [`LoadError`] with the first reason to refuse it.
    pub fn load(bytes: &[u8], config: &Config) -> Result<Self, LoadError> {
        Guest::load(bytes, config).map(|guest| Self::of(guest, bytes))
    }

    /// A program with its machine code, made for `config`.
    ///
    /// # Errors
    ///
    /// [`BinaryError`] when the binary is of something else.
    pub fn of_binary(binary: &Binary, config: &Config) -> Result<Self, BinaryError> {
        binary.expect_ebpf(config)?;
        let guest = Guest::load(binary.code(), config);
        let guest = guest.map_err(|error| BinaryError::Load(error.to_string()))?;
        Self::made(guest, |compiled| compiled.labelled("ebpf", binary.code()).with(binary))
    }

    /// Validates instructions that come without a file.
    ///
    /// # Errors
    ///
    /// [`LoadError`] with the first reason to refuse them.
    pub fn from_text(text: &[u8], dialect: Dialect, config: &Config) -> Result<Self, LoadError> {
        Guest::from_text(text, dialect, config).map(|guest| Self::of(guest, text))
    }

    fn of(guest: Guest, code: &[u8]) -> Self {
        let label = |compiled: Compiled| Ok::<_, Infallible>(compiled.labelled("ebpf", code));
        Self::made(guest, label).unwrap_or_else(|never| match never {})
    }

    fn made<E>(
        guest: Guest,
        finish: impl FnOnce(Compiled) -> Result<Compiled, E>,
    ) -> Result<Self, E> {
        let guest = Arc::new(guest);
        let signature = guest.interface().signatures.as_slice()[0].clone();
        let observed = guest.clone();
        let instrument = Box::new(move || Arc::new(Instrumented(observed.clone())) as _);
        Ok(Self(Arc::new(Loaded {
            compiled: finish(Compiled::new(guest.clone(), instrument))?,
            types: Arc::new([FuncType { signature, mark: Vec::new() }]),
            func_types: vec![0; guest.interface().signatures.len()].into(),
            guest,
        })))
    }

    /// What the bytes say: instructions, functions, memory.
    pub fn guest(&self) -> &Guest {
        &self.0.guest
    }

    pub(crate) fn shared_guest(&self) -> Arc<Guest> {
        self.0.guest.clone()
    }

    /// Its functions in all compilations.
    pub(crate) fn compiled(&self) -> &Compiled {
        &self.0.compiled
    }

    /// What the interpreter makes of it.
    pub(crate) fn code(&self) -> &Code {
        self.0.compiled.form(false).1
    }

    /// What the optimizing tier made of it so far.
    pub fn native_statistics(&self) -> NativeStatistics {
        self.0.compiled.native_statistics()
    }
}

/// A program whose calls of host functions lead to those of a host of type `H`.
#[derive(Debug)]
pub struct Linked<H> {
    pub(super) program: Program,
    pub(super) links: Links<H>,
}

impl<H> Linked<H> {
    /// Finds what `program` calls among `rows`.
    ///
    /// # Errors
    ///
    /// [`LinkError`] for the first function that is missing or takes other things than five numbers.
    pub fn new(program: &Program, rows: &[HostRow<H>]) -> Result<Self, LinkError> {
        let links = Links::new(program.0.guest.interface(), rows)?;
        Ok(Self { program: program.clone(), links })
    }

    /// The program.
    pub fn program(&self) -> &Program {
        &self.program
    }
}
