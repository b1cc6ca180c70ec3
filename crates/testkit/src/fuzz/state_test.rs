//! State tests as JSON: read, and run where that takes little.

use std::{cell::RefCell, sync::Arc, sync::OnceLock};

use lockstep::{Engine, Fork, Options};
use lockstep_cli::{
    fixture::{StateTest, Suite},
    statetest::{Case, CaseRunner, Failure},
};

/// Longer files say nothing new.
const TEXT_MAX_BYTES: usize = 64 << 10;
/// The most gas of a transaction that is run.
const GAS_MAX: u64 = 1_000_000;
/// Transactions of a test that are run.
const CASES_MAX: usize = 4;

static ENGINE: OnceLock<Engine> = OnceLock::new();

thread_local! {
    static RUNNER: RefCell<CaseRunner<'static>> =
        RefCell::new(CaseRunner::new(ENGINE.get_or_init(Engine::new), Options::default()));
}

/// Reads a suite and runs its cheap cases, whose answers are not looked at.
///
/// # Panics
///
/// When reading or running does.
pub fn state_test(bytes: &[u8]) {
    if bytes.len() > TEXT_MAX_BYTES {
        return;
    }
    let Ok(suite) = serde_json::from_slice::<Suite>(bytes) else { return };
    suite.values().for_each(run);
}

fn run(test: &StateTest) {
    if !test.transaction.has_sender() {
        return;
    }
    let before = Arc::new(test.storage());
    let mut count = 0;
    for (name, expectations) in &test.post {
        let Ok(fork) = name.parse::<Fork>() else { continue };
        for expected in expectations {
            let chain_id = test.config.under(fork).chain_id;
            let is_cheap = test.transaction.has(expected.indexes)
                && test
                    .transaction
                    .at(expected.indexes, chain_id)
                    .is_ok_and(|transaction| transaction.gas_limit <= GAS_MAX);
            if !is_cheap || count == CASES_MAX {
                continue;
            }
            count += 1;
            let case = Case { test, before: before.clone(), fork, expected };
            let done = RUNNER.with_borrow_mut(|runner| runner.run(&case, None));
            if let Err(Failure::Panic(message)) = done {
                panic!("{message}");
            }
        }
    }
}
