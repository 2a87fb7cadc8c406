//! Sums by stretch of time, stacked.

use super::{Axis, Drawing, WIDTH};
use crate::format::{clock, moment_short};
use crate::svg::coordinate;
use maud::{Markup, html};
use std::fmt::Write;

/// Stretches of the time axis.
pub(super) const SLOTS: usize = 120;
const HEIGHT: f64 = 72.0;
/// Room above the largest stack, pixels.
const TOP: f64 = 4.0;
/// Gap between two stacks, of 1,000.
const GAP: f64 = 0.8;

/// What a bar says on hover: its group, its sum, and how many it sums.
pub(super) type Words = fn(&Group, f64, u64) -> String;

/// One colour of the stacks.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) class: &'static str,
    /// By slot: the sum and how many it sums.
    pub(super) sums: Vec<(f64, u64)>,
}

impl Group {
    /// Sums of `(time, value)` by slot.
    pub(super) fn new(
        axis: Axis,
        (name, class): (String, &'static str),
        points: impl Iterator<Item = (u64, f64)>,
    ) -> Self {
        let mut sums = vec![(0.0, 0); SLOTS];
        for (time, value) in points.filter(|(_, value)| value.is_finite()) {
            if let Some((sum, count)) = sums.get_mut(slot(axis, time)) {
                *sum += value;
                *count += 1;
            }
        }
        Self { name, class, sums }
    }
}

/// The slot of a time.
pub(super) fn slot(axis: Axis, time: u64) -> usize {
    // A cast from float saturates.
    let slot = (axis.at(time) / WIDTH * SLOTS as f64) as usize;
    slot.min(SLOTS - 1)
}

/// The time of a slot in words.
fn when(axis: Axis, slot: usize) -> String {
    let length = axis.high - axis.low;
    let end = |slot: usize| axis.low + length * slot as u64 / SLOTS as u64;
    format!("{} to {}", moment_short(end(slot)), clock(end(slot + 1)))
}

/// Stacked groups, the first at the bottom, with a line over them that has one value a slot; empty for none.
pub(super) fn drawing(
    axis: Axis,
    groups: &[Group],
    line: &[f64],
    (tick, words): (fn(f64) -> String, Words),
) -> Drawing {
    let stack = |slot: usize| groups.iter().filter_map(move |g| g.sums.get(slot));
    let heights = (0..SLOTS).map(|slot| stack(slot).map(|(sum, _)| sum).sum::<f64>());
    let most = heights
        .chain(line.iter().copied())
        .fold(f64::MIN_POSITIVE, f64::max);
    let pixels = |value: f64| value / most * (HEIGHT - TOP);
    let width = WIDTH / SLOTS as f64;
    let mut bars: Vec<Markup> = Vec::new();
    for slot in 0..SLOTS {
        let mut top = HEIGHT;
        for group in groups {
            let (sum, count) = group.sums.get(slot).copied().unwrap_or_default();
            if count == 0 {
                continue;
            }
            let tall = pixels(sum);
            top -= tall;
            bars.push(html! {
                rect class=(group.class) x=(coordinate(slot as f64 * width, 2)) width=(coordinate(width - GAP, 2))
                    y=(coordinate(top, 2)) height=(coordinate(tall, 2)) {
                    title { (when(axis, slot)) ": " (words(group, sum, count)) }
                }
            });
        }
    }
    let mut path = String::new();
    for (slot, value) in line.iter().enumerate() {
        let (x, y) = ((slot as f64 + 0.5) * width, HEIGHT - pixels(*value));
        let command = if slot == 0 { 'M' } else { 'L' };
        // Writing to a string cannot fail.
        let _ = write!(path, "{command}{} {}", coordinate(x, 1), coordinate(y, 1));
    }
    Drawing {
        height: HEIGHT,
        marks: html! {
            @for bar in bars { (bar) }
            @if !path.is_empty() { path class="line c4" d=(path) {} }
        },
        names: Vec::new(),
        ticks: vec![(TOP + 8.0, tick(most)), (HEIGHT, tick(0.0))],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_stand_in_their_slot() {
        let axis = Axis {
            low: 1_000,
            high: 2_200,
        };
        let points = [(1_000, 1.0), (1_009, 2.0), (1_010, 4.0), (2_200, 8.0)];
        let bad = [(1_500, f64::NAN)];
        let group = Group::new(axis, (String::new(), "c1"), points.into_iter().chain(bad));
        let mut want = vec![(0.0, 0); SLOTS];
        (want[0], want[1], want[SLOTS - 1]) = ((3.0, 2), (4.0, 1), (8.0, 1));
        assert_eq!(group.sums, want);
    }
}
