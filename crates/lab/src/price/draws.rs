//! How the main shocks of a path are drawn: as the model says, mirrored, from a quasi-random point, or
//! tilted toward a fall.
//!
//! Main shocks are the standard normal shocks that driven prices take, one a step and asset, before they
//! are joined. All else (jumps, variance, the common weight of a t copula, gas, bids) comes from the
//! streams of the path's own seed in every case.
//!
//! - **Mirrored** shocks are those of another seed with the sign turned. They have the same law, since a
//!   normal shock is symmetric and independent of all else.
//! - **Quasi-random** shocks come from one point of a Sobol sequence with Owen's scrambling (by the hash of
//!   Burley, "Practical hash-based Owen scrambling", 2020). Its dimensions are spent on the Brownian bridge
//!   of each asset: first where the sum of the shocks ends, then its middle, then the quarters, so that the
//!   first dimensions decide most of the path; what is beyond [`DIMENSIONS`] comes from the asset's own
//!   stream. The crate tells a coordinate to 2⁻²³; the rest of it is filled from the asset's own
//!   stream, so each coordinate is uniform and has no shortest tail.
//! - **Tilted** shocks of asset j have the mean −c·w_j/√n instead of 0, where w are the weights of the
//!   shocks in that of the asset that is to fall and n is the number of steps: the sum of that asset's
//!   shocks, over its standard deviation √n, has the mean −c. The intensity of its jumps is
//!   multiplied by m and the standard normal size Y of each is moved down by d. The ratio of the tilted
//!   density to the model's, of which the weight of a path is made, is
//!   exp(Σ_j θ_j·Σ_t Z_jt − c²/2) · m^N·e^{−(m−1)·λ·T} · exp(−d·Σ_i Y_i − N·d²/2) with N jumps in the
//!   horizon T. (Glasserman, "Monte Carlo Methods in Financial Engineering", 2004, section 4.6.)
//!   Where there are several tilts, a tilted path is drawn from one of them, and its ratio is the mean
//!   of theirs: that of the mixture in which each has the same share.

use crate::random::{Purpose, Streams, stream};
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};
use sobol_burley::NUM_DIMENSIONS as DIMENSIONS;
use statrs::distribution::{ContinuousCDF, Normal};
use std::cell::Cell;
use std::collections::VecDeque;
use std::sync::Arc;

/// Points of one scrambled sequence.
pub const SEQUENCE_LENGTH: u32 = 1 << 16;
/// Distance of two coordinates that the sequence tells apart.
const COORDINATE: f64 = 1.0 / (1u32 << 23) as f64;

/// Which path is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct PathDraw {
    /// Seed of everything but the main shocks.
    pub seed: u64,
    /// Where the main shocks come from.
    pub shocks: MainShocks,
}

impl From<u64> for PathDraw {
    fn from(seed: u64) -> Self {
        let shocks = MainShocks::Own;
        Self { seed, shocks }
    }
}

/// Where the main shocks of a path come from.
#[derive(Clone, Debug, PartialEq)]
pub enum MainShocks {
    /// The path's own seed.
    Own,
    /// Those of another seed, with the sign turned.
    Mirrored {
        /// The other seed.
        of: u64,
    },
    /// A point of a quasi-random sequence.
    Sobol {
        /// Seed of the scrambling: sequences of different seeds are independent.
        sequence: u32,
        /// Number of the point, below [`SEQUENCE_LENGTH`].
        point: u32,
    },
    /// The path's own seed, with the ratio of the two densities of a tilt.
    Weighed {
        /// The tilts, one at least.
        tilts: Arc<[Tilt]>,
        /// Which of the laws the path is drawn from.
        law: Law,
    },
}

/// A change of the law of prices that makes falls frequent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tilt {
    /// Position of the asset that is to fall.
    pub asset: usize,
    /// c: standard deviations by which the sum of its main shocks is moved down.
    pub shocks: f64,
    /// m: factor on the intensity of its jumps.
    pub jumps: f64,
    /// d: standard deviations by which the size of each of its jumps is moved down.
    pub sizes: f64,
}

/// One of the laws of a tilted ensemble.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Law {
    /// As the scenario states it.
    Model,
    /// That of one of the tilts, by position.
    Tilted(usize),
}

/// How one asset's jumps are drawn where not as the model says, and what came of it.
#[derive(Debug)]
pub(super) struct JumpDraw {
    /// On their intensity.
    pub(super) factor: f64,
    /// By which the standard normal size of each is moved down.
    pub(super) shift: f64,
    /// Number of jumps.
    pub(super) count: Cell<u64>,
    /// Sum of their standard normal sizes, moved ones as they are.
    pub(super) sizes: Cell<f64>,
}

impl JumpDraw {
    /// Jumps of an asset as a law has them.
    pub(super) fn new(asset: usize, tilts: &[Tilt], law: Law) -> Self {
        let tilt = match law {
            Law::Model => None,
            Law::Tilted(at) => tilts.get(at).filter(|tilt| tilt.asset == asset),
        };
        Self {
            factor: tilt.map_or(1.0, |tilt| tilt.jumps),
            shift: tilt.map_or(0.0, |tilt| tilt.sizes),
            count: Cell::new(0),
            sizes: Cell::new(0.0),
        }
    }

