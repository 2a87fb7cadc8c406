//! The lead asset's price over time, with and without the feedback of forced sales.

use super::super::parts::{line_figure, nothing};
use super::Page;
use crate::format::percent;
use crate::svg::{Base, Fill, Line, LineChart, Shape, XKind};
use backstop_lab::ensemble::{Distribution, FanStep};
use maud::Markup;

/// Per cent, the highest first, and how a line with feedback is drawn; a band reaches to the line
/// at the position told.
const WITH: [(u8, &str, Fill); 5] = [
    (95, "c3 faint", Fill::Band(4)),
    (75, "c3 faint", Fill::Band(3)),
    (50, "c3", Fill::None),
    (25, "c3 faint", Fill::None),
    (5, "c3 faint", Fill::None),
];
/// The same without feedback.
const WITHOUT: [(u8, &str); 5] = [
    (95, "c1 faint dash"),
    (75, "c1 faint dash"),
    (50, "c1 dash"),
    (25, "c1 faint dash"),
    (5, "c1 faint dash"),
];

pub(super) fn content(page: &Page<'_>) -> Markup {
    let steps: Vec<&FanStep> = page
        .totals()
        .fan
        .iter()
        .filter(|s| s.with.sum.count() > 0)
        .collect();
    if steps.len() < 2 {
        return nothing("No path tells prices at more than one step.");
    }
    let (unit, x) = times(page, &steps);
    let quantiles = |of: fn(&FanStep) -> &Distribution, percent: u8| {
        let value = |step: &&FanStep| of(step).quantile(f64::from(percent) / 100.0);
        let values = steps.iter().map(value);
        values
            .map(|v| v.map_or(f64::NAN, |v| v * 100.0))
            .collect::<Vec<f64>>()
    };
    let with = WITH.into_iter().map(|(percent, class, fill)| Line {
        name: format!("{percent} % with"),
        class,
        shape: Shape::Straight,
        fill,
        y: quantiles(|step| &step.with, percent),
    });
    let without = WITHOUT.into_iter().map(|(percent, class)| Line {
        name: format!("{percent} % without"),
        class,
        shape: Shape::Straight,
        fill: Fill::None,
        y: quantiles(|step| &step.without, percent),
    });
    let lead = page.known.lead();
    let chart = LineChart {
        id: "fan".to_owned(),
        title: format!("Oracle's price of {lead}, % of its first value"),
        desc: description(lead, &steps),
        height: 320.0,
        kind: XKind::Of(unit),
        x_title: match unit {
            "days" => "days since the first step",
            "hours" => "hours since the first step",
            _ => "minutes since the first step",
        },
        unit: "%",
        x,
        lines: with.chain(without).collect(),
        dots: Vec::new(),
        rules: Vec::new(),
        base: Base::Data,
        times: 5,
    };
    let caption = format!(
        "Quantiles of the oracle's price of {lead} over the paths. Bands: from 5 to 95 % and from 25 to 75 % of the \
         paths, with forced selling; dashed: the same quantiles without it. Each step has its own quantiles; no path \
         follows a line."
    );
    line_figure(page, &chart, &caption)
}

/// The unit of time, and the time of each step since the first in it.
fn times(page: &Page<'_>, steps: &[&FanStep]) -> (&'static str, Vec<f64>) {
    let horizon = page.known.report.horizon_s;
    let (unit, seconds) = match horizon {
        s if s > 4 * 86_400 => ("days", 86_400.0),
        s if s >= 3 * 3_600 => ("hours", 3_600.0),
        _ => ("minutes", 60.0),
    };
    let last = steps.last().map_or(1, |step| step.step.max(1));
    let a_step = horizon as f64 / f64::from(last) / seconds;
    let x = steps.iter().map(|step| f64::from(step.step) * a_step);
    (unit, x.collect())
}

fn description(lead: &str, steps: &[&FanStep]) -> String {
    let Some(last) = steps.last() else {
        return String::new();
    };
    let side = |all: &Distribution| {
        let [low, middle, high] =
            [0.05, 0.5, 0.95].map(|q| percent(all.quantile(q).unwrap_or(f64::NAN)));
        format!("{low}, {middle} and {high}")
    };
    format!(
        "At the last step the 5, 50 and 95 % quantiles of the price of {lead} are {} of the first price with forced \
         selling, and {} without.",
        side(&last.with),
        side(&last.without)
    )
}
