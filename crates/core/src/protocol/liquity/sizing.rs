//! How one liquidated trove is divided: the pool's part, the other troves', the owner's, the
//! liquidator's. Nothing is changed here.

use super::branch::Holding;
use super::math::{Ruled, add, minus, over, part, plus};
use super::version::{COMPENSATION_DIVISOR, Parameters, Rules, Split};
use crate::units::{Amount, Price, Ratio, WAD};

/// The parts; they sum to the whole trove.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Parts {
    /// Repaid by the pool, and what it receives.
    pub(super) offset: Holding,
    /// Taken by the other troves, and what they receive.
    pub(super) redistributed: Holding,
    /// Left to the owner.
    pub(super) surplus: Amount,
    /// Collateral to the liquidator.
    pub(super) compensation: Amount,
}

/// What the division depends on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizing {
    pub(super) rules: &'static Rules,
    pub(super) parameters: Parameters,
    pub(super) price: Price,
}

impl Sizing {
    /// A trove below the minimum ratio; the pool can still take `usable`.
    pub(super) fn divide(&self, whole: Holding, usable: Amount) -> Ruled<Parts> {
        match self.rules.split {
            Split::Proportional => self.proportional(whole, usable),
            Split::Penalties => self.penalised(whole, usable),
        }
    }

    /// v1: collateral follows the debt; the other troves bear the rounding to their favour.
    fn proportional(&self, whole: Holding, usable: Amount) -> Ruled<Parts> {
        let compensation = self.compensation(whole.collateral)?;
        let collateral = minus(whole.collateral, compensation)?;
        let offset = pool_part(whole.debt, collateral, usable)?;
        Ok(Parts {
            offset,
            redistributed: Holding {
                collateral: minus(collateral, offset.collateral)?,
                debt: minus(whole.debt, offset.debt)?,
            },
            surplus: Amount::ZERO,
            compensation,
        })
    }

    /// v1 in recovery mode, at or above the minimum ratio: the pool takes all debt and collateral
    /// worth the minimum ratio, rounded down; the owner keeps the rest.
    pub(super) fn capped(&self, whole: Holding) -> Ruled<Parts> {
        let minimum = self.parameters.minimum_ratio.0;
        let seized = part(whole.debt, minimum, self.price.0)?;
        let compensation = self.compensation(seized)?;
        Ok(Parts {
            offset: Holding {
                collateral: minus(seized, compensation)?,
                debt: whole.debt,
            },
            redistributed: Holding::default(),
            surplus: minus(whole.collateral, seized)?,
            compensation,
        })
    }

    /// v2: debt worth of collateral and a penalty to whoever takes the debt. What the pool leaves
    /// goes toward the other troves' penalty first, but only if they receive collateral at all.
    fn penalised(&self, whole: Holding, usable: Amount) -> Ruled<Parts> {
        let mut parts = Parts::default();
        let mut portion = Amount::ZERO;
        if !usable.is_zero() {
            let taken = pool_part(whole.debt, whole.collateral, usable)?;
            portion = taken.collateral;
            parts.compensation = self.compensation(portion)?;
            parts.offset.debt = taken.debt;
            let seizable = minus(portion, parts.compensation)?;
            let penalty = self.parameters.pool_penalty;
            (parts.offset.collateral, parts.surplus) = self.seize(seizable, taken.debt, penalty)?;
        }
        parts.redistributed.debt = minus(whole.debt, parts.offset.debt)?;
        let left = minus(whole.collateral, portion)?;
        if !parts.redistributed.debt.is_zero() && !left.is_zero() {
            let seizable = plus(left, parts.surplus)?;
            let penalty = self.parameters.redistribution_penalty;
            (parts.redistributed.collateral, parts.surplus) =
                self.seize(seizable, parts.redistributed.debt, penalty)?;
        }
        Ok(parts)
    }

    /// Collateral worth a debt and its penalty, rounded down for the owner, and what is left.
    fn seize(&self, seizable: Amount, debt: Amount, penalty: Ratio) -> Ruled<(Amount, Amount)> {
        let most = part(debt, add(WAD, penalty.0)?, self.price.0)?;
        let seized = seizable.min(most);
        Ok((seized, minus(seizable, seized)?))
    }

    fn compensation(&self, collateral: Amount) -> Ruled<Amount> {
        let share = Amount(over(collateral.0, COMPENSATION_DIVISOR)?);
        Ok(share.min(self.rules.compensation_max))
    }
}

