//! How often losses are exceeded.

use super::super::parts::{line_figure, nothing};
use super::Page;
use crate::ensemble::{Loss, losses, percent_of};
use crate::format::money;
use crate::svg::{Base, Fill, Line, LineChart, Rule, Shape, XKind};
use backstop_lab::ensemble::Level;
use maud::{Markup, html};

/// One curve: its metric, its names and its colour.
struct Curve {
    metric: &'static str,
    name: &'static str,
    class: &'static str,
    of: fn(&Loss) -> Option<f64>,
}

const CURVES: [Curve; 2] = [
    Curve {
        metric: "bad_debt",
        name: "bad debt",
        class: "c3",
        of: |loss| loss.bad_debt,
    },
    Curve {
        metric: "seized",
        name: "liquidated collateral",
        class: "c2",
        of: |loss| loss.seized,
    },
];

pub(super) fn content(page: &Page<'_>) -> Markup {
    let points = losses(page.totals());
    if points.len() < 2 {
        return nothing("Fewer than two paths have no distribution.");
    }
    html! { @for curve in &CURVES { (figure(page, curve, &points)) } }
}

fn figure(page: &Page<'_>, curve: &Curve, points: &[Loss]) -> Markup {
    let Some(figure) = page.known.figure(curve.metric) else {
        return nothing(&format!("No path tells its {}.", curve.name));
    };
    if figure.max.is_none_or(|most| most <= 0.0) {
        return nothing(&format!("No path has any {}.", curve.name));
    }
    let marks = Level::SHOWN.into_iter().zip(0u8..);
    let rules: Vec<Rule> = marks
        .filter_map(|(level, row)| {
            let text = format!(
                "{}\u{a0}%: {}",
                percent_of(level),
                money(figure.tail(level)?.value_at_risk.value)
            );
            let x = -(1.0 - level.0).log10();
            Some(Rule { x, text, row })
        })
        .collect();
    let chart = LineChart {
        id: format!("losses-{}", curve.metric.replace('_', "-")),
        title: format!("{} by how rare it is, USD", capital(curve.name)),
        desc: format!(
            "Loss that a share of the paths reaches. Value at risk: {}.",
            rules
                .iter()
                .map(|r| r.text.as_str())
                .collect::<Vec<_>>()
                .join(", ")
        ),
        height: 260.0,
        kind: XKind::Rarity,
        x_title: "share of paths that lose as much or more",
        unit: "USD",
        x: points
            .iter()
            .map(|loss| -loss.probability.log10())
            .collect(),
        lines: vec![Line {
            name: curve.name.to_owned(),
            class: curve.class,
            shape: Shape::Straight,
            fill: Fill::Tint,
            y: points
                .iter()
                .map(|l| (curve.of)(l).unwrap_or(f64::NAN))
                .collect(),
        }],
        dots: Vec::new(),
        rules,
        base: Base::Zero,
        times: 5,
    };
    line_figure(page, &chart, &caption(curve.name))
}

fn caption(name: &str) -> String {
    format!(
        "{} that a share of the paths reaches, from all paths on the left to the worst one on the right. The scale is \
         logarithmic: each power of ten has a tenth of the paths. Dashed: value at risk.",
        capital(name)
    )
}

/// The name with a large first letter.
fn capital(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}
