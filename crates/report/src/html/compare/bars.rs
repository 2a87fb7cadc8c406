//! Small bars by design, one panel a figure.

use super::super::parts::figcaption;
use super::Page;
use super::measures::{best, best_mark, direction};
use crate::compare::{Figures, Measure};
use crate::svg::{Scale, coordinate};
use maud::{Markup, html};

/// What gets a panel, in this order.
const PANELS: [&str; 9] = [
    "bad_debt",
    "penalty",
    "lost_surplus",
    "seized",
    "liquidator_profit",
    "gas",
    "price_impact",
    "time_to_clear",
    "accounts_saved",
];

pub(super) fn content(page: &Page<'_>) -> Markup {
    let measures = PANELS.iter().filter_map(|name| Measure::named(name));
    html! {
        figure {
            div class="panels" { @for measure in measures { (panel(page, measure)) } }
            (figcaption(
                page,
                "The main figures by design. The bars of a panel start at zero and share one scale; for accounts \
                 saved they show the share of the liquidated ones. Bars to the left of the line are losses. ★ marks \
                 the best.",
            ))
        }
    }
}

fn panel(page: &Page<'_>, measure: &'static Measure) -> Markup {
    let values: Vec<Option<f64>> = page.figures.iter().map(|f| measure.value(f)).collect();
    let scale = Scale::around(values.iter().flatten().copied()).with_zero();
    let best = best(page, measure);
    let unit = if measure.unit == "USD" { ", USD" } else { "" };
    let row = |(i, (f, value)): (usize, (&Figures<'_>, &Option<f64>))| {
        let marked = best.contains(&i);
        html! {
            li class=(if marked { "best" } else { "" }) {
                span class="who" title=(f.contender.title) { (f.contender.title) }
                (bar(&scale, *value))
                span class="value" { @if marked { (best_mark()) } (measure.show(f)) }
            }
        }
    };
    html! {
        div class="panel" {
            h3 { (measure.label) (unit) " " span class="unit" { (direction(measure)) } }
            ul { @for line in page.figures.iter().zip(&values).enumerate().map(row) { (line) } }
        }
    }
}

fn bar(scale: &Scale, value: Option<f64>) -> Markup {
    let percent = |share: f64| format!("{}%", coordinate(share.clamp(0.0, 1.0) * 100.0, 2));
    let zero = scale.at(0.0);
    html! {
        svg aria-hidden="true" width="100%" height="12" {
            @if let Some(value) = value {
                @let end = scale.at(value);
                rect x=(percent(zero.min(end))) width=(percent((end - zero).abs())) height="12" rx="1" {}
            }
            line x1=(percent(zero)) x2=(percent(zero)) y1="0" y2="12" {}
        }
    }
}
