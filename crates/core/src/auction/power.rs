//! Powers of fixed-point numbers by repeated squaring.

use crate::units::{Overflow, Rounding, U256, checked_mul_div};

/// Returns `base^exponent` for fixed-point numbers with `scale` as one.
///
/// The base is squared from the lowest bit of the exponent upward, and each product is rounded half
/// up before the next, as the ledgers on chain do it: another order of the products, or rounding
/// only once, gives other last digits. `0^0` is one.
///
/// # Errors
/// [`Overflow::Arithmetic`] when a product with its half unit needs more than 256 bits.
pub fn power(base: U256, exponent: U256, scale: U256) -> Result<U256, Overflow> {
    if exponent.is_zero() {
        return Ok(scale);
    }
    if base.is_zero() {
        return Ok(U256::ZERO);
    }
    let product = |x, y| checked_mul_div(x, y, scale, Rounding::HalfUp);
    let mut square = base;
    let mut result = if exponent.bit(0) { base } else { scale };
    for bit in 1..exponent.bit_len() {
        square = product(square, square)?;
        if exponent.bit(bit) {
            result = product(result, square)?;
        }
    }
    Ok(result)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::RAY;

    #[test]
    fn powers_of_rays() {
        let ray = |n: u64, d: u64| RAY / U256::from(d) * U256::from(n);
        let raw = |n: u128| Ok(U256::from(n));
        let cases = [
            (ray(1, 2), U256::from(3), Ok(ray(1, 8))),
            (ray(2, 1), U256::from(10), Ok(ray(1024, 1))),
            (U256::ZERO, U256::ZERO, Ok(RAY)),
            (U256::ZERO, U256::ONE, raw(0)),
            (RAY, U256::MAX, Ok(RAY)),
            (U256::ONE, U256::from(2), raw(0)),
            // A square of half a unit of the last place or more goes up.
            (U256::from(22_360_679_774_998u64), U256::from(2), raw(1)),
            (U256::from(22_360_679_774_997u64), U256::from(2), raw(0)),
            (U256::ONE << 128, U256::from(2), Err(Overflow::Arithmetic)),
            (U256::MAX, U256::ONE, Ok(U256::MAX)),
        ];
        for (base, exponent, want) in cases {
            assert_eq!(power(base, exponent, RAY), want, "{base}^{exponent}");
        }
    }
}
