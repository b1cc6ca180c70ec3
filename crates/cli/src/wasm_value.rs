//! Values of WebAssembly as users write and read them: numbers in the text format's syntax, vectors in hexadecimal.

use lockstep::wasm::{ValType, Value};
use wast::{
    core::WastArgCore,
    parser::{self, ParseBuffer},
};

/// How a null reference is written.
const NULL: &str = "null";
/// Where a NaN's payload lies.
const PAYLOAD_32: u32 = (1 << 23) - 1;
const PAYLOAD_64: u64 = (1 << 52) - 1;

/// The value of type `ty` that `text` writes.
///
/// # Errors
///
/// What was expected.
pub(crate) fn parse(ty: ValType, text: &str) -> Result<Value, String> {
    let value = match ty {
        ValType::I32 | ValType::I64 | ValType::F32 | ValType::F64 => number(ty, text),
        ValType::V128 => {
            let digits = text.strip_prefix("0x").unwrap_or(text);
            u128::from_str_radix(digits, 16).ok().map(Value::V128)
        }
        ValType::FuncRef => (text == NULL).then_some(Value::FuncRef(None)),
        ValType::ExternRef if text == NULL => Some(Value::ExternRef(None)),
        ValType::ExternRef => {
            text.parse().ok().filter(|n| *n != u64::MAX).map(|n| Value::ExternRef(Some(n)))
        }
    };
    value.ok_or_else(|| {
        let expected = match ty {
            ValType::I32 | ValType::I64 => "a decimal or 0x-hexadecimal number that fits",
            ValType::F32 | ValType::F64 => "a number such as 1.5, 1e9, 0x1.8p3, inf, nan",
            ValType::V128 => "at most 32 hexadecimal digits, lane 0 last",
            ValType::FuncRef => "null",
            ValType::ExternRef => "null or a number",
        };
        format!("expected {ty}: {expected}; found {text:?}")
    })
}

/// A number in the text format's syntax (Wasm 2.0, 6.3).
fn number(ty: ValType, text: &str) -> Option<Value> {
    let script = format!("{ty}.const {text}");
    let buffer = ParseBuffer::new(&script).ok()?;
    Some(match parser::parse(&buffer).ok()? {
        WastArgCore::I32(value) => Value::I32(value as u32),
        WastArgCore::I64(value) => Value::I64(value as u64),
        WastArgCore::F32(value) => Value::F32(value.bits),
        WastArgCore::F64(value) => Value::F64(value.bits),
        _ => return None,
    })
}

/// How `value` is written, so that [`parse`] reads it back, functions aside; integers are signed.
pub(crate) fn text(value: &Value) -> String {
    match *value {
        Value::I32(bits) => (bits as i32).to_string(),
        Value::I64(bits) => (bits as i64).to_string(),
        Value::F32(bits) => {
            let payload = bits & PAYLOAD_32;
            float(f32::from_bits(bits).into(), &f32::from_bits(bits).to_string(), payload.into())
        }
        Value::F64(bits) => {
            float(f64::from_bits(bits), &f64::from_bits(bits).to_string(), bits & PAYLOAD_64)
        }
        Value::V128(bits) => format!("0x{bits:032x}"),
        Value::FuncRef(None) | Value::ExternRef(None) => NULL.to_owned(),
        Value::FuncRef(Some(_)) => "function".to_owned(),
        Value::ExternRef(Some(number)) => number.to_string(),
    }
}

fn float(value: f64, digits: &str, payload: u64) -> String {
    match value.is_nan() {
        false => digits.to_owned(),
        true if value.is_sign_negative() => format!("-nan:{payload:#x}"),
        true => format!("nan:{payload:#x}"),
    }
}

/// Values with their types, for messages: `i32 5, f64 1.5`.
pub(crate) fn list(values: &[Value]) -> String {
    let texts = values.iter().map(|value| format!("{} {}", value.ty(), text(value)));
    texts.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        for value in [
            Value::I32(0xffff_fffb),
            Value::I64(1 << 63),
            Value::F32(1.5_f32.to_bits()),
            Value::F32(0x7fc0_0001),
            Value::F32(0xffa0_0000),
            Value::F64(f64::NEG_INFINITY.to_bits()),
            Value::F64((-0.0_f64).to_bits()),
            Value::F64(f64::MAX.to_bits()),
            Value::F64(5e-324_f64.to_bits()),
            Value::V128(1 << 127 | 9),
            Value::ExternRef(None),
            Value::ExternRef(Some(3)),
            Value::FuncRef(None),
        ] {
            assert_eq!(parse(value.ty(), &text(&value)), Ok(value));
        }
    }

    #[test]
    fn numbers_are_decimal_or_hexadecimal_and_must_fit() {
        assert_eq!(parse(ValType::I32, "4294967295"), Ok(Value::I32(u32::MAX)));
        assert_eq!(parse(ValType::I32, "-0x1"), Ok(Value::I32(u32::MAX)));
        assert_eq!(parse(ValType::F32, "0x1.8p0"), Ok(Value::F32(1.5_f32.to_bits())));
        assert_eq!(parse(ValType::V128, "ff"), Ok(Value::V128(255)));
        for (ty, text) in [
            (ValType::I32, "4294967296"),
            (ValType::I64, "1.5"),
            (ValType::I64, ""),
            (ValType::F64, "one"),
            (ValType::I32, "1) (i32.const 2"),
            (ValType::V128, "0x1_0000"),
            (ValType::FuncRef, "7"),
        ] {
            let error = parse(ty, text).expect_err(text);
            assert!(error.contains(ty.name()) && error.contains(text), "{error}");
        }
    }
}
