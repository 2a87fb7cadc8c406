//! Columns of numbers over time from CSV or Parquet, with the place of each row for messages.

use crate::csv_rows::CsvRows;
use crate::error::{FileError, Place, excerpt, nearest};
use crate::instant::{TimeUnit, parse_time};
use crate::table::{ColumnData, Table};
use std::path::Path;

/// Times and the numbers beside them.
#[derive(Debug, Default)]
pub(crate) struct Numbers {
    /// Seconds since 1970.
    pub(crate) times: Vec<u64>,
    /// One list a chosen column.
    pub(crate) values: Vec<Vec<f64>>,
    /// Line (CSV) or row (Parquet) of each entry, counted from 1.
    pub(crate) rows: Vec<u64>,
    parquet: bool,
}

impl Numbers {
    /// Where entry `i` lies.
    pub(crate) fn place(&self, i: usize) -> Place {
        let row = self.rows.get(i).copied().unwrap_or_default();
        if self.parquet {
            Place::Row(row)
        } else {
            Place::Line(row)
        }
    }
}

/// A column to find in a header.
#[derive(Debug)]
pub(crate) struct Wanted<'a> {
    /// What a message calls it.
    pub(crate) key: &'static str,
    /// Accepted names; letter case is ignored.
    pub(crate) names: &'a [&'a str],
}

/// A chosen column: its position and what a message calls it.
pub(crate) type Chosen = (usize, &'static str);

/// A message about a key that is missing: the key and what was found and is allowed.
pub(crate) type Missing = (String, String);

/// Chooses columns by the names in a header, or tells which one is missing.
pub(crate) type Choose<'a> = dyn Fn(&[String]) -> Result<Vec<Chosen>, Missing> + 'a;

/// Which columns to read: the first is the time, the others are numbers.
pub(crate) enum Choice<'a> {
    /// By names in the header; tells the positions, or what is missing.
    Named(&'a Choose<'a>),
    /// By position in rows of this width; a header line may be there or not.
    Positional {
        /// Positions.
        columns: &'a [Chosen],
        /// Number of columns of the layout.
        width: usize,
    },
}

/// The position of a wanted column, or the key and the message that say that it is missing.
pub(crate) fn find(header: &[String], wanted: &Wanted<'_>) -> Result<Chosen, Missing> {
    let is = |cell: &String| {
        wanted
            .names
            .iter()
            .any(|n| n.eq_ignore_ascii_case(cell.trim()))
    };
    if let Some(position) = header.iter().position(is) {
        return Ok((position, wanted.key));
    }
    let cells: Vec<&str> = header.iter().map(String::as_str).collect();
    let hint = wanted
        .names
        .first()
        .and_then(|name| nearest(name, &cells))
        .map(|near| format!("; is it {near:?}?"))
        .unwrap_or_default();
    Err((
        wanted.key.to_owned(),
        format!(
            "no such column; found the header {}; allowed names: {}{hint}",
            excerpt(&cells.join(",")),
            wanted.names.join(", ")
        ),
    ))
}

/// Reads the chosen columns; the extension `.parquet` says Parquet, all else is CSV (plain or
/// gzip, lines that start with `#` are comments).
pub(crate) fn read(path: &Path, choice: &Choice<'_>) -> Result<Numbers, FileError> {
    read_within(path, choice, USUAL)
}

/// As [`read`]; the numbers from this position on (the first beside the time has 0) may be 0.
pub(crate) fn read_amounts(
    path: &Path,
    choice: &Choice<'_>,
    amounts_from: usize,
) -> Result<Numbers, FileError> {
    let limits = Limits {
        amounts_from,
        ..USUAL
    };
    read_within(path, choice, limits)
}

/// What numbers may be.
#[derive(Clone, Copy)]
struct Limits {
    /// Position from which on they may be 0; the first beside the time has 0.
    amounts_from: usize,
    below: f64,
}

const USUAL: Limits = Limits {
    amounts_from: usize::MAX,
    below: 1e15,
};

fn read_within(path: &Path, choice: &Choice<'_>, limits: Limits) -> Result<Numbers, FileError> {
    if path.extension().is_some_and(|e| e == "parquet") {
        read_parquet(path, choice, limits)
    } else {
        read_csv(path, choice, limits)
    }
}

/// The names in a file's header, and where that is.
pub(crate) fn header(path: &Path) -> Result<(Vec<String>, Place), FileError> {
    if path.extension().is_some_and(|e| e == "parquet") {
        let table = Table::read_parquet(path)?;
        let header = table.columns.iter().map(|c| c.name.clone()).collect();
        return Ok((header, Place::File));
    }
    let mut csv = CsvRows::open(path)?;
    if !csv.next()? {
        let empty = "the file is empty";
        return Err(FileError::content(path, Place::File, "", empty));
    }
    let header = csv.record.iter().map(str::to_owned).collect();
    Ok((header, csv.place()))
}

fn read_csv(path: &Path, choice: &Choice<'_>, limits: Limits) -> Result<Numbers, FileError> {
    let mut csv = CsvRows::open(path)?;
    if !csv.next()? {
        return Err(FileError::content(
            path,
            Place::File,
            "",
            "the file is empty",
        ));
    }
    let (columns, width, mut pending) = match choice {
        Choice::Named(choose) => {
            let header: Vec<String> = csv.record.iter().map(str::to_owned).collect();
            let columns =
                choose(&header).map_err(|(k, m)| FileError::content(path, csv.place(), k, m))?;
            (columns, header.len(), false)
        }
        Choice::Positional { columns, width } => {
            let first = columns.first().and_then(|(at, _)| csv.record.get(*at));
            (
                columns.to_vec(),
                *width,
                first.and_then(parse_time).is_some(),
            )
        }
    };
    let mut rows = Rows::new(path, &columns, limits);
    while pending || csv.next()? {
        pending = false;
        csv.check_width(width)?;
        let cell = |i: usize| columns.get(i).and_then(|(at, _)| csv.record.get(*at));
        rows.push(csv.line, csv.place(), cell)?;
    }
    rows.finish(false)
}

