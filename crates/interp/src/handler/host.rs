//! Handlers that call: functions of the program and functions of the host.

use lockstep_ir::{Trap, evaluate::CALL_DEPTH_MAX};
use lockstep_rt::Context;

use crate::{
    code::Word,
    dispatch::{Flow, Outcome, Run, stop},
    frame::State,
};

/// `handler | import extent words _ | offsets of arguments and results, four a word`.
pub(crate) struct CallHost;

impl Run for CallHost {
    #[inline(always)]
    fn run(mut state: State) -> Flow {
        let (import, extent, words) = (state.field(0), state.field(1), state.field(2));
        let (fp, pc, gas) = (state.fp, state.pc, state.gas);
        let cx = state.cx;
        let context = state.context();
        context.gas = gas;
        context.frame_top = fp.wrapping_offset(extent as isize);
        // SAFETY: `run` checked that the context has a link for each import; the offsets lie in the instruction.
        let goes_on = unsafe {
            let link = *context.links.add(import as usize);
            link(cx, fp, pc.add(2).cast::<i16>())
        };
        if !goes_on {
            // The counter in the context is the newer one, and stays.
            return stop(Outcome::Stop);
        }
        state.gas = state.context().gas;
        state.next(2 + words as usize)
    }
}

/// Slots at the start of a function's frame: where to return to; and, in 16 bits, how far back the caller's frame is,
/// with the depth above.
pub(crate) const FRAME_HEADER: i16 = 2;

/// `handler | extent args _ _ | function | argument and parameter offsets with their widths...`.
///
/// The callee's frame begins at the caller's extent. The words after the function number are `from to slots 0`, one
/// for each argument.
pub(crate) struct Call;

impl Run for Call {
    #[inline(always)]
    fn run(mut state: State) -> Flow {
        let target = begin_call(state.pc, state.fp, state.cx);
        if target.is_null() {
            return state.leave(Outcome::Trap);
        }
        state.shift(state.field(0));
        state.jump(target)
    }
}

/// Makes the callee's frame and says where its code is; null when the call cannot be, and the activation says why.
///
/// Takes the state apart, so that none of it has an address when the handler goes on with its last call.
#[inline(never)]
fn begin_call(pc: *const Word, fp: *mut u64, cx: *mut Context) -> *const Word {
    let mut state = State { pc, fp, gas: 0, cx };
    let (extent, args) = (state.field(0), state.field(1) as usize);
    let function = state.imm(2) as u32;
    let limit = state.context().frame_limit;
    let callee = State { fp: fp.wrapping_offset(extent as isize), ..state };
    // A frame addresses at most 2^15 slots, so this many must remain.
    let link: u64 = state.read(1);
    let depth = (link >> 16) + 1;
    let room = (limit as usize).saturating_sub(callee.fp as usize);
    if depth >= CALL_DEPTH_MAX as u64 || room < FRAME_MAX_BYTES {
        state.activation().trap = Trap::DepthExceeded;
        return core::ptr::null();
    }
    let Ok(target) = state.activation().function(function) else { return core::ptr::null() };
    for arg in 0..args {
        // SAFETY: the encoder wrote one word for each argument.
        let [from, to, slots, _] = unsafe { (*pc.add(3 + arg)).fields };
        for slot in 0..slots {
            callee.write(to + slot, state.read::<u64>(from + slot));
        }
    }
    // SAFETY: what follows a call in its block is at most its terminator, in the same chunk.
    let back = unsafe { pc.add(3 + args) };
    callee.write(0, back.expose_provenance() as u64);
    callee.write(1, depth << 16 | u64::from(extent as u16));
    target
}

/// Room that a frame may need: offsets have 16 bits.
pub(crate) const FRAME_MAX_BYTES: usize = (1 << 15) * 8;

/// Takes the results of a call from the callee's frame: `handler | extent count | from to slots 0...`.
pub(crate) struct TakeResults;

impl Run for TakeResults {
    #[inline(always)]
    fn run(state: State) -> Flow {
        let (extent, count) = (state.field(0), state.field(1) as usize);
        let callee = State { fp: state.fp.wrapping_offset(extent as isize), ..state };
        for result in 0..count {
            // SAFETY: the encoder wrote one word for each result.
            let [from, to, slots, _] = unsafe { (*state.pc.add(2 + result)).fields };
            for slot in 0..slots {
                state.write(to + slot, callee.read::<u64>(from + slot));
            }
        }
        state.next(2 + count)
    }
}

/// Returns to the caller: `handler`. Results already lie after the frame's header.
pub(crate) struct Return;

impl Run for Return {
    #[inline(always)]
    fn run(mut state: State) -> Flow {
        let back: u64 = state.read(0);
        if back == 0 {
            return state.leave(Outcome::Values);
        }
        let link: u64 = state.read(1);
        state.fp = state.fp.wrapping_sub(link as usize & 0xffff);
        state.jump(core::ptr::with_exposed_provenance::<Word>(back as usize))
    }
}

/// Zeroes variables at a function's entry: `handler | first count`.
pub(crate) struct Zero;

impl Run for Zero {
    #[inline(always)]
    fn run(state: State) -> Flow {
        for slot in 0..state.field(1) {
            state.write(state.field(0) + slot, 0_u64);
        }
        state.next(2)
    }
}
