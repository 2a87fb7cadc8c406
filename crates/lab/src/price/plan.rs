//! Prices made ready: what does not depend on the seed is done once, then paths are drawn.

use super::dependence::{Dependence, Joint};
use super::draws::{JumpTilt, Law, MainShocks, PathDraw, Point, Tilt, own, tilted};
use super::{Grid, PriceModel, PricePaths};
use crate::error::{ConfigError, require};
use crate::random::{Purpose, stream};
use rand_chacha::ChaCha8Rng;
use std::fmt;
use std::sync::Arc;

/// A process made ready for a grid.
pub(super) trait Process: fmt::Debug + Send + Sync {
    /// Whether the process uses the main shock of each step.
    fn driven(&self) -> bool;

    /// Whether the intensity of its jumps can be tilted.
    fn jumps(&self) -> bool {
        false
    }

    /// Writes the path, one value a step.
    ///
    /// Where the process is driven, `path[t]` holds the standard normal shock of the move from step
    /// t − 1 to step t when the call begins; `path[0]` is 0. Where it has a leader, it writes the
    /// ratio to the leader's price.
    fn draw(&self, path: &mut [f64], draw: &Draw<'_>);
}

/// Which path is drawn, and of which asset.
#[derive(Clone, Copy, Debug)]
pub(super) struct Draw<'a> {
    pub(super) seed: u64,
    pub(super) asset: u16,
    /// How its jumps are drawn where not as the model says.
    pub(super) jumps: Option<&'a JumpTilt>,
}

impl Draw<'_> {
    /// The asset's own stream.
    pub(super) fn private(&self) -> ChaCha8Rng {
        stream(self.seed, Purpose::Price(self.asset))
    }
}

/// A path that is the same for every seed.
#[derive(Debug)]
pub(super) struct Fixed(pub(super) Vec<f64>);

impl Process for Fixed {
    fn driven(&self) -> bool {
        false
    }

    fn draw(&self, path: &mut [f64], _: &Draw<'_>) {
        path.copy_from_slice(&self.0);
    }
}

/// The prices of all assets, checked and made ready to be drawn many times.
///
/// A clone costs one reference count. Drawing depends on the plan and the seed alone: not on what
/// was drawn before, nor on the thread.
#[derive(Clone, Debug)]
pub struct PricePlan {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    grid: Grid,
    processes: Vec<Box<dyn Process>>,
    leaders: Vec<Option<usize>>,
    /// Positions of the assets, each leader before those who follow it.
    order: Vec<u16>,
    joint: Joint,
}

