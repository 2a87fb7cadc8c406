//! The square-root law of market impact: a sale of Q out of a daily volume V moves the price by
//! Y·σ·√(Q/V), with σ the daily volatility and Y a coefficient near 1 (Donier and Bonart 2015 for
//! Bitcoin; Sato and Kanazawa 2025 for stocks).
//!
//! The law is taken in the logarithm of the price, so proceeds stay positive, and as a function of
//! the net amount sold that has not been digested, so that cutting an order into pieces changes
//! nothing. With a = Y·σ/√V the price after q tokens is reference·e^(−a√q), and the proceeds are
//! its integral. The law is not meant for moves beyond e^3; trades stop there.

use super::{Fill, Side};
use crate::error::{ConfigError, require_positive};

/// Largest displacement, in the logarithm of the price.
const DISPLACEMENT_MAX: f64 = 3.0;

/// A market known by its volume and volatility alone.
#[derive(Clone, Copy, Debug)]
pub struct SquareRoot {
    coefficient: f64,
    daily_volatility: f64,
    daily_volume_usd: f64,
    /// Logarithm of price over reference.
    displacement: f64,
    /// Price over reference.
    factor: f64,
    anchor: Anchor,
}

/// What a fill needs of the displacement and the reference, which change less often than quotes are asked for.
#[derive(Clone, Copy, Debug)]
struct Anchor {
    reference: f64,
    /// Logarithm of the price's move by the square root of a token.
    a: f64,
    /// Tokens net of the largest displacement.
    limit: f64,
    /// Tokens net sold so far.
    from: f64,
    /// What they brought, over the reference.
    cash: f64,
}

impl SquareRoot {
    /// A market at rest: impact coefficient (about 1), daily volatility as a share (0.05 is 5 %),
    /// daily volume in USD.
    pub fn new(coefficient: f64, daily_volatility: f64, daily_volume_usd: f64) -> Self {
        Self {
            coefficient,
            daily_volatility,
            daily_volume_usd,
            displacement: 0.0,
            factor: 1.0,
            anchor: Anchor {
                reference: f64::NAN,
                a: 0.0,
                limit: 0.0,
                from: 0.0,
                cash: 0.0,
            },
        }
    }

    pub(super) fn check(&self, field: &str) -> Result<(), ConfigError> {
        for (name, value) in [
            ("coefficient", self.coefficient),
            ("daily_volatility", self.daily_volatility),
            ("daily_volume_usd", self.daily_volume_usd),
        ] {
            require_positive(value, || format!("{field}.{name}"))?;
        }
        Ok(())
    }

    pub(super) fn mid(&self, reference: f64) -> f64 {
        reference * self.factor
    }

    /// The fill, and the displacement after it.
    pub(super) fn fill(&self, reference: f64, fee: f64, side: Side, base: f64) -> (Fill, f64) {
        let Anchor {
            a,
            limit,
            from,
            cash: brought,
            ..
        } = if self.anchor.reference == reference {
            self.anchor
        } else {
            self.anchored(reference)
        };
        let (to, after_fee) = match side {
            Side::Sell => ((from + base).min(limit).max(from), 1.0 - fee),
            Side::Buy => ((from - base).max(-limit).min(from), 1.0 + fee),
        };
        let usd = reference * (cash(a, to) - brought).abs() * after_fee;
        let displacement = -to.signum() * a * to.abs().sqrt();
        let mid_after = reference * displacement.exp();
        (Fill::new((to - from).abs(), usd, mid_after), displacement)
    }

    pub(super) fn trade(&mut self, reference: f64, fee: f64, side: Side, base: f64) -> Fill {
        let (fill, after) = self.fill(reference, fee, side, base);
        self.displace(after, reference);
        fill
    }

    /// Takes a new reference.
    pub(super) fn anchor(&mut self, reference: f64) {
        self.anchor = self.anchored(reference);
    }

    fn anchored(&self, reference: f64) -> Anchor {
        let a = self.impact(reference);
        let from = -self.displacement.signum() * (self.displacement / a).powi(2);
        Anchor {
            reference,
            a,
            limit: (DISPLACEMENT_MAX / a).powi(2),
            from,
            cash: cash(a, from),
        }
    }

    fn impact(&self, reference: f64) -> f64 {
        let volume = self.daily_volume_usd / reference;
        self.coefficient * self.daily_volatility / volume.sqrt()
    }

    /// Tokens until the mid is `price`.
    pub(super) fn until(&self, reference: f64, side: Side, price: f64) -> f64 {
        let a = self.impact(reference);
        let sold = |displacement: f64| -displacement.signum() * (displacement / a).powi(2);
        let limit = DISPLACEMENT_MAX.max(self.displacement.abs());
        let to = sold((price / reference).ln().clamp(-limit, limit));
        let from = sold(self.displacement);
        match side {
            Side::Sell => (to - from).max(0.0),
            Side::Buy => (from - to).max(0.0),
        }
    }

    pub(super) fn recover(&mut self, keep: f64, reference: f64) {
        self.displace(self.displacement * keep, reference);
    }

    fn displace(&mut self, displacement: f64, reference: f64) {
        self.displacement = displacement;
        self.factor = displacement.exp();
        self.anchor(reference);
    }
}

/// Integral of e^(−sign(u)·a·√|u|) from 0 to `sold`.
fn cash(a: f64, sold: f64) -> f64 {
    let z = sold.signum() * a * sold.abs().sqrt();
    // Near zero the closed form 2(1 − e^(−z)(1+z))/z² loses its digits; the series does not.
    let mean = if z.abs() < 0.02 {
        1.0 + z * (-2.0 / 3.0 + z * (0.25 + z * (-1.0 / 15.0 + z * (1.0 / 72.0 - z / 420.0))))
    } else {
        2.0 * (1.0 - (-z).exp() * (1.0 + z)) / (z * z)
    };
    sold * mean
}
