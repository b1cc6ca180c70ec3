//! The official suites of Ethereum, WebAssembly and eBPF, read from `LOCKSTEP_CONFORMANCE` or from `../shared/conformance`
//! beside the project.
//!
//! The project's own state tests, `corpus/evm`, run here too.
//!
//! Nothing passes silently: without the data a test says so, and fails where `CI` is set; every suite prints its
//! counts and has a floor, so that a suite that shrinks is noticed.
#![forbid(unsafe_code)]
#![allow(missing_docs, reason = "tests")]

mod conformance {
    mod corpus;
    mod ebpf;
    mod folder;
    mod rlp;
    mod state;
    mod transaction;
    mod wasm;
}
