//! Every kind of handler many times over on a small stack: in optimized builds each must end in a jump to the next one,
//! and one that called it instead would leave a native frame for each instruction of the guest.

use std::{cell::RefCell, fmt::Write, sync::Arc};

use lockstep::{Block, Config, Ethereum, Fork, Journal, MemoryStorage, U256, evm};
use lockstep_host::ethereum::functions;
use lockstep_interp::{Code, Ending, Translator, activate};
use lockstep_ir::{
    FuncId, Op, Shape, Type,
    text::{parse, runs},
    verify_module,
};
use lockstep_rt::{Ended, Exit, Faulted, Links, Machine, Program, Resources, Spec, StepView};
use lockstep_testkit::{assemble::assemble, differential::CONTRACT, interpret::Loaded};

use super::on_small_stack;

/// Turns of each loop: sixteen bytes of stack for each would exceed the thread's.
const TURNS: u32 = if cfg!(debug_assertions) { 1000 } else { 100_000 };

/// The memories that loops may touch.
const MEMORIES: &str = "memory m0 = on_touch 0 linear 3 divisor 512\nmemory m1 = read_only 64\n";

/// A function that does `body` in each of [`TURNS`] turns; `a`, `b`, `c` are variables of the types given.
fn looping(variables: &[(&str, Type)], body: &str) -> String {
    let mut text = String::from(MEMORIES);
    text += "func @none() {\nb:\n    return\n}\n";
    text += "func @pair(a: i256, b: i64) -> i64, i256 {\nb:\n    return b, a\n}\n";
    text += "func @turns() -> i64 {\n    var turn: i64\n";
    for (name, ty) in variables {
        writeln!(text, "    var {name}: {ty}").expect("a string takes what is written");
    }
    text += "loop:\n";
    body.lines().for_each(|line| writeln!(text, "    {line}").expect("as above"));
    text += "    next = iadd.i64 turn, 1\n    set turn, next\n";
    writeln!(text, "    more = iult.i64 turn, {TURNS}").expect("as above");
    text += "    branch more, goto loop, goto end\nend:\n    return turn\n}\n";
    writeln!(text, "; run: @turns() with gas 0x7fffffffffffffff == {TURNS}").expect("as above");
    text
}

fn run_loop(name: &str, variables: &[(&str, Type)], body: &str) {
    let text = looping(variables, body);
    on_small_stack(name, move || {
        let module = parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let runs = runs(&text, &module).expect("the run above");
        let module = verify_module(module).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let (got, _) =
            Loaded::new(&module).run(&runs[0]).unwrap_or_else(|why| panic!("{why}\n{text}"));
        assert_eq!(got, runs[0].want, "{text}");
        let _: FuncId = runs[0].func;
    });
}

/// How the second and third place of an instruction can be filled: a variable, a small constant, a wide one.
const OPERANDS: [[&str; 2]; 5] = [["a", "b"], ["a", "5"], ["6", "b"], ["a", WIDE], [WIDE, "b"]];
const WIDE: &str = "0x7000000000000001";

#[test]
fn operations() {
    for op in Op::ALL {
        for ty in Type::ALL {
            for to in Type::ALL.iter().filter(|to| op.shape().admits(ty, **to)) {
                operation(*op, ty, *to);
            }
        }
    }
}

fn operation(op: Op, ty: Type, to: Type) {
    // Handlers of their own exist at 64 and 256 bits; one other type stands for the general one.
    if ![Type::I32, Type::I64, Type::I256, Type::F64].contains(&ty) {
        return;
    }
    let name = format!("{op}.{ty} to {to}");
    let variables = [("c", Type::I8), ("a", ty), ("b", ty)];
    let head = match op.shape().result(ty) {
        Some(_) => format!("v = {op}.{ty}"),
        None => format!("v = {op}.{ty}.{to}"),
    };
    // A checked division divides by one.
    let set = format!("set b, {}", if ty == Type::F64 { "0x3ff0000000000000" } else { "1" });
    match op.shape() {
        Shape::Binary | Shape::Compare if ty != Type::I32 => {
            for [a, b] in OPERANDS {
                let wide = |text: &str| text == WIDE;
                if wide(a) || wide(b) {
                    let body = format!("{set}\n{head} {}, {}", full(a, ty), full(b, ty));
                    run_loop(&name, &variables, &body);
                    continue;
                }
                run_loop(&name, &variables, &format!("{set}\n{head} {a}, {b}"));
                if op.shape() == Shape::Compare {
                    branching(&name, &head, a, b, ty);
                }
            }
        }
        Shape::Select => run_loop(&name, &variables, &format!("{head} c, a, b")),
        shape => {
            // Operands on lanes have types of their own, which `variables` has not.
            let names = &["a", "b", "d"][..shape.arity()];
            let own: Vec<_> =
                names.iter().enumerate().map(|(k, name)| (*name, shape.operand(k, ty))).collect();
            let set = if own.len() > 1 && own[1].1 == ty { set } else { String::new() };
            run_loop(&name, &own, &format!("{set}\n{head} {}", names.join(", ")));
        }
    }
}

