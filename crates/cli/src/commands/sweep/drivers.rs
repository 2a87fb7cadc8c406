//! Each main input moved one at a time.

use super::work::{Going, Work};
use crate::failure::Failure;
use crate::setup::{Driver, Loaded, OpenedCell, digest, drivers};
use backstop_io::scenario::Scenario;
use backstop_io::write_atomic;
use backstop_lab::ensemble::{Difference, Level, difference};
use backstop_report::{DriverRow, DriverSide, DriversReport, RunContext};
use indicatif::ProgressBar;
use serde::{Deserialize, Serialize};
use std::path::Path;

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

/// The changes that were run.
pub(crate) struct DriversDone {
    kept: Kept,
    rows: Vec<DriverRow>,
    changes: usize,
    horizon_s: u64,
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

/// Runs the changes that are missing; Ctrl-C keeps those that are done.
///
/// # Errors
/// When what is to go on from is another scenario's, a change cannot be run, or results cannot be kept.
pub(crate) fn run(work: &Work<'_>) -> Result<DriversDone, Failure> {
    let base = work.base;
    let file = work.out.join(TOTALS);
    let mut kept = Kept {
        format: FORMAT.to_owned(),
        digest: digest(&base.loaded),
        seed: base.loaded.scenario.seed,
        paths: work.paths,
        runs: Vec::new(),
    };
    let standing = base.without_book();
    let jobs = jobs(&standing);
    if work.going == Going::On {
        kept.resume(&file, jobs.len() + 1)?;
    }
    let bar = work.bar(jobs.len() + 1);
    while kept.runs.len() <= jobs.len() {
        let done = kept.runs.len();
        bar.set_position(done as u64 * work.paths);
        work.told(&bar, (done.saturating_sub(1), jobs.len()), "changes");
        let job = done.checked_sub(1).and_then(|at| jobs.get(at));
        let opened = base.changed(job.map_or(&standing, |job| &job.changed))?;
        let Some(run) = figures(work, &opened, &bar)? else {
            break;
        };
        kept.runs.push(run);
        write_atomic(&file, &serde_json::to_vec(&kept)?)?;
    }
    bar.finish_and_clear();
    let scenario = &base.loaded.scenario;
    Ok(DriversDone {
        rows: rows(scenario, &kept, &jobs),
        changes: jobs.len(),
        horizon_s: scenario.time.end - scenario.time.start,
        kept,
    })
}

/// Figures of all paths under one setting; nothing where Ctrl-C was pressed.
fn figures(
    work: &Work<'_>,
    opened: &OpenedCell,
    bar: &ProgressBar,
) -> Result<Option<Paths>, Failure> {
    let mut all = Paths::default();
    let ended = work.run(opened, bar, |path| {
        all.bad_debt.push(path.value("bad_debt").unwrap_or(0.0));
        all.seized.push(path.value("seized").unwrap_or(0.0));
    })?;
    Ok(ended.map(|()| all))
}

/// One row an input, in the order of the model.
fn rows(scenario: &Scenario, kept: &Kept, jobs: &[Job]) -> Vec<DriverRow> {
    let side = |driver: usize, side: usize| {
        let job = jobs
            .iter()
            .position(|job| (job.driver, job.side) == (driver, side))?;
        let (bad_debt, seized) = kept.differences(job)?;
        Some(DriverSide { bad_debt, seized })
    };
    let row = |(at, driver): (usize, &Driver)| DriverRow {
        label: driver.label,
        words: [driver.sides[0].words, driver.sides[1].words],
        sides: [side(at, 0), side(at, 1)],
    };
    drivers(scenario).enumerate().map(row).collect()
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

impl DriversDone {
    /// A report of the changes.
    pub(crate) fn report<'a>(&'a self, context: &'a RunContext) -> DriversReport<'a> {
        let standing = self.kept.runs.first();
        DriversReport {
            context,
            rows: &self.rows,
            bad_debt: standing.map_or(&[], |run| &run.bad_debt),
            seized: standing.map_or(&[], |run| &run.seized),
            level: TAIL,
            seed: self.kept.seed,
            paths: self.kept.paths,
            horizon_s: self.horizon_s,
            changes: self.changes,
        }
    }

    /// Changes that were run, and all of them.
    pub(crate) fn count(&self) -> (usize, usize) {
        (self.kept.runs.len().saturating_sub(1), self.changes)
    }
}
