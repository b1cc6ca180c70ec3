//! Arguments that scripts give, and results that they expect.

use lockstep::wasm::Value;
use wast::{
    WastArg, WastRet,
    core::{AbstractHeapType, HeapType, NanPattern, V128Pattern, WastArgCore, WastRetCore},
};

use super::tally::Obstacle;

/// Sign, exponent and the highest bit of the fraction tell what kind of NaN a float is (Wasm 2.0, 4.3.3).
const SIGN_32: u32 = 1 << 31;
const NAN_32: u32 = 0x7fc0_0000;
const SIGN_64: u64 = 1 << 63;
const NAN_64: u64 = 0x7ff8_0000_0000_0000;

/// The value that a script gives.
///
/// # Errors
///
/// [`Obstacle::Skipped`] when it is of a type that the engine does not offer.
pub(super) fn argument(arg: &WastArg<'_>) -> Result<Value, Obstacle> {
    let WastArg::Core(arg) = arg else { return Err(Obstacle::Skipped("component model".into())) };
    Ok(match arg {
        WastArgCore::I32(value) => Value::I32(*value as u32),
        WastArgCore::I64(value) => Value::I64(*value as u64),
        WastArgCore::F32(value) => Value::F32(value.bits),
        WastArgCore::F64(value) => Value::F64(value.bits),
        WastArgCore::V128(value) => Value::V128(u128::from_le_bytes(value.to_le_bytes())),
        WastArgCore::RefExtern(number) => Value::ExternRef(Some(u64::from(*number))),
        WastArgCore::RefNull(ty) => null(ty).ok_or(Obstacle::Skipped("gc".into()))?,
        WastArgCore::RefHost(_) => return Err(Obstacle::Skipped("gc".into())),
    })
}

/// The null of a type.
fn null(ty: &HeapType<'_>) -> Option<Value> {
    let HeapType::Abstract { shared: false, ty } = ty else { return None };
    match ty {
        AbstractHeapType::Func | AbstractHeapType::NoFunc => Some(Value::FuncRef(None)),
        AbstractHeapType::Extern | AbstractHeapType::NoExtern => Some(Value::ExternRef(None)),
        _ => None,
    }
}

