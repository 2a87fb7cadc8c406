//! The contract's fixed-point library, and what its storage can hold.
//!
//! Everything is checked 256-bit arithmetic: a product above 2^256 − 1 is refused even where its
//! quotient would fit.

use super::rejection::Rejection;
use crate::units::{Overflow, Rounding, U256, WAD, checked_mul_div, mul};

/// Result of a rule.
pub(super) type Ruled<T> = Result<T, Rejection>;

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

/// `x · y ÷ d`, rounded up. The contract adds `d − 1` to the product in 256 bits, so both that sum
/// and a divisor of zero are overflows.
pub(super) fn up(x: U256, y: U256, d: U256) -> Ruled<U256> {
    let lift = d.checked_sub(U256::ONE).ok_or(Rejection::Panic0x11)?;
    sum(mul(x, y)?, lift)?;
    Ok(checked_mul_div(x, y, d, Rounding::Ceil)?)
}

/// `x · y ÷ 10^18`, rounded down.
pub(super) fn wad_down(x: U256, y: U256) -> Ruled<U256> {
    down(x, y, WAD)
}

/// A checked sum.
pub(super) fn sum(a: U256, b: U256) -> Ruled<U256> {
    a.checked_add(b).ok_or(Rejection::Panic0x11)
}

/// A checked difference.
pub(super) fn difference(a: U256, b: U256) -> Ruled<U256> {
    a.checked_sub(b).ok_or(Rejection::Panic0x11)
}

/// A cast to 128 bits.
fn cast(n: U256) -> Ruled<U256> {
    let fits = n.bit_len() <= 128;
    fits.then_some(n).ok_or(Rejection::MaxUint128Exceeded)
}

/// A sum in a storage field of 128 bits; what is added is cast first.
pub(super) fn stored_sum(held: U256, more: U256) -> Ruled<U256> {
    let total = sum(held, cast(more)?)?;
    let fits = total.bit_len() <= 128;
    fits.then_some(total).ok_or(Rejection::Panic0x11)
}

/// A difference in a storage field of 128 bits; what is taken is cast first.
pub(super) fn stored_rest(held: U256, less: U256) -> Ruled<U256> {
    difference(held, cast(less)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(got: Ruled<U256>, want: Rejection) {
        assert_eq!(got, Err(want));
    }

    #[test]
    fn refuses_as_the_contract_does() {
        let (zero, one, max) = (U256::ZERO, U256::ONE, U256::MAX);
        let wide = U256::ONE << 128;
        check(down(max, max, one), Rejection::Panic0x11);
        check(down(max, max, zero), Rejection::Panic0x11);
        check(down(one, one, zero), Rejection::Panic0x12);
        check(up(one, one, zero), Rejection::Panic0x11);
        check(up(max, one, U256::from(2)), Rejection::Panic0x11);
        check(up(max, max, one), Rejection::Panic0x11);
        check(stored_sum(one, wide), Rejection::MaxUint128Exceeded);
        check(stored_sum(one, wide - one), Rejection::Panic0x11);
        check(stored_rest(one, wide), Rejection::MaxUint128Exceeded);
        check(stored_rest(one, wide - one), Rejection::Panic0x11);
        check(difference(zero, one), Rejection::Panic0x11);
    }

    #[test]
    fn rounds_both_ways() {
        let three = U256::from(3);
        assert_eq!(down(U256::from(5), U256::ONE, three), Ok(U256::ONE));
        assert_eq!(up(U256::from(5), U256::ONE, three), Ok(U256::from(2)));
        assert_eq!(up(U256::from(6), U256::ONE, three), Ok(U256::from(2)));
        assert_eq!(up(U256::MAX, U256::ONE, U256::ONE), Ok(U256::MAX));
    }
}
