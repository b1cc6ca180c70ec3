//! Contracts in eBPF on the host `tos`, as people write them: those of `examples/ebpf` in C and of `sdk/rust/examples` in
//! Rust, the SDK that they are written with, and the guide that says how.
#![forbid(unsafe_code)]
#![allow(missing_docs, reason = "tests")]

mod ebpf_contracts {
    mod bindings;
    mod budgets;
    mod build;
    pub(crate) mod chain;
    mod chains;
    mod counter;
    mod hello;
    mod share;
    mod token;
    mod tour;
}
