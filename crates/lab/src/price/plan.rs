//! Prices made ready: what does not depend on the seed is done once, then paths are drawn.

use super::dependence::{Dependence, Joint};
use super::{Grid, PriceModel, PricePaths};
use crate::error::{ConfigError, require};
use crate::random::{Purpose, stream, switched};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use std::fmt;
use std::sync::Arc;

/// A process made ready for a grid.
pub(super) trait Process: fmt::Debug + Send + Sync {
    /// Whether the process uses the main shock of each step.
    fn driven(&self) -> bool;

    /// Writes the path, one value a step.
    ///
    /// Where the process is driven, `path[t]` holds the standard normal shock of the move from step
    /// t − 1 to step t when the call begins; `path[0]` is 0. Where it has a leader, it writes the
    /// ratio to the leader's price.
    fn draw(&self, path: &mut [f64], draw: &Draw);
}

/// Which path is drawn, and of which asset.
#[derive(Clone, Copy, Debug)]
pub(super) struct Draw {
    pub(super) seed: u64,
    pub(super) asset: u16,
}

impl Draw {
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

    fn draw(&self, path: &mut [f64], _: &Draw) {
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

    /// The paths of one seed.
    pub fn paths(&self, seed: u64) -> PricePaths {
        let mut paths = PricePaths {
            usd: Vec::new(),
            follows: Vec::new(),
        };
        self.draw(seed, &mut paths);
        paths
    }

    /// The paths of one seed, in memory that is already there.
    pub fn draw(&self, seed: u64, paths: &mut PricePaths) {
        let inner = &*self.inner;
        let steps = inner.grid.steps as usize;
        paths.follows.clone_from(&inner.leaders);
        paths.usd.resize_with(inner.processes.len(), Vec::new);
        for path in &mut paths.usd {
            path.resize(steps, 0.0);
        }
        let base = stream(seed, Purpose::Shock(0));
        for (asset, process) in (0..).zip(&inner.processes) {
            if process.driven() {
                shocks(&mut paths.usd[usize::from(asset)], &base, asset);
            }
        }
        inner.joint.mix(&mut paths.usd, seed);
        for &asset in &inner.order {
            let at = usize::from(asset);
            // The path leaves its place for a moment, so that the leader's can be read beside it.
            let mut path = std::mem::take(&mut paths.usd[at]);
            inner.processes[at].draw(&mut path, &Draw { seed, asset });
            if let Some(leader) = inner.leaders[at] {
                let ratios = path.iter_mut();
                ratios
                    .zip(&paths.usd[leader])
                    .for_each(|(ratio, usd)| *ratio *= usd);
            }
            paths.usd[at] = path;
        }
    }
}

/// An asset's own standard normal shocks, one a step from step 1 on.
fn shocks(path: &mut [f64], base: &ChaCha8Rng, asset: u16) {
    let mut rng = switched(base, Purpose::Shock(asset));
    if let Some((first, rest)) = path.split_first_mut() {
        *first = 0.0;
        rest.iter_mut()
            .for_each(|shock| *shock = StandardNormal.sample(&mut rng));
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
