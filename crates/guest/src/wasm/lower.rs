//! One function to dMIR, in one pass over its bytes.
//!
//! # Shape
//!
//! ```text
//! block: charge span   ...   call   charge span   ...   move what lives on   terminator
//! ```
//!
//! # Invariants
//!
//! 1. Locals are variables, parameters first. The operand stack is symbolic (`stack`): `local.get`, `local.tee` and
//!    constants emit nothing.
//! 2. What lives across blocks is a constant, a variable of a local, or the *canonical* variable of its height and type.
//! 3. Entering a Wasm `block` begins no block of dMIR, nor does leaving one that nobody branched to.
//! 4. Every block begins with a charge; the open charge covers every instruction lowered since the last call.
//! 5. Unreachable instructions are read and dropped: the validator has seen them.

mod call;
mod control;
mod convert;
mod cursor;
mod decode;
mod expression;
mod memory;
mod numeric;
mod span;
mod stack;
mod step;
mod table;
mod vector;
mod vector_rows;
mod visit;

use lockstep_ir::{Block, Builder, Edge, Func, FuncId, Inst, Operand, Terminator, Type};
use wasmparser::{BinaryReader, WasmFeatures};

pub(super) use self::decode::{LOCAL_GET, Taking, taking, taking_saturated};
use self::{control::Frame, span::Span, stack::Stack};
use super::{config::Profile, limits, load::features::offered, module::Module};

/// Blocks that only jump on which a jump is led past.
const HOPS_MAX: usize = 8;

/// Blocks inside one another for which there is room from the beginning.
const FRAMES_USUAL: usize = 32;

/// Lowers `func` into `out`, which is empty; an observed one shows each instruction.
pub(super) fn lower(module: &Module, func: FuncId, is_observed: bool, out: &mut Func) {
    let range = module.bodies[func.0 as usize].clone();
    let bytes = &module.bytes[range.start as usize..range.end as usize];
    let features = offered(Profile::Consensus);
    out.reserve(bytes.len());
    let mut lower = Lower::new(module, func, features, out);
    lower.is_observed = is_observed;
    let mut locals = BinaryReader::new_features(bytes, u64::from(range.start), features);
    let done = lower.declare_locals(&mut locals).and_then(|()| {
        let read = locals.current_position();
        lower.run(&bytes[read..], range.start + read as u32)
    });
    done.expect("the body was validated when the module was loaded");
}

/// The lowering of one function.
struct Lower<'m, 'f> {
    module: &'m Module,
    features: WasmFeatures,
    b: Builder<'f>,
    stack: Stack,
    frames: Vec<Frame<'m>>,
    /// For each label, the block it stands before.
    labels: Vec<u32>,
    span: Span,
    /// Whether each instruction is shown before it runs, and how many operands that may still show.
    is_observed: bool,
    shown_left: usize,
    /// The byte of the module behind the last constant of the body.
    constant_end: u32,
    /// Whether control can reach the next instruction.
    is_reachable: bool,
    /// Blocks that were entered where it cannot.
    skipped: u32,
    /// Operands of calls and returns, for a moment.
    args: Vec<Operand>,
    /// Blocks of a `br_table`, and the stubs it needs: label and target.
    targets: Vec<Block>,
    stubs: Vec<(u32, usize)>,
    results: &'m [Type],
}

impl<'m, 'f> Lower<'m, 'f> {
    fn new(module: &'m Module, func: FuncId, features: WasmFeatures, out: &'f mut Func) -> Self {
        let signature = &module.interface.signatures[func];
        out.params = signature.params.len() as u32;
        out.results.clone_from(&signature.results);
        let mut b = Builder::new(out);
        for ty in &signature.params {
            b.var(*ty, None);
        }
        Self {
            module,
            features,
            b,
            stack: Stack::default(),
            frames: Vec::with_capacity(FRAMES_USUAL),
            labels: Vec::with_capacity(FRAMES_USUAL),
            span: Span::default(),
            is_observed: false,
            shown_left: limits::SHOWN_MAX as usize,
            constant_end: 0,
            is_reachable: true,
            skipped: 0,
            args: Vec::new(),
            targets: Vec::new(),
            stubs: Vec::new(),
            results: &signature.results,
        }
    }

    fn declare_locals(&mut self, reader: &mut BinaryReader<'_>) -> wasmparser::Result<()> {
        for _ in 0..reader.read_var_u32()? {
            let count: u32 = reader.read()?;
            let ty = convert::dmir(reader.read()?);
            for _ in 0..count {
                self.b.var(ty, None);
            }
        }
        self.stack.begin(self.b.func().vars.len(), self.is_observed);
        Ok(())
    }

    /// All blocks are there: labels become blocks, and the frame's size is known.
    fn finish(&mut self) {
        let places: Vec<u32> = self.labels.iter().map(|place| self.beyond(*place)).collect();
        self.b.place_blocks(|label| Block(places[label.0 as usize]));
        let locals = &self.b.func().vars.as_slice()[..self.stack.locals()];
        let slots = |types: &[Type]| types.iter().map(|ty| ty.slots()).sum::<u32>();
        let locals: u32 = locals.iter().map(|var| var.ty.slots()).sum();
        let units = limits::FRAME_UNITS + locals + slots(self.results) + self.stack.max_slots();
        self.b.set_units(units);
    }

    /// Where a jump to `place` ends, past blocks that only jump on.
    fn beyond(&self, mut place: u32) -> u32 {
        let func = self.b.func();
        for _ in 0..HOPS_MAX {
            let Some(block) = func.blocks.get(Block(place)) else { break };
            let Terminator::Jump(Edge::Goto(label)) = block.terminator else { break };
            if !matches!(func.block_insts(block), [Inst::Charge { gas: 0 }]) {
                break;
            }
            place = self.labels[label.0 as usize];
        }
        place
    }
}
