//! `lockstep disasm`: what code says, as opcodes and as dMIR: EVM code block by block, a Wasm module
//! or an eBPF program function by function.
//!
//! Invariant: blocks and functions are those that the front end lowers. Listings of further forms go where [`Form`] says.

mod ebpf;
mod evm;
mod machine;
mod native;
mod part;
mod wasm;

use std::{
    io::{self, Write},
    path::Path,
};

use clap::{Args, ValueEnum};
use lockstep::Fork;

use part::{Listing, write_json};

use crate::{
    code::{self, Code},
    error::InputError,
    exit,
};

/// Lists code: opcodes, and with --form dmir what they become.
#[derive(Debug, Args)]
pub struct Arguments {
    /// A file, - for standard input, or hexadecimal digits.
    #[arg(required = true, value_name = "FILE|-|HEX")]
    code: Vec<String>,
    /// The rules.
    #[arg(long, default_value_t = Fork::LATEST)]
    fork: Fork,
    /// What to list; may be given several times.
    #[arg(long = "form", value_enum, default_values_t = [Form::Opcodes])]
    forms: Vec<Form>,
    /// The same as --form opcodes --form dmir --form registers.
    #[arg(long, conflicts_with = "forms")]
    ir: bool,
    /// Lists the processor's instructions instead, beside the dMIR they come of.
    #[arg(long, conflicts_with_all = ["forms", "ir"])]
    native: bool,
    /// As it is where guard pages find accesses behind memories (WebAssembly).
    #[arg(long, requires = "native")]
    guard_pages: bool,
    /// Prints one JSON document: an object with what the text shows, or an array of functions for machine code.
    #[arg(long)]
    json: bool,
}

/// A form that code has on its way to being run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// The guest's instructions.
    Opcodes,
    /// The IR of each block or function.
    Dmir,
    /// The interpreter's register bytecode of each block or function, by the guest's pc; `r4` is the frame's slot 4.
    Registers,
}

/// Runs the command.
///
/// # Errors
///
/// When the code cannot be read.
pub fn run(arguments: &Arguments) -> Result<u8, InputError> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let forms: &[Form] =
        if arguments.ir { &[Form::Opcodes, Form::Dmir, Form::Registers] } else { &arguments.forms };
    let loaded = code::load(&arguments.code)?;
    if let (Code::Wasm(path, _), [_, _, ..]) = (&loaded, &arguments.code[..]) {
        let message = format!("nothing may follow {}, which is a Wasm module", path.display());
        return Err(InputError::Usage(message));
    }
    let written = match loaded {
        loaded if arguments.native => {
            let way = (arguments.fork, arguments.guard_pages);
            native::list(&mut out, loaded, way, arguments.json)?
        }
        loaded => {
            let mut listing = match arguments.json {
                true => Listing::json(forms),
                false => Listing::Text(&mut out),
            };
            let listed = list(&mut listing, loaded, arguments.fork, forms)?;
            let document = listing.document();
            listed.and_then(|()| match document {
                Some(document) => write_json(&mut out, &document),
                None => Ok(()),
            })
        }
    };
    written.and_then(|()| out.flush()).map_err(|cause| InputError::Write { cause })?;
    Ok(exit::GOOD)
}

/// Lists `loaded`.
///
/// # Errors
///
/// When there is no listing of it.
fn list(
    listing: &mut Listing<'_>,
    loaded: Code,
    fork: Fork,
    forms: &[Form],
) -> Result<io::Result<()>, InputError> {
    Ok(match loaded {
        Code::Evm(code) => {
            listing.guest("evm", Some(fork));
            listing.code("code", false).and_then(|()| evm::list(listing, code, fork, forms))
        }
        Code::Artifact(contracts) => {
            listing.guest("evm", Some(fork));
            contracts.into_iter().try_for_each(|contract| {
                listing.code(&format!("{}: code", contract.name), true)?;
                evm::list(listing, contract.runtime, fork, forms)?;
                listing.code(&format!("{}: creation code", contract.name), true)?;
                evm::list(listing, contract.creation, fork, forms)
            })
        }
        Code::Wasm(path, module) => {
            listing.guest("wasm", None);
            wasm::list(listing, &path, &module, forms)?
        }
        Code::Ebpf(path, file) => {
            listing.guest("ebpf", None);
            ebpf::list(listing, &path, &file, forms)?
        }
        Code::Compiled(path, _) => {
            return Err(listed_already(&path, "what is compiled already; list its source"));
        }
        Code::Dmir(path, _) => {
            return Err(listed_already(&path, "dMIR text is its own listing"));
        }
    })
}

/// Refuses the content of `path`, of which there is no listing.
fn listed_already(path: &Path, what: &str) -> InputError {
    InputError::Content { place: path.display().to_string(), what: what.into() }
}
