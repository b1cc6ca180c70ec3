//! [`Module`]: a loaded module with its translations.

use std::sync::Arc;

use lockstep_guest::wasm::{Config, LoadError, Module as Guest};
use lockstep_interp::Code;
use lockstep_rt::native::NativeStatistics;

use crate::function::Compiled;

/// A valid module, with whatever of it was translated so far. Clones share all of it.
#[derive(Debug, Clone)]
pub struct Module {
    pub(super) guest: Arc<Guest>,
    pub(super) compiled: Arc<Compiled>,
    /// The bytes of its data segments.
    pub(super) datas: Arc<[Arc<[u8]>]>,
}

impl Module {
    /// Reads and validates a module.
    ///
    /// # Errors
    ///
    /// [`LoadError`] with the first reason to refuse it.
    pub fn load(bytes: &[u8], config: &Config) -> Result<Self, LoadError> {
        let guest = Arc::new(Guest::load(Arc::from(bytes), config)?);
        let compiled = Arc::new(Compiled::new(guest.clone()));
        let datas = guest.data_bytes().into();
        Ok(Self { guest, compiled, datas })
    }

    /// What the bytes say: imports, exports, types.
    pub fn guest(&self) -> &Guest {
        &self.guest
    }

    /// What the interpreter makes of it.
    pub(crate) fn code(&self) -> &Code {
        self.compiled.form(false).1
    }

    /// What the optimizing tier made of it so far.
    pub fn native_statistics(&self) -> NativeStatistics {
        self.compiled.native_statistics()
    }
}
