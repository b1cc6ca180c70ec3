//! One row per function of contracts: name, opcode, operands, what it does. Each guest's imports are made of them, and so is
//! the reference page.

use core::marker::PhantomData;

use lockstep_base::{Address, Fork, U256};
use lockstep_rt::{HostFunction, HostRow, Stop, Trap, View, slice};

use super::operand::{
    ADDRESS_BYTES, Abi, Ebpf, Wasm, address, load, per_word, put_address, put_word, store, word,
};
use crate::ethereum::{
    Ethereum, World,
    api::{
        self,
        data::{TOPICS_MAX, copy_padded, log},
    },
    gas::{COPY_WORD, INIT_CODE_WORD, KECCAK_WORD, LOG_BYTE, LOG_TOPIC},
};

/// What the table says about a function besides its types.
#[derive(Debug, Clone, Copy)]
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// The names of its operands.
    pub params: &'static [&'static str],
    /// The opcode that it does the work of.
    pub opcode: u8,
    /// What it does.
    pub doc: &'static str,
}

/// Most operands of a function: as many registers as eBPF has for them.
const PARAMS_MAX: usize = 5;

/// What a function does, whichever guest calls it.
trait Act<W: World> {
    /// Takes the opcode's price and does it. Operands that there are none of are zero; so is the result where there is none.
    fn act<A: Abi>(
        view: &mut View<'_, Ethereum<W>>,
        operands: [u64; PARAMS_MAX],
    ) -> Result<u64, Stop>;
}

/// A function as WebAssembly imports it: by its types.
#[derive(Debug)]
struct ForWasm<F>(PhantomData<F>);

/// A function as eBPF calls it: five numbers, one number.
#[derive(Debug)]
struct ForEbpf<F>(PhantomData<F>);

/// Results as WebAssembly has them, of a number.
trait Reply {
    fn of(number: u64) -> Self;
}

impl Reply for () {
    fn of(_: u64) {}
}

impl Reply for (u32,) {
    fn of(number: u64) -> Self {
        (number as u32,)
    }
}

impl Reply for (u64,) {
    fn of(number: u64) -> Self {
        (number,)
    }
}

/// Declares functions: `Type = "name" opcode (operands) -> (result), guest, view => body;`. The types are those of WebAssembly; in
/// the body operands and result are numbers of 64 bits.
macro_rules! functions {
    ($(
        #[doc = $doc:literal]
        $name:ident = $text:literal $opcode:literal ($($arg:ident: $type:ty),*) -> ($($result:ty)?), $guest:ident, $view:ident => $body:expr;
    )*) => {
        $(
            #[doc = $doc]
            #[derive(Debug)]
            enum $name {}

            impl<W: World> Act<W> for $name {
                fn act<$guest: Abi>(
                    $view: &mut View<'_, Ethereum<W>>,
                    [$($arg,)* ..]: [u64; PARAMS_MAX],
                ) -> Result<u64, Stop> {
                    let price = $view.host().prices.price($opcode);
                    $view.charge(price)?;
                    $body
                }
            }

            impl<W: World> HostFunction<Ethereum<W>> for ForWasm<$name> {
                const NAME: &'static str = concat!("eth.", $text);
                type Args = ($($type,)*);
                type Results = ($($result,)?);

                fn call(
                    view: &mut View<'_, Ethereum<W>>,
                    ($($arg,)*): Self::Args,
                ) -> Result<Self::Results, Stop> {
                    let given: &[u64] = &[$(u64::from($arg)),*];
                    let mut operands = [0; PARAMS_MAX];
                    operands[..given.len()].copy_from_slice(given);
                    <$name as Act<W>>::act::<Wasm>(view, operands).map(Reply::of)
                }
            }

            impl<W: World> HostFunction<Ethereum<W>> for ForEbpf<$name> {
                const NAME: &'static str = concat!("eth_", $text);
                type Args = (u64, u64, u64, u64, u64);
                type Results = (u64,);

                fn call(
                    view: &mut View<'_, Ethereum<W>>,
                    (a, b, c, d, e): Self::Args,
                ) -> Result<(u64,), Stop> {
                    <$name as Act<W>>::act::<Ebpf>(view, [a, b, c, d, e]).map(|number| (number,))
                }
            }
        )*

        /// Every function.
        pub const FUNCTIONS: &[Function] = &[$(
            Function { name: $text, params: &[$(stringify!($arg)),*], opcode: $opcode, doc: $doc },
        )*];

        /// Every function as WebAssembly imports it, in the order of [`FUNCTIONS`].
        pub fn wasm_functions<W: World>() -> Vec<HostRow<Ethereum<W>>> {
            vec![$(HostRow::of::<ForWasm<$name>>()),*]
        }

        /// Every function as eBPF calls it, in the order of [`FUNCTIONS`].
        pub fn ebpf_functions<W: World>() -> Vec<HostRow<Ethereum<W>>> {
            vec![$(HostRow::of::<ForEbpf<$name>>()),*]
        }
    };
}

