//! Between a token's base units and the finer ones in which a contract counts.

use crate::units::{Overflow, U256, div, mul, pow10};

/// How many units of a contract make one base unit of a token; at least one. The way in is exact; on
/// the way out what somebody pays or owes is rounded up, what somebody receives down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Scale(U256);

impl Scale {
    /// From a token's decimals to a contract's digits; nothing where the token has more.
    pub(crate) fn new(decimals: u8, digits: u8) -> Option<Self> {
        let more = digits.checked_sub(decimals)?;
        pow10(more).ok().map(Self)
    }

    /// The same where a token stands for several of the contract's; nothing for none of them and for
    /// too many.
    pub(crate) fn times(self, tokens: U256) -> Option<Self> {
        let product = self.0.checked_mul(tokens)?;
        (!product.is_zero()).then_some(Self(product))
    }

    /// From base units to the contract's.
    ///
    /// # Errors
    /// [`Overflow`] where 256 bits do not hold it.
    pub(crate) fn inward(self, units: U256) -> Result<U256, Overflow> {
        mul(units, self.0)
    }

    /// The same for what somebody would pay at most: the largest number where 256 bits do not hold it.
    pub(crate) fn inward_or_most(self, units: U256) -> U256 {
        self.inward(units).unwrap_or(U256::MAX)
    }

    /// From the contract's units to whole base units, rounded down.
    pub(crate) fn outward_down(self, own: U256) -> U256 {
        // A scale is never zero.
        div(own, self.0).unwrap_or(own)
    }

    /// From the contract's units to whole base units, rounded up.
    pub(crate) fn outward_up(self, own: U256) -> U256 {
        let whole = self.outward_down(own);
        if self.inward(whole) == Ok(own) {
            whole
        } else {
            whole.saturating_add(U256::ONE)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn wide(n: u64) -> U256 {
        U256::from(n)
    }

    #[test]
    fn only_the_way_out_rounds() {
        for (decimals, digits, own, down, up) in [
            (18, 18, 7, 7, 7),
            (17, 18, 70, 7, 7),
            (17, 18, 71, 7, 8),
            (6, 18, 1, 0, 1),
            (0, 77, 1, 0, 1),
        ] {
            let scale = Scale::new(decimals, digits).unwrap();
            assert_eq!(
                scale.outward_down(wide(own)),
                wide(down),
                "{decimals} {own}"
            );
            assert_eq!(scale.outward_up(wide(own)), wide(up), "{decimals} {own}");
        }
    }

    #[test]
    fn what_does_not_fit_is_none() {
        assert_eq!(Scale::new(19, 18), None);
        assert_eq!(Scale::new(0, 78), None);
        let scale = Scale::new(6, 18).unwrap();
        assert_eq!(scale.times(U256::ZERO), None);
        assert_eq!(scale.times(U256::MAX), None);
        assert_eq!(scale.inward(U256::MAX), Err(Overflow::Arithmetic));
        assert_eq!(scale.inward_or_most(U256::MAX), U256::MAX);
    }

    proptest! {
        #[test]
        fn what_went_in_comes_out(decimals in 0u8..=18, coins in 1u64.., units: u128) {
            let scale = Scale::new(decimals, 18).unwrap();
            let scale = scale.times(wide(coins)).unwrap();
            let units = U256::from(units);
            // 128 and 64 bits and 18 digits fit 256 bits.
            let own = scale.inward(units).unwrap();
            prop_assert_eq!(scale.outward_down(own), units);
            prop_assert_eq!(scale.outward_up(own), units);
            prop_assert_eq!(scale.outward_up(own + U256::ONE), units + U256::ONE);
        }
    }
}
