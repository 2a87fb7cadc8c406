//! How the price of a Dutch auction falls.

use super::{Ray, power};
use crate::units::{Overflow, Price, RAY, Rounding, U256, checked_mul_div, div, mul};

/// A rule for the price after some time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PriceCurve {
    /// Falls in a straight line to zero.
    Linear {
        /// Seconds until the price is zero.
        duration: U256,
    },
    /// Falls by the same share at the end of every step.
    Stairstep {
        /// What is left of the price after a step.
        cut: Ray,
        /// Seconds of a step.
        step: U256,
    },
    /// Falls by the same share every second.
    Exponential {
        /// What is left of the price after a second.
        cut: Ray,
    },
}

impl PriceCurve {
    /// The price after `elapsed` seconds of an auction that began at `top`. Rounds down, and so in
    /// favour of the buyer; the power before it rounds half up.
    ///
    /// # Errors
    /// [`Overflow`] where a product needs more than 256 bits or a step has no length.
    pub fn price(&self, top: Price, elapsed: U256) -> Result<Price, Overflow> {
        let left = match *self {
            Self::Linear { duration } if elapsed >= duration => return Ok(Price::ZERO),
            Self::Linear { duration } => {
                let rest = duration.saturating_sub(elapsed);
                div(mul(rest, RAY)?, duration)?
            }
            Self::Stairstep { cut, step } => power(cut.0, div(elapsed, step)?, RAY)?,
            Self::Exponential { cut } => power(cut.0, elapsed, RAY)?,
        };
        checked_mul_div(top.0, left, RAY, Rounding::Floor).map(Price)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn falls_as_named() {
        let n = |n: u64| U256::from(n);
        let half = Ray(RAY / U256::from(2));
        let linear = PriceCurve::Linear { duration: n(100) };
        let steps = PriceCurve::Stairstep {
            cut: half,
            step: n(60),
        };
        let broken = PriceCurve::Stairstep {
            cut: half,
            step: n(0),
        };
        let seconds = PriceCurve::Exponential { cut: half };
        let cases = [
            (linear, 1000, 0, Ok(1000)),
            (linear, 1000, 25, Ok(750)),
            (linear, 1000, 99, Ok(10)),
            (linear, 1000, 100, Ok(0)),
            (linear, 1000, 101, Ok(0)),
            (steps, 1000, 59, Ok(1000)),
            (steps, 1000, 60, Ok(500)),
            (steps, 1000, 180, Ok(125)),
            (steps, 999, 60, Ok(499)),
            (broken, 1000, 60, Err(Overflow::DivisionByZero)),
            (seconds, 1000, 3, Ok(125)),
        ];
        for (curve, top, elapsed, want) in cases {
            let got = curve.price(Price::new(top), n(elapsed));
            assert_eq!(got, want.map(Price::new), "{curve:?} {top} {elapsed}");
        }
    }
}
