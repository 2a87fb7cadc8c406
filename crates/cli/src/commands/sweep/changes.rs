//! The same paths under a list of changed settings, kept path by path: what drivers and policies are compared by.

use super::work::{Going, Work};
use crate::failure::Failure;
use crate::setup::OpenedCell;
use backstop_io::write_atomic;
use indicatif::ProgressBar;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// A list of changes to run.
pub(crate) struct Changes<'a> {
    /// Name of the file with the changes that are done.
    pub(crate) file: &'static str,
    /// Format of that file.
    pub(crate) format: &'static str,
    /// What they are called, such as `changes`.
    pub(crate) what: &'static str,
    /// Of the scenario and all changes.
    pub(crate) digest: String,
    /// Figures that are kept of each path.
    pub(crate) metrics: &'a [&'a str],
    /// How many there are.
    pub(crate) count: usize,
    /// Opens a change by its number; nothing for the scenario as it stands.
    pub(crate) open: &'a dyn Fn(Option<usize>) -> Result<OpenedCell, Failure>,
}

/// The runs that are done: first as the scenario stands, then the changes in their order.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Runs {
    format: String,
    digest: String,
    seed: u64,
    paths: u64,
    metrics: Vec<String>,
    runs: Vec<Run>,
}

/// All paths under one setting.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Run {
    /// Paths that the ledger stopped.
    pub(crate) stopped: u64,
    /// By metric, in the order of the paths; nothing where a path does not tell it.
    pub(crate) values: Vec<Vec<Option<f64>>>,
}

impl Changes<'_> {
    /// Runs the changes that are missing; Ctrl-C keeps those that are done.
    ///
    /// # Errors
    /// When what is to go on from is another scenario's, a change cannot be run, or results cannot be kept.
    pub(crate) fn run(&self, work: &Work<'_>) -> Result<Runs, Failure> {
        let file = work.out.join(self.file);
        let mut runs = Runs {
            format: self.format.to_owned(),
            digest: self.digest.clone(),
            seed: work.base.loaded.scenario.seed,
            paths: work.paths,
            metrics: self.metrics.iter().map(|name| (*name).to_owned()).collect(),
            runs: Vec::new(),
        };
        if work.going == Going::On {
            runs.resume(&file, self.count + 1)?;
        }
        let bar = work.bar(self.count + 1);
        while runs.runs.len() <= self.count {
            let done = runs.runs.len();
            bar.set_position(done as u64 * work.paths);
            work.told(&bar, (done.saturating_sub(1), self.count), self.what);
            let opened = (self.open)(done.checked_sub(1))?;
            let Some(run) = self.one(work, &opened, &bar)? else {
                break;
            };
            runs.runs.push(run);
            write_atomic(&file, &serde_json::to_vec(&runs)?)?;
        }
        bar.finish_and_clear();
        Ok(runs)
    }

    /// All paths under one setting; nothing where Ctrl-C was pressed.
    fn one(
        &self,
        work: &Work<'_>,
        opened: &OpenedCell,
        bar: &ProgressBar,
    ) -> Result<Option<Run>, Failure> {
        let mut run = Run {
            stopped: 0,
            values: vec![Vec::new(); self.metrics.len()],
        };
        let ended = work.run(opened, self.metrics, bar, |path| {
            run.stopped += u64::from(path.stopped);
            for (all, value) in run.values.iter_mut().zip(&path.values) {
                all.push(*value);
            }
        })?;
        Ok(ended.map(|()| run))
    }
}

impl Runs {
    /// Takes over the runs of a file of the same scenario, changes and paths.
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
        let whole = |run: &Run| {
            let paths = run.values.iter().map(|values| values.len() as u64);
            run.values.len() == self.metrics.len() && paths.into_iter().all(|n| n == self.paths)
        };
        let why = if kept.format != self.format {
            format!("format: found {:?}, allowed: {}", kept.format, self.format)
        } else if kept.seed != self.seed {
            format!("seed: found {}, wanted {}", kept.seed, self.seed)
        } else if kept.paths != self.paths || !kept.runs.iter().all(whole) {
            format!("paths: found {}, wanted {}", kept.paths, self.paths)
        } else if kept.digest != self.digest || kept.runs.len() > most {
            "digest: the scenario, its overrides or its files, or what is changed, are not the same"
                .to_owned()
        } else if kept.metrics != self.metrics {
            "metrics: the file keeps other figures".to_owned()
        } else {
            self.runs = kept.runs;
            return Ok(());
        };
        Err(wrong(format!("cannot go on from another scenario: {why}")))
    }

    /// As the scenario stands.
    pub(crate) fn standing(&self) -> Option<&Run> {
        self.runs.first()
    }

    /// After a change, by its number.
    pub(crate) fn after(&self, change: usize) -> Option<&Run> {
        self.runs.get(change + 1)
    }

    /// Changes that are done.
    pub(crate) fn done(&self) -> usize {
        self.runs.len().saturating_sub(1)
    }

    /// Seed of the whole.
    pub(crate) fn seed(&self) -> u64 {
        self.seed
    }

    /// Paths of each change.
    pub(crate) fn paths(&self) -> u64 {
        self.paths
    }
}
