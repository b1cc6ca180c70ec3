//! dMIR as text: parsed, printed, verified, run.

use lockstep_ir::{
    Act, GlobalId, ImportId, MemoryId, Module, PAGE_BYTES, SigId, TableId, Trap, Type, Verified,
    evaluate::{Callee, Env, SimpleEnv, Stop, evaluate_func},
    op::meaning::Bits,
    text::{Run, Want, parse, print, runs},
    verify_module,
};

use crate::interpret::{GAS_MAX, Loaded};

/// Longer texts say nothing new.
const TEXT_MAX_BYTES: usize = 16 << 10;
/// Bytes of memory a program may have.
const MEMORY_MAX_BYTES: u64 = 1 << 20;
/// Elements a table may have.
const TABLE_LEN_MAX: u64 = 1 << 16;
/// Blocks a program may run.
const BLOCKS_MAX: u64 = 10_000;
/// Runs of a file that are tried.
const RUNS_MAX: usize = 8;

/// Parses; what parses prints to what parses to the same; what verifies runs alike in evaluator and interpreter.
///
/// # Panics
///
/// When one of these does not hold.
pub fn dmir(bytes: &[u8]) {
    let Ok(text) = core::str::from_utf8(bytes) else { return };
    if text.len() > TEXT_MAX_BYTES {
        return;
    }
    let Ok(module) = parse(text) else { return };
    let runs = runs(text, &module).unwrap_or_default();
    let Ok(module) = verify_module(module) else { return };
    let printed = print(&module);
    let again = parse(&printed).unwrap_or_else(|error| panic!("{error}\n{printed}"));
    assert_eq!(print(&again), printed, "printing is not stable");
    let is_small = |module: &Module| {
        let interface = &module.interface;
        interface.memories.iter().all(|(_, def)| def.initial_bytes <= MEMORY_MAX_BYTES)
            && interface.tables.iter().all(|(_, def)| def.initial <= TABLE_LEN_MAX)
    };
    if is_small(&module) {
        let loaded = Loaded::new(&module);
        runs.iter().take(RUNS_MAX).for_each(|run| compare(&module, &loaded, run));
    }
}

fn compare(module: &Verified<Module>, loaded: &Loaded, run: &Run) {
    let mut env = Bounded {
        inner: SimpleEnv::new(&module.interface, run.gas),
        blocks: BLOCKS_MAX,
        is_cut: false,
    };
    for (memory, bytes) in &run.memories {
        env.inner.set_memory(*memory, bytes);
    }
    let outcome = evaluate_func(module, run.func, &run.args, &mut env);
    let want = Want::of(outcome, |range| {
        env.inner.memory(range.memory)[range.offset as usize..][..range.len as usize].to_vec()
    });
    let Some(want) = want.filter(|_| !env.is_cut) else { return };
    let used = run.gas - env.inner.gas();
    if run.gas <= GAS_MAX
        && let Ok(got) = loaded.run(run)
    {
        assert_eq!(got, (want, used), "interpreter, then evaluator, of line {}", run.line);
    }
}

/// An environment in which nothing takes long.
struct Bounded {
    inner: SimpleEnv,
    blocks: u64,
    /// Whether the program wanted too much memory to be tried.
    is_cut: bool,
}

impl Env for Bounded {
    fn gas(&self) -> u64 {
        self.inner.gas()
    }

    fn charge(&mut self, amount: u64) -> Result<(), Trap> {
        self.inner.charge(amount)
    }

    fn memory_len(&self, memory: MemoryId) -> u64 {
        self.inner.memory_len(memory)
    }

    fn touch(&mut self, memory: MemoryId, end: Option<u64>) -> Result<(), Trap> {
        if end.is_some_and(|end| end > self.memory_len(memory).max(MEMORY_MAX_BYTES)) {
            self.is_cut = true;
            return Err(Trap::OutOfGas);
        }
        self.inner.touch(memory, end)
    }

    fn global(&self, global: GlobalId) -> Bits {
        self.inner.global(global)
    }

    fn set_global(&mut self, global: GlobalId, bits: &Bits) {
        self.inner.set_global(global, bits);
    }

    fn act(&mut self, act: Act, on: [u32; 2], args: [u64; 3]) -> Result<u64, Trap> {
        let grows_far = match act {
            Act::MemoryGrow => {
                let bytes = args[0].saturating_mul(PAGE_BYTES);
                self.memory_len(MemoryId(on[0])).saturating_add(bytes) > MEMORY_MAX_BYTES
            }
            Act::TableGrow => {
                let len = self.inner.act(Act::TableSize, on, [0; 3])?;
                len.saturating_add(args[0]) > TABLE_LEN_MAX
            }
            _ => false,
        };
        if grows_far {
            self.is_cut = true;
            return Err(Trap::OutOfGas);
        }
        self.inner.act(act, on, args)
    }

    fn callee(&mut self, table: TableId, sig: SigId, index: u64) -> Result<Callee, Trap> {
        self.inner.callee(table, sig, index)
    }

    fn call_foreign(
        &mut self,
        callee: (u64, SigId),
        args: &[Bits],
        results: &mut [Bits],
    ) -> Result<(), Stop> {
        self.inner.call_foreign(callee, args, results)
    }

    fn load(&self, memory: MemoryId, addr: u64, bytes: &mut [u8]) {
        self.inner.load(memory, addr, bytes);
    }

    fn store(&mut self, memory: MemoryId, addr: u64, bytes: &[u8]) {
        self.inner.store(memory, addr, bytes);
    }

    fn window_limit(&self) -> u64 {
        self.inner.window_limit()
    }

    fn slot(&self, slot: u64) -> Bits {
        self.inner.slot(slot)
    }

    fn set_slot(&mut self, slot: u64, bits: &Bits) {
        self.inner.set_slot(slot, bits);
    }

    fn call_host(&mut self, _: ImportId, _: &[Bits], _: &mut [Bits]) -> Result<(), Stop> {
        Err(Stop::Host)
    }

    fn show(&mut self, _: Type, _: &Bits) {}

    fn step(&mut self, _: u32, _: u64, _: u64) {}

    fn interrupt(&mut self) -> Result<(), Stop> {
        self.blocks = self.blocks.checked_sub(1).ok_or(Stop::Host)?;
        Ok(())
    }
}
