//! State tests as files: findings are written as such, fixtures are read.

mod read;
mod write;

pub use read::read;
pub use write::to_text;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::{self, Keys};

    #[test]
    fn a_written_case_reads_back_as_itself() {
        let keys = Keys::new();
        let folder = std::env::temp_dir().join(format!("differ-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        for seed in 0..300 {
            let case = generate::case(&keys, seed, None);
            let path = folder.join("case.json");
            std::fs::write(&path, to_text("name", &case)).unwrap();
            let (_, back) = read(&path).unwrap().remove(0);
            assert_eq!(back.fork, case.fork, "seed {seed}");
            assert_eq!(back.block, case.block, "seed {seed}");
            let mut transaction = case.transaction.clone();
            // State tests do not say the chain: legacy transactions name none, the others this one.
            transaction.chain_id = back.transaction.chain_id;
            assert_eq!(back.transaction, transaction, "seed {seed}");
            let bytes = |case: &crate::case::Case| -> Vec<_> {
                let parts = |account: &crate::case::Account| {
                    (account.balance, account.nonce, account.code.assemble(), account.slots.clone())
                };
                case.pre.iter().map(|(address, account)| (*address, parts(account))).collect()
            };
            assert_eq!(bytes(&back), bytes(&case), "seed {seed}");
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
