//! What a file promises about itself: comments that begin with `run:`.
//!
//! ```text
//! ; run: @name(1, -2) == 3, gas 5
//! ; run: @name(1, -2) with gas 4 == trap out_of_gas
//! ; run: @pair() with m0 0x00ff == (1, 2)
//! ; run: @done() == exit 0x01
//! ```

use alloc::vec::Vec;

use super::{
    cursor::{Cursor, unknown},
    error::{ParseError, ParseErrorKind},
    lex::{Kind, Token, lex_line},
};
use crate::{
    evaluate::{Env, Outcome, Range, SimpleEnv, evaluate_func},
    inst::{FuncId, MemoryId},
    module::Module,
    op::meaning::Bits,
    trap::Trap,
    verify::Verified,
};

/// The gas of a run that names none.
pub const RUN_GAS: u64 = 1_000_000;

/// A call and its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The line it stands in, from 1.
    pub line: u32,
    /// What is called.
    pub func: FuncId,
    /// With which arguments.
    pub args: Vec<Bits>,
    /// With how much gas.
    pub gas: u64,
    /// What memories hold before, other than zeros.
    pub memories: Vec<(MemoryId, Vec<u8>)>,
    /// How it ends.
    pub want: Want,
    /// How much gas it uses, when the file says.
    pub gas_used: Option<u64>,
}

impl Run {
    /// How the reference evaluator ends the run, and how much of its counter it takes; `None` when it does not end
    /// by itself.
    pub fn evaluate(&self, module: &Verified<Module>) -> (Option<Want>, u64) {
        let (want, env) = self.evaluate_in_env(module);
        (want, self.gas - env.gas())
    }

    /// How the reference evaluator ends the run, and what it ran in, with the gas and the memories that are left.
    pub fn evaluate_in_env(&self, module: &Verified<Module>) -> (Option<Want>, SimpleEnv) {
        let mut env = SimpleEnv::new(&module.interface, self.gas);
        for (memory, bytes) in &self.memories {
            env.set_memory(*memory, bytes);
        }
        let outcome = evaluate_func(module, self.func, &self.args, &mut env);
        (Want::of(outcome, |range| bytes(&env, range)), env)
    }
}

/// The bytes of an output.
fn bytes(env: &SimpleEnv, range: Range) -> Vec<u8> {
    // The check of the output's token has admitted the range.
    env.memory(range.memory)[range.offset as usize..][..range.len as usize].to_vec()
}

/// How a run ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Want {
    /// It returns these.
    Values(Vec<Bits>),
    /// It ends its activation with this output.
    Exit {
        /// Whether it asks for its writes to be undone.
        revert: bool,
        /// The output.
        output: Vec<u8>,
    },
    /// It traps.
    Trap(Trap),
}

impl Want {
    /// What `outcome` amounts to, with `read` for the bytes of an output; `None` when the environment ended the run.
    pub fn of(outcome: Outcome, read: impl Fn(Range) -> Vec<u8>) -> Option<Self> {
        Some(match outcome {
            Outcome::Returned(values) => Self::Values(values),
            Outcome::Exited { revert, output } => {
                Self::Exit { revert, output: output.map(read).unwrap_or_default() }
            }
            Outcome::Trapped(trap) => Self::Trap(trap),
            Outcome::Stopped => return None,
        })
    }
}

/// The runs that `text`, which spells `module`, promises.
///
/// # Errors
///
/// The first run that is not one.
pub fn runs(text: &str, module: &Module) -> Result<Vec<Run>, ParseError> {
    let mut runs = Vec::new();
    let mut number = 0;
    for line in text.lines() {
        number += 1;
        let Some(rest) = line.trim_start().strip_prefix(';') else { continue };
        let Some(rest) = rest.trim_start().strip_prefix("run:") else { continue };
        let mut tokens = Vec::new();
        let before = (line.len() - rest.len()) as u32;
        lex_line(rest, number, &mut tokens).map_err(|error| shifted(error, before))?;
        tokens.push(Token { kind: Kind::End, line: number, column: rest.len() as u32 + 1 });
        let mut cursor = Cursor::new(&tokens, 0);
        runs.push(run(&mut cursor, module, number).map_err(|error| shifted(error, before))?);
    }
    Ok(runs)
}

