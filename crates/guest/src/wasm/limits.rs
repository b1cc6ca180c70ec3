//! How large a module may be: what is longer is refused, with [`Limit`](super::LoadErrorKind::Limit).
//!
//! Where the WebAssembly JavaScript interface names an implementation limit, ours is at most that one. Everything
//! that translation does is linear in what passes here.

use lockstep_ir::DepthLimit;

/// Bytes of a module.
pub const MODULE_BYTES_MAX: u64 = 64 << 20;
/// Function types. One of three bytes takes some 700 while the parser tells types apart.
pub const TYPES_MAX: u64 = 10_000;
/// Functions of the module's own.
pub const FUNCTIONS_MAX: u64 = 200_000;
/// Imports of any kind.
pub const IMPORTS_MAX: u64 = 100_000;
/// Exports of any kind.
pub const EXPORTS_MAX: u64 = 100_000;
/// Globals, imported ones included.
pub const GLOBALS_MAX: u64 = 100_000;
/// Tables, imported ones included.
pub const TABLES_MAX: u64 = 1_000;
/// Memories, imported ones included: contexts keep room for so many.
pub const MEMORIES_MAX: u64 = lockstep_ir::MEMORIES_MAX as u64;
/// Data segments.
pub const DATA_SEGMENTS_MAX: u64 = 100_000;
/// Element segments.
pub const ELEM_SEGMENTS_MAX: u64 = 100_000;
/// Instructions of all constant expressions together.
pub const CONST_OPS_MAX: u64 = 1_000_000;
/// Parameters of a function type.
pub const PARAMS_MAX: u64 = 1_000;
/// Results of a function type.
pub const RESULTS_MAX: u64 = 1_000;
/// Parameters and results of all functions together, each function counted.
pub const SIGNATURE_TYPES_MAX: u64 = 10_000_000;
/// Sizes of the types of all imports and exports together, as the parser reckons them: at least one for each, and one for
/// each parameter and result.
pub const EXTERN_TYPES_MAX: u64 = 1_000_000;
/// Bytes of a function; the parser calls what has two more malformed.
pub const BODY_BYTES_MAX: u64 = 7_654_320;
/// Slots of a function's locals, parameters included: a vector has two, any other local one.
pub const LOCAL_SLOTS_MAX: u64 = 12_288;
/// Operands on the stack of a function.
pub const OPERANDS_MAX: u64 = 1_024;
/// Blocks inside one another.
pub const NESTING_MAX: u64 = 50_000;
/// Labels of a `br_table`.
pub const BR_TABLE_MAX: u64 = 1_000_000;
/// Operands that the calls and branches of a function hand over, for each of its bytes: a call of three bytes can hand over
/// a thousand, and each is a move.
pub const MOVES_PER_BYTE_MAX: u64 = 16;
/// What a function may hand over however short it is.
pub const MOVES_FREE: u64 = 1 << 16;
/// Elements of a table to begin with, and what one may grow to whatever it declares; a module that declares more is valid
/// and has no instance.
pub const TABLE_ELEMENTS_MAX: u64 = lockstep_ir::TABLE_LEN_MAX;
/// Pages of a memory to begin with, and what one may grow to whatever it declares: 4 GiB; a module that declares more is
/// valid and has no instance.
pub const MEMORY_PAGES_MAX: u64 = lockstep_ir::MEMORY_BYTES_MAX / lockstep_ir::PAGE_BYTES;
/// Operands that the steps of an instrumented function show all together, as many at each as there are; beyond that each
/// shows [`SHOWN_ALWAYS`].
pub const SHOWN_MAX: u64 = 1 << 20;
/// Operands that every step shows, if there are as many: the most that an instruction other than a call takes.
pub const SHOWN_ALWAYS: u64 = 4;
/// Constant amounts of bulk instructions that are paid ahead, with the span: beyond that, a length that no memory has traps
/// before it is priced.
pub const AMOUNT_AHEAD_MAX: u64 = 1 << 16;
/// Bytes of an imported or exported name; the parser calls what has two more malformed.
pub const NAME_BYTES_MAX: u64 = 99_999;

/// Depth units of all frames of an activation together; see [`FRAME_UNITS`].
pub const DEPTH_LIMIT: DepthLimit = DepthLimit(1 << 20);
/// Units of a frame beyond the one that every frame takes and those of its locals and operands, so that no frame
/// is smaller than 16: what tiers keep beside the locals.
pub const FRAME_UNITS: u32 = 15;

/// Slots of a frame that tiers address: offsets have 16 bits with a sign.
const FRAME_SLOTS_MAX: u64 = 1 << 15;
/// Slots of a vector, the largest type.
const VECTOR_SLOTS: u64 = 2;
/// Slots that a tier keeps at the foot of a frame.
const HEADER_SLOTS: u64 = 2;
/// Slots of the canonical variables of one height: one for each of six types, and a vector has two.
const CANONICAL_SLOTS: u64 = 7;
/// Slots of what lives only while one instruction of the guest is carried out, generously.
const SCRATCH_SLOTS: u64 = 64;
/// Values that live at a time: the operands, and while a call ends its results beside its arguments.
const LIVE_MAX: u64 = OPERANDS_MAX + RESULTS_MAX;
/// A frame: results, locals, the canonical variables of all heights, and values. Values of one slot and vectors fill
/// room of their own, so that each may have had its turn at being many.
const FRAME_SLOTS: u64 = HEADER_SLOTS
    + RESULTS_MAX * VECTOR_SLOTS
    + LOCAL_SLOTS_MAX
    + OPERANDS_MAX * CANONICAL_SLOTS
    + LIVE_MAX * (1 + VECTOR_SLOTS)
    + SCRATCH_SLOTS;
/// The foot of a callee's frame, which the caller writes and reads.
const CALLEE_SLOTS: u64 = HEADER_SLOTS + (PARAMS_MAX + RESULTS_MAX) * VECTOR_SLOTS;
/// So no valid function has a frame that a tier cannot address.
const _: () = assert!(FRAME_SLOTS + CALLEE_SLOTS < FRAME_SLOTS_MAX);
