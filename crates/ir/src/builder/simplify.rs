//! What an operation with one constant operand comes to without doing it: a rule of arithmetic, never a guess about values.
//!
//! Rules hold for every input at every width. The constant may stand on either side of a commutative operation.

use super::Builder;
use crate::{
    inst::{Operand, Source},
    op::{Op, meaning},
    types::Type,
};

/// What rules ask of a constant.
#[derive(Clone, Copy)]
struct Known {
    is_zero: bool,
    is_all_ones: bool,
    /// The power of two that it is.
    power: Option<u32>,
}

impl Known {
    /// What is known of an integer of `bits` bits that has one limb.
    #[inline]
    const fn small(limb: u64, bits: u32) -> Self {
        Self {
            is_zero: limb == 0,
            is_all_ones: bits <= u64::BITS && limb == u64::MAX >> (u64::BITS - bits),
            power: if limb.is_power_of_two() { Some(limb.trailing_zeros()) } else { None },
        }
    }

    /// What is known of these limbs of an integer of `bits` bits.
    fn of(limbs: &[u64], bits: u32) -> Self {
        let ones: u32 = limbs.iter().map(|limb| limb.count_ones()).sum();
        let place = limbs.iter().position(|limb| *limb != 0);
        let power = |at: usize| at as u32 * u64::BITS + limbs[at].trailing_zeros();
        Self {
            is_zero: ones == 0,
            is_all_ones: ones == bits,
            power: place.filter(|_| ones == 1).map(power),
        }
    }
}

impl Builder<'_> {
    /// A cheaper operand or operation that means the same as `op` of `a` and `b`.
    pub(super) fn simplify(&mut self, op: Op, ty: Type, a: Operand, b: Operand) -> Option<Operand> {
        match (a.is_const(), b.is_const()) {
            (false, true) => self.by_right(op, ty, a, self.facts(b, ty)?),
            (true, false) if is_commutative(op) => self.by_right(op, ty, b, self.facts(a, ty)?),
            _ => None,
        }
    }

    fn facts(&self, operand: Operand, ty: Type) -> Option<Known> {
        match operand.source() {
            Source::Imm(number) => Some(Known::small(u64::from(number), ty.bits())),
            Source::Const(first) if ty.slots() == 1 => {
                self.func.limbs.get(first as usize).map(|limb| Known::small(*limb, ty.bits()))
            }
            Source::Const(first) => {
                let limbs = self.func.limbs.get(first as usize..)?.get(..ty.slots() as usize)?;
                Some(Known::of(limbs, ty.bits()))
            }
            Source::Value(_) | Source::Var(_) => None,
        }
    }

    fn by_right(&mut self, op: Op, ty: Type, a: Operand, known: Known) -> Option<Operand> {
        if known.is_zero {
            return by_zero(op, a);
        }
        if known.power == Some(0) && matches!(op, Op::Imul | Op::Udiv | Op::Sdiv) {
            return Some(a);
        }
        if known.is_all_ones && op == Op::Band {
            return Some(a);
        }
        let power = known.power?;
        match op {
            Op::Imul => {
                let count = self.constant(u64::from(power), ty);
                Some(self.op(Op::IshlFull, ty, &[a, count]))
            }
            Op::Udiv => {
                let count = self.constant(u64::from(power), ty);
                Some(self.op(Op::UshrFull, ty, &[a, count]))
            }
            Op::Urem => {
                let mask = self.constant_bits(&ones_below(power), ty);
                Some(self.op(Op::Band, ty, &[a, mask]))
            }
            _ => None,
        }
    }
}

/// Ones in all bits below `power`.
fn ones_below(power: u32) -> meaning::Bits {
    core::array::from_fn(|limb| {
        let bits = power.saturating_sub(limb as u32 * u64::BITS).min(u64::BITS);
        u64::MAX.checked_shr(u64::BITS - bits).unwrap_or(0)
    })
}

/// For which constants there is a rule.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ruled {
    No,
    /// For zero alone.
    Zero,
    Any,
}

