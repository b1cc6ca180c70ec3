//! Binaries do what their programs do, and are refused when anything about them is not as it was.

use lockstep_base::Fork;
use lockstep_guest::ebpf;
use lockstep_rt::native::NativeProgram;

use super::{Binary, BinaryError, BinaryGuest, CHECKSUM_BYTES, Function, MAGIC};
use crate::{
    Block, Config, Engine, MemoryStorage, Message, Options, Tier, Vm, decode_hex,
    wasm::{self, CallEnd, Extern, Instances, Module, Pool, Value},
};

/// Adds the words of its input: `PUSH0 CALLDATALOAD PUSH1 32 CALLDATALOAD ADD PUSH0 MSTORE PUSH1 32 PUSH0 RETURN`.
const EVM: &str = "5f35602035015f5260205ff3";

const WASM: &str = "(module (memory 1)
    (func $square (param i64) (result i64) (i64.mul (local.get 0) (local.get 0)))
    (func $again (param i64) (result i64) (return_call $square (local.get 0)))
    (func (export \"run\") (param i64) (result i64)
        (i64.store (i32.const 8) (call $again (local.get 0)))
        (i64.add (i64.load (i32.const 8)) (call $square (i64.const 3)))))";

fn evm() -> Option<Binary> {
    if !NativeProgram::EXISTS {
        println!("no machine code for this processor: SKIPPED");
        return None;
    }
    let code = decode_hex(EVM).expect("digits");
    Some(Binary::of_evm(&code, Fork::Osaka, None).expect("it is compiled"))
}

fn wasm_bytes() -> Vec<u8> {
    wat::parse_str(WASM).expect("the test is well-formed")
}

#[test]
fn bytes_say_what_was_compiled() {
    let Some(binary) = evm() else { return };
    assert_eq!(binary.statistics().compiled, 1);
    assert_eq!(Binary::from_bytes(&binary.to_bytes()), Ok(binary));
}

#[test]
fn any_changed_byte_is_found() {
    let Some(binary) = evm() else { return };
    let bytes = binary.to_bytes();
    for at in 0..bytes.len() {
        for change in [1, 0x80, 0xff] {
            let mut changed = bytes.clone();
            changed[at] ^= change;
            let read = Binary::from_bytes(&changed);
            assert!(read.is_err(), "byte {at} of {} may be anything", bytes.len());
        }
    }
}

#[test]
fn any_missing_or_added_bytes_are_found() {
    let Some(binary) = evm() else { return };
    let mut bytes = binary.to_bytes();
    for len in 0..bytes.len() {
        assert!(Binary::from_bytes(&bytes[..len]).is_err(), "{len} bytes");
    }
    bytes.push(0);
    assert!(matches!(Binary::from_bytes(&bytes), Err(BinaryError::Length { .. })));
}

/// With a checksum that fits, whatever was written is read or refused, and never believed without a look.
#[test]
fn what_is_whole_and_wrong_is_refused() {
    let Some(binary) = evm() else { return };
    let with = |change: fn(&mut Binary)| {
        let mut changed = binary.clone();
        change(&mut changed);
        Binary::from_bytes(&changed.to_bytes())
    };
    assert_eq!(with(|binary| binary.build.0[0] ^= 1), Err(BinaryError::Build));
    let missing = BinaryError::Target { missing: "has_everything".into() };
    assert_eq!(with(|binary| binary.target.push("has_everything".into())), Err(missing));
    let bytes = binary.to_bytes();
    let content = &bytes[..bytes.len() - CHECKSUM_BYTES];
    for at in MAGIC.len()..content.len() {
        let mut changed = content.to_vec();
        changed[at] = changed[at].wrapping_add(0x55);
        changed.extend(lockstep_state::keccak256(&changed).0);
        // A panic is what this looks for; a changed byte of code is nobody's to find.
        let _ = Binary::from_bytes(&changed);
    }
    let other = Engine::new().adopt(&binary, Fork::Cancun);
    assert!(matches!(other, Err(BinaryError::Configuration { .. })), "{other:?}");
    let other = Module::of_binary(&binary, &wasm::Config::default()).err();
    let expected = BinaryError::Guest { found: BinaryGuest::Evm, expected: BinaryGuest::Wasm };
    assert_eq!(other, Some(expected));
    let profile = lockstep_guest::wasm::Profile::ConsensusNoFloat;
    let config = wasm::Config { profile, ..wasm::Config::default() };
    let module = Binary::of_wasm(&wasm_bytes(), &config, None).expect("it is compiled");
    let other = Module::of_binary(&module, &wasm::Config::default()).err();
    assert!(matches!(other, Some(BinaryError::Configuration { .. })), "{other:?}");
    // Pitfall: prices of before.
    let mut schedule = wasm::GasSchedule::default();
    schedule.set_version(7);
    let dearer = wasm::Config { schedule: std::sync::Arc::new(schedule), ..config.clone() };
    let other = Module::of_binary(&module, &dearer).err();
    assert!(matches!(other, Some(BinaryError::Configuration { .. })), "{other:?}");
    assert!(Module::of_binary(&module, &config).is_ok());
}

