//! Heads of loops: where a frame that runs may go on in a tier above.
//!
//! ```text
//! terminator | then | otherwise | head of then | head of otherwise      in code with gates alone
//! counter ran out on the way to a head -> nobody above has it: the next slice
//!                                      -> goes on above, over the homes in the frame; then as if the function had returned here
//! ```
//!
//! Invariant: a head's charge is made by whoever goes on there, and by nobody else.

use lockstep_ir::{Block, FuncId, Trap};
use lockstep_rt::native::Climbed;

use super::gate::{Way, ascend, come_back};
use crate::{code::Word, dispatch::Flow, frame::State};

/// The head of a loop: a block of a function.
pub(super) type LoopHead = (FuncId, Block);

/// No function.
const NOWHERE: u32 = u32::MAX;

/// Words from a link to what says whether it leads to the head of a loop.
const HEAD_WORDS: usize = 2;

/// What says that a link leads to `head`, the head of a loop around it; or to none.
pub(crate) fn head_word(head: Option<LoopHead>) -> Word {
    let (func, block) = head.unwrap_or((FuncId(NOWHERE), Block(0)));
    Word { halves: [func.0, block.0] }
}

/// The head of a loop that the link in word `link` goes round to, if it does and somebody is above.
pub(super) fn head(mut state: State, link: usize) -> Option<LoopHead> {
    let activation = state.activation();
    if !activation.code.has_gates() || activation.above.is_none() {
        return None;
    }
    let [func, block] = state.halves(link + HEAD_WORDS);
    (func != NOWHERE).then_some((FuncId(func), Block(block)))
}

/// Goes on at `head`, whose charge of `price` does not fit the counter, above or here.
#[inline(never)]
pub(super) fn turn(mut state: State, (func, block): LoopHead, price: u64) -> Flow {
    let used = state.activation().slice.max(1);
    let reserve = state.context().reserve;
    // Who is out of gas is so here.
    if state.gas.wrapping_add(reserve) as u64 >= price {
        let depth = state.read::<u64>(1) >> 16;
        let climbed = Climbed::Onward(func, block);
        match ascend(&mut state, climbed, depth, |above| above.turn(func, block, used as u64)) {
            Way::Here => {}
            Way::Above => return come_back(state),
            Way::Left => return super::host::leave_call(state.cx),
        }
    }
    let target = state.pc;
    match state.refill(price, true) {
        true => state.jump(target),
        false => state.trap(Trap::OutOfGas),
    }
}
