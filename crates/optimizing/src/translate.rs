//! A function of dMIR as a function of Cranelift IR, nearly name for name.
//!
//! # Invariants
//!
//! 1. Variables of dMIR are variables of the builder, the counter is one more; values are values. Blocks are blocks.
//! 2. The counter goes to the context where somebody can look: before calls that leave machine code, and on the way out.
//! 3. What stops a guest is a branch to a cold block, which leaves.
//! 4. With guard pages the counter is in the context at each access that one may stop (`guard`).
//! 5. What an address can be at most, and what was checked before, spares checks (`bound`).
//! 6. The length of a memory that may become longer is read from the context at each check; its base, which never moves, and
//!    the length of others once.
//! 7. What the counter lacks is what is prepaid (`span`).
//! 8. Limbs that a word cannot have where it is read are zero, whatever its variable holds there (`narrow`).

mod bound;
mod bulk;
mod call;
mod cold;
mod convert;
mod exists;
mod float;
mod guard;
mod imported;
mod integer;
mod memory;
mod merge;
mod nans;
mod narrow;
mod operand;
mod operation;
mod shape;
mod small;
mod span;
mod sums;
mod terminator;
mod touch;
mod vector;
mod window;
mod word;
mod word_bits;
mod word_op;

use std::collections::BTreeMap;

use cranelift_codegen::{
    ir::{self, AliasRegionData, InstBuilder, MemFlagsData},
    isa::TargetFrontendConfig,
};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext, Variable};
use lockstep_base::Index;
use lockstep_ir::{
    Block, Func, Inst, Interface, MemoryId, Signature, Trap, Type, Value, pass::Ranges,
};
use lockstep_rt::native::NoCode;

use crate::{
    abi::{WORD, clif_type, params_before},
    cost,
    nan::Nans,
    plant::{self, Bug},
    unmetered,
};

pub(crate) use shape::nesting;

/// The translation of one function.
struct Translation<'f, 'b, 'c> {
    interface: &'f Interface,
    func: &'f Func,
    b: &'b mut FunctionBuilder<'c>,
    nans: Nans,
    ranges: Ranges,
    vars: Vec<Place>,
    /// Parameters that are never set: what they are.
    constant: Vec<Option<ir::Value>>,
    values: Vec<Option<ir::Value>>,
    /// Values that are words.
    words: Vec<Option<word::Word>>,
    /// Values that fit 32 bits.
    narrow: Vec<bool>,
    /// What the next instruction makes of a value that was just loaded, where that is loaded too.
    extended: Option<(Value, ir::Value)>,
    /// For each token, its memory.
    tokens: BTreeMap<u32, MemoryId>,
    /// For tokens of memories that grow on touch, the type of their check.
    token_types: BTreeMap<u32, Type>,
    /// For each block, how many bytes of memory 0 exist where it begins; and where the builder is.
    existing: Vec<u64>,
    exists: u64,
    /// Charges that the block had so far.
    charges: u32,
    blocks: Vec<ir::Block>,
    /// For each block, how many edges to it are still to be written.
    edges_left: Vec<u32>,
    /// Zero, in one place, so that what is set to it everywhere is seen to be zero.
    zero: ir::Value,
    gas: Variable,
    /// For each block, whether control may come back to it and leaves nothing to callees; and where the builder is.
    settling: Vec<bool>,
    is_settling: bool,
    /// Depth units left for callees, and for a function in this one's place.
    depth_left: ir::Value,
    depth_before: ir::Value,
    /// Where results go that are too many for registers.
    area: Option<ir::Value>,
    /// The context, once for the function.
    context: ir::Value,
    /// Whether anything is a float or a vector.
    has_vectors: bool,
    /// The context as a block of Cranelift's reads it.
    context_in: (Option<ir::Block>, Option<ir::Value>),
    imported: imported::Imported,
    /// Where operands of calls stand that leave machine code; made when first needed.
    operands: Option<ir::StackSlot>,
    flags: Flags,
    cold: cold::Cold,
    guard: guard::Guard,
    passed: bound::Passed,
    span: span::Span,
    /// Whether instructions are numbered, for whoever lists them: those of dMIR and terminators, in order, from one on.
    is_listed: bool,
    listed: u32,
    small: small::Small,
    sums: sums::Sums,
    merged: merge::Merged,
    /// The instruction, by its place in the function.
    at: usize,
    /// Where the block moved the base, in slots of the window.
    base: Option<ir::Value>,
    /// Whether the function is one that nobody calls, so that it need not return.
    may_leave: bool,
}

