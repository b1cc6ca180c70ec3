//! [`OpcodePrices`]: what opcodes cost in themselves, said by the machine, whose EVM front end has the table.

/// The static price of each opcode under the rules in force.
#[derive(Debug, Clone, Default)]
pub(in crate::ethereum) struct OpcodePrices(Option<Box<[Option<u16>; 256]>>);

impl OpcodePrices {
    pub(in crate::ethereum) fn of(price: impl Fn(u8) -> Option<u16>) -> Self {
        let mut prices = Box::new([None; 256]);
        for opcode in 0..=u8::MAX {
            prices[usize::from(opcode)] = price(opcode);
        }
        Self(Some(prices))
    }

    /// What `opcode` costs.
    ///
    /// # Panics
    ///
    /// When the machine linked a function whose opcode has no price, or never said any.
    pub(in crate::ethereum) fn price(&self, opcode: u8) -> u64 {
        let prices = self.0.as_ref().expect("a machine that runs Wasm says what opcodes cost");
        prices[usize::from(opcode)].expect("functions without a price are not linked").into()
    }
}
