//! How functions of a guest begin, and how blocks of them come later.

use alloc::boxed::Box;
use core::{mem, sync::atomic::Ordering};

use lockstep_ir::{Block, Func, FuncId, Functions, Outlined, verify_function};

use super::{Code, CodeError, Function, Program, Word};
use crate::{
    encode::{Layout, Wanted},
    run::Translator,
};

/// Instructions of dMIR up to which a function is encoded whole: stubs would cost more than they spare, and what is short
/// and hot has no jumps where it can go on.
pub const WHOLE_INSTS_MAX: usize = 128;

/// Bytes of dMIR that wait in a program for somebody to reach the blocks that are missing.
pub const WAITING_BYTES_MAX: usize = 8 << 20;

impl Code {
    /// Lowers function `id` and encodes what its first call needs.
    pub(super) fn begin(
        &self,
        guest: &dyn Functions,
        id: FuncId,
        translator: &mut Translator,
    ) -> Result<*const Word, CodeError> {
        let mut func = mem::take(&mut translator.func);
        func.clear();
        guest.lower(id, &mut func);
        if func.blocks.len() == 1 || func.insts.len() <= WHOLE_INSTS_MAX || !self.reserve(&func) {
            let verified = verify_function(guest.interface(), id, &func);
            let made = verified
                .map_err(CodeError::Refused)
                .and_then(|verified| translator.encoder.encode(self, (Some(id), verified)));
            translator.func = func;
            made?;
            return Ok(self.enter(id, self.gate(id, self.publish(&translator.encoder))));
        }
        let bytes = func.size_bytes();
        let made = self.begin_partly(guest, id, func, translator);
        if made.is_err() {
            self.counters.waiting_bytes.fetch_sub(bytes, Ordering::Relaxed);
        }
        made
    }

    /// Whether `func` may wait; its bytes are counted then.
    fn reserve(&self, func: &Func) -> bool {
        let bytes = func.size_bytes();
        let reserved = self.counters.waiting_bytes.fetch_update(
            Ordering::Relaxed,
            Ordering::Relaxed,
            |waiting| waiting.checked_add(bytes).filter(|waiting| *waiting <= WAITING_BYTES_MAX),
        );
        reserved.is_ok()
    }

    /// Encodes the entry of `func`; the rest waits. On an error it does not.
    fn begin_partly(
        &self,
        guest: &dyn Functions,
        id: FuncId,
        func: Func,
        translator: &mut Translator,
    ) -> Result<*const Word, CodeError> {
        let outlined = Outlined::new(guest.interface(), id, func).map_err(CodeError::Refused)?;
        let outlined = Box::new(outlined);
        let layout = Layout::of(guest.interface(), outlined.func())?;
        let owned = Box::into_raw(Box::new(Function::new(id, layout, outlined.func())));
        // SAFETY: just made; stubs name it, and it stays where it is.
        let function = unsafe { &*owned };
        let made = self.encode_blocks(function, &outlined, Wanted::Entry, translator);
        let Ok(made) = made else {
            // SAFETY: nobody has seen it.
            drop(unsafe { Box::from_raw(owned) });
            return made;
        };
        function.put_back(outlined, &self.counters.waiting_bytes);
        let made = self.gate(id, made);
        let entered = self.enter(id, made);
        if entered != made {
            function.forget(&self.counters.waiting_bytes);
            // SAFETY: stubs name it in a chunk that nobody enters.
            drop(unsafe { Box::from_raw(owned) });
            return Ok(entered);
        }
        self.counters.count_partial(function.size_bytes());
        self.keep(owned);
        Ok(entered)
    }

    /// The function is freed with the code.
    fn keep(&self, function: *mut Function) {
        let mut next = self.partial.load(Ordering::Acquire);
        loop {
            // SAFETY: the function lives, and will as long as the code.
            unsafe { (*function).next.store(next, Ordering::Relaxed) };
            let raced =
                self.partial.compare_exchange(next, function, Ordering::AcqRel, Ordering::Acquire);
            match raced {
                Ok(_) => return,
                Err(newer) => next = newer,
            }
        }
    }

    /// The code of `block` of a function of this program, encoded now if nobody did before.
    #[cold]
    pub(crate) fn block(
        &self,
        function: &Function,
        block: Block,
        translator: &mut Translator,
    ) -> Result<*const Word, CodeError> {
        self.counters.count_stub();
        let known = function.known(block);
        if !known.is_null() {
            return Ok(known);
        }
        let made = match function.take() {
            Some(outlined) => {
                let wanted = Wanted::One(block);
                let made = self.encode_blocks(function, &outlined, wanted, translator);
                function.put_back(outlined, &self.counters.waiting_bytes);
                made
            }
            None => self.complete(function, translator),
        };
        made?;
        Ok(function.known(block))
    }

    /// Another thread has the dMIR: makes it anew and encodes all that is missing.
    fn complete(
        &self,
        function: &Function,
        translator: &mut Translator,
    ) -> Result<*const Word, CodeError> {
        let Program::Functions { guest } = &self.program else {
            return Err(CodeError::Unsupported("blocks of a program that has no functions"));
        };
        let mut func = mem::take(&mut translator.func);
        func.clear();
        guest.lower(function.id(), &mut func);
        let outlined = Outlined::new(guest.interface(), function.id(), func);
        let outlined = outlined.map_err(CodeError::Refused)?;
        let made = self.encode_blocks(function, &outlined, Wanted::Missing, translator);
        translator.func = outlined.into_func();
        made
    }

    /// Encodes and publishes blocks of `function`; says where the chunk begins.
    fn encode_blocks(
        &self,
        function: &Function,
        outlined: &Outlined,
        wanted: Wanted,
        translator: &mut Translator,
    ) -> Result<*const Word, CodeError> {
        let encoder = &mut translator.encoder;
        encoder.chunk(self, (function, outlined), wanted, &mut translator.room)?;
        let place = self.publish(encoder);
        for (block, start) in encoder.starts() {
            // SAFETY: the block begins inside of the chunk.
            function.publish(block, unsafe { place.add(start) });
        }
        Ok(place)
    }
}
