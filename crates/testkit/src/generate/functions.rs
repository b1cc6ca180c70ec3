//! Internal functions as compilers make them: arguments and results by stack, and below them where to return to.
//!
//! ```text
//! caller     [..]                   push label, words and counter, jump
//! function   [label, counter, ..]   while the counter is not too low: statements, calls with a lower one, statements
//! return     [label, results..]     SWAPn JUMP
//! ```
//!
//! | what | how |
//! |---|---|
//! | leaves | call nobody |
//! | recursion | of itself; of up to three functions that call each other; with up to three calls in an activation |
//! | loops | around a call inside, and around one outside |
//! | tail calls | a jump to a function with the caller's label |
//! | labels | constants; now and then from memory or the input; changing places with a word during a call |
//! | slots | words that lie below the callee's own, and are used when it has returned |
//! | effects | memory, storage, transient storage and gas before calls and behind them |
//! | ends | a function that ends the program, where its counter does or on the way up |
//! | depths | up to 40, where one call is made in an activation; now and then as many as fill the stack |
//!
//! # Invariants
//!
//! 1. Each call passes a lower counter on, so all calls end; how often is bounded by [`COUNTERS`].
//! 2. While the writer is inside a function, its model of the stack knows what lies above the counter alone.

use lockstep_base::U256;

use super::{DUP1, JUMP, JUMPDEST, JUMPI, Kind, POP, PUSH2, SWAP1, Writer};
use crate::assemble::push;

/// Counters at most, by how many calls an activation makes.
const COUNTERS: [u64; 7] = [40, 40, 8, 5, 4, 3, 3];

/// Where the input holds a label, if a program reads one there.
pub(super) const INPUT_LABEL: u8 = 64;

/// What touches memory, storage or the counter of gas.
const TOUCHES: [u8; 11] = [0x20, 0x51, 0x52, 0x53, 0x54, 0x55, 0x59, 0x5a, 0x5c, 0x5d, 0x5e];

/// Functions of a program, and where code names them.
#[derive(Default)]
pub(super) struct Functions {
    all: Vec<Function>,
    /// Where the place of a function is to be written.
    uses: Vec<(usize, usize)>,
    /// Calls that an activation makes at most.
    width: usize,
    /// Whether a function's body is being written.
    pub(super) is_inside: bool,
    /// Where the call returns that takes its label from the input.
    pub(super) input_label: Option<u16>,
}

#[derive(Clone)]
struct Function {
    /// Arguments beside the counter.
    words: usize,
    results: usize,
    /// Whether the counter is the last argument, else the first.
    is_counter_last: bool,
    calls: Vec<Call>,
}

/// A call that a function makes.
#[derive(Clone, Copy)]
struct Call {
    callee: usize,
    /// How much lower the counter is.
    less: u8,
    way: Way,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Plain,
    /// So many times.
    Loop(u8),
    /// While where the caller returns to has changed places with the highest word.
    Moved,
    /// In place of a return.
    Tail,
}

impl Functions {
    fn new(writer: &mut Writer<'_>) -> Self {
        let random = &mut *writer.random;
        // In a ring each calls the next one, so all call themselves by the others.
        let is_ring = random.one_in(4);
        let count = 1 + random.below(3) as usize + usize::from(is_ring);
        let results = random.below(3) as usize;
        let mut all: Vec<_> = (0..count)
            .map(|_| Function {
                words: random.below(4) as usize,
                results: if random.one_in(4) { random.below(4) as usize } else { results },
                is_counter_last: random.one_in(2),
                calls: Vec::new(),
            })
            .collect();
        let (mut width, results) = (0, all.iter().map(|one| one.results).collect::<Vec<_>>());
        for (number, function) in all.iter_mut().enumerate() {
            let calls = *random.pick(&[usize::from(is_ring), 1, 1, 1, 1, 2, 2, 3]);
            for made in 1..=calls {
                let callee = match made {
                    1 if is_ring => (number + 1) % count,
                    _ if random.one_in(2) => number,
                    _ => random.below(count as u64) as usize,
                };
                let is_last = made == calls && results[callee] == function.results;
                let way = match random.below(10) {
                    0 => Way::Loop(1 + random.below(3) as u8),
                    1 => Way::Moved,
                    2 | 3 if is_last => Way::Tail,
                    _ => Way::Plain,
                };
                function.calls.push(Call { callee, less: 1 + random.below(2) as u8, way });
            }
            width = width.max(function.calls.iter().map(Call::times).sum());
        }
        Self { all, width, ..Self::default() }
    }
}