impl PricePlan {
    /// Checks the processes and prepares them.
    ///
    /// # Errors
    /// When a process is badly set or does not cover the grid, assets follow each other in a
    /// circle, or the correlations contradict each other.
    pub fn new(
        models: &[PriceModel],
        dependence: &Dependence,
        grid: &Grid,
    ) -> Result<Self, ConfigError> {
        let count = models.len();
        require(
            count <= usize::from(u16::MAX),
            || "assets".to_owned(),
            || format!("must be at most {}, found {count}", u16::MAX),
        )?;
        let processes = models
            .iter()
            .enumerate()
            .map(|(i, model)| model.prepare(models, grid, &format!("assets[{i}].price")))
            .collect::<Result<Vec<_>, _>>()?;
        let leaders: Vec<Option<usize>> = models.iter().map(PriceModel::leader).collect();
        let order = leaders_first(&leaders)?;
        let driven: Vec<bool> = processes.iter().map(|p| p.driven()).collect();
        let joint = Joint::new(dependence, &driven)?;
        let inner = Inner {
            grid: *grid,
            processes,
            leaders,
            order,
            joint,
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// The steps that the paths have.
    pub fn grid(&self) -> Grid {
        self.inner.grid
    }

    /// Number of assets.
    pub fn assets(&self) -> usize {
        self.inner.processes.len()
    }

    /// The paths of one draw; a seed alone draws as the models say.
    pub fn paths(&self, draw: impl Into<PathDraw>) -> PricePaths {
        let mut paths = PricePaths {
            usd: Vec::new(),
            follows: Vec::new(),
            log_ratio: 0.0,
        };
        self.draw(draw, &mut paths);
        paths
    }

    /// The paths of one draw, in memory that is already there.
    pub fn draw(&self, draw: impl Into<PathDraw>, paths: &mut PricePaths) {
        let (inner, PathDraw { seed, shocks }) = (&*self.inner, draw.into());
        let steps = inner.grid.steps as usize;
        paths.follows.clone_from(&inner.leaders);
        paths.usd.resize_with(inner.processes.len(), Vec::new);
        for path in &mut paths.usd {
            path.resize(steps, 0.0);
        }
        let ratio = inner.shocks(&mut paths.usd, seed, &shocks);
        inner.joint.mix(&mut paths.usd, seed);
        let jumps = match &shocks {
            MainShocks::Weighed { tilt, law } => Some((tilt.asset, JumpTilt::new(tilt, *law))),
            _ => None,
        };
        for &asset in &inner.order {
            let at = usize::from(asset);
            // The path leaves its place for a moment, so that the leader's can be read beside it.
            let mut path = std::mem::take(&mut paths.usd[at]);
            let tilted = jumps.as_ref().filter(|(of, _)| *of == at);
            let jumps = tilted.map(|(_, jumps)| jumps);
            inner.processes[at].draw(&mut path, &Draw { seed, asset, jumps });
            if let Some(leader) = inner.leaders[at] {
                let ratios = path.iter_mut();
                ratios
                    .zip(&paths.usd[leader])
                    .for_each(|(ratio, usd)| *ratio *= usd);
            }
            paths.usd[at] = path;
        }
        paths.log_ratio = ratio + jumps.map_or(0.0, |(_, jumps)| jumps.log_ratio.get());
    }

    /// Whether any price takes main shocks.
    pub fn is_driven(&self) -> bool {
        self.inner.processes.iter().any(|p| p.driven())
    }

    /// Refuses a tilt that these prices cannot have.
    ///
    /// # Errors
    /// Names the field of the tilt and what is allowed.
    pub fn check_tilt(&self, tilt: &Tilt) -> Result<(), ConfigError> {
        let process = self.inner.processes.get(tilt.asset);
        require(
            process.is_some_and(|process| process.driven()),
            || "ensemble.tilt".to_owned(),
            || {
                let asset = tilt.asset;
                format!("the price of asset {asset} has no random shocks to tilt")
            },
        )?;
        require(
            tilt.jumps == 1.0 || process.is_some_and(|process| process.jumps()),
            || "ensemble.tilt.jumps".to_owned(),
            || {
                let asset = tilt.asset;
                format!(
                    "the price of asset {asset} has no intensity of jumps to tilt; only merton has one"
                )
            },
        )
    }
}

impl Inner {
    /// Draws the main shocks before they are joined; the logarithm of their ratio of densities.
    fn shocks(&self, paths: &mut [Vec<f64>], seed: u64, shocks: &MainShocks) -> f64 {
        let driven = (0..)
            .zip(&self.processes)
            .filter(|(_, process)| process.driven())
            .map(|(asset, _): (u16, _)| asset);
        if let MainShocks::Sobol { sequence, point } = *shocks {
            let assets = u32::try_from(driven.clone().count()).unwrap_or(u32::MAX);
            let drawn = Point {
                sequence,
                point,
                assets,
                seed,
            };
            for (rank, asset) in (0..).zip(driven) {
                drawn.shocks(&mut paths[usize::from(asset)], asset, rank);
            }
            return 0.0;
        }
        let of = match *shocks {
            MainShocks::Mirrored { of } => of,
            _ => seed,
        };
        let base = stream(of, Purpose::Shock(0));
        for asset in driven {
            let path = &mut paths[usize::from(asset)];
            own(path, &base, asset);
            if let MainShocks::Mirrored { .. } = shocks {
                path.iter_mut().for_each(|shock| *shock = -*shock);
            }
        }
        match shocks {
            MainShocks::Weighed { tilt, law } => self.tilt(paths, tilt, *law),
            _ => 0.0,
        }
    }

    fn tilt(&self, paths: &mut [Vec<f64>], tilt: &Tilt, law: Law) -> f64 {
        let moves = self.grid.steps.saturating_sub(1);
        let mean = -tilt.shocks / f64::from(moves.max(1)).sqrt();
        let weights = self.joint.weights(tilt.asset).into_iter();
        weights
            .map(|(asset, weight)| tilted(&mut paths[asset], mean * weight, law))
            .sum()
    }
}

/// Positions of the assets, each leader before those who follow it, else in their order.
fn leaders_first(leaders: &[Option<usize>]) -> Result<Vec<u16>, ConfigError> {
    let mut by_depth = Vec::with_capacity(leaders.len());
    for asset in 0..leaders.len() {
        let leader = |a: &usize| leaders.get(*a).copied().flatten();
        let depth = std::iter::successors(Some(asset), leader)
            .take(leaders.len() + 1)
            .count();
        require(
            depth <= leaders.len(),
            || format!("assets[{asset}].price"),
            || "follows itself by way of other assets".to_owned(),
        )?;
        by_depth.push((depth, u16::try_from(asset).unwrap_or(u16::MAX)));
    }
    by_depth.sort_unstable();
    Ok(by_depth.into_iter().map(|(_, asset)| asset).collect())
}

#[cfg(test)]
mod tests;
