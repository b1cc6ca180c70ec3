//! Handlers that reach memories.
//!
//! A memory's bytes are read and written only after a bounds check against its current length.

use core::marker::PhantomData;

use lockstep_base::{Int, U256, U512};
use lockstep_ir::Trap;
use lockstep_rt::{Context, RawMemory, saturate};

use crate::{
    code::Word,
    dispatch::{Flow, Outcome, Run},
    frame::State,
    handler::slice::spent_by,
};

impl State {
    #[inline(always)]
    pub(super) fn memory(&mut self, index: usize) -> RawMemory {
        self.context().memories[index]
    }

    /// Makes `len` bytes at `addr` of memory `index` exist.
    #[inline(always)]
    pub(super) fn ensure(&mut self, index: usize, addr: u64, len: u64) -> Result<(), Trap> {
        match addr.checked_add(len) {
            Some(end) if end <= self.memory(index).len => Ok(()),
            end => {
                let gas = self.gas;
                let (gas, result) = grow(self.context(), gas, index, end);
                self.gas = gas;
                result
            }
        }
    }

    /// The bytes at `addr`, which `ensure` has made exist.
    #[inline(always)]
    fn at<const N: usize>(&mut self, index: usize, addr: u64) -> *mut [u8; N] {
        let memory = self.memory(index);
        debug_assert!(addr + N as u64 <= memory.len, "checked before");
        // SAFETY: `addr + N` is at most the memory's length: the caller has just checked, and memories never shrink.
        unsafe { memory.base.add(addr as usize).cast() }
    }

    #[inline(always)]
    fn load<const N: usize>(&mut self, index: usize, addr: u64) -> [u8; N] {
        // SAFETY: see `at`.
        unsafe { *self.at::<N>(index, addr) }
    }

    #[inline(always)]
    fn store<const N: usize>(&mut self, index: usize, addr: u64, bytes: [u8; N]) {
        // SAFETY: see `at`; the verifier admits no store to a read-only memory.
        unsafe { *self.at::<N>(index, addr) = bytes }
    }

    /// Writes `bytes`, least significant first, to as many slots of the instruction's result.
    fn set_bytes(&self, bytes: &[u8]) {
        for (limb, chunk) in bytes.as_chunks::<8>().0.iter().enumerate() {
            self.write(self.field(0) + limb as i16, u64::from_le_bytes(*chunk));
        }
    }

    /// Whether `len` bytes at `addr` of memory `index` exist already.
    #[inline(always)]
    fn exists(&mut self, index: usize, addr: u64, len: u64) -> bool {
        addr.checked_add(len).is_some_and(|end| end <= self.memory(index).len)
    }

    /// Ends in `trap`.
    #[inline(always)]
    pub(crate) fn trap(self, trap: Trap) -> Flow {
        end_in(trap, self.gas, self.cx)
    }
}

/// Ends in `trap`. The state comes in parts: passed whole it would need a place on the stack in every handler.
#[cold]
#[inline(never)]
fn end_in(trap: Trap, gas: i64, cx: *mut Context) -> Flow {
    let mut state =
        State { pc: core::ptr::null(), fp: core::ptr::null_mut(), gas, cx, acc: 0, facc: 0.0 };
    state.activation().trap = trap;
    state.leave(Outcome::Trap)
}

/// Makes the `LEN` bytes exist that the instruction at `pc` accesses, then runs it again. Off the way of those that
/// find their bytes: what this needs, they need not keep room for.
#[cold]
#[inline(never)]
extern "C-unwind" fn make_room<A: Address, const LEN: u64>(
    pc: *const Word,
    fp: *mut u64,
    gas: i64,
    cx: *mut Context,
    acc: u64,
    facc: f64,
) -> Flow {
    let mut state = State { pc, fp, gas, cx, acc, facc };
    let addr = A::get(&state, 1);
    match state.ensure(0, addr, LEN) {
        Ok(()) => state.jump(pc),
        Err(trap) => state.trap(trap),
    }
}

