//! Parameters as the constructor takes them, and as the contract keeps them.

use super::math::{Ruled, by_factor, difference, sum, to_u64};
use crate::units::{Amount, Ratio, Rounding, U256, YEAR, checked_mul_div, mul, pow10};

/// One of the two interest curves over use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RateCurve {
    /// Use at which the slope changes, wad.
    pub kink: u64,
    /// Rate at no use, wad a year in a setup.
    pub base: u64,
    /// Slope below the kink, wad a year in a setup.
    pub slope_low: u64,
    /// Slope above the kink, wad a year in a setup.
    pub slope_high: u64,
}

impl RateCurve {
    /// The curve a second, each parameter rounded down.
    pub(super) fn per_second(self) -> Self {
        let second = |year: u64| {
            let rate = checked_mul_div(U256::from(year), U256::ONE, YEAR, Rounding::Floor);
            rate.ok()
                .and_then(|rate| u64::try_from(rate).ok())
                .unwrap_or(0)
        };
        Self {
            kink: self.kink,
            base: second(self.base),
            slope_low: second(self.slope_low),
            slope_high: second(self.slope_high),
        }
    }

    /// The rate at a use in wad, each product rounded down.
    pub(super) fn rate(&self, utilization: U256) -> Ruled<u64> {
        let (kink, low) = (U256::from(self.kink), U256::from(self.slope_low));
        let base = U256::from(self.base);
        if utilization <= kink {
            return to_u64(sum(base, by_factor(low, utilization)?)?);
        }
        let at_kink = sum(base, by_factor(low, kink)?)?;
        let above = difference(utilization, kink)?;
        let high = by_factor(U256::from(self.slope_high), above)?;
        to_u64(sum(at_kink, high)?)
    }
}

/// The base asset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BaseConfig {
    /// From 6 to 18.
    pub decimals: u8,
    /// Least debt after borrowing, in token units.
    pub borrow_min: Amount,
    /// Reserves from which on nothing is sold, in token units.
    pub target_reserves: Amount,
}

/// Parameters of the whole contract.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// The base asset.
    pub base: BaseConfig,
    /// What suppliers earn.
    pub supply_curve: RateCurve,
    /// What borrowers pay.
    pub borrow_curve: RateCurve,
    /// Share of the absorption's penalty that buyers of collateral get, wad.
    pub store_front_factor: Ratio,
    /// Scale of the reward speeds and indexes.
    pub tracking_scale: u64,
    /// Reward of all suppliers a second.
    pub tracking_supply_speed: u64,
    /// Reward of all borrowers a second.
    pub tracking_borrow_speed: u64,
    /// Least sum of principals that earns rewards.
    pub rewards_min: u128,
}

/// A collateral asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CollateralConfig {
    /// At most 18.
    pub decimals: u8,
    /// Weight when borrowing, wad.
    pub borrow_factor: Ratio,
    /// Weight before absorption, wad.
    pub liquidate_factor: Ratio,
    /// Share of the worth that an absorption credits, wad.
    pub liquidation_factor: Ratio,
    /// Most that may be supplied, in token units.
    pub supply_cap: Amount,
}

impl CollateralConfig {
    /// As the contract keeps it: factors with 4 decimals, the cap in whole tokens of 64 bits.
    pub fn kept(self) -> Self {
        let whole = |n: U256, unit: U256, limit: U256| {
            let count = checked_mul_div(n, U256::ONE, unit, Rounding::Floor).unwrap_or_default();
            mul(count & limit, unit).unwrap_or_default()
        };
        let step = U256::from(100_000_000_000_000u64);
        let factor = |n: Ratio| Ratio(whole(n.0, step, U256::from(u16::MAX)));
        let cap = whole(self.supply_cap.0, self.scale(), U256::from(u64::MAX));
        Self {
            decimals: self.decimals,
            borrow_factor: factor(self.borrow_factor),
            liquidate_factor: factor(self.liquidate_factor),
            liquidation_factor: factor(self.liquidation_factor),
            supply_cap: Amount(cap),
        }
    }

    /// Token units of a whole token.
    pub(super) fn scale(&self) -> U256 {
        pow10(self.decimals).unwrap_or(U256::ONE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_four_decimals_and_whole_tokens() {
        let config = CollateralConfig {
            decimals: 6,
            borrow_factor: Ratio::new(812_399_999_999_999_999),
            liquidate_factor: Ratio::new(850_000_000_000_000_000),
            liquidation_factor: Ratio::new(1_000_000_000_000_000_001),
            supply_cap: Amount::new(7_999_999),
        };
        let kept = config.kept();
        assert_eq!(kept.borrow_factor, Ratio::new(812_300_000_000_000_000));
        assert_eq!(
            kept.liquidation_factor,
            Ratio::new(1_000_000_000_000_000_000)
        );
        assert_eq!(kept.supply_cap, Amount::new(7_000_000));
        assert_eq!(kept.kept(), kept);
    }

    #[test]
    fn each_product_of_a_rate_is_rounded() {
        let curve = RateCurve {
            kink: 500_000_000_000_000_000,
            base: 10,
            slope_low: 3,
            slope_high: 5,
        };
        let percent = |n: u64| U256::from(n * 10_000_000_000_000_000);
        assert_eq!(curve.rate(percent(50)), Ok(11));
        // 1.5 and 2.5 are cut one by one.
        assert_eq!(curve.rate(percent(100)), Ok(13));
        assert_eq!(
            curve.rate(U256::MAX),
            Err(crate::protocol::comet::Rejection::Panic0x11)
        );
    }
}
