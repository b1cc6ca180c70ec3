//! Programs of TOS as accounts' code: their system calls in the journal that all guests share.

use lockstep::{Address, Exit, Hash, Trap, U256};
use lockstep_state::keccak256;
use lockstep_testkit::object::object;

use super::{
    chain::{DRIVER, GAS, OTHER, SENDER, Scene, Seen, TRANSACTION, TWIN, WEALTH, assemble},
    script::{Deed, GUESTS, Kind},
};

/// Points a register into the frame.
fn point(reg: u8, at: i32) -> String {
    format!("mov %r{reg}, %r10\nadd %r{reg}, {at}\n")
}

/// The 32 bytes of the account whose last byte is this, at a place of the frame.
fn account_at(at: i32, byte: u8) -> String {
    let zeros: String = (0..4).map(|word| format!("stdw [%r10{}], 0\n", at + 8 * word)).collect();
    format!("{zeros}stb [%r10{}], {byte}\n", at + 31)
}

/// Stores as many bytes of the frame's end under the key `k`.
fn writes(len: u32) -> String {
    format!(
        "stb [%r10-200], 107\n{}mov %r2, 1\n{}mov %r4, {len}\ncall tos_storage_write\n",
        point(1, -200),
        point(3, -100)
    )
}

/// Copies what is under the key `k` to the frame's end; r0 says how long it is.
fn reads() -> String {
    format!(
        "stb [%r10-200], 107\n{}mov %r2, 1\n{}mov %r4, 100\ncall tos_storage_read\n",
        point(1, -200),
        point(3, -100)
    )
}

/// Ends with so many bytes of the frame as output.
fn finish(at: i32, len: u32) -> String {
    format!("{}mov %r2, {len}\ncall eth_finish\n", point(1, at))
}

const DONE: &str = "mov %r0, 0\nexit";

/// What a call of the program leaves.
fn play(text: &str) -> Seen {
    play_with(text, "STOP")
}

/// The same beside an EVM contract.
fn play_with(text: &str, other: &str) -> Seen {
    let (program, other) = (object(text), assemble(other));
    let accounts = [(TWIN, &program[..]), (OTHER, &other[..])];
    Scene { to: Some(TWIN), value: 5, ..Scene::of(&accounts) }.play()
}

/// The slot where values under `k` begin.
fn head() -> U256 {
    keccak256(b"tos.storagek").into_word()
}

#[test]
fn what_a_program_stores_lies_in_its_account() {
    let fill = "lddw %r1, 0x0807060504030201\nstxdw [%r10-100], %r1\n";
    let seen =
        play(&format!("{fill}{}{}mov %r6, %r0\n{}{DONE}", writes(8), reads(), finish(-100, 8)));
    assert_eq!(seen.outcome.output, [1, 2, 3, 4, 5, 6, 7, 8]);
    let mut word = [0; 32];
    word[..8].copy_from_slice(&[1, 2, 3, 4, 5, 6, 7, 8]);
    word[31] = 9;
    let slots = &seen.changes.accounts[&TWIN].slots;
    assert_eq!((slots.len(), slots.get(&head())), (1, Some(&U256::from_be_bytes(word))));
    // A long value, and the words it takes.
    let seen = play(&format!(
        "{fill}{}{}stxdw [%r10-208], %r0\n{}{DONE}",
        writes(40),
        reads(),
        finish(-208, 1)
    ));
    assert_eq!(seen.outcome.output, [40]);
    let slots = &seen.changes.accounts[&TWIN].slots;
    assert_eq!(slots.get(&head()), Some(&U256::from(40 * 256 + 255)));
    // And none that is deleted.
    let delete =
        format!("{}mov %r2, 1\ncall tos_storage_delete\nstxb [%r10-208], %r0\n", point(1, -200));
    let seen = play(&format!("{fill}{}{delete}{}{DONE}", writes(40), finish(-208, 1)));
    assert_eq!(seen.outcome.output, [1]);
    assert!(seen.changes.accounts[&TWIN].slots.is_empty());
}

