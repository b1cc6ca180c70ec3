//! A counter that outlives its calls: the twin of `examples/ebpf/counter.c`, with the same input, answers, errors and state.
#![no_std]

use lockstep_sdk::{
    entrypoint, set_return_data, storage_delete, storage_read, storage_write, word,
};

const KEY: &[u8] = b"count";

/// Why it does not count.
enum Error {
    Input = 1,
    Overflow = 2,
    State = 3,
}

impl From<Error> for u64 {
    #[inline(always)]
    fn from(error: Error) -> Self {
        error as Self
    }
}

fn stored() -> Result<u64, Error> {
    let mut bytes = [0; 8];
    match storage_read(KEY, &mut bytes) {
        0 | 8 => Ok(u64::from_le_bytes(bytes)),
        _ => Err(Error::State),
    }
}

fn count(input: &mut [u8]) -> Result<(), Error> {
    let count = match *input {
        [0] => stored()?,
        [] | [1] => {
            let count = stored()?.checked_add(1).ok_or(Error::Overflow)?;
            storage_write(KEY, &count.to_le_bytes());
            count
        }
        [2] => {
            storage_delete(KEY);
            0
        }
        _ => return Err(Error::Input),
    };
    set_return_data(&word(count));
    Ok(())
}

entrypoint!(count);

#[cfg(test)]
mod tests {
    use lockstep_sdk::testing::{Chain, Trap};

    use super::*;

    #[test]
    fn three_calls_are_three() {
        let mut chain = Chain::default();
        for input in [&[][..], &[1], &[]] {
            assert_eq!(chain.call(entrypoint, input).status(), Some(0));
        }
        assert_eq!(chain.call(entrypoint, &[0]).output, word(3));
        assert_eq!(chain.stored(KEY), Some(&3_u64.to_le_bytes()[..]));
        assert_eq!(chain.call(entrypoint, &[2]).output, word(0));
        assert_eq!(chain.stored(KEY), None);
    }

    #[test]
    fn what_is_wrong_changes_nothing() {
        let mut chain = Chain::default();
        for input in [&[3][..], &[1, 1]] {
            assert_eq!(chain.call(entrypoint, input).status(), Some(1));
        }
        let key = (chain.contract, KEY.into());
        chain.storage.insert(key.clone(), u64::MAX.to_le_bytes().into());
        assert_eq!(chain.call(entrypoint, &[]).status(), Some(2));
        chain.storage.insert(key.clone(), [1].into());
        assert_eq!(chain.call(entrypoint, &[]).status(), Some(3));
        chain.storage.insert(key, [1; 9].into());
        assert_eq!(chain.call(entrypoint, &[]).end, Err(Trap::BufferTooSmall));
    }
}
