//! One program for each rule, and what the verifier says to it.

use alloc::{format, string::ToString};

use super::*;
use crate::text::parse;

const DECLARATIONS: &str = "\
memory m0 = on_touch 0 linear 3 divisor 512
memory m1 = read_only 64
window i256 1024
import @host(i64) -> i64, i256
";

fn kind(body: &str) -> Option<VerifyErrorKind> {
    let text = format!("{DECLARATIONS}func @f(a: i256, n: i64) -> i64 {{\n{body}}}\n");
    let module = parse(&text).unwrap_or_else(|error| panic!("{error} in {text}"));
    verify_module(module).err().map(|error| error.kind)
}

#[test]
fn whole_programs_pass() {
    let accepted = [
        "b:\n return n\n",
        "b:\n v = iadd.i64 n, n\n w = iadd.i64 v, 1\n return w\n",
        "b:\n x, y = call_host @host(n)\n z = call @f(y, x)\n return z\n",
        "b:\n t = check.i256 m0, a, 32\n v = load.i256.be t + 0\n store.i8.le t + 31, 1\n return t\n",
        "b:\n t = check.i64 m0, n, n\n copy_padded t, m1, a, n\n exit t, n\n",
        "b:\n t = check.i256 m0, a, 0xffffffffff\n copy_within t, t, 0xffffffffff\n exit\n",
        "var s: i256 slot -1\nvar u: i256 slot 0\nb head h0:\n window_check need 1, grow 1\n charge 3\n \
         set u, s\n set s, u\n branch 1, enter h0 shift 1, enter_dyn s shift -1\n",
        "b:\n branch 0, goto c, trap invalid_jump\nc:\n trap unreachable\n",
        "b head h0:\n put_slots n, a, 7\n put_slots 0\n move_base 2\n enter_dyn a\n",
    ];
    for body in accepted {
        assert_eq!(kind(body), None, "{body}");
    }
}

#[test]
fn each_rule_has_an_error_that_says_what_was_expected() {
    use VerifyErrorKind as Kind;
    let (i64, i256) = (crate::Type::I64, crate::Type::I256);
    let value = crate::Value;
    let rejected = [
        ("b:\n return a\n", Kind::Type { want: i64, got: i256 }),
        ("b:\n v = copy.i64 n\n goto c\nc:\n return v\n", Kind::Undefined(value(0))),
        (
            "b:\n v = iadd.f32 0, 0\n return n\n",
            Kind::NoOperation { op: crate::Op::Iadd, ty: crate::Type::F32, to: crate::Type::F32 },
        ),
        (
            "b:\n v = fadd.i64 n, n\n return n\n",
            Kind::NoOperation { op: crate::Op::Fadd, ty: i64, to: i64 },
        ),
        ("b:\n v = copy.i64 n\n w = load.i64.le v + 0\n return n\n", Kind::NoToken),
        ("b:\n t = check.i64 m0, n, 31\n v = load.i256.le t + 0\n return n\n", Kind::OutsideCheck),
        ("b:\n t = check.i64 m0, n, n\n v = load.i8.le t + 0\n return n\n", Kind::OutsideCheck),
        (
            "b:\n t = check.i64 m0, n, 32\n v = load.i8.le t + 4294967295\n return n\n",
            Kind::OutsideCheck,
        ),
        (
            "b:\n t = check.i64 m1, n, 32\n store.i8.le t + 0, 1\n return n\n",
            Kind::ReadOnly(crate::MemoryId(1)),
        ),
        ("b:\n t = check.i64 m0, n, n\n set n, 9\n exit t, n\n", Kind::OtherLength),
        ("b:\n t = check.i64 m0, n, 1\n exit t, 2\n", Kind::OtherLength),
        ("b:\n charge_by.i64 n, per 1, unit 0\n return n\n", Kind::ZeroUnit),
        ("var s: i256 slot -1\nb:\n set s, 1\n return n\n", Kind::OutsideWindow(-1)),
        (
            "var s: i256 slot -2\nb:\n window_check need 1, grow 0\n set s, 1\n return n\n",
            Kind::OutsideWindow(-2),
        ),
        (
            "var s: i256 slot 0\nb:\n window_check need 0, grow 1\n v = copy.i256 s\n return n\n",
            Kind::StaleSlot(0),
        ),
        ("b head h0:\n window_check need 0, grow 1\n enter h0 shift 1\n", Kind::StaleSlot(0)),
        ("b head h0:\n window_check need 1, grow 0\n enter h0 shift -2\n", Kind::OutsideWindow(-2)),
        ("b:\n charge 1\n window_check need 0, grow 0\n return n\n", Kind::LateWindowCheck),
        ("b head h0:\n move_base n\n return n\n", Kind::MovedBase),
        (
            "var s: i256 slot -1\nb head h0:\n window_check need 1, grow 0\n move_base n\n set s, 1\n enter h0\n",
            Kind::OutsideWindow(-1),
        ),
        ("b:\n put_slots a\n return n\n", Kind::Type { want: i64, got: i256 }),
        ("b:\n put_slots n, a, n\n return n\n", Kind::Type { want: i256, got: i64 }),
        ("b:\n enter h9\n", Kind::NoHead(crate::Head(9))),
        ("b head h1:\n return n\nc head h1:\n return n\n", Kind::DoubleHead(crate::Head(1))),
        ("var s: i256 slot 3\nvar u: i256 slot 3\nb:\n return n\n", Kind::Slot(3)),
        ("var s: i256 slot 1024\nb:\n return n\n", Kind::Slot(1024)),
        ("var s: i64 slot 0\nb:\n return n\n", Kind::Type { want: i256, got: i64 }),
        ("", Kind::Empty),
    ];
    for (body, want) in rejected {
        assert_eq!(kind(body), Some(want), "{body}");
        assert!(!want.to_string().is_empty());
    }
}

