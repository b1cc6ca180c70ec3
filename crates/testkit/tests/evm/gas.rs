//! What things cost.

use lockstep::{
    Exit, Fork,
    evm::{OPCODES, Opcode},
};

use super::run::{GAS, OUT_OF_GAS, assemble, gas_used, run};

/// A PUSH, in every fork.
const PUSH_GAS: u64 = 3;

/// Words of zero as operands, and the opcode.
fn program(row: &Opcode) -> Vec<u8> {
    let mut code = [0x60, 0].repeat(usize::from(row.pops));
    code.push(row.byte);
    code.extend(vec![0; usize::from(row.immediate)]);
    code
}

/// Whether more than the static price is due when all operands are zero: a word of memory, a first access, what is
/// done in another frame.
fn costs_more(row: &Opcode) -> bool {
    const NAMES: &[&str] = &[
        "MLOAD",
        "MSTORE",
        "MSTORE8",
        "SLOAD",
        "SSTORE",
        "BALANCE",
        "EXTCODESIZE",
        "EXTCODECOPY",
        "EXTCODEHASH",
        "CALL",
        "CALLCODE",
        "DELEGATECALL",
        "STATICCALL",
        "CREATE",
        "CREATE2",
        "SELFDESTRUCT",
    ];
    NAMES.contains(&row.name)
}

#[test]
fn every_opcode_costs_its_price_and_one_gas_less_is_not_enough() {
    for fork in Fork::ALL {
        for row in OPCODES {
            let Some(price) = row.price(fork) else { continue };
            let code = program(row);
            let outcome = run(fork, &code, GAS);
            let used = GAS - outcome.gas_left;
            // INVALID and jumps to nowhere; SSTORE wants 2,300 gas left over (EIP-2200).
            if matches!(outcome.exit, Exit::Trap(_)) || row.name == "SSTORE" {
                continue;
            }
            let place = format!("{} in {fork}", row.name);
            if !costs_more(row) {
                let expected = u64::from(row.pops) * PUSH_GAS + u64::from(price);
                assert_eq!(used, expected, "{place}");
            }
            let enough = run(fork, &code, used);
            assert_eq!((enough.exit, enough.gas_left), (outcome.exit, 0), "{place}");
            assert_eq!(run(fork, &code, used + 1).gas_left, 1, "{place}");
            if used > 0 {
                assert_eq!(run(fork, &code, used - 1).exit, OUT_OF_GAS, "{place}");
            }
        }
    }
}

#[test]
fn the_table_answers_what_compilers_ask() {
    let price = |name: &str, fork| {
        OPCODES.iter().find(|row| row.name == name).and_then(|row| row.price(fork))
    };
    assert_eq!(price("ADD", Fork::Osaka), Some(3));
    assert_eq!(price("KECCAK256", Fork::Osaka), Some(30));
    assert_eq!(price("LOG2", Fork::Osaka), Some(375 + 2 * 375));
    // All of it is the host's: it depends on what the slot holds and held.
    assert_eq!(price("SSTORE", Fork::Osaka), Some(0));
    assert_eq!(price("SLOAD", Fork::Frontier), Some(50));
    assert_eq!(price("CLZ", Fork::Prague), None);
}

#[test]
fn memory_costs_three_a_word_and_a_square() {
    // Yellow Paper app. H.1; 100,000 words are more than a block can pay.
    for (words, expected) in [(1, 3), (22, 66), (23, 70), (724, 3195), (1024, 5120), (5000, 63_828)]
    {
        let used = gas_used(&format!("{} MLOAD", words * 32 - 32));
        assert_eq!(used, PUSH_GAS + 3 + expected, "{words} words");
    }
    // What is there is free.
    assert_eq!(gas_used("64 MLOAD 0 MLOAD"), 2 * (PUSH_GAS + 3) + 9);
}

#[test]
fn hashing_costs_six_a_word() {
    let before = gas_used("64 MLOAD");
    for (bytes, expected) in [(0, 30), (1, 36), (32, 36), (33, 42), (64, 42)] {
        let used = gas_used(&format!("64 MLOAD {bytes} 0 KECCAK256"));
        assert_eq!(used - before, 2 * PUSH_GAS + expected, "{bytes} bytes");
    }
}

#[test]
fn logs_cost_by_topic_and_byte() {
    let before = gas_used("96 MLOAD");
    for (topics, bytes, expected) in [(0, 0, 375), (1, 10, 830), (2, 10, 1205), (4, 100, 2675)] {
        let operands = "7 ".repeat(topics);
        let used = gas_used(&format!("96 MLOAD {operands} {bytes} 0 LOG{topics}"));
        let pushes = (topics as u64 + 2) * PUSH_GAS;
        assert_eq!(used - before, pushes + expected, "{topics} topics, {bytes} bytes");
    }
}

#[test]
fn copies_cost_three_a_word() {
    let before = gas_used("64 MLOAD");
    for name in ["CALLDATACOPY", "CODECOPY", "MCOPY"] {
        for (bytes, expected) in [(0, 3), (32, 6), (33, 9)] {
            let used = gas_used(&format!("64 MLOAD {bytes} 0 0 {name}"));
            assert_eq!(used - before, 3 * PUSH_GAS + expected, "{name} of {bytes} bytes");
        }
    }
}

#[test]
fn nine_costs_24() {
    let code = assemble("5 4 ADD 0 MSTORE 32 0 RETURN");
    for fork in Fork::ALL {
        let outcome = run(fork, &code, 24);
        assert_eq!((outcome.exit, outcome.gas_left), (Exit::Return, 0));
        assert_eq!((outcome.output.len(), outcome.output[31]), (32, 9));
    }
}
