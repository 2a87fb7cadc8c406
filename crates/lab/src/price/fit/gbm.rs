//! Geometric Brownian motion: the estimates are the sample's moments.

use super::goodness::Goodness;
use super::likelihood::{log_normal_density, normal_cdf};
use super::{Estimate, Family, Fitted, Sample};
use crate::price::{Gbm, PriceModel};

/// Standard errors: σ/√(2n) of the volatility σ; √(σ²/T + σ⁴/(2n)) of the drift over T years.
pub(super) fn fit(sample: &Sample) -> Fitted {
    let (n, step) = (sample.returns.len() as f64, sample.step());
    let (mean, variance) = sample.moments();
    let volatility = (variance / step).sqrt();
    let drift = mean / step + volatility.powi(2) / 2.0;
    let deviation = variance.sqrt();
    let scaled = sample.returns.iter().map(|r| (r - mean) / deviation);
    let density = scaled
        .clone()
        .map(|z| log_normal_density(z) - deviation.ln());
    let log_likelihood = density.sum();
    let drift_variance = volatility.powi(2) / (n * step) + volatility.powi(4) / (2.0 * n);
    Fitted {
        family: Family::Gbm,
        parameters: vec![
            Estimate {
                name: "volatility",
                value: volatility,
                error: volatility / (2.0 * n).sqrt(),
            },
            Estimate {
                name: "drift",
                value: drift,
                error: drift_variance.sqrt(),
            },
        ],
        log_likelihood,
        aic: 4.0 - 2.0 * log_likelihood,
        converged: true,
        goodness: Goodness::new(scaled.map(normal_cdf).collect()),
        model: PriceModel::Gbm(Gbm {
            start: sample.last,
            volatility,
            drift,
        }),
    }
}
