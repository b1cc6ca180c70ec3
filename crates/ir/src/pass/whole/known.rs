//! What is known of heads as functions, while those that call each other are explored together.
//!
//! # Shape
//!
//! A function in progress that is called again calls itself. What it returns is not known then: it is taken for one that
//! never returns, which leaves out what comes behind the call; where that turns out to be wrong it is explored once more,
//! with what was found.
//!
//! # Invariants
//!
//! 1. What a function is taken to return only ever goes from nothing to what some way through it returns, so a function is
//!    explored twice at most for it, and what was assumed holds where nothing has to be explored again.
//! 2. What was found with the help of a function in progress is provisional until that one is done, and forgotten where
//!    it is explored again or turns out to be none.

use alloc::{collections::BTreeMap, vec, vec::Vec};

use crate::inst::Head;

/// No function in progress.
const NONE: usize = usize::MAX;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Unknown,
    /// It is being explored, so many others below it; whether somebody asked what it returns.
    InProgress {
        at: usize,
        is_asked: bool,
    },
    /// It is none.
    Not,
    /// It is one, found with the help of those in progress from there on.
    Function {
        lowest: usize,
    },
}

struct Candidate {
    state: State,
    /// Slots in use where it returns, as far as known.
    end: Option<i16>,
}

/// A function in progress.
struct Frame {
    func: usize,
    /// The lowest function in progress that it calls.
    lowest: usize,
    /// How many were provisional when it began.
    mark: usize,
}

/// What somebody finds who asks.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Nobody has explored it.
    Unknown,
    /// Whoever asks calls itself: slots in use where it returns, if it is known to return.
    InProgress(Option<i16>),
    Not,
    Function,
}

/// What is known of functions, by their numbers. Number 0 is the program's entry, which is none.
pub(super) struct Known {
    numbers: BTreeMap<(Head, i16), usize>,
    all: Vec<Candidate>,
    in_progress: Vec<Frame>,
    provisional: Vec<usize>,
}

impl Known {
    pub(super) fn new() -> Self {
        let entry = Candidate { state: State::Not, end: None };
        Self {
            numbers: BTreeMap::new(),
            all: vec![entry],
            in_progress: Vec::new(),
            provisional: Vec::new(),
        }
    }

    /// The number of the function at `head` that returns to what lies so far below.
    pub(super) fn number(&mut self, head: Head, params: i16) -> usize {
        let next = self.all.len();
        let number = *self.numbers.entry((head, params)).or_insert(next);
        if number == next {
            self.all.push(Candidate { state: State::Unknown, end: None });
        }
        number
    }

    /// How many functions are in progress.
    pub(super) fn depth(&self) -> usize {
        self.in_progress.len()
    }

    /// What is known of function `func`, for the one in progress to call it.
    pub(super) fn find(&mut self, func: usize) -> Found {
        let candidate = &mut self.all[func];
        match &mut candidate.state {
            State::Unknown => Found::Unknown,
            State::Not => Found::Not,
            State::InProgress { at, is_asked } => {
                *is_asked = true;
                let (at, end) = (*at, candidate.end);
                self.reaches(at);
                Found::InProgress(end)
            }
            State::Function { lowest } => {
                let lowest = *lowest;
                self.reaches(lowest);
                Found::Function
            }
        }
    }

    /// The function in progress calls what rests on that one.
    fn reaches(&mut self, at: usize) {
        if let Some(frame) = self.in_progress.last_mut() {
            frame.lowest = frame.lowest.min(at);
        }
    }

    pub(super) fn begin(&mut self, func: usize) {
        let at = self.in_progress.len();
        self.all[func].state = State::InProgress { at, is_asked: false };
        self.in_progress.push(Frame { func, lowest: NONE, mark: self.provisional.len() });
    }

    /// The function in progress was explored and returns with `end` slots in use; whether that is what was assumed. If
    /// not, it is to be explored again.
    pub(super) fn end(&mut self, end: Option<i16>) -> bool {
        let Some(Frame { func, lowest, mark }) = self.in_progress.pop() else { return true };
        let at = self.in_progress.len();
        let candidate = &mut self.all[func];
        let is_asked = matches!(candidate.state, State::InProgress { is_asked: true, .. });
        if is_asked && candidate.end != end {
            candidate.end = end;
            candidate.state = State::Unknown;
            self.forget(mark);
            return false;
        }
        candidate.state = State::Function { lowest: if lowest < at { lowest } else { NONE } };
        if lowest < at {
            self.provisional.push(func);
            self.reaches(lowest);
        } else {
            for func in self.provisional.drain(mark..) {
                self.all[func].state = State::Function { lowest: NONE };
            }
        }
        true
    }

    /// The function in progress is none.
    pub(super) fn fail(&mut self) {
        if let Some(Frame { func, mark, .. }) = self.in_progress.pop() {
            self.all[func].state = State::Not;
            for func in self.provisional.get(mark..).unwrap_or_default() {
                self.all[*func].end = None;
            }
            self.forget(mark);
        }
    }

    /// What was found since is not known.
    fn forget(&mut self, mark: usize) {
        for func in self.provisional.drain(mark..) {
            self.all[func].state = State::Unknown;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_that_calls_itself_is_explored_again_once_it_is_known_to_return() {
        let mut known = Known::new();
        let func = known.number(Head(7), 2);
        known.begin(func);
        assert_eq!(known.find(func), Found::InProgress(None));
        assert!(!known.end(Some(1)));
        assert_eq!(known.find(func), Found::Unknown);
        known.begin(func);
        assert_eq!(known.find(func), Found::InProgress(Some(1)));
        assert!(known.end(Some(1)));
        assert_eq!(known.find(func), Found::Function);
        // One that nobody asked for is found at once.
        let other = known.number(Head(7), 3);
        known.begin(other);
        assert!(known.end(Some(5)));
    }

    #[test]
    fn what_rests_on_a_function_that_is_none_is_forgotten() {
        let mut known = Known::new();
        let [outer, inner, leaf] = [1, 2, 3].map(|head| known.number(Head(head), 1));
        known.begin(outer);
        known.begin(leaf);
        assert!(known.end(None));
        known.begin(inner);
        assert_eq!(known.find(outer), Found::InProgress(None));
        assert_eq!(known.find(leaf), Found::Function);
        assert!(known.end(Some(0)));
        known.fail();
        assert_eq!(known.find(outer), Found::Not);
        assert_eq!(known.find(inner), Found::Unknown);
        assert_eq!(known.find(leaf), Found::Function);
    }

    #[test]
    fn what_rests_on_a_function_that_is_one_stays() {
        let mut known = Known::new();
        let [outer, inner] = [1, 2].map(|head| known.number(Head(head), 1));
        known.begin(outer);
        known.begin(inner);
        assert_eq!(known.find(outer), Found::InProgress(None));
        assert!(known.end(Some(0)));
        assert!(known.end(None));
        assert_eq!(known.find(inner), Found::Function);
    }
}
