//! One call on both engines.

use lockstep::Tier;

use super::{PEER, answer::Answer, case::CallCase, ours, peer};
use crate::{
    clock::Clock,
    report::{Row, Side},
    unmetered::Unmetered,
};

/// Checks and measures both.
///
/// # Errors
///
/// When an engine cannot be set up.
pub fn compare(
    case: &CallCase,
    (tier, unmetered): (Tier, bool),
    clock: &Clock,
) -> Result<Row, String> {
    let first_ours = clock.singles(&mut || ours::first_call_ns(case, tier))?;
    let analysis = clock.singles(&mut || Ok(peer::analysis_ns(&case.code)))?;

    let engine = lockstep::Engine::new();
    let mut ours = ours::Caller::new(&engine, case, tier)?;
    let mut peer = peer::Caller::new(case);
    let ours_answer = ours.answer()?;
    let peer_answer = peer.answer();
    let mut plain = ours::Caller::new(&engine, case, tier)?;
    plain.forget_digests();
    let [ours_ns, plain_ns, peer_ns] =
        clock.turns([&mut || ours.run(), &mut || plain.run(), &mut || peer.run()]);
    let free = if unmetered { Some(without_gas(case, tier, &mut ours, clock)?) } else { None };
    Ok(Row {
        guest: "evm",
        case: case.name.clone(),
        group: case.group.clone(),
        is_apart: case.is_micro,
        ours: Side {
            engine: "lockstep",
            tier: tier.name(),
            ns: ours_ns,
            ns_without_memo: Some(plain_ns),
            compile_ns: (first_ours - ours_ns).max(0.0),
            gas: ours_answer.gas,
            objection: case.expected.objection(&ours_answer),
        },
        peers: [Side {
            engine: PEER.0,
            tier: PEER.1,
            ns: peer_ns,
            ns_without_memo: None,
            compile_ns: analysis,
            gas: peer_answer.gas,
            objection: case.expected.objection(&peer_answer),
        }]
        .into_iter()
        .chain(free.map(|(share, answer)| Side {
            engine: "lockstep",
            tier: Unmetered::TIER,
            ns: ours_ns * share,
            ns_without_memo: None,
            compile_ns: 0.0,
            gas: answer.gas,
            objection: case.expected.objection_but_gas(&answer),
        }))
        .collect(),
    })
}

/// What a call takes without charges, as a share of what it takes with them, side by side; and its answer.
fn without_gas(
    case: &CallCase,
    tier: Tier,
    metered: &mut ours::Caller<'_>,
    clock: &Clock,
) -> Result<(f64, Answer), String> {
    let _unmetered = Unmetered::begin();
    let engine = lockstep::Engine::new();
    let mut free = ours::Caller::new(&engine, case, tier)?;
    let answer = free.answer()?;
    let [metered_ns, free_ns] = clock.turns([&mut || metered.run(), &mut || free.run()]);
    Ok((free_ns / metered_ns, answer))
}
