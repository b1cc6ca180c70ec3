//! Random contracts that exist in both guests: three of them call one another, each of either guest, and what is left
//! is the same for all eight castings.

use std::fmt::Write;

use lockstep::{Address, Fork, Hash};
use lockstep_testkit::random::Random;

use super::chain::{Scene, Seen, assemble, main};

const SEEDS: u64 = 150;
/// Every trap keeps a 64th of the gas: enough for all that can follow one another.
const PLENTY: u64 = 1 << 62;
/// Last bytes of the contracts' addresses.
const CAST: [u8; 3] = [0xa1, 0xb2, 0xc3];
/// Initialization code in 22 bytes: stores what it gets, deploys five bytes.
const INIT: &str = "CALLVALUE 9 SSTORE 0x6001600055 0 MSTORE 5 27 RETURN";

/// A contract, said twice.
#[derive(Default)]
struct Both {
    wasm: String,
    evm: String,
    labels: u32,
}

impl Both {
    /// The word at `at`, in Wasm's memory, is this byte.
    fn word(&mut self, at: u32, byte: u64) {
        let last = at + 31;
        write!(
            self.wasm,
            "(memory.fill (i32.const {at}) (i32.const 0) (i32.const 32)) (i32.store8 (i32.const {last}) (i32.const {byte})) "
        )
        .expect("writing to a string succeeds");
    }

    fn add(&mut self, wasm: &str, evm: &str) {
        self.wasm += wasm;
        self.evm += evm;
        self.evm.push(' ');
    }

    fn change_slot(&mut self, random: &mut Random) {
        let (key, bits) = (random.below(3), random.below(256));
        let (load, store, evm) = match random.one_in(4) {
            true => ("transient_load", "transient_store", ["TLOAD", "TSTORE"]),
            false => ("storage_load", "storage_store", ["SLOAD", "SSTORE"]),
        };
        self.word(64, key);
        let wasm = format!(
            "(call ${load} (i32.const 64) (i32.const 96))
             (i32.store8 (i32.const 127) (i32.xor (i32.load8_u (i32.const 127)) (i32.const {bits})))
             (call ${store} (i32.const 64) (i32.const 96)) "
        );
        self.add(&wasm, &format!("{key} {} {bits} XOR {key} {}", evm[0], evm[1]));
    }

    fn log(&mut self, random: &mut Random) {
        let (topics, byte) = (random.below(5), random.below(256));
        self.word(96, byte);
        self.word(128, 0);
        self.word(160, 0);
        self.word(192, 0);
        let evm = match topics {
            0 => format!("{byte} 64 MSTORE 32 64 LOG0"),
            _ => format!(
                "{byte} 64 MSTORE {}{byte} 32 64 LOG{topics}",
                "0 ".repeat(topics as usize - 1)
            ),
        };
        let wasm = format!(
            "(call $log (i32.const 96) (i32.const 32) (i32.const 96) (i32.const {topics})) "
        );
        self.add(&wasm, &evm);
    }

