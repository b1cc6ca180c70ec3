//! Generated programs of sBPF v0 to v3 beside solana-sbpf: `campaign FROM TO` takes the programs of these seeds.
//!
//! Each is loaded by both or refused by both, and does the same: r0 or the kind of error, units used, the input left behind; in
//! every tier, and in the interpreter at many budgets. `campaign --files FOLDER N` does it with the shared objects of a folder
//! and N changed copies of each. `campaign --rfc FROM TO` takes programs of RFC 9669, which the peer does not, and compares
//! our tiers at many budgets; `campaign --rbpf FROM TO` takes such programs, as far as rbpf understands them, and compares what it
//! does with our tiers.
#![forbid(unsafe_code)]

mod bare;
mod compare;
mod files;
mod generate;
mod random;
mod rfc;

use std::process::ExitCode;

use compare::Tally;
use rfc::Menu;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |text: &String| text.parse::<u64>().ok();
    let tally = match &arguments[..] {
        [flag, from, to] if flag == "--rfc" => match (number(from), number(to)) {
            (Some(from), Some(to)) => rfc(from, to),
            _ => return usage(),
        },
        [flag, from, to] if flag == "--rbpf" => match (number(from), number(to)) {
            (Some(from), Some(to)) => bare(from, to),
            _ => return usage(),
        },
        [from, to] => match (number(from), number(to)) {
            (Some(from), Some(to)) => programs(from, to),
            _ => return usage(),
        },
        [flag, folder, copies] if flag == "--files" => match number(copies) {
            Some(copies) => files::campaign(folder, copies),
            None => return usage(),
        },
        _ => return usage(),
    };
    for (end, count) in &tally.ends {
        println!("{count:>9} {end}");
    }
    eprintln!("{} passed, {} failed, {} skipped", tally.same, tally.different, tally.refused);
    ExitCode::from(u8::from(tally.different > 0))
}

fn usage() -> ExitCode {
    eprintln!(
        "usage: campaign FROM TO | campaign --rfc FROM TO | campaign --rbpf FROM TO | campaign --files FOLDER COPIES"
    );
    ExitCode::from(2)
}

/// Programs of these seeds; those that both refuse are skipped.
fn programs(from: u64, to: u64) -> Tally {
    let mut tally = Tally::default();
    let mut machine = compare::machine();
    for seed in from..to {
        let (dialect, insns) = generate::program(seed);
        if let Err(message) = compare::program(&mut machine, dialect, &insns, seed, &mut tally) {
            println!("seed {seed}, {dialect}: {message}");
            tally.different += 1;
        }
    }
    tally
}

/// Programs of RFC 9669 of these seeds.
fn rfc(from: u64, to: u64) -> Tally {
    let mut tally = Tally::default();
    let mut machine = compare::machine();
    for seed in from..to {
        let insns = rfc::program(seed, Menu::Ours);
        if let Err(message) = compare::tiers(&mut machine, &insns, seed, &mut tally) {
            println!("seed {seed}: {message}");
            tally.different += 1;
        }
    }
    tally
}

/// Programs of RFC 9669 of these seeds that rbpf understands; those that do not end are skipped.
fn bare(from: u64, to: u64) -> Tally {
    let mut tally = Tally::default();
    let mut machine = compare::machine();
    let mut peer = bare::Peer::new().expect("address space");
    for seed in from..to {
        if let Err(message) = peer.program(&mut machine, seed, &mut tally) {
            println!("seed {seed}: {message}");
            tally.different += 1;
        }
    }
    tally
}
