//! Small modules, loaded, lowered, verified and run by the reference evaluator.

mod control;
mod gas;
mod load;
mod memory;
mod numeric;

use std::sync::Arc;

use lockstep_base::Index;
use lockstep_ir::{
    Func, FuncId, Functions, MemoryId, Trap,
    evaluate::{Outcome, SimpleEnv, evaluate_function},
    verify_function,
};

use super::{Config, ExternKind, LoadError, Module};

const GAS: u64 = 1 << 40;

fn try_load(text: &str) -> Result<Module, LoadError> {
    let bytes = wat::parse_str(text).expect("the test is well-formed");
    Module::load(Arc::from(bytes), &Config::default())
}

/// Loads a module and verifies what each of its functions becomes.
fn load(text: &str) -> Module {
    let module = try_load(text).expect("the module is valid");
    for number in 0..module.interface().signatures.len() {
        lower(&module, FuncId::new(number));
    }
    module
}

fn lower(module: &Module, id: FuncId) -> Func {
    let mut func = Func::default();
    module.lower(id, &mut func);
    if let Err(error) = verify_function(module.interface(), id, &func) {
        panic!("{error}: {func:#?}");
    }
    func
}

/// The module's own function that it exports as `name`.
fn exported(module: &Module, name: &str) -> FuncId {
    let export = module.exports().iter().find(|export| export.name == name);
    let export = export.expect("the test exports it");
    assert_eq!(export.kind, ExternKind::Func);
    FuncId(export.index - module.imported_funcs())
}

struct Run {
    module: Module,
    env: SimpleEnv,
}

impl Run {
    fn new(text: &str) -> Self {
        let module = load(text);
        let env = SimpleEnv::new(module.interface(), GAS);
        Self { module, env }
    }

    /// Calls an export with arguments of at most 64 bits; the first limbs of the results.
    fn call(&mut self, name: &str, args: &[u64]) -> Result<Vec<u64>, Trap> {
        let args: Vec<_> = args.iter().map(|arg| [*arg, 0, 0, 0, 0, 0, 0, 0]).collect();
        let func = exported(&self.module, name);
        match evaluate_function(&self.module, func, &args, &mut self.env) {
            Outcome::Returned(results) => Ok(results.iter().map(|bits| bits[0]).collect()),
            Outcome::Trapped(trap) => Err(trap),
            other => panic!("{other:?}"),
        }
    }

    /// The only result.
    fn one(&mut self, name: &str, args: &[u64]) -> Result<u64, Trap> {
        self.call(name, args).map(|results| results[0])
    }

    fn memory(&self) -> &[u8] {
        self.env.memory(MemoryId(0))
    }
}

/// A module of one function without parameters or results, with this body.
fn one_function(body: &[u8]) -> Vec<u8> {
    let mut bytes = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0".to_vec();
    let mut code = vec![1];
    leb(body.len(), &mut code);
    code.extend(body);
    bytes.push(10);
    leb(code.len(), &mut bytes);
    bytes.extend(code);
    bytes
}

fn leb(mut number: usize, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}
