//! A sweep for the terminal.

use super::{CellFigures, Known, SweepReport, answer};
use crate::answer::spans_text;
use crate::compare::{short, shortened, table_width};
use crate::ensemble::{horizon, interval};
use crate::format::{MISSING, count, money, one_line, percent};
use crate::terminal::{WIDTH_MIN, aligned, wrap};

/// Widest text.
const WIDTH_MAX: usize = 120;
/// Rows of the table at most.
const ROWS_MAX: usize = 60;
/// Longest value of a setting.
const VALUE_MAX: usize = 24;

/// The sweep for a terminal of `width` characters: the answer, a grid of bad debt where
/// there are two axes, and one row a cell where there is one.
pub fn sweep_text(report: &SweepReport<'_>, width: usize) -> String {
    let width = width.clamp(WIDTH_MIN, WIDTH_MAX);
    let known = Known::new(*report);
    let mut out = head(report);
    out.push_str(&wrap(&spans_text(answer(&known)), width));
    out.push('\n');
    out.push_str(&if report.axes.len() == 2 {
        grid(&known, width)
    } else {
        rows(&known, width)
    });
    out
}

fn head(report: &SweepReport<'_>) -> String {
    let axes: Vec<&str> = report.axes.iter().map(|axis| axis.key.as_str()).collect();
    let protocol = match report.context.protocol.as_str() {
        "" => String::new(),
        protocol => format!("{}, ", one_line(protocol)),
    };
    format!(
        "{}\n{protocol}{} cells over {}, {} paths a cell over {}, seed {}\n\n",
        one_line(&report.context.title),
        report.cells.len(),
        one_line(&axes.join(" and ")),
        count(report.paths),
        horizon(report.horizon_s).replace('\u{a0}', " "),
        report.seed
    )
}

/// Settings of the first axis as columns, of the second as rows.
fn grid(known: &Known<'_>, width: usize) -> String {
    let [first, second] = known.report.axes else {
        return String::new();
    };
    let (firsts, seconds) = known.size();
    let plain = |text: String| shortened(&one_line(&text).replace('\u{a0}', " "), VALUE_MAX);
    let mut header = vec![format!("{} \\ {}", second.label(), first.label())];
    header.extend(first.shown().into_iter().map(plain));
    let headline = known.headline();
    let cell = |i: usize, j: usize| {
        let told = known.cell(i, j).and_then(headline.of);
        told.map_or_else(|| MISSING.to_owned(), |told| money(told.value))
    };
    let shown = second.shown();
    let row = |j: usize| {
        let name = shown.get(j).cloned().unwrap_or_default();
        let cells = (0..firsts).map(|i| cell(i, j));
        std::iter::once(plain(name)).chain(cells).collect()
    };
    let table = aligned(
        &header,
        &(0..seconds).map(row).collect::<Vec<Vec<String>>>(),
    );
    if table_width(&table) > width || firsts > ROWS_MAX {
        return rows(known, width);
    }
    let few = match headline.words {
        "mean bad debt" => " The paths are too few to tell what is exceeded in one of a hundred.",
        _ => "",
    };
    let note = format!("In the cells: {}, USD.{few}", headline.note).replace('\u{a0}', " ");
    table + &wrap(&note, width)
}

/// One row a cell.
fn rows(known: &Known<'_>, width: usize) -> String {
    let (firsts, seconds) = known.size();
    let mut header: Vec<String> = known
        .report
        .axes
        .iter()
        .map(|axis| shortened(&one_line(axis.label()), VALUE_MAX))
        .collect();
    let columns = [
        "mean",
        "99 %",
        "interval",
        "beyond",
        "paths with",
        "taken",
        "ampl.",
    ];
    header.extend(columns.map(str::to_owned));
    let mut table = Vec::new();
    for at in (0..firsts).flat_map(|i| (0..seconds).map(move |j| [i, j])) {
        let Some(cell) = known.cell(at[0], at[1]) else {
            continue;
        };
        let values = known.report.axes.iter().zip(at);
        let mut row: Vec<String> = values
            .map(|(axis, at)| {
                let shown = axis.values.get(at).map_or("", String::as_str);
                shortened(&one_line(&axis.show(shown)), VALUE_MAX)
            })
            .collect();
        row.extend(cells(cell));
        table.push(row.into_iter().map(|c| c.replace('\u{a0}', " ")).collect());
    }
    let all = table.len();
    table.truncate(ROWS_MAX);
    let mut text = aligned(&header, &table);
    if table_width(&text) > width {
        // The interval is the widest column and stands in the files too.
        let axes = known.report.axes.len();
        let narrow = |row: &Vec<String>| -> Vec<String> {
            let kept = row.iter().enumerate().filter(|(i, _)| *i != axes + 2);
            kept.map(|(_, cell)| cell.clone()).collect()
        };
        let header = narrow(&header);
        text = aligned(&header, &table.iter().map(narrow).collect::<Vec<_>>());
    }
    let mut note = "Bad debt: mean, what is exceeded in 1 % of paths, the mean of those, and the \
                    share of paths that leave any. Taken: mean collateral liquidated. USD."
        .to_owned();
    if all > ROWS_MAX {
        note = format!("The first {ROWS_MAX} of {all} cells. {note}");
    }
    text + &wrap(&note, width)
}

fn cells(cell: &CellFigures) -> [String; 7] {
    let usd = |value: Option<f64>| value.map_or_else(|| MISSING.to_owned(), |v| short(v, "USD"));
    let var = cell.value_at_risk();
    [
        usd(cell.bad_debt.mean.map(|mean| mean.value)),
        usd(var.map(|var| var.value)),
        var.map_or_else(String::new, |var| interval(&var, |v| short(v, "USD"))),
        usd(cell.expected_shortfall().map(|es| es.value)),
        cell.probability
            .map_or_else(|| MISSING.to_owned(), |p| percent(p.value)),
        usd(cell.seized.mean.map(|mean| mean.value)),
        cell.amplification
            .mean
            .map_or_else(|| MISSING.to_owned(), |mean| short(mean.value, "ratio")),
    ]
}
