//! States in which a block may begin.

use lockstep_ir::{
    Func, FuncId, Growth, Interface, Type,
    op::meaning::Bits,
    text::{Run, Want},
};

use crate::random::Random;

/// More gas than a block takes.
const GAS: u64 = 10_000_000;
/// Bytes that memories begin with which grow on touch, or are read past their end.
const BYTES: u64 = 160;

/// A call of the block that `func` is, the only function of a module, in a state that `random` decides.
pub(super) fn run(interface: &Interface, func: &Func, random: &mut Random) -> Run {
    let params = &func.vars.as_slice()[..func.params as usize];
    let memories = interface.memories.iter().map(|(id, def)| {
        let len = match def.growth {
            Growth::Explicit { .. } | Growth::Fixed => def.initial_bytes,
            Growth::OnTouch { .. } => random.below(BYTES / 32) * 32,
            Growth::ReadOnly => random.below(BYTES),
        };
        let word = random.next();
        (id, (0..len).map(|at| (word.rotate_left(at as u32 % 64) ^ at) as u8).collect())
    });
    let memories = memories.collect();
    Run {
        line: 0,
        func: FuncId(0),
        args: params.iter().map(|var| bits(var.ty, random)).collect(),
        gas: if random.below(8) == 0 { random.below(200) } else { GAS },
        memories,
        want: Want::Values(Vec::new()),
        gas_used: None,
    }
}

/// A value of a type: at a border, small, like an address, or anything.
fn bits(ty: Type, random: &mut Random) -> Bits {
    let mut bits = [0; 8];
    let slots = (ty.bits() as usize).div_ceil(64);
    let kind = random.below(8);
    for limb in &mut bits[..slots] {
        *limb = match kind {
            0 => 0,
            1 => u64::MAX,
            2..=4 => random.next(),
            _ => 0,
        };
    }
    match kind {
        5 => bits[0] = random.below(BYTES),
        6 => bits[0] = random.below(1 << 16),
        7 => {
            let bit = random.below(u64::from(ty.bits())) as usize;
            bits[bit / 64] |= 1 << (bit % 64);
        }
        _ => {}
    }
    let below = ty.bits() % 64;
    if below != 0 {
        bits[slots - 1] &= (1 << below) - 1;
    }
    bits
}