const fn ruled(op: Op) -> Ruled {
    match op {
        Op::Iadd | Op::Isub | Op::Bor | Op::Bxor | Op::IshlFull | Op::UshrFull | Op::SshrFull => {
            Ruled::Zero
        }
        Op::Imul | Op::Udiv | Op::Sdiv | Op::Urem | Op::Srem | Op::Band => Ruled::Any,
        _ => Ruled::No,
    }
}

/// For each operation by its number, for which constants there is a rule.
const RULED: [Ruled; Op::ALL.len()] = {
    let mut all = [Ruled::No; Op::ALL.len()];
    let mut at = 0;
    while at < all.len() {
        all[at] = ruled(Op::ALL[at]);
        at += 1;
    }
    all
};

/// Whether an operation on `args` may come to something simpler: most operations need no further look.
#[inline(always)]
pub(super) fn is_worth_a_look(op: Op, args: &[Operand]) -> bool {
    if args.iter().all(|arg| arg.is_const()) {
        return true;
    }
    match *args {
        [a, b] if a.is_const() || b.is_const() => match RULED[op as usize] {
            Ruled::No => false,
            // A zero is always the same operand, unless somebody put one into the pool.
            Ruled::Zero => a == Operand::ZERO || b == Operand::ZERO,
            Ruled::Any => true,
        },
        _ => false,
    }
}

/// Whether operands may change places.
fn is_commutative(op: Op) -> bool {
    matches!(op, Op::Iadd | Op::Imul | Op::Band | Op::Bor | Op::Bxor)
}

/// The result when the right operand is zero.
fn by_zero(op: Op, a: Operand) -> Option<Operand> {
    match op {
        Op::Iadd | Op::Isub | Op::Bor | Op::Bxor => Some(a),
        Op::IshlFull | Op::UshrFull | Op::SshrFull => Some(a),
        Op::Imul | Op::Band | Op::Udiv | Op::Sdiv | Op::Urem | Op::Srem => Some(Operand::ZERO),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        func::Func,
        inst::{Inst, Source},
        op::meaning,
    };

    /// Whatever the builder makes of `op` with a constant on either side means what the operation means.
    #[test]
    fn simplified_operations_mean_the_same() {
        let limbs = |low: u64, high: u64| [low, 0, 0, high, 0, 0, 0, 0];
        let numbers = [
            limbs(0, 0),
            limbs(1, 0),
            limbs(8, 0),
            limbs(7, 0),
            limbs(0, 1 << 63),
            limbs(0x1234_5678_9abc_def0, 0xfedc),
            [u64::MAX, u64::MAX, u64::MAX, u64::MAX, 0, 0, 0, 0],
        ];
        for op in Op::ALL.iter().copied().filter(|op| op.shape() == crate::Shape::Binary) {
            for constant in &numbers {
                for other in &numbers {
                    check(op, constant, other, true);
                    check(op, constant, other, false);
                }
            }
        }
    }

    fn check(op: Op, constant: &meaning::Bits, other: &meaning::Bits, is_left: bool) {
        let ty = Type::I256;
        let mut func = Func::default();
        let mut b = Builder::new(&mut func);
        let var = b.var(ty, None);
        let known = b.constant_bits(constant, ty);
        let args = if is_left { [known, var.into()] } else { [var.into(), known] };
        let built = b.op(op, ty, &args);
        let want = if is_left {
            meaning::evaluate(op, ty, ty, [constant, other, &[0; 8]])
        } else {
            meaning::evaluate(op, ty, ty, [other, constant, &[0; 8]])
        };
        let value_of = |operand: Operand| match operand.source() {
            Source::Var(_) => *other,
            _ => func.const_limbs(operand, ty).expect("one operation deep"),
        };
        let got = match built.source() {
            Source::Value(_) => match func.insts[func.insts.len() - 1] {
                Inst::Op { op, args, .. } => {
                    let [a, b] = [value_of(args[0]), value_of(args[1])];
                    meaning::evaluate(op, ty, ty, [&a, &b, &[0; 8]])
                }
                _ => panic!("an operation"),
            },
            _ => Ok(value_of(built)),
        };
        assert_eq!(got, want, "{op} {constant:?} {other:?} {is_left}");
    }
}
