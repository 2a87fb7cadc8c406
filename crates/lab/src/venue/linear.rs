//! Impact in proportion to the amount: a net sale of q tokens moves the logarithm of the price by
//! −λ·q (Kyle 1985; the market of Almgren and Chriss 2001 for moves that are small).
//!
//! With the price reference·e^(−λq) after q tokens the proceeds are its integral,
//! reference·(1 − e^(−λq))/λ. The law is not meant for moves beyond e^3; trades stop there.

use super::{Fill, Side};
use crate::error::{ConfigError, require_positive};

/// Largest displacement, in the logarithm of the price.
const DISPLACEMENT_MAX: f64 = 3.0;

/// A market with linear impact.
#[derive(Clone, Copy, Debug)]
pub struct Linear {
    /// λ, a token.
    impact: f64,
    /// Logarithm of price over reference.
    displacement: f64,
}

impl Linear {
    /// A market at rest whose log price moves by so much for each token.
    pub fn new(impact: f64) -> Self {
        Self {
            impact,
            displacement: 0.0,
        }
    }

    pub(super) fn check(&self, field: &str) -> Result<(), ConfigError> {
        require_positive(self.impact, || format!("{field}.impact"))
    }

    pub(super) fn mid(&self, reference: f64) -> f64 {
        reference * self.displacement.exp()
    }

    /// The fill, and the displacement after it.
    pub(super) fn fill(&self, reference: f64, fee: f64, side: Side, base: f64) -> (Fill, f64) {
        let from = self.displacement;
        let moved = self.impact * base;
        let (to, after_fee) = match side {
            Side::Sell => ((from - moved).max(-DISPLACEMENT_MAX).min(from), 1.0 - fee),
            Side::Buy => ((from + moved).min(DISPLACEMENT_MAX).max(from), 1.0 + fee),
        };
        let whole = to == from - moved || to == from + moved;
        let base = if whole {
            base
        } else {
            (to - from).abs() / self.impact
        };
        let mid = self.mid(reference);
        let usd = mid * (to - from).exp_m1().abs() / self.impact * after_fee;
        (Fill::new(base, usd, reference * to.exp()), to)
    }

    pub(super) fn trade(&mut self, reference: f64, fee: f64, side: Side, base: f64) -> Fill {
        let (fill, after) = self.fill(reference, fee, side, base);
        self.displacement = after;
        fill
    }

    /// Tokens until the mid is `price`.
    pub(super) fn until(&self, reference: f64, side: Side, price: f64) -> f64 {
        let limit = DISPLACEMENT_MAX.max(self.displacement.abs());
        let to = (price / reference).ln().clamp(-limit, limit);
        let moved = match side {
            Side::Sell => self.displacement - to,
            Side::Buy => to - self.displacement,
        };
        moved.max(0.0) / self.impact
    }

    pub(super) fn recover(&mut self, keep: f64) {
        self.displacement *= keep;
    }
}
