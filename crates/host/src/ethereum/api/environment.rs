//! What the frame, the transaction and the block answer without asking the state.

use lockstep_base::U256;
use lockstep_rt::{HostFunction, Stop, View};

use super::{Ethereum, World, host_functions};

host_functions! {
    /// ADDRESS.
    OwnAddress = "eth.address" () -> (U256), view => Ok((view.host().frame.address_word,));
    /// CALLER.
    Caller = "eth.caller" () -> (U256), view => Ok((view.host().frame.caller,));
    /// CALLVALUE.
    CallValue = "eth.callvalue" () -> (U256), view => Ok((view.host().frame.value,));
    /// ORIGIN.
    Origin = "eth.origin" () -> (U256), view => Ok((view.host().words.origin,));
    /// GASPRICE: what the transaction pays in the end (EIP-1559).
    GasPrice = "eth.gasprice" () -> (U256), view => Ok((view.host().words.gas_price,));
    /// COINBASE.
    Coinbase = "eth.coinbase" () -> (U256), view => Ok((view.host().words.coinbase,));
    /// TIMESTAMP.
    Timestamp = "eth.timestamp" () -> (U256), view => Ok((view.host().words.timestamp,));
    /// NUMBER.
    Number = "eth.number" () -> (U256), view => Ok((view.host().words.number,));
    /// PREVRANDAO; before Paris, DIFFICULTY (EIP-4399).
    PrevRandao = "eth.prevrandao" () -> (U256), view => Ok((view.host().words.prev_randao,));
    /// GASLIMIT: the block's.
    GasLimit = "eth.gaslimit" () -> (U256), view => Ok((view.host().words.gas_limit,));
    /// CHAINID (EIP-1344).
    ChainId = "eth.chainid" () -> (U256), view => Ok((view.host().words.chain_id,));
    /// BASEFEE (EIP-3198).
    BaseFee = "eth.basefee" () -> (U256), view => Ok((view.host().words.base_fee,));
    /// BLOBBASEFEE (EIP-7516).
    BlobBaseFee = "eth.blobbasefee" () -> (U256), view => Ok((view.host().words.blob_base_fee,));
    /// BLOBHASH (EIP-4844): zero beyond the transaction's blobs.
    BlobHash = "eth.blobhash" (index: U256) -> (U256), view => {
        let hashes = &view.host().blob_hashes;
        let found = usize::try_from(index).ok().and_then(|index| hashes.get(index));
        Ok((found.copied().unwrap_or_default(),))
    };
}
