//! Tier 2: dMIR to machine code through Cranelift, function by function.
//!
//! # Shape
//!
//! ```text
//! Functions -> dMIR (verified) -> translate (nearly name for name) -> Cranelift -> bytes -> rt::native
//! ```
//!
//! # Invariants
//!
//! 1. It makes bytes and runs nothing; `rt` owns the pages, the way in and the way out.
//! 2. Code calls functions of its program where `rt` will have put them; all else that it needs it finds in the context.
//! 3. Generated code never executes an instruction that can fault: what stops a guest is an explicit operation. With guard
//!    pages, which are opt-in, accesses of memories are the exception.
//! 4. Whether a function has code depends on the function and on the caps of `cost` alone.
//!
//! Absent on purpose: anything that knows a guest or a host by name.
#![forbid(unsafe_code)]

mod abi;
mod cost;
mod door;
mod listing;
mod nan;
#[cfg_attr(
    not(feature = "plant"),
    allow(unreachable_pub, reason = "public where bugs are planted")
)]
mod plant;
mod slot;
mod stage;
mod target;
#[cfg(test)]
mod tests;
mod translate;
#[cfg_attr(
    not(feature = "unmetered"),
    allow(unreachable_pub, reason = "public where benches ask for it")
)]
mod unmetered;

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use cranelift_codegen::{
    CodegenError, Context, FinalizedMachReloc, FinalizedRelocTarget, binemit::Reloc,
    control::ControlPlane, ir, isa::TargetIsa,
};
use cranelift_frontend::FunctionBuilderContext;
use lockstep_base::Index;
use lockstep_ir::{
    Block, Func, FuncId, Functions, Interface, Module, Signature, Verified, pass::onward,
    verify_func, verify_function,
};
use lockstep_rt::native::{Compiled, Compiler, DirectCall, NoCode, STACK_BYTES_PER_UNIT};

#[cfg(feature = "plant")]
pub use crate::plant::{Bug, plant};
use crate::target::Target;
#[cfg(feature = "unmetered")]
pub use crate::unmetered::make_unmetered;
pub use crate::{
    cost::{
        CARRIED_ALWAYS, CARRIED_PER_INST_MAX, INSTS_MAX, KNOWN_MAX, NESTING_MAX, SWITCH_TARGETS_MAX,
    },
    listing::{ListedInst, NativeListing},
    stage::{Stage, Watch},
    target::target,
};

/// A program whose functions are compiled when somebody asks.
pub struct Optimizing {
    program: Program,
    target: Target,
    /// Whether guard pages find what lies behind a memory.
    is_guarded: bool,
    /// Whether somebody wants to read what comes of it.
    is_listed: bool,
    /// What profilers call the program.
    label: Option<String>,
    /// Who is told what a compilation does.
    watch: Option<Watch>,
    /// What compilations leave behind to be used again; as many as ever ran at once.
    rooms: Mutex<Vec<Room>>,
}

enum Program {
    Functions(Arc<dyn Functions>),
    Module { module: Arc<Verified<Module>>, interface: Arc<Interface> },
}

/// Machine code, and where it calls functions of the program.
struct Code {
    bytes: Vec<u8>,
    calls: Vec<DirectCall>,
}

/// What a compilation needs and keeps.
struct Room {
    func: Func,
    context: Context,
    builder: FunctionBuilderContext,
}

impl Default for Room {
    fn default() -> Self {
        let builder = FunctionBuilderContext::new();
        Self { func: Func::default(), context: Context::new(), builder }
    }
}

impl fmt::Debug for Optimizing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Optimizing").finish_non_exhaustive()
    }
}

impl Optimizing {
    /// A program that makes its functions one by one; `None` where there is no code generator for the processor.
    pub fn functions(program: Arc<dyn Functions>) -> Option<Self> {
        Self::new(Program::Functions(program))
    }

    /// A module; `None` where there is no code generator for the processor.
    pub fn module(module: Arc<Verified<Module>>) -> Option<Self> {
        let interface = Arc::new(module.interface.clone());
        Self::new(Program::Module { module, interface })
    }

    fn new(program: Program) -> Option<Self> {
        let target = Target::host()?;
        let (is_guarded, is_listed, rooms) = (false, false, Mutex::default());
        Some(Self { program, target, is_guarded, is_listed, label: None, watch: None, rooms })
    }

    /// The same, for memories with guard pages (`MemoryPool::guarded`): where one of them would find an access behind the
    /// memory, code does not compare.
    #[must_use]
    pub fn guarded(self) -> Self {
        Self { is_guarded: true, ..self }
    }

    /// The same, called so by profilers.
    #[must_use]
    pub fn labelled(self, label: String) -> Self {
        Self { label: Some(label), ..self }
    }