/// What happens when a range is not there yet: growth by the memory's rule. Returns the gas left.
#[cold]
#[inline(never)]
fn grow(
    context: &mut Context,
    gas: i64,
    index: usize,
    end: Option<u64>,
) -> (i64, Result<(), Trap>) {
    context.gas = gas.wrapping_add(context.reserve);
    let touched = context.touch(index, end);
    context.reserve = context.reserve.min(context.gas);
    (context.gas.wrapping_sub(context.reserve), touched)
}

/// How an address or a length is given.
pub(crate) trait Address {
    /// The number, saturated: what does not fit 64 bits is out of reach whatever it is.
    fn get(state: &State, k: usize) -> u64;
    /// Words of constant in the code, after the operand word.
    const WORDS: usize;
}

/// In a slot, 64 bits.
pub(crate) struct Narrow;
/// In four slots.
pub(crate) struct Wide;
/// In two slots.
pub(crate) struct Two;
/// In eight slots.
pub(crate) struct Eight;
/// In the code.
pub(crate) struct Known;

impl Address for Narrow {
    const WORDS: usize = 0;
    #[inline(always)]
    fn get(state: &State, k: usize) -> u64 {
        state.operand(k)
    }
}

impl Address for Wide {
    const WORDS: usize = 0;
    #[inline(always)]
    fn get(state: &State, k: usize) -> u64 {
        saturate(state.operand(k))
    }
}

impl Address for Two {
    const WORDS: usize = 0;
    #[inline(always)]
    fn get(state: &State, k: usize) -> u64 {
        let at = state.field(k);
        if state.read::<u64>(at + 1) == 0 { state.read(at) } else { u64::MAX }
    }
}

impl Address for Eight {
    const WORDS: usize = 0;
    #[inline(always)]
    fn get(state: &State, k: usize) -> u64 {
        state.operand::<U512>(k).to_u64().unwrap_or(u64::MAX)
    }
}

impl Address for Known {
    const WORDS: usize = 1;
    #[inline(always)]
    fn get(state: &State, _k: usize) -> u64 {
        state.imm(2)
    }
}

/// A big-endian word of memory 0: `handler | dst addr | constant`.
pub(crate) struct LoadWord<A>(PhantomData<A>);
/// The same, stored: `handler | value addr | constant`.
pub(crate) struct StoreWord<A>(PhantomData<A>);
/// A byte, stored: `handler | value addr | constant`.
pub(crate) struct StoreByte<A>(PhantomData<A>);

impl<A: Address> Run for LoadWord<A> {
    #[inline(always)]
    fn run(mut state: State) -> Flow {
        let addr = A::get(&state, 1);
        if !state.exists(0, addr, 32) {
            return make_room::<A, 32>(
                state.pc, state.fp, state.gas, state.cx, state.acc, state.facc,
            );
        }
        let bytes = state.load::<32>(0, addr);
        state.set(0, word_of(bytes));
        state.next(2 + A::WORDS)
    }
}

impl<A: Address> Run for StoreWord<A> {
    #[inline(always)]
    fn run(mut state: State) -> Flow {
        let addr = A::get(&state, 1);
        if !state.exists(0, addr, 32) {
            return make_room::<A, 32>(
                state.pc, state.fp, state.gas, state.cx, state.acc, state.facc,
            );
        }
        let bytes = bytes_of(state.operand(0));
        state.store(0, addr, bytes);
        state.next(2 + A::WORDS)
    }
}

impl<A: Address> Run for StoreByte<A> {
    #[inline(always)]
    fn run(mut state: State) -> Flow {
        let addr = A::get(&state, 1);
        if !state.exists(0, addr, 1) {
            return make_room::<A, 1>(
                state.pc, state.fp, state.gas, state.cx, state.acc, state.facc,
            );
        }
        let byte = state.operand::<u8>(0);
        state.store(0, addr, [byte]);
        state.next(2 + A::WORDS)
    }
}

