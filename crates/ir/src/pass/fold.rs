//! Constant folding: what is known before the program runs is computed by the operation's own meaning.

use alloc::vec::Vec;

use lockstep_base::Index;

use super::rewrite::{operands, retain, terminator_operands};
use crate::{
    builder::Builder,
    func::Func,
    inst::{Block, Inst, Operand, Source, Terminator, Value},
    op::meaning,
    types::Type,
};

/// Replaces pure operations on constants by their results, copies by what they copy where that cannot change, and
/// branches on constants by the edge taken. A checked operation that would trap stays.
pub fn fold(func: &mut Func) {
    // For each value that turned out to be something simpler, what it is: a constant or another value.
    let mut known: Vec<Option<Operand>> = alloc::vec![None; func.values.len()];
    let mut keep = alloc::vec![true; func.insts.len()];
    for position in 0..func.blocks.len() {
        let id = Block::new(position);
        for at in func.blocks[id].insts.clone() {
            let mut inst = func.insts[at as usize];
            operands(&mut inst, &mut func.operands, |operand| replace(operand, &known));
            func.insts[at as usize] = inst;
            match simplify(func, &inst) {
                Simpler::Same => {}
                Simpler::Gone => keep[at as usize] = false,
                Simpler::Known(result, operand) => {
                    known[result.position()] = Some(operand);
                    keep[at as usize] = false;
                }
            }
        }
        let mut terminator = func.blocks[id].terminator;
        terminator_operands(&mut terminator, &mut func.operands, |operand| {
            replace(operand, &known);
        });
        func.blocks[id].terminator = decide(func, terminator);
    }
    retain(func, &keep);
}

enum Simpler {
    Same,
    Gone,
    Known(Value, Operand),
}

fn replace(operand: &mut Operand, known: &[Option<Operand>]) {
    if let Source::Value(value) = operand.source()
        && let Some(simpler) = known[value.position()]
    {
        *operand = simpler;
    }
}

fn simplify(func: &mut Func, inst: &Inst) -> Simpler {
    match *inst {
        Inst::Op { op, ty, to, args, result } => {
            let mut bits = [[0; 8]; 3];
            for (position, arg) in args.iter().enumerate().take(op.shape().arity()) {
                let ty = op.shape().operand(position, ty);
                match func.const_limbs(*arg, ty) {
                    Some(limbs) => bits[position] = limbs,
                    None => return Simpler::Same,
                }
            }
            match meaning::evaluate(op, ty, to, [&bits[0], &bits[1], &bits[2]]) {
                Ok(bits) => Simpler::Known(result, Builder::new(func).constant_bits(&bits, to)),
                Err(_trap) => Simpler::Same,
            }
        }
        // A variable may change after the copy; a value or a constant does not.
        Inst::Copy { value, result, .. } if !matches!(value.source(), Source::Var(_)) => {
            Simpler::Known(result, value)
        }
        Inst::TrapIf { cond, .. } if truth(func, cond) == Some(false) => Simpler::Gone,
        _ => Simpler::Same,
    }
}

fn truth(func: &Func, cond: Operand) -> Option<bool> {
    func.const_limbs(cond, Type::I8).map(|limbs| limbs[0] != 0)
}

fn decide(func: &Func, terminator: Terminator) -> Terminator {
    let Terminator::Branch { cond, then, otherwise } = terminator else { return terminator };
    match truth(func, cond) {
        Some(true) => Terminator::Jump(then),
        Some(false) => Terminator::Jump(otherwise),
        None => terminator,
    }
}
