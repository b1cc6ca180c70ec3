//! What a run answered, and what it should have.

use lockstep::{decode_hex, encode_hex};

/// What a run did, in terms both engines share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// How it ended: `return`, `revert` or another word.
    pub end: &'static str,
    /// Output bytes.
    pub output: Vec<u8>,
    /// Gas it used.
    pub gas: u64,
}

/// What a case demands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// The output, or how it begins when it is long.
    prefix: Vec<u8>,
    /// The whole length, where only the beginning is given.
    len_bytes: Option<usize>,
    /// Execution gas.
    gas: u64,
}

impl Expected {
    /// From a case file: hex; of long outputs the beginning, then the length as a number after anything that is not a
    /// digit.
    ///
    /// # Errors
    ///
    /// When `output` is neither.
    pub fn parse(output: &str, gas: u64) -> Result<Self, String> {
        let hex_len = output.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(output.len());
        let (hex, rest) = output.split_at(hex_len);
        let prefix = decode_hex(hex).map_err(|error| format!("expected_output: {error:?}"))?;
        let digits: String = rest.chars().filter(char::is_ascii_digit).collect();
        let len_bytes = match rest.is_empty() {
            true => None,
            false => Some(digits.parse().map_err(|_| format!("expected_output: {rest:?}"))?),
        };
        Ok(Self { prefix, len_bytes, gas })
    }

    /// What is wrong with `answer`, if anything.
    pub fn objection(&self, answer: &Answer) -> Option<String> {
        let gas = || format!("gas {}, expected {}", answer.gas, self.gas);
        self.objection_but_gas(answer).or_else(|| (answer.gas != self.gas).then(gas))
    }

    /// The same, whatever gas it used.
    pub fn objection_but_gas(&self, answer: &Answer) -> Option<String> {
        let output = &answer.output;
        let is_whole = match self.len_bytes {
            None => *output == self.prefix,
            Some(len_bytes) => output.len() == len_bytes && output.starts_with(&self.prefix),
        };
        if answer.end != "return" {
            return Some(format!("ended by {}", answer.end));
        }
        let (is, should) = (encode_hex(output), encode_hex(&self.prefix));
        (!is_whole).then(|| format!("output {is}, expected {should}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(output: &[u8], gas: u64) -> Answer {
        Answer { end: "return", output: output.to_vec(), gas }
    }

    #[test]
    fn long_outputs_are_compared_by_beginning_and_length() {
        let expected = Expected::parse("0102...[4 bytes]", 7).unwrap();
        assert_eq!(expected.objection(&answer(&[1, 2, 3, 4], 7)), None);
        assert!(expected.objection(&answer(&[1, 2, 3], 7)).is_some());
        assert!(expected.objection(&answer(&[1, 3, 3, 4], 7)).is_some());
        assert!(expected.objection(&answer(&[1, 2, 3, 4], 8)).is_some());
        let whole = Expected::parse("0102", 7).unwrap();
        assert_eq!(whole.objection(&answer(&[1, 2], 7)), None);
        assert!(whole.objection(&answer(&[1, 2, 0], 7)).is_some());
        assert!(whole.objection(&Answer { end: "revert", ..answer(&[1, 2], 7) }).is_some());
    }
}
