//! The graph of packages, as cargo resolves it for this machine.

use std::collections::BTreeSet;

use super::tree;

/// What each crate may depend on, its tests aside (ARCHITECTURE.md, "Code map"). For the crates that promise to stand on
/// next to nothing, packages of others are named too.
const ARROWS: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("ir", &["base"]),
    ("rt", &["base", "ir"]),
    ("guest", &["base", "ir"]),
    ("interp", &["base", "ir", "rt"]),
    ("baseline", &["base", "ir", "rt"]),
    ("optimizing", &["base", "ir", "rt"]),
    ("state", &["base"]),
    ("host", &["base", "rt", "state"]),
    ("vm", &["base", "ir", "rt", "guest", "interp", "baseline", "optimizing", "state", "host"]),
    ("cli", &["vm", "state", "ir"]),
    ("node", &["vm", "state"]),
    ("capi", &["vm", "state"]),
    ("evmc", &["vm", "state"]),
    ("sdk", &[]),
];

/// The core: small libraries of the field, nothing that does input or output.
const CORE: &[(&str, &[&str])] = &[
    ("base", &["ruint"]),
    ("ir", &["libm"]),
    ("interp", &[]),
    ("guest", &["object", "wasmparser"]),
    ("sdk", &[]),
];

/// Other engines, which only `bench/` may measure.
const PEERS: &[&str] = &[
    "revm",
    "revm-interpreter",
    "evmone",
    "wasmtime",
    "wasmi",
    "wasmer",
    "solana-sbpf",
    "solana_rbpf",
    "rbpf",
    "soroban-env-host",
];

fn tree_of(arguments: &[&str]) -> String {
    let mut all = vec!["tree", "--workspace"];
    all.extend(arguments);
    tree::output(env!("CARGO"), &all)
}

/// Direct dependencies that [`ARROWS`] and [`CORE`] do not allow, of what is built (`tests` are free).
pub(crate) fn broken_arrows() -> Vec<String> {
    let graph =
        tree_of(&["-e", "normal,build", "--depth", "1", "--prefix", "depth", "--format", "{p}"]);
    let (mut broken, mut from) = (Vec::new(), "");
    for line in graph.lines().filter(|line| !line.is_empty()) {
        let (depth, package) = line.split_at(1);
        let name = package.split(' ').next().unwrap_or_default();
        if depth == "0" {
            from = name.strip_prefix("lockstep-").unwrap_or(name);
            let known = from == "testkit" || ARROWS.iter().any(|(name, _)| *name == from);
            if !known {
                broken.push(format!("{from}: no rule says what it may depend on"));
            }
            continue;
        }
        let rules = match name.strip_prefix("lockstep-") {
            Some(_) => ARROWS,
            None => CORE,
        };
        let to = name.strip_prefix("lockstep-").unwrap_or(name);
        let rule = rules.iter().find(|(name, _)| *name == from);
        if rule.is_some_and(|(_, allowed)| !allowed.contains(&to)) {
            broken.push(format!("{from} -> {to}"));
        }
    }
    broken
}

/// Other engines that something in the workspace depends on, tests included.
pub(crate) fn peers() -> Vec<String> {
    let graph = tree_of(&["-e", "normal,build,dev", "--prefix", "none", "--format", "{p}"]);
    let names: BTreeSet<_> =
        graph.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect();
    names.into_iter().filter(|name| PEERS.contains(&name.as_str())).collect()
}

/// Each package with its licence expression.
pub(crate) fn licences() -> BTreeSet<(String, String)> {
    let graph = tree_of(&["-e", "normal,build,dev", "--prefix", "none", "--format", "{p}|{l}"]);
    let split = |line: &str| {
        let (package, licence) = line.trim_end_matches(" (*)").split_once('|')?;
        Some((package.to_owned(), licence.to_owned()))
    };
    graph.lines().filter_map(split).collect()
}

/// Lines of a lock file that name another source than the default registry.
pub(crate) fn foreign_sources(lock: &str) -> Vec<String> {
    const DEFAULT: &str = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";
    let text = tree::read(lock);
    let sources = text.lines().filter(|line| line.starts_with("source = ") && *line != DEFAULT);
    sources.map(|line| format!("{lock}: {line}")).collect()
}
