//! Regimes of different volatility and drift that switch at random, exact in law on the grid.
//!
//! A Markov chain in continuous time: a regime lasts an exponential time, then another one begins.
//! Within a regime the price is a geometric Brownian motion. Regimes are drawn from the asset's own
//! stream; switches within a step are taken at their times.

use super::exponential::exponentiate;
use super::plan::{Draw, Process};
use super::{Grid, check_trend, years};
use crate::error::{ConfigError, require, require_not_negative};
use chacha20::ChaCha8Rng;
use rand::RngExt;
use rand_distr::{Distribution, Exp1};

/// Most regimes of one process.
const REGIMES_MAX: usize = 16;
/// Longest mean stay, seconds: a thousand years.
const STAY_MAX_S: f64 = 3.2e10;

/// A price with several regimes.
#[derive(Clone, Debug, PartialEq)]
pub struct Regimes {
    /// Price at the start, USD.
    pub start: f64,
    /// The regimes.
    pub regimes: Vec<Regime>,
    /// Regime at the start; drawn with the shares of time in the long run where there is none.
    pub first: Option<usize>,
}

/// One regime.
#[derive(Clone, Debug, PartialEq)]
pub struct Regime {
    /// Volatility a year.
    pub volatility: f64,
    /// Growth of the expected price, a year.
    pub drift: f64,
    /// Mean stay, seconds.
    pub mean_stay_s: f64,
    /// Weights of the regimes that may come next, by position; its own is 0. Empty for equal
    /// chances of all others.
    pub next: Vec<f64>,
}

#[derive(Debug)]
struct Ready {
    start: f64,
    /// Log drift and variance of a step, and mean stay in steps, by regime.
    regimes: Vec<(f64, f64, f64)>,
    /// Sums of the chances of what comes next, by regime.
    next: Vec<Vec<f64>>,
    /// Sums of the chances at the start.
    first: Vec<f64>,
}

impl Regimes {
    /// Shares of time that the regimes take in the long run.
    ///
    /// # Errors
    /// When a regime or the weights between them are badly set, or some regime cannot be reached
    /// from the others.
    pub fn stationary_shares(&self) -> Result<Vec<f64>, ConfigError> {
        self.check("regimes")?;
        self.shares("regimes")
    }

    pub(super) fn prepare(
        &self,
        grid: &Grid,
        field: &str,
    ) -> Result<Box<dyn Process>, ConfigError> {
        self.check(field)?;
        let first = match self.first {
            Some(first) => {
                require(
                    first < self.regimes.len(),
                    || format!("{field}.first"),
                    || format!("must be below {}, found {first}", self.regimes.len()),
                )?;
                (0..self.regimes.len())
                    .map(|i| f64::from(u8::from(i == first)))
                    .collect()
            }
            None => self.shares(field)?,
        };
        let step_s = f64::from(grid.step_s);
        let step = years(step_s);
        let regime = |r: &Regime| {
            let variance = r.volatility.powi(2);
            (
                (r.drift - variance / 2.0) * step,
                variance * step,
                r.mean_stay_s / step_s,
            )
        };
        Ok(Box::new(Ready {
            start: self.start,
            regimes: self.regimes.iter().map(regime).collect(),
            next: self.chances().iter().map(|row| sums(row)).collect(),
            first: sums(&first),
        }))
    }

    fn check(&self, field: &str) -> Result<(), ConfigError> {
        let count = self.regimes.len();
        require(
            (2..=REGIMES_MAX).contains(&count),
            || format!("{field}.regimes"),
            || format!("must be 2 to {REGIMES_MAX}, found {count}"),
        )?;
        for (i, regime) in self.regimes.iter().enumerate() {
            let field = format!("{field}.regimes[{i}]");
            check_trend(self.start, regime.volatility, regime.drift, &field)?;
            let stay = regime.mean_stay_s;
            require(
                (1.0..=STAY_MAX_S).contains(&stay),
                || format!("{field}.mean_stay_s"),
                || format!("must lie between 1 and {STAY_MAX_S}, found {stay}"),
            )?;
            let next = &regime.next;
            let at = || format!("{field}.next");
            require(next.is_empty() || next.len() == count, at, || {
                format!(
                    "must have one weight for each of {count} regimes, found {}",
                    next.len()
                )
            })?;
            for weight in next {
                require_not_negative(*weight, at)?;
            }
            let other: f64 = next.iter().sum();
            let fits = next.get(i).is_none_or(|own| *own == 0.0 && other > 0.0);
            require(fits, at, || {
                "must be 0 for itself and above 0 for some other".to_owned()
            })?;
        }
        Ok(())
    }

