//! What the verifier found wrong, and where.

use core::fmt;

use crate::{
    inst::{Block, FuncId, GlobalId, Head, MemoryId, Value, Var},
    module::MEMORIES_MAX,
    op::Op,
    types::Type,
};

/// A rule that a program breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerifyError {
    /// The function, when a module was verified.
    pub func: Option<FuncId>,
    /// The block.
    pub block: Option<Block>,
    /// The instruction's position in the function; `None` for a terminator or a declaration.
    pub inst: Option<u32>,
    /// The rule.
    pub kind: VerifyErrorKind,
}

/// The rule that was broken, and what was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VerifyErrorKind {
    /// An operand or result of another type than its place.
    Type {
        /// What the place needs.
        want: Type,
        /// What stands there.
        got: Type,
    },
    /// A value used before its definition or in another block.
    Undefined(Value),
    /// A result that is not the next value in order.
    Order {
        /// The next value.
        want: Value,
        /// The result.
        got: Value,
    },
    /// Values that no instruction defines.
    Unborn(Value),
    /// A variable that the function does not have.
    NoVariable(Var),
    /// A constant outside the pool.
    NoConstant(u32),
    /// A constant too large for its type.
    ConstantWidth(Type),
    /// An operand list outside the pool.
    NoList,
    /// An operation that does not exist at these types.
    NoOperation {
        /// The operation.
        op: Op,
        /// Type of its operands.
        ty: Type,
        /// Type of its result.
        to: Type,
    },
    /// An operand beyond the operation's arity that is not the zero immediate.
    SpareOperand,
    /// A type that the instruction does not work on.
    NotAllowed(Type),
    /// Another number of arguments or results.
    Count {
        /// How many the signature has.
        want: usize,
        /// How many stand there.
        got: usize,
    },
    /// A memory that the module does not have.
    NoMemory(MemoryId),
    /// A write to a memory that is only read.
    ReadOnly(MemoryId),
    /// A token that no check of this block made.
    NoToken,
    /// An access beyond what the check admitted, or admitted by a check whose length is not a constant.
    OutsideCheck,
    /// A length that is not the operand of the token's check, or was changed since.
    OtherLength,
    /// A function or import that the module does not have.
    NoCallee(u32),
    /// A table, global, segment or type that the module does not have.
    NoHolding(u32),
    /// A global that does not change, set.
    ConstantGlobal(GlobalId),
    /// A tail call of a function with other results than the caller's.
    OtherResults,
    /// A block that the function does not have.
    NoBlock(Block),
    /// Blocks whose instructions do not follow one another from the first to the last.
    Blocks,
    /// A function without blocks.
    Empty,
    /// A head that the function does not have.
    NoHead(Head),
    /// Two blocks at one head.
    DoubleHead(Head),
    /// A window slot, check or moving edge in a module without a window.
    NoWindow,
    /// A variable whose slot another has, or that lies outside the window.
    Slot(i16),
    /// A parameter that is a slot of the window.
    SlotParameter,
    /// A slot touched, or a base moved, beyond the block's window check.
    OutsideWindow(i16),
    /// A slot above the base that is read, or left to a successor, without having been set in this block.
    StaleSlot(i16),
    /// A window check that is not the block's first instruction (but for a step marker): a twin begins anew.
    LateWindowCheck,
    /// A block that moves the base and ends otherwise than by entering a head.
    MovedBase,
    /// A unit or divisor of zero.
    ZeroUnit,
    /// More than [`MEMORIES_MAX`] memories.
    TooManyMemories,
    /// A memory that begins longer than it may become.
    MemoryLimit(MemoryId),
    /// Another number of functions than of signatures.
    FunctionCount {
        /// How many signatures there are.
        want: usize,
        /// How many functions there are.
        got: usize,
    },
    /// A function whose parameters or results differ from its signature.
    Signature,
}

