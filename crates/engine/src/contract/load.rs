//! [`Contract`]: a program that may be a contract, of whichever guest, or why it may not.

use core::fmt;
use std::sync::Arc;

use lockstep_base::Fork;
use lockstep_guest::{ebpf::LoadError as EbpfError, wasm::LoadError};
use lockstep_host::{
    ethereum::{
        Config, Ethereum, World,
        contract::{FUNCTIONS, Guest, ebpf_functions, wasm_functions},
    },
    tos,
};
use lockstep_ir::{FuncId, Interface, op::meaning::Bits};
use lockstep_rt::{Exit, HostRow, Trap};
use lockstep_state::{Journal, MemoryStorage};

use super::{ebpf, wasm};
use crate::{
    function::{Compiled, End},
    machine::opcode_price,
};

/// Why code is no contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContractError {
    /// It is no valid module of the consensus profile.
    Load(LoadError),
    /// It imports what the host does not offer under the rules in force: the import's place among all.
    UnknownImport(usize),
    /// It imports a function by another type than it has: likewise.
    ImportType(usize),
    /// It has a start function: what runs is the entry alone.
    Start,
    /// It declares a memory or a table that begins larger than any may be.
    Size,
    /// It exports no function `main`, or one with parameters or results.
    Entry,
    /// It is no valid program of eBPF, or calls what the host does not offer under the rules in force.
    Ebpf(EbpfError),
}

impl fmt::Display for ContractError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Load(error) => error.fmt(f),
            Self::Ebpf(error) => error.fmt(f),
            Self::UnknownImport(index) => write!(f, "import {index} is not offered by the host"),
            Self::ImportType(index) => write!(f, "import {index} has another type on the host"),
            Self::Start => f.write_str("a contract has no start function"),
            Self::Size => f.write_str("a memory or a table begins larger than any may be"),
            Self::Entry => {
                f.write_str("a contract exports a function \"main\" without parameters and results")
            }
        }
    }
}

impl core::error::Error for ContractError {}

/// What a host offers to programs of a guest: all its rows, and which of them the rules in force have.
pub(crate) struct Offer<'a, H> {
    pub(crate) rows: &'a [HostRow<H>],
    pub(crate) is_offered: &'a dyn Fn(usize) -> bool,
}

/// What a host offers to each guest beside the EVM.
#[derive(Debug)]
pub(crate) struct Rows<H> {
    wasm: Vec<HostRow<H>>,
    ebpf: Vec<HostRow<H>>,
}

impl<W: World> Rows<Ethereum<W>> {
    /// The Ethereum host's.
    pub(crate) fn ethereum() -> Self {
        let mut ebpf = ebpf_functions();
        ebpf.extend(tos::functions());
        Self { wasm: wasm_functions(), ebpf }
    }

    /// What programs of `guest` may import.
    pub(crate) fn of(&self, guest: Guest) -> &[HostRow<Ethereum<W>>] {
        match guest {
            Guest::Evm => &[],
            Guest::Wasm => &self.wasm,
            Guest::Ebpf => &self.ebpf,
        }
    }
}

/// Whether `code` is a program that may be deployed under `fork` on a chain that has contracts of its guest.
///
/// # Errors
///
/// The first reason why it may not.
pub fn check_contract(code: &[u8], fork: Fork) -> Result<(), ContractError> {
    let everywhere = Config { wasm_contracts: true, ebpf_contracts: true, ..Config::new(fork, 1) };
    let guest = match Guest::of(code, &everywhere) {
        // Whoever asks takes it for a module.
        Guest::Evm => Guest::Wasm,
        guest => guest,
    };
    let rows = Rows::<Ethereum<Journal<MemoryStorage>>>::ethereum();
    let is_offered = |index| is_offered(index, fork);
    let offer = Offer { rows: rows.of(guest), is_offered: &is_offered };
    Contract::load(guest, &Arc::from(code), &offer).map(|_| ())
}

