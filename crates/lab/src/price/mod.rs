//! How the outside reference price of each asset moves: one file a process.
//!
//! A process tells the whole path of one asset on the [`Grid`] in advance, from its own stream of
//! random numbers. What forced sales do to the price is added by [`crate::market`], so the same
//! seed gives the same path with and without feedback.

mod constant;
mod follows;
mod historical;

pub use constant::Constant;
pub use follows::Follows;
pub use historical::{Bar, Historical, Refine};

use crate::error::ConfigError;
use crate::random::{Purpose, stream};
use rand_chacha::ChaCha8Rng;

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
    /// Another asset's price times a ratio.
    Follows(Follows),
}

/// Prices of all assets at all steps, before anything that forced sales do to them.
#[derive(Clone, Debug)]
pub struct PricePaths {
    /// USD by asset and step.
    pub usd: Vec<Vec<f64>>,
    /// By asset: which asset it follows.
    pub follows: Vec<Option<usize>>,
}

/// The paths of all assets, in their order.
///
/// # Errors
/// When a process is badly set, does not cover the grid, or assets follow each other in a circle.
pub fn paths(models: &[PriceModel], grid: &Grid, seed: u64) -> Result<PricePaths, ConfigError> {
    let mut usd = Vec::with_capacity(models.len());
    let mut follows = Vec::with_capacity(models.len());
    for asset in 0..models.len() {
        usd.push(path_of(models, asset, grid, seed)?);
        follows.push(match &models[asset] {
            PriceModel::Follows(f) => Some(f.asset),
            _ => None,
        });
    }
    Ok(PricePaths { usd, follows })
}

/// One asset's path: its root's own path times the ratios on the way.
fn path_of(
    models: &[PriceModel],
    asset: usize,
    grid: &Grid,
    seed: u64,
) -> Result<Vec<f64>, ConfigError> {
    let (mut at, mut ratio) = (asset, 1.0);
    for _ in 0..=models.len() {
        let field = || format!("assets[{at}].price");
        let mut rng = price_stream(seed, at);
        let path = match models.get(at) {
            Some(PriceModel::Follows(f)) => {
                f.check(models.len(), &field())?;
                ratio *= f.ratio;
                at = f.asset;
                continue;
            }
            Some(PriceModel::Constant(c)) => c.path(grid, &field())?,
            Some(PriceModel::Historical(h)) => h.path(grid, &mut rng, &field())?,
            None => break,
        };
        return Ok(path.into_iter().map(|usd| usd * ratio).collect());
    }
    Err(ConfigError {
        field: format!("assets[{asset}].price"),
        problem: "follows itself by way of other assets".to_owned(),
    })
}

fn price_stream(seed: u64, asset: usize) -> ChaCha8Rng {
    stream(
        seed,
        Purpose::Price(u16::try_from(asset).unwrap_or(u16::MAX)),
    )
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
        let got = paths(&models, &GRID, 1).unwrap();
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
            let got = paths(&models, &GRID, 1).unwrap_err().to_string();
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
        let one = paths(std::slice::from_ref(&historical), &GRID, 1).unwrap();
        let two = paths(&[historical.clone(), historical], &GRID, 1).unwrap();
        assert_eq!(one.usd[0], two.usd[0]);
    }
}
