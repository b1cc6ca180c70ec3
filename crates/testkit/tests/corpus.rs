//! Every program of `corpus/dmir` does what it promises in the evaluator and in the interpreter.
//!
//! The interpreter has two ways from handler to handler: debug builds and the feature `loop-dispatch` use the portable
//! loop, optimized builds tail calls. Continuous integration runs this file in all of them:
//!
//! ```text
//! cargo test -p lockstep-testkit --release --test corpus
//! cargo test -p lockstep-testkit --release --test corpus --features loop-dispatch
//! cargo test -p lockstep-testkit --test corpus
//! ```
#![forbid(unsafe_code)]
#![allow(missing_docs, reason = "tests")]

use std::collections::BTreeMap;

use lockstep_testkit::{
    corpus,
    interpret::{Loaded, NoAnswer},
};

/// What the interpreter does not run, by file, with how many runs that are. It is tier 0 of the guests there are:
/// windows belong to lazily translated guests, and their first memory is the only one that is written.
const REFUSED: &[(&str, usize)] = &[("memory.dmir", 3), ("window.dmir", 16)];

#[test]
fn the_evaluator_gives_the_answers() {
    let mut count = 0;
    for program in corpus::programs() {
        for run in &program.runs {
            let (got, used) = run.evaluate(&program.module);
            let place = format!("{}:{}", program.name, run.line);
            assert_eq!(got.as_ref(), Some(&run.want), "{place}");
            assert!(run.gas_used.is_none_or(|gas| gas == used), "{place}: {used} gas");
            count += 1;
        }
    }
    assert!(count > 10_000, "a corpus of {count} runs");
}

#[test]
fn the_interpreter_gives_the_same_answers() {
    let (mut count, mut wrong) = (0, Vec::new());
    let mut refused = BTreeMap::<String, usize>::new();
    for program in corpus::programs() {
        let loaded = Loaded::new(&program.module);
        for run in &program.runs {
            let place = format!("{}:{}", program.name, run.line);
            match loaded.run(run) {
                Ok(got) => {
                    count += 1;
                    let want = (run.want.clone(), run.evaluate(&program.module).1);
                    if got != want {
                        wrong.push(format!("{place}: {got:?}, not {want:?}"));
                    }
                }
                Err(NoAnswer::Gas) => {}
                Err(why) => {
                    println!("{place}: {why}");
                    *refused.entry(program.name.clone()).or_default() += 1;
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count > 10_000, "a corpus of {count} runs");
    let refused: Vec<_> = refused.iter().map(|(name, count)| (name.as_str(), *count)).collect();
    assert_eq!(refused, REFUSED);
}
