//! What a run did: for people, or as one JSON object whose fields are stable.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use lockstep::{CallOutcome, Changes, Exit, MemoryStorage, U256, Vm, encode_hex};
use serde::Serialize;

use super::Arguments;

/// Selector of Solidity's `Error(string)`.
const ERROR_SELECTOR: [u8; 4] = [0x08, 0xc3, 0x79, 0xa0];
/// Selector of Solidity's `Panic(uint256)`.
const PANIC_SELECTOR: [u8; 4] = [0x4e, 0x48, 0x7b, 0x71];

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    /// `return`, `revert` or `trap`.
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    trap: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    output: String,
    gas_used: u64,
    gas_left: u64,
    refund: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<String>,
    logs: Vec<LogRow>,
    state: BTreeMap<String, AccountRow>,
}

#[derive(Debug, Serialize)]
struct LogRow {
    address: String,
    topics: Vec<String>,
    data: String,
}

/// An account as it is now, with the slots that changed; all absent when the account is gone.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct AccountRow {
    #[serde(skip_serializing_if = "Option::is_none")]
    balance: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code_hash: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    storage: BTreeMap<String, String>,
}

/// Writes what `outcome` says to standard output; for people to standard error when that holds a trace.
pub(super) fn write(
    vm: &mut Vm<'_, MemoryStorage>,
    outcome: &CallOutcome,
    arguments: &Arguments,
) -> io::Result<()> {
    let report = Report::of(outcome, arguments.message_gas(), &vm.journal().changes());
    if arguments.json {
        let mut out = io::stdout().lock();
        match arguments.trace.detail() {
            None => serde_json::to_writer_pretty(&mut out, &report)?,
            Some(_) => serde_json::to_writer(&mut out, &report)?,
        }
        return out.write_all(b"\n");
    }
    match arguments.trace.detail() {
        None => report.write_text(&mut io::stdout().lock()),
        Some(_) => report.write_text(&mut io::stderr().lock()),
    }
}

impl Report {
    fn of(outcome: &CallOutcome, gas: u64, changes: &Changes) -> Self {
        let (name, trap) = match outcome.exit {
            Exit::Return => ("return", None),
            Exit::Revert => ("revert", None),
            Exit::Trap(trap) => ("trap", Some(trap.name())),
        };
        let logs = outcome.logs.iter().map(|log| LogRow {
            address: log.address.to_string(),
            topics: log.topics.iter().map(ToString::to_string).collect(),
            data: hex(&log.data),
        });
        Self {
            outcome: name,
            trap,
            reason: (outcome.exit == Exit::Revert).then(|| reason(&outcome.output)).flatten(),
            output: hex(&outcome.output),
            gas_used: gas.saturating_sub(outcome.gas_left),
            gas_left: outcome.gas_left,
            refund: outcome.refund,
            created: outcome.created.map(|address| address.to_string()),
            logs: logs.collect(),
            state: rows(changes),
        }
    }

    fn write_text(&self, out: &mut dyn Write) -> io::Result<()> {
        let why = self.trap.map(str::to_owned).or_else(|| self.reason.clone());
        let why = why.map_or(String::new(), |why| format!(": {why}"));
        writeln!(out, "outcome   {}{why}", self.outcome)?;
        writeln!(out, "output    {}", self.output)?;
        writeln!(out, "gas used  {} of {}", self.gas_used, self.gas_used + self.gas_left)?;
        if self.refund != 0 {
            writeln!(out, "refund    {}", self.refund)?;
        }
        if let Some(created) = &self.created {
            writeln!(out, "created   {created}")?;
        }
        for LogRow { address, topics, data } in &self.logs {
            writeln!(out, "log       {address} [{}] {data}", topics.join(", "))?;
        }
        for (address, account) in &self.state {
            writeln!(out, "changed   {address}{}", account.text())?;
            for (key, value) in &account.storage {
                writeln!(out, "          {key} = {value}")?;
            }
        }
        Ok(())
    }
}

impl AccountRow {
    fn text(&self) -> String {
        match (&self.balance, self.nonce) {
            (Some(balance), Some(nonce)) => format!(" balance {balance}, nonce {nonce}"),
            _ => " is gone".into(),
        }
    }
}

fn rows(changes: &Changes) -> BTreeMap<String, AccountRow> {
    let rows = changes.accounts.iter().map(|(address, change)| {
        let slot = |(key, value): (&U256, &U256)| (format!("{key:#x}"), format!("{value:#x}"));
        let row = AccountRow {
            balance: change.info.map(|info| info.balance.to_string()),
            nonce: change.info.map(|info| info.nonce),
            code_hash: change
                .info
                .filter(|info| info.has_code())
                .map(|info| info.code_hash.to_string()),
            storage: change.slots.iter().map(slot).collect(),
        };
        (address.to_string(), row)
    });
    rows.collect()
}

/// What Solidity says with `revert(...)`, `require` or a failed check.
fn reason(output: &[u8]) -> Option<String> {
    let (selector, rest) = output.split_first_chunk::<4>()?;
    match *selector {
        ERROR_SELECTOR => {
            let len = usize::try_from(U256::from_be_slice(rest.get(32..64)?)).ok()?;
            let text = rest.get(64..)?.get(..len)?;
            Some(String::from_utf8_lossy(text).into_owned())
        }
        PANIC_SELECTOR => Some(format!("panic {:#x}", U256::from_be_slice(rest.get(..32)?))),
        _ => None,
    }
}

fn hex(bytes: &[u8]) -> String {
    format!("0x{}", encode_hex(bytes))
}
