//! The system calls. Each charges, translates, acts and answers, in this order; pointers come before lengths.

mod balance;
mod chain;
mod invoke;
mod log;
mod return_data;
mod storage;

use lockstep_rt::HostRow;

pub use balance::{TosGetBalance, TosTransfer};
pub use chain::{
    TosGetBlockHash, TosGetBlockHeight, TosGetContractHash, TosGetTxHash, TosGetTxSender,
};
pub use invoke::{TosGetCallValue, TosGetCaller, TosInvoke};
pub use log::{LOG_BYTES_MAX, TosLog};
pub use return_data::{RETURN_DATA_BYTES_MAX, TosGetReturnData, TosSetReturnData};
pub use storage::{
    STORAGE_KEY_BYTES_MAX, STORAGE_VALUE_BYTES_MAX, TosStorageDelete, TosStorageRead,
    TosStorageWrite,
};

use super::{declare::system_call, error::TosError, invocation::Invocation};

/// All of them.
pub fn functions<H: Invocation>() -> Vec<HostRow<H>> {
    vec![
        HostRow::of::<TosLog>(),
        HostRow::of::<TosGetBlockHash>(),
        HostRow::of::<TosGetBlockHeight>(),
        HostRow::of::<TosGetTxHash>(),
        HostRow::of::<TosGetTxSender>(),
        HostRow::of::<TosGetContractHash>(),
        HostRow::of::<TosGetBalance>(),
        HostRow::of::<TosTransfer>(),
        HostRow::of::<TosStorageRead>(),
        HostRow::of::<TosStorageWrite>(),
        HostRow::of::<TosStorageDelete>(),
        HostRow::of::<TosSetReturnData>(),
        HostRow::of::<TosGetReturnData>(),
        HostRow::of::<TosInvoke>(),
        HostRow::of::<TosGetCaller>(),
        HostRow::of::<TosGetCallValue>(),
    ]
}

/// Refuses `found` bytes of `what` beyond `limit`.
fn limit(what: &'static str, limit: u64, found: u64) -> Result<(), TosError> {
    if found <= limit { Ok(()) } else { Err(TosError::TooLong { what, limit, found }) }
}
