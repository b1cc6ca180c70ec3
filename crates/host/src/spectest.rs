//! The module `spectest` that the WebAssembly specification's test suite imports.
//!
//! Its functions print nothing: the suite asserts that they can be linked and called, never what they show. They
//! count calls, so that a test can see that a call arrived.
//!
//! Absent on purpose: the module's globals, table and memory. Those are definitions, not functions; whoever runs the
//! suite makes them.

use lockstep_rt::{HostFunction, HostRow, Stop, View};

/// The host of the specification's test suite.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Spectest {
    /// Calls of any function so far.
    pub calls: u64,
}

/// Declares functions that count: `Type = "name" (argument types);`.
macro_rules! counting {
    ($($(#[$doc:meta])* $name:ident = $text:literal ($($type:ty),*);)*) => {
        $(
            $(#[$doc])*
            #[derive(Debug)]
            pub enum $name {}

            impl HostFunction<Spectest> for $name {
                const NAME: &'static str = $text;
                type Args = ($($type,)*);
                type Results = ();

                fn call(view: &mut View<'_, Spectest>, _: Self::Args) -> Result<(), Stop> {
                    let host = view.host();
                    host.calls = host.calls.saturating_add(1);
                    Ok(())
                }
            }
        )*

        /// Every function.
        pub fn functions() -> Vec<HostRow<Spectest>> {
            vec![$(HostRow::of::<$name>()),*]
        }
    };
}

counting! {
    /// Takes nothing.
    Print = "spectest.print" ();
    /// Takes an i32.
    PrintI32 = "spectest.print_i32" (u32);
    /// Takes an i64.
    PrintI64 = "spectest.print_i64" (u64);
    /// Takes an f32.
    PrintF32 = "spectest.print_f32" (f32);
    /// Takes an f64.
    PrintF64 = "spectest.print_f64" (f64);
    /// Takes an i32 and an f32.
    PrintI32F32 = "spectest.print_i32_f32" (u32, f32);
    /// Takes two f64.
    PrintF64F64 = "spectest.print_f64_f64" (f64, f64);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_and_of_this_host() {
        let rows = functions();
        let names: BTreeSet<_> = rows.iter().map(|row| row.name).collect();
        assert_eq!(names.len(), 7);
        assert!(names.iter().all(|name| name.starts_with("spectest.print")));
        assert!(rows.iter().all(|row| row.results.is_empty()));
    }
}
