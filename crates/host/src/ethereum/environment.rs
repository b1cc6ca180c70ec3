//! What a transaction sees besides the state: the chain's configuration and the block it is in.
//!
//! Invariant: what guests can ask for is a word prepared once per block or transaction, never computed when asked.

use lockstep_base::{Address, Fork, U256};

/// Gas that one blob takes (EIP-4844).
pub const GAS_PER_BLOB: u64 = 1 << 17;
/// The lowest price of blob gas (EIP-4844).
const MIN_BLOB_BASE_FEE: u64 = 1;

/// What stays the same from block to block until a fork.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Config {
    /// The rules in force.
    pub fork: Fork,
    /// The chain's number (EIP-155).
    pub chain_id: u64,
    /// The rules for blobs; read from Cancun on.
    pub blobs: BlobSchedule,
    /// Whether code that begins as a WebAssembly module does is one. Ethereum's chains have no such rule: to them it is
    /// EVM code whose first instruction is STOP.
    pub wasm_contracts: bool,
    /// Whether code that begins as an ELF file does is a program of eBPF. Ethereum's chains have no such rule: to them it is EVM
    /// code that begins with PUSH32.
    pub ebpf_contracts: bool,
}

impl Config {
    /// The configuration of a chain that follows main net under `fork`.
    pub const fn new(fork: Fork, chain_id: u64) -> Self {
        let blobs = BlobSchedule::of(fork);
        Self { fork, chain_id, blobs, wasm_contracts: false, ebpf_contracts: false }
    }

    /// Whether the rules of `fork` are in force.
    #[inline]
    pub fn has(&self, fork: Fork) -> bool {
        self.fork >= fork
    }
}

/// How many blobs a block may carry and how their price moves (EIP-7840).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlobSchedule {
    /// Blobs per block at which the price stays.
    pub target: u64,
    /// Most blobs in a block.
    pub max: u64,
    /// How slowly the price moves.
    pub base_fee_update_fraction: u64,
}

impl BlobSchedule {
    /// The schedule that `fork` began with: EIP-4844, then EIP-7691.
    pub const fn of(fork: Fork) -> Self {
        match fork as u8 >= Fork::Prague as u8 {
            true => Self { target: 6, max: 9, base_fee_update_fraction: 5_007_716 },
            false => Self { target: 3, max: 6, base_fee_update_fraction: 3_338_477 },
        }
    }

    /// The price of blob gas after `excess_blob_gas`; the greatest number when it would not fit (EIP-4844).
    pub fn base_fee(&self, excess_blob_gas: u64) -> U256 {
        let fraction = self.base_fee_update_fraction;
        fake_exponential(MIN_BLOB_BASE_FEE, excess_blob_gas, fraction).unwrap_or(U256::MAX)
    }
}

/// `factor * e^(numerator / denominator)`, as EIP-4844 approximates it; `None` when it leaves 256 bits or when
/// `denominator` is zero.
fn fake_exponential(factor: u64, numerator: u64, denominator: u64) -> Option<U256> {
    let [numerator, denominator] = [U256::from(numerator), U256::from(denominator)];
    let mut output = U256::ZERO;
    let mut term = U256::from(factor).checked_mul(denominator)?;
    let mut i = 1_u64;
    // Terms grow until `i` passes the quotient and then fall; one that grows too far leaves by `?`.
    while !term.is_zero() {
        output = output.checked_add(term)?;
        let divisor = denominator.checked_mul(U256::from(i))?;
        term = term.checked_mul(numerator)?.checked_div(divisor)?;
        i += 1;
    }
    output.checked_div(denominator)
}

/// The block that transactions run in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Block {
    /// Height.
    pub number: u64,
    /// Who is paid.
    pub coinbase: Address,
    /// Seconds since 1970.
    pub timestamp: u64,
    /// Most gas that all its transactions may use.
    pub gas_limit: u64,
    /// Gas that earlier transactions of the block used; their successors have that much less.
    pub gas_used: u64,
    /// Price of gas that is burned (EIP-1559); read from London on.
    pub base_fee: U256,
    /// Difficulty; read before Paris.
    pub difficulty: U256,
    /// The beacon chain's randomness (EIP-4399); read from Paris on.
    pub prev_randao: U256,
    /// Blob gas beyond the target so far (EIP-4844); read from Cancun on.
    pub excess_blob_gas: u64,
    /// Blobs that earlier transactions of the block carried.
    pub blobs_used: u64,
}

/// Answers to the opcodes that ask for the environment.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Words {
    pub(super) origin: U256,
    pub(super) gas_price: U256,
    pub(super) coinbase: U256,
    pub(super) timestamp: U256,
    pub(super) number: U256,
    pub(super) prev_randao: U256,
    pub(super) gas_limit: U256,
    pub(super) chain_id: U256,
    pub(super) base_fee: U256,
    pub(super) blob_base_fee: U256,
}

impl Words {
    /// The answers in `block`; what belongs to a transaction is zero.
    pub(super) fn of(config: &Config, block: &Block) -> Self {
        let has = |fork| config.has(fork);
        let blob_base_fee = match has(Fork::Cancun) {
            true => config.blobs.base_fee(block.excess_blob_gas),
            false => U256::ZERO,
        };
        Self {
            origin: U256::ZERO,
            gas_price: U256::ZERO,
            coinbase: block.coinbase.into_word(),
            timestamp: U256::from(block.timestamp),
            number: U256::from(block.number),
            prev_randao: if has(Fork::Paris) { block.prev_randao } else { block.difficulty },
            gas_limit: U256::from(block.gas_limit),
            chain_id: U256::from(config.chain_id),
            base_fee: if has(Fork::London) { block.base_fee } else { U256::ZERO },
            blob_base_fee,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_price_of_blobs_rises_exponentially_and_stays_in_256_bits() {
        // From EIP-4844's definition: e^1 with its rounding, and the first excess whose price is above the least.
        let cancun = BlobSchedule::of(Fork::Cancun);
        assert_eq!(cancun.base_fee(0), U256::from(1));
        assert_eq!(cancun.base_fee(2_314_057), U256::from(1));
        assert_eq!(cancun.base_fee(2_314_058), U256::from(2));
        assert_eq!(cancun.base_fee(10 * 1024 * 1024), U256::from(23));
        assert_eq!(BlobSchedule::of(Fork::Osaka).base_fee(10 * 1024 * 1024), U256::from(8));
        assert_eq!(cancun.base_fee(u64::MAX), U256::MAX);
    }

    #[test]
    fn randomness_replaces_difficulty_from_paris_on() {
        let block =
            Block { difficulty: U256::from(1), prev_randao: U256::from(2), ..Block::default() };
        let word = |fork| Words::of(&Config::new(fork, 1), &block).prev_randao;
        assert_eq!(word(Fork::London), U256::from(1));
        assert_eq!(word(Fork::Paris), U256::from(2));
    }
}
