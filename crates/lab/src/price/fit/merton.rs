//! Merton's jump diffusion: a return is normal given its number of jumps, which is Poisson.

use super::likelihood::{Likelihood, Wanted, logit, maximise, normal_cdf, share};
use super::{Family, Fitted, Sample};
use crate::price::{Merton, PriceModel};

/// Most jumps in one return that are counted.
const JUMPS_MAX: u32 = 40;
/// Chance of more jumps that is left out.
const CHANCE_LEFT: f64 = 1e-10;
/// Most jumps expected in a return: beyond one, jumps cannot be told from diffusion.
const EXPECTED_MAX: f64 = 1.0;

struct Process<'a> {
    sample: &'a Sample,
    /// Standard deviation of a return.
    deviation: f64,
    /// Mean return.
    mean: f64,
}

/// Parameters of one return.
struct OneStep {
    mean: f64,
    variance: f64,
    expected: f64,
    jump_mean: f64,
    jump_variance: f64,
}

pub(super) fn fit(sample: &Sample) -> Fitted {
    let (mean, variance) = sample.moments();
    let process = Process {
        sample,
        deviation: variance.sqrt(),
        mean,
    };
    maximise(sample, &process)
}

impl Process<'_> {
    /// Free: share of the standard deviation that is diffusion, jumps expected in a return, mean and
    /// deviation of a jump in standard deviations, mean of the diffusion in its standard errors.
    ///
    /// The diffusion keeps at least a tenth of the deviation, else a single return could be given
    /// infinite density.
    fn one_step(&self, free: &[f64]) -> OneStep {
        let n = self.sample.returns.len() as f64;
        OneStep {
            mean: self.mean + free[4] * self.deviation / n.sqrt(),
            variance: (self.deviation * (0.1 + 0.95 * share(free[0]))).powi(2),
            expected: EXPECTED_MAX * share(free[1]),
            jump_mean: free[2] * self.deviation,
            jump_variance: (free[3].exp() * self.deviation).powi(2),
        }
    }
}

impl Likelihood for Process<'_> {
    fn family(&self) -> Family {
        Family::Merton
    }

    fn names(&self) -> &'static [&'static str] {
        &[
            "volatility",
            "intensity",
            "jump_mean",
            "jump_deviation",
            "drift",
        ]
    }

    fn natural(&self, free: &[f64]) -> Vec<f64> {
        let (one, step) = (self.one_step(free), self.sample.step());
        let (variance, intensity) = (one.variance / step, one.expected / step);
        let growth = (one.jump_mean + one.jump_variance / 2.0).exp_m1();
        vec![
            variance.sqrt(),
            intensity,
            one.jump_mean,
            one.jump_variance.sqrt(),
            one.mean / step + variance / 2.0 + intensity * growth,
        ]
    }

    fn walk(&self, free: &[f64], wanted: Wanted, each: &mut dyn FnMut(f64, f64)) {
        let one = self.one_step(free);
        let (mut parts, mut chance, mut left) = (Vec::new(), (-one.expected).exp(), 1.0);
        for jumps in 0..=JUMPS_MAX {
            let k = f64::from(jumps);
            let deviation = (one.variance + k * one.jump_variance).sqrt();
            parts.push((chance, one.mean + k * one.jump_mean, deviation.recip()));
            left -= chance;
            chance *= one.expected / (k + 1.0);
            if left < CHANCE_LEFT {
                break;
            }
        }
        let scale = (2.0 * std::f64::consts::PI).sqrt().recip();
        for r in &self.sample.returns {
            let density: f64 = parts
                .iter()
                .map(|(chance, mean, inverse)| {
                    let z = (r - mean) * inverse;
                    chance * inverse * (-0.5 * z * z).exp()
                })
                .sum();
            let below = match wanted {
                Wanted::Densities => 0.0,
                Wanted::Chances => parts
                    .iter()
                    .map(|(chance, mean, inverse)| chance * normal_cdf((r - mean) * inverse))
                    .sum(),
            };
            each((density * scale).ln(), below);
        }
    }

    fn starts(&self) -> Vec<Vec<f64>> {
        let mut starts = Vec::new();
        for expected in [0.01, 0.05, 0.2] {
            for jump in [1.5f64, 3.0] {
                starts.push(vec![0.5, logit(expected), 0.0, jump.ln(), 0.0]);
            }
        }
        starts
    }

    fn model(&self, free: &[f64]) -> PriceModel {
        let natural = self.natural(free);
        PriceModel::Merton(Merton {
            start: self.sample.last,
            volatility: natural[0],
            drift: natural[4],
            intensity: natural[1],
            jump_mean: natural[2],
            jump_deviation: natural[3],
        })
    }
}
