//! A price that is pegged to another one or to the dollar, with a discount that varies, breaks out
//! and comes back: stablecoins, staked and wrapped tokens.
//!
//! Price = peg · e^−d with d = x + y, exact in law on the grid:
//!
//! - x reverts to its mean: dx = ln 2/half-life · (mean − x) dt − σ dW (Ornstein–Uhlenbeck). The
//!   main shock drives it; a positive shock lowers the discount, so positive correlation with
//!   another asset means that both prices rise together.
//! - y jumps up by max(0, N(m, δ²)) with intensity λ and halves in every recovery half-life. Jumps
//!   come from the asset's own stream.

use super::arrivals::Arrivals;
use super::exponential::exponentiate;
use super::follows::check_leader;
use super::plan::{Draw, Process};
use super::{Grid, INTENSITY_MAX, JUMP_MAX, VOLATILITY_MAX, years};
use crate::error::{ConfigError, require_positive, require_within};
use rand_distr::{Distribution, StandardNormal};
use std::f64::consts::LN_2;

/// A pegged price. Discounts are differences of logarithms: 0.02 is 1.98 % below the peg.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Peg {
    /// Position of the asset to which the price is pegged; the dollar where there is none.
    pub to: Option<usize>,
    /// Whole tokens of it, or dollars, that one token stands for.
    pub ratio: f64,
    /// Discount at the start.
    pub first_discount: f64,
    /// Mean of x.
    pub mean_discount: f64,
    /// σ: volatility of x, a year.
    pub volatility: f64,
    /// Seconds in which half of a difference of x from its mean is gone, in expectation.
    pub half_life_s: f64,
    /// How the peg breaks.
    pub depeg: Depeg,
}

/// Sudden discounts.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Depeg {
    /// λ: expected number a year; 0 for none.
    pub intensity: f64,
    /// m: mean of a jump.
    pub mean: f64,
    /// δ: standard deviation of a jump.
    pub deviation: f64,
    /// Seconds in which half of a jump is gone.
    pub recovery_half_life_s: f64,
}

#[derive(Debug)]
struct Ready {
    ratio: f64,
    first: f64,
    mean: f64,
    /// Share of a difference of x that is left after a step.
    kept: f64,
    noise: f64,
    jumps_per_step: f64,
    jump: (f64, f64),
    /// Half-lives of a jump that pass in a step.
    recovery: f64,
}

impl Peg {
    pub(super) fn prepare(
        &self,
        assets: usize,
        grid: &Grid,
        field: &str,
    ) -> Result<Box<dyn Process>, ConfigError> {
        let at = |name: &str| format!("{field}.{name}");
        if let Some(leader) = self.to {
            check_leader(leader, assets, field)?;
        }
        let discount = (-JUMP_MAX, JUMP_MAX);
        require_positive(self.ratio, || at("ratio"))?;
        require_within(self.first_discount, discount, || at("first_discount"))?;
        require_within(self.mean_discount, discount, || at("mean_discount"))?;
        require_within(self.volatility, (0.0, VOLATILITY_MAX), || at("volatility"))?;
        require_positive(self.half_life_s, || at("half_life_s"))?;
        let depeg = &self.depeg;
        require_within(depeg.intensity, (0.0, INTENSITY_MAX), || {
            at("depeg.intensity")
        })?;
        require_within(depeg.mean, (0.0, JUMP_MAX), || at("depeg.mean"))?;
        require_within(depeg.deviation, (0.0, JUMP_MAX), || at("depeg.deviation"))?;
        if depeg.intensity > 0.0 {
            require_positive(depeg.recovery_half_life_s, || {
                at("depeg.recovery_half_life_s")
            })?;
        }
        let step_s = f64::from(grid.step_s);
        let speed = LN_2 / years(self.half_life_s);
        let gone = -(-2.0 * LN_2 * step_s / self.half_life_s).exp_m1();
        Ok(Box::new(Ready {
            ratio: self.ratio,
            first: self.first_discount,
            mean: self.mean_discount,
            kept: (-LN_2 * step_s / self.half_life_s).exp(),
            noise: self.volatility * (gone / (2.0 * speed)).sqrt(),
            jumps_per_step: depeg.intensity * years(step_s),
            jump: (depeg.mean, depeg.deviation),
            recovery: if depeg.intensity > 0.0 {
                step_s / depeg.recovery_half_life_s
            } else {
                0.0
            },
        }))
    }
}

impl Process for Ready {
    fn driven(&self) -> bool {
        true
    }

    fn draw(&self, path: &mut [f64], draw: &Draw<'_>) {
        let mut rng = draw.private();
        let mut arrivals = Arrivals::new(self.jumps_per_step, &mut rng);
        let Some((first, rest)) = path.split_first_mut() else {
            return;
        };
        *first = -self.first;
        let (mut steady, mut broken) = (self.first, 0.0);
        let left = (-self.recovery).exp2();
        for value in rest {
            steady = self.mean + (steady - self.mean) * self.kept - self.noise * *value;
            broken *= left;
            arrivals.step(&mut rng, |share, rng| {
                let noise: f64 = StandardNormal.sample(rng);
                let size = (self.jump.0 + self.jump.1 * noise).max(0.0);
                broken += size * (-self.recovery * share).exp2();
            });
            *value = -(steady + broken);
        }
        exponentiate(path, self.ratio);
    }
}

#[cfg(test)]
mod tests;
