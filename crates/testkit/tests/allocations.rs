//! What a run takes of the process beside the guest's own memory: bytes allocated and executable pages, counted.
#![forbid(unsafe_code)]
#![allow(missing_docs, reason = "tests")]

use std::{
    fs,
    hint::black_box,
    sync::{Mutex, PoisonError},
};

use lockstep::{
    Address, Block, Config, Engine, Exit, Fork, MemoryStorage, Message, Options, Tier, Trap, U256,
    Vm, ebpf,
    wasm::{self, CallEnd, Extern, Instances, Module, Pool, Value},
};
use lockstep_rt::native::NativeProgram;

#[global_allocator]
static ALLOCATED: cap::Cap<std::alloc::System> = cap::Cap::new(std::alloc::System, usize::MAX);

/// Tests of this process take turns.
static TURN: Mutex<()> = Mutex::new(());

const GAS: u64 = 30_000_000;

/// Bytes that `work` allocates once it is warm. What the test's own harness allocates at the same time only adds, so the
/// least of some counts.
fn allocated(mut work: impl FnMut()) -> usize {
    let mut once = || {
        let before = ALLOCATED.total_allocated();
        work();
        ALLOCATED.total_allocated() - before
    };
    (0..5).map(|_| once()).min().expect("five counts")
}

/// Counts down from the word in its input, storing each number.
const COUNT_DOWN: [u8; 15] =
    [0x5f, 0x35, 0x5b, 0x60, 1, 0x90, 0x03, 0x80, 0x5f, 0x52, 0x80, 0x60, 2, 0x57, 0x00];

fn machine<'e>(engine: &'e Engine, tier: Tier, code: &[u8]) -> Vm<'e, MemoryStorage> {
    let mut storage = MemoryStorage::default();
    storage.insert_account(Address::from_low_u64(0xc0de), U256::ZERO, 1, code);
    let config = Config::new(Fork::LATEST, 1);
    Vm::new(engine, storage, config, Block::default(), Options { tier }).expect("address space")
}

fn call(vm: &mut Vm<'_, MemoryStorage>, number: u64, gas: u64) -> Exit {
    let input = U256::from(number).to_be_bytes::<32>();
    let (caller, to) = (Address::from_low_u64(1), Some(Address::from_low_u64(0xc0de)));
    let message = Message { caller, to, value: U256::ZERO, input: &input, gas };
    vm.call(&message).expect("the machine is well").exit
}

/// A program that counts down from a number, with so much gas.
type Counting<'e> = Box<dyn FnMut(u64, u64) + 'e>;

fn evm(engine: &Engine, tier: Tier) -> Counting<'_> {
    let mut vm = machine(engine, tier, &COUNT_DOWN);
    Box::new(move |number, gas| assert_eq!(call(&mut vm, number, gas), Exit::Return))
}

fn wasm(tier: Tier) -> Counting<'static> {
    let text = "(module (memory 1) (func (export \"run\") (param i64)
      (loop (local.set 0 (i64.sub (local.get 0) (i64.const 1)))
        (i64.store (i32.const 8) (local.get 0))
        (br_if 0 (i64.ne (local.get 0) (i64.const 0))))))";
    let bytes = wat::parse_str(text).expect("a module");
    let module = Module::load(&bytes, &wasm::Config::default()).expect("it is valid");
    let mut all =
        Instances::in_pool(&Pool::default(), (), Options { tier }).expect("address space");
    let instance = all.instantiate(&module, &[], &mut GAS.clone()).expect("an instance");
    let Some(Extern::Func(func)) = all.export(instance, "run") else { panic!("no export") };
    let run = move |number: u64, mut gas: u64| {
        let end = all.call(func, &[Value::I64(number)], &mut gas).expect("the machine is well");
        assert_eq!(end, CallEnd::Values(Vec::new()));
    };
    Box::new(run)
}

fn ebpf(tier: Tier) -> Counting<'static> {
    let dialect = ebpf::Dialect::Rfc;
    let text = "ldxdw %r1, [%r1]\nagain:\nsub %r1, 1\nstxdw [%r10-8], %r1\njne %r1, 0, again\nmov %r0, 0\nexit";
    let bytes = ebpf::assemble(text, dialect).expect("a program").bytes();
    let program = ebpf::Program::from_text(&bytes, dialect, &ebpf::Config::default());
    let linked = ebpf::Linked::<()>::new(&program.expect("it is valid"), &[]).expect("no calls");
    let mut machine = ebpf::Machine::new().expect("address space");
    let run = move |number: u64, gas: u64| {
        let input = number.to_le_bytes();
        let call = ebpf::Call { input: &input, gas, tier, returns_input: false };
        let outcome = machine.run(&linked, &mut (), &call).expect("the machine is well");
        assert_eq!(outcome.end, ebpf::End::Returned(0));
    };
    Box::new(run)
}

/// A program of each guest.
fn programs(engine: &Engine, tier: Tier) -> [(&'static str, Counting<'_>); 3] {
    [("EVM", evm(engine, tier)), ("Wasm", wasm(tier)), ("eBPF", ebpf(tier))]
}

