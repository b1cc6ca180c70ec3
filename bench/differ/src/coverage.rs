//! Coverage of the generator (reliability R-15): each opcode with each way it can end.
//!
//! Invariant: the matrix has a cell for what the rules of some fork allow, and no other; the peer's inspector fills it.

use std::collections::BTreeSet;

use lockstep::evm::{OPCODES, Opcode};
use revm::{
    InspectEvm, Inspector, MainBuilder,
    interpreter::{
        InstructionResult, Interpreter,
        interpreter_types::{Jumps, LoopControl},
    },
};

use crate::{
    arguments::Arguments,
    generate::{self, Keys},
    peer,
};

/// How an instruction can end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Ending {
    Success,
    OutOfGas,
    Underflow,
    Overflow,
    Static,
}

const ENDINGS: [Ending; 5] =
    [Ending::Success, Ending::OutOfGas, Ending::Underflow, Ending::Overflow, Ending::Static];

/// Opcodes that write, apart from CALL, which writes when it sends value (EIP-214, EIP-1153).
const WRITERS: &[u8] = &[0x55, 0x5d, 0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xf0, 0xf1, 0xf5, 0xff];
/// Words that the stack holds (Yellow Paper 9.1).
const STACK_LIMIT: usize = 1024;
const STOP: u8 = 0x00;
const INVALID: u8 = 0xfe;

/// Which cells were reached.
#[derive(Debug, Default)]
struct Coverage {
    opcode: u8,
    stack_len: usize,
    reached: BTreeSet<(u8, Ending)>,
}

impl<C> Inspector<C> for Coverage {
    fn step(&mut self, interpreter: &mut Interpreter, _: &mut C) {
        self.opcode = interpreter.bytecode.opcode();
        self.stack_len = interpreter.stack.len();
    }

    fn step_end(&mut self, interpreter: &mut Interpreter, _: &mut C) {
        let ending = match interpreter.bytecode.instruction_result() {
            Some(
                InstructionResult::OutOfGas
                | InstructionResult::MemoryOOG
                | InstructionResult::InvalidOperandOOG
                | InstructionResult::ReentrancySentryOOG,
            ) => Ending::OutOfGas,
            Some(InstructionResult::StackUnderflow) => Ending::Underflow,
            // The peer calls a DUP of what is not there by that name.
            Some(InstructionResult::StackOverflow) if self.stack_len < STACK_LIMIT => {
                Ending::Underflow
            }
            Some(InstructionResult::StackOverflow) => Ending::Overflow,
            Some(
                InstructionResult::StateChangeDuringStaticCall
                | InstructionResult::CallNotAllowedInsideStatic,
            ) => Ending::Static,
            Some(InstructionResult::InvalidFEOpcode) if self.opcode == INVALID => Ending::Success,
            Some(result) if result.is_halt() => return,
            _ => Ending::Success,
        };
        self.reached.insert((self.opcode, ending));
    }
}

/// Whether `opcode` can end so under some rules.
fn can_end(opcode: &Opcode, ending: Ending) -> bool {
    match ending {
        Ending::Success => true,
        Ending::OutOfGas => ![STOP, INVALID].contains(&opcode.byte),
        Ending::Underflow => opcode.pops > 0,
        Ending::Overflow => opcode.pushes > opcode.pops,
        Ending::Static => WRITERS.contains(&opcode.byte),
    }
}

/// Prints how much of the matrix the seeds fill, and what is missing.
pub fn print(arguments: &Arguments, keys: &Keys) {
    let mut coverage = Coverage::default();
    for seed in arguments.seeds.0.clone() {
        let case = generate::case(keys, seed, arguments.fork);
        let pre = case.state();
        if let (Some(context), Some(transaction)) =
            (peer::context(&case, &pre), peer::transaction(&case))
        {
            // An invalid transaction runs nothing, which is fine here.
            let _ = context.build_mainnet_with_inspector(&mut coverage).inspect_tx(transaction);
        }
    }
    let cells = OPCODES.iter().flat_map(|row| ENDINGS.map(|ending| (row, ending)));
    let cells: Vec<_> = cells.filter(|(row, ending)| can_end(row, *ending)).collect();
    let is_missing =
        |(row, ending): &&(&Opcode, Ending)| !coverage.reached.contains(&(row.byte, *ending));
    let missing: Vec<_> = cells.iter().filter(is_missing).collect();
    let filled = cells.len() - missing.len();
    let share = filled as f64 * 100.0 / cells.len() as f64;
    println!("{filled} of {} cells of opcode and ending, {share:.1} %; missing:", cells.len());
    missing.iter().for_each(|(row, ending)| println!("  {} {ending:?}", row.name));
}
