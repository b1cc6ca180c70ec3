//! Wasm modules from a seed whose functions call each other in a circle, with frames of every shape.
//!
//! A frame is what its function declares: parameters, locals, results, and operands that lie below the arguments of a call. The
//! circle is closed by calls, calls through a table, and tail calls; it has an end, or ends where the depth does.
//!
//! Invariant: whatever was on the stack or in a local during a call is folded into a global of its type behind it, so that
//! nothing that a callee has overwritten goes unseen.

use std::fmt::Write;

use crate::random::Random;

/// Types of values, and how one is folded into the global of its name.
const TYPES: [(&str, &str); 5] = [
    ("i32", "i32.xor"),
    ("i64", "i64.add"),
    ("f32", "f32.add"),
    ("f64", "f64.sub"),
    ("v128", "v128.xor"),
];

/// Globals of all types, and a counter of calls.
const GLOBALS: &str = "(global $n (export \"n\") (mut i64) (i64.const 0))
(global $i32 (export \"i32\") (mut i32) (i32.const 0x12345678))
(global $i64 (export \"i64\") (mut i64) (i64.const 0x123456789abcdef))
(global $f32 (export \"f32\") (mut f32) (f32.const 1.5))
(global $f64 (export \"f64\") (mut f64) (f64.const -2.25))
(global $v128 (export \"v128\") (mut v128) (v128.const i64x2 0x123456789 0xabcdef))
";

/// The globals that a module exports, whose values together tell what happened.
pub const EXPORTED: [&str; 6] = ["n", "i32", "i64", "f32", "f64", "v128"];

/// A module, and how it is meant to end.
#[derive(Debug)]
pub struct Recursion {
    /// The module's text; it exports `main`, and [`EXPORTED`].
    pub text: String,
    /// After how many calls it returns; none where it goes on until the depth ends.
    pub calls: Option<u64>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Call,
    Table,
    Tail,
}

struct Function {
    params: Vec<usize>,
    results: Vec<usize>,
    locals: Vec<usize>,
    /// What lies below the arguments of its call.
    operands: Vec<usize>,
    way: Way,
}

/// How many of something: few, now and then up to `most`.
fn count(random: &mut Random, few: u64, most: u64) -> u64 {
    if random.one_in(8) { random.below(most) } else { random.below(few) }
}

fn types(random: &mut Random, count: u64) -> Vec<usize> {
    // All of one type now and then: frames of floats or vectors alone.
    match random.one_in(4) {
        true => vec![random.below(TYPES.len() as u64) as usize; count as usize],
        false => (0..count).map(|_| random.below(TYPES.len() as u64) as usize).collect(),
    }
}

impl Function {
    fn new(random: &mut Random, results: &[usize]) -> Self {
        let [params, locals, operands] =
            [(5, 40), (10, 1500), (8, 300)].map(|(few, most)| count(random, few, most));
        Self {
            params: types(random, params),
            results: results.to_vec(),
            locals: types(random, locals),
            operands: types(random, operands),
            way: *random.pick(&[Way::Call, Way::Call, Way::Table]),
        }
    }
}

/// The module of `seed`.
pub fn recursion(seed: u64) -> Recursion {
    let mut random = Random::new(seed);
    let functions = 1 + random.below(4) as usize;
    let result_count = count(&mut random, 4, 30);
    let results = types(&mut random, result_count);
    let mut all: Vec<_> = (0..functions).map(|_| Function::new(&mut random, &results)).collect();
    // A tail call takes no depth: some other call has to close the circle.
    for function in &mut all[1..] {
        if random.one_in(6) {
            function.way = Way::Tail;
        }
    }
    let calls = random.one_in(2).then(|| 1 + random.below(200));
    let mut writer = Writer { all: &all, calls, text: format!("(module\n{GLOBALS}") };
    writer.module(&mut random);
    Recursion { text: writer.text, calls }
}

struct Writer<'a> {
    all: &'a [Function],
    calls: Option<u64>,
    text: String,
}

impl Writer<'_> {
    fn add(&mut self, text: &str) {
        self.text += text;
        self.text.push('\n');
    }

    fn module(&mut self, random: &mut Random) {
        let names: String =
            (0..self.all.len()).fold(String::new(), |all, number| all + &format!(" $f{number}"));
        self.add(&format!("(table funcref (elem{names}))"));
        for (number, function) in self.all.iter().enumerate() {
            let [params, results] = [&function.params, &function.results].map(|all| list(all));
            self.add(&format!("(type $t{number} (func (param {params}) (result {results})))"));
        }
        for number in 0..self.all.len() {
            self.function(random, number);
        }
        self.add("(func (export \"main\")");
        let (params, results) = (&self.all[0].params, &self.all[0].results);
        params.iter().for_each(|ty| self.get(*ty));
        self.add("call $f0");
        results.iter().rev().for_each(|ty| self.fold(*ty));
        self.add("))");
    }

    /// Pushes the global of the type.
    fn get(&mut self, ty: usize) {
        let name = TYPES[ty].0;
        self.add(&format!("global.get ${name}"));
    }

    /// Takes a value off the stack into the global of its type.
    fn fold(&mut self, ty: usize) {
        let (name, op) = TYPES[ty];
        self.add(&format!("global.get ${name} {op} global.set ${name}"));
    }

    fn function(&mut self, random: &mut Random, number: usize) {
        let all = self.all;
        let function = &all[number];
        let locals = list(&function.locals);
        let header = format!("(func $f{number} (type $t{number}) (local {locals})");
        self.add(&header);
        self.add("global.get $n i64.const 1 i64.add global.set $n");
        if let Some(calls) = self.calls {
            self.add(&format!("global.get $n i64.const {calls} i64.ge_u if"));
            function.results.iter().for_each(|ty| self.get(*ty));
            self.add("return end");
        }
        // What every frame keeps differs.
        self.add("i64.const 0x9e3779b97f4a7c15 global.get $n i64.mul global.get $i64 i64.xor global.set $i64");
        self.add("global.get $n i32.wrap_i64 global.get $i32 i32.add global.set $i32");
        let places = (function.params.iter().chain(&function.locals)).copied().enumerate();
        let kept: Vec<_> = places.filter(|_| random.one_in(3)).collect();
        for (place, ty) in kept.iter().filter(|(place, _)| *place >= function.params.len()) {
            self.get(*ty);
            self.add(&format!("local.set {place}"));
        }
        self.call(function, (number + 1) % all.len());
        if function.way != Way::Tail {
            for (place, ty) in kept {
                self.add(&format!("local.get {place}"));
                self.fold(ty);
            }
            function.results.iter().for_each(|ty| self.get(*ty));
        }
        self.add(")");
    }

    fn call(&mut self, function: &Function, callee: usize) {
        let all = self.all;
        function.operands.iter().for_each(|ty| self.get(*ty));
        for ty in &all[callee].params {
            match function.params.iter().position(|own| own == ty) {
                Some(place) => self.add(&format!("local.get {place}")),
                None => self.get(*ty),
            }
        }
        match function.way {
            Way::Call => self.add(&format!("call $f{callee}")),
            Way::Table => {
                self.add(&format!("i32.const {callee} call_indirect (type $t{callee})"));
            }
            Way::Tail => return self.add(&format!("return_call $f{callee}")),
        }
        all[callee].results.iter().rev().for_each(|ty| self.fold(*ty));
        function.operands.iter().rev().for_each(|ty| self.fold(*ty));
    }
}

fn list(types: &[usize]) -> String {
    let mut text = String::new();
    for ty in types {
        write!(text, "{} ", TYPES[*ty].0).expect("writing to a string succeeds");
    }
    text
}
