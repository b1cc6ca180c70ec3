//! One interpreter run per call; stack, memory and host keep their room.

use std::hint::black_box;

use revm::{
    bytecode::Bytecode,
    interpreter::{
        CallInput, GasTable, InputsImpl, InstructionResult, InstructionTable, Interpreter,
        InterpreterResult, SharedMemory,
        instructions::{gas_table_spec, instruction_table},
        interpreter::{EthInterpreter, ExtBytecode},
    },
    primitives::{Bytes, hardfork::SpecId},
};

use super::{host::Host, peer_address};
use crate::{
    clock::Clock,
    evm::{
        answer::Answer,
        case::{CALLER, CONTRACT, CallCase},
    },
};

/// The peer's name for [`crate::evm::case::FORK`].
pub(super) const SPEC: SpecId = SpecId::CANCUN;

/// Repeats one call.
pub struct Caller {
    interpreter: Interpreter,
    memory: SharedMemory,
    host: Host,
    instructions: InstructionTable<EthInterpreter, Host>,
    gas: GasTable,
    bytecode: Bytecode,
    inputs: InputsImpl,
    gas_limit: u64,
}

impl Caller {
    pub fn new(case: &CallCase) -> Self {
        let inputs = InputsImpl {
            target_address: peer_address(CONTRACT),
            bytecode_address: Some(peer_address(CONTRACT)),
            caller_address: peer_address(CALLER),
            input: CallInput::Bytes(Bytes::copy_from_slice(&case.calldata)),
            ..InputsImpl::default()
        };
        Self {
            interpreter: Interpreter::default(),
            memory: SharedMemory::new(),
            host: Host::new(&case.storage),
            instructions: instruction_table(),
            gas: gas_table_spec(SPEC),
            bytecode: Bytecode::new_legacy(Bytes::copy_from_slice(&case.code)),
            inputs,
            gas_limit: case.gas_limit,
        }
    }

    fn result(&mut self) -> Option<InterpreterResult> {
        self.host.reset();
        self.memory.free_child_context();
        let code = ExtBytecode::new(self.bytecode.clone());
        let (memory, inputs) = (self.memory.new_child_context(), self.inputs.clone());
        self.interpreter.clear(memory, code, inputs, false, SPEC, self.gas_limit, 0);
        let action = self.interpreter.run_plain(&self.instructions, &self.gas, &mut self.host);
        action.into_result_return()
    }

    pub fn run(&mut self) {
        black_box(self.result());
    }

    pub fn answer(&mut self) -> Answer {
        let Some(result) = self.result() else {
            return Answer { end: "a nested call", output: Vec::new(), gas: 0 };
        };
        let end = match result.result {
            InstructionResult::Return | InstructionResult::Stop => "return",
            InstructionResult::Revert => "revert",
            _ => "a halt",
        };
        Answer { end, output: result.output.to_vec(), gas: result.gas.total_gas_spent() }
    }
}

/// Time of the analysis that the peer makes of `code` once.
pub fn analysis_ns(code: &[u8]) -> u64 {
    let code = Bytes::copy_from_slice(code);
    let start = Clock::now_ns();
    black_box(Bytecode::new_legacy(code));
    Clock::now_ns() - start
}
