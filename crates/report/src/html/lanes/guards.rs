//! Guards: what each of them held back, and why.

use super::spans::{self, Row, Span};
use super::{Axis, Lane};
use crate::format::{count, duration, moment_short, percent, plural};
use crate::html::Page;
use crate::html::parts::{cell, inner_table, moment, prose, text};
use crate::summary::symbol;
use backstop_core::guard::{Level, Reason};
use backstop_core::units::{Price, Value};
use backstop_lab::door;
use backstop_lab::record::{GuardRow, PathRecord};
use maud::{Markup, html};

/// Most rows drawn; the table goes on.
const ROWS_MAX: usize = 12;
/// Most changes listed; all are in the results folder.
const CHANGES_MAX: usize = 40;

pub(super) fn lane(page: &Page<'_>, axis: Axis) -> Option<Lane> {
    let changes = &page.record.guards;
    if changes.is_empty() {
        return None;
    }
    let rows = rows(page.record, axis);
    let held = Level::ALL.into_iter().filter(|level| *level > Level::Open);
    let held = held.filter(|level| changes.iter().any(|change| change.to == *level));
    let shown = rows.get(..ROWS_MAX).unwrap_or(&rows);
    Some(Lane {
        id: "guards",
        title: "Guards",
        desc: description(&rows),
        legend: held
            .map(|level| (words(level).to_owned(), class(level)))
            .collect(),
        drawing: spans::drawing(axis, shown),
        details: table(page.record),
    })
}

/// One row a guard and asset, in the order of their first change.
fn rows(record: &PathRecord, axis: Axis) -> Vec<Row> {
    let mut keys: Vec<(&str, Option<_>)> = Vec::new();
    for change in &record.guards {
        let key = (change.guard, change.asset);
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    let row = |(guard, asset): (&str, Option<_>)| {
        let name = match asset {
            Some(asset) => format!("{guard}, {}", symbol(record, asset)),
            None => guard.to_owned(),
        };
        let own = record.guards.iter();
        let own: Vec<_> = own
            .filter(|change| (change.guard, change.asset) == (guard, asset))
            .collect();
        let ends = own.iter().skip(1).map(|next| Some(next.time));
        let spans = own.iter().zip(ends.chain([None]));
        let spans = spans.filter(|(change, _)| change.to > Level::Open);
        let span = |(change, until): (&&GuardRow, Option<u64>)| Span {
            from: change.time,
            to: until.unwrap_or(axis.high),
            class: class(change.to),
            title: format!(
                "{name}: {}, {} to {}: {}",
                words(change.to),
                moment_short(change.time),
                until.map_or_else(|| "the end".to_owned(), moment_short),
                why(&change.reason)
            ),
        };
        Row {
            spans: spans.map(span).collect(),
            name,
        }
    };
    keys.into_iter().map(row).collect()
}

fn description(rows: &[Row]) -> String {
    let told = rows.iter().map(|row| {
        let seconds = row
            .spans
            .iter()
            .map(|span| span.to.saturating_sub(span.from));
        format!(
            "{}: {}, {} in all",
            row.name,
            plural(row.spans.len() as u64, "hold", "holds"),
            duration(seconds.sum())
        )
    });
    told.collect::<Vec<_>>().join("; ") + "."
}

fn class(level: Level) -> &'static str {
    match level {
        Level::Open => "c1",
        Level::NoBorrowing => "c2",
        Level::NoNewLiquidations => "c3",
        Level::TakesOnly => "c5",
        Level::Stopped => "c6",
    }
}

fn words(level: Level) -> &'static str {
    match level {
        Level::Open => "open",
        Level::NoBorrowing => "no new debt",
        Level::NoNewLiquidations => "no new liquidations",
        Level::TakesOnly => "only takes of running auctions",
        Level::Stopped => "everything stopped",
    }
}

/// A reason without units of the base currency, which nobody reads.
fn why(reason: &Reason) -> String {
    let number = |price: Price| door::price_to_usd(price, 0);
    let share = |part: Value, whole: Value| {
        percent(door::value_to_usd(part, 0) / door::value_to_usd(whole, 0))
    };
    match *reason {
        Reason::Fell { from, to } => {
            format!(
                "the price fell by {}",
                percent(1.0 - number(to) / number(from))
            )
        }
        Reason::Deviates { price, mark } => {
            let apart = number(price) / number(mark) - 1.0;
            let side = if apart < 0.0 { "below" } else { "above" };
            format!("the price was {} {side} the market's", percent(apart.abs()))
        }
        Reason::Taken { value, limit } => {
            format!(
                "liquidations took {} of what is allowed",
                share(value, limit)
            )
        }
        Reason::Deficit { value, limit } => {
            format!("{} of what is allowed was written off", share(value, limit))
        }
        Reason::Silent { seconds } => format!("nothing was heard for {}", duration(seconds)),
        Reason::Stale { seconds } => format!("the price was {} old", duration(seconds)),
        Reason::Thin { depth, least } => {
            format!("{} of the least depth was there", share(depth, least))
        }
        Reason::Spent { left, asked } => {
            format!(
                "{} of what was asked for was left of the limit",
                share(left, asked)
            )
        }
        Reason::Calm { seconds } => format!("calm after {}", duration(seconds)),
    }
}

fn table(record: &PathRecord) -> Markup {
    let all = &record.guards;
    let row = |change: &GuardRow| {
        let asset = change.asset.map(|asset| symbol(record, asset));
        vec![
            cell(moment_short(change.time)),
            cell(change.guard),
            cell(asset.unwrap_or_else(|| "all".to_owned())),
            cell(words(change.from)),
            cell(words(change.to)),
            cell(why(&change.reason)),
        ]
    };
    let rows: Vec<_> = all.iter().take(CHANGES_MAX).map(row).collect();
    html! {
        details {
            summary {
                "What guards held back, in order (" (count(rows.len() as u64)) " of " (count(all.len() as u64)) " changes)"
            }
            (inner_table(
                "Changes of what guards hold back, in order. Times in UTC.",
                &[
                    moment("Time"),
                    text("Guard"),
                    text("Asset"),
                    text("From"),
                    text("To"),
                    prose("Why"),
                ],
                &rows,
            ))
        }
    }
}