const fn shifted(mut error: ParseError, before: u32) -> ParseError {
    error.column += before;
    error
}

fn run(cursor: &mut Cursor<'_, '_>, module: &Module, line: u32) -> Result<Run, ParseError> {
    let token = cursor.peek();
    let name = cursor.name("a function")?;
    let func = module.names.iter().position(|other| other == name);
    let func = FuncId(func.ok_or_else(|| unknown(token, "function", name))? as u32);
    let signature = &module.interface.signatures[func];
    cursor.sign("(")?;
    let mut types = signature.params.iter();
    let args = cursor.list(")", |cursor| match types.next() {
        Some(ty) => cursor.constant(*ty),
        None => Err(cursor.peek().expected("no more arguments")),
    })?;
    count(token, signature.params.len(), args.len())?;
    let mut run = Run {
        line,
        func,
        args,
        gas: RUN_GAS,
        memories: Vec::new(),
        want: Want::Values(Vec::new()),
        gas_used: None,
    };
    if cursor.try_keyword("with") {
        conditions(cursor, module, &mut run)?;
    }
    cursor.sign("==")?;
    run.want = want(cursor, module, func)?;
    if cursor.try_sign(",") {
        cursor.keyword("gas")?;
        run.gas_used = Some(cursor.number("gas")?);
    }
    cursor.end_of_line()?;
    Ok(run)
}

fn count(token: Token<'_>, want: usize, found: usize) -> Result<(), ParseError> {
    if want == found { Ok(()) } else { Err(token.error(ParseErrorKind::Count { want, found })) }
}

/// `gas 4, m0 0x00ff`
fn conditions(
    cursor: &mut Cursor<'_, '_>,
    module: &Module,
    run: &mut Run,
) -> Result<(), ParseError> {
    loop {
        let token = cursor.peek();
        let word = cursor.word("gas or a memory")?;
        if word == "gas" {
            run.gas = cursor.number("gas")?;
        } else {
            let number = word.strip_prefix('m').and_then(|number| number.parse().ok());
            let memory = number.map(MemoryId);
            let memory = memory.filter(|memory| module.interface.memories.get(*memory).is_some());
            let memory = memory.ok_or_else(|| unknown(token, "memory", word))?;
            run.memories.push((memory, cursor.bytes()?));
        }
        if !cursor.try_sign(",") {
            return Ok(());
        }
    }
}

fn want(cursor: &mut Cursor<'_, '_>, module: &Module, func: FuncId) -> Result<Want, ParseError> {
    let results = &module.interface.signatures[func].results;
    let token = cursor.peek();
    if cursor.try_keyword("trap") {
        return cursor.trap().map(Want::Trap);
    }
    for (word, revert) in [("exit", false), ("revert", true)] {
        if cursor.try_keyword(word) {
            let has_output = matches!(cursor.peek().kind, Kind::Number(_));
            let output = if has_output { cursor.bytes()? } else { Vec::new() };
            return Ok(Want::Exit { revert, output });
        }
    }
    if let ([ty], false) = (&results[..], cursor.peek().kind == Kind::Sign("(")) {
        return Ok(Want::Values(alloc::vec![cursor.constant(*ty)?]));
    }
    cursor.sign("(")?;
    let mut types = results.iter();
    let values = cursor.list(")", |cursor| match types.next() {
        Some(ty) => cursor.constant(*ty),
        None => Err(cursor.peek().expected("no more results")),
    })?;
    count(token, results.len(), values.len())?;
    Ok(Want::Values(values))
}
