//! What compiling to machine code makes is linear in the code: bytes of machine code, and bytes that are allocated on the
//! way, over four doublings. Both are counted, nothing is timed.
#![forbid(unsafe_code)]
#![allow(missing_docs, reason = "tests")]

use std::{
    fmt::Write as _,
    sync::{Mutex, MutexGuard, PoisonError},
};

use lockstep::{Binary, Fork, wasm};
use lockstep_testkit::{assemble::assemble, bomb};

/// Counts what is allocated, by one test at a time.
#[global_allocator]
static ALLOCATED: cap::Cap<std::alloc::System> = cap::Cap::new(std::alloc::System, usize::MAX);

fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Parts of the smallest program of each kind.
const FIRST: usize = 24;

/// For twice the code, so many tenths of the work at most: jumps that reach far are longer.
const TENTHS_MAX: usize = 23;

/// Bytes of code, of machine code made of it, and allocated for that.
#[derive(Debug, Clone, Copy)]
struct Cost {
    code: usize,
    machine: usize,
    allocated: usize,
}

impl Cost {
    fn of(code: &[u8], compile: impl FnOnce(&[u8]) -> Binary) -> Self {
        let before = ALLOCATED.total_allocated();
        let binary = compile(code);
        let allocated = ALLOCATED.total_allocated() - before;
        let statistics = binary.statistics();
        assert_eq!(statistics.below + statistics.missing, 0, "everything has machine code");
        Self { code: code.len(), machine: statistics.code_bytes, allocated }
    }
}

/// Costs of programs each twice as long as the one before grow no more than the programs do. Vectors double, so that what is
/// allocated goes up in steps, which even out over two.
fn check(name: &str, costs: &[Cost]) {
    println!("{name}: {costs:?}");
    assert_eq!(costs.len(), 5, "four doublings");
    let grown = |most: usize, from: usize, to: usize, by: usize| most * to * by / (from * 20);
    for (before, now) in costs.iter().zip(&costs[1..]) {
        let most = grown(before.machine, before.code, now.code, TENTHS_MAX);
        assert!(now.machine <= most + 64, "{name}: {before:?}, then {now:?}");
    }
    for (before, now) in costs.iter().zip(&costs[2..]) {
        let most = grown(before.allocated, before.code, now.code, TENTHS_MAX + 4);
        assert!(now.allocated <= most + (1 << 16), "{name}: {before:?}, then {now:?}");
    }
}

/// A program of so many parts.
type Parts = fn(usize) -> String;

fn straight(parts: usize) -> String {
    let mut text = String::new();
    for part in 1000..1000 + parts {
        write!(text, "{part} CALLDATALOAD {part} ADD {} MSTORE ", part * 32).expect("room");
    }
    text + "STOP"
}

fn blocks(parts: usize) -> String {
    let mut text = String::from("300 ");
    for part in 1000..1000 + parts {
        write!(text, "{part} CALLDATALOAD @l{part} JUMPI {part} ADD l{part}: ").expect("room");
    }
    text + "300 MSTORE STOP"
}

fn loops(parts: usize) -> String {
    let mut text = String::new();
    for part in 1000..1000 + parts {
        write!(text, "{part} l{part}: 1 SWAP1 SUB DUP1 @l{part} JUMPI POP ").expect("room");
    }
    text + "STOP"
}

fn functions(parts: usize) -> String {
    let (mut text, mut bodies) = (String::new(), String::new());
    for part in 1000..1000 + parts {
        for call in ["a", "b"] {
            write!(text, "@{call}{part} {part} @f{part} JUMP {call}{part}: POP ").expect("room");
        }
        write!(
            bodies,
            "f{part}: DUP1 MUL {part} ADD DUP1 MLOAD ADD DUP1 CALLDATALOAD ADD DUP1 {part} MSTORE SWAP1 JUMP "
        )
        .expect("room");
    }
    text + "STOP " + &bodies
}

fn targets(parts: usize) -> String {
    let (mut text, mut bodies) = (String::from("300 CALLDATALOAD "), String::new());
    for part in 1000..1000 + parts {
        write!(text, "DUP1 {part} EQ @t{part} JUMPI ").expect("room");
        write!(bodies, "t{part}: {part} MSTORE STOP ").expect("room");
    }
    text + "STOP " + &bodies
}

#[test]
fn machine_code_of_evm_programs_is_linear_in_them() {
    let _alone = alone();
    let kinds: [(&str, Parts); 5] = [
        ("straight", straight),
        ("blocks", blocks),
        ("loops", loops),
        ("functions", functions),
        ("targets", targets),
    ];
    for (name, kind) in kinds {
        let cost = |doubling| {
            let code = assemble(&kind(FIRST << doubling));
            Cost::of(&code, |code| Binary::of_evm(code, Fork::LATEST, None).expect("compiles"))
        };
        check(name, &(0..5).map(cost).collect::<Vec<_>>());
    }
}

fn wasm_cost(code: &[u8]) -> Cost {
    let config = wasm::Config::default();
    Cost::of(code, |code| Binary::of_wasm(code, &config, None).expect("compiles"))
}

#[test]
fn machine_code_of_wasm_functions_is_linear_in_them() {
    let _alone = alone();
    for (name, pattern) in bomb::PATTERNS {
        let cost = |doubling| wasm_cost(&bomb::one_body(pattern, 1000_usize << doubling));
        check(name, &(0..5).map(cost).collect::<Vec<_>>());
    }
}

#[test]
fn machine_code_of_wasm_modules_is_linear_in_their_functions() {
    let _alone = alone();
    let cost = |doubling| wasm_cost(&bomb::many_functions(FIRST << doubling));
    check("functions", &(0..5).map(cost).collect::<Vec<_>>());
}
