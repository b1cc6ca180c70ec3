//! Programs in every tier: what they compute, what they use, how they fail; system calls of TOS.

mod memory;
mod meter;
mod syscalls;

use super::{Call, Config, Dialect, End, Linked, Machine, Outcome, Program, assemble};
use crate::tier::Tier;

/// The program that `text` comes to.
fn program(text: &str, dialect: Dialect) -> Program {
    let assembled = assemble(text, dialect).unwrap_or_else(|error| panic!("{error}"));
    Program::from_text(&assembled.bytes(), dialect, &Config::default())
        .unwrap_or_else(|error| panic!("{error}"))
}

/// What it does with so many units, which is the same in every tier.
fn run(program: &Program, input: &[u8], gas: u64) -> Outcome {
    let linked = Linked::<()>::new(program, &[]).expect("it calls nobody");
    let mut machine = Machine::new().expect("address space");
    let outcomes = Tier::ALL.iter().map(|tier| {
        let call = Call { input, gas, tier: *tier, returns_input: true };
        machine.run(&linked, &mut (), &call).expect("it runs")
    });
    let mut outcomes: Vec<Outcome> = outcomes.collect();
    assert!(outcomes.windows(2).all(|pair| pair[0] == pair[1]), "{outcomes:?}");
    outcomes.swap_remove(0)
}

/// How `text` ends, and what it uses.
fn ended(text: &str, dialect: Dialect) -> (End, u64) {
    let outcome = run(&program(text, dialect), &[0; 64], 10_000);
    (outcome.end, 10_000 - outcome.gas_left)
}
