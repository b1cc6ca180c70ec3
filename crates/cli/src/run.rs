//! `lockstep run`: one message to a contract of either guest, one call of a Wasm module, or the runs of a dMIR file.
//!
//! ```text
//! EVM code, artifact, Wasm contract -> message (--calldata, --value, --pre, --create, ...)
//! another Wasm module               -> call (--invoke FUNCTION ARGUMENTS), or a program of WASI
//! eBPF program                      -> one run (--calldata or --input-file, --invoke FUNCTION)
//! ```
//!
//! Invariant: [`kind`] alone decides which a Wasm module is.

mod dmir;
mod ebpf;
mod kind;
mod report;
mod wasm;

use std::{
    io,
    path::{Path, PathBuf},
};

use clap::{Args, ValueEnum};
use lockstep::{
    Address, Binary, BinaryGuest, Block, CallOutcome, Config, Engine, Exit, Fork, Journal,
    MemoryStorage, Message, Options, ProfileKind, Tier, Tracer, TransactError, U256, Vm,
    decode_hex, profile,
};

use self::kind::Kind;
use crate::{
    code::{self, Code, Contract},
    command::talk,
    error::InputError,
    exit,
    fixture::{Scalar, parse_number, read_alloc},
    heat::{self, HeatArguments},
    input,
    trace::{Eip3155, TraceArguments},
};

/// Gas of a message unless somebody says otherwise: a block of main net in 2024.
const DEFAULT_GAS: u64 = 30_000_000;
/// What a caller that the pre-state does not hold owns, so that it can send value: more than there is.
const CALLER_BALANCE: U256 = U256::from_limbs([0, 0, 1, 0]);

/// Runs one piece of code and prints what it did.
///
/// EVM code and Wasm contracts get a message: --calldata, --value, --caller, --to, --pre, --create. A Wasm module is a
/// contract when it exports `main` without parameters and results and imports nothing but functions of `eth`; with
/// --invoke it is a plain module, whose exported function is called; otherwise it is a program that begins at `_start`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// A file, - for standard input, or hexadecimal digits; after a Wasm module the arguments of its function.
    #[arg(required = true, value_name = "FILE|-|HEX", allow_negative_numbers = true)]
    code: Vec<String>,
    #[command(flatten)]
    wasm: wasm::Options,
    #[command(flatten)]
    ebpf: ebpf::Options,
    /// Which contract of an artifact.
    #[arg(long, value_name = "NAME")]
    contract: Option<String>,
    /// Input of the call, or arguments of the constructor.
    #[arg(long, visible_alias = "input", value_name = "HEX|@FILE|-", default_value = "")]
    calldata: String,
    /// What the caller sends along.
    #[arg(long, value_name = "N", default_value = "0", value_parser = word)]
    value: U256,
    /// Who calls.
    #[arg(long, visible_alias = "sender", value_name = "ADDRESS", default_value_t = Address::from_low_u64(0xca11))]
    caller: Address,
    /// Where the code lies.
    #[arg(long, visible_alias = "receiver", value_name = "ADDRESS", default_value_t = Address::from_low_u64(0xc0de))]
    to: Address,
    /// Gas it may use. A message gets 30000000 otherwise, a call of a Wasm module all there can be.
    #[arg(long, visible_alias = "fuel", value_name = "N", value_parser = gas)]
    gas: Option<u64>,
    /// The rules.
    #[arg(long, default_value_t = Fork::LATEST)]
    fork: Fork,
    /// What runs the code.
    #[arg(long, value_name = "NAME", default_value_t)]
    tier: Tier,
    #[command(flatten)]
    heat: HeatArguments,
    /// Names machine code for `perf`: a map in the folder of temporary files, or a dump in the folder at hand.
    #[arg(long, value_enum, value_name = "FORM")]
    perf: Option<Perf>,
    /// Accounts that are there before: an object as the `pre` of state tests.
    #[arg(long, visible_alias = "prestate", value_name = "FILE")]
    pre: Option<PathBuf>,
    /// Takes the code as initialization code and creates a contract.
    #[arg(long)]
    create: bool,
    /// Lets accounts of --pre have Wasm modules as code too; a Wasm contract that is run needs no saying.
    #[arg(long)]
    wasm_contracts: bool,
    /// Lets accounts of --pre, and what is created, have programs of eBPF as code.
    #[arg(long)]
    ebpf_contracts: bool,
    /// Prints one JSON object.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    trace: TraceArguments,
}

/// How machine code is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Perf {
    /// Names and places.
    Map,
    /// The code besides, for `perf inject --jit`.
    Jitdump,
}

