//! What EVM code does, through the public API, on every tier: limits, prices, isolation, the code cache.
//!
//! Answers come from the Yellow Paper and the EIPs; state tests show the same by the thousand, these say which rule it is.
#![forbid(unsafe_code)]
#![allow(missing_docs, reason = "tests")]

mod evm {
    mod cache;
    mod gas;
    mod isolation;
    mod limits;
    pub(crate) mod run;
}
