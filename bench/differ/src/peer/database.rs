//! Our in-memory state behind the peer's interface, so that both engines read the same bytes.

use std::{convert::Infallible, sync::Arc};

use lockstep::{MemoryStorage, Storage, StorageError};
use revm::{
    Database,
    bytecode::Bytecode,
    primitives::{Address, B256, Bytes, U256},
    state::AccountInfo,
};

use super::convert;

/// Our in-memory state behind the peer's interface.
#[derive(Debug, Clone)]
pub struct PeerDatabase(pub Arc<MemoryStorage>);

/// Memory does not fail, and every code hash of a case has its code.
fn kept<T>(result: Result<T, StorageError>) -> T {
    result.expect("memory does not fail")
}

impl Database for PeerDatabase {
    type Error = Infallible;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, Infallible> {
        let found = kept(self.0.account(convert::our_address(address)));
        Ok(found.map(|info| AccountInfo {
            balance: info.balance,
            nonce: info.nonce,
            code_hash: B256::new(info.code_hash.0),
            code: None,
            ..AccountInfo::default()
        }))
    }

    fn code_by_hash(&mut self, hash: B256) -> Result<Bytecode, Infallible> {
        let code = kept(self.0.code(lockstep::Hash(hash.0)));
        let code = Bytes::copy_from_slice(&code);
        Ok(Bytecode::new_raw_checked(code.clone()).unwrap_or_else(|_| Bytecode::new_legacy(code)))
    }

    fn storage(&mut self, address: Address, key: U256) -> Result<U256, Infallible> {
        Ok(kept(self.0.slot(convert::our_address(address), key)))
    }

    fn block_hash(&mut self, number: u64) -> Result<B256, Infallible> {
        Ok(B256::new(kept(self.0.block_hash(number)).0))
    }
}