/// What a variable is.
#[derive(Clone, Copy)]
enum Place {
    /// A variable of the builder.
    One(Variable),
    /// One for each limb of a word.
    Word([Variable; word::LIMBS]),
    /// A slot of the window, at home.
    Home(i16),
}

/// How places in memory may be accessed.
#[derive(Clone, Copy)]
struct Flags {
    /// Guest memory.
    heap: MemFlagsData,
    /// Guest memory, where a guard page may be.
    guarded: MemFlagsData,
    /// The context, what changes.
    context: MemFlagsData,
    /// The context, what stays as it is.
    fixed: MemFlagsData,
    globals: MemFlagsData,
    /// Tables, and what they hold.
    tables: MemFlagsData,
    /// Our own stack.
    stack: MemFlagsData,
}

impl Flags {
    fn new(func: &mut ir::Function) -> Self {
        let mut region = |user_id, description: &'static str| {
            let description = description.into();
            Some(func.dfg.alias_regions.insert(AliasRegionData { user_id, description }))
        };
        let heap = region(0, "guest memory");
        let plain = MemFlagsData::new().with_notrap();
        let aligned = plain.with_aligned();
        Self {
            heap: plain.with_alias_region(heap),
            guarded: MemFlagsData::new().with_alias_region(heap),
            context: aligned.with_alias_region(region(1, "context")),
            fixed: aligned.with_readonly().with_can_move(),
            globals: aligned.with_alias_region(region(2, "globals")),
            tables: aligned.with_alias_region(region(3, "tables")),
            stack: aligned,
        }
    }
}

/// Writes `func` into `to`, whose signature is its body's.
///
/// # Errors
///
/// [`NoCode`] for what this tier does not run.
pub(crate) fn translate(
    (to, room): (&mut ir::Function, &mut FunctionBuilderContext),
    (config, is_guarded, is_listed): (TargetFrontendConfig, bool, bool),
    interface: &Interface,
    (signature, func, may_leave): (&Signature, &Func, bool),
) -> Result<(), NoCode> {
    let flags = Flags::new(to);
    let mut b = FunctionBuilder::new(to, room);
    let translated = Translation::new(interface, (signature, func), &mut b, flags).and_then(
        |mut translation| {
            translation.guard.is_on = is_guarded;
            translation.is_listed = is_listed;
            translation.may_leave = may_leave;
            translation.function()
        },
    );
    if translated.is_err() {
        // The room is to be empty again, whatever was half done.
        *room = FunctionBuilderContext::new();
        return translated;
    }
    b.seal_all_blocks();
    b.finalize(config);
    Ok(())
}

