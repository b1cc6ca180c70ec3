//! Charge spans and their twins: a translation that pays for many instructions at once must end like one that pays for
//! each, wherever the code is cut, whatever the gas, and however full the stack is.

use lockstep::{Engine, Exit, Fork, Trap};
use lockstep_testkit::{
    assemble::assemble,
    differential::{Case, Runner, Way},
};

/// Instructions of every sort that a span can hold or that ends one.
const PROGRAMS: &[&str] = &[
    // Pure, and the counter seen in the middle.
    "1 2 ADD GAS DUP1 MUL GAS SUB 3 SWAP1 DIV POP",
    // Writes to storage around a reading of the counter.
    "GAS 7 SSTORE GAS 8 SSTORE 0 7 SSTORE GAS POP",
    // Memory that grows inside a span, with the counter before and after.
    "GAS 64 MSTORE GAS 4000 MSTORE8 MSIZE GAS 0 MSTORE 100 0 KECCAK256 POP",
    // Copies, logs, transient storage.
    "40 1 2 CALLDATACOPY 3 GAS 33 CODECOPY 1 GAS TSTORE 1 TLOAD 5 0 LOG1 20 3 LOG0 9 0 40 MCOPY",
    // Underflow of every depth in the middle of a span that has touched the world.
    "5 SLOAD POP POP POP 1 2 SSTORE",
    "GAS 1 SSTORE SWAP2 DUP3 ADD ADD POP GAS 2 SSTORE POP POP",
    "SSTORE GAS SLOAD DUP2 SWAP3 SSTORE CALLER BALANCE",
    // Growth of the stack: overflow in the middle.
    "1 SLOAD DUP1 DUP1 GAS 3 SSTORE DUP1 ADDRESS CALLVALUE GAS",
    "CALLER POP CALLER CALLER POP POP CALLER CALLER CALLER GAS 3 SSTORE",
    // Branches, and jumps that fail.
    "GAS @a JUMPI 1 0 SSTORE a: GAS 1 SSTORE 3 JUMP",
    "1 @a JUMPI STOP a: 0 @b JUMPI GAS 0 SSTORE b: GAS JUMP",
    "ISZERO @a JUMPI 1 a: POP 2 3 EXP GAS SSTORE CALLDATASIZE JUMP",
    // Ends of every sort after a write.
    "1 GAS SSTORE 32 0 RETURN",
    "1 GAS SSTORE 32 GAS REVERT",
    "1 GAS SSTORE INVALID",
    "GAS GAS SSTORE 0x1234567890123456789012345678901234567890 SELFDESTRUCT",
    "2 GAS SSTORE 1 0 0 RETURNDATACOPY GAS POP",
    // A call, whose gas depends on the counter.
    "0 0 0 0 0 4 GAS CALL GAS SSTORE 0 0 0 0 5 GAS STATICCALL POP",
    // Prices that depend on operands.
    "GAS GAS EXP 4000 0 KECCAK256 GAS 100 MSTORE 0x10000 0 LOG0",
    "0 0 0 CREATE POP GAS 3 SSTORE",
];

/// Heights at which programs begin: near both ends of the stack.
const HEIGHTS: [usize; 9] = [0, 1, 2, 3, 1020, 1021, 1022, 1023, 1024];

/// Gas of a run that shall not lack any.
const PLENTY: u64 = 200_000;
/// More gas limits than this are sampled.
const LIMITS_MAX: u64 = if cfg!(debug_assertions) { 30 } else { 100 };

const WAYS: [Way; 4] = [Way::EVALUATOR, Way::INTERPRETER, Way::OPTIMIZING, Way::STEPPED];

