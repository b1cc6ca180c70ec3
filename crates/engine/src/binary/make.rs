//! Programs compiled ahead of time.

use std::sync::Arc;

use lockstep_base::Fork;
use lockstep_guest::{
    ebpf,
    evm::{Mode, Program},
    wasm,
};
use lockstep_ir::{FuncId, Functions, pass::Whole};
use lockstep_optimizing::{Optimizing, Watch};
use lockstep_rt::native::Compiler;

use super::{Binary, BinaryError, BinaryGuest, Function, build};

impl Binary {
    /// Compiles EVM code under the rules of `fork`; `watch`, if there is one, is told at which stage.
    ///
    /// # Errors
    ///
    /// [`BinaryError::NoTarget`].
    pub fn of_evm(code: &[u8], fork: Fork, watch: Option<Watch>) -> Result<Self, BinaryError> {
        let program = Arc::new(Program::new(code.into(), fork, Mode::Plain));
        let of = |whole: Whole| {
            let guest = (BinaryGuest::Evm, evm_configuration(fork));
            make(guest, code, (Arc::new(whole), usize::MAX), watch.clone())
        };
        let binary = of(Whole::new(program.clone()))?;
        // Only machine code can call a function of EVM code: all of them have some, or there are none.
        if binary.statistics().below == 0 { Ok(binary) } else { of(Whole::copied(program)) }
    }

    /// Compiles all functions of a Wasm module.
    ///
    /// # Errors
    ///
    /// [`BinaryError::Load`], [`BinaryError::NoTarget`].
    pub fn of_wasm(
        code: &[u8],
        config: &wasm::Config,
        watch: Option<Watch>,
    ) -> Result<Self, BinaryError> {
        let guest = wasm::Module::load(code.into(), config);
        let guest = guest.map_err(|error| BinaryError::Load(error.to_string()))?;
        make(
            (BinaryGuest::Wasm, wasm_configuration(config)),
            code,
            (Arc::new(guest), usize::MAX),
            watch,
        )
    }

    /// Compiles all functions of an eBPF program, an ELF file. Slots that no function begins at, and that a register may
    /// name nevertheless, are compiled when one does.
    ///
    /// # Errors
    ///
    /// [`BinaryError::Load`], [`BinaryError::NoTarget`].
    pub fn of_ebpf(
        code: &[u8],
        config: &ebpf::Config,
        watch: Option<Watch>,
    ) -> Result<Self, BinaryError> {
        let guest = ebpf::Module::load(code, config);
        let guest = guest.map_err(|error| BinaryError::Load(error.to_string()))?;
        let own = guest.functions();
        make((BinaryGuest::Ebpf, ebpf_configuration(config)), code, (Arc::new(guest), own), watch)
    }

    /// The functions that its EVM code was compiled as.
    pub(crate) fn whole(&self, program: Arc<Program>) -> Whole {
        if self.functions.len() == 1 { Whole::copied(program) } else { Whole::new(program) }
    }

    /// Refuses it where it is no EVM code under the rules of `fork`.
    pub(crate) fn expect_evm(&self, fork: Fork) -> Result<(), BinaryError> {
        self.expect(BinaryGuest::Evm, &evm_configuration(fork))
    }

    /// Refuses it where it is no module for such a configuration.
    pub(crate) fn expect_wasm(&self, config: &wasm::Config) -> Result<(), BinaryError> {
        self.expect(BinaryGuest::Wasm, &wasm_configuration(config))
    }

    /// Refuses it where it is no eBPF program for such a configuration.
    pub(crate) fn expect_ebpf(&self, config: &ebpf::Config) -> Result<(), BinaryError> {
        self.expect(BinaryGuest::Ebpf, &ebpf_configuration(config))
    }
}

fn evm_configuration(fork: Fork) -> String {
    format!("fork {fork}")
}

/// Profile and prices, all of them.
fn wasm_configuration(config: &wasm::Config) -> String {
    format!("{config:?}")
}

/// What a loader was told: entry, host functions, heap.
fn ebpf_configuration(config: &ebpf::Config) -> String {
    format!("{config:?}")
}

/// The binary of `code`, whose first `own` functions are compiled.
fn make(
    (guest, configuration): (BinaryGuest, String),
    code: &[u8],
    (functions, own): (Arc<dyn Functions>, usize),
    watch: Option<Watch>,
) -> Result<Binary, BinaryError> {
    let compiler = Optimizing::functions(functions).ok_or(BinaryError::NoTarget)?;
    let compiler = match watch {
        Some(watch) => compiler.watched(watch),
        None => compiler,
    };
    let all = compiler.interface().signatures.len();
    let one = |func: usize| {
        let id = FuncId(func as u32);
        if func >= own {
            return Function::Missing;
        }
        let made = compiler.compile(id).map(Function::Code);
        let made = made.or_else(|_| compiler.compile_below(id).map(Function::Below));
        made.unwrap_or(Function::Missing)
    };
    let target = lockstep_optimizing::target().into_iter().map(str::to_owned);
    Ok(Binary {
        build: build(),
        target: target.collect(),
        guest,
        configuration,
        code: code.into(),
        functions: (0..all).map(one).collect(),
    })
}
