//! The files of a sweep: the table of its cells, `sweep.json`, and the page.

use super::{CellFigures, Known, SweepReport, answer};
use crate::answer::spans_text;
use crate::ensemble::{EstimateFile, FigureFile, estimate_file, figure_file};
use crate::html::sweep_page;
use crate::results::{json, write_files};
use crate::summary_head::SummaryHead;
use crate::tables::known_sweep_tables;
use backstop_io::FileError;
use backstop_lab::ensemble::CONFIDENCE;
use serde::Serialize;
use std::path::Path;

/// Format of `sweep.json`.
const FORMAT: &str = "backstop-sweep/1";

/// Writes the table `cells`, the summary `sweep.json` and the page `sweep.html` into a folder that
/// exists.
///
/// # Errors
/// [`FileError`] when the system refuses; files written before stay.
pub fn write_sweep(out: &Path, report: &SweepReport<'_>) -> Result<(), FileError> {
    let known = Known::new(*report);
    let texts = [sweep_summary(&known), ("sweep.html", sweep_page(&known))];
    write_files(out, &known_sweep_tables(&known), &texts)?;
    Ok(())
}

/// `sweep.json`: what was asked, and the figures of every cell.
#[derive(Serialize)]
struct SummaryFile<'a> {
    #[serde(flatten)]
    head: SummaryHead<'a>,
    answer: String,
    seed: u64,
    /// Of each cell.
    paths: u64,
    horizon_s: u64,
    /// Share of intervals that hold the true value.
    confidence: f64,
    axes: Vec<AxisFile<'a>>,
    cells: Vec<CellFile<'a>>,
}

#[derive(Serialize)]
struct AxisFile<'a> {
    key: &'a str,
    values: &'a [String],
}

/// A cell that was run.
#[derive(Serialize)]
struct CellFile<'a> {
    /// One value an axis.
    at: Vec<&'a str>,
    paths: u64,
    stopped: u64,
    bad_debt: FigureFile,
    seized: FigureFile,
    amplification: FigureFile,
    liquidations: FigureFile,
    probability_of_bad_debt: Option<EstimateFile>,
}

fn cell<'a>(at: Vec<&'a str>, cell: &CellFigures) -> CellFile<'a> {
    CellFile {
        at,
        paths: cell.paths,
        stopped: cell.stopped,
        bad_debt: figure_file(&cell.bad_debt),
        seized: figure_file(&cell.seized),
        amplification: figure_file(&cell.amplification),
        liquidations: figure_file(&cell.liquidations),
        probability_of_bad_debt: cell.probability.map(estimate_file),
    }
}

/// Name and text of the summary.
pub(crate) fn sweep_summary(known: &Known<'_>) -> (&'static str, String) {
    let (report, context) = (&known.report, known.report.context);
    let (firsts, seconds) = known.size();
    let places = (0..firsts).flat_map(|i| (0..seconds).map(move |j| [i, j]));
    let cells = places.filter_map(|at| {
        let values = report.axes.iter().zip(at);
        let values = values.map(|(axis, at)| axis.values.get(at).map_or("", String::as_str));
        Some(cell(values.collect(), known.cell(at[0], at[1])?))
    });
    let file = SummaryFile {
        head: SummaryHead::new(FORMAT, context),
        answer: spans_text(answer(known)).replace('\u{a0}', " "),
        seed: report.seed,
        paths: report.paths,
        horizon_s: report.horizon_s,
        confidence: CONFIDENCE,
        axes: report
            .axes
            .iter()
            .map(|axis| AxisFile {
                key: &axis.key,
                values: &axis.values,
            })
            .collect(),
        cells: cells.collect(),
    };
    let text = json(&file, serde_json::to_string_pretty) + "\n";
    ("sweep.json", text)
}