/// Whether `values` are what a script expects.
pub(super) fn all_match(values: &[Value], expected: &[WastRet<'_>]) -> bool {
    let fits = |(value, expected): (&Value, &WastRet<'_>)| match expected {
        WastRet::Core(pattern) => is_match(value, pattern),
        _ => false,
    };
    values.len() == expected.len() && values.iter().zip(expected).all(fits)
}

fn is_match(value: &Value, pattern: &WastRetCore<'_>) -> bool {
    match (pattern, value) {
        (WastRetCore::Either(patterns), _) => patterns.iter().any(|each| is_match(value, each)),
        (WastRetCore::I32(want), Value::I32(got)) => *want as u32 == *got,
        (WastRetCore::I64(want), Value::I64(got)) => *want as u64 == *got,
        (WastRetCore::F32(want), Value::F32(got)) => is_match_32(*got, want, |want| want.bits),
        (WastRetCore::F64(want), Value::F64(got)) => is_match_64(*got, want, |want| want.bits),
        (WastRetCore::V128(want), Value::V128(got)) => is_match_128(*got, want),
        (WastRetCore::RefNull(None), got) => {
            matches!(got, Value::FuncRef(None) | Value::ExternRef(None))
        }
        (WastRetCore::RefNull(Some(ty)), got) => null(ty).is_some_and(|null| null == *got),
        (WastRetCore::RefExtern(want), Value::ExternRef(Some(got))) => {
            want.is_none_or(|want| u64::from(want) == *got)
        }
        // Which function it is, the script cannot see.
        (WastRetCore::RefFunc(_), Value::FuncRef(Some(_))) => true,
        _ => false,
    }
}

fn is_match_32<T>(got: u32, want: &NanPattern<T>, bits: impl Fn(&T) -> u32) -> bool {
    match want {
        NanPattern::CanonicalNan => got & !SIGN_32 == NAN_32,
        NanPattern::ArithmeticNan => got & NAN_32 == NAN_32,
        NanPattern::Value(want) => got == bits(want),
    }
}

fn is_match_64<T>(got: u64, want: &NanPattern<T>, bits: impl Fn(&T) -> u64) -> bool {
    match want {
        NanPattern::CanonicalNan => got & !SIGN_64 == NAN_64,
        NanPattern::ArithmeticNan => got & NAN_64 == NAN_64,
        NanPattern::Value(want) => got == bits(want),
    }
}

fn is_match_128(got: u128, want: &V128Pattern) -> bool {
    fn lanes<T>(got: u128, want: &[T], is_lane: impl Fn(u64, &T) -> bool) -> bool {
        let bits = 128 / want.len();
        let mask = u64::MAX >> (64 - bits);
        want.iter().enumerate().all(|(i, want)| is_lane((got >> (i * bits)) as u64 & mask, want))
    }
    match want {
        V128Pattern::I8x16(want) => lanes(got, want, |got, want| got as i8 == *want),
        V128Pattern::I16x8(want) => lanes(got, want, |got, want| got as i16 == *want),
        V128Pattern::I32x4(want) => lanes(got, want, |got, want| got as i32 == *want),
        V128Pattern::I64x2(want) => lanes(got, want, |got, want| got as i64 == *want),
        V128Pattern::F32x4(want) => {
            lanes(got, want, |got, want| is_match_32(got as u32, want, |want| want.bits))
        }
        V128Pattern::F64x2(want) => {
            lanes(got, want, |got, want| is_match_64(got, want, |want| want.bits))
        }
    }
}

#[cfg(test)]
mod tests {
    use wast::parser::{self, ParseBuffer};

    use super::*;

    #[track_caller]
    fn check(value: Value, pattern: &str, want: bool) {
        let buffer = ParseBuffer::new(pattern).expect("tokens");
        let pattern = parser::parse::<WastRetCore<'_>>(&buffer).expect("a pattern");
        assert_eq!(is_match(&value, &pattern), want, "{value:?} {pattern:?}");
    }

    #[test]
    fn floats_are_compared_by_their_bits_and_nans_by_their_kind() {
        check(Value::F32(0), "f32.const 0", true);
        check(Value::F32(SIGN_32), "f32.const 0", false);
        check(Value::F32(NAN_32 | SIGN_32), "f32.const nan:canonical", true);
        check(Value::F32(NAN_32 | 1), "f32.const nan:canonical", false);
        check(Value::F32(NAN_32 | 1), "f32.const nan:arithmetic", true);
        check(Value::F32(0x7f80_0001), "f32.const nan:arithmetic", false);
        check(Value::F64(NAN_64), "f64.const nan:canonical", true);
        check(Value::F64(0x7ff0_0000_0000_0001), "f64.const nan:arithmetic", false);
        check(Value::F64(1.5_f64.to_bits()), "f64.const 0x1.8p0", true);
    }

    #[test]
    fn lanes_are_compared_one_by_one_lowest_first() {
        let vector = Value::V128(u128::from(NAN_32) << 96 | 7);
        check(vector, "v128.const i32x4 7 0 0 0x7fc00000", true);
        check(vector, "v128.const i32x4 0x7fc00000 0 0 7", false);
        check(vector, "v128.const f32x4 0x7p-149 0 0 nan:canonical", true);
        check(vector, "v128.const i64x2 7 0x7fc0000000000000", true);
        check(Value::V128(0xff), "v128.const i8x16 -1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0", true);
    }

    #[test]
    fn references_and_alternatives() {
        check(Value::ExternRef(None), "ref.null extern", true);
        check(Value::ExternRef(None), "ref.null func", false);
        check(Value::FuncRef(None), "ref.null", true);
        check(Value::ExternRef(Some(7)), "ref.extern 7", true);
        check(Value::ExternRef(Some(7)), "ref.extern 8", false);
        check(Value::ExternRef(Some(7)), "ref.null extern", false);
        check(Value::FuncRef(None), "ref.func", false);
        check(Value::I32(2), "either (i32.const 1) (i32.const 2)", true);
        check(Value::I64(2), "either (i32.const 1) (i32.const 2)", false);
    }
}
