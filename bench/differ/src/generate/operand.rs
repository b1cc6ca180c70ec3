//! Operands by kind: what an opcode expects, at and around the limits where rules change.

use lockstep::{Fork, U256};

use super::Cast;
use crate::random::Random;

/// What a word on the stack means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Any number.
    Word,
    /// A place in memory, calldata or code.
    Offset,
    /// How many bytes.
    Length,
    /// Who.
    Address,
    /// A storage key.
    Slot,
    /// What a slot holds: few values, so that original, current and new often meet (EIP-2200).
    Stored,
    /// Coins.
    Coins,
    /// Gas for a call.
    Gas,
    /// A shift, a byte index, a sign position.
    Small,
    /// A block's number.
    BlockNumber,
}

/// A word of `kind`.
pub fn literal(kind: Kind, cast: &Cast<'_>, random: &mut Random) -> U256 {
    match kind {
        Kind::Word => word(random),
        Kind::Offset => offset(random),
        Kind::Length => length(random),
        Kind::Address => address(cast, random),
        Kind::Slot => slot(random),
        Kind::Stored => U256::from(random.weighted(&[(40, 0), (30, 1), (20, 2), (10, 3)])),
        Kind::Coins => coins(random),
        Kind::Gas => gas(cast, random),
        Kind::Small => small(random),
        Kind::BlockNumber => U256::from(random.between(0, 1030)),
    }
}

/// 2^k - 1, 2^k, 2^k + 1, small numbers, random ones, and their negatives.
pub fn word(random: &mut Random) -> U256 {
    let power = U256::from(1) << random.below(256) as usize;
    let magnitude = match random.below(8) {
        0 => power,
        1 => power.wrapping_sub(U256::from(1)),
        2 => power.wrapping_add(U256::from(1)),
        3 => U256::from(random.below(4)),
        4 => U256::from(random.below(300)),
        5 => random.word(),
        6 => random.word() >> random.below(256) as usize,
        _ => U256::from(random.bits()),
    };
    if random.chance(150) { magnitude.wrapping_neg() } else { magnitude }
}

fn offset(random: &mut Random) -> U256 {
    match random.below(6000) {
        0 => U256::from(1) << random.pick(&[32, 63, 64, 255]),
        1 => (U256::from(1) << random.pick(&[32, 64, 128])) - U256::from(1),
        2..100 => U256::from(random.below(5000)),
        100..1600 => U256::from(random.below(8) * 32),
        _ => U256::from(random.below(200)),
    }
}

fn length(random: &mut Random) -> U256 {
    match random.below(6000) {
        0 => U256::from(1) << random.pick(&[32, 64, 255]),
        1..100 => U256::from(random.below(3000)),
        100..1500 => U256::ZERO,
        1500..3600 => U256::from(random.pick(&[1, 31, 32, 33, 64, 96, 128, 160, 192, 213])),
        _ => U256::from(random.below(130)),
    }
}

fn address(cast: &Cast<'_>, random: &mut Random) -> U256 {
    match random.below(100) {
        // Precompiled contracts, their neighbours, and P256VERIFY (EIP-7951).
        0..12 => U256::from(random.between(0, 18)),
        12..14 => U256::from(0x100),
        // Dirt above the address, which the EVM ignores.
        14..18 => (random.word() << 160) | random.pick(&cast.addresses).into_word(),
        18..20 => random.word(),
        _ => random.pick(&cast.addresses).into_word(),
    }
}

/// A storage key.
pub fn slot(random: &mut Random) -> U256 {
    match random.below(20) {
        0 => U256::MAX,
        1 => U256::from(1) << 255,
        2 => word(random),
        _ => U256::from(random.below(4)),
    }
}

fn coins(random: &mut Random) -> U256 {
    match random.below(100) {
        0..70 => U256::ZERO,
        70..94 => U256::from(random.between(1, 3)),
        94..99 => U256::from(random.below(2000)),
        _ => word(random),
    }
}

/// Mostly enough for a callee and not enough to lose everything with it.
fn gas(cast: &Cast<'_>, random: &mut Random) -> U256 {
    // Before EIP-150 asking for more than there is ends the run.
    let is_capped = cast.fork >= Fork::Tangerine;
    match random.below(100) {
        0..8 => U256::ZERO,
        8..16 => U256::from(random.pick(&[700, 2300, 2301, 2600, 9000, 5000])),
        16..20 if is_capped || random.chance(50) => word(random),
        20..40 => U256::from(random.between(60_000, 300_000)),
        _ => U256::from(random.between(5000, 60_000)),
    }
}

fn small(random: &mut Random) -> U256 {
    match random.below(20) {
        0 => word(random),
        1 => U256::from(random.pick(&[255, 256, 257, 31, 32])),
        2..10 => U256::from(random.below(34)),
        _ => U256::from(random.below(260)),
    }
}
