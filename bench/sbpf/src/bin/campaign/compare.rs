//! One program in both engines.

use std::collections::BTreeMap;

use lockstep::{
    HostFunction, HostRow, Stop, Tier, View,
    ebpf::{Call, Config, Dialect, End, Helper, Insn, Linked, Machine, Program, murmur3},
};
use peer_sbpf::{Mode, State};

use crate::{generate::HOST, random::Random, rfc::HOST_NUMBER};

/// Units of a whole run.
const UNITS: u64 = 2000;
/// Tiers that run at many budgets.
const SHORT: [Tier; 2] = [Tier::Interpreter, Tier::Optimizing];

/// What became of programs.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Runs that agreed.
    pub(crate) same: u64,
    /// Programs that did not.
    pub(crate) different: u64,
    /// Programs that both refused.
    pub(crate) refused: u64,
    /// How whole runs ended.
    pub(crate) ends: BTreeMap<&'static str, u64>,
}

pub(crate) fn mixed([a, b, _, _, e]: [u64; 5]) -> u64 {
    a ^ b.rotate_left(7) ^ e ^ 0x55
}

pub(crate) struct Ours;

impl HostFunction<()> for Ours {
    const NAME: &'static str = HOST;
    type Args = (u64, u64, u64, u64, u64);
    type Results = (u64,);

    fn call(_: &mut View<'_, ()>, (a, b, c, d, e): Self::Args) -> Result<(u64,), Stop> {
        Ok((mixed([a, b, c, d, e]),))
    }
}

struct Theirs;

impl peer_sbpf::HostFunction for Theirs {
    fn call(_: &mut State, args: [u64; 5]) -> u64 {
        mixed(args)
    }
}

pub(crate) fn machine() -> Machine {
    Machine::new().expect("address space")
}

pub(crate) fn config() -> Config {
    Config { helpers: vec![Helper::named(HOST)], ..Config::default() }
}

