//! `x · y / d` with a 512-bit-safe product and a named rounding.

use super::by_ten;
use ruint::aliases::{U256, U512};

/// Which way a division goes when it is not exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rounding {
    /// Toward zero.
    Floor,
    /// Away from zero.
    Ceil,
    /// To the nearest; exactly half goes up. `⌊(x·y + ⌊d/2⌋) / d⌋`.
    HalfUp,
}

/// A result that does not fit 256 bits, or a division by zero.
///
/// Contracts panic here (codes 0x11 and 0x12); a family turns it into its numbered rejection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Overflow {
    /// The result needs more than 256 bits, or a subtraction went below zero (panic 0x11).
    Arithmetic,
    /// The divisor is zero (panic 0x12).
    DivisionByZero,
}

/// Returns `x · y / d`, rounded as told, with a product of up to 512 bits.
///
/// # Errors
/// [`Overflow`] when `d` is zero or the quotient does not fit 256 bits.
pub fn mul_div(x: U256, y: U256, d: U256, rounding: Rounding) -> Result<U256, Overflow> {
    if d.is_zero() {
        return Err(Overflow::DivisionByZero);
    }
    match product(x, y) {
        Some(product) => divide(product, d, rounding),
        None => divide_wide(x, y, d, rounding),
    }
}

/// Returns `x · y / d`, rounded as told, refusing whatever a 256-bit contract would refuse.
///
/// Many contracts multiply in 256 bits before they divide, so a product over 256 bits reverts
/// there even when the quotient would fit; half-up adds `⌊d/2⌋` to the product in 256 bits too.
///
/// # Errors
/// [`Overflow`] when `d` is zero or an intermediate value does not fit 256 bits.
#[inline(always)]
pub fn checked_mul_div(x: U256, y: U256, d: U256, rounding: Rounding) -> Result<U256, Overflow> {
    if d.is_zero() {
        return Err(Overflow::DivisionByZero);
    }
    let product = product(x, y).ok_or(Overflow::Arithmetic)?;
    match rounding {
        Rounding::HalfUp => {
            let shifted = product
                .checked_add(d.wrapping_shr(1))
                .ok_or(Overflow::Arithmetic)?;
            Ok(quotient(shifted, d).0)
        }
        _ => divide(product, d, rounding),
    }
}

/// Returns 10^`decimals`.
///
/// # Errors
/// [`Overflow::Arithmetic`] when `decimals` exceeds 77.
pub fn pow10(decimals: u8) -> Result<U256, Overflow> {
    U256::from(10u64)
        .checked_pow(U256::from(decimals))
        .ok_or(Overflow::Arithmetic)
}

#[inline(always)]
fn divide(product: U256, d: U256, rounding: Rounding) -> Result<U256, Overflow> {
    let (q, r) = quotient(product, d);
    if rounds_up(r, d, rounding) {
        q.checked_add(U256::ONE).ok_or(Overflow::Arithmetic)
    } else {
        Ok(q)
    }
}

/// Whether a remainder `r < d` lifts the quotient by one.
#[inline]
fn rounds_up(r: U256, d: U256, rounding: Rounding) -> bool {
    match rounding {
        Rounding::Floor => false,
        Rounding::Ceil => !r.is_zero(),
        // r + ⌊d/2⌋ ≥ d, written without the sum that could overflow.
        Rounding::HalfUp => r >= d.wrapping_sub(d.wrapping_shr(1)) && !r.is_zero(),
    }
}

/// Quotient and remainder; `d` is not zero. Powers of ten have a path of their own, which folds
/// to a few instructions where the divisor is a constant.
#[inline(always)]
fn quotient(n: U256, d: U256) -> (U256, U256) {
    let [d0, d1, d2, d3] = d.into_limbs();
    if d2 | d3 == 0
        && let Some((quotient, rest)) = by_ten::divide(n, join(d0, d1))
    {
        return (quotient, U256::from(rest));
    }
    quotient_by_any(n, d)
}

/// As [`quotient`], for any divisor; operands of 128 bits have a path of their own.
#[inline(never)]
fn quotient_by_any(n: U256, d: U256) -> (U256, U256) {
    let ([n0, n1, n2, n3], [d0, d1, d2, d3]) = (n.into_limbs(), d.into_limbs());
    if n2 | n3 | d2 | d3 == 0 {
        let (n, d) = (join(n0, n1), join(d0, d1));
        if let Some(quotient) = n.checked_div(d) {
            let rest = n.wrapping_sub(quotient.wrapping_mul(d));
            return (U256::from(quotient), U256::from(rest));
        }
    }
    n.div_rem(d)
}

/// The product, or nothing above 256 bits. Operands of 128 bits have a path of their own.
#[inline(always)]
fn product(x: U256, y: U256) -> Option<U256> {
    let ([x0, x1, x2, x3], [y0, y1, y2, y3]) = (x.into_limbs(), y.into_limbs());
    if x2 | x3 | y2 | y3 != 0 {
        return x.checked_mul(y);
    }
    let times = |a: u64, b: u64| u128::from(a).wrapping_mul(u128::from(b));
    let ([p0, p1], [q0, q1]) = (halves(times(x0, y0)), halves(times(x0, y1)));
    let ([r0, r1], [s0, s1]) = (halves(times(x1, y0)), halves(times(x1, y1)));
    let sum = |a: u64, b: u64, c: u64, carried: u64| {
        let sum = u128::from(a).wrapping_add(u128::from(b));
        halves(
            sum.wrapping_add(u128::from(c))
                .wrapping_add(u128::from(carried)),
        )
    };
    let [second, carried] = sum(p1, q0, r0, 0);
    let [third, carried] = sum(q1, r1, s0, carried);
    let [fourth, _] = sum(s1, 0, 0, carried);
    Some(U256::from_limbs([p0, second, third, fourth]))
}

