//! EVM code, run every way.

use std::{cell::RefCell, sync::OnceLock};

use lockstep::{Engine, Fork};

use crate::differential::{Case, Runner, Way};

/// The most gas of a run.
const GAS_MAX: u64 = 1_000_000;
/// Longer code takes longer, and says little more.
const CODE_MAX_BYTES: usize = 4096;

static ENGINE: OnceLock<Engine> = OnceLock::new();

thread_local! {
    static RUNNER: RefCell<Runner<'static>> =
        RefCell::new(Runner::new(ENGINE.get_or_init(Engine::new)));
}

/// Runs code after four bytes that choose the fork, the gas and the length of the input, which is the code's own end.
///
/// # Panics
///
/// When two ways to run it differ.
pub fn evm(bytes: &[u8]) {
    let [fork, gas_high, gas_low, input_len, code @ ..] = bytes else { return };
    if code.len() > CODE_MAX_BYTES {
        return;
    }
    let gas = u64::from(u16::from_be_bytes([*gas_high, *gas_low])) * GAS_MAX / u64::from(u16::MAX);
    let input_start = code.len().saturating_sub(usize::from(*input_len));
    let case = Case {
        fork: Fork::ALL[usize::from(*fork) % Fork::ALL.len()],
        input: code[input_start..].to_vec(),
        gas,
        ..Case::of(code.to_vec())
    };
    RUNNER.with_borrow_mut(|runner| {
        let agreed =
            runner.agree(&case, &[Way::EVALUATOR, Way::INTERPRETER, Way::OPTIMIZING, Way::STEPPED]);
        if let Err(difference) = agreed {
            panic!("{difference}");
        }
    });
}
