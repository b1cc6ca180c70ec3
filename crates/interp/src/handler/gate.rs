//! Gates: what stands before the functions of a program of which a tier above may take some.
//!
//! ```text
//! call -> gate -> nobody above, or not hot: the function
//!              -> hot: runs above, over operands in the frame; then as if the function had returned, or was left
//! ```
//!
//! Invariant: at a gate the frame is as at the function's beginning: header and arguments written, nothing else.

use core::ops::Deref;

use lockstep_ir::FuncId;
use lockstep_rt::{
    Context,
    native::{Above, Climbed, Leaving, NativeProgram, climb},
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
    fn run(state: State) -> Flow {
        match pass(state.pc, state.fp, state.gas, state.cx) {
            Way::Here => state.jump(state.link(2)),
            Way::Above => come_back(state),
            Way::Left => leave_call(state.cx),
        }
    }
}

/// Where control goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Here: nobody took it.
    Here,
    /// Where the function returns to: it ran above, and its results are in place.
    Above,
    /// Nowhere: it ran above and did not return; the activation says how it was left.
    Left,
}

/// Whether the function behind the gate at `pc` runs above. The state comes in parts, so that none of it has an address
/// when its handler goes on.
#[inline(never)]
fn pass(pc: *const Word, fp: *mut u64, gas: i64, cx: *mut Context) -> Way {
    let mut state = State { pc, fp, gas, cx, acc: 0, facc: 0.0 };
    let func = FuncId(state.imm(1) as u32);
    state.context().depth = state.read::<u64>(1) >> 16;
    let operands = fp.wrapping_add(FRAME_HEADER as usize);
    ascend(&mut state, Climbed::Function(func), operands, |above| above.enter(func))
}

/// Lets the tier above, if there is one, take what has its operands at `operands`, at the depth that the context says.
#[inline(always)]
pub(super) fn ascend<P: Deref<Target = NativeProgram>>(
    state: &mut State,
    climbed: Climbed,
    operands: *mut u64,
    ask: impl FnOnce(&'static dyn Above) -> Option<P>,
) -> Way {
    let activation = state.activation();
    let Some(above) = activation.above else { return Way::Here };
    let Some(program) = ask(above) else { return Way::Here };
    let below = Gated { code: activation.code, translator: activation.translator, above };
    state.publish_gas();
    // SAFETY: gates and heads are of the program that the context runs; operands and variables stand where the function
    // wants them, and the frame stack has room for what depth units allow.
    match unsafe { climb(state.context(), (&program, &below), climbed, operands) } {
        None => Way::Here,
        Some(Ok(())) => Way::Above,
        Some(Err(leaving)) => {
            leave(state, leaving);
            Way::Left
        }
    }
}

/// Returns from a function that ran above.
#[inline(always)]
pub(super) fn come_back(mut state: State) -> Flow {
    state.take_gas();
    // What the first result is, if there is one, is where a return puts it.
    state.acc = state.read(FRAME_HEADER);
    state.facc = f64::from_bits(state.acc);
    Return::run(state)
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
