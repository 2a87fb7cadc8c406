//! A walk-forward test as tables.

use super::{Rows, TIME};
use crate::backtest::{BacktestReport, Row, Trial};
use backstop_io::table::Table;
use backstop_lab::statistics::coverage::Coverage;
use backstop_lab::statistics::walk_forward::Forecast;

/// One row a model, horizon and level.
pub(crate) fn backtest_table(rows: &[Row<'_>]) -> Table {
    let of = |row: &Row<'_>, get: fn(&Coverage) -> f64| row.coverage.as_ref().map(get);
    Rows::of(rows)
        .text("asset", "", "Asset.", |r| r.trial.asset.clone())
        .text("model", "", "Model.", |r| r.trial.model.to_owned())
        .u64("horizon", "s", "Horizon of a forecast.", |r| {
            r.trial.horizon_s
        })
        .f64("level", "", "Level of value at risk.", |r| r.level)
        .u64("forecasts", "", "Number of forecasts.", |r| {
            r.trial.forecasts.len() as u64
        })
        .optional_f64("exceeded", "", "How many were exceeded.", |r| {
            of(r, |c| c.exceeded as f64)
        })
        .optional_f64("expected", "", "How many should have been.", |r| {
            of(r, |c| c.expected)
        })
        .f64(
            "mean_value_at_risk",
            "",
            "Mean value at risk, of the log return.",
            |r| r.mean,
        )
        .optional_f64("coverage", "", "Kupiec's statistic.", |r| {
            of(r, |c| c.coverage.statistic)
        })
        .optional_f64("coverage_p", "", "Its p-value.", |r| {
            of(r, |c| c.coverage.p)
        })
        .optional_f64(
            "independence",
            "",
            "Christoffersen's statistic of independence.",
            |r| of(r, |c| c.independence.statistic),
        )
        .optional_f64("independence_p", "", "Its p-value.", |r| {
            of(r, |c| c.independence.p)
        })
        .optional_f64("conditional", "", "Sum of the two statistics.", |r| {
            of(r, |c| c.conditional.statistic)
        })
        .optional_f64("conditional_p", "", "Its p-value.", |r| {
            of(r, |c| c.conditional.p)
        })
        .table("backtest")
}

/// One row a forecast and level.
pub(crate) fn forecasts_table(report: &BacktestReport<'_>) -> Table {
    let of_trial = |trial: &'_ Trial| -> Vec<(usize, usize)> {
        let levels = trial.levels.len();
        let forecasts = 0..trial.forecasts.len();
        forecasts
            .flat_map(|at| (0..levels).map(move |level| (at, level)))
            .collect()
    };
    let rows: Vec<(&Trial, &Forecast, usize)> = report
        .trials
        .iter()
        .flat_map(|trial| {
            let places = of_trial(trial).into_iter();
            places.map(move |(at, level)| (trial, &trial.forecasts[at], level))
        })
        .collect();
    Rows::of(&rows)
        .text("asset", "", "Asset.", |(t, _, _)| t.asset.clone())
        .text("model", "", "Model.", |(t, _, _)| t.model.to_owned())
        .u64("horizon", "s", "Horizon of the forecast.", |(t, _, _)| {
            t.horizon_s
        })
        .u64("time", "s", TIME, |(_, f, _)| f.time)
        .f64("level", "", "Level of value at risk.", |(t, _, at)| {
            t.levels[*at]
        })
        .f64(
            "value_at_risk",
            "",
            "Forecast, of the log return.",
            |(_, f, at)| f.value_at_risk[*at],
        )
        .f64("came", "", "The log return that came.", |(_, f, _)| f.came)
        .table("forecasts")
}