/// A constant that needs all limbs of its type.
fn full(operand: &str, ty: Type) -> String {
    match (operand, ty) {
        (WIDE, Type::I256) => format!("0x{:x}", U256::MAX / U256::from(3)),
        _ => operand.into(),
    }
}

/// The comparison that is written with the branch, both ways.
fn branching(name: &str, head: &str, a: &str, b: &str, ty: Type) {
    for second in ["0", "9"] {
        let body = format!(
            "set b, {second}\nset a, 7\n{head} {a}, {b}\nbranch v, goto yes, goto no\nyes:\ngoto on\nno:\ngoto on\non:"
        );
        run_loop(&format!("branch {name}"), &[("a", ty), ("b", ty)], &body);
    }
}

#[test]
fn memory() {
    for ty in [Type::I64, Type::I128, Type::I256, Type::I512] {
        run_loop("check", &[("a", ty)], &format!("t = check.{ty} m0, a, 32\ncharge 1"));
        let charge = format!("charge_by.{ty} a, per 3, unit 32\ncharge_by.{ty} a, per 8, unit 1");
        run_loop("charge_by", &[("a", ty)], &charge);
    }
    for ty in Type::ALL.iter().filter(|ty| **ty != Type::V128 && **ty != Type::Ref) {
        for order in ["le", "be"] {
            let body = format!(
                "t = check.i64 m0, a, 64\nv = load.{ty}.{order} t + 0\nstore.{ty}.{order} t + 0, v\n\
                 s = check.i64 m1, 0, 64\nw = load.{ty}.{order} s + 0"
            );
            run_loop("access", &[("a", Type::I64)], &body);
        }
    }
    for (ty, addr) in [(Type::I64, "a"), (Type::I256, "a"), (Type::I64, "64")] {
        let body = format!(
            "t = check.{ty} m0, {addr}, 32\nv = load.i256.be t + 0\n\
             s = check.{ty} m0, {addr}, 32\nstore.i256.be s + 0, v\n\
             u = check.{ty} m0, {addr}, 1\nstore.i8.be u + 0, 3"
        );
        run_loop("word access", &[("a", ty)], &body);
    }
    run_loop(
        "padded",
        &[("a", Type::I256)],
        "v = load_padded.i256 m1, a\nw = load_padded.i32 m1, 9",
    );
    let copies = "t = check.i256 m0, a, 40\ncopy_padded t, m1, a, 40\n\
                  s = check.i256 m0, 7, 40\ncopy_within s, t, 40\nz = memory_size m0";
    run_loop("copies", &[("a", Type::I256)], copies);
}

#[test]
fn the_rest() {
    for ty in Type::ALL.iter().filter(|ty| **ty != Type::V128 && **ty != Type::Ref) {
        let body = format!("v = copy.{ty} a\nset b, v\nset a, 3\nw = copy.{ty} b\nset a, w");
        run_loop("moves", &[("a", *ty), ("b", *ty)], &body);
    }
    run_loop(
        "wide constants",
        &[("a", Type::I256), ("b", Type::I64)],
        &format!("set a, 0x{:x}\nset b, {WIDE}", U256::MAX),
    );
    run_loop("gas", &[("a", Type::I8)], "g = gas_left prepaid 3\ncharge 2\ntrap_if a, unreachable");
    run_loop(
        "call",
        &[("a", Type::I256), ("b", Type::I64)],
        "call @none()\np, q = call @pair(a, b)",
    );
    run_loop("branch", &[("a", Type::I8)], "branch a, goto x, goto y\nx:\ngoto z\ny:\ngoto z\nz:");
}

