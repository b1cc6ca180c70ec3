//! A module and what is done with it: exported functions called in order, with arguments out of the values where
//! instructions go wrong.

use lockstep::wasm::{ValType, Value};

use crate::random::Random;

/// A module, and its calls if they are known.
pub struct Case {
    pub name: String,
    pub bytes: Vec<u8>,
    pub calls: Option<Vec<Call>>,
}

/// A call of an exported function.
#[derive(Debug, Clone)]
pub struct Call {
    pub export: String,
    pub args: Vec<Value>,
}

const INTEGERS: [u64; 20] = [
    0,
    1,
    2,
    3,
    7,
    31,
    32,
    33,
    63,
    64,
    0x7f,
    0x80,
    0xff,
    0x7fff,
    0x8000,
    0xffff,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x1_0000_0000,
];

/// Zero, one, one half, small odd halves, ends of integer types and their neighbours, the least and the largest.
const FLOATS: [f64; 26] = [
    0.0,
    1.0,
    0.5,
    1.5,
    2.5,
    0.499_999_999_999_999_94,
    0.499_999_97,
    8_388_607.5,
    4_503_599_627_370_495.5,
    16_777_217.0,
    9_007_199_254_740_993.0,
    127.5,
    255.5,
    32_768.0,
    65_535.5,
    2_147_483_647.0,
    2_147_483_648.0,
    2_147_483_649.0,
    4_294_967_295.5,
    4_294_967_296.0,
    9_223_372_036_854_774_784.0,
    9_223_372_036_854_775_808.0,
    18_446_744_073_709_549_568.0,
    18_446_744_073_709_551_616.0,
    3.402_823_567_797_336_6e38,
    f64::INFINITY,
];

const F32_BITS: [u32; 12] = [
    0x0000_0001,
    0x007f_ffff,
    0x0080_0000,
    0x7f7f_ffff,
    0x7fc0_0000,
    0x7fc0_0001,
    0x7f80_0001,
    0x7fa0_0000,
    0x7fff_ffff,
    0x4eff_ffff,
    0x5eff_ffff,
    0x3f7f_ffff,
];

const F64_BITS: [u64; 14] = [
    0x0000_0000_0000_0001,
    0x000f_ffff_ffff_ffff,
    0x0010_0000_0000_0000,
    0x7fef_ffff_ffff_ffff,
    0x7ff8_0000_0000_0000,
    0x7ff8_0000_0000_0001,
    0x7ff0_0000_0000_0001,
    0x7ff4_0000_0000_0000,
    0x7fff_ffff_ffff_ffff,
    0x36a0_0000_0000_0000,
    0x3690_0000_0000_0000,
    0x380f_ffff_ffff_ffff,
    0x47ef_ffff_f000_0000,
    0x3fef_ffff_ffff_ffff,
];

fn integer(random: &mut Random) -> u64 {
    match random.below(8) {
        0 => random.bits(),
        1 => random.pick(&INTEGERS).wrapping_neg(),
        2 => !random.pick(&INTEGERS),
        3 => 1 << random.below(64),
        4 => (1 << 63) ^ random.below(3).wrapping_sub(1),
        _ => random.pick(&INTEGERS),
    }
}

fn f32_bits(random: &mut Random) -> u32 {
    let sign = (random.below(2) as u32) << 31;
    sign | match random.below(4) {
        0 => random.bits() as u32 >> 1,
        1 => random.pick(&F32_BITS),
        _ => (random.pick(&FLOATS) as f32).to_bits(),
    }
}

fn f64_bits(random: &mut Random) -> u64 {
    let sign = random.below(2) << 63;
    sign | match random.below(4) {
        0 => random.bits() >> 1,
        1 => random.pick(&F64_BITS),
        _ => random.pick(&FLOATS).to_bits(),
    }
}

/// Lanes of one kind, since a vector means something only as lanes.
fn vector(random: &mut Random) -> u128 {
    let (bits, kind) = random.pick(&[(8, 0), (16, 0), (32, 0), (64, 0), (32, 1), (64, 2)]);
    let mut lanes = 0;
    for _ in 0..128 / bits {
        let lane = match kind {
            0 => integer(random),
            1 => u64::from(f32_bits(random)),
            _ => f64_bits(random),
        };
        let mask = u64::MAX >> (64 - bits);
        lanes = lanes << bits | u128::from(lane & mask);
    }
    lanes
}

/// A value of a type, often one at some border.
pub fn value(random: &mut Random, ty: ValType) -> Value {
    match ty {
        ValType::I32 => Value::I32(integer(random) as u32),
        ValType::I64 => Value::I64(integer(random)),
        ValType::F32 => Value::F32(f32_bits(random)),
        ValType::F64 => Value::F64(f64_bits(random)),
        ValType::V128 => Value::V128(vector(random)),
        ValType::FuncRef => Value::FuncRef(None),
        ValType::ExternRef => Value::ExternRef(random.chance(700).then(|| random.below(5))),
    }
}
