//! What an instruction yields and costs does not depend on where its operands come from: a local, a constant, two of either.

use super::*;

const BINARY: [&str; 15] = [
    "add", "sub", "mul", "div_s", "div_u", "rem_s", "rem_u", "and", "or", "xor", "shl", "shr_s",
    "shr_u", "rotl", "rotr",
];
const COMPARISONS: [&str; 10] =
    ["eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u"];

/// A type of integers, with what is at its borders.
struct Integer {
    ty: &'static str,
    bits: u32,
    values: [u64; 7],
}

const INTEGERS: [Integer; 2] = [
    Integer {
        ty: "i32",
        bits: 32,
        values: [0, 1, 0xffff_ffff, 0x8000_0000, 0x7fff_ffff, 7, 0xffff_fff9],
    },
    Integer {
        ty: "i64",
        bits: 64,
        values: [0, 1, u64::MAX, 1 << 63, u64::MAX >> 1, 0x1_0000_0007, u64::MAX - 6],
    },
];

impl Integer {
    fn value(&self, bits: u64) -> Value {
        if self.bits == 32 { Value::I32(bits as u32) } else { Value::I64(bits) }
    }

    /// The number with its sign.
    fn signed(&self, bits: u64) -> i128 {
        if self.bits == 32 { i128::from(bits as u32 as i32) } else { i128::from(bits as i64) }
    }

    /// Quotient or remainder, calculated where nothing overflows; `None` for instructions that cannot trap.
    fn divided(&self, op: &str, one: u64, other: u64) -> Option<CallEnd> {
        let operands = if op.ends_with("_s") {
            [self.signed(one), self.signed(other)]
        } else {
            [i128::from(one), i128::from(other)]
        };
        let is_quotient = match op.split('_').next() {
            Some("div") => true,
            Some("rem") => false,
            _ => return None,
        };
        let [one, other] = operands;
        if other == 0 {
            return Some(CallEnd::Trap(Trap::DivideByZero));
        }
        let result = if is_quotient { one / other } else { one % other };
        if op == "div_s" && result == 1 << (self.bits - 1) {
            return Some(CallEnd::Trap(Trap::IntegerOverflow));
        }
        Some(CallEnd::Values(vec![self.value(result as u64)]))
    }
}

/// How the two operands come, and the arguments that remain.
const FORMS: usize = 4;

/// A module with `what` of every pair of operands in every form: `FORMS` exports for each pair.
fn module(integer: &Integer, result: &str, what: impl Fn(&str, &str) -> String) -> Module {
    let (ty, mut text) = (integer.ty, String::from("(module"));
    for one in integer.values {
        for other in integer.values {
            let (a, b) = (format!("({ty}.const {one})"), format!("({ty}.const {other})"));
            let (x, y) = ("(local.get 0)", "(local.get 1)");
            for (form, (one, other)) in [(x, y), (&a, y), (x, &b), (&a, &b)].iter().enumerate() {
                text += &format!(
                    "(func (export \"{form} {a} {b}\") (param {ty} {ty}) (result {result}) {})\n",
                    what(one, other)
                );
            }
        }
    }
    load(&(text + ")"))
}

/// What each export of the module ends with and leaves, given the pair of operands that it is for.
fn ends(
    integer: &Integer,
    module: &Module,
    all: &mut Instances<()>,
) -> Vec<[(CallEnd, u64); FORMS]> {
    let made = all.instantiate(module, &[], &mut GAS.clone()).expect("an instance");
    let names: Vec<_> = module.guest().exports().iter().map(|export| &*export.name).collect();
    let pairs = integer.values.iter().flat_map(|one| integer.values.map(|other| [*one, other]));
    let pairs = pairs.zip(names.chunks_exact(FORMS));
    let call = |(pair, names): ([u64; 2], &[&str])| {
        core::array::from_fn(|form| {
            let Some(Extern::Func(func)) = all.export(made, names[form]) else { panic!("export") };
            let (args, mut gas) = (pair.map(|bits| integer.value(bits)), GAS);
            (all.call(func, &args, &mut gas).expect("the machine is well"), gas)
        })
    };
    pairs.map(call).collect()
}

/// Checks that all forms end alike in every way, and as `want` says where it says something.
fn check(
    integer: &Integer,
    (op, result): (&str, &str),
    what: impl Fn(&str, &str) -> String,
    want: impl Fn(u64, u64) -> Option<CallEnd>,
) {
    let module = module(integer, result, what);
    let pairs = integer.values.iter().flat_map(|one| integer.values.map(|other| [*one, other]));
    let pairs: Vec<_> = pairs.collect();
    let mut first: Option<Vec<_>> = None;
    for (way, mut all) in everywhere(()) {
        let ends = ends(integer, &module, &mut all);
        for ([one, other], forms) in pairs.iter().zip(&ends) {
            let place = format!("{}.{op} {one:#x} {other:#x}, {way}", integer.ty);
            assert!(forms.iter().all(|form| *form == forms[0]), "{place}: {forms:?}");
            if let Some(want) = want(*one, *other) {
                assert_eq!(forms[0].0, want, "{place}");
            }
        }
        let first = first.get_or_insert_with(|| ends.clone());
        assert_eq!(first, &ends, "{}.{op}, {way}", integer.ty);
    }
}

#[test]
fn integers_are_the_same_and_cost_the_same_in_every_form() {
    for integer in &INTEGERS {
        let ty = integer.ty;
        for op in BINARY {
            let what = |one: &str, other: &str| format!("({ty}.{op} {one} {other})");
            check(integer, (op, ty), what, |one, other| integer.divided(op, one, other));
        }
    }
}