/// The low and the high word.
#[inline]
fn halves(double: u128) -> [u64; 2] {
    let low = double & u128::from(u64::MAX);
    let half = |n: u128| u64::try_from(n).unwrap_or(u64::MAX);
    [half(low), half(double.wrapping_shr(64))]
}

#[inline]
fn join(low: u64, high: u64) -> u128 {
    (u128::from(high) << 64) | u128::from(low)
}

fn divide_wide(x: U256, y: U256, d: U256, rounding: Rounding) -> Result<U256, Overflow> {
    let product: U512 = x.widening_mul(y);
    let (q, r) = product.div_rem(U512::from(d));
    let (q, q_fits) = narrow(q);
    let (r, _) = narrow(r);
    if !q_fits {
        return Err(Overflow::Arithmetic);
    }
    if rounds_up(r, d, rounding) {
        q.checked_add(U256::ONE).ok_or(Overflow::Arithmetic)
    } else {
        Ok(q)
    }
}

fn narrow(wide: U512) -> (U256, bool) {
    let [a, b, c, d, e, f, g, h] = wide.into_limbs();
    (U256::from_limbs([a, b, c, d]), e | f | g | h == 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Rounding::{Ceil, Floor, HalfUp};

    fn u(n: u128) -> U256 {
        U256::from(n)
    }

    #[test]
    fn rounds_as_named() {
        let cases = [
            (7, 1, 2, 3, 4, 4),
            (6, 1, 4, 1, 2, 2),
            (5, 1, 4, 1, 2, 1),
            (0, 9, 4, 0, 0, 0),
            (8, 1, 4, 2, 2, 2),
            (1, 1, 3, 0, 1, 0),
            (2, 1, 3, 0, 1, 1),
            (1, 1, 1, 1, 1, 1),
        ];
        for (x, y, d, floor, ceil, half_up) in cases {
            for (rounding, want) in [(Floor, floor), (Ceil, ceil), (HalfUp, half_up)] {
                assert_eq!(
                    mul_div(u(x), u(y), u(d), rounding),
                    Ok(u(want)),
                    "{x}·{y}/{d} {rounding:?}"
                );
                assert_eq!(checked_mul_div(u(x), u(y), u(d), rounding), Ok(u(want)));
            }
        }
    }

    #[test]
    fn product_may_need_512_bits() {
        assert_eq!(
            mul_div(U256::MAX, U256::MAX, U256::MAX, Floor),
            Ok(U256::MAX)
        );
        assert_eq!(mul_div(U256::MAX, u(2), u(4), HalfUp), Ok(U256::ONE << 255));
        assert_eq!(
            mul_div(U256::MAX, u(2), u(4), Floor),
            Ok((U256::ONE << 255) - U256::ONE)
        );
        assert_eq!(
            mul_div(U256::MAX, u(2), u(1), Floor),
            Err(Overflow::Arithmetic)
        );
        assert_eq!(
            checked_mul_div(U256::MAX, u(2), u(4), Floor),
            Err(Overflow::Arithmetic)
        );
    }

    #[test]
    fn zero_divisor_is_an_error() {
        assert_eq!(
            mul_div(u(1), u(1), u(0), Floor),
            Err(Overflow::DivisionByZero)
        );
        assert_eq!(
            checked_mul_div(u(0), u(0), u(0), Ceil),
            Err(Overflow::DivisionByZero)
        );
    }

    proptest::proptest! {
        #[test]
        fn agrees_on_operands_of_any_size(
            x: [u64; 4], y: [u64; 4], d: [u64; 4], shifts in [0usize..256, 0usize..256, 0usize..256]
        ) {
            let [a, b, c] = shifts;
            let (x, y) = (U256::from_limbs(x) >> a, U256::from_limbs(y) >> b);
            let d = (U256::from_limbs(d) >> c).max(U256::ONE);
            assert_eq!(product(x, y), x.checked_mul(y));
            assert_eq!(quotient(x, d), x.div_rem(d));
        }

        #[test]
        fn agrees_with_long_arithmetic(x: [u64; 4], y: [u64; 4], d: [u64; 4], shift in 0usize..256) {
            let (x, y) = (U256::from_limbs(x), U256::from_limbs(y));
            let d = (U256::from_limbs(d) >> shift).max(U256::ONE);
            let product: U512 = x.widening_mul(y);
            let wide = U512::from(d);
            let floor = product / wide;
            let exact = floor * wide == product;
            let want_ceil = if exact { floor } else { floor + U512::ONE };
            let want_half = (product + (wide >> 1)) / wide;
            for (rounding, want) in [(Floor, floor), (Ceil, want_ceil), (HalfUp, want_half)] {
                let got = mul_div(x, y, d, rounding);
                if want > U512::from(U256::MAX) {
                    assert_eq!(got, Err(Overflow::Arithmetic));
                } else {
                    assert_eq!(got.map(U512::from), Ok(want));
                }
            }
        }
    }
}
