//! GARCH(1,1) with Student-t innovations (Bollerslev 1987).
//!
//! **Time.** The parameters α, β and ν hold for a period of their own, such as an hour or a day, of
//! length [`Garch::period_s`]. The variance changes from period to period:
//! h_{k+1} = ω + α·ε_k² + β·h_k with ε_k = √h_k·η_k, η_k Student-t with ν degrees of freedom scaled
//! to variance 1, and ω = (1 − α − β)·σ²·period. Grid and period have to divide one another:
//!
//! - Steps shorter than a period: η_k = √((ν−2)/W_k)·Z_k with W_k chi-square, drawn once a period
//!   from the asset's own stream; Z_k, standard normal, is the scaled sum of the main shocks of its
//!   steps. Prices at ends of periods have the law of the model exactly; within a period the log
//!   price is a Brownian motion with the period's variance.
//! - Steps longer than a period: the main shock of the step is the scaled sum of its periods'
//!   Z_k, which a bridge from the asset's own stream splits. Exact too.

use super::exponential::exponentiate;
use super::plan::{Draw, Process};
use super::{Grid, VOLATILITY_MAX, check_trend, years};
use crate::error::{ConfigError, require, require_within};
use rand_distr::{ChiSquared, Distribution, StandardNormal};

/// A price whose variance clusters. The drift is that of the log price: the mean of a period's log
/// return is (μ − σ²/2)·period.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Garch {
    /// Price at the start, USD.
    pub start: f64,
    /// σ: volatility in the long run, a year.
    pub volatility: f64,
    /// √h of the first period, as a volatility a year.
    pub first_volatility: f64,
    /// μ: drift a year.
    pub drift: f64,
    /// α: weight of the last squared innovation.
    pub alpha: f64,
    /// β: weight of the last variance.
    pub beta: f64,
    /// ν: degrees of freedom of the innovations, above 2.
    pub degrees: f64,
    /// Seconds of a period.
    pub period_s: u32,
}

#[derive(Debug)]
struct Ready {
    start: f64,
    /// Mean log return of a period.
    mean: f64,
    first: f64,
    omega: f64,
    alpha: f64,
    beta: f64,
    degrees: f64,
    weight: ChiSquared<f64>,
    clock: Clock,
}

/// How grid and periods fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Clock {
    /// Steps in a period.
    Steps(u32),
    /// Periods in a step.
    Periods(u32),
}

impl Garch {
    pub(super) fn prepare(
        &self,
        grid: &Grid,
        field: &str,
    ) -> Result<Box<dyn Process>, ConfigError> {
        const DEGREES_MAX: f64 = 1_000.0;
        check_trend(self.start, self.volatility, self.drift, field)?;
        let at = |name: &str| format!("{field}.{name}");
        let first = self.first_volatility;
        require_within(first, (0.0, VOLATILITY_MAX), || at("first_volatility"))?;
        require_within(self.alpha, (0.0, 1.0), || at("alpha"))?;
        require_within(self.beta, (0.0, 1.0), || at("beta"))?;
        let persistence = self.alpha + self.beta;
        require(
            persistence < 1.0,
            || at("beta"),
            || format!("alpha + beta must be below 1, found {persistence}"),
        )?;
        require(
            self.degrees > 2.0 && self.degrees <= DEGREES_MAX,
            || at("degrees"),
            || {
                format!(
                    "must be above 2 and at most {DEGREES_MAX}, found {}",
                    self.degrees
                )
            },
        )?;
        let clock = self.clock(grid, field)?;
        let weight = ChiSquared::new(self.degrees).map_err(|why| ConfigError {
            field: at("degrees"),
            problem: why.to_string(),
        })?;
        let period = years(f64::from(self.period_s));
        Ok(Box::new(Ready {
            start: self.start,
            mean: (self.drift - self.volatility.powi(2) / 2.0) * period,
            first: first * first * period,
            omega: (1.0 - persistence) * self.volatility.powi(2) * period,
            alpha: self.alpha,
            beta: self.beta,
            degrees: self.degrees,
            weight,
            clock,
        }))
    }

    fn clock(&self, grid: &Grid, field: &str) -> Result<Clock, ConfigError> {
        let (period, step) = (self.period_s, grid.step_s);
        require(
            period > 0 && step > 0 && (period % step == 0 || step % period == 0),
            || format!("{field}.period_s"),
            || format!("must divide the step of {step} s or be a multiple of it, found {period}"),
        )?;
        Ok(if period >= step {
            Clock::Steps(period / step)
        } else {
            Clock::Periods(step / period)
        })
    }
}

/// The variance of the present period, scaled for its normal shock.
struct Variance {
    /// h of the period.
    present: f64,
    /// √(h·(ν−2)/W): what a standard normal shock of the period is multiplied by.
    scale: f64,
}

impl Ready {
    fn begin<R: rand::Rng>(&self, present: f64, rng: &mut R) -> Variance {
        let weight = self.weight.sample(rng);
        let scale = (present * (self.degrees - 2.0) / weight).sqrt();
        Variance { present, scale }
    }

    /// The next period's variance after an innovation ε.
    fn next(&self, present: f64, innovation: f64) -> f64 {
        self.omega + self.alpha * innovation * innovation + self.beta * present
    }
}

impl Process for Ready {
    fn driven(&self) -> bool {
        true
    }

    fn draw(&self, path: &mut [f64], draw: &Draw<'_>) {
        match self.clock {
            Clock::Steps(steps) => self.draw_within(path, draw, steps),
            Clock::Periods(periods) => self.draw_over(path, draw, periods),
        }
    }
}

impl Ready {
    /// Periods of one or more steps.
    fn draw_within(&self, path: &mut [f64], draw: &Draw<'_>, steps: u32) {
        let mut rng = draw.private();
        let Some((first, rest)) = path.split_first_mut() else {
            return;
        };
        *first = 0.0;
        let share = f64::from(steps).recip();
        let (mut log, mut next) = (0.0, self.first);
        for period in rest.chunks_mut(steps as usize) {
            let variance = self.begin(next, &mut rng);
            let scale = variance.scale * share.sqrt();
            let mut innovation = 0.0;
            for value in period {
                innovation += scale * *value;
                log += self.mean * share + scale * *value;
                *value = log;
            }
            next = self.next(variance.present, innovation);
        }
        exponentiate(path, self.start);
    }

    /// Steps of several periods.
    fn draw_over(&self, path: &mut [f64], draw: &Draw<'_>, periods: u32) {
        let mut rng = draw.private();
        let Some((first, rest)) = path.split_first_mut() else {
            return;
        };
        *first = 0.0;
        let (mut log, mut next) = (0.0, self.first);
        for value in rest {
            // What is left of the sum of the periods' shocks.
            let mut sum = *value * f64::from(periods).sqrt();
            for left in (1..=periods).rev() {
                let share = f64::from(left).recip();
                let noise: f64 = StandardNormal.sample(&mut rng);
                let shock = sum * share + (1.0 - share).sqrt() * noise;
                sum -= shock;
                let variance = self.begin(next, &mut rng);
                let innovation = variance.scale * shock;
                log += self.mean + innovation;
                next = self.next(variance.present, innovation);
            }
            *value = log;
        }
        exponentiate(path, self.start);
    }
}

#[cfg(test)]
mod tests;