/// Whether the host's function of this index exists under `fork`: its opcode does, or it does without one.
pub(crate) fn is_offered(index: usize, fork: Fork) -> bool {
    let function = FUNCTIONS.get(index);
    function.is_none_or(|function| opcode_price(function.opcode, fork).is_some())
}

/// A contract's program, with whatever of it was translated so far, and what its instances have in common.
#[derive(Debug)]
pub(crate) struct Contract {
    pub(super) kind: Kind,
}

/// Whose it is.
#[derive(Debug)]
pub(super) enum Kind {
    Wasm(Box<wasm::Contract>),
    Ebpf(ebpf::Contract),
}

/// How a message to a contract begins: the depth units that its frames count from, and what its entry gets.
pub(crate) struct Beginning {
    pub(crate) depth: u64,
    pub(crate) args: Vec<Bits>,
}

impl Contract {
    /// Reads and validates `code` as a contract of a host.
    ///
    /// # Panics
    ///
    /// For code of the EVM, which is not validated.
    pub(crate) fn load<H>(
        guest: Guest,
        code: &Arc<[u8]>,
        offer: &Offer<'_, H>,
    ) -> Result<Self, ContractError> {
        let kind = match guest {
            Guest::Evm => panic!("code of the EVM is no contract of another guest"),
            Guest::Wasm => Kind::Wasm(Box::new(wasm::Contract::load(code, offer)?)),
            Guest::Ebpf => Kind::Ebpf(ebpf::Contract::load(code, offer)?),
        };
        Ok(Self { kind })
    }

    /// Its functions in all compilations.
    pub(crate) fn compiled(&self) -> &Compiled {
        match &self.kind {
            Kind::Wasm(contract) => &contract.compiled,
            Kind::Ebpf(contract) => contract.compiled(),
        }
    }

    /// What its functions share.
    pub(crate) fn interface(&self) -> &Arc<Interface> {
        match &self.kind {
            Kind::Wasm(contract) => contract.interface(),
            Kind::Ebpf(contract) => contract.interface(),
        }
    }

    /// The function that runs.
    pub(crate) fn entry(&self) -> FuncId {
        match &self.kind {
            Kind::Wasm(contract) => contract.entry,
            Kind::Ebpf(contract) => contract.entry(),
        }
    }

    /// What a message of `input_bytes` costs before the first instruction.
    pub(crate) fn activation_gas(&self, input_bytes: usize) -> u64 {
        match &self.kind {
            Kind::Wasm(contract) => contract.activation_gas(input_bytes),
            Kind::Ebpf(contract) => contract.activation_gas(input_bytes),
        }
    }

    /// Begins a message on `host`.
    ///
    /// # Errors
    ///
    /// A trap that ends it at once.
    pub(crate) fn begin<W: World>(
        &self,
        host: &mut Ethereum<W>,
        input_bytes: usize,
    ) -> Result<Beginning, Trap> {
        match &self.kind {
            Kind::Wasm(_) => Ok(Beginning { depth: host.depth_units(), args: Vec::new() }),
            Kind::Ebpf(contract) => contract.begin(host, input_bytes),
        }
    }

    /// What a message comes to that ended so; the output of a program that says it otherwise goes to `output`.
    pub(crate) fn exit<W: World>(
        &self,
        host: &mut Ethereum<W>,
        end: End,
        output: &mut Vec<u8>,
    ) -> Exit {
        match (&self.kind, end) {
            (Kind::Ebpf(_), End::Values(values)) => {
                *output = host.take_returned();
                if values[0][0] == 0 { Exit::Return } else { Exit::Revert }
            }
            (_, end) => end.exit(),
        }
    }

    /// Bytes of code and translations.
    pub(crate) fn size_bytes(&self) -> usize {
        let code = match &self.kind {
            Kind::Wasm(contract) => contract.code_bytes(),
            Kind::Ebpf(contract) => contract.code_bytes(),
        };
        code + self.compiled().size_bytes()
    }
}
