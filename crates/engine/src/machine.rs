//! The machine that hosts ask to run programs: code is found or translated, a tier runs it in a new activation.

use std::{cell::RefCell, sync::Arc};

use lockstep_base::{Fork, Hash};
use lockstep_guest::evm::{Mode, OPCODES};
use lockstep_host::ethereum::{Ethereum, World, contract::Guest};
use lockstep_interp::{Fallback, Gated, Translator, activate, activate_gated};
use lockstep_ir::FuncId;
use lockstep_rt::{
    Emptied, Ended, Exit, Faulted, Links, Machine, MemoryPool, Program, ReserveError, Resources,
    Spec, StepView, Store, Trap, evaluate,
    native::{NativeProgram, call_native},
};
use lockstep_state::{StorageError, keccak256};

use crate::{
    cache::{Engine, Loaded, Translated},
    contract::{
        Beginning, Contract, Offer, Rows,
        instance::{Instance, NoInstance},
        is_offered,
    },
    function::{End, run_function},
    heat::Furnace,
    midway::Climb,
    tier::Tier,
};

/// Watches an instrumented run.
pub trait Tracer<W> {
    /// Called before the first instruction of a program; the host's frame is the program's.
    fn enter(&mut self, host: &Ethereum<W>, program: &Program<'_>) {
        let _ = (host, program);
    }

    /// Called before an instruction runs.
    fn step(&mut self, host: &Ethereum<W>, step: StepView<'_>);

    /// Called after a program ended; the host's frame is still the program's. Not called when the machine fails.
    fn leave(&mut self, host: &Ethereum<W>, ended: &Ended, output: &[u8]) {
        let _ = (host, ended, output);
    }
}

/// What one thread needs to run programs.
#[derive(Debug)]
pub(crate) struct Executor {
    pub(crate) resources: Resources,
    pub(crate) translator: RefCell<Translator>,
    pub(crate) pool: Arc<MemoryPool>,
    pub(crate) furnace: Arc<Furnace>,
    /// Stores that messages to contracts left behind.
    stores: RefCell<Vec<Emptied>>,
}

/// Stores that an executor keeps.
const KEPT_STORES: usize = 16;

impl Executor {
    /// One whose hot code is compiled in `furnace`.
    pub(crate) fn new(furnace: Arc<Furnace>) -> Result<Self, ReserveError> {
        Self::with_pool(Arc::default(), furnace)
    }

    /// The same, whose memories come from `pool`.
    pub(crate) fn with_pool(
        pool: Arc<MemoryPool>,
        furnace: Arc<Furnace>,
    ) -> Result<Self, ReserveError> {
        let (resources, translator) = (Resources::new()?, RefCell::default());
        Ok(Self { resources, translator, pool, furnace, stores: RefCell::default() })
    }

    /// An empty store.
    pub(crate) fn store<H>(&self) -> Box<Store<H>> {
        Store::reuse(self.stores.borrow_mut().pop().unwrap_or_default())
    }

    /// Takes a store back.
    pub(crate) fn give_back<H>(&self, store: Box<Store<H>>) {
        let mut stores = self.stores.borrow_mut();
        if stores.len() < KEPT_STORES {
            stores.push(store.empty());
        }
    }
}

/// A machine for one transaction.
pub(crate) struct Runner<'a, W> {
    pub(crate) engine: &'a Engine,
    pub(crate) executor: &'a Executor,
    pub(crate) links: &'a Links<Ethereum<W>>,
    /// What the host offers to programs of other guests than the EVM.
    pub(crate) rows: &'a Rows<Ethereum<W>>,
    pub(crate) fork: Fork,
    pub(crate) tier: Tier,
    pub(crate) tracer: Option<&'a mut dyn Tracer<W>>,
}

