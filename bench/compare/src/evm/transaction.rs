//! Whole transactions on both engines: warm, and the first call of a contract nobody has seen. The peer's answer is
//! the expected one.

use std::hint::black_box;

use lockstep::{Engine, Tier};

use super::{PEER, case::TransactionCase, ours, peer};
use crate::{
    clock::Clock,
    report::{Row, Side},
};

/// The transaction whose first run is measured: a contract near the size limit of EIP-170.
pub const COLD_CASE: &str = "seaport";

/// Translated code, fresh state.
///
/// # Errors
///
/// When an engine refuses the transaction.
pub fn compare_warm(case: &TransactionCase, tier: Tier, clock: &Clock) -> Result<Row, String> {
    let engine = Engine::new();
    let mut ours = ours::Transactor::new(&engine, case, tier)?;
    let mut peer = peer::Transactor::new(case)?;
    let mut row = check(case, tier, &mut ours, &mut peer)?;
    let run = &mut || drop(black_box(ours.run()));
    [row.ours.ns, row.peers[0].ns] = clock.turns([run, &mut || peer.run()]);
    Ok(row)
}

/// Nothing translated, nothing analysed: a new engine each time, whose memories another contract has touched.
///
/// # Errors
///
/// As for [`compare_warm`].
pub fn compare_cold(case: &TransactionCase, tier: Tier, clock: &Clock) -> Result<Row, String> {
    let engine = Engine::new();
    let mut peer = peer::Transactor::new(case)?;
    let mut row = check(case, tier, &mut ours::Transactor::new(&engine, case, tier)?, &mut peer)?;
    row.case.push_str(" (cold)");
    row.ours.ns = clock.singles(&mut || {
        let engine = Engine::new();
        let mut ours = ours::Transactor::new(&engine, case, tier)?;
        ours.prime()?;
        let start = Clock::now_ns();
        black_box(ours.run());
        Ok(Clock::now_ns() - start)
    })?;
    row.peers[0].ns = clock.singles(&mut || Ok(peer.first_run_ns()))?;
    Ok(row)
}

/// A row without times.
fn check(
    case: &TransactionCase,
    tier: Tier,
    ours: &mut ours::Transactor<'_>,
    peer: &mut peer::Transactor,
) -> Result<Row, String> {
    let (ours, peer) = (ours.answer()?, peer.answer()?);
    let objection = (ours != peer).then(|| format!("{ours:?}, the peer says {peer:?}"));
    let side = |engine, tier, gas, objection| Side {
        engine,
        tier,
        ns: 0.0,
        ns_without_memo: None,
        compile_ns: 0.0,
        gas,
        objection,
    };
    Ok(Row {
        guest: "evm",
        case: format!("transactions/{}", case.name),
        group: "transactions".to_owned(),
        is_apart: true,
        code_bytes: None,
        ours: side("lockstep", tier.name(), ours.gas, objection),
        peers: vec![side(PEER.0, PEER.1, peer.gas, None)],
    })
}