#[test]
fn a_program_that_returns_another_number_than_zero_has_done_nothing() {
    let returned =
        format!("stb [%r10-300], 42\n{}mov %r2, 1\ncall tos_set_return_data\n", point(1, -300));
    for (number, exit) in [(0, Exit::Return), (1, Exit::Revert), (-1, Exit::Revert)] {
        let seen = play(&format!("{}{returned}mov %r0, {number}\nexit", writes(8)));
        assert_eq!((seen.outcome.exit, &seen.outcome.output[..]), (exit, &[42][..]), "{number}");
        assert_eq!(seen.changes.is_empty(), exit == Exit::Revert);
    }
    // The bytes of the last call, none without one.
    assert!(play(DONE).outcome.output.is_empty());
}

#[test]
fn transfers_and_balances_agree_with_the_other_guests() {
    // Sends 3 and has an EVM contract say what there is.
    let text = format!(
        "{}{}mov %r2, 3\ncall tos_transfer\n{}call tos_get_balance\nstxdw [%r10-208], %r0\n{}{DONE}",
        account_at(-32, 0xf3),
        point(1, -32),
        point(1, -32),
        finish(-208, 8)
    );
    let (program, driver) =
        (object(&text), assemble("8 0 0 0 0 0xe2 GAS CALL POP 0xf3 BALANCE 32 MSTORE 64 0 RETURN"));
    let other = assemble("STOP");
    let accounts = [(DRIVER, &driver[..]), (TWIN, &program[..]), (OTHER, &other[..])];
    let seen = Scene::of(&accounts).play();
    let expected = WEALTH + 3;
    assert_eq!(seen.outcome.output[..8], expected.to_le_bytes());
    assert_eq!(U256::from_be_slice(&seen.outcome.output[32..]), U256::from(expected));
    // More than there is ends the program.
    let seen = play(&format!(
        "{}{}lddw %r2, 0xfffffffffff\ncall tos_transfer\n{DONE}",
        account_at(-32, 9),
        point(1, -32)
    ));
    assert_eq!(seen.outcome.exit, Exit::Trap(Trap::InsufficientBalance));
    assert!(seen.changes.is_empty());
}

#[test]
fn a_program_knows_the_chain_it_is_on() {
    let hashes = [
        ("tos_get_contract_hash", TWIN.into_word().to_be_bytes::<32>()),
        ("tos_get_caller", SENDER.into_word().to_be_bytes()),
        ("tos_get_tx_sender", SENDER.into_word().to_be_bytes()),
        ("tos_get_tx_hash", TRANSACTION.0),
        ("tos_get_block_hash", keccak256(b"1233").0),
    ];
    for (name, expected) in hashes {
        let seen = play(&format!("{}call {name}\n{}{DONE}", point(1, -32), finish(-32, 32)));
        assert_eq!(seen.outcome.exit, Exit::Return, "{name}");
        if name != "tos_get_block_hash" {
            assert_eq!(seen.outcome.output, expected, "{name}");
        }
    }
    for (name, expected) in [("tos_get_block_height", 1234_u64), ("tos_get_call_value", 5)] {
        let seen = play(&format!("call {name}\nstxdw [%r10-8], %r0\n{}{DONE}", finish(-8, 8)));
        assert_eq!(seen.outcome.output, expected.to_le_bytes(), "{name}");
    }
    // The parent's hash is what BLOCKHASH says of it.
    let by_tos =
        play(&format!("{}call tos_get_block_hash\n{}{DONE}", point(1, -32), finish(-32, 32)));
    let evm = assemble("1233 BLOCKHASH 0 MSTORE 32 0 RETURN");
    let by_evm = Scene { to: Some(TWIN), ..Scene::of(&[(TWIN, &evm)]) }.play();
    assert_eq!(by_tos.outcome.output, by_evm.outcome.output);
}

#[test]
fn a_message_is_a_log_without_topics() {
    let text = format!("stdw [%r10-8], 0x6968\n{}mov %r2, 2\ncall tos_log\n{DONE}", point(1, -8));
    let seen = play(&text);
    let log = &seen.outcome.logs[0];
    assert_eq!((log.address, log.topics.len(), &log.data[..]), (TWIN, 0, &b"hi"[..]));
    assert_eq!(seen.outcome.logs.len(), 1);
}

