//! What the encoder made of each dMIR instruction, in words: for people who look.

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};

use lockstep_ir::{Block, Inst, Operand, Source, Terminator, Type};

use super::{Encoding, plan};

/// One instruction of register bytecode, beside the dMIR instruction it was made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The block of the fragment.
    pub block: u32,
    /// Position of the dMIR instruction in its function; `None` for the block's terminator.
    pub inst: Option<u32>,
    /// The guest pc it comes from.
    pub pc: u32,
    /// Words of code it takes; none when its neighbour does its work.
    pub words: u32,
    /// Operation and operands: `r4` is slot 4 of the frame, in units of 8 bytes.
    pub text: String,
}

impl Encoding<'_> {
    /// Notes what became of the instruction at `at`, which took the words from `first_word` on.
    pub(super) fn note(&mut self, block: Block, at: u32, first_word: usize) {
        let words = (self.e.words.len() - first_word) as u32;
        let inst = &self.func.insts[at as usize];
        let mut results = Vec::new();
        plan::for_results(self.interface, inst, |value| results.push(self.where_is(value.into())));
        let mut operands = Vec::new();
        plan::for_operands(self.func, inst, |operand| operands.push(self.where_is(operand)));
        if let Inst::Set { var, .. } = inst {
            results.push(format!("r{}", self.home(*var)));
        }
        let mut text = results.join(", ");
        if !text.is_empty() {
            text.push_str(" = ");
        }
        text.push_str(&name(inst));
        if !operands.is_empty() {
            text.push(' ');
            text.push_str(&operands.join(", "));
        }
        if words == 0 {
            text.push_str(" (nothing of its own)");
        }
        let pc = self.func.pcs[at as usize];
        self.lines.push(Line { block: block.0, inst: Some(at), pc, words, text });
    }

    /// Notes the terminator of `block`.
    pub(super) fn note_terminator(&mut self, block: Block, first_word: usize) {
        let words = (self.e.words.len() - first_word) as u32;
        let def = &self.func.blocks[block];
        let mut operands = Vec::new();
        plan::for_terminator_operands(self.func, &def.terminator, |operand| {
            operands.push(self.where_is(operand));
        });
        let name = match def.terminator {
            Terminator::Jump(_) => "jump",
            Terminator::Branch { .. } => "branch",
            Terminator::Switch { .. } => "switch",
            Terminator::ReturnCall { .. } => "return_call",
            Terminator::ReturnCallIndirect { .. } => "return_call_indirect",
            Terminator::Return { .. } => "return",
            Terminator::Exit { revert: false, .. } => "exit",
            Terminator::Exit { revert: true, .. } => "exit revert",
            Terminator::Trap(_) => "trap",
        };
        let text = format!("{name} {}", operands.join(", "));
        let text = text.trim_end().to_string();
        self.lines.push(Line { block: block.0, inst: None, pc: def.terminator_pc, words, text });
    }

    fn where_is(&self, operand: Operand) -> String {
        match self.e.plan.resolve(operand).source() {
            Source::Value(value) if self.place(value) == plan::NOWHERE => "-".to_string(),
            Source::Value(value) => format!("r{}", self.place(value)),
            Source::Var(var) => format!("r{}", self.home(var)),
            Source::Imm(number) => format!("{number:#x}"),
            Source::Const(first) => {
                let limbs = self.func.const_limbs(Operand::constant(first), Type::I64);
                format!("{:#x}..", limbs.map_or(0, |limbs| limbs[0]))
            }
        }
    }
}

/// The mnemonic of `inst`, with its type.
fn name(inst: &Inst) -> String {
    match inst {
        Inst::Op { op, ty, to, .. } if ty == to => format!("{op}.{ty}"),
        Inst::Op { op, ty, to, .. } => format!("{op}.{ty}.{to}"),
        Inst::Copy { ty, .. } => format!("move.{ty}"),
        Inst::Set { .. } => "move".to_string(),
        Inst::Charge { gas } => format!("charge {gas}"),
        Inst::ChargeBy { per, unit, .. } => format!("charge_by {per} per {unit}"),
        Inst::GasLeft { prepaid, .. } => format!("gas_left + {prepaid}"),
        Inst::TrapIf { trap, .. } => format!("trap_if {trap}"),
        Inst::Check { memory, .. } => format!("check {memory}"),
        Inst::Load { ty, .. } => format!("load.{ty}"),
        Inst::Store { ty, .. } => format!("store.{ty}"),
        Inst::LoadPadded { memory, ty, .. } => format!("load_padded.{ty} {memory}"),
        Inst::CopyPadded { memory, .. } => format!("copy_padded {memory}"),
        Inst::CopyWithin { .. } => "copy_within".to_string(),
        Inst::MemorySize { memory, .. } => format!("memory_size {memory}"),
        Inst::WindowCheck { need, grow } => format!("enter need {need} grow {grow}"),
        Inst::PutSlots { .. } => "put_slots".to_string(),
        Inst::MoveBase { .. } => "move_base".to_string(),
        Inst::Call { func, .. } => format!("call {func}"),
        Inst::CallIndirect { table, sig, .. } => format!("call_indirect {table} {sig}"),
        Inst::GlobalGet { global, .. } => format!("global_get {global}"),
        Inst::GlobalSet { global, .. } => format!("global_set {global}"),
        Inst::Act { act, on, .. } => {
            let on = on[..act.holdings().len()].iter().map(u32::to_string);
            format!("{act} {}", on.collect::<Vec<_>>().join(" "))
        }
        Inst::CallHost { import, .. } => format!("call_host {import}"),
        Inst::Show { ty, .. } => format!("show.{ty}"),
        Inst::Step { .. } => "step".to_string(),
    }
}
