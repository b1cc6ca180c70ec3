//! Translated code is found by what it is, and by nothing else.

use lockstep::{Address, Config, Engine, Exit, Fork, Tier, U256, decode_hex};

use super::run::{CONTRACT, GAS, assemble, call, machine, state};

const OTHER: Address = Address::from_low_u64(0xbeef);

#[test]
fn code_is_translated_once_wherever_it_lies() {
    let code = assemble("1 0 MSTORE 32 0 RETURN");
    let engine = Engine::new();
    let contracts = [(CONTRACT, &code[..]), (OTHER, &code[..])];
    let mut vm = machine(&engine, Fork::LATEST, Tier::default(), &contracts);
    for _ in 0..99 {
        call(&mut vm, CONTRACT, &[], GAS);
    }
    call(&mut vm, OTHER, &[], GAS);
    let statistics = engine.statistics();
    assert_eq!((statistics.hits, statistics.misses, statistics.programs), (99, 1, 1));
}

#[test]
fn other_rules_are_another_program() {
    // PUSH0 exists from Shanghai on.
    let engine = Engine::new();
    let mut vm = machine(&engine, Fork::Paris, Tier::default(), &[(CONTRACT, &[0x5f])]);
    assert!(matches!(call(&mut vm, CONTRACT, &[], GAS).exit, Exit::Trap(_)));
    vm.set_block(Config::new(Fork::Shanghai, 1), Default::default());
    assert_eq!(call(&mut vm, CONTRACT, &[], GAS).exit, Exit::Return);
    assert_eq!(engine.statistics().programs, 2);
}

/// The CRC-32 of zlib and Ethernet, by which code must never be known: collisions are made in no time.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 }
        })
    })
}

#[test]
fn codes_with_equal_checksums_stay_apart() {
    // They return 1 and 2; the bytes behind RETURN bring the checksums together.
    let one = decode_hex("60015f5260205ff30000000000").expect("digits");
    let two = decode_hex("60025f5260205ff300e3078f8e").expect("digits");
    assert_eq!(crc32(&one), crc32(&two));
    assert_eq!(one.len(), two.len());
    for tier in Tier::ALL {
        let engine = Engine::new();
        let contracts = [(CONTRACT, &one[..]), (OTHER, &two[..])];
        let mut vm = machine(&engine, Fork::LATEST, *tier, &contracts);
        let mut answer = |to| U256::from_be_slice(&call(&mut vm, to, &[], GAS).output);
        assert_eq!([answer(CONTRACT), answer(OTHER)], [U256::from(1), U256::from(2)], "{tier}");
        // The second at the address of the first.
        vm.reset(state(&[(CONTRACT, &two)]), Config::new(Fork::LATEST, 1), Default::default());
        let outcome = call(&mut vm, CONTRACT, &[], GAS);
        assert_eq!(U256::from_be_slice(&outcome.output), U256::from(2), "{tier}");
    }
}

#[test]
fn the_cache_is_bounded_by_bytes_of_code() {
    const LEN: usize = 24_576;
    const COUNT: u64 = 300;
    let engine = Engine::with_capacity(10 * LEN);
    let mut vm = machine(&engine, Fork::LATEST, Tier::default(), &[]);
    let mut held = 0;
    for number in 0..COUNT {
        let mut code = vec![0; LEN];
        code[LEN - 8..].copy_from_slice(&number.to_be_bytes());
        vm.reset(state(&[(CONTRACT, &code)]), Config::new(Fork::LATEST, 1), Default::default());
        assert_eq!(call(&mut vm, CONTRACT, &[], GAS).exit, Exit::Return);
        held = held.max(engine.statistics().programs);
    }
    assert_eq!(engine.statistics().misses, COUNT);
    // It is counted now and then, not each time.
    assert!(held < COUNT as usize / 2, "{held} programs at once");
    engine.forget();
    assert_eq!(engine.statistics().programs, 0);
}
