//! Programs of eBPF as accounts' code: deployed, refused, priced, nested.

use lockstep::{Exit, Fork, Tier, Trap, check_contract};
use lockstep_testkit::object::{object, object_with, shared};

use super::{
    chain::{DRIVER, GAS, Scene, TWIN, assemble},
    deploy::{create, deployed, deploys, deploys_by_wasm, is_no_contract},
};

/// Enough for 1,024 levels although each keeps a 64th (EIP-150).
const PLENTY: u64 = 1 << 62;

/// A program that deploys `code`.
fn deploys_by_ebpf(code: &[u8]) -> Vec<u8> {
    let text = format!("lddw %r1, @data\nmov %r2, {}\ncall eth_finish\nexit", code.len());
    object_with(&text, code)
}

/// Answers with a byte.
fn answering(byte: u8) -> String {
    format!("stb [%r10-8], {byte}\nmov %r1, %r10\nadd %r1, -8\nmov %r2, 1\ncall eth_finish\nexit")
}

#[test]
fn an_evm_contract_calls_a_program_that_stores_a_value() {
    let ebpf = object(
        "stdw [%r10-32], 0
         stdw [%r10-24], 0
         stdw [%r10-16], 0
         stdw [%r10-8], 0
         stb [%r10-1], 7
         mov %r1, %r10
         sub %r1, 32
         mov %r2, %r1
         call eth_storage_store
         mov %r0, 0
         exit",
    );
    let driver = assemble("0 0 0 0 0 0xe2 GAS CALL 1 ADD 0 SSTORE STOP");
    let seen = Scene::of(&[(DRIVER, &driver), (TWIN, &ebpf)]).play();
    assert_eq!(seen.outcome.exit, Exit::Return);
    assert_eq!((seen.slot(DRIVER, 0), seen.slot(TWIN, 7)), (2, 7));
}

#[test]
fn programs_are_deployed_by_every_guest() {
    for contract in [object(&answering(9)), shared(&answering(9))] {
        assert_eq!(check_contract(&contract, Fork::LATEST), Ok(()));
        let all = [deploys(&contract), deploys_by_wasm(&contract), deploys_by_ebpf(&contract)];
        for init in all {
            let seen = create(&init, Fork::LATEST);
            assert_eq!(seen.outcome.exit, Exit::Return);
            assert_eq!(deployed(&seen).expect("code"), contract);
        }
        let seen = Scene { to: Some(TWIN), ..Scene::of(&[(TWIN, &contract)]) }.play();
        assert_eq!(seen.outcome.output, [9]);
    }
    let evm = assemble("1 0 MSTORE 32 0 RETURN");
    assert_eq!(deployed(&create(&deploys_by_ebpf(&evm), Fork::LATEST)).expect("code"), evm);
}

#[test]
fn a_program_creates_a_contract_and_calls_it() {
    for (function, salt) in [("eth_create", ""), ("eth_create2", "mov %r4, %r10\nadd %r4, -64\n")] {
        let init = deploys_by_ebpf(&object(&answering(77)));
        let out = if salt.is_empty() { 4 } else { 5 };
        let text = format!(
            "mov %r6, %r1\nmov %r7, %r2
             stdw [%r10-64], 0\nstdw [%r10-56], 0\nstdw [%r10-48], 0\nstdw [%r10-40], 0
             mov %r1, %r10\nadd %r1, -64\nmov %r2, %r6\nmov %r3, %r7\n{salt}
             mov %r{out}, %r10\nadd %r{out}, -32\ncall {function}\njeq %r0, 0, none
             call eth_gas_left\nmov %r1, %r0
             mov %r2, %r10\nadd %r2, -32\nmov %r3, %r10\nadd %r3, -64\nmov %r4, 0\nmov %r5, 0\ncall eth_call
             mov %r1, %r10\nadd %r1, -8\nmov %r2, 0\nmov %r3, 1\ncall eth_return_data_copy
             mov %r1, %r10\nadd %r1, -8\nmov %r2, 1\ncall eth_finish\nnone:\nmov %r0, 1\nexit"
        );
        let parent = object(&text);
        let seen = Scene { to: Some(TWIN), input: &init, ..Scene::of(&[(TWIN, &parent)]) }.play();
        assert_eq!((seen.outcome.exit, &seen.outcome.output[..]), (Exit::Return, &[77][..]));
    }
}

