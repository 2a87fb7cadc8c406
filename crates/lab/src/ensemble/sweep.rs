//! Paths side by side under several settings: a cell of a grid, and what one input changes.
//!
//! All cells of a sweep run the same paths, so they meet the same prices (common random numbers,
//! see [`path_seed`](crate::random::path_seed)): a difference between two cells comes from their
//! settings. Of a path, only the figures that are asked for are kept.

use super::estimate::{Estimate, Level};
use super::figures::Figures;
use super::sum::Distribution;
use super::{Draws, Ensemble, Stop};
use crate::error::{ConfigError, require};
use backstop_core::protocol::Protocol;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::ops::{ControlFlow, Range};

/// The metrics that a sweep keeps, by name.
pub const SWEPT: [&str; 4] = ["bad_debt", "seized", "amplification", "liquidations"];

/// Figures of one path.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PathValues {
    /// In the order in which they were asked for; none where the path does not tell one.
    pub values: Vec<Option<f64>>,
    /// Whether the ledger could not go on.
    pub stopped: bool,
}

impl PathValues {
    fn of(path: &Figures, metrics: &[&str]) -> Self {
        Self {
            values: metrics.iter().map(|name| path.value(name)).collect(),
            stopped: path.stopped,
        }
    }
}

impl<P: Protocol + Send + Sync> Ensemble<'_, P> {
    /// Figures of paths by number, in their order; paths run side by side. `metrics` names the figures. `on_path`
    /// hears of each path that is done; when it breaks, nothing is returned. Each path counts once, so that
    /// draws have to be plain.
    ///
    /// # Errors
    /// When draws are not plain, or a price process cannot be drawn.
    pub fn values(
        &self,
        paths: Range<u64>,
        metrics: &[&str],
        on_path: &(dyn Fn() -> ControlFlow<()> + Sync),
    ) -> Result<Option<Vec<PathValues>>, ConfigError> {
        require(
            self.draws == Draws::Plain,
            || "draws".to_owned(),
            || "must be plain where paths are compared one by one".to_owned(),
        )?;
        let one = |path: u64| {
            let figures = self.path(path).map_err(Stop::Config)?;
            if on_path().is_break() {
                return Err(Stop::Asked);
            }
            Ok(PathValues::of(&figures, metrics))
        };
        let numbers: Vec<u64> = paths.collect();
        match numbers.into_par_iter().map(one).collect() {
            Ok(values) => Ok(Some(values)),
            Err(Stop::Asked) => Ok(None),
            Err(Stop::Config(error)) => Err(error),
        }
    }
}

/// What the paths of one cell add up to. Equal sets of paths give equal cells, in whatever order
/// and pieces they came.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// Number of paths.
    pub paths: u64,
    /// Paths that the ledger stopped.
    pub stopped: u64,
    /// In the order of [`SWEPT`].
    figures: [Distribution; SWEPT.len()],
}

impl Default for Cell {
    fn default() -> Self {
        Self {
            paths: 0,
            stopped: 0,
            figures: SWEPT.map(|_| Distribution::default()),
        }
    }
}

impl Cell {
    /// Adds a path of which the figures of [`SWEPT`] were asked for.
    pub fn add(&mut self, path: &PathValues) {
        self.paths += 1;
        self.stopped += u64::from(path.stopped);
        for (all, value) in self.figures.iter_mut().zip(&path.values) {
            if let Some(value) = value {
                all.add(*value);
            }
        }
    }

    /// One figure's distribution, by the metric's name.
    pub fn figure(&self, name: &str) -> Option<&Distribution> {
        let at = SWEPT.iter().position(|swept| *swept == name)?;
        self.figures.get(at)
    }
}

/// How much a figure differs between two settings over the same paths, with intervals that know of
/// the pairing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// Difference of the means.
    pub mean: Estimate,
    /// Difference of the expected shortfalls; its interval is infinite where the paths are too few
    /// to tell an upper end of the quantile.
    pub expected_shortfall: Estimate,
    /// Mean and expected shortfall before.
    pub before: [f64; 2],
}

