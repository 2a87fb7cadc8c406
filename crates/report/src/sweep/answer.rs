//! The answer of a sweep in a few sentences.

use super::{Known, SweepAxis};
use crate::answer::{NOTHING_USD, Span};
use crate::ensemble::{horizon, interval};
use crate::format::{money, plural};
use backstop_lab::ensemble::Estimate;

/// The answer, in the order of reading.
pub(crate) fn answer(known: &Known<'_>) -> Vec<Span> {
    let mut spans = Vec::new();
    let paths = plural(known.report.paths, "path", "paths");
    let over = horizon(known.report.horizon_s);
    let Some(worst) = worst(known) else {
        spans.push(Span::Plain("No cell was run.".to_owned()));
        return spans;
    };
    let opening = format!("Over {over}, with {paths} a cell, ");
    spans.push(Span::Plain(opening));
    if worst.bad_debt.value < NOTHING_USD {
        spans.push(Span::Plain(format!("{} is ", known.headline().words)));
        spans.push(Span::Strong(money(0.0)));
        spans.push(Span::Plain(" in every cell.".to_owned()));
    } else {
        passes(known, worst.bad_debt.value, &mut spans);
        let settings = known.settings(worst.first, worst.second);
        let bounds = interval(&worst.bad_debt, money);
        spans.push(Span::Plain(" It is largest at ".to_owned()));
        spans.push(Span::Plain(format!("{}: ", lower_first(&settings))));
        spans.push(Span::Strong(money(worst.bad_debt.value)));
        spans.push(Span::Plain(match bounds.as_str() {
            "" => ".".to_owned(),
            bounds => format!(" ({bounds})."),
        }));
    }
    let missing = known.cells.len() - known.done();
    if missing > 0 {
        let cells = plural(missing as u64, "cell was", "cells were");
        spans.push(Span::Plain(format!(" {cells} not run.")));
    }
    spans
}

/// The cell with the largest bad debt, in the headline's sense.
struct Worst {
    first: usize,
    second: usize,
    bad_debt: Estimate,
}

fn worst(known: &Known<'_>) -> Option<Worst> {
    let (firsts, seconds) = known.size();
    let cells = (0..firsts).flat_map(|first| (0..seconds).map(move |second| (first, second)));
    let of = known.headline().of;
    let told = cells.filter_map(|(first, second)| {
        let bad_debt = (of)(known.cell(first, second)?)?;
        Some(Worst {
            first,
            second,
            bad_debt,
        })
    });
    // Of equal cells the first.
    told.reduce(|a, b| {
        if b.bad_debt.value > a.bad_debt.value {
            b
        } else {
            a
        }
    })
}

/// The largest power of ten that the worst cell reaches, and where along the first axis it is
/// passed: at each end of the second one.
fn passes(known: &Known<'_>, worst: f64, spans: &mut Vec<Span>) {
    let bound = 10f64.powf(worst.log10().floor());
    let (firsts, seconds) = known.size();
    let headline = known.headline();
    let value = |first: usize, second: usize| {
        let estimate = (headline.of)(known.cell(first, second)?)?;
        Some(estimate.value)
    };
    let reached =
        |second: usize| (0..firsts).find(|first| value(*first, second).is_some_and(|v| v >= bound));
    let Some(axis) = known.report.axes.first() else {
        return;
    };
    spans.push(Span::Plain(format!("{} ", headline.words)));
    match known.report.axes.get(1) {
        None => once(axis, reached(0), bound, spans),
        Some(other) => {
            let last = seconds.saturating_sub(1);
            once(axis, reached(0), bound, spans);
            spans.push(Span::Plain(format!(" at {}", at(other, 0))));
            if reached(last) != reached(0) {
                spans.push(Span::Plain("; at ".to_owned()));
                spans.push(Span::Plain(format!("{} it ", at(other, last))));
                once(axis, reached(last), bound, spans);
            } else {
                spans.push(Span::Plain(format!(" as at {}", at(other, last))));
            }
        }
    }
    spans.push(Span::Plain(".".to_owned()));
}

/// `passes $1.00M once prices fall 30 %`.
fn once(axis: &SweepAxis, reached: Option<usize>, bound: f64, spans: &mut Vec<Span>) {
    let amount = money(bound);
    match reached {
        None => spans.push(Span::Plain(format!("stays below {amount}"))),
        Some(0) => {
            spans.push(Span::Plain("is ".to_owned()));
            spans.push(Span::Strong(format!("{amount} or more")));
            spans.push(Span::Plain(format!(" from {} on", at(axis, 0))));
        }
        Some(place) => {
            let value = axis.values.get(place).map_or("", String::as_str);
            spans.push(Span::Plain(format!("reaches {amount} once ")));
            spans.push(Span::Strong(match axis.key.as_str() {
                "shock.fall" => format!("prices fall {}", axis.show(value)),
                _ => format!("{} is {}", lower_first(axis.label()), axis.show(value)),
            }));
        }
    }
}

/// A setting in a sentence, such as `a fall of 30 %`.
fn at(axis: &SweepAxis, place: usize) -> String {
    let value = axis.values.get(place).map_or("", String::as_str);
    let shown = axis.show(value);
    match axis.key.as_str() {
        "shock.fall" => format!("a fall of {shown}"),
        "impact.depth" => format!("{shown} of the depth"),
        key => format!("{key}\u{a0}=\u{a0}{shown}"),
    }
}

/// A label inside a sentence; keys stay as they are.
fn lower_first(text: &str) -> String {
    let known = ["Fall of prices", "Depth of venues"];
    let mut text = text.to_owned();
    for label in known {
        text = text.replace(label, &label.to_lowercase());
    }
    text
}
