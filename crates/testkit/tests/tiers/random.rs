//! Generated programs, and all pairs of pure opcodes.

use std::sync::Arc;

use lockstep::{Engine, Exit, U256};
use lockstep_guest::evm::{Mode, Program, rows};
use lockstep_ir::{Func, FuncId, Functions, Inst, pass::Whole};
use lockstep_testkit::{
    assemble::push,
    differential::{Case, Runner, Way},
    generate,
};

use super::number;

/// Seeds of an ordinary run.
const SEEDS: u64 = if cfg!(debug_assertions) { 200 } else { 2000 };
/// this share of programs runs past this many instructions.
const LONG: (u64, u64) = (70, 50);
/// This share of programs ends as it means to.
const NORMAL: u64 = 60;
/// Bytes of programs on average, at most.
const MEAN_BYTES: u64 = 300;

#[test]
fn generated_programs_do_the_same_in_every_way() {
    let engine = Engine::new();
    let mut runner = Runner::new(&engine);
    let (first, count) = (number("LOCKSTEP_SEED", 0), number("LOCKSTEP_SEEDS", SEEDS));
    let (mut long, mut normal, mut bytes, mut opcodes) = (0, 0, 0, vec![0; 256]);
    for seed in first..first + count {
        let case = generate::case(seed);
        // The slowest way of all comes now and then.
        let ways = if seed % 8 == 0 { &Way::ALL[..] } else { &Way::ALL[..4] };
        let (seen, steps) = runner
            .agree(&case, ways)
            .unwrap_or_else(|difference| panic!("LOCKSTEP_SEED={seed} differs:\n{difference}"));
        let steps = steps.expect("one way is stepped");
        long += u64::from(steps.count > LONG.1);
        normal += u64::from(seen.exit == Exit::Return);
        bytes += case.code.len() as u64;
        opcodes.iter_mut().zip(&steps.opcodes).for_each(|(sum, more)| *sum += more);
    }
    println!("{long} of {count} programs run past {} instructions, {normal} return", LONG.1);
    println!("{} bytes on average", bytes / count);
    if count >= SEEDS {
        assert!(long * 100 >= count * LONG.0, "{long} of {count} programs run long");
        assert!(normal * 100 >= count * NORMAL, "{normal} of {count} programs return");
        assert!(bytes < count * MEAN_BYTES, "{bytes} bytes in {count} programs");
        let missed: Vec<_> = rows(lockstep::Fork::LATEST)
            .filter(|(row, _)| opcodes[usize::from(row.byte)] == 0)
            .map(|(row, _)| row.name)
            .collect();
        // Immediates of every length are no concern of a random stack.
        let missed: Vec<_> = missed.iter().filter(|name| !name.starts_with("PUSH")).collect();
        assert!(cfg!(debug_assertions) || missed.is_empty(), "never executed: {missed:?}");
    }
}

/// For each function of a program, the functions that it calls.
fn calls(case: &Case) -> Vec<Vec<usize>> {
    let program = Program::new(case.code.as_slice().into(), case.fork, Mode::Plain);
    let whole = Whole::new(Arc::new(program));
    let of = |number: usize| {
        let mut func = Func::default();
        whole.lower(FuncId(number as u32), &mut func);
        let callee = |inst: &Inst| match inst {
            Inst::Call { func, .. } => Some(func.0 as usize),
            _ => None,
        };
        func.insts.iter().filter_map(callee).collect()
    };
    (0..whole.interface().signatures.len()).map(of).collect()
}

/// Whether some function calls itself, and whether some function calls itself by others alone.
fn recursion(calls: &[Vec<usize>]) -> [bool; 2] {
    let (mut itself, mut by_others) = (false, false);
    for func in 1..calls.len() {
        let mut reached = vec![false; calls.len()];
        let mut ahead: Vec<usize> = calls[func].iter().copied().filter(|to| *to != func).collect();
        while let Some(at) = ahead.pop() {
            if !std::mem::replace(&mut reached[at], true) && at != func {
                ahead.extend(&calls[at]);
            }
        }
        let is_direct = calls[func].contains(&func);
        itself |= is_direct;
        by_others |= !is_direct && reached[func];
    }
    [itself, by_others]
}

#[test]
fn generated_programs_have_functions_that_call_themselves() {
    let (mut functions, mut itself, mut by_others) = (0, 0, 0);
    for seed in 0..SEEDS {
        let calls = calls(&generate::case(seed));
        let [is_direct, is_by_others] = recursion(&calls);
        functions += u64::from(calls.len() > 1);
        itself += u64::from(is_direct);
        by_others += u64::from(is_by_others);
    }
    println!(
        "of {SEEDS} programs {functions} have functions, {itself} one that calls itself, {by_others} by others"
    );
    assert!(functions * 100 >= 25 * SEEDS, "{functions} of {SEEDS} have functions");
    assert!(itself * 100 >= 10 * SEEDS, "{itself} of {SEEDS} have one that calls itself");
    assert!(by_others * 100 >= 2 * SEEDS, "{by_others} of {SEEDS} have some that call each other");
}

