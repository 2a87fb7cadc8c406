//! Liquidations that somebody wanted and that did not happen, and the state of the chain.

use super::Page;
use super::parts::{cell, line_figure, nothing, number, prose, table, text};
use super::price::HALF_BUCKETS;
use crate::format::{count, plural, usd};
use crate::svg::{Base, Fill, Line, LineChart, Shape, XKind, pick};
use backstop_lab::record::{Miss, StepRow};
use maud::{Markup, html};

pub(super) fn content(page: &Page<'_>) -> Markup {
    if page.record.steps.is_empty() {
        return nothing("The run has no steps.");
    }
    let s = &page.summary;
    html! {
        p {
            (plural(s.misses.total(), "attempt", "attempts")) " did not go through. At the worst moment "
            (plural(s.accounts_breached_max, "account was", "accounts were")) " in breach at the end of a step; "
            (count(s.accounts_breached_end)) " still were at the end."
        }
        (reasons(page))
        (refusals(page))
        div class="grid2" {
            (series(page, &WAITING))
            (series(page, &GAS))
        }
    }
}

fn reasons(page: &Page<'_>) -> Markup {
    let m = &page.summary.misses;
    let gas = |reason: Miss| {
        let rows = page
            .record
            .misses
            .iter()
            .filter(move |row| row.reason == reason);
        crate::summary::total(rows.map(|row| row.gas_usd))
    };
    let rows: Vec<_> = [
        (
            Miss::Outrun,
            "outrun",
            "another liquidator was first, at the position or at the depth of the venues",
            m.outrun,
        ),
        (
            Miss::BlockFull,
            "block full",
            "had to wait for block space, counted once for a liquidator and account",
            m.block_full,
        ),
        (
            Miss::Rejected,
            "rejected",
            "the ledger refused it",
            m.rejected,
        ),
        (Miss::Guarded, "guarded", "a guard held it back", m.guarded),
    ]
    .into_iter()
    // Only scenarios with guards speak of them.
    .filter(|(reason, .., n)| *reason != Miss::Guarded || *n > 0)
    .map(|(reason, name, why, n)| {
        vec![
            cell(name),
            cell(why),
            cell(count(n)),
            cell(usd(gas(reason))),
        ]
    })
    .collect();
    table(
        page,
        "Attempts that did not go through, by reason.",
        &[
            text("Reason"),
            prose("Meaning"),
            number("Attempts", ""),
            number("Gas lost", "USD"),
        ],
        &rows,
    )
}

fn refusals(page: &Page<'_>) -> Markup {
    if page.record.refusals.is_empty() {
        return html! {};
    }
    let row = |(reason, n): &(String, u32)| vec![cell(reason), cell(count((*n).into()))];
    let rows: Vec<_> = page.record.refusals.iter().map(row).collect();
    table(
        page,
        "What the ledger refused, liquidations and borrowers' moves, by its own reason.",
        &[text("Reason"), number("Refusals", "")],
        &rows,
    )
}

struct Series {
    id: &'static str,
    title: &'static str,
    name: &'static str,
    unit: &'static str,
    class: &'static str,
    caption: &'static str,
    of: fn(&StepRow) -> f64,
}

const WAITING: Series = Series {
    id: "waiting",
    title: "Accounts in breach",
    name: "accounts in breach",
    unit: "",
    class: "c4",
    caption: "Accounts that could be liquidated and were not yet, at the end of each step, against time (UTC).",
    of: |s| f64::from(s.breached),
};

const GAS: Series = Series {
    id: "gas-price",
    title: "Price of gas, gwei",
    name: "gas",
    unit: "gwei",
    class: "c1",
    caption: "Price of gas in gwei against time (UTC).",
    of: |s| s.gas_gwei,
};

fn series(page: &Page<'_>, series: &Series) -> Markup {
    let steps = &page.record.steps;
    let values: Vec<f64> = steps.iter().map(series.of).collect();
    let kept = pick(steps.len(), &[&values], HALF_BUCKETS);
    let largest = values
        .iter()
        .copied()
        .filter(|v| v.is_finite())
        .fold(0.0, f64::max);
    let chart = LineChart {
        id: series.id.to_owned(),
        title: series.title.to_owned(),
        desc: format!("Largest value: {}.", crate::format::decimal(largest)),
        height: 170.0,
        kind: XKind::Time,
        x_title: "",
        unit: series.unit,
        x: kept.iter().map(|i| steps[*i].time as f64).collect(),
        lines: vec![Line {
            name: series.name.to_owned(),
            class: series.class,
            shape: Shape::Steps,
            fill: Fill::Tint,
            y: kept.iter().map(|i| values[*i]).collect(),
        }],
        dots: Vec::new(),
        rules: Vec::new(),
        base: Base::Zero,
        times: 4,
    };
    line_figure(page, &chart, series.caption)
}