impl VerifyError {
    pub(super) const fn of_module(kind: VerifyErrorKind) -> Self {
        Self { func: None, block: None, inst: None, kind }
    }

    pub(super) const fn in_func(self, func: FuncId) -> Self {
        Self { func: Some(func), ..self }
    }

    pub(super) const fn in_block(self, block: Block) -> Self {
        Self { block: Some(block), ..self }
    }
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(func) = self.func {
            write!(f, "function {func}, ")?;
        }
        if let Some(block) = self.block {
            write!(f, "block {block}, ")?;
        }
        match (self.inst, self.block) {
            (Some(inst), _) => write!(f, "instruction {inst}: ")?,
            (None, Some(_)) => write!(f, "terminator: ")?,
            (None, None) => write!(f, "declarations: ")?,
        }
        self.kind.fmt(f)
    }
}

impl fmt::Display for VerifyErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Type { want, got } => write!(f, "expected type {want}, found {got}"),
            Self::Undefined(value) => write!(f, "{value} is not defined before this in its block"),
            Self::Order { want, got } => write!(f, "expected result {want}, found {got}"),
            Self::Unborn(value) => write!(f, "no instruction defines {value}"),
            Self::NoVariable(var) => write!(f, "no variable {var}"),
            Self::NoConstant(first) => write!(f, "constant {first} is outside the pool"),
            Self::ConstantWidth(ty) => write!(f, "a constant does not fit {ty}"),
            Self::NoList => f.write_str("an operand list is outside the pool"),
            Self::NoOperation { op, ty, to } => write!(f, "{op} does not exist from {ty} to {to}"),
            Self::SpareOperand => f.write_str("an unused operand is not zero"),
            Self::NotAllowed(ty) => write!(f, "the instruction does not work on {ty}"),
            Self::Count { want, got } => write!(f, "expected {want} operands, found {got}"),
            Self::NoMemory(memory) => write!(f, "no memory {memory}"),
            Self::ReadOnly(memory) => write!(f, "memory {memory} is only read"),
            Self::NoToken => f.write_str("expected a token of a check in this block"),
            Self::OutsideCheck => f.write_str("the access is not inside its check"),
            Self::OtherLength => f.write_str("the length is not that of the token's check"),
            Self::NoCallee(number) => write!(f, "no function or import {number}"),
            Self::NoHolding(number) => write!(f, "no table, global, segment or type {number}"),
            Self::ConstantGlobal(global) => write!(f, "global {global} does not change"),
            Self::OtherResults => f.write_str("a tail call of a function with other results"),
            Self::NoBlock(block) => write!(f, "no block {block}"),
            Self::Blocks => f.write_str("blocks do not partition the instructions in order"),
            Self::Empty => f.write_str("a function has at least one block"),
            Self::NoHead(head) => write!(f, "no block at head {head}"),
            Self::DoubleHead(head) => write!(f, "two blocks at head {head}"),
            Self::NoWindow => f.write_str("the module declares no window"),
            Self::Slot(slot) => write!(f, "slot {slot} is taken or outside the window"),
            Self::SlotParameter => f.write_str("a parameter is not a window slot"),
            Self::OutsideWindow(slot) => {
                write!(f, "slot {slot} is not covered by the block's window_check")
            }
            Self::StaleSlot(slot) => write!(f, "slot {slot} was not set in this block"),
            Self::LateWindowCheck => f.write_str("a window_check begins its block"),
            Self::MovedBase => f.write_str("a block that moves the base ends by entering a head"),
            Self::ZeroUnit => f.write_str("a unit or divisor is zero"),
            Self::TooManyMemories => write!(f, "a module has at most {MEMORIES_MAX} memories"),
            Self::MemoryLimit(memory) => write!(f, "memory {memory} begins above its limit"),
            Self::FunctionCount { want, got } => {
                write!(f, "expected {want} functions, found {got}")
            }
            Self::Signature => f.write_str("the function differs from its signature"),
        }
    }
}

impl core::error::Error for VerifyError {}
