//! A base fee after EIP-1559, moved by background demand that rises when prices fall.
//!
//! Each block, everyone else wants a share of the block equal to
//! `demand · e^(stress·fall) · (initial/fee)^elasticity · e^(noise·N)`, with N a standard normal
//! number and `fall` the logarithmic fall of the stress asset from its highest price within the
//! window. Blocks are cut at the limit. The base fee then moves by at most one eighth, in proportion
//! to how far the block is from half full. The form of the demand is a modelling choice.

use crate::error::{ConfigError, require, require_not_negative, require_positive};
use chacha20::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use std::collections::VecDeque;

/// Share of a block at which the base fee stays.
const TARGET: f64 = 0.5;
/// Largest relative move of the base fee in one block.
const MOVE_MAX: f64 = 0.125;

/// The base-fee process.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BaseFee {
    /// Base fee at the start, gwei.
    pub initial_gwei: f64,
    /// Lowest base fee, gwei.
    pub min_gwei: f64,
    /// Priority fee on top, gwei.
    pub priority_gwei: f64,
    /// Share of a block that others want at the initial fee in calm; 0.5 keeps the fee.
    pub demand: f64,
    /// How demand falls with the fee; 1 halves it when the fee doubles.
    pub elasticity: f64,
    /// Standard deviation of the logarithm of demand from block to block.
    pub noise: f64,
    /// Rise of the logarithm of demand per unit of logarithmic fall of the stress asset.
    pub stress: f64,
    /// Position of the asset whose fall drives demand.
    pub stress_asset: usize,
    /// Seconds over which the fall is measured.
    pub window_s: u64,
}

impl BaseFee {
    pub(super) fn check(&self, assets: usize, field: &str) -> Result<(), ConfigError> {
        require_positive(self.initial_gwei, || format!("{field}.initial_gwei"))?;
        require_positive(self.min_gwei, || format!("{field}.min_gwei"))?;
        for (name, value) in [
            ("priority_gwei", self.priority_gwei),
            ("demand", self.demand),
            ("elasticity", self.elasticity),
            ("noise", self.noise),
            ("stress", self.stress),
        ] {
            require_not_negative(value, || format!("{field}.{name}"))?;
        }
        require(
            self.stress_asset < assets,
            || format!("{field}.stress_asset"),
            || {
                let found = self.stress_asset;
                format!("must name one of the {assets} assets, found {found}")
            },
        )
    }
}

/// State of the process.
#[derive(Clone, Debug, Default)]
pub(super) struct BaseFeeState {
    base_gwei: f64,
    fall: f64,
    /// Times and prices that can still become the window's highest: prices descend.
    highs: VecDeque<(u64, f64)>,
}

impl BaseFeeState {
    pub(super) fn new(fee: &BaseFee) -> Self {
        Self {
            base_gwei: fee.initial_gwei,
            ..Self::default()
        }
    }

    pub(super) fn gwei(&self, fee: &BaseFee) -> f64 {
        self.base_gwei + fee.priority_gwei
    }

    /// Takes the stress asset's price.
    pub(super) fn observe(&mut self, fee: &BaseFee, time: u64, usd: f64) {
        while self.highs.back().is_some_and(|(_, high)| *high <= usd) {
            self.highs.pop_back();
        }
        self.highs.push_back((time, usd));
        let oldest = time.saturating_sub(fee.window_s);
        while self.highs.front().is_some_and(|(t, _)| *t < oldest) {
            self.highs.pop_front();
        }
        let high = self.highs.front().map_or(usd, |(_, high)| *high);
        self.fall = if usd > 0.0 { (high / usd).ln() } else { 0.0 };
    }

    /// Fills a block with background demand beside the liquidations' share and moves the fee.
    pub(super) fn close_block(&mut self, fee: &BaseFee, share: f64, rng: &mut ChaCha8Rng) {
        let noise: f64 = StandardNormal.sample(rng);
        let dearer = fee.initial_gwei / self.base_gwei;
        let demand = fee.demand
            * (fee.stress * self.fall + fee.noise * noise).exp()
            * power(dearer, fee.elasticity);
        let used = (demand + share).min(1.0);
        let moved = 1.0 + MOVE_MAX * (used - TARGET) / TARGET;
        self.base_gwei = (self.base_gwei * moved).max(fee.min_gwei);
    }
}

/// A power whose usual exponent costs nothing.
fn power(base: f64, exponent: f64) -> f64 {
    if exponent == 1.0 {
        base
    } else {
        base.powf(exponent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, stream};

    const CALM: BaseFee = BaseFee {
        initial_gwei: 20.0,
        min_gwei: 1.0,
        priority_gwei: 2.0,
        demand: 0.5,
        elasticity: 1.0,
        noise: 0.0,
        stress: 10.0,
        stress_asset: 0,
        window_s: 600,
    };

    fn after(fee: &BaseFee, prices: &[f64], blocks: usize, share: f64) -> f64 {
        let mut state = BaseFeeState::new(fee);
        let mut rng = stream(1, Purpose::Gas);
        for (i, usd) in prices.iter().enumerate() {
            state.observe(fee, 60 * i as u64, *usd);
            for _ in 0..blocks {
                state.close_block(fee, share, &mut rng);
            }
        }
        state.gwei(fee)
    }

    #[test]
    fn the_fee_follows_demand() {
        assert_eq!(after(&CALM, &[100.0; 5], 5, 0.0), 22.0);
        assert!((after(&CALM, &[100.0], 1, 1.0) - 24.5).abs() < 1e-9);
        let crash = [100.0, 90.0, 80.0, 70.0];
        let calm_after = after(&CALM, &crash, 5, 0.0);
        assert!(calm_after > 30.0, "{calm_after}");
        let recovered = [&crash[..], &[70.0; 60]].concat();
        let later = after(&CALM, &recovered, 5, 0.0);
        assert!((later - 22.0).abs() < 1.0, "{later}");
        let empty = BaseFee {
            demand: 0.0,
            ..CALM
        };
        assert_eq!(after(&empty, &[100.0; 50], 5, 0.0), 3.0);
    }
}
