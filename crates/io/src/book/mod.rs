//! Position books: who supplied and owes what, exact to the base unit.
//!
//! [`read`] and [`write()`] use one schema in CSV, Parquet and JSON: a row for each account and
//! asset with the columns `account`, `asset`, `collateral`, `debt`, `enabled` and `e_mode`. Amounts
//! are whole tokens as decimal strings and are never rounded.

pub mod aggregated;
pub mod synthetic;

mod rows;

use crate::decimal::format_amount;
use crate::error::{FileError, Place};
use crate::table::{Column, ColumnData, Table};
use backstop_core::protocol::AssetId;
use backstop_core::units::Amount;
use std::path::Path;

pub use rows::read;

/// A token and its decimals; the position in a list is its [`AssetId`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssetUnit {
    /// Ticker.
    pub symbol: String,
    /// Base units are 10^−decimals of a whole token.
    pub decimals: u8,
}

/// What the makers of books have to know about an asset; the position in a list is its
/// [`AssetId`].
#[derive(Clone, Debug, PartialEq)]
pub struct AssetTerms {
    /// Ticker, for messages.
    pub symbol: String,
    /// Base units are 10^−decimals of a whole token.
    pub decimals: u8,
    /// Price at the start, USD.
    pub price_usd: f64,
    /// Liquidation threshold, in bps.
    pub liquidation_threshold_bps: u16,
}

/// All accounts of a protocol.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Book {
    /// In the order of first appearance in the file.
    pub accounts: Vec<BookAccount>,
}

/// One account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BookAccount {
    /// Name or address, unique in the book.
    pub name: String,
    /// Efficiency mode; 0 is none.
    pub e_mode: u8,
    /// At most one an asset, in the order of the file.
    pub positions: Vec<BookPosition>,
}

/// One asset of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookPosition {
    /// Which asset.
    pub asset: AssetId,
    /// Supplied, interest included, in base units.
    pub collateral: Amount,
    /// Owed, interest included, in base units.
    pub debt: Amount,
    /// Whether the supply counts as collateral.
    pub enabled: bool,
}

/// The formats of a book file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Csv,
    Json,
    Parquet,
}

impl Format {
    /// The format that the file's extension names; `.gz` after it is allowed.
    fn of(path: &Path) -> Result<Self, FileError> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let name = name.strip_suffix(".gz").unwrap_or(&name);
        match name.rsplit_once('.').map(|(_, extension)| extension) {
            Some("csv") => Ok(Self::Csv),
            Some("json") => Ok(Self::Json),
            Some("parquet") => Ok(Self::Parquet),
            _ => {
                let message = "unknown kind of book; allowed extensions: .csv, .csv.gz, .json, .json.gz, .parquet";
                Err(FileError::content(path, Place::File, "", message))
            }
        }
    }
}

/// Writes a book in the format that the extension names (`.csv`, `.json` or `.parquet`).
///
/// # Errors
/// [`FileError`] when the extension is another or the system refuses.
pub fn write(book: &Book, assets: &[AssetUnit], path: &Path) -> Result<(), FileError> {
    let table = to_table(book, assets);
    match Format::of(path)? {
        Format::Csv => table.write_csv(path),
        Format::Json => table.write_json(path),
        Format::Parquet => table.write_parquet(path),
    }
}

/// The book as a table with the columns of the documented schema.
///
/// # Panics
/// When a position names an asset that is not in the list.
pub fn to_table(book: &Book, assets: &[AssetUnit]) -> Table {
    let rows = || {
        let accounts = book.accounts.iter();
        accounts.flat_map(|account| account.positions.iter().map(move |p| (account, p)))
    };
    let unit = |p: &BookPosition| &assets[usize::from(p.asset.0)];
    let tokens = |p: &BookPosition, amount| format_amount(amount, unit(p).decimals);
    let text = |cell: &dyn Fn(&BookAccount, &BookPosition) -> String| {
        ColumnData::Text(rows().map(|(a, p)| cell(a, p)).collect())
    };
    let columns = vec![
        Column::new(
            "account",
            "",
            "Name or address.",
            text(&|a, _| a.name.clone()),
        ),
        Column::new("asset", "", "Ticker.", text(&|_, p| unit(p).symbol.clone())),
        Column::new(
            "collateral",
            "whole tokens",
            "Supplied.",
            text(&|_, p| tokens(p, p.collateral)),
        ),
        Column::new(
            "debt",
            "whole tokens",
            "Owed.",
            text(&|_, p| tokens(p, p.debt)),
        ),
        Column::new(
            "enabled",
            "",
            "Whether the supply counts as collateral.",
            ColumnData::Bool(rows().map(|(_, p)| p.enabled).collect()),
        ),
        Column::new(
            "e_mode",
            "",
            "Efficiency mode of the account; 0 is none.",
            ColumnData::U32(rows().map(|(a, _)| u32::from(a.e_mode)).collect()),
        ),
    ];
    Table::new("book", columns)
}

#[cfg(test)]
mod tests;
