//! A token: the twin of `examples/ebpf/token.c`, with the same functions, answers, errors and state.
#![no_std]

use lockstep_sdk::{
    caller, entrypoint, number, set_return_data, storage_delete, storage_read, storage_write, take,
    word, Address,
};

/// Why it refuses.
#[derive(Clone, Copy)]
enum Error {
    /// There is no such function.
    Selector = 1,
    /// The input is too short.
    Input = 2,
    /// An amount has more than 64 bits.
    Amount = 3,
    /// The supply would have more than 64 bits.
    Supply = 4,
    /// The holder has less.
    Balance = 5,
    /// The holder allowed less.
    Allowance = 6,
    /// Storage holds something else.
    State = 7,
}

/// Bytes of the longest key.
const KEY_BYTES: usize = 65;

/// A letter, and up to two addresses.
struct Key {
    bytes: [u8; KEY_BYTES],
    len: usize,
}

impl Key {
    #[inline(always)]
    fn of(letter: u8, addresses: &[&Address]) -> Self {
        let mut key = Self { bytes: [0; KEY_BYTES], len: 1 };
        key.bytes[0] = letter;
        for address in addresses {
            for (to, from) in key.bytes.iter_mut().skip(key.len).zip(&address.0) {
                *to = *from;
            }
            key.len += address.0.len();
        }
        key
    }

    #[inline(always)]
    fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    #[inline(never)]
    fn load(&self) -> Result<u64, Error> {
        let mut bytes = [0; 8];
        match storage_read(self.bytes(), &mut bytes) {
            0 | 8 => Ok(u64::from_le_bytes(bytes)),
            _ => Err(Error::State),
        }
    }

    #[inline(never)]
    fn store(&self, amount: u64) {
        if amount == 0 {
            storage_delete(self.bytes());
        } else {
            storage_write(self.bytes(), &amount.to_le_bytes());
        }
    }
}

#[inline(never)]
fn mint(to: &Address, amount: u64) -> Result<(), Error> {
    let (supply_key, balance_key) = (Key::of(b's', &[]), Key::of(b'b', &[to]));
    let (supply, balance) = (supply_key.load()?, balance_key.load()?);
    supply_key.store(supply.checked_add(amount).ok_or(Error::Supply)?);
    // The balances sum up to the supply.
    balance_key.store(balance.wrapping_add(amount));
    Ok(())
}

#[inline(never)]
fn send(from: &Address, to: &Address, amount: u64) -> Result<(), Error> {
    let (from_key, to_key) = (Key::of(b'b', &[from]), Key::of(b'b', &[to]));
    from_key.store(from_key.load()?.checked_sub(amount).ok_or(Error::Balance)?);
    to_key.store(to_key.load()?.wrapping_add(amount));
    Ok(())
}

#[inline(never)]
fn spend(holder: &Address, spender: &Address, amount: u64) -> Result<(), Error> {
    let key = Key::of(b'a', &[holder, spender]);
    key.store(key.load()?.checked_sub(amount).ok_or(Error::Allowance)?);
    Ok(())
}

/// An address, and what follows it.
#[inline(always)]
fn address(input: &[u8]) -> Result<(Address, &[u8]), Error> {
    let (bytes, rest) = take(input).ok_or(Error::Input)?;
    Ok((Address(bytes), rest))
}

#[inline(always)]
fn amount(input: &[u8]) -> Result<u64, Error> {
    let (bytes, _) = take(input).ok_or(Error::Input)?;
    number(&bytes).ok_or(Error::Amount)
}

fn answer(input: &[u8]) -> Result<u64, Error> {
    let (selector, rest) = take::<4>(input).ok_or(Error::Input)?;
    let me = caller();
    match u32::from_be_bytes(selector) {
        0x1816_0ddd => return Key::of(b's', &[]).load(),
        0x70a0_8231 => return Key::of(b'b', &[&address(rest)?.0]).load(),
        0xdd62_ed3e => {
            let (holder, rest) = address(rest)?;
            return Key::of(b'a', &[&holder, &address(rest)?.0]).load();
        }
        0xa071_2d68 => mint(&me, amount(rest)?)?,
        0xa905_9cbb => {
            let (to, rest) = address(rest)?;
            send(&me, &to, amount(rest)?)?;
        }
        0x095e_a7b3 => {
            let (spender, rest) = address(rest)?;
            Key::of(b'a', &[&me, &spender]).store(amount(rest)?);
        }
        0x23b8_72dd => {
            let (from, rest) = address(rest)?;
            let (to, rest) = address(rest)?;
            let amount = amount(rest)?;
            spend(&from, &me, amount)?;
            send(&from, &to, amount)?;
        }
        _ => return Err(Error::Selector),
    }
    Ok(1)
}

fn token(input: &mut [u8]) -> Result<(), u64> {
    match answer(input) {
        Ok(answer) => {
            set_return_data(&word(answer));
            Ok(())
        }
        Err(error) => {
            set_return_data(&word(error as u64));
            Err(error as u64)
        }
    }
}

entrypoint!(token);

#[cfg(test)]
mod tests {
    extern crate std;

    use std::vec::Vec;

    use lockstep_sdk::testing::Chain;

    use super::*;

    const ALICE: Address = Address([0xa1; 32]);
    const BOB: Address = Address([0xb0; 32]);

    fn call(chain: &mut Chain, from: Address, selector: u32, words: &[[u8; 32]]) -> (u64, u64) {
        chain.sender = from;
        let input: Vec<u8> = [&selector.to_be_bytes()[..], &words.concat()].concat();
        let outcome = chain.call(entrypoint, &input);
        let status = outcome.status().expect("no trap");
        let word = outcome.output.try_into().expect("a word");
        (status, number(&word).expect("a number"))
    }

    #[test]
    fn tokens_move_and_nothing_is_made_or_lost() {
        let mut chain = Chain::default();
        assert_eq!(call(&mut chain, ALICE, 0xa071_2d68, &[word(1000)]), (0, 1));
        assert_eq!(call(&mut chain, ALICE, 0xa905_9cbb, &[BOB.0, word(400)]), (0, 1));
        assert_eq!(call(&mut chain, BOB, 0xa905_9cbb, &[ALICE.0, word(401)]), (5, 5));
        assert_eq!(call(&mut chain, BOB, 0x70a0_8231, &[ALICE.0]), (0, 600));
        assert_eq!(call(&mut chain, BOB, 0x1816_0ddd, &[]), (0, 1000));
        assert_eq!(call(&mut chain, BOB, 0xa071_2d68, &[word(u64::MAX)]), (4, 4));
        assert_eq!(call(&mut chain, BOB, 0x1816_0ddd, &[]), (0, 1000));
    }

    #[test]
    fn who_is_allowed_to_spends_no_more() {
        let mut chain = Chain::default();
        call(&mut chain, ALICE, 0xa071_2d68, &[word(50)]);
        assert_eq!(call(&mut chain, ALICE, 0x095e_a7b3, &[BOB.0, word(20)]), (0, 1));
        assert_eq!(call(&mut chain, BOB, 0x23b8_72dd, &[ALICE.0, BOB.0, word(15)]), (0, 1));
        assert_eq!(call(&mut chain, BOB, 0x23b8_72dd, &[ALICE.0, BOB.0, word(6)]), (6, 6));
        assert_eq!(call(&mut chain, BOB, 0xdd62_ed3e, &[ALICE.0, BOB.0]), (0, 5));
    }
}
