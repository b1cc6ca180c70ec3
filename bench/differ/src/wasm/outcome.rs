//! What both sides say of a case, in one language.

use std::{collections::BTreeMap, fmt};

use lockstep::wasm::ValType;

use super::script::Call;

/// Why a case says nothing.
#[derive(Debug)]
pub enum Skip {
    /// Something ran out, or one side does not take such a module.
    Reason(String),
    /// The campaign cannot go on.
    Broken(String),
}

/// A value as both sides show it: of a reference to a function, only that it is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    pub ty: ValType,
    /// A number's bits; of a reference zero when it is null, else one more than the host's number.
    pub bits: u128,
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {:#x}", self.ty, self.bits)
    }
}

/// How a call or an instantiation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    Values(Vec<Seen>),
    /// The kind of trap, in our words.
    Trap(String),
    /// The engine broke.
    Panic(String),
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Values(values) => {
                values.iter().try_for_each(|value| write!(f, "{value} "))?;
                f.write_str("returned")
            }
            Self::Trap(trap) => write!(f, "trap {trap}"),
            Self::Panic(message) => write!(f, "panic {message}"),
        }
    }
}

/// Everything about a case that both sides must agree on.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Why the module is no module.
    pub refused: Option<String>,
    pub instantiated: Option<End>,
    pub calls: Vec<End>,
    pub memories: BTreeMap<String, Vec<u8>>,
    pub globals: BTreeMap<String, Seen>,
    /// Gas of all calls together, which the peer does not count.
    pub gas: u64,
}

impl Outcome {
    /// What differs, in words.
    pub fn differences(&self, theirs: &Self, script: &[Call]) -> Vec<String> {
        let mut found = Vec::new();
        if self.refused.is_some() != theirs.refused.is_some() {
            found.push(format!("refused: ours {:?}, theirs {:?}", self.refused, theirs.refused));
            return found;
        }
        if self.instantiated != theirs.instantiated {
            let show = |end: &Option<End>| end.as_ref().map(ToString::to_string);
            let (ours, theirs) = (show(&self.instantiated), show(&theirs.instantiated));
            found.push(format!("instantiation: ours {ours:?}, theirs {theirs:?}"));
            return found;
        }
        for (number, call) in script.iter().enumerate() {
            let (ours, theirs) = (self.calls.get(number), theirs.calls.get(number));
            if ours != theirs {
                let show = |end: Option<&End>| end.map(ToString::to_string).unwrap_or_default();
                let (ours, theirs) = (show(ours), show(theirs));
                let Call { export, args } = call;
                found.push(format!("{export}({args:x?}): ours {ours}, theirs {theirs}"));
            }
        }
        for (name, bytes) in &theirs.memories {
            let ours = self.memories.get(name).map(Vec::as_slice).unwrap_or_default();
            if ours != bytes.as_slice() {
                let at = ours.iter().zip(bytes).position(|(a, b)| a != b);
                let at = at.unwrap_or(ours.len().min(bytes.len()));
                let lens = (ours.len(), bytes.len());
                let bytes = (ours.get(at), bytes.get(at));
                found.push(format!("memory {name}: bytes {lens:?}, from {at:#x} on {bytes:x?}"));
            }
        }
        for (name, value) in &theirs.globals {
            let ours = self.globals.get(name);
            if ours != Some(value) {
                let ours = ours.map(ToString::to_string);
                found.push(format!("global {name}: ours {ours:?}, theirs {value}"));
            }
        }
        found
    }
}
