//! What programs that were called have changed, so that a failed one leaves nothing: over any providers.
//!
//! Invariant: what the first program does itself is not noted; its chain keeps or drops all of it.

use super::{
    context::{Hash, InvokeContext},
    error::ProviderError,
};

/// What brings a change back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Undo {
    /// What was stored before.
    Storage { contract: Hash, key: Vec<u8>, before: Option<Vec<u8>> },
    /// What was sent.
    Transfer { from: Hash, to: Hash, amount: u64 },
}

impl InvokeContext<'_> {
    /// Notes what is stored under `key` before it changes.
    pub(super) fn note_storage(&mut self, key: &[u8]) -> Result<(), ProviderError> {
        if self.depth > 0 {
            let contract = self.contract_hash;
            let before = self.storage.get(&contract, key)?;
            self.undo.push(Undo::Storage { contract, key: key.to_vec(), before });
        }
        Ok(())
    }

    /// Notes that the contract sent `amount`.
    pub(super) fn note_transfer(&mut self, to: &Hash, amount: u64) {
        if self.depth > 0 {
            self.undo.push(Undo::Transfer { from: self.contract_hash, to: *to, amount });
        }
    }

    /// Brings back all that was changed since so much was noted.
    ///
    /// # Errors
    ///
    /// A fault: providers that took a change take it back.
    pub(super) fn undo_to(&mut self, noted: usize) -> Result<(), ProviderError> {
        let fault = |error: ProviderError| match error {
            ProviderError::Fault(why) => ProviderError::Fault(why),
            other => ProviderError::Fault(format!("a change cannot be taken back: {other}")),
        };
        while self.undo.len() > noted {
            let Some(undo) = self.undo.pop() else { break };
            match undo {
                Undo::Storage { contract, key, before: Some(value) } => {
                    self.storage.set(&contract, &key, &value).map_err(fault)?;
                }
                Undo::Storage { contract, key, before: None } => {
                    self.storage.delete(&contract, &key).map_err(fault)?;
                }
                Undo::Transfer { from, to, amount } => {
                    self.accounts.transfer(&to, &from, amount).map_err(fault)?;
                }
            }
        }
        Ok(())
    }
}