/// Big-endian bytes as a word, limb by limb (a byte-wise reversal would not stay in scalar registers).
#[inline(always)]
fn word_of(bytes: [u8; 32]) -> U256 {
    let limb = |i: usize| {
        let mut part = [0; 8];
        part.copy_from_slice(&bytes[24 - 8 * i..][..8]);
        u64::from_be_bytes(part)
    };
    U256::from_limbs([limb(0), limb(1), limb(2), limb(3)])
}

#[inline(always)]
fn bytes_of(word: U256) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (i, limb) in word.as_limbs().iter().enumerate() {
        bytes[24 - 8 * i..][..8].copy_from_slice(&limb.to_be_bytes());
    }
    bytes
}

/// A check: `handler | token addr len memory`, both numbers in slots.
pub(crate) struct Check<A>(PhantomData<A>);

impl<A: Address> Run for Check<A> {
    #[inline(always)]
    fn run(mut state: State) -> Flow {
        let (addr, len) = (A::get(&state, 1), A::get(&state, 2));
        // No bytes lie anywhere.
        if len != 0
            && let Err(trap) = state.ensure(state.field(3) as usize, addr, len)
        {
            return state.trap(trap);
        }
        // Whatever the address, the token is its low limb.
        state.set(0, state.operand::<u64>(1));
        state.next(2)
    }
}

/// A load through a token: `handler | dst token memory size | offset, order`; the order is 1 for big-endian.
pub(crate) struct Load;
/// A store through a token: `handler | value token memory size | offset, order`.
pub(crate) struct Store;

impl Run for Load {
    #[inline(always)]
    fn run(state: State) -> Flow {
        load_any(state.pc, state.fp, state.cx);
        state.next(3)
    }
}

impl Run for Store {
    #[inline(always)]
    fn run(state: State) -> Flow {
        store_any(state.pc, state.fp, state.cx);
        state.next(3)
    }
}

// What follows keeps bytes in memory of its own. It takes the state apart, so that none of it has an address when the
// handler goes on with its last call, which then is a jump.

#[inline(never)]
fn load_any(pc: *const Word, fp: *mut u64, cx: *mut Context) {
    let mut state = State { pc, fp, gas: 0, cx, acc: 0, facc: 0.0 };
    let [offset, order] = state.halves(2);
    let addr = state.operand::<u64>(1) + u64::from(offset);
    let size = state.field(3) as usize;
    let mut bytes = [0; 64];
    for (i, byte) in bytes.iter_mut().take(size).enumerate() {
        [*byte] = state.load::<1>(state.field(2) as usize, addr + i as u64);
    }
    if order == 1 {
        bytes[..size].reverse();
    }
    state.set_bytes(&bytes[..size.next_multiple_of(8)]);
}

#[inline(never)]
fn store_any(pc: *const Word, fp: *mut u64, cx: *mut Context) {
    let mut state = State { pc, fp, gas: 0, cx, acc: 0, facc: 0.0 };
    let [offset, order] = state.halves(2);
    let addr = state.operand::<u64>(1) + u64::from(offset);
    let size = state.field(3) as usize;
    let mut bytes = [0; 64];
    for (limb, chunk) in bytes.chunks_exact_mut(8).take(size.div_ceil(8)).enumerate() {
        chunk.copy_from_slice(&state.read::<u64>(state.field(0) + limb as i16).to_le_bytes());
    }
    if order == 1 {
        bytes[..size].reverse();
    }
    for (i, byte) in bytes.iter().take(size).enumerate() {
        state.store(state.field(2) as usize, addr + i as u64, [*byte]);
    }
}

/// A big-endian word read past the end as zeros: `handler | dst addr memory size`, the address in four slots.
pub(crate) struct LoadPadded;

