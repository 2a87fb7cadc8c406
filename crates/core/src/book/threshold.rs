//! The price at which an account becomes liquidatable, in closed form.

use crate::units::{Price, Rounding, U256, mul_div};
use std::cmp::Ordering;

/// Both sides of an account's solvency as straight lines in one price `p`.
///
/// - weighted collateral = `fixed_collateral` + `collateral` · p ÷ `unit`
/// - debt = `fixed_debt` + `debt` · p ÷ `unit`
///
/// All four are in one scale of the caller's choice (such as base units × bps) and already carry
/// liquidation thresholds and interest. For one asset, `p` is its oracle price, `collateral` and
/// `debt` are amounts times weight, and `unit` is 10^decimals. For several assets that move by
/// the same factor, `p` is that factor in wad, `collateral` and `debt` are values at present
/// prices, and `unit` is 10^18.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Solvency {
    /// Weighted collateral that does not depend on `p`.
    pub fixed_collateral: U256,
    /// Weighted collateral per `unit` of `p`.
    pub collateral: U256,
    /// Debt that does not depend on `p`.
    pub fixed_debt: U256,
    /// Debt per `unit` of `p`.
    pub debt: U256,
    /// Divisor of the products with `p`; zero is read as one.
    pub unit: U256,
}

/// Where an account is liquidatable: its weighted collateral is less than its debt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Threshold {
    /// At no price.
    Never,
    /// At every price.
    Always,
    /// At this price and at every lower one: the account is long.
    Below(Price),
    /// At this price and at every higher one: the account is short.
    Above(Price),
}

impl Threshold {
    /// Whether the account is liquidatable at a price.
    pub fn contains(self, price: Price) -> bool {
        match self {
            Self::Never => false,
            Self::Always => true,
            Self::Below(highest) => price <= highest,
            Self::Above(lowest) => price >= lowest,
        }
    }
}

impl Solvency {
    /// The integer prices at which the account is liquidatable. Exact for the two lines; a
    /// contract that rounds each item's value may differ by what its roundings are worth.
    ///
    /// ```
    /// use backstop_core::book::{Solvency, Threshold};
    /// use backstop_core::units::{Price, U256};
    ///
    /// // 2 whole tokens at a threshold of 80 % against a debt of 100.
    /// let account = Solvency {
    ///     collateral: U256::from(2 * 8_000),
    ///     fixed_debt: U256::from(100 * 10_000),
    ///     unit: U256::ONE,
    ///     ..Solvency::default()
    /// };
    /// // 1.6 · 62 = 99.2 is less than 100, 1.6 · 63 = 100.8 is not.
    /// assert_eq!(account.threshold(), Threshold::Below(Price::new(62)));
    /// ```
    pub fn threshold(&self) -> Threshold {
        match self.collateral.cmp(&self.debt) {
            Ordering::Greater => self.long(),
            Ordering::Less => self.short(),
            Ordering::Equal if self.fixed_collateral < self.fixed_debt => Threshold::Always,
            Ordering::Equal => Threshold::Never,
        }
    }

    /// Liquidatable where `p < gap · unit ÷ slope`: the highest such integer is one below the
    /// quotient rounded up.
    fn long(&self) -> Threshold {
        let gap = self.fixed_debt.saturating_sub(self.fixed_collateral);
        let slope = self.collateral.saturating_sub(self.debt);
        let quotient = mul_div(gap, self.unit.max(U256::ONE), slope, Rounding::Ceil);
        match quotient.map(|price| price.checked_sub(U256::ONE)) {
            Ok(Some(price)) => Threshold::Below(Price(price)),
            Ok(None) => Threshold::Never,
            Err(_) => Threshold::Always,
        }
    }

    /// Liquidatable where `p > room · unit ÷ slope`: the lowest such integer is one above the
    /// quotient rounded down.
    fn short(&self) -> Threshold {
        if self.fixed_collateral < self.fixed_debt {
            return Threshold::Always;
        }
        let room = self.fixed_collateral.saturating_sub(self.fixed_debt);
        let slope = self.debt.saturating_sub(self.collateral);
        mul_div(room, self.unit.max(U256::ONE), slope, Rounding::Floor)
            .ok()
            .and_then(|price| price.checked_add(U256::ONE))
            .map_or(Threshold::Never, |price| Threshold::Above(Price(price)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::WAD;
    use proptest::prelude::*;

    fn solvency(fixed: u64, slope: u64, fixed_debt: u64, debt: u64, unit: u64) -> Solvency {
        Solvency {
            fixed_collateral: U256::from(fixed),
            collateral: U256::from(slope),
            fixed_debt: U256::from(fixed_debt),
            debt: U256::from(debt),
            unit: U256::from(unit),
        }
    }

    #[test]
    fn cases() {
        use Threshold::{Above, Always, Below, Never};
        let cases = [
            // Long: 2p < 100 up to 49; 2p < 101 up to 50.
            (solvency(0, 2, 100, 0, 1), Below(Price::new(49))),
            (solvency(0, 2, 101, 0, 1), Below(Price::new(50))),
            // Fixed collateral covers the debt to the unit.
            (solvency(100, 2, 100, 0, 1), Never),
            // Only price 0 is too low.
            (solvency(99, 1, 100, 0, 1), Below(Price::new(0))),
            // Short: 2p > 100 from 51 on; 3p > 100 from 34 on.
            (solvency(100, 0, 0, 2, 1), Above(Price::new(51))),
            (solvency(100, 0, 0, 3, 1), Above(Price::new(34))),
            // Short and under water at price 0 already.
            (solvency(1, 0, 2, 3, 1), Always),
            // The price cancels.
            (solvency(5, 3, 5, 3, 1), Never),
            (solvency(4, 3, 5, 3, 1), Always),
            // No collateral at all, no debt at all, nothing.
            (solvency(0, 0, 5, 0, 1), Always),
            (solvency(0, 7, 0, 0, 1), Never),
            (solvency(0, 0, 0, 0, 0), Never),
        ];
        for (account, want) in cases {
            assert_eq!(account.threshold(), want, "{account:?}");
        }
    }

    #[test]
    fn thresholds_beyond_256_bits() {
        let long = Solvency {
            collateral: U256::ONE,
            fixed_debt: U256::MAX,
            unit: WAD,
            ..Solvency::default()
        };
        assert_eq!(long.threshold(), Threshold::Always);
        let short = Solvency {
            fixed_collateral: U256::MAX,
            debt: U256::ONE,
            unit: WAD,
            ..Solvency::default()
        };
        assert_eq!(short.threshold(), Threshold::Never);
    }

    proptest! {
        /// The threshold says at every price what the two lines say.
        #[test]
        fn agrees_with_the_lines(
            lines: [u16; 4],
            unit in 1u16..50,
            near in -3i64..=3,
            far in any::<u16>(),
        ) {
            let [fixed, slope, fixed_debt, debt] = lines.map(u64::from);
            let account = solvency(fixed, slope, fixed_debt, debt, unit.into());
            let threshold = account.threshold();
            let edge = match threshold {
                Threshold::Below(p) | Threshold::Above(p) => i64::try_from(p.0).unwrap(),
                Threshold::Never | Threshold::Always => 0,
            };
            for price in [0, i64::from(far), (edge + near).max(0)] {
                let p = u128::try_from(price).unwrap();
                let unit = u128::from(unit);
                let collateral = u128::from(fixed) * unit + u128::from(slope) * p;
                let owed = u128::from(fixed_debt) * unit + u128::from(debt) * p;
                prop_assert_eq!(threshold.contains(Price::new(p)), collateral < owed);
            }
        }
    }
}
