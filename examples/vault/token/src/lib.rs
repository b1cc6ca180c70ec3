//! A token as a WebAssembly contract: the functions, events, reasons and storage of `Token.sol`.
//!
//! State: slot 0 is the supply, slot 1 maps holders to balances, slot 2 holders to spenders to allowances. Invariant: the
//! balances sum up to the supply, so adding to one never overflows.
#![no_std]

mod eth;

use eth::{Address, Slot, Word};

const SUPPLY: Slot = Slot(Word::ZERO);
const BALANCES: Slot = Slot(Word::small(1));
const ALLOWANCES: Slot = Slot(Word::small(2));

/// Bytes that `transferAndCall` hands on at most.
const DATA_MAX: usize = 256;
/// Bytes of a call of `onTokenTransfer` before its data: selector, sender, amount, where the data is, how long it is.
const HEAD: usize = 4 + 4 * 32;

/// Runs for each message.
#[no_mangle]
pub extern "C" fn main() {
    if eth::value() != Word::ZERO {
        fail("no value");
    }
    let mut selector = [0; 4];
    eth::read_input(0, &mut selector);
    let input = Input { len: eth::input_len() };
    match u32::from_be_bytes(selector) {
        0x18160ddd => answer(SUPPLY.load()), // totalSupply()
        0x70a08231 => answer(balance(input.address(0)).load()), // balanceOf(address)
        0xdd62ed3e => answer(allowance(input.address(0), input.address(1)).load()), // allowance(address,address)
        0xa0712d68 => mint(input.word(0)), // mint(uint256)
        0xa9059cbb => transfer(eth::caller(), input.address(0), input.word(1)), // transfer(address,uint256)
        0x095ea7b3 => approve(input.address(0), input.word(1)), // approve(address,uint256)
        // transferFrom(address,address,uint256)
        0x23b872dd => transfer_from(input.address(0), input.address(1), input.word(2)),
        // transferAndCall(address,uint256,bytes)
        0x4000aea0 => transfer_and_call(&input),
        _ => eth::revert(&[]),
    }
    answer(Word::ONE)
}

/// The words after the selector.
struct Input {
    len: usize,
}

impl Input {
    fn word(&self, number: usize) -> Word {
        let at = 4 + number * 32;
        if self.len < at + 32 {
            eth::revert(&[]);
        }
        let mut word = Word::ZERO;
        eth::read_input(at, &mut word.0);
        word
    }

    fn address(&self, number: usize) -> Address {
        Address::from_word(self.word(number)).unwrap_or_else(|| eth::revert(&[]))
    }
}

fn balance(of: Address) -> Slot {
    BALANCES.of(of.into_word())
}

fn allowance(owner: Address, spender: Address) -> Slot {
    ALLOWANCES.of(owner.into_word()).of(spender.into_word())
}

fn mint(amount: Word) {
    let supply = SUPPLY.load().checked_add(amount).unwrap_or_else(|| fail("supply"));
    SUPPLY.store(supply);
    credit(Address::ZERO, eth::caller(), amount);
}

fn transfer(from: Address, to: Address, amount: Word) {
    if to == Address::ZERO {
        fail("zero address");
    }
    let holder = balance(from);
    holder.store(holder.load().checked_sub(amount).unwrap_or_else(|| fail("balance")));
    credit(from, to, amount);
}

/// Adds to a balance and announces it.
fn credit(from: Address, to: Address, amount: Word) {
    let holder = balance(to);
    holder.store(holder.load().checked_add(amount).unwrap_or_else(|| fail("supply")));
    let event = eth::keccak256(b"Transfer(address,address,uint256)");
    eth::log(&[event, from.into_word(), to.into_word()], &amount.0);
}

fn approve(spender: Address, amount: Word) {
    let owner = eth::caller();
    allowance(owner, spender).store(amount);
    let event = eth::keccak256(b"Approval(address,address,uint256)");
    eth::log(&[event, owner.into_word(), spender.into_word()], &amount.0);
}

fn transfer_from(from: Address, to: Address, amount: Word) {
    let allowed = allowance(from, eth::caller());
    let left = allowed.load();
    if left != Word::MAX {
        allowed.store(left.checked_sub(amount).unwrap_or_else(|| fail("allowance")));
    }
    transfer(from, to, amount);
}

/// Transfers, then tells the receiver, if it is a contract; what that reverts with is what this reverts with.
fn transfer_and_call(input: &Input) {
    let (to, amount) = (input.address(0), input.word(1));
    let mut call = [0; HEAD + DATA_MAX];
    let data_len = data(input, &mut call[HEAD..]);
    let from = eth::caller();
    transfer(from, to, amount);
    if !to.is_contract() {
        return;
    }
    let selector = eth::keccak256(b"onTokenTransfer(address,uint256,bytes)").0;
    call[..4].copy_from_slice(&selector[..4]);
    let words = [from.into_word(), amount, Word::small(3 * 32), length(data_len)];
    for (word, place) in words.iter().zip(call[4..].chunks_exact_mut(32)) {
        place.copy_from_slice(&word.0);
    }
    let padded = (data_len + 31) / 32 * 32;
    if eth::call(to, &call[..HEAD + padded]) {
        return;
    }
    let len = eth::returned_len().min(call.len());
    eth::read_returned(&mut call[..len]);
    eth::revert(&call[..len])
}

/// Reads the bytes that the third word says where to find; how many there are.
fn data(input: &Input, out: &mut [u8]) -> usize {
    let at = small(input.word(2)) + 4;
    if at + 32 > input.len {
        eth::revert(&[]);
    }
    let mut word = Word::ZERO;
    eth::read_input(at, &mut word.0);
    let len = small(word);
    if at + 32 + len > input.len {
        eth::revert(&[]);
    }
    if len > out.len() {
        fail("data");
    }
    eth::read_input(at + 32, &mut out[..len]);
    len
}

/// A number that counts bytes of the input.
fn small(word: Word) -> usize {
    let (upper, lower) = word.0.split_at(29);
    if upper.iter().any(|byte| *byte != 0) {
        eth::revert(&[]);
    }
    lower.iter().fold(0, |number, byte| number << 8 | usize::from(*byte))
}

fn length(len: usize) -> Word {
    let mut word = Word::ZERO;
    word.0[28..].copy_from_slice(&(len as u32).to_be_bytes());
    word
}

fn answer(word: Word) -> ! {
    eth::finish(&word.0)
}

/// Reverts with Solidity's `Error(string)`; `reason` is one word at most.
fn fail(reason: &str) -> ! {
    let mut output = [0; 4 + 3 * 32];
    output[..4].copy_from_slice(&[0x08, 0xc3, 0x79, 0xa0]);
    output[35] = 32;
    output[67] = reason.len() as u8;
    output[68..68 + reason.len()].copy_from_slice(reason.as_bytes());
    eth::revert(&output)
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}