    /// A call with one byte of input more than there is, unless there are three; its status is stored, its output logged.
    fn call(&mut self, random: &mut Random) {
        let (to, value, key) = (*random.pick(&CAST), random.below(3), random.below(3));
        self.labels += 1;
        let end = format!("call{}", self.labels);
        self.wasm += "(if (i32.lt_u (call $calldata_size) (i32.const 3)) (then ";
        self.word(32, value);
        self.word(64, key);
        let input = "(i32.const 4096) (i32.add (call $calldata_size) (i32.const 1))";
        let gas = "(call $gas_left) (i32.const 0)";
        let (call, evm) = match random.below(4) {
            0 => (format!("call_delegate {gas} {input}"), format!("0x{to:x} GAS DELEGATECALL")),
            1 => (format!("call_static {gas} {input}"), format!("0x{to:x} GAS STATICCALL")),
            _ => {
                (format!("call {gas} (i32.const 32) {input}"), format!("{value} 0x{to:x} GAS CALL"))
            }
        };
        let wasm = format!(
            "(i32.store8 (i32.const 19) (i32.const {to}))
             (memory.fill (i32.const 96) (i32.const 0) (i32.const 32))
             (i32.store8 (i32.const 127) (call ${call}))
             (call $storage_store (i32.const 64) (i32.const 96))
             (call $return_data_copy (i32.const 8192) (i32.const 0) (call $return_data_size))
             (call $log (i32.const 8192) (call $return_data_size) (i32.const 0) (i32.const 0)))) "
        );
        let evm = format!(
            "CALLDATASIZE 3 GT ISZERO @{end} JUMPI 0 0 1 CALLDATASIZE ADD 4096 {evm} {key} SSTORE
             RETURNDATASIZE 0 8192 RETURNDATACOPY RETURNDATASIZE 8192 LOG0 {end}:"
        );
        self.add(&wasm, &evm);
    }

    /// A creation, whose address is stored.
    fn create(&mut self, random: &mut Random) {
        let (value, key) = (random.below(3), random.below(3));
        let code = assemble(INIT);
        self.word(32, value);
        self.word(64, key);
        self.wasm += "(memory.fill (i32.const 96) (i32.const 0) (i32.const 32)) ";
        for (at, byte) in code.iter().enumerate() {
            write!(self.wasm, "(i32.store8 (i32.const {}) (i32.const {byte})) ", 12_288 + at)
                .expect("writing to a string succeeds");
        }
        let len = code.len();
        let wasm = format!(
            "(drop (call $create (i32.const 32) (i32.const 12288) (i32.const {len}) (i32.const 108)))
             (call $storage_store (i32.const 64) (i32.const 96)) "
        );
        let digits: String = code.iter().map(|byte| format!("{byte:02x}")).collect();
        let at = 12_288 + 32 - len;
        let evm = format!("0x{digits} 12288 MSTORE {len} {at} {value} CREATE {key} SSTORE");
        self.add(&wasm, &evm);
    }

    /// An end, when there are so many bytes of input.
    fn end(&mut self, random: &mut Random) {
        let (len, byte) = (random.below(4), random.below(256));
        self.labels += 1;
        let go_on = format!("on{}", self.labels);
        write!(self.wasm, "(if (i32.eq (call $calldata_size) (i32.const {len})) (then ")
            .expect("writing to a string succeeds");
        self.word(96, byte);
        let heir = *random.pick(&CAST);
        let (wasm, evm) = match random.below(6) {
            0 => (
                "(call $revert (i32.const 96) (i32.const 32))".into(),
                format!("{byte} 0 MSTORE 32 0 REVERT"),
            ),
            1 => ("unreachable".into(), "INVALID".into()),
            2 => (
                format!(
                    "(i32.store8 (i32.const 19) (i32.const {heir})) (call $self_destruct (i32.const 0))"
                ),
                format!("0x{heir:x} SELFDESTRUCT"),
            ),
            3 => ("return".into(), "STOP".into()),
            _ => (
                "(call $finish (i32.const 96) (i32.const 32))".into(),
                format!("{byte} 0 MSTORE 32 0 RETURN"),
            ),
        };
        self.add(
            &format!("{wasm})) "),
            &format!("CALLDATASIZE {len} EQ ISZERO @{go_on} JUMPI {evm} {go_on}:"),
        );
    }

    fn random(random: &mut Random) -> Self {
        let (mut both, mut calls) = (Self::default(), 0);
        for _ in 0..4 + random.below(8) {
            match random.below(8) {
                0..3 => both.change_slot(random),
                3 => both.log(random),
                4 => both.create(random),
                5 => both.end(random),
                _ if calls < 2 => {
                    calls += 1;
                    both.call(random);
                }
                _ => {}
            }
        }
        both
    }
}

fn address(byte: u8) -> Address {
    Address::from_low_u64(byte.into())
}

/// What a call of the first contract leaves, without what tells guests apart.
fn play(fork: Fork, codes: &[&[u8]; 3]) -> Seen {
    let accounts = [0, 1, 2].map(|number| (address(CAST[number]), codes[number]));
    let scene = Scene { fork, to: Some(accounts[0].0), gas: PLENTY, ..Scene::of(&accounts) };
    let mut seen = scene.play();
    seen.outcome.gas_left = 0;
    for of in CAST {
        let change = seen.changes.accounts.get_mut(&address(of));
        if let Some(info) = change.and_then(|change| change.info.as_mut()) {
            info.code_hash = Hash::ZERO;
        }
    }
    seen
}

#[test]
fn random_contracts_do_the_same_in_either_guest() {
    let mut eventful = 0;
    for seed in 0..SEEDS {
        let mut random = Random::new(seed);
        let cast = [(); 3].map(|()| Both::random(&mut random));
        let codes = cast.each_ref().map(|both| [assemble(&both.evm), main(&both.wasm)]);
        let fork = *random.pick(&[Fork::Cancun, Fork::LATEST]);
        let played = (0..8_usize).map(|casting| {
            let guest = |number: usize| &codes[number][casting >> number & 1][..];
            play(fork, &[guest(0), guest(1), guest(2)])
        });
        let seen = played.enumerate().reduce(|one, other| {
            assert_eq!(one.1, other.1, "seed {seed}: castings {} and {} differ", one.0, other.0);
            one
        });
        eventful += u64::from(seen.is_some_and(|(_, seen)| !seen.outcome.logs.is_empty()));
    }
    assert!(eventful > SEEDS / 3, "{eventful} of {SEEDS} logged something");
}
