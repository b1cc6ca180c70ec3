//! Every integer row at every width against a slow model on big integers (num-bigint), at limb boundaries.

use std::{vec, vec::Vec};

use num_bigint::{BigInt, BigUint, Sign};
use proptest::prelude::*;

use super::{Bits, evaluate};
use crate::{op::Op, op::Shape, trap::Trap, types::Type};

const INTS: [Type; 7] =
    [Type::I8, Type::I16, Type::I32, Type::I64, Type::I128, Type::I256, Type::I512];

fn big(bits: &Bits) -> BigInt {
    let bytes: Vec<u8> = bits.iter().flat_map(|limb| limb.to_le_bytes()).collect();
    BigUint::from_bytes_le(&bytes).into()
}

fn modulus(ty: Type) -> BigInt {
    BigInt::from(1) << ty.bits()
}

/// `number` modulo 2^N, as bits.
fn bits(number: &BigInt, ty: Type) -> Bits {
    let wrapped = ((number % modulus(ty)) + modulus(ty)) % modulus(ty);
    let mut limbs = [0; 8];
    for (i, digit) in wrapped.magnitude().to_u64_digits().into_iter().enumerate() {
        limbs[i] = digit;
    }
    limbs
}

fn signed(number: &BigInt, ty: Type) -> BigInt {
    if number.bit(u64::from(ty.bits()) - 1) { number - modulus(ty) } else { number.clone() }
}

fn to_small(number: &BigInt, limit: u32) -> u32 {
    u32::try_from(number).unwrap_or(limit).min(limit)
}

fn quotient(a: &BigInt, b: &BigInt) -> BigInt {
    if b.sign() == Sign::NoSign { 0.into() } else { a / b }
}

fn remainder(a: &BigInt, b: &BigInt) -> BigInt {
    if b.sign() == Sign::NoSign { 0.into() } else { a % b }
}

/// The answer of the model, before it is reduced modulo 2^N.
fn model(op: Op, ty: Type, args: [&BigInt; 3]) -> Result<BigInt, Trap> {
    let n = ty.bits();
    let [a, b, c] = args;
    let (sa, sb) = (signed(a, ty), signed(b, ty));
    let is_zero = b.sign() == Sign::NoSign;
    let modular = to_small(&(b % n), n);
    let full = to_small(b, n);
    let minus_one: BigInt = BigInt::from(-1);
    let ones = a.magnitude().to_u64_digits().iter().map(|limb| limb.count_ones()).sum::<u32>();
    let truth = |is: bool| BigInt::from(u8::from(is));
    Ok(match op {
        Op::Iadd => a + b,
        Op::Isub => a - b,
        Op::Imul => a * b,
        Op::Udiv => quotient(a, b),
        Op::Sdiv => quotient(&sa, &sb),
        Op::Urem => remainder(a, b),
        Op::Srem => remainder(&sa, &sb),
        Op::UdivChecked | Op::SdivChecked | Op::UremChecked | Op::SremChecked if is_zero => {
            return Err(Trap::DivideByZero);
        }
        Op::SdivChecked if sb == minus_one && a == &(modulus(ty) >> 1) => {
            return Err(Trap::IntegerOverflow);
        }
        Op::UdivChecked => a / b,
        Op::SdivChecked => sa / sb,
        Op::UremChecked => a % b,
        Op::SremChecked => sa % sb,
        Op::Ipow => a.modpow(b, &modulus(ty)),
        Op::Umulhi => (a * b) >> n,
        Op::Smulhi => (sa * sb) >> n,
        Op::Band => a & b,
        Op::Bor => a | b,
        Op::Bxor => a ^ b,
        Op::Ishl => a << modular,
        Op::Ushr => a >> modular,
        Op::Sshr => sa >> modular,
        Op::IshlFull => a << full,
        Op::UshrFull => a >> full,
        Op::SshrFull => sa >> full,
        Op::Rotl => (a << modular) | (a >> (n - modular)),
        Op::Rotr => (a >> modular) | (a << (n - modular)),
        Op::Umin => a.min(b).clone(),
        Op::Umax => a.max(b).clone(),
        Op::Smin => sa.min(sb),
        Op::Smax => sa.max(sb),
        Op::SextendByte => {
            let width = (to_small(b, n / 8) + 1) * 8;
            if width >= n {
                a.clone()
            } else {
                let low = a % (BigInt::from(1) << width);
                if low.bit(u64::from(width) - 1) { low - (BigInt::from(1) << width) } else { low }
            }
        }
        Op::ByteBe if full >= n / 8 => 0.into(),
        Op::ByteBe => (a >> (n - 8 - 8 * full)) % 256,
        Op::Ineg => -a,
        Op::Bnot => minus_one - a,
        Op::Clz => (u64::from(n) - a.bits()).into(),
        Op::Ctz => a.trailing_zeros().unwrap_or(u64::from(n)).into(),
        Op::Popcnt => ones.into(),
        Op::Bswap => {
            let mut bytes = a.magnitude().to_bytes_le();
            bytes.resize(n as usize / 8, 0);
            BigUint::from_bytes_be(&bytes).into()
        }
        Op::Addmod => remainder(&(a + b), c),
        Op::Mulmod => remainder(&(a * b), c),
        Op::Ieq => truth(a == b),
        Op::Ine => truth(a != b),
        Op::Iult => truth(a < b),
        Op::Iule => truth(a <= b),
        Op::Iugt => truth(a > b),
        Op::Iuge => truth(a >= b),
        Op::Islt => truth(sa < sb),
        Op::Isle => truth(sa <= sb),
        Op::Isgt => truth(sa > sb),
        Op::Isge => truth(sa >= sb),
        _ => unreachable!("{op} is no integer operation of one width"),
    })
}

