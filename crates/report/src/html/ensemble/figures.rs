//! The main figures with their intervals.

use super::super::parts::{nothing, number, table, text};
use super::{Page, estimate};
use crate::ensemble::{Figure, SHOWN};
use crate::format::{count, plural};
use backstop_lab::ensemble::Level;
use maud::{Markup, html};

pub(super) fn content(page: &Page<'_>) -> Markup {
    let told = SHOWN
        .iter()
        .filter_map(|s| Some((s.label, page.known.figure(s.metric)?)));
    let rows: Vec<Vec<Markup>> = told
        .map(|(label, figure)| row(page, label, figure))
        .collect();
    if rows.is_empty() {
        return nothing("No path tells a figure.");
    }
    let untold = page.known.untold();
    let columns = [
        text("Figure"),
        number("Mean", ""),
        number("VaR 95\u{a0}%", ""),
        number("VaR 99\u{a0}%", ""),
        number("VaR 99.9\u{a0}%", ""),
        number("Beyond 95\u{a0}%", ""),
        number("Beyond 99\u{a0}%", ""),
        number("Beyond 99.9\u{a0}%", ""),
    ];
    html! {
        div class="side" { (table(page, CAPTION, &columns, &rows)) }
        @if !untold.is_empty() { p class="note" { "No path tells: " (untold) "." } }
    }
}

const CAPTION: &str = "The main figures over the paths, money in USD. VaR: what is exceeded in 5, 1 and 0.1 % of \
    paths. Beyond: the mean of the paths from there up, the expected shortfall. Below each its interval; \"or more\" \
    where the paths are too few to tell an upper end. Of a tail of fewer than some twenty paths the interval of the \
    mean is rough. A figure that not all paths tell rests on those that do.";

fn row(page: &Page<'_>, label: &str, figure: &Figure) -> Vec<Markup> {
    let unit = if figure.metric.unit == "USD" {
        ", USD"
    } else {
        ""
    };
    let paths = page.totals().paths;
    let name = html! {
        span title=(figure.metric.doc) { (label) (unit) }
        @if figure.paths < paths {
            span class="range" { "told by " (count(figure.paths)) " of " (plural(paths, "path", "paths")) }
        }
    };
    let show = |value| figure.show(value);
    let tails = || Level::SHOWN.into_iter().map(|level| figure.tail(level));
    let vars = tails().map(|tail| estimate(tail.map(|t| t.value_at_risk), show));
    let beyond = tails().map(|tail| estimate(tail.map(|t| t.expected_shortfall), show));
    [name, estimate(figure.mean, show)]
        .into_iter()
        .chain(vars)
        .chain(beyond)
        .collect()
}
