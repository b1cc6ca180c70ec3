//! One call on both engines.

use lockstep::Tier;

use super::{PEER, answer::Answer, case::CallCase, ours, peer};
use crate::{
    clock::{Clock, Timed},
    report::{Row, Side},
    unmetered::Unmetered,
};

/// What we are called in the table.
const OURS: &str = "lockstep";

/// A side of this name and tier that had this answer; no compilation is known of.
fn side(
    case: &CallCase,
    (engine, tier): (&'static str, &'static str),
    ns: f64,
    answer: &Answer,
) -> Side {
    let objection = case.expected.objection(answer);
    Side { engine, tier, ns, ns_without_memo: None, compile_ns: 0.0, gas: answer.gas, objection }
}

/// Checks and measures both; beside another tier our interpreter is a peer too.
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
    let below = lockstep::Engine::new();
    let is_below = tier != Tier::Interpreter;
    let interpreter = is_below.then(|| ours::Caller::new(&below, case, Tier::Interpreter));
    let mut interpreter = interpreter.transpose()?;
    let below_answer = interpreter.as_mut().map(ours::Caller::answer).transpose()?;
    let mut run_below = || interpreter.iter_mut().for_each(ours::Caller::run);
    let [ours_run, plain_run, peer_run]: [&mut dyn FnMut(); 3] =
        [&mut || ours.run(), &mut || plain.run(), &mut || peer.run()];
    let mut runs = vec![ours_run, plain_run, peer_run, &mut run_below];
    runs.truncate(3 + usize::from(is_below));
    let times = clock.all_turns(&mut runs);
    let [ours_ns, plain_ns, peer_ns] = [times[0], times[1], times[2]];
    let below = below_answer.map(|answer| {
        let name = (OURS, Tier::Interpreter.name());
        side(case, name, times[3], &answer)
    });
    let free = if unmetered { Some(without_gas(case, tier, &mut ours, clock)?) } else { None };
    Ok(Row {
        guest: "evm",
        case: case.name.clone(),
        group: case.group.clone(),
        is_apart: case.is_micro,
        code_bytes: Some(case.code.len()),
        ours: Side {
            ns_without_memo: Some(plain_ns),
            compile_ns: (first_ours - ours_ns).max(0.0),
            ..side(case, (OURS, tier.name()), ours_ns, &ours_answer)
        },
        peers: [Side { compile_ns: analysis, ..side(case, PEER, peer_ns, &peer_answer) }]
            .into_iter()
            .chain(below)
            .chain(free.map(|(share, answer)| Side {
                objection: case.expected.objection_but_gas(&answer),
                ..side(case, (OURS, Unmetered::TIER), ours_ns * share, &answer)
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

/// Checks a tier and our interpreter, and measures what the first call costs on either.
///
/// # Errors
///
/// When an engine cannot be set up.
pub fn compare_once(case: &CallCase, tier: Tier, clock: &Clock) -> Result<Row, String> {
    let tiers = [tier, Tier::Interpreter];
    let run = |tier| Box::new(move || ours::first_call_ns(case, tier)) as Timed<'_>;
    let times = clock.timed_turns(&mut tiers.map(run))?;
    let checked = |(tier, ns): (Tier, f64)| {
        let engine = lockstep::Engine::new();
        let answer = ours::Caller::new(&engine, case, tier)?.answer()?;
        Ok(side(case, (OURS, tier.name()), ns, &answer))
    };
    let sides: Result<Vec<Side>, String> = tiers.into_iter().zip(times).map(checked).collect();
    let mut sides = sides?;
    let peers = sides.split_off(1);
    let ours = sides.pop().expect("one of two tiers");
    let (name, group) = (case.name.clone(), case.group.clone());
    Ok(Row {
        guest: "evm",
        case: name,
        group,
        is_apart: case.is_micro,
        code_bytes: None,
        ours,
        peers,
    })
}
