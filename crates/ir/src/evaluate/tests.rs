//! Programs with answers, and the lazy guest.

use alloc::{format, string::String, sync::Arc, vec, vec::Vec};

use super::*;
use crate::{
    func::Func,
    inst::Head,
    module::Interface,
    text::{parse, runs},
    verify::verify_module,
};

fn check(text: &str) {
    let module = parse(text).unwrap_or_else(|error| panic!("{error}"));
    let runs = runs(text, &module).unwrap_or_else(|error| panic!("{error}"));
    let module = verify_module(module).unwrap_or_else(|error| panic!("{error}"));
    assert!(!runs.is_empty());
    for run in runs {
        let (got, used) = run.evaluate(&module);
        assert_eq!(got.as_ref(), Some(&run.want), "line {}", run.line);
        assert!(run.gas_used.is_none_or(|gas| gas == used), "line {}: {used} gas", run.line);
    }
}

#[test]
fn a_loop_runs_on_variables() {
    check(
        "func @sum(n: i64) -> i64 {\nvar s: i64\nb:\n charge 1\n t = iadd.i64 s, n\n m = isub.i64 n, 1\n \
         set s, t\n set n, m\n z = ieq.i64 m, 0\n branch z, goto c, goto b\nc:\n return s\n}\n\
         ; run: @sum(4) == 10, gas 4\n; run: @sum(100) with gas 99 == trap out_of_gas\n",
    );
}

#[test]
fn a_loop_that_pays_nothing_is_ended_by_its_environment() {
    let module = parse("func @f() {\nb:\n goto b\n}\n").unwrap_or_else(|error| panic!("{error}"));
    let module = verify_module(module).unwrap_or_else(|error| panic!("{error}"));
    let mut env = SimpleEnv::new(&module.interface, 0);
    assert_eq!(evaluate_func(&module, FuncId(0), &[], &mut env), Outcome::Stopped);
}

/// Blocks of a stack machine in text: `@h0`, `@h1`, ... and the twin of head 1 as `@twin`.
struct Guest {
    interface: Arc<Interface>,
    funcs: Vec<(String, Func)>,
}

impl Lazy for Guest {
    fn interface(&self) -> &Arc<Interface> {
        &self.interface
    }

    fn head_limit(&self) -> u32 {
        9
    }

    fn is_jump_target(&self, number: u32) -> bool {
        number == 2
    }

    fn lower(&self, head: Head, height: Option<u16>, out: &mut Func) {
        let name = if height.is_some() { "twin".into() } else { format!("{head}") };
        let found = self.funcs.iter().find(|(other, _)| *other == name);
        out.clone_from(&found.unwrap_or_else(|| panic!("no fragment {name}")).1);
    }
}

fn guest(text: &str) -> Guest {
    let text = format!("memory m0 = on_touch 0 linear 3 divisor 512\nwindow i256 4\n{text}");
    let module = parse(&text).unwrap_or_else(|error| panic!("{error}"));
    let funcs = module.names.into_iter().zip(module.funcs.as_slice().iter().cloned()).collect();
    Guest { interface: Arc::new(module.interface), funcs }
}

const PUSH_AND_JUMP: &str = "\
func @h0() {
var s: i256 slot 0
b head h0:
 window_check need 0, grow 1
 charge 3
 set s, 41
 enter h1 shift 1
}
";

#[test]
fn control_and_stack_pass_between_fragments() {
    let guest = guest(&format!(
        "{PUSH_AND_JUMP}\
func @h1() {{
var s: i256 slot -1
var u: i256 slot 0
b head h1:
 window_check need 1, grow 1
 charge 5
 v = iadd.i256 s, 1
 set s, v
 set u, 2
 t = copy.i256 u
 enter_dyn t
}}
func @h2() {{
var s: i256 slot -1
b head h2:
 window_check need 1, grow 0
 t = check.i64 m0, 0, 32
 store.i256.be t + 0, s
 exit t, 32
}}
"
    ));
    let mut env = SimpleEnv::new(&guest.interface, 100);
    let outcome = evaluate_lazy(&guest, &mut env);
    let output = Some(Range { memory: MemoryId(0), offset: 0, len: 32 });
    assert_eq!(outcome, Outcome::Exited { revert: false, output });
    assert_eq!(env.memory(MemoryId(0))[31], 42);
    assert_eq!(env.gas(), 100 - 3 - 5 - 3);
}

#[test]
fn a_failed_window_check_runs_the_twin() {
    let guest = guest(&format!(
        "{PUSH_AND_JUMP}\
func @h1() {{
var s: i256 slot -2
b head h1:
 window_check need 2, grow 0
 charge 50
 set s, 1
 exit
}}
func @twin() {{
b head h1:
 window_check need 0, grow 0
 charge 7
 trap stack_underflow
}}
"
    ));
    let mut env = SimpleEnv::new(&guest.interface, 100);
    assert_eq!(evaluate_lazy(&guest, &mut env), Outcome::Trapped(Trap::StackUnderflow));
    assert_eq!(env.gas(), 100 - 3 - 7);
}

#[test]
fn a_jump_to_no_target_traps() {
    let guest = guest("func @h0() {\nb head h0:\n enter_dyn 1\n}\n");
    let mut env = SimpleEnv::new(&guest.interface, 0);
    assert_eq!(evaluate_lazy(&guest, &mut env), Outcome::Trapped(Trap::InvalidJump));
    let empty = vec![0u8; 0];
    assert_eq!(env.memory(MemoryId(0)), empty);
}