#[test]
fn a_static_frame_changes_nothing() {
    let writes = writes(8);
    let delete =
        format!("stb [%r10-200], 107\n{}mov %r2, 1\ncall tos_storage_delete\n", point(1, -200));
    let send = format!("{}{}mov %r2, 3\ncall tos_transfer\n", account_at(-32, 0xf3), point(1, -32));
    let log = format!("{}mov %r2, 0\ncall tos_log\n", point(1, -8));
    let pay = format!(
        "{}{}mov %r2, 0\nmov %r3, 0\nmov %r4, 1\nmov %r5, 0\ncall tos_invoke\n",
        account_at(-32, 0xf3),
        point(1, -32)
    );
    for (name, deed) in
        [("write", writes), ("delete", delete), ("send", send), ("log", log), ("pay", pay)]
    {
        let program = object(&format!("{deed}{DONE}"));
        let driver = assemble("0 0 0 0 0xe2 1000000 STATICCALL 1 ADD 0 SSTORE STOP");
        let accounts = [(DRIVER, &driver[..]), (TWIN, &program[..])];
        let seen = Scene::of(&accounts).play();
        assert_eq!((seen.slot(DRIVER, 0), seen.changes.accounts.len()), (1, 1), "{name}");
        let alone = play(&format!("{deed}{DONE}"));
        assert_eq!(alone.outcome.exit, Exit::Return, "{name} outside of a static frame");
    }
}

#[test]
fn what_is_no_address_and_no_amount_is_refused() {
    for at in [0, 11] {
        let wrong = format!("{}stb [%r10{}], 1\n", account_at(-32, 9), at - 32);
        let rest = [
            "call tos_get_balance\n",
            "mov %r2, 1\ncall tos_transfer\n",
            "mov %r2, 0\nmov %r3, 0\nmov %r4, 0\nmov %r5, 0\ncall tos_invoke\n",
        ];
        for rest in rest {
            let seen = play(&format!("{wrong}{}{rest}{DONE}", point(1, -32)));
            assert_eq!(seen.outcome.exit, Exit::Trap(Trap::HostRefused), "{rest}");
        }
    }
}

/// A caller that uses `tos_invoke` with an amount of 3, and then keeps how that ended and how much came back.
fn invoking() -> String {
    let store = |key: u8| {
        let zeros: String =
            (0..8).map(|word| format!("stdw [%r10{}], 0\n", 8 * word - 64)).collect();
        format!(
            "{zeros}stb [%r10-33], {key}\nstxb [%r10-1], %r6\n{}{}call eth_storage_store\n",
            point(1, -64),
            point(2, -32)
        )
    };
    format!(
        "{}{}{}mov %r3, 0\nmov %r4, 3\nmov %r5, 300000\ncall tos_invoke
         mov %r6, 2\nsub %r6, %r0\n{}{}mov %r2, 32\n{}call tos_get_return_data\nmov %r6, %r0\n{}",
        account_at(-96, 0xb2),
        point(1, -96),
        point(2, -96),
        store(10),
        point(1, -160),
        point(3, -128),
        store(11),
    )
}

