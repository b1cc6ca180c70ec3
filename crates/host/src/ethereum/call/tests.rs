use std::{cell::Cell, rc::Rc};

use super::{CallKind::*, *};
use crate::ethereum::{
    account, delegation,
    gas::Gas,
    testing::{
        CALLEE, CALLER, NOBODY, Run, SENDER, Scripts, WEALTH, balance, host, host_in_frame,
        host_over, run_script, state, with_frame,
    },
};

const ALL: U256 = U256::MAX;

/// Scripts whose callee notes the gas it starts with.
fn noting() -> (Scripts, Rc<Cell<Option<u64>>>) {
    let seen = Rc::new(Cell::new(None));
    let noted = Rc::clone(&seen);
    let scripts = Scripts::default().on(&[2], move |run| {
        noted.set(Some(run.gas.left()));
        Ok(Exit::Return)
    });
    (scripts, seen)
}

#[test]
fn a_callee_gets_at_most_all_but_one_64th_whatever_is_asked() {
    let two63 = U256::from(1_u64 << 63);
    for asked in [
        two63 - U256::from(1),
        two63,
        U256::from(u64::MAX),
        U256::from(u64::MAX) + U256::from(1),
        ALL,
    ] {
        let (scripts, seen) = noting();
        run_script(&mut host(Fork::Osaka), scripts, move |run| {
            run.gas = Gas::new(64_000 + 2500);
            assert_eq!(run.call_with(Call, CALLEE, asked, 0)?, 1);
            assert_eq!(run.gas.left(), 64_000, "all of it comes back");
            Ok(Exit::Return)
        });
        assert_eq!(seen.get(), Some(63_000));
    }
}

#[test]
fn before_eip_150_a_call_gets_what_it_asks_or_none() {
    for (asked, expected) in [(50_000, Some(50_000)), (50_001, None)] {
        let (scripts, seen) = noting();
        run_script(&mut host(Fork::Homestead), scripts, move |run| {
            run.gas = Gas::new(50_000);
            run.call(Call, CALLEE, asked)?;
            Ok(Exit::Return)
        });
        assert_eq!(seen.get(), expected);
    }
}

#[test]
fn the_stipend_is_on_top_and_comes_back_unused() {
    let (scripts, seen) = noting();
    let mut host = host(Fork::Osaka);
    run_script(&mut host, scripts, |run| {
        run.gas = Gas::new(100_000);
        assert_eq!(run.call_with(Call, CALLEE, U256::ZERO, 1)?, 1);
        assert_eq!(run.gas.left(), 100_000 - 2500 - 9000 + 2300);
        Ok(Exit::Return)
    });
    assert_eq!(seen.get(), Some(2300));
    assert_eq!(balance(&mut host, CALLEE), U256::from(WEALTH + 1));
}

/// Calls that cannot start: returns what the caller has left and what its return data is.
fn refused(change: impl Fn(Frame) -> Frame, value: u64) -> (u64, usize) {
    let mut host = with_frame(host_in_frame(Fork::Osaka), change);
    host.return_data = vec![1, 2, 3];
    let mut gas = Gas::new(100_000);
    let mut run = Run {
        host: &mut host,
        machine: &mut Scripts::default(),
        gas,
        memory: vec![0; 64],
        input: &[],
        output: Vec::new(),
    };
    assert_eq!(run.call_with(Call, CALLEE, ALL, value), Ok(0));
    gas = run.gas;
    assert!(host.world.is_address_warm(CALLEE), "warmth stays");
    (gas.left(), host.return_data.len())
}

#[test]
fn a_call_that_cannot_start_costs_only_its_own_price() {
    let too_much = WEALTH + 1;
    // The stipend was paid for by the 9000, so it comes back too.
    assert_eq!(refused(|frame| frame, too_much), (100_000 - 2500 - 9000 + 2300, 0));
    assert_eq!(refused(|frame| Frame { depth: 1024, ..frame }, 0), (97_500, 0));
}

#[test]
fn depth_is_limited_to_1024_below_the_first_frame() {
    let deepest = Rc::new(Cell::new(0));
    let noted = Rc::clone(&deepest);
    let mut host = host(Fork::Frontier);
    let script = move |run: &mut Run<'_>| {
        noted.set(noted.get().max(run.host.depth()));
        let gas = run.gas.left() - 100;
        run.call(Call, CALLER, gas)?;
        Ok(Exit::Return)
    };
    std::thread::scope(|_| run_script(&mut host, Scripts::default(), script));
    assert_eq!(deepest.get(), 1024);
}

