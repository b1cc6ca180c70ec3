//! The stages of a compilation, for whoever measures them: no clock is looked at here.

use std::sync::Arc;

/// Who is told when a stage begins.
pub type Watch = Arc<dyn Fn(Stage) + Send + Sync>;

/// What a compilation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// The guest's code becomes dMIR; that of the EVM is joined to functions and goes through its passes.
    Lower,
    /// dMIR is verified.
    Verify,
    /// dMIR becomes Cranelift's IR.
    Translate,
    /// Cranelift optimizes, gives registers and writes bytes.
    Emit,
    /// Nothing: it is over.
    Done,
}

impl Stage {
    /// Those that take time, in order.
    pub const ALL: [Self; 4] = [Self::Lower, Self::Verify, Self::Translate, Self::Emit];

    /// The name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lower => "lower",
            Self::Verify => "verify",
            Self::Translate => "translate",
            Self::Emit => "emit",
            Self::Done => "done",
        }
    }
}
