//! Debts, kept with 31 fractional bits.

use super::math::{Ruled, down};
use super::rejection::Rejection;
use crate::units::{Amount, Index, Overflow, Rounding, U256, mul, mul_div};
use std::fmt;

/// Asset base units times 2^31.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Debt(pub U256);

/// One asset base unit.
const UNIT: U256 = U256::from_limbs([1 << 31, 0, 0, 0]);

impl Debt {
    /// Nothing.
    pub const ZERO: Self = Self(U256::ZERO);
    /// (2^112 − 1) · 2^31, the most that a vault can count.
    pub const MAX: Self = Self(U256::from_limbs([
        0xffff_ffff_8000_0000,
        u64::MAX,
        0x7fff,
        0,
    ]));

    /// Whether nothing is owed.
    pub fn is_zero(self) -> bool {
        self.0.is_zero()
    }

    /// Whole assets, rounded up: what the debtor has to pay.
    pub fn assets_up(self) -> Amount {
        self.assets(Rounding::Ceil)
    }

    /// Whole assets, rounded down: what the cap on supply counts.
    pub fn assets_down(self) -> Amount {
        self.assets(Rounding::Floor)
    }

    fn assets(self, rounding: Rounding) -> Amount {
        // A quotient is never wider than its dividend.
        Amount(mul_div(self.0, U256::ONE, UNIT, rounding).unwrap_or(U256::MAX))
    }

    /// Whether it is less than one asset base unit.
    pub(super) fn is_dust(self) -> bool {
        self.0 < UNIT
    }

    /// Assets as a debt.
    pub(super) fn of(assets: Amount) -> Ruled<Self> {
        Self::cast(mul(assets.0, UNIT)?)
    }

    fn cast(n: U256) -> Ruled<Self> {
        let fits = n <= Self::MAX.0;
        fits.then_some(Self(n))
            .ok_or(Rejection::DebtAmountTooLargeToEncode)
    }

    /// The debt after interest: it was written at the second accumulator, now is the first.
    pub(super) fn at(self, now: Index, written: Index) -> Ruled<Self> {
        if self.is_zero() {
            return Ok(self);
        }
        Self::cast(down(self.0, now.0, written.0)?)
    }

    /// The sum.
    ///
    /// # Errors
    /// [`Rejection::DebtAmountTooLargeToEncode`] above [`Debt::MAX`].
    pub fn plus(self, other: Self) -> Result<Self, Rejection> {
        Self::cast(self.0.checked_add(other.0).ok_or(Overflow::Arithmetic)?)
    }

    /// The difference.
    ///
    /// # Errors
    /// [`Rejection::Panic0x11`] below zero.
    pub fn minus(self, other: Self) -> Result<Self, Rejection> {
        let rest = self.0.checked_sub(other.0);
        rest.map(Self).ok_or(Rejection::Panic0x11)
    }

    /// The part of a fee in bps, in whole assets, rounded down.
    pub(super) fn fee_assets(self, bps: U256) -> Ruled<U256> {
        let scale = U256::from_limbs([10_000 << 31, 0, 0, 0]);
        down(self.0, bps, scale)
    }
}

impl fmt::Display for Debt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for Debt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Debt({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::super::math::AMOUNT_MAX;
    use super::*;

    #[test]
    fn rounds_and_refuses() {
        let debt = |n: u128| Debt(U256::from(n));
        assert_eq!(debt(1).assets_up(), Amount::new(1));
        assert_eq!(debt(1).assets_down(), Amount::ZERO);
        assert_eq!(debt(1 << 31).assets_up(), Amount::new(1));
        assert_eq!(debt((1 << 31) + 1).assets_up(), Amount::new(2));
        assert_eq!(Debt::MAX.assets_up(), Amount(AMOUNT_MAX));
        assert_eq!(Debt::of(Amount(AMOUNT_MAX)), Ok(Debt::MAX));
        let more = Amount(AMOUNT_MAX + U256::ONE);
        assert_eq!(Debt::of(more), Err(Rejection::DebtAmountTooLargeToEncode));
        assert_eq!(
            Debt::MAX.plus(debt(1)),
            Err(Rejection::DebtAmountTooLargeToEncode)
        );
        assert_eq!(Debt::ZERO.minus(debt(1)), Err(Rejection::Panic0x11));
    }
}
