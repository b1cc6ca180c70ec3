//! Running code over a context, and translating what it reaches.

use alloc::{boxed::Box, sync::Arc};
use core::{cell::RefCell, mem};

use lockstep_base::{U256, modular::Products};
use lockstep_ir::{Block, Func, Head, Room, Trap, evaluate::Range};
#[cfg(feature = "native")]
use lockstep_rt::native::{Above, Resumed};
use lockstep_rt::{Context, Stop};

use crate::{
    code::{Code, CodeError, Function, Spares, Word},
    dispatch::{Outcome, drive},
    encode::Encoder,
};

/// Where a function's results begin in its frame, in slots; its arguments follow.
pub const RESULTS: usize = crate::handler::host::FRAME_HEADER as usize;

/// What translating needs and keeps between functions: one for each thread that runs code.
#[derive(Default)]
pub struct Translator {
    pub(crate) func: Func,
    pub(crate) spares: Arc<Spares>,
    pub(crate) room: Room,
    pub(crate) encoder: Encoder,
    products: Products,
}

// SAFETY: words that its buffers keep from a translation before are written anew by the next one, never followed.
unsafe impl Send for Translator {}

impl Translator {
    /// An empty buffer of dMIR.
    pub(crate) fn take_func(&mut self) -> Func {
        let mut func = mem::take(&mut self.func);
        if func.size_bytes() == 0 {
            return self.spares.take();
        }
        func.clear();
        func
    }
}

impl core::fmt::Debug for Translator {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Translator").finish_non_exhaustive()
    }
}

/// How an activation of interpreted code ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finish {
    /// The guest ended by itself.
    Exit {
        /// Whether its writes are to be undone.
        revert: bool,
        /// Where its output is.
        output: Range,
    },
    /// The guest trapped.
    Trap(Trap),
    /// A host function stopped it.
    Stop(Stop),
    /// The entry function returned; its results lie in the frame from slot [`RESULTS`] on.
    Values,
    /// The program cannot run on this tier.
    Refused(CodeError),
}

/// One run of a program: what the tier keeps beside the context.
pub struct Activation<'a> {
    pub(crate) code: &'a Code,
    pub(crate) translator: &'a RefCell<Translator>,
    pub(crate) trap: Trap,
    pub(crate) output: Range,
    /// How the code is to be left, where a call says so by a null.
    pub(crate) outcome: Outcome,
    error: Option<CodeError>,
    twin: Option<Box<[Word]>>,
    /// Gas that the counter holds at most when it runs out, all of it where nobody is above.
    pub(crate) slice: i64,
    /// Charges that are still to be made one by one.
    pub(crate) looks: u32,
    /// Who may take functions.
    #[cfg(feature = "native")]
    pub(crate) above: Option<&'a dyn Above>,
}

/// Whoever may take functions of a program, if somebody may.
#[cfg(feature = "native")]
pub(crate) type Up<'a> = Option<&'a dyn Above>;

/// Nobody can.
#[cfg(not(feature = "native"))]
pub(crate) type Up<'a> = Option<core::marker::PhantomData<&'a ()>>;

impl core::fmt::Debug for Activation<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Activation").finish_non_exhaustive()
    }
}

/// Runs `code` from its entry (for a module, function `function`, whose arguments already lie in the frame). Afterwards
/// `context.gas` is what is left.
///
/// # Safety
///
/// `context` and `frame` are what `lockstep_rt::enter` made for the interface of `code`.
pub unsafe fn run(
    code: &Code,
    translator: &RefCell<Translator>,
    context: &mut Context,
    frame: *mut u64,
    function: u32,
) -> Finish {
    // SAFETY: the caller's promise.
    unsafe { run_below(code, (translator, None), context, frame, function) }
}

