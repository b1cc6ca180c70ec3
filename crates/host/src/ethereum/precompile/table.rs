//! One row for each precompiled contract, with its whole history.

use lockstep_base::Fork::{Berlin, Byzantium, Cancun, Frontier, Istanbul, Osaka, Prague};

use super::{
    Precompile, curve,
    gas::{
        G1_DISCOUNTS, G2_DISCOUNTS,
        Gas::{self, Discounted, Flat, Formula, Records, Words},
    },
    hash, modexp, signature,
};

/// Writes a row as its arguments.
const fn row(
    number: u64,
    name: &'static str,
    history: &'static [(lockstep_base::Fork, Gas)],
    function: fn(&[u8]) -> Result<Vec<u8>, super::PrecompileError>,
) -> Precompile {
    Precompile { number, name, history, function }
}

/// Price of a term before discount (EIP-2537).
const G1_MUL: u64 = 12_000;
const G2_MUL: u64 = 22_500;
/// The lengths that prices count in.
const BN254_PAIR: u64 = curve::BN254_PAIR_BYTES as u64;
const G1_TERM: u64 = curve::G1_TERM_BYTES as u64;
const G2_TERM: u64 = curve::G2_TERM_BYTES as u64;
const BLS_PAIR: u64 = curve::BLS_PAIR_BYTES as u64;

/// Every contract, by ascending address, named as EIP-7910 does. Sources: Yellow Paper appendix E; EIP-198, 2565, 7883 (MODEXP); EIP-196, 197,
/// 1108 (BN254); EIP-152 (BLAKE2F); EIP-4844 (KZG); EIP-2537 (BLS12); EIP-7951 (P256VERIFY).
#[rustfmt::skip]
pub(super) static TABLE: [Precompile; 18] = [
    row(0x01, "ECREC", &[(Frontier, Flat(3000))], signature::run_ecrecover),
    row(0x02, "SHA256", &[(Frontier, Words { base: 60, word: 12 })], hash::run_sha256),
    row(0x03, "RIPEMD160", &[(Frontier, Words { base: 600, word: 120 })], hash::run_ripemd160),
    row(0x04, "ID", &[(Frontier, Words { base: 15, word: 3 })], hash::run_identity),
    row(0x05, "MODEXP", &[
        (Byzantium, Formula(modexp::price_eip198)),
        (Berlin, Formula(modexp::price_eip2565)),
        (Osaka, Formula(modexp::price_eip7883)),
    ], modexp::run_modexp),
    row(0x06, "BN254_ADD", &[(Byzantium, Flat(500)), (Istanbul, Flat(150))], curve::run_bn254_add),
    row(0x07, "BN254_MUL", &[(Byzantium, Flat(40_000)), (Istanbul, Flat(6000))], curve::run_bn254_mul),
    row(0x08, "BN254_PAIRING", &[
        (Byzantium, Records { base: 100_000, record: 80_000, bytes: BN254_PAIR }),
        (Istanbul, Records { base: 45_000, record: 34_000, bytes: BN254_PAIR }),
    ], curve::run_bn254_pairing),
    row(0x09, "BLAKE2F", &[(Istanbul, Formula(hash::price_blake2f))], hash::run_blake2f),
    row(0x0a, "KZG_POINT_EVALUATION", &[(Cancun, Flat(50_000))], curve::run_point_evaluation),
    row(0x0b, "BLS12_G1ADD", &[(Prague, Flat(375))], curve::run_g1_add),
    row(0x0c, "BLS12_G1MSM", &[
        (Prague, Discounted { record: G1_MUL, bytes: G1_TERM, discounts: &G1_DISCOUNTS }),
    ], curve::run_g1_msm),
    row(0x0d, "BLS12_G2ADD", &[(Prague, Flat(600))], curve::run_g2_add),
    row(0x0e, "BLS12_G2MSM", &[
        (Prague, Discounted { record: G2_MUL, bytes: G2_TERM, discounts: &G2_DISCOUNTS }),
    ], curve::run_g2_msm),
    row(0x0f, "BLS12_PAIRING_CHECK", &[
        (Prague, Records { base: 37_700, record: 32_600, bytes: BLS_PAIR }),
    ], curve::run_bls_pairing),
    row(0x10, "BLS12_MAP_FP_TO_G1", &[(Prague, Flat(5500))], curve::run_map_fp_to_g1),
    row(0x11, "BLS12_MAP_FP2_TO_G2", &[(Prague, Flat(23_800))], curve::run_map_fp2_to_g2),
    row(0x100, "P256VERIFY", &[(Osaka, Flat(6900))], signature::run_p256verify),
];
