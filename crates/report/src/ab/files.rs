//! The files of a comparison: its table, `ab.json`, and the page.

use super::{AbReport, Compared, Effect, MEASURES, Measure, TAIL, answer};
use crate::answer::spans_text;
use crate::ensemble::{EstimateFile, estimate_file};
use crate::html::ab_page;
use crate::results::{json, write_files};
use crate::summary_head::SummaryHead;
use crate::tables::ab_table;
use backstop_io::FileError;
use backstop_lab::ensemble::CONFIDENCE;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

/// Format of `ab.json`.
const FORMAT: &str = "backstop-ab/1";

/// Writes the table `policies` as Parquet, JSON and CSV, the summary `ab.json` and the page `ab.html` into a folder
/// that exists.
///
/// # Errors
/// [`FileError`] when the system refuses; files written before stay.
pub fn write_ab(out: &Path, report: &AbReport<'_>) -> Result<(), FileError> {
    let compared = Compared::new(*report);
    let table = ab_table(&compared);
    table.write_csv(&out.join(format!("{}.csv", table.name)))?;
    let texts = [ab_summary(&compared), ("ab.html", ab_page(&compared))];
    write_files(out, &[table], &texts)?;
    Ok(())
}

/// `ab.json`: what was asked, the answer, and every figure.
#[derive(Serialize)]
struct SummaryFile<'a> {
    #[serde(flatten)]
    head: SummaryHead<'a>,
    answer: String,
    seed: u64,
    /// Of each row.
    paths: u64,
    horizon_s: u64,
    /// Share of intervals that hold the true value.
    confidence: f64,
    /// Level of the expected shortfalls.
    level: f64,
    /// What differs from path to path.
    random: &'a [String],
    /// The scenario as it stands.
    base: BTreeMap<&'static str, Option<EstimateFile>>,
    policies: Vec<PolicyFile<'a>>,
    /// Policies that cannot be had, and why.
    refused: BTreeMap<&'a str, &'a str>,
}

#[derive(Serialize)]
struct PolicyFile<'a> {
    policy: &'a str,
    overrides: &'a [String],
    stopped: u64,
    figures: BTreeMap<&'static str, Option<EffectFile>>,
}

#[derive(Serialize)]
struct EffectFile {
    unit: &'static str,
    paths: u64,
    before: f64,
    after: f64,
    change: EstimateFile,
    verdict: &'static str,
}

fn effect_file(measure: &Measure, effect: &Effect) -> EffectFile {
    EffectFile {
        unit: measure.unit,
        paths: effect.paths,
        before: effect.before,
        after: effect.after(),
        change: estimate_file(effect.change),
        verdict: effect.verdict(measure.unit).word(),
    }
}

/// Name and text of the summary.
fn ab_summary(compared: &Compared<'_>) -> (&'static str, String) {
    let (report, context) = (&compared.report, compared.report.context);
    let base = MEASURES.iter().zip(&compared.base);
    let policies = report.rows.iter().enumerate().map(|(at, row)| PolicyFile {
        policy: row.label,
        overrides: row.set,
        stopped: row.run.stopped,
        figures: compared
            .effects(at)
            .map(|(m, effect)| (m.name, effect.map(|effect| effect_file(m, &effect))))
            .collect(),
    });
    let refused = report.refused.iter();
    let file = SummaryFile {
        head: SummaryHead::new(FORMAT, context),
        answer: spans_text(answer(compared)).replace('\u{a0}', " "),
        seed: report.seed,
        paths: report.paths,
        horizon_s: report.horizon_s,
        confidence: CONFIDENCE,
        level: TAIL.0,
        random: report.random,
        base: base
            .map(|(m, told)| (m.name, told.map(estimate_file)))
            .collect(),
        policies: policies.collect(),
        refused: refused
            .map(|(name, why)| (name.as_str(), why.as_str()))
            .collect(),
    };
    let text = json(&file, serde_json::to_string_pretty) + "\n";
    ("ab.json", text)
}

/// Overrides of a row as a command takes them.
pub(crate) fn command_of(set: &[String]) -> String {
    let words = set.iter().map(|set| format!("--set '{set}'"));
    words.collect::<Vec<_>>().join(" ")
}
