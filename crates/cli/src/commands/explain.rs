//! `backstop explain`: one account's liquidations with every number and rounding.

use crate::failure::Failure;
use std::io::{Write, stdout};
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `backstop explain`.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  backstop explain out/march-2020 s000123
  backstop explain out/march-2020 123

RESULTS is a folder that `backstop run` wrote; ACCOUNT is a name from the book or a number.")]
pub(crate) struct Args {
    /// Folder with the results of a run
    results: PathBuf,
    /// Name of the account in the book, or its number
    account: String,
}

/// Runs the command.
///
/// # Errors
/// When the folder cannot be read or the account is not in it.
pub(crate) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let text = backstop_report::explain(&args.results, &args.account)?;
    stdout().lock().write_all(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
