//! Removal of what nobody can notice: unused results of instructions that only compute or read.

use alloc::vec::Vec;

use lockstep_base::Index;

use super::rewrite::{operands, retain, terminator_operands};
use crate::{
    func::Func,
    inst::{Block, Inst, Operand, Source},
};

/// Takes out pure instructions whose results are unused, and sets of variables that nobody reads. Whatever may trap,
/// charge, write or call stays.
pub fn remove_dead(func: &mut Func) {
    let mut used: Vec<bool> = alloc::vec![false; func.values.len()];
    let mut keep = alloc::vec![true; func.insts.len()];
    let read = variables_read(func);
    for position in (0..func.blocks.len()).rev() {
        let block = func.blocks[Block::new(position)].clone();
        let mut mark = |operand: &mut Operand| {
            if let Source::Value(value) = operand.source() {
                used[value.position()] = true;
            }
        };
        terminator_operands(&mut block.terminator.clone(), &mut func.operands, &mut mark);
        for at in block.insts.rev() {
            let mut inst = func.insts[at as usize];
            let is_needed = match inst {
                Inst::Set { var, .. } => func.vars[var].slot.is_some() || read[var.position()],
                _ if only_computes(&inst) => {
                    inst.first_result_mut().is_none_or(|result| used[result.position()])
                }
                _ => true,
            };
            keep[at as usize] = is_needed;
            if is_needed {
                operands(&mut inst, &mut func.operands, |operand| {
                    if let Source::Value(value) = operand.source() {
                        used[value.position()] = true;
                    }
                });
            }
        }
    }
    retain(func, &keep);
}

/// Whether nothing is lost but the result when `inst` does not run.
const fn only_computes(inst: &Inst) -> bool {
    match inst {
        Inst::Op { op, .. } => !op.is_checked(),
        Inst::Copy { .. }
        | Inst::GasLeft { .. }
        | Inst::GlobalGet { .. }
        | Inst::Load { .. }
        | Inst::LoadPadded { .. }
        | Inst::MemorySize { .. } => true,
        _ => false,
    }
}

/// For each variable, whether any operand names it.
fn variables_read(func: &mut Func) -> Vec<bool> {
    let mut read = alloc::vec![false; func.vars.len()];
    let mut mark = |operand: &mut Operand| {
        if let Source::Var(var) = operand.source() {
            read[var.position()] = true;
        }
    };
    for inst in &func.insts {
        operands(&mut inst.clone(), &mut func.operands, &mut mark);
    }
    for (_, block) in func.blocks.iter() {
        terminator_operands(&mut block.terminator.clone(), &mut func.operands, &mut mark);
    }
    read
}
