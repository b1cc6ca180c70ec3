//! The transaction and its block: all types, mostly valid, sometimes just not.

use lockstep::{
    AccessListItem, Address, Authorization, Block, Fees, Fork, Transaction, TransactionKind, U256,
};

use super::{
    Cast,
    cast::{authorize, blob_hash},
    code, operand,
};
use crate::{
    case::{CHAIN_ID, Case},
    random::Random,
};

/// Types with the fork that brought them.
const TYPES: &[(u8, Fork)] = &[
    (0, Fork::Frontier),
    (1, Fork::Berlin),
    (2, Fork::London),
    (3, Fork::Cancun),
    (4, Fork::Prague),
];

/// The case of `cast`.
pub fn complete(cast: Cast<'_>, random: &mut Random) -> Case {
    let block = block(&cast, random);
    let mut transaction = transaction(&cast, &block, random);
    if random.chance(40) {
        break_a_rule(&mut transaction, random);
    }
    Case { fork: cast.fork, block, pre: cast.accounts, transaction }
}

fn block(cast: &Cast<'_>, random: &mut Random) -> Block {
    let coinbase = match random.below(10) {
        0 => random.pick(&cast.addresses),
        1 => Address::from_low_u64(random.between(1, 10)),
        _ => Address::from_low_u64(0xc01b),
    };
    Block {
        number: random.pick(&[1, 2, 255, 256, 257, 258, 1000]),
        coinbase,
        timestamp: random.pick(&[1, 1000, 1 << 40]),
        gas_limit: 60_000_000,
        base_fee: U256::from(if cast.fork < Fork::London { 0 } else { random.pick(&[0, 7, 1000]) }),
        difficulty: U256::from(random.pick(&[1_u64, 0x20000])),
        prev_randao: random.word(),
        excess_blob_gas: random.pick(&[0, 1 << 17, 10 << 20]),
        ..Block::default()
    }
}

fn transaction(cast: &Cast<'_>, block: &Block, random: &mut Random) -> Transaction {
    let known: Vec<u8> = TYPES.iter().filter(|row| row.1 <= cast.fork).map(|row| row.0).collect();
    let number = if random.chance(5) { random.below(5) as u8 } else { random.pick(&known) };
    let sender = cast.keys.0[0].address;
    let to = target(cast, number, random);
    let data = match to {
        None => code::initialization(cast, random, 0).assemble(),
        Some(_) => {
            let len = random.weighted(&[(40, 0), (30, 4), (20, 68), (10, 300)]);
            random.bytes(len)
        }
    };
    let list_len = if number == 0 { 0 } else { random.below(4) };
    Transaction {
        sender,
        nonce: cast.accounts.get(&sender).map_or(0, |account| account.nonce),
        gas_limit: gas_limit(random),
        to,
        value: U256::from(random.weighted(&[(70, 0), (20, 1), (10, 5000)])),
        data,
        chain_id: (number != 0 || random.chance(300)).then_some(CHAIN_ID),
        access_list: (0..list_len).map(|_| access(cast, random)).collect(),
        kind: kind(cast, block, number, random),
    }
}

fn gas_limit(random: &mut Random) -> u64 {
    match random.below(100) {
        0..3 => random.between(21_000, 60_000),
        3..5 => random.pick(&[1 << 24, (1 << 24) + 1]),
        5..15 => random.between(60_000, 800_000),
        _ => random.between(2_000_000, 8_000_000),
    }
}

fn target(cast: &Cast<'_>, number: u8, random: &mut Random) -> Option<Address> {
    match random.below(100) {
        0..12 if number < 3 || random.chance(20) => None,
        12..20 => Some(random.pick(&cast.addresses)),
        20..23 => Some(Address::from_low_u64(random.between(1, 18))),
        23..30 if cast.fork >= Fork::Prague => Some(cast.keys.0[random.below(4) as usize].address),
        _ => Some(random.pick(&cast.contracts)),
    }
}

fn access(cast: &Cast<'_>, random: &mut Random) -> AccessListItem {
    let address = match random.below(5) {
        0 => Address::from_low_u64(random.between(1, 10)),
        _ => random.pick(&cast.addresses),
    };
    let keys = (0..random.below(4)).map(|_| operand::slot(random)).collect();
    AccessListItem { address, keys }
}