functions! {
    #[doc = "Bytes of the input."]
    CalldataSize = "calldata_size" 0x36 () -> (u32), A, view =>
        Ok(view.host().running.input.len() as u64);
    #[doc = "Copies `len` bytes of the input from `from` on to `to`; zeros beyond its end."]
    CalldataCopy = "calldata_copy" 0x37 (to: u32, from: u32, len: u32) -> (), A, view => {
        per_word(view, len, COPY_WORD)?;
        let to = store::<A, _>(view, to, len)?;
        let parts = view.parts();
        copy_padded(&parts.host.running.input, U256::from(from), slice(parts.memory, to, len)?);
        Ok(0)
    };
    #[doc = "Bytes of the running code."]
    CodeSize = "code_size" 0x38 () -> (u32), A, view =>
        Ok(view.host().running.code().len() as u64);
    #[doc = "Copies `len` bytes of the running code from `from` on to `to`; zeros beyond its end."]
    CodeCopy = "code_copy" 0x39 (to: u32, from: u32, len: u32) -> (), A, view => {
        per_word(view, len, COPY_WORD)?;
        let to = store::<A, _>(view, to, len)?;
        let parts = view.parts();
        copy_padded(parts.host.running.code(), U256::from(from), slice(parts.memory, to, len)?);
        Ok(0)
    };
    #[doc = "Bytes that the last call returned, or the last creation reverted with."]
    ReturnDataSize = "return_data_size" 0x3d () -> (u32), A, view =>
        Ok(api::ReturnDataSize::call(view, ())?.0);
    #[doc = "Copies `len` bytes of what the last call returned from `from` on to `to`; traps beyond its end."]
    ReturnDataCopy = "return_data_copy" 0x3e (to: u32, from: u32, len: u32) -> (), A, view => {
        per_word(view, len, COPY_WORD)?;
        let to = store::<A, _>(view, to, len)?;
        api::ReturnDataCopy::call(view, (to, U256::from(from), len))?;
        Ok(0)
    };
    #[doc = "Ends the program with `len` bytes at `at` as output."]
    Finish = "finish" 0xf3 (at: u32, len: u32) -> (), A, view => {
        let at = load::<A, _>(view, at, len)?;
        Err(view.finish(false, at, len)?)
    };
    #[doc = "Ends the program with `len` bytes at `at` as output, and undoes what it did."]
    Revert = "revert" 0xfd (at: u32, len: u32) -> (), A, view => {
        let at = load::<A, _>(view, at, len)?;
        Err(view.finish(true, at, len)?)
    };

    #[doc = "Writes the account's own address."]
    OwnAddress = "address" 0x30 (out: u32) -> (), A, view => {
        let own = api::OwnAddress::call(view, ())?;
        put_address::<A, _>(view, out, own)
    };
    #[doc = "Writes the caller's address."]
    Caller = "caller" 0x33 (out: u32) -> (), A, view => {
        let caller = api::Caller::call(view, ())?;
        put_address::<A, _>(view, out, caller)
    };
    #[doc = "Writes the address of the transaction's sender."]
    Origin = "origin" 0x32 (out: u32) -> (), A, view => {
        let origin = api::Origin::call(view, ())?;
        put_address::<A, _>(view, out, origin)
    };
    #[doc = "Writes the word that was sent along."]
    Value = "value" 0x34 (out: u32) -> (), A, view => {
        let value = api::CallValue::call(view, ())?;
        put_word::<A, _>(view, out, value)
    };
    #[doc = "Writes the price of gas."]
    GasPrice = "gas_price" 0x3a (out: u32) -> (), A, view => {
        let price = api::GasPrice::call(view, ())?;
        put_word::<A, _>(view, out, price)
    };
    #[doc = "The gas left after this call."]
    GasLeft = "gas_left" 0x5a () -> (u64), A, view => Ok(view.gas());

    #[doc = "Writes the balance of the account whose address is at `account`."]
    Balance = "balance" 0x31 (account: u32, out: u32) -> (), A, view => {
        let account = address::<A, _>(view, account)?;
        let balance = api::Balance::call(view, (account,))?;
        put_word::<A, _>(view, out, balance)
    };
    #[doc = "Writes the account's own balance."]
    SelfBalance = "self_balance" 0x47 (out: u32) -> (), A, view => {
        let balance = api::SelfBalance::call(view, ())?;
        put_word::<A, _>(view, out, balance)
    };
    #[doc = "Bytes of the code of the account whose address is at `account`."]
    ExtCodeSize = "ext_code_size" 0x3b (account: u32) -> (u32), A, view => {
        let account = address::<A, _>(view, account)?;
        Ok(api::ExtCodeSize::call(view, (account,))?.0)
    };
    #[doc = "Copies `len` bytes of an account's code from `from` on to `to`; zeros beyond its end."]
    ExtCodeCopy = "ext_code_copy" 0x3c (account: u32, to: u32, from: u32, len: u32) -> (), A, view => {
        per_word(view, len, COPY_WORD)?;
        let account = address::<A, _>(view, account)?;
        let to = store::<A, _>(view, to, len)?;
        api::ExtCodeCopy::call(view, (account, to, U256::from(from), len))?;
        Ok(0)
    };
    #[doc = "Writes the hash of an account's code, zero for an account that is absent or empty."]
    ExtCodeHash = "ext_code_hash" 0x3f (account: u32, out: u32) -> (), A, view => {
        let account = address::<A, _>(view, account)?;
        let hash = api::ExtCodeHash::call(view, (account,))?;
        put_word::<A, _>(view, out, hash)
    };
    #[doc = "Writes the hash of the block of this number, zero but for the 256 before this one."]
    BlockHash = "block_hash" 0x40 (number: u64, out: u32) -> (), A, view => {
        let hash = api::BlockHash::call(view, (U256::from(number),))?;
        put_word::<A, _>(view, out, hash)
    };
    #[doc = "Writes the address that the block pays."]
    Coinbase = "coinbase" 0x41 (out: u32) -> (), A, view => {
        let coinbase = api::Coinbase::call(view, ())?;
        put_address::<A, _>(view, out, coinbase)
    };
    #[doc = "The block's time, in seconds since 1970."]
    Timestamp = "timestamp" 0x42 () -> (u64), A, view => Ok(view.host().block.timestamp);
    #[doc = "The block's number."]
    Number = "block_number" 0x43 () -> (u64), A, view => Ok(view.host().block.number);
    #[doc = "Writes the beacon chain's randomness; before Paris, the block's difficulty."]
    PrevRandao = "prevrandao" 0x44 (out: u32) -> (), A, view => {
        let randomness = api::PrevRandao::call(view, ())?;
        put_word::<A, _>(view, out, randomness)
    };
    #[doc = "The block's gas limit."]
    GasLimit = "block_gas_limit" 0x45 () -> (u64), A, view => Ok(view.host().block.gas_limit);
    #[doc = "The chain's number."]
    ChainId = "chain_id" 0x46 () -> (u64), A, view => Ok(view.host().config.chain_id);
    #[doc = "Writes the block's base fee."]
    BaseFee = "base_fee" 0x48 (out: u32) -> (), A, view => {
        let fee = api::BaseFee::call(view, ())?;
        put_word::<A, _>(view, out, fee)
    };
    #[doc = "Writes the versioned hash of the transaction's blob of this index, zero beyond them."]
    BlobHash = "blob_hash" 0x49 (index: u32, out: u32) -> (), A, view => {
        let hash = api::BlobHash::call(view, (U256::from(index),))?;
        put_word::<A, _>(view, out, hash)
    };
    #[doc = "Writes the block's price of blob gas."]
    BlobBaseFee = "blob_base_fee" 0x4a (out: u32) -> (), A, view => {
        let fee = api::BlobBaseFee::call(view, ())?;
        put_word::<A, _>(view, out, fee)
    };
    #[doc = "Writes the Keccak-256 of `len` bytes at `at`."]
    Keccak256 = "keccak256" 0x20 (at: u32, len: u32, out: u32) -> (), A, view => {
        per_word(view, len, KECCAK_WORD)?;
        let at = load::<A, _>(view, at, len)?;
        let digest = api::Keccak256::call(view, (at, len))?;
        put_word::<A, _>(view, out, digest)
    };

    #[doc = "Writes the value of the slot whose key is at `key`."]
    StorageLoad = "storage_load" 0x54 (key: u32, out: u32) -> (), A, view => {
        let key = word::<A, _>(view, key)?;
        let value = api::Sload::call(view, (key,))?;
        put_word::<A, _>(view, out, value)
    };
    #[doc = "Stores the word at `value` in the slot whose key is at `key`."]
    StorageStore = "storage_store" 0x55 (key: u32, value: u32) -> (), A, view => {
        let (key, value) = (word::<A, _>(view, key)?, word::<A, _>(view, value)?);
        api::Sstore::call(view, (key, value))?;
        Ok(0)
    };
    #[doc = "Writes the value of the transient slot whose key is at `key`."]
    TransientLoad = "transient_load" 0x5c (key: u32, out: u32) -> (), A, view => {
        let key = word::<A, _>(view, key)?;
        let value = api::Tload::call(view, (key,))?;
        put_word::<A, _>(view, out, value)
    };
    #[doc = "Stores the word at `value` in the transient slot whose key is at `key`."]
    TransientStore = "transient_store" 0x5d (key: u32, value: u32) -> (), A, view => {
        let (key, value) = (word::<A, _>(view, key)?, word::<A, _>(view, value)?);
        api::Tstore::call(view, (key, value))?;
        Ok(0)
    };
    #[doc = "Logs `len` bytes at `at` under the `count` words at `topics`, of which there may be four; more trap."]
    Log = "log" 0xa0 (at: u32, len: u32, topics: u32, count: u32) -> (), A, view => {
        if count > TOPICS_MAX as u64 {
            return Err(Trap::UndefinedOpcode.into());
        }
        view.charge(len.saturating_mul(LOG_BYTE).saturating_add(count * LOG_TOPIC))?;
        let mut words = [U256::ZERO; TOPICS_MAX];
        let topics = load::<A, _>(view, topics, count * 32)?;
        let bytes = view.bytes(topics, count * 32)?;
        for (word, bytes) in words.iter_mut().zip(bytes.chunks_exact(32)) {
            *word = U256::from_be_slice(bytes);
        }
        let at = load::<A, _>(view, at, len)?;
        log(view, at, len, &words[..count as usize])?;
        Ok(0)
    };

    #[doc = "Calls the account whose address is at `to` with the word at `value` and `len` bytes at `at`; 1 if it returned, else 0."]
    Call = "call" 0xf1 (gas: u64, to: u32, value: u32, at: u32, len: u32) -> (u32), A, view => {
        let (to, value) = (address::<A, _>(view, to)?, word::<A, _>(view, value)?);
        let at = load::<A, _>(view, at, len)?;
        note_call(view, to);
        Ok(api::Call::call(view, (U256::from(gas), to, value, at, len, 0, 0))?.0)
    };
    #[doc = "As `call`, but the code of `to` acts as the account, for the account's caller and value."]
    CallDelegate = "call_delegate" 0xf4 (gas: u64, to: u32, at: u32, len: u32) -> (u32), A, view => {
        let to = address::<A, _>(view, to)?;
        let at = load::<A, _>(view, at, len)?;
        note_call(view, to);
        Ok(api::DelegateCall::call(view, (U256::from(gas), to, at, len, 0, 0))?.0)
    };
    #[doc = "As `call` without value; whatever writes traps."]
    CallStatic = "call_static" 0xfa (gas: u64, to: u32, at: u32, len: u32) -> (u32), A, view => {
        let to = address::<A, _>(view, to)?;
        let at = load::<A, _>(view, at, len)?;
        note_call(view, to);
        Ok(api::StaticCall::call(view, (U256::from(gas), to, at, len, 0, 0))?.0)
    };
    #[doc = "Creates a contract with the word at `value` by `len` bytes of initialization code at `at`; writes its address, or zeros, and says whether it exists."]
    Create = "create" 0xf0 (value: u32, at: u32, len: u32, out: u32) -> (u32), A, view => {
        let value = word::<A, _>(view, value)?;
        pay_init_code(view, len, 0)?;
        let at = load::<A, _>(view, at, len)?;
        let room = store::<A, _>(view, out, ADDRESS_BYTES)?;
        view.bytes(room, ADDRESS_BYTES)?;
        note_call(view, U256::ZERO);
        let created = api::Create::call(view, (value, at, len))?;
        put_address::<A, _>(view, out, created)?;
        Ok(u64::from(!created.0.is_zero()))
    };
    #[doc = "As `create`, at an address that the word at `salt` and the code determine."]
    Create2 = "create2" 0xf5 (value: u32, at: u32, len: u32, salt: u32, out: u32) -> (u32), A, view => {
        let (value, salt) = (word::<A, _>(view, value)?, word::<A, _>(view, salt)?);
        pay_init_code(view, len, KECCAK_WORD)?;
        let at = load::<A, _>(view, at, len)?;
        let room = store::<A, _>(view, out, ADDRESS_BYTES)?;
        view.bytes(room, ADDRESS_BYTES)?;
        note_call(view, U256::ZERO);
        let created = api::Create2::call(view, (value, at, len, salt))?;
        put_address::<A, _>(view, out, created)?;
        Ok(u64::from(!created.0.is_zero()))
    };
    #[doc = "Sends the balance to the address at `heir` and ends the program; deletes the account when the fork says so."]
    SelfDestruct = "self_destruct" 0xff (heir: u32) -> (), A, view => {
        let heir = address::<A, _>(view, heir)?;
        api::SelfDestruct::call(view, (heir,))?;
        Err(view.finish(false, 0, 0)?)
    };
}

