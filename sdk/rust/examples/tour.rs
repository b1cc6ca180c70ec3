//! A contract that makes every call of this crate once, and returns what it learnt.
//!
//! Input: whom to send 4 to (32 bytes), and a key. It returns the hash of the block, that of the transaction, its sender, the
//! contract, who called it; then numbers of 8 bytes, least significant first: the block's height; the amount sent along; what the contract holds before and after;
//! how long the value under the key is before it is written and after, and whether it was there when it was deleted; how long
//! what was returned before is; whether a call of whom it sent to succeeds.
#![no_std]

use lockstep_sdk::{
    balance, block_hash, block_height, call_value, caller, contract_hash, entrypoint, invoke, log,
    return_data, set_return_data, storage_delete, storage_read, storage_write, take, transfer,
    tx_hash, tx_sender, Address, ALL_UNITS,
};

/// Five times 32 bytes, and nine numbers.
const OUTPUT_BYTES: usize = 5 * 32 + 9 * 8;

/// What is returned, as it grows. A frame has 512 bytes: there is one such buffer, and no copy.
struct Output {
    bytes: [u8; OUTPUT_BYTES],
    len: usize,
}

impl Output {
    #[inline(always)]
    fn put(&mut self, bytes: &[u8]) {
        for (to, from) in self.bytes.iter_mut().skip(self.len).zip(bytes) {
            *to = *from;
        }
        self.len += bytes.len();
    }

    #[inline(always)]
    fn number(&mut self, number: u64) {
        self.put(&number.to_le_bytes());
    }
}

fn tour(input: &mut [u8]) -> Result<(), u64> {
    let (to, key) = take::<32>(input).ok_or(1_u64)?;
    let mut output = Output { bytes: [0; OUTPUT_BYTES], len: 0 };
    let me = contract_hash();
    output.put(&block_hash().0);
    output.put(&tx_hash().0);
    output.put(&tx_sender().0);
    output.put(&me.0);
    output.put(&caller().0);
    output.number(block_height());
    output.number(call_value());
    output.number(balance(&me));
    transfer(&Address(to), 4);
    output.number(balance(&me));
    let mut room = [0; 8];
    output.number(storage_read(key, &mut room) as u64);
    storage_write(key, b"hello");
    output.number(storage_read(key, &mut room) as u64);
    output.number(storage_delete(key).into());
    log("on tour");
    set_return_data(&room);
    output.number(return_data(&mut room).len as u64);
    output.number(invoke(&Address(to), key, 0, ALL_UNITS).into());
    set_return_data(&output.bytes);
    Ok(())
}

entrypoint!(tour);

#[cfg(test)]
mod tests {
    use lockstep_sdk::{testing::Chain, Hash};

    use super::*;

    #[test]
    fn every_call_answers() {
        let mut chain = Chain {
            contract: Address([7; 32]),
            sender: Address([3; 32]),
            tx_hash: Hash([2; 32]),
            block_hash: Hash([1; 32]),
            block_height: 12_345,
            call_value: 5,
            ..Chain::default()
        };
        chain.balances.insert(Address([7; 32]), 10);
        chain.contracts.insert(Address([9; 32]), |input| u64::from(input != b"k"));
        let mut input = [9; 33];
        input[32] = b'k';
        let outcome = chain.call(entrypoint, &input);
        assert_eq!(outcome.status(), Some(0));
        let numbers = [12_345, 5, 10, 6, 0, 5, 1, 8, 1_u64].map(u64::to_le_bytes).concat();
        let known = [[1; 32], [2; 32], [3; 32], [7; 32], [3; 32]].concat();
        assert_eq!(outcome.output, [known, numbers].concat());
        assert_eq!((&chain.log[..], chain.stored(b"k")), (&["on tour".into()][..], None));
        assert_eq!(chain.balances[&Address([9; 32])], 4);
    }
}
