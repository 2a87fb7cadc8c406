//! What an ensemble's report can have besides: drivers, and the heat map of falls and depth.

use super::super::sweep::drivers::{self, DriversDone};
use super::super::sweep::grid::{Grid, GridDone};
use super::super::sweep::work::{Going, Work};
use super::Args;
use crate::failure::Failure;
use crate::progress;
use crate::setup::{Base, OtherDraws, default_axes};
use std::num::NonZeroU64;
use std::path::Path;

/// One path of so many of the ensemble is one of each change and cell, where nothing else is asked.
const PART: u64 = 10;
/// Fewest of these paths, where nothing else is asked.
const PATHS_MIN: u64 = 100;

/// What is to be run after the paths; its settings were read and checked.
pub(super) struct Planned<'a> {
    args: &'a Args,
    base: Base,
    grid: Option<Grid>,
}

/// What was run.
#[derive(Default)]
pub(in crate::commands) struct Additions {
    pub(super) drivers: Option<DriversDone>,
    pub(super) heat_map: Option<GridDone>,
}

impl<'a> Planned<'a> {
    /// Reads what is asked for; nothing where nothing is.
    ///
    /// # Errors
    /// When the scenario is malformed in any cell.
    pub(super) fn read(args: &'a Args, set: &[String]) -> Result<Option<Self>, Failure> {
        if !args.drivers && !args.heat_map {
            return Ok(None);
        }
        let base = Base::open(&args.scenario, set.to_vec(), OtherDraws::Plain)?;
        let axes = default_axes();
        let grid = args
            .heat_map
            .then(|| Grid::read(&base, &axes, paths(args)))
            .transpose()?;
        Ok(Some(Self { args, base, grid }))
    }

    /// Runs it; Ctrl-C keeps what is done, and ends the rest.
    ///
    /// # Errors
    /// As [`drivers::run`] and [`Grid::run`].
    pub(super) fn run(self, out: &Path) -> Result<Additions, Failure> {
        let work = |name| Work {
            base: &self.base,
            out,
            paths: paths(self.args),
            going: match self.args.resume {
                true => Going::On,
                false => Going::Afresh,
            },
            name,
        };
        let mut done = Additions::default();
        if self.args.drivers {
            done.drivers = Some(drivers::run(&work("drivers "))?);
        }
        if let Some(grid) = self.grid.filter(|_| !progress::interrupted()) {
            done.heat_map = Some(grid.run(&work("heat map "))?);
        }
        Ok(done)
    }
}

/// Paths of each change and cell.
fn paths(args: &Args) -> u64 {
    let part = (args.paths.get() / PART).max(PATHS_MIN);
    args.sweep_paths.map_or(part, NonZeroU64::get)
}
