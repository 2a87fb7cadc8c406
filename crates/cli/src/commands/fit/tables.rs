//! What a fit found, as tables.

use super::Asset;
use backstop_io::table::{Column, ColumnData, Table};
use backstop_lab::price::fit::{Estimate, Fitted, PairCorrelation, QUANTILES};

/// All tables.
pub(super) fn all(assets: &[Asset], pairs: &[PairCorrelation]) -> Vec<Table> {
    vec![
        parameters(assets),
        fits(assets),
        quantiles(assets),
        correlations(assets, pairs),
    ]
}

fn each_fit(assets: &[Asset]) -> impl Iterator<Item = (&Asset, &Fitted)> + Clone {
    assets
        .iter()
        .flat_map(|asset| asset.fits.iter().map(move |fitted| (asset, fitted)))
}

fn text(values: impl Iterator<Item = String>) -> ColumnData {
    ColumnData::Text(values.collect())
}

fn number(values: impl Iterator<Item = f64>) -> ColumnData {
    ColumnData::F64(values.collect())
}

fn parameters(assets: &[Asset]) -> Table {
    let rows: Vec<(&Asset, &Fitted, &Estimate)> = each_fit(assets)
        .flat_map(|(asset, fitted)| {
            fitted
                .parameters
                .iter()
                .map(move |one| (asset, fitted, one))
        })
        .collect();
    let rows = rows.iter();
    Table::new(
        "fit-parameters",
        vec![
            Column::new(
                "asset",
                "",
                "File.",
                text(rows.clone().map(|r| r.0.name.clone())),
            ),
            Column::new(
                "model",
                "",
                "Process, by its key in a scenario.",
                text(rows.clone().map(|r| r.1.family.key().to_owned())),
            ),
            Column::new(
                "parameter",
                "",
                "Parameter; a year where time matters.",
                text(rows.clone().map(|r| r.2.name.to_owned())),
            ),
            Column::new(
                "value",
                "",
                "Estimate.",
                number(rows.clone().map(|r| r.2.value)),
            ),
            Column::new(
                "error",
                "",
                "Standard error; null where the sample does not tell.",
                number(rows.map(|r| r.2.error)),
            ),
        ],
    )
}

fn fits(assets: &[Asset]) -> Table {
    let rows = each_fit(assets);
    let count = |asset: &Asset| u64::try_from(asset.sample.returns.len()).unwrap_or(u64::MAX);
    let tail = |asset: &Asset, side: usize| asset.tails[side].map(|hill| hill.index);
    let doubt = |asset: &Asset, side: usize| asset.tails[side].map(|hill| hill.error);
    let optional = |values: Vec<Option<f64>>| ColumnData::OptionalF64(values);
    Table::new(
        "fit-goodness",
        vec![
            Column::new(
                "asset",
                "",
                "File.",
                text(rows.clone().map(|r| r.0.name.clone())),
            ),
            Column::new(
                "model",
                "",
                "Process, by its key in a scenario.",
                text(rows.clone().map(|r| r.1.family.key().to_owned())),
            ),
            Column::new(
                "returns",
                "",
                "Log returns.",
                ColumnData::U64(rows.clone().map(|r| count(r.0)).collect()),
            ),
            Column::new(
                "step_s",
                "s",
                "Length of a return.",
                ColumnData::U32(rows.clone().map(|r| r.0.sample.step_s).collect()),
            ),
            Column::new(
                "log_likelihood",
                "",
                "Logarithm of the density of all returns.",
                number(rows.clone().map(|r| r.1.log_likelihood)),
            ),
            Column::new(
                "aic",
                "",
                "Akaike's criterion; lower is better.",
                number(rows.clone().map(|r| r.1.aic)),
            ),
            Column::new(
                "converged",
                "",
                "Whether the search came to rest.",
                ColumnData::Bool(rows.clone().map(|r| r.1.converged).collect()),
            ),
            Column::new(
                "distance",
                "",
                "Largest distance of the residuals' distribution from the normal one.",
                number(rows.clone().map(|r| r.1.goodness.distance)),
            ),
            Column::new(
                "squares",
                "",
                "Autocorrelation of the squared residuals at lag 1.",
                number(rows.clone().map(|r| r.1.goodness.squares)),
            ),
            Column::new(
                "squares_p",
                "",
                "Chance of such autocorrelation over lags 1 to 10 where there is none.",
                number(rows.clone().map(|r| r.1.goodness.squares_p)),
            ),
            Column::new(
                "tail_losses",
                "",
                "Hill's index of the losses' tail.",
                optional(rows.clone().map(|r| tail(r.0, 0)).collect()),
            ),
            Column::new(
                "tail_losses_error",
                "",
                "Its standard error.",
                optional(rows.clone().map(|r| doubt(r.0, 0)).collect()),
            ),
            Column::new(
                "tail_gains",
                "",
                "Hill's index of the gains' tail.",
                optional(rows.clone().map(|r| tail(r.0, 1)).collect()),
            ),
            Column::new(
                "tail_gains_error",
                "",
                "Its standard error.",
                optional(rows.clone().map(|r| doubt(r.0, 1)).collect()),
            ),
            Column::new(
                "price",
                "",
                "Value of the key price in a scenario.",
                text(rows.map(|r| super::block::price(&r.1.model))),
            ),
        ],
    )
}

