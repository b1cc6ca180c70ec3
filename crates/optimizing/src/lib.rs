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
//! 4. Whether a function has code depends on the function and on the caps below alone.
//!
//! Absent on purpose: anything that knows a guest or a host by name.
#![forbid(unsafe_code)]

mod abi;
mod door;
mod nan;
#[cfg_attr(
    not(feature = "plant"),
    allow(unreachable_pub, reason = "public where bugs are planted")
)]
mod plant;
mod slot;
mod target;
mod translate;

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use cranelift_codegen::{
    Context, FinalizedMachReloc, FinalizedRelocTarget, binemit::Reloc, control::ControlPlane, ir,
};
use cranelift_frontend::FunctionBuilderContext;
use lockstep_ir::{Func, FuncId, Functions, Interface, Module, Verified, verify_function};
use lockstep_rt::native::{Compiled, Compiler, DirectCall, NoCode, STACK_BYTES_PER_UNIT};

#[cfg(feature = "plant")]
pub use crate::plant::{Bug, plant};
use crate::target::Target;
pub use crate::target::target;

/// Instructions of dMIR that a function may have; compiling takes time in proportion, and room.
pub const INSTS_MAX: usize = 60_000;

/// Places that the switches of a function may go to, all together.
pub const SWITCH_TARGETS_MAX: usize = 20_000;

/// A program whose functions are compiled when somebody asks.
pub struct Optimizing {
    program: Program,
    target: Target,
    /// Whether guard pages find what lies behind a memory.
    is_guarded: bool,
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
        Some(Self { program, target: Target::host()?, is_guarded: false, rooms: Mutex::default() })
    }

    /// The same, for memories with guard pages (`MemoryPool::guarded`): where one of them would find an access behind the
    /// memory, code does not compare.
    #[must_use]
    pub fn guarded(self) -> Self {
        Self { is_guarded: true, ..self }
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
                (own, self.translate(room, interface, (id, func)))
            }
            Program::Functions(program) => {
                let mut own = own;
                own.clear();
                program.lower(id, &mut own);
                let result = match verify_function(interface, id, &own) {
                    Ok(func) => self.translate(room, interface, (id, func)),
                    // The tier below says what is wrong with the guest.
                    Err(_) => Err(NoCode("dMIR that does not verify")),
                };
                (own, result)
            }
        };
        room.func = own;
        result
    }

    fn translate(
        &self,
        room: &mut Room,
        interface: &Interface,
        (id, func): (FuncId, Verified<&Func>),
    ) -> Result<Code, NoCode> {
        if func.insts.len() > INSTS_MAX {
            return Err(NoCode("more instructions than a function may have"));
        }
        if func.targets.len() > SWITCH_TARGETS_MAX {
            return Err(NoCode("more switch targets than a function may have"));
        }
        room.context.clear();
        let signature = abi::body(&interface.signatures[id]);
        room.context.func =
            ir::Function::with_name_signature(ir::UserFuncName::default(), signature);
        let to = (&mut room.context.func, &mut room.builder);
        let config = self.target.isa().frontend_config();
        translate::translate(to, (config, self.is_guarded), interface, &func)?;
        let frame_bytes_max = (func.units + 1).saturating_mul(STACK_BYTES_PER_UNIT);
        self.emit(&mut room.context, frame_bytes_max)
    }

    /// The machine code of what `context` holds, whose frame may take so many bytes.
    fn emit(&self, context: &mut Context, frame_bytes_max: u32) -> Result<Code, NoCode> {
        let refused = NoCode("what Cranelift refuses");
        let isa = self.target.isa();
        context.compile(isa, &mut ControlPlane::default()).map_err(|_| refused)?;
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
        Ok(Code { bytes: compiled.code_buffer().to_vec(), calls })
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

    fn compile(&self, func: FuncId) -> Result<Compiled, NoCode> {
        self.with_room(|room| {
            let Code { bytes: body, calls } = self.body(room, func)?;
            Ok(Compiled { body, calls, door: self.door(room, func)? })
        })
    }

    fn compile_below(&self, func: FuncId) -> Result<Compiled, NoCode> {
        self.with_room(|room| {
            let signature = self.interface().signatures.get(func).ok_or(NO_FUNCTION)?;
            room.context.clear();
            let depth_limit = self.interface().depth_limit.0;
            let to = (&mut room.context.func, &mut room.builder);
            door::below(to, self.target.isa().frontend_config(), (func, signature), depth_limit);
            let Code { bytes: body, calls } = self.emit(&mut room.context, GLUE_FRAME_BYTES_MAX)?;
            Ok(Compiled { body, calls, door: self.door(room, func)? })
        })
    }
}

impl Optimizing {
    fn door(&self, room: &mut Room, func: FuncId) -> Result<Vec<u8>, NoCode> {
        let signature = self.interface().signatures.get(func).ok_or(NO_FUNCTION)?;
        room.context.clear();
        let depth_limit = self.interface().depth_limit.0;
        let to = (&mut room.context.func, &mut room.builder);
        door::door(to, self.target.isa().frontend_config(), signature, depth_limit);
        Ok(self.emit(&mut room.context, GLUE_FRAME_BYTES_MAX)?.bytes)
    }
}
