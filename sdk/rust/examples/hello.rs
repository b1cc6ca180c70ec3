//! Says hello to whoever calls, or to the name that the input holds: the twin of `examples/ebpf/hello.c`.
//!
//! Errors: 1 the name is longer than 32 bytes. A name that is not UTF-8 ends the contract.
#![no_std]

use lockstep_sdk::{entrypoint, log_bytes};

const HELLO: &str = "Hello, ";
const NAME_BYTES_MAX: usize = 32;

const ERROR_NAME_TOO_LONG: u64 = 1;

fn hello(input: &mut [u8]) -> Result<(), u64> {
    let name: &[u8] = if input.is_empty() { b"world" } else { input };
    let mut text = [0; HELLO.len() + NAME_BYTES_MAX];
    if name.len() > NAME_BYTES_MAX {
        return Err(ERROR_NAME_TOO_LONG);
    }
    for (to, from) in text.iter_mut().zip(HELLO.bytes().chain(name.iter().copied())) {
        *to = from;
    }
    let text = text.get(..HELLO.len() + name.len()).unwrap_or_default();
    log_bytes(text);
    Ok(())
}

entrypoint!(hello);

#[cfg(test)]
mod tests {
    use lockstep_sdk::testing::{Chain, Trap};

    use super::*;

    #[test]
    fn it_says_hello_to_names_of_its_size() {
        let mut chain = Chain::default();
        let mut say = |name: &[u8]| chain.call(entrypoint, name).end;
        let ends = [say(b""), say(b"Bob"), say(&[b'x'; 32]), say(&[b'x'; 33]), say(b"\xff")];
        assert_eq!(ends, [Ok(0), Ok(0), Ok(0), Ok(1), Err(Trap::InvalidText)]);
        assert_eq!(chain.log[..2], ["Hello, world", "Hello, Bob"]);
        assert_eq!((chain.log.len(), chain.log[2].len()), (3, 39));
    }
}
