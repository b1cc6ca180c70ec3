//! Why a guest can be stopped against its will: one row per reason, with a stable number and name.

use core::fmt;

macro_rules! traps {
    ($($(#[doc = $doc:literal])+ $name:ident = $number:literal, $text:literal;)*) => {
        /// The reason a guest was stopped. Numbers and names are stable: they appear in text, JSON and C.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Trap {
            $($(#[doc = $doc])+ $name = $number,)*
        }

        impl Trap {
            /// Every reason, in the order of its number.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The stable name.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }

            /// The reason with this number.
            pub const fn from_number(number: u8) -> Option<Self> {
                match number {
                    $($number => Some(Self::$name),)*
                    _ => None,
                }
            }
        }
    };
}

traps! {
    /// The counter would have gone below zero.
    OutOfGas = 1, "out_of_gas";
    /// The operand stack held fewer words than the instruction takes.
    StackUnderflow = 2, "stack_underflow";
    /// The operand stack would have exceeded its limit.
    StackOverflow = 3, "stack_overflow";
    /// A jump to a place that is no jump destination.
    InvalidJump = 4, "invalid_jump";
    /// An opcode that the rules in force do not define.
    UndefinedOpcode = 5, "undefined_opcode";
    /// The designated invalid instruction (EIP-141), or Wasm's `unreachable`.
    Unreachable = 6, "unreachable";
    /// A write where only reading is allowed (EIP-214).
    StaticViolation = 7, "static_violation";
    /// A copy from beyond the end of the return data (EIP-211).
    ReturnDataOutOfBounds = 8, "return_data_out_of_bounds";
    /// Initialization code longer than allowed (EIP-3860).
    InitCodeTooLarge = 9, "init_code_too_large";
    /// Code to be deployed is longer than allowed (EIP-170).
    CodeTooLarge = 10, "code_too_large";
    /// Code to be deployed begins with a byte that is reserved (EIP-3541).
    ReservedCodePrefix = 11, "reserved_code_prefix";
    /// An account to be created already has code, a nonce or storage (EIP-684, EIP-7610).
    AddressCollision = 12, "address_collision";
    /// A nonce that cannot grow any more (EIP-2681).
    NonceOverflow = 13, "nonce_overflow";
    /// A precompiled contract refused its input.
    PrecompileFailed = 14, "precompile_failed";
    /// Nesting deeper than the rules allow.
    DepthExceeded = 15, "depth_exceeded";
    /// An access outside the memory.
    MemoryOutOfBounds = 16, "memory_out_of_bounds";
    /// A checked division by zero.
    DivideByZero = 17, "divide_by_zero";
    /// A checked result that does not fit its type.
    IntegerOverflow = 18, "integer_overflow";
    /// A checked conversion of a number that is none.
    InvalidConversion = 19, "invalid_conversion";
    /// More value sent than the account holds.
    InsufficientBalance = 20, "insufficient_balance";
    /// An access outside a table.
    TableOutOfBounds = 21, "table_out_of_bounds";
    /// A call through a table beyond its end.
    UndefinedElement = 22, "undefined_element";
    /// A call through a table where it holds null.
    UninitializedElement = 23, "uninitialized_element";
    /// A call through a table of a function with other types.
    SignatureMismatch = 24, "signature_mismatch";
    /// A host function refused its arguments; the host says why.
    HostRefused = 25, "host_refused";
}

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_are_unique_and_read_back() {
        for (i, trap) in Trap::ALL.iter().enumerate() {
            assert_eq!(*trap as usize, i + 1);
            assert_eq!(Trap::from_number(*trap as u8), Some(*trap));
            assert_eq!(Trap::ALL.iter().filter(|other| other.name() == trap.name()).count(), 1);
        }
        assert_eq!(Trap::from_number(0), None);
    }
}
