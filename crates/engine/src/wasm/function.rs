//! Functions of the host over slices of values, for types that tuples do not reach.

use core::marker::PhantomData;

use lockstep_guest::wasm::{FuncType, ValType, limits};
use lockstep_ir::{Type, op::meaning::Bits};
use lockstep_rt::{HostRow, SliceFunction, Stop, View};

use super::{
    instances::Instances,
    value::{Func, Value},
};

/// A function of the host with as many operands as its type says, up to the thousand parameters and results that Wasm's types
/// have here, references included: a type without values. [`HostFunction`](crate::HostFunction) is for up to 16 numbers each way.
///
/// ```
/// use lockstep::{Options, Stop, View, wasm::*};
///
/// /// Adds up twenty numbers.
/// struct Sum;
///
/// impl ValuesFunction<()> for Sum {
///     const NAME: &'static str = "host.sum";
///     const PARAMS: &'static [ValType] = &[ValType::I64; 20];
///     const RESULTS: &'static [ValType] = &[ValType::I64];
///
///     fn call(_: &mut View<'_, ()>, args: &[Value], results: &mut [Value]) -> Result<(), Stop> {
///         let number = |arg: &Value| if let Value::I64(number) = arg { *number } else { 0 };
///         results[0] = Value::I64(args.iter().map(number).sum());
///         Ok(())
///     }
/// }
///
/// let mut all = Instances::new((), Options::default()).unwrap();
/// let sum = all.host_values_func::<Sum>();
/// let args: Vec<_> = (1..=20).map(Value::I64).collect();
/// assert_eq!(all.call(sum, &args, &mut 0), Ok(CallEnd::Values(vec![Value::I64(210)])));
/// ```
pub trait ValuesFunction<H> {
    /// What it is called in messages.
    const NAME: &'static str;
    /// Types of the arguments.
    const PARAMS: &'static [ValType];
    /// Types of the results.
    const RESULTS: &'static [ValType];

    /// Does it, with an argument of each type. The results, one of each type, are zero or null before, and keep their types.
    ///
    /// # Errors
    ///
    /// [`Stop`] when the guest does not go on.
    fn call(view: &mut View<'_, H>, args: &[Value], results: &mut [Value]) -> Result<(), Stop>;
}

/// `F` as the border with generated code has it.
struct Slices<F>(PhantomData<F>);

/// Types of a list, at most.
const TYPES_MAX: usize = limits::PARAMS_MAX as usize;
const _: () = assert!(limits::RESULTS_MAX == limits::PARAMS_MAX);

/// The types in dMIR, and beyond them anything.
const fn dmir(types: &[ValType]) -> [Type; TYPES_MAX] {
    assert!(types.len() <= TYPES_MAX, "a type of Wasm has so many parameters and results at most");
    let mut all = [Type::I64; TYPES_MAX];
    let mut at = 0;
    while at < types.len() {
        all[at] = types[at].dmir();
        at += 1;
    }
    all
}

/// What all functions of one type of host function share.
trait Listed<H>: ValuesFunction<H> {
    const PARAMS_DMIR: [Type; TYPES_MAX] = dmir(Self::PARAMS);
    const RESULTS_DMIR: [Type; TYPES_MAX] = dmir(Self::RESULTS);
}

impl<H, F: ValuesFunction<H>> Listed<H> for F {}

impl<H, F: ValuesFunction<H>> SliceFunction<H> for Slices<F> {
    const NAME: &'static str = F::NAME;
    const PARAMS: &'static [Type] = (&F::PARAMS_DMIR as &[Type]).split_at(F::PARAMS.len()).0;
    const RESULTS: &'static [Type] = (&F::RESULTS_DMIR as &[Type]).split_at(F::RESULTS.len()).0;

    fn call(view: &mut View<'_, H>, args: &[Bits], results: &mut [Bits]) -> Result<(), Stop> {
        let value = |(ty, bits): (&ValType, &Bits)| Value::from_slots(*ty, [bits[0], bits[1]]);
        let args: Vec<Value> = F::PARAMS.iter().zip(args).map(value).collect();
        let mut values: Vec<Value> = F::RESULTS.iter().map(|ty| Value::zero(*ty)).collect();
        F::call(view, &args, &mut values)?;
        let typed = values.iter().map(Value::ty).eq(F::RESULTS.iter().copied());
        assert!(typed, "{} yields {:?}, not {values:?}", F::NAME, F::RESULTS);
        results.iter_mut().zip(values).for_each(|(bits, value)| *bits = value.to_bits());
        Ok(())
    }
}

impl<H> Instances<H> {
    /// A function of the host over slices of values, to be imported.
    ///
    /// # Panics
    ///
    /// Calls of it do, when it changes the type of a result.
    pub fn host_values_func<F: ValuesFunction<H>>(&mut self) -> Func {
        let ty = FuncType { params: F::PARAMS.into(), results: F::RESULTS.into() };
        self.add_host_func(&HostRow::of_slices::<Slices<F>>(), ty)
    }
}
