//! The functions an Ethereum guest imports, one type each, named `eth.*`.
//!
//! # Contract with the guest
//!
//! The guest charges what an opcode costs in itself: its static row, memory growth, words copied or hashed, log
//! bytes, initialization code words. The host charges what depends on the state: first accesses, all of SSTORE,
//! value, new accounts, delegations. Ranges of memory arrive as (offset, length), in bounds and paid for; a length
//! of zero names no bytes at any offset. Addresses arrive as words, of which the low 20 bytes count.
//!
//! Invariant: a function charges before it asks the state, and writes only where [`Ethereum`]'s frame may.

mod account;
mod call;
pub(super) mod data;
mod environment;
mod storage;

use lockstep_rt::{HostRow, Stop, View};

pub use account::{
    Balance, BlockHash, ExtCodeCopy, ExtCodeHash, ExtCodeSize, SelfBalance, SelfDestruct,
};
pub use call::{Call, CallCode, Create, Create2, DelegateCall, StaticCall};
pub use data::{Keccak256, Log0, Log1, Log2, Log3, Log4, ReturnDataCopy, ReturnDataSize};
pub use environment::{
    BaseFee, BlobBaseFee, BlobHash, CallValue, Caller, ChainId, Coinbase, GasLimit, GasPrice,
    Number, Origin, OwnAddress, PrevRandao, Timestamp,
};
pub use storage::{Sload, Sstore, Tload, Tstore};

use super::{Ethereum, World, gas::Gas};

/// Declares host functions: `Type = "name" (arguments) -> (results), view => body;`.
macro_rules! host_functions {
    ($(
        $(#[$doc:meta])*
        $name:ident = $text:literal ($($arg:ident: $type:ty),*) -> ($($result:ty)?), $view:ident => $body:expr;
    )*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub enum $name {}

        impl<W: World> HostFunction<Ethereum<W>> for $name {
            const NAME: &'static str = $text;
            type Args = ($($type,)*);
            type Results = ($($result,)?);

            #[inline]
            fn call(
                $view: &mut View<'_, Ethereum<W>>,
                ($($arg,)*): Self::Args,
            ) -> Result<Self::Results, Stop> {
                $body
            }
        }
    )*};
}
use host_functions;

/// Every function, in the order of their opcodes.
pub fn functions<W: World>() -> Vec<HostRow<Ethereum<W>>> {
    vec![
        HostRow::of::<Keccak256>(),
        HostRow::of::<OwnAddress>(),
        HostRow::of::<Balance>(),
        HostRow::of::<Origin>(),
        HostRow::of::<Caller>(),
        HostRow::of::<CallValue>(),
        HostRow::of::<GasPrice>(),
        HostRow::of::<ExtCodeSize>(),
        HostRow::of::<ExtCodeCopy>(),
        HostRow::of::<ReturnDataSize>(),
        HostRow::of::<ReturnDataCopy>(),
        HostRow::of::<ExtCodeHash>(),
        HostRow::of::<BlockHash>(),
        HostRow::of::<Coinbase>(),
        HostRow::of::<Timestamp>(),
        HostRow::of::<Number>(),
        HostRow::of::<PrevRandao>(),
        HostRow::of::<GasLimit>(),
        HostRow::of::<ChainId>(),
        HostRow::of::<SelfBalance>(),
        HostRow::of::<BaseFee>(),
        HostRow::of::<BlobHash>(),
        HostRow::of::<BlobBaseFee>(),
        HostRow::of::<Sload>(),
        HostRow::of::<Sstore>(),
        HostRow::of::<Tload>(),
        HostRow::of::<Tstore>(),
        HostRow::of::<Log0>(),
        HostRow::of::<Log1>(),
        HostRow::of::<Log2>(),
        HostRow::of::<Log3>(),
        HostRow::of::<Log4>(),
        HostRow::of::<Create>(),
        HostRow::of::<Call>(),
        HostRow::of::<CallCode>(),
        HostRow::of::<DelegateCall>(),
        HostRow::of::<Create2>(),
        HostRow::of::<StaticCall>(),
        HostRow::of::<SelfDestruct>(),
    ]
}

/// Runs `run` with the view's gas in a meter, and settles what it took.
#[inline]
fn metered<W: World, R>(
    view: &mut View<'_, Ethereum<W>>,
    run: impl FnOnce(&mut Ethereum<W>, &mut Gas) -> Result<R, Stop>,
) -> Result<R, Stop> {
    let before = view.gas();
    let mut gas = Gas::new(before);
    let result = run(view.host(), &mut gas)?;
    settle(view, before, gas)?;
    Ok(result)
}

/// Makes the view's counter, which was `before`, what `gas` says. Calls may end with more: a stipend comes back.
#[inline]
fn settle<W: World>(view: &mut View<'_, Ethereum<W>>, before: u64, gas: Gas) -> Result<(), Stop> {
    let after = gas.left();
    if after > before {
        view.give_back(after - before);
        return Ok(());
    }
    view.charge(before - after)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use lockstep_state::{Journal, MemoryStorage};

    use super::*;

    #[test]
    fn names_are_unique_and_of_this_host() {
        let rows = functions::<Journal<MemoryStorage>>();
        let names: BTreeSet<_> = rows.iter().map(|row| row.name).collect();
        assert_eq!(names.len(), rows.len());
        assert!(names.iter().all(|name| name.starts_with("eth.")));
    }
}
