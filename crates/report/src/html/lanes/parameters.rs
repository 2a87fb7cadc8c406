//! Parameters that governors moved: when each of them stood elsewhere than at the start. The section of parameters has
//! the settings themselves.

use super::spans::{self, Row, Span};
use super::{Axis, Lane};
use crate::format::{moment_short, plural};
use crate::html::Page;
use crate::parameters::{setting, unit};
use backstop_lab::record::ParameterRow;
use maud::html;

/// Most rows drawn; the section lists all.
const ROWS_MAX: usize = 12;

const BELOW: &str = "c2";
const ABOVE: &str = "c5";

pub(super) fn lane(page: &Page<'_>, axis: Axis) -> Option<Lane> {
    let rows = rows(&page.record.parameters, axis);
    if rows.is_empty() {
        return None;
    }
    let legend = [(BELOW, "below the start's"), (ABOVE, "above the start's")];
    let spans = || rows.iter().flat_map(|row| &row.spans);
    let drawn = legend
        .into_iter()
        .filter(|(class, _)| spans().any(|span| span.class == *class));
    Some(Lane {
        id: "parameters",
        title: "Parameters that governors moved",
        desc: description(&page.record.parameters, &rows),
        legend: drawn
            .map(|(class, words)| (words.to_owned(), class))
            .collect(),
        drawing: spans::drawing(axis, rows.get(..ROWS_MAX).unwrap_or(&rows)),
        details: html! {},
    })
}

/// One row a parameter, in the order of their first move.
fn rows(moves: &[ParameterRow], axis: Axis) -> Vec<Row> {
    let mut names: Vec<&str> = Vec::new();
    for row in moves {
        if !names.contains(&row.parameter.as_str()) {
            names.push(&row.parameter);
        }
    }
    let row = |name: &str| {
        let own: Vec<_> = moves.iter().filter(|row| row.parameter == name).collect();
        let start = own.first().map_or(0, |first| first.from);
        let ends = own.iter().skip(1).map(|next| Some(next.time));
        let spans = own.iter().zip(ends.chain([None]));
        let spans = spans.filter(|(row, _)| row.to != start);
        let span = |(row, until): (&&ParameterRow, Option<u64>)| Span {
            from: row.time,
            to: until.unwrap_or(axis.high),
            class: if row.to < start { BELOW } else { ABOVE },
            title: format!(
                "{name}: {} {} instead of {}, {} to {}",
                setting(row.to),
                unit(row.kind),
                setting(start),
                moment_short(row.time),
                until.map_or_else(|| "the end".to_owned(), moment_short),
            ),
        };
        Row {
            name: name.to_owned(),
            spans: spans.map(span).collect(),
        }
    };
    names.into_iter().map(row).collect()
}

fn description(moves: &[ParameterRow], rows: &[Row]) -> String {
    let told = rows.iter().map(|row| {
        let own = moves.iter().filter(|moved| moved.parameter == row.name);
        let number = u64::try_from(own.count()).unwrap_or(u64::MAX);
        format!("{}: {}", row.name, plural(number, "move", "moves"))
    });
    told.collect::<Vec<_>>().join("; ") + "."
}
