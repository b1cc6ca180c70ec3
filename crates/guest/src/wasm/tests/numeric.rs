//! Numbers.

use super::*;

/// A module that exports one instruction of two operands.
fn binary(instruction: &str, ty: &str, result: &str) -> Run {
    Run::new(&format!(
        "(module (func (export \"f\") (param {ty} {ty}) (result {result})
            ({instruction} (local.get 0) (local.get 1))))"
    ))
}

/// A module that exports one instruction of one operand.
fn unary(instruction: &str, ty: &str, result: &str) -> Run {
    Run::new(&format!(
        "(module (func (export \"f\") (param {ty}) (result {result})
            ({instruction} (local.get 0))))"
    ))
}

#[test]
fn division_traps_where_it_has_no_result_and_remainder_has_one_more() {
    let min = 0x8000_0000;
    let minus_one = 0xffff_ffff;
    let mut div = binary("i32.div_s", "i32", "i32");
    assert_eq!(div.one("f", &[7, 0]), Err(Trap::DivideByZero));
    assert_eq!(div.one("f", &[min, minus_one]), Err(Trap::IntegerOverflow));
    assert_eq!(div.one("f", &[minus_one - 6, 2]), Ok(0xffff_fffd));
    let mut rem = binary("i32.rem_s", "i32", "i32");
    assert_eq!(rem.one("f", &[min, minus_one]), Ok(0));
    assert_eq!(rem.one("f", &[1, 0]), Err(Trap::DivideByZero));
    let mut div = binary("i64.div_u", "i64", "i64");
    assert_eq!(div.one("f", &[u64::MAX, 2]), Ok(u64::MAX / 2));
}

/// A division of constants that traps must trap when it runs, not when it is translated.
#[test]
fn a_trap_between_constants_stays_a_trap() {
    let mut run = Run::new(
        "(module (func (export \"f\") (param i32) (result i32)
            (if (local.get 0) (then (drop (i32.div_u (i32.const 1) (i32.const 0)))))
            (i32.const 7)))",
    );
    assert_eq!(run.one("f", &[0]), Ok(7));
    assert_eq!(run.one("f", &[1]), Err(Trap::DivideByZero));
}

#[test]
fn float_to_integer_tells_its_traps_apart_and_saturates_without() {
    let nan = u64::from(f32::NAN.to_bits());
    let large = u64::from(3e9_f32.to_bits());
    let mut trapping = unary("i32.trunc_f32_s", "f32", "i32");
    assert_eq!(trapping.one("f", &[nan]), Err(Trap::InvalidConversion));
    assert_eq!(trapping.one("f", &[large]), Err(Trap::IntegerOverflow));
    let mut saturating = unary("i32.trunc_sat_f32_s", "f32", "i32");
    assert_eq!(saturating.one("f", &[nan]), Ok(0));
    assert_eq!(saturating.one("f", &[large]), Ok(0x7fff_ffff));
    let mut open = unary("i32.trunc_f64_u", "f64", "i32");
    assert_eq!(open.one("f", &[(-0.9_f64).to_bits()]), Ok(0));
    assert_eq!(open.one("f", &[(4_294_967_295.9_f64).to_bits()]), Ok(0xffff_ffff));
    assert_eq!(open.one("f", &[(-1.0_f64).to_bits()]), Err(Trap::IntegerOverflow));
}

/// Pitfall: the bits above those that count are no matter.
#[test]
fn sign_extension_reads_the_low_bits_alone() {
    let mut run = unary("i32.extend8_s", "i32", "i32");
    assert_eq!(run.one("f", &[0x1234_5680]), Ok(0xffff_ff80));
    assert_eq!(run.one("f", &[0xffff_ff7f]), Ok(0x7f));
    let mut run = unary("i64.extend32_s", "i64", "i64");
    assert_eq!(run.one("f", &[0x1_8000_0000]), Ok(0xffff_ffff_8000_0000));
}

#[test]
fn shift_counts_are_taken_modulo_the_width() {
    let mut run = binary("i32.shl", "i32", "i32");
    assert_eq!(run.one("f", &[1, 33]), Ok(2));
    let mut run = binary("i64.rotr", "i64", "i64");
    assert_eq!(run.one("f", &[1, 65]), Ok(1 << 63));
}

