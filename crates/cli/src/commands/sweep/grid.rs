//! The cells of a grid.

use super::work::{Going, Work};
use crate::failure::Failure;
use crate::progress;
use crate::setup::{Axis, Base, KeptCell, KeptSweep, OpenedCell, SWEEP_TOTALS};
use backstop_core::protocol::AssetId;
use backstop_io::scenario::Scenario;
use backstop_lab::ensemble::{Cell, SWEPT};
use backstop_report::{RunContext, SweepAxis, SweepReport};
use indicatif::ProgressBar;
use rayon::prelude::*;

/// A grid of which every cell's settings were read and checked, so that a wrong value costs no time.
pub(crate) struct Grid {
    kept: KeptSweep,
    axes: Vec<SweepAxis>,
    scenarios: Vec<Scenario>,
}

/// The cells that were run.
pub(crate) struct GridDone {
    axes: Vec<SweepAxis>,
    cells: Vec<Option<Cell>>,
    falling: Vec<String>,
    seed: u64,
    paths: u64,
    horizon_s: u64,
}

impl Grid {
    /// Reads every cell's settings.
    ///
    /// # Errors
    /// Every problem of the first cell that has any.
    pub(crate) fn read(base: &Base, axes: &[Axis], paths: u64) -> Result<Self, Failure> {
        let kept = KeptSweep::new(base, axes.to_vec(), paths);
        let scenarios = (0..kept.cells.len()).map(|cell| base.scenario(&kept.set(cell)));
        let axes = axes.iter().map(|axis| SweepAxis {
            key: axis.key.clone(),
            values: axis.values.clone(),
        });
        Ok(Self {
            scenarios: scenarios.collect::<Result<_, _>>()?,
            axes: axes.collect(),
            kept,
        })
    }

    /// Runs the cells that are missing; Ctrl-C keeps those that are done.
    ///
    /// # Errors
    /// When what is to go on from is another sweep's, a cell cannot be run, or results cannot be kept.
    pub(crate) fn run(mut self, work: &Work<'_>) -> Result<GridDone, Failure> {
        let file = work.out.join(SWEEP_TOTALS);
        if work.going == Going::On {
            self.kept.resume(&file)?;
        }
        let all = self.scenarios.len();
        let bar = work.bar(all);
        let missing: Vec<usize> = (0..all)
            .filter(|cell| self.kept.cells.get(*cell).is_some_and(Option::is_none))
            .collect();
        // Cells that run at once share the threads among their paths too.
        for together in missing.chunks(rayon::current_num_threads().max(1)) {
            let done = self.kept.cells.iter().flatten().count();
            bar.set_position(done as u64 * work.paths);
            work.told(&bar, (done, all), "cells");
            let cells = together.par_iter().map(|at| {
                let cell = self.cell(*at, work, &bar)?;
                Ok(cell.map(|cell| (*at, cell)))
            });
            let cells = cells.collect::<Result<Vec<_>, Failure>>()?;
            for (at, cell) in cells.into_iter().flatten() {
                if let Some(place) = self.kept.cells.get_mut(at) {
                    *place = Some(cell);
                }
            }
            self.kept.write(&file)?;
            if progress::interrupted() {
                break;
            }
        }
        bar.finish_and_clear();
        Ok(self.done(work))
    }

    /// One cell; nothing where Ctrl-C was pressed.
    fn cell(
        &self,
        at: usize,
        work: &Work<'_>,
        bar: &ProgressBar,
    ) -> Result<Option<KeptCell>, Failure> {
        let scenario = self.scenarios.get(at).cloned();
        let opened: Option<OpenedCell> = scenario
            .map(|scenario| work.base.cell(scenario))
            .transpose()?;
        let Some(opened) = opened else {
            return Ok(None);
        };
        let mut totals = Cell::default();
        let ended = work.run(&opened, &SWEPT, bar, |path| totals.add(path))?;
        Ok(ended.map(|()| KeptCell {
            digest: opened.digest,
            totals,
        }))
    }

    fn done(self, work: &Work<'_>) -> GridDone {
        let scenario = &work.base.loaded.scenario;
        let falling = scenario.shock.falling(&scenario.assets);
        let symbol = |id: &AssetId| {
            let asset = scenario.assets.get(usize::from(id.0))?;
            Some(asset.symbol.clone())
        };
        let cells = self.kept.cells.into_iter();
        GridDone {
            axes: self.axes,
            cells: cells.map(|cell| cell.map(|cell| cell.totals)).collect(),
            falling: falling.iter().filter_map(symbol).collect(),
            seed: scenario.seed,
            paths: work.paths,
            horizon_s: scenario.time.end - scenario.time.start,
        }
    }
}

impl GridDone {
    /// The cells, for a report.
    pub(crate) fn cells(&self) -> Vec<Option<&Cell>> {
        self.cells.iter().map(Option::as_ref).collect()
    }

    /// A report of the cells.
    pub(crate) fn report<'a>(
        &'a self,
        context: &'a RunContext,
        cells: &'a [Option<&'a Cell>],
    ) -> SweepReport<'a> {
        SweepReport {
            context,
            axes: &self.axes,
            cells,
            seed: self.seed,
            paths: self.paths,
            horizon_s: self.horizon_s,
            falling: &self.falling,
        }
    }

    /// Cells that were run, and all of them.
    pub(crate) fn count(&self) -> (usize, usize) {
        (self.cells.iter().flatten().count(), self.cells.len())
    }
}
