//! How functions of a guest begin, and how blocks of them come later.

use alloc::{boxed::Box, sync::Arc};
use core::{ptr, sync::atomic::Ordering};

use lockstep_ir::{Block, Func, FuncId, Functions, Outlined, verify_function};

use super::{Code, CodeError, Function, Program, Word, spare::Spares};
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
    /// Lowers function `id`, if it was never called, and encodes what this call of it needs: for the first call of a large
    /// one just that, and the function has no entry yet.
    pub(super) fn begin(
        &self,
        guest: &dyn Functions,
        id: FuncId,
        translator: &mut Translator,
    ) -> Result<*const Word, CodeError> {
        if let Some(function) = self.begun(id) {
            return match function.draft.runs_again() {
                Some(place) => Ok(place),
                None => self.encode_entry(function, translator),
            };
        }
        let mut func = translator.take_func();
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
        match self.begin_partly(guest, id, func, &translator.spares) {
            Ok(function) => match self.write_once(function, (Block(0), true), translator) {
                Some(place) => {
                    let place = self.gate(id, place);
                    function.draft.write(place);
                    Ok(place)
                }
                None => self.encode_entry(function, translator),
            },
            Err(error) => {
                self.counters.waiting_bytes.fetch_sub(bytes, Ordering::Relaxed);
                Err(error)
            }
        }
    }

    /// Function `id`, if it is one of which a part is translated.
    fn begun(&self, id: FuncId) -> Option<&Function> {
        let function = self.partial[id.0 as usize].load(Ordering::Acquire);
        // SAFETY: what is in the table lives as long as the code.
        unsafe { function.as_ref() }
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

    /// Lets `func` wait for somebody to encode it. On an error it does not.
    fn begin_partly(
        &self,
        guest: &dyn Functions,
        id: FuncId,
        func: Func,
        spares: &Arc<Spares>,
    ) -> Result<&Function, CodeError> {
        let outlined = Outlined::new(guest.interface(), id, func).map_err(CodeError::Refused)?;
        let outlined = Box::new(outlined);
        let layout = Layout::of(guest.interface(), outlined.func())?;
        let owned = Box::new(Function::new(id, layout, outlined.func(), spares));
        owned.put_back(outlined, &self.counters.waiting_bytes);
        let bytes = owned.size_bytes();
        let owned = Box::into_raw(owned);
        let raced = self.partial[id.0 as usize].compare_exchange(
            ptr::null_mut(),
            owned,
            Ordering::AcqRel,
            Ordering::Acquire,
        );
        if let Err(theirs) = raced {
            // SAFETY: nobody has seen ours, and theirs lives as long as the code.
            return Ok(unsafe {
                let owned = Box::from_raw(owned);
                owned.forget(&self.counters.waiting_bytes);
                &*theirs
            });
        }
        self.counters.count_partial(bytes);
        // SAFETY: just made; it stays where it is, and is freed with the code.
        Ok(unsafe { &*owned })
    }

    /// Encodes where `function` begins, for all calls to come.
    fn encode_entry(
        &self,
        function: &Function,
        translator: &mut Translator,
    ) -> Result<*const Word, CodeError> {
        let id = function.id();
        let made = match function.take() {
            Some(outlined) => {
                let made = self.encode_blocks(function, &outlined, Wanted::Entry, translator);
                function.put_back(outlined, &self.counters.waiting_bytes);
                made
            }
            None => self.anew(function, Wanted::Entry, translator),
        };
        Ok(self.enter(id, self.gate(id, made?)))
    }

    /// Writes a block of `function` for its first runs, with the function's beginning where it is the entry; nothing where it
    /// cannot be, or another thread has the dMIR.
    fn write_once(
        &self,
        function: &Function,
        (block, is_entry): (Block, bool),
        translator: &mut Translator,
    ) -> Option<*const Word> {
        if !function.begins(block) {
            return None;
        }
        let outlined = function.take()?;
        let encoder = &mut translator.encoder;
        let written =
            encoder.once(self, (function, &outlined), (block, is_entry), &mut translator.room);
        function.put_back(outlined, &self.counters.waiting_bytes);
        // Whatever is wrong, or too large without a plan, is found or encoded with one.
        let is_written = written.unwrap_or(false);
        is_written.then(|| {
            self.counters.count_once(encoder.starts().count());
            let place = self.keep(encoder);
            for (block, start) in encoder.starts() {
                // SAFETY: the block begins inside of the chunk.
                function.draft(block).write(unsafe { place.add(start) });
            }
            place
        })
    }

    /// The code of `block` of a function of this program, encoded now if nobody did before; what was written for its first
    /// runs while it had few of them, and then it is no known block of the function.
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
        let run = self.write_once(function, (block, false), translator);
        if let Some(place) = run.or_else(|| function.draft(block).runs_again()) {
            return Ok(place);
        }
        let made = match function.take() {
            Some(outlined) => {
                let wanted = Wanted::One(block);
                let made = self.encode_blocks(function, &outlined, wanted, translator);
                function.put_back(outlined, &self.counters.waiting_bytes);
                made
            }
            None => self.anew(function, Wanted::Missing, translator),
        };
        made?;
        Ok(function.known(block))
    }

    /// Another thread has the dMIR: makes it anew and encodes what is wanted.
    fn anew(
        &self,
        function: &Function,
        wanted: Wanted,
        translator: &mut Translator,
    ) -> Result<*const Word, CodeError> {
        let Program::Functions { guest } = &self.program else {
            return Err(CodeError::Unsupported("blocks of a program that has no functions"));
        };
        let mut func = translator.take_func();
        guest.lower(function.id(), &mut func);
        let outlined = Outlined::new(guest.interface(), function.id(), func);
        let outlined = outlined.map_err(CodeError::Refused)?;
        let made = self.encode_blocks(function, &outlined, wanted, translator);
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
