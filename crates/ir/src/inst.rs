//! What a block is made of: operands, instructions, terminators, edges.
//!
//! Everything here is small and `Copy`: translation is linear and allocates nothing per instruction. Lists of
//! operands live in the function's pool and are named by a [`List`].

use lockstep_base::index;

mod walk;

use crate::{act::Act, op::Op, trap::Trap, types::Type};

index!(
    /// A value: defined once, used only in its block after its definition.
    Value, "v");
index!(
    /// A variable: typed, mutable, zero at entry (window slots excepted); what lives across blocks.
    Var, "x");
index!(
    /// A block of a function.
    Block, "b");
index!(
    /// A place in the guest's program where a region of blocks begins, numbered by the guest (EVM: the pc).
    Head, "h");
index!(
    /// A function of a module.
    FuncId, "f");
index!(
    /// A signature of a module.
    SigId, "s");
index!(
    /// An imported function of a module.
    ImportId, "i");
index!(
    /// A memory of a module.
    MemoryId, "m");
index!(
    /// A table of a module.
    TableId, "t");
index!(
    /// A global of a module.
    GlobalId, "g");

/// Where an operand comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A value of the same block.
    Value(Value),
    /// What a variable holds when the instruction runs.
    Var(Var),
    /// A constant of the function's pool: its first limb. The place of use decides how many limbs it has.
    Const(u32),
    /// A small constant, below 2^30, zero-extended to the type of the place of use.
    Imm(u32),
}

/// An operand in 32 bits: two of tag, thirty of number.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Operand(u32);

const NUMBER_BITS: u32 = 30;
const NUMBER_MASK: u32 = (1 << NUMBER_BITS) - 1;

impl Operand {
    /// Zero, of any type.
    pub const ZERO: Self = Self::imm(0);

    const fn pack(tag: u32, number: u32) -> Self {
        assert!(number <= NUMBER_MASK, "operand number exceeds 30 bits");
        Self(tag << NUMBER_BITS | number)
    }

    /// A small constant.
    ///
    /// # Panics
    ///
    /// When `number` is 2^30 or more.
    pub const fn imm(number: u32) -> Self {
        Self::pack(3, number)
    }

    /// The constant whose lowest limb is at `first_limb` of the pool.
    ///
    /// # Panics
    ///
    /// When `first_limb` is 2^30 or more.
    pub const fn constant(first_limb: u32) -> Self {
        Self::pack(2, first_limb)
    }

    /// Where the operand comes from.
    pub const fn source(self) -> Source {
        let number = self.0 & NUMBER_MASK;
        match self.0 >> NUMBER_BITS {
            0 => Source::Value(Value(number)),
            1 => Source::Var(Var(number)),
            2 => Source::Const(number),
            _ => Source::Imm(number),
        }
    }

    /// The value that the operand is, if it is one: what passes over whole functions ask most.
    #[inline]
    pub const fn as_value(self) -> Option<Value> {
        if self.0 <= NUMBER_MASK { Some(Value(self.0)) } else { None }
    }

    /// Whether the operand is known before the program runs.
    pub const fn is_const(self) -> bool {
        self.0 >> NUMBER_BITS >= 2
    }
}

impl From<Value> for Operand {
    fn from(value: Value) -> Self {
        Self::pack(0, value.0)
    }
}

impl From<Var> for Operand {
    fn from(var: Var) -> Self {
        Self::pack(1, var.0)
    }
}

impl core::fmt::Debug for Operand {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{:?}", self.source())
    }
}

/// A run in one of the function's pools, of operands where nothing else is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct List {
    /// Position of the first.
    pub start: u32,
    /// How many.
    pub len: u32,
}

/// Order of the bytes of an integer in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Least significant first (Wasm, eBPF).
    Little,
    /// Most significant first (EVM).
    Big,
}

