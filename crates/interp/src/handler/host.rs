//! Handlers that call: functions of the program and functions of the host.

use alloc::vec::Vec;
use core::marker::PhantomData;

use lockstep_ir::{SigId, Trap, evaluate::Callee};
use lockstep_rt::Context;

use crate::{
    code::Word,
    dispatch::{Flow, Outcome, Run, stop},
    frame::{Cell, State},
    handler::{flow::charge, place::Place},
};

/// `handler | import extent words _ | offsets of arguments and results, four a word`.
pub(crate) struct CallHost;

impl Run for CallHost {
    #[inline(always)]
    fn run(mut state: State) -> Flow {
        let (import, extent, words) = (state.field(0), state.field(1), state.field(2));
        let (fp, pc, cx) = (state.fp, state.pc, state.cx);
        state.publish_gas();
        let context = state.context();
        context.import = u32::from(import as u16);
        context.frame_top = fp.wrapping_offset(extent as isize);
        // SAFETY: `run` checked that the context has a link for each import; the offsets lie in the instruction.
        let goes_on = unsafe {
            let link = *context.links.add(context.import as usize);
            link(cx, fp, pc.add(2).cast::<i16>())
        };
        if !goes_on {
            // The counter in the context is the newer one, and stays.
            return stop(Outcome::Stop);
        }
        state.take_gas();
        state.next(2 + words as usize)
    }
}

/// Slots at the start of a function's frame: where to return to; and, in 16 bits, how far back the caller's frame is,
/// with the depth above.
pub(crate) const FRAME_HEADER: i16 = 2;

/// A call of the host by a program whose functions have frames: says first how deep it is. Like [`CallHost`].
pub(crate) struct CallHostDeep;

impl Run for CallHostDeep {
    #[inline(always)]
    fn run(mut state: State) -> Flow {
        let link: u64 = state.read(1);
        state.context().depth = link >> 16;
        CallHost::run(state)
    }
}

/// How the arguments of a call move to the callee's frame: `from to` twice a word.
pub(crate) trait Moves {
    /// How many words of them the instruction has.
    fn words(state: &State) -> usize;
    /// Makes them; they stand from word `at` on.
    fn make(state: &State, callee: &State, at: usize);
}

/// So many slots of arguments.
pub(crate) struct Few<const SLOTS: usize>;
/// As many words as the instruction says; an odd last slot is moved twice.
pub(crate) struct Many;

impl<const SLOTS: usize> Moves for Few<SLOTS> {
    #[inline(always)]
    fn words(_: &State) -> usize {
        SLOTS.div_ceil(2)
    }

    #[inline(always)]
    fn make(state: &State, callee: &State, at: usize) {
        for slot in 0..SLOTS {
            // SAFETY: the encoder wrote so many words of moves.
            let moves = unsafe { (*state.pc.add(at + slot / 2)).fields };
            callee.write(moves[slot % 2 * 2 + 1], state.read::<u64>(moves[slot % 2 * 2]));
        }
    }
}

impl Moves for Many {
    #[inline(always)]
    fn words(state: &State) -> usize {
        state.field(1) as usize
    }

    #[inline(always)]
    fn make(state: &State, callee: &State, at: usize) {
        for pair in 0..Self::words(state) {
            // SAFETY: as above.
            let [from, to, next_from, next_to] = unsafe { (*state.pc.add(at + pair)).fields };
            callee.write(to, state.read::<u64>(from));
            callee.write(next_to, state.read::<u64>(next_from));
        }
    }
}

/// `handler | extent args _ _ | link | function | moves`.
///
/// The callee's frame begins at the caller's extent. The link is null until the function is called first.
pub(crate) struct Call<M>(PhantomData<M>);

/// Words of a [`Call`] before its moves.
const CALL_WORDS: usize = 4;

impl<M: Moves> Run for Call<M> {
    #[inline(always)]
    fn run(mut state: State) -> Flow {
        let target = state.link(2);
        if target.is_null() {
            return connect::<M>(state.pc, state.fp, state.gas, state.cx, state.acc, state.facc);
        }
        begin::<M>(&mut state, CALL_WORDS);
        state.jump(target)
    }
}

