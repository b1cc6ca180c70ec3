//! Handlers that charge, check the window, branch and leave.

use core::{
    marker::PhantomData,
    sync::atomic::{AtomicPtr, Ordering},
};

use lockstep_ir::{Block, Head, MemoryId, Trap, Type, evaluate::Range};
use lockstep_rt::{Context, Shown};

use crate::{
    code::Word,
    dispatch::{Flow, Outcome, Run, apart},
    frame::State,
    handler::slice::{spent, spent_entering, spent_going},
};

/// `handler | gas`.
pub(crate) struct Charge;

impl Run for Charge {
    #[inline(always)]
    fn run(mut state: State) -> Flow {
        // Neither is negative, so this does not wrap.
        state.gas = state.gas.wrapping_sub(state.imm(1) as i64);
        if state.gas < 0 {
            return spent(state.pc, state.fp, state.gas, state.cx, state.acc, state.facc);
        }
        state.next(2)
    }
}

/// Goes on `words` further, where a [`Charge`] stands, and does it: one dispatch fewer.
#[inline(always)]
pub(super) fn charge(mut state: State, words: usize) -> Flow {
    // SAFETY: no instruction but a terminator is the last of its block.
    state.pc = unsafe { state.pc.add(words) };
    Charge::run(state)
}

/// The start of a region: window check and first charge. `handler | need, span (bytes) | gas | head`.
pub(crate) struct Enter;

/// Words of an [`Enter`]; the instruction after it follows.
pub(crate) const ENTER_WORDS: usize = 4;

impl Run for Enter {
    #[inline(always)]
    fn run(mut state: State) -> Flow {
        let [need, span] = state.halves(1);
        let height = (state.fp as usize).wrapping_sub(state.context().window_low as usize);
        if height.wrapping_sub(need as usize) > span as usize {
            return misfit(state.pc, state.fp, state.gas, state.cx);
        }
        // Neither is negative, so this does not wrap.
        state.gas = state.gas.wrapping_sub(state.imm(2) as i64);
        if state.gas < 0 {
            return spent_entering(state.pc, state.fp, state.gas, state.cx, state.acc, state.facc);
        }
        state.next(ENTER_WORDS)
    }
}

/// How a terminator goes to another place.
pub(crate) trait Go {
    /// Goes where the link in word `link` leads; field `shift` says how far the base moves. `WAY` tells the ways of one
    /// handler apart.
    fn go<const WAY: bool>(state: State, link: usize, shift: usize) -> Flow;
}

/// Goes one of two ways, whose links stand in words `links` and the next, and their shifts in the first and the last
/// field.
#[inline(always)]
pub(super) fn fork<G: Go>(state: State, is_so: bool, links: usize) -> Flow {
    if is_so { G::go::<true>(state, links, 0) } else { G::go::<false>(state, links + 1, 3) }
}

/// To a [`Charge`] of a function with a frame, which is done here and now: one dispatch fewer for each block. Stubs
/// begin with one of nothing. In code with gates two words behind the link stands whether it leads to the head of a loop.
pub(crate) struct Charging;
/// The same by a link that no word says more about, as those of a switch.
pub(crate) struct Choosing;
/// To an [`Enter`], which is done here and now: one dispatch fewer for each block. Stubs begin with one that fits
/// every height and costs nothing.
pub(crate) struct Entering;

impl Go for Charging {
    #[inline(always)]
    fn go<const WAY: bool>(mut state: State, link: usize, _shift: usize) -> Flow {
        let target = state.link(link);
        let price = State { pc: target, ..state }.imm(1);
        state.gas = state.gas.wrapping_sub(price as i64);
        if state.gas < 0 {
            return spent_going(state.pc, state.fp, state.gas, state.cx, link, target);
        }
        state.pc = apart::<WAY>(target);
        state.next(2)
    }
}

impl Go for Choosing {
    #[inline(always)]
    fn go<const WAY: bool>(mut state: State, link: usize, _shift: usize) -> Flow {
        state.pc = state.link(link);
        Charge::run(state)
    }
}

impl Go for Entering {
    #[inline(always)]
    fn go<const WAY: bool>(mut state: State, link: usize, shift: usize) -> Flow {
        let target = state.link(link);
        state.shift(state.field(shift));
        state.pc = target;
        Enter::run(state)
    }
}

