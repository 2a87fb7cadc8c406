//! How the outside reference price of each asset moves: one file a process.
//!
//! A process tells the whole path of one asset on the [`Grid`] in advance. A process that is *driven*
//! takes one standard normal shock a step; the shocks of all assets are joined as [`Dependence`]
//! says. All other randomness (jumps, variance, refinement) comes from the asset's own stream. What
//! forced sales do to the price is added by [`crate::market`], so the same seed gives the same path
//! with and without feedback.
//!
//! Prices are USD for one whole token; volatilities, drifts and intensities are per year of 365
//! days. A path begins with the price at the start of the grid.

mod arrivals;
mod bootstrap;
mod constant;
mod dependence;
mod draws;
mod exponential;
mod fall;
pub mod fit;
mod follows;
mod garch;
mod gbm;
mod heston;
mod historical;
mod merton;
mod peg;
mod plan;
mod regimes;
mod scaled;
mod shocks;
#[cfg(test)]
mod statistics_for_tests;

pub use bootstrap::{Blocks, Bootstrap};
pub use constant::Constant;
pub use dependence::{Contradiction, Correlation, Dependence, Tail, tail_dependence};
pub use draws::{Law, MainShocks, PathDraw, SEQUENCE_LENGTH, Tilt};
pub(crate) use fall::JUMPS_MAX;
pub use follows::Follows;
pub use garch::Garch;
pub use gbm::Gbm;
pub use heston::Heston;
pub use historical::{Bar, Historical, Refine};
pub use merton::Merton;
pub use peg::{Depeg, Peg};
pub use plan::PricePlan;
pub use regimes::{Regime, Regimes};
pub use scaled::{Scale, Scaled};
pub use shocks::{Move, Shocks};

use crate::error::{ConfigError, require_positive, require_within};
use plan::Process;

/// Seconds of a year of 365 days.
pub const YEAR_S: f64 = 31_536_000.0;

/// Largest volatility a year.
const VOLATILITY_MAX: f64 = 100.0;
/// Largest drift a year, up and down: the worst days, taken for a year, come to hundreds.
const DRIFT_MAX: f64 = 1_000.0;
/// Most jumps a year.
const INTENSITY_MAX: f64 = 100_000.0;
/// Largest jump and discount of a log price.
const JUMP_MAX: f64 = 5.0;

/// The times of a path's steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    /// Time of step 0, seconds since 1970.
    pub start: u64,
    /// Seconds from one step to the next.
    pub step_s: u32,
    /// Number of steps.
    pub steps: u32,
}

impl Grid {
    /// Time of a step, seconds since 1970; stops at the largest value.
    pub fn time(&self, step: u32) -> u64 {
        self.start
            .saturating_add(u64::from(step).saturating_mul(u64::from(self.step_s)))
    }
}

/// A process for the outside price of one asset.
#[derive(Clone, Debug)]
pub enum PriceModel {
    /// Always the same.
    Constant(Constant),
    /// What really happened, refined to the step.
    Historical(Historical),
    /// What really happened, milder or worse.
    Scaled(Scaled),
    /// Another asset's price times a ratio.
    Follows(Follows),
    /// Pegged to another asset or the dollar.
    Peg(Peg),
    /// Geometric Brownian motion.
    Gbm(Gbm),
    /// Geometric Brownian motion with jumps.
    Merton(Merton),
    /// Stochastic volatility.
    Heston(Heston),
    /// Clustered volatility with heavy tails.
    Garch(Garch),
    /// Regimes that switch at random.
    Regimes(Regimes),
    /// Blocks of past returns.
    Bootstrap(Bootstrap),
    /// Scripted moves on top of another process.
    Shocks(Shocks),
}

impl PriceModel {
    fn prepare(
        &self,
        all: &[Self],
        grid: &Grid,
        field: &str,
    ) -> Result<Box<dyn Process>, ConfigError> {
        match self {
            Self::Constant(model) => model.prepare(grid, field),
            Self::Historical(model) => model.prepare(grid, field),
            Self::Scaled(model) => model.prepare(grid, field),
            Self::Follows(model) => model.prepare(all.len(), grid, field),
            Self::Peg(model) => model.prepare(all.len(), grid, field),
            Self::Gbm(model) => model.prepare(grid, field),
            Self::Merton(model) => model.prepare(grid, field),
            Self::Heston(model) => model.prepare(grid, field),
            Self::Garch(model) => model.prepare(grid, field),
            Self::Regimes(model) => model.prepare(grid, field),
            Self::Bootstrap(model) => model.prepare(all, grid, field),
            Self::Shocks(model) => model.prepare(all, grid, field),
        }
    }

