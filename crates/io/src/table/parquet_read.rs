//! Parquet reader for flat files.

use super::parquet_write::{COLUMNS_KEY, TABLE_KEY};
use super::{Column, ColumnData, Table};
use crate::error::{FileError, Place};
use parquet::basic::{ConvertedType, LogicalType};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{ByteArray, DataType};
use parquet::errors::ParquetError;
use parquet::file::metadata::FileMetaData;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::schema::types::ColumnDescriptor;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// Rows decoded at a time; the length that a file claims is never trusted for an allocation.
const BATCH_ROWS: usize = 65_536;

pub(super) fn read(path: &Path) -> Result<Table, FileError> {
    let file = File::open(path).map_err(|e| FileError::system(path, "read it", &e))?;
    // The decoder asserts on some damaged pages in place of returning an error.
    let caught = catch_unwind(AssertUnwindSafe(|| read_file(path, file)));
    caught.unwrap_or_else(|_| Err(damaged(path, "", "a page contradicts itself")))
}

fn read_file(path: &Path, file: File) -> Result<Table, FileError> {
    let failed = |e: ParquetError| refused(path, "", &e);
    let reader = SerializedFileReader::new(file).map_err(failed)?;
    let metadata = reader.metadata().file_metadata();
    let schema = metadata.schema_descr_ptr();
    let docs = Described::of(metadata);
    let mut columns = Vec::new();
    for (i, descriptor) in schema.columns().iter().enumerate() {
        let name = descriptor.name().to_owned();
        if descriptor.max_rep_level() > 0 || descriptor.path().parts().len() > 1 {
            return Err(damaged(path, &name, "nested columns are not allowed"));
        }
        let mut values = Values::for_column(path, descriptor)?;
        for group in 0..reader.num_row_groups() {
            let mut cells = reader
                .get_row_group(group)
                .and_then(|group| group.get_column_reader(i))
                .map_err(|e| refused(path, &name, &e))?;
            values
                .extend(&mut cells, descriptor.max_def_level())
                .map_err(|e| refused(path, &name, &e))?;
        }
        let (kind, unit, doc) = docs.of_column(&name);
        let data = values.finish(path, &name, kind)?;
        columns.push(Column::new(name, unit, doc, data));
    }
    regular(path, &columns)?;
    let name = docs.table;
    Ok(Table { name, columns })
}

fn regular(path: &Path, columns: &[Column]) -> Result<(), FileError> {
    for (i, column) in columns.iter().enumerate() {
        if column.data.len() != columns[0].data.len() {
            return Err(damaged(path, &column.name, "columns have unequal lengths"));
        }
        if columns[..i].iter().any(|other| other.name == column.name) {
            return Err(damaged(path, &column.name, "the column exists twice"));
        }
    }
    Ok(())
}

fn damaged(path: &Path, key: &str, why: &str) -> FileError {
    FileError::content(
        path,
        Place::File,
        key,
        format!("cannot read it as Parquet: {why}"),
    )
}

fn refused(path: &Path, key: &str, error: &ParquetError) -> FileError {
    let text = match error {
        ParquetError::General(text) | ParquetError::EOF(text) | ParquetError::NYI(text) => {
            text.clone()
        }
        other => other.to_string(),
    };
    let text = match text.split_once(" feature not enabled") {
        Some((codec, _)) => format!("the codec {codec} is not built in; write it with Snappy"),
        None if text.starts_with("Disabled feature") => {
            format!("{text}; write it with Snappy or uncompressed")
        }
        None => text,
    };
    damaged(path, key, &text)
}

/// What [`super::parquet_write`] says about the columns; nothing for other writers' files.
struct Described {
    table: String,
    columns: Vec<serde_json::Value>,
}

impl Described {
    fn of(metadata: &FileMetaData) -> Self {
        let entry = |key: &str| {
            let entries = metadata.key_value_metadata()?;
            entries.iter().find(|e| e.key == key)?.value.clone()
        };
        let columns = entry(COLUMNS_KEY).and_then(|text| serde_json::from_str(&text).ok());
        Self {
            table: entry(TABLE_KEY).unwrap_or_default(),
            columns: columns.unwrap_or_default(),
        }
    }

    /// Type, unit and doc of a column, each empty where nothing is known.
    fn of_column(&self, name: &str) -> (&str, &str, &str) {
        let found = self.columns.iter().find(|c| c["name"] == name);
        let text = |key: &str| found.and_then(|c| c[key].as_str()).unwrap_or_default();
        (text("type"), text("unit"), text("doc"))
    }
}

/// Values of a column while it is read; `None` is a missing value.
enum Values {
    U32(Vec<Option<u32>>),
    U64(Vec<Option<u64>>),
    I64(Vec<Option<i64>>),
    F64(Vec<Option<f64>>),
    Bool(Vec<Option<bool>>),
    Text(Vec<Option<String>>),
}