#[test]
fn what_is_no_program_is_not_deployed() {
    let whole = object(&answering(1));
    let mut cut = whole.clone();
    cut.truncate(whole.len() - 65);
    let mut machine = whole.clone();
    machine[18] = 62;
    let refused = [
        b"\x7fELF".to_vec(),
        cut,
        machine,
        object("mov %r0, 0"),
        object("call eth_nothing\nexit"),
        object("call eth.finish\nexit"),
        object("call tos_nothing\nexit"),
        object("call 5\nexit"),
        object("mov %r10, 0\nexit"),
    ];
    refused.iter().for_each(|code| is_no_contract(code));
}

#[test]
fn functions_of_later_forks_are_unknown_to_programs_too() {
    for (name, since) in [
        ("eth_transient_load", Fork::Cancun),
        ("eth_base_fee", Fork::London),
        ("tos_log", Fork::Homestead),
    ] {
        let code = object(&format!("call {name}\nexit"));
        for fork in [Fork::Homestead, Fork::Berlin, Fork::Shanghai, Fork::Cancun, Fork::LATEST] {
            let exit = create(&deploys(&code), fork).outcome.exit;
            let refused = Exit::Trap(Trap::ReservedCodePrefix);
            let expected = if fork >= since { Exit::Return } else { refused };
            assert_eq!(exit, expected, "{name} {fork}");
        }
    }
}

#[test]
fn on_other_chains_a_file_is_evm_code_that_pushes() {
    // PUSH32 and what follows it: zeros, which stop.
    let mut code = object(&answering(1));
    code.truncate(33);
    code.extend([0x60, 1, 0x60, 0, 0x55]);
    for tier in Tier::ALL {
        let accounts = [(TWIN, &code[..])];
        let scene = Scene { to: Some(TWIN), ..Scene::of(&accounts) };
        let seen = scene.play_on(*tier, false);
        assert_eq!((seen.outcome.exit, seen.slot(TWIN, 0)), (Exit::Return, 1));
    }
}

/// The gas that a call of the program takes.
fn used(code: &[u8], input: &[u8]) -> u64 {
    let seen = Scene { to: Some(TWIN), input, ..Scene::of(&[(TWIN, code)]) }.play();
    assert_eq!(seen.outcome.exit, Exit::Return);
    GAS - seen.outcome.gas_left
}

#[test]
fn what_an_instance_takes_is_paid_for_by_code_and_input() {
    let idle = object("mov %r0, 0\nexit");
    // 64 frames of 4 KiB and a heap of 32 KiB at 256 bytes; words and slots of code; two instructions.
    let words = (idle.len() as u64).div_ceil(32);
    assert_eq!(used(&idle, &[]), (64 * 4096 + 32_768) / 256 + 2 * words + 2 + 2);
    // Input is memory that is copied.
    assert_eq!(used(&idle, &[0; 6400]) - used(&idle, &[]), 6400 / 256 + 6400 / 64);
    // So is data, which is code too.
    let with_data = object_with("mov %r0, 0\nexit", &[0; 6400]);
    let more = (with_data.len() as u64).div_ceil(32) - words;
    assert_eq!(used(&with_data, &[]) - used(&idle, &[]), 6400 / 256 + 6400 / 64 + 2 * more);
    // An instruction is a slot, a unit, and its share of a word.
    let longer = object(&format!("{}mov %r0, 0\nexit", "mov %r1, 0\n".repeat(40)));
    assert_eq!(used(&longer, &[]) - used(&idle, &[]), 40 + 40 + 2 * 40 / 4);
    // One gas less than it takes is not enough, wherever it runs out.
    let whole = used(&idle, &[]);
    for gas in [whole - 1, whole - 2, whole - 3, 1, 0] {
        let seen = Scene { to: Some(TWIN), gas, ..Scene::of(&[(TWIN, &idle)]) }.play();
        assert_eq!((seen.outcome.exit, seen.outcome.gas_left), (Exit::Trap(Trap::OutOfGas), 0));
    }
}