/// An instruction. Its guest pc stands beside it in [`Func::pcs`](crate::Func::pcs).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inst {
    /// A row of the op table at operand type `ty` with a result of type `to`; unused operands are [`Operand::ZERO`].
    Op {
        /// The row.
        op: Op,
        /// Type of the operands.
        ty: Type,
        /// Type of the result.
        to: Type,
        /// The operands, as many as the shape says.
        args: [Operand; 3],
        /// The result.
        result: Value,
    },
    /// `result` is what `value` is now; made where a `set` would change a variable before its use.
    Copy {
        /// Type of both.
        ty: Type,
        /// What is kept.
        value: Operand,
        /// The copy.
        result: Value,
    },
    /// The variable holds `value` from here on.
    Set {
        /// The variable.
        var: Var,
        /// Its new content.
        value: Operand,
    },
    /// Takes `gas` from the counter; traps `out_of_gas` when less is left. See "charge spans" in the design.
    Charge {
        /// The price, at most `u32::MAX`.
        gas: u32,
    },
    /// Takes `per * ceil(amount / unit)` from the counter, computed without overflow; traps `out_of_gas`.
    ChargeBy {
        /// Type of `amount`.
        ty: Type,
        /// How much is paid for, unsigned.
        amount: Operand,
        /// Price of a unit.
        per: u32,
        /// Size of a unit, not zero.
        unit: u32,
    },
    /// `result: i64` is the guest's gas: the counter plus `prepaid`, the static cost of what the span still holds.
    GasLeft {
        /// Static cost charged in advance for instructions after this one.
        prepaid: u32,
        /// The gas.
        result: Value,
    },
    /// Traps when `cond: i8` is not zero.
    TrapIf {
        /// The condition.
        cond: Operand,
        /// The reason.
        trap: Trap,
    },
    /// Makes bytes `addr .. addr + len` of the memory accessible or traps; `result` is the token that loads and
    /// stores take (an i64: the byte address). A memory that grows on touch grows and charges; `len = 0` touches
    /// nothing, and its token is the low 64 bits of `addr`. What exceeds 64 bits traps `out_of_gas` where memory grows
    /// on touch, else `memory_out_of_bounds`.
    Check {
        /// The memory.
        memory: MemoryId,
        /// Type of `addr` and `len`, an integer.
        ty: Type,
        /// First byte.
        addr: Operand,
        /// How many bytes.
        len: Operand,
        /// The token.
        result: Value,
    },
    /// `result` is the `ty` at byte `token + offset`.
    Load {
        /// Type in memory and of the result.
        ty: Type,
        /// Order of its bytes.
        order: Order,
        /// A token of a `check` in this block that covers `offset + size`.
        token: Value,
        /// Distance from the token's address in bytes.
        offset: u32,
        /// What was loaded.
        result: Value,
    },
    /// Writes `value` at byte `token + offset`.
    Store {
        /// Type of `value`.
        ty: Type,
        /// Order of its bytes.
        order: Order,
        /// A token of a `check` in this block that covers `offset + size`.
        token: Value,
        /// Distance from the token's address in bytes.
        offset: u32,
        /// What is stored.
        value: Operand,
    },
    /// `result` is the big-endian `ty` at `addr` of a memory read past its end as zeros; never traps.
    LoadPadded {
        /// The memory.
        memory: MemoryId,
        /// Type of the result.
        ty: Type,
        /// First byte, an i256.
        addr: Operand,
        /// What was loaded.
        result: Value,
    },
    /// Copies `len` bytes from `from` of a memory read past its end as zeros to the place of `token`.
    CopyPadded {
        /// A token whose check had the length `len`.
        token: Value,
        /// The memory read.
        memory: MemoryId,
        /// First byte read, an i256.
        from: Operand,
        /// How many bytes: the operand that the check of `token` had, of its type.
        len: Operand,
    },
    /// Copies `len` bytes between two checked places, as if through a buffer.
    CopyWithin {
        /// A token for the place written, whose check had the length `len`.
        to: Value,
        /// A token for the place read, whose check had the length `len`.
        from: Value,
        /// How many bytes: the operand that both checks had, of their type.
        len: Operand,
    },
    /// `result: i64` is the length of the memory in bytes.
    MemorySize {
        /// The memory.
        memory: MemoryId,
        /// The length.
        result: Value,
    },
    /// Traps `stack_underflow` when fewer than `need` slots of the window lie below the base, `stack_overflow`
    /// when fewer than `grow` remain above it. Begins its block (only a `step` may precede it): when it fails in a
    /// lazily translated guest, a twin of the block runs from the start.
    WindowCheck {
        /// Slots read below the base.
        need: u16,
        /// Slots written at and above the base.
        grow: u16,
    },
    /// Slots of the window from number `at` on, counted from its low end, hold `values`; traps `stack_overflow` where it has
    /// not so many. No block that may have another base afterwards sees what they held.
    PutSlots {
        /// The first slot, an i64.
        at: Operand,
        /// What they hold, of the window's type.
        values: List,
    },
    /// The base is slot number `to`, counted from the window's low end; traps `stack_overflow` beyond its high end. The block
    /// touches no slot relative to the base afterwards, and ends in `enter` or `enter_dyn`.
    MoveBase {
        /// Where the base is, an i64.
        to: Operand,
    },
    /// Calls a function of the module. Results are consecutive values from `first`.
    Call {
        /// The function.
        func: FuncId,
        /// Its arguments.
        args: List,
        /// The first result.
        first: Value,
    },
    /// Calls the function that a table holds at an index; traps `undefined_element` beyond the table's end,
    /// `uninitialized_element` where it holds null, `signature_mismatch` when the function has other types. Results are
    /// consecutive values from `first`.
    CallIndirect {
        /// The table.
        table: TableId,
        /// The types the function must have.
        sig: SigId,
        /// Its arguments, then the index, an i64.
        args: List,
        /// The first result.
        first: Value,
    },
    /// `result` is what the global holds.
    GlobalGet {
        /// The global.
        global: GlobalId,
        /// Its content.
        result: Value,
    },
    /// The global holds `value` from here on.
    GlobalSet {
        /// The global, which may change.
        global: GlobalId,
        /// Its new content.
        value: Operand,
    },
    /// An act on what the instance holds; see the rows of [`Act`]. Its result, if it has one, is `first`.
    Act {
        /// The row.
        act: Act,
        /// Which memories, tables, segments or functions: as many as the row names, the rest zero.
        on: [u32; 2],
        /// Its arguments.
        args: List,
        /// The result.
        first: Value,
    },
    /// Calls an imported function. Results are consecutive values from `first`.
    CallHost {
        /// The import.
        import: ImportId,
        /// Its arguments.
        args: List,
        /// The first result.
        first: Value,
    },
    /// Lays out `value`, so that the next `step` shows it. Those of one step follow each other, the lowest operand of the
    /// guest's stack first.
    Show {
        /// Its type.
        ty: Type,
        /// What is shown.
        value: Operand,
    },
    /// Before each guest instruction of an instrumented compilation: what tracers and debuggers see.
    Step {
        /// Static cost charged in advance for instructions from this one on.
        prepaid: u32,
        /// Slots of the window that hold the guest's stack now, counted from the base.
        height: i16,
    },
}