    /// Logarithm of the density of a tilt over the model's at the jumps that came, where the model
    /// expects so many.
    pub(super) fn log_ratio(&self, tilt: &Tilt, expected: f64) -> f64 {
        let count = self.count.get() as f64;
        let arrivals = count * tilt.jumps.ln() - (tilt.jumps - 1.0) * expected;
        let sizes = tilt.sizes * (self.sizes.get() + count * tilt.sizes / 2.0);
        arrivals - sizes
    }
}

/// Logarithm of the mean of numbers of which the logarithms are told.
pub(super) fn log_mean(logs: &[f64]) -> f64 {
    if let [one] = logs {
        return *one;
    }
    let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if !largest.is_finite() {
        return largest;
    }
    let sum: f64 = logs.iter().map(|log| (log - largest).exp()).sum();
    largest + (sum / logs.len() as f64).ln()
}

/// An asset's own standard normal shocks, one a step from step 1 on.
pub(super) fn own(path: &mut [f64], streams: &mut Streams, asset: u16) {
    let rng = streams.begin(Purpose::Shock(asset));
    if let Some((first, rest)) = path.split_first_mut() {
        *first = 0.0;
        rest.iter_mut()
            .for_each(|shock| *shock = StandardNormal.sample(rng));
    }
}

/// Adds a mean to an asset's shocks.
pub(super) fn shifted(path: &mut [f64], mean: f64) {
    if let Some((_, rest)) = path.split_first_mut() {
        rest.iter_mut().for_each(|shock| *shock += mean);
    }
}

/// Logarithm of the density of shocks with a mean over that of shocks without one.
pub(super) fn shift_log_ratio(path: &[f64], mean: f64) -> f64 {
    let half = mean / 2.0;
    let shocks = path.iter().skip(1);
    shocks.map(|shock| mean * (shock - half)).sum()
}

/// Coordinates of one point of a sequence, asset by asset.
pub(super) struct Point {
    pub(super) sequence: u32,
    pub(super) point: u32,
    /// Number of driven assets.
    pub(super) assets: u32,
    pub(super) seed: u64,
}

impl Point {
    /// Shocks of one asset, which is the `rank`th of those that are driven.
    pub(super) fn shocks(&self, path: &mut [f64], asset: u16, rank: u32) {
        let mut rng = stream(self.seed, Purpose::Shock(asset));
        let normal = Normal::standard();
        let mut dimension = rank;
        bridge(path, || {
            let at = dimension;
            dimension = dimension.saturating_add(self.assets);
            if at >= DIMENSIONS {
                return StandardNormal.sample(&mut rng);
            }
            let cell = f64::from(sobol_burley::sample(self.point, at, self.sequence));
            let within: f64 = rng.random();
            let coordinate = cell + within * COORDINATE;
            normal.inverse_cdf(coordinate.clamp(f64::MIN_POSITIVE, 1.0 - f64::EPSILON))
        });
    }
}

/// Standard normal shocks, one a step from step 1 on, from normal draws in the order of a Brownian
/// bridge: the end first, then the middle of the longest part that is open, from left to right.
fn bridge(path: &mut [f64], mut draw: impl FnMut() -> f64) {
    let last = path.len().saturating_sub(1);
    let Some(first) = path.first_mut() else {
        return;
    };
    *first = 0.0;
    if last == 0 {
        return;
    }
    path[last] = (last as f64).sqrt() * draw();
    let mut open = VecDeque::from([(0, last)]);
    while let Some((left, right)) = open.pop_front() {
        if right - left < 2 {
            continue;
        }
        let middle = left.midpoint(right);
        let (before, after) = ((middle - left) as f64, (right - middle) as f64);
        let whole = before + after;
        let mean = (after * path[left] + before * path[right]) / whole;
        path[middle] = mean + (before * after / whole).sqrt() * draw();
        open.extend([(left, middle), (middle, right)]);
    }
    for step in (1..=last).rev() {
        path[step] -= path[step - 1];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shocks of a bridge are a rotation of its draws: their squares add up to the same.
    #[test]
    fn a_bridge_keeps_the_length_of_its_draws() {
        for steps in [1usize, 2, 3, 8, 25, 100] {
            let mut rng = stream(3, Purpose::Gas);
            let (mut squares, mut count) = (0.0, 0);
            let mut path = vec![9.0; steps];
            bridge(&mut path, || {
                let draw: f64 = StandardNormal.sample(&mut rng);
                squares += draw * draw;
                count += 1;
                draw
            });
            let got: f64 = path.iter().map(|shock| shock * shock).sum();
            assert_eq!((count, path[0]), (steps - 1, 0.0));
            assert!((got - squares).abs() < 1e-9, "{steps}: {got} {squares}");
        }
        bridge(&mut [], || 1.0);
    }

    /// The first power of two of points puts one end into each of as many equal parts.
    #[test]
    fn ends_of_points_are_stratified() {
        let normal = Normal::standard();
        for asset in [0, 1] {
            let mut parts = [0; 256];
            for point in 0..256 {
                let drawn = Point {
                    sequence: 77,
                    point,
                    assets: 2,
                    seed: u64::from(point),
                };
                let mut path = [0.0; 17];
                drawn.shocks(&mut path, asset, u32::from(asset));
                let end: f64 = path.iter().sum::<f64>() / 4.0;
                let part = (normal.cdf(end) * 256.0) as usize;
                parts[part] += 1;
            }
            assert_eq!(parts, [1; 256], "{asset}");
        }
    }
}