#[test]
fn traps_of_programs_take_all_gas() {
    for (text, trap) in [
        ("lddw %r1, 0\nldxb %r0, [%r1]\nexit", Trap::MemoryOutOfBounds),
        ("mov %r1, 0\nmov %r2, 1\ncall eth_finish\nexit", Trap::MemoryOutOfBounds),
        (
            "lddw %r1, 0x10000000000\nmov %r2, %r1\ncall eth_storage_load\nexit",
            Trap::MemoryOutOfBounds,
        ),
        (
            "mov %r1, 0\nmov %r2, 0\nmov %r3, 0\nmov %r4, 5\ncall eth_log\nexit",
            Trap::UndefinedOpcode,
        ),
        (
            "mov %r1, 0\nmov %r2, 1\nmov %r3, 0\ncall eth_return_data_copy\nexit",
            Trap::ReturnDataOutOfBounds,
        ),
        ("again:\ncall local again\nexit", Trap::DepthExceeded),
        (
            "mov %r1, %r10\nlddw %r2, 0xffffffffffffffff\ncall eth_revert\nexit",
            Trap::MemoryOutOfBounds,
        ),
        (
            "mov %r1, %r10\nlddw %r2, 0xffffffffffffffff\nmov %r3, %r10\ncall eth_keccak256\nexit",
            Trap::OutOfGas,
        ),
    ] {
        let code = object(text);
        let seen = Scene { to: Some(TWIN), ..Scene::of(&[(TWIN, &code)]) }.play();
        assert_eq!((seen.outcome.exit, seen.outcome.gas_left), (Exit::Trap(trap), 0), "{text}");
        assert!(seen.changes.is_empty(), "{text}");
    }
    // What is only read is not written to.
    let code = object_with("lddw %r1, @data\ncall eth_caller\nexit", &[0; 32]);
    let seen = Scene { to: Some(TWIN), ..Scene::of(&[(TWIN, &code)]) }.play();
    assert_eq!(seen.outcome.exit, Exit::Trap(Trap::MemoryOutOfBounds));
}

/// Counts in the slot of key zero, then calls itself from under so many functions.
fn counting(functions: u32) -> Vec<u8> {
    object(&format!(
        "stdw [%r10-8], 0
         mov %r1, {functions}
         call local down
         mov %r0, 0
         exit
         down:
         jeq %r1, 0, bottom
         add %r1, -1
         call local down
         exit
         bottom:
         stdw [%r10-64], 0\nstdw [%r10-56], 0\nstdw [%r10-48], 0\nstdw [%r10-40], 0
         mov %r1, %r10\nadd %r1, -64\nmov %r2, %r10\nadd %r2, -32\ncall eth_storage_load
         ldxh %r3, [%r10-2]\nbe16 %r3\nadd %r3, 1\nbe16 %r3\nstxh [%r10-2], %r3
         mov %r1, %r10\nadd %r1, -64\nmov %r2, %r10\nadd %r2, -32\ncall eth_storage_store
         mov %r1, %r10\nadd %r1, -96\ncall eth_address
         call eth_gas_left\nmov %r1, %r0
         mov %r2, %r10\nadd %r2, -96\nmov %r3, %r10\nadd %r3, -64\nmov %r4, 0\nmov %r5, 0\ncall eth_call
         exit"
    ))
}

#[test]
fn a_program_calls_itself_a_thousand_and_twenty_four_times() {
    let code = counting(0);
    let accounts = [(TWIN, &code[..])];
    let seen = Scene { gas: PLENTY, to: Some(TWIN), ..Scene::of(&accounts) }.play();
    assert_eq!((seen.outcome.exit, seen.slot(TWIN, 0)), (Exit::Return, 1025));
}

#[test]
fn frames_of_programs_count_across_messages() {
    // 62 frames of 256 units in each message; the next may begin while 2^20 units hold all that it may take.
    let code = counting(60);
    let accounts = [(TWIN, &code[..])];
    let seen = Scene { gas: PLENTY, to: Some(TWIN), ..Scene::of(&accounts) }.play();
    let (each, most, all) = (62 * 256, 64 * 256, 1 << 20);
    assert_eq!((seen.outcome.exit, seen.slot(TWIN, 0)), (Exit::Return, (all - most) / each + 1));
    // One frame more than a program may have.
    let seen = Scene { to: Some(TWIN), ..Scene::of(&[(TWIN, &counting(63))]) }.play();
    assert_eq!(seen.outcome.exit, Exit::Trap(Trap::DepthExceeded));
}
