//! What the bombs share: modules from text or bytes, instances, and what is allocated meanwhile.

use std::sync::{Mutex, MutexGuard, PoisonError};

use lockstep::{
    Heat, Options, Tier,
    wasm::{CallEnd, Config, Extern, Instance, Instances, LoadError, Module, Pool, Value},
};

pub(crate) const GAS: u64 = 1 << 40;
pub(crate) const TIERS: [Tier; 4] =
    [Tier::Interpreter, Tier::Evaluator, Tier::Optimizing, Tier::Adaptive];

/// One test at a time: they count what the process allocates and maps.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What `run` returns, and the most bytes that were allocated at a time beyond those at its beginning.
pub(crate) fn peak_bytes<R>(run: impl FnOnce() -> R) -> (R, usize) {
    let before = crate::ALLOCATED.allocated();
    let all_before = crate::ALLOCATED.total_allocated();
    let result = run();
    let highest = crate::ALLOCATED.max_allocated();
    // The highest mark is of the process; where it is older than the run, what the run allocated in all bounds it.
    let all = crate::ALLOCATED.total_allocated() - all_before;
    (result, all.min(highest.saturating_sub(before)))
}

pub(crate) fn load_bytes(bytes: &[u8]) -> Result<Module, LoadError> {
    Module::load(bytes, &Config::default())
}

pub(crate) fn load(text: &str) -> Module {
    load_bytes(&wat::parse_str(text).expect("the test is well-formed"))
        .expect("the module is valid")
}

pub(crate) fn instances(pool: &Pool, tier: Tier) -> Instances<()> {
    Instances::in_pool(pool, (), Options { tier }).expect("there is address space")
}

/// A pool in which what is called is hot at once.
pub(crate) fn hot() -> Pool {
    Pool::default().with_heat(Heat::of(0).awaited())
}

pub(crate) fn call(
    all: &mut Instances<()>,
    instance: Instance,
    name: &str,
    args: &[Value],
    gas: &mut u64,
) -> CallEnd {
    let Some(Extern::Func(func)) = all.export(instance, name) else { panic!("no export {name}") };
    all.call(func, args, gas).expect("the machine is well")
}

/// What a thread that runs guests needs at most.
const THREAD_BYTES: usize = 256 << 10;

/// Runs `run` in a thread with little stack.
pub(crate) fn in_a_small_thread<R: Send + 'static>(run: impl FnOnce() -> R + Send + 'static) -> R {
    let thread = std::thread::Builder::new().stack_size(THREAD_BYTES);
    thread.spawn(run).expect("a thread starts").join().expect("it comes to its end")
}

/// A line of this process's state in `/proc`, in its unit; `None` where there is no such file.
pub(crate) fn process_status(line: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let found = status.lines().find_map(|text| text.strip_prefix(line)?.strip_prefix(':'))?;
    found.trim().split(' ').next()?.parse().ok()
}
