//! One message to EVM code, run every way there is, and what can be seen of it.
//!
//! Invariant: two ways that show different observations are a bug of one of them, whatever the program.

use lockstep::{
    Address, Block, Changes, Config, Engine, Ethereum, Exit, Fork, Journal, Log, MemoryStorage,
    Message, Options, StepView, Tier, Tracer, U256, Vm,
};

/// Who is called.
pub const CONTRACT: Address = Address::from_low_u64(0xc0de);
/// Who calls.
pub const CALLER: Address = Address::from_low_u64(0xca11);

/// A message and the state it meets.
#[derive(Debug, Clone)]
pub struct Case {
    /// The rules.
    pub fork: Fork,
    /// Code of [`CONTRACT`].
    pub code: Vec<u8>,
    /// Other accounts that have code.
    pub others: Vec<(Address, Vec<u8>)>,
    /// What is sent along.
    pub input: Vec<u8>,
    /// How much is sent along.
    pub value: U256,
    /// Gas; at most 2^63 - 1.
    pub gas: u64,
}

impl Case {
    /// `code` alone under the newest rules, with a million gas.
    pub fn of(code: Vec<u8>) -> Self {
        Self {
            fork: Fork::LATEST,
            code,
            others: Vec::new(),
            input: Vec::new(),
            value: U256::ZERO,
            gas: 1_000_000,
        }
    }
}

/// A way to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Way {
    /// The tier.
    pub tier: Tier,
    /// Whether each instruction is shown: then blocks hold one instruction each.
    pub is_instrumented: bool,
}

impl Way {
    /// The reference.
    pub const EVALUATOR: Self = Self { tier: Tier::Evaluator, is_instrumented: false };
    /// The interpreter.
    pub const INTERPRETER: Self = Self { tier: Tier::Interpreter, is_instrumented: false };
    /// Machine code, where there is some.
    pub const OPTIMIZING: Self = Self { tier: Tier::Optimizing, is_instrumented: false };
    /// The interpreter, one instruction at a time.
    pub const STEPPED: Self = Self { tier: Tier::Interpreter, is_instrumented: true };
    /// The reference, one instruction at a time.
    pub const STEPPED_EVALUATOR: Self = Self { tier: Tier::Evaluator, is_instrumented: true };
    /// Every tier, plain and stepped.
    pub const ALL: [Self; 5] = [
        Self::EVALUATOR,
        Self::INTERPRETER,
        Self::OPTIMIZING,
        Self::STEPPED,
        Self::STEPPED_EVALUATOR,
    ];
}

/// What can be seen of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// How it ended.
    pub exit: Exit,
    /// Gas left.
    pub gas_left: u64,
    /// The refund counter.
    pub refund: i64,
    /// The output.
    pub output: Vec<u8>,
    /// The logs.
    pub logs: Vec<Log>,
    /// What changed in the state.
    pub changes: Changes,
}

/// What the instructions of a run showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Steps {
    /// How many there were.
    pub count: u64,
    /// The deepest frame.
    pub depth_max: u32,
    /// A digest of place, gas, stack and memory length of each.
    pub digest: u64,
    /// How often each opcode stood at the place of a step; bytes of the called contract's own code only.
    pub opcodes: Vec<u64>,
}

impl Steps {
    fn new() -> Self {
        Self { count: 0, depth_max: 0, digest: 0, opcodes: vec![0; 256] }
    }

    fn mix(&mut self, number: u64) {
        // FNV-1a over words: enough to tell two runs apart.
        self.digest = (self.digest ^ number).wrapping_mul(0x0100_0000_01b3).rotate_left(23);
    }
}

struct Recorder<'c> {
    code: &'c [u8],
    steps: Steps,
}

impl Tracer<Journal<MemoryStorage>> for Recorder<'_> {
    fn step(&mut self, host: &Ethereum<Journal<MemoryStorage>>, step: StepView<'_>) {
        let steps = &mut self.steps;
        steps.count += 1;
        steps.depth_max = steps.depth_max.max(host.depth());
        if host.depth() == 0 {
            let byte = self.code.get(step.pc as usize).copied().unwrap_or(0);
            steps.opcodes[usize::from(byte)] += 1;
        }
        steps.mix(u64::from(step.pc));
        steps.mix(step.gas);
        steps.mix(step.memory.len() as u64);
        step.window.iter().rev().take(16).for_each(|limb| steps.mix(*limb));
        steps.mix(step.window.len() as u64);
    }
}

