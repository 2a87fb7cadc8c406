//! The contracts' arithmetic: checked operators, their fixed-point library, casts to storage.
//!
//! They refuse a number out of range in four ways: a checked operator panics, the fixed-point
//! library reverts without a reason, the 512-bit division panics, a cast reverts with its own error.

use super::rejection::Rejection;
use crate::units::{BPS, RAY, Rounding, U256, WAD, checked_mul_div, mul, mul_div};

/// Result of a rule.
pub(super) type Ruled<T> = Result<T, Rejection>;

/// Most bits of an amount or of shares in storage.
pub(super) const AMOUNT_BITS: usize = 120;
/// Most bits of a recorded deficit in storage.
pub(super) const DEFICIT_BITS: usize = 200;
/// Most bits of a yearly rate in storage.
pub(super) const RATE_BITS: usize = 96;

/// Asset units times 10^27: what a debt is counted in, to the last fraction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AmountRay(pub U256);

/// Money times 10^27, in units of which 10^26 are one dollar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ValueRay(pub U256);

/// `a · b ÷ d` by the fixed-point library.
#[inline]
pub(super) fn fixed(a: U256, b: U256, d: U256, rounding: Rounding) -> Ruled<U256> {
    checked_mul_div(a, b, d, rounding).map_err(|_| Rejection::EmptyRevert)
}

/// `a · b ÷ 10^27` by the fixed-point library.
#[inline]
pub(super) fn ray_mul(a: U256, b: U256, rounding: Rounding) -> Ruled<U256> {
    fixed(a, b, RAY, rounding)
}

/// `a · 10^27 ÷ b` by the fixed-point library.
#[inline]
pub(super) fn ray_div(a: U256, b: U256, rounding: Rounding) -> Ruled<U256> {
    fixed(a, RAY, b, rounding)
}

/// `n · share ÷ 10 000` by the fixed-point library.
#[inline]
pub(super) fn percent_mul(n: U256, share: U256, rounding: Rounding) -> Ruled<U256> {
    fixed(n, share, BPS, rounding)
}

/// `n ÷ d` by the fixed-point library.
#[inline]
pub(super) fn divide(n: U256, d: U256, rounding: Rounding) -> Ruled<U256> {
    fixed(n, U256::ONE, d, rounding)
}

/// `n ÷ 10^27`, rounded up.
#[inline]
pub(super) fn from_ray_up(n: U256) -> Ruled<U256> {
    divide(n, RAY, Rounding::Ceil)
}

/// `n · scale` by the fixed-point library.
#[inline]
fn scaled(n: U256, scale: U256) -> Ruled<U256> {
    mul(n, scale).map_err(|_| Rejection::EmptyRevert)
}

/// `n · 10^27` by the fixed-point library.
#[inline]
pub(super) fn to_ray(n: U256) -> Ruled<U256> {
    scaled(n, RAY)
}

/// `n · 10^18` by the fixed-point library.
#[inline]
pub(super) fn to_wad(n: U256) -> Ruled<U256> {
    scaled(n, WAD)
}

/// Basis points as a wad.
#[inline]
pub(super) fn bps_to_wad(n: U256) -> Ruled<U256> {
    scaled(n, U256::from(100_000_000_000_000u64))
}

/// Basis points as a ray.
#[inline]
pub(super) fn bps_to_ray(n: U256) -> Ruled<U256> {
    scaled(n, U256::from(100_000_000_000_000_000_000_000u128))
}

/// The next multiple of 10^27.
#[inline]
pub(super) fn round_ray_up(n: U256) -> Ruled<U256> {
    to_ray(from_ray_up(n)?)
}

/// `a · b ÷ d` by the 512-bit division.
#[inline]
pub(super) fn wide_div(a: U256, b: U256, d: U256, rounding: Rounding) -> Ruled<U256> {
    Ok(mul_div(a, b, d, rounding)?)
}

/// A checked sum.
#[inline]
pub(super) fn sum(a: U256, b: U256) -> Ruled<U256> {
    a.checked_add(b).ok_or(Rejection::Panic0x11)
}

/// A checked difference.
#[inline]
pub(super) fn difference(a: U256, b: U256) -> Ruled<U256> {
    a.checked_sub(b).ok_or(Rejection::Panic0x11)
}

