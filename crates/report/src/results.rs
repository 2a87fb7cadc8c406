//! The results folder: tables as Parquet and JSON, `summary.json`, `traces.jsonl`, `report.html`.

use crate::Report;
use crate::summary::{Summary, symbol};
use crate::summary_head::SummaryHead;
use crate::tables::tables;
use crate::trace::rounding_name;
use backstop_core::protocol::{AssetId, Trace};
use backstop_io::table::Table;
use backstop_io::{FileError, write_atomic};
use backstop_lab::record::{LiquidationRow, PathRecord};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Name of the file with the traces.
pub(crate) const TRACES: &str = "traces.jsonl";
/// Name of the file with the accounts.
pub(crate) const ACCOUNTS: &str = "accounts.json";
/// Format of `summary.json`.
const FORMAT: &str = "backstop-results/1";

/// Writes everything into a folder that exists, and returns the files in the order of writing.
///
/// # Errors
/// [`FileError`] when the system refuses; files written before stay.
pub fn write_results(folder: &Path, report: &Report<'_>) -> Result<Vec<PathBuf>, FileError> {
    let tables = tables(report.record, report.without_feedback);
    let texts = [
        (TRACES, traces(report.record)),
        ("summary.json", summary(report)),
        ("report.html", report.page()),
    ];
    write_files(folder, &tables, &texts)
}

/// Writes tables as Parquet and JSON, then texts by their file name.
pub(crate) fn write_files(
    folder: &Path,
    tables: &[Table],
    texts: &[(&str, String)],
) -> Result<Vec<PathBuf>, FileError> {
    let mut files = Vec::new();
    for table in tables {
        let parquet = folder.join(format!("{}.parquet", table.name));
        table.write_parquet(&parquet)?;
        let json = folder.join(format!("{}.json", table.name));
        table.write_json(&json)?;
        files.extend([parquet, json]);
    }
    for (name, text) in texts {
        let path = folder.join(name);
        write_atomic(&path, text.as_bytes())?;
        files.push(path);
    }
    Ok(files)
}

/// `summary.json`: what was asked, and the figures.
#[derive(Serialize)]
struct SummaryFile<'a> {
    #[serde(flatten)]
    head: SummaryHead<'a>,
    #[serde(flatten)]
    summary: Summary,
}

/// The text of `summary.json`.
pub(crate) fn summary(report: &Report<'_>) -> String {
    let context = report.context;
    let file = SummaryFile {
        head: SummaryHead::new(FORMAT, context),
        summary: Summary::new(report.record, report.without_feedback),
    };
    json(&file, serde_json::to_string_pretty) + "\n"
}

/// One line of `traces.jsonl`: one liquidation with every number of its computation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TraceLine {
    pub(crate) step: u32,
    pub(crate) time: u64,
    pub(crate) account: u32,
    pub(crate) liquidator: String,
    pub(crate) collateral: String,
    pub(crate) collateral_decimals: u8,
    pub(crate) debt: String,
    pub(crate) debt_decimals: u8,
    /// Exact, decimal digits; so are the three below and the health factors (wad).
    pub(crate) repaid: String,
    pub(crate) seized: String,
    pub(crate) protocol_fee: String,
    pub(crate) health_before: String,
    pub(crate) health_after: String,
    pub(crate) trace: Vec<TraceEntry>,
}

/// One number of a computation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TraceEntry {
    pub(crate) label: String,
    pub(crate) formula: String,
    /// Name and exact value.
    pub(crate) inputs: Vec<(String, String)>,
    pub(crate) result: String,
    /// `floor`, `ceil`, `half_up`, or nothing where the step is exact.
    pub(crate) rounding: Option<String>,
}

/// The text of `traces.jsonl`.
pub(crate) fn traces(record: &PathRecord) -> String {
    let mut text = String::new();
    for row in &record.liquidations {
        text.push_str(&json(&trace_line(record, row), serde_json::to_string));
        text.push('\n');
    }
    text
}

fn trace_line(record: &PathRecord, row: &LiquidationRow) -> TraceLine {
    let decimals = |asset: AssetId| {
        record
            .decimals
            .get(usize::from(asset.0))
            .copied()
            .unwrap_or(0)
    };
    let liquidator = usize::try_from(row.liquidator)
        .ok()
        .and_then(|i| record.liquidators.get(i));
    TraceLine {
        step: row.step,
        time: row.time,
        account: row.account.0,
        liquidator: liquidator.map_or_else(
            || format!("liquidator {}", row.liquidator),
            |l| l.name.clone(),
        ),
        collateral: symbol(record, row.collateral),
        collateral_decimals: decimals(row.collateral),
        debt: symbol(record, row.debt),
        debt_decimals: decimals(row.debt),
        repaid: row.repaid.to_string(),
        seized: row.seized.to_string(),
        protocol_fee: row.protocol_fee.to_string(),
        health_before: row.health_before.to_string(),
        health_after: row.health_after.to_string(),
        trace: entries(&row.trace),
    }
}

fn entries(trace: &Trace) -> Vec<TraceEntry> {
    trace
        .iter()
        .map(|step| TraceEntry {
            label: step.label.to_owned(),
            formula: step.formula.to_owned(),
            inputs: step
                .inputs
                .iter()
                .map(|(n, v)| ((*n).to_owned(), v.to_string()))
                .collect(),
            result: step.result.to_string(),
            rounding: step.rounding.map(|r| rounding_name(r).to_owned()),
        })
        .collect()
}

/// Structs of text and numbers always serialise; an empty object stands in if they ever do not.
pub(crate) fn json<T>(value: &T, write: fn(&T) -> serde_json::Result<String>) -> String {
    write(value).unwrap_or_else(|_| "{}".to_owned())
}