impl<W: World> Runner<'_, W> {
    fn find(&self, program: &Program<'_>) -> Arc<Translated> {
        let mode = if self.tracer.is_some() { Mode::Instrumented } else { Mode::Plain };
        match program.code_hash {
            Some(hash) => self.engine.translated(program.code, hash, self.fork, mode),
            None => Arc::new(Translated::new(program.code.clone(), self.fork, mode)),
        }
    }

    fn run_evm(
        &mut self,
        host: &mut Ethereum<W>,
        program: &Program<'_>,
        output: &mut Vec<u8>,
    ) -> Result<(Exit, u64), Faulted> {
        let translated = self.find(program);
        let spec = Spec {
            interface: translated.interpreted.interface(),
            links: self.links,
            read_only: [program.input, program.code],
            instance: None,
            depth: 0,
            gas: program.gas,
            is_observed: self.tracer.is_some(),
        };
        let executor = self.executor;
        if self.tier == Tier::Evaluator {
            let guest = &*translated.program;
            let (exit, gas) = evaluate(&executor.resources, guest, (host, self), &spec, output);
            return Ok((exit?, gas));
        }
        let (resources, translator) = (&executor.resources, &executor.translator);
        let code = &translated.interpreted;
        let native = match self.tier {
            _ if spec.is_observed => None,
            Tier::Optimizing => translated.native(),
            Tier::Adaptive => translated.known_native(),
            Tier::Interpreter | Tier::Evaluator => None,
        };
        if let Some(program) = native {
            let below = Fallback { code, translator };
            let spec = Spec { interface: program.interface(), ..spec };
            let way = (program, &below as _);
            let entry = (FuncId(0), &[][..]);
            let (ending, gas) = call_native(resources, way, (host, self), &spec, entry, output);
            return Ok((End::of_native(ending)?.exit(), gas));
        }
        if self.tier == Tier::Adaptive && !spec.is_observed && NativeProgram::EXISTS {
            let furnace = &self.engine.furnace;
            let above = Climb { translated: &translated, furnace };
            let gated = Gated { code, translator, above: &above };
            let way = (host, &mut *self as _);
            let (ending, gas) = activate_gated(resources, &gated, way, &spec, output);
            furnace.note(&translated, program.gas.saturating_sub(gas));
            return Ok((End::of_interpreted(ending)?.exit(), gas));
        }
        let way = (host, &mut *self as _);
        let (ending, gas) = activate(resources, translator, code, way, &spec, output);
        Ok((End::of_interpreted(ending)?.exit(), gas))
    }

    /// The contract of `guest` that `code` is, if it is one; without a hash it is not kept.
    fn load(&self, guest: Guest, code: &Arc<[u8]>, hash: Option<Hash>) -> Loaded {
        let is_offered = |index| is_offered(index, self.fork);
        let offer = Offer { rows: self.rows.of(guest), is_offered: &is_offered };
        match hash {
            Some(hash) => self.engine.contract(guest, code, (hash, self.fork), &offer),
            None => Contract::load(guest, code, &offer).map(Arc::new),
        }
    }

    /// Kept out of line: frames of calls between EVM programs are to stay small.
    #[inline(never)]
    fn run_contract(
        &mut self,
        host: &mut Ethereum<W>,
        (guest, program): (Guest, &Program<'_>),
        output: &mut Vec<u8>,
    ) -> Result<(Exit, u64), Faulted> {
        let trapped = |trap| Ok((Exit::Trap(trap), 0));
        let Ok(contract) = self.load(guest, program.code, program.code_hash) else {
            // It was there before the rule that what begins so is one, or it is initialization code.
            return trapped(Trap::UndefinedOpcode);
        };
        let price = contract.activation_gas(program.input.len());
        let Some(gas) = program.gas.checked_sub(price) else { return trapped(Trap::OutOfGas) };
        let Beginning { depth, args } = match contract.begin(host, program.input.len()) {
            Ok(beginning) => beginning,
            Err(trap) => return trapped(trap),
        };
        let rows = self.rows.of(guest);
        let instance = match Instance::new(&contract, rows, self.executor, program.input) {
            Ok(instance) => instance,
            Err(NoInstance::Trap(trap)) => return trapped(trap),
            Err(NoInstance::Reserve(error)) => {
                return Err(host.fault(StorageError::Backend(Box::new(error))));
            }
        };
        let spec = Spec {
            interface: contract.interface(),
            links: &instance.links,
            read_only: [&[], &[]],
            instance: Some((&instance.store, instance.number)),
            depth,
            gas,
            is_observed: self.tracer.is_some(),
        };
        let ways = (self.executor, self.tier);
        let function = (contract.entry(), &args[..]);
        let compiled = contract.compiled();
        let ended = run_function(ways, compiled, (host, self), &spec, function, output);
        self.executor.give_back(instance.store);
        let (end, gas) = ended?;
        Ok((contract.exit(host, end, output), gas))
    }
}

/// What `opcode` costs in itself under `fork`, if it is defined.
pub(crate) fn opcode_price(opcode: u8, fork: Fork) -> Option<u16> {
    OPCODES.iter().find(|row| row.byte == opcode)?.price(fork)
}

impl<W: World> Machine<Ethereum<W>> for Runner<'_, W> {
    fn run(
        &mut self,
        host: &mut Ethereum<W>,
        program: Program<'_>,
        output: &mut Vec<u8>,
    ) -> Result<Ended, Faulted> {
        if let Some(tracer) = &mut self.tracer {
            tracer.enter(host, &program);
        }
        output.clear();
        let (exit, gas_left) = match host.guest_of(program.code) {
            Guest::Evm => self.run_evm(host, &program, output)?,
            guest => self.run_contract(host, (guest, &program), output)?,
        };
        // EVM traps consume everything (Yellow Paper 9.4.2), and so do those of all its contracts.
        let trapped = matches!(exit, Exit::Trap(_));
        if trapped {
            output.clear();
        }
        let ended = Ended { exit, gas_left: if trapped { 0 } else { gas_left } };
        if let Some(tracer) = &mut self.tracer {
            tracer.leave(host, &ended, output);
        }
        Ok(ended)
    }

    fn accepts(&mut self, host: &Ethereum<W>, code: &Arc<[u8]>) -> bool {
        match host.guest_of(code) {
            Guest::Evm => true,
            guest => self.load(guest, code, Some(keccak256(code))).is_ok(),
        }
    }

    fn step(&mut self, host: &mut Ethereum<W>, step: StepView<'_>) {
        if let Some(tracer) = &mut self.tracer {
            tracer.step(host, step);
        }
    }
}
