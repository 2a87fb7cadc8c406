//! All cells with their intervals.

use super::super::parts::{Captioned, cell, number, table, text};
use crate::compare::short;
use crate::ensemble::interval;
use crate::format::{MISSING, count, percent};
use crate::sweep::Known;
use backstop_lab::ensemble::{Estimate, Level};
use maud::{Markup, html};

/// Most rows of the table.
const ROWS_MAX: usize = 400;

pub(crate) fn content(page: &impl Captioned, known: &Known<'_>) -> Markup {
    let (firsts, seconds) = known.size();
    let places = (0..firsts).flat_map(|i| (0..seconds).map(move |j| (i, j)));
    let rows = places.filter_map(|(i, j)| row(known, i, j));
    let rows: Vec<Vec<Markup>> = rows.take(ROWS_MAX).collect();
    let mut columns = vec![text("Settings")];
    columns.extend([
        number("Bad debt, mean", ""),
        number("VaR 95\u{a0}%", ""),
        number("VaR 99\u{a0}%", ""),
        number("VaR 99.9\u{a0}%", ""),
        number("Beyond 99\u{a0}%", ""),
        number("Paths with bad debt", ""),
        number("Liquidated", ""),
        number("Amplification", ""),
    ]);
    html! {
        div class="side" { (table(page, CAPTION, &columns, &rows)) }
        @if known.done() > ROWS_MAX {
            p class="note" { "The first " (count(ROWS_MAX as u64)) " cells; the table beside this page has all." }
        }
    }
}

const CAPTION: &str = "Every cell, money in USD. VaR: what is exceeded in 5, 1 and 0.1 % of paths. Beyond: the mean of \
    the paths from there up, the expected shortfall. Below each its interval; \"or more\" where the paths are too few to \
    tell an upper end.";

fn row(known: &Known<'_>, i: usize, j: usize) -> Option<Vec<Markup>> {
    let figures = known.cell(i, j)?;
    let axes = known.report.axes.iter().zip([i, j]);
    let settings = axes.map(|(axis, at)| {
        let value = axis.values.get(at).map_or("", String::as_str);
        (axis.label().to_owned(), axis.show(value))
    });
    let settings: Vec<(String, String)> = settings.collect();
    let usd = |value: f64| short(value, "USD");
    let var = |level: usize| {
        let level = Level::SHOWN.get(level).copied()?;
        Some(figures.bad_debt.tail(level)?.value_at_risk)
    };
    Some(vec![
        html! {
            @for (label, value) in &settings {
                span class="setting" title=(label) { (value) }
            }
            @if figures.stopped > 0 {
                span class="range" { "the ledger stopped in " (count(figures.stopped)) }
            }
        },
        estimate(figures.bad_debt.mean, usd),
        estimate(var(0), usd),
        estimate(var(1), usd),
        estimate(var(2), usd),
        estimate(figures.expected_shortfall(), usd),
        estimate(figures.probability, percent),
        estimate(figures.seized.mean, usd),
        estimate(figures.amplification.mean, |value| short(value, "ratio")),
    ])
}

/// An estimate with its interval on a second line.
pub(super) fn estimate(estimate: Option<Estimate>, show: impl Fn(f64) -> String) -> Markup {
    let Some(estimate) = estimate else {
        return cell(MISSING);
    };
    let bounds = interval(&estimate, &show);
    html! { (show(estimate.value)) @if !bounds.is_empty() { span class="range" { (bounds) } } }
}
