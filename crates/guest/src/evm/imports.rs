//! What EVM code imports from its host, one row each; a row's position is the import's number.

use lockstep_ir::{
    Import, ImportId,
    Type::{self, I64, I256},
};

macro_rules! imports {
    ($($variant:ident = $name:literal: [$($param:ident),*] -> [$($result:ident),*], $effect:ident;)*) => {
        /// A host function that EVM code imports.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum HostOp { $($variant),* }

        pub(super) const ROWS: &[Row] = &[
            $(Row {
                name: $name,
                params: &[$($param),*],
                results: &[$($result),*],
                ends_span: matches!(stringify!($effect).as_bytes(), b"world"),
            }),*
        ];
    };
}

/// One import.
pub(super) struct Row {
    name: &'static str,
    params: &'static [Type],
    pub(super) results: &'static [Type],
    /// Whether it touches what another may see, so that the counter must be the guest's gas when it runs.
    pub(super) ends_span: bool,
}

imports! {
    Keccak256 = "eth.keccak256": [I64, I64] -> [I256], frame;
    Address = "eth.address": [] -> [I256], frame;
    Caller = "eth.caller": [] -> [I256], frame;
    Callvalue = "eth.callvalue": [] -> [I256], frame;
    Origin = "eth.origin": [] -> [I256], frame;
    Gasprice = "eth.gasprice": [] -> [I256], frame;
    Coinbase = "eth.coinbase": [] -> [I256], frame;
    Timestamp = "eth.timestamp": [] -> [I256], frame;
    Number = "eth.number": [] -> [I256], frame;
    Prevrandao = "eth.prevrandao": [] -> [I256], frame;
    Gaslimit = "eth.gaslimit": [] -> [I256], frame;
    Chainid = "eth.chainid": [] -> [I256], frame;
    Basefee = "eth.basefee": [] -> [I256], frame;
    Blobbasefee = "eth.blobbasefee": [] -> [I256], frame;
    Blobhash = "eth.blobhash": [I256] -> [I256], frame;
    Returndatasize = "eth.returndatasize": [] -> [I64], frame;
    Balance = "eth.balance": [I256] -> [I256], world;
    Selfbalance = "eth.selfbalance": [] -> [I256], world;
    Extcodesize = "eth.extcodesize": [I256] -> [I64], world;
    Extcodehash = "eth.extcodehash": [I256] -> [I256], world;
    Extcodecopy = "eth.extcodecopy": [I256, I64, I256, I64] -> [], world;
    Blockhash = "eth.blockhash": [I256] -> [I256], world;
    Sload = "eth.sload": [I256] -> [I256], world;
    Sstore = "eth.sstore": [I256, I256] -> [], world;
    Tload = "eth.tload": [I256] -> [I256], world;
    Tstore = "eth.tstore": [I256, I256] -> [], world;
    Returndatacopy = "eth.returndatacopy": [I64, I256, I64] -> [], world;
    Log0 = "eth.log0": [I64, I64] -> [], world;
    Log1 = "eth.log1": [I64, I64, I256] -> [], world;
    Log2 = "eth.log2": [I64, I64, I256, I256] -> [], world;
    Log3 = "eth.log3": [I64, I64, I256, I256, I256] -> [], world;
    Log4 = "eth.log4": [I64, I64, I256, I256, I256, I256] -> [], world;
    Create = "eth.create": [I256, I64, I64] -> [I256], world;
    Create2 = "eth.create2": [I256, I64, I64, I256] -> [I256], world;
    Call = "eth.call": [I256, I256, I256, I64, I64, I64, I64] -> [I64], world;
    Callcode = "eth.callcode": [I256, I256, I256, I64, I64, I64, I64] -> [I64], world;
    Delegatecall = "eth.delegatecall": [I256, I256, I64, I64, I64, I64] -> [I64], world;
    Staticcall = "eth.staticcall": [I256, I256, I64, I64, I64, I64] -> [I64], world;
    Selfdestruct = "eth.selfdestruct": [I256] -> [], world;
}

impl HostOp {
    /// Its number among the imports.
    pub(super) const fn id(self) -> ImportId {
        ImportId(self as u32)
    }

    /// Its row.
    pub(super) const fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }
}

/// The imports, in order.
pub(super) fn all() -> impl Iterator<Item = Import> {
    ROWS.iter().map(|row| Import {
        name: row.name.into(),
        signature: lockstep_ir::Signature {
            params: row.params.to_vec(),
            results: row.results.to_vec(),
        },
    })
}
