//! How far two prices are apart.

use crate::units::{BPS, Price, Rounding, mul_div};

/// A relative distance in basis points, rounded up; `u64::MAX` where it is larger or the reference is
/// zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Deviation(pub u64);

impl Deviation {
    /// How far a price is from a reference, such as a mark price from its index, as a part of the
    /// reference. Rounds up, so that a limit is never passed unseen.
    pub fn between(price: Price, reference: Price) -> Self {
        let apart = price.0.abs_diff(reference.0);
        let bps = mul_div(apart, BPS, reference.0, Rounding::Ceil);
        Self(bps.map_or(u64::MAX, |bps| bps.saturating_to()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_up() {
        for (price, reference, want) in [
            (100, 100, 0),
            (101, 100, 100),
            (99, 100, 100),
            (100_001, 100_000, 1),
            (0, 7, 10_000),
            (7, 0, u64::MAX),
            (0, 0, u64::MAX),
            (u128::MAX, 1, u64::MAX),
        ] {
            let got = Deviation::between(Price::new(price), Price::new(reference));
            assert_eq!(got, Deviation(want), "{price} against {reference}");
        }
    }
}
