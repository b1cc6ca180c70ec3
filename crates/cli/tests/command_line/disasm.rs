//! `lockstep disasm --json`: what the text shows, as a document.

use serde_json::{Value, json};

use super::setup::{file, lockstep};

fn document(arguments: &[&str]) -> Value {
    let done = lockstep(&[&["disasm", "--json"], arguments].concat());
    assert_eq!((done.code, &*done.err), (Some(0), ""), "{arguments:?}");
    serde_json::from_str(&done.out).expect("one document")
}

/// Every line of dMIR and of register bytecode of the parts stands in the text, in this order.
fn assert_in_text(parts: &Value, text: &str) {
    let mut rest = text;
    let mut find = |piece: &str| {
        let at = rest.find(piece).unwrap_or_else(|| panic!("{piece:?} in order in {text}"));
        rest = &rest[at + piece.len()..];
    };
    for part in parts.as_array().expect("parts") {
        let name = part["name"].as_str().expect("a name");
        let dmir = part["dmir"].as_array().expect("dMIR");
        assert!(dmir[0].as_str().is_some_and(|line| line.contains(&format!("@{name}("))), "{name}");
        dmir.iter().for_each(|line| find(line.as_str().expect("a line")));
        for line in part["registers"].as_array().expect("register bytecode") {
            let (pc, words) = (line["pc"].as_u64().unwrap(), line["words"].as_u64().unwrap());
            let line = line["text"].as_str().expect("a line");
            find(&format!("{pc:#06x}  {words:>2} words  {line}\n"));
        }
    }
}

#[test]
fn evm_code_is_a_document_of_blocks() {
    let plain = document(&["--fork", "Berlin", "6005565b00ef"]);
    assert_eq!((&plain["guest"], &plain["fork"]), (&json!("evm"), &json!("Berlin")));
    let blocks = &plain["codes"][0]["blocks"];
    let expected = json!({
        "name": "at_0",
        "pc": 0,
        "instructions": [
            { "pc": 0, "bytes": "6005", "mnemonic": "PUSH1", "operands": ["0x05"], "gas": 3 },
            { "pc": 2, "bytes": "56", "mnemonic": "JUMP", "operands": [], "gas": 8 },
        ],
    });
    assert_eq!(blocks[0], expected);
    assert_eq!(blocks[1]["instructions"][0]["mnemonic"], "JUMPDEST");
    let undefined =
        json!({ "pc": 5, "bytes": "ef", "mnemonic": null, "operands": [], "gas": null });
    assert_eq!(blocks[2]["instructions"][0], undefined);
    assert!(blocks.as_array().is_some_and(|blocks| blocks.len() == 3), "{blocks}");

    let all = document(&["--ir", "6005565b00ef"]);
    assert_in_text(&all["codes"][0]["blocks"], &lockstep(&["disasm", "--ir", "6005565b00ef"]).out);
    let dmir = document(&["--form", "dmir", "6005565b00ef"]);
    let first = &dmir["codes"][0]["blocks"][0];
    assert!(first["dmir"].is_array() && first.get("instructions").is_none(), "{first}");
    assert!(first.get("registers").is_none(), "{first}");
    assert_eq!(document(&[""])["codes"][0]["name"], "code");
}

#[test]
fn codes_of_an_artifact_have_their_names() {
    let artifact = r#"{"contracts": {"a:A": {"bin": "6001", "bin-runtime": "00"}, "a:B": {"bin": "", "bin-runtime": "01"}}}"#;
    let codes = document(&[&file("disasm/two.json", artifact)]);
    let names: Vec<_> =
        codes["codes"].as_array().unwrap().iter().map(|code| &code["name"]).collect();
    assert_eq!(names, ["a:A: code", "a:A: creation code", "a:B: code", "a:B: creation code"]);
    assert_eq!(codes["codes"][2]["blocks"][0]["instructions"][0]["mnemonic"], "ADD");
}

