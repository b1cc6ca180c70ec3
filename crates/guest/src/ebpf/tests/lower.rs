//! What is lowered verifies, and depends on the function alone.

use lockstep_ir::{Func, FuncId, Functions, Inst, verify_function};

use super::{Dialect, Module, load};
use crate::ebpf::{
    assemble,
    opcodes::{Kind, ROWS},
};

fn lowered(module: &Module, func: FuncId) -> Func {
    let mut out = Func::default();
    module.lower(func, &mut out);
    verify_function(module.interface(), func, &out).unwrap_or_else(|error| panic!("{error}"));
    out
}

#[test]
fn every_instruction_of_every_dialect_lowers_to_what_verifies() {
    for dialect in Dialect::ALL {
        for row in ROWS.iter().filter(|row| row.is_in(dialect)) {
            let text = match row.kind {
                Kind::Exit => continue,
                Kind::Movsx(..) => ["%r1", "%r2"].map(|b| format!("{} %r1, {b}", row.name)),
                Kind::Alu(..) => ["3", "%r2"].map(|b| format!("{} %r1, {b}", row.name)),
                Kind::Branch(..) => ["3", "%r2"].map(|b| format!("{} %r1, {b}, +0", row.name)),
                Kind::Store(..) => ["3", "%r2"].map(|b| format!("{} [%r10-8], {b}", row.name)),
                Kind::Load(..) => ["-8", "+8"].map(|at| format!("{} %r1, [%r10{at}]", row.name)),
                Kind::Neg(_) => ["%r1", "%r9"].map(|a| format!("{} {a}", row.name)),
                Kind::End(_) | Kind::Swap => ["16", "64"].map(|n| format!("{}{n} %r3", row.name)),
                Kind::LoadImm => ["0", "-1"].map(|n| format!("lddw %r1, {n}")),
                Kind::Goto(_) => ["+0", "-1"].map(|n| format!("{} {n}", row.name)),
                Kind::Atomic(_) => ["lock fetch xor [%r10-8], %r3", "lock cmpxchg32 [%r10-8], %r3"]
                    .map(str::to_owned),
                Kind::Call => ["call 1", "call local f"].map(str::to_owned),
                Kind::CallReg => ["callx %r1", "callx %r9"].map(str::to_owned),
            };
            for text in text {
                let program = format!("{text}\nexit\nf: exit");
                // `hor` takes no register, and versions of sBPF resolve calls in their own ways.
                if assemble(&program, dialect).is_err() {
                    continue;
                }
                let Ok(module) = load(&program, dialect) else { continue };
                lowered(&module, module.entry());
            }
        }
    }
}

#[test]
fn spans_end_where_the_counter_is_seen() {
    let module =
        load("mov %r0, 1\nadd %r0, 1\nldxb %r2, [%r1]\nadd %r0, %r2\ncall 1\nexit", Dialect::Rfc)
            .expect("a program");
    let func = lowered(&module, module.entry());
    let charges: Vec<u32> = func
        .insts
        .iter()
        .filter_map(|inst| if let Inst::Charge { gas } = inst { Some(*gas) } else { None })
        .collect();
    assert_eq!(charges, [3, 2, 1]);
}

/// Registers that neither a function nor anybody it calls reads are not handed over.
#[test]
fn functions_take_what_is_read() {
    let params = |text: &str, dialect: Dialect| -> Vec<usize> {
        let module = load(text, dialect).expect("a program");
        module.interface().signatures.as_slice().iter().map(|ty| ty.params.len()).collect()
    };
    // The first passes r2 on for g, which reads r2 and r3; h reads its frame pointer, and so does who calls it.
    let text = "
        call local g
        exit
        g: mov %r0, %r2
        add %r0, %r3
        exit
        h: mov %r1, 0
        stxdw [%r10-8], %r1
        call local h
        exit";
    assert_eq!(params(text, Dialect::Rfc), [2, 2, 2]);
    assert_eq!(params("mov %r1, 5\nmov %r0, 0\nexit", Dialect::Rfc), [0]);
    assert_eq!(params("call 1\nexit", Dialect::Rfc), [5]);
    assert_eq!(params("lddw %r3, 0\ncallx %r3\nexit", Dialect::Rfc), [6]);
    assert_eq!(params("mov %r0, 0\nexit", Dialect::V3), [11]);
}
