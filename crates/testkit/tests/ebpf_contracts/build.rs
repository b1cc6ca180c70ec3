//! What is committed is its source compiled: `sdk/build`, where the compilers are that built it.
//!
//! Other versions of clang make other bytes; there the contract has to behave alike. `LOCKSTEP_CLANG` and
//! `LOCKSTEP_BPF_RUSTC` name the compilers; with `UPDATE=1` the tests write what is committed anew.

use std::{
    env, fs,
    path::Path,
    process::{Command, Stdio},
};

use super::{chain, counter, hello, share, token, tour};

/// The compilers that built what is committed.
const CLANG: &str = "clang version 14.0.6";
const RUSTC: &str = "rustc 1.63.0";

/// A contract: its source, and what it does.
type Contract = (&'static str, fn(&[u8]));

const C: [Contract; 4] = [
    ("examples/ebpf/hello.c", hello::says_hello),
    ("examples/ebpf/counter.c", counter::counts),
    ("examples/ebpf/token.c", token::is_a_token),
    ("examples/ebpf/share.c", share::divides_products),
];
const RUST: [Contract; 5] = [
    ("sdk/rust/examples/hello.rs", hello::says_hello),
    ("sdk/rust/examples/counter.rs", counter::counts),
    ("sdk/rust/examples/token.rs", token::is_a_token),
    ("sdk/rust/examples/share.rs", share::divides_products),
    ("sdk/rust/examples/tour.rs", tour::calls_everything),
];

/// What the compiler that a variable names, or the usual one, says it is; nothing where there is none.
fn version(variable: &str, usual: &str) -> Option<String> {
    let name = env::var(variable).unwrap_or_else(|_| usual.to_owned());
    let done = Command::new(name).arg("--version").stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&done.stdout);
    done.status.success().then(|| text.lines().next().unwrap_or_default().to_owned())
}

/// Compiles `source`; nothing where the compiler cannot.
fn build(source: &str, out: &Path) -> Option<Vec<u8>> {
    let done = Command::new(chain::path("sdk/build")).arg(chain::path(source)).arg(out).output();
    let done = done.expect("the script starts");
    if !done.status.success() {
        println!("{}", String::from_utf8_lossy(&done.stderr));
        return None;
    }
    Some(fs::read(out).expect("an object"))
}

/// Builds contracts anew and compares, or where the compilers are others, tests what they do.
fn rebuild(contracts: &[Contract], is_the_same: bool) {
    for (source, does) in contracts {
        let name = source.replace('/', "_") + ".o";
        let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let Some(made) = build(source, &out) else {
            assert!(!is_the_same, "{source} does not compile");
            println!("SKIPPED: {source} is not rebuilt: this compiler cannot");
            continue;
        };
        does(&made);
        let (stem, _) = source.rsplit_once('.').expect("a file with an extension");
        let path = chain::path(&format!("{stem}.o"));
        if is_the_same && env::var_os("UPDATE").is_some() {
            fs::write(&path, &made).expect("examples can be written");
        }
        match (fs::read(&path).unwrap_or_default() == made, is_the_same) {
            (true, _) => {}
            (false, true) => panic!("{} is old: run this test with UPDATE=1", path.display()),
            (false, false) => {
                println!("{source}: other bytes with this compiler, and it does the same")
            }
        }
    }
}

fn skip(what: &str, wanted: &str) {
    println!("SKIPPED: {what} are not rebuilt: they want {wanted} (sdk/README.md)");
}

#[test]
fn contracts_in_c_are_their_sources_compiled() {
    match version("LOCKSTEP_CLANG", "clang") {
        None => skip("contracts in C", "clang with the target bpf"),
        Some(version) => rebuild(&C, version.contains(CLANG)),
    }
}

#[test]
fn contracts_in_rust_are_their_sources_compiled() {
    let clang = version("LOCKSTEP_CLANG", "clang").is_some_and(|found| found.contains(CLANG));
    let rustc =
        version("LOCKSTEP_BPF_RUSTC", "rustc").is_some_and(|found| found.starts_with(RUSTC));
    match clang && rustc {
        true => rebuild(&RUST, true),
        false => skip("contracts in Rust", "rustc 1.63.0 and clang 14.0.6"),
    }
}
