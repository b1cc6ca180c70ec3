//! Handlers that reach what the instance holds: globals, and acts.

use lockstep_ir::{Act, Trap};
use lockstep_rt::Context;

use crate::{
    code::Word,
    dispatch::{Flow, Run},
    frame::State,
};

/// Where global `index` is.
#[inline(always)]
fn cell(state: &mut State, index: u64) -> *mut u64 {
    // SAFETY: the verifier found the global in the program's interface, of which the context has an instance.
    unsafe { *state.context().globals.add(index as usize) }
}

/// `handler | dst | global`, a global of one slot.
pub(crate) struct GlobalGet;
/// `handler | value | global`, a global of one slot.
pub(crate) struct GlobalSet;
/// `handler | dst | global`, a global of two slots.
pub(crate) struct GlobalGet2;
/// `handler | value | global`, a global of two slots.
pub(crate) struct GlobalSet2;

impl Run for GlobalGet {
    #[inline(always)]
    fn run(mut state: State) -> Flow {
        let index = state.imm(2);
        // SAFETY: `cell` is a global's place, which only this thread uses.
        let bits = unsafe { *cell(&mut state, index) };
        state.set(0, bits);
        state.next(3)
    }
}

impl Run for GlobalSet {
    #[inline(always)]
    fn run(mut state: State) -> Flow {
        let (index, bits) = (state.imm(2), state.operand::<u64>(0));
        // SAFETY: as above.
        unsafe { *cell(&mut state, index) = bits };
        state.next(3)
    }
}

impl Run for GlobalGet2 {
    #[inline(always)]
    fn run(mut state: State) -> Flow {
        let index = state.imm(2);
        let place = cell(&mut state, index);
        // SAFETY: as above; every global has two slots.
        let bits = unsafe { [*place, *place.add(1)] };
        state.write(state.field(0), bits[0]);
        state.write(state.field(0) + 1, bits[1]);
        state.next(3)
    }
}

impl Run for GlobalSet2 {
    #[inline(always)]
    fn run(mut state: State) -> Flow {
        let index = state.imm(2);
        let from = state.field(0);
        let place = cell(&mut state, index);
        // SAFETY: as above.
        unsafe {
            *place = state.read(from);
            *place.add(1) = state.read(from + 1);
        }
        state.next(3)
    }
}

/// An act: `handler | dst a b c | act, 0 | on, on`.
pub(crate) struct Perform;

impl Run for Perform {
    #[inline(always)]
    fn run(state: State) -> Flow {
        match perform(state.pc, state.fp, state.cx) {
            None => state.next(4),
            Some(trap) => state.trap(trap),
        }
    }
}

/// Takes the state apart, so that none of it has an address when the handler goes on with its last call.
#[inline(never)]
fn perform(pc: *const Word, fp: *mut u64, cx: *mut Context) -> Option<Trap> {
    let mut state = State { pc, fp, gas: 0, cx, acc: 0, facc: 0.0 };
    let [act, _] = state.halves(2);
    let act = Act::ALL[act as usize];
    let args = [1, 2, 3].map(|k| if k <= act.params().len() { state.operand::<u64>(k) } else { 0 });
    let on = state.halves(3);
    match lockstep_rt::perform_act(state.context(), act, on, args) {
        Ok(result) => {
            if !act.results().is_empty() {
                state.set(0, result);
            }
            None
        }
        Err(trap) => Some(trap),
    }
}