/// Pitfall: a signalling NaN with a payload goes through constants, locals, globals and memory unchanged.
#[test]
fn bits_of_a_nan_are_kept_where_nothing_computes() {
    let bits = 0x7fa0_1234_u64;
    let mut run = Run::new(
        "(module (memory 1) (global $g (mut f32) (f32.const 0))
          (func (export \"constant\") (result i32) (i32.reinterpret_f32 (f32.const nan:0x201234)))
          (func (export \"round\") (param f32) (result f32)
            (f32.store (i32.const 8) (local.get 0))
            (global.set $g (f32.load (i32.const 8)))
            (f32.neg (f32.neg (f32.copysign (global.get $g) (local.get 0)))))
          (func (export \"quiet\") (param f32) (result f32) (f32.ceil (local.get 0))))",
    );
    assert_eq!(run.one("constant", &[]), Ok(bits));
    assert_eq!(run.one("round", &[bits]), Ok(bits));
    assert_eq!(run.one("quiet", &[bits]), Ok(0x7fc0_0000));
}

#[test]
fn wide_arithmetic_carries_and_borrows() {
    let mut run = Run::new(
        "(module
          (func (export \"add\") (param i64 i64 i64 i64) (result i64 i64)
            (i64.add128 (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
          (func (export \"sub\") (param i64 i64 i64 i64) (result i64 i64)
            (i64.sub128 (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
          (func (export \"mul\") (param i64 i64) (result i64 i64 i64 i64)
            (i64.mul_wide_s (local.get 0) (local.get 1))
            (i64.mul_wide_u (local.get 0) (local.get 1))))",
    );
    let max = u64::MAX;
    assert_eq!(run.call("add", &[max, 1, 1, 2]), Ok(vec![0, 4]));
    assert_eq!(run.call("add", &[max, max, max, max]), Ok(vec![max - 1, max]));
    assert_eq!(run.call("sub", &[0, 4, 1, 2]), Ok(vec![max, 1]));
    assert_eq!(run.call("sub", &[5, 4, 5, 4]), Ok(vec![0, 0]));
    assert_eq!(run.call("mul", &[max, max]), Ok(vec![1, 0, 1, max - 1]));
}

#[test]
fn vectors_compute_in_lanes() {
    let mut run = Run::new(
        "(module (memory 1)
          (func (export \"lane\") (param i32 i32) (result i32)
            (i32x4.extract_lane 3 (i32x4.add (i32x4.splat (local.get 0))
              (i32x4.replace_lane 3 (v128.const i64x2 0 0) (local.get 1)))))
          (func (export \"narrow\") (param i32) (result i32 i32)
            (i8x16.extract_lane_s 15 (i8x16.splat (local.get 0)))
            (i8x16.extract_lane_u 15 (i8x16.splat (local.get 0))))
          (func (export \"shuffle\") (result i64)
            (i64x2.extract_lane 0 (i8x16.shuffle 16 17 0 1 2 3 4 5 6 7 8 9 10 11 12 31
              (v128.const i64x2 1 2) (v128.const i64x2 0xabcd 4))))
          (func (export \"memory\") (result i64 i64)
            (v128.store (i32.const 8) (v128.load8x8_s (i32.const 0)))
            (v128.store32_lane 0 (i32.const 8) (v128.load32_zero (i32.const 0)))
            (i64x2.extract_lane 0 (v128.load (i32.const 8)))
            (i64x2.extract_lane 1 (v128.load8_lane 15 (i32.const 1) (v128.load16_splat (i32.const 0)))))
          (func (export \"true\") (param i32) (result i32)
            (if (result i32) (v128.any_true (i32x4.splat (local.get 0)))
              (then (i8x16.all_true (i32x4.splat (local.get 0)))) (else (i32.const 7)))))",
    );
    assert_eq!(run.one("lane", &[5, 6]), Ok(11));
    assert_eq!(run.call("narrow", &[0x180]), Ok(vec![0xffff_ff80, 0x80]));
    assert_eq!(run.one("shuffle", &[]), Ok(0x1_abcd));
    run.env.set_memory(
        MemoryId(0),
        &[0x80, 1, 2, 3, 4, 5, 6, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    );
    assert_eq!(run.call("memory", &[]), Ok(vec![0x0003_0002_0302_0180, 0x0180_0180_0180_0180]));
    assert_eq!(run.one("true", &[0]), Ok(7));
    assert_eq!(run.one("true", &[1]), Ok(0));
    assert_eq!(run.one("true", &[0x0101_0101]), Ok(1));
}

/// What Wasm leaves to the engine has one result here.
#[test]
fn relaxed_instructions_have_one_result() {
    let mut run = Run::new(
        "(module
          (func (export \"madd\") (param f64 f64 f64) (result f64 f64)
            (f64x2.extract_lane 0 (f64x2.relaxed_madd (f64x2.splat (local.get 0))
              (f64x2.splat (local.get 1)) (f64x2.splat (local.get 2))))
            (f64x2.extract_lane 0 (f64x2.relaxed_nmadd (f64x2.splat (local.get 0))
              (f64x2.splat (local.get 1)) (f64x2.splat (local.get 2)))))
          (func (export \"dot\") (param i32 i32 i32) (result i32)
            (i32x4.extract_lane 1 (i32x4.relaxed_dot_i8x16_i7x16_add_s (i8x16.splat (local.get 0))
              (i8x16.splat (local.get 1)) (i32x4.splat (local.get 2))))))",
    );
    let bits = |number: f64| number.to_bits();
    assert_eq!(
        run.call("madd", &[bits(3.0), bits(4.0), bits(0.5)]),
        Ok(vec![bits(12.5), bits(-11.5)])
    );
    // Rounded after the product: the fused sum would be 2^-106.
    let near_one = f64::from_bits(bits(1.0) + 1);
    let product = near_one * near_one;
    let got = run.call("madd", &[bits(near_one), bits(near_one), bits(-product)]);
    assert_eq!(got.map(|both| both[0]), Ok(0));
    assert_eq!(run.one("dot", &[2, 3, 100]), Ok(124));
    assert_eq!(run.one("dot", &[0x80, 0x80, 0]), Ok(2 * 0x7fff));
}