/// Those that are there and made to be quick.
fn tiers() -> impl Iterator<Item = Tier> {
    let is_there = |tier: &Tier| *tier != Tier::Optimizing || NativeProgram::EXISTS;
    [Tier::Interpreter, Tier::Optimizing].into_iter().filter(is_there)
}

#[test]
fn what_is_allocated_is_counted() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    assert_eq!(allocated(|| drop(black_box(Vec::<u8>::with_capacity(64)))), 64);
}

/// Two runs, each a number and its gas, allocate alike, of each guest in each tier.
fn assert_alike(runs: [(u64, u64); 2]) {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let engine = Engine::new();
    for tier in tiers() {
        for (guest, mut run) in programs(&engine, tier) {
            let [one, other] = runs.map(|(number, gas)| allocated(|| run(number, gas)));
            assert_eq!(one, other, "{guest}, {tier}: bytes for these numbers and gas: {runs:?}");
        }
    }
}

#[test]
fn a_million_steps_allocate_nothing() {
    assert_alike([(10, GAS), (250_000, GAS)]);
}

#[test]
fn nothing_is_allocated_for_gas() {
    assert_alike([(10, 10_000), (10, GAS)]);
}

/// Stands for PUSH32 and a huge number.
const HUGE: u8 = 0xff;

/// Opcodes with a huge place, or a huge length.
const RANGES: [&[u8]; 16] = [
    &[HUGE, 0x51],
    &[0x5f, HUGE, 0x52],
    &[0x5f, HUGE, 0x53],
    &[0x60, 1, HUGE, 0x20],
    &[HUGE, 0x5f, 0x20],
    &[0x60, 1, 0x5f, HUGE, 0x37],
    &[HUGE, 0x5f, 0x5f, 0x37],
    &[0x60, 1, 0x5f, HUGE, 0x39],
    &[HUGE, 0x5f, 0x5f, 0x39],
    &[0x60, 1, HUGE, 0xa0],
    &[HUGE, 0x5f, 0xa0],
    &[0x60, 1, HUGE, 0x5f, 0xf0],
    &[HUGE, 0x5f, 0x5f, 0xf0],
    &[0x60, 1, HUGE, 0xf3],
    &[HUGE, 0x5f, 0xf3],
    &[HUGE, 0x5f, 0xfd],
];

/// `range` with `number` where it says [`HUGE`].
fn code_of(range: &[u8], number: U256) -> Vec<u8> {
    let push = [&[0x7f][..], &number.to_be_bytes::<32>()].concat();
    let bytes = range.iter().map(|byte| match *byte {
        HUGE => &push[..],
        _ => std::slice::from_ref(byte),
    });
    bytes.collect::<Vec<_>>().concat()
}

/// The guest is stopped before anybody makes room.
#[test]
fn nothing_is_allocated_for_huge_ranges() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let engine = Engine::new();
    let numbers: [U256; 2] = [63, 255].map(|bit| U256::from(1) << bit);
    let ranges = || RANGES.iter().flat_map(|range| numbers.map(|number| (range, number)));
    for (tier, (range, number)) in tiers().flat_map(|tier| ranges().map(move |of| (tier, of))) {
        let mut vm = machine(&engine, tier, &code_of(range, number));
        let [at_once, there] = [1, i64::MAX as u64].map(|gas| {
            allocated(|| {
                let exit = call(&mut vm, 0, gas);
                assert_eq!(exit, Exit::Trap(Trap::OutOfGas), "{tier}: {range:x?}, {gas}");
            })
        });
        assert_eq!(there, at_once, "{tier}: {range:x?} with {number:#x}");
    }
}

/// Bytes of this process that may be executed and come of no file; nothing where nobody says.
fn executable_bytes() -> Option<u64> {
    let maps = fs::read_to_string("/proc/self/maps").ok()?;
    let own = maps.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        let (range, rights) = (words.next()?, words.next()?);
        let (from, to) = range.split_once('-')?;
        let number = |text| u64::from_str_radix(text, 16).ok();
        let is_own = rights.contains('x') && words.nth(3).is_none();
        is_own.then_some(number(to)? - number(from)?)
    });
    Some(own.sum())
}

#[test]
fn the_interpreter_maps_no_executable_memory() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(before) = executable_bytes() else {
        println!("no map of the process: SKIPPED");
        return;
    };
    let mapped_by = |tier: Tier| {
        let engine = Engine::new();
        let mut programs = programs(&engine, tier);
        programs.iter_mut().for_each(|(_, run)| run(10, GAS));
        let now = executable_bytes().expect("it was there");
        now - before
    };
    for tier in [Tier::Interpreter, Tier::Evaluator] {
        assert_eq!(mapped_by(tier), 0, "{tier}");
    }
    // The count does see machine code: a page of each guest at least.
    if NativeProgram::EXISTS {
        assert!(mapped_by(Tier::Optimizing) >= 3 * 4096);
    }
}
