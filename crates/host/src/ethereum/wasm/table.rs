//! One row per function of module `eth`: name, opcode, operands, what it does. The reference page repeats them.

use lockstep_base::{Fork, U256};
use lockstep_rt::{HostFunction, HostRow, Stop, Trap, View, slice};

use super::memory::{ADDRESS_BYTES, address, per_word, put_address, put_word, word};
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
    /// Module and name, with a dot between.
    pub name: &'static str,
    /// The names of its operands.
    pub params: &'static [&'static str],
    /// The opcode that it does the work of.
    pub opcode: u8,
    /// What it does.
    pub doc: &'static str,
}

/// Declares functions: `Type = "name" opcode (operands) -> (result), view => body;`. The opcode's price is taken first.
macro_rules! functions {
    ($(
        #[doc = $doc:literal]
        $name:ident = $text:literal $opcode:literal ($($arg:ident: $type:ty),*) -> ($($result:ty)?), $view:ident => $body:expr;
    )*) => {
        $(
            #[doc = $doc]
            #[derive(Debug)]
            enum $name {}

            impl<W: World> HostFunction<Ethereum<W>> for $name {
                const NAME: &'static str = $text;
                type Args = ($($type,)*);
                type Results = ($($result,)?);

                fn call(
                    $view: &mut View<'_, Ethereum<W>>,
                    ($($arg,)*): Self::Args,
                ) -> Result<Self::Results, Stop> {
                    let price = $view.host().prices.price($opcode);
                    $view.charge(price)?;
                    $body
                }
            }
        )*

        /// Every function.
        pub const FUNCTIONS: &[Function] = &[$(
            Function { name: $text, params: &[$(stringify!($arg)),*], opcode: $opcode, doc: $doc },
        )*];

        /// Every function with its types, in the order of [`FUNCTIONS`].
        pub fn functions<W: World>() -> Vec<HostRow<Ethereum<W>>> {
            vec![$(HostRow::of::<$name>()),*]
        }
    };
}

