//! Who sees what of whom: frames, transactions, machines.

use lockstep::{Address, Engine, Exit, Fork, Tier, U256};

use super::run::{CONTRACT, GAS, assemble, call, machine, run};

const OTHER: Address = Address::from_low_u64(0xbeef);

fn word(bytes: &[u8]) -> U256 {
    U256::from_be_slice(bytes)
}

/// Calls itself with a byte of input; a frame with input answers what it finds in transient slot 1.
const STORES_AND_ASKS_ITSELF: &str = "
    CALLDATASIZE @inner JUMPI
    7 1 TSTORE
    32 0 1 0 0 ADDRESS GAS CALL POP
    32 0 RETURN
    inner: 1 TLOAD 0 MSTORE 32 0 RETURN";

#[test]
fn transient_values_last_for_the_transaction() {
    let code = assemble(STORES_AND_ASKS_ITSELF);
    for tier in Tier::ALL {
        let engine = Engine::new();
        let mut vm = machine(&engine, Fork::LATEST, *tier, &[(CONTRACT, &code)]);
        assert_eq!(word(&call(&mut vm, CONTRACT, &[], GAS).output), U256::from(7), "{tier}");
        let later = call(&mut vm, CONTRACT, &[1], GAS);
        assert_eq!(word(&later.output), U256::ZERO, "{tier}");
    }
}

#[test]
fn clearing_a_transient_slot_gives_nothing_back() {
    assert_eq!(run(Fork::LATEST, &assemble("7 1 TSTORE 0 1 TSTORE"), GAS).refund, 0);
}

#[test]
fn a_lock_in_transient_storage_keeps_callers_out() {
    let code = assemble(
        "0 TLOAD @locked JUMPI
         1 0 TSTORE
         0 0 0 0 0 ADDRESS GAS CALL 0 MSTORE
         0 0 TSTORE
         32 0 RETURN
         locked: 0 0 REVERT",
    );
    let outcome = run(Fork::LATEST, &code, GAS);
    assert_eq!((outcome.exit, word(&outcome.output)), (Exit::Return, U256::ZERO));
}

#[test]
fn nothing_changes_below_a_static_call() {
    let caller = assemble(&format!("0 0 0 0 {:#x} GAS STATICCALL 0 MSTORE 32 0 RETURN", 0xbeef));
    let answer = |text: &str, tier| {
        let (engine, callee) = (Engine::new(), assemble(text));
        let contracts = [(CONTRACT, &caller[..]), (OTHER, &callee[..])];
        let outcome =
            call(&mut machine(&engine, Fork::LATEST, tier, &contracts), CONTRACT, &[], GAS);
        assert_eq!(outcome.exit, Exit::Return);
        assert!(outcome.logs.is_empty());
        word(&outcome.output)
    };
    for tier in Tier::ALL {
        assert_eq!(answer("0 SLOAD 0 0 0 0 4 GAS STATICCALL", *tier), U256::from(1));
        for text in [
            "1 0 SSTORE",
            "1 0 TSTORE",
            "0 0 LOG0",
            "1 0 0 LOG1",
            "1 1 0 0 LOG2",
            "1 1 1 0 0 LOG3",
            "1 1 1 1 0 0 LOG4",
            "0 0 0 CREATE",
            "0 0 0 0 CREATE2",
            "0 SELFDESTRUCT",
            "0 0 0 0 1 0 GAS CALL",
        ] {
            assert_eq!(answer(text, *tier), U256::ZERO, "{text} in {tier}");
        }
    }
}

#[test]
fn machines_of_one_engine_share_code_and_nothing_else() {
    // Adds one to slot 0 and returns it.
    let code = assemble("0 SLOAD 1 ADD DUP1 0 SSTORE 0 MSTORE 32 0 RETURN");
    for tier in Tier::ALL {
        let engine = Engine::new();
        let mut one = machine(&engine, Fork::LATEST, *tier, &[(CONTRACT, &code)]);
        let mut two = machine(&engine, Fork::LATEST, *tier, &[(CONTRACT, &code)]);
        for expected in 1..=3 {
            let outcome = call(&mut one, CONTRACT, &[], GAS);
            assert_eq!(word(&outcome.output), U256::from(expected));
        }
        drop(one);
        assert_eq!(word(&call(&mut two, CONTRACT, &[], GAS).output), U256::from(1));
        assert_eq!(engine.statistics().misses, 1);
    }
}

#[test]
fn a_hundred_machines_see_the_same() {
    let code = assemble("99 MSIZE MSTORE GAS MSIZE PC 0 MSTORE 32 MSTORE 64 MSTORE 96 0 RETURN");
    let first = run(Fork::LATEST, &code, GAS);
    for _ in 0..100 {
        assert_eq!(run(Fork::LATEST, &code, GAS), first);
    }
}
