//! Parquet writer: Snappy, row groups of fixed length, columns described in the file's metadata.

use super::{Column, ColumnData, Table};
use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical};
use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int32Type, Int64Type,
};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::Type;
use std::ops::Range;
use std::sync::Arc;

/// Key of the metadata entry that holds the table's name.
pub(super) const TABLE_KEY: &str = "backstop.table";
/// Key of the metadata entry that holds name, type, unit and doc of each column, as JSON.
pub(super) const COLUMNS_KEY: &str = "backstop.columns";
const CREATED_BY: &str = "backstop";
const GROUP_ROWS: usize = 131_072;

pub(super) fn to_bytes(table: &Table) -> Result<Vec<u8>, ParquetError> {
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_created_by(CREATED_BY.to_owned())
        .set_key_value_metadata(Some(vec![
            KeyValue::new(TABLE_KEY.to_owned(), table.name.clone()),
            KeyValue::new(COLUMNS_KEY.to_owned(), describe(table)),
        ]))
        .build();
    let schema = Arc::new(schema(table)?);
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties))?;
    let mut start = 0;
    while start < table.rows() {
        let end = table.rows().min(start + GROUP_ROWS);
        let mut group = writer.next_row_group()?;
        for column in &table.columns {
            if let Some(mut cells) = group.next_column()? {
                write_column(&mut cells, &column.data, start..end)?;
                cells.close()?;
            }
        }
        group.close()?;
        start = end;
    }
    writer.into_inner()
}

fn describe(table: &Table) -> String {
    let describe_one = |column: &Column| {
        serde_json::json!({
            "name": column.name,
            "type": column.data.type_name(),
            "unit": column.unit,
            "doc": column.doc,
        })
    };
    serde_json::Value::from_iter(table.columns.iter().map(describe_one)).to_string()
}

fn schema(table: &Table) -> Result<Type, ParquetError> {
    let fields = table
        .columns
        .iter()
        .map(|column| field(column).map(Arc::new))
        .collect::<Result<Vec<_>, _>>()?;
    Type::group_type_builder("schema")
        .with_fields(fields)
        .build()
}

fn field(column: &Column) -> Result<Type, ParquetError> {
    use ColumnData as D;
    let (physical, logical) = match column.data {
        D::U32(_) | D::OptionalU32(_) => (Physical::INT32, Some(LogicalType::integer(32, false))),
        D::U64(_) | D::OptionalU64(_) => (Physical::INT64, Some(LogicalType::integer(64, false))),
        D::I64(_) => (Physical::INT64, Some(LogicalType::integer(64, true))),
        D::F64(_) | D::OptionalF64(_) => (Physical::DOUBLE, None),
        D::Bool(_) => (Physical::BOOLEAN, None),
        D::Text(_) | D::OptionalText(_) => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
    };
    let repetition = match column.data {
        D::OptionalU32(_) | D::OptionalU64(_) | D::OptionalF64(_) | D::OptionalText(_) => {
            Repetition::OPTIONAL
        }
        _ => Repetition::REQUIRED,
    };
    Type::primitive_type_builder(&column.name, physical)
        .with_repetition(repetition)
        .with_logical_type(logical)
        .build()
}

fn write_column(
    writer: &mut SerializedColumnWriter<'_>,
    data: &ColumnData,
    rows: Range<usize>,
) -> Result<(), ParquetError> {
    match data {
        ColumnData::U32(v) => required::<Int32Type, _>(writer, &v[rows], |n| n.cast_signed()),
        ColumnData::U64(v) => required::<Int64Type, _>(writer, &v[rows], |n| n.cast_signed()),
        ColumnData::I64(v) => required::<Int64Type, _>(writer, &v[rows], |n| *n),
        ColumnData::F64(v) => required::<DoubleType, _>(writer, &v[rows], |x| *x),
        ColumnData::Bool(v) => required::<BoolType, _>(writer, &v[rows], |b| *b),
        ColumnData::Text(v) => required::<ByteArrayType, _>(writer, &v[rows], |t| bytes(t)),
        ColumnData::OptionalU32(v) => {
            optional::<Int32Type, _>(writer, &v[rows], |n| n.cast_signed())
        }
        ColumnData::OptionalU64(v) => {
            optional::<Int64Type, _>(writer, &v[rows], |n| n.cast_signed())
        }
        ColumnData::OptionalF64(v) => optional::<DoubleType, _>(writer, &v[rows], |x| *x),
        ColumnData::OptionalText(v) => optional::<ByteArrayType, _>(writer, &v[rows], |t| bytes(t)),
    }
}

fn bytes(text: &str) -> ByteArray {
    ByteArray::from(text.as_bytes().to_vec())
}

fn required<T: DataType, V>(
    writer: &mut SerializedColumnWriter<'_>,
    values: &[V],
    convert: impl Fn(&V) -> T::T,
) -> Result<(), ParquetError> {
    let values: Vec<T::T> = values.iter().map(convert).collect();
    writer.typed::<T>().write_batch(&values, None, None)?;
    Ok(())
}

fn optional<T: DataType, V>(
    writer: &mut SerializedColumnWriter<'_>,
    values: &[Option<V>],
    convert: impl Fn(&V) -> T::T,
) -> Result<(), ParquetError> {
    let levels: Vec<i16> = values.iter().map(|v| i16::from(v.is_some())).collect();
    let present: Vec<T::T> = values.iter().flatten().map(convert).collect();
    writer
        .typed::<T>()
        .write_batch(&present, Some(&levels), None)?;
    Ok(())
}
