//! The project's own state tests, `corpus/evm`: each in every tier and observed, with one answer.

use std::path::Path;

use lockstep::{Engine, Options, Tier};
use lockstep_cli::{
    fixture::read_suite,
    statetest::{Case, CaseRunner, collect_files},
};

use super::state::{Steps, done, same};

/// Cases in the corpus at least.
const FLOOR: usize = 180;

#[test]
fn the_corpus_does_the_same_on_every_tier_and_under_observation() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/evm");
    let engine = Engine::new();
    let mut runners: Vec<_> =
        Tier::ALL.iter().map(|tier| CaseRunner::new(&engine, Options { tier: *tier })).collect();
    let mut count = 0;
    for path in collect_files(&folder).expect("the corpus") {
        let suite = read_suite(&path).unwrap_or_else(|error| panic!("{error}"));
        for (name, test) in &suite {
            for (fork_name, expectations) in &test.post {
                for (index, expected) in expectations.iter().enumerate() {
                    let place = format!("{name} [{fork_name} {index}]");
                    let fork = fork_name.parse().expect("a fork");
                    let case = Case { test, before: test.storage().into(), fork, expected };
                    check(&mut runners, &case, &place);
                    count += 1;
                }
            }
        }
    }
    println!("corpus/evm: {count} cases on {} tiers, plain and observed", Tier::ALL.len());
    assert!(count >= FLOOR, "{count} of at least {FLOOR}");
}

fn check(runners: &mut [CaseRunner<'_>], case: &Case<'_>, place: &str) {
    let mut known = None;
    for runner in runners {
        let plain = done(runner, case, None, place);
        let mut steps = Steps(0);
        let observed = done(runner, case, Some(&mut steps), place);
        same(&plain, &observed, place);
        let steps = steps.0;
        let (first, first_steps) = known.get_or_insert((plain, steps));
        same(first, &observed, place);
        assert_eq!(*first_steps, steps, "{place}: instructions observed");
    }
}
