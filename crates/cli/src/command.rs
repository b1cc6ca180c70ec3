//! The command line: which command, and what happens when it fails.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;

use crate::{compile, disasm, ebpf, error::InputError, exit, gas, run, statetest, wast};

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
    /// Run scripts of the WebAssembly specification.
    Wast(wast::Arguments),
    /// Run vectors of the eBPF conformance suite.
    EbpfConformance(ebpf::Arguments),
    /// Run one piece of code.
    Run(Box<run::Arguments>),
    /// Compile code ahead of time.
    Compile(compile::Arguments),
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
        Command::Wast(arguments) => wast::run(&arguments),
        Command::EbpfConformance(arguments) => ebpf::run(&arguments),
        Command::Run(arguments) => run::run(&arguments),
        Command::Compile(arguments) => compile::run(&arguments),
        Command::Disasm(arguments) => disasm::run(&arguments),
        Command::Gas(arguments) => gas::run(&arguments),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut CommandLine::command(), "lockstep", &mut script);
            let written = io::stdout().write_all(&script).map(|()| exit::GOOD);
            written.map_err(|cause| InputError::Write { cause })
        }
    };
    let code = done.unwrap_or_else(|error| match error {
        // Whoever reads the results has enough: `lockstep ... | head`.
        InputError::Write { cause } if cause.kind() == io::ErrorKind::BrokenPipe => exit::GOOD,
        error => {
            talk(&format!("{:?}\n", miette::Report::new(error)));
            exit::UNUSABLE
        }
    });
    code.into()
}

/// Writes `text` to standard error; nobody may be listening.
pub(crate) fn talk(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::CommandLine::command().debug_assert();
    }
}
