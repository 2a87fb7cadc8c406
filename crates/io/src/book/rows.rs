//! Book readers: three formats, one row, one collector that checks.

use super::{AssetUnit, Book, BookAccount, BookPosition, Format};
use crate::csv_rows::CsvRows;
use crate::decimal::parse_amount;
use crate::error::{FileError, Place, excerpt, nearest};
use crate::source::read_text;
use crate::table::{ColumnData, Table};
use backstop_core::protocol::AssetId;
use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;

const COLUMNS: [&str; 6] = [
    "account",
    "asset",
    "collateral",
    "debt",
    "enabled",
    "e_mode",
];
const COLUMNS_REQUIRED: usize = 4;
const NAME_CHARACTERS_MAX: usize = 200;

/// Reads a book from CSV, JSON or Parquet, whichever the extension names.
///
/// # Errors
/// [`FileError`] with line (or row) and column: a file that is missing or damaged, an unknown
/// asset or column, an amount that is not exact in the asset's decimals, a row that exists twice.
pub fn read(path: &Path, assets: &[AssetUnit]) -> Result<Book, FileError> {
    let collector = Collector::new(path, assets);
    match Format::of(path)? {
        Format::Csv => read_csv(path, collector),
        Format::Json => read_json(path, collector),
        Format::Parquet => read_parquet(path, collector),
    }
}

/// One row as text; an empty cell takes the column's default.
#[derive(Clone, Copy, Default)]
struct Row<'a> {
    account: &'a str,
    asset: &'a str,
    collateral: &'a str,
    debt: &'a str,
    enabled: &'a str,
    e_mode: &'a str,
}

impl<'a> Row<'a> {
    /// Takes the cells of [`COLUMNS`] in their order.
    fn from_cells(cell: impl Fn(usize) -> &'a str) -> Self {
        Self {
            account: cell(0),
            asset: cell(1),
            collateral: cell(2),
            debt: cell(3),
            enabled: cell(4),
            e_mode: cell(5),
        }
    }
}

struct Collector<'a> {
    path: &'a Path,
    assets: &'a [AssetUnit],
    book: Book,
    positions: HashMap<String, usize>,
}

impl<'a> Collector<'a> {
    fn new(path: &'a Path, assets: &'a [AssetUnit]) -> Self {
        Self {
            path,
            assets,
            book: Book::default(),
            positions: HashMap::new(),
        }
    }

    fn push(&mut self, row: Row<'_>, place: &Place) -> Result<(), FileError> {
        let refuse =
            |key: &str, why: String| FileError::content(self.path, place.clone(), key, why);
        let characters = row.account.chars().count();
        if characters == 0 || characters > NAME_CHARACTERS_MAX {
            let why = format!("found {characters} characters; allowed: 1 to {NAME_CHARACTERS_MAX}");
            return Err(refuse("account", why));
        }
        let asset = self.asset(row.asset).map_err(|why| refuse("asset", why))?;
        let decimals = self.assets[usize::from(asset.0)].decimals;
        let amount = |key: &str, text: &str| {
            let text = if text.is_empty() { "0" } else { text };
            parse_amount(text, decimals).map_err(|why| refuse(key, why))
        };
        let position = BookPosition {
            asset,
            collateral: amount("collateral", row.collateral)?,
            debt: amount("debt", row.debt)?,
            enabled: flag(row.enabled).map_err(|why| refuse("enabled", why))?,
        };
        if position.collateral.is_zero() && position.debt.is_zero() {
            let why = "collateral and debt are both 0; allowed: rows with at least one of them";
            return Err(refuse("", why.to_owned()));
        }
        let e_mode = mode(row.e_mode).map_err(|why| refuse("e_mode", why))?;
        self.add(row.account, e_mode, position)
            .map_err(|(key, why)| FileError::content(self.path, place.clone(), key, why))
    }

    fn asset(&self, symbol: &str) -> Result<AssetId, String> {
        let found = self.assets.iter().position(|a| a.symbol == symbol);
        found
            .and_then(|i| u16::try_from(i).ok())
            .map(AssetId)
            .ok_or_else(|| {
                let symbols: Vec<&str> = self.assets.iter().map(|a| a.symbol.as_str()).collect();
                let hint = nearest(symbol, &symbols).map(|s| format!("; did you mean {s:?}?"));
                format!(
                    "found {}; allowed: {}{}",
                    excerpt(symbol),
                    symbols.join(", "),
                    hint.unwrap_or_default()
                )
            })
    }

    fn add(
        &mut self,
        name: &str,
        e_mode: u8,
        position: BookPosition,
    ) -> Result<(), (&'static str, String)> {
        let accounts = &mut self.book.accounts;
        let Some(index) = self.positions.get(name) else {
            self.positions.insert(name.to_owned(), accounts.len());
            accounts.push(BookAccount {
                name: name.to_owned(),
                e_mode,
                positions: vec![position],
            });
            return Ok(());
        };
        let account = &mut accounts[*index];
        if account.e_mode != e_mode {
            let why = format!(
                "found {e_mode}; an earlier row of {name:?} says {}",
                account.e_mode
            );
            return Err(("e_mode", why));
        }
        if account.positions.iter().any(|p| p.asset == position.asset) {
            let symbol = &self.assets[usize::from(position.asset.0)].symbol;
            let why = format!("{name:?} has a second row for {symbol}; allowed: one an asset");
            return Err(("asset", why));
        }
        account.positions.push(position);
        Ok(())
    }

    fn finish(self) -> Result<Book, FileError> {
        if self.book.accounts.is_empty() {
            return Err(FileError::content(
                self.path,
                Place::File,
                "",
                "there is no account in it",
            ));
        }
        Ok(self.book)
    }
}