impl Run for LoadPadded {
    #[inline(always)]
    fn run(mut state: State) -> Flow {
        let addr = saturate(state.operand(1));
        let index = state.field(2) as usize;
        let len = state.memory(index).len;
        if addr.checked_add(32).is_some_and(|end| end <= len) {
            let bytes = state.load::<32>(index, addr);
            state.set(0, word_of(bytes));
        } else {
            load_padded_any(state.pc, state.fp, state.cx);
        }
        state.next(2)
    }
}

/// The same for a number of any size: `handler | dst addr memory size`.
pub(crate) struct LoadPaddedAny;

impl Run for LoadPaddedAny {
    #[inline(always)]
    fn run(state: State) -> Flow {
        load_padded_any(state.pc, state.fp, state.cx);
        state.next(2)
    }
}

#[inline(never)]
fn load_padded_any(pc: *const Word, fp: *mut u64, cx: *mut Context) {
    let mut state = State { pc, fp, gas: 0, cx, acc: 0, facc: 0.0 };
    let addr = saturate(state.operand(1));
    let (index, size) = (state.field(2) as usize, state.field(3) as usize);
    let bytes = state.context().load_padded(index, addr, size);
    state.set_bytes(&bytes[..size.next_multiple_of(8)]);
}

impl State {
    /// The memory written and the memory read by a copy.
    #[inline(always)]
    fn both(&self) -> [usize; 2] {
        let both = self.field(3) as usize;
        [both >> 8, both & 0xff]
    }
}

/// A copy from a memory read past its end as zeros: `handler | token from len memories`, where `from` has four slots.
pub(crate) struct CopyPadded;

impl Run for CopyPadded {
    #[inline(always)]
    fn run(mut state: State) -> Flow {
        let (to, from, len) = (state.operand(0), saturate(state.operand(1)), state.operand(2));
        let [target, source] = state.both();
        // SAFETY: the token's check admitted `len` bytes at `to`; the verifier admits no write to a read-only memory.
        unsafe { state.context().copy_padded((target, to), (source, from), len) };
        state.next(2)
    }
}

/// A copy between checked places: `handler | to from len memories`.
pub(crate) struct CopyWithin;

impl Run for CopyWithin {
    #[inline(always)]
    fn run(mut state: State) -> Flow {
        let (to, from, len) = (state.operand(0), state.operand(1), state.operand(2));
        let [target, source] = state.both();
        // SAFETY: both ranges were checked by their tokens' checks; the verifier admits no write to a read-only memory.
        unsafe { state.context().copy_within((target, to), (source, from), len) };
        state.next(2)
    }
}

/// The length of a memory: `handler | dst memory`.
pub(crate) struct MemorySize;

impl Run for MemorySize {
    #[inline(always)]
    fn run(mut state: State) -> Flow {
        let index = state.field(1) as usize;
        let len = state.memory(index).len;
        state.set(0, len);
        state.next(2)
    }
}

/// Dynamic charge: `handler | amount | per, 0 | unit`.
pub(crate) struct ChargeBy<A>(PhantomData<A>);

impl<A: Address> Run for ChargeBy<A> {
    #[inline(always)]
    fn run(mut state: State) -> Flow {
        let amount = A::get(&state, 0);
        let [per, _] = state.halves(2);
        let unit = state.imm(3);
        let units = match unit {
            32 => (amount >> 5) + u64::from(amount & 31 != 0),
            1 => amount,
            unit => amount.div_ceil(unit),
        };
        // A saturated amount costs at least 2^64 / unit * per: more than any counter holds, as units are below 2^32.
        let price = units.saturating_mul(u64::from(per));
        match (state.gas as u64).checked_sub(price) {
            Some(left) => {
                state.gas = left as i64;
                state.next(4)
            }
            None => spent_by(state.pc, state.fp, state.gas, state.cx, state.acc, state.facc, price),
        }
    }
}
