//! What the scan accepts against what the validator says, which is asked about all of it.

use wasmparser::{BinaryReader, Validator};

use super::{super::read, Quick, Reader};
use crate::wasm::{config::Profile, load::features::offered};

/// A module with one function without parameters, which has the body that is given; what it may name comes before.
const MODULE: &str = "(module
    (type (func)) (type (func (param i32 i64) (result f32))) (type (func (param i32) (result i32)))
    (import \"m\" \"f\" (func (type 1)))
    (import \"m\" \"g\" (global f64))
    (table 1 funcref) (memory 1) (global (mut i64) (i64.const 0))
    (func))";

/// The code section of [`MODULE`]: one body without anything.
const EMPTY_CODE: [u8; 6] = [0x0a, 4, 1, 2, 0, 0x0b];

/// The module with another body, and where that begins.
fn module(body: &[u8]) -> (Vec<u8>, usize) {
    let mut bytes = wat::parse_str(MODULE).expect("the test is well-formed");
    assert!(bytes.ends_with(&EMPTY_CODE));
    bytes.truncate(bytes.len() - EMPTY_CODE.len());
    let len = u8::try_from(body.len()).ok().filter(|len| *len < 0x70).expect("short bodies");
    bytes.extend([0x0a, len + 2, 1, len]);
    let start = bytes.len();
    bytes.extend_from_slice(body);
    (bytes, start)
}

/// Whether the validator accepts, and whether the scan does, which must not be alone.
fn judge(module: &[u8], start: usize, quick: &mut Quick<'_>) -> [bool; 2] {
    let features = offered(Profile::Consensus);
    let is_valid = Validator::new_with_features(features).validate_all(module).is_ok();
    let is_quick = quick.is_valid(&module[start..], 0);
    assert!(is_valid || !is_quick, "{:x?}", &module[start..]);
    [is_valid, is_quick]
}

/// Runs `test` with a judge of bodies.
fn with_judge(test: impl FnOnce(&mut dyn FnMut(&[u8]) -> [bool; 2])) {
    let (bytes, start) = module(&[0, 0x0b]);
    let sections = read(&bytes, offered(Profile::Consensus)).ok().expect("the module is valid");
    let mut quick = Quick::new(&sections);
    let mut bytes = bytes;
    test(&mut |body| {
        bytes.truncate(start - 4);
        let len = body.len() as u8;
        assert!(len < 0x70, "short bodies");
        bytes.extend([0x0a, len + 2, 1, len]);
        bytes.extend_from_slice(body);
        judge(&bytes, start, &mut quick)
    });
}

/// A constant of each type.
const CONSTANTS: [&[u8]; 4] =
    [&[0x41, 0], &[0x42, 0], &[0x43, 0, 0, 0, 0], &[0x44, 0, 0, 0, 0, 0, 0, 0, 0]];

/// Operands, as numbers of types: up to two of any, and what has a condition above.
fn stacks() -> Vec<Vec<usize>> {
    let one = (0..4).map(|a| vec![a]);
    let two = (0..16).map(|pair| vec![pair / 4, pair % 4]);
    let three = (0..4).map(|a| vec![a, a, 0]);
    [vec![]].into_iter().chain(one).chain(two).chain(three).collect()
}

/// Whether the scan knows the instructions that begin so, or nobody does.
fn is_known(opcode: u8) -> bool {
    // Tail calls, typed selects, tables, references and vectors.
    !matches!(opcode, 0x12 | 0x13 | 0x1c | 0x25 | 0x26 | 0xd0..=0xd2 | 0xfd)
}

#[test]
fn instructions_are_judged_as_the_validator_judges_them() {
    let immediates: [&[u8]; 7] = [&[], &[0], &[1], &[0, 0], &[2, 0], &[0x40, 0x0b], &[0x7e, 0x0b]];
    let mut accepted = 0;
    with_judge(|judge| {
        for opcode in (0..=0xff).map(|opcode| vec![opcode]).chain((0..20).map(|b| vec![0xfc, b])) {
            for (stack, immediate) in
                stacks().iter().flat_map(|stack| immediates.map(|immediate| (stack, immediate)))
            {
                for drops in 0..3 {
                    let mut body = vec![0];
                    stack.iter().for_each(|ty| body.extend_from_slice(CONSTANTS[*ty]));
                    body.extend_from_slice(&opcode);
                    body.extend_from_slice(immediate);
                    body.extend(core::iter::repeat_n(0x1a, drops));
                    body.push(0x0b);
                    let [is_valid, is_quick] = judge(&body);
                    accepted += usize::from(is_quick);
                    // Vectors, references, tail calls, tables: the validator alone knows them.
                    let is_known = is_known(opcode[0]);
                    let is_rare = matches!(opcode[..], [0xfc] | [0xfc, 8 | 9 | 12..]);
                    assert!(!is_valid || is_quick || !is_known || is_rare, "{body:x?}");
                }
            }
        }
    });
    assert!(accepted > 1_000, "{accepted}");
}

/// Bodies with nested control, where one byte changed makes many that are wrong in many ways.
const BODIES: [&[u8]; 4] = [
    // (local i32 i64) block (result i32) loop: local.get 0, br_if 0, i32.const 1, br 1, end, end; if ... else ... end
    &[
        2, 1, 0x7f, 1, 0x7e, 0x02, 0x7f, 0x03, 0x7f, 0x20, 0, 0x0d, 0, 0x41, 1, 0x0c, 1, 0x0b,
        0x0b, 0x04, 0x7e, 0x42, 1, 0x05, 0x42, 0x7f, 0x0b, 0x21, 1, 0x0b,
    ],
    // block block block i32.const 2, br_table 0 1 2, end, unreachable, end, return, end
    &[
        0, 0x02, 0x40, 0x02, 0x40, 0x02, 0x40, 0x41, 2, 0x0e, 2, 0, 1, 2, 0x0b, 0, 0x0b, 0x0f,
        0x0b, 0x0b,
    ],
    // i32.const 1, i64.const 2, call 0, drop; i32.const 3, i32.const 0, call_indirect (type 2), drop
    &[0, 0x41, 1, 0x42, 2, 0x10, 0, 0x1a, 0x41, 3, 0x41, 0, 0x11, 2, 0, 0x1a, 0x0b],
    // i32.const 0, i32.const 8, loop (type 2), i32.eqz, br_if and what it keeps; i64 store; a select; sizes
    &[
        1, 2, 0x7f, 0x41, 0, 0x03, 2, 0x22, 0, 0x20, 0, 0x45, 0x0d, 0, 0x0b, 0x42, 0xff, 0x80, 1,
        0x37, 3, 0x80, 2, 0x20, 0, 0x20, 1, 0x41, 1, 0x1b, 0x40, 0, 0x1a, 0x3f, 0, 0x1a, 0x23, 1,
        0x24, 1, 0x0b,
    ],
];

#[test]
fn bodies_with_a_byte_changed_are_not_accepted_alone() {
    let mut refused = 0;
    with_judge(|judge| {
        for body in BODIES {
            assert_eq!(judge(body), [true, true], "{body:x?}");
            for at in 0..body.len() {
                for byte in 0..=0xff {
                    let mut changed = body.to_vec();
                    changed[at] = byte;
                    refused += usize::from(!judge(&changed)[1]);
                    // One byte gone, one byte more.
                    changed.remove(at);
                    refused += usize::from(!judge(&changed)[1]);
                    changed.splice(at..at, [byte, body[at]]);
                    refused += usize::from(!judge(&changed)[1]);
                }
            }
        }
    });
    assert!(refused > 10_000, "{refused}");
}

/// Encodings with as many bytes as a number may have, more and fewer.
fn encodings() -> impl Iterator<Item = Vec<u8>> {
    (0..12).flat_map(|more| {
        [0x80, 0xff, 0xc0, 0xbf].into_iter().flat_map(move |middle| {
            (0..=0xff).map(move |end| {
                let mut bytes = vec![middle; more];
                bytes.push(end);
                bytes
            })
        })
    })
}

/// How many bytes `pass` passes over.
fn passed<'b>(bytes: &'b [u8], pass: impl Fn(&mut Reader<'b>) -> Option<()>) -> Option<usize> {
    let mut reader = Reader::new(bytes);
    pass(&mut reader).map(|()| bytes.len() - reader.bytes_left())
}

#[test]
fn numbers_are_read_as_strictly_as_the_parser_reads_them() {
    let mut accepted = 0;
    for bytes in encodings() {
        let parser = || BinaryReader::new(&bytes, 0);
        let reader = || Reader::new(&bytes);
        assert_eq!(reader().number(), parser().read_var_u32().ok(), "{bytes:x?}");
        let mut narrow = parser();
        let read = narrow.read_var_i32().is_ok().then(|| narrow.current_position());
        assert_eq!(passed(&bytes, Reader::pass_i32), read, "{bytes:x?}");
        let mut wide = parser();
        let read = wide.read_var_i64().is_ok().then(|| wide.current_position());
        assert_eq!(passed(&bytes, Reader::pass_i64), read, "{bytes:x?}");
        accepted += usize::from(read.is_some());
    }
    assert!(accepted > 500, "{accepted}");
}

#[test]
fn what_follows_a_constant_or_a_local_is_judged_by_itself() {
    let bodies: [(&[u8], bool); 6] = [
        // An operation on two operands, of which one lies outside of its block.
        (&[0, 0x41, 1, 0x02, 0x40, 0x41, 0, 0x6a, 0x1a, 0x0b, 0x1a, 0x0b], false),
        (&[0, 0x02, 0x40, 0x41, 1, 0x41, 0, 0x6a, 0x1a, 0x0b, 0x0b], true),
        (&[0, 0x41, 1, 0x42, 0, 0x7c, 0x1a, 0x0b], false),
        // Two locals; the number of the second has two bytes, or names none.
        (&[1, 2, 0x7f, 0x20, 0, 0x20, 1, 0x6a, 0x1a, 0x0b], true),
        (&[1, 2, 0x7f, 0x20, 0, 0x20, 0x81, 0, 0x6a, 0x1a, 0x0b], true),
        (&[1, 2, 0x7f, 0x20, 0, 0x20, 2, 0x6a, 0x1a, 0x0b], false),
    ];
    with_judge(|judge| {
        for (body, is_right) in bodies {
            assert_eq!(judge(body), [is_right; 2], "{body:x?}");
        }
    });
}