/// Runs cases one way after another; translations of equal code are shared.
pub struct Runner<'e> {
    vms: Vec<(Tier, Vm<'e, MemoryStorage>)>,
}

impl std::fmt::Debug for Runner<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runner").finish_non_exhaustive()
    }
}

impl<'e> Runner<'e> {
    /// A runner over `engine`.
    ///
    /// # Panics
    ///
    /// When the operating system refuses address space.
    pub fn new(engine: &'e Engine) -> Self {
        let vm = |tier: &Tier| {
            let config = Config::new(Fork::LATEST, 1);
            let options = Options { tier: *tier };
            let vm = Vm::new(engine, MemoryStorage::default(), config, Block::default(), options);
            (*tier, vm.expect("address space"))
        };
        Self { vms: Tier::ALL.iter().chain([&Tier::Adaptive]).map(vm).collect() }
    }

    /// What `case` does when run in `way`; with steps when it is instrumented.
    ///
    /// # Panics
    ///
    /// When the machine fails, which memory does not.
    pub fn observe(&mut self, case: &Case, way: Way) -> (Observation, Option<Steps>) {
        let vm = self.vms.iter_mut().find(|(tier, _)| *tier == way.tier);
        let vm = &mut vm.expect("a runner has every tier and the policy").1;
        vm.reset(storage(case), Config::new(case.fork, 1), block());
        let message = Message {
            caller: CALLER,
            to: Some(CONTRACT),
            value: case.value,
            input: &case.input,
            gas: case.gas,
        };
        let mut recorder = Recorder { code: &case.code, steps: Steps::new() };
        let outcome = match way.is_instrumented {
            true => vm.call_traced(&message, &mut recorder),
            false => vm.call(&message),
        };
        let outcome = outcome.expect("memory does not fail");
        let changes = vm.journal().changes();
        let observation = Observation {
            exit: outcome.exit,
            gas_left: outcome.gas_left,
            refund: outcome.refund,
            output: outcome.output,
            logs: outcome.logs,
            changes,
        };
        (observation, way.is_instrumented.then_some(recorder.steps))
    }

    /// What `case` does, the same in every way of `ways`; steps of the first that has them.
    ///
    /// # Errors
    ///
    /// Two ways that differ, spelled out.
    pub fn agree(
        &mut self,
        case: &Case,
        ways: &[Way],
    ) -> Result<(Observation, Option<Steps>), String> {
        let mut first: Option<(Way, Observation)> = None;
        let mut steps: Option<(Way, Steps)> = None;
        for way in ways {
            let (got, got_steps) = self.observe(case, *way);
            match &first {
                Some((other, want)) if *want != got => {
                    return Err(format!("{other:?}: {want:?}\n{way:?}: {got:?}\n{case:?}"));
                }
                Some(_) => {}
                None => first = Some((*way, got)),
            }
            match (&steps, got_steps) {
                (Some((other, want)), Some(got)) if *want != got => {
                    return Err(format!(
                        "steps of {other:?}: {want:?}\n{way:?}: {got:?}\n{case:?}"
                    ));
                }
                (None, Some(got)) => steps = Some((*way, got)),
                _ => {}
            }
        }
        let (_, observation) = first.ok_or("no way to run")?;
        Ok((observation, steps.map(|(_, steps)| steps)))
    }
}

/// The block of every case.
fn block() -> Block {
    Block {
        number: 1000,
        coinbase: Address::from_low_u64(0xc01b),
        timestamp: 1_700_000_000,
        gas_limit: 30_000_000,
        base_fee: U256::from(7),
        prev_randao: U256::from(0x1234_5678_u64),
        ..Block::default()
    }
}

/// The state of every case: both ends rich, the contract with some storage.
fn storage(case: &Case) -> MemoryStorage {
    let mut storage = MemoryStorage::default();
    let rich = U256::from(1_u64 << 60);
    storage.insert_account(CALLER, rich, 1, &[]);
    storage.insert_account(CONTRACT, rich, 1, &case.code);
    for (address, code) in &case.others {
        storage.insert_account(*address, U256::from(1_000_000), 1, code);
    }
    for key in 0..4_u64 {
        storage.insert_slot(CONTRACT, U256::from(key), U256::from(key * 1000));
    }
    storage
}
