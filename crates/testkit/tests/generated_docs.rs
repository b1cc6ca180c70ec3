//! Pages made from tables. `UPDATE=1 cargo test -p lockstep-testkit --test generated_docs` writes them.
#![forbid(unsafe_code)]
#![allow(missing_docs, reason = "tests")]

use std::{fmt::Write, fs, path::Path};

use lockstep::{MemoryStorage, evm::OPCODES};
use lockstep_host::ethereum::contract::{FUNCTIONS, wasm_functions};
use lockstep_state::Journal;

#[track_caller]
fn check(path: &str, page: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(file.parent().expect("a file lies in a folder")).expect("a folder");
        fs::write(&file, page).expect("pages can be written");
    }
    let found = fs::read_to_string(&file).unwrap_or_default();
    assert!(found == page, "{path} is old: run this test with UPDATE=1");
}

#[test]
fn the_opcode_page_repeats_the_table() {
    let mut page = String::from(
        "# EVM opcodes\n\nMade from `crates/guest/src/evm/opcodes.rs`; do not edit. Gas is the static price from each fork \
         on; the first fork\nis the one that defined the opcode. What depends on operands or state comes on top.\n\n\
         | byte | name | immediate | pops | pushes | gas |\n|---|---|---|---|---|---|\n",
    );
    for row in OPCODES {
        let gas: Vec<_> = row.gas.iter().map(|(fork, gas)| format!("{fork} {gas}")).collect();
        let immediate = if row.immediate == 0 { String::new() } else { row.immediate.to_string() };
        writeln!(
            page,
            "| 0x{:02x} | {} | {immediate} | {} | {} | {} |",
            row.byte,
            row.name,
            row.pops,
            row.pushes,
            gas.join(", ")
        )
        .expect("writing to a string succeeds");
    }
    check("docs/generated/evm-opcodes.md", &page);
}

#[test]
fn the_page_of_contract_functions_repeats_the_table() {
    let mut page = String::from(
        "# Functions of contracts\n\nMade from `crates/host/src/ethereum/contract/table.rs`; do not edit. A Wasm contract imports \
         them from module `eth`, a\nprogram of eBPF calls them as `eth_` and the name, with its operands in r1 to r5 as 64 bits and the \
         result in r0.\n\nPointers, lengths and indices are i32 without sign in Wasm, into memory 0; `out` is where an answer is \
         written. A word is\n32 bytes, most significant first, an address 20. A function costs what its opcode costs under the \
         fork in force, and\nexists where the opcode does.\n\n\
         | name | parameters | result | opcode | what it does |\n|---|---|---|---|---|\n",
    );
    let rows = wasm_functions::<Journal<MemoryStorage>>();
    for (row, function) in rows.iter().zip(FUNCTIONS) {
        let params: Vec<_> = function
            .params
            .iter()
            .zip(row.params)
            .map(|(name, ty)| format!("{name}: {}", ty.name()))
            .collect();
        let opcode = OPCODES.iter().find(|opcode| opcode.byte == function.opcode);
        writeln!(
            page,
            "| {} | {} | {} | {} | {} |",
            function.name,
            params.join(", "),
            row.results.iter().map(|ty| ty.name()).collect::<String>(),
            opcode.expect("an opcode of the table").name,
            function.doc,
        )
        .expect("writing to a string succeeds");
    }
    check("docs/generated/contract-functions.md", &page);
}