/// Finds the code that the call at `pc` means, and calls it; once it is the function's for good, the link leads there.
#[cold]
#[inline(never)]
extern "C-unwind" fn connect<M: Moves>(
    pc: *const Word,
    fp: *mut u64,
    gas: i64,
    cx: *mut Context,
    acc: u64,
    facc: f64,
) -> Flow {
    let mut state = State { pc, fp, gas, cx, acc, facc };
    let function = state.imm(3) as u32;
    let target = translate(cx, function);
    if target.is_null() {
        return state.leave(Outcome::Trap);
    }
    if lasts(cx, function, target) {
        state.set_link(2, target);
    }
    begin::<M>(&mut state, CALL_WORDS);
    state.jump(target)
}

/// Makes the frame of a callee and goes there, with the moves from word `at` on; what follows them is gone back to.
#[inline(always)]
fn begin<M: Moves>(state: &mut State, at: usize) {
    let extent = state.field(0);
    // SAFETY: what follows a call in its block is at most its terminator, in the same chunk.
    let back = unsafe { state.pc.add(at + M::words(state)) };
    let callee = State { fp: state.fp.wrapping_offset(extent as isize), ..*state };
    M::make(state, &callee, at);
    let link: u64 = state.read(1);
    let back = back.expose_provenance() as u64;
    callee.write(0, back);
    callee.write(1, link & !0xffff | u64::from(extent as u16));
    state.fp = callee.fp;
    // Nobody takes it: its register is free for the moves.
    state.acc = back;
}

/// The code of a function that was never called; null when there can be none, and the activation says why.
#[cold]
#[inline(never)]
fn translate(cx: *mut Context, function: u32) -> *const Word {
    let mut state =
        State { pc: core::ptr::null(), fp: core::ptr::null_mut(), gas: 0, cx, acc: 0, facc: 0.0 };
    state.activation().function(function).unwrap_or(core::ptr::null())
}

/// Whether `target` is where the function begins for every call to come.
#[inline(never)]
fn lasts(cx: *mut Context, function: u32, target: *const Word) -> bool {
    let mut state =
        State { pc: core::ptr::null(), fp: core::ptr::null_mut(), gas: 0, cx, acc: 0, facc: 0.0 };
    core::ptr::eq(state.activation().code.known_function(function), target)
}

/// Begins a function: counts its frame, zeroes its variables, and does the charge that follows:
/// `handler | first count | units | limit`, the last two with the 16 bits of a link below.
pub(crate) struct Begin<Z>(PhantomData<Z>);

/// Zeroes of a function's variables.
pub(crate) trait Zeroes {
    fn write(state: &State);
}

impl<const SLOTS: usize> Zeroes for Few<SLOTS> {
    #[inline(always)]
    fn write(state: &State) {
        let first = State { fp: state.fp.wrapping_offset(state.field(0) as isize), ..*state };
        for slot in 0..SLOTS {
            first.write(slot as i16, 0_u64);
        }
    }
}

impl Zeroes for Many {
    #[inline(always)]
    fn write(state: &State) {
        for slot in 0..state.field(1) {
            state.write(state.field(0).wrapping_add(slot), 0_u64);
        }
    }
}

impl<Z: Zeroes> Run for Begin<Z> {
    #[inline(always)]
    fn run(state: State) -> Flow {
        let link: u64 = state.read(1);
        let link = link.wrapping_add(state.imm(2));
        if link > state.imm(3) {
            return state.trap(Trap::DepthExceeded);
        }
        state.write(1, link);
        Z::write(&state);
        charge(state, 4)
    }
}

/// A call through a table: `handler | extent args index _ | table, type | 0 | moves`.
pub(crate) struct CallIndirect<M>(PhantomData<M>);

impl<M: Moves> Run for CallIndirect<M> {
    #[inline(always)]
    fn run(mut state: State) -> Flow {
        state.publish_gas();
        let target = find_callee(state.pc, state.fp, state.cx);
        if target.is_null() {
            return leave_call(state.cx);
        }
        state.take_gas();
        if core::ptr::eq(target, state.pc) {
            // What the first result is, if there is one, is where a return puts it.
            state.acc = state.read(state.field(0).wrapping_add(FRAME_HEADER));
            state.facc = f64::from_bits(state.acc);
            let words = INDIRECT_WORDS + M::words(&state);
            return state.next(words);
        }
        begin::<M>(&mut state, INDIRECT_WORDS);
        state.jump(target)
    }
}

