//! `backstop sweep --drivers`: each main input moved one at a time.

use super::{Args, ROUND, context, folder, stopped, tick};
use crate::failure::Failure;
use crate::progress;
use crate::setup::{Base, Loaded, OpenedCell, digest, drivers};
use backstop_io::write_atomic;
use backstop_lab::ensemble::{Difference, Level, difference};
use backstop_report::{DriverRow, DriverSide, DriversReport, drivers_text, write_drivers};
use indicatif::ProgressBar;
use serde::{Deserialize, Serialize};
use std::io::{Write, stdout};
use std::num::NonZeroU64;
use std::path::Path;

/// Paths of each change where nothing else is asked.
const PATHS: u64 = 400;
/// Name of the file with the changes that are done.
const TOTALS: &str = "drivers-totals.json";
const FORMAT: &str = "backstop-drivers-totals/1";
/// The level beyond which means are compared.
const TAIL: Level = Level(0.99);

/// What is kept between runs.
#[derive(Serialize, Deserialize)]
struct Kept {
    format: String,
    digest: String,
    seed: u64,
    paths: u64,
    /// First as the scenario stands, then after the changes that are done, in the order of [`jobs`].
    runs: Vec<Paths>,
}

/// Figures of each path, in their order.
#[derive(Default, Serialize, Deserialize)]
struct Paths {
    bad_debt: Vec<f64>,
    seized: Vec<f64>,
}

/// One change of one input, by its position and its side's.
struct Job {
    driver: usize,
    side: usize,
    changed: Loaded,
}

/// Every change that the scenario can take.
fn jobs(base: &Loaded) -> Vec<Job> {
    let mut jobs = Vec::new();
    for (at, driver) in drivers(&base.scenario).enumerate() {
        for (side, change) in driver.sides.iter().enumerate() {
            jobs.extend(driver.changed(base, change).map(|changed| Job {
                driver: at,
                side,
                changed,
            }));
        }
    }
    jobs
}

pub(super) fn run(args: &Args, base: &Base) -> Result<(), Failure> {
    let paths = args.paths.map_or(PATHS, NonZeroU64::get);
    let out = folder(args, base, "drivers")?;
    let file = out.join(TOTALS);
    let mut kept = Kept {
        format: FORMAT.to_owned(),
        digest: digest(&base.loaded),
        seed: base.loaded.scenario.seed,
        paths,
        runs: Vec::new(),
    };
    let standing = base.without_book();
    let jobs = jobs(&standing);
    if args.resume {
        kept.resume(&file, jobs.len() + 1)?;
    }
    progress::catch_interrupt();
    let bar = progress::bar((jobs.len() as u64 + 1) * paths, "paths");
    while kept.runs.len() <= jobs.len() {
        let done = kept.runs.len();
        bar.set_position(done as u64 * paths);
        bar.set_message(format!("{}/{} changes", done.saturating_sub(1), jobs.len()));
        let job = done.checked_sub(1).and_then(|at| jobs.get(at));
        let opened = base.changed(job.map_or(&standing, |job| &job.changed))?;
        let Some(run) = figures(&opened, paths, &bar)? else {
            break;
        };
        kept.runs.push(run);
        write_atomic(&file, &serde_json::to_vec(&kept)?)?;
    }
    bar.finish_and_clear();
    report(args, base, &kept, &jobs, &out)
}

/// Figures of all paths under one setting; nothing where Ctrl-C was pressed.
fn figures(opened: &OpenedCell, paths: u64, bar: &ProgressBar) -> Result<Option<Paths>, Failure> {
    let mut all = Paths::default();
    let mut next = 0;
    while next < paths {
        let end = (next + ROUND).min(paths);
        let Some(values) = opened.stage.values(next..end, &|| tick(bar))? else {
            return Ok(None);
        };
        for path in &values {
            all.bad_debt.push(path.value("bad_debt").unwrap_or(0.0));
            all.seized.push(path.value("seized").unwrap_or(0.0));
        }
        next = end;
    }
    Ok(Some(all))
}

impl Kept {
    /// Takes over the runs of a file of the same scenario and paths.
    ///
    /// # Errors
    /// When it cannot be read, or is another's.
    fn resume(&mut self, file: &Path, most: usize) -> Result<(), Failure> {
        if !file.exists() {
            return Ok(());
        }
        let wrong = |why: String| Failure::new(format!("{}: {why}", file.display()));
        let text =
            std::fs::read(file).map_err(|error| wrong(format!("cannot be read: {error}")))?;
        let kept: Self = serde_json::from_slice(&text).map_err(|error| wrong(error.to_string()))?;
        let whole = |run: &Paths| {
            let (bad, seized) = (run.bad_debt.len() as u64, run.seized.len() as u64);
            bad == self.paths && seized == self.paths
        };
        let why = if kept.format != FORMAT {
            format!("format: found {:?}, allowed: {FORMAT}", kept.format)
        } else if kept.seed != self.seed {
            format!("seed: found {}, wanted {}", kept.seed, self.seed)
        } else if kept.paths != self.paths || !kept.runs.iter().all(whole) {
            format!("paths: found {}, wanted {}", kept.paths, self.paths)
        } else if kept.digest != self.digest || kept.runs.len() > most {
            "digest: the scenario, its overrides or its files are not the same".to_owned()
        } else {
            self.runs = kept.runs;
            return Ok(());
        };
        Err(wrong(format!("cannot go on from another scenario: {why}")))
    }

    /// What a change does to bad debt and to liquidated collateral.
    fn differences(&self, job: usize) -> Option<(Difference, Difference)> {
        let (standing, changed) = (self.runs.first()?, self.runs.get(job + 1)?);
        Some((
            difference(&standing.bad_debt, &changed.bad_debt, TAIL)?,
            difference(&standing.seized, &changed.seized, TAIL)?,
        ))
    }
}

fn report(args: &Args, base: &Base, kept: &Kept, jobs: &[Job], out: &Path) -> Result<(), Failure> {
    let context = context(args, base, &[])?;
    let side = |driver: usize, side: usize| {
        let job = jobs
            .iter()
            .position(|job| (job.driver, job.side) == (driver, side))?;
        let (bad_debt, seized) = kept.differences(job)?;
        Some(DriverSide { bad_debt, seized })
    };
    let rows: Vec<DriverRow> = drivers(&base.loaded.scenario)
        .enumerate()
        .map(|(at, driver)| DriverRow {
            label: driver.label,
            words: [driver.sides[0].words, driver.sides[1].words],
            sides: [side(at, 0), side(at, 1)],
        })
        .collect();
    let scenario = &base.loaded.scenario;
    let standing = kept.runs.first();
    let report = DriversReport {
        context: &context,
        rows: &rows,
        bad_debt: standing.map_or(&[], |run| &run.bad_debt),
        seized: standing.map_or(&[], |run| &run.seized),
        level: TAIL,
        seed: scenario.seed,
        paths: kept.paths,
        horizon_s: scenario.time.end - scenario.time.start,
    };
    write_drivers(out, &report)?;
    let mut screen = stdout().lock();
    screen.write_all(drivers_text(&report, progress::width()).as_bytes())?;
    writeln!(screen, "report   {}", out.join("drivers.html").display())?;
    let done = kept.runs.len().saturating_sub(1);
    stopped(done, jobs.len(), "changes", &mut screen)
}
