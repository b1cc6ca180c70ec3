//! Which floats may wait for their canonical NaN.
//!
//! Arithmetic yields the one canonical NaN (`ir::op::table`), the processor some NaN or other. A result of arithmetic is
//! made canonical where its bits become visible, not where it is made: a value is *pending* when it stands for
//! `canonical(bits)`. Constants that are no NaN may pass for pending, since it makes no difference to them.
//!
//! Variables are pending when all they are ever set to is; a parameter is never.

use lockstep_base::Index;
use lockstep_ir::{Func, Inst, Op, Operand, Shape, Source, Type, Var};

/// What bits of a float stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nan {
    /// Themselves.
    Exact,
    /// The canonical NaN, if they are one.
    Pending,
    /// They are none: both are true.
    None,
}

/// What is known of a function's variables and values.
#[derive(Debug, Default)]
pub(crate) struct Nans {
    vars: Vec<bool>,
    values: Vec<Nan>,
}

/// Whether a result of `op` is pending.
fn is_arithmetic(op: Op) -> bool {
    match op.shape() {
        Shape::FloatBinary => op != Op::Fcopysign,
        Shape::FloatUnary => !matches!(op, Op::Fneg | Op::Fabs),
        Shape::FloatPromote | Shape::FloatDemote => true,
        _ => false,
    }
}

impl Nans {
    /// Looks at all of `func`: variables are taken for pending until one is set to something else.
    pub(crate) fn of(func: &Func) -> Self {
        let is_candidate = |(var, def): (Var, &lockstep_ir::VarDef)| {
            def.ty.is_float() && var.position() >= func.params as usize
        };
        let vars = func.vars.iter().map(is_candidate).collect();
        let mut nans = Self { vars, values: vec![Nan::Exact; func.values.len()] };
        while nans.pass(func) {}
        nans
    }

    /// Goes over all instructions once; whether a variable turned out not to be pending.
    fn pass(&mut self, func: &Func) -> bool {
        let mut has_changed = false;
        for inst in &func.insts {
            match *inst {
                Inst::Op { op, ty, to, args, result } if to.is_float() => {
                    self.values[result.position()] = match op {
                        _ if is_arithmetic(op) => Nan::Pending,
                        Op::Select => self.either(func, ty, [args[1], args[2]]),
                        Op::FcvtFromSint | Op::FcvtFromUint => Nan::None,
                        _ => Nan::Exact,
                    };
                }
                Inst::Copy { ty, value, result } if ty.is_float() => {
                    self.values[result.position()] = self.operand(func, value, ty);
                }
                Inst::Set { var, value } if self.vars[var.position()] => {
                    let ty = func.vars[var].ty;
                    if self.operand(func, value, ty) == Nan::Exact {
                        self.vars[var.position()] = false;
                        has_changed = true;
                    }
                }
                _ => {}
            }
        }
        has_changed
    }

    /// What one of two is; when they differ, the pending one is made canonical first.
    fn either(&self, func: &Func, ty: Type, args: [Operand; 2]) -> Nan {
        match args.map(|arg| self.operand(func, arg, ty)) {
            [Nan::None, other] | [other, Nan::None] => other,
            [Nan::Pending, Nan::Pending] => Nan::Pending,
            _ => Nan::Exact,
        }
    }

    /// What `operand` of type `ty` is.
    pub(crate) fn operand(&self, func: &Func, operand: Operand, ty: Type) -> Nan {
        match operand.source() {
            Source::Value(value) => self.values[value.position()],
            Source::Var(var) if self.vars[var.position()] => Nan::Pending,
            Source::Var(_) => Nan::Exact,
            Source::Const(_) | Source::Imm(_) => {
                let bits = func.const_limbs(operand, ty).map_or(u64::MAX, |limbs| limbs[0]);
                let is_nan = match ty {
                    Type::F32 => f32::from_bits(bits as u32).is_nan(),
                    _ => f64::from_bits(bits).is_nan(),
                };
                if is_nan { Nan::Exact } else { Nan::None }
            }
        }
    }

    /// What a value is.
    pub(crate) fn value(&self, value: lockstep_ir::Value) -> Nan {
        self.values[value.position()]
    }

    /// Whether `var` is pending.
    pub(crate) fn is_pending(&self, var: Var) -> bool {
        self.vars[var.position()]
    }
}
