//! The files of a walk-forward test.

use super::{BacktestReport, rows};
use crate::html::backtest_page;
use crate::results::write_files;
use crate::tables::{backtest_table, forecasts_table};
use backstop_io::FileError;
use std::path::Path;

/// Writes the table `backtest` as Parquet and JSON, the table `forecasts` as Parquet, and the page
/// `backtest.html` into a folder that exists.
///
/// # Errors
/// [`FileError`] when the system refuses; files written before stay.
pub fn write_backtest(out: &Path, report: &BacktestReport<'_>) -> Result<(), FileError> {
    let texts = [("backtest.html", backtest_page(report))];
    write_files(out, &[backtest_table(&rows(report))], &texts)?;
    forecasts_table(report).write_parquet(&out.join("forecasts.parquet"))
}
