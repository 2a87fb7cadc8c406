//! Collateral by asset: at risk over the paths and by a fall at the start, and taken.

use super::super::parts::{cell, nothing, number, table, text};
use super::{Page, estimate};
use crate::compare::short;
use crate::ensemble::money_range;
use crate::format::{MISSING, count, percent};
use backstop_lab::ensemble::{Distribution, Estimate, Tail};
use maud::{Markup, html};

pub(super) fn content(page: &Page<'_>) -> Markup {
    let totals = page.totals();
    html! {
        (over_paths(page, &AT_RISK, &totals.at_risk))
        (by_fall(page))
        (over_paths(page, &TAKEN, &totals.taken))
    }
}

/// One sum of dollars by asset.
struct Sums {
    caption: &'static str,
    /// Said where all are zero.
    none: &'static str,
    /// Metric of all assets together, where there is one.
    all: Option<&'static str>,
}

const AT_RISK: Sums = Sums {
    caption: "Collateral at risk by asset over the paths, USD: all that the accounts had at the start, at the oracle's \
        prices then, which were liquidated or softened or end in breach. Quantiles of assets do not add up to those of \
        the sum. Assets of which nothing was at risk are left out.",
    none: "No account was in trouble on any path.",
    all: Some("collateral_at_risk"),
};
const TAKEN: Sums = Sums {
    caption: "Collateral taken by asset over the paths, USD at the oracle's prices of each liquidation, what is sold \
        after a liquidation began included. Assets of which nothing was taken are left out.",
    none: "No collateral was taken on any path.",
    all: None,
};

/// One row an asset of which some path tells a sum, and one of all together where they are several.
fn over_paths(page: &Page<'_>, sums: &Sums, all: &[Distribution]) -> Markup {
    let all = page.known.report.symbols.iter().zip(all);
    let assets: Vec<(&String, &Distribution)> =
        all.filter(|(_, usd)| usd.sum.max() > Some(0.0)).collect();
    let total: f64 = assets.iter().map(|(_, usd)| usd.sum.total()).sum();
    if total <= 0.0 {
        return nothing(sums.none);
    }
    let of_asset = |(symbol, usd): &(&String, &Distribution)| {
        let share = usd.sum.total() / total;
        row(symbol, share, money_range(usd), usd.sum.max())
    };
    let mut rows: Vec<Vec<Markup>> = assets.iter().map(of_asset).collect();
    let all = sums.all.filter(|_| assets.len() > 1);
    if let Some(all) = all.and_then(|all| page.known.figure(all)) {
        rows.push(row("All together", 1.0, (all.mean, all.tails), all.max));
    }
    let table = table(
        page,
        sums.caption,
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

fn row(
    name: &str,
    share: f64,
    (mean, [at_95, at_99, _]): (Option<Estimate>, [Option<Tail>; 3]),
    max: Option<f64>,
) -> Vec<Markup> {
    let show = |value| short(value, "USD");
    let var = |tail: Option<Tail>| estimate(tail.map(|t| t.value_at_risk), show);
    vec![
        cell(name),
        cell(percent(share)),
        estimate(mean, show),
        var(at_95),
        var(at_99),
        estimate(at_99.map(|t| t.expected_shortfall), show),
        cell(max.map_or_else(|| MISSING.to_owned(), show)),
    ]
}

/// What a fall of the lead asset's price at the start would bring into breach; nothing where none was asked.
fn by_fall(page: &Page<'_>) -> Markup {
    let report = &page.known.report;
    let worth = |asset: usize| {
        let mut falls = report.instant.iter();
        falls.any(|risk| risk.by_asset.get(asset).is_some_and(|usd| *usd > 0.0))
    };
    let assets: Vec<(usize, &String)> = report
        .symbols
        .iter()
        .enumerate()
        .filter(|(asset, _)| worth(*asset))
        .collect();
    let Some(first) = report.instant.first() else {
        return html! {};
    };
    let symbol = report.symbols.get(usize::from(first.asset.0));
    let symbol = symbol.map_or("the lead asset", String::as_str);
    let mut columns = vec![
        text("Fall"),
        number("Accounts in breach", ""),
        number("All collateral", "USD"),
    ];
    columns.extend(
        assets
            .iter()
            .map(|(_, symbol)| number((*symbol).clone(), "USD")),
    );
    let rows = report.instant.iter().map(|risk| {
        let mut row = vec![
            cell(percent(risk.fall)),
            cell(count(risk.by_account.len() as u64)),
            cell(short(risk.by_asset.iter().sum(), "USD")),
        ];
        row.extend(assets.iter().map(|(asset, _)| {
            let usd = risk.by_asset.get(*asset).copied().unwrap_or(0.0);
            let share = risk.shares.get(*asset).copied().flatten();
            html! {
                (short(usd, "USD"))
                @if let Some(share) = share { span class="range" { (percent(share)) " of it" } }
            }
        }));
        row
    });
    let caption = format!(
        "Collateral of the accounts that are in breach at once where the oracle's price of {symbol} falls at the start \
         and all other prices stay, at the prices before the fall: exact by the design's own rule, before anybody acts. \
         Below each its share of that collateral in the book."
    );
    html! { div class="side" { (table(page, &caption, &columns, &rows.collect::<Vec<_>>())) } }
}