impl<'f, 'b, 'c> Translation<'f, 'b, 'c> {
    /// Declares everything and writes the entry.
    fn new(
        interface: &'f Interface,
        (signature, func): (&Signature, &'f Func),
        b: &'b mut FunctionBuilder<'c>,
        flags: Flags,
    ) -> Result<Self, NoCode> {
        let mut vars = Vec::with_capacity(func.vars.len());
        for (_, var) in func.vars.iter() {
            vars.push(match var.slot {
                Some(slot) => Place::Home(slot),
                None if word::is_word(var.ty) => {
                    Place::Word(core::array::from_fn(|_| b.declare_var(WORD)))
                }
                None => Place::One(b.declare_var(clif_type(var.ty)?)),
            });
        }
        let gas = b.declare_var(WORD);
        let entry = b.create_block();
        b.append_block_params_for_function_params(entry);
        b.switch_to_block(entry);
        let context = b.ins().get_pinned_reg(WORD);
        let params = b.block_params(entry).to_vec();
        b.def_var(gas, params[0]);
        // The function's own parameters come last.
        let before = params_before(signature);
        let mut constant = vec![None; func.vars.len()];
        let mut own = params[before..].iter();
        for (place, known) in vars[..func.params as usize].iter().zip(&mut constant) {
            let mut define = |var: &Variable| {
                let param = own.next().expect("the signature is the function's");
                b.def_var(*var, *param);
            };
            match place {
                Place::One(var) => {
                    define(var);
                    *known = Some(b.use_var(*var));
                }
                Place::Word(limbs) => limbs.iter().for_each(define),
                Place::Home(_) => {}
            }
        }
        for inst in &func.insts {
            if let Inst::Set { var, .. } = inst {
                constant[var.position()] = None;
            }
        }
        let zero = b.ins().iconst(WORD, 0);
        let edges_left = func.edges_to_blocks();
        let blocks = func.blocks.iter().map(|_| b.create_block()).collect();
        Ok(Self {
            interface,
            func,
            nans: Nans::of(func),
            ranges: Ranges::of(interface, func),
            vars,
            constant,
            values: vec![None; func.values.len()],
            words: vec![None; func.values.len()],
            narrow: vec![false; func.values.len()],
            extended: None,
            tokens: BTreeMap::new(),
            token_types: BTreeMap::new(),
            existing: exists::existing(interface, func),
            exists: 0,
            charges: 0,
            blocks,
            passed: bound::Passed::new(func, &edges_left),
            edges_left,
            zero,
            gas,
            settling: shape::loops_without_calls(func),
            is_settling: false,
            depth_left: params[1],
            depth_before: params[1],
            area: (before > 2).then(|| params[2]),
            context,
            has_vectors: shape::has_vectors(func),
            context_in: (None, None),
            imported: imported::Imported::default(),
            operands: None,
            flags,
            cold: cold::Cold::default(),
            guard: guard::Guard::default(),
            span: span::Span::default(),
            is_listed: false,
            listed: 0,
            small: small::Small::default(),
            sums: sums::Sums::default(),
            merged: merge::Merged::default(),
            at: 0,
            base: None,
            may_leave: false,
            b,
        })
    }

    fn function(&mut self) -> Result<(), NoCode> {
        let units = 1 + i64::from(self.func.units);
        self.trap_below(self.depth_before, units, Trap::DepthExceeded);
        self.depth_left = self.b.ins().iadd_imm_s(self.depth_before, -units);
        self.zero_vars()?;
        self.b.ins().jump(self.blocks[0], &[]);
        self.seal_after(Block(0));
        for (number, block) in self.func.blocks.iter() {
            cost::check_begun(self.b.func, self.func.insts.len())?;
            self.b.switch_to_block(self.blocks[number.position()]);
            self.exists = self.existing[number.position()];
            self.is_settling = self.settling[number.position()];
            self.charges = 0;
            self.guard.begin_block();
            self.nans.begin_block(number);
            self.ranges.begin_block(number);
            self.passed.block = number;
            self.span.end = block.insts.end as usize;
            self.small.begin_block();
            self.sums.begin_block();
            self.base = None;
            self.merged = merge::merged(self.interface, self.func, block);
            for at in block.insts.clone() {
                self.at = at as usize;
                self.number();
                self.inst(self.func.insts[at as usize])?;
            }
            self.number();
            self.terminator(block)?;
            self.func.successors(block, |to| self.seal_after(to));
        }
        if self.is_listed {
            self.b.set_srcloc(ir::SourceLoc::default());
        }
        self.cold_blocks();
        Ok(())
    }

    /// What follows comes of the next instruction.
    fn number(&mut self) {
        if self.is_listed {
            self.listed += 1;
            self.b.set_srcloc(ir::SourceLoc::new(self.listed));
        }
    }

    /// An edge to `block` is written; after the last of them, what its variables are is known.
    fn seal_after(&mut self, block: Block) {
        let left = &mut self.edges_left[block.position()];
        *left -= 1;
        if *left == 0 {
            self.b.seal_block(self.blocks[block.position()]);
        }
    }

    /// Variables that are no parameters are zero at entry.
    fn zero_vars(&mut self) -> Result<(), NoCode> {
        for (var, def) in self.func.vars.iter().skip(self.func.params as usize) {
            match self.vars[var.position()] {
                Place::One(place) => {
                    let zero = self.zero(def.ty)?;
                    self.b.def_var(place, zero);
                }
                Place::Word(limbs) => {
                    limbs.into_iter().for_each(|limb| self.b.def_var(limb, self.zero))
                }
                Place::Home(_) => {}
            }
        }
        Ok(())
    }

    fn inst(&mut self, inst: Inst) -> Result<(), NoCode> {
        self.nans.inst(self.func, &inst);
        // What an operation yields is known before; of others it is known behind them what holds there.
        if matches!(inst, Inst::Op { .. }) {
            self.follow(&inst);
            return self.inst_as_is(inst);
        }
        self.inst_as_is(inst)?;
        self.follow(&inst);
        Ok(())
    }

    fn inst_as_is(&mut self, inst: Inst) -> Result<(), NoCode> {
        match inst {
            Inst::Op { op, ty, to, args, result } => self.operation(op, (ty, to), args, result),
            Inst::Copy { ty, value, result } if word::is_word(ty) => {
                let copy = self.word(value)?;
                self.define_word(result, copy);
                Ok(())
            }
            Inst::Copy { ty, value, result } => {
                let copy = self.raw(value, ty)?;
                self.define(result, copy);
                Ok(())
            }
            Inst::Set { var, value } => {
                let ty = self.func.vars[var].ty;
                match self.vars[var.position()] {
                    Place::One(place) => {
                        let value = match self.nans.are_vars_exact() {
                            true => self.exact(value, ty)?,
                            false => self.raw(value, ty)?,
                        };
                        self.b.def_var(place, value);
                    }
                    Place::Word(_) => {
                        let word = self.word(value)?;
                        self.set_word(var, word);
                    }
                    Place::Home(slot) => self.set_home(slot, ty, value)?,
                }
                Ok(())
            }
            Inst::Charge { .. } | Inst::ChargeBy { .. } if unmetered::is_on() => Ok(()),
            Inst::Charge { gas } => {
                self.charges += 1;
                if self.charges == 1 || !plant::is(Bug::Charge) {
                    return self.charge_in_span(gas);
                }
                Ok(())
            }
            Inst::ChargeBy { ty, amount, per, unit } => self.charge_by(ty, amount, (per, unit)),
            Inst::GasLeft { prepaid, result } => {
                let gas = self.b.use_var(self.gas);
                let left = self.b.ins().iadd_imm_s(gas, i64::from(prepaid));
                self.define(result, left);
                Ok(())
            }
            Inst::TrapIf { cond, trap } => {
                let cond = self.exact(cond, Type::I8)?;
                self.trap_if(cond, trap);
                Ok(())
            }
            Inst::Call { func, args, first } => self.call((func, args), first),
            Inst::CallIndirect { table, sig, args, first } => {
                self.call_indirect((table, sig), args, first)
            }
            Inst::CallHost { import, args, first } => self.call_host(import, args, first),
            Inst::GlobalGet { global, result } => self.global_get(global, result),
            Inst::GlobalSet { global, value } => self.global_set(global, value),
            Inst::Act { act, on, args, first } => self.act((act, on), args, first),
            Inst::Step { .. } => Err(NoCode("an instrumented function")),
            Inst::WindowCheck { need, grow } => self.window_check(need, grow),
            Inst::PutSlots { at, values } => self.put_slots(at, values),
            Inst::MoveBase { to } => self.move_base(to),
            _ => self.memory_inst(inst),
        }
    }
}

/// A block, and whether it takes the counter.
#[derive(Clone, Copy)]
struct Target(ir::Block, bool);