    /// The same, which tells `watch` at which stage a compilation is.
    #[must_use]
    pub fn watched(self, watch: Watch) -> Self {
        Self { watch: Some(watch), ..self }
    }

    fn at(&self, stage: Stage) {
        if let Some(watch) = &self.watch {
            watch(stage);
        }
    }

    /// Calls `work` with room for a compilation.
    fn with_room<R>(&self, work: impl FnOnce(&mut Room) -> R) -> R {
        let lock = || self.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        let mut room = lock().pop().unwrap_or_default();
        let result = work(&mut room);
        lock().push(room);
        result
    }

    /// Compiles `func` of this program to its body.
    fn body(&self, room: &mut Room, id: FuncId) -> Result<Code, NoCode> {
        let interface = &**self.interface();
        let own = std::mem::take(&mut room.func);
        let (own, result) = match &self.program {
            Program::Module { module, .. } => {
                let func = module.func(id).ok_or(NO_FUNCTION)?;
                (own, self.translate_function(room, interface, (id, func)))
            }
            Program::Functions(program) => {
                let mut own = own;
                own.clear();
                self.at(Stage::Lower);
                program.lower(id, &mut own);
                self.at(Stage::Verify);
                let result = match verify_function(interface, id, &own) {
                    Ok(func) => self.translate_function(room, interface, (id, func)),
                    // The tier below says what is wrong with the guest.
                    Err(_) => Err(NoCode("dMIR that does not verify")),
                };
                (own, result)
            }
        };
        room.func = own;
        result
    }

    fn translate_function(
        &self,
        room: &mut Room,
        interface: &Interface,
        (id, func): (FuncId, Verified<&Func>),
    ) -> Result<Code, NoCode> {
        // Nobody calls the first function of a program that returns nothing.
        let may_leave = id.0 == 0 && func.results.is_empty();
        self.translate(room, interface, (&interface.signatures[id], func, may_leave))
    }

    /// The code of a function of these types; with the last, it may go on in the tier below.
    fn translate(
        &self,
        room: &mut Room,
        interface: &Interface,
        (signature, func, may_leave): (&Signature, Verified<&Func>, bool),
    ) -> Result<Code, NoCode> {
        let is_quick = cost::is_quick(interface, &func)?;
        self.at(Stage::Translate);
        room.context.clear();
        room.context.func =
            ir::Function::with_name_signature(ir::UserFuncName::default(), abi::body(signature));
        let to = (&mut room.context.func, &mut room.builder);
        let config = self.target.isa().frontend_config();
        translate::translate(
            to,
            (config, self.is_guarded, self.is_listed),
            interface,
            (signature, &func, may_leave),
        )?;
        let frame_bytes_max = (func.units + 1).saturating_mul(STACK_BYTES_PER_UNIT);
        cost::check_made(&room.context.func, func.insts.len())?;
        let isa = if is_quick { self.target.quick() } else { self.target.isa() };
        self.emit(&mut room.context, isa, frame_bytes_max)
    }

    /// The machine code that `isa` makes of what `context` holds, whose frame may take so many bytes.
    fn emit(
        &self,
        context: &mut Context,
        isa: &dyn TargetIsa,
        frame_bytes_max: u32,
    ) -> Result<Code, NoCode> {
        let refused = NoCode("what Cranelift refuses");
        self.at(Stage::Emit);
        context.compile(isa, &mut ControlPlane::default()).map_err(|error| {
            // Builds that check themselves have it verify, and what it finds then is no limit but a mistake made here.
            debug_assert!(
                !matches!(error.inner, CodegenError::Verifier(_)),
                "Cranelift's verifier refuses what was made for it: {:?}",
                error.inner
            );
            refused
        })?;
        let compiled = context.compiled_code().ok_or(refused)?;
        let calls = compiled.buffer.relocs().iter().map(|reloc| direct_call(&context.func, reloc));
        let calls = calls.collect::<Option<_>>();
        let calls = calls.ok_or(NoCode("what Cranelift leaves to a library"))?;
        // Beside the frame proper: the return address, the frame pointer, and arguments of callees.
        let frame =
            compiled.buffer.frame_layout().map_or(u32::MAX, |layout| layout.frame_to_fp_offset);
        if frame.saturating_add(16) > frame_bytes_max {
            return Err(NoCode("a native frame larger than its depth units pay for"));
        }
        let code = Code { bytes: compiled.code_buffer().to_vec(), calls };
        self.at(Stage::Done);
        Ok(code)
    }
}

const NO_FUNCTION: NoCode = NoCode("a function that the program does not have");