/// The window does not fit the block: its twin, cut before the first instruction that does not fit, runs instead.
#[cold]
#[inline(never)]
extern "C-unwind" fn misfit(pc: *const Word, fp: *mut u64, gas: i64, cx: *mut Context) -> Flow {
    let mut state = State { pc, fp, gas, cx, acc: 0, facc: 0.0 };
    let head = Head(state.imm(3) as u32);
    let height_bytes = (fp as usize).wrapping_sub(state.context().window_low as usize);
    match state.activation().twin(head, height_bytes) {
        Ok(pc) => state.jump(pc),
        Err(outcome) => state.leave(outcome),
    }
}

/// `handler | dst | prepaid`.
pub(crate) struct GasLeft;

impl Run for GasLeft {
    #[inline(always)]
    fn run(mut state: State) -> Flow {
        state.publish_gas();
        let left = state.context().gas as u64;
        state.set(0, left.wrapping_add(state.imm(2)));
        state.next(3)
    }
}

/// `handler | cond | trap`.
pub(crate) struct TrapIf;

impl Run for TrapIf {
    #[inline(always)]
    fn run(state: State) -> Flow {
        if state.operand::<u64>(0) != 0 {
            return raise(state.imm(2), state.gas, state.cx);
        }
        state.next(3)
    }
}

/// `handler | trap`.
pub(crate) struct RaiseTrap;

impl Run for RaiseTrap {
    #[inline(always)]
    fn run(state: State) -> Flow {
        raise(state.imm(1), state.gas, state.cx)
    }
}

#[cold]
#[inline(never)]
fn raise(number: u64, gas: i64, cx: *mut Context) -> Flow {
    // The encoder wrote the number of a trap; an unknown one cannot be.
    let trap = Trap::from_number(number as u8).unwrap_or(Trap::Unreachable);
    State { pc: core::ptr::null(), fp: core::ptr::null_mut(), gas, cx, acc: 0, facc: 0.0 }
        .trap(trap)
}

/// `handler | shift | link`.
pub(crate) struct Jump<G>(PhantomData<G>);

impl<G: Go> Run for Jump<G> {
    #[inline(always)]
    fn run(state: State) -> Flow {
        G::go::<true>(state, 2, 0)
    }
}

/// `handler | then_shift cond _ otherwise_shift | then | otherwise`.
pub(crate) struct Branch<G>(PhantomData<G>);

impl<G: Go> Run for Branch<G> {
    #[inline(always)]
    fn run(state: State) -> Flow {
        let is_so = state.operand::<u64>(1) != 0;
        fork::<G>(state, is_so, 2)
    }
}

/// `handler | on 0 | count | links`, the last for every other number.
pub(crate) struct Switch<G>(PhantomData<G>);

impl<G: Go> Run for Switch<G> {
    #[inline(always)]
    fn run(state: State) -> Flow {
        let last = state.imm(2) - 1;
        let on = state.operand::<u64>(0).min(last);
        G::go::<true>(state, 3 + on as usize, 1)
    }
}

/// `handler | shift target`, the target in four slots.
pub(crate) struct EnterDyn;

impl Run for EnterDyn {
    #[inline(always)]
    fn run(mut state: State) -> Flow {
        let limbs: lockstep_base::U256 = state.operand(1);
        let [number, upper @ ..] = *limbs.as_limbs();
        if upper[0] | upper[1] | upper[2] == 0 {
            let target = state.activation().code.target(number);
            if !target.is_null() {
                state.shift(state.field(0));
                state.pc = target;
                return Enter::run(state);
            }
        }
        enter_new(state.pc, state.fp, state.gas, state.cx)
    }
}

/// The same where no code is known yet.
#[cold]
#[inline(never)]
extern "C-unwind" fn enter_new(pc: *const Word, fp: *mut u64, gas: i64, cx: *mut Context) -> Flow {
    let mut state = State { pc, fp, gas, cx, acc: 0, facc: 0.0 };
    let target: lockstep_base::U256 = state.operand(1);
    state.shift(state.field(0));
    let activation = state.activation();
    let number = u32::try_from(target).ok();
    let Some(number) = number.filter(|number| activation.code.is_jump_target(*number)) else {
        return state.trap(Trap::InvalidJump);
    };
    match activation.resolve(Head(number)) {
        Ok(pc) => state.jump(pc),
        Err(outcome) => state.leave(outcome),
    }
}

/// Stands where a link goes whose head is not translated yet: `handler | head | place of the link`.
pub(crate) struct Resolve;