    /// The asset whose price this one is a multiple of.
    fn leader(&self) -> Option<usize> {
        match self {
            Self::Follows(model) => Some(model.asset),
            Self::Peg(model) => model.to,
            Self::Shocks(model) => model.on.leader(),
            _ => None,
        }
    }

    /// The bootstrap that this is, or that lies beneath scripted moves.
    fn bootstrap(&self) -> Option<&Bootstrap> {
        match self {
            Self::Bootstrap(model) => Some(model),
            Self::Shocks(model) => model.on.bootstrap(),
            _ => None,
        }
    }
}

/// Prices of all assets at all steps, before anything that forced sales do to them.
#[derive(Clone, Debug, PartialEq)]
pub struct PricePaths {
    /// USD by asset and step.
    pub usd: Vec<Vec<f64>>,
    /// By asset: the one whose price it is a multiple of.
    pub follows: Vec<Option<usize>>,
    /// Logarithm of the density of a tilted law over that of the model; 0 where nothing is tilted.
    pub log_ratio: f64,
}

/// The paths of all assets, in their order. For many seeds, make a [`PricePlan`] once.
///
/// # Errors
/// As [`PricePlan::new`].
pub fn paths(
    models: &[PriceModel],
    dependence: &Dependence,
    grid: &Grid,
    seed: u64,
) -> Result<PricePaths, ConfigError> {
    Ok(PricePlan::new(models, dependence, grid)?.paths(seed))
}

/// Seconds as a share of a year.
pub(crate) fn years(seconds: f64) -> f64 {
    seconds / YEAR_S
}

/// Refuses a start, volatility or drift that no price has.
fn check_trend(start: f64, volatility: f64, drift: f64, field: &str) -> Result<(), ConfigError> {
    let at = |name: &str| format!("{field}.{name}");
    require_positive(start, || at("start"))?;
    require_within(volatility, (0.0, VOLATILITY_MAX), || at("volatility"))?;
    require_within(drift, (-DRIFT_MAX, DRIFT_MAX), || at("drift"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRID: Grid = Grid {
        start: 1_000,
        step_s: 60,
        steps: 3,
    };

    fn constant(usd: f64) -> PriceModel {
        PriceModel::Constant(Constant { usd })
    }

    fn follows(asset: usize, ratio: f64) -> PriceModel {
        PriceModel::Follows(Follows { asset, ratio })
    }

    #[test]
    fn followers_multiply_along_the_chain() {
        let models = [follows(1, 1.1), follows(2, 0.5), constant(200.0)];
        let got = paths(&models, &Dependence::default(), &GRID, 1).unwrap();
        let want = [110.00000000000001, 100.0, 200.0];
        for (path, want) in got.usd.iter().zip(want) {
            assert_eq!(path, &vec![want; 3]);
        }
        assert_eq!(got.follows, [Some(1), Some(2), None]);
    }

    #[test]
    fn refuses_what_cannot_run() {
        for (models, want) in [
            (
                vec![follows(1, 1.0), follows(0, 1.0)],
                "assets[0].price: follows itself by way of other assets",
            ),
            (
                vec![follows(5, 1.0)],
                "assets[0].price.asset: must name one of the 1 assets, found 5",
            ),
            (
                vec![constant(1.0), follows(0, -1.0)],
                "assets[1].price.ratio: must be a number above 0, found -1",
            ),
            (
                vec![constant(f64::NAN)],
                "assets[0].price.usd: must be a number above 0, found NaN",
            ),
        ] {
            let got = paths(&models, &Dependence::default(), &GRID, 1)
                .unwrap_err()
                .to_string();
            assert_eq!(got, want);
        }
    }

    #[test]
    fn one_more_asset_leaves_the_others_as_they_were() {
        let bars = Historical::from_points(
            &[(1_000, 10.0), (1_060, 12.0), (1_200, 9.0)],
            Refine::Bridge,
        );
        let historical = PriceModel::Historical(bars);
        let one = paths(
            std::slice::from_ref(&historical),
            &Dependence::default(),
            &GRID,
            1,
        )
        .unwrap();
        let two = paths(
            &[historical.clone(), historical],
            &Dependence::default(),
            &GRID,
            1,
        )
        .unwrap();
        assert_eq!(one.usd[0], two.usd[0]);
    }
}
