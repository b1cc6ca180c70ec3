//! Machine code for people: what comes of each instruction of dMIR.

use std::ops::Range;

use lockstep_ir::{Func, FuncId, text::print_func};
use lockstep_rt::native::{Compiler, DirectCall, NoCode};

use crate::{Code, NO_FUNCTION, Optimizing, Program, Room, target::Target};

/// A line of dMIR with the machine code that comes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedInst {
    /// Where in the guest's code.
    pub pc: u32,
    /// The instruction or terminator of dMIR.
    pub text: String,
    /// Pieces of the function's code, of whole instructions; optimizing may leave none, or tear it apart.
    pub code: Vec<Range<u32>>,
}

/// A function as dMIR and as machine code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NativeListing {
    /// dMIR line by line.
    pub lines: Vec<ListedInst>,
    /// The body. No line has the entry's code, nor that of exits.
    pub code: Vec<u8>,
    /// Where its blocks begin, ascending; the entry's prologue lies before the first. What lies between a block's last
    /// instruction and the next block is data: tables of jumps, constants.
    pub blocks: Vec<u32>,
    /// Where it calls functions of the program, ascending: the distance is filled in where the code comes to lie.
    pub calls: Vec<DirectCall>,
}

impl Optimizing {
    /// The listing of `func`, whose code is the same as [`Compiler::compile`] makes.
    ///
    /// # Errors
    ///
    /// [`NoCode`] where there is none.
    pub fn list(self, func: FuncId) -> Result<NativeListing, NoCode> {
        let target = Target::listed().ok_or(NO_FUNCTION)?;
        let listed = Self { target, is_listed: true, ..self };
        listed
            .with_room(|room| listed.body(room, func).map(|code| listed.listing(func, room, code)))
    }

    fn listing(&self, id: FuncId, room: &Room, code: Code) -> NativeListing {
        let mut lines = match &self.program {
            Program::Functions(_) => self.lines(id, &room.func),
            Program::Module { module, .. } => {
                module.func(id).map_or_else(Vec::new, |func| self.lines(id, &func))
            }
        };
        let compiled = room.context.compiled_code();
        for place in compiled.map_or(&[][..], |compiled| compiled.buffer.get_srclocs_sorted()) {
            // Numbers begin at one; what has none is the entry's or cold.
            let line = (place.loc.bits() as usize).checked_sub(1).and_then(|at| lines.get_mut(at));
            if let (Some(line), false) = (line, place.loc.is_default()) {
                line.code.push(place.start..place.end);
            }
        }
        let blocks = compiled.map_or_else(Vec::new, |compiled| compiled.bb_starts.clone());
        let Code { bytes: code, calls } = code;
        NativeListing { lines, code, blocks, calls }
    }

    /// The instructions and terminators of `func`, in the order in which they are numbered.
    fn lines(&self, id: FuncId, func: &Func) -> Vec<ListedInst> {
        let text = print_func(self.interface(), &format!("f{}", id.0), func);
        let is_inst = |line: &&str| {
            line.starts_with("    ")
                && !["    at ", "    var ", "    units "].iter().any(|word| line.starts_with(word))
        };
        let mut texts = text.lines().filter(is_inst);
        let mut lines = Vec::new();
        for (_, block) in func.blocks.iter() {
            let pcs = block.insts.clone().map(|at| func.pcs[at as usize]);
            for pc in pcs.chain([block.terminator_pc]) {
                let text = texts.next().unwrap_or_default().trim().to_owned();
                lines.push(ListedInst { pc, text, code: Vec::new() });
            }
        }
        lines
    }
}
