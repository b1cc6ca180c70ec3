//! Wasm modules made to hurt whoever loads, translates or runs them, of any size.
//!
//! Bytes are written by hand: most of these are larger than text of them could be.

/// Pieces of the binary format (Wasm 2.0, 5).
const PREAMBLE: &[u8] = b"\0asm\x01\0\0\0";
const I32: u8 = 0x7f;
const END: u8 = 0x0b;

/// Sections by number.
#[derive(Debug, Clone, Copy)]
#[repr(u8)]
enum Section {
    Type = 1,
    Import = 2,
    Function = 3,
    Table = 4,
    Memory = 5,
    Export = 7,
    Element = 9,
    Code = 10,
    Data = 11,
}

/// `number` in LEB128, unsigned.
fn leb(mut number: usize, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// A module as it is written.
#[derive(Debug)]
struct Writer(Vec<u8>);

impl Writer {
    fn new() -> Self {
        Self(PREAMBLE.to_vec())
    }

    /// A section of `count` items.
    fn section(mut self, section: Section, count: usize, items: &[u8]) -> Self {
        let mut content = Vec::with_capacity(items.len() + 5);
        leb(count, &mut content);
        content.extend_from_slice(items);
        self.0.push(section as u8);
        leb(content.len(), &mut self.0);
        self.0.extend(content);
        self
    }

    /// `count` functions of type 0 with one body, which lacks its end.
    fn functions(self, count: usize, body: &[u8]) -> Self {
        let mut code = Vec::new();
        leb(body.len() + 2, &mut code);
        code.push(0);
        code.extend_from_slice(body);
        code.push(END);
        self.section(Section::Function, count, &vec![0; count]).section(
            Section::Code,
            count,
            &code.repeat(count),
        )
    }
}

/// A type of `params` and `results` i32.
fn func_type(params: usize, results: usize) -> Vec<u8> {
    let mut ty = vec![0x60];
    for count in [params, results] {
        leb(count, &mut ty);
        ty.extend(core::iter::repeat_n(I32, count));
    }
    ty
}

/// `count` functions that compute a little and call the next but one.
pub fn many_functions(count: usize) -> Vec<u8> {
    let mut body = Vec::new();
    // ((1 + 2) * 3 ...) dropped: 40 bytes.
    body.extend([0x41, 1]);
    (0..12).for_each(|at| body.extend([0x41, at, 0x6a]));
    body.push(0x1a);
    Writer::new().section(Section::Type, 1, &func_type(0, 0)).functions(count, &body).0
}

/// One function without parameters: `pattern` as often as `bytes` hold it, with one page of memory and 8 locals.
pub fn one_body(pattern: &[u8], bytes: usize) -> Vec<u8> {
    let mut body = vec![1, 8, I32];
    body.extend(pattern.repeat(bytes / pattern.len()));
    body.push(END);
    let mut code = Vec::new();
    leb(body.len(), &mut code);
    code.extend(body);
    Writer::new()
        .section(Section::Type, 1, &func_type(0, 0))
        .section(Section::Function, 1, &[0])
        .section(Section::Memory, 1, &[0, 1])
        .section(Section::Code, 1, &code)
        .0
}

/// What long bodies are made of, each of which leaves the stack as it was.
pub const PATTERNS: [(&str, &[u8]); 9] = [
    ("arithmetic", &[0x20, 0, 0x41, 1, 0x6a, 0x21, 0]),
    ("shuffled locals", &[0x20, 0, 0x20, 1, 0x20, 2, 0x21, 0, 0x21, 1, 0x21, 2]),
    ("stores", &[0x20, 0, 0x20, 1, 0x36, 2, 0]),
    ("loads", &[0x20, 0, 0x28, 2, 0, 0x21, 1]),
    ("blocks", &[0x02, 0x40, 0x0b]),
    ("branches", &[0x02, 0x40, 0x20, 0, 0x0d, 0, 0x0b]),
    ("loops", &[0x03, 0x40, 0x20, 0, 0x0d, 0, 0x0b]),
    ("choices", &[0x20, 0, 0x04, 0x7f, 0x20, 1, 0x05, 0x20, 2, 0x0b, 0x21, 0]),
    ("unreachable", &[0x00]),
];

/// `count` functions (or imported functions) of one type with `params` parameters.
pub fn signatures(params: usize, count: usize, is_imported: bool) -> Vec<u8> {
    let writer = Writer::new().section(Section::Type, 1, &func_type(params, 0));
    match is_imported {
        true => writer.section(Section::Import, count, &[0, 0, 0, 0].repeat(count)).0,
        false => writer.functions(count, &[]).0,
    }
}

/// `count` functions of `locals` i32 each.
pub fn locals(locals: usize, count: usize) -> Vec<u8> {
    let mut body = vec![1];
    leb(locals, &mut body);
    body.extend([I32, END]);
    let mut code = Vec::new();
    leb(body.len(), &mut code);
    code.extend(body);
    Writer::new()
        .section(Section::Type, 1, &func_type(0, 0))
        .section(Section::Function, count, &vec![0; count])
        .section(Section::Code, count, &code.repeat(count))
        .0
}

/// `count` exports of one function, by names of four digits in base 62.
pub fn exports(count: usize) -> Vec<u8> {
    const DIGITS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut items = Vec::with_capacity(7 * count);
    for number in 0..count {
        let digit = |place: usize| DIGITS[number / 62_usize.pow(place as u32) % 62];
        items.extend([4, digit(3), digit(2), digit(1), digit(0), 0, 0]);
    }
    let mut code = Vec::new();
    code.extend([2, 0, END]);
    Writer::new()
        .section(Section::Type, 1, &func_type(0, 0))
        .section(Section::Function, 1, &[0])
        .section(Section::Export, count, &items)
        .section(Section::Code, 1, &code)
        .0
}

/// One function whose only `br_table` has `labels` labels.
pub fn br_table(labels: usize) -> Vec<u8> {
    let mut body = vec![0x41, 0, 0x0e];
    leb(labels, &mut body);
    body.extend(core::iter::repeat_n(0, labels + 1));
    Writer::new().section(Section::Type, 1, &func_type(0, 0)).functions(1, &body).0
}

/// One function of `depth` blocks inside one another.
pub fn nesting(depth: usize) -> Vec<u8> {
    let body = [[0x02, 0x40].repeat(depth), vec![END; depth]].concat();
    Writer::new().section(Section::Type, 1, &func_type(0, 0)).functions(1, &body).0
}

/// `count` active data segments of one byte.
pub fn data_segments(count: usize) -> Vec<u8> {
    let items = [0, 0x41, 0, END, 1, 0xee].repeat(count);
    Writer::new().section(Section::Memory, 1, &[0, 1]).section(Section::Data, count, &items).0
}

/// `count` active element segments of one function.
pub fn element_segments(count: usize) -> Vec<u8> {
    let items = [0, 0x41, 0, END, 1, 0].repeat(count);
    Writer::new()
        .section(Section::Type, 1, &func_type(0, 0))
        .section(Section::Function, 1, &[0])
        .section(Section::Table, 1, &[0x70, 0, 1])
        .section(Section::Element, count, &items)
        .section(Section::Code, 1, &[2, 0, END])
        .0
}

/// `count` types without parameters and results.
pub fn types(count: usize) -> Vec<u8> {
    Writer::new().section(Section::Type, count, &func_type(0, 0).repeat(count)).0
}
