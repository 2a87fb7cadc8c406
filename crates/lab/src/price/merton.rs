//! Geometric Brownian motion with jumps (Merton 1976), exact in law on the grid.

use super::arrivals::Arrivals;
use super::exponential::exponentiate;
use super::fall::Jumps;
use super::plan::{Draw, Process};
use super::{Grid, INTENSITY_MAX, JUMP_MAX, check_trend, years};
use crate::error::{ConfigError, require_within};
use rand_distr::{Distribution, StandardNormal};

/// A price that diffuses and jumps. Jumps come with intensity λ; the log of the price jumps by
/// N(m, δ²). The drift is compensated: ln(S_t/S_0) = (μ − σ²/2 − λκ)·t + σ·W_t + jumps with
/// κ = e^{m + δ²/2} − 1, so that E\[S_t\] = S_0·e^{μt}.
///
/// Mean of the log return: (μ − σ²/2 − λκ + λm)·t; variance: (σ² + λ(m² + δ²))·t.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Merton {
    /// Price at the start, USD.
    pub start: f64,
    /// σ: volatility of the diffusion, a year.
    pub volatility: f64,
    /// μ: growth of the expected price, a year.
    pub drift: f64,
    /// λ: expected number of jumps a year.
    pub intensity: f64,
    /// m: mean of a jump of the log price.
    pub jump_mean: f64,
    /// δ: standard deviation of a jump of the log price.
    pub jump_deviation: f64,
}

#[derive(Debug)]
struct Ready {
    start: f64,
    mean: f64,
    deviation: f64,
    jumps_per_step: f64,
    jump_mean: f64,
    jump_deviation: f64,
}

impl Merton {
    pub(super) fn prepare(
        &self,
        grid: &Grid,
        field: &str,
    ) -> Result<Box<dyn Process>, ConfigError> {
        check_trend(self.start, self.volatility, self.drift, field)?;
        let at = |name: &str| format!("{field}.{name}");
        require_within(self.intensity, (0.0, INTENSITY_MAX), || at("intensity"))?;
        require_within(self.jump_mean, (-JUMP_MAX, JUMP_MAX), || at("jump_mean"))?;
        let deviation = (0.0, JUMP_MAX);
        require_within(self.jump_deviation, deviation, || at("jump_deviation"))?;
        let step = years(f64::from(grid.step_s));
        let growth = (self.jump_mean + self.jump_deviation.powi(2) / 2.0).exp_m1();
        let drift = self.drift - self.volatility.powi(2) / 2.0 - self.intensity * growth;
        Ok(Box::new(Ready {
            start: self.start,
            mean: drift * step,
            deviation: self.volatility * step.sqrt(),
            jumps_per_step: self.intensity * step,
            jump_mean: self.jump_mean,
            jump_deviation: self.jump_deviation,
        }))
    }
}

impl Process for Ready {
    fn driven(&self) -> bool {
        true
    }

    fn jumps(&self) -> Option<Jumps> {
        Some(Jumps {
            per_step: self.jumps_per_step,
            mean: self.jump_mean,
            deviation: self.jump_deviation,
            diffusion: self.deviation,
        })
    }

    fn draw(&self, path: &mut [f64], draw: &Draw<'_>) {
        let mut rng = draw.private();
        let (factor, shift) = draw
            .jumps
            .map_or((1.0, 0.0), |jumps| (jumps.factor, jumps.shift));
        let mut arrivals = Arrivals::new(self.jumps_per_step * factor, &mut rng);
        let Some((first, rest)) = path.split_first_mut() else {
            return;
        };
        *first = 0.0;
        let (mut count, mut sizes) = (0, 0.0);
        let mut log = 0.0;
        for value in rest {
            log += self.mean + self.deviation * *value;
            arrivals.step(&mut rng, |_, rng| {
                let drawn: f64 = StandardNormal.sample(rng);
                let size = drawn - shift;
                log += self.jump_mean + self.jump_deviation * size;
                count += 1;
                sizes += size;
            });
            *value = log;
        }
        if let Some(jumps) = draw.jumps {
            jumps.count.set(count);
            jumps.sizes.set(sizes);
        }
        exponentiate(path, self.start);
    }
}

#[cfg(test)]
mod tests;
