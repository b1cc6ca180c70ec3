//! Makes a finding small: drops and simplifies whatever the finding does not need.
//!
//! Invariant: what is returned still shows the finding; every accepted step makes the case simpler, so it ends.

use lockstep::{Address, TransactionKind, U256};

use crate::{
    case::Case,
    program::{Inst, Program},
};

/// Runs of the engines that shrinking may cost.
const ATTEMPTS_MAX: u32 = 20_000;

/// The smallest case found for which `shows` still holds.
pub fn shrink(case: &Case, shows: impl FnMut(&Case) -> bool) -> Case {
    let mut shrinker = Shrinker { best: case.clone(), attempts: 0, shows };
    loop {
        let before = shrinker.attempts;
        let is_smaller = [
            shrinker.accounts(),
            shrinker.transaction(),
            shrinker.block(),
            shrinker.programs(),
            shrinker.data(),
        ];
        if !is_smaller.contains(&true) || shrinker.attempts >= ATTEMPTS_MAX {
            assert!(shrinker.attempts > before || ATTEMPTS_MAX == 0, "every round tries something");
            return shrinker.best;
        }
    }
}

struct Shrinker<F> {
    best: Case,
    attempts: u32,
    shows: F,
}

/// Where a program stands: whose code, then which part of which part.
type Path = (Address, Vec<usize>);

impl<F: FnMut(&Case) -> bool> Shrinker<F> {
    /// Keeps the changed case if it still shows the finding.
    fn attempt(&mut self, change: impl FnOnce(&mut Case) -> bool) -> bool {
        if self.attempts >= ATTEMPTS_MAX {
            return false;
        }
        let mut candidate = self.best.clone();
        if !change(&mut candidate) {
            return false;
        }
        self.attempts += 1;
        let shows = (self.shows)(&candidate);
        if shows {
            self.best = candidate;
        }
        shows
    }

    fn accounts(&mut self) -> bool {
        let mut is_smaller = false;
        let addresses: Vec<Address> = self.best.pre.keys().copied().collect();
        for address in addresses {
            if self.attempt(|case| case.pre.remove(&address).is_some()) {
                is_smaller = true;
                continue;
            }
            let keys: Vec<U256> = self.best.pre[&address].slots.keys().copied().collect();
            for key in keys {
                is_smaller |= self.attempt(|case| {
                    case.pre.get_mut(&address).is_some_and(|a| a.slots.remove(&key).is_some())
                });
            }
            is_smaller |= self.attempt(|case| {
                case.pre.get_mut(&address).is_some_and(|a| replace(&mut a.balance, U256::ZERO))
            });
            is_smaller |= self.attempt(|case| {
                let is_new = |nonce: &mut u64| *nonce > 1 && replace(nonce, 1);
                case.pre.get_mut(&address).is_some_and(|account| is_new(&mut account.nonce))
            });
            is_smaller |= self.attempt(|case| {
                let none = Program::default();
                case.pre.get_mut(&address).is_some_and(|a| replace(&mut a.code, none))
            });
        }
        is_smaller
    }

    fn transaction(&mut self) -> bool {
        let mut is_smaller = self.attempt(|case| {
            let fees = case.transaction.kind.clone();
            let gas_price = price_of(&fees);
            !matches!(fees, TransactionKind::Legacy { .. })
                && replace(&mut case.transaction.kind, TransactionKind::Legacy { gas_price })
        });
        is_smaller |= self.attempt(|case| replace(&mut case.transaction.value, U256::ZERO));
        is_smaller |= self.attempt(|case| replace(&mut case.transaction.gas_limit, 1_000_000));
        for i in (0..self.best.transaction.access_list.len()).rev() {
            is_smaller |= self.attempt(|case| {
                case.transaction.access_list.remove(i);
                true
            });
        }
        for i in (0..8).rev() {
            is_smaller |= self.attempt(|case| match &mut case.transaction.kind {
                TransactionKind::SetCode { authorizations, .. } if i < authorizations.len() => {
                    authorizations.remove(i);
                    true
                }
                TransactionKind::Blob { blob_hashes, .. } if i < blob_hashes.len() => {
                    blob_hashes.remove(i);
                    true
                }
                _ => false,
            });
        }
        is_smaller
    }

