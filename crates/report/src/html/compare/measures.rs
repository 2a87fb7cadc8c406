//! The main table, and the one with every figure.

use super::super::parts::{cell, nothing, number, prose, table, text};
use super::{Page, bars};
use crate::compare::{Better, Figures, MEASURES, Measure, full, ranking};
use crate::format::MISSING;
use backstop_lab::metrics::METRICS;
use maud::{Markup, html};

pub(super) fn main(page: &Page<'_>) -> Markup {
    if page.figures.is_empty() {
        return nothing("No design was run, so there is nothing to compare.");
    }
    html! { (side_by_side(page)) (bars::content(page)) }
}

/// Marks the best figure of a column.
pub(super) fn best_mark() -> Markup {
    html! { span class="star" role="img" aria-label="best" { "★" } }
}

fn side_by_side(page: &Page<'_>) -> Markup {
    let best: Vec<Vec<usize>> = MEASURES.iter().map(|m| best(page, m)).collect();
    let row = |(i, f): (usize, &Figures<'_>)| {
        let figures = MEASURES.iter().zip(&best).map(|(measure, best)| {
            let text = measure.show(f);
            match best.contains(&i) {
                true => html! { (best_mark()) strong { (text) } },
                false => cell(text),
            }
        });
        std::iter::once(cell(f.contender.title))
            .chain(figures)
            .collect()
    };
    let rows: Vec<Vec<Markup>> = page.figures.iter().enumerate().map(row).collect();
    let mut columns = vec![text("Design")];
    columns.extend(MEASURES.iter().map(|m| number(m.head, unit(m))));
    let table = table(page, CAPTION, &columns, &rows);
    html! { div class="side" { (table) } }
}

const CAPTION: &str = "The designs on the same crash, money in USD at oracle prices. ★ marks the best of a \
    column where one end is better for all: least bad debt, penalty, lost surplus, gas, price impact, \
    amplification and time to clear; most of the liquidated accounts saved. Equal figures share the mark. \
    n/a where a run does not tell it.";

/// Positions of the best designs by one measure.
pub(super) fn best(page: &Page<'_>, measure: &Measure) -> Vec<usize> {
    let ranking = ranking(&page.figures, measure);
    ranking.map_or_else(Vec::new, |r| r.best(measure.better).to_vec())
}

fn unit(measure: &Measure) -> &'static str {
    if measure.unit == "USD" { "USD" } else { "" }
}

/// Every metric in full, a row a metric and a column a design.
pub(super) fn all(page: &Page<'_>) -> Markup {
    if page.figures.is_empty() {
        return nothing("No design was run.");
    }
    let rows: Vec<Vec<Markup>> = METRICS
        .iter()
        .map(|metric| {
            let name = metric.name.replace('_', " ");
            let unit = if metric.unit == "USD" { ", USD" } else { "" };
            let values = page.figures.iter().map(|f| {
                let value = f.metric(metric.name).map(|v| full(v, metric.unit));
                cell(value.unwrap_or_else(|| MISSING.to_owned()))
            });
            let name = std::iter::once(cell(name + unit));
            name.chain(values).chain([cell(metric.doc)]).collect()
        })
        .collect();
    let mut columns = vec![text("Figure")];
    columns.extend(
        page.figures
            .iter()
            .map(|f| number(f.contender.title.to_owned(), "")),
    );
    columns.push(prose("Meaning"));
    let table = table(
        page,
        "Every figure that is computed of a run, by design; n/a where the run does not tell it.",
        &columns,
        &rows,
    );
    html! { div class="side" { (table) } }
}

/// Which end of a measure is better, in a word; empty where neither is.
pub(super) fn direction(measure: &Measure) -> &'static str {
    match measure.better {
        Better::Less => "less is better",
        Better::More => "more is better",
        Better::Neither => "",
    }
}
