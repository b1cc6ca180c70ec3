//! Runs of a dMIR file: each must end as its `run:` line says.

use std::{
    io::{self, Write},
    path::Path,
};

use lockstep::Tier;
use lockstep_ir::{text, verify_module};

use crate::{command::talk, error::InputError, exit};

/// Runs all runs of `text`, the content of `path`, on the evaluator.
pub(super) fn run(path: &Path, text: &str, tier: Tier) -> Result<u8, InputError> {
    if !matches!(tier, Tier::Adaptive | Tier::Evaluator) {
        let message = format!("dMIR files run on the evaluator, not on {tier}");
        return Err(InputError::Usage(message));
    }
    let refuse = |message: String| InputError::Dmir { path: path.to_owned(), message };
    let module = text::parse(text).map_err(|error| refuse(error.to_string()))?;
    let runs = text::runs(text, &module).map_err(|error| refuse(error.to_string()))?;
    let module = verify_module(module).map_err(|error| refuse(format!(" {error}")))?;
    if runs.is_empty() {
        return Err(refuse(
            " no line says what to run; expected `; run: @name(...) == ...`".into(),
        ));
    }
    let mut out = io::BufWriter::new(io::stdout().lock());
    let mut failed = 0;
    for run in &runs {
        let (got, gas_used) = run.evaluate(&module);
        let is_good =
            got.as_ref() == Some(&run.want) && run.gas_used.is_none_or(|want| want == gas_used);
        let verdict = if is_good { "ok" } else { "FAILED" };
        failed += u32::from(!is_good);
        let got = got.map_or("stopped".into(), |got| format!("{got:?}"));
        let line = run.line;
        writeln!(out, "{}:{line} {verdict}: {got}, gas {gas_used}", path.display())
            .map_err(|cause| InputError::Write { cause })?;
    }
    out.flush().map_err(|cause| InputError::Write { cause })?;
    talk(&format!("{} runs, {failed} failed\n", runs.len()));
    Ok(if failed == 0 { exit::GOOD } else { exit::FAILED })
}
