//! Control flow and where operands live across it.

use lockstep_ir::{Edge, Inst, Source, Terminator};

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

/// `x | 0` is `x`: the operand is then the local's own variable, or that of another height.
#[test]
fn what_an_operation_comes_to_keeps_what_the_local_was() {
    let mut run = Run::new(
        "(module
          (func (export \"local\") (param $x i32) (result i32)
            (i32.or (local.get $x) (i32.const 0))
            (local.set $x (i32.const 7))
            (i32.add (local.get $x)))
          (func (export \"tee\") (param $x i32) (result i32)
            (i32.or (i32.const 0) (local.get $x))
            (drop (local.tee $x (i32.const 7))))
          (func (export \"height\") (param $x i32) (result i32)
            (i32.const 0)
            (if (result i32) (local.get $x) (then (i32.const 5)) (else (i32.const 6)))
            (i32.add)
            (if (result i32) (local.get $x) (then (i32.const 30)) (else (i32.const 40)))
            (i32.sub)))",
    );
    assert_eq!(run.one("local", &[3]), Ok(10));
    assert_eq!(run.one("tee", &[3]), Ok(3));
    assert_eq!(run.one("height", &[0]), Ok(u64::from(-34_i32 as u32)));
    assert_eq!(run.one("height", &[1]), Ok(u64::from(-25_i32 as u32)));
}

#[test]
fn an_operand_keeps_what_the_local_was_when_it_was_pushed() {
    let mut run = Run::new(
        "(module
          (func (export \"before\") (param i32) (result i32)
            (local.get 0) (local.set 0 (i32.const 9)) (local.get 0) i32.sub)
          (func (export \"twice\") (param i32) (result i32)
            (local.get 0) (local.get 0) (local.set 0 (i32.const 9)) i32.mul (local.get 0) i32.sub)
          (func (export \"tee\") (param i32) (result i32)
            (local.get 0) (local.tee 0 (i32.add (local.get 0) (i32.const 1)))
            (local.set 0 (i32.const 100)) i32.mul))",
    );
    assert_eq!(run.one("before", &[20]), Ok(11));
    assert_eq!(run.one("twice", &[5]), Ok(16));
    assert_eq!(run.one("tee", &[5]), Ok(30));
}

/// The set is reached on one path only, and the operand lies below the block that both leave.
#[test]
fn an_operand_below_a_block_is_in_one_place_on_every_path() {
    let mut run = Run::new(
        "(module
          (func (export \"block\") (param $x i32) (param $c i32) (result i32)
            (local.get $x)
            (block $out
              (br_if $out (local.get $c))
              (local.set $x (i32.const 100)))
            (local.get $x) i32.sub)
          (func (export \"arms\") (param $x i32) (param $c i32) (result i32)
            (local.get $x)
            (if (local.get $c) (then (local.set $x (i32.const 100))) (else (nop)))
            (local.get $x) i32.sub)
          (func (export \"loop\") (param $x i32) (result i32)
            (local.get $x)
            (loop $top
              (local.set $x (i32.sub (local.get $x) (i32.const 1)))
              (br_if $top (local.get $x)))))",
    );
    assert_eq!(run.one("block", &[7, 1]), Ok(0));
    assert_eq!(run.one("block", &[107, 0]), Ok(7));
    assert_eq!(run.one("arms", &[107, 1]), Ok(7));
    assert_eq!(run.one("arms", &[7, 0]), Ok(0));
    assert_eq!(run.one("loop", &[42]), Ok(42));
}

#[test]
fn branches_take_operands_along_and_drop_what_lies_between() {
    let mut run = Run::new(
        "(module
          (func (export \"if\") (param i32) (result i32 i64)
            (block $out (result i32 i64)
              (i32.const 77) (i32.const 1) (i64.const 2)
              (br_if $out (local.get 0))
              (br $out (i32.const 3) (i64.const 4))))
          (func (export \"table\") (param i32) (result i32)
            (block $a (result i32)
              (block $b (result i32)
                (i32.const 11) (i32.const 22)
                (br_table $a $b $a 2 (local.get 0)))
              (i32.add (i32.const 100))))
          (func (export \"params\") (param i32) (result i32)
            (i32.const 0) (local.get 0)
            (loop $top (param i32 i32) (result i32)
              (local.set 0) (i32.add (local.get 0)) (i32.sub (local.get 0) (i32.const 1))
              (local.tee 0)
              (br_if $top (local.get 0))
              drop))
          (func (export \"swap\") (param i32 i32) (result i32 i32)
            (local.get 1) (local.get 0)
            (if (param i32 i32) (result i32 i32) (local.get 0)
              (then) (else drop drop (i32.const 5) (i32.const 6)))))",
    );
    assert_eq!(run.call("if", &[1]), Ok(vec![1, 2]));
    assert_eq!(run.call("if", &[0]), Ok(vec![3, 4]));
    assert_eq!(run.one("table", &[0]), Ok(22));
    assert_eq!(run.one("table", &[1]), Ok(122));
    assert_eq!(run.one("table", &[2]), Ok(22));
    assert_eq!(run.one("table", &[3]), Ok(22), "the default leaves the function");
    assert_eq!(run.one("table", &[u64::from(u32::MAX)]), Ok(22));
    assert_eq!(run.one("params", &[4]), Ok(10));
    assert_eq!(run.call("swap", &[3, 4]), Ok(vec![4, 3]));
    assert_eq!(run.call("swap", &[0, 4]), Ok(vec![5, 6]));
}

/// Pitfall: arities of what follows a branch, where the stack may hold anything.
#[test]
fn what_cannot_be_reached_is_read_past() {
    let mut run = Run::new(
        "(module
          (func (export \"dead\") (result i32)
            (block (result i32)
              (br 0 (i32.const 5))
              (block (loop (if (i32.const 1) (then (br 2)) (else (unreachable)))))
              i32.add (br_table 0 0) select))
          (func (export \"arm\") (param i32) (result i32)
            (if (result i32) (local.get 0) (then (return (i32.const 1))) (else (i32.const 2))))
          (func (export \"never\") (result i64) (unreachable) (drop) (i64.add))
          (func (export \"endless\") (loop (br 0)) (nop)))",
    );
    assert_eq!(run.one("dead", &[]), Ok(5));
    assert_eq!(run.one("arm", &[1]), Ok(1));
    assert_eq!(run.one("arm", &[0]), Ok(2));
    assert_eq!(run.call("never", &[]), Err(Trap::Unreachable));
}

#[test]
fn a_block_that_nobody_branches_to_is_no_block() {
    let module = load(
        "(module (func (param i32) (result i32)
            (block (block (local.set 0 (i32.const 1))))
            (block (result i32) (i32.add (local.get 0) (i32.const 2)))))",
    );
    let func = lower(&module, FuncId(0));
    assert_eq!(func.blocks.len(), 1);
}

#[test]
fn a_comparison_is_extended_only_where_its_number_is_needed() {
    let module = load(
        "(module
          (func (param i32) (if (i32.eqz (i32.lt_s (local.get 0) (i32.const 4))) (then unreachable)))
          (func (param i32) (result i32) (i32.lt_s (local.get 0) (i32.const 4))))",
    );
    let count = |func: &Func| {
        let is_extend =
            |inst: &&Inst| matches!(inst, Inst::Op { op: lockstep_ir::Op::Uextend, .. });
        func.insts.iter().filter(is_extend).count()
    };
    let branch = lower(&module, FuncId(0));
    assert_eq!(count(&branch), 0);
    let Terminator::Branch { cond, .. } = branch.blocks[lockstep_ir::Block(0)].terminator else {
        panic!("the function begins with a branch");
    };
    assert!(matches!(cond.source(), Source::Value(_)));
    assert_eq!(count(&lower(&module, FuncId(1))), 1);
}

/// A loop's end that only goes on to another one is no place to stop at.
#[test]
fn jumps_lead_past_blocks_that_only_jump() {
    let module = load(
        "(module (func (param i32) (result i32)
            (block $out (br_if $out (local.get 0))
              (loop (br_if 0 (i32.popcnt (local.get 0)))))
            (local.get 0))
          (func (loop (loop (loop)))))",
    );
    let func = lower(&module, FuncId(0));
    let end = lockstep_ir::Block(func.blocks.len() as u32 - 1);
    let leaves_for_the_end = |block: &lockstep_ir::BlockDef| match block.terminator {
        Terminator::Branch { then, otherwise, .. } => [then, otherwise].contains(&Edge::Goto(end)),
        _ => false,
    };
    let count = func.blocks.iter().filter(|(_, block)| leaves_for_the_end(block)).count();
    assert_eq!(count, 2);
    lower(&module, FuncId(1));
}

#[test]
fn every_block_begins_with_a_charge() {
    let module = load(
        "(module (func (param i32) (result i32)
            (block $a (result i32) (block $b (result i32)
              (i32.const 1) (i32.const 2) (br_table $a $b 2 (local.get 0)))
              (br_if 0 (local.get 0)) (loop (br_if 0 (local.get 0))))))",
    );
    let func = lower(&module, FuncId(0));
    for (_, block) in func.blocks.iter() {
        assert!(matches!(func.block_insts(block).first(), Some(Inst::Charge { .. })));
    }
}

/// Pitfall: a tail call replaces the frame, for imports too.
#[test]
fn tail_calls_take_no_depth() {
    let mut run = Run::new(
        "(module
          (type $t (func (param i64 i64) (result i64)))
          (table 1 funcref) (elem (i32.const 0) $through)
          (func $sum (export \"sum\") (param i64 i64) (result i64)
            (if (i64.eqz (local.get 0)) (then (return (local.get 1))))
            (return_call $sum (i64.sub (local.get 0) (i64.const 1))
                              (i64.add (local.get 0) (local.get 1))))
          (func $through (type $t) (return_call $sum (local.get 0) (local.get 1)))
          (func $deep (export \"deep\") (param i64) (result i64)
            (call $deep (local.get 0))))",
    );
    assert_eq!(run.one("sum", &[200_000, 0]), Ok(20_000_100_000));
    assert_eq!(run.one("deep", &[1]), Err(Trap::DepthExceeded));
}

#[test]
fn depth_units_count_slots_of_parameters_results_locals_and_operands() {
    let module = load(
        "(module
          (func)
          (func (param i32 v128) (result i64) (local f32 f64)
            (i64.add (i64.const 1) (i64.add (i64.const 2) (i64.const 3)))))",
    );
    let base = super::super::limits::FRAME_UNITS;
    assert_eq!(lower(&module, FuncId(0)).units, base);
    assert_eq!(lower(&module, FuncId(1)).units, base + 3 + 1 + 2 + 3);
}

/// The nesting of a program is never the nesting of a translator.
#[test]
fn deep_nesting_takes_no_native_stack() {
    let depth = super::super::limits::NESTING_MAX as usize - 1;
    // A body of `block`, as many `end`, and its own.
    let mut body = vec![0];
    body.extend([0x02, 0x40].repeat(depth));
    body.extend([0x0b].repeat(depth + 1));
    let module = Module::load(Arc::from(one_function(&body)), &Config::default());
    lower(&module.expect("the limit admits it"), FuncId(0));
}
