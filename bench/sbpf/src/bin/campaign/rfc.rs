//! Programs of RFC 9669, which its verifier takes: functions that access memory, branch, and call each other.
//!
//! Of some that rbpf does not run as the RFC asks there are none in programs for both ([`Menu::Both`]): it compares with
//! constants without extending their sign, leaves the upper half where it divides by zero in 32 bits, knows no signed division,
//! no moves with sign extension, no swaps, no atomic instructions, no calls to registers, no jump of 32 bits, and refuses
//! jumps to themselves. Its frames are smaller, and lie elsewhere.

use lockstep::ebpf::{AluOp, Dialect, Insn, Kind, ROWS, Reach, Row, Source, Width};

use crate::{
    generate::{DISTANCES, EXIT, OFFSETS},
    random::Random,
};

/// The number of the host function.
pub(crate) const HOST_NUMBER: u32 = 1;
/// Where the text lies, and everything else.
const TEXT: u64 = 1 << 40;
pub(crate) const BASE: u64 = 1 << 32;
const FUNCTIONS: u64 = 4;
/// Bytes of a frame that rbpf has, too: the first function and those inside it fit its stack.
pub(crate) const FRAME_BYTES: u16 = 56;
/// Distances from the beginning of the input.
const AROUND: [i64; 9] = [0, 8, 32, 60, 64, 72, -8, -4096, -0x8_0000];
/// Comparisons whose constant is extended by its sign, though they take no notice of signs.
const UNSIGNED: [&str; 6] = ["jeq", "jne", "jgt", "jge", "jlt", "jle"];
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

/// For whom programs are.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Menu {
    /// Our tiers: everything.
    Ours,
    /// Ours and rbpf.
    Both {
        /// Where the input lies.
        input: u64,
    },
}

/// The program of a seed.
pub(crate) fn program(seed: u64, menu: Menu) -> Vec<Insn> {
    let mut random = Random::new(seed);
    let count = 1 + random.below(FUNCTIONS) as usize;
    let mut functions = Vec::new();
    for _ in 0..count {
        let mut function = Function { random: &mut random, menu, items: Vec::new(), len: 0, count };
        function.write();
        functions.push(function.items);
    }
    placed(&functions)
}

/// A function of a program.
struct Function<'r> {
    random: &'r mut Random,
    menu: Menu,
    items: Vec<Item>,
    /// Items it has at least.
    len: usize,
    /// Functions of the program.
    count: usize,
}

