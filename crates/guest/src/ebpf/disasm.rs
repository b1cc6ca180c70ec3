//! Instructions as text, in the syntax that the assembler reads.
//!
//! Invariant: what is listed assembles to the same slots, where every slot is an instruction of the dialect.

use std::{collections::BTreeMap, fmt::Write as _};

use lockstep_ir::{Order, Type};

use super::{
    dialect::Dialect,
    insn::{Insn, wide_imm},
    lower::{COMPARE_EXCHANGE, EXCHANGE, FETCH, jump_target, slots},
    module::{Callee, Module},
    opcodes::{self, AluOp, Kind, Source, Width},
};

/// An instruction of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// Its first slot.
    pub slot: u32,
    /// Names of functions that begin here, and of places that are jumped to.
    pub labels: Vec<String>,
    /// The instruction.
    pub text: String,
    /// Its slots as they were loaded, with what relocations put into them.
    pub bytes: Vec<u8>,
}

/// The instructions of a program, in order.
pub fn list(module: &Module) -> Vec<Listing> {
    let labels = labels(module);
    let name = |slot: i64| labels.get(&slot).and_then(|names| names.first());
    let mut rows = Vec::new();
    let mut slot = 0;
    while let Some(insn) = module.insns.get(slot as usize).copied() {
        let row = opcodes::find(module.dialect, &insn);
        let text = match row {
            None => format!("(undefined {:#04x})", insn.opcode),
            Some(row) => {
                let next = module.insns.get(slot as usize + 1).copied().unwrap_or_default();
                let target = jump_target(row.kind, insn, slot).and_then(name);
                let callee = callee(module, slot, &name);
                let target = target.cloned().or(callee);
                text(module.dialect, (row.name, row.kind), (insn, next), target.as_deref())
            }
        };
        let labels = labels.get(&i64::from(slot)).cloned().unwrap_or_default();
        let next = slot + row.map_or(1, |row| slots(row.kind));
        let own = module.insns.iter().take(next as usize).skip(slot as usize);
        let bytes = own.flat_map(|insn| insn.encode()).collect();
        rows.push(Listing { slot, labels, text, bytes });
        slot = next;
    }
    rows
}

/// Names of places: of functions by their symbols, of others by their slots.
fn labels(module: &Module) -> BTreeMap<i64, Vec<String>> {
    let mut labels: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    for symbol in &module.symbols {
        labels.entry(symbol.slot.into()).or_default().push(symbol.name.clone());
    }
    for (at, insn) in module.insns.iter().enumerate() {
        let row = opcodes::find(module.dialect, insn);
        if let Some(target) = row.and_then(|row| jump_target(row.kind, *insn, at as u32)) {
            labels.entry(target).or_insert_with(|| vec![format!("L{target}")]);
        }
    }
    for (_, callee) in &module.calls {
        if let Callee::Own(slot) = callee {
            labels.entry(i64::from(*slot)).or_insert_with(|| vec![format!("f{slot}")]);
        }
    }
    labels
}

/// What a call is of: a label, or the name of a host function.
fn callee<'n>(
    module: &Module,
    slot: u32,
    name: &impl Fn(i64) -> Option<&'n String>,
) -> Option<String> {
    match module.callee(slot)? {
        Callee::Own(target) => Some(format!("local {}", name(target.into())?)),
        Callee::Host(import) => Some(module.interface.imports[import].name.clone()),
    }
}

/// An instruction; `target` is the name of where it leads.
fn text(
    dialect: Dialect,
    (name, kind): (&str, Kind),
    (insn, next): (Insn, Insn),
    target: Option<&str>,
) -> String {
    let Insn { dst, src, imm, .. } = insn;
    let second = |source| match source {
        Source::Imm => imm.to_string(),
        Source::Reg => format!("%r{src}"),
    };
    let place = |reg: u8| match insn.offset {
        0 => format!("[%r{reg}]"),
        offset => format!("[%r{reg}{offset:+}]"),
    };
    match kind {
        Kind::Alu(op, _, source) => {
            debug_assert!(op != AluOp::Hor || source == Source::Imm, "hor has an immediate");
            format!("{name} %r{dst}, {}", second(source))
        }
        Kind::Neg(_) => format!("{name} %r{dst}"),
        Kind::Movsx(..) => format!("{name} %r{dst}, %r{src}"),
        Kind::End(Order::Little) => format!("le{imm} %r{dst}"),
        Kind::End(Order::Big) => format!("be{imm} %r{dst}"),
        Kind::Swap => format!("swap{imm} %r{dst}"),
        Kind::LoadImm => format!("lddw %r{dst}, {:#x}", wide_imm(insn, next)),
        Kind::Load(ty, _) => {
            debug_assert!(ty <= Type::I64, "a register has 64 bits");
            format!("{name} %r{dst}, {}", place(src))
        }
        Kind::Store(_, source) => format!("{name} {}, {}", place(dst), second(source)),
        Kind::Atomic(width) => format!("lock {} {}, %r{src}", operation(imm, width), place(dst)),
        Kind::Branch(_, _, source) => {
            let mut text = format!("{name} %r{dst}, {}, ", second(source));
            match target {
                Some(label) => text.push_str(label),
                None => write!(text, "{:+}", insn.offset).expect("writing to a string succeeds"),
            }
            text
        }
        Kind::Goto(_) => match target {
            Some(label) => format!("{name} {label}"),
            None => format!("{name} {:+}", if name == "ja" { i32::from(insn.offset) } else { imm }),
        },
        Kind::Call => format!("call {}", target.map_or_else(|| imm.to_string(), str::to_owned)),
        Kind::CallReg => format!("callx %r{}", dialect.callee_register(&insn)),
        Kind::Exit => "exit".to_owned(),
    }
}

/// The name of an operation on memory.
fn operation(imm: i32, width: Width) -> String {
    let (fetch, name) = match imm {
        EXCHANGE => ("", "xchg"),
        COMPARE_EXCHANGE => ("", "cmpxchg"),
        _ => {
            let fetch = if imm & FETCH != 0 { "fetch " } else { "" };
            let name = match imm & !FETCH {
                0x40 => "or",
                0x50 => "and",
                0xa0 => "xor",
                _ => "add",
            };
            (fetch, name)
        }
    };
    let suffix = if width == Width::W32 { "32" } else { "" };
    format!("{fetch}{name}{suffix}")
}
