//! Programs of eBPF as accounts' code.

use lockstep::Exit;
use lockstep_testkit::object::object;

use super::chain::{DRIVER, Scene, TWIN, assemble};

#[test]
fn an_evm_contract_calls_a_program_that_stores_a_value() {
    let ebpf = object(
        "stdw [%r10-32], 0
         stdw [%r10-24], 0
         stdw [%r10-16], 0
         stdw [%r10-8], 0
         stb [%r10-1], 7
         mov %r1, %r10
         sub %r1, 32
         mov %r2, %r1
         call eth_storage_store
         mov %r0, 0
         exit",
    );
    let driver = assemble("0 0 0 0 0 0xe2 GAS CALL 1 ADD 0 SSTORE STOP");
    let seen = Scene::of(&[(DRIVER, &driver), (TWIN, &ebpf)]).play();
    assert_eq!(seen.outcome.exit, Exit::Return);
    assert_eq!((seen.slot(DRIVER, 0), seen.slot(TWIN, 7)), (2, 7));
}
