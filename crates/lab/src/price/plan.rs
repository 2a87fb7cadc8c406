//! Prices made ready: what does not depend on the seed is done once, then paths are drawn.

use super::dependence::{Dependence, Joint};
use super::draws::{
    JumpDraw, Law, MainShocks, PathDraw, Point, Tilt, log_mean, own, shift_log_ratio, shifted,
};
use super::fall::{Jumps, tilts_of_fall};
use super::{Grid, PriceModel, PricePaths};
use crate::error::{ConfigError, require};
use crate::random::{Purpose, Streams, stream};
use chacha20::ChaCha8Rng;
use std::fmt;
use std::sync::Arc;

/// A process made ready for a grid.
pub(super) trait Process: fmt::Debug + Send + Sync {
    /// Whether the process uses the main shock of each step.
    fn driven(&self) -> bool;

    /// The law of its jumps, where they can be tilted.
    fn jumps(&self) -> Option<Jumps> {
        None
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
    pub(super) jumps: Option<&'a JumpDraw>,
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
        inner.shocks(&mut paths.usd, seed, &shocks);
        let mut weighing = Weighing::of(inner, &paths.usd, &shocks);
        inner.joint.mix(&mut paths.usd, seed);
        for &asset in &inner.order {
            let at = usize::from(asset);
            // The path leaves its place for a moment, so that the leader's can be read beside it.
            let mut path = std::mem::take(&mut paths.usd[at]);
            let jumps = weighing.as_ref().and_then(|weighing| weighing.jumps(at));
            inner.processes[at].draw(&mut path, &Draw { seed, asset, jumps });
            if let Some(leader) = inner.leaders[at] {
                let ratios = path.iter_mut();
                ratios
                    .zip(&paths.usd[leader])
                    .for_each(|(ratio, usd)| *ratio *= usd);
            }
            paths.usd[at] = path;
        }
        paths.log_ratio = weighing
            .as_mut()
            .map_or(0.0, |weighing| weighing.log_ratio(inner));
    }

    /// Whether any price takes main shocks.
    pub fn is_driven(&self) -> bool {
        self.inner.processes.iter().any(|p| p.driven())
    }

    /// Whether an asset's price takes main shocks; no for an asset that does not exist.
    pub fn takes_shocks(&self, asset: usize) -> bool {
        let process = self.inner.processes.get(asset);
        process.is_some_and(|process| process.driven())
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
        let law = process.and_then(|process| process.jumps());
        let asset = tilt.asset;
        require(
            (tilt.jumps == 1.0 && tilt.sizes == 0.0) || law.is_some(),
            || "ensemble.tilt.jumps".to_owned(),
            || {
                format!(
                    "the price of asset {asset} has no intensity of jumps to tilt; only merton has one"
                )
            },
        )?;
        require(
            tilt.sizes == 0.0 || law.is_some_and(|law| law.deviation > 0.0),
            || "ensemble.tilt.sizes".to_owned(),
            || format!("the jumps of asset {asset} are all of one size"),
        )
    }

    /// The exponential tilts under which the log return of an asset over all steps is lower by so many of
    /// its standard deviations on average: by its shocks and jumps together, and by its jumps alone where
    /// it has such as can.
    ///
    /// # Errors
    /// When the asset's price has no random shocks, or no tilt reaches so far.
    pub fn tilts_of_fall(&self, asset: usize, deviations: f64) -> Result<Vec<Tilt>, ConfigError> {
        let plain = Tilt {
            asset,
            shocks: deviations,
            jumps: 1.0,
            sizes: 0.0,
        };
        self.check_tilt(&plain)?;
        let jumps = self.inner.processes[asset].jumps();
        let moves = f64::from(self.inner.moves());
        jumps.map_or(Ok(vec![plain]), |jumps| {
            tilts_of_fall(&plain, &jumps, moves)
        })
    }
}

impl Inner {
    /// Draws the main shocks before they are joined.
    fn shocks(&self, paths: &mut [Vec<f64>], seed: u64, shocks: &MainShocks) {
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
            return;
        }
        let of = match *shocks {
            MainShocks::Mirrored { of } => of,
            _ => seed,
        };
        let mut streams = Streams::of(of);
        for asset in driven {
            let path = &mut paths[usize::from(asset)];
            own(path, &mut streams, asset);
            if let MainShocks::Mirrored { .. } = shocks {
                path.iter_mut().for_each(|shock| *shock = -*shock);
            }
        }
        if let MainShocks::Weighed {
            tilts,
            law: Law::Tilted(at),
        } = shocks
            && let Some(tilt) = tilts.get(*at)
        {
            for (asset, mean) in self.means(tilt) {
                shifted(&mut paths[asset], mean);
            }
        }
    }

    /// Means that a tilt gives to the own shocks of assets, a step.
    fn means(&self, tilt: &Tilt) -> impl Iterator<Item = (usize, f64)> {
        let mean = -tilt.shocks / f64::from(self.moves().max(1)).sqrt();
        let weights = self.joint.weights(tilt.asset).into_iter();
        weights.map(move |(asset, weight)| (asset, mean * weight))
    }

    /// Steps in which prices move.
    fn moves(&self) -> u32 {
        self.grid.steps.saturating_sub(1)
    }
}

/// What the weight of a path is made of.
struct Weighing<'a> {
    tilts: &'a [Tilt],
    /// By tilt: logarithm of the ratio of densities, first of the shocks alone.
    logs: Vec<f64>,
    /// Jumps of the tilted assets.
    jumps: Vec<(usize, JumpDraw)>,
}

impl<'a> Weighing<'a> {
    /// Looks at the shocks before they are joined; nothing where the path has no weight.
    fn of(inner: &Inner, paths: &[Vec<f64>], shocks: &'a MainShocks) -> Option<Self> {
        let MainShocks::Weighed { tilts, law } = shocks else {
            return None;
        };
        let log = |tilt: &Tilt| {
            let means = inner.means(tilt);
            means
                .map(|(asset, mean)| shift_log_ratio(&paths[asset], mean))
                .sum()
        };
        let mut jumps: Vec<(usize, JumpDraw)> = Vec::new();
        for tilt in tilts.iter() {
            if jumps.iter().all(|(asset, _)| *asset != tilt.asset) {
                jumps.push((tilt.asset, JumpDraw::new(tilt.asset, tilts, *law)));
            }
        }
        Some(Self {
            tilts,
            logs: tilts.iter().map(log).collect(),
            jumps,
        })
    }

    fn jumps(&self, asset: usize) -> Option<&JumpDraw> {
        let found = self.jumps.iter().find(|(of, _)| *of == asset);
        found.map(|(_, jumps)| jumps)
    }

    /// Logarithm of the density of the tilts' mixture over the model's, once all is drawn.
    fn log_ratio(&mut self, inner: &Inner) -> f64 {
        let mut logs = std::mem::take(&mut self.logs);
        for (log, tilt) in logs.iter_mut().zip(self.tilts) {
            let law = inner.processes[tilt.asset].jumps();
            if let (Some(law), Some(jumps)) = (law, self.jumps(tilt.asset)) {
                *log += jumps.log_ratio(tilt, law.per_step * f64::from(inner.moves()));
            }
        }
        log_mean(&logs)
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
