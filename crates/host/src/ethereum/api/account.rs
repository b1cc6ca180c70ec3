//! What accounts and past blocks answer, and SELFDESTRUCT.

use lockstep_base::U256;
use lockstep_rt::{HostFunction, Stop, View};

use super::{Ethereum, World, data::copy_padded, host_functions, metered};
use crate::ethereum::account;

host_functions! {
    /// BALANCE.
    Balance = "eth.balance" (address: U256) -> (U256), view =>
        Ok((metered(view, |host, gas| account::balance(host, gas, address))?,));
    /// SELFBALANCE (EIP-1884).
    SelfBalance = "eth.selfbalance" () -> (U256), view => {
        let host = view.host();
        Ok((host.world.info(host.frame.account).balance,))
    };
    /// EXTCODESIZE.
    ExtCodeSize = "eth.extcodesize" (address: U256) -> (u64), view =>
        Ok((metered(view, |host, gas| account::code(host, gas, address))?.len() as u64,));
    /// EXTCODEHASH (EIP-1052).
    ExtCodeHash = "eth.extcodehash" (address: U256) -> (U256), view =>
        Ok((metered(view, |host, gas| account::code_hash(host, gas, address))?,));
    /// EXTCODECOPY: (address, offset in memory, offset in code, length); zeros beyond the code.
    ExtCodeCopy = "eth.extcodecopy" (address: U256, to: u64, from: U256, len: u64) -> (), view => {
        let code = metered(view, |host, gas| account::code(host, gas, address))?;
        copy_padded(&code, from, view.bytes(to, len)?);
        Ok(())
    };
    /// BLOCKHASH: zero but for the 256 blocks before this one.
    BlockHash = "eth.blockhash" (number: U256) -> (U256), view =>
        Ok((account::block_hash(view.host(), number)?,));
    /// SELFDESTRUCT; the guest ends right after.
    SelfDestruct = "eth.selfdestruct" (beneficiary: U256) -> (), view =>
        metered(view, |host, gas| account::self_destruct(host, gas, beneficiary));
}