/// One gas limit around the one that just suffices, for each program.
#[test]
fn generated_programs_run_out_of_gas_at_the_same_place() {
    let engine = Engine::new();
    let mut runner = Runner::new(&engine);
    for seed in 0..SEEDS / 5 {
        let mut case = generate::case(seed);
        case.gas = 1_000_000;
        let used = case.gas - runner.observe(&case, Way::INTERPRETER).0.gas_left;
        for gas in [used.saturating_sub(1), used, used + 1, used / 2, used / 3, used * 9 / 10] {
            case.gas = gas;
            runner
                .agree(&case, &[Way::EVALUATOR, Way::INTERPRETER, Way::OPTIMIZING, Way::STEPPED])
                .unwrap_or_else(|difference| panic!("seed {seed}, gas {gas}:\n{difference}"));
        }
    }
}

/// The values that pairs of opcodes get: both ends of the widths where narrowing decides, and of the signs.
fn operands() -> [U256; 12] {
    let one = U256::from(1);
    [
        U256::ZERO,
        one,
        U256::from(31),
        U256::from(256),
        U256::from(u32::MAX),
        U256::from(u64::MAX),
        one << 64,
        (one << 128) - one,
        (one << 255) - one,
        one << 255,
        U256::MAX - one,
        U256::MAX,
    ]
}

/// How the three operands of a pair reach it: from the input, or as constants of the code.
const FORMS: [[bool; 3]; 4] =
    [[false, false, false], [true, false, false], [false, true, false], [false, false, true]];

/// `second(first(x, y), z)` for every y and, in turn, every z; x and the operands that are no constants are input.
fn pair_program(first: (u8, u8), second: (u8, u8), form: [bool; 3]) -> Vec<u8> {
    let values = operands();
    let mut code = Vec::new();
    for y in 0..12 {
        let z = (5 * y + 3) % 12;
        let operand = |code: &mut Vec<u8>, is_constant: bool, index: usize| match is_constant {
            true => push(code, values[index]),
            false => {
                push(code, U256::from(32 * (index + 1) as u64));
                code.push(0x35);
            }
        };
        for (pops, byte, z_first) in [(first.0, first.1, false), (second.0, second.1, true)] {
            match (pops, z_first) {
                (1, _) => {}
                // Third operands repeat the others.
                (3, false) => operand(&mut code, form[2], z),
                (3, true) => operand(&mut code, form[1], y),
                _ => {}
            }
            match (pops, z_first) {
                (2 | 3, false) => operand(&mut code, form[1], y),
                (2 | 3, true) => operand(&mut code, form[2], z),
                _ => {}
            }
            if z_first {
                // The first result goes on top, where the second opcode wants it; once in two below.
                match pops {
                    1 => {}
                    3 => code.push(0x91),
                    _ if y % 2 == 0 => code.push(0x90),
                    _ => {}
                }
            } else {
                match form[0] {
                    true => push(&mut code, values[y]),
                    false => code.extend([0x60, 0, 0x35]),
                }
            }
            code.push(byte);
        }
        push(&mut code, U256::from(32 * y as u64));
        code.push(0x52);
    }
    code.extend([0x61, 0x01, 0x80, 0x60, 0, 0xf3]);
    code
}

#[test]
fn all_pairs_of_pure_opcodes_compute_the_same() {
    let engine = Engine::new();
    let mut runner = Runner::new(&engine);
    let pure: Vec<(u8, u8)> = rows(lockstep::Fork::LATEST)
        .filter(|(row, _)| (0x01..=0x1e).contains(&row.byte))
        .map(|(row, _)| (row.pops, row.byte))
        .collect();
    assert_eq!(pure.len(), 26);
    let values = operands();
    let rest: Vec<u8> = values.iter().flat_map(|value| value.to_be_bytes::<32>()).collect();
    for first in &pure {
        for (at, second) in pure.iter().enumerate() {
            for (number, form) in FORMS.iter().enumerate() {
                let code = pair_program(*first, *second, *form);
                // With constants, and in debug builds, one operand in turn.
                let xs = match cfg!(debug_assertions) || number > 0 {
                    true => at % 12..at % 12 + 1,
                    false => 0..12,
                };
                for x in xs {
                    let mut case = Case::of(code.clone());
                    case.input = [&values[x].to_be_bytes::<32>()[..], &rest].concat();
                    let agreed =
                        runner.agree(&case, &[Way::EVALUATOR, Way::INTERPRETER, Way::OPTIMIZING]);
                    let (seen, _) = agreed.unwrap_or_else(|difference| {
                        panic!("{first:?} {second:?} form {number} x {x}:\n{difference}")
                    });
                    assert_eq!(seen.exit, lockstep::Exit::Return, "{first:?} {second:?} {number}");
                }
            }
        }
    }
}