#[test]
fn new_accounts_cost_by_fork_kind_and_value() {
    for (fork, kind, value, cost) in [
        (Fork::Frontier, Call, 0, 25_000),
        (Fork::Tangerine, Call, 1, 34_000),
        (Fork::Tangerine, CallCode, 1, 9000),
        (Fork::SpuriousDragon, Call, 0, 0),
        (Fork::SpuriousDragon, Call, 1, 34_000),
        (Fork::Osaka, Call, 1, 2500 + 34_000),
        (Fork::Osaka, CallCode, 1, 2500 + 9000),
        (Fork::Osaka, DelegateCall, 0, 2500),
        (Fork::Osaka, StaticCall, 0, 2500),
    ] {
        run_script(&mut host(fork), Scripts::default(), move |run| {
            let before = run.gas.left();
            assert_eq!(run.call_with(kind, NOBODY, U256::ZERO, value)?, 1);
            let stipend = if value > 0 { 2300 } else { 0 };
            assert_eq!(before + stipend - run.gas.left(), cost, "{fork} {kind:?} {value}");
            Ok(Exit::Return)
        });
    }
}

#[test]
fn each_kind_sets_who_acts_for_whom_with_what() {
    for (kind, own, caller, value) in [
        (Call, CALLEE, CALLER, 7),
        (CallCode, CALLER, CALLER, 7),
        (DelegateCall, CALLER, SENDER, 0),
        (StaticCall, CALLEE, CALLER, 0),
    ] {
        let scripts = Scripts::default().on(&[2], move |run| {
            let frame = run.host.frame;
            assert_eq!((frame.address, frame.caller), (own, caller.into_word()), "{kind:?}");
            assert_eq!(frame.value, U256::from(value), "{kind:?}");
            assert_eq!(frame.is_static, kind == StaticCall);
            assert_eq!(frame.depth, 1);
            assert!(run.host.return_data.is_empty(), "a frame begins without return data");
            Ok(Exit::Return)
        });
        let mut host = host(Fork::Osaka);
        run_script(&mut host, scripts, move |run| {
            assert_eq!(run.call_with(kind, CALLEE, ALL, 7)?, 1);
            assert_eq!(run.host.frame.address, CALLER, "the frame is back");
            Ok(Exit::Return)
        });
        let moved = if kind == Call { 7 } else { 0 };
        assert_eq!(balance(&mut host, CALLEE), U256::from(WEALTH + moved));
    }
}

#[test]
fn static_mode_reaches_everything_below_and_forbids_value_only_for_call() {
    let scripts = Scripts::default().on(&[2], |run| {
        assert!(run.host.frame.is_static);
        assert_eq!(run.store(0, 1), Err(Trap::StaticViolation.into()));
        assert_eq!(run.call_with(Call, NOBODY, ALL, 1), Err(Trap::StaticViolation.into()));
        assert_eq!(run.call_with(CallCode, NOBODY, ALL, 1), Ok(1));
        assert_eq!(run.create(0, &[]), Err(Trap::StaticViolation.into()));
        if run.host.depth() < 4 {
            let kind = [Call, CallCode, DelegateCall][run.host.depth() as usize - 1];
            assert_eq!(run.call(kind, CALLEE, 1_000_000), Ok(1));
        }
        Ok(Exit::Return)
    });
    run_script(&mut host(Fork::Osaka), scripts, |run| {
        assert_eq!(run.call(StaticCall, CALLEE, 1_000_000)?, 1);
        Ok(Exit::Return)
    });
}

#[test]
fn what_a_failed_callee_did_is_undone_but_not_its_warming_by_the_caller() {
    for exit in [Exit::Revert, Exit::Trap(Trap::Unreachable)] {
        let scripts = Scripts::default().on(&[2], move |run| {
            run.store(0, 1)?;
            account::balance(run.host, &mut run.gas, NOBODY.into_word())?;
            run.host.world.append_log(lockstep_state::LogRef {
                address: CALLEE,
                topics: &[],
                data: &[1],
            });
            run.host.world.add_refund(5);
            run.output = vec![8; 40];
            match exit {
                Exit::Trap(trap) => Err(trap.into()),
                exit => Ok(exit),
            }
        });
        let mut host = host(Fork::Osaka);
        let receipt = run_script(&mut host, scripts, move |run| {
            assert_eq!(run.call_with(Call, CALLEE, U256::from(50_000), 1)?, 0);
            assert_eq!(run.host.return_data.len(), if exit == Exit::Revert { 40 } else { 0 });
            assert_eq!(run.memory[31], if exit == Exit::Revert { 8 } else { 0 });
            assert_eq!(run.memory[32], 0, "no more than fits");
            assert!(run.host.world.is_address_warm(CALLEE));
            assert!(!run.host.world.is_address_warm(NOBODY));
            assert_eq!(run.host.world.refund(), 0);
            Ok(Exit::Return)
        });
        assert!(receipt.logs.is_empty());
        assert_eq!(balance(&mut host, CALLEE), U256::from(WEALTH));
    }
}

