//! What one scaled unit of a reserve is worth, between two numbers: a bound of an account's value
//! then takes a multiplication where the exact rule divides twice.

use crate::units::{Divisor, RAY, U256, mul, word_product};

/// How far the upper bound lies above the lower one.
const GAP: u64 = 4;

/// `10^27 · 10^decimals`, which a product of scaled units, index and price is divided by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scale {
    /// The first 64 bits, rounded up.
    head: Divisor,
    /// Bits of the whole number.
    bits: usize,
}

impl Scale {
    /// Of a reserve whose whole token has `unit` units; nothing where it overflows.
    pub(super) fn new(unit: U256) -> Option<Self> {
        let scale = mul(RAY, unit).ok()?;
        let bits = scale.bit_len();
        let head = scale.wrapping_shr(bits.checked_sub(64)?);
        let head = u64::try_from(head).ok()?.checked_add(1)?;
        Some(Self {
            head: Divisor::new(head)?,
            bits,
        })
    }
}

/// The worth of one scaled unit in base units: at least `low · 2^−shift`, at most
/// `(low + 4) · 2^−shift`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct UnitWorth {
    low: u64,
    shift: usize,
}

impl UnitWorth {
    /// At an effective price (price × index); nothing where a unit is worth 2^64 or more.
    ///
    /// Let e be the price's first 127 bits, d the scale's first 64 rounded up, and q = ⌊e ÷ d⌋, which
    /// is below 2^64. The price is at least e and the scale at most d, in their places, so q is a
    /// lower bound of the quotient. An upper one is (e + 1) ÷ (d − 1), as the scale is at least d − 1:
    /// at most (q + 1)·(1 + 1 ÷ (d − 1)), below q + 4 as d is at least 2^63.
    pub(super) fn new(effective: U256, scale: Scale) -> Option<Self> {
        let bits = effective.bit_len();
        let head = match bits.checked_sub(127) {
            Some(cut) => effective.wrapping_shr(cut),
            None => effective.wrapping_shl(127usize.saturating_sub(bits)),
        };
        let (low, _) = scale.head.divide(u128::try_from(head).ok()?)?;
        low.checked_add(GAP)?;
        // e · 2^(bits − 127) over d · 2^(scale.bits − 64).
        let shift = scale.bits.saturating_add(63).checked_sub(bits)?;
        Some(Self { low, shift })
    }

    /// At most `shares · weight · worth`; nothing above 2^128 weighted units.
    #[inline(always)]
    pub(super) fn floor(self, shares: u128, weight: u16) -> Option<U256> {
        self.times(shares, weight, self.low)
    }

    /// At least `shares · weight · worth`; nothing above 2^128 weighted units.
    #[inline(always)]
    pub(super) fn ceil(self, shares: u128, weight: u16) -> Option<U256> {
        let high = self.low.wrapping_add(GAP);
        Some(self.times(shares, weight, high)?.saturating_add(U256::ONE))
    }

    #[inline(always)]
    fn times(self, shares: u128, weight: u16, worth: u64) -> Option<U256> {
        let weighted = shares.checked_mul(u128::from(weight))?;
        let (low, above) = word_product(weighted, worth);
        // The usual shift drops the lowest word.
        Some(match self.shift.checked_sub(64) {
            Some(shift) => {
                let kept = u32::try_from(shift)
                    .ok()
                    .and_then(|bits| above.checked_shr(bits));
                U256::from(kept.unwrap_or(0))
            }
            None => {
                let product = U256::from(above).wrapping_shl(64) | U256::from(low);
                product.wrapping_shr(self.shift)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use ruint::Uint;

    type Wide = Uint<512, 8>;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 20_000, ..ProptestConfig::default() })]

        #[test]
        fn bounds_hold_and_are_close(
            price: [u64; 4], cut in 0usize..256,
            decimals in 0u8..=38, shares: u128, few in 0u32..128, weight in 0u16..=10_000,
        ) {
            let (price, shares) = (U256::from_limbs(price) >> cut, shares >> few);
            let unit = U256::from(10u64).pow(U256::from(decimals));
            let Some(worth) = UnitWorth::new(price, Scale::new(unit).unwrap()) else {
                prop_assert!(price / unit > U256::from(10u64).pow(U256::from(27 + 18)), "{price} {decimals}");
                return Ok(());
            };
            let (Some(low), Some(high)) = (worth.floor(shares, weight), worth.ceil(shares, weight)) else {
                prop_assert!(shares > u128::MAX / u128::from(weight));
                return Ok(());
            };
            let whole = Wide::from(shares) * Wide::from(weight) * Wide::from(price);
            let scale = Wide::from(unit) * Wide::from(RAY);
            prop_assert!(Wide::from(low) * scale <= whole, "{low} {whole} {scale}");
            prop_assert!(Wide::from(high) * scale >= whole, "{high} {whole} {scale}");
            let exact = whole / scale;
            let room = (exact >> 59) + Wide::from(3);
            if !price.is_zero() {
                prop_assert!(Wide::from(high - low) <= room, "{low} {high}");
            }
        }
    }
}
