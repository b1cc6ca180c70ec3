//! Programs: registers that point near borders of regions, then instructions of the dialect's table, mostly valid.

use lockstep::ebpf::{AluOp, Dialect, Insn, Kind, ROWS, Reach, Row, Source, Width, murmur3};

use crate::random::Random;

/// The host function that programs call.
pub(crate) const HOST: &str = "mix";

const VERSIONS: [Dialect; 4] = [Dialect::V0, Dialect::V1, Dialect::V2, Dialect::V3];
/// Distances from the beginning of a region.
pub(crate) const DISTANCES: [u64; 11] =
    [0, 8, 63, 64, 4088, 4096, 8192, 32_760, 32_768, 0x3_fff8, 0x4_0000];
pub(crate) const OFFSETS: [i16; 10] = [0, 4, 8, 60, -1, -8, -16, -4090, -4096, -4097];
pub(crate) const EXIT: Insn = Insn { opcode: 0x95, dst: 0, src: 0, offset: 0, imm: 0 };

/// The program of a seed.
pub(crate) fn program(seed: u64) -> (Dialect, Vec<Insn>) {
    let mut random = Random::new(seed);
    let dialect = VERSIONS[(seed % 4) as usize];
    let mut program = Program { random: &mut random, dialect, insns: Vec::new(), len: 0 };
    program.write();
    (dialect, program.insns)
}

struct Program<'r> {
    random: &'r mut Random,
    dialect: Dialect,
    insns: Vec<Insn>,
    /// Slots it is to have.
    len: usize,
}

impl Program<'_> {
    fn write(&mut self) {
        for reg in [6, 7, 8] {
            let address = self.random.below(6) << 32;
            let distance = self.random.one_of(&DISTANCES);
            self.wide(reg, address + distance);
        }
        for reg in [0, 2, 3, 4, 5, 9] {
            let number = match self.random.below(4) {
                0 => self.random.next(),
                1 => i64::from(self.random.immediate()) as u64,
                _ => continue,
            };
            self.wide(reg, number);
        }
        self.len = self.insns.len() + 4 + self.random.below(40) as usize;
        let rows: Vec<&Row> = ROWS.iter().filter(|row| row.is_in(self.dialect)).collect();
        while self.insns.len() < self.len {
            let row = self.random.one_of(&rows);
            self.instruction(row);
        }
        if !self.random.is_one_in(5) {
            self.insns.push(EXIT);
        }
    }

    /// Gives a register a number.
    fn wide(&mut self, dst: u8, number: u64) {
        let (low, high) = (number as i32, (number >> 32) as i32);
        let insn = |opcode, dst, imm| Insn { opcode, dst, imm, ..Insn::default() };
        match self.dialect {
            Dialect::V2 => self.insns.extend([insn(0xb4, dst, low), insn(0xf7, dst, high)]),
            _ => self.insns.extend([insn(0x18, dst, low), insn(0, 0, high)]),
        }
    }

    fn instruction(&mut self, row: &Row) {
        let imm = self.random.immediate();
        let (dst, src) = (self.random.below(10) as u8, self.random.below(11) as u8);
        let mut insn = Insn { opcode: row.byte, dst, src, offset: 0, imm };
        match row.kind {
            Kind::Exit if !self.random.is_one_in(6) => return,
            Kind::Goto(Reach::Far) => return,
            Kind::CallReg => return self.call_register(insn),
            Kind::Alu(op, width, Source::Imm) => self.constant(op, width, &mut insn),
            Kind::End(_) => insn.imm = self.random.one_of(&[16, 32, 64]),
            Kind::LoadImm => {
                let high = Insn { imm: self.random.immediate(), ..Insn::default() };
                return self.insns.extend([insn, high]);
            }
            Kind::Load(..) => (insn.src, insn.offset) = self.place(),
            Kind::Store(..) => (insn.dst, insn.offset) = self.place(),
            Kind::Branch(..) | Kind::Goto(Reach::Near) => insn.offset = self.distance() as i16,
            Kind::Call => self.call(&mut insn),
            _ => {}
        }
        self.insns.push(insn);
    }

    /// What the verifier asks of constants.
    fn constant(&mut self, op: AluOp, width: Width, insn: &mut Insn) {
        let bumps_frame = matches!(self.dialect, Dialect::V1 | Dialect::V2);
        match op {
            AluOp::Lsh | AluOp::Rsh | AluOp::Arsh => {
                insn.imm = self.random.below(width.bits().into()) as i32;
            }
            AluOp::Div | AluOp::Mod | AluOp::Sdiv | AluOp::Smod if insn.imm == 0 => insn.imm = 3,
            AluOp::Add if bumps_frame && width == Width::W64 && self.random.is_one_in(4) => {
                (insn.dst, insn.imm) = (10, (self.random.below(5) as i32 - 3) * 64);
            }
            _ => {}
        }
    }

    /// A register that may point somewhere, and an offset.
    fn place(&mut self) -> (u8, i16) {
        let any = self.random.below(11) as u8;
        let reg = self.random.one_of(&[1, 10, 10, 6, 7, 8, any]);
        let far = self.random.next() as i16;
        (reg, if self.random.is_one_in(11) { far } else { self.random.one_of(&OFFSETS) })
    }

    /// To a slot, mostly a little further on.
    fn distance(&mut self) -> i64 {
        let at = self.insns.len() as i64;
        let target = match self.random.is_one_in(3) {
            true => self.random.below(self.len as u64) as i64,
            false => (at + 1 + self.random.below(8) as i64).min(self.len as i64 - 1),
        };
        target - at - 1
    }

    fn call(&mut self, insn: &mut Insn) {
        match self.random.below(8) {
            0..=2 => (insn.src, insn.imm) = (0, murmur3(HOST.as_bytes()) as i32),
            3 => insn.src = 0,
            _ => (insn.src, insn.imm) = (1, self.distance() as i32),
        }
    }

    fn call_register(&mut self, mut insn: Insn) {
        if !self.random.is_one_in(3) {
            return;
        }
        let reg = 2 + self.random.below(4) as u8;
        let slot = self.random.below(self.len as u64 + 2);
        let odd = if self.random.is_one_in(8) { 3 } else { 0 };
        self.wide(reg, (1 << 32) + slot * 8 + odd);
        (insn.dst, insn.src, insn.imm) = match self.dialect {
            Dialect::V0 | Dialect::V1 => (0, 0, reg.into()),
            Dialect::V2 => (0, reg, 0),
            _ => (reg, 0, 0),
        };
        self.insns.push(insn);
    }
}
