//! Between principal and balance, and who has the remainder.

use super::math::{INDEX_SCALE, Ruled, down, signed_range, sum, to_i104, to_i256};
use super::state::Totals;
use crate::units::{Amount, U256, div, mul};

/// What an account has or owes of the base asset at stored indexes, in token units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Balance {
    /// It has so much; also where it has nothing.
    Supply(Amount),
    /// It owes so much.
    Debt(Amount),
}

fn scale() -> U256 {
    U256::from(INDEX_SCALE)
}

/// `principal · index`, rounded down.
pub(super) fn present(index: u64, principal: u128) -> Ruled<Amount> {
    Ok(Amount(down(
        U256::from(principal),
        U256::from(index),
        scale(),
    )?))
}

impl Totals {
    /// What a principal is worth at the stored indexes, rounded down on both sides.
    pub(super) fn balance(&self, principal: i128) -> Ruled<Balance> {
        let size = principal.unsigned_abs();
        if principal >= 0 {
            present(self.supply_index, size).map(Balance::Supply)
        } else {
            present(self.borrow_index, size).map(Balance::Debt)
        }
    }

    /// The principal of a balance: a supply rounded down, a debt rounded up.
    pub(super) fn principal(&self, balance: Balance) -> Ruled<i128> {
        match balance {
            Balance::Supply(amount) => {
                to_i104(down(amount.0, scale(), U256::from(self.supply_index))?)
            }
            Balance::Debt(amount) => {
                let index = U256::from(self.borrow_index);
                let lifted = sum(mul(amount.0, scale())?, index)?.saturating_sub(U256::ONE);
                let size = to_i104(div(lifted, index)?)?;
                Ok(size.saturating_neg())
            }
        }
    }
}

impl Balance {
    /// With an amount added.
    pub(super) fn plus(self, amount: Amount) -> Ruled<Self> {
        let more = to_i256(amount.0)?;
        match self {
            Self::Supply(held) => Ok(Self::Supply(Amount(signed_range(sum(held.0, more)?)?))),
            Self::Debt(owed) if owed.0 > more => Ok(Self::Debt(owed.minus(amount)?)),
            Self::Debt(owed) => Ok(Self::Supply(amount.minus(owed)?)),
        }
    }

    /// With an amount taken.
    pub(super) fn minus(self, amount: Amount) -> Ruled<Self> {
        let less = to_i256(amount.0)?;
        match self {
            Self::Debt(owed) => Ok(Self::Debt(Amount(signed_range(sum(owed.0, less)?)?))),
            Self::Supply(held) if held.0 < less => Ok(Self::Debt(amount.minus(held)?)),
            Self::Supply(held) => Ok(Self::Supply(held.minus(amount)?)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::comet::Rejection;

    fn totals() -> Totals {
        Totals {
            supply_index: INDEX_SCALE * 3 / 2,
            borrow_index: INDEX_SCALE * 3 / 2,
            ..Totals::default()
        }
    }

    #[test]
    fn remainders() {
        let totals = totals();
        let (supply, debt) = (
            |n| Balance::Supply(Amount::new(n)),
            |n| Balance::Debt(Amount::new(n)),
        );
        assert_eq!(totals.balance(3), Ok(supply(4)));
        assert_eq!(totals.balance(-3), Ok(debt(4)));
        assert_eq!(totals.principal(supply(4)), Ok(2));
        assert_eq!(totals.principal(debt(4)), Ok(-3));
        assert_eq!(totals.principal(debt(0)), Ok(0));
    }

    #[test]
    fn sums_cross_zero() {
        let (supply, debt) = (
            |n| Balance::Supply(Amount::new(n)),
            |n| Balance::Debt(Amount::new(n)),
        );
        assert_eq!(debt(5).plus(Amount::new(5)), Ok(supply(0)));
        assert_eq!(debt(5).plus(Amount::new(7)), Ok(supply(2)));
        assert_eq!(debt(5).plus(Amount::new(2)), Ok(debt(3)));
        assert_eq!(supply(5).minus(Amount::new(5)), Ok(supply(0)));
        assert_eq!(supply(5).minus(Amount::new(7)), Ok(debt(2)));
        let half = Amount(U256::ONE << 255);
        assert_eq!(supply(0).plus(half), Err(Rejection::InvalidInt256));
        let most = Amount((U256::ONE << 255) - U256::ONE);
        assert_eq!(supply(1).plus(most), Err(Rejection::Panic0x11));
        assert_eq!(debt(1).minus(most), Err(Rejection::Panic0x11));
    }
}
