//! Stochastic volatility (Heston 1993).
//!
//! Scheme: full truncation (Lord, Koekkoek and van Dijk 2010), with the exact conditional mean and
//! variance of the square-root process over a step in place of Euler's, and the exact expected mean
//! variance over the step in the log price. The main shock of the step drives the price, so
//! correlations with other assets are those told; the variance takes ρ of it and the rest from the
//! asset's own stream. The expected log return is exact as long as the variance is not truncated
//! (2κθ well above ξ²); its variance has an error of the order of the step through the covariance
//! of variance and price within a step.

use super::exponential::exponentiate;
use super::plan::{Draw, Process};
use super::{Grid, VOLATILITY_MAX, check_trend, years};
use crate::error::{ConfigError, require, require_within};
use rand_distr::{Distribution, StandardNormal};

/// A price whose variance v reverts to a mean:
/// dS/S = μ dt + √v dW, dv = κ(θ − v) dt + ξ√v dB, dW·dB = ρ dt.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Heston {
    /// Price at the start, USD.
    pub start: f64,
    /// √v at the start, a year.
    pub volatility: f64,
    /// μ: growth of the expected price, a year.
    pub drift: f64,
    /// √θ: volatility that the variance reverts to, a year.
    pub long_volatility: f64,
    /// κ: speed of reversion, a year; half of a difference is gone after ln 2/κ years.
    pub reversion: f64,
    /// ξ: volatility of the variance, a year.
    pub volatility_of_variance: f64,
    /// ρ: correlation of price and variance; negative where falls bring turmoil.
    pub correlation: f64,
}

#[derive(Debug)]
struct Ready {
    start: f64,
    variance: f64,
    long_variance: f64,
    /// Share of a difference from the long variance that is gone after a step.
    reverted: f64,
    /// Weight of the present difference in the mean variance over a step.
    mean_weight: f64,
    /// Variance of the next variance: a constant, and a part for each unit of present variance.
    noise: (f64, f64),
    drift: f64,
    step: f64,
    correlation: f64,
    own: f64,
}

impl Heston {
    pub(super) fn prepare(
        &self,
        grid: &Grid,
        field: &str,
    ) -> Result<Box<dyn Process>, ConfigError> {
        const REVERSION_MAX: f64 = 100_000.0;
        const VOLATILITY_OF_VARIANCE_MAX: f64 = 1_000.0;
        check_trend(self.start, self.volatility, self.drift, field)?;
        let at = |name: &str| format!("{field}.{name}");
        let long = self.long_volatility;
        require_within(long, (0.0, VOLATILITY_MAX), || at("long_volatility"))?;
        require(
            self.reversion > 0.0 && self.reversion <= REVERSION_MAX,
            || at("reversion"),
            || {
                format!(
                    "must be above 0 and at most {REVERSION_MAX}, found {}",
                    self.reversion
                )
            },
        )?;
        let noise = self.volatility_of_variance;
        let range = (0.0, VOLATILITY_OF_VARIANCE_MAX);
        require_within(noise, range, || at("volatility_of_variance"))?;
        require_within(self.correlation, (-1.0, 1.0), || at("correlation"))?;
        let step = years(f64::from(grid.step_s));
        let reverted = -(-self.reversion * step).exp_m1();
        let unit = noise * noise * reverted / self.reversion;
        let long_variance = long * long;
        Ok(Box::new(Ready {
            start: self.start,
            variance: self.volatility.powi(2),
            long_variance,
            reverted,
            mean_weight: reverted / (self.reversion * step),
            noise: (
                unit * long_variance * reverted / 2.0,
                unit * (1.0 - reverted),
            ),
            drift: self.drift * step,
            step,
            correlation: self.correlation,
            own: (1.0 - self.correlation.powi(2)).sqrt(),
        }))
    }
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
        let (mut log, mut variance) = (0.0, self.variance);
        for value in rest {
            let shock = *value;
            let present = variance.max(0.0);
            let mean = self.long_variance + (present - self.long_variance) * self.mean_weight;
            let total = mean * self.step;
            log += self.drift - total / 2.0 + total.sqrt() * shock;
            *value = log;
            let own: f64 = StandardNormal.sample(&mut rng);
            let deviation = (self.noise.0 + self.noise.1 * present).sqrt();
            variance += self.reverted * (self.long_variance - present)
                + deviation * (self.correlation * shock + self.own * own);
        }
        exponentiate(path, self.start);
    }
}

#[cfg(test)]
mod tests;
