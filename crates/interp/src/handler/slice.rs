//! What happens when the counter does not hold what a charge takes: the next slice comes out of the reserve, a tier above
//! goes on, or the guest is out of gas.
//!
//! ```text
//! guest's gas = counter + reserve       counter runs out: at the head of a loop  -> may go on above; else a whole slice
//!                                                         elsewhere              -> a charge's worth, a few times, to come to a head;
//!                                                                                   after a long slice the next one
//! ```
//!
//! # Invariants
//!
//! 1. A charge that did not fit has taken nothing, and is done again with what the counter got.
//! 2. Without a tier above all gas is in the counter: whoever does not want heads of loops pays nothing for them.
//! 3. Where control goes round a loop all variables are in their homes, and accumulators hold nothing.

use lockstep_ir::Trap;
use lockstep_rt::Context;

use crate::{code::Word, dispatch::Flow, frame::State, run::Activation};

/// Charges that are made one by one after a slice, until one is at the head of a loop.
const LOOKS: u32 = 8;

/// The longest slice that such charges follow. What runs is slower for millions of gas after them (the processor's predictions,
/// it seems: they take a way that handlers take nowhere else), which is too dear for who is hot by far later.
const LOOKED_MAX: i64 = 300_000;

impl Activation<'_> {
    /// How much the counter gets; everything where nobody is above.
    fn next_slice(&mut self, is_head: bool) -> i64 {
        match self.looks.checked_sub(1) {
            Some(looks) if !is_head => {
                self.looks = looks;
                0
            }
            _ => {
                self.looks = if self.slice <= LOOKED_MAX { LOOKS } else { 0 };
                self.slice
            }
        }
    }
}

impl State {
    /// What the guest has left.
    #[inline(always)]
    fn left(&mut self) -> i64 {
        let gas = self.gas;
        gas.wrapping_add(self.context().reserve)
    }

    /// Whether the guest has `price`, if not in the counter.
    #[cfg(feature = "native")]
    #[inline(always)]
    pub(super) fn affords(&mut self, price: u64) -> bool {
        self.left() as u64 >= price
    }

    /// Goes to `target` with `price` at least in the counter; out of gas when the guest has less.
    #[inline(always)]
    pub(super) fn pay_at(mut self, target: *const Word, price: u64, is_head: bool) -> Flow {
        let left = self.left();
        let has_enough = left as u64 >= price;
        self.gas = match has_enough {
            true => self.activation().next_slice(is_head).max(price as i64).min(left),
            false => left,
        };
        self.context().reserve = left.wrapping_sub(self.gas);
        match has_enough {
            true => self.jump(target),
            false => self.trap(Trap::OutOfGas),
        }
    }
}

/// The [`Charge`](super::flow::Charge) at `pc` took more than there was in the counter.
#[cold]
#[inline(never)]
pub(super) extern "C-unwind" fn spent(
    pc: *const Word,
    fp: *mut u64,
    gas: i64,
    cx: *mut Context,
    acc: u64,
    facc: f64,
) -> Flow {
    let mut state = State { pc, fp, gas, cx, acc, facc };
    let price = state.imm(1);
    state.gas = gas.wrapping_add(price as i64);
    state.pay_at(pc, price, false)
}

/// The same of the [`Enter`](super::flow::Enter) at `pc`, whose window fits.
#[cold]
#[inline(never)]
pub(super) extern "C-unwind" fn spent_entering(
    pc: *const Word,
    fp: *mut u64,
    gas: i64,
    cx: *mut Context,
    acc: u64,
    facc: f64,
) -> Flow {
    let mut state = State { pc, fp, gas, cx, acc, facc };
    let price = state.imm(2);
    state.gas = gas.wrapping_add(price as i64);
    #[cfg(feature = "native")]
    if let Some(flow) = super::turn::midway(state, price) {
        return flow;
    }
    state.pay_at(pc, price, true)
}

/// The instruction at `pc` would take `price`, which is more than there is in the counter, and has done nothing.
#[cold]
#[inline(never)]
pub(super) extern "C-unwind" fn spent_by(
    pc: *const Word,
    fp: *mut u64,
    gas: i64,
    cx: *mut Context,
    acc: u64,
    facc: f64,
    price: u64,
) -> Flow {
    State { pc, fp, gas, cx, acc, facc }.pay_at(pc, price, false)
}

/// The terminator at `pc` goes to the charge at `target` by the link in its word `link`, and the charge took more than
/// there was in the counter.
#[cold]
#[inline(never)]
pub(super) extern "C-unwind" fn spent_going(
    pc: *const Word,
    fp: *mut u64,
    gas: i64,
    cx: *mut Context,
    link: usize,
    target: *const Word,
) -> Flow {
    let mut state = State { pc: target, fp, gas, cx, acc: 0, facc: 0.0 };
    let price = state.imm(1);
    state.gas = gas.wrapping_add(price as i64);
    #[cfg(feature = "native")]
    if let Some(head) = super::turn::head(State { pc, ..state }, link) {
        return super::turn::turn(state, head, price);
    }
    #[cfg(not(feature = "native"))]
    let _ = (pc, link);
    state.pay_at(target, price, false)
}
