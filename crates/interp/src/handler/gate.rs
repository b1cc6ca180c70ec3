//! Gates: what stands before the functions of a program of which a tier above may take some.
//!
//! ```text
//! call -> gate -> nobody above, or not hot: the function
//!              -> hot: runs above, over operands in the frame; then as if the function had returned, or was left
//! ```
//!
//! Invariant: at a gate the frame is as at the function's beginning: header and arguments written, nothing else.

use lockstep_ir::FuncId;
use lockstep_rt::{
    Context,
    native::{Leaving, climb},
};

use crate::{
    activate::Gated,
    code::{CodeError, Word},
    dispatch::{Flow, Handler, Outcome, Run, handler},
    frame::State,
    handler::host::{FRAME_HEADER, Return, leave_call},
};

/// `handler | function | where it begins`.
pub(crate) struct Gate;

/// The gate before function `id`, which begins at `place`.
pub(crate) fn gate(id: FuncId, place: *const Word) -> [Word; 3] {
    [
        Word { handler: handler::<Gate> as Handler },
        Word { imm: u64::from(id.0) },
        Word { link: place },
    ]
}

impl Run for Gate {
    #[inline(always)]
    fn run(mut state: State) -> Flow {
        let target = pass(state.pc, state.fp, state.gas, state.cx);
        if target.is_null() {
            return leave_call(state.cx);
        }
        if core::ptr::eq(target, state.pc) {
            state.gas = state.context().gas;
            // What the first result is, if there is one, is where a return puts it.
            state.acc = state.read(FRAME_HEADER);
            state.facc = f64::from_bits(state.acc);
            return Return::run(state);
        }
        state.jump(target)
    }
}

/// Where to go on: at the function; at `pc` when it ran above, its results in place; null when it did not return there,
/// and the activation says how it was left.
#[inline(never)]
fn pass(pc: *const Word, fp: *mut u64, gas: i64, cx: *mut Context) -> *const Word {
    let mut state = State { pc, fp, gas, cx, acc: 0, facc: 0.0 };
    let (func, place) = (FuncId(state.imm(1) as u32), state.link(2));
    let link: u64 = state.read(1);
    let activation = state.activation();
    let Some(above) = activation.above else { return place };
    let Some(program) = above.enter(func) else { return place };
    let below = Gated { code: activation.code, translator: activation.translator, above };
    let context = state.context();
    (context.gas, context.depth) = (gas, link >> 16);
    let operands = fp.wrapping_add(FRAME_HEADER as usize);
    // SAFETY: the gate is one of the program that the context runs, with arguments where its function wants them, and
    // the frame stack has room for what depth units allow.
    let climbed = unsafe { climb(context, (program, &below), func, operands) };
    match climbed {
        None => place,
        Some(Ok(())) => pc,
        Some(Err(leaving)) => {
            leave(&mut state, leaving);
            core::ptr::null()
        }
    }
}

/// Notes how the function above was left; the counter in the context is the newer one, and stays.
#[cold]
fn leave(state: &mut State, leaving: Leaving) {
    let activation = state.activation();
    activation.outcome = match leaving {
        Leaving::Trap(trap) => {
            activation.trap = trap;
            Outcome::Trap
        }
        Leaving::Exit { revert, output } => {
            activation.output = output;
            if revert { Outcome::Revert } else { Outcome::Return }
        }
        Leaving::Stop => Outcome::Stop,
        Leaving::Refused => {
            activation.refuse(CodeError::Unsupported("what a tier above could not go on with"))
        }
    };
}
