//! The report of a walk-forward test of value at risk.

mod files;
mod text;

pub use files::write_backtest;
pub use text::backtest_text;

use backstop_lab::statistics::coverage::Coverage;
use backstop_lab::statistics::walk_forward::Forecast;

/// Below this p-value a model is rejected with 95 % confidence.
pub(crate) const REJECTED: f64 = 0.05;

/// Everything that the report shows.
#[derive(Clone, Copy, Debug)]
pub struct BacktestReport<'a> {
    /// Software and version.
    pub software: &'a str,
    /// Command that repeats it, with file names only.
    pub command: &'a str,
    /// Seconds of the window that a model is estimated from.
    pub window_s: u64,
    /// Seconds from one estimation to the next.
    pub refit_s: u64,
    /// What was found out about the files, such as gaps.
    pub notes: &'a [String],
    /// The tests, asset by asset.
    pub trials: &'a [Trial],
}

/// The forecasts of one model of one asset's returns over one horizon.
#[derive(Clone, Debug)]
pub struct Trial {
    /// The asset.
    pub asset: String,
    /// The model's key.
    pub model: &'static str,
    /// Seconds of the horizon.
    pub horizon_s: u64,
    /// Levels of value at risk, in the order of the forecasts'.
    pub levels: Vec<f64>,
    /// The forecasts.
    pub forecasts: Vec<Forecast>,
}

/// One level of a trial, judged.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'a> {
    pub(crate) trial: &'a Trial,
    pub(crate) level: f64,
    /// Nothing with fewer than two forecasts.
    pub(crate) coverage: Option<Coverage>,
    /// Mean value at risk, of the log return.
    pub(crate) mean: f64,
}

impl Row<'_> {
    /// Whether all three tests let it pass; nothing where nothing was judged.
    pub(crate) fn passes(&self) -> Option<bool> {
        let got = self.coverage?;
        let tests = [got.coverage, got.independence, got.conditional];
        Some(tests.iter().all(|test| test.p >= REJECTED))
    }
}

/// One row a trial and level.
pub(crate) fn rows<'a>(report: &BacktestReport<'a>) -> Vec<Row<'a>> {
    let of_trial = |trial: &'a Trial| {
        trial.levels.iter().enumerate().map(move |(at, level)| {
            let forecasts = trial.forecasts.iter();
            let exceeded: Vec<bool> = forecasts.clone().map(|f| f.exceeded(at)).collect();
            let told = forecasts.filter_map(|f| f.value_at_risk.get(at));
            Row {
                trial,
                level: *level,
                coverage: Coverage::new(&exceeded, *level),
                mean: told.sum::<f64>() / trial.forecasts.len() as f64,
            }
        })
    };
    report.trials.iter().flat_map(of_trial).collect()
}

/// The answer in a sentence or two.
pub(crate) fn answer(rows: &[Row<'_>]) -> String {
    let judged = rows.iter().filter(|row| row.passes().is_some()).count();
    let passed: Vec<String> = rows
        .iter()
        .filter(|row| row.passes() == Some(true))
        .map(|row| {
            format!(
                "{} on {} at {} over {}",
                row.trial.model,
                row.trial.asset,
                level_text(row.level),
                crate::format::duration(row.trial.horizon_s)
            )
        })
        .collect();
    let (passes, verb) = (
        passed.len() as u64,
        if passed.len() == 1 { "is" } else { "are" },
    );
    let of = crate::format::plural(judged as u64, "series of forecasts", "series of forecasts");
    let list = match passed.as_slice() {
        [] => String::new(),
        all => format!(" ({})", all.join("; ")),
    };
    format!(
        "Of {of}, {passes} {verb} not rejected by any of the three tests at 95\u{a0}% confidence{list}. Right \
         forecasts would be rejected by each test in one series of twenty."
    )
}

/// A level as people write it.
pub(crate) fn level_text(level: f64) -> String {
    format!("{}\u{a0}%", (level * 1e6).round() / 1e4)
}

/// A p-value.
pub(crate) fn chance(p: f64) -> String {
    match p {
        p if p < 0.001 => "< 0.001".to_owned(),
        p => format!("{p:.3}"),
    }
}
