use std::sync::Arc;

use lockstep_base::Fork;
use lockstep_ir::{Func, Head, Inst, Lazy, Terminator, Trap};

use super::super::program::{Mode, Program};

fn lower_at(code: &[u8], head: u32, height: Option<u16>, mode: Mode) -> Func {
    let program = Program::new(Arc::from(code), Fork::LATEST, mode);
    let mut func = Func::default();
    program.lower(Head(head), height, &mut func);
    func
}

fn lower(code: &[u8]) -> Func {
    lower_at(code, 0, None, Mode::Plain)
}

/// PUSH, DUP, SWAP and POP leave nothing but the constants and homes they end in.
#[test]
fn stack_shuffles_emit_nothing() {
    // PUSH1 1 PUSH1 2 DUP2 SWAP1 POP POP POP STOP
    let func = lower(&[0x60, 1, 0x60, 2, 0x81, 0x90, 0x50, 0x50, 0x50, 0x00]);
    assert_eq!(func.insts, [Inst::WindowCheck { need: 0, grow: 3 }, Inst::Charge { gas: 18 }],);
}

#[test]
fn constants_fold_through_the_meaning_of_the_operation() {
    // PUSH1 5 PUSH1 4 ADD PUSH1 0 MSTORE STOP: the stored word is the constant 9.
    let func = lower(&[0x60, 5, 0x60, 4, 0x01, 0x60, 0, 0x52, 0x00]);
    let stored = func.insts.iter().find_map(|inst| match inst {
        Inst::Store { value, .. } => Some(*value),
        _ => None,
    });
    assert_eq!(stored, Some(lockstep_ir::Operand::imm(9)));
}

/// A host operation closes the span that pays for it; the next instruction opens another.
#[test]
fn spans_end_with_host_operations() {
    // PUSH0 SLOAD PUSH0 SLOAD POP POP STOP
    let func = lower(&[0x5f, 0x54, 0x5f, 0x54, 0x50, 0x50, 0x00]);
    let charges: Vec<_> = func
        .insts
        .iter()
        .filter_map(|inst| match inst {
            Inst::Charge { gas } => Some(*gas),
            _ => None,
        })
        .collect();
    assert_eq!(charges, [102, 102, 4]);
}

/// GAS sees the counter as if every instruction after it were still unpaid.
#[test]
fn gas_adds_back_what_the_span_charged_in_advance() {
    // GAS PUSH0 PUSH0 POP POP POP STOP
    let func = lower(&[0x5a, 0x5f, 0x5f, 0x50, 0x50, 0x50, 0x00]);
    assert!(func.insts.iter().any(|inst| matches!(inst, Inst::GasLeft { prepaid: 10, .. })));
}

/// The twin keeps the host call made before the underflow and ends in the trap.
#[test]
fn a_twin_is_cut_before_the_instruction_that_does_not_fit() {
    // PUSH0 SLOAD POP POP STOP with an empty stack: the second POP underflows.
    let func = lower_at(&[0x5f, 0x54, 0x50, 0x50, 0x00], 0, Some(0), Mode::Plain);
    assert!(func.insts.iter().any(|inst| matches!(inst, Inst::CallHost { .. })));
    assert_eq!(func.blocks.as_slice()[0].terminator, Terminator::Trap(Trap::StackUnderflow));
    let (need, grow) = match func.insts[0] {
        Inst::WindowCheck { need, grow } => (need, grow),
        _ => panic!("a block begins with its window check"),
    };
    assert_eq!((need, grow), (0, 1));
}

#[test]
fn instrumented_blocks_hold_one_instruction() {
    let func = lower_at(&[0x60, 1, 0x60, 2, 0x01, 0x00], 4, None, Mode::Instrumented);
    assert!(matches!(func.insts[1], Inst::Step { .. }));
    assert!(matches!(
        func.blocks.as_slice()[0].terminator,
        Terminator::Jump(lockstep_ir::Edge::Enter { head: Head(5), shift: -1 })
    ));
}

/// A block ends once, even where its last instruction stands just before a jump destination.
#[test]
fn a_halt_before_a_jumpdest_ends_the_block_once() {
    let func = lower(&[0x60, 1, 0x50, 0x00, 0x5b, 0x00]);
    assert_eq!(func.blocks.len(), 1);
}

/// A branch on a negation takes the other way instead of negating.
#[test]
fn a_negated_condition_swaps_the_edges() {
    // DUP2 DUP2 LT ISZERO PUSH1 9 JUMPI STOP JUMPDEST at 9
    let func = lower(&[0x81, 0x81, 0x10, 0x15, 0x60, 9, 0x57, 0x00, 0x00, 0x5b]);
    let ops = func.insts.iter().filter(|inst| matches!(inst, Inst::Op { .. })).count();
    assert_eq!(ops, 1);
    assert!(matches!(
        func.blocks.as_slice()[0].terminator,
        Terminator::Branch {
            then: lockstep_ir::Edge::Enter { head: Head(7), .. },
            otherwise: lockstep_ir::Edge::Enter { head: Head(9), .. },
            ..
        }
    ));
}
