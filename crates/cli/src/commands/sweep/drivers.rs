//! Each main input moved one at a time.

use super::changes::{Changes, Run, Runs};
use super::work::Work;
use crate::failure::Failure;
use crate::setup::{Driver, Loaded, digest, drivers};
use backstop_io::scenario::Scenario;
use backstop_lab::ensemble::{Difference, Level, difference};
use backstop_report::{DriverRow, DriverSide, DriversReport, RunContext};

/// Name of the file with the changes that are done.
const TOTALS: &str = "drivers-totals.json";
const FORMAT: &str = "backstop-drivers-totals/2";
/// The level beyond which means are compared.
const TAIL: Level = Level(0.99);
/// What is kept of each path.
const METRICS: [&str; 2] = ["bad_debt", "seized"];

/// One change of one input, by its position and its side's.
struct Job {
    driver: usize,
    side: usize,
    changed: Loaded,
}

/// The changes that were run.
pub(crate) struct DriversDone {
    runs: Runs,
    /// Of each path as the scenario stands, in the order of [`METRICS`].
    standing: [Vec<f64>; METRICS.len()],
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
    let standing = base.without_book();
    let jobs = jobs(&standing);
    let open = |change: Option<usize>| {
        let job = change.and_then(|at| jobs.get(at));
        base.changed(job.map_or(&standing, |job| &job.changed))
    };
    let runs = Changes {
        file: TOTALS,
        format: FORMAT,
        what: "changes",
        digest: digest(&base.loaded),
        metrics: &METRICS,
        count: jobs.len(),
        open: &open,
    }
    .run(work)?;
    let scenario = &base.loaded.scenario;
    Ok(DriversDone {
        standing: runs.standing().map(values).unwrap_or_default(),
        rows: rows(scenario, &runs, &jobs),
        changes: jobs.len(),
        horizon_s: scenario.time.end - scenario.time.start,
        runs,
    })
}

/// Figures of each path; 0 where it does not tell one.
fn values(run: &Run) -> [Vec<f64>; METRICS.len()] {
    std::array::from_fn(|at| {
        let values = run.values.get(at).into_iter().flatten();
        values.map(|value| value.unwrap_or(0.0)).collect()
    })
}

/// One row an input, in the order of the model.
fn rows(scenario: &Scenario, runs: &Runs, jobs: &[Job]) -> Vec<DriverRow> {
    let side = |driver: usize, side: usize| {
        let job = jobs
            .iter()
            .position(|job| (job.driver, job.side) == (driver, side))?;
        let (bad_debt, seized) = differences(runs, job)?;
        Some(DriverSide { bad_debt, seized })
    };
    let row = |(at, driver): (usize, &Driver)| DriverRow {
        label: driver.label,
        words: [driver.sides[0].words, driver.sides[1].words],
        sides: [side(at, 0), side(at, 1)],
    };
    drivers(scenario).enumerate().map(row).collect()
}

/// What a change does to bad debt and to liquidated collateral.
fn differences(runs: &Runs, job: usize) -> Option<(Difference, Difference)> {
    let (standing, changed) = (values(runs.standing()?), values(runs.after(job)?));
    let of = |at: usize| difference(standing.get(at)?, changed.get(at)?, TAIL);
    Some((of(0)?, of(1)?))
}

impl DriversDone {
    /// A report of the changes.
    pub(crate) fn report<'a>(&'a self, context: &'a RunContext) -> DriversReport<'a> {
        let [bad_debt, seized] = &self.standing;
        DriversReport {
            context,
            rows: &self.rows,
            bad_debt,
            seized,
            level: TAIL,
            seed: self.runs.seed(),
            paths: self.runs.paths(),
            horizon_s: self.horizon_s,
            changes: self.changes,
        }
    }

    /// Changes that were run, and all of them.
    pub(crate) fn count(&self) -> (usize, usize) {
        (self.runs.done(), self.changes)
    }
}
