//! What instructions cost: data, from which lowering takes every price.
//!
//! The rows below are the one place that names a class of instructions and its price in version 1.

use core::num::NonZeroU32;

/// A price that grows with an amount: `per` for each `unit`, begun ones too. It is paid where the instruction takes effect;
/// with the span, like any other price, where the amount is the constant right before the instruction and at most
/// [`AMOUNT_AHEAD_MAX`](super::limits::AMOUNT_AHEAD_MAX).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Price of a unit.
    pub per: u32,
    /// Size of a unit.
    pub unit: NonZeroU32,
}

impl Rate {
    /// A rate of the table.
    const fn of(per: u32, unit: u32) -> Self {
        Self { per, unit: NonZeroU32::new(unit).expect("a unit is not zero") }
    }

    /// The price of `amount`; what 64 bits do not hold is the most that they do.
    pub fn price(self, amount: u64) -> u64 {
        amount.div_ceil(u64::from(self.unit.get())).saturating_mul(u64::from(self.per))
    }
}

macro_rules! schedule {
    (classes { $($(#[doc = $doc:literal])+ $class:ident = $price:literal;)* }
     rates { $($(#[doc = $rate_doc:literal])+ $rate:ident = $per:literal / $unit:literal;)* }) => {
        /// A class of instructions that cost the same.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Class {
            $($(#[doc = $doc])+ $class,)*
        }

        impl Class {
            /// Every class, in the order of its number.
            pub const ALL: &[Self] = &[$(Self::$class),*];
        }

        /// What instructions cost.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct GasSchedule {
            version: u32,
            classes: [u32; Class::ALL.len()],
            $($(#[doc = $rate_doc])+ pub $rate: Rate,)*
        }

        impl Default for GasSchedule {
            /// Version 1.
            fn default() -> Self {
                Self {
                    version: 1,
                    classes: [$($price),*],
                    $($rate: Rate::of($per, $unit),)*
                }
            }
        }

        impl GasSchedule {
            fn rates(&self) -> impl Iterator<Item = Rate> {
                [$(self.$rate),*].into_iter()
            }
        }
    };
}

schedule! {
    classes {
        /// `nop`, `block`, `loop`, `else`, `end`: they do nothing.
        Structure = 0;
        /// `if`, branches, `return`, `unreachable`.
        Control = 1;
        /// `call`, `return_call`.
        Call = 1;
        /// `call_indirect`, `return_call_indirect`.
        CallIndirect = 1;
        /// `drop`, `select`.
        Parametric = 1;
        /// `local.get`, `local.set`, `local.tee`.
        Local = 1;
        /// `global.get`, `global.set`.
        Global = 1;
        /// Constants, `ref.null`, `ref.func`, `ref.is_null`.
        Constant = 1;
        /// Integer instructions, comparisons and reinterpretations, but for divisions.
        Integer = 1;
        /// Integer divisions and remainders.
        Divide = 1;
        /// Floating-point instructions and conversions.
        Float = 1;
        /// Loads and stores.
        Access = 1;
        /// `memory.size`, `table.size`.
        Size = 1;
        /// `memory.grow`, `table.grow`, beyond what they add.
        Grow = 1;
        /// `table.get`, `table.set`.
        Element = 1;
        /// Bulk instructions, beyond the amount.
        Bulk = 1;
        /// Vector instructions.
        Vector = 1;
    }
    rates {
        /// Bytes that `memory.fill`, `memory.copy` and `memory.init` write.
        bulk_bytes = 1 / 64;
        /// Elements that `table.fill`, `table.copy` and `table.init` write and `table.grow` adds.
        bulk_elements = 1 / 8;
        /// Pages that `memory.grow` adds.
        pages = 1024 / 1;
    }
}

impl GasSchedule {
    /// What an instruction of `class` costs.
    pub const fn price(&self, class: Class) -> u32 {
        self.classes[class as usize]
    }

    /// Changes what an instruction of `class` costs.
    pub const fn set_price(&mut self, class: Class, price: u32) {
        self.classes[class as usize] = price;
    }

    /// Changes the number by which the schedule is known.
    pub const fn set_version(&mut self, version: u32) {
        self.version = version;
    }

    /// The number by which the schedule is known.
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// The canonical bytes, whose hash identifies the schedule: the version, the prices, the rates, each number as
    /// four bytes, least significant first.
    pub fn encode(&self) -> Vec<u8> {
        let rates = self.rates().flat_map(|rate| [rate.per, rate.unit.get()]);
        let numbers = [self.version].into_iter().chain(self.classes).chain(rates);
        numbers.flat_map(u32::to_le_bytes).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encoding_holds_every_number_of_the_schedule() {
        let schedule = GasSchedule::default();
        let bytes = schedule.encode();
        assert_eq!(bytes.len(), 4 * (1 + Class::ALL.len() + 2 * schedule.rates().count()));
        assert_eq!(bytes[..8], [1, 0, 0, 0, 0, 0, 0, 0]);
        let other = GasSchedule { pages: Rate::of(1, 1), ..schedule.clone() };
        assert_ne!(other.encode(), bytes);
        let mut other = schedule;
        other.set_price(Class::Vector, 2);
        assert_ne!(other.encode(), bytes);
    }

    #[test]
    fn version_one_charges_one_for_each_instruction_that_does_something() {
        let schedule = GasSchedule::default();
        assert_eq!(schedule.price(Class::Structure), 0);
        assert!(Class::ALL[1..].iter().all(|class| schedule.price(*class) == 1));
    }
}