/// Words of a [`CallIndirect`] before its arguments.
pub(crate) const INDIRECT_WORDS: usize = 4;

/// Ends where a call says so.
#[cold]
#[inline(never)]
pub(super) fn leave_call(cx: *mut Context) -> Flow {
    let mut state =
        State { pc: core::ptr::null(), fp: core::ptr::null_mut(), gas: 0, cx, acc: 0, facc: 0.0 };
    // The counter in the context is the newer one, and stays.
    stop(state.activation().outcome)
}

/// Whom an indirect call at `pc` means: the code of a function of this program; `pc` itself when it was a function
/// outside, which has been called, its results where the callee's would be; null when the guest does not go on, and
/// the activation says how.
#[inline(never)]
fn find_callee(pc: *const Word, fp: *mut u64, cx: *mut Context) -> *const Word {
    let mut state = State { pc, fp, gas: 0, cx, acc: 0, facc: 0.0 };
    let [table, sig] = state.halves(2);
    let index: u64 = state.operand(2);
    let callee = lockstep_rt::call_indirect(state.context(), (table, sig), index);
    match callee {
        Ok(Callee::Own(func)) => {
            let known = state.activation().code.known_function(func.0);
            if !known.is_null() {
                return known;
            }
            state.activation().outcome = Outcome::Trap;
            translate(cx, func.0)
        }
        Ok(Callee::Foreign(reference)) => {
            let goes_on = call_foreign(&mut state, reference, sig);
            state.activation().outcome = Outcome::Stop;
            if goes_on { pc } else { core::ptr::null() }
        }
        Err(trap) => {
            let activation = state.activation();
            activation.trap = trap;
            activation.outcome = Outcome::Trap;
            core::ptr::null()
        }
    }
}

/// Calls a function outside the program; its results go where those of a callee would be.
#[cold]
fn call_foreign(state: &mut State, reference: u64, sig: u32) -> bool {
    let extent = state.field(0);
    let mut offsets = Vec::new();
    let interface = state.activation().code.interface().clone();
    let signature = &interface.types[SigId(sig)];
    let mut slot = 0;
    for ty in &signature.params {
        // SAFETY: the encoder wrote one move for each slot of the arguments, two a word.
        let moves = unsafe { (*state.pc.add(INDIRECT_WORDS + slot / 2)).fields };
        offsets.push(moves[slot % 2 * 2]);
        slot += ty.slots() as usize;
    }
    let mut at = extent + FRAME_HEADER;
    for ty in &signature.results {
        offsets.push(at);
        at += ty.slots() as i16;
    }
    let link: u64 = state.read(1);
    let (fp, cx) = (state.fp, state.cx);
    let context = state.context();
    context.depth = link >> 16;
    context.frame_top = fp.wrapping_offset(at as isize);
    // SAFETY: the callee has this type, and the offsets are of its operands.
    unsafe { (context.foreign)(cx, reference, fp, offsets.as_ptr()) }
}

/// A call in place of the function that runs: `handler | extent args _ _ | function | units | from to from to...`, where
/// `to` are offsets of the new function's parameters in the very frame.
pub(crate) struct ReturnCall;

impl Run for ReturnCall {
    #[inline(always)]
    fn run(mut state: State) -> Flow {
        let function = state.imm(2) as u32;
        let mut target = state.activation().code.known_function(function);
        if target.is_null() {
            target = translate(state.cx, function);
            if target.is_null() {
                return state.leave(Outcome::Trap);
            }
        }
        replace(state.pc, state.fp, 4);
        state.jump(target)
    }
}

/// The same through a table: `handler | extent args index _ | table, type | units | from to from to...`.
pub(crate) struct ReturnCallIndirect;

