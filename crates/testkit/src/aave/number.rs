//! Arithmetic as a 256-bit machine does it: exact, and a refusal where the machine would revert.

use super::{Outcome, Refusal};
use num_bigint::BigUint;

/// Which way a division goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Round {
    /// Down.
    Floor,
    /// Up.
    Ceil,
    /// To the nearest, one half up.
    HalfUp,
}

/// A checked addition, subtraction or product left its range.
pub(super) const PANIC_RANGE: Refusal = "PANIC_0x11";
/// A division by zero in plain arithmetic.
pub(super) const PANIC_ZERO: Refusal = "PANIC_0x12";
/// A fixed-point function left its range.
pub(super) const EMPTY_REVERT: Refusal = "EMPTY_REVERT";

/// 10 to the power of `exponent`.
pub(super) fn ten(exponent: u32) -> BigUint {
    BigUint::from(10u32).pow(exponent)
}

/// 10^27, the scale of indexes and rates.
pub(super) fn ray() -> BigUint {
    ten(27)
}

/// 10^18, the scale of the health factor.
pub(super) fn wad() -> BigUint {
    ten(18)
}

/// The largest 256-bit number.
pub(super) fn max_256() -> BigUint {
    (BigUint::from(1u32) << 256u32) - 1u32
}

/// Refuses a number of more than 256 bits.
fn fits(number: BigUint, refusal: Refusal) -> Outcome<BigUint> {
    if number.bits() > 256 {
        return Err(refusal);
    }
    Ok(number)
}

/// a + b.
pub(super) fn add(a: &BigUint, b: &BigUint) -> Outcome<BigUint> {
    fits(a + b, PANIC_RANGE)
}

/// a − b.
pub(super) fn sub(a: &BigUint, b: &BigUint) -> Outcome<BigUint> {
    if a < b {
        return Err(PANIC_RANGE);
    }
    Ok(a - b)
}

/// a · b.
pub(super) fn mul(a: &BigUint, b: &BigUint) -> Outcome<BigUint> {
    fits(a * b, PANIC_RANGE)
}

/// a ÷ b, rounded down.
pub(super) fn div(a: &BigUint, b: &BigUint) -> Outcome<BigUint> {
    if *b == BigUint::ZERO {
        return Err(PANIC_ZERO);
    }
    Ok(a / b)
}

/// a · b ÷ d in a fixed-point function.
pub(super) fn mul_div(a: &BigUint, b: &BigUint, d: &BigUint, round: Round) -> Outcome<BigUint> {
    if *d == BigUint::ZERO {
        return Err(EMPTY_REVERT);
    }
    let product = fits(a * b, EMPTY_REVERT)?;
    match round {
        Round::Floor => Ok(product / d),
        Round::Ceil => Ok((product + d - 1u32) / d),
        Round::HalfUp => Ok(fits(product + d / 2u32, EMPTY_REVERT)? / d),
    }
}

/// a · b with both in ray.
pub(super) fn ray_mul(a: &BigUint, b: &BigUint, round: Round) -> Outcome<BigUint> {
    mul_div(a, b, &ray(), round)
}

/// a ÷ b with both in ray.
pub(super) fn ray_div(a: &BigUint, b: &BigUint, round: Round) -> Outcome<BigUint> {
    mul_div(a, &ray(), b, round)
}

/// The given share of a number, in basis points.
pub(super) fn percent_mul(a: &BigUint, bps: u32, round: Round) -> Outcome<BigUint> {
    mul_div(a, &BigUint::from(bps), &BigUint::from(10_000u32), round)
}

/// The number of which `a` is the given share, in basis points.
pub(super) fn percent_div(a: &BigUint, bps: u32, round: Round) -> Outcome<BigUint> {
    mul_div(a, &BigUint::from(10_000u32), &BigUint::from(bps), round)
}

/// An amount in base currency: amount · price ÷ unit.
pub(super) fn value(
    amount: &BigUint,
    price: &BigUint,
    decimals: u32,
    round: Round,
) -> Outcome<BigUint> {
    match round {
        Round::Floor => div(&mul(amount, price)?, &ten(decimals)),
        other => mul_div(amount, price, &ten(decimals), other),
    }
}