    fn block(&mut self) -> bool {
        let plain = Address::from_low_u64(0xc01b);
        let mut is_smaller = self.attempt(|case| replace(&mut case.block.coinbase, plain));
        is_smaller |= self.attempt(|case| replace(&mut case.block.base_fee, U256::ZERO));
        is_smaller |= self.attempt(|case| replace(&mut case.block.prev_randao, U256::ZERO));
        is_smaller |= self.attempt(|case| replace(&mut case.block.excess_blob_gas, 0));
        is_smaller
    }

    fn programs(&mut self) -> bool {
        let mut paths = Vec::new();
        for (address, account) in &self.best.pre {
            collect(&account.code, (*address, Vec::new()), &mut paths);
        }
        let mut is_smaller = false;
        for path in paths {
            is_smaller |= self.drop_insts(&path);
            is_smaller |= self.simplify_pushes(&path);
        }
        is_smaller
    }

    /// Drops runs of instructions, long ones first.
    fn drop_insts(&mut self, path: &Path) -> bool {
        let mut is_smaller = false;
        let mut size = self.len_of(path).next_power_of_two();
        while size > 0 {
            let mut at = 0;
            while at < self.len_of(path) {
                let is_dropped = self.attempt(|case| {
                    let Some(program) = program_at(case, path) else { return false };
                    let end = (at + size).min(program.insts.len());
                    program.insts.drain(at..end);
                    true
                });
                is_smaller |= is_dropped;
                at += if is_dropped { 0 } else { size };
            }
            size /= 2;
        }
        is_smaller
    }

    fn simplify_pushes(&mut self, path: &Path) -> bool {
        let mut is_smaller = false;
        for at in 0..self.len_of(path) {
            for plain in [0, 1] {
                is_smaller |= self.attempt(|case| {
                    let Some(program) = program_at(case, path) else { return false };
                    match &mut program.insts[at] {
                        Inst::Push(word) if *word > U256::from(plain) => {
                            *word = U256::from(plain);
                            true
                        }
                        _ => false,
                    }
                });
            }
        }
        is_smaller
    }

    fn len_of(&mut self, path: &Path) -> usize {
        program_at(&mut self.best, path).map_or(0, |program| program.insts.len())
    }

    fn data(&mut self) -> bool {
        let mut is_smaller = false;
        let mut size = self.best.transaction.data.len().next_power_of_two();
        while size > 0 {
            let mut at = 0;
            while at < self.best.transaction.data.len() {
                let is_dropped = self.attempt(|case| {
                    let data = &mut case.transaction.data;
                    data.drain(at..(at + size).min(data.len()));
                    true
                });
                is_smaller |= is_dropped;
                at += if is_dropped { 0 } else { size };
            }
            size /= 2;
        }
        is_smaller
    }
}

/// Replaces `place` and says whether that changed it.
fn replace<T: PartialEq>(place: &mut T, value: T) -> bool {
    std::mem::replace(place, value) != *place
}

fn price_of(kind: &TransactionKind) -> U256 {
    match kind {
        TransactionKind::Legacy { gas_price } | TransactionKind::AccessList { gas_price } => {
            *gas_price
        }
        TransactionKind::DynamicFee { fees }
        | TransactionKind::Blob { fees, .. }
        | TransactionKind::SetCode { fees, .. } => fees.max_fee_per_gas,
    }
}

fn collect(program: &Program, path: Path, paths: &mut Vec<Path>) {
    for (i, part) in program.parts.iter().enumerate() {
        let mut inner = path.clone();
        inner.1.push(i);
        collect(part, inner, paths);
    }
    paths.push(path);
}

fn program_at<'c>(case: &'c mut Case, path: &Path) -> Option<&'c mut Program> {
    let program = &mut case.pre.get_mut(&path.0)?.code;
    path.1.iter().try_fold(program, |program, part| program.parts.get_mut(*part))
}
