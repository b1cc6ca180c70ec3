//! The names of Ethereum's rule changes, in the order they took effect.

use alloc::{borrow::ToOwned, string::String};
use core::{fmt, str::FromStr};

/// A set of Ethereum's execution rules. Later forks compare greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Fork {
    /// The first rules, July 2015.
    Frontier,
    /// EIP-2, EIP-7.
    Homestead,
    /// EIP-150 ("Tangerine Whistle").
    Tangerine,
    /// EIP-155, EIP-160, EIP-161, EIP-170 ("Spurious Dragon").
    SpuriousDragon,
    /// EIP-140, 196, 197, 198, 211, 214, 658.
    Byzantium,
    /// EIP-145, 1014, 1052, 1283; never the rules of mainnet on their own.
    Constantinople,
    /// Constantinople without EIP-1283 ("ConstantinopleFix").
    Petersburg,
    /// EIP-152, 1108, 1344, 1884, 2028, 2200.
    Istanbul,
    /// EIP-2565, 2718, 2929, 2930.
    Berlin,
    /// EIP-1559, 3198, 3529, 3541.
    London,
    /// EIP-3675, EIP-4399 ("The Merge").
    Paris,
    /// EIP-3651, 3855, 3860, 4895.
    Shanghai,
    /// EIP-1153, 4788, 4844, 5656, 6780, 7516.
    Cancun,
    /// EIP-2537, 2935, 6110, 7002, 7251, 7623, 7685, 7691, 7702.
    Prague,
    /// EIP-7594, 7823, 7825, 7883, 7892, 7918, 7934, 7939, 7951.
    Osaka,
}

/// A fork's own name and the other spellings that tools use for it.
const NAMES: &[(Fork, &str, &[&str])] = &[
    (Fork::Frontier, "Frontier", &[]),
    (Fork::Homestead, "Homestead", &[]),
    (Fork::Tangerine, "Tangerine", &["EIP150", "TangerineWhistle"]),
    (Fork::SpuriousDragon, "SpuriousDragon", &["EIP158", "Spurious"]),
    (Fork::Byzantium, "Byzantium", &[]),
    (Fork::Constantinople, "Constantinople", &[]),
    (Fork::Petersburg, "Petersburg", &["ConstantinopleFix"]),
    (Fork::Istanbul, "Istanbul", &["MuirGlacier"]),
    (Fork::Berlin, "Berlin", &[]),
    (Fork::London, "London", &["ArrowGlacier", "GrayGlacier"]),
    (Fork::Paris, "Paris", &["Merge"]),
    (Fork::Shanghai, "Shanghai", &[]),
    (Fork::Cancun, "Cancun", &[]),
    (Fork::Prague, "Prague", &[]),
    (Fork::Osaka, "Osaka", &[]),
];

impl Fork {
    /// Every fork, oldest first.
    pub const ALL: [Self; NAMES.len()] = {
        let mut all = [Self::Frontier; NAMES.len()];
        let mut i = 0;
        while i < NAMES.len() {
            assert!(NAMES[i].0 as usize == i, "NAMES follows the order of the variants");
            all[i] = NAMES[i].0;
            i += 1;
        }
        all
    };

    /// The newest fork this engine implements.
    pub const LATEST: Self = Self::Osaka;

    /// The name that this engine prints.
    pub const fn name(self) -> &'static str {
        NAMES[self as usize].1
    }
}

impl fmt::Display for Fork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is no fork's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownFork(pub String);

impl fmt::Display for UnknownFork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown fork {:?}; expected one of", self.0)?;
        for fork in Fork::ALL {
            write!(f, " {fork}")?;
        }
        Ok(())
    }
}

impl core::error::Error for UnknownFork {}

impl FromStr for Fork {
    type Err = UnknownFork;

    fn from_str(text: &str) -> Result<Self, UnknownFork> {
        NAMES
            .iter()
            .find(|(_, name, others)| {
                name.eq_ignore_ascii_case(text)
                    || others.iter().any(|other| other.eq_ignore_ascii_case(text))
            })
            .map(|row| row.0)
            .ok_or_else(|| UnknownFork(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_names_its_fork() {
        for (fork, name, others) in NAMES {
            assert_eq!(name.parse(), Ok(*fork));
            for other in *others {
                assert_eq!(other.to_lowercase().parse(), Ok(*fork));
            }
        }
        assert_eq!("Glamorgan".parse::<Fork>(), Err(UnknownFork("Glamorgan".into())));
    }
}
