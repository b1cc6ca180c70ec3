//! The command line: which command, and what happens when it fails.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::{exit, statetest};

/// One deterministic smart-contract execution engine.
#[derive(Debug, Parser)]
#[command(name = "lockstep", version, propagate_version = true)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run Ethereum state tests.
    Statetest(statetest::Arguments),
}

/// Runs what the command line asks for.
pub fn main() -> ExitCode {
    let done = match CommandLine::parse().command {
        Command::Statetest(arguments) => statetest::run(&arguments),
    };
    let code = done.unwrap_or_else(|error| {
        eprintln!("{:?}", miette::Report::new(error));
        exit::UNUSABLE
    });
    code.into()
}
