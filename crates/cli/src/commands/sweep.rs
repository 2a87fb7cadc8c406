//! `backstop sweep`: the same paths under many settings, and which input moves the result.

mod drivers;

use crate::failure::Failure;
use crate::progress;
use crate::setup::{self, Axis, Base, KeptCell, KeptSweep, OpenedCell, SWEEP_TOTALS};
use backstop_lab::ensemble::Cell;
use backstop_report::{SweepAxis, SweepReport, sweep_text, write_sweep};
use indicatif::ProgressBar;
use rayon::prelude::*;
use std::io::{Write, stdout};
use std::num::NonZeroU64;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

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
const PATHS: u64 = 30;
/// Paths whose figures are in memory at once.
const ROUND: u64 = 1_024;

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
    let base = Base::open(&args.scenario, set)?;
    if args.drivers {
        drivers::run(args, &base)?;
    } else {
        grid(args, &base)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn grid(args: &Args, base: &Base) -> Result<(), Failure> {
    let axes = match args.over.as_slice() {
        [] => setup::default_axes(),
        given => given.to_vec(),
    };
    let paths = args.paths.map_or(PATHS, NonZeroU64::get);
    let mut kept = KeptSweep::new(base, axes.clone(), paths);
    // Every cell is read before the first one runs, so that a wrong value costs no time.
    let scenarios = (0..kept.cells.len()).map(|cell| base.scenario(&kept.set(cell)));
    let scenarios = scenarios.collect::<Result<Vec<_>, _>>()?;
    let out = folder(args, base, "sweep")?;
    let file = out.join(SWEEP_TOTALS);
    if args.resume {
        kept.resume(&file)?;
    }
    progress::catch_interrupt();
    let bar = progress::bar(scenarios.len() as u64 * paths, "paths");
    let missing: Vec<usize> = (0..scenarios.len())
        .filter(|cell| kept.cells.get(*cell).is_some_and(Option::is_none))
        .collect();
    // Cells that run at once share the threads among their paths too.
    for together in missing.chunks(rayon::current_num_threads().max(1)) {
        let done = kept.cells.iter().flatten().count();
        bar.set_position(done as u64 * paths);
        bar.set_message(format!("{done}/{} cells", scenarios.len()));
        let cells = together.par_iter().map(|at| {
            let scenario = scenarios.get(*at).cloned();
            let opened = scenario.map(|scenario| base.cell(scenario)).transpose()?;
            let Some(opened) = opened else {
                return Ok(None);
            };
            let totals = cell(&opened, paths, &bar)?;
            Ok(totals.map(|totals| {
                let digest = opened.digest;
                (*at, KeptCell { digest, totals })
            }))
        });
        for (at, cell) in cells
            .collect::<Result<Vec<_>, Failure>>()?
            .into_iter()
            .flatten()
        {
            if let Some(place) = kept.cells.get_mut(at) {
                *place = Some(cell);
            }
        }
        kept.write(&file)?;
        if progress::interrupted() {
            break;
        }
    }
    bar.finish_and_clear();
    report(args, base, (&axes, paths), &kept, &out)
}

/// All paths of one cell, in rounds; nothing where Ctrl-C was pressed.
fn cell(opened: &OpenedCell, paths: u64, bar: &ProgressBar) -> Result<Option<Cell>, Failure> {
    let mut totals = Cell::default();
    let mut next = 0;
    while next < paths {
        let end = (next + ROUND).min(paths);
        let Some(values) = opened.stage.values(next..end, &|| tick(bar))? else {
            return Ok(None);
        };
        values.iter().for_each(|path| totals.add(path));
        next = end;
    }
    Ok(Some(totals))
}

fn tick(bar: &ProgressBar) -> ControlFlow<()> {
    bar.inc(1);
    if progress::interrupted() {
        ControlFlow::Break(())
    } else {
        ControlFlow::Continue(())
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

fn report(
    args: &Args,
    base: &Base,
    (axes, paths): (&[Axis], u64),
    kept: &KeptSweep,
    out: &Path,
) -> Result<(), Failure> {
    let context = context(args, base, axes)?;
    let axes: Vec<SweepAxis> = axes
        .iter()
        .map(|axis| SweepAxis {
            key: axis.key.clone(),
            values: axis.values.clone(),
        })
        .collect();
    let cells: Vec<Option<&Cell>> = kept
        .cells
        .iter()
        .map(|cell| cell.as_ref().map(|cell| &cell.totals))
        .collect();
    let scenario = &base.loaded.scenario;
    let falling = scenario.shock.falling(&scenario.assets);
    let symbol = |id: &backstop_core::protocol::AssetId| {
        let asset = scenario.assets.get(usize::from(id.0))?;
        Some(asset.symbol.clone())
    };
    let report = SweepReport {
        context: &context,
        axes: &axes,
        cells: &cells,
        seed: scenario.seed,
        paths,
        horizon_s: scenario.time.end - scenario.time.start,
        falling: &falling.iter().filter_map(symbol).collect::<Vec<_>>(),
    };
    write_sweep(out, &report)?;
    let mut screen = stdout().lock();
    screen.write_all(sweep_text(&report, progress::width()).as_bytes())?;
    writeln!(screen, "report   {}", out.join("sweep.html").display())?;
    stopped(
        cells.iter().flatten().count(),
        cells.len(),
        "cells",
        &mut screen,
    )
}

/// Says that not all was done, and how to go on.
fn stopped(done: usize, all: usize, what: &str, screen: &mut impl Write) -> Result<(), Failure> {
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
