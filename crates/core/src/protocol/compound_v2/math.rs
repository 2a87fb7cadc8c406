//! Arithmetic as the contracts do it: 256 bits, every step checked.

use super::rejection::Rejection;
use crate::units::{Ratio, Rounding, U256, WAD, checked_mul_div, mul};

/// A result or the rejection that stopped it.
pub(super) type Ruled<T> = Result<T, Rejection>;

/// `x · y ÷ d`, rounded down. A product that does not fit is told before a divisor of zero.
pub(super) fn fraction(x: U256, y: U256, d: U256) -> Ruled<U256> {
    if d.is_zero() {
        mul(x, y)?;
    }
    Ok(checked_mul_div(x, y, d, Rounding::Floor)?)
}

/// `factor · n ÷ 10^18`, rounded down.
pub(super) fn part(factor: Ratio, n: U256) -> Ruled<U256> {
    Ok(checked_mul_div(factor.0, n, WAD, Rounding::Floor)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_in_the_order_of_the_operations() {
        let (one, max) = (U256::ONE, U256::MAX);
        let zero = U256::ZERO;
        assert_eq!(fraction(max, max, zero), Err(Rejection::Panic0x11));
        assert_eq!(fraction(one, one, zero), Err(Rejection::Panic0x12));
        assert_eq!(part(Ratio::MAX, max), Err(Rejection::Panic0x11));
        assert_eq!(part(Ratio(WAD), max), Err(Rejection::Panic0x11));
        assert_eq!(part(Ratio(WAD), one), Ok(one));
    }
}