#[test]
fn comparisons_are_the_same_and_cost_the_same_in_every_form() {
    for integer in &INTEGERS {
        let ty = integer.ty;
        for op in COMPARISONS {
            let what = |one: &str, other: &str| format!("({ty}.{op} {one} {other})");
            check(integer, (op, "i32"), what, |_, _| None);
            // Where it decides where to go, it may be one instruction with the branch.
            let what = |one: &str, other: &str| {
                format!(
                    "(block (br_if 0 ({ty}.{op} {one} {other})) (return (i32.const 5)))
                     (if (result i32) (i32.eqz ({ty}.{op} {one} {other}))
                       (then unreachable) (else (i32.const 6)))"
                )
            };
            check(integer, (op, "i32"), what, |_, _| None);
        }
    }
}

/// Quiet and signalling, of both signs, with and without payload.
const NANS_F32: [u32; 8] = [
    0x7fc0_0000,
    0xffc0_0000,
    0x7fc1_2345,
    0xffff_ffff,
    0x7f80_0001,
    0xff80_0001,
    0x7fa1_2345,
    0xffbf_ffff,
];

/// The same payloads at the same places of the wider type.
fn widened(bits: u32) -> u64 {
    let (sign, payload) = (u64::from(bits >> 31) << 63, u64::from(bits & 0x7f_ffff) << 29);
    sign | 0x7ff << 52 | payload | u64::from(bits & 1)
}

/// What becomes of the bits of a NaN.
enum After {
    Canonical,
    Kept,
    Positive,
}

/// What calculates with a NaN yields the canonical one; what moves bits keeps them.
#[test]
fn a_nan_is_canonical_after_every_calculation_whatever_it_was() {
    for (ty, int, canonical, sign) in [
        ("f32", "i32", 0x7fc0_0000_u64, 1_u64 << 31),
        ("f64", "i64", 0x7ff8_0000_0000_0000, 1 << 63),
    ] {
        let lanes = if ty == "f32" { "f32x4" } else { "f64x2" };
        let mut ops: Vec<(String, After)> = Vec::new();
        for op in ["ceil", "floor", "trunc", "nearest", "sqrt"] {
            ops.push((format!("({ty}.{op} X)"), After::Canonical));
            ops.push((
                format!("({lanes}.extract_lane 1 ({lanes}.{op} ({lanes}.splat X)))"),
                After::Canonical,
            ));
        }
        for op in ["add", "sub", "mul", "div", "min", "max"] {
            ops.push((format!("({ty}.{op} X ({ty}.const 1.5))"), After::Canonical));
            ops.push((format!("({ty}.{op} ({ty}.const -0) X)"), After::Canonical));
            ops.push((format!("({ty}.{op} X X)"), After::Canonical));
        }
        ops.push((format!("({ty}.neg ({ty}.neg X))"), After::Kept));
        ops.push((format!("({ty}.abs X)"), After::Positive));
        ops.push((format!("({ty}.copysign X X)"), After::Kept));
        ops.push((format!("(select X ({ty}.const 0) (i32.const 1))"), After::Kept));
        let mut text = String::from("(module (memory 1)");
        let nans = NANS_F32.map(|nan| if ty == "f32" { u64::from(nan) } else { widened(nan) });
        for (number, (op, _)) in ops.iter().enumerate() {
            let of = |operand: &str| op.replace('X', operand);
            let (local, memory) = (of("(local.get 0)"), of(&format!("({ty}.load (i32.const 8))")));
            text += &format!(
                "(func (export \"local {number}\") (param {ty}) (result {int} {ty})
                   ({int}.reinterpret_{ty} {local}) {local})
                 (func (export \"memory {number}\") (param {ty}) (result {int} {ty})
                   ({ty}.store (i32.const 8) (local.get 0))
                   ({int}.reinterpret_{ty} {memory}) {memory})"
            );
            for (nan, bits) in nans.iter().enumerate() {
                let constant = of(&format!("({ty}.reinterpret_{int} ({int}.const {bits}))"));
                text += &format!(
                    "(func (export \"const {number} {nan}\") (param {ty}) (result {int} {ty})
                       ({int}.reinterpret_{ty} {constant}) {constant})"
                );
            }
        }
        let module = load(&(text + ")"));
        for (way, mut all) in everywhere(()) {
            let made = all.instantiate(&module, &[], &mut GAS.clone()).expect("an instance");
            for (number, (op, after)) in ops.iter().enumerate() {
                for (nan, bits) in nans.iter().enumerate() {
                    for name in [
                        format!("local {number}"),
                        format!("memory {number}"),
                        format!("const {number} {nan}"),
                    ] {
                        let want = match after {
                            After::Canonical => canonical,
                            After::Positive => bits & !sign,
                            After::Kept => *bits,
                        };
                        let Some(Extern::Func(func)) = all.export(made, &name) else { panic!() };
                        let (arg, want) = match ty {
                            "f32" => (
                                Value::F32(*bits as u32),
                                [Value::I32(want as u32), Value::F32(want as u32)],
                            ),
                            _ => (Value::F64(*bits), [Value::I64(want), Value::F64(want)]),
                        };
                        let end = all.call(func, &[arg], &mut GAS.clone()).expect("well");
                        let place = format!("{op} of {bits:#x}, {name}, {way}");
                        assert_eq!(end, CallEnd::Values(want.to_vec()), "{place}");
                    }
                }
            }
        }
    }
}
