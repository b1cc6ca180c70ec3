//! Memory: regions, rights, gaps, and what lies at their borders.

use lockstep_rt::Trap;

use super::{
    super::{Dialect, End},
    ended, program, run,
};

const OUT: End = End::Trap(Trap::MemoryOutOfBounds);

/// How a load or store of `name` at an address ends.
fn at(dialect: Dialect, name: &str, address: u64) -> End {
    let access = match name.starts_with("ld") {
        true => format!("{name} %r0, [%r2]"),
        false => format!("{name} [%r2], 7"),
    };
    let text = match dialect {
        Dialect::V2 => format!(
            "mov32 %r2, {}\nhor %r2, {}\nmov %r0, 0\n{access}\nexit",
            address as u32 & 0x7fff_ffff,
            address >> 32
        ),
        _ => format!("lddw %r2, {address:#x}\nmov %r0, 0\n{access}\nexit"),
    };
    ended(&text, dialect).0
}

fn works(dialect: Dialect, name: &str, address: u64) -> bool {
    match at(dialect, name, address) {
        End::Returned(_) => true,
        OUT => false,
        other => panic!("{other:?}"),
    }
}

#[test]
fn regions_end_where_they_end() {
    const SIZES: [(&str, &str, u64); 4] =
        [("ldxb", "stb", 1), ("ldxh", "sth", 2), ("ldxw", "stw", 4), ("ldxdw", "stdw", 8)];
    for dialect in [Dialect::V0, Dialect::V1, Dialect::V2, Dialect::V3] {
        // Heap of 32 KiB, input of 64 bytes.
        for (start, len) in [(3_u64 << 32, 32 << 10), (4 << 32, 64)] {
            for (load, store, size) in SIZES {
                for name in [load, store] {
                    assert!(works(dialect, name, start), "{dialect} {name}");
                    assert!(works(dialect, name, start + len - size), "{dialect} {name}");
                    assert!(!works(dialect, name, start + len - size + 1), "{dialect} {name}");
                    assert!(!works(dialect, name, start - 1), "{dialect} {name}");
                }
            }
        }
        for address in [5_u64 << 32, 0x7fff_ffff_0000_0000] {
            assert!(!works(dialect, "ldxb", address), "{dialect} {address:#x}");
        }
    }
}

#[test]
fn the_program_is_only_read() {
    for (dialect, start) in [(Dialect::V0, 1 << 32), (Dialect::V2, 1 << 32), (Dialect::V3, 0)] {
        assert!(works(dialect, "ldxdw", start), "{dialect}");
        assert!(!works(dialect, "stb", start), "{dialect}");
    }
}

#[test]
fn frames_of_v0_have_gaps_and_others_do_not() {
    let stack = 2_u64 << 32;
    assert!(works(Dialect::V0, "stdw", stack + 4088));
    assert!(!works(Dialect::V0, "stdw", stack + 4096));
    assert!(!works(Dialect::V0, "stb", stack + 8191));
    assert!(works(Dialect::V0, "stb", stack + 8192));
    for dialect in [Dialect::V1, Dialect::V3] {
        assert!(works(dialect, "stdw", stack + 4096), "{dialect}");
        assert!(!works(dialect, "stb", stack + 64 * 4096), "{dialect}");
    }
    // What begins in a frame goes on in the next one, whose address is behind the gap.
    let text =
        "lddw %r2, 0x200000ffc\nstdw [%r2], -1\nlddw %r3, 0x200002000\nldxdw %r0, [%r3]\nexit";
    assert_eq!(ended(text, Dialect::V0).0, End::Returned(0xffff_ffff));
}

#[test]
fn null_and_small_numbers_are_no_address_in_the_rfc() {
    for address in [0, 8, 4096, (1 << 32) - 8, u64::MAX, u64::MAX - 7] {
        assert!(!works(Dialect::Rfc, "ldxdw", address), "{address:#x}");
        assert!(!works(Dialect::Rfc, "stdw", address), "{address:#x}");
    }
    let text = "mov %r2, %r1\nadd %r2, 60\nldxw %r0, [%r2]\nldxdw %r0, [%r2]\nexit";
    assert_eq!(ended(text, Dialect::Rfc), (OUT, 4));
}

#[test]
fn a_program_changes_its_input_and_nobody_elses() {
    for dialect in Dialect::ALL {
        let program = program("stxb [%r1+3], %r10\nstb [%r1], 9\nmov %r0, 0\nexit", dialect);
        let outcome = run(&program, &[1; 4], 100);
        assert_eq!((outcome.input[0], outcome.input[1]), (9, 1), "{dialect}");
        let again = run(&program, &[1; 4], 100);
        assert_eq!(again, outcome, "{dialect}");
    }
    for len in [255, 256, 257] {
        let program = program("ldxb %r0, [%r1+255]\nexit", Dialect::V3);
        let is_there = run(&program, &vec![1; len], 100).end == End::Returned(1);
        assert_eq!(is_there, len > 255, "{len}");
    }
}

#[test]
fn frames_are_a_functions_own_and_zero_at_first() {
    let text = "mov %r1, 5\nstxdw [%r10-8], %r1\ncall local f\nldxdw %r1, [%r10-8]\nadd %r0, %r1\nexit\nf: ldxdw %r0, [%r10-8]\nmov %r1, 100\nstxdw [%r10-8], %r1\nexit";
    for dialect in [Dialect::Rfc, Dialect::V0, Dialect::V3] {
        assert_eq!(ended(text, dialect).0, End::Returned(5), "{dialect}");
    }
}