/// Loops in EVM code, body by body: heads, host calls, steps.
const BODIES: &[&str] = &[
    "",
    "GAS POP",
    "CALLER POP",
    "1 SLOAD POP",
    "1 TLOAD POP",
    "2 1 TSTORE",
    "DUP1 1 SSTORE",
    "32 0 KECCAK256 POP",
    "32 0 LOG0",
    "1 2 3 0 0 LOG3",
    "0 MLOAD 0 MSTORE",
    "DUP1 0 MSTORE8",
    "DUP1 1 AND @odd JUMPI 1 POP odd:",
    "@far 0 MSTORE 0 MLOAD JUMP far:",
    "5 0 0 CALLDATACOPY",
    "0 CALLDATALOAD POP",
    "9 0 0 CODECOPY",
    "9 3 4 MCOPY",
    "MSIZE PC POP POP",
    "CALLER BALANCE POP",
    "CALLER EXTCODESIZE POP",
    "5 0 0 CALLER EXTCODECOPY",
    "CALLER EXTCODEHASH POP",
    "1 BLOCKHASH POP",
    "0 0 0 RETURNDATACOPY",
    "RETURNDATASIZE POP",
    "0 0 0 0 0 4 0 CALL POP",
    "0 0 0 0 4 0 STATICCALL POP",
    "0 0 0 0 4 0 DELEGATECALL POP",
    "0 0 0 0 0 4 0 CALLCODE POP",
    "DUP1 DUP2 DUP1 MULMOD POP",
    "DUP1 DUP2 DUP1 ADDMOD POP",
    "DUP1 DUP2 EXP POP",
    "ADDRESS ORIGIN CALLVALUE POP POP POP",
    "SELFBALANCE CHAINID BASEFEE POP POP POP",
    "BLOBBASEFEE 0 BLOBHASH POP POP",
    "COINBASE TIMESTAMP NUMBER PREVRANDAO GASLIMIT GASPRICE POP POP POP POP POP POP",
];

/// Runs nothing itself: inner calls return at once.
struct NoMachine;

type Host = Ethereum<Journal<MemoryStorage>>;

impl Machine<Host> for NoMachine {
    fn run(
        &mut self,
        _: &mut Host,
        program: Program<'_>,
        _: &mut Vec<u8>,
    ) -> Result<Ended, Faulted> {
        Ok(Ended { exit: Exit::Return, gas_left: program.gas })
    }

    fn step(&mut self, _: &mut Host, _: StepView<'_>) {}
}

#[test]
fn evm_loops() {
    for body in BODIES {
        for mode in [evm::Mode::Plain, evm::Mode::Instrumented] {
            let code = assemble(&format!("{TURNS} again: {body} 1 SWAP1 SUB DUP1 @again JUMPI"));
            on_small_stack(body, move || evm_loop(code.into(), mode));
        }
    }
}

fn evm_loop(code: Arc<[u8]>, mode: evm::Mode) {
    let mut journal = Journal::new(MemoryStorage::default());
    journal.begin_transaction();
    // The frame of a host without one is account number zero.
    journal.account(CONTRACT).expect("memory does not fail");
    let mut host = Ethereum::new(journal, Config::new(Fork::LATEST, 1), Block::default());
    let guest = Arc::new(evm::Program::new(code.clone(), Fork::LATEST, mode));
    let interpreted = Code::lazy(guest);
    let links = Links::new(evm::Program::shared_interface(), &functions()).expect("all imports");
    let spec = Spec {
        interface: interpreted.interface(),
        links: &links,
        read_only: [&[], &code],
        instance: None,
        depth: 0,
        gas: i64::MAX as u64,
        is_observed: mode == evm::Mode::Instrumented,
    };
    let resources = Resources::new().expect("address space");
    let translator = RefCell::<Translator>::default();
    let (ending, _) = activate(
        &resources,
        &translator,
        &interpreted,
        (&mut host, &mut NoMachine),
        &spec,
        &mut Vec::new(),
    );
    assert_eq!(ending, Ending::Exit { revert: false });
}
