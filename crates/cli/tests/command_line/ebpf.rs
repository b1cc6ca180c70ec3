//! `lockstep ebpf-conformance`, and eBPF programs in `run` and `disasm`.

use std::{env, fs, path::PathBuf};

use serde_json::Value;

use super::setup::{file, folder, lockstep, refused};

/// A path of the repository.
fn repository(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(name)
}

/// A file of sBPF v3 with these slots.
pub(crate) fn program(slots: &[u64]) -> Vec<u8> {
    let text: Vec<u8> = slots.iter().flat_map(|slot| slot.to_le_bytes()).collect();
    let len = text.len() as u64;
    let mut bytes = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\xf7\0\x01\0\0\0".to_vec();
    for field in [1_u64 << 32, 64, 0] {
        bytes.extend(field.to_le_bytes());
    }
    bytes.extend(3_u32.to_le_bytes());
    for field in [64_u16, 56, 1, 64, 0, 0] {
        bytes.extend(field.to_le_bytes());
    }
    bytes.extend([1, 0, 0, 0, 1, 0, 0, 0]);
    for field in [120, 1 << 32, 1 << 32, len, len, 8] {
        bytes.extend(field.to_le_bytes());
    }
    bytes.extend(text);
    bytes
}

/// Adds the first two bytes of the input.
pub(crate) const SUM: [u64; 4] = [0x1071, 0x1_1271, 0x200f, 0x95];

#[test]
fn programs_run_on_every_tier() {
    let path = file("ebpf/sum.so", program(&SUM));
    for tier in ["interpreter", "optimizing", "evaluator"] {
        let arguments = ["run", "--tier", tier, "--json", "--calldata", "0x0305", "--gas", "9"];
        let done = lockstep(&[&arguments[..], &[&path]].concat());
        assert_eq!(done.code, Some(0), "{}{}", done.out, done.err);
        let report: Value = serde_json::from_str(&done.out).expect("an object");
        assert_eq!((&report["outcome"], &report["result"]), (&"return".into(), &"0x8".into()));
        assert_eq!((&report["gasUsed"], &report["gasLeft"]), (&4.into(), &5.into()));
    }
    let trapped = lockstep(&["run", "--calldata", "0x03", &path]);
    assert_eq!(trapped.code, Some(1));
    assert!(trapped.out.starts_with("outcome   trap: memory_out_of_bounds"), "{}", trapped.out);
    let input = file("ebpf/input", [7_u8, 8]);
    let done = lockstep(&["run", "--input-file", &input, "--input-room", "9", &path]);
    assert!(done.out.contains("result    0xf"), "{}", done.out);
    assert_eq!(lockstep(&["run", "--value", "1", &path]).code, Some(2));
}

#[test]
fn listings_show_instructions_dmir_and_registers() {
    let path = file("ebpf/list.so", program(&SUM));
    let done = lockstep(&["disasm", "--ir", &path]);
    assert_eq!(done.code, Some(0), "{}", done.err);
    for part in ["0x0001  ldxb %r2, [%r1+1]", "0x0003  exit", "func @f0(", "charge 1"] {
        assert!(done.out.contains(part), "{part}: {}", done.out);
    }
}

#[test]
fn files_that_are_no_programs_are_refused() {
    let cut = file("ebpf/cut.so", &program(&SUM)[..100]);
    let falls = file("ebpf/opcode.so", program(&[0xff]));
    for path in [&cut, &falls] {
        for command in ["run", "disasm"] {
            assert_eq!(lockstep(&[command, path]).code, Some(2), "{command} {path}");
        }
    }
    refused(&["run", &falls], &["unknown instruction"]);
}

#[test]
fn vectors_pass_fail_or_are_left_out_with_a_reason() {
    let asm = |body: &str, result: &str| format!("# words\n-- asm\n{body}\n-- result\n{result}\n");
    file("ebpf/suite/good.data", asm("mov %r0, 3\nexit", "0x3"));
    file("ebpf/suite/wrong.data", asm("mov %r0, 3\nexit", "4"));
    file("ebpf/suite/packet.data", asm("ldabsb 3\nexit", "0"));
    file("ebpf/suite/loops.data", asm("l: ja l", "0"));
    let path = folder().join("ebpf/suite");
    let path = path.to_str().expect("UTF-8");
    let done = lockstep(&["ebpf-conformance", path]);
    assert_eq!(done.code, Some(1));
    assert_eq!(done.err.lines().last(), Some("1 passed, 2 failed, 1 skipped"));
    assert!(
        done.out.contains("wrong.data: interpreter: returned 0x3, expected 0x4"),
        "{}",
        done.out
    );
    assert!(done.out.contains("packet.data: legacy packet access is not offered"), "{}", done.out);
    assert!(done.out.contains("loops.data: interpreter: ended by Trap(OutOfGas)"), "{}", done.out);
    let json = lockstep(&["ebpf-conformance", "--json", "--tier", "evaluator", path]);
    let rows: Vec<Value> = serde_json::from_str(&json.out).expect("an array");
    assert_eq!(rows.iter().filter(|row| row["verdict"] == "failed").count(), 2);
    assert_eq!(lockstep(&["ebpf-conformance", "no/such.data"]).code, Some(2));
}

