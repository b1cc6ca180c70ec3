//! Programs that run by themselves: [`InvokeContext`] as an [`Invocation`], over injected providers.

use std::{mem, sync::Arc};

use lockstep_rt::{Ended, Exit, Faulted, Machine, Parts, Program, slice};

use super::{
    context::{Hash, INVOKE_DEPTH_MAX, InvokeContext},
    cost::Cost,
    error::{ProviderError, TosError},
    invocation::{Invocation, Invoke},
};
use crate::mapping::MemoryMapping;

type Answer<T> = Result<T, TosError>;

impl<'c> Invocation for InvokeContext<'c> {
    fn cost(&self, name: &str) -> Cost {
        self.costs.cost(name)
    }

    fn mapping(&self) -> Arc<MemoryMapping> {
        Arc::clone(&self.mapping)
    }

    fn own_hash(&self) -> Hash {
        self.contract_hash
    }

    fn caller_hash(&self) -> Hash {
        self.caller
    }

    fn amount(&self) -> Answer<u64> {
        Ok(self.call_value)
    }

    fn transaction_hash(&self) -> Hash {
        self.tx_hash
    }

    fn sender_hash(&self) -> Hash {
        self.tx_sender
    }

    fn known_block_hash(&mut self) -> Answer<Hash> {
        Ok(self.block_hash)
    }

    fn height(&self) -> u64 {
        self.block_height
    }

    fn keep_message(&mut self, _: &mut u64, text: &str) -> Answer<()> {
        if self.debug_mode {
            self.log.push(text.to_owned());
        }
        Ok(())
    }

    fn balance(&mut self, _: &mut u64, address: &Hash) -> Answer<u64> {
        Ok(self.get_balance(address)?)
    }

    fn send(&mut self, _: &mut u64, to: &Hash, amount: u64) -> Answer<()> {
        Ok(self.transfer(to, amount)?)
    }

    fn load(&mut self, _: &mut u64, key: &[u8]) -> Answer<Option<Vec<u8>>> {
        Ok(self.get_storage(key)?)
    }

    fn store(&mut self, _: &mut u64, key: &[u8], value: &[u8]) -> Answer<()> {
        Ok(self.set_storage(key, value)?)
    }

    fn delete(&mut self, _: &mut u64, key: &[u8]) -> Answer<bool> {
        Ok(self.delete_storage(key)?)
    }

    fn set_returned(&mut self, bytes: Vec<u8>) {
        self.return_data = (self.contract_hash, bytes.clone());
        self.returned = Some(bytes);
    }

    fn last_returned(&self) -> (Hash, Vec<u8>) {
        self.return_data.clone()
    }

    fn invoke(parts: Parts<'_, Self>, units: &mut u64, invoke: &Invoke) -> Answer<bool> {
        let Parts { host: context, machine, memory } = parts;
        let code = match context.programs {
            Some(programs) => programs.program(&invoke.contract)?,
            None => None,
        };
        let code = code.filter(|_| context.depth + 1 < INVOKE_DEPTH_MAX);
        context.return_data = (invoke.contract, Vec::new());
        let Some(code) = code else { return Ok(false) };
        let noted = context.undo.len();
        // What the callee does is noted from here on, and so is what it gets.
        context.depth += 1;
        let done = match context.pay(invoke) {
            Ok(true) => {
                let input = slice(memory, invoke.input.0, invoke.input.1);
                let input = &*input.expect("the caller found it in its memory");
                let gas = invoke.units.min(*units - *units / 64);
                let program = Program { code: &code, code_hash: None, input, gas };
                context.run(machine, program, invoke).map(|ended| {
                    *units -= gas - ended.gas_left;
                    ended.exit == Exit::Return
                })
            }
            Ok(false) => Ok(false),
            Err(error) => Err(error),
        };
        context.depth -= 1;
        if done == Ok(false) {
            context.undo_to(noted)?;
        }
        if context.depth == 0 {
            context.undo.clear();
        }
        done
    }

    fn keep_error(&mut self, error: TosError) {
        self.error = Some(error);
    }
}

impl InvokeContext<'_> {
    /// Sends what a callee is to get; whether there was as much.
    fn pay(&mut self, invoke: &Invoke) -> Answer<bool> {
        if invoke.amount == 0 {
            return Ok(true);
        }
        match self.transfer(&invoke.contract, invoke.amount) {
            Ok(()) => Ok(true),
            Err(ProviderError::InsufficientBalance | ProviderError::BalanceOverflow) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Runs a callee's program as its contract, and keeps what it returned.
    fn run(
        &mut self,
        machine: &mut dyn Machine<Self>,
        program: Program<'_>,
        invoke: &Invoke,
    ) -> Answer<Ended> {
        let own = mem::replace(&mut self.contract_hash, invoke.contract);
        let caller = mem::replace(&mut self.caller, own);
        let call_value = mem::replace(&mut self.call_value, invoke.amount);
        let mapping = mem::take(&mut self.mapping);
        let returned = mem::take(&mut self.returned);
        let ended = machine.run(self, program, &mut Vec::new());
        let its_returned = mem::replace(&mut self.returned, returned);
        self.mapping = mapping;
        self.call_value = call_value;
        self.caller = caller;
        self.contract_hash = own;
        // Why a callee failed is its own affair, unless the machine did.
        let error = self.error.take();
        let ended = ended.map_err(|Faulted| match error {
            Some(error @ TosError::Provider(ProviderError::Fault(_))) => error,
            _ => TosError::Provider(ProviderError::Fault("the machine failed".into())),
        })?;
        let bytes = match ended.exit {
            Exit::Trap(_) => Vec::new(),
            Exit::Return | Exit::Revert => its_returned.unwrap_or_default(),
        };
        self.return_data = (invoke.contract, bytes);
        Ok(ended)
    }
}
