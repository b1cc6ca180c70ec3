//! What cases did, to see that they are worth running.

use std::collections::BTreeMap;

use wasmparser::{Operator, Parser, Payload};

use super::{
    outcome::{End, Outcome},
    script::Case,
};

/// Ends of classes of gas: an instruction costs one.
const GAS: [(u64, &str); 4] = [
    (10, "run fewer than 10 instructions"),
    (100, "run 10 to 99 instructions"),
    (1000, "run 100 to 999 instructions"),
    (u64::MAX, "run 1,000 instructions or more"),
];

/// How many of what.
#[derive(Debug, Default)]
pub struct Statistics(BTreeMap<String, u64>);

impl Statistics {
    pub fn count(&mut self, what: String) {
        *self.0.entry(what).or_default() += 1;
    }

    pub fn add(&mut self, other: &Self) {
        other.0.iter().for_each(|(what, count)| *self.0.entry(what.clone()).or_default() += count);
    }

    pub fn print(&self) {
        self.0.iter().for_each(|(what, count)| println!("{count:>10} {what}"));
    }

    /// How calls end.
    pub fn ends(&mut self, outcome: &Outcome) {
        if outcome.refused.is_some() {
            self.count("modules refused by both".to_owned());
        }
        if let Some(End::Trap(trap)) = &outcome.instantiated {
            self.count(format!("instantiations trapped: {trap}"));
        }
        for end in &outcome.calls {
            self.count(match end {
                End::Values(_) => "calls returned".to_owned(),
                End::Trap(trap) => format!("calls trapped: {trap}"),
                End::Panic(_) => "calls broke".to_owned(),
            });
        }
    }

    /// What a module is made of.
    pub fn module(&mut self, case: &Case) {
        let kind = kind(case);
        self.count(format!("{kind}: modules"));
        for family in families(&case.bytes) {
            self.count(format!("{kind}: have {family}"));
        }
    }

    /// How far our run got.
    pub fn run(&mut self, case: &Case, ours: &Outcome) {
        let kind = kind(case);
        let class = GAS.iter().find(|(end, _)| ours.gas < *end).map_or("", |(_, text)| text);
        self.count(format!("{kind}: {class}"));
        if ours.memories.values().any(|bytes| bytes.iter().any(|byte| *byte != 0)) {
            self.count(format!("{kind}: leave bytes in a memory"));
        }
        if ours.calls.iter().any(|end| matches!(end, End::Trap(_))) {
            self.count(format!("{kind}: trap in some call"));
        }
    }
}

fn kind(case: &Case) -> &str {
    match case.name.as_str() {
        kind @ ("wasm-smith" | "chain") => kind,
        _ => "single",
    }
}

/// Families of instructions in the bodies.
fn families(bytes: &[u8]) -> Vec<&'static str> {
    let mut found = Vec::new();
    let bodies = Parser::new(0).parse_all(bytes).filter_map(|payload| match payload {
        Ok(Payload::CodeSectionEntry(body)) => body.get_operators_reader().ok(),
        _ => None,
    });
    for reader in bodies {
        for operator in reader.into_iter().flatten() {
            let family = family(&operator);
            if !family.is_empty() && !found.contains(&family) {
                found.push(family);
            }
        }
    }
    found
}

fn family(operator: &Operator<'_>) -> &'static str {
    let name = format!("{operator:?}");
    let name = name.split([' ', '{']).next().unwrap_or_default();
    match name {
        _ if name.contains("Relaxed") => "relaxed vectors",
        _ if name.contains("128") && name.starts_with('I') || name.contains("MulWide") => {
            "wide arithmetic"
        }
        _ if name.contains('x') && name.contains(char::is_numeric) || name.starts_with("V128") => {
            "vectors"
        }
        _ if name.starts_with("ReturnCall") => "tail calls",
        "CallIndirect" => "indirect calls",
        "Call" => "calls",
        _ if name.starts_with("Table") || name.starts_with("Elem") => "tables",
        _ if name.starts_with("Ref") => "references",
        "MemoryGrow" => "growth of memories",
        _ if name.starts_with("Memory") => "bulk memory",
        _ if name.contains("Load") || name.contains("Store") => "loads and stores",
        _ if name.starts_with('F') => "floats",
        "Loop" | "BrIf" | "BrTable" => "loops and branches",
        _ => "",
    }
}
