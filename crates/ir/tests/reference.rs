//! `docs/generated/ops.md` repeats the op table. `UPDATE=1 cargo test -p lockstep-ir --test reference` writes it.
#![forbid(unsafe_code)]
#![allow(missing_docs, reason = "tests")]

use std::{fmt::Write, fs, path::Path};

use lockstep_ir::{Op, Shape, Trap};

const fn signature(shape: Shape) -> &'static str {
    match shape {
        Shape::Unary => "`(T) -> T`, integers",
        Shape::Binary => "`(T, T) -> T`, integers",
        Shape::Ternary => "`(T, T, T) -> T`, integers",
        Shape::Compare => "`(T, T) -> i8`, integers",
        Shape::Select => "`(i8, T, T) -> T`, any type",
        Shape::Extend => "`(T) -> U`, integers, U wider",
        Shape::Reduce => "`(T) -> U`, integers, U narrower",
        Shape::FloatUnary => "`(F) -> F`, floats",
        Shape::FloatBinary => "`(F, F) -> F`, floats",
        Shape::FloatCompare => "`(F, F) -> i8`, floats",
        Shape::FloatPromote => "`(f32) -> f64`",
        Shape::FloatDemote => "`(f64) -> f32`",
        Shape::IntToFloat => "`(i32 or i64) -> F`",
        Shape::FloatToInt => "`(F) -> i32 or i64`",
        Shape::Bitcast => "`(T) -> U`, integer and float or vector of one width",
        Shape::LaneSplat => "`(T) -> v128`, lanes",
        Shape::LaneExtract => "`(v128, i8) -> T`, lanes",
        Shape::LaneReplace => "`(v128, i8, T) -> v128`, lanes",
        Shape::LaneUnary => "`(v128) -> v128`, integer lanes",
        Shape::LaneBinary => "`(v128, v128) -> v128`, integer lanes",
        Shape::LaneShift => "`(v128, i32) -> v128`, integer lanes",
        Shape::LaneTest => "`(v128) -> i8`, integer lanes",
        Shape::LaneMask => "`(v128) -> i32`, integer lanes",
        Shape::LaneWiden => "`(v128) -> v128`, lanes i8 to i32, doubled",
        Shape::LaneWidenBinary => "`(v128, v128) -> v128`, lanes i8 to i32, doubled",
        Shape::LaneNarrow => "`(v128, v128) -> v128`, lanes i16 to i64, halved",
        Shape::LaneFloatUnary => "`(v128) -> v128`, float lanes",
        Shape::LaneFloatBinary => "`(v128, v128) -> v128`, float lanes",
        Shape::LanePromote => "`(v128) -> v128`, lanes f32",
        Shape::LaneDemote => "`(v128) -> v128`, lanes f64",
        Shape::VectorUnary => "`(v128) -> v128`",
        Shape::VectorBinary => "`(v128, v128) -> v128`",
        Shape::VectorTernary => "`(v128, v128, v128) -> v128`",
        Shape::VectorTest => "`(v128) -> i8`",
    }
}

fn page() -> String {
    let mut page = String::from(
        "# dMIR operations\n\nMade from `crates/ir/src/op/table.rs`; do not edit. N is the width of the operand type \
         in bits.\nAn operation on lanes is named at their type, as in `viadd.i16`, and N is their width; integer lanes are \
         i8 to i64.\nA checked operation may trap instead of yielding a value.\n\n\
         | operation | types | checked | meaning |\n|---|---|---|---|\n",
    );
    for op in Op::ALL {
        let checked = if op.is_checked() { "yes" } else { "" };
        let doc = op.doc().trim().replace('|', "\\|");
        writeln!(page, "| `{op}` | {} | {checked} | {doc} |", signature(op.shape()))
            .expect("writing to a string succeeds");
    }
    page.push_str("\n## Traps\n\n| number | name |\n|---|---|\n");
    for trap in Trap::ALL {
        writeln!(page, "| {} | `{trap}` |", *trap as u8).expect("writing to a string succeeds");
    }
    page
}

#[test]
fn the_reference_page_repeats_the_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/generated/ops.md");
    let page = page();
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(path.parent().expect("a file lies in a folder"))
            .expect("docs can be made");
        fs::write(&path, &page).expect("docs can be written");
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(found == page, "docs/generated/ops.md is old: run this test with UPDATE=1");
}
