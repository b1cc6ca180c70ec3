//! What an instruction or a terminator takes and makes: the one walk that passes and tiers share.

use super::{Edge, Inst, List, Operand, Source, Terminator, Value};
use crate::module::Interface;

impl Inst {
    /// Shows `each` every operand that stands in the instruction, tokens included, and returns the list of those that
    /// stand in the function's pool.
    #[inline]
    pub fn operands_mut(&mut self, mut each: impl FnMut(&mut Operand)) -> List {
        match self {
            Self::Op { op, args, .. } => args[..op.shape().arity()].iter_mut().for_each(each),
            Self::Copy { value, .. }
            | Self::Set { value, .. }
            | Self::Show { value, .. }
            | Self::GlobalSet { value, .. }
            | Self::ChargeBy { amount: value, .. }
            | Self::TrapIf { cond: value, .. }
            | Self::MoveBase { to: value }
            | Self::LoadPadded { addr: value, .. } => each(value),
            Self::Check { addr, len, .. } => {
                each(addr);
                each(len);
            }
            Self::Load { token, .. } => as_operand(token, &mut each),
            Self::Store { token, value, .. } => {
                as_operand(token, &mut each);
                each(value);
            }
            Self::CopyPadded { token, from, len, .. } => {
                as_operand(token, &mut each);
                each(from);
                each(len);
            }
            Self::CopyWithin { to, from, len } => {
                as_operand(to, &mut each);
                as_operand(from, &mut each);
                each(len);
            }
            Self::PutSlots { at, values } => {
                each(at);
                return *values;
            }
            Self::Call { args, .. }
            | Self::CallIndirect { args, .. }
            | Self::CallHost { args, .. }
            | Self::Act { args, .. } => return *args,
            Self::Charge { .. }
            | Self::GasLeft { .. }
            | Self::GlobalGet { .. }
            | Self::MemorySize { .. }
            | Self::WindowCheck { .. }
            | Self::Step { .. } => {}
        }
        List::default()
    }

    /// The same, to read only.
    #[inline]
    pub fn operands(&self, mut each: impl FnMut(Operand)) -> List {
        // Most instructions are of these kinds; for the others a copy is shown.
        match *self {
            Self::Op { op, ref args, .. } => {
                args[..op.shape().arity()].iter().copied().for_each(each);
            }
            Self::Set { value, .. } => each(value),
            Self::Check { addr, len, .. } => {
                each(addr);
                each(len);
            }
            Self::Load { token, .. } => each(token.into()),
            Self::Store { token, value, .. } => {
                each(token.into());
                each(value);
            }
            Self::Charge { .. } => {}
            _ => return self.operands_of_copy(&mut each),
        }
        List::default()
    }

    #[inline(never)]
    fn operands_of_copy(mut self, each: &mut dyn FnMut(Operand)) -> List {
        self.operands_mut(|operand| each(*operand))
    }

    /// The list of its operands that stand in the function's pool, if it has one.
    pub const fn list_mut(&mut self) -> Option<&mut List> {
        match self {
            Self::Call { args, .. }
            | Self::CallIndirect { args, .. }
            | Self::CallHost { args, .. }
            | Self::PutSlots { values: args, .. }
            | Self::Act { args, .. } => Some(args),
            _ => None,
        }
    }

    /// The first value that the instruction defines, if it can define any: a call may return nothing.
    #[inline]
    pub const fn first_result_mut(&mut self) -> Option<&mut Value> {
        match self {
            Self::Op { result, .. }
            | Self::Copy { result, .. }
            | Self::GasLeft { result, .. }
            | Self::GlobalGet { result, .. }
            | Self::Check { result, .. }
            | Self::Load { result, .. }
            | Self::LoadPadded { result, .. }
            | Self::MemorySize { result, .. } => Some(result),
            Self::Call { first, .. }
            | Self::CallIndirect { first, .. }
            | Self::CallHost { first, .. }
            | Self::Act { first, .. } => Some(first),
            _ => None,
        }
    }

    /// The values that the instruction defines: the first and how many, one after the other.
    #[inline]
    pub fn results(&self, interface: &Interface) -> (Value, u32) {
        match *self {
            Self::Op { result, .. } | Self::Check { result, .. } | Self::Load { result, .. } => {
                (result, 1)
            }
            Self::Set { .. } | Self::Store { .. } | Self::Charge { .. } => (Value(0), 0),
            _ => self.rare_results(interface),
        }
    }

    #[inline(never)]
    fn rare_results(mut self, interface: &Interface) -> (Value, u32) {
        let count = match self {
            Self::Call { func, .. } => interface.signatures[func].results.len(),
            Self::CallIndirect { sig, .. } => interface.types[sig].results.len(),
            Self::CallHost { import, .. } => interface.imports[import].signature.results.len(),
            Self::Act { act, .. } => act.results().len(),
            _ => 1,
        };
        self.first_result_mut().map_or((Value(0), 0), |first| (*first, count as u32))
    }
}

impl Terminator {
    /// Shows `each` every operand that stands in the terminator, tokens included, and returns the list of those that
    /// stand in the function's pool.
    #[inline]
    pub fn operands_mut(&mut self, mut each: impl FnMut(&mut Operand)) -> List {
        match self {
            Self::Jump(only) => edge(only, &mut each),
            Self::Branch { cond, then, otherwise } => {
                each(cond);
                edge(then, &mut each);
                edge(otherwise, &mut each);
            }
            Self::Switch { on, .. } => each(on),
            Self::Exit { token, len, .. } => {
                each(token);
                each(len);
            }
            Self::Return { values: list }
            | Self::ReturnCall { args: list, .. }
            | Self::ReturnCallIndirect { args: list, .. } => return *list,
            Self::Trap(_) => {}
        }
        List::default()
    }

    /// The same, to read only.
    #[inline]
    pub fn operands(&self, mut each: impl FnMut(Operand)) -> List {
        let mut copy = *self;
        copy.operands_mut(|operand| each(*operand))
    }
}

#[inline]
fn as_operand(token: &mut Value, each: &mut impl FnMut(&mut Operand)) {
    let mut operand = Operand::from(*token);
    each(&mut operand);
    if let Source::Value(changed) = operand.source() {
        *token = changed;
    }
}

#[inline]
fn edge(edge: &mut Edge, each: &mut impl FnMut(&mut Operand)) {
    if let Edge::EnterDyn { target, .. } = edge {
        each(target);
    }
}