    /// Chances of what comes next, by regime.
    fn chances(&self) -> Vec<Vec<f64>> {
        let row = |(i, regime): (usize, &Regime)| {
            let weight = |j: usize| {
                regime
                    .next
                    .get(j)
                    .copied()
                    .unwrap_or(f64::from(u8::from(i != j)))
            };
            let weights: Vec<f64> = (0..self.regimes.len()).map(weight).collect();
            let total: f64 = weights.iter().sum();
            weights.into_iter().map(|w| w / total).collect()
        };
        self.regimes.iter().enumerate().map(row).collect()
    }

    /// Solves π·P = π by repeated squaring of the lazy chain (P + 1)/2, then weights with the stays.
    fn shares(&self, field: &str) -> Result<Vec<f64>, ConfigError> {
        let n = self.regimes.len();
        let mut chain = self.chances();
        for (i, row) in chain.iter_mut().enumerate() {
            row.iter_mut().for_each(|p| *p /= 2.0);
            row[i] += 0.5;
        }
        for _ in 0..64 {
            let entry = |i: usize, j: usize| (0..n).map(|k| chain[i][k] * chain[k][j]).sum::<f64>();
            chain = (0..n)
                .map(|i| (0..n).map(|j| entry(i, j)).collect())
                .collect();
            for row in &mut chain {
                let total: f64 = row.iter().sum();
                row.iter_mut().for_each(|p| *p /= total);
            }
        }
        let close = |j: usize| chain.iter().all(|row| (row[j] - chain[0][j]).abs() < 1e-9);
        require(
            (0..n).all(close),
            || format!("{field}.first"),
            || "must be told, since not every regime can be reached from every other".to_owned(),
        )?;
        let times = chain[0]
            .iter()
            .zip(&self.regimes)
            .map(|(p, r)| p * r.mean_stay_s);
        let total: f64 = times.clone().sum();
        Ok(times.map(|time| time / total).collect())
    }
}

/// Running sums; the last is set to 1 for certain.
fn sums(chances: &[f64]) -> Vec<f64> {
    let mut sum = 0.0;
    let mut sums: Vec<f64> = chances
        .iter()
        .map(|chance| {
            sum += chance;
            sum
        })
        .collect();
    // What rounding leaves must not reach a regime of chance 0 behind the last possible one.
    let last = chances
        .iter()
        .rposition(|chance| *chance > 0.0)
        .unwrap_or(0);
    sums[last..].iter_mut().for_each(|sum| *sum = 1.0);
    sums
}

fn pick(sums: &[f64], rng: &mut ChaCha8Rng) -> usize {
    let at: f64 = rng.random();
    sums.partition_point(|sum| *sum <= at)
}

impl Process for Ready {
    fn driven(&self) -> bool {
        true
    }

    fn draw(&self, path: &mut [f64], draw: &Draw<'_>) {
        let mut rng = draw.private();
        let Some((first, rest)) = path.split_first_mut() else {
            return;
        };
        *first = 0.0;
        let stay = |regime: usize, rng: &mut ChaCha8Rng| {
            let share: f64 = Exp1.sample(rng);
            share * self.regimes[regime].2
        };
        let mut regime = pick(&self.first, &mut rng);
        let mut left = stay(regime, &mut rng);
        let mut log = 0.0;
        for value in rest {
            let (mut mean, mut variance, mut open) = (0.0, 0.0, 1.0);
            loop {
                let share = left.min(open);
                mean += share * self.regimes[regime].0;
                variance += share * self.regimes[regime].1;
                open -= share;
                left -= share;
                if open <= 0.0 {
                    break;
                }
                regime = pick(&self.next[regime], &mut rng);
                left = stay(regime, &mut rng);
            }
            log += mean + variance.sqrt() * *value;
            *value = log;
        }
        exponentiate(path, self.start);
    }
}

#[cfg(test)]
mod tests;