/// How control leaves a block for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// To a block of the same region.
    Goto(Block),
    /// To the region that begins at a head, its base `shift` slots from ours.
    Enter {
        /// Where.
        head: Head,
        /// How far the base moves, in slots.
        shift: i16,
    },
    /// To the head that `target: i256` names, its base `shift` slots from ours; traps `invalid_jump` when it is no
    /// jump destination.
    EnterDyn {
        /// The guest's number of the head.
        target: Operand,
        /// How far the base moves, in slots.
        shift: i16,
    },
    /// Nowhere: the guest traps.
    Trap(Trap),
}

/// How a block ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Terminator {
    /// Goes on elsewhere.
    Jump(Edge),
    /// Goes to `then` when `cond: i8` is not zero, else to `otherwise`.
    Branch {
        /// The condition.
        cond: Operand,
        /// Taken when it is not zero.
        then: Edge,
        /// Taken when it is zero.
        otherwise: Edge,
    },
    /// Goes to the block that `targets` has at position `on: i32`, to its last where it has none.
    Switch {
        /// The position, unsigned.
        on: Operand,
        /// Blocks, as a run of [`Func::targets`](crate::Func::targets); not empty.
        targets: List,
    },
    /// Leaves the function with what another function of the module returns; this one's frame is gone before.
    ReturnCall {
        /// The function; its results are ours.
        func: FuncId,
        /// Its arguments.
        args: List,
    },
    /// The same through a table; traps like `call_indirect`.
    ReturnCallIndirect {
        /// The table.
        table: TableId,
        /// The types the function must have; its results are ours.
        sig: SigId,
        /// Its arguments, then the index, an i64.
        args: List,
    },
    /// Leaves the function with its results.
    Return {
        /// As many as the signature has.
        values: List,
    },
    /// Ends the whole activation; the output is `len` bytes at `token` (nothing when `len` is the zero immediate).
    Exit {
        /// Whether the guest asks for its writes to be undone.
        revert: bool,
        /// A token whose check had the length `len`.
        token: Operand,
        /// Length of the output in bytes: the operand that the check had, of its type.
        len: Operand,
    },
    /// The guest traps.
    Trap(Trap),
}