#[test]
fn a_module_is_a_document_of_functions() {
    let text = r#"(module (import "a" "b" (func $x (param i32))) (memory 1)
        (func $f (param i32) (result i32) (local i64)
          (block (br_if 0 (local.get 0)) (call $x (i32.const 7))
            (drop (f32.const 1.5)) (drop (i32.load offset=8 align=2 (i32.const 1))))
          (i32.const 3))
        (func) (data (i32.const 3) "ab"))"#;
    let path = file("disasm/module.wat", text);
    let module = document(&["--ir", &path]);
    assert_eq!(module["guest"], "wasm");
    let functions = &module["functions"];
    assert_eq!((&functions[0]["name"], &functions[1]["name"]), (&json!("f1"), &json!("f2")));
    let rows = functions[0]["instructions"].as_array().expect("instructions");
    let of = |field: &str| rows.iter().map(|row| row[field].clone()).collect::<Vec<_>>();
    let text = |field: &str| {
        let words = of(field);
        words
            .iter()
            .map(|word| word.as_str().expect("text").to_owned())
            .collect::<Vec<_>>()
            .join(" ")
    };
    let mnemonics =
        "block local.get br_if i32.const call f32.const drop i32.const i32.load drop end i32.const";
    assert_eq!(text("mnemonic"), mnemonics);
    assert_eq!(text("bytes"), "0240 2000 0d00 4107 1000 430000c03f 1a 4101 280108 1a 0b 4103");
    assert_eq!(of("operands")[8], json!(["offset=8", "align=2"]));
    assert_eq!((&of("operands")[4], &of("operands")[0]), (&json!(["$x"]), &json!([])));
    assert!(rows.iter().all(|row| row.get("gas").is_none()), "the text shows no prices");
    // Each begins where the one before it ends.
    for two in rows.windows(2) {
        let len = two[0]["bytes"].as_str().unwrap().len() as u64 / 2;
        assert_eq!(two[0]["pc"].as_u64().unwrap() + len, two[1]["pc"].as_u64().unwrap());
    }
    assert_eq!(functions[1]["instructions"], json!([]));
    let fields = module["fields"].as_array().expect("fields");
    assert!(fields.iter().any(|field| field["text"] == "(memory (;0;) 1)"), "{fields:?}");
    assert!(fields.iter().any(|field| field["text"] == "(data (;0;) (i32.const 3) \"ab\")"));
    assert_in_text(functions, &lockstep(&["disasm", "--ir", &path]).out);
    let few = document(&["--form", "registers", &path]);
    assert!(few.get("fields").is_none() && few["functions"][0].get("instructions").is_none());
}

#[test]
fn a_program_of_ebpf_is_a_document_of_functions() {
    let path = format!("{}/../../examples/ebpf/hello.o", env!("CARGO_MANIFEST_DIR"));
    let program = document(&["--ir", &path]);
    assert_eq!(program["guest"], "ebpf");
    let text = lockstep(&["disasm", "--ir", &path]).out;
    assert_in_text(&program["functions"], &text);
    let mut count = 0;
    let parts = program["functions"].as_array().expect("functions").iter();
    let rows = parts.flat_map(|part| part["instructions"].as_array().expect("instructions"));
    for row in rows {
        let bytes = row["bytes"].as_str().expect("digits");
        assert!(bytes.len() == 16 || bytes.len() == 32 && bytes.starts_with("18"), "{row}");
        let operands = row["operands"].as_array().expect("operands").iter();
        let operands: Vec<_> = operands.map(|operand| operand.as_str().unwrap()).collect();
        let line = format!("{} {}", row["mnemonic"].as_str().unwrap(), operands.join(", "));
        let line = format!("    {:#06x}  {}\n", row["pc"].as_u64().unwrap(), line.trim_end());
        assert!(text.contains(&line), "{line}");
        count += 1;
    }
    assert!(count > 3, "{program}");
    assert!(program["functions"][0]["instructions"][0]["labels"].is_array(), "{program}");
}
