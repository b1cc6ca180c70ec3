//! What is kept of a module, and what is refused for which reason.

use super::super::{
    ConstExpr, ConstOp, ExternType, FuncType, GlobalType, Items, LoadErrorKind, MemoryType,
    Profile, SegmentMode, TableType, ValType, limits,
};
use super::*;

fn kind(text: &str) -> LoadErrorKind {
    try_load(text).expect_err("the module is refused").kind
}

fn load_bytes(bytes: Vec<u8>) -> Result<Module, LoadError> {
    Module::load(Arc::from(bytes), &Config::default())
}

#[test]
fn a_module_says_what_it_declares() {
    let module = load(
        "(module
          (import \"env\" \"f\" (func (param i32) (result externref)))
          (import \"env\" \"m\" (memory 1))
          (import \"env\" \"g\" (global (mut v128)))
          (memory $own i64 2 9)
          (table 3 100000000 externref)
          (global i32 (i32.sub (i32.const 7) (i32.mul (i32.const 2) (i32.const 3))))
          (func $run (param f32) (result f64) unreachable)
          (func $main)
          (start $main)
          (export \"run\" (func $run)) (export \"mem\" (memory $own))
          (elem declare func $run)
          (data $d \"abc\")
          (data (memory $own) (i64.const 5) \"defg\"))",
    );
    let f = FuncType { params: [ValType::I32].into(), results: [ValType::ExternRef].into() };
    assert_eq!(module.imports()[0].ty, ExternType::Func(f.clone()));
    assert_eq!((&*module.imports()[2].module, &*module.imports()[2].name), ("env", "g"));
    assert_eq!(module.func_type(0), &f);
    assert_eq!(*module.func_type(1).results, [ValType::F64]);
    assert_eq!(module.start(), Some(2));
    assert_eq!(
        module.memories(),
        [
            MemoryType { is_64: false, min_pages: 1, max_pages: None },
            MemoryType { is_64: true, min_pages: 2, max_pages: Some(9) },
        ]
    );
    let table =
        TableType { element: ValType::ExternRef, is_64: false, min: 3, max: Some(100_000_000) };
    assert_eq!(module.tables(), [table]);
    assert_eq!(module.table_inits(), [None]);
    assert_eq!(module.globals()[0], GlobalType { ty: ValType::V128, is_mutable: true });
    let [one, two, three] = [7, 2, 3].map(ConstOp::I32);
    let init = ConstExpr(vec![one, two, three, ConstOp::I32Mul, ConstOp::I32Sub]);
    assert_eq!(module.global_inits(), [init]);
    assert_eq!(module.exports()[1].kind, ExternKind::Memory);
    assert_eq!(module.exports()[1].index, 1);
    assert_eq!(module.elems()[0].mode, SegmentMode::Declared);
    assert_eq!(module.elems()[0].items, Items::Funcs(vec![1]));
    assert_eq!(&module.bytes()[module.datas()[0].bytes.clone()], b"abc");
    let offset = ConstExpr(vec![ConstOp::I64(5)]);
    assert_eq!(module.datas()[1].mode, SegmentMode::Active { index: 1, offset });
    assert_eq!(&module.bytes()[module.datas()[1].bytes.clone()], b"defg");
}

#[test]
fn the_interface_clamps_what_is_declared_to_what_the_engine_lets_grow() {
    let module = load("(module (memory 1) (memory i64 0 0x1_0000_0000_0000) (table 0 funcref))");
    let interface = module.interface();
    for memory in interface.memories.as_slice() {
        let all = limits::MEMORY_PAGES_MAX * lockstep_ir::PAGE_BYTES;
        assert_eq!(memory.growth, lockstep_ir::Growth::Explicit { max_bytes: all });
    }
    assert_eq!(interface.tables.as_slice()[0].max, limits::TABLE_ELEMENTS_MAX);
    assert_eq!(interface.depth_limit, limits::DEPTH_LIMIT);
    let module = load("(module (memory i64 0x1_0000_0000_0000) (table 0xffff_ffff funcref))");
    let interface = module.interface();
    let all = limits::MEMORY_PAGES_MAX * lockstep_ir::PAGE_BYTES;
    assert_eq!(interface.memories.as_slice()[0].initial_bytes, all);
    assert_eq!(interface.tables.as_slice()[0].initial, limits::TABLE_ELEMENTS_MAX);
}

#[test]
fn rules_of_validation_are_enforced() {
    let invalid = [
        // Pitfall: an untyped select of references.
        "(module (func (param funcref) (drop (select (local.get 0) (local.get 0) (i32.const 1)))))",
        // Pitfall: what is exported, started and declared.
        "(module (func (export \"a\")) (func (export \"a\")))",
        "(module (func $f (param i32)) (start $f))",
        "(module (memory 65537))",
        "(module (memory 0 65537))",
        "(module (memory 2 1))",
        // Pitfall: a reference to a function that nothing declares.
        "(module (func $f (drop (ref.func $f))))",
        // Pitfall: constants may read imported immutable globals alone (others: see the names of proposals).
        "(module (import \"a\" \"b\" (global (mut i32))) (global i32 (global.get 0)))",
        // Pitfall: labels of one br_table, and what comes after it.
        "(module (func (block (result i32) (br_table 0 1 (i32.const 1) (i32.const 1))) drop))",
        "(module (func (unreachable) (i64.add (i32.const 1)) drop))",
        "(module (func (param i32) (local.get 0)))",
    ];
    for text in invalid {
        assert!(matches!(kind(text), LoadErrorKind::Invalid(_)), "{text}: {:?}", kind(text));
    }
}

#[test]
fn locals_and_constants_of_one_byte_are_judged_as_the_parser_judges_them() {
    const OPCODES: [u8; 5] = [0x20, 0x21, 0x22, 0x41, 0x42];
    let refusal = |body: &[u8]| load_bytes(one_function(body)).err().map(|error| error.to_string());
    let parsed = |body: &[u8]| {
        let valid = wasmparser::Validator::new().validate_all(&one_function(body));
        valid.err().map(|error| error.offset())
    };
    let offset =
        |body: &[u8]| load_bytes(one_function(body)).err().map(|error| error.offset as u64);
    for opcode in OPCODES {
        // One local, an i32: existing and missing ones, values of other types, what is cut short, what comes after the end.
        for number in [0, 1, 0x3f, 0x40, 0x7f] {
            let bodies: [&[u8]; 5] = [
                &[1, 1, 0x7f, 0x41, 0, opcode, number, 0x1a, 0x0b],
                &[1, 1, 0x7f, opcode, number, 0x1a, 0x0b],
                &[1, 1, 0x7f, opcode, number],
                &[1, 1, 0x7f, opcode],
                &[1, 1, 0x7f, 0x0b, opcode, number],
            ];
            for body in bodies {
                assert_eq!(offset(body), parsed(body), "{body:x?}: {:?}", refusal(body));
            }
        }
    }
}

#[test]
fn bytes_that_are_no_module_are_malformed() {
    let section = |id: u8, bytes: &[u8]| [&[id, bytes.len() as u8], bytes].concat();
    let head = b"\0asm\x01\0\0\0";
    let (types, functions) = (section(1, b"\x01\x60\0\0"), section(3, b"\x01\0"));
    let cases = [
        b"\0asm".to_vec(),
        b"\0asm\x02\0\0\0".to_vec(),
        // Pitfall: sections out of order, and twice.
        [&head[..], &functions, &types].concat(),
        [&head[..], &types, &types].concat(),
        // Pitfall: a number in too many bytes, and one with bits that mean nothing.
        [&head[..], &section(1, b"\x80\x80\x80\x80\x80\0")].concat(),
        [&head[..], &section(1, b"\x80\x80\x80\x80\x70")].concat(),
        // Pitfall: a custom section whose name is no UTF-8.
        [&head[..], &section(0, b"\x01\xff")].concat(),
        // Pitfall: unknown flags of a memory access.
        one_function(&[0, 0x41, 0, 0x28, 0x80, 0x02, 0, 0x1a, 0x0b]),
        // Pitfall: memory.init without a data count.
        one_function(&[0, 0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 0x08, 0, 0, 0x0b]),
    ];
    for bytes in cases {
        let error = load_bytes(bytes.clone()).expect_err("the bytes are refused");
        let is_syntax = matches!(error.kind, LoadErrorKind::Malformed(_));
        let is_rule = matches!(error.kind, LoadErrorKind::Invalid(_));
        assert!(is_syntax || is_rule, "{bytes:x?}: {error}");
        assert!(error.offset <= bytes.len());
    }
}

/// Every beginning of a module is refused, and none with a panic.
#[test]
fn a_module_cut_short_is_refused() {
    let whole = wat::parse_str(
        "(module (memory 1) (table 1 funcref) (elem (i32.const 0) 0) (data (i32.const 0) \"a\")
          (global i32 (i32.const 1)) (export \"f\" (func 0))
          (func (result i32) (block (result i32) (br_table 0 0 (i32.const 1) (i32.const 0)))))",
    );
    let whole = whole.expect("the test is well-formed");
    load_bytes(whole.clone()).expect("the module is valid");
    // What ends after a section is a module, though it may lack what it declares.
    let valid = (0..whole.len()).filter(|len| load_bytes(whole[..*len].to_vec()).is_ok()).count();
    assert!(valid < 8, "{valid}");
    for at in 0..whole.len() {
        for bit in 0..8 {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << bit;
            if let Ok(module) = load_bytes(bytes) {
                for number in 0..module.interface().signatures.len() {
                    lower(&module, FuncId::new(number));
                }
            }
        }
    }
}

#[test]
fn a_refusal_names_the_proposal() {
    let cases = [
        ("(module (memory 1 1 shared))", "threads"),
        ("(module (memory 1) (func (i32.atomic.store (i32.const 0) (i32.const 1))))", "threads"),
        ("(module (type (struct)))", "gc"),
        ("(module (global i32 (i32.const 1)) (global i32 (global.get 0)))", "gc"),
        ("(module (tag))", "exceptions"),
        ("(module (func (param (ref func))))", "typed function references"),
        ("(module (memory 1 (pagesize 1)))", "custom page sizes"),
    ];
    for (text, name) in cases {
        assert_eq!(kind(text), LoadErrorKind::Unsupported(name), "{text}");
    }
    let component = load_bytes(b"\0asm\x0d\0\x01\0".to_vec()).expect_err("no module");
    assert_eq!(component.kind, LoadErrorKind::Unsupported("component model"));
}

#[test]
fn the_profile_without_floats_refuses_their_types_and_instructions() {
    let config = Config { profile: Profile::ConsensusNoFloat, ..Config::default() };
    let load =
        |text: &str| Module::load(Arc::from(wat::parse_str(text).expect("well-formed")), &config);
    let refused = [
        "(module (func (param f32)))",
        "(module (func (drop (f64.const 1))))",
        "(module (func (param v128) (drop (f32x4.neg (local.get 0)))))",
        "(module (global f32 (f32.const 0)))",
    ];
    for text in refused {
        let error = load(text).expect_err("floats are refused");
        assert_eq!(error.kind, LoadErrorKind::Unsupported("floating point"), "{text}");
    }
    load("(module (func (param v128) (drop (i32x4.neg (local.get 0)))))").expect("no floats");
}

/// A module of one section that says only how many items it has.
fn counted(id: u8, count: u64) -> Vec<u8> {
    let mut content = Vec::new();
    leb(count as usize, &mut content);
    let mut bytes = b"\0asm\x01\0\0\0".to_vec();
    bytes.push(id);
    leb(content.len(), &mut bytes);
    bytes.extend(content);
    bytes
}

fn assert_limit(bytes: Vec<u8>, what: &str, limit: u64) {
    let error = load_bytes(bytes).expect_err(what);
    let LoadErrorKind::Limit { what: got, limit: max, found } = error.kind else {
        panic!("{what}: {error}");
    };
    assert_eq!((got, max), (what, limit));
    assert!(found > limit);
}

#[test]
fn counts_beyond_a_limit_are_refused_before_anything_is_read() {
    let cases = [
        (1, "types", limits::TYPES_MAX),
        (2, "imports", limits::IMPORTS_MAX),
        (3, "functions", limits::FUNCTIONS_MAX),
        (4, "tables", limits::TABLES_MAX),
        (5, "memories", limits::MEMORIES_MAX),
        (6, "globals", limits::GLOBALS_MAX),
        (7, "exports", limits::EXPORTS_MAX),
        (9, "element segments", limits::ELEM_SEGMENTS_MAX),
        (11, "data segments", limits::DATA_SEGMENTS_MAX),
        (12, "data segments", limits::DATA_SEGMENTS_MAX),
    ];
    for (section, what, limit) in cases {
        assert_limit(counted(section, limit + 1), what, limit);
    }
    let long = vec![0; limits::MODULE_BYTES_MAX as usize + 1];
    assert_limit(long, "bytes of the module", limits::MODULE_BYTES_MAX);
}

#[test]
fn sizes_beyond_a_limit_are_refused() {
    let module = |text: &str| wat::parse_str(text).expect("the test is well-formed");
    let many = "i32 ".repeat(1001);
    assert_limit(module(&format!("(type (func (param {many})))")), "parameters", 1000);
    assert_limit(module(&format!("(type (func (result {many})))")), "results", 1000);
    let imports = "(import \"a\" \"b\" (memory 0))".repeat(limits::MEMORIES_MAX as usize + 1);
    assert_limit(module(&imports), "memories", limits::MEMORIES_MAX);
    let name = "x".repeat(limits::NAME_BYTES_MAX as usize + 1);
    let named = module(&format!("(func (export \"{name}\"))"));
    assert_limit(named, "bytes of a name", limits::NAME_BYTES_MAX);
    let named = module(&format!("(import \"{name}\" \"\" (func))"));
    assert_limit(named, "bytes of a name", limits::NAME_BYTES_MAX);
}

#[test]
fn many_functions_of_a_large_type_are_refused() {
    let params = "i32 ".repeat(1000);
    let functions = "(func (type 0))".repeat(10_001);
    let text = format!("(module (type (func (param {params}))) {functions})");
    let bytes = wat::parse_str(text).expect("the test is well-formed");
    let what = "parameters and results of all functions";
    assert_limit(bytes, what, limits::SIGNATURE_TYPES_MAX);
}

#[test]
fn constants_of_a_module_are_bounded() {
    let count = limits::CONST_OPS_MAX as usize + 1;
    // One passive segment of that many references to function 0, of a module that has one.
    let mut segment = vec![1, 1, 0];
    leb(count, &mut segment);
    segment.extend(core::iter::repeat_n(0, count));
    let mut bytes = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x09".to_vec();
    leb(segment.len(), &mut bytes);
    bytes.extend(segment);
    bytes.extend(b"\x0a\x04\x01\x02\0\x0b");
    assert_limit(bytes, "instructions of constant expressions", limits::CONST_OPS_MAX);
}

#[test]
fn what_a_function_holds_is_bounded() {
    let mut locals = vec![1];
    leb(limits::LOCAL_SLOTS_MAX as usize + 1, &mut locals);
    locals.extend([0x7f, 0x0b]);
    assert_limit(one_function(&locals), "slots of locals", limits::LOCAL_SLOTS_MAX);

    // A vector has two, and parameters are locals.
    let vectors = limits::LOCAL_SLOTS_MAX as usize / 2;
    let function = |params: &str, count: usize| {
        let locals = "v128 ".repeat(count);
        let text = format!("(module (func (param {params}) (local {locals})))");
        wat::parse_str(text).expect("the test is well-formed")
    };
    load_bytes(function("", vectors)).expect("so many vectors are admitted");
    for (params, count) in [("", vectors + 1), ("i32", vectors)] {
        let bytes = function(params, count);
        assert_limit(bytes, "slots of locals", limits::LOCAL_SLOTS_MAX);
    }

    // Pitfall: runs of locals whose sum exceeds 32 bits.
    let runs = [&[2][..], &[0xff, 0xff, 0xff, 0xff, 0x0f, 0x7f].repeat(2), &[0x0b]].concat();
    assert_limit(one_function(&runs), "slots of locals", limits::LOCAL_SLOTS_MAX);

    let body = |code: &[u8]| one_function(&[&[0], code, &[0x0b]].concat());
    let operands = limits::OPERANDS_MAX as usize + 1;
    assert_limit(body(&[0x41, 0].repeat(operands)), "operands on the stack", limits::OPERANDS_MAX);
    let nesting = limits::NESTING_MAX as usize + 1;
    assert_limit(body(&[0x02, 0x40].repeat(nesting)), "nested blocks", limits::NESTING_MAX);

    let mut table = vec![0x41, 0, 0x0e];
    leb(limits::BR_TABLE_MAX as usize + 1, &mut table);
    table.extend(core::iter::repeat_n(0, limits::BR_TABLE_MAX as usize + 2));
    assert_limit(body(&table), "labels of a br_table", limits::BR_TABLE_MAX);

    let long = vec![0x01; limits::BODY_BYTES_MAX as usize];
    assert_limit(body(&long), "bytes of a function", limits::BODY_BYTES_MAX);
}

/// A call of two bytes that takes and yields a thousand operands moves them all; there may not be many of them.
#[test]
fn calls_that_hand_over_much_are_bounded() {
    let many = "i32 ".repeat(1000);
    let calls = "call $many ".repeat(200);
    let text = format!(
        "(module (func $many (param {many}) (result {many}) unreachable)
            (func unreachable {calls} unreachable))"
    );
    let bytes = wat::parse_str(text).expect("the test is well-formed");
    let error = load_bytes(bytes).expect_err("too much is handed over");
    let LoadErrorKind::Limit { what, limit, found } = error.kind else { panic!("{error}") };
    assert_eq!(what, "operands handed over in a function");
    assert!(found > limit && limit > limits::MOVES_FREE);
}
