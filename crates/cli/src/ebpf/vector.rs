//! Files of the suite: sections that begin with `-- name`.
//!
//! `asm` is a program, `raw` its slots as numbers, `mem` what r1 points to, `result` what r0 is in the end (`error`: that it
//! ends otherwise); other sections are for other runners. Vectors of our own say more: `dialect` in which it is written (stands
//! before `asm`), `trap` that ends it, `budget` of units, `units` that it uses, `left` of what r1 points to.

use lockstep::{
    Trap,
    ebpf::{Dialect, assemble},
};

/// A vector.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Vector {
    /// The program's slots.
    pub(super) text: Vec<u8>,
    /// What r1 points to.
    pub(super) memory: Vec<u8>,
    /// What r0 is in the end; `None` where the program is to be refused or stopped.
    pub(super) result: Option<u64>,
    /// What it is written in.
    pub(super) dialect: Dialect,
    /// What stops it, where that matters; it is not refused then.
    pub(super) trap: Option<Trap>,
    /// Units that it may use.
    pub(super) budget: Option<u64>,
    /// Units that it uses.
    pub(super) units: Option<u64>,
    /// What it leaves of what r1 points to.
    pub(super) left: Option<Vec<u8>>,
}

/// Why a file is no vector that can be run.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NoVector {
    /// It needs what is not offered.
    Skipped(String),
    /// It is malformed.
    Malformed(String),
}

/// How assembly of legacy packet access begins (RFC 9669 5.2).
const PACKET_ACCESS: [&str; 2] = ["ldabs", "ldind"];

/// Reads the content of a file.
pub(super) fn read(content: &str) -> Result<Vector, NoVector> {
    let malformed = |what: String| NoVector::Malformed(what);
    let mut vector = Vector::default();
    let (mut raw, mut has_end) = (None, false);
    for (name, first_line, body) in sections(content) {
        match name {
            "asm" => vector.text = assembled(&body, first_line, vector.dialect)?,
            "dialect" => vector.dialect = dialect(body.trim()).map_err(malformed)?,
            "trap" => {
                vector.trap = Some(trap(body.trim()).map_err(malformed)?);
                has_end = true;
            }
            "budget" => vector.budget = Some(units(body.trim()).map_err(malformed)?),
            "units" => vector.units = Some(units(body.trim()).map_err(malformed)?),
            "left" => vector.left = Some(bytes(&body).map_err(malformed)?),
            "raw" => raw = Some(slots(&body).map_err(malformed)?),
            "mem" => vector.memory = bytes(&body).map_err(malformed)?,
            "result" => {
                let text = body.trim();
                let number = number(text);
                vector.result = Some(number.ok_or_else(|| malformed(format!("result {text:?}")))?);
                has_end = true;
            }
            "error" => has_end = true,
            _ => {}
        }
    }
    if let Some(raw) = raw {
        if !vector.text.is_empty() && vector.text != raw {
            return Err(malformed("its assembly and its slots differ".into()));
        }
        vector.text = raw;
    }
    match has_end && !vector.text.is_empty() {
        true => Ok(vector),
        false => Err(malformed("no program, or no result".into())),
    }
}

/// Name, number of the first line, and content of each section.
fn sections(content: &str) -> Vec<(&str, usize, String)> {
    let mut sections: Vec<(&str, usize, String)> = Vec::new();
    for (number, line) in content.lines().enumerate() {
        if let Some(name) = line.strip_prefix("-- ") {
            sections.push((name.trim(), number + 1, String::new()));
        } else if let Some((_, _, body)) = sections.last_mut() {
            body.push_str(line);
            body.push('\n');
        }
    }
    sections
}

fn dialect(name: &str) -> Result<Dialect, String> {
    let found = Dialect::ALL.into_iter().find(|dialect| dialect.name() == name);
    found.ok_or_else(|| format!("dialect {name:?}"))
}

fn trap(name: &str) -> Result<Trap, String> {
    let found = Trap::ALL.iter().copied().find(|trap| trap.name() == name);
    found.ok_or_else(|| format!("trap {name:?}"))
}

fn units(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("units {text:?}"))
}

fn assembled(body: &str, first_line: usize, dialect: Dialect) -> Result<Vec<u8>, NoVector> {
    let words = body.split_whitespace();
    if words.clone().any(|word| PACKET_ACCESS.iter().any(|prefix| word.starts_with(prefix))) {
        return Err(NoVector::Skipped("legacy packet access is not offered".into()));
    }
    match assemble(body, dialect) {
        Ok(assembled) => Ok(assembled.bytes()),
        Err(error) => {
            let line = first_line + error.line;
            Err(NoVector::Malformed(format!("line {line}: {}", error.message)))
        }
    }
}

fn slots(body: &str) -> Result<Vec<u8>, String> {
    let slot = |word: &str| number(word).map(u64::to_le_bytes).ok_or(format!("slot {word:?}"));
    let slots: Result<Vec<_>, _> = body.split_whitespace().map(slot).collect();
    slots.map(|slots| slots.concat())
}

fn bytes(body: &str) -> Result<Vec<u8>, String> {
    let byte = |word: &str| u8::from_str_radix(word, 16).map_err(|_| format!("byte {word:?}"));
    body.split_whitespace().map(byte).collect()
}

/// A number, decimal or hexadecimal.
fn number(text: &str) -> Option<u64> {
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse::<u64>().ok().or_else(|| Some(text.parse::<i64>().ok()? as u64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_read_and_others_passed_over() {
        let content =
            "# words\n-- c\nint x;\n-- asm\nmov %r0, 7\nexit\n-- mem\n00 ff\n-- result\n0x7\n";
        let vector = read(content).expect("a vector");
        assert_eq!((vector.memory, vector.result), (vec![0, 0xff], Some(7)));
        assert_eq!(vector.text.len(), 16);
    }

    #[test]
    fn vectors_of_our_own_say_more() {
        let head = "-- dialect\nsbpf-v2\n-- asm\nudiv64 %r0, 1\nexit\n-- trap\ndivide_by_zero\n";
        let vector = read(&format!("{head}-- budget\n9\n-- units\n2\n-- left\n0a\n"));
        let vector = vector.expect("a vector");
        assert_eq!((vector.dialect, vector.trap), (Dialect::V2, Some(Trap::DivideByZero)));
        assert_eq!((vector.budget, vector.units, vector.left), (Some(9), Some(2), Some(vec![10])));
        for odd in ["-- dialect\nbpf", "-- trap\nanger", "-- budget\nall", "-- left\nxx"] {
            assert!(matches!(read(odd), Err(NoVector::Malformed(_))), "{odd}");
        }
    }

    #[test]
    fn files_that_are_no_vectors_are_told_from_those_left_out() {
        assert!(matches!(read("-- asm\nexit\n"), Err(NoVector::Malformed(_))));
        let unknown = read("# one\n-- asm\nfly %r0\n-- result\n0\n");
        assert_eq!(
            unknown,
            Err(NoVector::Malformed("line 3: no instruction \"fly\" in rfc9669".into()))
        );
        let packet = read("-- asm\nldabsb 3\nexit\n-- result\n0\n");
        assert!(matches!(packet, Err(NoVector::Skipped(_))));
        let raw = read("-- asm\nexit\n-- raw\n0x0000000000000096\n-- result\n0\n");
        assert_eq!(raw, Err(NoVector::Malformed("its assembly and its slots differ".into())));
    }
}
