//! `backstop verify`: vector files against the rules.

use crate::failure::Failure;
use crate::progress;
use backstop_io::vectors::{FileReport, verify};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

/// Differences shown for each file.
const SHOWN: usize = 20;

/// Arguments of `backstop verify`.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  backstop verify aave-3.0.2.jsonl.gz
  backstop verify vectors/*.jsonl

The files are in the format backstop-vectors/1 (docs/formats-vectors.md), plain or gzip. For each
file: cases, mismatches, cases a second. Exit status 1 when anything differs, 2 when a file cannot
be read.")]
pub(crate) struct Args {
    /// Vector files, plain or gzip
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// When a file cannot be read or is malformed; files before it have been reported.
pub(crate) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let mut out = std::io::stdout().lock();
    let (mut cases, mut mismatches) = (0, 0);
    let width = args
        .files
        .iter()
        .map(|file| file.display().to_string().len())
        .max()
        .unwrap_or(0);
    for file in &args.files {
        let bar = progress::bar(0, "cases");
        let started = Instant::now();
        let report = verify(file, &mut |done, count| {
            bar.set_length(count);
            bar.set_position(done);
        })?;
        bar.finish_and_clear();
        let seconds = started.elapsed().as_secs_f64().max(1e-9);
        writeln!(
            out,
            "{:width$}  {:>6} cases  {:>6} mismatches  {:>8.0} cases/s  ({} {}, {} steps, {} rejected, {} fields)",
            file.display(),
            report.cases,
            report.mismatches.len(),
            report.cases as f64 / seconds,
            report.protocol,
            report.version,
            report.steps,
            report.rejected,
            report.checks,
        )?;
        show(&mut out, &report)?;
        cases += report.cases;
        mismatches += report.mismatches.len();
    }
    if args.files.len() > 1 {
        writeln!(out, "total: {cases} cases, {mismatches} mismatches")?;
    }
    Ok(if mismatches == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    })
}

fn show(out: &mut impl Write, report: &FileReport) -> std::io::Result<()> {
    for mismatch in report.mismatches.iter().take(SHOWN) {
        writeln!(
            out,
            "  {} step {}: {}\n    expected {}\n    got      {}",
            mismatch.case, mismatch.step, mismatch.field, mismatch.expected, mismatch.got
        )?;
    }
    let more = report.mismatches.len().saturating_sub(SHOWN);
    if more > 0 {
        writeln!(out, "  … and {more} more")?;
    }
    Ok(())
}
