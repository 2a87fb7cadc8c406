//! Parameters that governors moved, where there are any.

use super::Page;
use super::parts::{cell, line_figure, moment, number, prose, table, text};
use super::price::BUCKETS;
use crate::format::{count, moment_short, plural};
use crate::parameters::{bounded_by, setting, unit};
use crate::svg::{Base, Fill, Line, LineChart, Shape, XKind, pick};
use backstop_lab::record::ParameterRow;
use maud::{Markup, html};
use std::collections::BTreeMap;

/// Most parameters drawn; the table lists all.
const CHARTS_MAX: usize = 4;
/// Most single moves listed; all are in the results folder.
const MOVES_MAX: usize = 20;

/// One parameter and its moves, in order.
struct Lane<'a> {
    name: &'a str,
    moves: Vec<&'a ParameterRow>,
}

/// The section; nothing where no parameter was moved.
pub(super) fn content(page: &Page<'_>) -> Option<Markup> {
    let lanes = lanes(&page.record.parameters);
    if lanes.is_empty() {
        return None;
    }
    Some(html! {
        p { (in_words(page, lanes.len())) }
        @for (rank, lane) in lanes.iter().take(CHARTS_MAX).enumerate() { (figure(page, rank, lane)) }
        (by_parameter(page, &lanes))
        (moves(page))
    })
}

/// Parameters by number of moves, the most first.
fn lanes(rows: &[ParameterRow]) -> Vec<Lane<'_>> {
    let mut lanes: BTreeMap<&str, Vec<&ParameterRow>> = BTreeMap::new();
    for row in rows {
        lanes.entry(&row.parameter).or_default().push(row);
    }
    let mut lanes: Vec<_> = lanes
        .into_iter()
        .map(|(name, moves)| Lane { name, moves })
        .collect();
    lanes.sort_by_key(|lane| std::cmp::Reverse(lane.moves.len()));
    lanes
}

fn in_words(page: &Page<'_>, parameters: usize) -> Markup {
    let rows = &page.record.parameters;
    let of = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    let reviews: BTreeMap<u32, u32> = rows.iter().map(|row| (row.step, row.decreed)).collect();
    let decreed: u64 = reviews.values().copied().map(u64::from).sum();
    html! {
        "Governors moved " (plural(of(parameters), "parameter", "parameters")) ", "
        strong { (plural(of(rows.len()), "time", "times")) } " in all. "
        @if decreed == 0 {
            "No account came into breach by a move itself."
        } @else {
            (plural(decreed, "account", "accounts")) " came into breach by a move itself."
        }
    }
}

fn figure(page: &Page<'_>, rank: usize, lane: &Lane<'_>) -> Markup {
    let steps = &page.record.steps;
    let first = lane.moves.first();
    let mut setting = first.map_or(0.0, |row| row.from as f64);
    let mut moves = lane.moves.iter().peekable();
    let series: Vec<f64> = steps
        .iter()
        .map(|step| {
            while let Some(row) = moves.next_if(|row| row.step <= step.step) {
                setting = row.to as f64;
            }
            setting
        })
        .collect();
    let kept = pick(steps.len(), &[&series[..]], BUCKETS);
    let unit = first.map_or("", |row| unit(row.kind));
    let chart = LineChart {
        id: format!("parameter-{rank}"),
        title: format!("{}, {unit}", lane.name),
        desc: format!("Setting of {} by step.", lane.name),
        height: 200.0,
        kind: XKind::Time,
        x_title: "",
        unit,
        x: kept.iter().map(|i| steps[*i].time as f64).collect(),
        lines: vec![Line {
            name: lane.name.to_owned(),
            class: "c3",
            shape: Shape::Steps,
            fill: Fill::None,
            y: kept.iter().map(|i| series[*i]).collect(),
        }],
        dots: Vec::new(),
        rules: Vec::new(),
        base: Base::Data,
        times: 8,
    };
    let caption = match rank {
        0 => format!(
            "Setting of {} in {unit} against time (UTC). The axis does not start at zero.",
            lane.name
        ),
        _ => format!("{}, drawn as the one before.", lane.name),
    };
    line_figure(page, &chart, &caption)
}

fn by_parameter(page: &Page<'_>, lanes: &[Lane<'_>]) -> Markup {
    let row = |lane: &Lane<'_>| {
        let (first, last) = (lane.moves.first()?, lane.moves.last()?);
        let settings = || lane.moves.iter().map(|row| row.to).chain([first.from]);
        let mut governors: Vec<_> = lane.moves.iter().map(|row| row.governor).collect();
        governors.sort_unstable();
        governors.dedup();
        let moves = u64::try_from(lane.moves.len()).unwrap_or(u64::MAX);
        Some(vec![
            cell(lane.name),
            cell(governors.join(", ")),
            cell(unit(first.kind)),
            cell(count(moves)),
            cell(setting(first.from)),
            cell(setting(settings().min()?)),
            cell(setting(settings().max()?)),
            cell(setting(last.to)),
        ])
    };
    let rows: Vec<_> = lanes.iter().filter_map(row).collect();
    table(
        page,
        "Parameters that were moved, the most often moved first.",
        &[
            text("Parameter"),
            text("Governor"),
            text("Unit"),
            number("Moves", ""),
            number("At the start", ""),
            number("Lowest", ""),
            number("Highest", ""),
            number("At the end", ""),
        ],
        &rows,
    )
}

fn moves(page: &Page<'_>) -> Markup {
    let all = &page.record.parameters;
    let row = |row: &ParameterRow| {
        vec![
            cell(moment_short(row.time)),
            cell(&row.parameter),
            cell(setting(row.from)),
            cell(setting(row.to)),
            cell(setting(row.wanted)),
            cell(bounded_by(row.cut)),
            cell(row.reason.to_string()),
        ]
    };
    let rows: Vec<_> = all.iter().take(MOVES_MAX).map(row).collect();
    let caption = format!(
        "Moves in order; times in UTC ({} of {} shown, all are in the table parameter_changes of the results \
         folder).",
        rows.len(),
        all.len()
    );
    table(
        page,
        &caption,
        &[
            moment("Time"),
            text("Parameter"),
            number("From", ""),
            number("To", ""),
            number("Asked for", ""),
            text("Bounded by"),
            prose("Because of"),
        ],
        &rows,
    )
}
