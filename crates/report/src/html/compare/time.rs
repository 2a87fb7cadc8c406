//! Liquidations and breaches over time, a line a design.

use super::super::parts::{line_figure, nothing};
use super::Page;
use crate::compare::Figures;
use crate::format::{count, money};
use crate::svg::{Base, Fill, Line, LineChart, Shape, XKind, pick};
use maud::{Markup, html};

/// Most points of a line, so that thirteen designs over a month stay a page.
const POINTS_MAX: usize = 4_000;

/// Colours and dashes, distinct for as many designs as can be told apart.
const CLASSES: [&str; 14] = [
    "k k0",
    "k k1",
    "k k2",
    "k k3",
    "k k4",
    "k k5",
    "k k6",
    "k k0 dash",
    "k k1 dash",
    "k k2 dash",
    "k k3 dash",
    "k k4 dash",
    "k k5 dash",
    "k k6 dash",
];

/// Colour and dash of a design by its position.
fn class(position: usize) -> &'static str {
    CLASSES
        .get(position % CLASSES.len())
        .copied()
        .unwrap_or_default()
}

/// A plot of one figure by design, before its data.
pub(super) struct Plot {
    pub(super) id: &'static str,
    pub(super) title: String,
    pub(super) unit: &'static str,
    pub(super) base: Base,
    pub(super) caption: String,
}

pub(super) fn content(page: &Page<'_>) -> Markup {
    if page.timeline.times().is_empty() {
        return nothing("The runs have no steps, so there is nothing to show over time.");
    }
    let sums = |of: fn(&backstop_lab::record::StepRow) -> f64| -> Vec<Vec<f64>> {
        let one = |f: &Figures<'_>| page.timeline.sums(f.contender.record, of);
        page.figures.iter().map(one).collect()
    };
    let breached = page.figures.iter().map(|f| {
        let record = f.contender.record;
        page.timeline.series(record, |s| f64::from(s.breached))
    });
    html! {
        (figure(page, flow("seized", "Collateral seized", "liquidated collateral"), &sums(|s| s.seized_usd)))
        (figure(page, in_breach(), &breached.collect::<Vec<_>>()))
        @let deficits = sums(|s| s.deficit_usd);
        @if deficits.iter().flatten().any(|v| *v > 0.0) {
            (figure(page, flow("deficit", "Debt written off", "debt written off"), &deficits))
        }
    }
}

fn flow(id: &'static str, title: &str, what: &str) -> Plot {
    Plot {
        id,
        title: format!("{title}, cumulative, USD"),
        unit: "USD",
        base: Base::Zero,
        caption: format!("Sum of {what} in USD at oracle prices against time (UTC), by design."),
    }
}

fn in_breach() -> Plot {
    Plot {
        id: "breached",
        title: "Accounts in breach".to_owned(),
        unit: "",
        base: Base::Zero,
        caption: "Accounts in breach after each step against time (UTC), by design.".to_owned(),
    }
}

/// A plot with one line a design; designs with the same values share a line.
pub(super) fn figure(page: &Page<'_>, plot: Plot, series: &[Vec<f64>]) -> Markup {
    let titles: Vec<&str> = page.figures.iter().map(|f| f.contender.title).collect();
    let times = page.timeline.times();
    let views: Vec<&[f64]> = series.iter().map(Vec::as_slice).collect();
    // Every bucket keeps its first point and two of each line.
    let kept = pick(times.len(), &views, POINTS_MAX / (1 + 2 * series.len()));
    let mut lines: Vec<(usize, Vec<&str>)> = Vec::new();
    for (i, title) in titles.iter().enumerate() {
        match lines
            .iter_mut()
            .find(|(first, _)| same(&series[*first], &series[i]))
        {
            Some((_, names)) => names.push(title),
            None => lines.push((i, vec![title])),
        }
    }
    let line = |(i, names): &(usize, Vec<&str>)| Line {
        name: crate::compare::named(names),
        class: class(*i),
        shape: Shape::Steps,
        fill: Fill::None,
        y: kept.iter().map(|at| series[*i][*at]).collect(),
    };
    let shared = lines.len() < titles.len();
    let chart = LineChart {
        id: plot.id.to_owned(),
        title: plot.title,
        desc: format!("At the end: {}.", ends(&titles, series, plot.unit)),
        height: 300.0,
        kind: XKind::Time,
        x_title: "",
        unit: plot.unit,
        x: kept.iter().map(|i| times[*i] as f64).collect(),
        lines: lines.iter().map(line).collect(),
        dots: Vec::new(),
        rules: Vec::new(),
        base: plot.base,
        times: 8,
    };
    let shared = if shared {
        " Designs with the same values share a line."
    } else {
        ""
    };
    line_figure(page, &chart, &format!("{}{shared}", plot.caption))
}

fn same(a: &[f64], b: &[f64]) -> bool {
    a.iter()
        .map(|v| v.to_bits())
        .eq(b.iter().map(|v| v.to_bits()))
}

fn ends(titles: &[&str], series: &[Vec<f64>], unit: &str) -> String {
    let end = |(title, values): (&&str, &Vec<f64>)| {
        let last = values.iter().rfind(|v| v.is_finite())?;
        let value = if unit.is_empty() {
            count(*last as u64)
        } else {
            money(*last)
        };
        Some(format!("{title} {value}"))
    };
    let ends: Vec<String> = titles.iter().zip(series).filter_map(end).collect();
    ends.join(", ")
}
