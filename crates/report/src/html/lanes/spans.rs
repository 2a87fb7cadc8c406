//! Rows of spans: what held from when until when.

use super::{Axis, Drawing};
use crate::svg::coordinate;
use maud::{Markup, html};

/// Height of a row's name and of its spans, pixels.
const NAME: f64 = 15.0;
const BAR: f64 = 11.0;
const GAP: f64 = 4.0;
/// Least width that can be seen and pointed at, and least gap between two marks, of 1,000.
const WIDTH_MIN: f64 = 2.0;
const GAP_MIN: f64 = 0.5;

/// What held over a time.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Span {
    pub(super) from: u64,
    pub(super) to: u64,
    /// Class of its colour.
    pub(super) class: &'static str,
    /// Shown on hover.
    pub(super) title: String,
}

/// The spans of one name, in order and one after another.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) spans: Vec<Span>,
}

/// The rows one under another.
pub(super) fn drawing(axis: Axis, rows: &[Row]) -> Drawing {
    let row_height = NAME + BAR + GAP;
    let top = |at: usize| at as f64 * row_height;
    let names = rows.iter().enumerate();
    let names = names.map(|(at, row)| (top(at) + NAME - 4.0, row.name.clone()));
    let marks = rows.iter().enumerate();
    let marks: Vec<Markup> = marks
        .map(|(at, row)| bars(axis, row, top(at) + NAME))
        .collect();
    Drawing {
        height: top(rows.len()),
        marks: html! { @for row in marks { (row) } },
        names: names.collect(),
        ticks: Vec::new(),
    }
}

/// A bar: its ends of 1,000, its span, and how many more it stands for.
type Bar<'a> = (f64, f64, &'a Span, usize);

/// Spans as bars; those that nobody could tell apart are one.
fn joined(axis: Axis, row: &Row) -> Vec<Bar<'_>> {
    let mut bars: Vec<Bar<'_>> = Vec::new();
    for span in &row.spans {
        let from = axis.at(span.from);
        let to = axis.at(span.to).max(from + WIDTH_MIN);
        match bars.last_mut() {
            Some((_, end, of, more)) if of.class == span.class && from - *end < GAP_MIN => {
                *end = end.max(to);
                *more += 1;
            }
            _ => bars.push((from, to, span, 0)),
        }
    }
    bars
}

fn bars(axis: Axis, row: &Row, y: f64) -> Markup {
    html! {
        @for (from, to, span, more) in joined(axis, row) {
            rect class=(span.class) x=(coordinate(from, 1)) width=(coordinate(to - from, 1)) y=(coordinate(y, 0))
                height=(coordinate(BAR, 0)) {
                title {
                    (span.title)
                    @if more > 0 { "; and " (more) " more right after it" }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_that_touch_are_one_bar() {
        let axis = Axis {
            low: 0,
            high: 1_000,
        };
        let span = |from, to, class| Span {
            from,
            to,
            class,
            title: String::new(),
        };
        let row = Row {
            name: String::new(),
            spans: vec![
                span(0, 100, "c2"),
                span(100, 200, "c2"),
                span(200, 300, "c3"),
                span(310, 310, "c3"),
            ],
        };
        let bars = joined(axis, &row);
        let ends: Vec<_> = bars.iter().map(|bar| (bar.0, bar.1, bar.3)).collect();
        assert_eq!(
            ends,
            [(0.0, 200.0, 1), (200.0, 300.0, 0), (310.0, 312.0, 0)]
        );
    }
}
