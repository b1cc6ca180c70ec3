//! Handlers that call: functions of the program and functions of the host.

use lockstep_ir::{Trap, evaluate::CALL_DEPTH_MAX};

use crate::{
    code::Word,
    dispatch::{Flow, Outcome, Run},
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
            return state.leave_stopped();
        }
        state.gas = state.context().gas;
        state.next(2 + words as usize)
    }
}

impl State {
    /// The host stopped the guest; the counter in the context is the newer one.
    #[cold]
    #[inline(never)]
    fn leave_stopped(mut self) -> Flow {
        self.gas = self.context().gas;
        self.leave(Outcome::Stop)
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
    fn run(mut state: State) -> Flow {
        let (extent, args) = (state.field(0), state.field(1) as usize);
        let function = state.imm(2) as u32;
        let limit = state.context().frame_limit;
        let frame = state.fp.wrapping_offset(extent as isize);
        // A frame addresses at most 2^15 slots, so this many must remain.
        let link: u64 = state.read(1);
        let depth = (link >> 16) + 1;
        let room = (limit as usize).saturating_sub(frame as usize);
        if depth >= CALL_DEPTH_MAX as u64 || room < FRAME_MAX_BYTES {
            return state.trap(Trap::DepthExceeded);
        }
        let target = match state.activation().function(function) {
            Ok(target) => target,
            Err(outcome) => return state.leave(outcome),
        };
        for arg in 0..args {
            // SAFETY: the encoder wrote one word for each argument.
            let [from, to, slots, _] = unsafe { (*state.pc.add(3 + arg)).fields };
            for slot in 0..slots {
                let limb = state.read::<u64>(from + slot);
                state.write(extent + to + slot, limb);
            }
        }
        // SAFETY: what follows a call in its block is at most its terminator, in the same chunk.
        let back = unsafe { state.pc.add(3 + args) };
        state.write(extent, back.expose_provenance() as u64);
        state.write(extent + 1, depth << 16 | u64::from(extent as u16));
        state.shift(extent);
        state.jump(target)
    }
}

/// Room that a frame may need: offsets have 16 bits.
pub(crate) const FRAME_MAX_BYTES: usize = (1 << 15) * 8;

/// Takes the results of a call from the callee's frame: `handler | extent count | from to slots 0...`.
pub(crate) struct TakeResults;

impl Run for TakeResults {
    fn run(state: State) -> Flow {
        let (extent, count) = (state.field(0), state.field(1) as usize);
        for result in 0..count {
            // SAFETY: the encoder wrote one word for each result.
            let [from, to, slots, _] = unsafe { (*state.pc.add(2 + result)).fields };
            for slot in 0..slots {
                let limb = state.read::<u64>(extent + from + slot);
                state.write(to + slot, limb);
            }
        }
        state.next(2 + count)
    }
}

/// Returns to the caller: `handler`. Results already lie after the frame's header.
pub(crate) struct Return;

impl Run for Return {
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
    fn run(state: State) -> Flow {
        for slot in 0..state.field(1) {
            state.write(state.field(0) + slot, 0_u64);
        }
        state.next(2)
    }
}
