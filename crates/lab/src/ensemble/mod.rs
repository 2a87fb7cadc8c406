//! Many paths from one start, and what they say together.
//!
//! Path `k` of a seed is always the same path ([`Draws::path`]), and everything that paths add up to
//! is kept in integers and in counts: sums do not depend on the order of their terms. So an
//! [`Ensemble`] gives the same [`Totals`] to the bit on any number of threads, in one piece or
//! merged from shards, at once or resumed. Memory does not grow with the number of paths.

mod draws;
mod estimate;
mod figures;
mod sketch;
mod sum;
mod sweep;
mod tail_index;
mod totals;

pub use draws::{BATCHES, Draws, Place};
pub use estimate::{CONFIDENCE, Estimate, Level, Tail};
pub use figures::{AccountFigures, FALL, Figures};
pub use sum::{Distribution, Sum, Tally};
pub use sweep::{Cell, Difference, PathValues, SWEPT, difference};
pub use tail_index::TailIndex;
pub use totals::{
    AccountLosses, AtRisk, ByAccount, FallBin, FanStep, Totals, WORST_KEPT, Weights, WorstPath,
};

use crate::error::ConfigError;
use crate::metrics::Evidence;
use crate::world::World;
use backstop_core::protocol::Protocol;
use rayon::prelude::*;
use std::ops::{ControlFlow, Range};
use std::sync::atomic::{AtomicU64, Ordering};

/// A start and the seed of its paths.
#[derive(Clone, Debug)]
pub struct Ensemble<'a, P> {
    /// A world that has not run.
    pub start: &'a World<P>,
    /// Seed of the whole.
    pub seed: u64,
    /// Position of the asset whose price the fan shows.
    pub lead: usize,
    /// How its paths are drawn.
    pub draws: Draws,
}

impl<P: Protocol + Send + Sync> Ensemble<'_, P> {
    /// Nothing yet.
    pub fn empty(&self) -> Totals {
        Totals::new(self.start.protocol().assets().len())
    }

    /// Runs paths by number, side by side. `on_path` hears of each path that is done; when it
    /// breaks, nothing is returned.
    ///
    /// # Errors
    /// When a price process cannot be drawn, or not in this way.
    pub fn run(
        &self,
        paths: Range<u64>,
        on_path: &(dyn Fn() -> ControlFlow<()> + Sync),
    ) -> Result<Option<Totals>, ConfigError> {
        self.draws.check(self.start.prices())?;
        // Paths take unlike times: each thread takes the next one when it is done with one.
        let next = AtomicU64::new(paths.start);
        let stop = |why| {
            next.store(paths.end, Ordering::Relaxed);
            why
        };
        let some = || {
            let mut totals = self.empty();
            loop {
                let path = next.fetch_add(1, Ordering::Relaxed);
                if path >= paths.end {
                    return Ok(totals);
                }
                let figures = self.path(path).map_err(|error| stop(Stop::Config(error)))?;
                totals.add(&figures);
                if on_path().is_break() {
                    return Err(stop(Stop::Asked));
                }
            }
        };
        let threads = 0..rayon::current_num_threads();
        let joined = threads.into_par_iter().map(|_| some()).try_reduce(
            || self.empty(),
            |mut totals, more| {
                totals.merge(&more);
                Ok(totals)
            },
        );
        match joined {
            Ok(totals) => Ok(Some(totals)),
            Err(Stop::Asked) => Ok(None),
            Err(Stop::Config(error)) => Err(error),
        }
    }

    fn path(&self, path: u64) -> Result<Figures, ConfigError> {
        let mut world = self.start.fork(self.draws.path(self.seed, path))?;
        let place = self.draws.place(path, world.log_ratio());
        let undisturbed = world.undisturbed();
        let record = world.run(&mut |_| ControlFlow::Continue(()));
        let evidence = Evidence::paired(&record, &undisturbed);
        let held = |account, by_asset: &mut [f64]| world.add_collateral_at_start(account, by_asset);
        Ok(Figures {
            place,
            ..figures::of_path(path, &evidence, self.lead, held)
        })
    }
}

/// Why not all paths were done.
enum Stop {
    Asked,
    Config(ConfigError),
}

#[cfg(test)]
mod draws_tests;
#[cfg(test)]
mod falling_tests;
#[cfg(test)]
mod tests;
