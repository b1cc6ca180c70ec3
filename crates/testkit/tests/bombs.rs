//! Code made to hurt a translator: work is counted, never timed. What is made of a piece of code is linear in it, and a
//! program that reaches every place of it makes each place once.
#![forbid(unsafe_code)]
#![allow(missing_docs, reason = "tests")]

use std::{cell::RefCell, collections::BTreeSet, sync::Arc};

use lockstep::{Block, Config, Ethereum, Exit, Fork, Journal, MemoryStorage, U256, evm};
use lockstep_host::ethereum::functions;
use lockstep_interp::{Code, Ending, Translator, activate};
use lockstep_ir::{Edge, Func, Head, Lazy, Terminator, verify_func};
use lockstep_rt::{Ended, Faulted, Links, Machine, Program, Resources, Spec};
use lockstep_testkit::differential::{CONTRACT, Case, Runner, Way};

/// The largest code of a contract (EIP-170) and of a creation (EIP-3860).
const SIZES: [usize; 2] = [24_576, 49_152];

/// dMIR instructions for each byte of code, in all blocks that can be reached.
const INSTS_PER_BYTE: usize = 12;
/// Bytes of register bytecode for each byte of code.
const WORDS_PER_BYTE: usize = 192;

/// `size` bytes of `pattern` again and again, after what jumps to wherever the input says.
fn bomb(pattern: &[u8], size: usize) -> Vec<u8> {
    let mut code = vec![0x5f, 0x35, 0x56, 0x5b];
    code.extend(pattern.iter().cycle().take(size - code.len()));
    code
}

fn patterns() -> Vec<(&'static str, Vec<u8>)> {
    let jumpdests_then_work = [vec![0x5b; 1000], [0x5a, 0x50].repeat(500)].concat();
    let branches = [0x5b, 0x5b, 0x5b, 0x5b, 0x5a, 0x5f, 0x57];
    let mut shuffles = vec![0x5b];
    (0x80..=0x9f).for_each(|byte| shuffles.extend([0x5f, byte]));
    vec![
        ("all JUMPDEST", vec![0x5b]),
        ("all PUSH1", vec![0x60]),
        ("JUMPDEST PUSH1", vec![0x5b, 0x60, 0x5b]),
        ("JUMPDEST PUSH0", vec![0x5b, 0x5f]),
        ("JUMPDEST PUSH32 of JUMPDESTs", [vec![0x5b, 0x7f], vec![0x5b; 32]].concat()),
        ("all PUSH32 of PUSH32", vec![0x7f]),
        ("DUP and SWAP", shuffles),
        ("SWAP16", vec![0x9f]),
        (
            "JUMPDEST, 16 deep",
            [vec![0x5b], vec![0x5f; 16], [0x9f, 0x8f, 0x50].repeat(300)].concat(),
        ),
        ("all GAS", vec![0x5a]),
        ("GAS POP", vec![0x5a, 0x50]),
        ("JUMPDESTs, then work", jumpdests_then_work),
        ("JUMPDESTs, then a branch", branches.to_vec()),
        ("all JUMPI", vec![0x57]),
        ("JUMPDEST MSTORE8", vec![0x5b, 0x5f, 0x5f, 0x53]),
        ("JUMPDEST CALL", vec![0x5b, 0xf1]),
        ("JUMPDEST LOG4", vec![0x5b, 0xa4]),
        ("all MULMOD", vec![0x09]),
    ]
}

/// Every head that can be reached: the entry, every jump destination, and what falls out of them.
fn lower_all(program: &evm::Program) -> (usize, usize) {
    let targets = (0..program.head_limit()).filter(|pc| program.is_jump_target(*pc)).map(Head);
    let mut ahead: Vec<Head> = targets.chain([program.entry()]).collect();
    let mut known: BTreeSet<u32> = ahead.iter().map(|head| head.0).collect();
    let (mut heads, mut insts) = (0, 0);
    while let Some(head) = ahead.pop() {
        let mut func = Func::default();
        program.lower(head, None, &mut func);
        verify_func(program.interface(), &func).expect("what a guest makes verifies");
        heads += 1;
        insts += func.insts.len();
        for (_, block) in func.blocks.iter() {
            let edges = match block.terminator {
                Terminator::Jump(edge) => [Some(edge), None],
                Terminator::Branch { then, otherwise, .. } => [Some(then), Some(otherwise)],
                _ => [None, None],
            };
            for edge in edges.into_iter().flatten() {
                if let Edge::Enter { head, .. } = edge
                    && known.insert(head.0)
                {
                    ahead.push(head);
                }
            }
        }
    }
    (heads, insts)
}

#[test]
fn lowering_every_block_is_linear_in_the_code() {
    for (name, pattern) in patterns() {
        let mut before = 0;
        for size in SIZES {
            let code: Arc<[u8]> = bomb(&pattern, size).into();
            let program = evm::Program::new(code, Fork::LATEST, evm::Mode::Plain);
            let (heads, insts) = lower_all(&program);
            println!("{name}, {size} bytes: {heads} heads, {insts} instructions");
            assert!(insts <= INSTS_PER_BYTE * size, "{name}, {size} bytes: {insts} instructions");
            // Twice the code is twice the work, give or take a block.
            assert!(before == 0 || insts <= 2 * before + 4096, "{name}: {before}, then {insts}");
            before = insts;
        }
    }
}

