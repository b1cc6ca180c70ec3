//! rbpf behind safe functions: programs of RFC 9669 on memory that lies where the guest thinks it does.
//!
//! It translates no addresses, so an [`Arena`] is mapped at the addresses of our layout, and the same instructions run on both.
//! Its stack alone is its own: [`STACK_BYTES`] for all frames. It counts no units, so what does not end never returns.

use std::{
    ops::Range,
    panic::{AssertUnwindSafe, catch_unwind},
    ptr::NonNull,
};

use rbpf::EbpfVmMbuff;
use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous, munmap};

/// Bytes of its stack, for all frames.
pub const STACK_BYTES: usize = 512;
/// Functions inside the first one.
pub const CALLS_MAX: usize = 8;
/// A host function.
pub type Helper = fn(u64, u64, u64, u64, u64) -> u64;

/// Memory at given addresses.
#[derive(Debug)]
pub struct Arena {
    start: NonNull<u8>,
    len: usize,
}

impl Arena {
    /// Zeros at `start`, which is the first byte of a page.
    ///
    /// # Errors
    ///
    /// When something is there already.
    pub fn new(start: u64, len: usize) -> Result<Self, String> {
        let flags = MapFlags::PRIVATE | MapFlags::FIXED_NOREPLACE | MapFlags::NORESERVE;
        let at = std::ptr::without_provenance_mut(start as usize);
        // SAFETY: nothing that is mapped is replaced.
        let mapped = unsafe { mmap_anonymous(at, len, ProtFlags::READ | ProtFlags::WRITE, flags) };
        let mapped = mapped.map_err(|error| format!("{len} bytes at {start:#x}: {error}"))?;
        let start = NonNull::new(mapped.cast()).ok_or("no address")?;
        Ok(Self { start, len })
    }

    /// Its bytes.
    pub fn bytes(&mut self) -> &mut [u8] {
        // SAFETY: they are mapped for as long as `self` lives, which nobody else looks at meanwhile.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.len) }
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        // SAFETY: mapped by `new`, and no slice of it outlives `self`.
        let unmapped = unsafe { munmap(self.start.as_ptr().cast(), self.len) };
        debug_assert!(unmapped.is_ok(), "pages of our own");
    }
}

/// The 32 bytes at an address that a helper was given: of the arena, or of the peer's stack.
#[must_use]
pub fn word_at(address: u64) -> [u8; 32] {
    // SAFETY: measured programs, which come with the benchmarks, give helpers 32 bytes of theirs.
    unsafe { std::ptr::with_exposed_provenance::<[u8; 32]>(address as usize).read_unaligned() }
}

/// Writes 32 bytes there.
pub fn set_word_at(address: u64, word: [u8; 32]) {
    // SAFETY: the same; while a program runs nobody holds a reference to them.
    unsafe {
        std::ptr::with_exposed_provenance_mut::<[u8; 32]>(address as usize).write_unaligned(word);
    }
}

/// A program that passed its verifier.
pub struct Program<'t> {
    vm: EbpfVmMbuff<'t>,
}

impl<'t> Program<'t> {
    /// The program of `text`, whose functions have frames of `FRAME` bytes, and its helpers by number.
    ///
    /// # Errors
    ///
    /// What the verifier says.
    pub fn new<const FRAME: u16>(
        text: &'t [u8],
        helpers: &[(u32, Helper)],
    ) -> Result<Self, String> {
        let mut vm = EbpfVmMbuff::new(None).map_err(|error| error.to_string())?;
        let done = vm.set_stack_usage_calculator(|_, _, _| FRAME, Box::new(()));
        done.map_err(|error| error.to_string())?;
        for (number, helper) in helpers {
            vm.register_helper(*number, *helper).map_err(|error| error.to_string())?;
        }
        vm.set_program(text).map_err(|error| error.to_string())?;
        Ok(Self { vm })
    }

    /// Makes machine code of it, which checks no access.
    ///
    /// # Errors
    ///
    /// What the compiler says, which panics at some programs.
    pub fn compile(&mut self) -> Result<(), String> {
        let vm = AssertUnwindSafe(&mut self.vm);
        let done = catch_unwind(|| { vm }.jit_compile().map_err(|error| error.to_string()));
        done.unwrap_or_else(|_| Err("its compiler panics".into()))
    }

    /// Runs it in the interpreter: it may access what is in the arena from `input.start - before` to the input's end.
    ///
    /// # Errors
    ///
    /// How the run ended, if not well.
    pub fn interpret(
        &self,
        arena: &mut Arena,
        before: usize,
        input: Range<usize>,
    ) -> Result<u64, String> {
        let all = &arena.bytes()[input.start - before..input.end];
        let done = self.vm.execute_program(all, &all[before..]);
        done.map_err(|error| error.to_string())
    }

    /// Runs its machine code, on what the interpreter has run to a good end.
    ///
    /// # Errors
    ///
    /// How the run ended, if not well.
    pub fn run_compiled(&self, arena: &mut Arena, input: Range<usize>) -> Result<u64, String> {
        let (before, rest) = arena.bytes().split_at_mut(input.start);
        // SAFETY: it accesses nothing but the arena and its frames, as the interpreter has seen.
        let done = unsafe { self.vm.execute_program_jit(before, &mut rest[..input.len()]) };
        done.map_err(|error| error.to_string())
    }
}