/// As much debt as the pool can take, and the collateral in proportion, rounded down.
fn pool_part(debt: Amount, collateral: Amount, usable: Amount) -> Ruled<Holding> {
    let taken = debt.min(usable);
    if taken.is_zero() {
        return Ok(Holding::default());
    }
    Ok(Holding {
        collateral: part(collateral, taken.0, debt.0)?,
        debt: taken,
    })
}

#[cfg(test)]
mod tests {
    use super::super::version::LiquityVersion;
    use super::*;

    const UNIT: u128 = 1_000_000_000_000_000_000;

    fn sizing(version: LiquityVersion, price: u128) -> Sizing {
        let percent = |n: u128| Ratio::new(n * UNIT / 100);
        Sizing {
            rules: version.rules(),
            parameters: Parameters {
                critical_ratio: percent(150),
                minimum_ratio: percent(110),
                shutdown_ratio: percent(110),
                pool_penalty: percent(5),
                redistribution_penalty: percent(10),
            },
            price: Price::new(price),
        }
    }

    fn whole(collateral: u128, debt: u128) -> Holding {
        Holding {
            collateral: Amount::new(collateral),
            debt: Amount::new(debt),
        }
    }

    fn parts(numbers: [u128; 6]) -> Parts {
        let [oc, od, rc, rd, surplus, compensation] = numbers;
        Parts {
            offset: whole(oc, od),
            redistributed: whole(rc, rd),
            surplus: Amount::new(surplus),
            compensation: Amount::new(compensation),
        }
    }

    #[test]
    fn troves_below_the_minimum_are_divided() {
        use LiquityVersion::{V1, V2};
        // Collateral and debt, what the pool can take, the parts. The price is 1.
        for (version, (collateral, debt), usable, want) in [
            (V1, (1_001, 1_000), 0, [0, 0, 996, 1_000, 0, 5]),
            (V1, (1_001, 1_000), 1_000, [996, 1_000, 0, 0, 0, 5]),
            (V1, (1_001, 1_000), 333, [331, 333, 665, 667, 0, 5]),
            (V2, (1_090, 1_000), 0, [0, 0, 1_090, 1_000, 0, 0]),
            (V2, (1_090, 1_000), 1_000, [1_050, 1_000, 0, 0, 35, 5]),
            // The pool's 545 less 2 for the liquidator leave 18 over 525, which the others eat.
            (V2, (1_090, 1_000), 500, [525, 500, 550, 500, 13, 2]),
            // One unit of debt is left, and no collateral by proportion: the surplus stays.
            (V2, (0, 1_000), 999, [0, 999, 0, 1, 0, 0]),
            (V2, (1, 1_000), 1_000, [1, 1_000, 0, 0, 0, 0]),
        ] {
            let got = sizing(version, UNIT).divide(whole(collateral, debt), Amount::new(usable));
            assert_eq!(
                got,
                Ok(parts(want)),
                "{version:?} {collateral} {debt} {usable}"
            );
        }
    }

    #[test]
    fn the_liquidators_part_is_capped_in_v2_only() {
        let large = whole(1_000 * UNIT, 1_000 * UNIT);
        for (version, want) in [
            (LiquityVersion::V1, 5 * UNIT),
            (LiquityVersion::V2, 2 * UNIT),
        ] {
            let got = sizing(version, UNIT).divide(large, large.debt).unwrap();
            assert_eq!(got.compensation, Amount::new(want), "{version:?}");
        }
    }

    #[test]
    fn a_capped_trove_leaves_the_owner_what_exceeds_the_minimum() {
        let got = sizing(LiquityVersion::V1, UNIT).capped(whole(1_300, 1_000));
        assert_eq!(got, Ok(parts([1_095, 1_000, 0, 0, 200, 5])));
    }

    #[test]
    fn a_price_of_zero_divides_by_zero_where_a_penalty_is_valued() {
        use super::super::rejection::Rejection;
        let trove = whole(10, 10);
        let v1 = sizing(LiquityVersion::V1, 0).divide(trove, trove.debt);
        assert_eq!(v1, Ok(parts([10, 10, 0, 0, 0, 0])));
        let v2 = sizing(LiquityVersion::V2, 0).divide(trove, trove.debt);
        assert_eq!(v2, Err(Rejection::DivisionByZero));
    }
}