/// The same below a tier that may take functions.
///
/// # Safety
///
/// As for [`run`].
pub(crate) unsafe fn run_below(
    code: &Code,
    (translator, above): (&RefCell<Translator>, Up<'_>),
    context: &mut Context,
    frame: *mut u64,
    function: u32,
) -> Finish {
    let entry = code.function(function, &mut translator.borrow_mut());
    match entry {
        // SAFETY: `entry` is published code of a verified program; the rest is the caller's promise.
        Ok(entry) => unsafe { go(code, (translator, above), context, frame, entry) },
        Err(error) => Finish::Refused(error),
    }
}

/// Goes on at `place`, with the window's base at `base`. Afterwards `context.gas` is what is left.
///
/// # Safety
///
/// As for [`run`]; `base` lies in the window, and what is below is in use.
#[cfg(feature = "native")]
pub(crate) unsafe fn resume(
    code: &Code,
    (translator, above): (&RefCell<Translator>, Up<'_>),
    context: &mut Context,
    base: *mut u64,
    place: Resumed,
) -> Finish {
    let head = match place {
        Resumed::At(head) => head,
        Resumed::To(word) => match u32::try_from(word) {
            Ok(number) if code.is_jump_target(number) => Head(number),
            _ => return Finish::Trap(Trap::InvalidJump),
        },
    };
    let entry = code.head(head, &mut translator.borrow_mut());
    match entry {
        // SAFETY: as in `run`.
        Ok(entry) => unsafe { go(code, (translator, above), context, base, entry) },
        Err(error) => Finish::Refused(error),
    }
}

/// # Safety
///
/// As for [`run`]; `entry` is published code of the program.
unsafe fn go(
    code: &Code,
    (translator, above): (&RefCell<Translator>, Up<'_>),
    context: &mut Context,
    frame: *mut u64,
    entry: *const Word,
) -> Finish {
    #[cfg(feature = "native")]
    let slice = above.map_or(i64::MAX, |above| above.slice() as i64);
    #[cfg(not(feature = "native"))]
    let slice = i64::MAX;
    let mut activation = Activation {
        slice,
        looks: 0,
        code,
        translator,
        trap: Trap::Unreachable,
        output: Range::EMPTY,
        outcome: Outcome::Trap,
        error: None,
        twin: None,
        #[cfg(feature = "native")]
        above,
    };
    #[cfg(not(feature = "native"))]
    let _ = above;
    let gas = context.gas.min(slice);
    // Code that called us through others has a reserve of its own; what it holds back is in the context's gas now.
    let outer_reserve = core::mem::replace(&mut context.reserve, context.gas.wrapping_sub(gas));
    let outer = core::mem::replace(&mut context.tier, core::ptr::from_mut(&mut activation).cast());
    // SAFETY: the caller's promise.
    let outcome = unsafe { drive(entry, frame, gas, context) };
    context.tier = outer;
    context.reserve = outer_reserve;
    match outcome {
        Outcome::Return | Outcome::Revert => {
            Finish::Exit { revert: outcome == Outcome::Revert, output: activation.output }
        }
        Outcome::Trap => match activation.error.take() {
            Some(error) => Finish::Refused(error),
            None => Finish::Trap(activation.trap),
        },
        Outcome::Stop => Finish::Stop(context.stop),
        Outcome::Values => Finish::Values,
    }
}

impl Activation<'_> {
    /// The code of `head`, translated now if need be.
    pub(crate) fn resolve(&mut self, head: Head) -> Result<*const Word, Outcome> {
        let made = self.code.head(head, &mut self.translator.borrow_mut());
        made.map_err(|error| self.refuse(error))
    }

    /// The code of function `index`.
    pub(crate) fn function(&mut self, index: u32) -> Result<*const Word, Outcome> {
        let made = self.code.function(index, &mut self.translator.borrow_mut());
        made.map_err(|error| self.refuse(error))
    }

    /// The code of `block` of a function of this program.
    pub(crate) fn block(
        &mut self,
        function: &Function,
        block: Block,
    ) -> Result<*const Word, Outcome> {
        let made = self.code.block(function, block, &mut self.translator.borrow_mut());
        made.map_err(|error| self.refuse(error))
    }

    /// The twin of the block at `head` for a window of `height_bytes`; it ends in a trap, so one is enough.
    #[cold]
    pub(crate) fn twin(&mut self, head: Head, height_bytes: usize) -> Result<*const Word, Outcome> {
        let slot_bytes =
            self.code.interface().window.map_or(8, |window| window.ty.slots() as usize * 8);
        // The window holds at most 2^16 slots, and the block before kept to it.
        let height = (height_bytes / slot_bytes) as u16;
        let words = self.code.twin(head, height, &mut self.translator.borrow_mut());
        match words {
            Ok(words) => Ok(self.twin.insert(words).as_ptr()),
            Err(error) => Err(self.refuse(error)),
        }
    }

    #[cold]
    pub(crate) fn refuse(&mut self, error: CodeError) -> Outcome {
        self.error = Some(error);
        Outcome::Trap
    }

    /// `(a * b) mod modulus`, with what was kept of the moduli before.
    #[inline(always)]
    pub(crate) fn mul_mod(&mut self, a: U256, b: U256, modulus: U256) -> U256 {
        self.translator.borrow_mut().products.mul_mod(a, b, modulus)
    }
}
