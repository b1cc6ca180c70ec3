//! Heads of loops: where a frame that runs may go on in a tier above.
//!
//! ```text
//! terminator | then | otherwise | head of then | head of otherwise      in code with gates alone
//! counter ran out on the way to a head -> nobody above has it: the next slice
//!                                      -> goes on above, over the homes in the frame; then as if the function had returned here
//! ```
//!
//! Invariant: a head's charge is made by whoever goes on there, and by nobody else.

use lockstep_ir::{Block, FuncId, Head};
use lockstep_rt::native::Climbed;

use super::{
    gate::{Way, ascend, come_back},
    host::{FRAME_HEADER, leave_call},
};
use crate::{
    code::{CodeError, Word},
    dispatch::{Flow, Outcome},
    frame::State,
};

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
    let used = state.activation().slice.max(1) as u64;
    // Who is out of gas is so here.
    if state.affords(price) {
        state.context().depth = state.read::<u64>(1) >> 16;
        let climbed = Climbed::Onward(func, block);
        let frame = state.fp.wrapping_add(FRAME_HEADER as usize);
        match ascend(&mut state, climbed, frame, |above| above.turn(func, block, used)) {
            Way::Here => {}
            Way::Above => return come_back(state),
            Way::Left => return leave_call(state.cx),
        }
    }
    state.pay_at(state.pc, price, true)
}

/// The rest of a program with a window, from the [`Enter`](super::flow::Enter) at hand on, whose window fits and whose charge
/// of `price` does not fit the counter: how it ended above, if it ran there.
#[inline(never)]
pub(super) fn midway(mut state: State, price: u64) -> Option<Flow> {
    state.activation().above?;
    if !state.affords(price) {
        return None;
    }
    let used = state.activation().slice.max(1) as u64;
    let head = Head(state.imm(3) as u32);
    let low = state.context().window_low;
    let slots = (state.fp as usize).wrapping_sub(low as usize) / size_of::<u64>();
    // SAFETY: the base lies in the window, as the check before found, and what is below it is in use.
    let in_use = unsafe { core::slice::from_raw_parts(low, slots) };
    match ascend(&mut state, Climbed::Midway, low, |above| above.midway(head, in_use, used)) {
        Way::Here => None,
        Way::Left => Some(leave_call(state.cx)),
        Way::Above => {
            let error = CodeError::Unsupported("a program that returns instead of ending");
            state.activation().refuse(error);
            Some(state.leave(Outcome::Trap))
        }
    }
}
