//! Why bytes are refused as a program.

use core::fmt;

/// A program was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadError {
    /// Where: a byte of the file, or for [`LoadErrorKind::Rule`] of the program's text.
    pub offset: usize,
    /// The reason.
    pub kind: LoadErrorKind,
}

/// Why a program was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoadErrorKind {
    /// The bytes are no ELF file of the kind that we take.
    Malformed(String),
    /// An instruction breaks a rule of the verifier.
    Rule(Rule),
    /// A relocation that cannot be carried out.
    Relocation(String),
    /// It calls what no host offers.
    UnknownFunction(String),
    /// There is no function to begin with, or not the one that was asked for.
    NoEntry(String),
    /// It is larger than the engine takes.
    Limit {
        /// What there is too much of.
        what: &'static str,
        /// How much the engine takes.
        limit: u64,
        /// How much there is.
        found: u64,
    },
}

macro_rules! rules {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal;)*) => {
        /// A rule of the verifier, by what breaks it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule {
            $($(#[doc = $doc])+ $name,)*
        }

        impl Rule {
            /// Every rule.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// What is wrong, in words.
            pub const fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

rules! {
    /// There are no instructions, or the last one is cut off.
    Length = "the text is empty or no multiple of 8 bytes";
    /// The dialect does not have the instruction.
    Opcode = "unknown instruction";
    /// Legacy packet access (RFC 9669 5.2), which is not offered.
    PacketAccess = "legacy packet access is not offered";
    /// There is no such destination register.
    Destination = "no such destination register";
    /// There is no such source register.
    SourceRegister = "no such source register";
    /// Writes to the frame pointer.
    FramePointer = "the frame pointer may not be written";
    /// Fields that mean nothing here are not zero.
    Reserved = "a reserved field is not zero";
    /// Shifts by as many bits as there are, or more.
    Shift = "shift by more bits than there are";
    /// Divides by a constant zero.
    ZeroDivisor = "division by zero";
    /// The second slot of a wide instruction is missing or is none.
    WideHalf = "a wide instruction lacks its second half";
    /// A kind of 64-bit immediate that is not offered.
    WideKind = "a kind of 64-bit immediate that is not offered";
    /// Swaps other widths than 16, 32 and 64.
    SwapWidth = "only 16, 32 and 64 bits can be swapped";
    /// Jumps out of the function.
    JumpOut = "jump out of the function";
    /// Jumps into a wide instruction.
    JumpInside = "jump into a wide instruction";
    /// Control can reach the end of the function.
    FallsThrough = "control runs past the end of the function";
    /// An operation on memory that is none.
    AtomicOperation = "no such atomic operation";
    /// A kind of call that is not offered.
    CallKind = "a kind of call that is not offered";
    /// Calls what is no instruction.
    CallTarget = "call of what is no instruction";
    /// Calls through a register that cannot hold a function.
    CallRegister = "no such register to call through";
    /// Moves the frame pointer by what is no multiple of 64.
    FrameAlignment = "the frame pointer moves by multiples of 64";
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            LoadErrorKind::Rule(rule) => {
                write!(f, "instruction {}: {}", self.offset / super::insn::SLOT_BYTES, rule.text())
            }
            LoadErrorKind::Malformed(text) => {
                write!(f, "at byte {:#x}: malformed program: {text}", self.offset)
            }
            LoadErrorKind::Relocation(text) => write!(f, "at byte {:#x}: {text}", self.offset),
            LoadErrorKind::UnknownFunction(name) => {
                let at = self.offset / super::insn::SLOT_BYTES;
                write!(f, "instruction {at}: calls {name}, which nothing here offers")
            }
            LoadErrorKind::NoEntry(text) => f.write_str(text),
            LoadErrorKind::Limit { what, limit, found } => {
                write!(f, "{what}: {found}, more than {limit}")
            }
        }
    }
}

impl core::error::Error for LoadError {}

/// Refuses `found` of `what` beyond `limit`.
pub(super) fn limit(what: &'static str, limit: u64, found: u64) -> Result<(), LoadError> {
    if found <= limit {
        return Ok(());
    }
    Err(LoadError { offset: 0, kind: LoadErrorKind::Limit { what, limit, found } })
}
