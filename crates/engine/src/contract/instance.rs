//! Instances of contracts: a store of one instance, for one message.

use lockstep_rt::{HostRow, Links, ReserveError, Store, Trap};

use super::load::{Contract, Kind};
use crate::machine::Executor;

/// Why there is no instance.
#[derive(Debug)]
pub(crate) enum NoInstance {
    /// A segment did not fit.
    Trap(Trap),
    /// The operating system refused address space.
    Reserve(ReserveError),
}

impl From<Trap> for NoInstance {
    fn from(trap: Trap) -> Self {
        Self::Trap(trap)
    }
}

impl From<ReserveError> for NoInstance {
    fn from(error: ReserveError) -> Self {
        Self::Reserve(error)
    }
}

/// A contract's instance with its links.
pub(crate) struct Instance<H> {
    pub(crate) store: Box<Store<H>>,
    pub(crate) number: u32,
    pub(crate) links: Links<H>,
}

impl<H> Instance<H> {
    /// An instance on the host of `rows`, for a message with this input.
    pub(crate) fn new(
        contract: &Contract,
        rows: &[HostRow<H>],
        executor: &Executor,
        input: &[u8],
    ) -> Result<Self, NoInstance> {
        let store = executor.store();
        let made = match &contract.kind {
            Kind::Wasm(contract) => contract.instance(&store, rows, &executor.pool),
            Kind::Ebpf(contract) => contract.instance(&store, rows, &executor.pool, input),
        };
        match made {
            Ok((number, links)) => Ok(Self { store, number, links }),
            Err(error) => {
                executor.give_back(store);
                Err(error)
            }
        }
    }
}