fn kind(cast: &Cast<'_>, block: &Block, number: u8, random: &mut Random) -> TransactionKind {
    let tip = U256::from(random.pick(&[0_u64, 0, 1, 10]));
    let gas_price = block.base_fee + tip;
    let fees = Fees {
        max_fee_per_gas: gas_price + U256::from(random.below(20)),
        max_priority_fee_per_gas: tip,
    };
    match number {
        0 => TransactionKind::Legacy { gas_price },
        1 => TransactionKind::AccessList { gas_price },
        2 => TransactionKind::DynamicFee { fees },
        3 => {
            let count =
                random.weighted(&[(90, 1), (40, 3), (20, 6), (2, 7), (2, 9), (2, 10), (2, 0)]);
            let version = if random.chance(10) { 2 } else { 1 };
            TransactionKind::Blob {
                fees,
                max_fee_per_blob_gas: U256::from(random.weighted(&[(1, 0_u64), (50, 1000)])),
                blob_hashes: (0..count).map(|_| blob_hash(random, version)).collect(),
            }
        }
        _ => {
            let count = random.weighted(&[(2, 0), (50, 1), (30, 2), (10, 5)]);
            let authorizations = (0..count).map(|_| authorization(cast, random)).collect();
            TransactionKind::SetCode { fees, authorizations }
        }
    }
}

fn authorization(cast: &Cast<'_>, random: &mut Random) -> Authorization {
    let key = &cast.keys.0[random.below(4) as usize];
    let known = cast.accounts.get(&key.address).map_or(0, |account| account.nonce);
    // The sender's nonce is counted up before its authorization is looked at.
    let known = if key.address == cast.keys.0[0].address { known + 1 } else { known };
    let nonce = match random.below(20) {
        0 => known + 1,
        1 => known.saturating_sub(1),
        2 => u64::MAX,
        _ => known,
    };
    let chain = random.weighted(&[(50, CHAIN_ID), (40, 0), (5, CHAIN_ID + 1), (1, u64::MAX)]);
    let address = match random.below(10) {
        0 => Address::ZERO,
        1 => Address::from_low_u64(random.between(1, 17)),
        2 => cast.keys.0[random.below(4) as usize].address,
        3 => cast.empty,
        _ => random.pick(&cast.contracts),
    };
    let mut signed = authorize(key, U256::from(chain), address, nonce);
    match random.below(60) {
        0 => signed.y_parity = random.pick(&[2, 27, 28, 255]),
        1 => signed.y_parity ^= 1,
        // The other root of the same point: refused since EIP-2.
        2 => {
            signed.s = ORDER - signed.s;
            signed.y_parity ^= 1;
        }
        3 => signed.r = random.pick(&[U256::ZERO, ORDER, U256::MAX]),
        4 => signed.s = random.pick(&[U256::ZERO, ORDER, HALF_ORDER, HALF_ORDER + U256::from(1)]),
        _ => {}
    }
    signed
}

/// The order of secp256k1 (SEC 2, 2.4.1), and the greatest `s` that EIP-2 allows.
const ORDER: U256 = U256::from_limbs([
    0xbfd2_5e8c_d036_4141,
    0xbaae_dce6_af48_a03b,
    0xffff_ffff_ffff_fffe,
    0xffff_ffff_ffff_ffff,
]);
const HALF_ORDER: U256 = U256::from_limbs([
    0xdfe9_2f46_681b_20a0,
    0x5d57_6e73_57a4_501d,
    0xffff_ffff_ffff_ffff,
    0x7fff_ffff_ffff_ffff,
]);

/// Makes the transaction invalid in one way, or almost.
fn break_a_rule(transaction: &mut Transaction, random: &mut Random) {
    match random.below(8) {
        0 => transaction.nonce = transaction.nonce.wrapping_add(1),
        1 => transaction.nonce = transaction.nonce.wrapping_sub(1),
        2 => transaction.gas_limit = random.between(20_000, 60_000),
        3 => transaction.gas_limit = 60_000_001,
        4 => transaction.value = U256::from(1) << random.pick(&[90, 100, 128, 255]),
        5 => transaction.chain_id = Some(CHAIN_ID + 1),
        6 => transaction.sender = Address::from_low_u64(1 << 12),
        _ => match &mut transaction.kind {
            TransactionKind::Legacy { gas_price } | TransactionKind::AccessList { gas_price } => {
                *gas_price = random.pick(&[U256::ZERO, U256::from(6), U256::from(1) << 100]);
            }
            TransactionKind::DynamicFee { fees }
            | TransactionKind::Blob { fees, .. }
            | TransactionKind::SetCode { fees, .. } => {
                fees.max_priority_fee_per_gas = fees.max_fee_per_gas + U256::from(random.below(2));
            }
        },
    }
}
