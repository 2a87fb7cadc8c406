//! `backstop sweep`: the same paths under many settings, and which input moves the result.

pub(crate) mod changes;
pub(crate) mod drivers;
pub(crate) mod grid;
pub(crate) mod work;

use crate::failure::Failure;
use crate::progress;
use crate::setup::{self, Axis, Base, OtherDraws};
use backstop_report::{drivers_text, sweep_text, write_drivers, write_sweep};
use grid::Grid;
use std::io::{Write, stdout};
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use work::{Going, Work};

/// Arguments of `backstop sweep`.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  backstop sweep scenarios/one-day.toml
  backstop sweep scenarios/one-day.toml --over impact.depth=0.1..1:10
  backstop sweep scenarios/one-day.toml --over shock.fall=0..0.5:6 --over liquidators.0.count=1,3,10
  backstop sweep scenarios/one-day.toml --drivers

Without --over: how far prices fall (shock.fall) against how much depth is left (impact.depth). Every
cell runs the same paths of the same seed, so cells differ by their settings and not by luck. Writes
sweep.html, sweep.json and one row a cell in cells.parquet and cells.json. --drivers moves each main
input one at a time and tells which moves bad debt most; it writes drivers.html, drivers.json and
the same rows as Parquet. Ctrl-C keeps what is finished, and --resume goes on from there.")]
pub(crate) struct Args {
    /// Scenario file (docs/formats.md)
    scenario: PathBuf,
    /// A key of the scenario and its values: KEY=A..B:N or KEY=A,B,C; once or twice
    #[arg(long, value_name = "KEY=VALUES")]
    over: Vec<Axis>,
    /// Move each main input one at a time in place of a grid
    #[arg(long, conflicts_with = "over")]
    drivers: bool,
    /// Paths of each cell [default: 30; with --drivers 400]. What is exceeded in one path of a hundred
    /// takes 381
    #[arg(long, value_name = "N")]
    paths: Option<NonZeroU64>,
    /// Seed in place of the scenario's
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Go on from what is kept in the folder for the results
    #[arg(long)]
    resume: bool,
    /// Folder for the results [default: out/NAME-sweep, with --drivers out/NAME-drivers]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Change a value of the scenario in all cells; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
}

/// Paths of a cell where nothing else is asked.
const CELL_PATHS: u64 = 30;
/// Paths of each change where nothing else is asked.
const CHANGE_PATHS: u64 = 400;

/// Runs the command.
///
/// # Errors
/// When the scenario or its files are malformed in any cell, what is to go on from is another sweep's,
/// or the results cannot be written.
pub(crate) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let mut set = args.set.clone();
    set.extend(args.seed.map(|seed| format!("seed={seed}")));
    if args.over.len() > 2 {
        let found = args.over.len();
        return Err(Failure::new(format!(
            "--over: found {found} of them, allowed: one or two"
        )));
    }
    if let [a, b] = args.over.as_slice()
        && a.key == b.key
    {
        let key = &a.key;
        return Err(Failure::new(format!(
            "--over: found {key} twice, allowed: two keys"
        )));
    }
    let base = Base::open(&args.scenario, set, OtherDraws::Refused)?;
    if args.drivers {
        changes(args, &base)?;
    } else {
        cells(args, &base)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The grid.
fn cells(args: &Args, base: &Base) -> Result<(), Failure> {
    let axes = match args.over.as_slice() {
        [] => setup::default_axes(),
        given => given.to_vec(),
    };
    let paths = args.paths.map_or(CELL_PATHS, NonZeroU64::get);
    let grid = Grid::read(base, &axes, paths)?;
    let out = folder(args, base, "sweep")?;
    let done = grid.run(&work(args, base, (&out, paths)))?;
    let context = context(args, base, &axes)?;
    let cells = done.cells();
    let report = done.report(&context, &cells);
    write_sweep(&out, &report)?;
    let mut screen = stdout().lock();
    screen.write_all(sweep_text(&report, progress::width()).as_bytes())?;
    writeln!(screen, "report   {}", out.join("sweep.html").display())?;
    stopped(done.count(), "cells", &mut screen)
}

/// The drivers.
fn changes(args: &Args, base: &Base) -> Result<(), Failure> {
    let paths = args.paths.map_or(CHANGE_PATHS, NonZeroU64::get);
    let out = folder(args, base, "drivers")?;
    let done = drivers::run(&work(args, base, (&out, paths)))?;
    let context = context(args, base, &[])?;
    let report = done.report(&context);
    write_drivers(&out, &report)?;
    let mut screen = stdout().lock();
    screen.write_all(drivers_text(&report, progress::width()).as_bytes())?;
    writeln!(screen, "report   {}", out.join("drivers.html").display())?;
    stopped(done.count(), "changes", &mut screen)
}

fn work<'a>(args: &Args, base: &'a Base, (out, paths): (&'a Path, u64)) -> Work<'a> {
    Work {
        base,
        out,
        paths,
        going: match args.resume {
            true => Going::On,
            false => Going::Afresh,
        },
        name: "",
    }
}

/// The folder for the results, made where it is missing.
fn folder(args: &Args, base: &Base, what: &str) -> Result<PathBuf, Failure> {
    let name = format!("{}-{what}", base.loaded.scenario.name);
    let out = args
        .out
        .clone()
        .unwrap_or_else(|| Path::new("out").join(name));
    let failed = |error| Failure::new(format!("{}: cannot be created: {error}", out.display()));
    std::fs::create_dir_all(&out).map_err(failed)?;
    Ok(out)
}

/// Says that not all was done, and how to go on.
pub(crate) fn stopped(
    (done, all): (usize, usize),
    what: &str,
    screen: &mut impl Write,
) -> Result<(), Failure> {
    if done < all {
        let command = "the same command with --resume goes on";
        writeln!(screen, "stopped  after {done} of {all} {what}; {command}")?;
    }
    Ok(())
}

/// What the report says of the inputs.
fn context(
    args: &Args,
    base: &Base,
    axes: &[Axis],
) -> Result<backstop_report::RunContext, Failure> {
    let mut context = setup::run_context(&base.loaded, command_line(args, axes));
    context
        .protocol
        .clone_from(&setup::design_of(&base.loaded)?.title);
    context.notes.extend(base.design.mapping().iter().cloned());
    base.design.payer().tell(&mut context.waterfall);
    Ok(context)
}

/// The command that repeats the run, with the scenario's file name only.
fn command_line(args: &Args, axes: &[Axis]) -> String {
    let file = args.scenario.file_name().unwrap_or_default();
    let mut words = format!("backstop sweep {}", file.to_string_lossy());
    for axis in axes {
        words += &format!(" --over '{}={}'", axis.key, axis.values.join(","));
    }
    if args.drivers {
        words += " --drivers";
    }
    if let Some(paths) = args.paths {
        words += &format!(" --paths {paths}");
    }
    if let Some(seed) = args.seed {
        words += &format!(" --seed {seed}");
    }
    for set in &args.set {
        words += &format!(" --set '{set}'");
    }
    words
}
