//! revm's side: the same state through its `Database`, its outcome in our terms.

mod convert;
mod database;
mod result;

pub use database::PeerDatabase;
pub use result::outcome;

use std::sync::Arc;

use lockstep::{MemoryStorage, TransactionKind};
use revm::{
    Context, ExecuteEvm, MainBuilder,
    context::{BlockEnv, CfgEnv, Journal, TxEnv},
    primitives::hardfork::SpecId,
};

use crate::{case::Case, outcome::Outcome};

/// The peer's context over our state.
pub type PeerContext = Context<BlockEnv, TxEnv, CfgEnv, PeerDatabase, Journal<PeerDatabase>, ()>;

/// A context for `case`; `None` for rules the peer does not know.
pub fn context(case: &Case, pre: &Arc<MemoryStorage>) -> Option<PeerContext> {
    let spec = convert::spec(case.fork)?;
    let context: PeerContext = Context::new(PeerDatabase(pre.clone()), SpecId::default());
    let mut config = CfgEnv::new_with_spec(spec);
    let config_of_ours = case.config();
    config.chain_id = config_of_ours.chain_id;
    config.max_blobs_per_tx = Some(match case.fork < lockstep::Fork::Osaka {
        true => config_of_ours.blobs.max,
        // EIP-7594.
        false => 6,
    });
    config.blob_base_fee_update_fraction = Some(config_of_ours.blobs.base_fee_update_fraction);
    Some(context.with_cfg(config).with_block(convert::block(case)))
}

/// What the peer makes of `case`; `None` when it cannot say: rules it does not know, numbers its types do not hold.
pub fn run(case: &Case, pre: &Arc<MemoryStorage>) -> Option<Outcome> {
    let transaction = convert::transaction(&case.transaction)?;
    if is_refused_by_decoders(case) {
        return Some(Outcome::invalid(pre));
    }
    let result = context(case, pre)?.build_mainnet().transact(transaction);
    Some(outcome(case, pre, result))
}

/// Whether blobs or authorizations come with a creation. Both EIPs refuse that (EIP-4844: `to` "must not be nil";
/// EIP-7702: "a null destination is not valid"); the peer leaves it to whoever decodes transactions.
pub fn is_refused_by_decoders(case: &Case) -> bool {
    let kind = &case.transaction.kind;
    case.transaction.to.is_none()
        && matches!(kind, TransactionKind::Blob { .. } | TransactionKind::SetCode { .. })
}

/// The peer's form of the transaction of `case`.
pub fn transaction(case: &Case) -> Option<TxEnv> {
    convert::transaction(&case.transaction)
}
