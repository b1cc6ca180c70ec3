//! Code made to be slow to translate: what comes out stays in proportion to what goes in.
//!
//! Counted, not timed: instructions of dMIR over every head that control can reach, which is more than any run
//! translates. What a tier makes of an instruction is bounded by its encoding.
#![forbid(unsafe_code)]
#![allow(missing_docs, reason = "tests")]

use std::collections::BTreeSet;

use lockstep::Fork;
use lockstep_guest::evm::{Mode, Program};
use lockstep_ir::{Edge, Func, Head, Lazy, Terminator, verify_func};

/// EIP-170 and EIP-3860: the longest code that lies in an account, and the longest that creates one.
const LENGTHS: [usize; 2] = [24_576, 49_152];
/// Instructions for each byte of code at most. Each of a run of JUMPDESTs begins a block of its own: a window check, a
/// charge and an edge.
const PER_BYTE_MAX: usize = 4;

/// More than what a block can hold: what the last one has may differ.
const BLOCK: usize = 1100;

/// Bytes that repeat, and why they might be slow.
const PATTERNS: &[(&str, &[u8])] = &[
    ("a sea of JUMPDEST", &[0x5b]),
    ("PUSH0, a word for each byte", &[0x5f]),
    ("PUSH1 of PUSH1", &[0x60]),
    ("PUSH32 of PUSH32", &[0x7f]),
    ("JUMPDEST and PUSH0 in turn", &[0x5b, 0x5f]),
    ("JUMPDEST and a jump to nowhere", &[0x5b, 0x5f, 0x56]),
    ("JUMPDEST and POP", &[0x5b, 0x50]),
    ("blocks that write sixteen slots home", &[0x5b, 0x9f, 0x8f]),
    ("conditional jumps", &[0x5b, 0x5f, 0x5f, 0x57]),
    ("a host operation for each byte", &[0x5a, 0x50]),
    ("undefined opcodes behind JUMPDESTs", &[0x5b, 0x0c]),
];

/// Heads, and instructions with terminators, of everything that control can reach in `code`.
fn translate(code: &[u8]) -> (usize, usize) {
    let program = Program::new(code.into(), Fork::LATEST, Mode::Plain);
    let mut open: BTreeSet<Head> = (0..program.head_limit())
        .filter(|pc| program.is_jump_target(*pc))
        .map(Head)
        .chain([program.entry()])
        .collect();
    let (mut done, mut insts) = (BTreeSet::new(), 0);
    let mut func = Func::default();
    while let Some(head) = open.pop_first() {
        if !done.insert(head) {
            continue;
        }
        func.clear();
        program.lower(head, None, &mut func);
        verify_func(program.interface(), &func).expect("what the guest makes verifies");
        insts += func.insts.len();
        for (_, block) in func.blocks.iter() {
            insts += 1;
            let edges = match block.terminator {
                Terminator::Jump(edge) => [Some(edge), None],
                Terminator::Branch { then, otherwise, .. } => [Some(then), Some(otherwise)],
                _ => [None, None],
            };
            let heads = edges.into_iter().flatten().filter_map(|edge| match edge {
                Edge::Enter { head, .. } => Some(head),
                _ => None,
            });
            open.extend(heads.filter(|head| !done.contains(head)));
        }
    }
    (done.len(), insts)
}

#[test]
fn translation_stays_in_proportion_to_the_code() {
    let mut wrong = Vec::new();
    for (name, pattern) in PATTERNS {
        let [(_, short), (heads, long)] = LENGTHS.map(|len| {
            let code: Vec<u8> = pattern.iter().copied().cycle().take(len).collect();
            translate(&code)
        });
        println!("{name}: {short} instructions of 24 KiB, {long} of 48 KiB in {heads} blocks");
        if long > LENGTHS[1] * PER_BYTE_MAX {
            wrong.push(format!("{name}: {long} instructions of {} bytes", LENGTHS[1]));
        }
        if long > 2 * short + BLOCK {
            wrong.push(format!("{name}: {short} instructions, then {long} of twice the code"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
