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
    context::Hash,
    cost::Cost,
    error::{ProviderError, TosError},
    invocation::{Invocation, Invoke},
    memory::{GuestMemory, translate_slice, translate_slice_mut, translate_string, translate_type},
};
use crate::mapping::AccessType;

/// What a system call sees of its program.
#[derive(Debug)]
pub struct Caller<'v, 'a, H> {
    view: &'v mut View<'a, H>,
}

impl<'v, 'a, H: Invocation> Caller<'v, 'a, H> {
    /// The caller that a view shows.
    pub fn of(view: &'v mut View<'a, H>) -> Self {
        Self { view }
    }

    /// What a system call answers that does `act` with its arguments.
    ///
    /// # Errors
    ///
    /// How the program ends that the call refuses.
    pub fn answer(
        view: &'v mut View<'a, H>,
        arguments: [u64; 5],
        act: impl FnOnce(&mut Self, [u64; 5]) -> Result<u64, TosError>,
    ) -> Result<(u64,), Stop> {
        let mut caller = Self::of(view);
        act(&mut caller, arguments).map(|value| (value,)).map_err(|error| caller.fail(error))
    }

    /// The invocation.
    pub fn context(&mut self) -> &mut H {
        self.view.host()
    }

    /// What the system call of this name costs.
    pub fn cost(&mut self, name: &str) -> Cost {
        self.context().cost(name)
    }

    /// Asks the invocation what may cost more than the table of costs says.
    ///
    /// # Errors
    ///
    /// What `ask` says, and [`TosError::OutOfComputeUnits`].
    pub fn metered<R>(
        &mut self,
        ask: impl FnOnce(&mut H, &mut u64) -> Result<R, TosError>,
    ) -> Result<R, TosError> {
        let before = self.view.gas();
        let mut units = before;
        let answer = ask(self.view.host(), &mut units)?;
        self.settle(before, units)?;
        Ok(answer)
    }

    /// Makes the meter, which said `before`, say `after`. A callee may leave more than it was given: a stipend.
    fn settle(&mut self, before: u64, after: u64) -> Result<(), TosError> {
        if after > before {
            self.view.give_back(after - before);
            return Ok(());
        }
        self.charge(before - after)
    }

    /// Calls another contract; whether that succeeded. The depth is the program's.
    ///
    /// # Errors
    ///
    /// What ends the program.
    pub fn invoke(&mut self, invoke: Invoke) -> Result<bool, TosError> {
        let (before, depth) = (self.view.gas(), self.view.depth());
        let mut units = before;
        let done = H::invoke(self.view.parts(), &mut units, &Invoke { depth, ..invoke })?;
        self.settle(before, units)?;
        Ok(done)
    }

    /// The 32 bytes at an address.
    ///
    /// # Errors
    ///
    /// [`TosError::AccessViolation`].
    pub fn hash_at(&mut self, address: u64) -> Result<Hash, TosError> {
        self.with_memory(|_, memory| translate_type(memory, address, true))
    }

    /// A copy of text.
    ///
    /// # Errors
    ///
    /// [`TosError::AccessViolation`] and [`TosError::InvalidText`].
    pub fn text(&mut self, address: u64, len: u64) -> Result<String, TosError> {
        self.with_memory(|_, memory| translate_string(memory, address, len).map(str::to_owned))
    }

    /// Where bytes lie in the program's memory, and how many they are; none lie anywhere.
    ///
    /// # Errors
    ///
    /// [`TosError::AccessViolation`].
    pub fn place(
        &mut self,
        access: AccessType,
        address: u64,
        len: u64,
    ) -> Result<(u64, u64), TosError> {
        match len {
            0 => Ok((0, 0)),
            _ => Ok((self.context().mapping().find(access, address, len)?, len)),
        }
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
    pub fn with_memory<R>(&mut self, work: impl FnOnce(&mut H, &mut GuestMemory<'_>) -> R) -> R {
        let parts = self.view.parts();
        let mapping: Arc<_> = parts.host.mapping();
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
            TosError::Chain(trap) => Stop::Trap(*trap),
            _ => Stop::Trap(Trap::HostRefused),
        };
        self.context().keep_error(error);
        stop
    }
}

/// Declares a system call of programs that run by themselves: a type, its name, and what it does with its five arguments.
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
                    $caller: &mut $crate::tos::Caller<'_, '_, $crate::tos::InvokeContext<'_>>,
                    [$a, $b, $c, $d, $e]: [u64; 5],
                ) -> Result<u64, $crate::tos::TosError> $body

                $crate::tos::Caller::answer(view, [$a, $b, $c, $d, $e], act)
            }
        }
    };
}

/// Declares a system call of programs that run in whatever is an [`Invocation`].
macro_rules! system_call {
    (
        $(#[$attribute:meta])*
        $name:ident = $text:literal,
        |$caller:ident: &mut Caller, $a:ident, $b:ident, $c:ident, $d:ident, $e:ident| $body:block
    ) => {
        $(#[$attribute])*
        #[derive(Debug)]
        pub struct $name;

        impl<H: $crate::tos::Invocation> $crate::rt::HostFunction<H> for $name {
            const NAME: &'static str = $text;
            type Args = (u64, u64, u64, u64, u64);
            type Results = (u64,);

            fn call(
                view: &mut $crate::rt::View<'_, H>,
                ($a, $b, $c, $d, $e): Self::Args,
            ) -> Result<(u64,), $crate::rt::Stop> {
                fn act<H: $crate::tos::Invocation>(
                    $caller: &mut $crate::tos::Caller<'_, '_, H>,
                    [$a, $b, $c, $d, $e]: [u64; 5],
                ) -> Result<u64, $crate::tos::TosError> $body

                $crate::tos::Caller::answer(view, [$a, $b, $c, $d, $e], act)
            }
        }
    };
}
pub(super) use system_call;