impl Function<'_> {
    fn write(&mut self) {
        for reg in [6, 7, 8] {
            let address = match self.menu {
                Menu::Ours => BASE + self.random.one_of(&DISTANCES),
                Menu::Both { input } => input.wrapping_add_signed(self.random.one_of(&AROUND)),
            };
            self.wide(reg, address, To::Nowhere);
        }
        // What the RFC leaves open: only we say how long the input is, and what is in registers that nobody has written.
        self.settle(&[0, 2, 9]);
        let rows: Vec<&Row> = ROWS.iter().filter(|row| self.has(row)).collect();
        let accesses =
            |row: &&&Row| matches!(row.kind, Kind::Load(..) | Kind::Store(..) | Kind::Atomic(_));
        let memory: Vec<&Row> = rows.iter().filter(accesses).copied().collect();
        self.len = self.items.len() + 4 + self.random.below(30) as usize;
        while self.items.len() < self.len {
            let menu = if self.random.is_one_in(2) { &memory } else { &rows };
            let row = self.random.one_of(menu);
            self.instruction(row);
        }
        // An instruction may have had several items.
        self.items.push(Item { insn: EXIT, wide: None, to: To::Nowhere });
    }

    fn has(&self, row: &Row) -> bool {
        let is_for_all = match row.kind {
            Kind::Alu(AluOp::Sdiv | AluOp::Smod, ..) | Kind::Movsx(..) => false,
            Kind::Goto(Reach::Far) => false,
            Kind::Load(_, is_signed) => !is_signed,
            Kind::Alu(AluOp::Mod, Width::W32, Source::Reg) => false,
            Kind::Swap | Kind::Atomic(_) | Kind::CallReg => false,
            _ => true,
        };
        row.is_in(Dialect::Rfc) && (is_for_all || matches!(self.menu, Menu::Ours))
    }

    fn wide(&mut self, dst: u8, number: u64, to: To) {
        let insn = Insn { opcode: 0x18, dst, imm: number as i32, ..Insn::default() };
        let high = Insn { imm: (number >> 32) as i32, ..Insn::default() };
        self.items.push(Item { insn, wide: Some(high), to });
    }

    fn instruction(&mut self, row: &Row) {
        // Pointers are seldom lost.
        let any = self.random.below(10) as u8;
        let dst = self.random.one_of(&[0, 2, 3, 4, 5, 9, 9, any]);
        let (src, imm) = (self.random.below(10) as u8, self.random.immediate());
        let mut insn = Insn { opcode: row.byte, dst, ..Insn::default() };
        let mut to = To::Nowhere;
        let second = |insn: &mut Insn, source: Source| match source {
            Source::Reg => insn.src = src,
            Source::Imm => insn.imm = imm,
        };
        match row.kind {
            Kind::Alu(AluOp::Sdiv | AluOp::Smod, ..) | Kind::Movsx(..) | Kind::Goto(Reach::Far) => {
                return;
            }
            // The frame pointer is worth a copy.
            Kind::Alu(AluOp::Mov, _, Source::Reg) if self.may_copy_frame() => insn.src = 10,
            Kind::Alu(.., source) => second(&mut insn, source),
            Kind::Neg(_) => {}
            Kind::End(_) | Kind::Swap => insn.imm = self.random.one_of(&[16, 32, 64]),
            Kind::LoadImm => {
                let number = self.random.next();
                return self.wide(dst, number, to);
            }
            Kind::Load(..) => (insn.src, insn.offset) = self.place(),
            Kind::Store(_, source) => {
                (insn.dst, insn.offset) = self.place();
                second(&mut insn, source);
            }
            Kind::Atomic(_) => {
                (insn.dst, insn.offset) = self.place();
                (insn.src, insn.imm) = (src, self.random.one_of(&ATOMICS));
            }
            Kind::Branch(.., source) => {
                second(&mut insn, source);
                to = To::Item(self.target());
            }
            Kind::Goto(Reach::Near) => {
                insn.dst = 0;
                to = To::Item(self.target());
            }
            Kind::Call if self.random.is_one_in(3) => {
                (insn.dst, insn.imm) = (0, HOST_NUMBER as i32);
            }
            Kind::Call => {
                (insn.dst, insn.src) = (0, 1);
                to = To::Call(self.random.below(self.count as u64) as usize);
            }
            Kind::CallReg => {
                let func = self.random.below(self.count as u64) as usize;
                self.wide(dst, 0, To::Address(func));
            }
            Kind::Exit if !self.random.is_one_in(4) => return,
            Kind::Exit => insn = EXIT,
        }
        self.avoid_odd(row, &mut insn);
        self.items.push(Item { insn, wide: None, to });
        if matches!(row.kind, Kind::Call) {
            self.settle(&[1, 2, 3, 4, 5]);
        }
    }

    /// Writes registers of which both would have something else.
    fn settle(&mut self, regs: &[u8]) {
        let Menu::Both { input } = self.menu else { return };
        for reg in regs {
            let number = if *reg == 1 { input } else { self.random.next() };
            self.wide(*reg, number, To::Nowhere);
        }
    }

    /// Whose frames lie elsewhere has another pointer.
    fn may_copy_frame(&mut self) -> bool {
        self.random.is_one_in(2) && matches!(self.menu, Menu::Ours)
    }

    /// A constant that both understand alike.
    fn avoid_odd(&mut self, row: &Row, insn: &mut Insn) {
        match row.kind {
            _ if matches!(self.menu, Menu::Ours) => {}
            Kind::Alu(AluOp::Mod, Width::W32, Source::Imm) => insn.imm |= 1,
            Kind::Branch(_, Width::W64, Source::Imm) if UNSIGNED.contains(&row.name) => {
                insn.imm &= i32::MAX;
            }
            _ => {}
        }
    }

    /// A register that may point somewhere, and an offset.
    fn place(&mut self) -> (u8, i16) {
        let any = if self.random.is_one_in(6) { self.random.below(11) as u8 } else { 10 };
        let reg = self.random.one_of(&[1, 1, 10, 10, 6, 7, 8, any]);
        let near = self.random.below(80) as i16 - 40;
        match self.menu {
            Menu::Both { .. } if reg == 10 => {
                (reg, -8 - self.random.below(FRAME_BYTES as u64 - 7) as i16)
            }
            _ if self.random.is_one_in(2) => (reg, near),
            _ => (reg, self.random.one_of(&OFFSETS)),
        }
    }

    /// An item, mostly a little further on.
    fn target(&mut self) -> usize {
        let at = self.items.len();
        let near = (at + 1 + self.random.below(8) as usize).min(self.len);
        let far = self.random.below(self.len as u64) as usize;
        match self.random.is_one_in(4) {
            // To itself is refused by one.
            true if far != at || matches!(self.menu, Menu::Ours) => far,
            _ => near,
        }
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
