//! What the chain offers to a contract, in safe words: addresses, words, calls, logs, ways to end.
//!
//! Invariant: pointers go to the chain with the length that it reads or writes, and only for the time of one call.

mod imports {
    #[link(wasm_import_module = "eth")]
    extern "C" {
        pub fn calldata_size() -> u32;
        pub fn calldata_copy(to: *mut u8, from: u32, len: u32);
        pub fn return_data_size() -> u32;
        pub fn return_data_copy(to: *mut u8, from: u32, len: u32);
        pub fn caller(out: *mut u8);
        pub fn value(out: *mut u8);
        pub fn gas_left() -> u64;
        pub fn ext_code_size(account: *const u8) -> u32;
        pub fn keccak256(at: *const u8, len: u32, out: *mut u8);
        pub fn storage_load(key: *const u8, out: *mut u8);
        pub fn storage_store(key: *const u8, value: *const u8);
        pub fn log(at: *const u8, len: u32, topics: *const u8, count: u32);
        pub fn call(gas: u64, to: *const u8, value: *const u8, at: *const u8, len: u32) -> u32;
        pub fn finish(at: *const u8, len: u32) -> !;
        pub fn revert(at: *const u8, len: u32) -> !;
    }
}

/// A 256-bit number, most significant byte first.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Word(pub [u8; 32]);

impl Word {
    pub const ZERO: Self = Self([0; 32]);
    pub const ONE: Self = Self::small(1);
    pub const MAX: Self = Self([0xff; 32]);

    pub const fn small(number: u8) -> Self {
        let mut bytes = [0; 32];
        bytes[31] = number;
        Self(bytes)
    }

    /// `self + other`, unless that takes more than 256 bits.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        let (mut sum, mut carry) = (Self::ZERO, 0);
        for at in (0..32).rev() {
            carry += u16::from(self.0[at]) + u16::from(other.0[at]);
            sum.0[at] = carry as u8;
            carry >>= 8;
        }
        (carry == 0).then(|| sum)
    }

    /// `self - other`, unless that is negative.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        let (mut difference, mut borrow) = (Self::ZERO, 0);
        for at in (0..32).rev() {
            borrow += i16::from(self.0[at]) - i16::from(other.0[at]);
            difference.0[at] = borrow as u8;
            borrow >>= 8;
        }
        (borrow == 0).then(|| difference)
    }
}

/// An account.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Address(pub [u8; 20]);

impl Address {
    pub const ZERO: Self = Self([0; 20]);

    /// The address that a word of the ABI holds, if its upper bytes are zero.
    pub fn from_word(word: Word) -> Option<Self> {
        let (upper, lower) = word.0.split_at(12);
        let mut bytes = [0; 20];
        bytes.copy_from_slice(lower);
        upper.iter().all(|byte| *byte == 0).then(|| Self(bytes))
    }

    pub fn into_word(self) -> Word {
        let mut word = Word::ZERO;
        word.0[12..].copy_from_slice(&self.0);
        word
    }

    /// Whether code lies there.
    pub fn is_contract(self) -> bool {
        // SAFETY: the chain reads 20 bytes.
        unsafe { imports::ext_code_size(self.0.as_ptr()) > 0 }
    }
}

/// How long the input is.
pub fn input_len() -> usize {
    // SAFETY: no pointers.
    unsafe { imports::calldata_size() as usize }
}

/// Fills `out` with the input from `from` on, and with zeros beyond its end.
pub fn read_input(from: usize, out: &mut [u8]) {
    // SAFETY: the chain writes as many bytes as `out` has.
    unsafe { imports::calldata_copy(out.as_mut_ptr(), from as u32, out.len() as u32) }
}

/// Who calls.
pub fn caller() -> Address {
    let mut address = Address::ZERO;
    // SAFETY: the chain writes 20 bytes.
    unsafe { imports::caller(address.0.as_mut_ptr()) };
    address
}

/// What was sent along.
pub fn value() -> Word {
    let mut word = Word::ZERO;
    // SAFETY: the chain writes 32 bytes.
    unsafe { imports::value(word.0.as_mut_ptr()) };
    word
}

/// The Keccak-256 of `bytes`.
pub fn keccak256(bytes: &[u8]) -> Word {
    let mut word = Word::ZERO;
    // SAFETY: the chain reads what `bytes` has and writes 32 bytes.
    unsafe { imports::keccak256(bytes.as_ptr(), bytes.len() as u32, word.0.as_mut_ptr()) };
    word
}

/// A slot of the contract's storage.
#[derive(Clone, Copy)]
pub struct Slot(pub Word);

impl Slot {
    /// Where a mapping at this slot keeps the value of `key`, as Solidity has it.
    pub fn of(self, key: Word) -> Self {
        let mut bytes = [0; 64];
        bytes[..32].copy_from_slice(&key.0);
        bytes[32..].copy_from_slice(&self.0 .0);
        Self(keccak256(&bytes))
    }

    pub fn load(self) -> Word {
        let mut word = Word::ZERO;
        // SAFETY: the chain reads 32 bytes and writes 32.
        unsafe { imports::storage_load(self.0 .0.as_ptr(), word.0.as_mut_ptr()) };
        word
    }

    pub fn store(self, value: Word) {
        // SAFETY: the chain reads 32 bytes of each.
        unsafe { imports::storage_store(self.0 .0.as_ptr(), value.0.as_ptr()) }
    }
}

/// Logs `data` under `topics`, of which there are at most four.
pub fn log(topics: &[Word], data: &[u8]) {
    let (at, count) = (topics.as_ptr().cast(), topics.len() as u32);
    // SAFETY: the chain reads what `data` has, and so many words of 32 bytes.
    unsafe { imports::log(data.as_ptr(), data.len() as u32, at, count) }
}

/// Calls `to` with `input` and all gas that may be passed on; whether it returned.
pub fn call(to: Address, input: &[u8]) -> bool {
    let (at, len) = (input.as_ptr(), input.len() as u32);
    // SAFETY: the chain reads 20 bytes, 32 bytes, and what `input` has.
    unsafe { imports::call(imports::gas_left(), to.0.as_ptr(), Word::ZERO.0.as_ptr(), at, len) == 1 }
}

/// How much the last call returned.
pub fn returned_len() -> usize {
    // SAFETY: no pointers.
    unsafe { imports::return_data_size() as usize }
}

/// Fills `out` with the beginning of what the last call returned, which is at least as long.
pub fn read_returned(out: &mut [u8]) {
    // SAFETY: the chain writes as many bytes as `out` has, or ends the program.
    unsafe { imports::return_data_copy(out.as_mut_ptr(), 0, out.len() as u32) }
}

/// Ends the program with `output`.
pub fn finish(output: &[u8]) -> ! {
    // SAFETY: the chain reads what `output` has.
    unsafe { imports::finish(output.as_ptr(), output.len() as u32) }
}

/// Ends the program with `output` and undoes what it did.
pub fn revert(output: &[u8]) -> ! {
    // SAFETY: the chain reads what `output` has.
    unsafe { imports::revert(output.as_ptr(), output.len() as u32) }
}
