//! Numbers.

use super::*;

/// A module that exports one binary instruction.
fn binary(instruction: &str, ty: &str, result: &str) -> Run {
    Run::new(&format!(
        "(module (func (export \"f\") (param {ty} {ty}) (result {result})
            ({instruction} (local.get 0) (local.get 1))))"
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
