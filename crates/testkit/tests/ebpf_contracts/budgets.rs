//! Every system call at every budget: one that cannot be paid has done nothing, and one that can be is done.

use std::collections::BTreeSet;

use lockstep::{
    Tier, Trap,
    ebpf::{Dialect, End, Machine, Outcome, Program, assemble, invoke, murmur3, tos_config},
    tos::{Hash, InMemoryAccounts, InMemoryStorage, InvokeContext, StorageProvider, functions},
};

const ME: Hash = [7; 32];

/// Each call with arguments that make it act: `@8` is the input's eighth byte.
const CALLS: &[(&str, &str)] = &[
    ("tos_log", "@8 5"),
    ("tos_get_block_hash", "@64"),
    ("tos_get_block_height", ""),
    ("tos_get_tx_hash", "@64"),
    ("tos_get_tx_sender", "@64"),
    ("tos_get_contract_hash", "@64"),
    ("tos_get_balance", "@32"),
    ("tos_transfer", "@32 4"),
    ("tos_storage_read", "@0 1 @64 5"),
    ("tos_storage_write", "@8 5 @8 5"),
    ("tos_storage_delete", "@0 1"),
    ("tos_set_return_data", "@8 5"),
    ("tos_get_return_data", "@64 5 @96"),
    // Nobody is there: what callees do is tested where there are some.
    ("tos_invoke", "@32 @8 5 0 9"),
    ("tos_get_caller", "@64"),
    ("tos_get_call_value", ""),
];

/// A key `k` at 0, a text at 8, an address at 32, room from 64 on.
fn input() -> Vec<u8> {
    let mut input = vec![0; 128];
    input[0] = b'k';
    input[8..13].copy_from_slice(b"hello");
    input[32..64].fill(9);
    input
}

/// A program that makes one call, and how many instructions it has up to that.
fn program(name: &str, arguments: &str) -> (Program, u64) {
    let mut text = String::from("mov %r6, %r1\n");
    for (at, argument) in arguments.split_whitespace().enumerate() {
        let reg = at + 1;
        text += &match argument.strip_prefix('@') {
            Some(offset) => format!("mov %r{reg}, %r6\nadd %r{reg}, {offset}\n"),
            None => format!("mov %r{reg}, {argument}\n"),
        };
    }
    text += &format!("call {}\n", murmur3(name.as_bytes()));
    let before = text.lines().count() as u64;
    let assembled = assemble(&(text + "exit"), Dialect::V3).expect("assembly");
    let program = Program::from_text(&assembled.bytes(), Dialect::V3, &tos_config());
    (program.expect("a program"), before)
}

/// Everything that a call could have changed.
#[derive(Debug, Clone, PartialEq)]
struct After {
    storage: InMemoryStorage,
    accounts: InMemoryAccounts,
    log: Vec<String>,
    returned: (Hash, Vec<u8>),
    input: Vec<u8>,
}

fn run(machine: &mut Machine, program: &Program, budget: u64, tier: Tier) -> (Outcome, After) {
    let (mut storage, mut accounts) = (InMemoryStorage::new(), InMemoryAccounts::default());
    storage.set(&ME, b"k", b"hello").expect("memory does not fail");
    accounts.set_balance(ME, 10);
    let mut context = InvokeContext::new_with_state(
        budget,
        ME,
        [1; 32],
        12_345,
        [2; 32],
        [3; 32],
        &mut storage,
        &mut accounts,
    );
    context.enable_debug();
    context.return_data = ([5; 32], b"before".to_vec());
    let outcome = invoke(machine, program, &mut context, &input(), tier).expect("it runs");
    assert_eq!(context.get_compute_units_remaining(), outcome.gas_left);
    let (log, returned) = (context.log.clone(), context.return_data.clone());
    let after = After { storage, accounts, log, returned, input: outcome.input.clone() };
    (outcome, after)
}

#[test]
fn every_call_acts_when_it_is_paid_for_and_not_before() {
    let known: BTreeSet<_> =
        functions::<InvokeContext<'_>>().iter().map(|function| function.name).collect();
    assert_eq!(CALLS.iter().map(|(name, _)| *name).collect::<BTreeSet<_>>(), known);
    let mut machine = Machine::new().expect("address space");
    for (name, arguments) in CALLS {
        let (program, before) = program(name, arguments);
        let (whole, acted) = run(&mut machine, &program, 100_000, Tier::Interpreter);
        assert!(matches!(whole.end, End::Returned(_)), "{name}: {:?}", whole.end);
        let used = 100_000 - whole.gas_left;
        let (_, idle) = run(&mut machine, &program, 0, Tier::Interpreter);
        let is_read_only =
            ["tos_get_block_height", "tos_get_balance", "tos_invoke", "tos_get_call_value"]
                .contains(name);
        assert_eq!(acted == idle, is_read_only, "{name} is seen to act");
        // The call is paid at `used - 1`; what is left then is not enough to return.
        assert!(used > before + 1, "{name} costs something");
        for budget in 0..=used {
            for tier in Tier::ALL {
                let (outcome, after) = run(&mut machine, &program, budget, *tier);
                let place = format!("{name} with {budget} of {used}, {tier}");
                let is_whole = budget == used;
                let end = if is_whole { whole.end.clone() } else { End::Trap(Trap::OutOfGas) };
                assert_eq!((outcome.end, outcome.gas_left), (end, 0), "{place}");
                let has_acted = budget >= used - 1;
                assert_eq!(&after, if has_acted { &acted } else { &idle }, "{place}");
            }
        }
    }
}
