//! Assembly in the syntax of the conformance suite to slots.
//!
//! ```text
//! add %r1, -5        ldxw %r0, [%r1+4]      lock fetch add [%r10-8], %r1      jne %r0, 3, there
//! add32 %r1, %r2     stdw [%r10-8], 7       be16 %r0       call 5             call local there
//! ```
//!
//! Invariants: mnemonics are those of the opcode table, so an instruction that gets a row can be written; `#` and `;` begin
//! a comment, `name:` is a label, and where no label is called `exit` the last `exit` is it.

mod line;

use core::fmt;
use std::collections::BTreeMap;

use self::line::{Line, Target};
use super::{dialect::Dialect, insn::Insn, module::Symbol};

/// Text that is no assembly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssembleError {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub message: String,
}

impl fmt::Display for AssembleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.line, self.message)
    }
}

impl core::error::Error for AssembleError {}

/// What assembly comes to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Assembled {
    /// The slots.
    pub insns: Vec<Insn>,
    /// The labels, in the order of their slots.
    pub labels: Vec<Symbol>,
}

impl Assembled {
    /// The slots as bytes.
    pub fn bytes(&self) -> Vec<u8> {
        self.insns.iter().flat_map(|insn| insn.encode()).collect()
    }
}

/// Assembles `text`.
///
/// # Errors
///
/// [`AssembleError`] with the first line that is none of the dialect's.
pub fn assemble(text: &str, dialect: Dialect) -> Result<Assembled, AssembleError> {
    let mut labels: BTreeMap<&str, u32> = BTreeMap::new();
    let mut insns = Vec::new();
    let mut open = Vec::new();
    let mut last_exit = None;
    for (number, line) in text.lines().enumerate() {
        let refuse = |message| AssembleError { line: number + 1, message };
        let (names, rest) = split_labels(line);
        for name in names {
            if labels.insert(name, insns.len() as u32).is_some() {
                return Err(refuse(format!("label {name:?} is there twice")));
            }
        }
        if rest.is_empty() {
            continue;
        }
        if rest == "exit" {
            last_exit = Some(insns.len() as u32);
        }
        let Line { insn, second, target } = line::read(rest, dialect).map_err(refuse)?;
        if let Some(target) = target {
            open.push((insns.len(), number + 1, target));
        }
        insns.push(insn);
        insns.extend(second);
    }
    if let Some(exit) = last_exit {
        labels.entry("exit").or_insert(exit);
    }
    for (slot, line, target) in open {
        let refuse = |message| AssembleError { line, message };
        resolve(&mut insns[slot], slot, target, &labels).map_err(refuse)?;
    }
    let mut labels: Vec<_> =
        labels.into_iter().map(|(name, slot)| Symbol { slot, name: name.to_owned() }).collect();
    labels.sort();
    Ok(Assembled { insns, labels })
}

/// The labels a line begins with, and the rest without its comment.
fn split_labels(line: &str) -> (Vec<&str>, &str) {
    let mut rest = line.split(['#', ';']).next().unwrap_or_default().trim();
    let mut names = Vec::new();
    let is_name = |name: &str| {
        !name.is_empty()
            && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '$'))
    };
    while let Some((name, after)) = rest.split_once(':').filter(|(name, _)| is_name(name.trim())) {
        names.push(name.trim());
        rest = after.trim();
    }
    (names, rest)
}

/// Writes how far away a label is.
fn resolve(
    insn: &mut Insn,
    slot: usize,
    target: Target<'_>,
    labels: &BTreeMap<&str, u32>,
) -> Result<(), String> {
    let (name, is_far) = match target {
        Target::Near(name) => (name, false),
        Target::Far(name) => (name, true),
    };
    let to = labels.get(name).ok_or_else(|| format!("no label {name:?}"))?;
    let distance = i64::from(*to) - slot as i64 - 1;
    let too_far = |_| format!("label {name:?} is too far away");
    match is_far {
        true => insn.imm = i32::try_from(distance).map_err(too_far)?,
        false => insn.offset = i16::try_from(distance).map_err(too_far)?,
    }
    Ok(())
}
