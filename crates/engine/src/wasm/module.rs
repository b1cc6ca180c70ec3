//! [`Module`]: a loaded module with its translations.

use std::sync::Arc;

use lockstep_guest::wasm::{Config, LoadError, Module as Guest};
use lockstep_interp::Code;
use lockstep_rt::native::NativeStatistics;

use super::shared::Shared;
use crate::{
    binary::{Binary, BinaryError},
    function::Compiled,
};

/// A valid module, with whatever of it was translated so far. Clones share all of it.
#[derive(Debug, Clone)]
pub struct Module(pub(super) Arc<Loaded>);

/// What clones share.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) guest: Arc<Guest>,
    pub(super) compiled: Compiled,
    pub(super) shared: Shared,
}

impl Module {
    /// Reads and validates a module.
    ///
    /// # Errors
    ///
    /// [`LoadError`] with the first reason to refuse it.
    pub fn load(bytes: &[u8], config: &Config) -> Result<Self, LoadError> {
        let guest = Arc::new(Guest::load(Arc::from(bytes), config)?);
        let (compiled, shared) =
            (Compiled::wasm(guest.clone()).labelled("wasm", bytes), Shared::of(&guest));
        Ok(Self(Arc::new(Loaded { guest, compiled, shared })))
    }

    /// A module with its machine code, made for `config`.
    ///
    /// # Errors
    ///
    /// [`BinaryError`] when the binary is of something else.
    pub fn of_binary(binary: &Binary, config: &Config) -> Result<Self, BinaryError> {
        binary.expect_wasm(config)?;
        let refuse = |error: LoadError| BinaryError::Load(error.to_string());
        let guest = Arc::new(Guest::load(binary.code().clone(), config).map_err(refuse)?);
        let (compiled, shared) =
            (Compiled::wasm(guest.clone()).labelled("wasm", binary.code()), Shared::of(&guest));
        Ok(Self(Arc::new(Loaded { guest, compiled: compiled.with(binary)?, shared })))
    }

    /// What the bytes say: imports, exports, types.
    pub fn guest(&self) -> &Guest {
        &self.0.guest
    }

    pub(crate) fn shared_guest(&self) -> Arc<Guest> {
        self.0.guest.clone()
    }

    /// Whether the other shares its translations.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
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
