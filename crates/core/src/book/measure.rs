//! Bounds from one measurement, for rules whose roundings are a small share of what they round.

use super::exposure::{AssetSet, Exposure, Shortfall};
use super::index::Look;
use crate::units::{U256, Value};

/// Margin taken off and put on: four times the difference of 2^−20.
const MARGIN_BITS: usize = 18;
/// Least grain: eight roundings by one unit of it stay within that difference.
const GRAIN_BITS: usize = 23;

/// What the exact rule found of one account at the present prices.
///
/// The rule's collateral `c` and debt `d` may differ from straight lines in the effective prices
/// `Σ a·P` and `Σ b·Q` by 2^−20 of them and by `dust`, at any prices; the account is in breach
/// where `c < d`. From `c < d` follows `Σ a·P·(1 − 2^−20) ≤ Σ b·Q·(1 + 2^−20) + 2·dust`, which is
/// what [`Exposure`] asks for; [`Shortfall`] is the mirror of it. An account that is looked at by
/// these bounds is asked about one part in a hundred thousand early.
#[derive(Clone, Copy, Debug)]
pub struct Measure {
    /// Assets whose price supports the account.
    pub collateral_assets: AssetSet,
    /// Assets whose price burdens the account.
    pub debt_assets: AssetSet,
    /// Weighted collateral, as the rule counts it.
    pub collateral: Value,
    /// Debt, as the rule counts it.
    pub debt: Value,
    /// The smallest number above zero that the rule rounds to a whole unit on its way to a value:
    /// an amount, a number of shares, a weight. With less than 2^23 nothing is promised, and the
    /// account is asked about at every tick.
    pub grain: U256,
    /// What the roundings to whole units of a value sum to at most.
    pub dust: Value,
}

impl Measure {
    /// The look of an account, given whether it is in breach by the exact rule.
    pub fn look(&self, breached: bool) -> Look {
        let fine = self.grain.bit_len() > GRAIN_BITS;
        match (breached, fine) {
            (true, true) => Look::BreachedBy(self.shortfall()),
            (true, false) => Look::Breached,
            (false, true) => Look::Healthy(self.exposure()),
            (false, false) => Look::Healthy(Exposure {
                collateral: Value::ZERO,
                debt: Value(U256::MAX),
                ..self.exposure()
            }),
        }
    }

    fn exposure(&self) -> Exposure {
        Exposure {
            collateral_assets: self.collateral_assets,
            debt_assets: self.debt_assets,
            collateral: self.below(self.collateral),
            debt: self.above(self.debt),
            slack: self.slack(),
        }
    }

    fn shortfall(&self) -> Shortfall {
        Shortfall {
            collateral_assets: self.collateral_assets,
            debt_assets: self.debt_assets,
            collateral: self.above(self.collateral),
            debt: self.below(self.debt),
            slack: self.slack(),
        }
    }

    fn slack(&self) -> Value {
        Value(self.dust.0.saturating_add(self.dust.0))
    }

    fn margin(value: U256) -> U256 {
        value.wrapping_shr(MARGIN_BITS).saturating_add(U256::ONE)
    }

    fn below(&self, value: Value) -> Value {
        let less = value.0.saturating_sub(self.dust.0);
        Value(less.saturating_sub(Self::margin(less)))
    }

    fn above(&self, value: Value) -> Value {
        let more = value.0.saturating_add(self.dust.0);
        Value(more.saturating_add(Self::margin(more)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The values may differ from straight lines below this bit.
    const CLOSE_BITS: usize = MARGIN_BITS + 2;
    const _: () = assert!(CLOSE_BITS + 3 == GRAIN_BITS);

    fn measure(collateral: u128, debt: u128, grain: u64) -> Measure {
        Measure {
            collateral_assets: AssetSet(1),
            debt_assets: AssetSet(2),
            collateral: Value::new(collateral),
            debt: Value::new(debt),
            grain: U256::from(grain),
            dust: Value::new(7),
        }
    }

    proptest! {
        /// Straight lines that differ from the measured values by no more than is allowed are on
        /// the promised side of the bounds.
        #[test]
        fn lines_lie_within_the_bounds(
            line in 1u128..1 << 100,
            off in 0u128..=1_000,
            under in any::<bool>(),
        ) {
            let part = line >> CLOSE_BITS;
            let gap = (part + 7) * off / 1_000;
            let measured = if under { line.saturating_sub(gap) } else { line + gap };
            let look = measure(measured, measured, 1 << 23);
            let (healthy, sunk) = (look.exposure(), look.shortfall());
            prop_assert!(healthy.collateral <= Value::new(line - part));
            prop_assert!(healthy.debt >= Value::new(line + part));
            prop_assert!(sunk.collateral >= Value::new(line + part));
            prop_assert!(sunk.debt <= Value::new(line - part));
        }
    }

    #[test]
    fn coarse_numbers_promise_nothing() {
        let coarse = measure(1 << 40, 1, (1 << 23) - 1);
        let Look::Healthy(exposure) = coarse.look(false) else {
            panic!("healthy");
        };
        assert_eq!(exposure.collateral, Value::ZERO);
        assert_eq!(coarse.look(true), Look::Breached);
    }
}
