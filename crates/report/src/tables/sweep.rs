//! A sweep and its drivers as tables.

use super::Rows;
use super::ensemble::{end, estimates};
use crate::sweep::{CellFigures, DriverSide, DriversReport, Known, Moved, SweepReport};
use backstop_io::table::Table;
use backstop_lab::ensemble::{Difference, Estimate};

/// The table of a sweep's cells.
pub fn sweep_tables(report: &SweepReport<'_>) -> Vec<Table> {
    known_sweep_tables(&Known::new(*report))
}

/// The table of drivers.
pub fn drivers_tables(report: &DriversReport<'_>) -> Vec<Table> {
    vec![drivers_table(&Moved::new(*report))]
}

/// A cell with its values of the axes.
struct Row<'a> {
    at: [&'a str; 2],
    cell: &'a CellFigures,
}

pub(crate) fn known_sweep_tables(known: &Known<'_>) -> Vec<Table> {
    let (firsts, seconds) = known.size();
    let axes = known.report.axes;
    let value = |axis: usize, at: usize| {
        let axis = axes.get(axis);
        axis.and_then(|axis| axis.values.get(at))
            .map_or("", String::as_str)
    };
    let places = (0..firsts).flat_map(|i| (0..seconds).map(move |j| (i, j)));
    let rows: Vec<Row<'_>> = places
        .filter_map(|(i, j)| {
            Some(Row {
                at: [value(0, i), value(1, j)],
                cell: known.cell(i, j)?,
            })
        })
        .collect();
    vec![cells(
        &rows,
        axes.first().map_or("", |a| &a.key),
        axes.get(1).map_or("", |a| &a.key),
    )]
}

fn cells(rows: &[Row<'_>], first: &str, second: &str) -> Table {
    let (first, second) = (first.to_owned(), second.to_owned());
    let table = Rows::of(rows)
        .text("key_1", "", "First key of the sweep.", |_: &Row<'_>| {
            first.clone()
        })
        .text("value_1", "", "Its value in this cell.", |r| {
            r.at[0].to_owned()
        })
        .text(
            "key_2",
            "",
            "Second key; empty where there is one only.",
            |_| second.clone(),
        )
        .text("value_2", "", "Its value in this cell.", |r| {
            r.at[1].to_owned()
        })
        .u64("paths", "", "Paths of the cell.", |r| r.cell.paths)
        .u64("stopped", "", "Paths that the ledger stopped.", |r| {
            r.cell.stopped
        });
    let table = estimate(
        table,
        "bad_debt_probability",
        "",
        "Share of paths that leave bad debt.",
        |r| r.cell.probability,
    );
    let table = estimate(
        table,
        "seized_mean",
        "USD",
        "Mean liquidated collateral.",
        |r| r.cell.seized.mean,
    );
    let table = estimate(
        table,
        "amplification_mean",
        "ratio",
        "Mean of the largest fall with feedback over the one without.",
        |r| r.cell.amplification.mean,
    );
    let table = estimate(
        table,
        "liquidations_mean",
        "",
        "Mean number of liquidations.",
        |r| r.cell.liquidations.mean,
    );
    // Of bad debt, with the names that an ensemble's tables use.
    estimates(
        table,
        "USD",
        |r| r.cell.bad_debt.mean,
        |r, level| r.cell.bad_debt.tail(level),
    )
    .table("cells")
}

/// A value with the ends of its interval.
fn estimate<'a, T>(
    rows: Rows<'a, T>,
    name: &str,
    unit: &str,
    doc: &str,
    of: impl Fn(&T) -> Option<Estimate>,
) -> Rows<'a, T> {
    let (low, high) = (format!("{name}_low"), format!("{name}_high"));
    rows.optional_f64(name, unit, doc, |r| Some(of(r)?.value))
        .optional_f64(&low, unit, "Lower end of its interval.", |r| {
            end(Some(of(r)?.low))
        })
        .optional_f64(&high, unit, "Upper end of its interval.", |r| {
            end(Some(of(r)?.high))
        })
}

/// One change of one input.
struct Change {
    input: &'static str,
    change: &'static str,
    side: DriverSide,
}

pub(crate) fn drivers_table(moved: &Moved<'_>) -> Table {
    let changes: Vec<Change> = moved
        .rows
        .iter()
        .flat_map(|row| {
            let sides = row.words.iter().zip(&row.sides);
            sides.filter_map(|(words, side)| {
                Some(Change {
                    input: row.label,
                    change: words,
                    side: (*side)?,
                })
            })
        })
        .collect();
    let table = Rows::of(&changes)
        .text("input", "", "Which input.", |c: &Change| c.input.to_owned())
        .text("change", "", "What is done to it.", |c| {
            c.change.replace('\u{a0}', " ")
        });
    let table = pair(table, "bad_debt", "bad debt", |c| c.side.bad_debt);
    pair(table, "seized", "liquidated collateral", |c| c.side.seized).table("drivers")
}

fn pair<'a>(
    rows: Rows<'a, Change>,
    name: &str,
    words: &str,
    of: impl Fn(&Change) -> Difference,
) -> Rows<'a, Change> {
    let mean = format!("Change of the mean of {words}, paired by path.");
    let beyond = format!("Change of the expected shortfall of {words} at 99 %, paired by path.");
    let rows = estimate(rows, &format!("{name}_mean_change"), "USD", &mean, |c| {
        Some(of(c).mean)
    });
    estimate(rows, &format!("{name}_es_99_change"), "USD", &beyond, |c| {
        Some(of(c).expected_shortfall)
    })
}
