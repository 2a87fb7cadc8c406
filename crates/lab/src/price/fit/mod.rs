//! Estimating price processes from past prices.
//!
//! A [`Sample`] holds log returns of one length. Each process is fitted by maximum likelihood (a
//! simplex search from the best of several starts; geometric Brownian motion in closed form). Standard errors
//! are those of the observed information: the curvature of the log likelihood at its maximum, carried
//! to the parameters told here by the delta method. They hold for long samples and a process that is
//! the true one. Where the likelihood is flat in some direction an error is not a number.
//!
//! How well a process fits is read off its residuals: each return's chance under the fitted law,
//! given the returns before it, brought to a normal number. Of the right process they are
//! independent standard normal ([`Goodness`]).

mod correlation;
mod garch;
mod gbm;
mod goodness;
mod likelihood;
mod merton;
mod regimes;
mod simplex;

pub use correlation::{Copula, PairCorrelation, copula, correlations};
pub use goodness::{Goodness, Hill, QUANTILES, autocorrelation_of_squares, hill};

use super::bootstrap::step_returns;
use super::{Bar, PriceModel, years};
use crate::error::{ConfigError, require};

/// Fewest returns from which anything is estimated.
pub const RETURNS_MIN: usize = 100;

/// Log returns of past prices, all of the same length of time.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Seconds of each return.
    pub step_s: u32,
    /// When each begins, seconds since 1970.
    pub times: Vec<u64>,
    /// The log returns.
    pub returns: Vec<f64>,
    /// The last price, USD: where a fitted process starts.
    pub last: f64,
}

impl Sample {
    /// Cuts bars into log returns from multiples of the step since 1970, as
    /// [`Bootstrap`](super::Bootstrap) does. Returns on both sides of a gap are taken as neighbours.
    ///
    /// # Errors
    /// When bars are longer than the step, out of order or without prices, when fewer than
    /// [`RETURNS_MIN`] returns are left, or when they are all the same.
    pub fn new(bars: &[Bar], step_s: u32) -> Result<Self, ConfigError> {
        require(
            step_s > 0,
            || "step_s".to_owned(),
            || "must be above 0".to_owned(),
        )?;
        let (times, returns): (Vec<u64>, Vec<f64>) =
            step_returns(bars, step_s, "prices")?.into_iter().unzip();
        require(
            returns.len() >= RETURNS_MIN,
            || "prices".to_owned(),
            || {
                let found = returns.len();
                format!("give {found} returns of {step_s} s; at least {RETURNS_MIN} are needed")
            },
        )?;
        let first = returns.first().copied().unwrap_or(0.0);
        require(
            returns.iter().any(|r| *r != first),
            || "prices".to_owned(),
            || "do not vary".to_owned(),
        )?;
        Ok(Self {
            step_s,
            times,
            returns,
            last: bars.last().map_or(f64::NAN, |bar| bar.close),
        })
    }

    /// Length of a return in years.
    fn step(&self) -> f64 {
        years(f64::from(self.step_s))
    }

    /// Mean and variance (divided by n) of the returns.
    fn moments(&self) -> (f64, f64) {
        let n = self.returns.len() as f64;
        let mean = self.returns.iter().sum::<f64>() / n;
        let squares = self.returns.iter().map(|r| (r - mean).powi(2));
        (mean, squares.sum::<f64>() / n)
    }
}

/// Processes that can be fitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Geometric Brownian motion.
    Gbm,
    /// With jumps.
    Merton,
    /// GARCH(1,1) with Student-t innovations.
    Garch,
    /// Two regimes of volatility.
    Regimes,
}

impl Family {
    /// All of them, from the simplest.
    pub const ALL: [Self; 4] = [Self::Gbm, Self::Merton, Self::Garch, Self::Regimes];

    /// The key of the process in a scenario.
    pub fn key(self) -> &'static str {
        match self {
            Self::Gbm => "gbm",
            Self::Merton => "merton",
            Self::Garch => "garch",
            Self::Regimes => "regimes",
        }
    }
}

/// One estimated parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Name, as in a scenario; a year where time matters.
    pub name: &'static str,
    /// The estimate.
    pub value: f64,
    /// Its standard error; not a number where the sample does not tell.
    pub error: f64,
}

/// A process fitted to a sample.
#[derive(Clone, Debug)]
pub struct Fitted {
    /// Which process.
    pub family: Family,
    /// Its parameters.
    pub parameters: Vec<Estimate>,
    /// Logarithm of the density of the whole sample.
    pub log_likelihood: f64,
    /// Akaike's criterion, 2·parameters − 2·log likelihood: lower is better.
    pub aic: f64,
    /// Whether the search came to rest.
    pub converged: bool,
    /// How well it fits.
    pub goodness: Goodness,
    /// The process, starting at the sample's last price.
    pub model: PriceModel,
}

/// Fits one process.
pub fn fit(family: Family, sample: &Sample) -> Fitted {
    match family {
        Family::Gbm => gbm::fit(sample),
        Family::Merton => merton::fit(sample),
        Family::Garch => garch::fit(sample),
        Family::Regimes => regimes::fit(sample),
    }
}

#[cfg(test)]
mod tests;