fn is_modelled(op: Op) -> bool {
    matches!(op.shape(), Shape::Unary | Shape::Binary | Shape::Ternary | Shape::Compare)
}

fn check(op: Op, ty: Type, args: [&Bits; 3]) {
    let to = op.shape().result(ty).expect("one width");
    let numbers = args.map(big);
    let want =
        model(op, ty, [&numbers[0], &numbers[1], &numbers[2]]).map(|number| bits(&number, to));
    assert_eq!(evaluate(op, ty, to, args), want, "{op}.{ty} {numbers:x?}");
}

/// Numbers where carries, borrows, signs and limb counts change.
fn boundaries(ty: Type) -> Vec<Bits> {
    let mut numbers = vec![BigInt::from(0), 2.into(), 3.into(), 10.into(), 255.into(), 256.into()];
    let n = ty.bits();
    let shifts =
        [1, 7, 8, 15, 16, 31, 32, 63, 64, 127, 128, 129, 191, 192, 255, 256, 257, 320, 511];
    for shift in shifts.into_iter().filter(|shift| *shift < n).chain([n - 1, n]) {
        let power = BigInt::from(1) << shift;
        numbers.extend([&power - 1, power.clone(), power + 1]);
    }
    numbers.extend([
        BigInt::from(n - 1),
        n.into(),
        (n + 1).into(),
        (n / 8 - 1).into(),
        (n / 8).into(),
    ]);
    let mut all: Vec<Bits> = numbers.iter().map(|number| bits(number, ty)).collect();
    all.sort_unstable();
    all.dedup();
    all
}

#[test]
fn every_integer_row_agrees_with_big_integers_at_limb_boundaries() {
    for op in Op::ALL.iter().copied().filter(|op| is_modelled(*op)) {
        for ty in INTS {
            let numbers = boundaries(ty);
            for (i, a) in numbers.iter().enumerate() {
                if op.shape().arity() == 1 {
                    check(op, ty, [a, a, a]);
                    continue;
                }
                for (j, b) in numbers.iter().enumerate() {
                    let c = &numbers[(i * 7 + j * 3) % numbers.len()];
                    check(op, ty, [a, b, c]);
                }
            }
        }
    }
}

