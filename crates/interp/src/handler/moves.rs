//! Handlers that move values, choose between them, or write constants.

use lockstep_base::U256;

use crate::{
    dispatch::{Flow, Run},
    frame::State,
    handler::place::FIXED_WORDS,
};

/// One of two values of one slot: `handler | dst cond a b`.
pub(crate) struct Select;

impl Run for Select {
    #[inline(always)]
    fn run(state: State) -> Flow {
        let (a, b) = (state.operand::<u64>(2), state.operand::<u64>(3));
        state.set(0, if state.operand::<u64>(1) != 0 { a } else { b });
        state.next(FIXED_WORDS)
    }
}

/// The low bits of a number, of one slot: `handler | dst a | mask`.
pub(crate) struct Low;

impl Run for Low {
    #[inline(always)]
    fn run(state: State) -> Flow {
        state.set(0, state.operand::<u64>(1) & state.imm(2));
        state.next(3)
    }
}

/// A constant of one slot: `handler | dst | number`.
pub(crate) struct Const1;
/// A constant of four slots that fits one: `handler | dst | number`.
pub(crate) struct Const4Small;
/// A constant of four slots: `handler | dst | limbs`.
pub(crate) struct Const4;
/// One slot to one slot: `handler | dst a`.
pub(crate) struct Move1;
/// Two slots to two others, the second not read from the first: `handler | dst a, dst a`.
pub(crate) struct Move2;
/// Four slots to four slots: `handler | dst a`.
pub(crate) struct Move4;
/// One slot to four, the others zero: `handler | dst a`.
pub(crate) struct Extend1To4;

impl Run for Const1 {
    #[inline(always)]
    fn run(state: State) -> Flow {
        state.set(0, state.imm(2));
        state.next(3)
    }
}

impl Run for Const4Small {
    #[inline(always)]
    fn run(state: State) -> Flow {
        state.set(0, U256::from_limbs([state.imm(2), 0, 0, 0]));
        state.next(3)
    }
}

impl Run for Const4 {
    #[inline(always)]
    fn run(state: State) -> Flow {
        state.set(0, state.inline::<U256>(2));
        state.next(6)
    }
}

impl Run for Move1 {
    #[inline(always)]
    fn run(state: State) -> Flow {
        state.set(0, state.operand::<u64>(1));
        state.next(2)
    }
}

impl Run for Move2 {
    #[inline(always)]
    fn run(state: State) -> Flow {
        let (first, second) = (state.operand::<u64>(1), state.operand::<u64>(3));
        state.set(0, first);
        state.set(2, second);
        state.next(2)
    }
}

impl Run for Move4 {
    #[inline(always)]
    fn run(state: State) -> Flow {
        state.set(0, state.operand::<U256>(1));
        state.next(2)
    }
}

impl Run for Extend1To4 {
    #[inline(always)]
    fn run(state: State) -> Flow {
        state.set(0, U256::from_limbs([state.operand::<u64>(1), 0, 0, 0]));
        state.next(2)
    }
}
