//! Bits of words: logic and shifts limb by limb, comparisons in halves of 128 bits.

use cranelift_codegen::ir::{
    self, InstBuilder,
    condcodes::{CondCode, IntCC},
};
use lockstep_ir::Op;
use lockstep_rt::native::NoCode;

use super::{
    Translation,
    integer::condition,
    word::{LIMBS, Word},
};
use crate::plant::{self, Bug};

impl Translation<'_, '_, '_> {
    pub(super) fn logic(&mut self, op: Op, a: ir::Value, b: ir::Value) -> ir::Value {
        for (known, other) in [(a, b), (b, a)] {
            match (op, self.known_limb(known)) {
                (Op::Band, Some(0)) => return self.zero,
                (Op::Band, Some(u64::MAX)) | (Op::Bor | Op::Bxor, Some(0)) => return other,
                _ => {}
            }
        }
        if a == b {
            return if op == Op::Bxor { self.zero } else { a };
        }
        match op {
            Op::Band => self.b.ins().band(a, b),
            Op::Bor => self.b.ins().bor(a, b),
            _ => self.b.ins().bxor(a, b),
        }
    }

    pub(super) fn compare_words(&mut self, op: Op, a: Word, b: Word) -> Result<ir::Value, NoCode> {
        let cc = condition(op).ok_or(NoCode("a comparison of words"))?;
        if matches!(cc, IntCC::Equal | IntCC::NotEqual) {
            let differences: Word = core::array::from_fn(|at| self.logic(Op::Bxor, a[at], b[at]));
            let any = self.any(&differences);
            return Ok(self.b.ins().icmp_imm_s(cc, any, 0));
        }
        let used = self.used(&a).max(self.used(&b));
        if used <= 1 {
            // Neither is negative.
            return Ok(self.b.ins().icmp(cc.unsigned(), a[0], b[0]));
        }
        let is_unsigned = cc == cc.unsigned();
        if is_unsigned && self.used(&a) <= 1 {
            return Ok(self.compare_limb(cc, a[0], b));
        }
        if is_unsigned && self.used(&b) <= 1 {
            return Ok(self.compare_limb(cc.swap_args(), b[0], a));
        }
        let ([a_low, a_high], [b_low, b_high]) = (self.halves(&a), self.halves(&b));
        if used == 2 {
            return Ok(self.b.ins().icmp(cc.unsigned(), a_low, b_low));
        }
        let low = self.b.ins().icmp(cc.unsigned(), a_low, b_low);
        let high = self.b.ins().icmp(cc.without_equal(), a_high, b_high);
        let is_same = self.b.ins().icmp(IntCC::Equal, a_high, b_high);
        let by_low = self.b.ins().band(is_same, low);
        Ok(self.b.ins().bor(high, by_low))
    }

    /// A word of one limb and a larger one, by order: where the larger one has more than a limb, that decides.
    fn compare_limb(&mut self, cc: IntCC, limb: ir::Value, word: Word) -> ir::Value {
        let upper = self.any(&word[1..]);
        let by_limb = self.b.ins().icmp(cc, limb, word[0]);
        match cc {
            IntCC::UnsignedLessThan | IntCC::UnsignedLessThanOrEqual => {
                let is_more = self.b.ins().icmp_imm_s(IntCC::NotEqual, upper, 0);
                self.b.ins().bor(is_more, by_limb)
            }
            _ => {
                let is_no_more = self.b.ins().icmp_imm_s(IntCC::Equal, upper, 0);
                self.b.ins().band(is_no_more, by_limb)
            }
        }
    }

    /// A shift by a known count.
    pub(super) fn shifted(&mut self, op: Op, a: Word, count: u64) -> Word {
        let fill = match op {
            Op::SshrFull => self.b.ins().sshr_imm_u(a[LIMBS - 1], 63),
            _ => self.zero,
        };
        if count >= 256 {
            return [fill; LIMBS];
        }
        let (limbs, bits) = ((count / 64) as usize, (count % 64) as i64);
        let is_left = op == Op::IshlFull;
        let bits = bits + i64::from(is_left && bits < 63 && plant::is(Bug::Shift));
        let limb = |at: Option<usize>| at.and_then(|at| a.get(at)).copied();
        core::array::from_fn(|at| {
            let [near, far] = match is_left {
                true => [at.checked_sub(limbs), at.checked_sub(limbs + 1)],
                false => [Some(at + limbs), Some(at + limbs + 1)],
            };
            let near = limb(near).unwrap_or(fill);
            let far = limb(far).unwrap_or(fill);
            self.joined(is_left, near, far, bits)
        })
    }

    /// `near` shifted by so many bits, with those of `far` that come in.
    fn joined(&mut self, is_left: bool, near: ir::Value, far: ir::Value, bits: i64) -> ir::Value {
        if bits == 0 {
            return near;
        }
        let mut shift = |value, is_left, bits| {
            if self.is_zero(value) {
                return value;
            }
            match is_left {
                true => self.b.ins().ishl_imm_u(value, bits),
                false => self.b.ins().ushr_imm_u(value, bits),
            }
        };
        let near = shift(near, is_left, bits);
        let far = shift(far, !is_left, 64 - bits);
        self.logic(Op::Bor, near, far)
    }

    /// The word as wide as `byte` and those below it say, sign-extended.
    pub(super) fn sign_extended(&mut self, a: Word, byte: u64) -> Word {
        if byte >= 31 {
            return a;
        }
        let (limb, rest) = ((byte / 8) as usize, 64 - 8 * (byte as i64 % 8 + 1));
        let top = self.b.ins().ishl_imm_u(a[limb], rest);
        let top = self.b.ins().sshr_imm_u(top, rest);
        let sign = self.b.ins().sshr_imm_u(top, 63);
        core::array::from_fn(|at| match at.cmp(&limb) {
            core::cmp::Ordering::Less => a[at],
            core::cmp::Ordering::Equal => top,
            core::cmp::Ordering::Greater => sign,
        })
    }

    /// The byte that is so far from the most significant one.
    pub(super) fn byte_of(&mut self, a: Word, byte: u64) -> Word {
        if byte >= 32 {
            return self.of_limb(self.zero);
        }
        let at = 31 - byte as i64;
        let limb = self.b.ins().ushr_imm_u(a[(at / 8) as usize], at % 8 * 8);
        let limb = self.b.ins().band_imm_u(limb, 0xff);
        self.of_limb(limb)
    }
}