impl Run for ReturnCallIndirect {
    #[inline(always)]
    fn run(mut state: State) -> Flow {
        state.publish_gas();
        let target = find_callee_outside(state.pc, state.fp, state.cx);
        if target.is_null() {
            return leave_call(state.cx);
        }
        state.take_gas();
        if core::ptr::eq(target, state.pc) {
            // The caller takes one result from where any other return leaves it.
            state.acc = state.read(FRAME_HEADER);
            state.facc = f64::from_bits(state.acc);
            return Return::run(state);
        }
        replace(state.pc, state.fp, 4);
        state.jump(target)
    }
}

/// As `find_callee`; the results of a function outside are ours already.
#[inline(never)]
fn find_callee_outside(pc: *const Word, fp: *mut u64, cx: *mut Context) -> *const Word {
    let target = find_callee(pc, fp, cx);
    if core::ptr::eq(target, pc) {
        let mut state = State { pc, fp, gas: 0, cx, acc: 0, facc: 0.0 };
        let [_, sig] = state.halves(2);
        let interface = state.activation().code.interface().clone();
        let results = &interface.types[SigId(sig)].results;
        let slots: u32 = results.iter().map(|ty| ty.slots()).sum();
        let from = state.field(0);
        for slot in 0..slots as i16 {
            let limb: u64 = state.read(from + FRAME_HEADER + slot);
            state.write(FRAME_HEADER + slot, limb);
        }
    }
    target
}

/// Makes the frame at hand that of another function: arguments are read before any parameter is written.
#[inline(never)]
fn replace(pc: *const Word, fp: *mut u64, at: usize) {
    let state = State { pc, fp, gas: 0, cx: core::ptr::null_mut(), acc: 0, facc: 0.0 };
    let (extent, args) = (state.field(0), state.field(1) as usize);
    // SAFETY: the encoder wrote so many words of moves, and counted their slots to the extent's room.
    let moves = |pair: usize| unsafe { (*pc.add(at + pair)).fields };
    let mut free = extent;
    for pair in 0..args {
        let [from, _, next_from, _] = moves(pair);
        state.write(free, state.read::<u64>(from));
        state.write(free + 1, state.read::<u64>(next_from));
        free += 2;
    }
    let mut free = extent;
    for pair in 0..args {
        let [_, to, _, next_to] = moves(pair);
        state.write(to, state.read::<u64>(free));
        state.write(next_to, state.read::<u64>(free + 1));
        free += 2;
    }
    let link: u64 = state.read(1);
    // The frame that goes took these units.
    state.write(1, link - (state.imm(3) << 16));
}

/// Takes the results of a call from the callee's frame: `handler | extent count | from to from to...`.
pub(crate) struct TakeResults;

impl Run for TakeResults {
    #[inline(always)]
    fn run(state: State) -> Flow {
        let (extent, count) = (state.field(0), state.field(1) as usize);
        let callee = State { fp: state.fp.wrapping_offset(extent as isize), ..state };
        for pair in 0..count {
            // SAFETY: the encoder wrote so many words of moves.
            let [from, to, next_from, next_to] = unsafe { (*state.pc.add(2 + pair)).fields };
            state.write(to, callee.read::<u64>(from));
            state.write(next_to, callee.read::<u64>(next_from));
        }
        state.next(2 + count)
    }
}

/// Takes the one result of a call, of one slot, from where a return left it, the accumulator of its kind: `handler | dst`.
pub(crate) struct Take<T>(PhantomData<T>);
/// The same, and does the charge that follows.
pub(crate) struct TakeCharging<T>(PhantomData<T>);

impl<T: Cell> Run for Take<T> {
    #[inline(always)]
    fn run(state: State) -> Flow {
        state.set(0, T::of_acc(&state));
        state.next(2)
    }
}

impl<T: Cell> Run for TakeCharging<T> {
    #[inline(always)]
    fn run(state: State) -> Flow {
        state.set(0, T::of_acc(&state));
        charge(state, 2)
    }
}

/// Returns one result of one slot, in the accumulator of its kind and in its place: `handler | from | constant`.
pub(crate) struct ReturnOne<T, P>(PhantomData<(T, P)>);

impl<T: Cell, P: Place> Run for ReturnOne<T, P> {
    #[inline(always)]
    fn run(mut state: State) -> Flow {
        let value: T = P::get(&state, 0);
        value.to_acc(&mut state);
        state.write(FRAME_HEADER, value);
        Return::run(state)
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
