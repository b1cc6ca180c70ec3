//! Contracts said once and written for each guest: what one does is the same in all, and so is what it leaves.
//!
//! Invariant: [`GUESTS`] is the list; whatever is tested of all guests goes over it.

use std::fmt::Write;

use lockstep_testkit::object::{object, shared};

use super::chain::{assemble, main};

/// What a contract does, one after the other.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Deed {
    /// Stores a byte under a byte.
    Store(u8, u8),
    /// Stores what was sent along.
    StoreValue(u8),
    /// Stores who calls.
    StoreCaller(u8),
    /// Stores its own address.
    StoreOwn(u8),
    /// Logs a byte.
    Log(u8),
    /// Calls; stores one more than the status under `at`, and how much came back under the next.
    Call { kind: Kind, to: u8, value: u8, gas: u32, input: u8, at: u8 },
    /// Does so much and stops, when there is input.
    Guard(&'static [Deed]),
    /// Ends with a byte as output.
    Finish(u8),
    /// Ends with a byte as output and undoes everything.
    Revert(u8),
    /// Goes on until there is no gas.
    Burn,
}

/// How it calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Call,
    Delegate,
    Static,
}

/// A guest, and how it writes contracts.
pub(crate) struct Guest {
    pub(crate) name: &'static str,
    pub(crate) write: fn(&[Deed]) -> Vec<u8>,
}

/// Every guest; the first is what the others are compared with.
pub(crate) const GUESTS: &[Guest] = &[
    Guest { name: "EVM", write: |deeds| assemble(&evm(deeds, &mut 0)) },
    Guest { name: "Wasm", write: |deeds| main(&wasm(deeds)) },
    Guest { name: "eBPF", write: |deeds| object(&program(deeds)) },
    Guest { name: "sBPF", write: |deeds| shared(&program(deeds)) },
];

/// A program of either kind of eBPF.
fn program(deeds: &[Deed]) -> String {
    format!("{}mov %r0, 0\nexit", ebpf(deeds, &mut 0))
}

fn evm(deeds: &[Deed], labels: &mut u32) -> String {
    let mut text = String::new();
    for deed in deeds {
        *labels += 1;
        let label = format!("l{labels}");
        text += &match *deed {
            Deed::Store(key, value) => format!("{value} {key} SSTORE "),
            Deed::StoreValue(key) => format!("CALLVALUE {key} SSTORE "),
            Deed::StoreCaller(key) => format!("CALLER {key} SSTORE "),
            Deed::StoreOwn(key) => format!("ADDRESS {key} SSTORE "),
            Deed::Log(byte) => format!("{byte} 0 MSTORE8 1 0 LOG0 "),
            Deed::Call { kind, to, value, gas, input, at } => {
                let (value, op) = match kind {
                    Kind::Call => (value.to_string(), "CALL"),
                    Kind::Delegate => (String::new(), "DELEGATECALL"),
                    Kind::Static => (String::new(), "STATICCALL"),
                };
                let next = at + 1;
                format!(
                    "0 0 {input} 512 {value} {to} {gas} {op} 1 ADD {at} SSTORE RETURNDATASIZE {next} SSTORE "
                )
            }
            Deed::Guard(deeds) => {
                let inner = evm(deeds, labels);
                format!("CALLDATASIZE ISZERO @{label} JUMPI {inner} STOP {label}: ")
            }
            Deed::Finish(byte) => format!("{byte} 0 MSTORE8 1 0 RETURN "),
            Deed::Revert(byte) => format!("{byte} 0 MSTORE8 1 0 REVERT "),
            Deed::Burn => format!("{label}: @{label} JUMP "),
        };
    }
    text
}