impl Run for Resolve {
    #[inline(always)]
    fn run(mut state: State) -> Flow {
        let head = Head(state.imm(1) as u32);
        let link = state.link(2).cast_mut();
        match state.activation().resolve(head) {
            Ok(pc) => {
                // SAFETY: the word is a link of the same chunk; links are only accessed atomically.
                unsafe {
                    AtomicPtr::from_ptr(link.cast::<*mut Word>())
                        .store(pc.cast_mut(), Ordering::Release);
                }
                state.jump(pc)
            }
            Err(outcome) => state.leave(outcome),
        }
    }
}

/// Stands where links go whose block is missing: `handler | block | function | count | places of the links`.
pub(crate) struct Reach;

/// Words of a [`Reach`] before the places.
const REACH_WORDS: usize = 4;

impl Run for Reach {
    #[inline(always)]
    fn run(state: State) -> Flow {
        reach(state.pc, state.fp, state.gas, state.cx)
    }
}

/// Finds the block, lets the links lead there, and goes on there.
#[cold]
#[inline(never)]
extern "C-unwind" fn reach(pc: *const Word, fp: *mut u64, gas: i64, cx: *mut Context) -> Flow {
    let mut state = State { pc, fp, gas, cx, acc: 0, facc: 0.0 };
    let block = Block(state.imm(1) as u32);
    // SAFETY: the encoder wrote a function of the program, which lives as long as its code.
    let function = unsafe { &*(*pc.add(2)).function };
    match state.activation().block(function, block) {
        Ok(place) => {
            // What is written for the first runs is no place to lead to: they would not be counted.
            let is_lasting = core::ptr::eq(function.known(block), place);
            let links = if is_lasting { state.imm(3) as usize } else { 0 };
            for link in 0..links {
                // SAFETY: the encoder wrote so many places of links of this chunk, which are only accessed atomically.
                unsafe {
                    let link = (*pc.add(REACH_WORDS + link)).link.cast_mut().cast::<*mut Word>();
                    AtomicPtr::from_ptr(link).store(place.cast_mut(), Ordering::Release);
                }
            }
            state.jump(place)
        }
        Err(outcome) => state.leave(outcome),
    }
}

/// `handler | token len memory | revert`.
pub(crate) struct Exit;

impl Run for Exit {
    #[inline(always)]
    fn run(mut state: State) -> Flow {
        let memory = MemoryId(state.field(2) as u32);
        let output = Range { memory, offset: state.operand(0), len: state.operand(1) };
        let revert = state.imm(2) != 0;
        state.activation().output = output;
        state.leave(if revert { Outcome::Revert } else { Outcome::Return })
    }
}

/// `handler | value _ _ _ | type`.
pub(crate) struct Show;

impl Run for Show {
    #[inline(always)]
    fn run(state: State) -> Flow {
        lay_out(state.pc, state.fp, state.cx);
        state.next(3)
    }
}

/// Lays the operand out for the next step; the state comes in parts, as for `show`.
#[inline(never)]
fn lay_out(pc: *const Word, fp: *mut u64, cx: *mut Context) {
    let mut state = State { pc, fp, gas: 0, cx, acc: 0, facc: 0.0 };
    let ty = Type::ALL[state.imm(2) as usize];
    let mut bits = [0; 8];
    for (slot, limb) in bits.iter_mut().take(ty.slots() as usize).enumerate() {
        *limb = state.read(state.field(0) + slot as i16);
    }
    let context = state.context();
    if context.step.is_some() {
        context.shown.push(Shown { ty, bits });
    }
}

/// `handler | height _ _ _ | pc, prepaid`.
pub(crate) struct Step;

impl Run for Step {
    #[inline(always)]
    fn run(state: State) -> Flow {
        show(state.pc, state.fp, state.gas, state.cx);
        state.next(3)
    }
}

/// Shows the step; the state comes in parts, so that none of it has an address when its handler goes on.
#[inline(never)]
fn show(pc: *const Word, fp: *mut u64, gas: i64, cx: *mut Context) {
    let mut state = State { pc, fp, gas, cx, acc: 0, facc: 0.0 };
    let [pc, prepaid] = state.halves(2);
    let step = lockstep_rt::Step {
        pc,
        gas: gas as u64 + u64::from(prepaid),
        window_top: fp.wrapping_offset(state.field(0) as isize),
    };
    let context = state.context();
    context.gas = gas;
    if let Some(hook) = context.step {
        // SAFETY: the engine installed the hook for the host and machine of this context.
        unsafe { hook(cx, &step) };
    }
}
