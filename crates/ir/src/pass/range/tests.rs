//! Each operation on numbers at the borders of what its operands may be; and what is known of variables in programs.

use std::{string::String, vec, vec::Vec};

use lockstep_base::U256;

use super::{Range, Ranges, transfer::transfer};
use crate::{
    inst::{Block, FuncId, Terminator, Var},
    op::{Op, Shape, meaning},
    text::parse,
    types::Type,
    verify::verify_module,
};

const TYPES: [Type; 6] = [Type::I8, Type::I16, Type::I32, Type::I64, Type::I128, Type::I256];

/// Numbers of a type where something begins or ends.
fn borders(ty: Type) -> Vec<U256> {
    let most = Range::of(ty).most;
    let one = U256::ONE;
    let mut all = vec![U256::ZERO, one, U256::from(3), U256::from(31), U256::from(0x80)];
    all.extend([most >> 1, (most >> 1) + one, most - one, most]);
    for bits in [8, 64, 128] {
        all.extend([(one << bits) - one, one << bits]);
    }
    all.retain(|number| *number <= most);
    all.sort();
    all.dedup();
    all
}

/// Ranges that a number lies in.
fn around(number: U256, ty: Type) -> Vec<Range> {
    let all = Range::of(ty);
    let exact = Range::exactly(number);
    let half = Range { least: exact.least / 2, most: all.most.min(number | number >> 1) };
    let mut ranges =
        vec![exact, Range { least: 0, ..exact }, Range { most: all.most, ..exact }, half, all];
    ranges.dedup();
    ranges
}

/// What `op` yields for all operands of these types lies in what it makes of ranges around them.
fn check(op: Op, (ty, to): (Type, Type)) {
    let types: Vec<Type> = (0..op.shape().arity()).map(|at| op.shape().operand(at, ty)).collect();
    let mut operands = vec![vec![]];
    for (at, ty) in types.iter().enumerate() {
        let mut numbers = borders(*ty);
        if at == 2 {
            numbers.retain(|number| number.bit_len() < 4 || *number == Range::of(*ty).most);
        }
        let with = |before: &Vec<U256>| -> Vec<Vec<U256>> {
            numbers.iter().map(|number| [&before[..], &[*number]].concat()).collect()
        };
        operands = operands.iter().flat_map(with).collect();
    }
    for numbers in &operands {
        let bits: Vec<meaning::Bits> = numbers.iter().map(|number| bits(*number)).collect();
        let none = [0; 8];
        let arg = |at: usize| bits.get(at).unwrap_or(&none);
        let Ok(result) = meaning::evaluate(op, ty, to, [arg(0), arg(1), arg(2)]) else { continue };
        let result = U256::from_limbs([result[0], result[1], result[2], result[3]]);
        let mut ranges = vec![vec![]];
        for (number, ty) in numbers.iter().zip(&types) {
            let with = |before: &Vec<Range>| -> Vec<Vec<Range>> {
                let around = around(*number, *ty);
                around.into_iter().map(|range| [&before[..], &[range]].concat()).collect()
            };
            ranges = ranges.iter().flat_map(with).collect();
        }
        for ranges in &ranges {
            let range = |at: usize| ranges.get(at).copied().unwrap_or(Range::ALL);
            let found = transfer(op, (ty, to), [range(0), range(1), range(2)]);
            let is_in = U256::from(found.least) <= result && result <= found.most;
            assert!(is_in, "{op} {ty} {to} {numbers:?} in {ranges:?}: {result} in {found:?}");
            assert!(found.most <= Range::of(to).most, "{op} {ty} {to} {ranges:?}: {found:?}");
        }
    }
}

fn bits(number: U256) -> meaning::Bits {
    let [a, b, c, d] = *number.as_limbs();
    [a, b, c, d, 0, 0, 0, 0]
}

#[test]
fn every_operation_yields_what_its_range_says() {
    let mut checked = 0;
    for op in Op::ALL.iter().copied() {
        let is_integer = matches!(
            op.shape(),
            Shape::Unary
                | Shape::Binary
                | Shape::Ternary
                | Shape::Compare
                | Shape::Select
                | Shape::Extend
                | Shape::Reduce
        );
        for (ty, to) in TYPES.into_iter().flat_map(|ty| TYPES.map(|to| (ty, to))) {
            if is_integer && op.shape().admits(ty, to) {
                check(op, (ty, to));
                checked += 1;
            }
        }
    }
    assert!(checked > 250, "{checked}");
}

