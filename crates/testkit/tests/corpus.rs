//! Every program of `corpus/dmir` does what it promises in the evaluator and in the interpreter, and every one of `corpus/ebpf`
//! in each tier.
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

use lockstep::{Heat, Tier, ebpf::Dialect};
use lockstep_cli::ebpf::{Verdict, collect_vectors, run_vectors};
use lockstep_interp::CodeError;
use lockstep_ir::{
    text::{parse, runs},
    verify_module,
};
use lockstep_testkit::{
    corpus,
    interpret::{Loaded, NoAnswer},
};

/// What the interpreter does not run, by file, with how many runs that are. It is tier 0 of the guests there are:
/// windows belong to lazily translated guests, and their first memory is the only one that is written.
const REFUSED: &[(&str, usize)] = &[("window.dmir", 26)];

/// What machine code does not run either: functions with a window that end in a head of their module.
const REFUSED_NATIVELY: &[(&str, usize)] = &[("window.dmir", 18)];

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

/// Runs that gave another answer than the evaluator, and how many a tier did not run, by file.
#[derive(Default)]
struct Answers {
    count: usize,
    wrong: Vec<String>,
    refused: BTreeMap<String, usize>,
}

impl Answers {
    fn take(&mut self, program: &corpus::Program, loaded: &Loaded) {
        for run in &program.runs {
            let place = format!("{}:{}", program.name, run.line);
            match loaded.run(run) {
                Ok(got) => {
                    self.count += 1;
                    let want = (run.want.clone(), run.evaluate(&program.module).1);
                    if got != want {
                        self.wrong.push(format!("{place}: {got:?}, not {want:?}"));
                    }
                }
                Err(NoAnswer::Gas) => {}
                Err(why) => {
                    println!("{place}: {why}");
                    *self.refused.entry(program.name.clone()).or_default() += 1;
                }
            }
        }
    }

    fn check(&self, expected: &[(&str, usize)]) {
        let Self { count, wrong, refused } = self;
        assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
        assert!(*count > 10_000, "a corpus of {count} runs");
        let refused: Vec<_> = refused.iter().map(|(name, count)| (name.as_str(), *count)).collect();
        assert_eq!(refused, expected);
    }
}

#[test]
fn the_interpreter_gives_the_same_answers() {
    let mut answers = Answers::default();
    for program in corpus::programs() {
        answers.take(&program, &Loaded::new(&program.module));
    }
    answers.check(REFUSED);
}

#[test]
fn machine_code_gives_the_same_answers() {
    let (mut answers, mut compiled, mut below) = (Answers::default(), 0, 0);
    for program in corpus::programs() {
        let Some(loaded) = Loaded::optimizing(&program.module) else {
            println!("no machine code for this processor: SKIPPED");
            return;
        };
        answers.take(&program, &loaded);
        let statistics = loaded.statistics();
        compiled += statistics.compiled;
        below += statistics.below;
    }
    answers.check(REFUSED_NATIVELY);
    println!("{compiled} functions compiled, {below} in the tier below");
    assert!(compiled > 400, "{compiled} functions compiled, {below} in the tier below");
}

/// Programs of `corpus/ebpf` with what they return or how they trap, the units they use and the memory they leave.
#[test]
fn programs_of_ebpf_do_what_they_promise_in_every_tier() {
    let files = collect_vectors(&corpus::folder().join("ebpf")).expect("corpus/ebpf has vectors");
    // The adaptive tier finds every function hot where it begins.
    let reports = run_vectors(&files, Tier::ALL, Heat::of(0).awaited());
    let wrong: Vec<_> = reports
        .iter()
        .filter(|report| !matches!(report.verdict, Ok(Verdict::Passed)))
        .map(|report| format!("{}: {:?}", report.path.display(), report.verdict))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for dialect in Dialect::ALL {
        let has = |report: &lockstep_cli::ebpf::Report| {
            let text = std::fs::read_to_string(&report.path).expect("it was read");
            text.contains(&format!("-- dialect\n{dialect}\n"))
        };
        assert!(reports.iter().any(has), "no program in {dialect}");
    }
}

/// A function with that many words in variables, a temporary above them, and a call from there.
fn large_frame(words: usize) -> String {
    let mut text = String::from(
        "func @leaf(a: i512, b: i256) -> i256, i512 {\nb0:\n    return b, a\n}\nfunc @large(first: i256) -> i256 {\n",
    );
    for word in 0..words {
        text += &format!("    var x{word}: i256\n");
    }
    text += &format!(
        "b0:\n    set x{0}, first\n    v = ishl.i256 x{0}, 3\n    w = uextend.i256.i512 v\n    \
         p, q = call @leaf(w, v)\n    r = ireduce.i512.i256 q\n    s = iadd.i256 p, r\n    return s\n}}\n",
        words - 1
    );
    text + "; run: @large(5) == 80, gas 0\n"
}

/// Frames about as large as offsets of 16 bits reach: they run right or are refused.
#[test]
fn frames_at_the_limit_run_or_are_refused() {
    let (mut ran, mut refused) = (0, 0);
    for words in (8100..8200).chain([2, 4000, 9000]) {
        let text = large_frame(words);
        let module = parse(&text).unwrap_or_else(|error| panic!("{error}"));
        let run = runs(&text, &module).expect("one run").remove(0);
        let module = verify_module(module).expect("a program");
        match Loaded::new(&module).run(&run) {
            Ok(got) => {
                ran += 1;
                assert_eq!(got, (run.want, 0), "{words} words");
            }
            Err(NoAnswer::Refused(CodeError::FrameTooLarge)) => refused += 1,
            Err(other) => panic!("{words} words: {other}"),
        }
    }
    assert!(ran > 10 && refused > 10, "{ran} ran, {refused} refused");
}