#[test]
fn evm_code_runs_without_being_compiled() {
    let Some(binary) = evm() else { return };
    let binary = Binary::from_bytes(&binary.to_bytes()).expect("it is whole");
    for tier in [Tier::Adaptive, Tier::Optimizing] {
        let engine = Engine::new();
        engine.adopt(&binary, Fork::Osaka).expect("it is for this fork");
        let message = Message { input: &[1; 64], gas: 100_000, ..message() };
        let mut storage = MemoryStorage::default();
        storage.insert_account(
            message.to.expect("a contract"),
            crate::U256::ZERO,
            1,
            binary.code(),
        );
        let (config, options) = (Config::new(Fork::Osaka, 1), Options { tier });
        let mut vm = Vm::new(&engine, storage, config, Block::default(), options).expect("room");
        let outcome = vm.call(&message).expect("the machine is well");
        assert_eq!(outcome.output, [2; 32]);
        let native = engine.native_statistics();
        assert_eq!((native.compiled, native.loaded), (0, 1), "{tier}");
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
        assert!(!maps.contains("rwx"), "{maps}");
    }
}

fn message() -> Message<'static> {
    Message {
        caller: crate::Address::from_low_u64(1),
        to: Some(crate::Address::from_low_u64(0xc0de)),
        value: crate::U256::ZERO,
        input: &[],
        gas: 0,
    }
}

/// What `run(7)` ends with and uses.
fn run(module: &Module, tier: Tier) -> (CallEnd, u64) {
    let (pool, mut gas) = (Pool::default(), 1000);
    let mut all = Instances::in_pool(&pool, (), Options { tier }).expect("room");
    let instance = all.instantiate(module, &[], &mut 1_000_000).expect("an instance");
    let Some(Extern::Func(func)) = all.export(instance, "run") else { panic!("no export") };
    let end = all.call(func, &[Value::I64(7)], &mut gas).expect("the machine is well");
    (end, gas)
}

#[test]
fn functions_of_modules_call_each_other_without_being_compiled() {
    if !NativeProgram::EXISTS {
        println!("no machine code for this processor: SKIPPED");
        return;
    }
    let (bytes, config) = (wasm_bytes(), wasm::Config::default());
    let plain = Module::load(&bytes, &config).expect("the module is valid");
    let binary = Binary::of_wasm(&bytes, &config, None).expect("it is compiled");
    let binary = Binary::from_bytes(&binary.to_bytes()).expect("it is whole");
    for tier in [Tier::Adaptive, Tier::Optimizing] {
        let module = Module::of_binary(&binary, &config).expect("it is for this");
        let ended = run(&module, tier);
        assert_eq!(ended.0, CallEnd::Values(vec![Value::I64(58)]));
        assert_eq!(ended, run(&plain, Tier::Interpreter));
        let native = module.native_statistics();
        assert_eq!((native.compiled, native.loaded), (0, 3), "{tier}");
    }
}

/// What the tier refuses is refused from a file too, without a compilation.
#[test]
fn what_is_refused_runs_below() {
    if !NativeProgram::EXISTS {
        println!("no machine code for this processor: SKIPPED");
        return;
    }
    let config = wasm::Config::default();
    let mut binary = Binary::of_wasm(&wasm_bytes(), &config, None).expect("it is compiled");
    let guest = lockstep_guest::wasm::Module::load(wasm_bytes().into(), &config);
    let guest = std::sync::Arc::new(guest.expect("the module is valid"));
    let compiler = lockstep_optimizing::Optimizing::functions(guest);
    let below = lockstep_rt::native::Compiler::compile_below(
        &compiler.expect("machine code"),
        lockstep_ir::FuncId(0),
    );
    binary.functions[0] = Function::Below(below.expect("there is such a function"));
    let module = Module::of_binary(&binary, &config).expect("it is for this");
    assert_eq!(run(&module, Tier::Optimizing).0, CallEnd::Values(vec![Value::I64(58)]));
    let native = module.native_statistics();
    assert_eq!((native.compiled, native.loaded, native.below), (0, 2, 1));
}

#[test]
fn what_a_loader_refuses_is_refused_by_name() {
    let loaded = Binary::of_ebpf(b"no ELF file", &ebpf::Config::default(), None);
    assert!(matches!(loaded, Err(BinaryError::Load(_))), "{loaded:?}");
    let loaded = Binary::of_wasm(b"no module", &wasm::Config::default(), None);
    assert!(matches!(loaded, Err(BinaryError::Load(_))), "{loaded:?}");
}
