//! Memories, tables, globals, references.

use lockstep_ir::{Inst, Type};

use super::*;

#[test]
fn accesses_reach_the_last_byte_and_no_further() {
    let mut run = Run::new(
        "(module (memory 1)
          (func (export \"load\") (param i32) (result i32) (i32.load offset=4 (local.get 0)))
          (func (export \"far\") (param i32) (result i32)
            (i32.load8_u offset=0xffffffff (local.get 0)))
          (func (export \"store\") (param i32 i64) (i64.store (local.get 0) (local.get 1)))
          (func (export \"signed\") (param i32) (result i64 i32)
            (i64.load32_s (local.get 0)) (i32.load8_s (local.get 0))))",
    );
    assert_eq!(run.one("load", &[65_528]), Ok(0));
    assert_eq!(run.one("load", &[65_529]), Err(Trap::MemoryOutOfBounds));
    assert_eq!(run.one("load", &[0xffff_fffc]), Err(Trap::MemoryOutOfBounds), "33 bits");
    assert_eq!(run.one("far", &[1]), Err(Trap::MemoryOutOfBounds), "33 bits");
    // A store that straddles the end writes nothing.
    assert_eq!(run.call("store", &[65_529, u64::MAX]), Err(Trap::MemoryOutOfBounds));
    assert_eq!(run.memory()[65_535], 0);
    assert_eq!(run.call("store", &[65_528, 0x8000_0080]), Ok(vec![]));
    assert_eq!(run.memory()[65_528..], [0x80, 0, 0, 0x80, 0, 0, 0, 0]);
    assert_eq!(run.call("signed", &[65_528]), Ok(vec![0xffff_ffff_8000_0080, 0xffff_ff80]));
}

#[test]
fn a_check_has_the_width_of_the_index_where_its_end_fits() {
    let module = load(
        "(module (memory 1) (memory $wide i64 1)
          (func (param i32 i64) (result i32)
            (i32.add (i32.load offset=0xfffffffb (local.get 0))
              (i32.add (i32.load offset=0xfffffffc (local.get 0))
                (i32.add (i32.load (i32.const 8)) (i32.load $wide (local.get 1)))))))",
    );
    let func = lower(&module, FuncId(0));
    let widths: Vec<Type> = func
        .insts
        .iter()
        .filter_map(|inst| match inst {
            Inst::Check { ty, .. } => Some(*ty),
            _ => None,
        })
        .collect();
    assert_eq!(widths, [Type::I32, Type::I64, Type::I64, Type::I64]);
}

#[test]
fn sixty_four_bit_addresses_do_not_wrap() {
    let mut run = Run::new(
        "(module (memory i64 1 2)
          (func (export \"load\") (param i64) (result i64) (i64.load (local.get 0)))
          (func (export \"far\") (param i64) (result i32)
            (i32.load8_u offset=0x1_0000_0000 (local.get 0)))
          (func (export \"size\") (result i64) (memory.size))
          (func (export \"grow\") (param i64) (result i64) (memory.grow (local.get 0))))",
    );
    assert_eq!(run.one("load", &[65_528]), Ok(0));
    assert_eq!(run.one("load", &[u64::MAX]), Err(Trap::MemoryOutOfBounds));
    assert_eq!(run.one("far", &[0]), Err(Trap::MemoryOutOfBounds));
    assert_eq!(run.one("far", &[u64::MAX << 32]), Err(Trap::MemoryOutOfBounds), "65 bits");
    assert_eq!(run.one("grow", &[2]), Ok(u64::MAX));
    assert_eq!(run.one("grow", &[1]), Ok(1));
    assert_eq!(run.one("size", &[]), Ok(2));
}

#[test]
fn growth_answers_the_size_before_or_minus_one() {
    let mut run = Run::new(
        "(module (memory 1 3)
          (func (export \"grow\") (param i32) (result i32) (memory.grow (local.get 0)))
          (func (export \"size\") (result i32) (memory.size)))",
    );
    assert_eq!(run.one("grow", &[0]), Ok(1));
    assert_eq!(run.one("grow", &[2]), Ok(1));
    assert_eq!(run.one("grow", &[1]), Ok(0xffff_ffff));
    assert_eq!(run.one("grow", &[0xffff_ffff]), Ok(0xffff_ffff));
    assert_eq!(run.one("size", &[]), Ok(3));
}

#[test]
fn bulk_instructions_check_the_whole_range_first() {
    let mut run = Run::new(
        "(module (memory 1) (memory $other 1)
          (func (export \"fill\") (param i32 i32 i32)
            (memory.fill (local.get 0) (local.get 1) (local.get 2)))
          (func (export \"copy\") (param i32 i32 i32)
            (memory.copy (local.get 0) (local.get 1) (local.get 2)))
          (func (export \"across\") (param i32) (result i32)
            (memory.copy $other 0 (i32.const 7) (local.get 0) (i32.const 1))
            (i32.load8_u $other (i32.const 7))))",
    );
    assert_eq!(run.call("fill", &[65_535, 1, 2]), Err(Trap::MemoryOutOfBounds));
    assert_eq!(run.memory()[65_535], 0);
    assert_eq!(run.call("fill", &[65_536, 1, 0]), Ok(vec![]));
    assert_eq!(run.call("fill", &[65_537, 1, 0]), Err(Trap::MemoryOutOfBounds));
    assert_eq!(run.call("fill", &[0, 0x1_55, 2]), Ok(vec![]), "the low byte");
    assert_eq!(run.call("copy", &[1, 0, 2]), Ok(vec![]), "as if through a buffer");
    assert_eq!(run.memory()[..4], [0x55, 0x55, 0x55, 0]);
    assert_eq!(run.one("across", &[2]), Ok(0x55));
}

/// A length that nothing has is out of bounds, not out of gas.
#[test]
fn bulk_lengths_are_bounded_before_they_are_priced() {
    let mut run = Run::new(
        "(module (memory i64 1) (table i64 2 funcref)
          (func (export \"fill\") (param i64)
            (memory.fill (i64.const 1) (i32.const 1) (local.get 0)))
          (func (export \"copy\") (param i64 i64)
            (memory.copy (local.get 0) (local.get 1) (i64.const -1)))
          (func (export \"table_fill\") (param i64)
            (table.fill (i64.const 0) (ref.null func) (local.get 0)))
          (func (export \"table_copy\") (param i64)
            (table.copy (i64.const 0) (i64.const 0) (local.get 0))))",
    );
    for len in [65_536, 1 << 60, u64::MAX] {
        assert_eq!(run.call("fill", &[len]), Err(Trap::MemoryOutOfBounds));
        assert_eq!(run.call("table_fill", &[len]), Err(Trap::TableOutOfBounds));
        assert_eq!(run.call("table_copy", &[len]), Err(Trap::TableOutOfBounds));
    }
    assert_eq!(run.call("copy", &[13, 11]), Err(Trap::MemoryOutOfBounds));
    assert_eq!(run.call("copy", &[0, 0]), Err(Trap::MemoryOutOfBounds));
}

/// Pitfall: index types decide the types of sizes, and the smaller one that of a length.
#[test]
fn tables_with_wide_indices_answer_in_wide_numbers() {
    let mut run = Run::new(
        "(module (table $n 2 4 funcref) (table $w i64 2 4 funcref)
          (elem declare func $f) (func $f)
          (func (export \"sizes\") (result i32 i64) (table.size $n) (table.size $w))
          (func (export \"grow\") (param i32) (result i32 i64)
            (table.grow $n (ref.func $f) (local.get 0))
            (table.grow $w (ref.null func) (i64.extend_i32_u (local.get 0))))
          (func (export \"copy\") (param i32)
            (table.copy $w $n (i64.const 0) (i32.const 0) (local.get 0)))
          (func (export \"set\") (param i64) (table.set $w (local.get 0) (ref.func $f)))
          (func (export \"get\") (param i64) (drop (table.get $w (local.get 0))))
          (func (export \"call\") (param i64) (call_indirect $w (local.get 0))))",
    );
    assert_eq!(run.call("grow", &[2]), Ok(vec![2, 2]));
    assert_eq!(run.call("grow", &[1]), Ok(vec![0xffff_ffff, u64::MAX]));
    assert_eq!(run.call("sizes", &[]), Ok(vec![4, 4]));
    assert_eq!(run.call("call", &[2]), Err(Trap::UninitializedElement));
    assert_eq!(run.call("copy", &[4]), Ok(vec![]));
    assert_eq!(run.call("call", &[2]), Ok(vec![]));
    assert_eq!(run.call("call", &[1]), Err(Trap::UninitializedElement));
    assert_eq!(run.call("call", &[1 << 32]), Err(Trap::UndefinedElement));
    assert_eq!(run.call("set", &[4]), Err(Trap::TableOutOfBounds));
    assert_eq!(run.call("get", &[3]), Ok(vec![]));
    assert_eq!(run.call("copy", &[5]), Err(Trap::TableOutOfBounds));
}

#[test]
fn indirect_calls_compare_types_and_pass_arguments_in_order() {
    let mut run = Run::new(
        "(module
          (type $two (func (param i32 i32) (result i32)))
          (type $same (func (param i32 i32) (result i32)))
          (type $other (func (param i32) (result i32)))
          (table 3 funcref) (elem declare func $sub)
          (func $sub (type $two) (i32.sub (local.get 0) (local.get 1)))
          (func (export \"set\") (table.set (i32.const 1) (ref.func $sub)))
          (func (export \"same\") (param i32) (result i32)
            (call_indirect (type $same) (i32.const 9) (i32.const 4) (local.get 0)))
          (func (export \"tail\") (param i32) (result i32)
            (return_call_indirect (type $two) (i32.const 9) (i32.const 5) (local.get 0)))
          (func (export \"other\") (param i32) (result i32)
            (call_indirect (type $other) (i32.const 9) (local.get 0))))",
    );
    run.call("set", &[]).expect("the table is long enough");
    assert_eq!(run.one("same", &[1]), Ok(5));
    assert_eq!(run.one("tail", &[1]), Ok(4));
    assert_eq!(run.one("other", &[1]), Err(Trap::SignatureMismatch));
    assert_eq!(run.one("same", &[0]), Err(Trap::UninitializedElement));
    assert_eq!(run.one("same", &[3]), Err(Trap::UndefinedElement));
}

#[test]
fn globals_keep_what_they_hold_between_calls() {
    let mut run = Run::new(
        "(module (global $n (mut i64) (i64.const 0))
          (func (export \"next\") (result i64 i64)
            (global.get $n) (global.set $n (i64.add (global.get $n) (i64.const 1))) (global.get $n)))",
    );
    assert_eq!(run.call("next", &[]), Ok(vec![0, 1]));
    assert_eq!(run.call("next", &[]), Ok(vec![1, 2]));
}
