//! Contracts of all guests on the Ethereum host, beside EVM twins that do the same: one journal, one meter, in every tier.
#![forbid(unsafe_code)]
#![allow(missing_docs, reason = "tests")]

mod contracts {
    mod calls;
    pub(crate) mod chain;
    mod deploy;
    mod depth;
    mod ebpf;
    mod engine;
    mod failures;
    mod gas;
    mod invoke;
    mod matrix;
    mod random;
    mod script;
    mod sdk;
    mod state;
    mod token;
    mod tos;
    mod vault;
}
