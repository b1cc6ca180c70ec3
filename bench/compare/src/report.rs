//! The table and the JSON.

use std::{collections::BTreeMap, fmt};

use serde_json::{Value, json};

/// One engine on one case.
#[derive(Debug)]
pub struct Side {
    pub engine: &'static str,
    pub tier: &'static str,
    /// Time of one run.
    pub ns: f64,
    /// The same, every input hashed anew, where that differs.
    pub ns_without_memo: Option<f64>,
    /// What a first run costs more, or what is done once before it.
    pub compile_ns: f64,
    pub gas: u64,
    /// What is wrong with the answer.
    pub objection: Option<String>,
}

impl Side {
    /// What it is called where several engines stand in a line.
    pub fn label(&self) -> String {
        format!("{}/{}", self.engine, self.tier)
    }
}

/// All engines on one case.
#[derive(Debug)]
pub struct Row {
    pub guest: &'static str,
    pub case: String,
    pub group: String,
    /// Whether it is listed apart and left out of the mean.
    pub is_apart: bool,
    /// Bytes of the code that our first run compiles, where that is what its `compile_ns` takes.
    pub code_bytes: Option<usize>,
    pub ours: Side,
    pub peers: Vec<Side>,
}

impl Row {
    /// Milliseconds that we compile for each KB of 1,024 bytes.
    fn compile_ms_per_kb(&self) -> Option<f64> {
        Some(ms_per_kb(self.ours.compile_ns, self.code_bytes?))
    }

    fn sides(&self) -> impl Iterator<Item = &Side> {
        std::iter::once(&self.ours).chain(&self.peers)
    }

    /// How many times faster than this peer we are.
    fn ratio(&self, label: &str) -> Option<f64> {
        let peer = self.peers.iter().find(|peer| peer.label() == label)?;
        Some(peer.ns / self.ours.ns)
    }

    /// The same when we keep no digests.
    fn ratio_without_memo(&self, label: &str) -> Option<f64> {
        let ns = self.ours.ns_without_memo?;
        self.ratio(label).map(|ratio| ratio * self.ours.ns / ns)
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
        self.rows.iter().flat_map(Row::sides).all(|side| side.objection.is_none())
    }

