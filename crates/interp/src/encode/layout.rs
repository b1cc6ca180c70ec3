//! Where variables and results of a function lie in its frame.

use alloc::vec::Vec;

use lockstep_ir::{Func, Inst, Interface};

use super::{FRAME_SLOTS_MAX, FRAME_WITH_WINDOW, place};
use crate::{code::CodeError, handler::host::FRAME_HEADER};

/// The places that all blocks of a function agree on.
#[derive(Debug, Default)]
pub(crate) struct Layout {
    /// For each variable, its frame offset.
    pub(super) homes: Vec<i16>,
    /// Where a function's results go.
    pub(super) results: Vec<i16>,
    /// The first slot for temporaries.
    pub(super) first_temp: i32,
}

impl Layout {
    /// The layout of `func`.
    pub(crate) fn of(interface: &Interface, func: &Func) -> Result<Self, CodeError> {
        let mut layout = Self::default();
        layout.make(interface, func)?;
        Ok(layout)
    }

    /// Becomes the layout of `func`.
    pub(super) fn make(&mut self, interface: &Interface, func: &Func) -> Result<(), CodeError> {
        self.homes.clear();
        self.results.clear();
        if interface.window.is_some() {
            return self.over_window(interface, func);
        }
        let mut next = i32::from(FRAME_HEADER);
        for ty in &func.results {
            self.results.push(place(&mut next, ty.slots())?);
        }
        self.homes.reserve(func.vars.len());
        for (_, var) in func.vars.iter() {
            self.homes.push(place(&mut next, var.ty.slots())?);
        }
        self.first_temp = next;
        Ok(())
    }

    /// Slots of the window lie where the base says, temporaries above all that a block may use.
    fn over_window(&mut self, interface: &Interface, func: &Func) -> Result<(), CodeError> {
        let refused = CodeError::Unsupported(FRAME_WITH_WINDOW);
        let window = interface.window.ok_or(refused.clone())?;
        if func.params > 0 || !func.results.is_empty() {
            return Err(refused);
        }
        let slots = window.ty.slots() as i32;
        if i32::from(window.limit) * slots >= FRAME_SLOTS_MAX {
            return Err(CodeError::FrameTooLarge);
        }
        let mut top = 0;
        for (_, var) in func.vars.iter() {
            let slot = var.slot.ok_or(refused.clone())?;
            let offset = i32::from(slot) * slots;
            top = top.max(offset + slots);
            self.homes.push(i16::try_from(offset).map_err(|_| CodeError::FrameTooLarge)?);
        }
        self.first_temp = top.max(window_top(func) * slots);
        Ok(())
    }

    /// Bytes of the room that it takes.
    pub(crate) fn size_bytes(&self) -> usize {
        (self.homes.capacity() + self.results.capacity()) * size_of::<i16>()
    }
}

/// The highest window slot, counted from the base, that a block of the function may use.
fn window_top(func: &Func) -> i32 {
    let grown = |inst: &Inst| match inst {
        Inst::WindowCheck { grow, .. } => i32::from(*grow),
        _ => 0,
    };
    func.insts.iter().map(grown).max().unwrap_or(0)
}
