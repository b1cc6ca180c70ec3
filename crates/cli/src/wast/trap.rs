//! What scripts call traps.

use lockstep::Trap;

/// Each trap with what scripts expect to read when it happens: the specification's reference interpreter says so.
const MESSAGES: &[(Trap, &str)] = &[
    (Trap::Unreachable, "unreachable"),
    (Trap::DivideByZero, "integer divide by zero"),
    (Trap::IntegerOverflow, "integer overflow"),
    (Trap::InvalidConversion, "invalid conversion to integer"),
    (Trap::MemoryOutOfBounds, "out of bounds memory access"),
    (Trap::TableOutOfBounds, "out of bounds table access"),
    (Trap::UndefinedElement, "undefined element"),
    (Trap::UninitializedElement, "uninitialized element"),
    (Trap::SignatureMismatch, "indirect call type mismatch"),
    (Trap::DepthExceeded, "call stack exhausted"),
];

/// Whether a script that expects `message` expects `trap`. Scripts may say more: `uninitialized element 2`.
pub(super) fn is_expected(trap: Trap, message: &str) -> bool {
    MESSAGES.iter().any(|(known, text)| *known == trap && message.starts_with(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_trap_has_messages_of_its_own() {
        assert!(is_expected(Trap::UninitializedElement, "uninitialized element 2"));
        assert!(!is_expected(Trap::UndefinedElement, "uninitialized element"));
        assert!(!is_expected(Trap::OutOfGas, ""));
        for (trap, text) in MESSAGES {
            let expected = Trap::ALL.iter().filter(|other| is_expected(**other, text));
            assert_eq!(expected.collect::<Vec<_>>(), [trap]);
        }
    }
}