#[test]
fn traces_show_registers_units_and_names() {
    let program = repository("examples/ebpf/counter.o");
    let program = program.to_str().expect("UTF-8");
    let run =
        |more: &[&str]| lockstep(&[&["run", "--trace", "--gas", "600", program], more].concat());
    let traced = run(&["--calldata", "0x00"]);
    assert_eq!(traced.code, Some(0), "{}", traced.err);
    assert!(traced.err.starts_with("outcome   return\n"), "{}", traced.err);
    let golden = repository("crates/cli/tests/command_line/ebpf_trace.jsonl");
    if env::var_os("UPDATE").is_some() {
        fs::write(&golden, &traced.out).expect("the trace can be written");
    }
    let golden = fs::read_to_string(golden).expect("the trace");
    assert_eq!(traced.out, golden, "another trace: run this test with UPDATE=1");
    for tier in ["interpreter", "optimizing", "evaluator"] {
        assert_eq!(run(&["--calldata", "0x00", "--tier", tier]).out, golden, "{tier}");
    }
    let bare = run(&["--calldata", "0x00", "--trace.nostack"]).out;
    assert!(!bare.contains("registers") && bare.lines().count() == golden.lines().count());
}

#[test]
fn traces_add_up_to_what_is_used_and_say_why_they_end() {
    let program = repository("examples/ebpf/counter.o");
    let program = program.to_str().expect("UTF-8");
    for (gas, code) in [(2000, 0), (600, 1), (100, 1), (3, 1)] {
        let gas_text = gas.to_string();
        let done = lockstep(&["run", "--trace", "--json", "--gas", &gas_text, program]);
        assert_eq!(done.code, Some(code), "{gas}: {}", done.err);
        let rows = done.out.lines().map(|line| serde_json::from_str(line).expect("JSON"));
        let mut rows: Vec<Value> = rows.collect();
        let (report, end) = (rows.pop().expect("a report"), rows.pop().expect("an end"));
        let number = |row: &Value, key: &str| {
            let digits = row[key].as_str().and_then(|text| text.strip_prefix("0x"));
            u64::from_str_radix(digits.expect("a quantity"), 16).expect("digits")
        };
        let mut left = gas;
        for row in &rows {
            assert_eq!(number(row, "gas"), left, "{row}");
            left -= number(row, "gasCost");
        }
        assert_eq!((number(&end, "gasUsed"), &end["costs"]), (gas - left, &2.into()));
        assert_eq!(report["gasUsed"], gas - left);
        let error = if code == 0 { Value::Null } else { "out_of_gas".into() };
        assert_eq!((&end["error"], code == 0), (&error, left > 0));
        let last = rows.last().expect("an instruction");
        assert_eq!(last["error"].is_null(), code == 0, "{last}");
    }
}

/// The commands of a page's `console` blocks, with what they print.
fn console(page: &str) -> Vec<(String, String)> {
    let text = fs::read_to_string(repository(page)).expect("the page");
    let blocks = text.split("```console\n").skip(1).filter_map(|rest| rest.split("```").next());
    let mut commands: Vec<(String, String)> = Vec::new();
    for line in blocks.flat_map(str::lines) {
        match (line.strip_prefix("$ "), commands.last_mut()) {
            (Some(command), _) => commands.push((command.to_owned(), String::new())),
            (None, Some((_, output))) => *output += &format!("{line}\n"),
            (None, None) => panic!("{page} begins with {line:?}"),
        }
    }
    commands
}

#[test]
fn commands_of_the_sdks_page_print_what_it_says() {
    let mut count = 0;
    for (command, output) in console("sdk/README.md") {
        let Some(arguments) = command.strip_prefix("lockstep ") else { continue };
        let arguments: Vec<String> = arguments
            .split_whitespace()
            .map(|word| match word.starts_with("examples/") {
                true => repository(word).to_str().expect("UTF-8").to_owned(),
                false => word.to_owned(),
            })
            .collect();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        assert_eq!(lockstep(&arguments).out, output, "{command}");
        count += 1;
    }
    assert!(count > 2, "{count} commands");
}
