//! Every program of `corpus/dmir` does what it promises: as written, printed and parsed again, folded and stripped of
//! dead code, and, for single operations, computed by the builder.
#![forbid(unsafe_code)]
#![allow(missing_docs, reason = "tests")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use lockstep_ir::{
    Builder, Func, FuncId, Inst, Module, Op, Operand, Type, Verified, pass,
    text::{Run, Want, parse, print, runs},
    verify_module,
};

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let path = entry.expect("a folder's entry").path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "dmir") {
            found.push(path);
        }
    }
}

struct Program {
    name: String,
    module: Verified<Module>,
    runs: Vec<Run>,
}

fn corpus() -> Vec<Program> {
    let mut paths = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/dmir"), &mut paths);
    paths.sort();
    let load = |path: PathBuf| {
        let name = path.display().to_string();
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
        let module = parse(&text).unwrap_or_else(|error| panic!("{name}:{error}"));
        let runs = runs(&text, &module).unwrap_or_else(|error| panic!("{name}:{error}"));
        let module = verify_module(module).unwrap_or_else(|error| panic!("{name}: {error}"));
        Program { name, module, runs }
    };
    paths.into_iter().map(load).collect()
}

fn check(name: &str, module: &Verified<Module>, runs: &[Run]) {
    for run in runs {
        let (got, used) = run.evaluate(module);
        assert_eq!(got.as_ref(), Some(&run.want), "{name}:{}", run.line);
        assert!(run.gas_used.is_none_or(|gas| gas == used), "{name}:{}: {used} gas", run.line);
    }
}

#[test]
fn every_program_does_what_it_promises() {
    for program in corpus() {
        assert!(!program.runs.is_empty(), "{} promises nothing", program.name);
        check(&program.name, &program.module, &program.runs);
    }
}

#[test]
fn printed_programs_parse_to_themselves() {
    for program in corpus() {
        let printed = print(&program.module);
        let again = parse(&printed).unwrap_or_else(|error| panic!("{}: {error}", program.name));
        assert_eq!(again, *program.module, "{}", program.name);
    }
}

#[test]
fn passes_keep_what_programs_do() {
    for program in corpus() {
        let mut module = (*program.module).clone();
        for id in 0..module.funcs.len() as u32 {
            pass::fold(&mut module.funcs[FuncId(id)]);
        }
        module = verify_module(module)
            .unwrap_or_else(|error| panic!("{} folded: {error}", program.name))
            .into_inner();
        for id in 0..module.funcs.len() as u32 {
            pass::remove_dead(&mut module.funcs[FuncId(id)]);
        }
        let module = verify_module(module)
            .unwrap_or_else(|error| panic!("{} stripped: {error}", program.name));
        check(&program.name, &module, &program.runs);
    }
}

/// The one operation of a function that holds nothing else.
fn single(func: &Func) -> Option<(Op, Type, Type)> {
    match func.insts[..] {
        [Inst::Op { op, ty, to, .. }] if func.results == [to] => Some((op, ty, to)),
        _ => None,
    }
}

/// What the builder makes of an operation on the arguments of `run`.
fn folded((op, ty, to): (Op, Type, Type), run: &Run) -> Option<Want> {
    let mut func = Func::default();
    let mut builder = Builder::new(&mut func);
    let args: Vec<Operand> = run
        .args
        .iter()
        .enumerate()
        .map(|(position, bits)| builder.constant_bits(bits, op.shape().operand(position, ty)))
        .collect();
    let result = match op.shape().result(ty) {
        Some(_) => builder.op(op, ty, &args),
        None => builder.convert(op, ty, to, args[0]),
    };
    func.const_limbs(result, to).map(|bits| Want::Values(vec![bits]))
}

#[test]
fn the_builder_computes_the_same() {
    for program in corpus() {
        for run in &program.runs {
            let Some(row) = single(&program.module.funcs[run.func]) else { continue };
            match &run.want {
                Want::Trap(_) => {
                    assert_eq!(folded(row, run), None, "{}:{}", program.name, run.line)
                }
                want => {
                    assert_eq!(
                        folded(row, run).as_ref(),
                        Some(want),
                        "{}:{}",
                        program.name,
                        run.line
                    );
                }
            }
        }
    }
}

#[test]
fn every_operation_is_there_at_every_type() {
    let mut present = BTreeSet::new();
    for program in corpus() {
        present.extend(program.module.funcs.iter().filter_map(|(_, func)| single(func)));
    }
    for op in Op::ALL {
        for ty in Type::ALL {
            for to in Type::ALL {
                let exists = op.shape().admits(ty, to);
                assert!(!exists || present.contains(&(*op, ty, to)), "{op} from {ty} to {to}");
            }
        }
    }
}
