//! JSON and CSV writers.

use super::{ColumnData, Table};
use std::fmt::Write;

/// An array of row objects, one a line.
pub(super) fn to_json(table: &Table) -> String {
    let keys: Vec<String> = table.columns.iter().map(|c| json_text(&c.name)).collect();
    let mut out = String::from("[");
    for row in 0..table.rows() {
        out.push_str(if row == 0 { "\n{" } else { ",\n{" });
        for (i, (key, column)) in keys.iter().zip(&table.columns).enumerate() {
            if i > 0 {
                out.push(',');
            }
            out.push_str(key);
            out.push(':');
            json_cell(&mut out, &column.data, row);
        }
        out.push('}');
    }
    out.push_str("\n]\n");
    out
}

fn json_cell(out: &mut String, data: &ColumnData, row: usize) {
    match cell(data, row) {
        Cell::Missing => out.push_str("null"),
        Cell::Float(x) if !x.is_finite() => out.push_str("null"),
        Cell::Text(text) => out.push_str(&json_text(text)),
        other => push(out, &other),
    }
}

fn json_text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A header line and one line a row; a missing value is an empty field.
pub(super) fn to_csv(table: &Table) -> String {
    let mut out = String::new();
    for (i, column) in table.columns.iter().enumerate() {
        separate(&mut out, i);
        csv_text(&mut out, &column.name);
    }
    out.push('\n');
    for row in 0..table.rows() {
        for (i, column) in table.columns.iter().enumerate() {
            separate(&mut out, i);
            match cell(&column.data, row) {
                Cell::Missing => {}
                Cell::Text(text) => csv_text(&mut out, text),
                other => push(&mut out, &other),
            }
        }
        out.push('\n');
    }
    out
}

fn separate(out: &mut String, position: usize) {
    if position > 0 {
        out.push(',');
    }
}

fn csv_text(out: &mut String, text: &str) {
    if text.contains(['"', ',', '\n', '\r', '#']) {
        out.push('"');
        out.push_str(&text.replace('"', "\"\""));
        out.push('"');
    } else {
        out.push_str(text);
    }
}

enum Cell<'a> {
    Missing,
    Whole(u64),
    Signed(i64),
    Float(f64),
    Bool(bool),
    Text(&'a str),
}

fn cell(data: &ColumnData, row: usize) -> Cell<'_> {
    match data {
        ColumnData::U32(v) => Cell::Whole(u64::from(v[row])),
        ColumnData::U64(v) => Cell::Whole(v[row]),
        ColumnData::I64(v) => Cell::Signed(v[row]),
        ColumnData::F64(v) => Cell::Float(v[row]),
        ColumnData::Bool(v) => Cell::Bool(v[row]),
        ColumnData::Text(v) => Cell::Text(&v[row]),
        ColumnData::OptionalU32(v) => v[row].map_or(Cell::Missing, |n| Cell::Whole(n.into())),
        ColumnData::OptionalU64(v) => v[row].map_or(Cell::Missing, Cell::Whole),
        ColumnData::OptionalF64(v) => v[row].map_or(Cell::Missing, Cell::Float),
        ColumnData::OptionalText(v) => v[row].as_deref().map_or(Cell::Missing, Cell::Text),
    }
}

/// The shortest text that reads back as the same number; a float keeps a point or an exponent.
fn push(out: &mut String, cell: &Cell<'_>) {
    // Writing to a string cannot fail.
    let _ = match cell {
        Cell::Missing => Ok(()),
        Cell::Whole(n) => write!(out, "{n}"),
        Cell::Signed(n) => write!(out, "{n}"),
        Cell::Float(x) => write!(out, "{x:?}"),
        Cell::Bool(b) => write!(out, "{b}"),
        Cell::Text(text) => write!(out, "{text}"),
    };
}
