//! Programs of TOS that call others, by themselves: over providers in memory, in every tier.

use lockstep::{
    HostRow, Tier, Trap, declare_syscall,
    ebpf::{End, Machine, Outcome, Program, invoke, invoke_with, tos_config},
    tos::{
        AccountProvider, Hash, INVOKE_DEPTH_MAX, InMemoryAccounts, InMemoryPrograms,
        InMemoryStorage, InvokeContext, ProgramProvider, ProviderError, StorageProvider, TosError,
        functions,
    },
};
use lockstep_testkit::object::{object, shared};

const ME: Hash = [7; 32];
const YOU: Hash = [9; 32];
const SENDER: Hash = [3; 32];
const BUDGET: u64 = 1_000_000;

/// Calls the contract whose 32 bytes are the input's first, with so much and so many units; the status is in r6.
fn calls(input_len: u32, amount: u32, units: &str) -> String {
    format!(
        "mov %r7, %r1
         mov %r2, %r1
         add %r2, 32
         mov %r3, {input_len}
         mov %r4, {amount}
         lddw %r5, {units}
         call tos_invoke
         mov %r6, %r0\n"
    )
}

const ALL: &str = "0xffffffffffffffff";
/// Stores the input's first byte under itself.
const STORES: &str = "mov %r6, %r1\nmov %r2, 1\nmov %r3, %r6\nmov %r4, 1\ncall tos_storage_write\n";
/// Gives the bytes 1, 2 as return data.
const RETURNS: &str = "stb [%r10-8], 1\nstb [%r10-7], 2\nmov %r1, %r10\nadd %r1, -8\nmov %r2, 2\ncall tos_set_return_data\n";

#[derive(Clone, PartialEq, Debug)]
struct Chain {
    storage: InMemoryStorage,
    accounts: InMemoryAccounts,
    programs: InMemoryPrograms,
}

/// What a run did.
#[derive(PartialEq, Debug)]
struct Done {
    outcome: Outcome,
    return_data: (Hash, Vec<u8>),
    error: Option<TosError>,
    log: Vec<String>,
}

impl Chain {
    fn with(callee: &str) -> Self {
        let mut accounts = InMemoryAccounts::default();
        accounts.set_balance(ME, 10);
        let mut programs = InMemoryPrograms::default();
        programs.insert(YOU, &object(callee));
        Self { storage: InMemoryStorage::new(), accounts, programs }
    }

    /// Runs `caller`, whose input is the callee's hash and four bytes, alike in every tier.
    fn run(&mut self, caller: &str, budget: u64) -> Done {
        let file = object(caller);
        let program = Program::load(&file, &tos_config()).expect("a program");
        let mut machine = Machine::new().expect("address space");
        let input = [&YOU[..], &[5, 6, 7, 8]].concat();
        let mut first: Option<(Done, Self)> = None;
        for tier in Tier::ALL {
            let mut chain = self.clone();
            let (storage, accounts) = (&mut chain.storage, &mut chain.accounts);
            let programs = self.programs.clone();
            let mut context = InvokeContext::new_with_state(
                budget, ME, [1; 32], 12, [2; 32], SENDER, storage, accounts,
            );
            context.set_programs(&programs);
            context.enable_debug();
            let outcome = invoke(&mut machine, &program, &mut context, &input, *tier);
            let done = Done {
                outcome: outcome.expect("it runs"),
                return_data: context.return_data.clone(),
                error: context.error.take(),
                log: context.log.clone(),
            };
            if let Some((known, left)) = &first {
                assert_eq!((known, left), (&done, &chain), "{tier}");
            }
            first = Some((done, chain));
        }
        let (done, chain) = first.expect("there are tiers");
        *self = chain;
        done
    }

    fn balances(&self) -> [u64; 3] {
        [ME, YOU, [0; 32]].map(|of| self.accounts.get_balance(&of).expect("memory"))
    }