impl Values {
    fn for_column(path: &Path, descriptor: &ColumnDescriptor) -> Result<Self, FileError> {
        use parquet::basic::Type as P;
        let unsigned = unsigned(descriptor);
        match (descriptor.physical_type(), decimal(descriptor)) {
            (P::BOOLEAN, _) => Ok(Self::Bool(Vec::new())),
            (P::FLOAT | P::DOUBLE, _) => Ok(Self::F64(Vec::new())),
            (P::INT32, false) if unsigned => Ok(Self::U32(Vec::new())),
            (P::INT64, false) if unsigned => Ok(Self::U64(Vec::new())),
            (P::INT32 | P::INT64, false) => Ok(Self::I64(Vec::new())),
            (P::BYTE_ARRAY, false) => Ok(Self::Text(Vec::new())),
            (other, is_decimal) => {
                let kind = if is_decimal {
                    "DECIMAL".to_owned()
                } else {
                    other.to_string()
                };
                let why = format!(
                    "found the type {kind}; allowed: integers, floats, booleans, text, timestamps of 64 bits"
                );
                Err(damaged(path, descriptor.name(), &why))
            }
        }
    }

    fn extend(&mut self, cells: &mut ColumnReader, levels: i16) -> Result<(), ParquetError> {
        match (self, cells) {
            (Self::Bool(out), ColumnReader::BoolColumnReader(r)) => drain(r, levels, out, Ok),
            (Self::F64(out), ColumnReader::FloatColumnReader(r)) => {
                drain(r, levels, out, |x| Ok(f64::from(x)))
            }
            (Self::F64(out), ColumnReader::DoubleColumnReader(r)) => drain(r, levels, out, Ok),
            (Self::U32(out), ColumnReader::Int32ColumnReader(r)) => {
                drain(r, levels, out, |n| Ok(n.cast_unsigned()))
            }
            (Self::U64(out), ColumnReader::Int64ColumnReader(r)) => {
                drain(r, levels, out, |n| Ok(n.cast_unsigned()))
            }
            (Self::I64(out), ColumnReader::Int32ColumnReader(r)) => {
                drain(r, levels, out, |n| Ok(i64::from(n)))
            }
            (Self::I64(out), ColumnReader::Int64ColumnReader(r)) => drain(r, levels, out, Ok),
            (Self::Text(out), ColumnReader::ByteArrayColumnReader(r)) => {
                drain(r, levels, out, text)
            }
            _ => Err(ParquetError::General(
                "the type changes within the file".to_owned(),
            )),
        }
    }

    fn finish(self, path: &Path, name: &str, kind: &str) -> Result<ColumnData, FileError> {
        let keep = kind.ends_with('?');
        let empty = || damaged(path, name, "a value is missing (null)");
        match self {
            Self::U32(v) if keep => Ok(ColumnData::OptionalU32(v)),
            Self::U32(v) => Ok(all(&v).map_or(ColumnData::OptionalU32(v), ColumnData::U32)),
            Self::U64(v) if keep => Ok(ColumnData::OptionalU64(v)),
            Self::U64(v) => Ok(all(&v).map_or(ColumnData::OptionalU64(v), ColumnData::U64)),
            Self::F64(v) if keep => Ok(ColumnData::OptionalF64(v)),
            Self::F64(v) => Ok(all(&v).map_or(ColumnData::OptionalF64(v), ColumnData::F64)),
            Self::Text(v) if keep => Ok(ColumnData::OptionalText(v)),
            Self::Text(v) => Ok(all(&v).map_or(ColumnData::OptionalText(v), ColumnData::Text)),
            Self::I64(v) => all(&v).map(ColumnData::I64).ok_or_else(empty),
            Self::Bool(v) => all(&v).map(ColumnData::Bool).ok_or_else(empty),
        }
    }
}

fn all<T: Clone>(values: &[Option<T>]) -> Option<Vec<T>> {
    values.iter().cloned().collect()
}

fn unsigned(descriptor: &ColumnDescriptor) -> bool {
    match descriptor.logical_type_ref() {
        Some(LogicalType::Integer(integer)) => !integer.is_signed,
        _ => matches!(
            descriptor.converted_type(),
            ConvertedType::UINT_8
                | ConvertedType::UINT_16
                | ConvertedType::UINT_32
                | ConvertedType::UINT_64
        ),
    }
}

fn decimal(descriptor: &ColumnDescriptor) -> bool {
    descriptor.converted_type() == ConvertedType::DECIMAL
        || matches!(descriptor.logical_type_ref(), Some(LogicalType::Decimal(_)))
}

fn text(bytes: ByteArray) -> Result<String, ParquetError> {
    String::from_utf8(bytes.data().to_vec())
        .map_err(|_| ParquetError::General("found bytes that are not UTF-8".to_owned()))
}

fn drain<T: DataType, V>(
    reader: &mut ColumnReaderImpl<T>,
    levels_max: i16,
    out: &mut Vec<Option<V>>,
    convert: impl Fn(T::T) -> Result<V, ParquetError>,
) -> Result<(), ParquetError> {
    loop {
        let (mut values, mut levels) = (Vec::new(), Vec::new());
        let (records, _, _) =
            reader.read_records(BATCH_ROWS, Some(&mut levels), None, &mut values)?;
        if records == 0 {
            return Ok(());
        }
        let mut values = values.into_iter().map(&convert);
        let missing = || ParquetError::EOF("a page holds fewer values than it says".to_owned());
        for row in 0..records {
            let present = levels_max == 0 || levels.get(row) == Some(&levels_max);
            out.push(match present {
                true => Some(values.next().ok_or_else(missing)??),
                false => None,
            });
        }
    }
}