/// A number of random width whose limbs are often all ones or all zeros, as carries like them.
fn number() -> impl Strategy<Value = Bits> {
    let limb = prop_oneof![Just(0), Just(u64::MAX), Just(1 << 63), any::<u64>()];
    (proptest::array::uniform8(limb), 0..=8usize).prop_map(|(mut limbs, len)| {
        limbs[len..].fill(0);
        limbs
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn every_integer_row_agrees_with_big_integers(a in number(), b in number(), c in number()) {
        for op in Op::ALL.iter().copied().filter(|op| is_modelled(*op)) {
            for ty in INTS {
                let [a, b, c] = [a, b, c].map(|limbs| bits(&big(&limbs), ty));
                check(op, ty, [&a, &b, &c]);
            }
        }
    }

    #[test]
    fn conversions_between_integers_keep_the_value(a in number()) {
        for from in INTS {
            for to in INTS {
                let a = bits(&big(&a), from);
                if to.bits() > from.bits() {
                    prop_assert_eq!(evaluate(Op::Uextend, from, to, [&a; 3]), Ok(a));
                    let want = bits(&signed(&big(&a), from), to);
                    prop_assert_eq!(evaluate(Op::Sextend, from, to, [&a; 3]), Ok(want));
                } else if to.bits() < from.bits() {
                    prop_assert_eq!(evaluate(Op::Ireduce, from, to, [&a; 3]), Ok(bits(&big(&a), to)));
                }
            }
        }
    }
}

/// One float row on f64 bits.
fn f64_row(op: Op, a: f64, b: f64) -> u64 {
    let [a, b] = [a, b].map(|x| [x.to_bits(), 0, 0, 0, 0, 0, 0, 0]);
    let to = op.shape().result(Type::F64).expect("not a conversion");
    evaluate(op, Type::F64, to, [&a, &b, &b]).expect("pure")[0]
}

#[test]
fn a_nan_result_is_the_canonical_one_and_signs_of_zero_are_ordered() {
    let odd_nan = f64::from_bits(0xfff4_0000_0000_0001);
    let canonical = 0x7ff8_0000_0000_0000;
    for op in [Op::Fadd, Op::Fsub, Op::Fmul, Op::Fdiv, Op::Fmin, Op::Fmax] {
        assert_eq!(f64_row(op, odd_nan, 1.0), canonical, "{op}");
        assert_eq!(f64_row(op, 1.0, odd_nan), canonical, "{op}");
    }
    for op in [Op::Fsqrt, Op::Fceil, Op::Ffloor, Op::Ftrunc, Op::Fnearest] {
        assert_eq!(f64_row(op, odd_nan, 0.0), canonical, "{op}");
    }
    assert_eq!(f64_row(Op::Fsqrt, -1.0, 0.0), canonical);
    assert_eq!(f64_row(Op::Fneg, odd_nan, 0.0), 0x7ff4_0000_0000_0001);
    assert_eq!(f64_row(Op::Fmin, 0.0, -0.0), (-0.0f64).to_bits());
    assert_eq!(f64_row(Op::Fmax, -0.0, 0.0), 0);
    assert_eq!(f64_row(Op::Fnearest, 2.5, 0.0), 2.0f64.to_bits());
    assert_eq!(f64_row(Op::Fnearest, -0.5, 0.0), (-0.0f64).to_bits());
    assert_eq!(f64_row(Op::Fne, odd_nan, odd_nan), 1);
    assert_eq!(f64_row(Op::Fle, odd_nan, odd_nan), 0);
}

#[test]
fn floats_become_integers_or_trap() {
    let limbs = |x: f64| [x.to_bits(), 0, 0, 0, 0, 0, 0, 0];
    let row = |op, x, to| evaluate(op, Type::F64, to, [&limbs(x); 3]).map(|bits| bits[0]);
    assert_eq!(row(Op::FcvtToSint, f64::NAN, Type::I32), Err(Trap::InvalidConversion));
    assert_eq!(row(Op::FcvtToSint, 2147483648.0, Type::I32), Err(Trap::IntegerOverflow));
    assert_eq!(row(Op::FcvtToSint, 2147483647.9, Type::I32), Ok(0x7fff_ffff));
    assert_eq!(row(Op::FcvtToSint, -2147483648.9, Type::I32), Ok(0x8000_0000));
    assert_eq!(row(Op::FcvtToUint, -0.9, Type::I64), Ok(0));
    assert_eq!(row(Op::FcvtToUint, -1.0, Type::I64), Err(Trap::IntegerOverflow));
    assert_eq!(row(Op::FcvtToUint, 18446744073709551616.0, Type::I64), Err(Trap::IntegerOverflow));
    assert_eq!(row(Op::FcvtToUintSat, f64::INFINITY, Type::I64), Ok(u64::MAX));
    assert_eq!(row(Op::FcvtToSintSat, f64::NEG_INFINITY, Type::I64), Ok(1 << 63));
    assert_eq!(row(Op::FcvtToSintSat, f64::NAN, Type::I32), Ok(0));
}
