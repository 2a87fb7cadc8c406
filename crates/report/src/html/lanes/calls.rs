//! Margin calls by level, and how fast they came.

use super::stacks::{self, Group, SLOTS, Words};
use super::{Axis, Lane};
use crate::followed::{Followed, followed};
use crate::format::{MISSING, count, duration, percent, plural, units};
use crate::html::Page;
use crate::html::parts::{cell, number, table, text};
use backstop_core::units::{Amount, Ratio};
use backstop_lab::record::{CallRow, PathRecord};
use maud::Markup;

/// Colours of the levels, the lowest first.
const CLASSES: [&str; 6] = ["c6", "c3", "c2", "c5", "c7", "c1"];

pub(super) fn lane(page: &Page<'_>, axis: Axis) -> Option<Lane> {
    let window_s = page.record.call_window_s?;
    let calls = &page.record.calls;
    if calls.is_empty() {
        return None;
    }
    let levels = followed(page.record);
    let groups = levels.iter().rev().zip(CLASSES.into_iter().cycle());
    let group = |(level, class): (&Followed, &'static str)| {
        let own = calls.iter().filter(|call| call.level == level.level);
        let name = format!("below {}", told(level.level));
        Group::new(axis, (name, class), own.map(|call| (call.time, 1.0)))
    };
    let groups: Vec<Group> = groups.map(group).collect();
    let velocity = velocity(calls, window_s, axis);
    let within = format!("calls within {}", duration(window_s));
    let most = velocity.iter().copied().fold(0.0, f64::max);
    let mut legend: Vec<_> = groups.iter().map(|g| (g.name.clone(), g.class)).collect();
    legend.push((within, "line c4"));
    let words: Words = |group, _, n| format!("{} {}", plural(n, "call", "calls"), group.name);
    Some(Lane {
        id: "calls",
        title: "Margin calls",
        desc: description(&levels, most as u64, window_s),
        legend,
        drawing: stacks::drawing(axis, &groups, &velocity, (|n| count(n as u64), words)),
        details: outcome(page, &levels),
    })
}

/// A level as its scenario states it, such as `1.05`.
fn told(level: Ratio) -> String {
    units(Amount(level.0), 18)
}

/// The most calls within the window that ends at any time of a slot, by slot.
fn velocity(calls: &[CallRow], window_s: u64, axis: Axis) -> Vec<f64> {
    let mut most = vec![0.0; SLOTS];
    let mut first = 0;
    for (at, call) in calls.iter().enumerate() {
        let old = |old: &CallRow| old.time + window_s <= call.time;
        while calls.get(first).is_some_and(old) {
            first += 1;
        }
        if let Some(most) = most.get_mut(stacks::slot(axis, call.time)) {
            *most = f64::max(*most, (at - first + 1) as f64);
        }
    }
    // Where nobody is called, what was within the window goes on.
    for (slot, most) in most
        .iter_mut()
        .enumerate()
        .filter(|(_, most)| **most == 0.0)
    {
        let begin = axis.low + (axis.high - axis.low) * slot as u64 / SLOTS as u64;
        let past = calls.partition_point(|call| call.time < begin);
        let gone = calls.partition_point(|call| call.time + window_s <= begin);
        *most = (past - gone) as f64;
    }
    most
}

fn description(levels: &[Followed], most: u64, window_s: u64) -> String {
    let by_level = levels.iter().map(|level| {
        format!(
            "{} below {}",
            plural(level.calls, "call", "calls"),
            told(level.level)
        )
    });
    format!(
        "{}; at most {} within {}.",
        by_level.collect::<Vec<_>>().join(", "),
        plural(most, "call", "calls"),
        duration(window_s)
    )
}

fn outcome(page: &Page<'_>, levels: &[Followed]) -> Markup {
    let row = |level: &Followed| {
        let share = level.liquidated as f64 / level.accounts as f64;
        vec![
            cell(told(level.level)),
            cell(count(level.calls)),
            cell(count(level.accounts)),
            cell(count(level.liquidated)),
            cell(percent(share)),
            cell(level.median_s.map_or_else(|| MISSING.to_owned(), duration)),
            cell(predicted(page.record, level)),
        ]
    };
    let rows: Vec<_> = levels.iter().map(row).collect();
    table(
        page,
        "Margin calls by level, and what followed: accounts of which a liquidation began after their first call of the \
         level, and the median time from that call to it. \
         The last column is the median of the predictions, over all calls of the level.",
        &[
            text("Health below"),
            number("Calls", ""),
            number("Accounts", ""),
            number("Then liquidated", "accounts"),
            number("Share", ""),
            number("After", "median"),
            number("Predicted", "median"),
        ],
        &rows,
    )
}

fn predicted(record: &PathRecord, level: &Followed) -> String {
    let own = record.calls.iter().filter(|call| call.level == level.level);
    let mut times: Vec<u64> = own.filter_map(|call| call.breach_in_s).collect();
    times.sort_unstable();
    let median = times.get(times.len() / 2).copied();
    median.map_or_else(|| MISSING.to_owned(), duration)
}