#[test]
fn a_failed_precompile_takes_all_its_gas_and_returns_the_value() {
    // BLAKE2F takes exactly 213 bytes; the memory of the tests has 64.
    let blake = Address::from_low_u64(9);
    let mut host = host(Fork::Osaka);
    run_script(&mut host, Scripts::default(), move |run| {
        run.gas = Gas::new(100_000);
        assert_eq!(run.call_with(Call, blake, U256::from(1000), 1)?, 0);
        assert_eq!(run.gas.left(), 100_000 - 34_000 - 1000);
        assert!(run.host.return_data.is_empty());
        Ok(Exit::Return)
    });
    assert_eq!(balance(&mut host, blake), U256::ZERO);
}

#[test]
fn the_identity_returns_a_copy_that_later_writes_to_memory_do_not_change() {
    run_script(&mut host(Fork::Osaka), Scripts::default(), |run| {
        run.memory[..3].copy_from_slice(&[1, 2, 3]);
        assert_eq!(run.call(Call, Address::from_low_u64(4), 1000)?, 1);
        run.memory.fill(9);
        assert_eq!(run.host.return_data[..4], [1, 2, 3, 0]);
        Ok(Exit::Return)
    });
}

#[test]
fn delegations_are_followed_once_and_paid_for() {
    let double = Address::from_low_u64(0xd2);
    let to_precompile = Address::from_low_u64(0xd3);
    let mut storage = state();
    storage.insert_account(NOBODY, U256::ZERO, 1, &delegation::delegation_to(CALLEE));
    let marker = delegation::delegation_to(NOBODY);
    storage.insert_account(double, U256::ZERO, 1, &marker);
    let identity = delegation::delegation_to(Address::from_low_u64(4));
    storage.insert_account(to_precompile, U256::ZERO, 1, &identity);
    let scripts = Scripts::default()
        .on(&[2], |run| {
            assert_eq!(run.host.frame.address, NOBODY, "the delegator's storage");
            Ok(Exit::Return)
        })
        .on(&delegation::delegation_to(CALLEE), |_| Err(Trap::UndefinedOpcode.into()));
    run_script(&mut host_over(Fork::Prague, storage), scripts, move |run| {
        let mut cost = |to| {
            let before = run.gas.left();
            let ok = run.call(Call, to, 0)?;
            Ok::<_, Stop>((ok, before - run.gas.left()))
        };
        assert_eq!(cost(NOBODY)?, (1, 2500 + 2600), "both cold");
        assert_eq!(cost(NOBODY)?, (1, 100), "both warm");
        assert_eq!(cost(double)?, (0, 2500 + 100), "runs the marker's bytes");
        assert_eq!(cost(to_precompile)?, (1, 2500 + 100), "runs nothing");
        assert!(run.host.return_data.is_empty());
        Ok(Exit::Return)
    });
}

#[test]
fn before_prague_a_marker_is_code() {
    let marker = delegation::delegation_to(CALLEE);
    let mut storage = state();
    storage.insert_account(NOBODY, U256::ZERO, 1, &marker);
    let scripts = Scripts::default().on(&marker, |_| Err(Trap::UndefinedOpcode.into()));
    run_script(&mut host_over(Fork::Cancun, storage), scripts, |run| {
        assert_eq!(run.call(Call, NOBODY, 1000)?, 0);
        Ok(Exit::Return)
    });
}

#[test]
fn touched_empty_accounts_are_deleted_unless_the_touch_is_undone_but_address_three_always_is() {
    let [other, three] = [Address::from_low_u64(0xeee), Address::from_low_u64(3)];
    for (exit, is_left) in [(Exit::Return, [false, false]), (Exit::Revert, [true, false])] {
        let mut storage = state();
        storage.insert_account(other, U256::ZERO, 0, &[]);
        storage.insert_account(three, U256::ZERO, 0, &[]);
        let scripts = Scripts::default().on(&[2], move |run| {
            run.call(Call, other, 1000)?;
            run.call(Call, three, 5000)?;
            Ok(exit)
        });
        let mut host = host_over(Fork::SpuriousDragon, storage);
        run_script(&mut host, scripts, |run| {
            run.call(Call, CALLEE, 100_000)?;
            Ok(Exit::Return)
        });
        for (address, is_left) in [other, three].into_iter().zip(is_left) {
            let id = host.load(address).expect("memory does not fail");
            assert_eq!(host.world.exists(id), is_left, "{address} after {exit:?}");
        }
    }
}