fn flag(text: &str) -> Result<bool, String> {
    match text {
        "" | "true" | "True" | "TRUE" | "1" => Ok(true),
        "false" | "False" | "FALSE" | "0" => Ok(false),
        other => Err(format!(
            "found {}; allowed: true, false, 1, 0",
            excerpt(other)
        )),
    }
}

fn mode(text: &str) -> Result<u8, String> {
    let digits = if text.is_empty() { "0" } else { text };
    digits
        .parse()
        .map_err(|_| format!("found {}; allowed: 0 to 255", excerpt(text)))
}

/// Where each of [`COLUMNS`] stands in a header.
fn positions_in(header: &[&str]) -> Result<[Option<usize>; 6], (String, String)> {
    let mut found = [None; 6];
    for (at, name) in header.iter().enumerate() {
        let Some(column) = COLUMNS.iter().position(|c| c == name) else {
            let hint = nearest(name, &COLUMNS).map(|near| format!("; did you mean {near:?}?"));
            let why = format!(
                "unknown column; allowed: {}{}",
                COLUMNS.join(", "),
                hint.unwrap_or_default()
            );
            return Err((excerpt(name), why));
        };
        if found[column].replace(at).is_some() {
            return Err(((*name).to_owned(), "the column exists twice".to_owned()));
        }
    }
    for column in 0..COLUMNS_REQUIRED {
        if found[column].is_none() {
            let why = format!("no such column; found {}", excerpt(&header.join(",")));
            return Err((COLUMNS[column].to_owned(), why));
        }
    }
    Ok(found)
}

fn read_csv(path: &Path, mut collector: Collector<'_>) -> Result<Book, FileError> {
    let mut csv = CsvRows::open(path)?;
    if !csv.next()? {
        return Err(FileError::content(
            path,
            Place::File,
            "",
            "the file is empty",
        ));
    }
    let header: Vec<&str> = csv.record.iter().collect();
    let width = header.len();
    let at = positions_in(&header).map_err(|(k, m)| FileError::content(path, csv.place(), k, m))?;
    while csv.next()? {
        csv.check_width(width)?;
        let cell = |i: usize| at[i].and_then(|at| csv.record.get(at)).unwrap_or_default();
        collector.push(Row::from_cells(cell), &csv.place())?;
    }
    collector.finish()
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonRow {
    account: String,
    asset: String,
    #[serde(default)]
    collateral: String,
    #[serde(default)]
    debt: String,
    enabled: Option<bool>,
    #[serde(default)]
    e_mode: u8,
}

fn read_json(path: &Path, mut collector: Collector<'_>) -> Result<Book, FileError> {
    let text = read_text(path)?;
    let rows: Vec<JsonRow> = serde_json::from_str(&text).map_err(|e| {
        let (line, column) = (e.line() as u64, e.column() as u64);
        let message = e.to_string();
        let message = message.split(" at line ").next().unwrap_or_default();
        let allowed = "allowed: an array of objects with account, asset, collateral, debt (text), \
                       enabled (true or false) and e_mode (0 to 255)";
        FileError::content(
            path,
            Place::Position { line, column },
            "",
            format!("{message}; {allowed}"),
        )
    })?;
    for (i, row) in rows.iter().enumerate() {
        let e_mode = row.e_mode.to_string();
        let row = Row {
            account: &row.account,
            asset: &row.asset,
            collateral: &row.collateral,
            debt: &row.debt,
            enabled: row.enabled.map_or("", |e| if e { "true" } else { "false" }),
            e_mode: &e_mode,
        };
        collector.push(row, &Place::Row(i as u64 + 1))?;
    }
    collector.finish()
}

fn read_parquet(path: &Path, mut collector: Collector<'_>) -> Result<Book, FileError> {
    let table = Table::read_parquet(path)?;
    let header: Vec<&str> = table.columns.iter().map(|c| c.name.as_str()).collect();
    let at = positions_in(&header).map_err(|(k, m)| FileError::content(path, Place::File, k, m))?;
    for row in 0..table.rows() {
        let place = Place::Row(row as u64 + 1);
        let mut cells: [Cow<'_, str>; 6] = Default::default();
        for (i, cell) in cells.iter_mut().enumerate() {
            let Some(column) = at[i].and_then(|at| table.columns.get(at)) else {
                continue;
            };
            *cell = parquet_cell(i, &column.data, row)
                .map_err(|why| FileError::content(path, place.clone(), COLUMNS[i], why))?;
        }
        collector.push(Row::from_cells(|i| cells[i].as_ref()), &place)?;
    }
    collector.finish()
}

fn parquet_cell(column: usize, data: &ColumnData, row: usize) -> Result<Cow<'_, str>, String> {
    match (column, data) {
        (0..=3, ColumnData::Text(v)) => Ok(Cow::from(&v[row])),
        (0..=3, ColumnData::OptionalText(v)) => Ok(v[row].as_deref().unwrap_or_default().into()),
        (4, ColumnData::Bool(v)) => Ok(if v[row] { "true" } else { "false" }.into()),
        (5, ColumnData::U32(v)) => Ok(v[row].to_string().into()),
        (5, ColumnData::U64(v)) => Ok(v[row].to_string().into()),
        (5, ColumnData::I64(v)) => Ok(v[row].to_string().into()),
        (column, data) => {
            let allowed = ["text", "text", "text", "text", "booleans", "integers"][column];
            Err(format!(
                "found the type {}; allowed: {allowed}",
                data.type_name()
            ))
        }
    }
}