#[test]
fn a_program_of_tos_invokes_contracts_of_every_guest() {
    const CALL: Deed =
        Deed::Call { kind: Kind::Call, to: 0xb2, value: 3, gas: 300_000, input: 0, at: 10 };
    const CALLEES: &[&[Deed]] = &[
        &[Deed::StoreValue(1), Deed::StoreCaller(2), Deed::Log(1), Deed::Finish(9)],
        &[Deed::Store(1, 7), Deed::Revert(9)],
        &[Deed::Store(1, 7), Deed::Burn],
        &[],
    ];
    for deeds in CALLEES {
        let mut expected: Option<Seen> = None;
        for callee in GUESTS {
            let callee_code = (callee.write)(deeds);
            let callers = [(GUESTS[0].write)(&[CALL]), object(&format!("{}{DONE}", invoking()))];
            for caller in &callers {
                let at = |byte: u8| Address::from_low_u64(byte.into());
                let driver = assemble("0 0 0 0 0 0xa1 5000000 CALL 1 ADD 0 SSTORE STOP");
                let accounts =
                    [(DRIVER, &driver[..]), (at(0xa1), &caller[..]), (at(0xb2), &callee_code[..])];
                let mut seen = Scene::of(&accounts).play();
                for byte in [0xa1, 0xb2] {
                    let change = seen.changes.accounts.get_mut(&at(byte));
                    if let Some(info) = change.and_then(|change| change.info.as_mut()) {
                        info.code_hash = Hash::ZERO;
                    }
                }
                seen.outcome.gas_left = 0;
                assert_eq!(seen.slot(DRIVER, 0), 2, "{}", callee.name);
                let known = expected.get_or_insert_with(|| seen.clone());
                assert_eq!(*known, seen, "{}: {deeds:?}", callee.name);
            }
        }
    }
}

#[test]
fn return_data_says_whose_it_is() {
    let callee = "7 0 MSTORE8 40 0 RETURN";
    let text = format!(
        "{}{}{}mov %r3, 0\nmov %r4, 0\nlddw %r5, 0xffffffffffffffff\ncall tos_invoke
         {}mov %r2, 32\n{}call tos_get_return_data\nstxdw [%r10-168], %r0\n{}{DONE}",
        account_at(-96, 0xf3),
        point(1, -96),
        point(2, -96),
        point(1, -160),
        point(3, -128),
        finish(-168, 72)
    );
    let output = play_with(&text, callee).outcome.output;
    assert_eq!((&output[..8], output[8]), (&40_u64.to_le_bytes()[..], 7));
    assert_eq!(output[40..72], OTHER.into_word().to_be_bytes::<32>());
}

/// What compilers made of the counters of `examples/ebpf` and `sdk/rust`, called by an EVM contract and in vain by a static call.
#[test]
fn contracts_from_compilers_run_on_the_journal() {
    for name in ["examples/ebpf/counter.o", "sdk/rust/examples/counter.o"] {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(name);
        let counter = std::fs::read(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
        let call = "0 0 0 0 0 0xe2 GAS CALL POP ";
        let driver = assemble(&format!(
            "{call}{call}0 0 0 0 0xe2 100000 STATICCALL 1 ADD 0 SSTORE {call}RETURNDATASIZE 0 0 RETURNDATACOPY
             RETURNDATASIZE 0 RETURN"
        ));
        let seen = Scene::of(&[(DRIVER, &driver), (TWIN, &counter)]).play();
        assert_eq!(U256::from_be_slice(&seen.outcome.output), U256::from(3), "{name}");
        assert_eq!(seen.slot(DRIVER, 0), 1, "{name}: counting is a write");
    }
}

#[test]
fn an_access_costs_what_the_chain_takes_and_what_the_table_says() {
    // Calls of other functions with the same operands: what they use differs by their prices and the words of their files.
    let used = |name: &str| {
        let text = format!(
            "stb [%r10-200], 107\n{}mov %r2, 1\n{}mov %r4, 8\ncall {name}\n{DONE}",
            point(1, -200),
            point(3, -100)
        );
        let program = object(&text);
        let seen = Scene { to: Some(TWIN), ..Scene::of(&[(TWIN, &program)]) }.play();
        assert_eq!(seen.outcome.exit, Exit::Return, "{name}");
        GAS - seen.outcome.gas_left - 2 * (program.len() as u64).div_ceil(32)
    };
    let rest = used("tos_get_block_height") - 50;
    // A cold SLOAD of the head; then a warm store where nothing was.
    assert_eq!(used("tos_storage_write") - rest, 500 + 2 * 8 + 2100 + 20_000);
    assert_eq!(used("tos_storage_read") - rest, 200 + 2100);
    assert_eq!(used("tos_storage_delete") - rest, 300 + 2100);
}