/// Code that brings the stack to `height` and then runs `program`, in the same block or in one of its own.
fn at_height(height: usize, own_block: bool, program: &[u8]) -> Vec<u8> {
    let mut code = vec![0x5f; height];
    if own_block {
        code.push(0x5b);
    }
    // Jump targets of the program move with it.
    let mut program = program.to_vec();
    let moved = code.len() as u16;
    let mut at = 0;
    while at < program.len() {
        let byte = program[at];
        if byte == 0x61 && at + 2 < program.len() {
            let target = u16::from_be_bytes([program[at + 1], program[at + 2]]) + moved;
            program[at + 1..at + 3].copy_from_slice(&target.to_be_bytes());
        }
        at += 1 + if (0x60..=0x7f).contains(&byte) { usize::from(byte - 0x5f) } else { 0 };
    }
    code.extend(program);
    code
}

/// Every place where the program can be cut: after each byte, so in the middle of immediates too.
fn prefixes(program: &[u8]) -> impl Iterator<Item = &[u8]> {
    (0..=program.len()).map(|len| &program[..len])
}

fn check(runner: &mut Runner<'_>, case: &Case, place: &str) -> Exit {
    let agreed = runner.agree(case, &WAYS);
    agreed.unwrap_or_else(|difference| panic!("{place}:\n{difference}")).0.exit
}

/// With gas to spare: which failure wins, and what it leaves.
#[test]
fn every_prefix_ends_alike_at_every_height() {
    let engine = Engine::new();
    let mut runner = Runner::new(&engine);
    let mut seen = std::collections::BTreeSet::new();
    for text in PROGRAMS {
        let program = assemble(text);
        for prefix in prefixes(&program) {
            for height in HEIGHTS {
                for own_block in [false, true] {
                    let code = at_height(height, own_block, prefix);
                    let case = Case { gas: PLENTY, input: vec![7; 50], ..Case::of(code) };
                    let place = format!("{text}, {} bytes, height {height}", prefix.len());
                    if let Exit::Trap(trap) = check(&mut runner, &case, &place) {
                        seen.insert(trap);
                    }
                }
            }
        }
    }
    for trap in [
        Trap::StackUnderflow,
        Trap::StackOverflow,
        Trap::InvalidJump,
        Trap::Unreachable,
        Trap::OutOfGas,
        Trap::ReturnDataOutOfBounds,
    ] {
        assert!(seen.contains(&trap), "no program ended in {trap}");
    }
}

/// Under every gas limit up to what suffices.
#[test]
fn every_gas_limit_ends_alike() {
    let engine = Engine::new();
    let mut runner = Runner::new(&engine);
    for text in PROGRAMS {
        let program = assemble(text);
        for height in HEIGHTS {
            let code = at_height(height, height % 2 == 0, &program);
            let mut case = Case { gas: PLENTY, input: vec![7; 50], ..Case::of(code) };
            // What comes before the program is not of interest again and again.
            let least = 2 * height as u64;
            let used = PLENTY - runner.observe(&case, Way::STEPPED_EVALUATOR).0.gas_left;
            let used = used.min(least + 40_000);
            let stride = ((used - least.min(used)) / LIMITS_MAX).max(1);
            let mut gas = least;
            while gas <= used + 1 {
                case.gas = gas;
                check(&mut runner, &case, &format!("{text}, height {height}, gas {gas}"));
                gas += if gas + 60 > used || gas < least + 100 { 1 } else { stride };
            }
        }
    }
}

/// Every prefix of the shorter ends under every limit, under rules old and new.
#[test]
fn prefixes_run_out_of_gas_alike_under_every_fork() {
    let engine = Engine::new();
    let mut runner = Runner::new(&engine);
    let forks =
        if cfg!(debug_assertions) { &Fork::ALL[Fork::ALL.len() - 1..] } else { &Fork::ALL[..] };
    for text in
        ["GAS 2 MUL GAS SUB 9 MSTORE GAS", "GAS 1 SLOAD POP POP POP GAS", "1 DUP1 SWAP2 GAS EXP"]
    {
        let program = assemble(text);
        for prefix in prefixes(&program) {
            for fork in forks {
                for gas in 0..300 {
                    let case = Case { gas, fork: *fork, ..Case::of(prefix.to_vec()) };
                    check(
                        &mut runner,
                        &case,
                        &format!("{text}, {} bytes, gas {gas}", prefix.len()),
                    );
                }
            }
        }
    }
}