#[test]
fn of_wider_integers_nothing_is_known() {
    let one = Range::exactly(U256::ONE);
    assert_eq!(transfer(Op::Iadd, (Type::I512, Type::I512), [one; 3]), Range::ALL);
    assert_eq!(transfer(Op::Ireduce, (Type::I512, Type::I64), [one; 3]), Range::of(Type::I64));
}

/// What is known of variable `var` where each block of the program's first function begins.
fn at_blocks(text: &str, var: u32) -> Vec<Range> {
    let module = parse(text).unwrap_or_else(|error| panic!("{error}"));
    let module = verify_module(module).unwrap_or_else(|error| panic!("{error}")).into_inner();
    let func = &module.funcs[FuncId(0)];
    let mut ranges = Ranges::of(&module.interface, func);
    let blocks = 0..func.blocks.len() as u32;
    blocks
        .map(|block| {
            ranges.begin_block(Block(block));
            ranges.var(func, Var(var))
        })
        .collect()
}

/// The most that is known there, where that has 64 bits.
fn most(text: &str, var: u32) -> Vec<Option<u64>> {
    at_blocks(text, var).iter().map(Range::most_u64).collect()
}

/// A loop that counts variable 2 while `condition` of it and variable 0 says so: start, head, body, end.
fn counting(condition: &str, change: &str) -> String {
    std::format!(
        "\
func @f(n: i256) -> i256 {{
    var limit: i256
    var i: i256
start:
    charge 1
    jump goto head
head:
    charge 1
    {condition}
body:
    charge 1
    next = {change}
    set i, next
    jump goto head
end:
    charge 1
    return i
}}
"
    )
}

#[test]
fn a_counter_is_bounded_by_what_it_is_compared_with() {
    for condition in [
        "c = iult.i256 i, 5000\n branch c, goto body, goto end",
        "c = iuge.i256 i, 5000\n branch c, goto end, goto body",
        "c = iugt.i256 5000, i\n branch c, goto body, goto end",
        "c = islt.i256 i, 5000\n branch c, goto body, goto end",
        "c = iult.i256 i, 5000\n d = ieq.i8 c, 0\n branch d, goto end, goto body",
        "c = iult.i256 i, 5000\n w = uextend.i8.i256 c\n d = ine.i256 w, 0\n branch d, goto body, goto end",
        "c = iult.i256 i, 5000\n d = ine.i256 n, 7\n both = band.i8 c, d\n branch both, goto body, goto end",
        "c = iuge.i256 i, 5000\n d = ine.i256 n, 7\n any = bor.i8 c, d\n branch any, goto end, goto body",
    ] {
        let known = most(&counting(condition, "iadd.i256 i, 1"), 2);
        // As far as bounds go in steps; what the condition says is exact.
        assert_eq!(known, [Some(0), Some(1 << 31), Some(4999), Some(1 << 31)], "{condition}");
    }
    let upto = "c = iule.i256 i, 5000\n branch c, goto body, goto end";
    assert_eq!(most(&counting(upto, "iadd.i256 i, 1"), 2)[2], Some(5000));
}

#[test]
fn a_counter_is_not_bounded_by_what_may_be_anything() {
    let condition = "c = iult.i256 i, n\n branch c, goto body, goto end";
    assert_eq!(most(&counting(condition, "iadd.i256 i, 1"), 2), [Some(0), None, None, None]);
    // What is masked is bounded, and what is above a bound is not.
    let masked =
        "m = band.i256 n, 0xffffffffffffffff\n c = iult.i256 i, m\n branch c, goto body, goto end";
    let known = most(&counting(masked, "iadd.i256 i, 1"), 2);
    assert_eq!(known, [Some(0), Some(u64::MAX), Some(u64::MAX - 1), Some(u64::MAX)]);
    let above = "c = iugt.i256 n, 5000\n branch c, goto body, goto end";
    assert_eq!(most(&counting(above, "iadd.i256 i, 1"), 0), [None, None, None, Some(5000)]);
    let signed = "c = islt.i256 n, 5000\n set i, n\n branch c, goto body, goto end";
    assert_eq!(most(&counting(signed, "iadd.i256 i, 1"), 2)[2], None);
}