fn read_parquet(path: &Path, choice: &Choice<'_>, limits: Limits) -> Result<Numbers, FileError> {
    let table = Table::read_parquet(path)?;
    let header: Vec<String> = table.columns.iter().map(|c| c.name.clone()).collect();
    let columns = match choice {
        Choice::Named(choose) => {
            choose(&header).map_err(|(k, m)| FileError::content(path, Place::File, k, m))?
        }
        Choice::Positional { columns, width } if header.len() == *width => columns.to_vec(),
        Choice::Positional { width, .. } => {
            let found = header.len();
            let message = format!("found {found} columns; allowed: {width}");
            return Err(FileError::content(path, Place::File, "", message));
        }
    };
    let mut rows = Rows::new(path, &columns, limits);
    for row in 0..table.rows() {
        let cells: Vec<String> = columns
            .iter()
            .map(|(at, _)| plain_cell(&table.columns[*at].data, row))
            .collect();
        let number = row as u64 + 1;
        rows.push(number, Place::Row(number), |i| {
            cells.get(i).map(String::as_str)
        })?;
    }
    rows.finish(true)
}

/// A Parquet cell as the text that a CSV file would hold.
fn plain_cell(data: &ColumnData, row: usize) -> String {
    match data {
        ColumnData::U32(v) => v[row].to_string(),
        ColumnData::U64(v) => v[row].to_string(),
        ColumnData::I64(v) => v[row].to_string(),
        ColumnData::F64(v) => v[row].to_string(),
        ColumnData::Bool(v) => v[row].to_string(),
        ColumnData::Text(v) => v[row].clone(),
        ColumnData::OptionalU32(v) => v[row].map(|n| n.to_string()).unwrap_or_default(),
        ColumnData::OptionalU64(v) => v[row].map(|n| n.to_string()).unwrap_or_default(),
        ColumnData::OptionalF64(v) => v[row].map(|x| x.to_string()).unwrap_or_default(),
        ColumnData::OptionalText(v) => v[row].clone().unwrap_or_default(),
    }
}

/// As [`read`]; the numbers may be as large as any that a file tells in smallest units.
pub(crate) fn read_large(path: &Path, choice: &Choice<'_>) -> Result<Numbers, FileError> {
    read_within(
        path,
        choice,
        Limits {
            below: 1e40,
            ..USUAL
        },
    )
}

/// Collects rows and checks what holds for every layout.
struct Rows<'a> {
    path: &'a Path,
    columns: &'a [Chosen],
    limits: Limits,
    unit: Option<TimeUnit>,
    numbers: Numbers,
}

impl<'a> Rows<'a> {
    fn new(path: &'a Path, columns: &'a [Chosen], limits: Limits) -> Self {
        let numbers = Numbers {
            values: vec![Vec::new(); columns.len().saturating_sub(1)],
            ..Numbers::default()
        };
        Self {
            path,
            columns,
            limits,
            unit: None,
            numbers,
        }
    }

    fn push<'c>(
        &mut self,
        row: u64,
        place: Place,
        cell: impl Fn(usize) -> Option<&'c str>,
    ) -> Result<(), FileError> {
        let refuse =
            |key: &str, why: String| Err(FileError::content(self.path, place.clone(), key, why));
        let text = cell(0).unwrap_or_default();
        let Some((time, unit)) = parse_time(text) else {
            let allowed = "allowed: seconds, milliseconds, microseconds or nanoseconds since 1970 \
                           (1973 to 2286), or ISO 8601";
            return refuse("time", format!("found {}; {allowed}", excerpt(text)));
        };
        if *self.unit.get_or_insert(unit) != unit {
            let why = format!(
                "found {}; its unit differs from the lines above",
                excerpt(text)
            );
            return refuse("time", why);
        }
        if let Some(last) = self.numbers.times.last().filter(|last| **last >= time) {
            let why = format!(
                "found {} after {}; allowed: times that rise",
                crate::format_time(time),
                crate::format_time(*last)
            );
            return refuse("time", why);
        }
        for (i, column) in self.numbers.values.iter_mut().enumerate() {
            let text = cell(i + 1).unwrap_or_default();
            let Limits {
                amounts_from,
                below,
            } = self.limits;
            match text.parse::<f64>() {
                Ok(x) if x > 0.0 && x < below => column.push(x),
                Ok(x) if x == 0.0 && i >= amounts_from => column.push(0.0),
                _ => {
                    let least = match i >= amounts_from {
                        true => "of at least 0",
                        false => "above 0",
                    };
                    let found = excerpt(text);
                    let why =
                        format!("found {found}; allowed: a number {least} and below {below:e}");
                    let key = self.columns.get(i + 1).map_or("", |(_, key)| key);
                    return refuse(key, why);
                }
            }
        }
        self.numbers.times.push(time);
        self.numbers.rows.push(row);
        Ok(())
    }

    fn finish(mut self, parquet: bool) -> Result<Numbers, FileError> {
        if self.numbers.times.is_empty() {
            return Err(FileError::content(
                self.path,
                Place::File,
                "",
                "there is no row of data",
            ));
        }
        self.numbers.parquet = parquet;
        Ok(self.numbers)
    }
}
