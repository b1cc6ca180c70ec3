//! The header for C, the crate for Rust and the host name the same system calls with the same prices.

use std::collections::BTreeMap;

use lockstep::tos::{CostTable, InvokeContext, functions};

use super::chain::file;

fn text(name: &str) -> String {
    String::from_utf8(file(name)).expect("text")
}

/// What lines `units: NAME BASE PER_BYTE` of a file say.
fn units(name: &str) -> BTreeMap<String, (u64, u64)> {
    let text = text(name);
    let lines = text.lines().filter_map(|line| line.split_once("units: tos_"));
    let read = |(_, rest): (&str, &str)| {
        let words: Vec<&str> = rest.split_whitespace().collect();
        let number = |at: usize| words[at].parse().unwrap_or_else(|_| panic!("{name}: {rest}"));
        (format!("tos_{}", words[0]), (number(1), number(2)))
    };
    let found: Vec<_> = lines.map(read).collect();
    let count = found.len();
    let found: BTreeMap<_, _> = found.into_iter().collect();
    assert_eq!(found.len(), count, "{name} prices one twice");
    found
}

#[test]
fn both_languages_say_what_the_host_charges() {
    let costs = CostTable::default();
    let row = |name: &str| {
        let cost = costs.cost(name);
        (name.to_owned(), (cost.base, cost.per_byte))
    };
    let host: BTreeMap<_, _> =
        functions::<InvokeContext<'_>>().iter().map(|function| row(function.name)).collect();
    assert_eq!(units("sdk/c/include/lockstep/tos.h"), host);
    assert_eq!(units("sdk/rust/src/call.rs"), host);
}

#[test]
fn both_languages_declare_every_call() {
    let (c, rust) = (text("sdk/c/include/lockstep/tos.h"), text("sdk/rust/src/program.rs"));
    for function in functions::<InvokeContext<'_>>() {
        let name = function.name;
        assert!(c.contains(&format!("\nextern uint64_t {name}(")), "{name} in C");
        assert!(rust.contains(&format!("\n    fn {name}(")), "{name} in Rust");
    }
}