#[test]
fn what_wraps_around_is_unbounded() {
    let down = |condition: &str| most(&counting(condition, "isub.i256 i, 1"), 2);
    let free = "c = ine.i256 n, 7\n branch c, goto body, goto end";
    assert_eq!(down(free), [Some(0), None, None, None]);
    assert_eq!(most(&counting(free, "iadd.i256 i, 1"), 2), [Some(0), None, None, None]);
    // What is not zero before does not wrap around.
    let some = "c = ine.i256 limit, 0\n branch c, goto body, goto end";
    let text = counting(some, "isub.i256 limit, 1")
        .replace("start:\n", "start:\n    set limit, 100\n")
        .replace("set i, next", "set limit, next");
    assert_eq!(most(&text, 1), [Some(0), Some(100), Some(100), Some(0)]);
    let text = text.replace("ine.i256 limit, 0", "ine.i256 n, 7");
    assert_eq!(most(&text, 1), [Some(0), None, None, None]);
}

#[test]
fn a_counter_beyond_one_limb_has_two() {
    let condition = "c = iult.i256 i, 0x100000000000000000\n branch c, goto body, goto end";
    let known = at_blocks(&counting(condition, "iadd.i256 i, 0x1000000000000"), 2);
    assert_eq!(known.iter().map(Range::limbs).collect::<Vec<_>>(), [0, 2, 2, 2]);
}

#[test]
fn a_condition_says_nothing_of_what_changed_since() {
    let after = "c = iult.i256 i, 5000\n more = iadd.i256 i, n\n set i, more\n branch c, goto body, goto end";
    assert_eq!(most(&counting(after, "iadd.i256 i, 1"), 2)[2], None);
    // A copy keeps what was compared.
    let copy = "old = copy.i256 i\n set i, n\n c = iult.i256 old, 5000\n set i, old\n branch c, goto body, goto end";
    assert_eq!(most(&counting(copy, "iadd.i256 i, 1"), 2)[2], Some(4999));
    // And so does another variable that holds the same.
    let other = "set limit, i\n c = iult.i256 limit, 5000\n branch c, goto body, goto end";
    assert_eq!(most(&counting(other, "iadd.i256 i, 1"), 2)[2], Some(4999));
}

#[test]
fn counters_of_nested_loops_are_bounded_each() {
    let text = "\
func @f() {
    var i: i256
    var j: i256
outer:
    charge 1
    c = iult.i256 i, 300
    branch c, goto begin, goto end
begin:
    charge 1
    set j, 0
    jump goto inner
inner:
    charge 1
    d = iult.i256 j, i
    branch d, goto body, goto next
body:
    charge 1
    more = iadd.i256 j, 1
    set j, more
    jump goto inner
next:
    charge 1
    further = iadd.i256 i, 1
    set i, further
    jump goto outer
end:
    charge 1
    return
}
";
    assert_eq!(most(text, 0)[1..5], [Some(299); 4]);
    assert!(most(text, 1).iter().all(Option::is_some));
    assert_eq!(most(text, 1)[3], Some(298));
}

#[test]
fn where_control_comes_from_elsewhere_nothing_is_known() {
    let plain = counting("c = iult.i256 i, 5000\n branch c, goto body, goto end", "iadd.i256 i, 1");
    let module = parse(&plain).unwrap_or_else(|error| panic!("{error}"));
    let mut func = module.funcs[FuncId(0)].clone();
    for headed in [1, 2] {
        func.blocks[Block(headed)].head = Some(crate::Head(7));
        let mut ranges = Ranges::of(&module.interface, &func);
        ranges.begin_block(Block(headed));
        assert_eq!(ranges.var(&func, Var(2)), Range::ALL);
    }
    // Parameters come from elsewhere too.
    assert_eq!(most(&plain, 0), [None; 4]);
}

#[test]
fn slots_of_the_window_may_hold_anything() {
    let plain = counting("c = iult.i256 i, 5000\n branch c, goto body, goto end", "iadd.i256 i, 1");
    let module = parse(&plain).unwrap_or_else(|error| panic!("{error}"));
    let mut func = module.funcs[FuncId(0)].clone();
    func.vars[Var(2)].slot = Some(0);
    let mut ranges = Ranges::of(&module.interface, &func);
    for block in 0..4 {
        ranges.begin_block(Block(block));
        assert_eq!(ranges.var(&func, Var(2)), Range::ALL);
    }
}

