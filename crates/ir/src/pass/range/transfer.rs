//! What an operation makes of ranges: each arm says what its row in `op::table` yields for all operands in theirs.
//!
//! Invariant: where nothing is said, and at types of more than 256 bits, a result may be whatever its type holds. Ranges that
//! are empty, where control cannot be, yield something.

use lockstep_base::U256;

use super::number::{Range, low};
use crate::{
    op::{Op, Shape},
    types::Type,
};

/// What the result of `op` from `ty` to `to` may be, for operands in `args`.
pub(super) fn transfer(op: Op, (ty, to): (Type, Type), args: [Range; 3]) -> Range {
    let all = Range::of(to);
    match op.shape() {
        Shape::Compare | Shape::FloatCompare | Shape::LaneTest | Shape::VectorTest => {
            return Range::TRUTH;
        }
        _ if !is_ranged(ty) || !is_ranged(to) => return all,
        Shape::Unary => unary(op, ty, args[0]),
        Shape::Binary => binary(op, ty, [args[0], args[1]]),
        Shape::Ternary => Some(below(args[2])),
        Shape::Select => Some(chosen(args)),
        Shape::Extend if op == Op::Uextend || is_positive(args[0], ty) => Some(args[0]),
        Shape::Reduce => Some(args[0]).filter(|a| a.most <= all.most),
        _ => None,
    }
    .unwrap_or(all)
}

/// Whether ranges say something of a type.
pub(super) fn is_ranged(ty: Type) -> bool {
    ty.is_int() && ty != Type::I512
}

/// Whether all numbers of the range have the sign bit clear.
pub(super) fn is_positive(range: Range, ty: Type) -> bool {
    range.most <= Range::of(ty).most >> 1
}

/// What is less than a number, or zero.
fn below(number: Range) -> Range {
    Range { least: 0, most: number.most.saturating_sub(U256::ONE) }
}

/// Bits that it takes to write a number.
fn bits(number: U256) -> u64 {
    number.bit_len() as u64
}

/// All numbers of no more bits.
fn as_many_bits(number: U256) -> U256 {
    if number.is_zero() { U256::ZERO } else { U256::MAX >> (256 - number.bit_len()) }
}

fn chosen([cond, a, b]: [Range; 3]) -> Range {
    match (cond.least, low(cond.most)) {
        (_, 0) => b,
        (0, _) => a.or(b),
        _ => a,
    }
}

fn unary(op: Op, ty: Type, a: Range) -> Option<Range> {
    let (all, n) = (Range::of(ty).most, u64::from(ty.bits()));
    Some(match op {
        Op::Bnot => Range {
            least: low(all.saturating_sub(a.most)),
            most: all.saturating_sub(U256::from(a.least)),
        },
        Op::Clz => Range {
            least: n.saturating_sub(bits(a.most)),
            most: U256::from(n.saturating_sub(bits(U256::from(a.least)))),
        },
        Op::Ctz => Range::up_to(n),
        Op::Popcnt => Range::up_to(bits(a.most)),
        _ => return None,
    })
}

fn binary(op: Op, ty: Type, [a, b]: [Range; 2]) -> Option<Range> {
    let all = Range::of(ty).most;
    let are_positive = is_positive(a, ty) && is_positive(b, ty);
    // The least and the most of an operation that grows with its operands, where nothing wraps around.
    let rising = |least: u64, most: Option<U256>| {
        most.filter(|most| *most <= all).map(|most| Range { least, most })
    };
    match op {
        Op::Iadd => rising(a.least.saturating_add(b.least), a.most.checked_add(b.most)),
        Op::Imul => rising(a.least.saturating_mul(b.least), a.most.checked_mul(b.most)),
        Op::Isub => {
            let least = U256::from(a.least).checked_sub(b.most)?;
            let b_least = U256::from(b.least);
            Some(Range { least: low(least), most: a.most.saturating_sub(b_least) })
        }
        Op::Udiv | Op::UdivChecked => Some(quotient(a, b)),
        Op::Urem | Op::UremChecked => Some(remainder(a, b)),
        Op::Sdiv | Op::SdivChecked if are_positive => Some(quotient(a, b)),
        Op::Srem | Op::SremChecked if are_positive => Some(remainder(a, b)),
        Op::Band => Some(Range { least: 0, most: a.most.min(b.most) }),
        Op::Bor => {
            Some(Range { least: a.least.max(b.least), most: as_many_bits(a.most.max(b.most)) })
        }
        Op::Bxor => Some(Range { least: 0, most: as_many_bits(a.most.max(b.most)) }),
        Op::Umin => Some(Range { least: a.least.min(b.least), most: a.most.min(b.most) }),
        Op::Umax => Some(Range { least: a.least.max(b.least), most: a.most.max(b.most) }),
        Op::Smin if are_positive => binary(Op::Umin, ty, [a, b]),
        Op::Smax if are_positive => binary(Op::Umax, ty, [a, b]),
        Op::ByteBe => Some(Range::up_to(0xff)),
        Op::SextendByte => extended(ty, a, b.known()?),
        _ => shift(op, ty, a, b),
    }
}

fn quotient(a: Range, b: Range) -> Range {
    Range { least: 0, most: a.most / U256::from(b.least.max(1)) }
}

fn remainder(a: Range, b: Range) -> Range {
    Range { least: 0, most: a.most.min(below(b).most) }
}

/// What keeps its sign bit clear stays as it is.
fn extended(ty: Type, a: Range, byte: u64) -> Option<Range> {
    let is_last = byte >= u64::from(ty.bits() / 8 - 1);
    (is_last || bits(a.most) < 8 * (byte + 1)).then_some(a)
}

/// Shifts: by a known count, or to the right by at least so much.
fn shift(op: Op, ty: Type, a: Range, b: Range) -> Option<Range> {
    let n = u64::from(ty.bits());
    let by = match op {
        Op::Ishl | Op::Ushr | Op::Sshr => b.known().map(|by| by % n),
        _ => b.known(),
    };
    match op {
        Op::Ishl | Op::IshlFull => {
            let by = by?;
            if by >= n {
                return Some(Range::ZERO);
            }
            let fits = bits(a.most) + by <= n;
            let shifted = |number: U256| number << by as usize;
            fits.then(|| Range { least: low(shifted(U256::from(a.least))), most: shifted(a.most) })
        }
        Op::Ushr | Op::UshrFull => Some(shifted_right(a, op == Op::UshrFull, by, b.least)),
        Op::Sshr | Op::SshrFull if is_positive(a, ty) => {
            Some(shifted_right(a, op == Op::SshrFull, by, b.least))
        }
        _ => None,
    }
}

fn shifted_right(a: Range, is_full: bool, by: Option<u64>, by_least: u64) -> Range {
    let right = |number: U256, by: u64| match by {
        0..256 => number >> by as usize,
        _ => U256::ZERO,
    };
    match by {
        Some(by) => Range { least: low(right(U256::from(a.least), by)), most: right(a.most, by) },
        // A count that is taken modulo the width may be none.
        None => Range { least: 0, most: right(a.most, if is_full { by_least } else { 0 }) },
    }
}
