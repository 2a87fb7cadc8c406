//! Collateral at risk by asset.

use super::super::parts::{cell, nothing, number, table, text};
use super::{Page, estimate};
use crate::compare::short;
use crate::ensemble::money_range;
use crate::format::{MISSING, percent};
use backstop_lab::ensemble::{Distribution, Tail};
use maud::{Markup, html};

pub(super) fn content(page: &Page<'_>) -> Markup {
    let report = &page.known.report;
    let all = || report.symbols.iter().zip(&report.totals.taken);
    let assets = || all().filter(|(_, taken)| taken.sum.max() > Some(0.0));
    let total: f64 = assets().map(|(_, taken)| taken.sum.total()).sum();
    if total <= 0.0 {
        return nothing("No collateral was taken on any path.");
    }
    let rows: Vec<Vec<Markup>> = assets()
        .map(|(symbol, taken)| row(symbol, taken, total))
        .collect();
    let table = table(
        page,
        "Collateral taken by asset over the paths, USD at the oracle's prices of each liquidation, what is sold after a \
         liquidation began included. Quantiles of assets do not add up to that of the sum. Assets of which nothing was taken are left out.",
        &[
            text("Asset"),
            number("Share of all", ""),
            number("Mean", ""),
            number("VaR 95\u{a0}%", ""),
            number("VaR 99\u{a0}%", ""),
            number("Beyond 99\u{a0}%", ""),
            number("Largest", ""),
        ],
        &rows,
    );
    html! { div class="side" { (table) } }
}

fn row(symbol: &str, taken: &Distribution, total: f64) -> Vec<Markup> {
    let (mean, [at_95, at_99, _]) = money_range(taken);
    let show = |value| short(value, "USD");
    let var = |tail: Option<Tail>| estimate(tail.map(|t| t.value_at_risk), show);
    vec![
        cell(symbol),
        cell(percent(taken.sum.total() / total)),
        estimate(mean, show),
        var(at_95),
        var(at_99),
        estimate(at_99.map(|t| t.expected_shortfall), show),
        cell(taken.sum.max().map_or_else(|| MISSING.to_owned(), show)),
    ]
}