#[test]
fn what_a_check_admits_is_small_behind_it() {
    let text = "\
traps take_all
memory m0 = on_touch 0 linear 3 divisor 512
func @f(p: i256, q: i256) {
start:
    charge 1
    a = check.i256 m0, p, 32
    b = check.i256 m0, q, 0
    jump goto end
end:
    charge 1
    return
}
";
    assert_eq!(most(text, 0), [None, Some(crate::MEMORY_BYTES_MAX)]);
    // What touches nothing says nothing.
    assert_eq!(most(text, 1), [None, None]);
}

#[test]
fn lengths_that_never_change_are_known_from_block_to_block() {
    let text = "\
memory m0 = on_touch 0 linear 3 divisor 512
memory m1 = read_only 0
func @f() {
    var x: i256
b0:
    charge 1
    n = memory_size m1
    few = iult.i64 n, 4
    branch few, goto end, goto b1
b1:
    charge 1
    m = memory_size m1
    w = uextend.i64.i256 m
    rest = iadd.i256 w, -4
    set x, rest
    jump goto end
end:
    return
}
";
    // Sums with what is negative are differences.
    assert_eq!(most(text, 0), [Some(0), Some(0), Some(u64::MAX - 4)]);
    // Of what grows nothing is known later.
    assert_eq!(most(&text.replace("memory_size m1", "memory_size m0"), 0)[2], None);
    let more = text.replace("iadd.i256 w, -4", "iadd.i256 w, -5");
    assert_eq!(most(&more, 0)[2], None);
    // A number of at least so much is not one number.
    let any = "o = bor.i256 w, 0xffffffffffffffff\n    rest = iadd.i256 o, w";
    assert_eq!(most(&text.replace("rest = iadd.i256 w, -4", any), 0)[2], None);
}

/// What the last comparison before the first block's end is known to be.
fn decided(text: &str) -> Option<u64> {
    let module = parse(text).unwrap_or_else(|error| panic!("{error}"));
    let func = &module.funcs[FuncId(0)];
    let mut ranges = Ranges::of(&module.interface, func);
    let block = &func.blocks[Block(0)];
    ranges.begin_block(Block(0));
    func.block_insts(block).iter().for_each(|inst| ranges.inst(&module.interface, func, inst));
    let Terminator::Branch { cond, .. } = block.terminator else { panic!("a branch") };
    ranges.value(func, cond.as_value().expect("a value")).known()
}

#[test]
fn checks_of_sums_and_differences_that_cannot_wrap_around_are_decided() {
    let of = |mask: &str, operation: &str, comparison: &str| {
        decided(&std::format!(
            "\
func @f(n: i256, m: i256) {{
b0:
    charge 1
    a = band.i256 n, {mask}
    b = band.i256 m, {mask}
    r = {operation}
    c = {comparison}
    branch c, goto b0, goto b1
b1:
    return
}}
"
        ))
    };
    let (narrow, wide) = (
        "0xffffffffffffffff",
        "0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    );
    assert_eq!(of(narrow, "iadd.i256 a, b", "iugt.i256 a, r"), Some(0));
    assert_eq!(of(narrow, "iadd.i256 a, b", "iult.i256 r, b"), Some(0));
    assert_eq!(of(narrow, "iadd.i256 a, b", "iuge.i256 r, a"), Some(1));
    assert_eq!(of(narrow, "iadd.i256 a, b", "iult.i256 a, r"), None);
    assert_eq!(of(wide, "iadd.i256 a, b", "iugt.i256 a, r"), None);
    assert_eq!(of(narrow, "isub.i256 a, b", "iugt.i256 r, a"), None);
    assert_eq!(of(narrow, "urem.i256 a, 100", "iult.i256 r, 100"), Some(1));
    assert_eq!(of(narrow, "urem.i256 a, 100", "ieq.i256 r, 100"), Some(0));
    assert_eq!(of(narrow, "urem.i256 a, 100", "ieq.i256 r, 99"), None);
    assert_eq!(of(narrow, "copy.i256 a", "iugt.i256 a, r"), Some(0));
    assert_eq!(of(narrow, "bor.i256 a, 8", "iult.i256 r, 8"), Some(0));
}
