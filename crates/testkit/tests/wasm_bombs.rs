//! Wasm modules made to hurt: each is refused by a documented limit, or what it costs is bounded by its size. Work is
//! counted (bytes allocated, instructions made), never timed; tests named `full_` print the time of full-size ones, for
//! `tools/accept/wasm bombs`.
#![forbid(unsafe_code)]
#![allow(missing_docs, reason = "tests")]

mod wasm_bombs {
    mod calls;
    mod cycles;
    mod depth;
    mod frames;
    mod load;
    mod memory;
    pub(crate) mod run;
    mod translate;
}

/// Counts what is allocated. Tests that look at it run in a process each has to itself: alone, or behind one lock.
#[global_allocator]
static ALLOCATED: cap::Cap<std::alloc::System> = cap::Cap::new(std::alloc::System, usize::MAX);