/// The call of a function of the program that `reloc` leaves open in `func`.
fn direct_call(func: &ir::Function, reloc: &FinalizedMachReloc) -> Option<DirectCall> {
    let FinalizedRelocTarget::ExternalName(ir::ExternalName::User(name)) = reloc.target else {
        return None;
    };
    let name = func.params.user_named_funcs().get(name)?;
    // The distance is reckoned from the end of the four bytes that hold it.
    let is_call = reloc.kind == Reloc::X86CallPCRel4 && reloc.addend == -4;
    is_call.then_some(DirectCall { offset: reloc.offset, func: FuncId(name.index) })
}

/// A frame of glue between a body and something else: no guest can nest it more often than it can nest bodies.
const GLUE_FRAME_BYTES_MAX: u32 = 1 << 15;

impl Compiler for Optimizing {
    fn interface(&self) -> &Arc<Interface> {
        match &self.program {
            Program::Functions(program) => program.interface(),
            Program::Module { interface, .. } => interface,
        }
    }

    fn is_guarded(&self) -> bool {
        self.is_guarded
    }

    fn name(&self, func: FuncId) -> String {
        let label = self.label.as_deref().unwrap_or("program");
        format!("{label}:f{}", func.0)
    }

    fn compile(&self, func: FuncId) -> Result<Compiled, NoCode> {
        self.with_room(|room| {
            let Code { bytes: body, calls } = self.body(room, func)?;
            Ok(Compiled { body, calls, door: self.door(room, func)? })
        })
    }

    fn compile_onward(&self, func: FuncId, block: Block) -> Result<Compiled, NoCode> {
        self.with_room(|room| self.onward(room, func, block))
    }

    fn compile_below(&self, func: FuncId) -> Result<Compiled, NoCode> {
        self.with_room(|room| {
            let signature = self.interface().signatures.get(func).ok_or(NO_FUNCTION)?;
            room.context.clear();
            let depth_limit = self.interface().depth_limit.0;
            let to = (&mut room.context.func, &mut room.builder);
            door::below(to, self.target.isa().frontend_config(), (func, signature), depth_limit);
            let Code { bytes: body, calls } =
                self.emit(&mut room.context, self.target.isa(), GLUE_FRAME_BYTES_MAX)?;
            Ok(Compiled { body, calls, door: self.door(room, func)? })
        })
    }
}

impl Optimizing {
    fn door(&self, room: &mut Room, func: FuncId) -> Result<Vec<u8>, NoCode> {
        let signature = self.interface().signatures.get(func).ok_or(NO_FUNCTION)?;
        self.door_of(room, signature, None)
    }

    /// The door of a body with these types, whose arguments stand at `places`.
    fn door_of(
        &self,
        room: &mut Room,
        signature: &Signature,
        places: Option<&[u32]>,
    ) -> Result<Vec<u8>, NoCode> {
        room.context.clear();
        let depth_limit = self.interface().depth_limit.0;
        let to = (&mut room.context.func, &mut room.builder);
        let config = self.target.isa().frontend_config();
        door::door(to, config, (signature, places), depth_limit);
        Ok(self.emit(&mut room.context, self.target.isa(), GLUE_FRAME_BYTES_MAX)?.bytes)
    }

    /// The code of a function from one of its blocks on.
    fn onward(&self, room: &mut Room, func: FuncId, block: Block) -> Result<Compiled, NoCode> {
        let interface = &**self.interface();
        let results = interface.signatures.get(func).ok_or(NO_FUNCTION)?.results.clone();
        let (mut own, mut rest) = (std::mem::take(&mut room.func), Func::default());
        let whole = match &self.program {
            Program::Module { module, .. } => module.func(func).map(Verified::into_inner),
            Program::Functions(program) => {
                own.clear();
                program.lower(func, &mut own);
                verify_function(interface, func, &own).ok().map(Verified::into_inner)
            }
        };
        let taken = whole.and_then(|whole| {
            let vars = onward(whole, block, &mut rest)?;
            let homes: Vec<u32> = whole.homes().collect();
            Some(vars.iter().map(|var| homes[var.position()]).collect::<Vec<_>>())
        });
        room.func = own;
        let places = taken.ok_or(NoCode("a function that cannot begin in the middle"))?;
        let params = rest.vars.as_slice()[..places.len()].iter().map(|var| var.ty).collect();
        let signature = Signature { params, results };
        let func =
            verify_func(interface, &rest).map_err(|_| NoCode("dMIR that does not verify"))?;
        let Code { bytes: body, calls } =
            self.translate(room, interface, (&signature, func, false))?;
        Ok(Compiled { body, calls, door: self.door_of(room, &signature, Some(&places))? })
    }
}
