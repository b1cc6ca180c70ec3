//! Input nested a million deep, into every reader: it is refused, or read, and nobody's stack decides.
#![forbid(unsafe_code)]
#![allow(missing_docs, reason = "tests")]

use std::{fs, path::PathBuf};

use lockstep::{Binary, SignedTransaction, ebpf, wasm};
use lockstep_cli::{
    code::{Code, recognize},
    fixture::{read_alloc, read_suite},
    wast::{Totals, Way, run_scripts},
};

const DEPTH: usize = 1_000_000;
/// What a reader's thread has.
const THREAD_BYTES: usize = 1 << 20;

fn in_a_thread(run: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(THREAD_BYTES);
    thread.spawn(run).expect("a thread starts").join().expect("it comes to its end");
}

fn nested(open: &str, close: &str) -> String {
    open.repeat(DEPTH) + &close.repeat(DEPTH)
}

/// Reads it as the command does, and what was read as what it is.
fn read(name: &str, text: String) {
    match recognize(&PathBuf::from(name), text.into_bytes()) {
        Err(error) => assert!(!error.to_string().is_empty(), "{name}: a refusal without a reason"),
        Ok(Code::Wasm(_, module)) => {
            let _ = wasm::Module::load(&module, &wasm::Config::default());
        }
        Ok(_) => {}
    }
}

fn file(name: &str, text: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, text).expect("the folder for temporary files may be written to");
    path
}

#[test]
fn text_of_wasm() {
    in_a_thread(|| {
        let inside = [
            nested("(", ")"),
            nested("(;", ";)"),
            nested("(@a ", ")"),
            nested("(module ", ")"),
            format!(
                "(func (result i32) {} (i32.const 0) {})",
                "(i32.eqz ".repeat(DEPTH),
                ")".repeat(DEPTH)
            ),
            format!("(func {})", nested("(block ", ")")),
            format!("(func {})", nested("(if (i32.const 1) (then ", "))")),
            format!("(func {})", nested("block ", "end ")),
            format!(
                "(global i32 {} (i32.const 0) {})",
                "(i32.add (i32.const 1) ".repeat(DEPTH),
                ")".repeat(DEPTH)
            ),
            format!("(type {})", nested("(func (param ", "))")),
        ];
        for text in inside {
            read("a.wat", format!("(module {text})"));
            read("a.wat", format!("(module {}", &text[..text.len() / 2]));
        }
        read("a.wat", "(".repeat(DEPTH));
        for text in [nested("(module ", ")"), nested("(assert_trap ", ")"), "(".repeat(DEPTH)] {
            let path = file("nested.wast", &text);
            let reports = run_scripts(&[path], Way::default(), &|_| {});
            assert_eq!(Totals::of(&reports).passed, 0);
        }
    });
}

/// Blocks inside blocks, and constants of as many operations, as bytes.
#[test]
fn bytes_of_wasm() {
    in_a_thread(|| {
        let leb = |mut number: usize| {
            let mut bytes = Vec::new();
            while number >= 0x80 {
                bytes.push(number as u8 | 0x80);
                number >>= 7;
            }
            bytes.push(number as u8);
            bytes
        };
        let head = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0";
        let body = [&[0][..], &[0x02, 0x40].repeat(DEPTH), &[0x0b].repeat(DEPTH + 1)].concat();
        let code = [&[1][..], &leb(body.len()), &body].concat();
        let blocks = [&head[..], b"\x03\x02\x01\0", &[10], &leb(code.len()), &code].concat();
        let ops = [&[0x41, 0][..], &[0x41, 0, 0x6a].repeat(DEPTH), &[0x0b]].concat();
        let globals = [&[1, 0x7f, 0][..], &ops].concat();
        let constants = [&head[..], &[6], &leb(globals.len()), &globals].concat();
        let operands = [&[1, 0x7f, 0][..], &[0x41, 0].repeat(DEPTH), &[0x0b]].concat();
        let operands = [&head[..], &[6], &leb(operands.len()), &operands].concat();
        for module in [blocks, constants, operands] {
            let error = wasm::Module::load(&module, &wasm::Config::default());
            let error = error.expect_err("it is too deep, or too long");
            assert!(error.offset <= module.len(), "{error}");
        }
    });
}

#[test]
fn json() {
    in_a_thread(|| {
        let values = [
            nested("[", "]"),
            nested("{\"a\":", "}"),
            "[".repeat(DEPTH),
            "{\"a\":".repeat(DEPTH),
            nested("{\"transaction\":", "}"),
        ];
        let keys = ["bytecode", "contracts", "pre", "env", "accounts", "_info", "anything"];
        for value in values {
            read("a.json", value.clone());
            let path = file("nested.json", &value);
            read_suite(&path).expect_err("no suite");
            read_alloc(&path, &mut Default::default()).expect_err("no accounts");
            for key in keys {
                read("a.json", format!("{{\"{key}\": {value}}}"));
                let path = file("nested.json", &format!("{{\"test\": {{\"{key}\": {value}}}}}"));
                read_suite(&path).expect_err("no suite");
                read_alloc(&path, &mut Default::default()).expect_err("no accounts");
            }
        }
    });
}

#[test]
fn dmir() {
    in_a_thread(|| {
        for inside in ["(", "{", "[", "block ", "@f(", "add(", "func @f() { "] {
            for text in
                [inside.repeat(DEPTH), format!("func @f() {{\nb0:\n{}", inside.repeat(DEPTH))]
            {
                let error = lockstep_ir::text::parse(&text).expect_err("no program");
                assert!(!error.to_string().is_empty());
                read("a.dmir", text);
            }
        }
    });
}

/// Lists inside lists (RLP), as a transaction; and files with a head alone.
#[test]
fn bytes() {
    in_a_thread(|| {
        // The innermost list is empty; around it are lists that say in four bytes how long they are.
        let mut lists = vec![0xc0_u8];
        for level in (0..DEPTH).rev() {
            let len = (DEPTH - level) as u32 * 5 - 4;
            lists.extend(len.to_le_bytes());
            lists.push(0xfb);
        }
        lists.reverse();
        let short = vec![0xc1; DEPTH];
        for bytes in [lists, short] {
            SignedTransaction::decode(&bytes).expect_err("no transaction");
            for kind in 1..=4 {
                let typed = [&[kind][..], &bytes].concat();
                SignedTransaction::decode(&typed).expect_err("no transaction");
            }
            Binary::from_bytes(&bytes).expect_err("no binary");
            ebpf::Program::load(&bytes, &ebpf::Config::default()).expect_err("no program");
            read("a", String::from_utf8_lossy(&bytes).into_owned());
        }
    });
}