impl Call {
    fn times(&self) -> usize {
        match self.way {
            Way::Loop(times) => times.into(),
            _ => 1,
        }
    }
}

impl Writer<'_> {
    /// Decides which functions there are.
    pub(super) fn plan_functions(&mut self) {
        self.functions = Functions::new(self);
    }

    pub(super) fn has_functions(&self) -> bool {
        !self.functions.all.is_empty()
    }

    /// Calls one from outside, so deep as `depth` loops around it leave room for.
    pub(super) fn call_from_outside(&mut self, depth: u32) {
        let callee = self.random.below(self.functions.all.len() as u64) as usize;
        let width = self.functions.width;
        let most = COUNTERS[width.min(COUNTERS.len() - 1)];
        let counter = match depth {
            2 if width < 2 && self.random.one_in(12) => 100 + self.random.below(1200),
            2 => self.random.below(most + 1),
            _ => self.random.below(most.min(5)),
        };
        let is_hidden = counter < 32 && self.random.one_in(3);
        self.call(callee, |writer| match is_hidden {
            true => {
                // From the input, so far as it is long enough.
                let offset = writer.random.below(90) as u8;
                writer.code.extend([0x60, offset, 0x35, 0x60, counter as u8, 0x16]);
                writer.height += 1;
            }
            false => writer.push(counter),
        });
    }

    fn push(&mut self, number: u64) {
        push(&mut self.code, U256::from(number));
        self.height += 1;
    }

    /// Pushes where to return to, words, and what `counter` pushes; jumps, and is back.
    fn call(&mut self, callee: usize, counter: impl FnOnce(&mut Self)) {
        let Function { words, results, is_counter_last, .. } = self.functions.all[callee];
        let height = self.height;
        let reads_input = !self.functions.is_inside
            && self.functions.input_label.is_none()
            && self.random.one_in(20);
        let label = match reads_input {
            true => {
                self.code.extend([0x60, INPUT_LABEL, 0x35]);
                self.height += 1;
                None
            }
            false => Some(self.push_label()),
        };
        if self.random.one_in(25) {
            self.through_memory();
        }
        if is_counter_last {
            self.push_words(words);
            counter(self);
        } else {
            counter(self);
            self.push_words(words);
        }
        self.jump_to(callee);
        self.height = height + results;
        match label {
            Some(label) => self.land(label),
            None => {
                self.functions.input_label = Some(self.code.len() as u16);
                self.code.push(JUMPDEST);
            }
        }
    }

    fn push_words(&mut self, words: usize) {
        for _ in 0..words {
            let kind = *self.random.pick(&[Kind::Word, Kind::Offset, Kind::Key, Kind::Key]);
            self.push_kind(kind);
        }
    }

    fn jump_to(&mut self, callee: usize) {
        let place = self.push_label();
        self.functions.uses.push((place, callee));
        if self.random.one_in(40) {
            self.through_memory();
        }
        self.plain(JUMP, 1, 0);
    }

    /// Writes all functions, and where they are.
    pub(super) fn write_functions(&mut self) {
        if !self.has_functions() {
            return;
        }
        if !self.random.one_in(30) {
            self.code.push(0x00);
        }
        self.functions.is_inside = true;
        let mut places = Vec::new();
        for function in self.functions.all.clone() {
            places.push(self.code.len() as u16);
            self.code.push(JUMPDEST);
            self.function(&function);
        }
        for (at, function) in core::mem::take(&mut self.functions.uses) {
            self.code[at..at + 2].copy_from_slice(&places[function].to_be_bytes());
        }
    }

    fn function(&mut self, function: &Function) {
        let words = function.words;
        if function.is_counter_last && words > 0 {
            self.swap(words);
        }
        self.height = words;
        if !function.calls.is_empty() {
            // On with what calls where the counter is high enough: DUP, PUSH1, LT, JUMPI.
            let less = function.calls.iter().map(|call| call.less).max().unwrap_or(1);
            self.copy_counter();
            self.code.extend([0x60, less - 1, 0x10]);
            let more = self.push_label();
            self.plain(JUMPI, 2, 0);
            self.statements(2);
            self.end(function, 8);
            self.land(more);
            self.height = words;
        }
        self.statements(3);
        for call in &function.calls {
            self.inner_call(*call);
            self.statements(2);
        }
        match function.calls.last() {
            Some(Call { way: Way::Tail, .. }) => {}
            _ => self.end(function, 20),
        }
    }

    /// Less than `end` statements inside of a function, often with an effect.
    fn statements(&mut self, end: u64) {
        for _ in 0..self.random.below(end) {
            if self.random.one_in(2) {
                let byte = *self.random.pick(&TOUCHES);
                self.operate_byte(byte);
            } else {
                self.statement(1);
            }
        }
        while self.height > 7 {
            self.plain(POP, 1, 0);
        }
    }

    fn inner_call(&mut self, Call { callee, less, way }: Call) {
        let call = |writer: &mut Self| {
            writer.call(callee, |writer| {
                writer.copy_counter();
                writer.code.extend([0x60, less, SWAP1, 0x03]);
            });
        };
        match way {
            Way::Plain => call(self),
            Way::Loop(times) => {
                let height = self.height;
                self.push(times.into());
                let start = self.code.len() as u16;
                self.code.push(JUMPDEST);
                call(self);
                self.level(height + 1);
                self.turn(start);
            }
            Way::Moved => {
                self.level(self.height.max(1));
                let height = self.height;
                self.swap(height + 1);
                call(self);
                while self.height > height {
                    self.code.extend([0x60, 32 * (self.height % 8) as u8, 0x52]);
                    self.height -= 1;
                }
                self.swap(height + 1);
            }
            Way::Tail => self.tail_call(callee, less),
        }
    }

    /// Jumps to a function with the label that this one was given.
    fn tail_call(&mut self, callee: usize, less: u8) {
        self.level(0);
        self.code.extend([0x60, less, SWAP1, 0x03]);
        let Function { words, is_counter_last, .. } = self.functions.all[callee];
        self.push_words(words);
        if is_counter_last && words > 0 {
            self.swap(words);
        }
        self.jump_to(callee);
    }

    /// Returns; once in `rarity` times it ends the program.
    fn end(&mut self, function: &Function, rarity: u64) {
        if self.random.one_in(rarity) {
            return self.finish();
        }
        let results = function.results;
        self.level(results);
        if results > 0 {
            self.swap(results);
        }
        self.code.push(POP);
        if results > 0 {
            self.swap(results);
        }
        self.code.push(JUMP);
    }

    /// Copies the counter, which lies below all that the model knows.
    fn copy_counter(&mut self) {
        self.code.push(DUP1 + self.height as u8);
        self.height += 1;
    }

    fn swap(&mut self, distance: usize) {
        self.code.push(SWAP1 + distance as u8 - 1);
    }

    /// The end of a loop that begins at `start`: PUSH1 1 SWAP1 SUB DUP1 PUSH2 start JUMPI POP.
    pub(super) fn turn(&mut self, start: u16) {
        self.code.extend([0x60, 1, SWAP1, 0x03, DUP1, PUSH2]);
        self.code.extend(start.to_be_bytes());
        self.code.push(JUMPI);
        self.plain(POP, 1, 0);
    }

    /// The word on top is what comes from memory: MSTORE at 0, MLOAD from 0.
    pub(super) fn through_memory(&mut self) {
        self.code.extend([0x60, 0, 0x52, 0x60, 0, 0x51]);
    }
}
