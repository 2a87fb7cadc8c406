//! The contracts' fixed-point library, and what their storage can hold.
//!
//! Contracts refuse a number out of range in three ways: a checked operator panics, the
//! fixed-point library reverts without a reason, a cast to storage width reverts with its own.

use super::rejection::Rejection;
use crate::units::{BPS, Bps, RAY, Rounding, U256, checked_mul_div, checked_mul_div_by, div, mul};

/// Result of a rule.
pub(super) type Ruled<T> = Result<T, Rejection>;

/// `a · b ÷ d` by the library.
#[inline(always)]
pub(super) fn fixed(a: U256, b: U256, d: U256, rounding: Rounding) -> Ruled<U256> {
    checked_mul_div(a, b, d, rounding).map_err(|_| Rejection::EmptyRevert)
}

/// `a · b ÷ 10^27` by the library.
#[inline]
pub(super) fn ray_mul(a: U256, b: U256, rounding: Rounding) -> Ruled<U256> {
    checked_mul_div_by::<1_000_000_000_000_000_000_000_000_000>(a, b, rounding)
        .map_err(|_| Rejection::EmptyRevert)
}

/// `a · 10^27 ÷ b` by the library.
#[inline]
pub(super) fn ray_div(a: U256, b: U256, rounding: Rounding) -> Ruled<U256> {
    fixed(a, RAY, b, rounding)
}

/// `a · b ÷ 10 000` by the library.
#[inline]
pub(super) fn bps_mul(a: U256, b: U256, rounding: Rounding) -> Ruled<U256> {
    checked_mul_div_by::<10_000>(a, b, rounding).map_err(|_| Rejection::EmptyRevert)
}

/// `n · share ÷ 10 000` by the library.
#[inline]
pub(super) fn percent_mul(n: U256, share: Bps, rounding: Rounding) -> Ruled<U256> {
    bps_mul(n, share.wide(), rounding)
}

/// `n · 10 000 ÷ share` by the library.
#[inline]
pub(super) fn percent_div(n: U256, share: U256, rounding: Rounding) -> Ruled<U256> {
    fixed(n, BPS, share, rounding)
}

/// A checked sum.
#[inline]
pub(super) fn sum(a: U256, b: U256) -> Ruled<U256> {
    a.checked_add(b).ok_or(Rejection::Panic0x11)
}

/// A checked product.
#[inline]
pub(super) fn product(a: U256, b: U256) -> Ruled<U256> {
    Ok(mul(a, b)?)
}

/// `n ÷ d` by the operator, rounded down.
#[inline]
pub(super) fn quotient(n: U256, d: U256) -> Ruled<U256> {
    Ok(div(n, d)?)
}

/// A cast to 128 bits.
#[inline]
pub(super) fn cast(n: U256) -> Ruled<u128> {
    u128::try_from(n).map_err(|_| Rejection::SafeCastOverflow)
}

/// A sum in a storage field of 128 bits.
pub(super) fn stored_sum(held: U256, more: U256) -> Ruled<U256> {
    let sum = cast(held)?.checked_add(cast(more)?);
    sum.map(U256::from).ok_or(Rejection::Panic0x11)
}

/// A sum in a balance of `bits` bits, at most 128.
pub(super) fn balance_sum(held: u128, more: U256, bits: usize) -> Ruled<u128> {
    if more.bit_len() > bits {
        return Err(Rejection::SafeCastOverflow);
    }
    let sum = held.checked_add(cast(more)?).ok_or(Rejection::Panic0x11)?;
    let fits = U256::from(sum).bit_len() <= bits;
    fits.then_some(sum).ok_or(Rejection::Panic0x11)
}

/// What is left of a balance.
pub(super) fn balance_rest(held: u128, less: U256) -> Ruled<u128> {
    let less = u128::try_from(less).map_err(|_| Rejection::Panic0x11)?;
    held.checked_sub(less).ok_or(Rejection::Panic0x11)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_as_the_contracts_do() {
        let (one, max) = (U256::ONE, U256::MAX);
        let wide = U256::ONE << 128;
        let check = |got: Ruled<U256>, want: Rejection| assert_eq!(got, Err(want));
        check(ray_mul(max, max, Rounding::HalfUp), Rejection::EmptyRevert);
        check(
            ray_div(one, U256::ZERO, Rounding::Floor),
            Rejection::EmptyRevert,
        );
        check(
            percent_mul(max, Bps(2), Rounding::Ceil),
            Rejection::EmptyRevert,
        );
        check(
            percent_div(one, U256::ZERO, Rounding::HalfUp),
            Rejection::EmptyRevert,
        );
        check(sum(max, one), Rejection::Panic0x11);
        check(product(max, max), Rejection::Panic0x11);
        check(quotient(one, U256::ZERO), Rejection::Panic0x12);
        check(cast(wide).map(U256::from), Rejection::SafeCastOverflow);
        check(stored_sum(one, wide), Rejection::SafeCastOverflow);
        check(stored_sum(one, wide - one), Rejection::Panic0x11);
        let half = U256::ONE << 119;
        let balance = |held, more, bits| balance_sum(held, more, bits).map(U256::from);
        check(
            balance(1, U256::ONE << 120, 120),
            Rejection::SafeCastOverflow,
        );
        check(balance(1 << 119, half, 120), Rejection::Panic0x11);
        assert_eq!(balance(1 << 119, half, 128), Ok(U256::ONE << 120));
        check(
            balance_rest(1, U256::from(2)).map(U256::from),
            Rejection::Panic0x11,
        );
    }
}