fn quantiles(assets: &[Asset]) -> Table {
    let rows: Vec<(&Asset, &Fitted, usize)> = each_fit(assets)
        .flat_map(|(asset, fitted)| (0..QUANTILES.len()).map(move |i| (asset, fitted, i)))
        .collect();
    let rows = rows.iter();
    let at = |r: &(&Asset, &Fitted, usize)| r.1.goodness.quantiles[r.2];
    Table::new(
        "fit-quantiles",
        vec![
            Column::new(
                "asset",
                "",
                "File.",
                text(rows.clone().map(|r| r.0.name.clone())),
            ),
            Column::new(
                "model",
                "",
                "Process, by its key in a scenario.",
                text(rows.clone().map(|r| r.1.family.key().to_owned())),
            ),
            Column::new(
                "share",
                "",
                "Share of residuals below.",
                number(rows.clone().map(|r| QUANTILES[r.2])),
            ),
            Column::new(
                "residual",
                "",
                "Quantile of the residuals.",
                number(rows.clone().map(|r| at(r).0)),
            ),
            Column::new(
                "normal",
                "",
                "Quantile of the normal law.",
                number(rows.map(|r| at(r).1)),
            ),
        ],
    )
}

fn correlations(assets: &[Asset], pairs: &[PairCorrelation]) -> Table {
    let name = |i: usize| assets[i].name.clone();
    let rows = pairs.iter();
    Table::new(
        "fit-correlations",
        vec![
            Column::new(
                "first",
                "",
                "File.",
                text(rows.clone().map(|p| name(p.samples.0))),
            ),
            Column::new(
                "second",
                "",
                "File.",
                text(rows.clone().map(|p| name(p.samples.1))),
            ),
            Column::new(
                "returns",
                "",
                "Returns of times that both have.",
                ColumnData::U64(
                    rows.clone()
                        .map(|p| u64::try_from(p.count).unwrap_or(u64::MAX))
                        .collect(),
                ),
            ),
            Column::new(
                "correlation",
                "",
                "Of the returns.",
                number(rows.clone().map(|p| p.value)),
            ),
            Column::new(
                "error",
                "",
                "Its standard error.",
                number(rows.clone().map(|p| p.error)),
            ),
            Column::new(
                "of_ranks",
                "",
                "Correlation of shocks that the ranks imply.",
                number(rows.clone().map(|p| p.of_ranks)),
            ),
            Column::new(
                "in_crashes",
                "",
                "Correlation when one of the two falls by its worst 5 %.",
                number(rows.map(|p| p.in_crashes)),
            ),
        ],
    )
}
