//! Programs of RFC 9669, which its verifier takes: functions that access memory, branch, and call each other.

use lockstep::ebpf::{AluOp, Dialect, Insn, Kind, ROWS, Reach, Row, Source};

use crate::{
    generate::{DISTANCES, EXIT, OFFSETS},
    random::Random,
};

/// The number of the host function.
pub(crate) const HOST_NUMBER: u32 = 1;
/// Where the text lies, and everything else.
const TEXT: u64 = 1 << 40;
const BASE: u64 = 1 << 32;
const FUNCTIONS: u64 = 4;
/// What atomic instructions do.
const ATOMICS: [i32; 8] = [0x00, 0x01, 0x40, 0x51, 0xa0, 0xa1, 0xe1, 0xf1];

/// An instruction whose target is not placed yet.
#[derive(Clone, Copy)]
struct Item {
    insn: Insn,
    /// The second half of a wide one.
    wide: Option<Insn>,
    to: To,
}

#[derive(Clone, Copy)]
enum To {
    Nowhere,
    /// An item of the same function.
    Item(usize),
    /// A function, called.
    Call(usize),
    /// A function, whose address this is.
    Address(usize),
}

/// The program of a seed.
pub(crate) fn program(seed: u64) -> Vec<Insn> {
    let mut random = Random::new(seed);
    let count = 1 + random.below(FUNCTIONS) as usize;
    let functions: Vec<Vec<Item>> = (0..count).map(|_| function(&mut random, count)).collect();
    placed(&functions)
}

fn function(random: &mut Random, count: usize) -> Vec<Item> {
    let mut items = Vec::new();
    for reg in [6, 7, 8] {
        wide(&mut items, reg, BASE + random.one_of(&DISTANCES), To::Nowhere);
    }
    let rows: Vec<&Row> = ROWS.iter().filter(|row| row.is_in(Dialect::Rfc)).collect();
    let accesses =
        |row: &&&Row| matches!(row.kind, Kind::Load(..) | Kind::Store(..) | Kind::Atomic(_));
    let memory: Vec<&Row> = rows.iter().filter(accesses).copied().collect();
    let len = items.len() + 4 + random.below(30) as usize;
    while items.len() < len {
        let menu = if random.is_one_in(2) { &memory } else { &rows };
        let row = random.one_of(menu);
        instruction(random, &mut items, row, (len, count));
    }
    // An instruction may have had several items.
    items.push(Item { insn: EXIT, wide: None, to: To::Nowhere });
    items
}

fn wide(items: &mut Vec<Item>, dst: u8, number: u64, to: To) {
    let insn = Insn { opcode: 0x18, dst, imm: number as i32, ..Insn::default() };
    let high = Insn { imm: (number >> 32) as i32, ..Insn::default() };
    items.push(Item { insn, wide: Some(high), to });
}

/// An instruction of a function of `len` items at least, in a program of `count` functions.
fn instruction(
    random: &mut Random,
    items: &mut Vec<Item>,
    row: &Row,
    (len, count): (usize, usize),
) {
    // Pointers are seldom lost.
    let any = random.below(10) as u8;
    let (dst, src) = (random.one_of(&[0, 2, 3, 4, 5, 9, 9, any]), random.below(10) as u8);
    let mut insn = Insn { opcode: row.byte, dst, ..Insn::default() };
    let mut to = To::Nowhere;
    let second = |insn: &mut Insn, source: Source, imm: i32| match source {
        Source::Reg => insn.src = src,
        Source::Imm => insn.imm = imm,
    };
    let imm = random.immediate();
    match row.kind {
        Kind::Alu(AluOp::Sdiv | AluOp::Smod, ..) | Kind::Movsx(..) | Kind::Goto(Reach::Far) => {
            return;
        }
        // The frame pointer is worth a copy.
        Kind::Alu(AluOp::Mov, _, Source::Reg) if random.is_one_in(2) => insn.src = 10,
        Kind::Alu(_, _, source) => second(&mut insn, source, imm),
        Kind::Neg(_) => {}
        Kind::End(_) | Kind::Swap => insn.imm = random.one_of(&[16, 32, 64]),
        Kind::LoadImm => return wide(items, dst, random.next(), to),
        Kind::Load(..) => (insn.src, insn.offset) = place(random),
        Kind::Store(_, source) => {
            (insn.dst, insn.offset) = place(random);
            second(&mut insn, source, imm);
        }
        Kind::Atomic(_) => {
            (insn.dst, insn.offset) = place(random);
            (insn.src, insn.imm) = (src, random.one_of(&ATOMICS));
        }
        Kind::Branch(_, _, source) => {
            second(&mut insn, source, imm);
            to = To::Item(target(random, items.len(), len));
        }
        Kind::Goto(Reach::Near) => {
            insn.dst = 0;
            to = To::Item(target(random, items.len(), len));
        }
        Kind::Call if random.is_one_in(3) => (insn.dst, insn.imm) = (0, HOST_NUMBER as i32),
        Kind::Call => {
            (insn.dst, insn.src) = (0, 1);
            to = To::Call(random.below(count as u64) as usize);
        }
        Kind::CallReg => {
            wide(items, dst, 0, To::Address(random.below(count as u64) as usize));
        }
        Kind::Exit => {}
    }
    if matches!(row.kind, Kind::Exit) {
        if !random.is_one_in(4) {
            return;
        }
        insn = EXIT;
    }
    items.push(Item { insn, wide: None, to });
}

/// A register that may point somewhere, and an offset.
fn place(random: &mut Random) -> (u8, i16) {
    let any = if random.is_one_in(6) { random.below(11) as u8 } else { 10 };
    let reg = random.one_of(&[1, 1, 10, 10, 6, 7, 8, any]);
    let near = random.below(80) as i16 - 40;
    (reg, if random.is_one_in(2) { near } else { random.one_of(&OFFSETS) })
}

/// An item, mostly a little further on.
fn target(random: &mut Random, at: usize, len: usize) -> usize {
    match random.is_one_in(4) {
        true => random.below(len as u64) as usize,
        false => (at + 1 + random.below(8) as usize).min(len),
    }
}

/// The slots, each target where it lies.
fn placed(functions: &[Vec<Item>]) -> Vec<Insn> {
    let mut slot = 0;
    let mut slots: Vec<Vec<usize>> = Vec::new();
    for items in functions {
        let mut own = Vec::new();
        for item in items {
            own.push(slot);
            slot += 1 + usize::from(item.wide.is_some());
        }
        slots.push(own);
    }
    let mut insns = Vec::new();
    for (items, own) in functions.iter().zip(&slots) {
        for Item { mut insn, mut wide, to } in items.iter().copied() {
            let distance = |to: usize| to as i64 - insns.len() as i64 - 1;
            match to {
                To::Nowhere => {}
                To::Item(at) => insn.offset = distance(own[at.min(own.len() - 1)]) as i16,
                To::Call(func) => insn.imm = distance(slots[func][0]) as i32,
                To::Address(func) => {
                    let address = TEXT + slots[func][0] as u64 * 8;
                    insn.imm = address as i32;
                    wide = Some(Insn { imm: (address >> 32) as i32, ..Insn::default() });
                }
            }
            insns.push(insn);
            insns.extend(wide);
        }
    }
    insns
}
