//! Where functions come from: a whole module, or fragments made when control first reaches them.

use alloc::{collections::BTreeMap, sync::Arc};
use core::ops::Deref;

use crate::{
    func::Func,
    inst::{Block, FuncId, Head},
    module::{Functions, Interface, Lazy, Module},
    verify::{Verified, verify_func, verify_function},
};

/// A function that is being run.
#[derive(Clone)]
pub(super) enum Body<'a> {
    Borrowed(&'a Func),
    Shared(Arc<Func>),
}

impl Deref for Body<'_> {
    type Target = Func;

    fn deref(&self) -> &Func {
        match self {
            Self::Borrowed(func) => func,
            Self::Shared(func) => func,
        }
    }
}

pub(super) enum Code<'a> {
    Whole(&'a Verified<Module>),
    Functions { program: &'a dyn Functions, made: BTreeMap<FuncId, Arc<Func>> },
    Lazy { guest: &'a dyn Lazy, fragments: BTreeMap<Head, Arc<Func>> },
}

impl<'a> Code<'a> {
    pub(super) fn functions(program: &'a dyn Functions) -> Self {
        Self::Functions { program, made: BTreeMap::new() }
    }

    pub(super) fn lazy(guest: &'a dyn Lazy) -> Self {
        Self::Lazy { guest, fragments: BTreeMap::new() }
    }

    pub(super) fn interface(&self) -> &Interface {
        match self {
            Self::Whole(module) => &module.interface,
            Self::Functions { program, .. } => program.interface(),
            Self::Lazy { guest, .. } => guest.interface(),
        }
    }

    /// Function `func`, which the verifier found.
    pub(super) fn func(&mut self, func: FuncId) -> Body<'a> {
        match self {
            Self::Whole(module) => Body::Borrowed(&module.funcs[func]),
            Self::Functions { program, made } => {
                let body = made.entry(func).or_insert_with(|| lower_function(*program, func));
                Body::Shared(Arc::clone(body))
            }
            Self::Lazy { .. } => panic!("fragments call no functions of their own"),
        }
    }

    /// The fragment at `head` of a lazy guest.
    pub(super) fn fragment(&mut self, head: Head) -> Body<'a> {
        let Self::Lazy { guest, fragments } = self else {
            panic!("the verifier found every head of a whole module");
        };
        let fragment = fragments.entry(head).or_insert_with(|| lower(*guest, head, None));
        Body::Shared(Arc::clone(fragment))
    }

    /// The twin of the fragment at `head` for a window that holds `height` slots; `None` for a whole module.
    pub(super) fn twin(&self, head: Head, height: u16) -> Option<Body<'a>> {
        match self {
            Self::Whole(_) | Self::Functions { .. } => None,
            Self::Lazy { guest, .. } => Some(Body::Shared(lower(*guest, head, Some(height)))),
        }
    }

    /// Whether `enter_dyn` from `body` may go to `number`.
    pub(super) fn is_jump_target(&self, body: &Func, number: u32) -> bool {
        match self {
            Self::Whole(_) | Self::Functions { .. } => block_at(body, Head(number)).is_some(),
            Self::Lazy { guest, .. } => number < guest.head_limit() && guest.is_jump_target(number),
        }
    }
}

/// The block of `func` at `head`.
pub(super) fn block_at(func: &Func, head: Head) -> Option<Block> {
    func.blocks.iter().find(|(_, block)| block.head == Some(head)).map(|(id, _)| id)
}

fn lower_function(program: &dyn Functions, id: FuncId) -> Arc<Func> {
    let mut func = Func::default();
    program.lower(id, &mut func);
    if let Err(error) = verify_function(program.interface(), id, &func) {
        panic!("function {id} does not verify: {error}");
    }
    Arc::new(func)
}

fn lower(guest: &dyn Lazy, head: Head, height: Option<u16>) -> Arc<Func> {
    let mut func = Func::default();
    guest.lower(head, height, &mut func);
    if let Err(error) = verify_func(guest.interface(), &func) {
        panic!("the fragment at {head} does not verify: {error}");
    }
    Arc::new(func)
}
