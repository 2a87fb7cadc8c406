//! The files of an ensemble: tables as Parquet and JSON, `stress.json`, and the page.

use super::draws::WeightsFile;
use super::{CascadeTail, EnsembleReport, Figure, Known, LARGEST, answer};
use crate::answer::spans_text;
use crate::html::ensemble_page;
use crate::results::{json, write_files};
use crate::summary_head::SummaryHead;
use crate::sweep::{drivers_summary, sweep_summary};
use crate::tables::{drivers_table, known_sweep_tables, known_tables};
use backstop_io::FileError;
use backstop_lab::ensemble::{CONFIDENCE, Estimate, Level};
use serde::Serialize;
use std::path::Path;

/// Format of `stress.json`.
const FORMAT: &str = "backstop-stress/1";

/// Writes the tables `figures`, `losses`, `falls`, `fan`, `account-losses`, `assets`,
/// `collateral-at-risk`, `instant-falls` and `worst`, the summary `stress.json` and the page `stress.html`
/// into a folder that exists; and what [`write_drivers`](crate::write_drivers) and
/// [`write_sweep`](crate::write_sweep) write, without their pages, where drivers and a heat map were run.
///
/// # Errors
/// [`FileError`] when the system refuses; files written before stay.
pub fn write_ensemble(out: &Path, report: &EnsembleReport<'_>) -> Result<(), FileError> {
    let known = Known::new(*report);
    let mut texts = vec![
        ("stress.json", summary(&known)),
        ("stress.html", ensemble_page(&known)),
    ];
    let mut tables = known_tables(&known);
    if let Some(moved) = known.drivers.run() {
        tables.push(drivers_table(moved));
        texts.push(drivers_summary(moved));
    }
    if let Some(cells) = known.heat_map.run() {
        tables.extend(known_sweep_tables(cells));
        texts.push(sweep_summary(cells));
    }
    write_files(out, &tables, &texts)?;
    Ok(())
}

/// `stress.json`: what was asked, and the figures of the answer.
#[derive(Serialize)]
struct SummaryFile<'a> {
    #[serde(flatten)]
    head: SummaryHead<'a>,
    answer: String,
    seed: u64,
    paths: u64,
    asked: u64,
    stopped: u64,
    horizon_s: u64,
    /// How the paths were drawn, where not plainly.
    #[serde(skip_serializing_if = "Option::is_none")]
    draws: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    weights: Option<WeightsFile>,
    /// Share of intervals that hold the true value.
    confidence: f64,
    /// Share of paths that leave no bad debt.
    without_bad_debt: Option<f64>,
    bad_debt: Option<FigureFile>,
    seized: Option<FigureFile>,
    /// Accounts that leave bad debt on any path.
    accounts_with_bad_debt: usize,
    /// Fewest accounts that make half of it.
    accounts_with_half_of_bad_debt: Option<usize>,
    /// The account that leaves most, and its share.
    largest_account: Option<AccountFile>,
    /// Of all assets together.
    collateral_at_risk: Option<FigureFile>,
    /// Accounts whose collateral is at risk on any path.
    accounts_at_risk: usize,
    /// The account with most collateral at risk on average.
    most_at_risk: Option<AtRiskFile>,
    /// The largest cascade of each path.
    cascades: Option<CascadesFile>,
}

#[derive(Serialize)]
struct AtRiskFile {
    account: u32,
    name: Option<String>,
    /// At the start, USD.
    collateral: f64,
    /// Share of paths in which it is at risk.
    probability: f64,
}

#[derive(Serialize)]
struct CascadesFile {
    /// Share of paths with any.
    probability: f64,
    largest: Option<FigureFile>,
    tails: Vec<CascadeTailFile>,
}

#[derive(Serialize)]
struct CascadeTailFile {
    /// Share of the paths with a cascade that counts as the tail.
    share: f64,
    paths: u64,
    /// Above which it lies, USD.
    threshold: f64,
    /// Hill's.
    index: EstimateFile,
}

fn cascades_file(known: &Known<'_>) -> Option<CascadesFile> {
    let cascades = known.cascades.as_ref()?;
    let tail = |tail: &CascadeTail| CascadeTailFile {
        share: tail.top,
        paths: tail.tail.terms,
        threshold: tail.tail.threshold,
        index: estimate_file(tail.tail.index),
    };
    Some(CascadesFile {
        probability: cascades.share,
        largest: known.figure(LARGEST).map(figure_file),
        tails: cascades.tails.iter().map(tail).collect(),
    })
}

#[derive(Serialize)]
struct AccountFile {
    account: u32,
    name: Option<String>,
    share_of_bad_debt: f64,
}

#[derive(Serialize)]
pub(crate) struct FigureFile {
    unit: &'static str,
    paths: u64,
    mean: Option<EstimateFile>,
    tails: Vec<TailFile>,
    max: Option<f64>,
}

#[derive(Serialize)]
struct TailFile {
    level: f64,
    value_at_risk: EstimateFile,
    expected_shortfall: EstimateFile,
}

/// An end that is not known is null.
#[derive(Serialize)]
pub(crate) struct EstimateFile {
    value: f64,
    low: Option<f64>,
    high: Option<f64>,
}

pub(crate) fn estimate_file(estimate: Estimate) -> EstimateFile {
    let known = |end: f64| end.is_finite().then_some(end);
    EstimateFile {
        value: estimate.value,
        low: known(estimate.low),
        high: known(estimate.high),
    }
}

pub(crate) fn figure_file(figure: &Figure) -> FigureFile {
    let tail = |level: Level| {
        let tail = figure.tail(level)?;
        Some(TailFile {
            level: level.0,
            value_at_risk: estimate_file(tail.value_at_risk),
            expected_shortfall: estimate_file(tail.expected_shortfall),
        })
    };
    FigureFile {
        unit: figure.metric.unit,
        paths: figure.paths,
        mean: figure.mean.map(estimate_file),
        tails: Level::SHOWN.into_iter().filter_map(tail).collect(),
        max: figure.max,
    }
}

fn summary(known: &Known<'_>) -> String {
    let (report, context) = (&known.report, known.report.context);
    let accounts = &known.accounts;
    let first = accounts.rows.first().filter(|first| first.bad_debt > 0.0);
    let file = SummaryFile {
        head: SummaryHead::new(FORMAT, context),
        answer: spans_text(answer(known)).replace('\u{a0}', " "),
        seed: report.seed,
        paths: report.totals.paths,
        asked: report.asked,
        stopped: report.totals.stopped,
        horizon_s: report.horizon_s,
        draws: report.draws,
        weights: WeightsFile::of(report.totals),
        confidence: CONFIDENCE,
        without_bad_debt: known.without_bad_debt(),
        bad_debt: known.figure("bad_debt").map(figure_file),
        seized: known.figure("seized").map(figure_file),
        accounts_with_bad_debt: accounts.with_bad_debt(),
        accounts_with_half_of_bad_debt: accounts.half_of_bad_debt(),
        largest_account: first.map(|first| AccountFile {
            account: first.number,
            name: (report.account_name)(first.number),
            share_of_bad_debt: first.bad_debt / accounts.bad_debt,
        }),
        collateral_at_risk: known.figure("collateral_at_risk").map(figure_file),
        accounts_at_risk: accounts.at_risk_rows(),
        most_at_risk: accounts.most_at_risk().map(|most| AtRiskFile {
            account: most.number,
            name: (report.account_name)(most.number),
            collateral: most.collateral,
            probability: most.at_risk_paths / known.paths(),
        }),
        cascades: cascades_file(known),
    };
    json(&file, serde_json::to_string_pretty) + "\n"
}