    /// The guests of the rows, in their order.
    fn guests(&self) -> Vec<&'static str> {
        let mut guests: Vec<_> = self.rows.iter().map(|row| row.guest).collect();
        guests.dedup();
        guests
    }

    /// Everything, for programs.
    pub fn to_json(&self) -> Value {
        let side = |row: &Row, side: &Side| {
            json!({
                "guest": row.guest,
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
            self.rows.iter().flat_map(|row| row.sides().map(|one| side(row, one))).collect();
        let ratios: BTreeMap<&str, Value> =
            self.guests().into_iter().map(|guest| (guest, self.ratios(guest))).collect();
        let compile: BTreeMap<&str, Value> = self
            .guests()
            .into_iter()
            .filter_map(|guest| {
                let (compile, rows) = (self.compile(guest)?, self.compiled(guest));
                let case = |row: &Row| (row.case.clone(), json!(row.compile_ms_per_kb()));
                let cases: serde_json::Map<String, Value> = rows.into_iter().map(case).collect();
                let (all, median) = compile;
                Some((guest, json!({ "ms_per_kb": all, "median": median, "cases": cases })))
            })
            .collect();
        json!({ "results": results, "ratios": ratios, "compile": compile })
    }

    /// The cases in the mean of a guest whose compilation is known of.
    fn compiled(&self, guest: &str) -> Vec<&Row> {
        let counts = |row: &&Row| row.guest == guest && !row.is_apart && row.code_bytes.is_some();
        self.rows.iter().filter(counts).collect()
    }

    /// Milliseconds that we compile for each KB of all these cases, and the median of what they take one by one.
    fn compile(&self, guest: &str) -> Option<(f64, f64)> {
        let rows = self.compiled(guest);
        let ns = rows.iter().map(|row| row.ours.compile_ns).sum();
        let bytes = rows.iter().filter_map(|row| row.code_bytes).sum();
        let mut each: Vec<f64> = rows.iter().filter_map(|row| row.compile_ms_per_kb()).collect();
        each.sort_by(f64::total_cmp);
        Some((ms_per_kb(ns, bytes), *each.get(each.len() / 2)?))
    }

    /// For each peer, how many times faster than it we are.
    fn ratios(&self, guest: &str) -> Value {
        let rows: Vec<&Row> = self.rows.iter().filter(|row| row.guest == guest).collect();
        let ratios = labels(&rows).into_iter().map(|label| {
            let of = |row: &&&Row| Some((row.case.clone(), json!(row.ratio(&label)?)));
            let cases: serde_json::Map<String, Value> =
                rows.iter().filter_map(|row| of(&row)).collect();
            let counts = |row: &&&Row| !row.is_apart && row.ratio(&label).is_some();
            let in_the_mean: Vec<&str> =
                rows.iter().filter(counts).map(|row| row.case.as_str()).collect();
            let ratios = json!({
                "geometric_mean": mean(&rows, |row| row.ratio(&label)),
                "geometric_mean_without_memo": mean(&rows, |row| row.ratio_without_memo(&label)),
                "in_the_mean": in_the_mean,
                "cases": cases,
            });
            (label, ratios)
        });
        Value::Object(ratios.collect())
    }

    fn section(&self, f: &mut fmt::Formatter<'_>, guest: &str, is_apart: bool) -> fmt::Result {
        let here = |row: &&Row| row.guest == guest && row.is_apart == is_apart;
        let rows: Vec<&Row> = self.rows.iter().filter(here).collect();
        if rows.is_empty() {
            return Ok(());
        }
        let labels = labels(&rows);
        let title = if is_apart { "left out of the mean" } else { guest };
        write!(f, "{title:34} {:16} {:>13}", "group", "ours ns")?;
        labels.iter().try_for_each(|label| write!(f, "  {label}"))?;
        let has_memo = rows.iter().any(|row| row.ours.ns_without_memo.is_some());
        writeln!(f, "{}", if has_memo { "  no memo" } else { "" })?;
        for row in &rows {
            write!(f, "{:34} {:16} {:13.0}", row.case, row.group, row.ours.ns)?;
            cells(
                f,
                &labels,
                has_memo,
                |label| row.ratio(label),
                |label| row.ratio_without_memo(label),
            )?;
            for side in row.sides() {
                if let Some(objection) = &side.objection {
                    writeln!(f, "  WRONG ({}): {objection}", side.label())?;
                }
            }
        }
        if !is_apart {
            write!(f, "{:65}", "geometric mean")?;
            let memo = |label: &str| mean(&rows, |row| row.ratio_without_memo(label));
            cells(f, &labels, has_memo, |label| mean(&rows, |row| row.ratio(label)), memo)?;
            if let Some((all, median)) = self.compile(guest) {
                writeln!(
                    f,
                    "compiled in {all:.2} ms for each KB of all, {median:.2} in the median"
                )?;
            }
        }
        writeln!(f)
    }
}

/// A number for each peer, below its label; then the one against the first peer without digests.
fn cells(
    f: &mut fmt::Formatter<'_>,
    labels: &[String],
    has_memo: bool,
    number: impl Fn(&str) -> Option<f64>,
    without_memo: impl Fn(&str) -> Option<f64>,
) -> fmt::Result {
    let cell = |number: Option<f64>| number.map_or("-".to_owned(), |number| format!("{number:.2}"));
    for label in labels {
        write!(f, "  {:>1$}", cell(number(label)), label.len())?;
    }
    if has_memo {
        write!(f, "  {:>7}", cell(labels.first().and_then(|label| without_memo(label))))?;
    }
    writeln!(f)
}

/// The peers of `rows`, in order of appearance.
fn labels(rows: &[&Row]) -> Vec<String> {
    let mut labels = Vec::new();
    for label in rows.iter().flat_map(|row| &row.peers).map(Side::label) {
        if !labels.contains(&label) {
            labels.push(label);
        }
    }
    labels
}

fn ms_per_kb(ns: f64, bytes: usize) -> f64 {
    ns / 1e6 / (bytes as f64 / 1024.0)
}

/// The geometric mean of `ratio` over the cases that count and have one.
fn mean(rows: &[&Row], ratio: impl Fn(&Row) -> Option<f64>) -> Option<f64> {
    let counting = rows.iter().filter(|row| !row.is_apart);
    let logarithms: Vec<f64> = counting.filter_map(|row| ratio(row)).map(f64::ln).collect();
    let count = logarithms.len();
    (count > 0).then(|| (logarithms.iter().sum::<f64>() / count as f64).exp())
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "How many times faster than each peer ours is.")?;
        writeln!(f)?;
        for guest in self.guests() {
            self.section(f, guest, false)?;
            self.section(f, guest, true)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(engine: &'static str, ns: f64) -> Side {
        let objection = None;
        Side { engine, tier: "t", ns, ns_without_memo: None, compile_ns: 0.0, gas: 0, objection }
    }

    fn row(guest: &'static str, case: &str, is_apart: bool, peers: Vec<Side>) -> Row {
        let (case, group, ours) = (case.to_owned(), String::new(), side("ours", 10.0));
        Row { guest, case, group, is_apart, code_bytes: None, ours, peers }
    }

    #[test]
    fn compile_cost_is_of_all_code_and_in_the_median() {
        let mut report = Report::default();
        for (kb, ms) in [(1, 9.0), (2, 4.0), (5, 11.0)] {
            let mut row = row("evm", &format!("{kb}"), false, Vec::new());
            row.code_bytes = Some(kb * 1024);
            row.ours.compile_ns = ms * 1e6;
            report.add(row);
        }
        report.add(row("wasm", "a", false, Vec::new()));
        let compile = report.to_json()["compile"].take();
        assert_eq!(compile["evm"]["ms_per_kb"], json!(3.0));
        assert_eq!(compile["evm"]["median"], json!(2.2));
        assert_eq!(compile["evm"]["cases"]["1"], json!(9.0));
        assert_eq!(compile.get("wasm"), None);
    }

    #[test]
    fn means_are_for_each_guest_and_peer_over_the_cases_that_count() {
        let mut report = Report::default();
        report.add(row("evm", "a", false, vec![side("x", 70.0)]));
        report.add(row("wasm", "a", false, vec![side("x", 20.0), side("y", 10.0)]));
        report.add(row("wasm", "b", false, vec![side("x", 80.0)]));
        report.add(row("wasm", "c", true, vec![side("x", 990.0)]));
        let ratios = report.to_json()["ratios"].take();
        let mean =
            |guest: &str, peer: &str| ratios[guest][peer]["geometric_mean"].as_f64().unwrap();
        assert!((mean("wasm", "x/t") - 4.0).abs() < 1e-9);
        assert!((mean("wasm", "y/t") - 1.0).abs() < 1e-9);
        assert!((mean("evm", "x/t") - 7.0).abs() < 1e-9);
        assert_eq!(ratios["wasm"]["x/t"]["in_the_mean"], json!(["a", "b"]));
        assert_eq!(ratios["wasm"]["x/t"]["cases"]["c"], json!(99.0));
    }
}
