//! Whole transactions through the peer's front door, state in its own in-memory database.

use std::hint::black_box;

use lockstep::TransactionKind;
use revm::{
    Context, ExecuteEvm, MainBuilder, MainContext, MainnetEvm,
    bytecode::Bytecode,
    context::{BlockEnv, CfgEnv, Journal, TxEnv},
    context_interface::result::ExecutionResult,
    database::{CacheDB, EmptyDB},
    primitives::{Address, B256, Bytes, TxKind, U256, keccak256},
    state::AccountInfo,
};

use super::{call::SPEC, peer_address};
use crate::{
    clock::Clock,
    evm::{answer::Answer, case::TransactionCase},
};

type Database = CacheDB<EmptyDB>;
type PeerContext = Context<BlockEnv, TxEnv, CfgEnv, Database, Journal<Database>, ()>;

/// Repeats one transaction.
pub struct Transactor {
    evm: MainnetEvm<PeerContext>,
    transaction: TxEnv,
    accounts: Vec<(Address, AccountInfo, Bytes)>,
}

impl Transactor {
    pub fn new(case: &TransactionCase) -> Result<Self, String> {
        let mut database = Database::default();
        let mut accounts = Vec::new();
        for (address, account) in &case.pre {
            let address = peer_address(*address);
            let code = Bytes::copy_from_slice(&account.code);
            let info = AccountInfo {
                balance: account.balance,
                nonce: account.nonce,
                code_hash: keccak256(&code),
                code: Some(Bytecode::new_raw(code.clone())),
                ..AccountInfo::default()
            };
            database.insert_account_info(address, info.clone());
            for (key, value) in &account.slots {
                database
                    .insert_account_storage(address, *key, *value)
                    .map_err(|e| e.to_string())?;
            }
            accounts.push((address, AccountInfo { code: None, ..info }, code));
        }
        let block = BlockEnv {
            number: U256::from(case.block.number),
            beneficiary: peer_address(case.block.coinbase),
            timestamp: U256::from(case.block.timestamp),
            gas_limit: case.block.gas_limit,
            prevrandao: Some(B256::ZERO),
            ..BlockEnv::default()
        };
        let evm = Context::mainnet()
            .with_db(database)
            .with_block(block)
            .with_cfg(CfgEnv::new_with_spec(SPEC))
            .build_mainnet();
        Ok(Self { evm, transaction: peer_transaction(case)?, accounts })
    }

    /// Runs it; nothing is committed.
    pub fn run(&mut self) {
        black_box(self.evm.transact(self.transaction.clone())).expect("a valid transaction");
    }

    pub fn answer(&mut self) -> Result<Answer, String> {
        let done = self.evm.transact(self.transaction.clone()).map_err(|e| format!("{e:?}"))?;
        let end = match &done.result {
            ExecutionResult::Success { .. } => "return",
            ExecutionResult::Revert { .. } => "revert",
            ExecutionResult::Halt { .. } => "a halt",
        };
        let output = done.result.output().map(|output| output.to_vec()).unwrap_or_default();
        Ok(Answer { end, output, gas: done.result.tx_gas_used() })
    }

    /// Time of a run whose code nobody has analysed; hashes are known.
    pub fn first_run_ns(&mut self) -> u64 {
        let transaction = self.transaction.clone();
        let start = Clock::now_ns();
        for (address, info, code) in &self.accounts {
            let code = Some(Bytecode::new_raw(code.clone()));
            let info = AccountInfo { code, ..info.clone() };
            self.evm.ctx.journaled_state.database.insert_account_info(*address, info);
        }
        black_box(self.evm.transact(transaction)).expect("a valid transaction");
        Clock::now_ns() - start
    }
}

fn peer_transaction(case: &TransactionCase) -> Result<TxEnv, String> {
    let transaction = &case.transaction;
    let TransactionKind::Legacy { gas_price } = transaction.kind else {
        return Err("only legacy transactions are measured".into());
    };
    Ok(TxEnv {
        caller: peer_address(transaction.sender),
        gas_limit: transaction.gas_limit,
        gas_price: gas_price.try_into().map_err(|_| "a gas price beyond 128 bits")?,
        kind: transaction.to.map_or(TxKind::Create, |to| TxKind::Call(peer_address(to))),
        value: transaction.value,
        data: Bytes::copy_from_slice(&transaction.data),
        nonce: transaction.nonce,
        chain_id: transaction.chain_id,
        ..TxEnv::default()
    })
}
