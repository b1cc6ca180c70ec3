//! Programs that come, run as machine code and go: memory stays as it was. The only test of its process, as it counts what
//! the process holds. `LOCKSTEP_CYCLES` says how many; an acceptance runs a million.
#![forbid(unsafe_code)]
#![allow(missing_docs, reason = "tests")]

use std::{env, fs};

use lockstep::{
    Address, Block, Config, Engine, Exit, Fork, MemoryStorage, Message, Options, Statistics, Tier,
    U256, Vm, ebpf,
    wasm::{self, CallEnd, Extern, Instances, Module, Pool, Value},
};
use lockstep_rt::native::{NativeProgram, regions};

const CYCLES: u64 = 4000;
/// What the cache may hold: some forty programs, each with pages of its own.
const CAPACITY_BYTES: usize = 3 << 20;
/// Programs that may be held beyond: room is made once in so many.
const SLACK: usize = 80;
/// What the process may take more at the end than when it was warm.
const GROWTH_BYTES_MAX: u64 = 16 << 20;
/// The same for its mappings.
const MAPPINGS_MAX: usize = 64;

/// Bytes that the process has in memory, and how many mappings it has; zero where nobody says so.
fn held() -> (u64, usize) {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.trim().split(' ').next()?.parse::<u64>().ok());
    let maps = fs::read_to_string("/proc/self/maps").unwrap_or_default();
    assert!(!maps.contains(" rwx"), "a page is writable and executable");
    (number.unwrap_or(0) * 1024, maps.lines().count())
}

/// EVM code that no other cycle has: it returns the number of its cycle.
fn run_evm(engine: &Engine, cycle: u64) {
    let mut code = vec![0x67];
    code.extend(cycle.to_be_bytes());
    code.extend([0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3]);
    let to = Address::from_low_u64(0xc0de);
    let mut storage = MemoryStorage::default();
    storage.insert_account(to, U256::ZERO, 1, &code);
    let options = Options { tier: Tier::Optimizing };
    let mut vm = Vm::new(engine, storage, Config::new(Fork::LATEST, 1), Block::default(), options)
        .expect("address space");
    let caller = Address::from_low_u64(1);
    let message = Message { caller, to: Some(to), value: U256::ZERO, input: &[], gas: 100_000 };
    let outcome = vm.call(&message).expect("the machine is well");
    assert_eq!(outcome.exit, Exit::Return);
    assert_eq!(U256::from_be_slice(&outcome.output), U256::from(cycle));
}

fn run_wasm(pool: &Pool, cycle: u64) {
    let text = format!(
        "(module (memory 1) (func $f (param i64) (result i64) (i64.add (local.get 0) (i64.const {cycle})))
          (func (export \"run\") (result i64) (call $f (i64.const 1))))"
    );
    let bytes = wat::parse_str(&text).expect("a module");
    let module = Module::load(&bytes, &wasm::Config::default()).expect("it is valid");
    let options = Options { tier: Tier::Optimizing };
    let mut all = Instances::in_pool(pool, (), options).expect("address space");
    let instance = all.instantiate(&module, &[], &mut 1_000_000).expect("an instance");
    let Some(Extern::Func(func)) = all.export(instance, "run") else { panic!("no export") };
    let end = all.call(func, &[], &mut 1_000_000).expect("the machine is well");
    assert_eq!(end, CallEnd::Values(vec![Value::I64(cycle + 1)]));
}

fn run_ebpf(machine: &mut ebpf::Machine, cycle: u64) {
    let dialect = ebpf::Dialect::Rfc;
    let assembled = ebpf::assemble(&format!("mov %r0, {}\nexit", cycle % 1000), dialect);
    let bytes = assembled.expect("a program").bytes();
    let program = ebpf::Program::from_text(&bytes, dialect, &ebpf::Config::default());
    let linked = ebpf::Linked::<()>::new(&program.expect("it is valid"), &[]).expect("no calls");
    let tier = Tier::Optimizing;
    let call = ebpf::Call { input: &[], gas: 100, tier, returns_input: false };
    let outcome = machine.run(&linked, &mut (), &call).expect("the machine is well");
    assert_eq!(outcome.end, ebpf::End::Returned(cycle % 1000));
}

#[test]
fn memory_is_as_it_was_after_many_programs() {
    if !NativeProgram::EXISTS {
        println!("no machine code for this processor: SKIPPED");
        return;
    }
    let cycles = env::var("LOCKSTEP_CYCLES").ok().and_then(|text| text.parse().ok());
    let cycles: u64 = cycles.unwrap_or(CYCLES);
    let engine = Engine::with_capacity(CAPACITY_BYTES);
    let pool = Pool::default();
    let mut machine = ebpf::Machine::new().expect("address space");
    let (mut warm, mut most) = ((0, 0), 0);
    for cycle in 0..cycles {
        run_evm(&engine, cycle);
        if cycle % 8 == 0 {
            run_wasm(&pool, cycle);
            run_ebpf(&mut machine, cycle);
        }
        most = most.max(regions());
        if cycle == cycles / 4 {
            warm = held();
        }
    }
    let Statistics { programs, size_bytes, evicted, misses, .. } = engine.statistics();
    let end = held();
    println!(
        "{cycles} cycles: {programs} programs, {size_bytes} bytes held, {evicted} evicted, {most} regions at most"
    );
    println!("resident bytes and mappings: {warm:?} when warm, {end:?} in the end");
    assert_eq!((misses, programs as u64 + evicted), (cycles, cycles));
    assert!(most <= CAPACITY_BYTES / (64 << 10) + SLACK, "{most} regions at once");
    assert!(regions() == programs, "{} regions for {programs} programs", regions());
    assert!(end.0 <= warm.0 + GROWTH_BYTES_MAX, "{warm:?} bytes became {end:?}");
    assert!(end.1 <= warm.1 + SLACK * 4 + MAPPINGS_MAX, "{warm:?} mappings became {end:?}");
    engine.forget();
    assert_eq!(regions(), 0, "nobody holds machine code any more");
    assert_eq!(engine.statistics().size_bytes, 0);
}