    fn status(&mut self, caller: &str) -> u64 {
        match self.run(caller, BUDGET).outcome.end {
            End::Returned(value) => value,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_program_calls_another_and_sees_what_it_returned() {
    let mut chain = Chain::with(&format!("{STORES}{RETURNS}mov %r0, 0\nexit"));
    // Copies what came back over its input, whose contract replaces the callee's hash.
    let caller = format!(
        "{}mov %r1, %r7\nadd %r1, 32\nmov %r2, 4\nmov %r3, %r7\ncall tos_get_return_data\nmul %r0, 16\nadd %r0, %r6\nexit",
        calls(4, 3, ALL)
    );
    let done = chain.run(&caller, BUDGET);
    assert_eq!(done.outcome.end, End::Returned(0x20), "two bytes, status zero: {:?}", done.error);
    assert_eq!(
        (&done.outcome.input[..32], &done.outcome.input[32..]),
        (&YOU[..], &[1, 2, 7, 8][..])
    );
    assert_eq!(done.return_data, (ME, vec![]), "it returned nothing itself");
    assert_eq!(chain.storage.get(&YOU, &[5]), Ok(Some(vec![5])), "the callee's own storage");
    assert_eq!(chain.storage.get(&ME, &[5]), Ok(None));
    let balances = (chain.accounts.get_balance(&ME), chain.accounts.get_balance(&YOU));
    assert_eq!(balances, (Ok(7), Ok(3)));
}

#[test]
fn a_program_returns_what_it_said_itself_whomever_it_calls() {
    let mut chain = Chain::with(&format!("{RETURNS}mov %r0, 0\nexit"));
    let says = "mov %r1, %r7\nadd %r1, 32\nmov %r2, 3\ncall tos_set_return_data\n";
    let before = format!("mov %r7, %r1\n{says}mov %r1, %r7\n{}mov %r0, 0\nexit", calls(0, 0, ALL));
    let after = format!("{}{says}mov %r0, 0\nexit", calls(0, 0, ALL));
    for caller in [before, after] {
        assert_eq!(chain.run(&caller, BUDGET).return_data, (ME, vec![5, 6, 7]));
    }
}

#[test]
fn a_callee_knows_who_calls_it_with_what() {
    // Stores the caller and the amount.
    let callee = "mov %r1, %r10
         add %r1, -40
         call tos_get_caller
         call tos_get_call_value
         stxb [%r10-8], %r0
         stb [%r10-48], 107
         mov %r1, %r10
         add %r1, -48
         mov %r2, 1
         mov %r3, %r10
         add %r3, -40
         mov %r4, 33
         call tos_storage_write
         mov %r0, 0
         exit";
    let mut chain = Chain::with(callee);
    assert_eq!(chain.status(&format!("{}mov %r0, %r6\nexit", calls(0, 3, ALL))), 0);
    assert_eq!(chain.storage.get(&YOU, b"k"), Ok(Some([&ME[..], &[3]].concat())));
    // The first program's caller is the sender, with nothing.
    let mut chain = Chain::with("exit");
    assert_eq!(chain.run(callee, BUDGET).outcome.end, End::Returned(0));
    assert_eq!(chain.storage.get(&ME, b"k"), Ok(Some([&SENDER[..], &[0]].concat())));
}

#[test]
fn a_callee_that_fails_leaves_nothing_and_its_caller_goes_on() {
    // What was there before comes back: a value that is overwritten and one that is deleted.
    let before = |chain: &mut Chain| {
        chain.storage.set(&YOU, &[5], b"old").expect("memory");
        chain.storage.set(&YOU, &[6], b"gone").expect("memory");
        chain.accounts.set_balance(YOU, 100);
    };
    let deeds = format!(
        "{STORES}mov %r1, %r6\nadd %r1, 1\nmov %r2, 1\ncall tos_storage_delete
         stdw [%r10-40], 0\nstdw [%r10-32], 0\nstdw [%r10-24], 0\nstdw [%r10-16], 0
         mov %r1, %r10\nadd %r1, -40\nmov %r2, 50\ncall tos_transfer\n{RETURNS}"
    );
    let ends =
        [("mov %r0, 1\nexit", 2), ("lddw %r1, 0\nldxb %r0, [%r1]\nexit", 0), ("on:\nja on", 0)];
    for (end, returned) in ends {
        let mut chain = Chain::with(&format!("{deeds}{end}"));
        before(&mut chain);
        let untouched = chain.clone();
        let caller = format!(
            "{}mov %r1, %r10\nadd %r1, -16\nmov %r2, 8\nmov %r3, %r10\nadd %r3, -48
             call tos_get_return_data\nmul %r0, 16\nadd %r0, %r6\nexit",
            calls(4, 3, "100000")
        );
        let done = chain.run(&caller, BUDGET);
        assert_eq!(done.outcome.end, End::Returned(returned * 16 + 1), "{end}");
        assert_eq!(done.error, None, "{end}");
        assert_eq!(chain.storage, untouched.storage, "{end}");
        assert_eq!(chain.balances(), untouched.balances(), "{end}");
        // The caller's own changes stay, before and after the call.
        let own = "mov %r1, %r7\nadd %r1, 32\nmov %r2, 1\nmov %r3, %r7\nmov %r4, 2\ncall tos_storage_write\n";
        chain.run(&format!("{}{own}mov %r0, %r6\nexit", calls(4, 3, "100000")), BUDGET);
        assert_eq!(chain.storage.get(&ME, &[5]), Ok(Some(vec![9, 9])), "{end}");
        assert_eq!(chain.storage.get(&YOU, &[5]), Ok(Some(b"old".to_vec())), "{end}");
    }
    // And when it succeeds, all of it is there.
    let mut chain = Chain::with(&format!("{deeds}mov %r0, 0\nexit"));
    before(&mut chain);
    assert_eq!(chain.status(&format!("{}mov %r0, %r6\nexit", calls(4, 3, ALL))), 0);
    assert_eq!(chain.storage.get(&YOU, &[6]), Ok(None));
    assert_eq!(chain.accounts.get_balance(&YOU), Ok(53));
}

#[test]
fn what_a_failed_caller_called_is_undone_with_it() {
    // The callee calls itself with less input until there is none, stores each time, and the outermost fails.
    let callee = |end: &str| {
        format!(
            "jeq %r2, 0, out\nmov %r8, %r2\n{STORES}add %r8, -1
             mov %r1, %r10\nadd %r1, -32
             stdw [%r10-32], 0x09090909\nstb [%r10-28], 9\nstb [%r10-27], 9\nstb [%r10-26], 9\nstb [%r10-25], 9
             ldxdw %r3, [%r10-32]\nstxdw [%r10-24], %r3\nstxdw [%r10-16], %r3\nstxdw [%r10-8], %r3
             mov %r2, %r6\nadd %r2, 1\nmov %r3, %r8\nmov %r4, 0\nlddw %r5, {ALL}\ncall tos_invoke
             jne %r0, 0, bad\njne %r8, 3, out\n{end}\nout:\nmov %r0, 0\nexit\nbad:\nmov %r0, 77\nexit"
        )
    };
    let caller = format!("{}mov %r0, %r6\nexit", calls(4, 0, ALL));
    let mut chain = Chain::with(&callee(""));
    assert_eq!(chain.status(&caller), 0);
    for key in 5..=8 {
        assert_eq!(chain.storage.get(&YOU, &[key]), Ok(Some(vec![key])), "{key}");
    }
    let mut chain = Chain::with(&callee("mov %r0, 1\nexit"));
    assert_eq!(chain.status(&caller), 1);
    assert_eq!(chain.storage, InMemoryStorage::new());
}

#[test]
fn calls_nest_to_the_limit_and_no_deeper() {
    // Counts under `k`, then calls itself; the status of the deepest call is one, which is no failure of its caller.
    let counts = "stb [%r10-40], 107
         stb [%r10-48], 0
         mov %r1, %r10\nadd %r1, -40\nmov %r2, 1\nmov %r3, %r10\nadd %r3, -48\nmov %r4, 1\ncall tos_storage_read
         ldxb %r3, [%r10-48]\nadd %r3, 1\nstxb [%r10-48], %r3
         mov %r1, %r10\nadd %r1, -40\nmov %r2, 1\nmov %r3, %r10\nadd %r3, -48\nmov %r4, 1\ncall tos_storage_write\n";
    let itself = "mov %r1, %r10\nadd %r1, -32\ncall tos_get_contract_hash
         mov %r1, %r10\nadd %r1, -32\nmov %r2, 0\nmov %r3, 0\nmov %r4, 0\nlddw %r5, 0xffffffffffffffff\ncall tos_invoke\n";
    let mut chain = Chain::with(&format!("{counts}{itself}mov %r0, 0\nexit"));
    let done = chain.run(&format!("{}mov %r0, %r6\nexit", calls(0, 0, ALL)), u64::MAX >> 2);
    assert_eq!(done.outcome.end, End::Returned(0), "{:?}", done.error);
    let nested = INVOKE_DEPTH_MAX as u8 - 1;
    assert_eq!(chain.storage.get(&YOU, b"k"), Ok(Some(vec![nested])));
}

#[test]
fn what_cannot_be_run_fails_and_costs_its_price() {
    let returning = |hash: &str| format!("{hash}{}mov %r0, %r6\nexit", calls(4, 0, ALL));
    let mut chain = Chain::with("mov %r0, 0\nexit");
    // Nobody's contract.
    let done = chain.run(&returning("stb [%r1], 1\n"), BUDGET);
    assert_eq!(done.outcome.end, End::Returned(1));
    assert_eq!(BUDGET - done.outcome.gas_left, 1004 + 11, "the price and the instructions");
    // More than there is.
    let done = chain.run(&format!("{}mov %r0, %r6\nexit", calls(4, 11, ALL)), BUDGET);
    assert_eq!(done.outcome.end, End::Returned(1));
    assert_eq!(BUDGET - done.outcome.gas_left, 1004 + 10);
    assert_eq!(chain.accounts.get_balance(&ME), Ok(10));
    // A file that is no program takes what it was given.
    chain.programs.insert(YOU, b"\x7fELF");
    let done = chain.run(&format!("{}mov %r0, %r6\nexit", calls(4, 1, "500")), BUDGET);
    assert_eq!(done.outcome.end, End::Returned(1));
    assert_eq!(BUDGET - done.outcome.gas_left, 1004 + 500 + 10);
    assert_eq!(chain.accounts.get_balance(&ME), Ok(10));
}

#[test]
fn a_call_that_cannot_be_paid_for_does_nothing() {
    let mut chain = Chain::with(&format!("{STORES}mov %r0, 0\nexit"));
    let untouched = chain.clone();
    let caller = format!("{}mov %r0, %r6\nexit", calls(4, 3, ALL));
    // Seven instructions up to the call, one unit short of its price.
    let done = chain.run(&caller, 7 + 1004 - 1);
    assert_eq!(done.outcome.end, End::Trap(Trap::OutOfGas));
    assert_eq!((done.outcome.gas_left, done.error), (0, Some(TosError::OutOfComputeUnits)));
    assert_eq!(chain, untouched);
}

#[test]
fn a_callee_gets_all_but_a_64th_and_gives_back_what_it_leaves() {
    let spins = "on:\nja on";
    let mut chain = Chain::with(spins);
    let done = chain.run(&format!("{}mov %r0, %r6\nexit", calls(0, 0, ALL)), BUDGET);
    // Seven instructions before, three after.
    let left = BUDGET - 7 - 1000;
    assert_eq!(done.outcome.end, End::Returned(1));
    assert_eq!(done.outcome.gas_left, left / 64 - 3);
    // One that returns at once leaves the rest, whatever it was given; another price stands before its instructions.
    let cost = |units: &str| {
        let mut chain = Chain::with("mov %r0, 0\nexit");
        let done = chain.run(&format!("{}mov %r0, %r6\nexit", calls(0, 0, units)), BUDGET);
        assert_eq!(done.outcome.end, End::Returned(0));
        BUDGET - done.outcome.gas_left
    };
    assert_eq!(cost(ALL), cost("5000"));
    assert!(cost(ALL) > 1010 + 2, "memory is paid for");
}

declare_syscall!(
    /// Zero.
    Zero = "chain_zero",
    |caller: &mut Caller, _a, _b, _c, _d, _e| {
        caller.charge(1)?;
        Ok(0)
    }
);

/// A file of sBPF may call what nobody offers, and traps there. That it was called so changes nothing for a chain with more.
#[test]
fn what_a_callee_may_call_is_what_the_chain_offers_now() {
    let mut programs = InMemoryPrograms::default();
    programs.insert(YOU, &shared("call chain_zero\nexit"));
    let file = object(&format!("{}mov %r0, %r6\nexit", calls(0, 0, "5000")));
    let program = Program::load(&file, &tos_config()).expect("a program");
    let mut machine = Machine::new().expect("address space");
    for (has_more, status) in [(false, 1), (true, 0), (false, 1)] {
        let (mut storage, mut accounts) = (InMemoryStorage::new(), InMemoryAccounts::default());
        let mut context = InvokeContext::new(BUDGET, ME, &mut storage, &mut accounts);
        context.set_programs(&programs);
        let mut rows = functions();
        rows.extend(has_more.then(HostRow::of::<Zero>));
        let tier = Tier::Interpreter;
        let outcome = invoke_with(&mut machine, &program, &rows, &mut context, &YOU, tier);
        assert_eq!(outcome.expect("it runs").end, End::Returned(status), "{has_more}");
    }
}

/// A chain whose programs cannot be read.
#[derive(Debug)]
struct Broken;

impl ProgramProvider for Broken {
    fn program(&self, _: &Hash) -> Result<Option<std::sync::Arc<[u8]>>, ProviderError> {
        Err(ProviderError::Fault("disk".into()))
    }
}

#[test]
fn a_chain_that_cannot_read_a_program_is_a_fault() {
    let file = object(&format!("{}exit", calls(0, 0, ALL)));
    let program = Program::load(&file, &tos_config()).expect("a program");
    let (mut storage, mut accounts) = (InMemoryStorage::new(), InMemoryAccounts::default());
    let mut context = InvokeContext::new(BUDGET, ME, &mut storage, &mut accounts);
    context.set_programs(&Broken);
    let mut machine = Machine::new().expect("address space");
    let done = invoke(&mut machine, &program, &mut context, &YOU, Tier::Interpreter);
    assert!(done.is_err(), "{done:?}");
}
