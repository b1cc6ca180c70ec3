//! How a system call is declared, and what it sees of its program.
//!
//! ```
//! use lockstep_host::{declare_syscall, tos::Caller};
//!
//! declare_syscall!(
//!     /// Twice its argument.
//!     Twice = "twice",
//!     |caller: &mut Caller, value, _b, _c, _d, _e| {
//!         caller.charge(10)?;
//!         Ok(value.wrapping_mul(2))
//!     }
//! );
//! ```

use std::sync::Arc;

use lockstep_rt::{Stop, Trap, View};

use super::{
    context::InvokeContext,
    cost::Cost,
    error::{ProviderError, TosError},
    memory::{GuestMemory, translate_slice, translate_slice_mut},
};

/// What a system call sees of its program.
#[derive(Debug)]
pub struct Caller<'v, 'a, 'c> {
    view: &'v mut View<'a, InvokeContext<'c>>,
}

impl<'v, 'a, 'c> Caller<'v, 'a, 'c> {
    /// The caller that a view shows.
    pub fn of(view: &'v mut View<'a, InvokeContext<'c>>) -> Self {
        Self { view }
    }

    /// The invocation.
    pub fn context(&mut self) -> &mut InvokeContext<'c> {
        self.view.host()
    }

    /// What the system call of this name costs.
    pub fn cost(&mut self, name: &str) -> Cost {
        self.context().costs.cost(name)
    }

    /// Takes units.
    ///
    /// # Errors
    ///
    /// [`TosError::OutOfComputeUnits`] when fewer are left; then none are taken.
    pub fn charge(&mut self, units: u64) -> Result<(), TosError> {
        self.view.charge(units).map_err(|_| TosError::OutOfComputeUnits)
    }

    /// Calls `work` with the invocation and the program's memory.
    pub fn with_memory<R>(
        &mut self,
        work: impl FnOnce(&mut InvokeContext<'c>, &mut GuestMemory<'_>) -> R,
    ) -> R {
        let parts = self.view.parts();
        let mapping = Arc::clone(&parts.host.mapping);
        work(parts.host, &mut GuestMemory { mapping: &mapping, bytes: parts.memory })
    }

    /// A copy of bytes of the program's memory.
    ///
    /// # Errors
    ///
    /// [`TosError::AccessViolation`].
    pub fn read(&mut self, address: u64, len: u64) -> Result<Vec<u8>, TosError> {
        self.with_memory(|_, memory| {
            translate_slice::<u8>(memory, address, len, false)
                .map(|bytes| bytes.as_bytes().to_vec())
        })
    }

    /// Copies bytes into the program's memory.
    ///
    /// # Errors
    ///
    /// [`TosError::AccessViolation`]; then nothing has changed.
    pub fn write(&mut self, address: u64, bytes: &[u8]) -> Result<(), TosError> {
        self.with_memory(|_, memory| {
            let len = bytes.len() as u64;
            translate_slice_mut::<u8>(memory, address, len, false)?
                .as_bytes()
                .copy_from_slice(bytes);
            Ok(())
        })
    }

    /// Keeps why the program ends, and says how.
    pub fn fail(&mut self, error: TosError) -> Stop {
        let stop = match &error {
            TosError::OutOfComputeUnits => Stop::Trap(Trap::OutOfGas),
            TosError::AccessViolation(_) | TosError::UnalignedPointer { .. } => {
                Stop::Trap(Trap::MemoryOutOfBounds)
            }
            TosError::Provider(ProviderError::Fault(_)) => Stop::Fault,
            TosError::Provider(ProviderError::InsufficientBalance) => {
                Stop::Trap(Trap::InsufficientBalance)
            }
            _ => Stop::Trap(Trap::HostRefused),
        };
        self.context().error = Some(error);
        stop
    }
}

/// Declares a system call: a type, its name, and what it does with its five arguments.
#[macro_export]
macro_rules! declare_syscall {
    (
        $(#[$attribute:meta])*
        $name:ident = $text:literal,
        |$caller:ident: &mut Caller, $a:ident, $b:ident, $c:ident, $d:ident, $e:ident| $body:block
    ) => {
        $(#[$attribute])*
        #[derive(Debug)]
        pub struct $name;

        impl<'context> $crate::rt::HostFunction<$crate::tos::InvokeContext<'context>> for $name {
            const NAME: &'static str = $text;
            type Args = (u64, u64, u64, u64, u64);
            type Results = (u64,);

            fn call(
                view: &mut $crate::rt::View<'_, $crate::tos::InvokeContext<'context>>,
                ($a, $b, $c, $d, $e): Self::Args,
            ) -> Result<(u64,), $crate::rt::Stop> {
                fn act(
                    $caller: &mut $crate::tos::Caller<'_, '_, '_>,
                    [$a, $b, $c, $d, $e]: [u64; 5],
                ) -> Result<u64, $crate::tos::TosError> $body

                let mut caller = $crate::tos::Caller::of(view);
                match act(&mut caller, [$a, $b, $c, $d, $e]) {
                    Ok(value) => Ok((value,)),
                    Err(error) => Err(caller.fail(error)),
                }
            }
        }
    };
}