pub(crate) fn hosts() -> [(&'static str, peer_sbpf::Hosted); 1] {
    [(HOST, peer_sbpf::hosted::<Theirs>)]
}

/// Loads and runs a generated program in both.
pub(crate) fn program(
    machine: &mut Machine,
    dialect: Dialect,
    insns: &[Insn],
    seed: u64,
    tally: &mut Tally,
) -> Result<(), String> {
    let text: Vec<u8> = insns.iter().flat_map(|insn| insn.encode()).collect();
    let ours = Program::from_text(&text, dialect, &config()).map_err(|error| error.to_string());
    let version = peer_sbpf::version(dialect as u8 - Dialect::V0 as u8);
    let (text, keys) = keyed(dialect, insns);
    let theirs = peer_sbpf::Program::from_text(&text, version, &keys, &hosts());
    loaded(machine, (ours, theirs), &mut Random::new(!seed), tally)
}

/// The text with calls by key, as files before v3 have them, and the keys.
fn keyed(dialect: Dialect, insns: &[Insn]) -> (Vec<u8>, Vec<(u32, usize)>) {
    let mut keys = Vec::new();
    let mut insns = insns.to_vec();
    let mut at = 0;
    while at < insns.len() && dialect != Dialect::V3 {
        let target = at as i64 + 1 + i64::from(insns[at].imm);
        let exists = (0..insns.len() as i64).contains(&target);
        if insns[at].opcode == 0x85 && insns[at].src == 1 && exists {
            let key = murmur3(&(target as u64).to_le_bytes());
            keys.push((key, target as usize));
            (insns[at].src, insns[at].imm) = (0, key as i32);
        }
        let is_wide = insns[at].opcode == 0x18 && dialect != Dialect::V2;
        at += if is_wide { 2 } else { 1 };
    }
    (insns.iter().flat_map(|insn| insn.encode()).collect(), keys)
}

type Both = (Result<Program, String>, Result<peer_sbpf::Program, String>);

/// Runs what both loaded.
pub(crate) fn loaded(
    machine: &mut Machine,
    (ours, theirs): Both,
    random: &mut Random,
    tally: &mut Tally,
) -> Result<(), String> {
    let (ours, mut theirs) = match (ours, theirs) {
        (Ok(ours), Ok(theirs)) => (ours, theirs),
        (Err(_), Err(_)) => {
            tally.refused += 1;
            return Ok(());
        }
        (ours, theirs) => {
            return Err(format!("loaded by one: {:?}, {:?}", ours.err(), theirs.err()));
        }
    };
    let linked = Linked::new(&ours, &[HostRow::of::<Ours>()]).map_err(|error| error.to_string())?;
    let input: Vec<u8> = (0..64_u8).map(|byte| byte.wrapping_mul(37)).collect();
    let whole = theirs.run(Mode::Interpreter, &input, UNITS, &mut State::default());
    *tally.ends.entry(whole.result.err().unwrap_or("returned")).or_default() += 1;
    let mut budgets: Vec<u64> = (0..12).collect();
    budgets.extend([whole.used.saturating_sub(1), whole.used, random.below(whole.used + 2)]);
    let whole_runs = Tier::ALL.iter().map(|tier| (*tier, UNITS));
    let short_runs = budgets.into_iter().flat_map(|budget| SHORT.map(|tier| (tier, budget)));
    for (tier, gas) in whole_runs.chain(short_runs) {
        let wanted = theirs.run(Mode::Interpreter, &input, gas, &mut State::default());
        let call = Call { input: &input, gas, tier, returns_input: true };
        let found = machine.run(&linked, &mut (), &call).map_err(|error| error.to_string())?;
        let result = match found.end {
            End::Returned(value) => Ok(value),
            End::Trap(trap) => Err(trap.name()),
            End::Exit { .. } => Err("exit"),
        };
        let used = gas - found.gas_left;
        if (&result, used, &found.input) != (&wanted.result, wanted.used, &wanted.input) {
            let (peer, peer_used) = (&wanted.result, wanted.used);
            return Err(format!(
                "{tier}, {gas} units: {result:?} for {used}, not {peer:?} for {peer_used}"
            ));
        }
        tally.same += 1;
    }
    Ok(())
}

/// Runs a program of RFC 9669, which the peer does not take, in every tier: the first says what the others have to do.
pub(crate) fn tiers(
    machine: &mut Machine,
    insns: &[Insn],
    seed: u64,
    tally: &mut Tally,
) -> Result<(), String> {
    let text: Vec<u8> = insns.iter().flat_map(|insn| insn.encode()).collect();
    let config = Config { helpers: vec![Helper::numbered(HOST, HOST_NUMBER)], ..Config::default() };
    let Ok(program) = Program::from_text(&text, Dialect::Rfc, &config) else {
        tally.refused += 1;
        return Ok(());
    };
    let linked =
        Linked::new(&program, &[HostRow::of::<Ours>()]).map_err(|error| error.to_string())?;
    let input: Vec<u8> = (0..64_u8).map(|byte| byte.wrapping_mul(37)).collect();
    let mut run = |tier, gas| {
        let call = Call { input: &input, gas, tier, returns_input: true };
        let found = machine.run(&linked, &mut (), &call).map_err(|error| error.to_string())?;
        Ok::<_, String>((found.end, found.gas_left, found.input))
    };
    let (end, left, _) = run(Tier::Interpreter, UNITS)?;
    let name = match end {
        End::Returned(_) => "returned",
        End::Trap(trap) => trap.name(),
        End::Exit { .. } => "exit",
    };
    *tally.ends.entry(name).or_default() += 1;
    let used = UNITS - left;
    let random = Random::new(!seed).below(used + 2);
    let budgets = (0..12).chain([used.saturating_sub(1), used, random, UNITS]);
    for gas in budgets {
        let wanted = run(Tier::Interpreter, gas)?;
        for tier in Tier::ALL {
            let found = run(*tier, gas)?;
            if found != wanted {
                return Err(format!("{tier}, {gas} units: {found:?}, not {wanted:?}"));
            }
            tally.same += 1;
        }
    }
    Ok(())
}
