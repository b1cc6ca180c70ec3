//! Where a contract begins.

/// What a contract returns when all is well.
pub const OK: u64 = 0;

/// The number that a result is for the host: [`OK`], or the error's; an error whose number is zero counts as 1.
#[inline(always)]
pub fn status<E: Into<u64>>(result: Result<(), E>) -> u64 {
    match result {
        Ok(()) => OK,
        Err(error) => match error.into() {
            OK => 1,
            number => number,
        },
    }
}

/// Makes a function the contract's entry: `fn(&mut [u8]) -> Result<(), E>`, where an `E` becomes a number.
///
/// The slice is the input, and the contract's to write to. `Ok` keeps what the contract did, an error undoes it. In tests it
/// is `fn entrypoint(input: &mut [u8]) -> u64`, which [`testing::Chain::call`](crate::testing::Chain::call) takes.
#[macro_export]
macro_rules! entrypoint {
    ($handler:path) => {
        /// The contract's entry.
        ///
        /// # Safety
        ///
        /// `input` is the place of `len` bytes that belong to the contract.
        #[cfg(any(target_arch = "bpf", lockstep_program))]
        #[no_mangle]
        pub unsafe extern "C" fn entrypoint(input: *mut u8, len: u64) -> u64 {
            // SAFETY: the caller's promise.
            unsafe { $crate::enter(input, len, $handler) }
        }

        /// The contract's entry.
        #[cfg(not(any(target_arch = "bpf", lockstep_program)))]
        #[allow(unreachable_pub)]
        pub fn entrypoint(input: &mut [u8]) -> u64 {
            $crate::status($handler(input))
        }
    };
}

/// Calls `handler` with the input.
///
/// # Safety
///
/// `input` is the place of `len` bytes that belong to the contract.
#[doc(hidden)]
#[inline(always)]
pub unsafe fn enter<E: Into<u64>>(
    input: *mut u8,
    len: u64,
    handler: impl FnOnce(&mut [u8]) -> Result<(), E>,
) -> u64 {
    // SAFETY: the caller's promise; the host never gives a null pointer.
    status(handler(unsafe { core::slice::from_raw_parts_mut(input, len as usize) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_never_zero() {
        assert_eq!(status::<u64>(Ok(())), 0);
        assert_eq!([status(Err(7_u64)), status(Err(0_u64)), status(Err(9_u8))], [7, 1, 9]);
    }
}