/// The difference of a figure between two settings, path by path: `base` and `changed` hold its
/// values in the same order of paths. None with fewer than two pairs.
///
/// The mean's interval is the normal one of the differences. The expected shortfall at a level `p`
/// is linear in its paths to first order, with the influence function
/// `VaR + max(x − VaR, 0) ÷ (1 − p)` (Hong, Hu, Liu, "Monte Carlo methods for value-at-risk and
/// conditional value-at-risk", 2014); the interval is the normal one of the differences of the two
/// influences. What both settings share cancels path by path.
pub fn difference(base: &[f64], changed: &[f64], level: Level) -> Option<Difference> {
    let pairs = base.len().min(changed.len());
    let (base, changed) = (base.get(..pairs)?, changed.get(..pairs)?);
    if pairs < 2 {
        return None;
    }
    let (before, after) = (Shortfall::of(base, level), Shortfall::of(changed, level));
    let moved = |of: &dyn Fn(usize) -> f64| -> (f64, f64) {
        let n = pairs as f64;
        let mean = (0..pairs).map(of).sum::<f64>() / n;
        let squares = (0..pairs).map(|i| (of(i) - mean).powi(2)).sum::<f64>();
        (mean, (squares / (n - 1.0) / n).sqrt())
    };
    let at = |values: &[f64], i: usize| values.get(i).copied().unwrap_or(0.0);
    let (mean, error) = moved(&|i| at(changed, i) - at(base, i));
    let influences = |i| after.influence(at(changed, i)) - before.influence(at(base, i));
    let (_, beyond_error) = moved(&influences);
    let tells = before.has_upper_end && after.has_upper_end;
    let beyond_error = if tells { beyond_error } else { f64::INFINITY };
    Some(Difference {
        mean: Estimate::around(mean, error),
        expected_shortfall: Estimate::around(after.value - before.value, beyond_error),
        before: [base.iter().sum::<f64>() / pairs as f64, before.value],
    })
}

/// Quantile and mean beyond it of a list of values.
struct Shortfall {
    quantile: f64,
    value: f64,
    level: f64,
    /// As of a single distribution's quantile.
    has_upper_end: bool,
}

impl Shortfall {
    /// With the ranks of [`Distribution::tail`].
    fn of(values: &[f64], level: Level) -> Self {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let n = sorted.len();
        let rank = ((n as f64 * level.0).ceil() as usize).clamp(1, n);
        let beyond = sorted.get(rank.min(n - 1)..).unwrap_or_default();
        Self {
            quantile: sorted.get(rank - 1).copied().unwrap_or(0.0),
            value: beyond.iter().sum::<f64>() / beyond.len() as f64,
            level: level.0,
            has_upper_end: level.has_upper_end(n as u64),
        }
    }

    fn influence(&self, value: f64) -> f64 {
        self.quantile + (value - self.quantile).max(0.0) / (1.0 - self.level)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chacha20::ChaCha8Rng;
    use chacha20::rand_core::SeedableRng;
    use rand::RngExt;

    /// Exponential terms of mean 1, and the same with a scale and a little noise of their own.
    fn pairs(seed: u64, n: usize, scale: f64) -> (Vec<f64>, Vec<f64>) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let one = |_| {
            let term = -(1.0 - rng.random::<f64>()).ln();
            (term, scale * term + 0.1 * rng.random::<f64>())
        };
        (0..n).map(one).unzip()
    }

    /// The shortfall of an exponential is 1 − ln(1 − p); that of `scale·x + u` is close to
    /// `scale` times it plus the noise's mean, 0.05, within the noise's small share in the tail.
    #[test]
    fn paired_intervals_are_narrow_and_hold_the_difference() {
        let level = Level(0.95);
        let mut held = [0u32; 2];
        for seed in 0..200 {
            let (base, changed) = pairs(seed, 2_000, 1.1);
            let got = difference(&base, &changed, level).unwrap();
            let es = 1.0 - f64::ln(0.05);
            for (at, estimate, want) in [
                (0, got.mean, 0.1 + 0.05),
                (1, got.expected_shortfall, 0.1 * es + 0.05),
            ] {
                held[at] += u32::from((estimate.low..=estimate.high).contains(&want));
            }
            // Unpaired, the error of the mean's difference is about √(2 ÷ 2,000) = 0.032.
            let width = got.mean.high - got.mean.low;
            assert!(width < 0.02, "{width}");
        }
        // 95 % of 200 is 190, give or take 3.1; tails of 100 terms are held a little less often.
        assert!(held[0] >= 178 && held[1] >= 170, "{held:?}");
    }

    #[test]
    fn equal_settings_differ_by_nothing() {
        let (base, _) = pairs(1, 500, 1.0);
        let got = difference(&base, &base, Level(0.99)).unwrap();
        let none = Estimate::around(0.0, 0.0);
        assert_eq!((got.mean, got.expected_shortfall), (none, none));
        let mean = base.iter().sum::<f64>() / 500.0;
        assert!((got.before[0] - mean).abs() < 1e-12 && got.before[1] > mean);
        let few = difference(&base[..100], &base[..100], Level(0.99)).unwrap();
        assert_eq!(few.expected_shortfall.high, f64::INFINITY);
        assert_eq!(difference(&base[..1], &base[..1], Level(0.99)), None);
    }

    #[test]
    fn the_tail_is_that_of_a_distribution() {
        let (base, changed) = pairs(7, 1_234, 2.0);
        let tail = |values: &[f64]| {
            let mut all = Distribution::default();
            values.iter().for_each(|value| all.add(*value));
            all.tail(Level(0.99)).unwrap().expected_shortfall.value
        };
        let got = difference(&base, &changed, Level(0.99)).unwrap();
        let want = tail(&changed) - tail(&base);
        // Quantiles of a sketch are right to a thousandth.
        assert!((got.expected_shortfall.value - want).abs() < 0.02 * want);
    }
}
