//! All tiers, plain and stepped, do the same; and none of them needs native stack for what a guest does.
//!
//! | module | what it runs |
//! |---|---|
//! | `tail_calls` | every kind of handler, 100,000 times on a small stack |
//! | `recursion` | functions that call themselves, as deep as they fit and deeper |
//! | `random` | generated programs; all pairs of pure opcodes |
//! | `spans` | every prefix of small programs under every gas limit, at both ends of the stack |
//! | `depth` | 1,024 nested calls of every kind on a small stack |
//! | `adaptive` | a program before and after it is hot |
//! | `heads` | loops that go on in machine code at their heads |
//! | `whole` | what becomes of a program's blocks when it is one function |
//!
//! Continuous integration runs it in debug, in release, and in release with `--features loop-dispatch`.
//! `LOCKSTEP_SEEDS=100000` makes the random part longer, `LOCKSTEP_SEED=7` begins it elsewhere.
#![forbid(unsafe_code)]
#![allow(missing_docs, reason = "tests")]

mod adaptive;
mod depth;
mod heads;
mod random;
mod recursion;
mod spans;
mod tail_calls;
mod whole;

/// The stack of the threads that must need little of it.
const SMALL_STACK_BYTES: usize = 256 << 10;

/// Runs `run` on a thread of that name with a small stack; an overflow names the thread.
fn on_small_stack<R: Send + 'static>(name: &str, run: impl FnOnce() -> R + Send + 'static) -> R {
    let thread = std::thread::Builder::new().name(name.into()).stack_size(SMALL_STACK_BYTES);
    let done = thread.spawn(run).expect("a thread").join();
    done.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// A number from the environment.
fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}
