//! Geometric Brownian motion, exact in law on the grid.

use super::exponential::exponentiate;
use super::plan::{Draw, Process};
use super::{Grid, check_trend, years};
use crate::error::ConfigError;

/// A price whose log returns are independent and normal:
/// ln(S_t/S_0) ~ N((μ − σ²/2)·t, σ²·t), so that E\[S_t\] = S_0·e^{μt}.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gbm {
    /// Price at the start, USD.
    pub start: f64,
    /// σ: standard deviation of the log return of a year.
    pub volatility: f64,
    /// μ: growth of the expected price, a year, continuously compounded.
    pub drift: f64,
}

#[derive(Debug)]
struct Ready {
    start: f64,
    /// Mean and standard deviation of the log return of a step.
    mean: f64,
    deviation: f64,
}

impl Gbm {
    pub(super) fn prepare(
        &self,
        grid: &Grid,
        field: &str,
    ) -> Result<Box<dyn Process>, ConfigError> {
        check_trend(self.start, self.volatility, self.drift, field)?;
        let step = years(f64::from(grid.step_s));
        Ok(Box::new(Ready {
            start: self.start,
            mean: (self.drift - self.volatility.powi(2) / 2.0) * step,
            deviation: self.volatility * step.sqrt(),
        }))
    }
}

impl Process for Ready {
    fn driven(&self) -> bool {
        true
    }

    fn draw(&self, path: &mut [f64], _: &Draw<'_>) {
        let mut log = -self.mean;
        for value in &mut *path {
            // The shock of step 0 is 0, and the mean is taken back before it.
            log += self.mean + self.deviation * *value;
            *value = log;
        }
        exponentiate(path, self.start);
    }
}

#[cfg(test)]
mod tests;
