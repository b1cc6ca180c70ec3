//! The command line: which command, and what happens when it fails.

use std::{io, process::ExitCode};

use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;

use crate::{disasm, exit, gas, run, statetest};

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
    /// Run one piece of code.
    Run(run::Arguments),
    /// List code as opcodes and as dMIR.
    Disasm(disasm::Arguments),
    /// List opcodes with their static gas.
    Gas(gas::Arguments),
    /// Print a completion script for a shell.
    Completions {
        /// Which shell.
        shell: Shell,
    },
}

/// Runs what the command line asks for.
pub fn main() -> ExitCode {
    let done = match CommandLine::parse().command {
        Command::Statetest(arguments) => statetest::run(&arguments),
        Command::Run(arguments) => run::run(&arguments),
        Command::Disasm(arguments) => disasm::run(&arguments),
        Command::Gas(arguments) => gas::run(&arguments),
        Command::Completions { shell } => {
            let command = &mut CommandLine::command();
            clap_complete::generate(shell, command, "lockstep", &mut io::stdout());
            Ok(exit::GOOD)
        }
    };
    let code = done.unwrap_or_else(|error| {
        eprintln!("{:?}", miette::Report::new(error));
        exit::UNUSABLE
    });
    code.into()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::CommandLine::command().debug_assert();
    }
}
