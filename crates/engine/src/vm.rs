//! [`Vm`]: transactions and calls on a chain's state.

use core::fmt;

use lockstep_base::Hash;
use lockstep_guest::evm::Program;
use lockstep_host::ethereum::{
    self, Block, CallOutcome, Config, Ethereum, Message, Receipt, TransactError, Transaction,
};
use lockstep_rt::{LinkError, Links, NativeStack, ReserveError};
use lockstep_state::{Journal, Storage};

use crate::{
    cache::Engine,
    contract::Rows,
    machine::{Executor, Runner, Tracer, opcode_price},
    tier::Tier,
};

/// How a [`Vm`] runs code. Nothing here changes a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// Which tier.
    pub tier: Tier,
}

/// Why a [`Vm`] cannot be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VmError {
    /// The operating system refused address space.
    Reserve(ReserveError),
    /// The host does not offer what the guest imports.
    Link(LinkError),
}

impl fmt::Display for VmError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reserve(error) => error.fmt(f),
            Self::Link(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for VmError {}

/// A chain's state with what runs transactions on it. Move it between threads freely; use it from one at a time.
pub struct Vm<'e, S: Storage> {
    engine: &'e Engine,
    options: Options,
    executor: Executor,
    native: NativeStack,
    links: Links<Ethereum<Journal<S>>>,
    rows: Rows<Ethereum<Journal<S>>>,
    host: Ethereum<Journal<S>>,
}

impl<S: Storage> fmt::Debug for Vm<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vm").field("options", &self.options).finish_non_exhaustive()
    }
}

impl<'e, S: Storage> Vm<'e, S> {
    /// A machine over `storage` for transactions of `block`.
    ///
    /// # Errors
    ///
    /// [`VmError::Reserve`] when the operating system refuses address space.
    pub fn new(
        engine: &'e Engine,
        storage: S,
        config: Config,
        block: Block,
        options: Options,
    ) -> Result<Self, VmError> {
        let links = Links::new(Program::shared_interface(), &ethereum::functions())
            .map_err(VmError::Link)?;
        Ok(Self {
            engine,
            options,
            executor: Executor::new(engine.furnace.clone()).map_err(VmError::Reserve)?,
            native: NativeStack::new().map_err(VmError::Reserve)?,
            links,
            rows: Rows::ethereum(),
            host: host(storage, config, block),
        })
    }

    /// The host: configuration, block and journal.
    pub fn host(&self) -> &Ethereum<Journal<S>> {
        &self.host
    }

    /// The journal: state with the changes so far.
    pub fn journal(&mut self) -> &mut Journal<S> {
        self.host.world_mut()
    }

    /// Whether digests of recent inputs are kept within a transaction, as they are unless somebody measures without.
    pub fn keep_digests(&mut self, is_on: bool) {
        self.host.keep_digests(is_on);
    }

    /// Goes on with another block, or under other rules.
    pub fn set_block(&mut self, config: Config, block: Block) {
        self.host.set_block(config, block);
        set_prices(&mut self.host);
    }

    /// Says what programs of TOS are told of the transaction's hash from here on: zeros until then.
    pub fn set_transaction_hash(&mut self, hash: Hash) {
        self.host.set_transaction_hash(hash);
    }

    /// Forgets everything and goes on with other state; translated code stays.
    pub fn reset(&mut self, storage: S, config: Config, block: Block) {
        self.host = host(storage, config, block);
    }

    /// Runs a transaction; its effects stay in the journal.
    ///
    /// # Errors
    ///
    /// [`TransactError::Invalid`] when it may not be included; [`TransactError::Fault`] when the storage failed. Both
    /// leave the state as it was.
    pub fn transact(&mut self, transaction: &Transaction) -> Result<Receipt, TransactError> {
        self.run(None, |host, runner| ethereum::transact(host, runner, transaction))
    }

    /// Runs a transaction and shows `tracer` each instruction.
    ///
    /// # Errors
    ///
    /// As for [`Vm::transact`].
    pub fn transact_traced(
        &mut self,
        transaction: &Transaction,
        tracer: &mut dyn Tracer<Journal<S>>,
    ) -> Result<Receipt, TransactError> {
        self.run(Some(tracer), |host, runner| ethereum::transact(host, runner, transaction))
    }

    /// Makes a message call outside any transaction: no intrinsic gas, no fees, no nonce.
    ///
    /// # Errors
    ///
    /// [`TransactError::Fault`] when the storage failed; then nothing has changed.
    pub fn call(&mut self, message: &Message<'_>) -> Result<CallOutcome, TransactError> {
        self.run(None, |host, runner| ethereum::message_call(host, runner, message))
    }

    /// The same, and shows `tracer` each instruction.
    ///
    /// # Errors
    ///
    /// [`TransactError::Fault`] when the storage failed; then nothing has changed.
    pub fn call_traced(
        &mut self,
        message: &Message<'_>,
        tracer: &mut dyn Tracer<Journal<S>>,
    ) -> Result<CallOutcome, TransactError> {
        self.run(Some(tracer), |host, runner| ethereum::message_call(host, runner, message))
    }

    fn run<'t, R>(
        &'t mut self,
        tracer: Option<&'t mut (dyn Tracer<Journal<S>> + 't)>,
        run: impl FnOnce(&mut Ethereum<Journal<S>>, &mut Runner<'t, Journal<S>>) -> R,
    ) -> R {
        let mut runner = Runner {
            engine: self.engine,
            executor: &self.executor,
            links: &self.links,
            rows: &self.rows,
            fork: self.host.config().fork,
            tier: self.options.tier,
            tracer,
        };
        let host = &mut self.host;
        self.native.run(|| run(host, &mut runner))
    }
}

/// A host over `storage`.
fn host<S: Storage>(storage: S, config: Config, block: Block) -> Ethereum<Journal<S>> {
    let mut host = Ethereum::new(Journal::new(storage), config, block);
    set_prices(&mut host);
    host
}

/// The functions of contracts of other guests cost what opcodes do, and the EVM's table says what that is.
fn set_prices<S: Storage>(host: &mut Ethereum<Journal<S>>) {
    let Config { fork, wasm_contracts, ebpf_contracts, .. } = *host.config();
    if wasm_contracts || ebpf_contracts {
        host.set_opcode_prices(|opcode| opcode_price(opcode, fork));
    }
}
