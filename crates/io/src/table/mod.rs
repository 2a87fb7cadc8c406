//! Results as tables: Parquet, JSON and CSV that data tools read as they are.
//!
//! The bytes depend on the table alone: no time of writing, no machine, no version.

mod parquet_read;
mod parquet_write;
mod text;

use crate::error::FileError;
use crate::source::write_atomic;
use std::path::Path;

/// A table of equally long columns.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Name, such as `steps`; the writers keep it inside Parquet files.
    pub name: String,
    /// The columns, with unique names.
    pub columns: Vec<Column>,
}

/// One column.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Name in every format.
    pub name: String,
    /// Unit, such as `USD` or `s`; empty for pure numbers and text.
    pub unit: String,
    /// What the values mean, in one sentence.
    pub doc: String,
    /// The values.
    pub data: ColumnData,
}

impl Column {
    /// A column with its unit and one sentence on its meaning.
    pub fn new(
        name: impl Into<String>,
        unit: impl Into<String>,
        doc: impl Into<String>,
        data: ColumnData,
    ) -> Self {
        Self {
            name: name.into(),
            unit: unit.into(),
            doc: doc.into(),
            data,
        }
    }
}

/// Values of a column, one a row.
#[derive(Clone, Debug, PartialEq)]
pub enum ColumnData {
    /// Whole numbers below 2^32.
    U32(Vec<u32>),
    /// Whole numbers below 2^64.
    U64(Vec<u64>),
    /// Whole numbers with a sign.
    I64(Vec<i64>),
    /// Floating-point numbers; JSON writes those that are not finite as `null`.
    F64(Vec<f64>),
    /// True or false.
    Bool(Vec<bool>),
    /// Text; exact amounts are decimal strings.
    Text(Vec<String>),
    /// As [`ColumnData::U32`], with rows that have no value.
    OptionalU32(Vec<Option<u32>>),
    /// As [`ColumnData::U64`], with rows that have no value.
    OptionalU64(Vec<Option<u64>>),
    /// As [`ColumnData::F64`], with rows that have no value.
    OptionalF64(Vec<Option<f64>>),
    /// As [`ColumnData::Text`], with rows that have no value.
    OptionalText(Vec<Option<String>>),
}

impl ColumnData {
    /// How many rows.
    pub fn len(&self) -> usize {
        match self {
            Self::U32(v) => v.len(),
            Self::U64(v) => v.len(),
            Self::I64(v) => v.len(),
            Self::F64(v) => v.len(),
            Self::Bool(v) => v.len(),
            Self::Text(v) => v.len(),
            Self::OptionalU32(v) => v.len(),
            Self::OptionalU64(v) => v.len(),
            Self::OptionalF64(v) => v.len(),
            Self::OptionalText(v) => v.len(),
        }
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Name of the type in the documentation and in Parquet's metadata.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::U32(_) => "u32",
            Self::U64(_) => "u64",
            Self::I64(_) => "i64",
            Self::F64(_) => "f64",
            Self::Bool(_) => "bool",
            Self::Text(_) => "text",
            Self::OptionalU32(_) => "u32?",
            Self::OptionalU64(_) => "u64?",
            Self::OptionalF64(_) => "f64?",
            Self::OptionalText(_) => "text?",
        }
    }
}

impl Table {
    /// A table.
    ///
    /// # Panics
    /// When the columns are not equally long or two share a name: the caller builds both, so
    /// either is an error in the program.
    pub fn new(name: impl Into<String>, columns: Vec<Column>) -> Self {
        let table = Self {
            name: name.into(),
            columns,
        };
        table.assert_regular();
        table
    }

    /// How many rows.
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, |column| column.data.len())
    }

    /// The column of this name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Writes the table as Parquet, compressed with Snappy.
    ///
    /// # Errors
    /// [`FileError`] when the system refuses.
    pub fn write_parquet(&self, path: &Path) -> Result<(), FileError> {
        self.assert_regular();
        let bytes = parquet_write::to_bytes(self)
            .map_err(|e| FileError::system(path, "write it", &std::io::Error::other(e)))?;
        write_atomic(path, &bytes)
    }

    /// Writes the table as JSON: an array with one object a row.
    ///
    /// # Errors
    /// [`FileError`] when the system refuses.
    pub fn write_json(&self, path: &Path) -> Result<(), FileError> {
        self.assert_regular();
        write_atomic(path, text::to_json(self).as_bytes())
    }

    /// Writes the table as CSV with a header line.
    ///
    /// # Errors
    /// [`FileError`] when the system refuses.
    pub fn write_csv(&self, path: &Path) -> Result<(), FileError> {
        self.assert_regular();
        write_atomic(path, text::to_csv(self).as_bytes())
    }

    /// Reads a flat Parquet file, whoever wrote it.
    ///
    /// Units and docs come back from files that [`Table::write_parquet`] wrote and are empty
    /// otherwise. Integers of up to 64 bits, floats, booleans, text and timestamps (as integers)
    /// are read; nested columns, decimals and codecs other than Snappy are refused.
    ///
    /// # Errors
    /// [`FileError`] when the file is missing, damaged or of another kind.
    pub fn read_parquet(path: &Path) -> Result<Self, FileError> {
        parquet_read::read(path)
    }

    fn assert_regular(&self) {
        for (i, column) in self.columns.iter().enumerate() {
            let (name, rows) = (&column.name, column.data.len());
            assert_eq!(rows, self.rows(), "{}.{name} has another length", self.name);
            let unique = self.columns[..i].iter().all(|other| other.name != *name);
            assert!(unique, "{}.{name} exists twice", self.name);
        }
    }
}

#[cfg(test)]
mod tests;
