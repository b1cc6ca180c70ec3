//! One line of assembly.

use crate::ebpf::{
    dialect::Dialect,
    insn::Insn,
    lower::{COMPARE_EXCHANGE, EXCHANGE, FETCH, REGISTERS},
    opcodes::{AluOp, Kind, ROWS, Reach, Row, Source},
};

/// Whom a line names without knowing how far away it is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Target<'t> {
    /// The offset says it.
    Near(&'t str),
    /// The immediate does.
    Far(&'t str),
}

/// A line that was read.
pub(super) struct Line<'t> {
    pub(super) insn: Insn,
    /// The other half of a wide instruction.
    pub(super) second: Option<Insn>,
    pub(super) target: Option<Target<'t>>,
}

impl Line<'_> {
    fn of(insn: Insn) -> Self {
        Self { insn, second: None, target: None }
    }
}

type Read<T> = Result<T, String>;

/// Reads an instruction.
pub(super) fn read(text: &str, dialect: Dialect) -> Read<Line<'_>> {
    let (name, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let operands: Vec<&str> = match rest.trim() {
        "" => Vec::new(),
        rest => rest.split(',').map(str::trim).collect(),
    };
    match name {
        "lock" => lock(rest.trim(), dialect).map(Line::of),
        "call" => call(rest.trim(), dialect),
        _ if swapped(name).is_some() => swap(name, &operands, dialect).map(Line::of),
        _ => plain(name, &operands, dialect),
    }
}

/// The row of a name whose second operand is of this kind.
fn row(name: &str, dialect: Dialect, source: Source) -> Read<&'static Row> {
    let fits = |row: &&Row| {
        let wanted = match row.kind {
            Kind::Alu(_, _, source) | Kind::Branch(_, _, source) | Kind::Store(_, source) => source,
            _ => return true,
        };
        wanted == source
    };
    // `add64` is another name of `add`.
    let is_named = |row: &&Row| row.name == name || name.strip_suffix("64") == Some(row.name);
    let mut named = ROWS.iter().filter(|row| row.is_in(dialect)).filter(is_named);
    let known = named.clone().next().is_some();
    named.find(fits).ok_or_else(|| match known {
        true => format!("{name} takes another operand"),
        false => format!("no instruction {name:?} in {dialect}"),
    })
}

fn plain<'t>(name: &'t str, operands: &[&'t str], dialect: Dialect) -> Read<Line<'t>> {
    let is_reg = operands.get(1).is_some_and(|operand| register(operand).is_ok());
    let row = row(name, dialect, if is_reg { Source::Reg } else { Source::Imm })?;
    let mut insn = Insn { opcode: row.byte, ..Insn::default() };
    let count = |wanted: usize| match operands.len() == wanted {
        true => Ok(()),
        false => Err(format!("{name} takes {wanted} operands, found {}", operands.len())),
    };
    match row.kind {
        Kind::Alu(op, _, source) => {
            count(2)?;
            insn.dst = register(operands[0])?;
            second(&mut insn, source, operands[1])?;
            let is_signed = row.byte & 0x07 != 0x06 && matches!(op, AluOp::Sdiv | AluOp::Smod);
            insn.offset = i16::from(is_signed);
        }
        Kind::Movsx(bits, _) => {
            count(2)?;
            (insn.dst, insn.src) = (register(operands[0])?, register(operands[1])?);
            insn.offset = i16::from(bits);
        }
        Kind::Neg(_) => {
            count(1)?;
            insn.dst = register(operands[0])?;
        }
        Kind::LoadImm => {
            count(2)?;
            insn.dst = register(operands[0])?;
            let number = number(operands[1])?;
            insn.imm = number as i32;
            let high = Insn { imm: (number >> 32) as i32, ..Insn::default() };
            return Ok(Line { insn, second: Some(high), target: None });
        }
        Kind::Load(..) => {
            count(2)?;
            insn.dst = register(operands[0])?;
            (insn.src, insn.offset) = place(operands[1])?;
        }
        Kind::Store(_, source) => {
            count(2)?;
            (insn.dst, insn.offset) = place(operands[0])?;
            second(&mut insn, source, operands[1])?;
        }
        Kind::Branch(_, _, source) => {
            count(3)?;
            insn.dst = register(operands[0])?;
            second(&mut insn, source, operands[1])?;
            return jump(insn, operands[2], Reach::Near);
        }
        Kind::Goto(reach) => {
            count(1)?;
            return jump(insn, operands[0], reach);
        }
        Kind::CallReg => {
            count(1)?;
            return call_register(operands[0], dialect);
        }
        Kind::Exit => count(0)?,
        Kind::Call | Kind::Atomic(_) | Kind::End(_) | Kind::Swap => {
            return Err(format!("no instruction {name:?} in {dialect}"));
        }
    }
    Ok(Line::of(insn))
}

fn second(insn: &mut Insn, source: Source, operand: &str) -> Read<()> {
    match source {
        Source::Reg => insn.src = register(operand)?,
        Source::Imm => insn.imm = immediate(operand)?,
    }
    Ok(())
}

/// A jump: to a label, or by a number of slots with its sign.
fn jump(mut insn: Insn, target: &str, reach: Reach) -> Read<Line<'_>> {
    let is_distance =
        target.starts_with(['+', '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    if !is_distance {
        let target = match reach {
            Reach::Near => Target::Near(target),
            Reach::Far => Target::Far(target),
        };
        return Ok(Line { insn, second: None, target: Some(target) });
    }
    match reach {
        Reach::Near => insn.offset = offset(target)?,
        Reach::Far => insn.imm = immediate(target)?,
    }
    Ok(Line::of(insn))
}

/// `call 5`, `call local LABEL`, `call %r2`.
fn call(operand: &str, dialect: Dialect) -> Read<Line<'_>> {
    let mut insn = Insn { opcode: row("call", dialect, Source::Imm)?.byte, ..Insn::default() };
    if let Some(label) =
        operand.strip_prefix("local").filter(|rest| rest.starts_with(char::is_whitespace))
    {
        insn.src = 1;
        return jump(insn, label.trim(), Reach::Far);
    }
    if register(operand).is_ok() {
        return call_register(operand, dialect);
    }
    insn.imm = immediate(operand)?;
    Ok(Line::of(insn))
}

