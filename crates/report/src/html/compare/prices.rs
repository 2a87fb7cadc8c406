//! The oracle's price by design, and how far the selling moved it.

use super::super::parts::{cell, nothing, number, table, text};
use super::Page;
use super::time::{Plot, figure};
use crate::compare::{Contender, Measure};
use crate::format::{MISSING, percent, price};
use crate::summary::{AssetSummary, Fall, Quote};
use crate::svg::Base;
use backstop_lab::record::StepRow;
use maud::{Markup, html};

/// Prices closer than this, as a share, are drawn as one.
const SAME_SHARE: f64 = 0.000_5;

pub(super) fn content(page: &Page<'_>) -> Markup {
    let Some(symbol) = page.comparison.hardest_hit() else {
        return nothing(
            "No oracle price fell, so there is nothing that selling could have deepened.",
        );
    };
    let series: Vec<Vec<f64>> = page
        .figures
        .iter()
        .map(|f| oracle(page, &f.contender, symbol))
        .collect();
    html! {
        @if differ(&series) {
            (figure(page, plot(symbol), &series))
        } @else {
            p {
                "The oracle's price of " (symbol) " was the same under every design, to within 0.05\u{a0}% in every "
                "step: a plot would show one line."
            }
        }
        (falls(page, symbol))
    }
}

fn oracle(page: &Page<'_>, contender: &Contender<'_>, symbol: &str) -> Vec<f64> {
    let at = contender.asset(symbol);
    let of = |s: &StepRow| {
        at.and_then(|at| Quote::Oracle.of(s, at))
            .unwrap_or(f64::NAN)
    };
    page.timeline.series(contender.record, of)
}

fn plot(symbol: &str) -> Plot {
    Plot {
        id: "oracle",
        title: format!("Oracle's price of {symbol}, USD"),
        unit: "USD",
        base: Base::Data,
        caption: format!(
            "Oracle's price of {symbol} in USD against time (UTC), by design. The axis does not start at zero."
        ),
    }
}

/// Whether any two designs show different prices in any step.
fn differ(series: &[Vec<f64>]) -> bool {
    let steps = series.iter().map(Vec::len).max().unwrap_or(0);
    (0..steps).any(|step| {
        let prices = series.iter().filter_map(|s| s.get(step).copied());
        let prices: Vec<f64> = prices.filter(|p| p.is_finite()).collect();
        let low = prices.iter().copied().fold(f64::INFINITY, f64::min);
        prices.iter().any(|p| *p > low * (1.0 + SAME_SHARE))
    })
}

fn falls(page: &Page<'_>, symbol: &str) -> Markup {
    let shown = |fall: Option<Fall>, of: fn(&Fall) -> String| {
        cell(fall.map_or_else(|| MISSING.to_owned(), |f| of(&f)))
    };
    let [impact, amplification] = ["price_impact", "amplification"].map(Measure::named);
    let rows: Vec<Vec<Markup>> = page
        .figures
        .iter()
        .map(|f| {
            let asset = f.summary.assets.iter().find(|a| a.symbol == symbol);
            let of = |quote: fn(&AssetSummary) -> Option<Fall>| asset.and_then(quote);
            let metric = |m: Option<&Measure>| cell(m.map_or_else(String::new, |m| m.show(f)));
            vec![
                cell(f.contender.title),
                shown(of(|a| a.outside), |f| percent(f.share)),
                shown(of(|a| a.oracle), |f| percent(f.share)),
                shown(of(|a| a.oracle), |f| price(f.low)),
                shown(of(|a| a.venue), |f| price(f.low)),
                metric(impact),
                metric(amplification),
            ]
        })
        .collect();
    let caption = format!(
        "Prices of {symbol} by design, with the effect of forced selling. Falls run from the first price to the \
         lowest; price impact and amplification compare each design with its own paired run without feedback."
    );
    table(
        page,
        &caption,
        &[
            text("Design"),
            number("Outside fall", ""),
            number("Oracle's fall", ""),
            number("Oracle low", "USD"),
            number("Venue low", "USD"),
            number("Price impact caused", ""),
            number("Amplification", ""),
        ],
        &rows,
    )
}