/// A checked product.
#[inline]
pub(super) fn product(a: U256, b: U256) -> Ruled<U256> {
    Ok(mul(a, b)?)
}

/// 10^decimals modulo 2^256, as the unchecked power of the contract.
pub(super) fn unit(decimals: u8) -> U256 {
    match decimals {
        6 => U256::from(1_000_000u64),
        8 => U256::from(100_000_000u64),
        18 => WAD,
        _ => U256::from(10u64).wrapping_pow(U256::from(decimals)),
    }
}

/// What an amount is worth; 10^26 is one dollar at a price with 8 decimals.
pub(super) fn to_value(amount: U256, decimals: u8, price: U256) -> Ruled<U256> {
    let dear = product(amount, price)?;
    let missing = 18u8.checked_sub(decimals).ok_or(Rejection::Panic0x11)?;
    product(dear, unit(missing))
}

/// A cast to a narrower number without sign.
#[inline]
pub(super) fn cast(n: U256, bits: usize) -> Ruled<U256> {
    if n.bit_len() > bits {
        return Err(Rejection::SafeCastOverflowedUintDowncast);
    }
    Ok(n)
}

/// A sum in a storage field.
#[inline]
pub(super) fn stored_sum(held: U256, more: U256, bits: usize) -> Ruled<U256> {
    let sum = sum(held, cast(more, bits)?)?;
    if sum.bit_len() > bits {
        return Err(Rejection::Panic0x11);
    }
    Ok(sum)
}

/// What is left in a storage field.
#[inline]
pub(super) fn stored_rest(held: U256, less: U256, bits: usize) -> Ruled<U256> {
    difference(held, cast(less, bits)?)
}

/// Shares as an account stores them.
pub(super) fn shares(n: U256) -> Ruled<u128> {
    let n = cast(n, AMOUNT_BITS)?;
    u128::try_from(n).map_err(|_| Rejection::SafeCastOverflowedUintDowncast)
}

/// A sum of an account's shares.
pub(super) fn more_shares(held: u128, more: U256) -> Ruled<u128> {
    let sum = stored_sum(U256::from(held), more, AMOUNT_BITS)?;
    u128::try_from(sum).map_err(|_| Rejection::Panic0x11)
}

/// What is left of an account's shares.
pub(super) fn fewer_shares(held: u128, less: U256) -> Ruled<u128> {
    let rest = stored_rest(U256::from(held), less, AMOUNT_BITS)?;
    u128::try_from(rest).map_err(|_| Rejection::Panic0x11)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_as_the_contracts_do() {
        let (one, max) = (U256::ONE, U256::MAX);
        let wide = U256::ONE << 120;
        let check = |got: Ruled<U256>, want: Rejection| assert_eq!(got, Err(want));
        check(ray_mul(max, max, Rounding::Ceil), Rejection::EmptyRevert);
        check(
            ray_div(one, U256::ZERO, Rounding::Floor),
            Rejection::EmptyRevert,
        );
        check(to_ray(max), Rejection::EmptyRevert);
        check(bps_to_wad(max), Rejection::EmptyRevert);
        check(round_ray_up(max), Rejection::EmptyRevert);
        check(
            wide_div(max, max, one, Rounding::Floor),
            Rejection::Panic0x11,
        );
        check(
            wide_div(max, max, U256::ZERO, Rounding::Ceil),
            Rejection::Panic0x12,
        );
        check(sum(max, one), Rejection::Panic0x11);
        check(difference(one, max), Rejection::Panic0x11);
        check(to_value(one, 19, one), Rejection::Panic0x11);
        check(cast(wide, 120), Rejection::SafeCastOverflowedUintDowncast);
        check(stored_sum(wide - one, one, 120), Rejection::Panic0x11);
        check(
            stored_sum(one, wide, 120),
            Rejection::SafeCastOverflowedUintDowncast,
        );
        check(stored_rest(one, one + one, 120), Rejection::Panic0x11);
    }

    #[test]
    fn units_are_powers_of_ten() {
        for decimals in 0..=77 {
            let want = U256::from(10).pow(U256::from(decimals));
            assert_eq!(unit(decimals), want);
        }
        assert_eq!(unit(255), U256::from(10).wrapping_pow(U256::from(255)));
    }
}
