//! EVM programs as the generator and the shrinker see them: instructions with labels and parts, not bytes.
//!
//! Invariant: any subset of the instructions still assembles, so that a shrinker may drop what it likes.

use lockstep::U256;

/// An instruction or a pseudo-instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inst {
    /// One byte.
    Op(u8),
    /// The shortest PUSH of a word; PUSH1 of zero, as PUSH0 is young.
    Push(U256),
    /// PUSH2 of where a label stands; of zero if it stands nowhere.
    PushLabel(usize),
    /// JUMPDEST with a name.
    Label(usize),
    /// PUSH2 of where a part begins.
    PartOffset(usize),
    /// PUSH2 of how long a part is.
    PartLen(usize),
    /// Bytes as they are.
    Raw(Vec<u8>),
}

/// Code: instructions, then parts that they copy (initialization code, code to deploy).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Program {
    pub insts: Vec<Inst>,
    pub parts: Vec<Program>,
}

const PUSH1: u8 = 0x60;
const PUSH2: u8 = 0x61;
const JUMPDEST: u8 = 0x5b;

impl Program {
    /// A program of bytes.
    pub fn raw(bytes: Vec<u8>) -> Self {
        let insts = if bytes.is_empty() { Vec::new() } else { vec![Inst::Raw(bytes)] };
        Self { insts, parts: Vec::new() }
    }

    /// Its bytes.
    pub fn assemble(&self) -> Vec<u8> {
        let parts: Vec<Vec<u8>> = self.parts.iter().map(Self::assemble).collect();
        let len: usize = self.insts.iter().map(Inst::len_bytes).sum();
        let mut code = Vec::with_capacity(len);
        let labels = self.labels();
        for inst in &self.insts {
            match inst {
                Inst::Op(byte) => code.push(*byte),
                Inst::Push(word) => push_word(&mut code, *word),
                Inst::Label(_) => code.push(JUMPDEST),
                Inst::PushLabel(label) => {
                    push_u16(&mut code, labels.get(*label).copied().flatten().unwrap_or(0));
                }
                Inst::PartOffset(part) => {
                    let before: usize = parts.iter().take(*part).map(Vec::len).sum();
                    push_u16(&mut code, len + before);
                }
                Inst::PartLen(part) => push_u16(&mut code, parts.get(*part).map_or(0, Vec::len)),
                Inst::Raw(bytes) => code.extend_from_slice(bytes),
            }
        }
        code.extend(parts.into_iter().flatten());
        code
    }

    fn labels(&self) -> Vec<Option<usize>> {
        let mut labels = Vec::new();
        let mut at = 0;
        for inst in &self.insts {
            if let Inst::Label(label) = inst {
                if labels.len() <= *label {
                    labels.resize(label + 1, None);
                }
                labels[*label] = Some(at);
            }
            at += inst.len_bytes();
        }
        labels
    }
}

impl Inst {
    fn len_bytes(&self) -> usize {
        match self {
            Self::Op(_) | Self::Label(_) => 1,
            Self::Push(word) => 1 + word.byte_len().max(1),
            Self::PushLabel(_) | Self::PartOffset(_) | Self::PartLen(_) => 3,
            Self::Raw(bytes) => bytes.len(),
        }
    }
}

fn push_word(code: &mut Vec<u8>, word: U256) {
    let len = word.byte_len().max(1);
    let bytes = word.to_be_bytes::<32>();
    code.push(PUSH1 + len as u8 - 1);
    code.extend_from_slice(&bytes[32 - len..]);
}

/// Programs stay far below 64 KiB; what is cut off here would only make a bad jump.
fn push_u16(code: &mut Vec<u8>, number: usize) {
    code.push(PUSH2);
    code.extend_from_slice(&(number as u16).to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_and_parts_resolve_and_survive_dropping() {
        let part = Program::raw(vec![0xaa, 0xbb]);
        let mut program = Program {
            insts: vec![
                Inst::PushLabel(1),
                Inst::Op(0x56),
                Inst::Label(1),
                Inst::PartLen(0),
                Inst::PartOffset(0),
            ],
            parts: vec![part],
        };
        assert_eq!(
            program.assemble(),
            [0x61, 0, 4, 0x56, 0x5b, 0x61, 0, 2, 0x61, 0, 11, 0xaa, 0xbb]
        );
        program.insts.remove(2);
        assert_eq!(program.assemble(), [0x61, 0, 0, 0x56, 0x61, 0, 2, 0x61, 0, 10, 0xaa, 0xbb]);
    }
}
