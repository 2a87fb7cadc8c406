//! Every metric that the lab computes, as it describes itself.

use super::Page;
use super::parts::{cell, number, prose, table, text};
use crate::format::{MISSING, count, decimal, duration, percent, usd};
use backstop_lab::metrics::{Evidence, METRICS};
use maud::Markup;

pub(super) fn content(page: &Page<'_>) -> Markup {
    let evidence = Evidence {
        path: page.record,
        without_feedback: page.without_feedback,
    };
    let rows: Vec<_> = METRICS
        .iter()
        .map(|metric| {
            let value = (metric.compute)(&evidence).filter(|v| v.is_finite());
            vec![
                cell(metric.name.replace('_', " ")),
                cell(value.map_or_else(|| MISSING.to_owned(), |v| show(v, metric.unit))),
                cell(metric.doc),
            ]
        })
        .collect();
    table(
        page,
        "Every figure that is computed of a run, with its unit and meaning; n/a where the run does not tell it.",
        &[text("Figure"), number("Value", ""), prose("Meaning")],
        &rows,
    )
}

/// A value with its unit; a ratio and a count have none.
fn show(value: f64, unit: &str) -> String {
    // Casts from float saturate; counts and durations are not negative.
    match unit {
        "USD" => format!("{} USD", usd(value)),
        "share" => percent(value),
        "count" => count(value as u64),
        "s" => duration(value as u64),
        _ => decimal(value),
    }
}