functions! {
    #[doc = "Bytes of the input."]
    CalldataSize = "eth.calldata_size" 0x36 () -> (u32), view =>
        Ok((view.host().running.input.len() as u32,));
    #[doc = "Copies `len` bytes of the input from `from` on to `to`; zeros beyond its end."]
    CalldataCopy = "eth.calldata_copy" 0x37 (to: u32, from: u32, len: u32) -> (), view => {
        per_word(view, len, COPY_WORD)?;
        let parts = view.parts();
        copy_padded(&parts.host.running.input, U256::from(from), slice(parts.memory, to.into(), len.into())?);
        Ok(())
    };
    #[doc = "Bytes of the running code."]
    CodeSize = "eth.code_size" 0x38 () -> (u32), view =>
        Ok((view.host().running.code().len() as u32,));
    #[doc = "Copies `len` bytes of the running code from `from` on to `to`; zeros beyond its end."]
    CodeCopy = "eth.code_copy" 0x39 (to: u32, from: u32, len: u32) -> (), view => {
        per_word(view, len, COPY_WORD)?;
        let parts = view.parts();
        copy_padded(parts.host.running.code(), U256::from(from), slice(parts.memory, to.into(), len.into())?);
        Ok(())
    };
    #[doc = "Bytes that the last call returned, or the last creation reverted with."]
    ReturnDataSize = "eth.return_data_size" 0x3d () -> (u32), view =>
        Ok((api::ReturnDataSize::call(view, ())?.0 as u32,));
    #[doc = "Copies `len` bytes of what the last call returned from `from` on to `to`; traps beyond its end."]
    ReturnDataCopy = "eth.return_data_copy" 0x3e (to: u32, from: u32, len: u32) -> (), view => {
        per_word(view, len, COPY_WORD)?;
        api::ReturnDataCopy::call(view, (to.into(), U256::from(from), len.into()))
    };
    #[doc = "Ends the program with `len` bytes at `at` as output."]
    Finish = "eth.finish" 0xf3 (at: u32, len: u32) -> (), view =>
        Err(view.finish(false, at.into(), len.into())?);
    #[doc = "Ends the program with `len` bytes at `at` as output, and undoes what it did."]
    Revert = "eth.revert" 0xfd (at: u32, len: u32) -> (), view =>
        Err(view.finish(true, at.into(), len.into())?);

    #[doc = "Writes the account's own address."]
    OwnAddress = "eth.address" 0x30 (out: u32) -> (), view => {
        let own = api::OwnAddress::call(view, ())?;
        put_address(view, out, own)
    };
    #[doc = "Writes the caller's address."]
    Caller = "eth.caller" 0x33 (out: u32) -> (), view => {
        let caller = api::Caller::call(view, ())?;
        put_address(view, out, caller)
    };
    #[doc = "Writes the address of the transaction's sender."]
    Origin = "eth.origin" 0x32 (out: u32) -> (), view => {
        let origin = api::Origin::call(view, ())?;
        put_address(view, out, origin)
    };
    #[doc = "Writes the word that was sent along."]
    Value = "eth.value" 0x34 (out: u32) -> (), view => {
        let value = api::CallValue::call(view, ())?;
        put_word(view, out, value)
    };
    #[doc = "Writes the price of gas."]
    GasPrice = "eth.gas_price" 0x3a (out: u32) -> (), view => {
        let price = api::GasPrice::call(view, ())?;
        put_word(view, out, price)
    };
    #[doc = "The gas left after this call."]
    GasLeft = "eth.gas_left" 0x5a () -> (u64), view => Ok((view.gas(),));

    #[doc = "Writes the balance of the account whose address is at `account`."]
    Balance = "eth.balance" 0x31 (account: u32, out: u32) -> (), view => {
        let account = address(view, account)?;
        let balance = api::Balance::call(view, (account,))?;
        put_word(view, out, balance)
    };
    #[doc = "Writes the account's own balance."]
    SelfBalance = "eth.self_balance" 0x47 (out: u32) -> (), view => {
        let balance = api::SelfBalance::call(view, ())?;
        put_word(view, out, balance)
    };
    #[doc = "Bytes of the code of the account whose address is at `account`."]
    ExtCodeSize = "eth.ext_code_size" 0x3b (account: u32) -> (u32), view => {
        let account = address(view, account)?;
        Ok((api::ExtCodeSize::call(view, (account,))?.0 as u32,))
    };
    #[doc = "Copies `len` bytes of an account's code from `from` on to `to`; zeros beyond its end."]
    ExtCodeCopy = "eth.ext_code_copy" 0x3c (account: u32, to: u32, from: u32, len: u32) -> (), view => {
        per_word(view, len, COPY_WORD)?;
        let account = address(view, account)?;
        api::ExtCodeCopy::call(view, (account, to.into(), U256::from(from), len.into()))
    };
    #[doc = "Writes the hash of an account's code, zero for an account that is absent or empty."]
    ExtCodeHash = "eth.ext_code_hash" 0x3f (account: u32, out: u32) -> (), view => {
        let account = address(view, account)?;
        let hash = api::ExtCodeHash::call(view, (account,))?;
        put_word(view, out, hash)
    };
    #[doc = "Writes the hash of the block of this number, zero but for the 256 before this one."]
    BlockHash = "eth.block_hash" 0x40 (number: u64, out: u32) -> (), view => {
        let hash = api::BlockHash::call(view, (U256::from(number),))?;
        put_word(view, out, hash)
    };
    #[doc = "Writes the address that the block pays."]
    Coinbase = "eth.coinbase" 0x41 (out: u32) -> (), view => {
        let coinbase = api::Coinbase::call(view, ())?;
        put_address(view, out, coinbase)
    };
    #[doc = "The block's time, in seconds since 1970."]
    Timestamp = "eth.timestamp" 0x42 () -> (u64), view => Ok((view.host().block.timestamp,));
    #[doc = "The block's number."]
    Number = "eth.block_number" 0x43 () -> (u64), view => Ok((view.host().block.number,));
    #[doc = "Writes the beacon chain's randomness; before Paris, the block's difficulty."]
    PrevRandao = "eth.prevrandao" 0x44 (out: u32) -> (), view => {
        let randomness = api::PrevRandao::call(view, ())?;
        put_word(view, out, randomness)
    };
    #[doc = "The block's gas limit."]
    GasLimit = "eth.block_gas_limit" 0x45 () -> (u64), view => Ok((view.host().block.gas_limit,));
    #[doc = "The chain's number."]
    ChainId = "eth.chain_id" 0x46 () -> (u64), view => Ok((view.host().config.chain_id,));
    #[doc = "Writes the block's base fee."]
    BaseFee = "eth.base_fee" 0x48 (out: u32) -> (), view => {
        let fee = api::BaseFee::call(view, ())?;
        put_word(view, out, fee)
    };
    #[doc = "Writes the versioned hash of the transaction's blob of this index, zero beyond them."]
    BlobHash = "eth.blob_hash" 0x49 (index: u32, out: u32) -> (), view => {
        let hash = api::BlobHash::call(view, (U256::from(index),))?;
        put_word(view, out, hash)
    };
    #[doc = "Writes the block's price of blob gas."]
    BlobBaseFee = "eth.blob_base_fee" 0x4a (out: u32) -> (), view => {
        let fee = api::BlobBaseFee::call(view, ())?;
        put_word(view, out, fee)
    };
    #[doc = "Writes the Keccak-256 of `len` bytes at `at`."]
    Keccak256 = "eth.keccak256" 0x20 (at: u32, len: u32, out: u32) -> (), view => {
        per_word(view, len, KECCAK_WORD)?;
        let digest = api::Keccak256::call(view, (at.into(), len.into()))?;
        put_word(view, out, digest)
    };

    #[doc = "Writes the value of the slot whose key is at `key`."]
    StorageLoad = "eth.storage_load" 0x54 (key: u32, out: u32) -> (), view => {
        let key = word(view, key)?;
        let value = api::Sload::call(view, (key,))?;
        put_word(view, out, value)
    };
    #[doc = "Stores the word at `value` in the slot whose key is at `key`."]
    StorageStore = "eth.storage_store" 0x55 (key: u32, value: u32) -> (), view => {
        let (key, value) = (word(view, key)?, word(view, value)?);
        api::Sstore::call(view, (key, value))
    };
    #[doc = "Writes the value of the transient slot whose key is at `key`."]
    TransientLoad = "eth.transient_load" 0x5c (key: u32, out: u32) -> (), view => {
        let key = word(view, key)?;
        let value = api::Tload::call(view, (key,))?;
        put_word(view, out, value)
    };
    #[doc = "Stores the word at `value` in the transient slot whose key is at `key`."]
    TransientStore = "eth.transient_store" 0x5d (key: u32, value: u32) -> (), view => {
        let (key, value) = (word(view, key)?, word(view, value)?);
        api::Tstore::call(view, (key, value))
    };
    #[doc = "Logs `len` bytes at `at` under the `count` words at `topics`, of which there may be four; more trap."]
    Log = "eth.log" 0xa0 (at: u32, len: u32, topics: u32, count: u32) -> (), view => {
        if count as usize > TOPICS_MAX {
            return Err(Trap::UndefinedOpcode.into());
        }
        view.charge(u64::from(len) * LOG_BYTE + u64::from(count) * LOG_TOPIC)?;
        let mut words = [U256::ZERO; TOPICS_MAX];
        let bytes = view.bytes(topics.into(), u64::from(count) * 32)?;
        for (word, bytes) in words.iter_mut().zip(bytes.chunks_exact(32)) {
            *word = U256::from_be_slice(bytes);
        }
        log(view, at.into(), len.into(), &words[..count as usize])
    };

    #[doc = "Calls the account whose address is at `to` with the word at `value` and `len` bytes at `at`; 1 if it returned, else 0."]
    Call = "eth.call" 0xf1 (gas: u64, to: u32, value: u32, at: u32, len: u32) -> (u32), view => {
        let (to, value) = (address(view, to)?, word(view, value)?);
        note_depth(view);
        let (status,) =
            api::Call::call(view, (U256::from(gas), to, value, at.into(), len.into(), 0, 0))?;
        Ok((status as u32,))
    };
    #[doc = "As `call`, but the code of `to` acts as the account, for the account's caller and value."]
    CallDelegate = "eth.call_delegate" 0xf4 (gas: u64, to: u32, at: u32, len: u32) -> (u32), view => {
        let to = address(view, to)?;
        note_depth(view);
        let (status,) =
            api::DelegateCall::call(view, (U256::from(gas), to, at.into(), len.into(), 0, 0))?;
        Ok((status as u32,))
    };
    #[doc = "As `call` without value; whatever writes traps."]
    CallStatic = "eth.call_static" 0xfa (gas: u64, to: u32, at: u32, len: u32) -> (u32), view => {
        let to = address(view, to)?;
        note_depth(view);
        let (status,) =
            api::StaticCall::call(view, (U256::from(gas), to, at.into(), len.into(), 0, 0))?;
        Ok((status as u32,))
    };
    #[doc = "Creates a contract with the word at `value` by `len` bytes of initialization code at `at`; writes its address, or zeros, and says whether it exists."]
    Create = "eth.create" 0xf0 (value: u32, at: u32, len: u32, out: u32) -> (u32), view => {
        let value = word(view, value)?;
        pay_init_code(view, len, 0)?;
        view.bytes(out.into(), ADDRESS_BYTES)?;
        note_depth(view);
        let created = api::Create::call(view, (value, at.into(), len.into()))?;
        put_address(view, out, created)?;
        Ok((u32::from(!created.0.is_zero()),))
    };
    #[doc = "As `create`, at an address that the word at `salt` and the code determine."]
    Create2 = "eth.create2" 0xf5 (value: u32, at: u32, len: u32, salt: u32, out: u32) -> (u32), view => {
        let (value, salt) = (word(view, value)?, word(view, salt)?);
        pay_init_code(view, len, KECCAK_WORD)?;
        view.bytes(out.into(), ADDRESS_BYTES)?;
        note_depth(view);
        let created = api::Create2::call(view, (value, at.into(), len.into(), salt))?;
        put_address(view, out, created)?;
        Ok((u32::from(!created.0.is_zero()),))
    };
    #[doc = "Sends the balance to the address at `heir` and ends the program; deletes the account when the fork says so."]
    SelfDestruct = "eth.self_destruct" 0xff (heir: u32) -> (), view => {
        let heir = address(view, heir)?;
        api::SelfDestruct::call(view, (heir,))?;
        Err(view.finish(false, 0, 0)?)
    };
}

/// The frames below begin where the caller's functions are.
fn note_depth<W: World>(view: &mut View<'_, Ethereum<W>>) {
    let units = view.depth();
    view.host().frame.units = units;
}

/// Takes the price of initialization code (EIP-3860), and `hash` for each word that is hashed.
fn pay_init_code<W: World>(
    view: &mut View<'_, Ethereum<W>>,
    len: u32,
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
        let rows = functions::<Journal<MemoryStorage>>();
        assert_eq!(rows.len(), FUNCTIONS.len());
        for (row, function) in rows.iter().zip(FUNCTIONS) {
            assert_eq!(row.name, function.name);
            assert_eq!(row.params.len(), function.params.len(), "{}", row.name);
        }
        let names: BTreeSet<_> = rows.iter().map(|row| row.name).collect();
        assert_eq!(names.len(), rows.len());
    }
}