/// Begins to name machine code.
fn name_code(perf: Perf) -> Result<(), InputError> {
    let (kind, folder) = match perf {
        Perf::Map => (ProfileKind::PerfMap, std::env::temp_dir()),
        Perf::Jitdump => (ProfileKind::JitDump, PathBuf::from(".")),
    };
    let path = profile(kind, &folder);
    let path = path.map_err(|cause| InputError::WriteFile { path: folder, cause })?;
    talk(&format!("machine code is named in {}\n", path.display()));
    Ok(())
}

impl Arguments {
    fn message_gas(&self) -> u64 {
        self.gas.unwrap_or(DEFAULT_GAS)
    }

    /// Refuses options that mean nothing to what is run.
    fn expect_fitting(&self, code: &Code, kind: Kind) -> Result<(), InputError> {
        let messages = [
            ("--contract", self.contract.is_some()),
            ("--calldata", !self.calldata.is_empty()),
            ("--value", !self.value.is_zero()),
            ("--pre", self.pre.is_some()),
            ("--create", self.create),
            ("--wasm-contracts", self.wasm_contracts),
            ("--ebpf-contracts", self.ebpf_contracts),
        ];
        let compiled = match code {
            Code::Compiled(_, binary) => Some(binary.guest()),
            _ => None,
        };
        if matches!(code, Code::Ebpf(..)) || compiled == Some(BinaryGuest::Ebpf) {
            return ebpf::expect_fitting(self, &messages);
        }
        let (name, given) = match (code, kind) {
            _ if compiled == Some(BinaryGuest::Wasm) => ("a compiled Wasm module", &messages[..]),
            (Code::Wasm(..), Kind::Module) => ("a Wasm module that is no contract", &messages[..]),
            (Code::Wasm(..), Kind::Contract) => ("a Wasm contract", &self.wasm.given()[..]),
            _ => ("anything but a Wasm module", &self.wasm.given()[..]),
        };
        match given.iter().find(|(_, is_given)| *is_given) {
            None => Ok(()),
            Some((option, _)) => {
                Err(InputError::Usage(format!("{option} means nothing to {name}")))
            }
        }
    }
}

fn word(text: &str) -> Result<U256, String> {
    match parse_number(text) {
        Some(Scalar::Fits(word)) => Ok(word),
        Some(Scalar::TooBig) => Err("expected at most 256 bits".into()),
        None => Err("expected a decimal number, or a hexadecimal one after 0x".into()),
    }
}

fn gas(text: &str) -> Result<u64, String> {
    // Message::gas: what a signed counter holds.
    let fits = |gas: &u64| i64::try_from(*gas).is_ok();
    let gas = word(text).ok().and_then(|word| u64::try_from(word).ok()).filter(fits);
    gas.ok_or_else(|| "expected a number below 2^63".into())
}

/// Runs the command.
///
/// # Errors
///
/// When an input cannot be used.
pub fn run(arguments: &Arguments) -> Result<u8, InputError> {
    if let Some(perf) = arguments.perf {
        name_code(perf)?;
    }
    let loaded = code::load(&arguments.code)?;
    let kind = match &loaded {
        Code::Wasm(path, module) => kind::of(path, module, arguments)?,
        _ => Kind::Contract,
    };
    arguments.expect_fitting(&loaded, kind)?;
    let is_wasm = matches!(loaded, Code::Wasm(..));
    let code = match loaded {
        Code::Wasm(path, module) if kind == Kind::Module => {
            return wasm::run(&path, Form::Bytes(&module), arguments);
        }
        Code::Wasm(_, module) => module,
        Code::Ebpf(path, file) => return ebpf::run(&path, Form::Bytes(&file), arguments),
        Code::Compiled(path, binary) => return compiled(&path, &binary, arguments),
        Code::Dmir(path, text) => return dmir::run(&path, &text, arguments.tier),
        Code::Evm(code) => code,
        Code::Artifact(contracts) => {
            let contract = choose(&contracts, arguments.contract.as_deref())?;
            pick_code(contract, arguments.create)?
        }
    };
    message(&Engine::new().with_heat(arguments.heat.heat()), code, is_wasm, arguments)
}

