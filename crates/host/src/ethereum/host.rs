//! [`Ethereum`]: the world, the environment and the frame that runs now.
//!
//! Invariants: `frame` and `return_data` belong to the innermost activation; whoever starts a deeper one puts them
//! back. A machine fault lies in `fault` until [`Ethereum::take_fault`]; no result is made from it.

use core::{error::Error, fmt};

use lockstep_base::{Address, Fork, U256};
use lockstep_rt::Faulted;
use lockstep_state::{AccountId, StorageError};

use super::{
    contract::{OpcodePrices, Running},
    environment::{Block, Config, Words},
    memo::HashMemo,
    tos::TosFacts,
    world::World,
};

/// Most frames above the first (Yellow Paper 9.4.1).
pub(super) const DEPTH_MAX: u32 = 1024;

/// The Ethereum host over a world.
pub struct Ethereum<W> {
    pub(super) world: W,
    pub(super) config: Config,
    pub(super) block: Block,
    pub(super) words: Words,
    /// The versioned hashes of the transaction's blobs.
    pub(super) blob_hashes: Vec<U256>,
    pub(super) frame: Frame,
    /// What recent inputs hashed to.
    pub(super) memo: HashMemo,
    /// What the last call of the frame returned.
    pub(super) return_data: Vec<u8>,
    /// What the last call or creation left its caller once it was paid for; see [`Ethereum::caller_gas`].
    pub(super) caller_gas: u64,
    /// What the innermost program beside the EVM's was called with and says.
    pub(super) running: Running,
    /// What opcodes cost in themselves, for the functions of contracts.
    pub(super) prices: OpcodePrices,
    /// What TOS's system calls are told.
    pub(super) tos: TosFacts,
    fault: Option<StorageError>,
}

/// Who runs, for whom, and with what rights.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    /// The account whose storage and balance are used.
    pub(super) account: AccountId,
    pub(super) address: Address,
    pub(super) address_word: U256,
    pub(super) caller: U256,
    pub(super) value: U256,
    /// Whether writing is forbidden (EIP-214).
    pub(super) is_static: bool,
    pub(super) depth: u32,
    /// Depth units that programs which count them take, down to the frame's last call. The EVM's take none.
    pub(super) units: u64,
}

impl Frame {
    /// No activation.
    const NONE: Self = Self {
        account: AccountId(0),
        address: Address::ZERO,
        address_word: U256::ZERO,
        caller: U256::ZERO,
        value: U256::ZERO,
        is_static: false,
        depth: 0,
        units: 0,
    };
}

impl<W: World> Ethereum<W> {
    /// The host for transactions in `block`.
    pub fn new(world: W, config: Config, block: Block) -> Self {
        Self {
            world,
            config,
            block,
            words: Words::of(&config, &block),
            blob_hashes: Vec::new(),
            frame: Frame::NONE,
            memo: HashMemo::new(),
            return_data: Vec::new(),
            caller_gas: 0,
            running: Running::default(),
            prices: OpcodePrices::default(),
            tos: TosFacts::default(),
            fault: None,
        }
    }

    /// Whether digests of recent inputs are kept within a transaction; they are. Never changes a result.
    pub fn keep_digests(&mut self, is_on: bool) {
        self.memo.switch(is_on);
    }

    /// The world.
    pub fn world(&self) -> &W {
        &self.world
    }

    /// The world, to change between transactions.
    pub fn world_mut(&mut self) -> &mut W {
        &mut self.world
    }

    /// The world, without the host.
    pub fn into_world(self) -> W {
        self.world
    }

    /// The rules in force.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The block.
    pub fn block(&self) -> &Block {
        &self.block
    }

    /// Goes on with another block, perhaps under other rules.
    pub fn set_block(&mut self, config: Config, block: Block) {
        self.config = config;
        self.block = block;
        self.words = Words::of(&config, &block);
    }

    /// Whether the rules of `fork` are in force.
    #[inline]
    pub(super) fn has(&self, fork: Fork) -> bool {
        self.config.has(fork)
    }

    /// The account that runs.
    pub fn current_address(&self) -> Address {
        self.frame.address
    }

    /// How many frames lie below the one that runs.
    pub fn depth(&self) -> u32 {
        self.frame.depth
    }

    /// What the last call or creation left its caller once it was paid for. What a call forwards is part of its price,
    /// what a creation forwards is not. Observers need it to say what an instruction cost.
    pub fn caller_gas(&self) -> u64 {
        self.caller_gas
    }

    /// Keeps `error` and returns the mark that travels instead of it. The first error wins.
    #[cold]
    pub fn fault(&mut self, error: StorageError) -> Faulted {
        self.fault.get_or_insert(error);
        Faulted
    }

    /// The error behind a [`Faulted`].
    pub fn take_fault(&mut self) -> StorageError {
        self.fault.take().unwrap_or_else(|| StorageError::Backend(Box::new(MachineFailed)))
    }

    /// Turns the world's failure into the mark.
    #[inline]
    pub(super) fn kept<T>(&mut self, result: Result<T, StorageError>) -> Result<T, Faulted> {
        result.map_err(|error| self.fault(error))
    }

    /// The account at `address`, loaded.
    #[inline]
    pub(super) fn load(&mut self, address: Address) -> Result<AccountId, Faulted> {
        let found = self.world.account(address);
        self.kept(found)
    }

    /// Says what opcodes cost in themselves under the rules in force; `None` for one that they do not define. Without
    /// it no contract beside the EVM's runs.
    pub fn set_opcode_prices(&mut self, price: impl Fn(u8) -> Option<u16>) {
        self.prices = OpcodePrices::of(price);
    }

    /// Depth units that the callers of the program that begins now take.
    pub fn depth_units(&self) -> u64 {
        self.frame.units
    }

    /// Forgets an activation that ended abnormally, so that the host can be used again.
    pub(super) fn reset_frame(&mut self) {
        self.frame = Frame::NONE;
        self.running = Running::default();
        self.return_data.clear();
    }
}

/// The machine reported a failure and kept no reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct MachineFailed;

impl fmt::Display for MachineFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the machine that runs programs failed")
    }
}

impl Error for MachineFailed {}