/// What no text can say: broken numbering, pools and block ranges.
#[test]
fn broken_structures_are_rejected_without_panic() {
    use crate::{BlockDef, Func, Inst, List, Operand, Terminator, Type, Value, Var};
    use VerifyErrorKind as Kind;
    let interface = Interface::default();
    let check = |edit: fn(&mut Func)| {
        let mut func = Func::default();
        let values = List::default();
        let terminator = Terminator::Return { values };
        func.blocks.push(BlockDef { insts: 0..0, terminator, head: None, terminator_pc: 0 });
        edit(&mut func);
        verify_func(&interface, &func).err().map(|error| error.kind)
    };
    assert_eq!(check(|_| {}), None);
    assert_eq!(check(|func| func.blocks[crate::Block(0)].insts = 0..7), Some(Kind::Blocks));
    assert_eq!(check(|func| func.params = 1), Some(Kind::NoVariable(Var(0))));
    assert_eq!(
        check(|func| {
            func.values.push(Type::I8);
        }),
        Some(Kind::Unborn(Value(0)))
    );
    let with = |inst: Inst| {
        let mut func = Func::default();
        func.insts.push(inst);
        func.pcs.push(0);
        func.values.push(Type::I64);
        func.blocks.push(BlockDef {
            insts: 0..1,
            terminator: Terminator::Trap(crate::Trap::Unreachable),
            head: None,
            terminator_pc: 0,
        });
        verify_func(&interface, &func).err().map(|error| error.kind)
    };
    let copy = |value, result| Inst::Copy { ty: Type::I64, value, result: Value(result) };
    assert_eq!(with(copy(Operand::ZERO, 0)), None);
    assert_eq!(with(copy(Operand::ZERO, 1)), Some(Kind::Order { want: Value(0), got: Value(1) }));
    assert_eq!(with(copy(Operand::constant(5), 0)), Some(Kind::NoConstant(5)));
    assert_eq!(with(copy(Var(3).into(), 0)), Some(Kind::NoVariable(Var(3))));
    assert_eq!(with(copy(Value(0).into(), 0)), Some(Kind::Undefined(Value(0))));
    let list = List { start: u32::MAX, len: u32::MAX };
    let call = Inst::Call { func: FuncId(0), args: list, first: Value(0) };
    assert_eq!(with(call), Some(Kind::NoCallee(0)));
}
