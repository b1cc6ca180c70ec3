//! Programs of eBPF as contracts: ELF files that call functions of the host by name, memory of their own for each message.

pub(crate) mod price;

use std::sync::Arc;

use lockstep_guest::{
    ebpf::{Config, Helper, limits},
    wasm::limits::DEPTH_LIMIT,
};
use lockstep_host::ethereum::{Ethereum, World};
use lockstep_ir::{FuncId, Interface};
use lockstep_rt::{HostRow, Links, MemoryPool, Store, Trap};

use super::{
    instance::NoInstance,
    load::{Beginning, ContractError, Offer},
};
use crate::{
    ebpf::{Program, entry_args, instance, mapping},
    function::Compiled,
};

/// Bytes of a contract's heap.
const HEAP_BYTES: u64 = 32 << 10;

/// A program with whatever of it was translated so far.
#[derive(Debug)]
pub(crate) struct Contract {
    program: Program,
    /// For each import, the host's row.
    imports: Vec<usize>,
    code_bytes: usize,
    instance_gas: u64,
}

impl Contract {
    pub(super) fn load<H>(code: &Arc<[u8]>, offer: &Offer<'_, H>) -> Result<Self, ContractError> {
        let offered = || offer.rows.iter().enumerate().filter(|(row, _)| (offer.is_offered)(*row));
        let helpers = offered().map(|(_, row)| Helper::named(row.name)).collect();
        let config = Config { helpers, heap_bytes: HEAP_BYTES, ..Config::default() };
        let program = Program::load(code, &config).map_err(ContractError::Ebpf)?;
        let place = |name: &str| {
            let found = offered().find(|(_, row)| row.name == name);
            found.expect("a program calls what it was offered").0
        };
        let imports = &program.guest().interface().imports;
        let imports = imports.iter().map(|(_, import)| place(&import.name)).collect();
        let instance_gas = price::instance(program.guest(), code.len());
        Ok(Self { program, imports, code_bytes: code.len(), instance_gas })
    }

    pub(super) fn compiled(&self) -> &Compiled {
        self.program.compiled()
    }

    pub(super) fn interface(&self) -> &Arc<Interface> {
        self.program.guest().interface()
    }

    pub(super) fn entry(&self) -> FuncId {
        self.program.guest().entry()
    }

    pub(super) fn activation_gas(&self, input_bytes: usize) -> u64 {
        self.instance_gas.saturating_add(price::input(input_bytes))
    }

    pub(super) fn code_bytes(&self) -> usize {
        self.code_bytes
    }

    pub(super) fn instance<H>(
        &self,
        store: &Store<H>,
        rows: &[HostRow<H>],
        pool: &Arc<MemoryPool>,
        input: &[u8],
    ) -> Result<(u32, Links<H>), NoInstance> {
        let links = Links::of_rows(self.interface(), rows, &self.imports);
        Ok((instance(&self.program, store, pool, input)?, links))
    }

    /// Frames of a program have a limit of their own, so they count from nothing; what they may take must be left of what all
    /// frames of a transaction may.
    pub(super) fn begin<W: World>(
        &self,
        host: &mut Ethereum<W>,
        input_bytes: usize,
    ) -> Result<Beginning, Trap> {
        if input_bytes as u64 > limits::INPUT_BYTES_MAX {
            return Err(Trap::MemoryOutOfBounds);
        }
        if host.depth_units() + limits::DEPTH_LIMIT.0 > DEPTH_LIMIT.0 {
            return Err(Trap::DepthExceeded);
        }
        let guest = self.program.guest();
        let input_bytes = input_bytes as u64;
        host.begin_mapped(Arc::new(mapping(guest, input_bytes)));
        Ok(Beginning { depth: 0, args: entry_args(guest, input_bytes) })
    }
}
