//! What a share comes to: the twin of `examples/ebpf/share.c`, with the same input, answers and errors.
#![no_std]

use lockstep_sdk::{entrypoint, mul_div, set_return_data, take, word};

/// Why there is no answer.
enum Error {
    Input = 1,
    Range = 2,
}

impl From<Error> for u64 {
    #[inline(always)]
    fn from(error: Error) -> Self {
        error as Self
    }
}

#[inline(always)]
fn number(input: &[u8]) -> Result<(u64, &[u8]), Error> {
    let (bytes, rest) = take(input).ok_or(Error::Input)?;
    Ok((u64::from_le_bytes(bytes), rest))
}

fn share(input: &mut [u8]) -> Result<(), Error> {
    let (amount, rest) = number(input)?;
    let (part, rest) = number(rest)?;
    let (whole, rest) = number(rest)?;
    if !rest.is_empty() {
        return Err(Error::Input);
    }
    set_return_data(&word(mul_div(amount, part, whole).ok_or(Error::Range)?));
    Ok(())
}

entrypoint!(share);

#[cfg(test)]
mod tests {
    use lockstep_sdk::testing::Chain;

    use super::*;

    #[test]
    fn a_third_of_much_is_a_third() {
        let mut chain = Chain::default();
        let input = [u64::MAX, 2, 6].map(u64::to_le_bytes).concat();
        assert_eq!(chain.call(entrypoint, &input).output, word(u64::MAX / 3));
        assert_eq!(chain.call(entrypoint, &input[1..]).status(), Some(1));
        assert_eq!(chain.call(entrypoint, &[0; 24]).status(), Some(2));
    }
}
