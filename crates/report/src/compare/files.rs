//! The files of a comparison: tables as Parquet and JSON, and the page.

use super::Comparison;
use crate::results::write_files;
use crate::tables::comparison_tables;
use backstop_io::FileError;
use std::path::{Path, PathBuf};

/// Writes `compare.html` and the tables `compare`, `compare-steps` and `compare-coverage` into a
/// folder that exists, and returns the files in the order of writing.
///
/// # Errors
/// [`FileError`] when the system refuses; files written before stay.
pub fn write_comparison(
    folder: &Path,
    comparison: &Comparison<'_>,
) -> Result<Vec<PathBuf>, FileError> {
    let texts = [("compare.html", comparison.page())];
    write_files(folder, &comparison_tables(comparison), &texts)
}
