//! The family's arithmetic: each operation fails with the revert that the contract gives.

use super::rejection::Rejection;
use crate::coverage::stability_pool::{Fault, fault};
use crate::units::{Amount, Price, Ratio, Rounding, U256};

pub(super) type Ruled<T> = Result<T, Rejection>;

/// Scale of a nominal ratio, 10^20.
pub(super) const NOMINAL: U256 = U256::from_limbs([0x6bc7_5e2d_6310_0000, 0x5, 0, 0]);

pub(super) use fault::{add, minus, over, plus, scale, sub, times};

/// `⌊amount · y ÷ d⌋`.
pub(super) fn part(amount: Amount, y: U256, d: U256) -> Result<Amount, Fault> {
    scale(amount.0, y, d, Rounding::Floor).map(Amount)
}

/// Value of the collateral over the debt, in wad, rounded down; [`Ratio::MAX`] without debt.
pub(super) fn ratio(collateral: Amount, debt: Amount, price: Price) -> Result<Ratio, Fault> {
    if debt.is_zero() {
        return Ok(Ratio::MAX);
    }
    scale(collateral.0, price.0, debt.0, Rounding::Floor).map(Ratio)
}

/// Collateral over debt without a price, by which troves are sorted.
pub(super) fn nominal_ratio(collateral: Amount, debt: Amount) -> Result<U256, Fault> {
    if debt.is_zero() {
        return Ok(U256::MAX);
    }
    scale(collateral.0, NOMINAL, debt.0, Rounding::Floor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_round_down_and_know_no_debt() {
        let amount = Amount::new;
        let price = Price::new(2_000_000_000_000_000_000);
        assert_eq!(NOMINAL, U256::from(10u64).pow(U256::from(20u64)));
        for (collateral, debt, want) in [
            (1, 3, Ratio::new(666_666_666_666_666_666)),
            (0, 3, Ratio::ZERO),
            (5, 0, Ratio::MAX),
        ] {
            assert_eq!(ratio(amount(collateral), amount(debt), price), Ok(want));
        }
        assert_eq!(
            ratio(Amount::MAX, amount(1), price),
            Err(Fault::Multiplication)
        );
        assert_eq!(nominal_ratio(amount(1), amount(0)), Ok(U256::MAX));
        assert_eq!(nominal_ratio(amount(1), amount(100)), Ok(crate::units::WAD));
    }
}
