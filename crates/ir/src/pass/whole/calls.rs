//! Which edges are calls, and of what.

use alloc::{vec, vec::Vec};

use super::{
    body::{Body, Call, Key, Way},
    depth::CHAIN_UNITS_MAX,
    discover::{Finder, NoFunction},
    known::Found,
    tags::Tag,
};
use crate::{inst::Head, trap::Trap};

/// Instructions of a function that is better copied, at most.
const COPIED_INSTS_MAX: usize = 16;

/// How far below the arguments' end a return address may lie.
const PARAMS_MAX: i16 = 24;

/// Functions that are explored while others wait for them, at most.
const EXPLORED_MAX: usize = 16;

/// Labels that are tried as the return address of a call.
const TRIES: usize = 3;

/// Slots in use wherever a function calls deep ones, all together, at most: there is code to put each of them home.
const DEEP_SLOTS_MAX: usize = 2_000;

/// Heads and labels of functions are less, so that they are small constants.
const NUMBER_MAX: u32 = 1 << 29;

/// A function, for whoever calls it.
struct Callee {
    func: usize,
    /// Slots in use where it returns, beyond those where it begins.
    end: Option<i16>,
    top: i32,
    /// Depth units of it and of all that it calls, if none of them is deep.
    units: u32,
    is_deep: bool,
    /// Whether it is better copied.
    is_small: bool,
}

impl Finder<'_> {
    /// A call of the function at `key`, if it is one.
    pub(super) fn call(&mut self, body: &mut Body, key: &Key) -> Result<Option<Way>, NoFunction> {
        let labels = key.tags.iter().rev().filter_map(|(slot, tag)| match tag {
            Tag::Label(label) => Some((*slot, *label)),
            Tag::Return => None,
        });
        let labels: Vec<_> = labels.take(TRIES).collect();
        if key.head.0 >= NUMBER_MAX {
            return Ok(None);
        }
        for (slot, label) in labels {
            let is_far = key.height - slot > PARAMS_MAX || label >= NUMBER_MAX;
            if is_far || has_return(key, |other| other > slot) {
                // Where the caller returns to would be an argument, which anybody may look at.
                break;
            }
            let Some(callee) = self.function(key.head, key.height - slot) else { continue };
            // Who has forgotten where it returns to may call itself for ever without one slot more.
            let is_endless = !body.is_entry() && !has_return(key, |other| other < slot);
            if callee.is_deep && is_endless || !self.admits(body, key, &callee) {
                return Ok(None);
            }
            if callee.is_deep {
                note_deep(body, key, slot)?;
            }
            let tags = key.tags.iter().copied().filter(|(below, _)| *below < slot).collect();
            let then = match callee.end {
                Some(end) => {
                    self.enter(body, Key { head: Head(label), height: key.height + end, tags })?
                }
                // It never returns.
                None => Way::Trap(Trap::Unreachable),
            };
            body.calls.push(Call { func: callee.func, height: key.height, label, then });
            return Ok(Some(Way::Call(body.calls.len() - 1)));
        }
        Ok(None)
    }

    /// Whether `body` calls `callee` at `key`, with the room and the depth that it then needs.
    fn admits(&self, body: &mut Body, key: &Key, callee: &Callee) -> bool {
        if callee.is_deep {
            return true;
        }
        let (top, units) = (i32::from(key.height) + callee.top, callee.units);
        if callee.is_small || units > CHAIN_UNITS_MAX || !self.parts.has_room(top) {
            return false;
        }
        (body.top, body.chain_units) = (body.top.max(top), body.chain_units.max(units));
        true
    }

    /// The function at `head` that returns to what lies `params` slots below.
    fn function(&mut self, head: Head, params: i16) -> Option<Callee> {
        let func = self.known.number(head, params);
        if self.functions.len() <= func {
            self.functions.resize_with(func + 1, || Body::new(head, params));
        }
        let found = match self.known.find(func) {
            Found::Unknown if self.known.depth() >= EXPLORED_MAX => Found::Not,
            Found::Unknown => {
                self.explore_function(func, head, params);
                self.known.find(func)
            }
            found => found,
        };
        match found {
            Found::Function => {
                let body = &self.functions[func];
                let (end, top, is_deep) = (body.end, body.top, body.is_deep);
                let units = body.units() + 1 + body.chain_units;
                let is_small = body.insts <= COPIED_INSTS_MAX && body.calls.is_empty();
                Some(Callee { func, end, top, units, is_deep, is_small })
            }
            Found::InProgress(end) => {
                Some(Callee { func, end, top: 0, units: 0, is_deep: true, is_small: false })
            }
            Found::Unknown | Found::Not => None,
        }
    }

    fn explore_function(&mut self, func: usize, head: Head, params: i16) {
        loop {
            self.known.begin(func);
            let entry = Key { head, height: 0, tags: vec![(-params, Tag::Return)] };
            let Some(body) = self.explore(entry, params) else { return self.known.fail() };
            if self.known.end(body.end) {
                self.functions[func] = body;
                return;
            }
        }
    }
}

/// Whether where the function returns to is in one of those slots.
fn has_return(key: &Key, is_one: impl Fn(i16) -> bool) -> bool {
    key.tags.iter().any(|(slot, tag)| *tag == Tag::Return && is_one(*slot))
}

/// `body` calls a deep function, which returns to what is in `slot`.
fn note_deep(body: &mut Body, key: &Key, slot: i16) -> Result<(), NoFunction> {
    body.deep_slots += usize::from((slot + body.params + 1).cast_unsigned());
    if body.is_entry() {
        return Ok(());
    }
    body.is_deep = true;
    body.takes_label |= has_return(key, |other| other != -body.params);
    if body.deep_slots > DEEP_SLOTS_MAX { Err(NoFunction) } else { Ok(()) }
}