fn call_register(operand: &str, dialect: Dialect) -> Read<Line<'_>> {
    let mut insn = Insn { opcode: row("callx", dialect, Source::Reg)?.byte, ..Insn::default() };
    let register = register(operand)?;
    match dialect {
        Dialect::V0 | Dialect::V1 => insn.imm = i32::from(register),
        Dialect::V2 => insn.src = register,
        Dialect::Rfc | Dialect::V3 => insn.dst = register,
    }
    Ok(Line::of(insn))
}

/// `lock [fetch] OPERATION[32] [PLACE], REGISTER`.
fn lock(text: &str, dialect: Dialect) -> Read<Insn> {
    let (is_fetch, text) = match text.strip_prefix("fetch ") {
        Some(rest) => (true, rest.trim()),
        None => (false, text),
    };
    let (name, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let (place_text, register_text) =
        rest.split_once(',').ok_or_else(|| format!("lock {name} takes 2 operands"))?;
    let (operation, row_name) = match name.strip_suffix("32") {
        Some(operation) => (operation, "atomic32"),
        None => (name, "atomic"),
    };
    let imm = match operation {
        "add" => 0x00,
        "or" => 0x40,
        "and" => 0x50,
        "xor" => 0xa0,
        "xchg" => EXCHANGE,
        "cmpxchg" => COMPARE_EXCHANGE,
        _ => return Err(format!("no atomic operation {operation:?}")),
    };
    let (dst, offset) = place(place_text.trim())?;
    let imm = if is_fetch { imm | FETCH } else { imm };
    let opcode = row(row_name, dialect, Source::Reg)?.byte;
    Ok(Insn { opcode, dst, src: register(register_text.trim())?, offset, imm })
}

/// The row's name and the bits of `be16`, `le32`, `swap64`, `bswap64`.
fn swapped(name: &str) -> Option<(&'static str, i32)> {
    let digits = name.find(|c: char| c.is_ascii_digit())?;
    let bits = match &name[digits..] {
        "16" => 16,
        "32" => 32,
        "64" => 64,
        _ => return None,
    };
    match &name[..digits] {
        "be" => Some(("be", bits)),
        "le" => Some(("le", bits)),
        "swap" | "bswap" => Some(("swap", bits)),
        _ => None,
    }
}

fn swap(name: &str, operands: &[&str], dialect: Dialect) -> Read<Insn> {
    let (row_name, imm) = swapped(name).ok_or_else(|| format!("no instruction {name:?}"))?;
    let [operand] = operands else { return Err(format!("{name} takes one operand")) };
    let opcode = row(row_name, dialect, Source::Reg)?.byte;
    Ok(Insn { opcode, dst: register(operand)?, imm, ..Insn::default() })
}

fn register(text: &str) -> Read<u8> {
    let digits = text.strip_prefix('%').unwrap_or(text).strip_prefix('r');
    let number = digits.filter(|digits| !digits.is_empty() && digits.len() <= 2);
    let number = number.and_then(|digits| digits.parse::<u8>().ok());
    let known = number.filter(|number| usize::from(*number) < REGISTERS);
    known.ok_or_else(|| format!("expected a register, found {text:?}"))
}

/// `[%r1+4]`, `[%r1]`, `[%r10-8]`.
fn place(text: &str) -> Read<(u8, i16)> {
    let inner = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    let inner =
        inner.ok_or_else(|| format!("expected a place in brackets, found {text:?}"))?.trim();
    let split = inner.find(['+', '-']).unwrap_or(inner.len());
    let distance = match inner[split..].replace(' ', "").as_str() {
        "" => 0,
        text => offset(text)?,
    };
    Ok((register(inner[..split].trim())?, distance))
}

/// A number as 64 bits: decimal or hexadecimal, with or without a sign.
fn number(text: &str) -> Read<u64> {
    let refuse = || format!("expected a number, found {text:?}");
    let (is_negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let magnitude = match digits.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => digits.parse(),
    };
    let magnitude = magnitude.map_err(|_| refuse())?;
    match is_negative {
        true if magnitude > 1 << 63 => Err(refuse()),
        true => Ok(magnitude.wrapping_neg()),
        false => Ok(magnitude),
    }
}

/// 32 bits, written with or without a sign.
fn immediate(text: &str) -> Read<i32> {
    let number = number(text)? as i64;
    let fits = (i64::from(i32::MIN)..=i64::from(u32::MAX)).contains(&number);
    fits.then_some(number as i32).ok_or_else(|| format!("{text} exceeds 32 bits"))
}

fn offset(text: &str) -> Read<i16> {
    i16::try_from(number(text)? as i64).map_err(|_| format!("{text} exceeds 16 bits"))
}
