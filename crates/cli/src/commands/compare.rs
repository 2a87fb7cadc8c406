//! `backstop compare`: several designs on the same crash with the same borrowers.

use crate::failure::Failure;
use crate::progress;
use crate::setup::{self, DESIGNS, Loaded, Row};
use backstop_lab::market::FeedbackMode;
use backstop_lab::record::{AccountsTold, PathRecord};
use backstop_lab::world::Recording;
use backstop_report::{Comparison, Contender, comparison_text, write_comparison};
use indicatif::ProgressBar;
use rayon::prelude::*;
use std::io::{Write, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Arguments of `backstop compare`.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  backstop compare scenarios/march-2020.toml
  backstop compare scenarios/march-2020.toml --protocols aave-3.0.2,aave-3.7
  backstop compare scenarios/may-2021.toml --seed 7 --set book.synthetic.accounts=10000

Puts the scenario's borrowers into each design, with the same prices, depth, gas, liquidators and seed,
and writes compare.html and, as Parquet and JSON, the tables that docs/results.md describes. Ctrl-C
stops and keeps the designs that are done; a second Ctrl-C ends at once.")]
pub(crate) struct Args {
    /// Scenario file (docs/formats.md)
    scenario: PathBuf,
    /// Designs, separated by commas [default: all]
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', value_parser = known_design)]
    protocols: Vec<String>,
    /// Folder for the results [default: out/NAME-compare]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Seed in place of the scenario's
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Change a value of the scenario; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
}

/// A name from the list of designs.
fn known_design(name: &str) -> Result<String, String> {
    if DESIGNS.iter().any(|row| row.name == name) {
        return Ok(name.to_owned());
    }
    let known: Vec<_> = DESIGNS.iter().map(|row| row.name.as_str()).collect();
    Err(format!("allowed: {}", known.join(", ")))
}

/// Accounts' outcomes, for what is left at the end; nothing else that needs space.
const RECORDING: Recording = Recording {
    traces: false,
    events: false,
    accounts: AccountsTold::All,
    calls: false,
};

/// One design's two paths.
struct Ran {
    row: &'static Row,
    mapping: Vec<String>,
    record: PathRecord,
    without_feedback: PathRecord,
}

/// Runs the command.
///
/// # Errors
/// When the scenario or its files are malformed, a design cannot hold its book, or the results cannot
/// be written.
pub(crate) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let mut set = args.set.clone();
    set.extend(args.seed.map(|seed| format!("seed={seed}")));
    let loaded = setup::load(&args.scenario, &set)?;
    let chosen = chosen(&args.protocols);
    for row in &chosen {
        if let Some(why) = loaded.scenario.policies_refused_by(row.rules.0) {
            return Err(Failure::new(format!("{}: policy: {why}", row.name)));
        }
    }
    let ran = run_all(&loaded, &chosen)?;
    if ran.is_empty() {
        let message = "stopped before any design was done; nothing was written";
        return Err(Failure::new(message));
    }
    let mut context = setup::run_context(&loaded, command_line(args));
    let titles: Vec<_> = ran.iter().map(|ran| ran.row.title.as_str()).collect();
    context.protocol = titles.join(", ");
    let contenders: Vec<_> = ran.iter().map(contender).collect();
    let comparison = Comparison {
        context: &context,
        contenders: &contenders,
    };
    let out = args
        .out
        .clone()
        .unwrap_or_else(|| Path::new("out").join(format!("{}-compare", loaded.scenario.name)));
    let folder = |error| Failure::new(format!("{}: cannot be created: {error}", out.display()));
    std::fs::create_dir_all(&out).map_err(folder)?;
    write_comparison(&out, &comparison)?;
    let mut screen = stdout().lock();
    screen.write_all(comparison_text(&comparison, progress::width()).as_bytes())?;
    writeln!(screen, "report   {}", out.join("compare.html").display())?;
    if ran.len() < chosen.len() {
        let (done, all) = (ran.len(), chosen.len());
        writeln!(
            screen,
            "stopped  after {done} of {all} designs; they are kept"
        )?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Rows of the names, each once, in the order of the table; all where there are no names.
fn chosen(names: &[String]) -> Vec<&'static Row> {
    let wanted = |row: &&Row| names.is_empty() || names.contains(&row.name);
    DESIGNS.iter().filter(wanted).collect()
}

fn contender(ran: &Ran) -> Contender<'_> {
    Contender {
        name: &ran.row.name,
        title: &ran.row.title,
        mapping: &ran.mapping,
        record: &ran.record,
        without_feedback: Some(&ran.without_feedback),
    }
}

/// The command that repeats the comparison, with the scenario's file name only.
fn command_line(args: &Args) -> String {
    let file = args.scenario.file_name().unwrap_or_default();
    let mut words = format!("backstop compare {}", file.to_string_lossy());
    if !args.protocols.is_empty() {
        words += &format!(" --protocols {}", args.protocols.join(","));
    }
    if let Some(seed) = args.seed {
        words += &format!(" --seed {seed}");
    }
    for set in &args.set {
        words += &format!(" --set '{set}'");
    }
    words
}

/// The designs that came to their end, in the given order.
fn run_all(loaded: &Loaded, rows: &[&'static Row]) -> Result<Vec<Ran>, Failure> {
    progress::catch_interrupt();
    let steps = u64::from(loaded.scenario.time.steps());
    let paths = u64::try_from(2 * rows.len()).unwrap_or(u64::MAX);
    let bar = progress::bar(paths.saturating_mul(steps), "steps");
    bar.set_message(format!("{} designs", rows.len()));
    let ran: Result<Vec<_>, _> = rows
        .par_iter()
        .map(|row| run_one(loaded, row, &bar))
        .collect();
    bar.finish_and_clear();
    Ok(ran?.into_iter().flatten().collect())
}

/// Both paths of a design; nothing where Ctrl-C came first.
fn run_one(loaded: &Loaded, row: &'static Row, bar: &ProgressBar) -> Result<Option<Ran>, Failure> {
    let named = |error: Failure| match error {
        Failure::Message(message) => Failure::new(format!("{}: {message}", row.name)),
        Failure::OutputClosed => Failure::OutputClosed,
    };
    let design = (row.open)(loaded).map_err(named)?;
    let (record, without_feedback) = rayon::join(
        || design.walk(loaded, FeedbackMode::On, RECORDING, bar),
        || design.walk(loaded, FeedbackMode::Off, RECORDING, bar),
    );
    let (record, without_feedback) = (record?, without_feedback?);
    let stopped = record
        .stopped
        .as_ref()
        .or(without_feedback.stopped.as_ref());
    if let Some(reason) = stopped {
        return Err(named(Failure::new(reason.clone())));
    }
    let whole = !record.interrupted && !without_feedback.interrupted;
    Ok(whole.then(|| Ran {
        row,
        mapping: design.mapping().to_vec(),
        record,
        without_feedback,
    }))
}
