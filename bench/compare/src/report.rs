//! The table and the JSON.

use std::fmt;

use serde_json::{Value, json};

/// One engine on one case.
#[derive(Debug)]
pub struct Side {
    pub engine: &'static str,
    pub tier: &'static str,
    /// Time of one run.
    pub ns: f64,
    /// The same, every input hashed anew.
    pub ns_without_memo: Option<f64>,
    /// What a first run costs more, or the analysis before it.
    pub compile_ns: f64,
    pub gas: u64,
    /// What is wrong with the answer.
    pub objection: Option<String>,
}

/// Both engines on one case.
#[derive(Debug)]
pub struct Row {
    pub case: String,
    pub group: String,
    /// Whether it is listed apart and left out of the mean.
    pub is_apart: bool,
    pub ours: Side,
    pub peer: Side,
}

impl Row {
    /// How many times faster we are.
    fn ratio(&self) -> f64 {
        self.peer.ns / self.ours.ns
    }

    /// The same when we keep no digests.
    fn ratio_without_memo(&self) -> f64 {
        self.peer.ns / self.ours.ns_without_memo.unwrap_or(self.ours.ns)
    }
}

/// All cases.
#[derive(Debug, Default)]
pub struct Report {
    rows: Vec<Row>,
}

impl Report {
    pub fn add(&mut self, row: Row) {
        self.rows.push(row);
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether every answer was right.
    pub fn is_right(&self) -> bool {
        self.rows.iter().all(|row| row.ours.objection.is_none() && row.peer.objection.is_none())
    }

    /// The geometric mean of `ratio` over the cases that count.
    fn mean(&self, ratio: fn(&Row) -> f64) -> Option<f64> {
        let logarithms: Vec<f64> =
            self.rows.iter().filter(|row| !row.is_apart).map(|row| ratio(row).ln()).collect();
        let count = logarithms.len();
        (count > 0).then(|| (logarithms.iter().sum::<f64>() / count as f64).exp())
    }

    /// Everything, for programs.
    pub fn to_json(&self) -> Value {
        let side = |row: &Row, side: &Side| {
            json!({
                "guest": "evm",
                "case": row.case,
                "engine": side.engine,
                "tier": side.tier,
                "ns_median": side.ns,
                "ns_median_without_memo": side.ns_without_memo,
                "compile_ns": side.compile_ns,
                "gas": side.gas,
                "ok": side.objection.is_none(),
            })
        };
        let results: Vec<Value> =
            self.rows.iter().flat_map(|row| [side(row, &row.ours), side(row, &row.peer)]).collect();
        let cases: serde_json::Map<String, Value> =
            self.rows.iter().map(|row| (row.case.clone(), json!(row.ratio()))).collect();
        let in_the_mean: Vec<_> =
            self.rows.iter().filter(|row| !row.is_apart).map(|row| &row.case).collect();
        json!({
            "results": results,
            "ratios": { "of": "revm/lockstep", "geometric_mean": self.mean(Row::ratio),
                "geometric_mean_without_memo": self.mean(Row::ratio_without_memo),
                "in_the_mean": in_the_mean, "cases": cases },
        })
    }

    fn section(&self, f: &mut fmt::Formatter<'_>, title: &str, is_apart: bool) -> fmt::Result {
        if !self.rows.iter().any(|row| row.is_apart == is_apart) {
            return Ok(());
        }
        let (ours, peer) = ("ours ns", "revm ns");
        let (group, plain) = ("group", "no memo");
        writeln!(f, "{title:34} {group:16} {ours:>13} {peer:>13} {:>7} {plain:>7}", "ratio")?;
        for row in self.rows.iter().filter(|row| row.is_apart == is_apart) {
            let (ours, peer) = (row.ours.ns, row.peer.ns);
            let (case, group) = (&row.case, &row.group);
            let (ratio, plain) = (row.ratio(), row.ratio_without_memo());
            writeln!(f, "{case:34} {group:16} {ours:13.0} {peer:13.0} {ratio:7.2} {plain:7.2}")?;
            for side in [&row.ours, &row.peer] {
                if let Some(objection) = &side.objection {
                    writeln!(f, "  WRONG ({}): {objection}", side.engine)?;
                }
            }
        }
        Ok(())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.section(f, "case", false)?;
        let means = (self.mean(Row::ratio), self.mean(Row::ratio_without_memo));
        if let (Some(mean), Some(plain)) = means {
            writeln!(f, "{:78} {mean:7.2} {plain:7.2}", "geometric mean")?;
            writeln!(f)?;
        }
        self.section(f, "left out of the mean", true)
    }
}
