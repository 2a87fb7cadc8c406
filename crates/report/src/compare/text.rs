//! A comparison for the terminal.

use super::{Comparison, Figures, MEASURES, Measure, answer, figures, ranking};
use crate::answer::spans_text;
use crate::format::{count, moment, one_line};
use crate::terminal::{WIDTH_MIN, aligned, wrap};

/// Widest text.
const WIDTH_MAX: usize = 160;
const FOOTNOTE: &str =
    "* best; equal figures share it, and runs that ended early have none. Money in USD.";
/// Longest name of a design.
const NAME_MAX: usize = 18;

/// The comparison for a terminal of `width` characters: the answer, one table of the figures by
/// design, and who paid the bad debt. Designs stand in columns where they fit, else in rows, with
/// the columns in as many blocks as the width asks for.
pub fn comparison_text(comparison: &Comparison<'_>, width: usize) -> String {
    let width = width.clamp(WIDTH_MIN, WIDTH_MAX);
    let figures = figures(comparison);
    let mut out = format!("{}\n", one_line(&comparison.context.title));
    out.push_str(&headline(&figures));
    out.push('\n');
    out.push_str(&wrap(&spans_text(answer(comparison, &figures)), width));
    if figures.is_empty() {
        return out;
    }
    out.push('\n');
    let names = names(&figures);
    let cells = cells(&figures);
    out.push_str(&match columns(&names, &cells, width) {
        Some(table) => table,
        None => rows(&names, &cells, width),
    });
    out.push_str(&wrap(FOOTNOTE, width));
    out.push_str(&payers(&figures, &names, width));
    out
}

fn headline(figures: &[Figures<'_>]) -> String {
    let Some(longest) = figures.iter().max_by_key(|f| f.summary.steps) else {
        return String::new();
    };
    let s = &longest.summary;
    format!(
        "{} to {}, {} steps, seed {}\n",
        moment(s.time_start),
        moment(s.time_end),
        count(s.steps),
        s.seed
    )
}

/// Short names that stay unique.
fn names(figures: &[Figures<'_>]) -> Vec<String> {
    let cut = |f: &Figures<'_>| shortened(&one_line(f.contender.name), NAME_MAX);
    let names: Vec<String> = figures.iter().map(cut).collect();
    let unique = |(i, name): (usize, &String)| match names.iter().filter(|n| *n == name).count() {
        1 => name.clone(),
        _ => shortened(&format!("{}:{name}", i + 1), NAME_MAX),
    };
    names.iter().enumerate().map(unique).collect()
}

/// At most so many letters; the last is an ellipsis where some are missing.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most - 1).collect();
    kept + "…"
}

/// One row a measure, one cell a design; the best has a mark.
fn cells(figures: &[Figures<'_>]) -> Vec<(&'static Measure, Vec<String>)> {
    let row = |measure: &'static Measure| {
        let ranking = ranking(figures, measure);
        let best = ranking.as_ref().map_or(&[][..], |r| r.best(measure.better));
        let cell = |(i, f): (usize, &Figures<'_>)| {
            let mark = if best.contains(&i) { "*" } else { " " };
            format!("{}{mark}", measure.show(f).replace('\u{a0}', " "))
        };
        (measure, figures.iter().enumerate().map(cell).collect())
    };
    MEASURES.iter().map(row).collect()
}

/// Width of the widest line.
pub(crate) fn table_width(table: &str) -> usize {
    table.lines().map(|l| l.chars().count()).max().unwrap_or(0)
}

/// Designs as columns; none where that is too wide.
fn columns(names: &[String], cells: &[(&Measure, Vec<String>)], width: usize) -> Option<String> {
    let mut header = vec![String::new()];
    header.extend(names.iter().map(|name| format!("{name} ")));
    let row = |(measure, cells): &(&Measure, Vec<String>)| {
        let mut row = vec![measure.label.to_owned()];
        row.extend(cells.iter().cloned());
        row
    };
    let table = aligned(&header, &cells.iter().map(row).collect::<Vec<_>>());
    (table_width(&table) <= width).then_some(table)
}

/// Designs as rows, the columns in as few blocks as fit.
fn rows(names: &[String], cells: &[(&Measure, Vec<String>)], width: usize) -> String {
    let mut blocks = Vec::new();
    for n in 1..=cells.len() {
        let tables = cells
            .chunks(cells.len().div_ceil(n))
            .map(|c| block(names, c));
        blocks = tables.collect();
        if blocks.iter().all(|b: &String| table_width(b) <= width) {
            break;
        }
    }
    blocks.join("\n")
}

fn block(names: &[String], cells: &[(&Measure, Vec<String>)]) -> String {
    let mut header = vec![String::new()];
    let heads = cells
        .iter()
        .map(|(m, _)| m.short.replace('\n', " \n") + " ");
    header.extend(heads);
    let row = |(i, name): (usize, &String)| {
        let mut row = vec![name.clone()];
        row.extend(
            cells
                .iter()
                .map(|(_, cells)| cells.get(i).cloned().unwrap_or_default()),
        );
        row
    };
    let rows: Vec<_> = names.iter().enumerate().map(row).collect();
    aligned(&header, &rows)
}

/// Who paid the bad debt, a line a design that left some.
fn payers(figures: &[Figures<'_>], names: &[String], width: usize) -> String {
    let lines: Vec<(&String, String)> = names
        .iter()
        .zip(figures.iter().map(|f| f.payers().join(", ")))
        .filter(|(_, payers)| !payers.is_empty())
        .collect();
    if lines.is_empty() {
        return String::new();
    }
    let widest = lines
        .iter()
        .map(|(n, _)| n.chars().count())
        .max()
        .unwrap_or(0);
    let mut out = "\nWho paid the bad debt\n".to_owned();
    for (name, payers) in lines {
        let indent = widest + 4;
        let text = wrap(&payers, width.saturating_sub(indent).max(20));
        for (i, line) in text.lines().enumerate() {
            let name = if i == 0 { name.as_str() } else { "" };
            out.push_str(&format!("  {name:<widest$}  {line}\n"));
        }
    }
    out
}
