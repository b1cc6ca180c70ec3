//! Control flow and where operands live across it.

use super::*;

#[test]
fn a_loop_with_locals_and_branches_counts() {
    let mut run = Run::new(
        "(module
          (func $fac (export \"fac\") (param i64) (result i64)
            (if (result i64) (i64.eqz (local.get 0))
              (then (i64.const 1))
              (else (i64.mul (local.get 0) (call $fac (i64.sub (local.get 0) (i64.const 1)))))))
          (func (export \"sum\") (param $n i32) (result i32) (local $s i32)
            (block $out
              (loop $top
                (br_if $out (i32.eqz (local.get $n)))
                (local.set $s (i32.add (local.get $s) (local.get $n)))
                (local.set $n (i32.sub (local.get $n) (i32.const 1)))
                (br $top)))
            (local.get $s)))",
    );
    assert_eq!(run.one("fac", &[20]), Ok(2_432_902_008_176_640_000));
    assert_eq!(run.one("sum", &[100]), Ok(5050));
    assert_eq!(run.one("sum", &[0]), Ok(0));
}
