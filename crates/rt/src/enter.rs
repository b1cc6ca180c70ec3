//! The door to an activation: its context, its frame and its memory, made and taken down.
//!
//! # Shape
//!
//! ```text
//! Resources { arena, frames }: shared by all activations of one executor, like a stack each
//! enter(spec, run): context made -> run(context, frame) -> memory cleared -> a host function's panic goes on
//! ```
//!
//! # Invariants
//!
//! 1. A deeper activation begins above what its caller uses, which `View::parts` publishes before it hands out the
//!    machine: the only way to go deeper.
//! 2. After `enter` the arena is as it was before.

use core::{
    cell::{Cell, RefCell},
    ptr::NonNull,
};

use alloc::{sync::Arc, vec::Vec};
use lockstep_base::{U256, modular::Products};
use lockstep_ir::{Growth, Interface, MEMORIES_MAX, evaluate::Range};

use crate::{
    context::Context,
    exit::Stop,
    foreign::foreign,
    host::{Machine, erase, show_step},
    links::Links,
    memory::{Arena, RawMemory, ReserveError},
    native::NativeContext,
    stack::FrameStack,
    store::{OwnedMemory, Store, StoreCore},
};

/// Slots that a frame may use beyond its window or its base: offsets have 16 bits.
const FRAME_SLOTS_MAX: usize = 1 << 15;

/// What nested activations of one executor share. One thread uses it at a time.
#[derive(Debug)]
pub struct Resources {
    arena: Arena,
    frames: FrameStack,
    /// Bytes of memory that the innermost activation uses at the arena's top.
    memory_bytes: Cell<u64>,
    /// Where the next activation's frame may begin; null for the first.
    frame_top: Cell<*mut u64>,
    /// What is kept of the moduli of products.
    products: RefCell<Products>,
}

// SAFETY: the pointer names a place in `frames`, which moves along; cells are not shared between threads (no `Sync`).
unsafe impl Send for Resources {}

impl Resources {
    /// Reserves address space for memories and frames.
    ///
    /// # Errors
    ///
    /// [`ReserveError`] when the operating system refuses.
    pub fn new() -> Result<Self, ReserveError> {
        Ok(Self {
            arena: Arena::new()?,
            frames: FrameStack::new()?,
            memory_bytes: Cell::new(0),
            frame_top: Cell::new(core::ptr::null_mut()),
            products: RefCell::default(),
        })
    }

    /// `(a * b) mod modulus`, with what was kept of the moduli before.
    #[inline(always)]
    pub(crate) fn mul_mod(&self, a: U256, b: U256, modulus: U256) -> U256 {
        self.products.borrow_mut().mul_mod(a, b, modulus)
    }

    /// The innermost activation uses what `context` says; a deeper one begins above.
    pub(crate) fn publish(&self, context: &Context) {
        self.memory_bytes.set(if context.is_arena { context.memories[0].len } else { 0 });
        self.frame_top.set(context.frame_top);
    }
}