type Host = Ethereum<Journal<MemoryStorage>>;

/// Calls of the bomb return at once.
struct NoMachine;

impl Machine<Host> for NoMachine {
    fn run(
        &mut self,
        _: &mut Host,
        program: Program<'_>,
        _: &mut Vec<u8>,
    ) -> Result<Ended, Faulted> {
        Ok(Ended { exit: Exit::Return, gas_left: program.gas })
    }
}

/// Bytes of register bytecode after the code was entered at every jump destination.
fn enter_all(code: Arc<[u8]>) -> usize {
    let mut journal = Journal::new(MemoryStorage::default());
    journal.begin_transaction();
    // The frame of a host without one is account number zero.
    journal.account(CONTRACT).expect("memory does not fail");
    let mut host = Ethereum::new(journal, Config::new(Fork::LATEST, 1), Block::default());
    let guest = Arc::new(evm::Program::new(code.clone(), Fork::LATEST, evm::Mode::Plain));
    let interpreted = Code::lazy(guest.clone());
    let links = Links::new(evm::Program::shared_interface(), &functions()).expect("all imports");
    let resources = Resources::new().expect("address space");
    let translator = RefCell::<Translator>::default();
    for target in (0..guest.head_limit()).filter(|pc| guest.is_jump_target(*pc)) {
        let input = U256::from(target).to_be_bytes::<32>();
        let spec = Spec {
            interface: interpreted.interface(),
            links: &links,
            read_only: [&input, &code],
            instance: None,
            depth: 0,
            gas: 100_000,
            is_observed: false,
        };
        let output = &mut Vec::new();
        let both = (&mut host, &mut NoMachine as &mut dyn Machine<Host>);
        let (ending, _) = activate(&resources, &translator, &interpreted, both, &spec, output);
        assert!(!matches!(ending, Ending::Refused(_)), "{ending:?}");
    }
    interpreted.size_bytes()
}

#[test]
fn register_bytecode_is_linear_in_the_code() {
    for (name, pattern) in patterns() {
        // Every entry runs to the end of what it can pay for: a quarter of the size is enough to see growth.
        let [small, large] = [SIZES[0] / 4, SIZES[0] / 2].map(|size| {
            let bytes = enter_all(bomb(&pattern, size).into());
            println!("{name}, {size} bytes: {bytes} bytes of register bytecode");
            assert!(bytes <= WORDS_PER_BYTE * size + 4096, "{name}, {size} bytes: {bytes} bytes");
            bytes
        });
        assert!(large <= 2 * small + 65_536, "{name}: {small}, then {large}");
    }
}

#[test]
fn odd_code_runs_like_any_other() {
    let engine = lockstep::Engine::new();
    let mut runner = Runner::new(&engine);
    let mut codes: Vec<Vec<u8>> = (0..=255).map(|byte| vec![byte]).collect();
    // Immediates that end with the code, or beyond.
    for present in 0..=32 {
        codes.push([vec![0x7f], vec![0xff; present]].concat());
        codes.push([vec![0x5f, 0x35, 0x50, 0x7f], vec![0x5b; present]].concat());
    }
    for (_, pattern) in patterns() {
        codes.extend(SIZES.map(|size| bomb(&pattern, size)));
        codes.push(pattern.iter().copied().cycle().take(5000).collect());
    }
    // Every opcode, alone and many times over, on a stack that is empty, and one that is full.
    for byte in 0..=255 {
        codes.push(vec![byte; 3000]);
        codes.push([vec![0x5f; 1024], vec![0x5b], vec![byte; 3000]].concat());
    }
    for code in codes {
        let input = U256::from(3).to_be_bytes::<32>().to_vec();
        let case = Case { gas: 3_000_000, input, ..Case::of(code) };
        let agreed = runner.agree(&case, &[Way::EVALUATOR, Way::INTERPRETER, Way::OPTIMIZING]);
        let start: Vec<u8> = case.code.iter().copied().take(40).collect();
        agreed.unwrap_or_else(|_| panic!("tiers differ on {} bytes: {start:x?}", case.code.len()));
    }
}

/// Ten megabytes of initialization code: longer than any transaction may carry, but a caller of ours may bring it.
#[test]
fn huge_initialization_code_is_translated_as_far_as_it_runs() {
    let mut code = vec![0x5b; 10 << 20];
    let end = code.len();
    // Over all of it to the last byte: PUSH3 JUMP.
    let target = (end as u32 - 1).to_be_bytes();
    code[..5].copy_from_slice(&[0x62, target[1], target[2], target[3], 0x56]);
    let engine = lockstep::Engine::new();
    let mut runner = Runner::new(&engine);
    let case = Case { gas: 1000, ..Case::of(code) };
    let (seen, _) =
        runner.agree(&case, &[Way::EVALUATOR, Way::INTERPRETER, Way::OPTIMIZING]).expect("equal");
    assert_eq!((seen.exit, seen.gas_left), (Exit::Return, 1000 - 12));
}
