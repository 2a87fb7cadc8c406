//! Cumulative counts and sums over time.

use super::Page;
use super::parts::{cell, line_figure, nothing, number, table, text};
use crate::format::{count, money, usd};
use crate::svg::{Base, Fill, Line, LineChart, Shape, XKind, pick};
use backstop_lab::record::StepRow;
use maud::{Markup, html};

type Flow = (&'static str, &'static str, fn(&StepRow) -> f64);

struct Panel {
    id: &'static str,
    title: &'static str,
    unit: &'static str,
    flows: &'static [Flow],
}

const PANELS: [Panel; 4] = [
    Panel {
        id: "flow-count",
        title: "Liquidations",
        unit: "",
        flows: &[("liquidations", "c4", |s| f64::from(s.liquidations))],
    },
    Panel {
        id: "flow-size",
        title: "Seized and repaid, USD",
        unit: "USD",
        flows: &[
            ("collateral seized", "c3 wide", |s| s.seized_usd),
            ("debt repaid", "c2", |s| s.repaid_usd),
        ],
    },
    Panel {
        id: "flow-penalty",
        title: "Penalty, bonus and fee, USD",
        unit: "USD",
        flows: &[
            ("borrowers' penalty", "c3 wide", |s| s.penalty_usd),
            ("liquidators' bonus", "c2", |s| s.bonus_usd),
            ("protocol's fee", "c5", |s| s.fee_usd),
        ],
    },
    Panel {
        id: "flow-gas",
        title: "Gas, USD",
        unit: "USD",
        flows: &[("gas paid", "c1", |s| s.gas_usd)],
    },
];

pub(super) fn content(page: &Page<'_>) -> Markup {
    if page.summary.liquidations == 0 && page.summary.misses.total() == 0 {
        return nothing("Nothing was liquidated and nobody tried.");
    }
    html! {
        div class="grid2" { @for panel in &PANELS { (figure(page, panel)) } }
        (totals(page))
    }
}

fn figure(page: &Page<'_>, panel: &Panel) -> Markup {
    let steps = &page.record.steps;
    let sums: Vec<Vec<f64>> = panel
        .flows
        .iter()
        .map(|(_, _, of)| cumulated(steps, *of))
        .collect();
    let views: Vec<&[f64]> = sums.iter().map(Vec::as_slice).collect();
    let kept = pick(steps.len(), &views, super::price::HALF_BUCKETS);
    let line = |((name, class, _), sums): (&Flow, &Vec<f64>)| Line {
        name: (*name).to_owned(),
        class,
        shape: Shape::Steps,
        fill: if panel.flows.len() == 1 {
            Fill::Tint
        } else {
            Fill::None
        },
        y: kept.iter().map(|i| sums[*i]).collect(),
    };
    let ends: Vec<String> = panel
        .flows
        .iter()
        .zip(&sums)
        .map(|((name, _, _), sums)| {
            let end = sums.last().copied().unwrap_or(0.0);
            let value = if panel.unit.is_empty() {
                count(end as u64)
            } else {
                money(end)
            };
            format!("{name} {value}")
        })
        .collect();
    let chart = LineChart {
        id: panel.id.to_owned(),
        title: panel.title.to_owned(),
        desc: format!("Cumulative; at the end: {}.", ends.join(", ")),
        height: 190.0,
        kind: XKind::Time,
        x_title: "",
        unit: panel.unit,
        x: kept.iter().map(|i| steps[*i].time as f64).collect(),
        lines: panel.flows.iter().zip(&sums).map(line).collect(),
        dots: Vec::new(),
        rules: Vec::new(),
        base: Base::Zero,
        times: 4,
    };
    let unit = if panel.unit.is_empty() {
        "Count"
    } else {
        "USD"
    };
    let caption = format!(
        "{unit}, cumulative, against time (UTC). At the end: {}.",
        ends.join(", ")
    );
    line_figure(page, &chart, &caption)
}

fn cumulated(steps: &[StepRow], of: fn(&StepRow) -> f64) -> Vec<f64> {
    steps
        .iter()
        .scan(0.0, |sum, step| {
            let value = of(step);
            *sum += if value.is_finite() { value } else { 0.0 };
            Some(*sum)
        })
        .collect()
}

fn totals(page: &Page<'_>) -> Markup {
    let s = &page.summary;
    let share = |value: f64| {
        if s.repaid_usd > 0.0 {
            crate::format::percent(value / s.repaid_usd)
        } else {
            "".to_owned()
        }
    };
    let rows = [
        (
            "Collateral seized",
            "borrowers",
            "liquidators and protocol",
            s.seized_usd,
        ),
        (
            "Debt repaid",
            "liquidators",
            "lenders, on the borrowers' behalf",
            s.repaid_usd,
        ),
        (
            "Penalty (seized less debt cleared)",
            "borrowers",
            "liquidators and protocol",
            s.penalty_usd,
        ),
        ("Bonus", "borrowers", "liquidators", s.bonus_usd),
        ("Protocol's fee", "borrowers", "protocol", s.fee_usd),
        (
            "Slippage of the sales",
            "liquidators",
            "venues",
            s.slippage_usd,
        ),
        (
            "Gas, lost attempts included",
            "liquidators",
            "block builders",
            s.gas_usd,
        ),
    ];
    let rows: Vec<_> = rows
        .iter()
        .map(|(what, from, to, value)| {
            vec![
                cell(what),
                cell(from),
                cell(to),
                cell(usd(*value)),
                cell(share(*value)),
            ]
        })
        .collect();
    table(
        page,
        "Totals of the run, at oracle prices at the time of each liquidation.",
        &[
            text("What"),
            text("From"),
            text("To"),
            number("Sum", "USD"),
            number("Of debt repaid", ""),
        ],
        &rows,
    )
}