/// What an activation starts from.
#[derive(Debug)]
pub struct Spec<'a, H> {
    /// What the program's functions share.
    pub interface: &'a Arc<Interface>,
    /// Its imports.
    pub links: &'a Links<H>,
    /// The bytes that memories 1 and 2 show.
    pub read_only: [&'a [u8]; 2],
    /// The instance whose program it is, with its store; without one, memory 0 is the activation's own.
    pub instance: Option<(&'a Store<H>, u32)>,
    /// Depth units that its callers take.
    pub depth: u64,
    /// The gas it may use.
    pub gas: u64,
    /// Whether the machine is shown each instruction.
    pub is_observed: bool,
}

/// Makes an activation, calls `run` with its context and first frame, and takes it down.
///
/// # Panics
///
/// When the links are not the program's, when gas exceeds 63 bits, or when a host function panicked.
pub fn enter<H, R>(
    resources: &Resources,
    host: &mut H,
    mut machine: &mut dyn Machine<H>,
    spec: &Spec<'_, H>,
    run: impl FnOnce(&mut Context, *mut u64) -> R,
) -> R {
    assert!(spec.links.fit(spec.interface), "links are made for the program's imports");
    assert!(spec.interface.memories.len() <= MEMORIES_MAX, "a module has few memories");
    let gas = i64::try_from(spec.gas).expect("gas fits 63 bits");
    let before = resources.arena.occupy(resources.memory_bytes.replace(0));
    let caller_top = resources.frame_top.get();
    let frame = resources.frames.above(caller_top, FRAME_SLOTS_MAX);
    let window_slots = spec
        .interface
        .window
        .map_or(0, |window| usize::from(window.limit) * window.ty.slots() as usize);
    let room = resources.frames.room(frame);
    assert!(window_slots + FRAME_SLOTS_MAX <= room, "depth is limited before the frame stack is");
    let store = spec.instance.map_or(core::ptr::null(), |(store, _)| {
        let core: &StoreCore = store;
        core::ptr::from_ref(core)
    });
    let mut context = Context {
        gas,
        reserve: 0,
        window_low: frame,
        window_high: frame.wrapping_add(window_slots),
        // Filled in place below: they are long.
        memories: [RawMemory::EMPTY; MEMORIES_MAX],
        growth: [Growth::ReadOnly; MEMORIES_MAX],
        room: match spec.instance {
            Some(_) => OwnedMemory::MAX_BYTES,
            None => resources.arena.room(),
        },
        frame_top: frame,
        frame_limit: frame.wrapping_add(room),
        tier: core::ptr::null_mut(),
        step: spec.is_observed.then_some(show_step::<H>),
        shown: Vec::new(),
        links: spec.links.as_slice().as_ptr(),
        import: 0,
        instance: spec.instance.map_or(0, |(_, instance)| instance),
        store,
        globals: spec.instance.map_or(core::ptr::null(), |(store, number)| store.globals(number)),
        foreign: foreign::<H>,
        depth: spec.depth,
        output: Range::EMPTY,
        native: NativeContext::none(),
        is_arena: spec.instance.is_none(),
        resources,
        host: erase(host),
        machine: erase(&mut machine),
        stop: Stop::Fault,
        panic: None,
    };
    show_memories(resources, spec, &mut context);
    let result = run(&mut context, frame);
    match spec.instance {
        Some((store, instance)) => store.keep_lengths(instance, &context.memories),
        None => resources.arena.clear(context.memories[0].len),
    }
    resources.arena.release(before);
    resources.frame_top.set(caller_top);
    if let Some(panic) = context.panic.take() {
        std::panic::resume_unwind(panic);
    }
    result
}

/// Gives a context that has none the memories of its instance, or those of an activation without one.
fn show_memories<H>(resources: &Resources, spec: &Spec<'_, H>, context: &mut Context) {
    let Context { memories, growth, .. } = context;
    for (id, memory) in spec.interface.memories.iter() {
        growth[id.0 as usize] = memory.growth;
    }
    if let Some((store, instance)) = spec.instance {
        store.show(instance, memories);
        return;
    }
    let mut shown = spec.interface.memories.iter().skip(1);
    assert!(
        shown.all(|(_, memory)| memory.growth == Growth::ReadOnly),
        "what an activation shows is only read"
    );
    let initial =
        spec.interface.memories.as_slice().first().map_or(0, |memory| memory.initial_bytes);
    assert!(initial <= resources.arena.room(), "a memory exceeds its reservation");
    memories[0] = RawMemory { base: resources.arena.top(), len: initial };
    memories[1] = RawMemory::read_only(spec.read_only[0]);
    memories[2] = RawMemory::read_only(spec.read_only[1]);
}

impl Context {
    /// Copies the bytes of `range` to `output`, whose content before is forgotten.
    ///
    /// # Panics
    ///
    /// When they do not exist; a checked range does.
    pub fn copy_output(&self, range: Range, output: &mut Vec<u8>) {
        let Range { memory, offset, len } = range;
        output.clear();
        if len == 0 {
            return;
        }
        let memory = &self.memories[memory.0 as usize];
        assert!(offset.checked_add(len).is_some_and(|end| end <= memory.len), "checked before");
        let base = NonNull::new(memory.base).expect("a memory has a base");
        // SAFETY: the range lies in the memory, which this activation owns or shows.
        let bytes = unsafe {
            core::slice::from_raw_parts(base.as_ptr().add(offset as usize), len as usize)
        };
        output.extend_from_slice(bytes);
    }
}