/// The frames below begin where the caller's functions are.
fn note_call<W: World>(view: &mut View<'_, Ethereum<W>>, to: U256) {
    let depth = view.depth();
    view.host().begin_call(Address::from_word(to), depth);
}

/// Takes the price of initialization code (EIP-3860), and `hash` for each word that is hashed.
fn pay_init_code<W: World>(
    view: &mut View<'_, Ethereum<W>>,
    len: u64,
    hash: u64,
) -> Result<(), Stop> {
    let analysis = if view.host().has(Fork::Shanghai) { INIT_CODE_WORD } else { 0 };
    per_word(view, len, analysis + hash)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use lockstep_state::{Journal, MemoryStorage};

    use super::*;

    #[test]
    fn names_are_unique_and_operands_have_types() {
        type Rows = Vec<HostRow<Ethereum<Journal<MemoryStorage>>>>;
        let (wasm, ebpf): (Rows, Rows) = (wasm_functions(), ebpf_functions());
        assert_eq!((wasm.len(), ebpf.len()), (FUNCTIONS.len(), FUNCTIONS.len()));
        for ((wasm, ebpf), function) in wasm.iter().zip(&ebpf).zip(FUNCTIONS) {
            assert_eq!(wasm.name, format!("eth.{}", function.name));
            assert_eq!(ebpf.name, format!("eth_{}", function.name));
            assert_eq!(wasm.params.len(), function.params.len(), "{}", wasm.name);
            assert_eq!((ebpf.params.len(), ebpf.results.len()), (PARAMS_MAX, 1));
        }
        let names: BTreeSet<_> = FUNCTIONS.iter().map(|function| function.name).collect();
        assert_eq!(names.len(), FUNCTIONS.len());
    }
}
