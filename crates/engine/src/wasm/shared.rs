//! What the instances of a module have in common, made once.

use std::sync::Arc;

use lockstep_guest::wasm::{Data, FuncType, Module as Guest, SegmentMode, ValType};
use lockstep_rt::{FuncType as StoreType, InstanceParts, StoreCore};

/// What every instance of a module starts from.
#[derive(Debug)]
pub(crate) struct Shared {
    /// The types of the module as stores know them, in its order.
    types: Arc<[StoreType]>,
    /// For each of the module's own functions, the place of its type.
    func_types: Arc<[u32]>,
    /// The passive data segments. Active ones are gone when there is an instance, unless making it failed.
    datas: Arc<[Arc<[u8]>]>,
}

impl Shared {
    pub(crate) fn of(guest: &Guest) -> Self {
        let signatures = guest.interface().types.as_slice().iter();
        let types = signatures
            .zip(guest.types())
            .map(|(signature, ty)| StoreType { signature: signature.clone(), mark: mark(ty) });
        let imported = guest.interface().imports.len();
        let is_passive = |data: &Data| matches!(data.mode, SegmentMode::Passive);
        Self {
            types: types.collect(),
            func_types: guest.func_types()[imported..].into(),
            datas: guest.data_bytes(is_passive),
        }
    }

    /// Parts of an instance that is to live in `store`; what it imports and owns is not there yet.
    pub(crate) fn parts(&self, store: &StoreCore) -> Box<InstanceParts> {
        let mut parts = store.parts();
        parts.types = store.type_ids(&self.types);
        parts.func_types = Arc::clone(&self.func_types);
        parts.datas = Arc::clone(&self.datas);
        parts
    }
}

/// What tells types apart that are one in dMIR: which references they take. Nothing where none are the host's.
pub(super) fn mark(ty: &FuncType) -> Vec<u8> {
    let all = || ty.params.iter().chain(&*ty.results).map(|ty| *ty == ValType::ExternRef);
    if all().any(|is_extern| is_extern) { all().map(u8::from).collect() } else { Vec::new() }
}
