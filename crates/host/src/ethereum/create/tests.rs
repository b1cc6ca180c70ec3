use super::*;
use crate::ethereum::{
    gas::Gas,
    host::Frame,
    testing::{
        CALLER, Host, Run, Scripts, WEALTH, balance, host, host_in_frame, host_over, nonce,
        run_script, state, with_frame,
    },
};

type Body = fn(&mut Run<'_>) -> Result<Exit, Stop>;

/// What a creation left behind.
#[derive(Debug, PartialEq, Eq)]
struct Left {
    is_made: bool,
    creator_nonce: u64,
    return_data: Vec<u8>,
    is_warm: bool,
    /// Whether the forwarded gas is gone.
    is_burned: bool,
}

/// Creates from a frame of [`CALLER`], whose nonce is 1, with code that runs `script`.
fn create_in(
    mut host: Host,
    value: u64,
    script: impl Fn(&mut Run<'_>) -> Result<Exit, Stop> + 'static,
) -> Left {
    let before = nonce(&mut host, CALLER);
    let address = encoding::create_address(CALLER, before);
    host.return_data = vec![1, 2, 3];
    let mut machine = Scripts::default().on(&[9], script);
    let mut run = Run {
        host: &mut host,
        machine: &mut machine,
        gas: Gas::new(64_000_000),
        memory: Vec::new(),
        input: &[],
        output: Vec::new(),
    };
    let made = run.create(value, &[9]).expect("the creator goes on");
    let gas_left = run.gas.left();
    assert!(made == U256::ZERO || made == address.into_word());
    Left {
        is_made: made != U256::ZERO,
        creator_nonce: nonce(&mut host, CALLER),
        return_data: host.return_data.clone(),
        is_warm: host.world.is_address_warm(address),
        is_burned: gas_left <= 1_000_000,
    }
}

fn deploying(len: usize, first: u8) -> impl Fn(&mut Run<'_>) -> Result<Exit, Stop> {
    move |run| {
        run.output = vec![0; len];
        if let Some(byte) = run.output.first_mut() {
            *byte = first;
        }
        Ok(Exit::Return)
    }
}

fn occupied(change: impl Fn(&mut lockstep_state::MemoryStorage, Address)) -> Host {
    let mut storage = state();
    change(&mut storage, encoding::create_address(CALLER, 1));
    let mut host = host_over(Fork::Osaka, storage);
    let account = host.load(CALLER).expect("memory does not fail");
    host.frame = frame_of(account, CALLER, U256::ZERO, U256::ZERO);
    host
}

#[test]
fn success_and_each_failure_leave_what_they_must() {
    let osaka = || host_in_frame(Fork::Osaka);
    let made = |is_made, return_data: &[u8], is_burned| Left {
        is_made,
        creator_nonce: 2,
        return_data: return_data.to_vec(),
        is_warm: true,
        is_burned,
    };
    assert_eq!(create_in(osaka(), 5, deploying(3, 0)), made(true, &[], false));
    let longest = deploying(CODE_BYTES_MAX, 0);
    assert_eq!(create_in(osaka(), 5, longest), made(true, &[], false));
    let reverting = |run: &mut Run<'_>| {
        run.output = vec![7; 2];
        Ok(Exit::Revert)
    };
    assert_eq!(create_in(osaka(), 5, reverting), made(false, &[7, 7], false));
    let failures: [Body; 4] = [
        |_| Err(Trap::OutOfGas.into()),
        |run| deploying(CODE_BYTES_MAX + 1, 0)(run),
        |run| deploying(1, 0xef)(run),
        |run| {
            run.gas = Gas::new(599);
            deploying(3, 0)(run)
        },
    ];
    for failure in failures {
        assert_eq!(create_in(osaka(), 5, failure), made(false, &[], true));
    }
    let collisions = [
        occupied(|storage, at| storage.insert_account(at, U256::ZERO, 0, &[1])),
        occupied(|storage, at| storage.insert_account(at, U256::ZERO, 1, &[])),
        occupied(|storage, at| storage.insert_slot(at, U256::ZERO, U256::from(1))),
    ];
    for host in collisions {
        assert_eq!(create_in(host, 5, deploying(0, 0)), made(false, &[], true));
    }
}

#[test]
fn what_never_starts_counts_no_nonce_and_warms_nothing() {
    let untouched = |creator_nonce| Left {
        is_made: false,
        creator_nonce,
        return_data: Vec::new(),
        is_warm: false,
        is_burned: false,
    };
    let osaka = || host_in_frame(Fork::Osaka);
    let deep = with_frame(osaka(), |frame| Frame { depth: DEPTH_MAX, ..frame });
    assert_eq!(create_in(deep, 0, deploying(0, 0)), untouched(1));
    assert_eq!(create_in(osaka(), WEALTH + 1, deploying(0, 0)), untouched(1));
    let mut worn = osaka();
    worn.world.set_nonce(worn.frame.account, u64::MAX);
    assert_eq!(create_in(worn, 0, deploying(0, 0)), untouched(u64::MAX));
}

#[test]
fn a_new_contract_keeps_the_balance_it_found_and_begins_at_nonce_one() {
    for (fork, first_nonce) in [(Fork::Tangerine, 0), (Fork::SpuriousDragon, 1), (Fork::Osaka, 1)] {
        let mut storage = state();
        let address = encoding::create_address(CALLER, 1);
        storage.insert_account(address, U256::from(3), 0, &[]);
        let mut host = host_over(fork, storage);
        let scripts = Scripts::default().on(&[9], deploying(2, 1));
        run_script(&mut host, scripts, move |run| {
            assert_eq!(run.create(4, &[9])?, address.into_word());
            Ok(Exit::Return)
        });
        assert_eq!(balance(&mut host, address), U256::from(7));
        assert_eq!(nonce(&mut host, address), first_nonce, "{fork}");
    }
}

#[test]
fn code_that_cannot_be_paid_is_left_out_in_frontier_and_fails_later() {
    for (fork, is_made, gas_left) in [(Fork::Frontier, true, 100), (Fork::Homestead, false, 0)] {
        let scripts = Scripts::default().on(&[9], |run| {
            run.gas = Gas::new(100);
            deploying(1, 1)(run)
        });
        let mut host = host(fork);
        run_script(&mut host, scripts, move |run| {
            assert_eq!(run.create(0, &[9])? != U256::ZERO, is_made);
            assert_eq!(run.gas.left(), gas_left);
            Ok(Exit::Return)
        });
        let id = host.load(encoding::create_address(CALLER, 1)).expect("memory does not fail");
        assert_eq!((host.world.exists(id), host.world.info(id).has_code()), (is_made, false));
    }
}

#[test]
fn limits_on_code_came_with_their_forks() {
    for (fork, len, first, is_made) in [
        (Fork::Tangerine, CODE_BYTES_MAX + 1, 0, true),
        (Fork::SpuriousDragon, CODE_BYTES_MAX + 1, 0, false),
        (Fork::Berlin, 1, 0xef, true),
        (Fork::London, 1, 0xef, false),
    ] {
        let left = create_in(host_in_frame(fork), 0, deploying(len, first));
        assert_eq!(left.is_made, is_made, "{fork} {len}");
    }
}

#[test]
fn initialization_code_is_limited_from_shanghai_on() {
    let attempt = |fork, len| {
        let mut host = host_in_frame(fork);
        let code = vec![0; len];
        let mut machine = Scripts::default().on(&code, deploying(0, 0));
        let mut run = Run {
            host: &mut host,
            machine: &mut machine,
            gas: Gas::new(1_000_000),
            memory: Vec::new(),
            input: &[],
            output: Vec::new(),
        };
        run.create(0, &code).map(|made| made != U256::ZERO)
    };
    assert_eq!(attempt(Fork::Paris, INIT_CODE_BYTES_MAX + 1), Ok(true));
    assert_eq!(attempt(Fork::Shanghai, INIT_CODE_BYTES_MAX), Ok(true));
    let too_large = attempt(Fork::Shanghai, INIT_CODE_BYTES_MAX + 1);
    assert_eq!(too_large, Err(Trap::InitCodeTooLarge.into()));
}

#[test]
fn a_creation_gets_all_but_one_64th_since_eip_150() {
    for (fork, expected) in [(Fork::Homestead, 64_000_000), (Fork::Tangerine, 63_000_000)] {
        create_in(host_in_frame(fork), 0, move |run| {
            assert_eq!(run.gas.left(), expected);
            Ok(Exit::Return)
        });
    }
}