/// How a program comes.
#[derive(Debug, Clone, Copy)]
enum Form<'a> {
    /// As its guest writes it.
    Bytes(&'a [u8]),
    /// With machine code.
    Compiled(&'a Binary),
}

/// Runs a program with its machine code.
fn compiled(path: &Path, binary: &Binary, arguments: &Arguments) -> Result<u8, InputError> {
    match binary.guest() {
        BinaryGuest::Wasm => wasm::run(path, Form::Compiled(binary), arguments),
        BinaryGuest::Ebpf => ebpf::run(path, Form::Compiled(binary), arguments),
        BinaryGuest::Evm => {
            let engine = Engine::new().with_heat(arguments.heat.heat());
            let refuse = |message: String| InputError::Module { path: path.to_owned(), message };
            let adopted = engine.adopt(binary, arguments.fork);
            adopted.map_err(|error| refuse(error.to_string()))?;
            message(&engine, binary.code().to_vec(), false, arguments)
        }
    }
}

/// Sends the message that the arguments say to `code`.
fn message(
    engine: &Engine,
    code: Vec<u8>,
    is_wasm: bool,
    arguments: &Arguments,
) -> Result<u8, InputError> {
    let calldata = read_calldata(&arguments.calldata)?;
    let storage = prepare(arguments, &code)?;
    let message_input = if arguments.create { [code, calldata].concat() } else { calldata };
    let message = Message {
        caller: arguments.caller,
        to: (!arguments.create).then_some(arguments.to),
        value: arguments.value,
        input: &message_input,
        gas: arguments.message_gas(),
    };
    let block = Block { number: 1, timestamp: 1, gas_limit: message.gas, ..Block::default() };
    let options = Options { tier: arguments.tier };
    let wasm_contracts = is_wasm || arguments.wasm_contracts;
    let ebpf_contracts = arguments.ebpf_contracts;
    let config = Config { wasm_contracts, ebpf_contracts, ..Config::new(arguments.fork, 1) };
    let mut vm = Vm::new(engine, storage, config, block, options)
        .map_err(|error| InputError::Machine(error.to_string()))?;
    let outcome = execute(&mut vm, &message, arguments)?;
    heat::talk_of(engine.native_statistics());
    let written = report::write(&mut vm, &outcome, arguments);
    written.map_err(|cause| InputError::Write { cause })?;
    Ok(if outcome.exit == Exit::Return { exit::GOOD } else { exit::FAILED })
}

fn execute(
    vm: &mut Vm<'_, MemoryStorage>,
    message: &Message<'_>,
    arguments: &Arguments,
) -> Result<CallOutcome, InputError> {
    let done = match arguments.trace.detail() {
        None => vm.call(message),
        Some(detail) => {
            let mut tracer = Eip3155::new(io::BufWriter::new(io::stdout().lock()), detail);
            let observer: &mut dyn Tracer<Journal<MemoryStorage>> = &mut tracer;
            let done = vm.call_traced(message, observer);
            tracer.end();
            tracer.finish().map_err(|cause| InputError::Write { cause })?;
            done
        }
    };
    done.map_err(|error: TransactError| InputError::Machine(error.to_string()))
}

/// The state before: what the user gave, the code, and a caller who can pay.
fn prepare(arguments: &Arguments, code: &[u8]) -> Result<MemoryStorage, InputError> {
    let mut storage = MemoryStorage::default();
    storage.insert_account(arguments.caller, CALLER_BALANCE, 0, &[]);
    if let Some(path) = &arguments.pre {
        read_alloc(path, &mut storage)?;
    }
    if !arguments.create {
        let known = storage.accounts().find(|(address, _)| *address == arguments.to);
        let (balance, nonce) =
            known.map_or((U256::ZERO, 1), |(_, info)| (info.balance, info.nonce));
        storage.insert_account(arguments.to, balance, nonce, code);
    }
    Ok(storage)
}

fn read_calldata(text: &str) -> Result<Vec<u8>, InputError> {
    let (path, place) = match text.strip_prefix('@') {
        Some(path) => (path, path),
        None if text == "-" => (text, "standard input"),
        None => ("", "--calldata"),
    };
    let content =
        if path.is_empty() { text.to_owned() } else { input::read_text(Path::new(path))? };
    let digits: String = content.split_whitespace().collect();
    decode_hex(&digits).map_err(|cause| InputError::Hex { place: place.to_owned(), cause })
}

/// The contract called `name`, or the only one.
fn choose<'c>(contracts: &'c [Contract], name: Option<&str>) -> Result<&'c Contract, InputError> {
    let named = |contract: &&Contract| {
        name.is_none_or(|name| {
            contract.name == name || contract.name.ends_with(&format!(":{name}"))
        })
    };
    let mut matching = contracts.iter().filter(named);
    match (matching.next(), matching.next()) {
        (Some(contract), None) => Ok(contract),
        _ => {
            let names: Vec<_> = contracts.iter().map(|contract| contract.name.as_str()).collect();
            let names = names.join(", ");
            Err(InputError::Usage(format!("expected --contract with one of: {names}")))
        }
    }
}

fn pick_code(contract: &Contract, create: bool) -> Result<Vec<u8>, InputError> {
    let Contract { name, creation, runtime } = contract;
    match (create, creation.is_empty(), runtime.is_empty()) {
        (true, false, _) => Ok(creation.clone()),
        (false, _, false) => Ok(runtime.clone()),
        (true, true, _) => {
            Err(InputError::Usage(format!("{name} has no creation code; leave out --create")))
        }
        (false, _, true) => {
            Err(InputError::Usage(format!("{name} has only creation code; add --create")))
        }
    }
}