/// A key at 64, a value at 96, an address at 0, a value to send at 32.
fn wasm(deeds: &[Deed]) -> String {
    let store = |key: u8, value: &str| {
        format!(
            "(memory.fill (i32.const 64) (i32.const 0) (i32.const 64)) (i32.store8 (i32.const 95) (i32.const {key}))
             {value} (call $storage_store (i32.const 64) (i32.const 96))"
        )
    };
    let byte = |value: &str| format!("(i32.store8 (i32.const 127) {value})");
    let ended = |byte: u8, how: &str| {
        format!(
            "(i32.store8 (i32.const 128) (i32.const {byte})) (call ${how} (i32.const 128) (i32.const 1))"
        )
    };
    let mut text = String::new();
    for deed in deeds {
        text += &match *deed {
            Deed::Store(key, value) => store(key, &byte(&format!("(i32.const {value})"))),
            Deed::StoreValue(key) => store(key, "(call $value (i32.const 96))"),
            Deed::StoreCaller(key) => store(key, "(call $caller (i32.const 108))"),
            Deed::StoreOwn(key) => store(key, "(call $address (i32.const 108))"),
            Deed::Log(byte) => format!(
                "(i32.store8 (i32.const 128) (i32.const {byte}))
                 (call $log (i32.const 128) (i32.const 1) (i32.const 0) (i32.const 0))"
            ),
            Deed::Call { kind, to, value, gas, input, at } => {
                let (gas, input) = (
                    format!("(i64.const {gas}) (i32.const 0)"),
                    format!("(i32.const 512) (i32.const {input})"),
                );
                let call = match kind {
                    Kind::Call => format!("(call $call {gas} (i32.const 32) {input})"),
                    Kind::Delegate => format!("(call $call_delegate {gas} {input})"),
                    Kind::Static => format!("(call $call_static {gas} {input})"),
                };
                let before = format!(
                    "(memory.fill (i32.const 0) (i32.const 0) (i32.const 64))
                     (i32.store8 (i32.const 19) (i32.const {to})) (i32.store8 (i32.const 63) (i32.const {value}))
                     (i32.store8 (i32.const 256) (i32.add (i32.const 1) {call}))"
                );
                let status = store(at, &byte("(i32.load8_u (i32.const 256))"));
                let size = store(at + 1, &byte("(call $return_data_size)"));
                format!("{before} {status} {size}")
            }
            Deed::Guard(deeds) => {
                format!("(if (call $calldata_size) (then {} return))", wasm(deeds))
            }
            Deed::Finish(byte) => ended(byte, "finish"),
            Deed::Revert(byte) => ended(byte, "revert"),
            Deed::Burn => "(loop $on (br $on))".to_owned(),
        };
        text.push('\n');
    }
    text
}

/// In the frame: a key at -64, a value at -32, an address at -96, a value to send at -128, input at -160, a byte at -168.
fn ebpf(deeds: &[Deed], labels: &mut u32) -> String {
    let zero = |from: i32, len: i32| {
        (from..from + len).step_by(8).map(|at| format!("stdw [%r10{at}], 0\n")).collect::<String>()
    };
    let point = |reg: u8, at: i32| format!("mov %r{reg}, %r10\nadd %r{reg}, {at}\n");
    let store = |key: u8, value: &str| {
        format!(
            "{}stb [%r10-33], {key}\n{value}{}{}call eth_storage_store\n",
            zero(-64, 64),
            point(1, -64),
            point(2, -32)
        )
    };
    let written = |name: &str, at: i32| format!("{}call eth_{name}\n", point(1, at));
    let ended = |byte: u8, how: &str| {
        format!("stb [%r10-168], {byte}\n{}mov %r2, 1\ncall eth_{how}\n", point(1, -168))
    };
    let mut text = String::new();
    for deed in deeds {
        *labels += 1;
        let label = format!("l{labels}");
        match *deed {
            Deed::Store(key, value) => text += &store(key, &format!("stb [%r10-1], {value}\n")),
            Deed::StoreValue(key) => text += &store(key, &written("value", -32)),
            Deed::StoreCaller(key) => text += &store(key, &written("caller", -20)),
            Deed::StoreOwn(key) => text += &store(key, &written("address", -20)),
            Deed::Log(byte) => {
                let at = point(1, -168);
                write!(
                    text,
                    "stb [%r10-168], {byte}\n{at}mov %r2, 1\nmov %r3, 0\nmov %r4, 0\ncall eth_log\n"
                )
                .expect("writing to a string succeeds");
            }
            Deed::Call { kind, to, value, gas, input, at } => {
                text += &zero(-160, 96);
                text += &format!("stb [%r10-77], {to}\nstb [%r10-97], {value}\nmov %r1, {gas}\n");
                text += &point(2, -96);
                let name = match kind {
                    Kind::Call => {
                        text += &format!("{}{}mov %r5, {input}\n", point(3, -128), point(4, -160));
                        "call"
                    }
                    Kind::Delegate | Kind::Static => {
                        text += &format!("{}mov %r4, {input}\n", point(3, -160));
                        if kind == Kind::Static { "call_static" } else { "call_delegate" }
                    }
                };
                text += &format!("call eth_{name}\nmov %r6, %r0\nadd %r6, 1\n");
                text += &store(at, "stxb [%r10-1], %r6\n");
                text += "call eth_return_data_size\nmov %r6, %r0\n";
                text += &store(at + 1, "stxb [%r10-1], %r6\n");
            }
            Deed::Guard(deeds) => {
                let inner = ebpf(deeds, labels);
                text += &format!(
                    "call eth_calldata_size\njeq %r0, 0, {label}\n{inner}mov %r0, 0\nexit\n{label}:\n"
                );
            }
            Deed::Finish(byte) => text += &ended(byte, "finish"),
            Deed::Revert(byte) => text += &ended(byte, "revert"),
            Deed::Burn => text += &format!("{label}:\nja {label}\n"),
        }
    }
    text
}
