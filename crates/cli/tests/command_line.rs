//! The command as users meet it: exit codes, what goes where, and bad input of every kind.
#![forbid(unsafe_code)]
#![allow(missing_docs, reason = "tests")]

mod command_line {
    mod bad_input;
    mod compile;
    mod contract;
    mod disasm;
    mod ebpf;
    mod instruction;
    mod native;
    mod run;
    mod setup;
    mod statetest;
    mod wasi;
    mod wasm;
    mod wast;
}
