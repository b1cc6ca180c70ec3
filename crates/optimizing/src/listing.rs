//! Machine code for people: what comes of each instruction of dMIR, and the instructions of the machine.

use lockstep_ir::{Func, FuncId, text::print_func};
use lockstep_rt::native::{Compiler, NoCode};

use crate::{Optimizing, Program};

/// A line of dMIR with the machine code that comes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedInst {
    /// Where in the guest's code.
    pub pc: u32,
    /// The instruction or terminator of dMIR.
    pub text: String,
    /// Pieces of code, each with its place in the function; optimizing may leave none, or tear it apart.
    pub code: Vec<(u32, Vec<u8>)>,
}

/// A function as dMIR and as machine code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NativeListing {
    /// dMIR line by line.
    pub lines: Vec<ListedInst>,
    /// Instructions of the machine in their order, with the labels of blocks, as the code generator shows them.
    pub insts: Vec<String>,
    /// Bytes of the body.
    pub size_bytes: usize,
}

impl Optimizing {
    /// The listing of `func`, whose code is the same as [`Compiler::compile`] makes.
    ///
    /// # Errors
    ///
    /// [`NoCode`] where there is none.
    pub fn list(&self, func: FuncId) -> Result<NativeListing, NoCode> {
        self.with_room(|room| {
            room.is_listed = true;
            let body = self.body(room, func);
            room.is_listed = false;
            body.map(|body| self.listing(func, room, &body.bytes))
        })
    }

    fn listing(&self, id: FuncId, room: &crate::Room, bytes: &[u8]) -> NativeListing {
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
                let code = bytes[place.start as usize..place.end as usize].to_vec();
                line.code.push((place.start, code));
            }
        }
        let text = compiled.and_then(|compiled| compiled.vcode.as_deref()).unwrap_or_default();
        let insts = text.lines().map(str::to_owned).collect();
        NativeListing { lines, insts, size_bytes: bytes.len() }
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
