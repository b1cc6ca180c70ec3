//! Files: what is loaded of them, and what is refused.

use super::super::{
    BASE, Config, Dialect, Helper, LoadErrorKind, Module, TEXT_BASE, insn::wide_imm,
};
use super::slots;
use crate::ebpf::Insn;

/// A section: its name, type, flags, content, and for relocations the section they are for.
struct Section {
    name: &'static str,
    kind: u32,
    flags: u64,
    content: Vec<u8>,
    info: u32,
}

const PROGBITS: u32 = 1;
const NOBITS: u32 = 8;
const ALLOC: u64 = 2;
const WRITE: u64 = 1;
const EXEC: u64 = 4;
/// Sections of every file here, by number.
const TEXT: u16 = 1;
const RODATA: u16 = 2;
const DATA: u16 = 3;
const BSS: u16 = 4;
const SYMTAB: u32 = 5;
const STRTAB: u32 = 6;

/// A relocatable object.
struct Object {
    text: Vec<u8>,
    rodata: Vec<u8>,
    data: Vec<u8>,
    bss: u64,
    /// Name, type and binding, section (zero: undefined), value.
    symbols: Vec<(&'static str, u8, u16, u64)>,
    /// For the text and for the data: offset, type, symbol counted from 1.
    of_text: Vec<(u64, u32, u32)>,
    of_data: Vec<(u64, u32, u32)>,
}

const FUNC: u8 = 0x12;
const LOCAL_FUNC: u8 = 0x02;
const OBJECT: u8 = 0x11;
const UNDEFINED: u8 = 0x10;

impl Object {
    fn of(text: &str) -> Self {
        Self {
            text: slots(text, Dialect::Rfc).bytes(),
            rodata: Vec::new(),
            data: Vec::new(),
            bss: 0,
            symbols: vec![("main", FUNC, TEXT, 0)],
            of_text: Vec::new(),
            of_data: Vec::new(),
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let (mut strings, mut symbols) = (vec![0_u8], vec![0_u8; 24]);
        for (name, info, section, value) in &self.symbols {
            symbols.extend((strings.len() as u32).to_le_bytes());
            symbols.extend([*info, 0]);
            symbols.extend(section.to_le_bytes());
            symbols.extend(value.to_le_bytes());
            symbols.extend([0; 8]);
            strings.extend(name.bytes().chain([0]));
        }
        let relocations = |all: &[(u64, u32, u32)]| -> Vec<u8> {
            let one = |(offset, kind, symbol): &(u64, u32, u32)| {
                let info = u64::from(*symbol) << 32 | u64::from(*kind);
                [offset.to_le_bytes(), info.to_le_bytes()].concat()
            };
            all.iter().flat_map(one).collect()
        };
        let section =
            |name, kind, flags, content, info| Section { name, kind, flags, content, info };
        write(&[
            section(".text", PROGBITS, ALLOC | EXEC, self.text.clone(), 0),
            section(".rodata", PROGBITS, ALLOC, self.rodata.clone(), 0),
            section(".data", PROGBITS, ALLOC | WRITE, self.data.clone(), 0),
            section(".bss", NOBITS, ALLOC | WRITE, vec![0; self.bss as usize], 0),
            section(".symtab", 2, 0, symbols, 0),
            section(".strtab", 3, 0, strings, 0),
            section(".rel.text", 9, 0, relocations(&self.of_text), TEXT.into()),
            section(".rel.data", 9, 0, relocations(&self.of_data), DATA.into()),
        ])
    }

    fn load(&self) -> Result<Module, LoadErrorKind> {
        load(&self.bytes())
    }
}

fn load(bytes: &[u8]) -> Result<Module, LoadErrorKind> {
    let config = Config { helpers: vec![Helper::named("host")], ..Config::default() };
    Module::load(bytes, &config).map_err(|error| error.kind)
}

/// A file of these sections and their names.
fn write(sections: &[Section]) -> Vec<u8> {
    let mut names = vec![0_u8];
    let mut headers = vec![0_u8; 64];
    let mut body = Vec::new();
    let header =
        |name: u32, kind: u32, flags: u64, at: u64, size: u64, link: u32, info: u32, entry: u64| {
            let mut out = Vec::new();
            out.extend(name.to_le_bytes());
            out.extend(kind.to_le_bytes());
            for field in [flags, 0, at, size] {
                out.extend(field.to_le_bytes());
            }
            out.extend(link.to_le_bytes());
            out.extend(info.to_le_bytes());
            for field in [8, entry] {
                out.extend(field.to_le_bytes());
            }
            out
        };
    for Section { name, kind, flags, content, info } in sections {
        let (link, entry) = match kind {
            2 => (STRTAB, 24),
            9 => (SYMTAB, 16),
            _ => (0, 0),
        };
        let (at, size) = (64 + body.len() as u64, content.len() as u64);
        headers.extend(header(names.len() as u32, *kind, *flags, at, size, link, *info, entry));
        names.extend(name.bytes().chain([0]));
        if *kind != NOBITS {
            body.extend(content);
            body.resize(body.len().next_multiple_of(8), 0);
        }
    }
    let at = 64 + body.len() as u64;
    headers.extend(header(names.len() as u32, 3, 0, at, names.len() as u64 + 10, 0, 0, 0));
    names.extend(b".shstrtab\0");
    body.extend(&names);
    body.resize(body.len().next_multiple_of(8), 0);
    let count = sections.len() as u16 + 2;
    let mut file = vec![0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    for field in [1_u16, 247] {
        file.extend(field.to_le_bytes());
    }
    file.extend(1_u32.to_le_bytes());
    for field in [0, 0, 64 + body.len() as u64] {
        file.extend(field.to_le_bytes());
    }
    file.extend(0_u32.to_le_bytes());
    for field in [64, 56, 0, 64, count, count - 1] {
        file.extend(field.to_le_bytes());
    }
    [file, body, headers].concat()
}

/// The 64-bit immediate at a slot.
fn wide(module: &Module, slot: usize) -> u64 {
    wide_imm(module.insns()[slot], module.insns()[slot + 1])
}

#[test]
fn data_lies_where_relocations_say() {
    let mut object = Object::of("lddw %r1, 2\nlddw %r2, 0\nlddw %r3, 4\nexit");
    object.rodata = b"abcde".to_vec();
    object.data = vec![7; 8];
    object.bss = 12;
    object.symbols.extend([
        ("c", OBJECT, RODATA, 1),
        ("d", OBJECT, DATA, 0),
        ("b", OBJECT, BSS, 4),
    ]);
    object.of_text = vec![(0, 1, 2), (16, 1, 3), (32, 1, 4)];
    let module = object.load().expect("an object");
    assert_eq!(wide(&module, 0), BASE + 3);
    assert_eq!(wide(&module, 2), BASE + 16);
    assert_eq!(wide(&module, 4), BASE + 16 + 8 + 8);
    let mut image = b"abcde".to_vec();
    image.resize(16, 0);
    image.extend([7; 8]);
    image.resize(16 + 8 + 12, 0);
    assert_eq!(module.image(), image);
    assert_eq!(module.layout().find(BASE + 15, 1, true, 0), None, "what is only read");
    assert_eq!(module.layout().find(BASE + 16, 20, true, 0), Some(16));
}

#[test]
fn pointers_to_functions_name_slots_and_are_functions() {
    let mut object = Object::of("lddw %r2, 0\ncallx %r2\nexit\nmov %r0, 1\nexit\nmov %r0, 2\nexit");
    object.data = vec![0; 16];
    object.data[8] = 48;
    object.symbols.extend([("f", LOCAL_FUNC, TEXT, 32), ("text", 3, TEXT, 0)]);
    object.of_text = vec![(0, 1, 2)];
    object.of_data = vec![(8, 2, 3)];
    let module = object.load().expect("an object");
    assert_eq!(wide(&module, 0), TEXT_BASE + 32);
    let pointer = u64::from_le_bytes(module.image()[8..16].try_into().expect("eight bytes"));
    assert_eq!(pointer, TEXT_BASE + 48);
    assert!(module.function_at(4).is_some() && module.function_at(6).is_some());
    assert_eq!(module.function_at(5), None);
}

#[test]
fn calls_are_relocated_to_functions_and_hosts() {
    let mut object = Object::of("call -1\ncall -1\nexit\nmov %r0, 1\nexit");
    object.symbols.extend([("f", FUNC, TEXT, 24), ("host", UNDEFINED, 0, 0)]);
    object.of_text = vec![(0, 10, 2), (8, 10, 3)];
    let module = object.load().expect("an object");
    assert_eq!(module.insns()[0], Insn { opcode: 0x85, src: 1, imm: 2, ..Insn::default() });
    assert_eq!(module.interface().imports.as_slice()[0].name, "host");
    let names: Vec<_> =
        module.symbols().iter().map(|symbol| (symbol.slot, &*symbol.name)).collect();
    assert_eq!(names, [(0, "main"), (3, "f")]);
    object.symbols[2].0 = "nobody";
    let error = object.load().expect_err("nobody offers it");
    assert_eq!(error, LoadErrorKind::UnknownFunction("nobody".into()));
}

#[test]
fn programs_begin_where_they_are_told() {
    let mut object = Object::of("exit\nmov %r0, 1\nexit");
    object.symbols = vec![("a", FUNC, TEXT, 0), ("entry", FUNC, TEXT, 8)];
    assert_eq!(
        object.load().expect("an object").range(object.load().expect("again").entry()),
        1..3
    );
    object.symbols[1].0 = "b";
    assert!(matches!(object.load(), Err(LoadErrorKind::NoEntry(_))));
    let named = Config { entry: Some("b".into()), ..Config::default() };
    let module = Module::load(&object.bytes(), &named).expect("an object");
    assert_eq!(module.range(module.entry()), 1..3);
    let wrong = Config { entry: Some("c".into()), ..Config::default() };
    let error = Module::load(&object.bytes(), &wrong).expect_err("no such function");
    assert_eq!(error.to_string(), "no function c; the file has: a, b");
}

#[test]
fn what_cannot_be_relocated_is_refused() {
    let refused = |change: fn(&mut Object)| {
        let mut object = Object::of("lddw %r1, 0\ncall -1\nexit");
        object.data = vec![0; 8];
        object.symbols.extend([
            ("data", OBJECT, DATA, 0),
            ("gone", UNDEFINED, 0, 0),
            ("odd", OBJECT, TEXT, 4),
        ]);
        change(&mut object);
        match object.load() {
            Err(LoadErrorKind::Relocation(text)) => text,
            other => panic!("{other:?}"),
        }
    };
    assert!(
        refused(|object| object.of_text = vec![(0, 1, 3)]).contains("gone is not in this file")
    );
    assert!(refused(|object| object.of_text = vec![(0, 3, 2)]).contains("type 3"));
    assert!(refused(|object| object.of_text = vec![(4, 1, 2)]).contains("no wide instruction"));
    assert!(refused(|object| object.of_text = vec![(24, 1, 2)]).contains("no wide instruction"));
    assert!(refused(|object| object.of_text = vec![(1 << 40, 1, 2)]).contains("past the end"));
    assert!(refused(|object| object.of_text = vec![(0, 1, 4)]).contains("code that is none"));
    assert!(refused(|object| object.of_text = vec![(16, 10, 2)]).contains("no code"));
    assert!(refused(|object| object.of_data = vec![(4, 2, 2)]).contains("cut off"));
}

#[test]
fn other_files_are_refused_where_they_differ() {
    let good = Object::of("mov %r0, 0\nexit").bytes();
    assert!(load(&good).is_ok());
    let with = |at: usize, byte: u8| {
        let mut bytes = good.clone();
        bytes[at] = byte;
        bytes
    };
    // Not ELF, 32 bits, big-endian, another machine, an executable, a shared object of an unknown version.
    for (at, byte) in [(0, 0), (4, 1), (5, 2), (18, 62), (16, 2)] {
        assert!(matches!(load(&with(at, byte)), Err(LoadErrorKind::Malformed(_))), "byte {at}");
    }
    let mut shared = with(16, 3);
    shared[48] = 9;
    assert!(
        matches!(load(&shared), Err(LoadErrorKind::Malformed(text)) if text.contains("version 9"))
    );
    for len in 0..good.len() {
        assert!(load(&good[..len]).is_err(), "{len} bytes of {}", good.len());
    }
    let mut odd = Object::of("exit");
    odd.text.push(0);
    assert!(matches!(odd.load(), Err(LoadErrorKind::Malformed(_))));
    let mut empty = Object::of("exit");
    empty.text.clear();
    assert!(matches!(empty.load(), Err(LoadErrorKind::Malformed(_))));
}

/// A file of v3: perhaps data, then the text.
fn strict(data: &[u8], text: &str) -> Vec<u8> {
    let text = slots(text, Dialect::V3).bytes();
    let segments = [(4_u32, 0_u64, data.to_vec()), (1, 1 << 32, text)];
    let used = if data.is_empty() { &segments[1..] } else { &segments[..] };
    let mut file = vec![0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    file.extend([3, 0, 247, 0, 1, 0, 0, 0]);
    for field in [1_u64 << 32, 64, 0] {
        file.extend(field.to_le_bytes());
    }
    file.extend(3_u32.to_le_bytes());
    for field in [64, 56, used.len() as u16, 64, 0, 0] {
        file.extend(field.to_le_bytes());
    }
    let mut at = 64 + 56 * used.len() as u64;
    for (flags, address, content) in used {
        file.extend(1_u32.to_le_bytes());
        file.extend(flags.to_le_bytes());
        let len = content.len() as u64;
        for field in [at, *address, *address, len, len, 8] {
            file.extend(field.to_le_bytes());
        }
        at += len;
    }
    used.iter().for_each(|(_, _, content)| file.extend(content));
    file
}

#[test]
fn files_of_v3_are_their_program_headers() {
    let module = load(&strict(&[1, 2, 3, 4, 5, 6, 7, 8], "mov %r0, 1\nexit")).expect("a file");
    assert_eq!(
        (module.dialect(), module.image().len(), module.text_address()),
        (Dialect::V3, 8, 1 << 32)
    );
    assert_eq!(load(&strict(&[], "exit")).expect("a file").image(), []);
    let good = strict(&[0; 8], "mov %r0, 1\nexit");
    // Entry, offset of the headers, their number, type, flags, offset, address, sizes.
    for at in [24, 32, 56, 64, 68, 72, 80, 88, 96, 104, 120, 124, 128, 136, 144, 152, 160] {
        let mut bad = good.clone();
        bad[at] ^= 4;
        assert!(matches!(load(&bad), Err(LoadErrorKind::Malformed(_))), "byte {at}");
    }
}

/// No bytes make the loader panic.
#[test]
fn changed_files_are_loaded_or_refused() {
    let mut object = Object::of("lddw %r1, 2\ncall -1\ncall -1\nexit\nmov %r0, 1\nexit");
    object.rodata = vec![1; 9];
    object.data = vec![0; 16];
    object.bss = 5;
    object.symbols.extend([
        ("f", FUNC, TEXT, 40),
        ("host", UNDEFINED, 0, 0),
        ("d", OBJECT, DATA, 0),
    ]);
    object.of_text = vec![(0, 1, 4), (16, 10, 2), (24, 10, 3)];
    object.of_data = vec![(8, 2, 2)];
    let mut state = 1_u64;
    let mut next = |below: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let mut loaded = 0;
    for good in [object.bytes(), strict(&[0; 8], "mov %r0, 1\nexit")] {
        for _ in 0..20_000 {
            let mut bytes = good.clone();
            for _ in 0..=next(3) {
                let at = next(bytes.len());
                bytes[at] = [0, 0xff, bytes[at] ^ 1 << next(8), next(256) as u8][next(4)];
            }
            // The dialect of a changed flag, too.
            if next(4) == 0 {
                (bytes[16], bytes[48]) = (3, next(5) as u8);
            }
            loaded += usize::from(load(&bytes).is_ok());
        }
    }
    assert!(loaded > 1000, "{loaded} of 40000 are loaded");
}
