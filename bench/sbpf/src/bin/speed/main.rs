//! Measured programs beside solana-sbpf: `speed [--cases FOLDER] [--v3] [NAME...]`.
//!
//! Ours runs the object as it is. The peer, which takes no objects, runs the same instructions as a file of v3, where data and
//! text lie at its addresses; with `--v3` ours runs that file, too. Both count the same units and give the answer that the case promises, or the case fails.
//!
//! rbpf runs the object as ours does, with memory at the same addresses. It counts no units, its machine code checks no
//! access, and what it cannot run is named.
#![forbid(unsafe_code)]

mod bare;
mod case;
mod file;
mod host;

use std::{path::PathBuf, process::ExitCode};

use case::Case;
use host::{Store, config, hosts, rows};
use lockstep::{
    Tier,
    ebpf::{Call, End, Linked, Machine, Program},
};
use peer_sbpf::{Mode, State};

/// Units of a run.
const UNITS: u64 = 1 << 50;
/// Times that a program runs, of which the quickest counts.
const TIMES: usize = 7;
/// Programs that measure something else than instructions: left out of the mean.
const MICRO: [&str; 2] = ["big_bpf", "hostnop"];
/// The program whose host functions take addresses, which they know as those of objects.
const HAS_ADDRESSES: &str = "erc20";

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1).peekable();
    let mut folder = PathBuf::from("../shared/bench");
    if words.next_if(|word| word == "--cases").is_some() {
        folder = words.next().unwrap_or_default().into();
    }
    let is_v3 = words.next_if(|word| word == "--v3").is_some();
    let names: Vec<String> = words.collect();
    let cases = match case::read(&folder.join("ebpf")) {
        Ok(cases) => cases,
        Err(error) => {
            eprintln!("ABSENT: {}: {error}", folder.display());
            return ExitCode::from(2);
        }
    };
    let (mut logs, mut failed) = (Vec::new(), 0);
    for case in cases.iter().filter(|case| names.is_empty() || names.contains(&case.name)) {
        if is_v3 && case.name == HAS_ADDRESSES {
            continue;
        }
        match measure(case, is_v3) {
            Ok(_) if MICRO.contains(&&*case.name) => {}
            Ok(ratios) => logs.push(ratios.map(f64::ln)),
            Err(message) => {
                println!("{}: FAILED: {message}", case.name);
                failed += 1;
            }
        }
    }
    let mean = |at: usize| {
        let sum: f64 = logs.iter().map(|ratios| ratios[at]).sum();
        (sum / logs.len().max(1) as f64).exp()
    };
    println!(
        "geometric mean of {}: interpreter {:.2}, machine code {:.2}",
        logs.len(),
        mean(0),
        mean(1)
    );
    ExitCode::from(u8::from(failed > 0))
}

/// Seconds for which this thread had a processor: whoever else is busy does not count.
fn seconds() -> f64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    now.tv_sec as f64 + now.tv_nsec as f64 / 1e9
}

/// The quickest of several runs, in seconds.
pub(crate) fn quickest(mut run: impl FnMut() -> Result<(), String>) -> Result<f64, String> {
    let mut best = f64::MAX;
    for _ in 0..TIMES {
        let begin = seconds();
        run()?;
        best = best.min(seconds() - begin);
    }
    Ok(best)
}

/// How many times as fast as the peer ours is: its interpreter, and its machine code.
fn measure(case: &Case, is_v3: bool) -> Result<[f64; 2], String> {
    let program = Program::load(&case.object, &config()).map_err(|error| error.to_string())?;
    let file = file::of(program.guest());
    let case_input = case.input(program.guest());
    let program = if is_v3 { Program::load(&file, &config()) } else { Ok(program) };
    let program = program.map_err(|error| error.to_string())?;
    let linked = Linked::new(&program, &rows()).map_err(|error| error.to_string())?;
    let mut machine = Machine::new().map_err(|error| error.to_string())?;
    let mut used = 0;
    let mut ours = |tier| {
        quickest(|| {
            let call = Call { input: &case_input, gas: UNITS, tier, returns_input: false };
            let outcome = machine.run(&linked, &mut Store::default(), &call);
            let outcome = outcome.map_err(|error| error.to_string())?;
            used = UNITS - outcome.gas_left;
            match outcome.end == End::Returned(case.want) {
                true => Ok(()),
                false => Err(format!("{tier}: {:?}", outcome.end)),
            }
        })
    };
    let ours = [ours(Tier::Interpreter)?, ours(Tier::Optimizing)?];
    let mut peer = peer_sbpf::Program::from_elf(&file, &hosts())?;
    peer.compile()?;
    let mut input = case_input.clone();
    let mut theirs = |mode| {
        quickest(|| {
            input.copy_from_slice(&case_input);
            let (result, count) = peer.run_on(mode, &mut input, UNITS, &mut State::default());
            match (result, count) == (Ok(case.want), used) {
                true => Ok(()),
                false => Err(format!("the peer: {result:?} for {count} units, not {used}")),
            }
        })
    };
    let theirs = [theirs(Mode::Interpreter)?, theirs(Mode::Compiled)?];
    let ratios = [theirs[0] / ours[0], theirs[1] / ours[1]];
    println!(
        "{:<12} {used:>10} units; interpreter {:8.2} ms, {:5.2} times as fast; machine code {:8.2} ms, {:5.2} times",
        case.name,
        ours[0] * 1e3,
        ratios[0],
        ours[1] * 1e3,
        ratios[1],
    );
    if !is_v3 {
        let times = bare::measure(program.guest(), &case_input, case.want);
        let [interpreter, compiled] =
            [(0, &times[0]), (1, &times[1])].map(|(tier, time)| match time {
                Ok(time) => format!("{:5.2} times as fast", time / ours[tier]),
                Err(error) => error.clone(),
            });
        println!("{:<12} beside rbpf: interpreter {interpreter}; machine code {compiled}", "");
    }
    Ok(ratios)
}
