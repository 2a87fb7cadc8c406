//! The contracts' arithmetic: checked 256-bit numbers, casts to 112 bits, and powers.

use super::rejection::Rejection;
use crate::units::{Amount, Overflow, RAY, Rounding, Shares, U256, checked_mul_div, mul};

/// Result of a rule.
pub(super) type Ruled<T> = Result<T, Rejection>;

/// 2^112 − 1, the most assets or shares that a vault can count.
pub(super) const AMOUNT_MAX: U256 = U256::from_limbs([u64::MAX, 0xffff_ffff_ffff, 0, 0]);

/// A checked sum.
pub(super) fn sum(a: U256, b: U256) -> Ruled<U256> {
    a.checked_add(b).ok_or(Rejection::Panic0x11)
}

/// A checked difference.
pub(super) fn difference(a: U256, b: U256) -> Ruled<U256> {
    a.checked_sub(b).ok_or(Rejection::Panic0x11)
}

/// `x · y ÷ d`, rounded down. The product is refused before the divisor.
pub(super) fn down(x: U256, y: U256, d: U256) -> Ruled<U256> {
    match checked_mul_div(x, y, d, Rounding::Floor) {
        Err(Overflow::DivisionByZero) => {
            mul(x, y)?;
            Err(Rejection::Panic0x12)
        }
        told => Ok(told?),
    }
}

/// A cast to assets.
pub(super) fn to_assets(n: U256) -> Ruled<Amount> {
    let fits = n <= AMOUNT_MAX;
    fits.then_some(Amount(n))
        .ok_or(Rejection::AmountTooLargeToEncode)
}

/// A cast to shares.
pub(super) fn to_shares(n: U256) -> Ruled<Shares> {
    to_assets(n).map(|cast| Shares(cast.0))
}

/// A sum of assets that must fit.
pub(super) fn assets_sum(a: Amount, b: Amount) -> Ruled<Amount> {
    to_assets(sum(a.0, b.0)?)
}

/// A sum of shares that must fit.
pub(super) fn shares_sum(a: Shares, b: Shares) -> Ruled<Shares> {
    to_shares(sum(a.0, b.0)?)
}

/// `base` (ray) to a power, by squaring; every product is rounded half-up to ray. Nothing where the
/// contracts' own computation overflows.
pub(super) fn power(base: U256, exponent: u64) -> Option<U256> {
    let odd = |n: u64| n & 1 == 1;
    let times = |a, b| checked_mul_div(a, b, RAY, Rounding::HalfUp).ok();
    let (mut square, mut rest) = (base, exponent >> 1);
    let mut product = if odd(exponent) { base } else { RAY };
    while rest > 0 {
        if square.bit_len() > 128 {
            return None;
        }
        square = times(square, square)?;
        if odd(rest) {
            product = times(product, square)?;
        }
        rest >>= 1;
    }
    Some(product)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_as_the_contract_does() {
        let (zero, one, max) = (U256::ZERO, U256::ONE, U256::MAX);
        assert_eq!(down(max, max, zero), Err(Rejection::Panic0x11));
        assert_eq!(down(one, one, zero), Err(Rejection::Panic0x12));
        assert_eq!(sum(max, one), Err(Rejection::Panic0x11));
        assert_eq!(difference(zero, one), Err(Rejection::Panic0x11));
        assert_eq!(to_assets(AMOUNT_MAX), Ok(Amount(AMOUNT_MAX)));
        let above = to_shares(AMOUNT_MAX + one);
        assert_eq!(above, Err(Rejection::AmountTooLargeToEncode));
        assert_eq!(AMOUNT_MAX.bit_len(), 112);
        assert_eq!(AMOUNT_MAX + one, one << 112);
    }

    #[test]
    fn powers_round_at_each_step() {
        assert_eq!(power(RAY + U256::from(5), 0), Some(RAY));
        assert_eq!(power(RAY + U256::from(5), 1), Some(RAY + U256::from(5)));
        let double = RAY * U256::from(2);
        assert_eq!(power(double, 10), Some(RAY * U256::from(1_024)));
        // The square of what is above 1 is just below, then just above, half a unit.
        for (above, up) in [(22_360_679_774_997u64, 0u64), (22_360_679_774_998, 1)] {
            let above = U256::from(above);
            let squared = RAY + above + above + U256::from(up);
            assert_eq!(power(RAY + above, 2), Some(squared));
        }
        assert_eq!(power(RAY * U256::from(1u64 << 40), 64), None);
    }
}
