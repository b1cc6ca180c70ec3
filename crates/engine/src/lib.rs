//! Lockstep: one deterministic smart-contract execution engine.
//!
//! Bytes of a guest (today the EVM) become dMIR; a tier runs dMIR; a host (today Ethereum) offers what the guest
//! imports; one journal holds all state.
//!
//! ```
//! use lockstep::{Address, Config, Engine, Fork, MemoryStorage, Message, Options, U256, Vm};
//!
//! // A contract that returns 5 + 4.
//! let code = lockstep::decode_hex("600560040160005260206000f3").unwrap();
//! let (caller, contract) = (Address::from_low_u64(0xca11), Address::from_low_u64(0xc0de));
//! let mut storage = MemoryStorage::default();
//! storage.insert_account(contract, U256::ZERO, 1, &code);
//!
//! let engine = Engine::new();
//! let config = Config::new(Fork::Osaka, 1);
//! let mut vm = Vm::new(&engine, storage, config, Default::default(), Options::default()).unwrap();
//! let outcome = vm
//!     .call(&Message { caller, to: Some(contract), gas: 100_000, ..Message::default() })
//!     .unwrap();
//!
//! assert_eq!(U256::from_be_slice(&outcome.output), U256::from(9));
//! assert_eq!(100_000 - outcome.gas_left, 24);
//! ```
#![forbid(unsafe_code)]

mod binary;
mod cache;
mod contract;
pub mod ebpf;
mod function;
mod heat;
mod listing;
mod machine;
mod midway;
mod tier;
mod vm;
mod warm;
pub mod wasm;

pub use binary::{Binary, BinaryError, BinaryGuest, BinaryStatistics};
pub use cache::{Engine, Statistics};
pub use contract::{ContractError, check_contract};
pub use heat::Heat;
pub use listing::{
    list_function, list_native, list_native_function, list_native_program_function,
    list_program_function, list_registers,
};
pub use lockstep_base::{Address, Fork, Hash, HexError, U256, UnknownFork, decode_hex, encode_hex};
pub use lockstep_guest::evm;
pub use lockstep_host::ethereum::contract::Guest;
pub use lockstep_host::ethereum::{
    AccessListItem, Authorization, BlobSchedule, Block, CallOutcome, Config, DecodeError, Ethereum,
    Fees, InvalidTransaction, Message, Receipt, RlpError, SignatureError, SignedTransaction,
    TransactError, Transaction, TransactionKind,
};
#[cfg(unix)]
pub use lockstep_host::wasi;
pub use lockstep_host::{declare_syscall, spectest, tos};
pub use lockstep_interp::{CodeError, Line};
#[cfg(feature = "unmetered")]
pub use lockstep_optimizing::make_unmetered;
pub use lockstep_optimizing::{ListedInst, NativeListing, Stage, Watch};
pub use lockstep_rt::native::{DirectCall, NativeStatistics, NoCode, ProfileKind, profile};
pub use lockstep_rt::{
    Ended, Exit, HostFunction, HostRow, Program, ReserveError, Shown, SliceFunction, StepView,
    Stop, Trap, View,
};
pub use lockstep_state::{
    Changes, EmptyAccounts, Journal, Log, MemoryStorage, Storage, StorageError, logs_hash,
};
pub use machine::Tracer;
pub use tier::{Tier, UnknownTier};
pub use vm::{Options, Vm, VmError};
