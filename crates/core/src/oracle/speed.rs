//! A limit to how fast a price may change.

use crate::units::{BPS, Bps, Price, Ratio, Rounding, U256, WAD, mul_div};

/// The most that a price changes, as a part of the price before: by the second, and by the update.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SpeedLimit {
    /// The most in one update, however much time has passed.
    pub per_update: Bps,
    /// The most per second, linear in time.
    pub per_second: Ratio,
}

impl SpeedLimit {
    /// The price nearest to the wanted one that the limit allows `seconds` after `last`. The bounds round
    /// toward `last`, so that the speed is never exceeded; a bound of less than a unit lets nothing move.
    pub fn hold(&self, last: Price, wanted: Price, seconds: u64) -> Price {
        let most = self.most(last, seconds);
        let low = Price(last.0.saturating_sub(most));
        let high = Price(last.0.saturating_add(most));
        wanted.max(low).min(high)
    }

    /// The largest change, rounded down.
    fn most(&self, last: Price, seconds: u64) -> U256 {
        let part = |of: U256, one| mul_div(last.0, of, one, Rounding::Floor).unwrap_or(U256::MAX);
        let by_second = self.per_second.0.saturating_mul(U256::from(seconds));
        part(self.per_update.wide(), BPS).min(part(by_second, WAD))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// 20 % an update and 1 % a second.
    const LIMIT: SpeedLimit = SpeedLimit {
        per_update: Bps(2_000),
        per_second: Ratio(U256::from_limbs([10_000_000_000_000_000, 0, 0, 0])),
    };

    #[test]
    fn limits_are_tables() {
        for (last, wanted, seconds, want) in [
            (1_000, 1_000, 0, 1_000),
            (1_000, 2_000, 0, 1_000),
            (1_000, 1_009, 1, 1_009),
            (1_000, 1_011, 1, 1_010),
            (1_000, 1, 5, 950),
            (1_000, 1, 60, 800),
            (1_000, 5_000, u64::MAX, 1_200),
            // One percent of 99 is less than a unit.
            (99, 50, 1, 99),
        ] {
            let got = LIMIT.hold(Price::new(last), Price::new(wanted), seconds);
            assert_eq!(got, Price::new(want), "{last} to {wanted} in {seconds} s");
        }
    }

    proptest! {
        /// No sequence of wishes is faster than the limit, by the update or by the second.
        #[test]
        fn never_faster_than_the_limit(
            per_update in 1u16..=10_000, per_second in 1u64..=1_000_000_000_000_000_000,
            first in 1u128.., wishes in prop::collection::vec((1u128.., 0u64..10_000), 1..20),
        ) {
            let limit = SpeedLimit { per_update: Bps(per_update), per_second: Ratio::from(u128::from(per_second)) };
            let mut last = Price::new(first);
            for (wanted, seconds) in wishes {
                let wanted = Price::new(wanted);
                let held = limit.hold(last, wanted, seconds);
                let moved = held.0.abs_diff(last.0);
                prop_assert!(moved * BPS <= last.0 * U256::from(per_update));
                prop_assert!(moved * WAD <= last.0 * U256::from(per_second) * U256::from(seconds));
                prop_assert!((last.min(wanted)..=last.max(wanted)).contains(&held));
                last = held;
            }
        }
    }
}
