//! How to get the same comparison again.

use super::super::parts::{cell, number, table, text};
use super::super::reproduce::SAME_BYTES;
use super::super::skeleton::Again;
use super::Page;
use crate::format::count;
use maud::{Markup, html};

pub(super) fn content(page: &Page<'_>) -> Markup {
    let context = page.comparison.context;
    let rows: Vec<Vec<Markup>> = page
        .figures
        .iter()
        .map(|f| {
            vec![
                cell(f.contender.title),
                html! { code { (f.contender.name) } },
                cell(count(f.summary.steps)),
                html! { code class="hash" { (f.summary.state_hash) } },
            ]
        })
        .collect();
    Again {
        context,
        promise: SAME_BYTES,
        facts: &[],
        between: html! {
            @if !rows.is_empty() {
                (table(
                    page,
                    "Hash of each design's state at the end.",
                    &[text("Design"), text("Name"), number("Steps", ""), text("State hash")],
                    &rows,
                ))
            }
        },
        files: "The figures of this page come from the tables beside it: compare, compare-steps and compare-coverage, \
                as Parquet and JSON.",
    }
    .draw()
}

pub(super) fn footer(page: &Page<'_>) -> Markup {
    let seed = page.figures.first().map(|f| f.summary.seed);
    html! {
        p {
            (page.comparison.context.software)
            @if let Some(seed) = seed { " · seed " (seed) }
            " · all times UTC · money in USD at oracle prices unless said otherwise"
        }
    }
}
