//! `lockstep compile`, and `run` of what it writes: another process, which compiles nothing.

use serde_json::Value;

use super::{
    ebpf::{SUM, program},
    setup::{file, folder, lockstep, refused},
};

/// Adds the words of its input.
const EVM: &str = "5f35602035015f5260205ff3";
const MODULE: &str = r#"(module
  (func $double (param i64) (result i64) (i64.add (local.get 0) (local.get 0)))
  (func (export "run") (param i64) (result i64) (call $double (call $double (local.get 0)))))"#;

/// Where `name` is to be written.
fn output(name: &str) -> String {
    folder().join(name).to_str().expect("UTF-8").to_owned()
}

/// What `arguments` print as JSON, and what they say about machine code.
fn run(arguments: &[&str]) -> (Value, String) {
    let done = lockstep(&[&["run", "--json"], arguments].concat());
    let report = serde_json::from_str(&done.out);
    (report.unwrap_or_else(|_| panic!("{}{}", done.out, done.err)), done.err)
}

#[test]
fn programs_of_every_guest_run_from_a_file() {
    if !cfg!(target_arch = "x86_64") {
        println!("no machine code for this processor: SKIPPED");
        return;
    }
    let input = format!("0x{:0>64}{:0>64}", "5", "7");
    let (module, elf) = (file("compile/module.wat", MODULE), file("compile/sum.so", program(&SUM)));
    let cases = [
        ("evm", EVM, &["--calldata", &input][..]),
        ("ebpf", &elf, &["--calldata", "0x0304"]),
        ("wasm", &module, &["--invoke", "run", "10"]),
    ];
    for (guest, code, arguments) in cases {
        let path = output(&format!("compile/{guest}.bin"));
        let made = lockstep(&["compile", code, "-o", &path, "--json"]);
        assert_eq!(made.code, Some(0), "{guest}: {}", made.err);
        let report: Value = serde_json::from_str(&made.out).expect("an object");
        assert_eq!((&report["guest"], &report["refused"]), (&guest.into(), &0.into()));
        let (expected, _) = run(&[&[code], arguments, &["--tier", "interpreter"]].concat());
        for tier in ["adaptive", "optimizing"] {
            let (found, talk) = run(&[&[path.as_str()], arguments, &["--tier", tier]].concat());
            assert_eq!(found, expected, "{guest} in {tier}");
            assert!(talk.contains("machine code: 0 functions compiled, "), "{guest}: {talk}");
            assert!(!talk.contains(" 0 from a file"), "{guest}: {talk}");
        }
    }
}

#[test]
fn what_does_not_fit_is_refused_with_the_reason() {
    if !cfg!(target_arch = "x86_64") {
        println!("no machine code for this processor: SKIPPED");
        return;
    }
    let path = output("compile/refused.bin");
    assert_eq!(lockstep(&["compile", EVM, "-o", &path, "--fork", "prague"]).code, Some(0));
    refused(&["run", &path], &["the binary was made for fork"]);
    refused(&["run", &path, "--fork", "prague", "--invoke", "run"], &["--invoke means nothing"]);
    refused(&["compile", &path, "-o", &path], &["what is compiled already cannot be compiled"]);
    refused(&["disasm", &path], &["what is compiled already"]);
    let mut bytes = std::fs::read(&path).expect("it was written");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    let damaged = file("compile/damaged.bin", &bytes);
    refused(&["run", &damaged], &["the binary is damaged: its checksum differs"]);
    let short = file("compile/short.bin", &bytes[..middle]);
    refused(&["run", &short], &["of which", "are there"]);
    refused(&["compile", EVM, "-o", "/nowhere/at/all"], &["cannot write /nowhere/at/all"]);
}
