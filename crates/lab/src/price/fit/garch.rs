//! GARCH(1,1) with Student-t innovations, a period being a return of the sample.
//!
//! The variance in the long run is that of the sample ("variance targeting", Engle and Mezrich 1996),
//! and the recursion begins with it; the other parameters are the likeliest given that. Without this
//! α + β comes so close to 1 in samples with heavy tails that the likelihood says nothing about the
//! long run. α + β is at most 0.9995. The standard error of the volatility allows for clustering: it
//! takes the autocovariances of the squares up to lag √n with falling weights (Newey and West 1987).

use super::likelihood::{Likelihood, Wanted, logit, maximise, share};
use super::{Family, Fitted, Sample};
use crate::price::{Garch, PriceModel};
use statrs::distribution::{ContinuousCDF, StudentsT};
use statrs::function::gamma::ln_gamma;

/// Largest α + β.
const PERSISTENCE_MAX: f64 = 0.999_5;

struct Process<'a> {
    sample: &'a Sample,
    mean: f64,
    variance: f64,
}

/// Parameters of one return.
struct OneStep {
    mean: f64,
    alpha: f64,
    beta: f64,
    degrees: f64,
}

pub(super) fn fit(sample: &Sample) -> Fitted {
    let (mean, variance) = sample.moments();
    let process = Process {
        sample,
        mean,
        variance,
    };
    let mut fitted = maximise(sample, &process);
    if let Some(volatility) = fitted.parameters.first_mut() {
        volatility.error = volatility_error(sample, mean, variance);
    }
    // The variance in the long run is estimated too.
    fitted.aic += 2.0;
    fitted
}

/// Standard error of the sample's volatility, a year, where squares are autocorrelated.
fn volatility_error(sample: &Sample, mean: f64, variance: f64) -> f64 {
    let n = sample.returns.len() as f64;
    let off = |r: &f64| (r - mean).powi(2) - variance;
    let squares: Vec<f64> = sample.returns.iter().map(off).collect();
    let covariance = |lag: usize| -> f64 {
        let later = squares.iter().skip(lag);
        squares.iter().zip(later).map(|(a, b)| a * b).sum::<f64>() / n
    };
    let lags = n.sqrt() as usize;
    let weighted = |lag: usize| {
        let weight = 1.0 - lag as f64 / (lags as f64 + 1.0);
        2.0 * weight * covariance(lag)
    };
    let long_run: f64 = covariance(0) + (1..=lags).map(weighted).sum::<f64>();
    let error = (long_run.max(0.0) / n).sqrt();
    error / (2.0 * variance.sqrt()) / sample.step().sqrt()
}

impl Process<'_> {
    /// Free: α + β, α's part of it, degrees of freedom, mean in its standard errors.
    fn one_step(&self, free: &[f64]) -> OneStep {
        let persistence = PERSISTENCE_MAX * share(free[0]);
        let alpha = persistence * share(free[1]);
        let n = self.sample.returns.len() as f64;
        OneStep {
            mean: self.mean + free[3] * (self.variance / n).sqrt(),
            alpha,
            beta: persistence - alpha,
            degrees: 2.0 + free[2].exp(),
        }
    }

    /// Calls `each` with every innovation and its variance; returns the variance that comes next.
    fn variances(&self, one: &OneStep, mut each: impl FnMut(f64, f64)) -> f64 {
        let omega = self.variance * (1.0 - one.alpha - one.beta);
        let mut variance = self.variance;
        for r in &self.sample.returns {
            let innovation = r - one.mean;
            each(innovation, variance);
            variance = omega + one.alpha * innovation * innovation + one.beta * variance;
        }
        variance
    }
}

impl Likelihood for Process<'_> {
    fn family(&self) -> Family {
        Family::Garch
    }

    fn names(&self) -> &'static [&'static str] {
        &["volatility", "alpha", "beta", "degrees", "drift"]
    }

    fn natural(&self, free: &[f64]) -> Vec<f64> {
        let (one, step) = (self.one_step(free), self.sample.step());
        let variance = self.variance / step;
        let drift = one.mean / step + variance / 2.0;
        vec![variance.sqrt(), one.alpha, one.beta, one.degrees, drift]
    }

    fn walk(&self, free: &[f64], wanted: Wanted, each: &mut dyn FnMut(f64, f64)) {
        /// Above this the innovations are normal for every purpose, and the search would drift.
        const DEGREES_MAX: f64 = 1_000.0;
        let one = self.one_step(free);
        let nu = one.degrees;
        let Ok(law) = StudentsT::new(0.0, 1.0, nu.min(DEGREES_MAX)) else {
            return each(f64::NAN, f64::NAN);
        };
        if nu > DEGREES_MAX {
            return each(f64::NAN, f64::NAN);
        }
        let constant = ln_gamma((nu + 1.0) / 2.0)
            - ln_gamma(nu / 2.0)
            - 0.5 * ((nu - 2.0) * std::f64::consts::PI).ln();
        self.variances(&one, |innovation, variance| {
            let ratio = innovation * innovation / (variance * (nu - 2.0));
            let density = constant - 0.5 * variance.ln() - 0.5 * (nu + 1.0) * ratio.ln_1p();
            let chance = match wanted {
                Wanted::Densities => 0.0,
                Wanted::Chances => law.cdf(innovation * (nu / (variance * (nu - 2.0))).sqrt()),
            };
            each(density, chance);
        });
    }

    fn starts(&self) -> Vec<Vec<f64>> {
        let mut starts = Vec::new();
        for persistence in [0.8, 0.95, 0.99] {
            for alpha in [0.05, 0.15] {
                for degrees in [2.0f64, 8.0] {
                    starts.push(vec![logit(persistence), logit(alpha), degrees.ln(), 0.0]);
                }
            }
        }
        starts
    }

    fn model(&self, free: &[f64]) -> PriceModel {
        let (natural, one) = (self.natural(free), self.one_step(free));
        let next = self.variances(&one, |_, _| {});
        PriceModel::Garch(Garch {
            start: self.sample.last,
            volatility: natural[0],
            first_volatility: (next / self.sample.step()).sqrt(),
            drift: natural[4],
            alpha: natural[1],
            beta: natural[2],
            degrees: natural[3],
            period_s: self.sample.step_s,
        })
    }
}
