//! Bad input: exit code 2, a message with the place and what was expected, never a panic (`setup` looks for one).

use super::setup::{file, lockstep, refused, state_test};

#[test]
fn code_that_is_none() {
    refused(&["run", "600"], &["even number of hexadecimal digits, found 3"]);
    refused(&["run", "60zz"], &["hexadecimal digit at offset 2, found 'z'"]);
    refused(&["run", "no/such/file"], &["no/such/file"]);
    refused(&["run", &file("bad/empty.hex", "\n")], &["nothing is in it"]);
    refused(&["run", &file("bad/text.hex", "hello")], &["at offset 0, found 'h'"]);
    refused(&["run", &file("bad/module.so", b"\x7fELF\x02")], &["ELF"]);
    refused(&["disasm", "6"], &["even number"]);
}

#[test]
fn artifacts_that_are_none() {
    refused(&["run", &file("bad/cut.json", "{\"bytecode\": ")], &["line 1 column"]);
    refused(&["run", &file("bad/other.json", "{}")], &["contracts", "bytecode"]);
    let unlinked = r#"{"bytecode": "0x60__$abc$__", "deployedBytecode": "0x"}"#;
    refused(&["run", &file("bad/unlinked.json", unlinked)], &["not linked"]);
    let abstract_contract = r#"{"bytecode": "0x", "deployedBytecode": "0x"}"#;
    refused(&["run", &file("bad/abstract.json", abstract_contract)], &["without code"]);
    let long = format!("{{\"a\": \"{}\", ]", "x".repeat(100_000));
    let long = file("bad/long.json", long);
    refused(&["run", &long], &["line 1 column 1000"]);
    assert!(lockstep(&["run", &long]).err.len() < 1000, "only a part of the line is shown");
    let two = r#"{"contracts": {"a:A": {"bin-runtime": "00"}, "a:B": {"bin-runtime": "00"}}}"#;
    let two = file("bad/two.json", two);
    refused(&["run", &two], &["--contract", "a:A, a:B"]);
    refused(&["run", &two, "--contract", "C"], &["a:A, a:B"]);
    refused(&["run", &two, "--contract", "A", "--create"], &["no creation code"]);
    assert_eq!(lockstep(&["run", &two, "--contract", "B"]).code, Some(0));
}

#[test]
fn options_that_make_no_sense() {
    refused(&["run", "00", "--fork", "Glamorgan"], &["unknown fork", "Osaka"]);
    refused(&["run", "00", "--tier", "turbo"], &["unknown tier", "evaluator"]);
    refused(&["run", "00", "--gas", "many"], &["below 2^63"]);
    refused(&["run", "00", "--gas", "0xffffffffffffffff"], &["below 2^63"]);
    refused(&["run", "00", "--value", "-1"], &[]);
    refused(&["run", "00", "--to", "0x1234"], &["expected 20 bytes, found 2"]);
    refused(&["run", "00", "--calldata", "0x1"], &["--calldata", "even number"]);
    refused(&["run", "00", "--calldata", "@no/such/file"], &["no/such/file"]);
    refused(&["run", "00", "--pre", &file("bad/pre.json", "[]")], &["line 1"]);
    refused(&["statetest", "--run", "(", "."], &["regex"]);
    refused(&["walk"], &["unrecognized subcommand"]);
}

#[test]
fn state_tests_that_are_none() {
    refused(&["statetest", "no/such/folder"], &["no/such/folder"]);
    let empty = super::setup::folder().join("bad/empty_folder");
    std::fs::create_dir_all(&empty).expect("the folder is made");
    refused(&["statetest", empty.to_str().expect("UTF-8")], &["no file of state tests"]);
    refused(&["statetest", &file("bad/none.json", "{}")], &["holds no test"]);
    refused(&["statetest", &file("bad/cut_test.json", &state_test()[..200])], &["line", "column"]);
    for field in ["env", "pre", "transaction", "post", "currentCoinbase", "gasLimit", "hash"] {
        let without = state_test().replace(&format!("\"{field}\""), "\"other\"");
        let path = file(&format!("bad/without_{field}.json"), without);
        refused(&["statetest", &path], &["missing field", field]);
    }
    let unsigned = state_test().replace("\"secretKey\"", "\"other\"");
    refused(&["statetest", &file("bad/unsigned.json", unsigned)], &["`sender` or `secretKey`"]);
    let beyond = state_test().replace("\"data\": 1", "\"data\": 7");
    refused(&["statetest", &file("bad/beyond.json", beyond)], &["names no transaction"]);
    let digits = state_test().replace("0x600035600055", "0x60003560005");
    refused(&["statetest", &file("bad/digits.json", digits)], &["even number", "line"]);
    let number = state_test().replace("\"0x03e8\"", "\"soon\"");
    refused(&["statetest", &file("bad/number.json", number)], &["expected a number"]);
}

#[test]
fn a_bad_file_does_not_hide_the_good_ones() {
    let (good, bad) = (file("mixed/a.json", state_test()), file("mixed/b.json", "{"));
    let done = lockstep(&["statetest", &bad, &good]);
    assert_eq!(done.code, Some(2));
    assert_eq!(done.err.lines().last(), Some("4 passed, 0 failed, 0 skipped"));
    assert_eq!(done.out.matches("\"pass\": true").count(), 4);
}

#[test]
fn transactions_with_numbers_that_nothing_holds_are_rejected_not_refused() {
    let big = state_test().replace("\"value\": [\n        \"0x00\"", "\"value\": [\n        \"0x:bigint 0x10000000000000000000000000000000000000000000000000000000000000000\"");
    let done = lockstep(&["statetest", &file("big/store.json", big)]);
    assert_eq!(done.code, Some(1), "{}", done.err);
    assert!(done.out.contains("unexpected rejection: the value does not fit"), "{}", done.out);
}
