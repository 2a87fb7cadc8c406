//! Leverage of the whole book over time, where a census followed it.

use super::Page;
use super::parts::line_figure;
use super::price::BUCKETS;
use crate::format::{decimal, moment_short, money};
use crate::svg::{Base, Fill, Line, LineChart, Shape, XKind, pick};
use backstop_lab::metrics::leverage_of;
use backstop_lab::record::StepRow;
use maud::{Markup, html};

/// The section; nothing without a census.
pub(super) fn content(page: &Page<'_>) -> Option<Markup> {
    let steps = &page.record.steps;
    let series: Vec<f64> = steps
        .iter()
        .map(|step| leverage_of(step).unwrap_or(f64::NAN))
        .collect();
    let told = || {
        steps
            .iter()
            .filter_map(|step| Some((step, leverage_of(step)?)))
    };
    let (first, last) = (told().next()?, told().next_back()?);
    let peak = told().reduce(|a, b| if b.1 > a.1 { b } else { a })?;
    Some(html! {
        p { (in_words(page, first, peak, last)) }
        (figure(page, &series))
    })
}

fn in_words(
    page: &Page<'_>,
    first: (&StepRow, f64),
    peak: (&StepRow, f64),
    last: (&StepRow, f64),
) -> Markup {
    let record = page.record;
    let borrowed: f64 = record.leverings.iter().map(|row| row.borrowed_usd).sum();
    let calls: u32 = record.steps.iter().filter_map(|row| row.margin_calls).sum();
    html! {
        "Debt over equity of all borrowers was " (decimal(first.1)) " after the first step, "
        strong { (decimal(peak.1)) } " at its highest (" (moment_short(peak.0.time)) ") and "
        (decimal(last.1)) " at the end. Borrowers took on " (money(borrowed))
        " of debt to buy more collateral; " (calls) " margin calls were heard."
    }
}

fn figure(page: &Page<'_>, series: &[f64]) -> Markup {
    let steps = &page.record.steps;
    let kept = pick(steps.len(), &[series], BUCKETS);
    let chart = LineChart {
        id: "leverage-book".to_owned(),
        title: "Debt over equity of all borrowers".to_owned(),
        desc: "Leverage of the book by step.".to_owned(),
        height: 240.0,
        kind: XKind::Time,
        x_title: "",
        unit: "",
        x: kept.iter().map(|i| steps[*i].time as f64).collect(),
        lines: vec![Line {
            name: "debt over equity".to_owned(),
            class: "c3",
            shape: Shape::Steps,
            fill: Fill::Tint,
            y: kept.iter().map(|i| series[*i]).collect(),
        }],
        dots: Vec::new(),
        rules: Vec::new(),
        base: Base::Zero,
        times: 8,
    };
    let caption = "Debt over equity of all borrowers together at the oracle's prices, against time (UTC). \
                   Interest is left out.";
    line_figure(page, &chart, caption)
}
