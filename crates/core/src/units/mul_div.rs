//! `x · y / d` with a 512-bit-safe product and a named rounding.

use super::{by_any, by_constant};
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
#[inline(always)]
pub fn mul_div(x: U256, y: U256, d: U256, rounding: Rounding) -> Result<U256, Overflow> {
    match fast(x, y, d, rounding) {
        Some(quotient) => Ok(wide(quotient)),
        None => slow(x, y, d, rounding).into_result(),
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
    match fast(x, y, d, rounding) {
        Some(quotient) => Ok(wide(quotient)),
        None => checked_slow(x, y, d, rounding).into_result(),
    }
}

/// [`checked_mul_div`] by a divisor that is known beforehand, which one function for all need not find out:
/// one that [`by_constant`] can divide by.
///
/// # Errors
/// As there.
#[inline(always)]
pub(crate) fn checked_mul_div_by<const D: u128>(
    x: U256,
    y: U256,
    rounding: Rounding,
) -> Result<U256, Overflow> {
    if let (Some(x), Some(y)) = (narrow(x), narrow(y))
        && let quotient = narrow_mul_div_by::<D>(x, y, rounding)
        && quotient != UNFIT
    {
        return Ok(wide(quotient));
    }
    checked_slow(x, y, wide(D), rounding).into_result()
}

/// Returns `n / d`, rounded down.
///
/// # Errors
/// [`Overflow::DivisionByZero`].
#[inline(always)]
pub fn div(n: U256, d: U256) -> Result<U256, Overflow> {
    let [n0, n1, n2, n3] = n.into_limbs();
    if let Some(d) = narrow(d)
        && let quotient = narrow_div(join(n0, n1), join(n2, n3), d)
        && quotient != UNFIT
    {
        return Ok(wide(quotient));
    }
    checked_slow(n, U256::ONE, d, Rounding::Floor).into_result()
}

/// Returns `x · y`.
///
/// # Errors
/// [`Overflow::Arithmetic`] above 2^256 − 1.
#[inline(always)]
pub fn mul(x: U256, y: U256) -> Result<U256, Overflow> {
    if let (Some(x), Some(y)) = (narrow(x), narrow(y)) {
        return Ok(widening_mul(x, y));
    }
    x.checked_mul(y).ok_or(Overflow::Arithmetic)
}

/// The lowest word of `x · y`, and all above it.
#[inline(always)]
pub(crate) fn word_product(x: u128, y: u64) -> (u64, u128) {
    let [x0, x1] = halves(x);
    let times = |a: u64| u128::from(a).wrapping_mul(u128::from(y));
    let [low, carried] = halves(times(x0));
    // At most (2^64 − 1)² + 2^64 − 1.
    (low, times(x1).wrapping_add(u128::from(carried)))
}

/// Returns `x · y`, which fits.
#[inline(always)]
fn widening_mul(x: u128, y: u128) -> U256 {
    let (low, high) = product(x, y);
    let ([a, b], [c, d]) = (halves(low), halves(high));
    U256::from_limbs([a, b, c, d])
}

/// 10^0 to 10^38, the powers of ten below 2^128.
static POWERS_OF_TEN: [u128; 39] = powers_of_ten();

const fn powers_of_ten() -> [u128; 39] {
    let mut table = [0; 39];
    let (mut rest, mut power) = (table.as_mut_slice(), 1u128);
    while let Some((place, more)) = rest.split_first_mut() {
        *place = power;
        // The product after the last one is never stored.
        power = power.wrapping_mul(10);
        rest = more;
    }
    table
}

/// Returns 10^`decimals`.
///
/// # Errors
/// [`Overflow::Arithmetic`] when `decimals` exceeds 77.
#[inline]
pub fn pow10(decimals: u8) -> Result<U256, Overflow> {
    match POWERS_OF_TEN.get(usize::from(decimals)) {
        Some(power) => Ok(wide(*power)),
        None => U256::from(10u64)
            .checked_pow(U256::from(decimals))
            .ok_or(Overflow::Arithmetic),
    }
}

/// What the paths for narrow numbers answer where they do not suffice. A quotient that happens to
/// be this number is computed again, rightly.
const UNFIT: u128 = u128::MAX;

/// The quotient where no number on the way is out of the ordinary: nearly always.
///
/// A ledger divides some fifty times an action, so the shape matters. Numbers are taken apart and
/// put together word by word (what was written as words and is read back as one vector stalls
/// for a dozen cycles), and travel in registers to one shared function (a copy at each place
/// would be fast when warm, and an action is rarely warm).
#[inline(always)]
fn fast(x: U256, y: U256, d: U256, rounding: Rounding) -> Option<u128> {
    let quotient = narrow_mul_div(narrow(x)?, narrow(y)?, narrow(d)?, rounding);
    (quotient != UNFIT).then_some(quotient)
}

/// `x · y ÷ d` of narrow numbers; [`UNFIT`] where the divisor is zero or the quotient wide.
#[inline(never)]
fn narrow_mul_div(x: u128, y: u128, d: u128, rounding: Rounding) -> u128 {
    let (low, high) = lifted_product(x, y, d, rounding);
    quotient(low, high, d)
}

/// [`narrow_mul_div`] by one divisor; also [`UNFIT`] where the quotient is nearly wide.
#[inline(never)]
fn narrow_mul_div_by<const D: u128>(x: u128, y: u128, rounding: Rounding) -> u128 {
    let (low, high) = lifted_product(x, y, D, rounding);
    by_constant::divide::<D>(low, high).unwrap_or(UNFIT)
}

/// A product, so much higher that its quotient by the divisor, rounded down, is the one that is asked for.
#[inline(always)]
fn lifted_product(x: u128, y: u128, d: u128, rounding: Rounding) -> (u128, u128) {
    // Rounding down what was lifted by less than the divisor is every kind of rounding.
    let lift = match rounding {
        Rounding::Floor => 0,
        Rounding::HalfUp => d.wrapping_shr(1),
        Rounding::Ceil => d.saturating_sub(1),
    };
    let (low, high) = product(x, y);
    let (low, carried) = low.overflowing_add(lift);
    // At most 2^128 − 2 before, so this cannot overflow.
    (low, high.wrapping_add(u128::from(carried)))
}

/// `(high · 2^128 + low) ÷ d`, rounded down; [`UNFIT`] where the divisor is zero or the quotient
/// wide.
#[inline(never)]
fn narrow_div(low: u128, high: u128, d: u128) -> u128 {
    quotient(low, high, d)
}

/// Ray, wad, basis points, the usual decimals of tokens, and what interest needs have a path of
/// their own.
#[inline(always)]
fn quotient(low: u128, high: u128, d: u128) -> u128 {
    // Also refuses a divisor of zero.
    if high >= d {
        return UNFIT;
    }
    let by_constant = match d {
        1_000_000_000_000_000_000_000_000_000 => {
            by_constant::divide::<1_000_000_000_000_000_000_000_000_000>(low, high)
        }
        1_000_000_000_000_000_000 => by_constant::divide::<1_000_000_000_000_000_000>(low, high),
        100_000_000 => by_constant::divide::<100_000_000>(low, high),
        31_536_000 => by_constant::divide::<31_536_000>(low, high),
        1_000_000 => by_constant::divide::<1_000_000>(low, high),
        10_000 => by_constant::divide::<10_000>(low, high),
        6 => by_constant::divide::<6>(low, high),
        _ => None,
    };
    match by_constant {
        Some(quotient) => quotient,
        None => by_any::divide(low, high, d),
    }
}

/// The lower and the upper half of a product.
#[inline(always)]
fn product(x: u128, y: u128) -> (u128, u128) {
    let ([x0, x1], [y0, y1]) = (halves(x), halves(y));
    let times = |a: u64, b: u64| u128::from(a).wrapping_mul(u128::from(b));
    let ([p0, p1], [q0, q1]) = (halves(times(x0, y0)), halves(times(x0, y1)));
    let ([r0, r1], top) = (halves(times(x1, y0)), times(x1, y1));
    let middle = u128::from(p1)
        .wrapping_add(u128::from(q0))
        .wrapping_add(u128::from(r0));
    let [second, carried] = halves(middle);
    let above = u128::from(q1)
        .wrapping_add(u128::from(r1))
        .wrapping_add(u128::from(carried));
    (join(p0, second), top.wrapping_add(above))
}

/// A result word by word. One of the usual kind would be written to memory by the slow path, and
/// so the fast path would have to write its own there too, and read it back.
struct ByWord {
    words: [u64; 4],
    error: Option<Overflow>,
}

impl ByWord {
    fn new(result: Result<U256, Overflow>) -> Self {
        Self {
            words: result.unwrap_or(U256::ZERO).into_limbs(),
            error: result.err(),
        }
    }

    #[inline(always)]
    fn into_result(self) -> Result<U256, Overflow> {
        let [a, b, c, d] = self.words;
        match self.error {
            None => Ok(U256::from_limbs([a, b, c, d])),
            Some(error) => Err(error),
        }
    }
}

/// Any numbers, with a product of up to 512 bits.
#[cold]
#[inline(never)]
fn slow(x: U256, y: U256, d: U256, rounding: Rounding) -> ByWord {
    if d.is_zero() {
        return ByWord::new(Err(Overflow::DivisionByZero));
    }
    let product: U512 = x.widening_mul(y);
    let (quotient, rest) = product.div_rem(U512::from(d));
    let (quotient, fits) = cut(quotient);
    let (rest, _) = cut(rest);
    ByWord::new(if fits {
        rounded(quotient, rest, d, rounding)
    } else {
        Err(Overflow::Arithmetic)
    })
}

/// Any numbers, with a product of up to 256 bits.
#[cold]
#[inline(never)]
fn checked_slow(x: U256, y: U256, d: U256, rounding: Rounding) -> ByWord {
    if d.is_zero() {
        return ByWord::new(Err(Overflow::DivisionByZero));
    }
    // What half-up adds must fit too.
    let half = if rounding == Rounding::HalfUp {
        d.wrapping_shr(1)
    } else {
        U256::ZERO
    };
    let product = x.checked_mul(y);
    match product.filter(|product| product.checked_add(half).is_some()) {
        Some(product) => {
            let (quotient, rest) = product.div_rem(d);
            ByWord::new(rounded(quotient, rest, d, rounding))
        }
        None => ByWord::new(Err(Overflow::Arithmetic)),
    }
}

fn rounded(quotient: U256, rest: U256, d: U256, rounding: Rounding) -> Result<U256, Overflow> {
    let up = match rounding {
        Rounding::Floor => false,
        Rounding::Ceil => !rest.is_zero(),
        // rest + ⌊d/2⌋ ≥ d, written without the sum that could overflow.
        Rounding::HalfUp => rest >= d.wrapping_sub(d.wrapping_shr(1)) && !rest.is_zero(),
    };
    if up {
        quotient.checked_add(U256::ONE).ok_or(Overflow::Arithmetic)
    } else {
        Ok(quotient)
    }
}

/// A number of up to 128 bits, or nothing.
#[inline(always)]
fn narrow(n: U256) -> Option<u128> {
    let [low, high, c, d] = n.into_limbs();
    (c | d == 0).then_some(join(low, high))
}

/// A number of 128 bits as one of 256.
#[inline(always)]
pub(super) fn wide(n: u128) -> U256 {
    let [low, high] = halves(n);
    U256::from_limbs([low, high, 0, 0])
}

/// The low and the high word.
#[inline(always)]
fn halves(double: u128) -> [u64; 2] {
    let low = double & u128::from(u64::MAX);
    let half = |n: u128| u64::try_from(n).unwrap_or(u64::MAX);
    [half(low), half(double.wrapping_shr(64))]
}

#[inline(always)]
fn join(low: u64, high: u64) -> u128 {
    (u128::from(high) << 64) | u128::from(low)
}

/// The lower half, and whether that is all.
fn cut(wide: U512) -> (U256, bool) {
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
    fn powers_of_ten_are_products() {
        let mut power = U256::ONE;
        for decimals in 0..=77 {
            assert_eq!(pow10(decimals), Ok(power), "10^{decimals}");
            power = power.wrapping_mul(u(10));
        }
        assert_eq!(pow10(78), Err(Overflow::Arithmetic));
        assert_eq!(pow10(u8::MAX), Err(Overflow::Arithmetic));
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
        assert_eq!(div(U256::MAX, u(0)), Err(Overflow::DivisionByZero));
    }

    proptest::proptest! {
        #[test]
        fn agrees_with_long_arithmetic(
            x: [u64; 4], y: [u64; 4], d: [u64; 4],
            shifts in [0usize..256, 0usize..256, 0usize..256], power in 0usize..40,
        ) {
            let [x, y, any] = [(x, shifts[0]), (y, shifts[1]), (d, shifts[2])]
                .map(|(limbs, shift)| U256::from_limbs(limbs) >> shift);
            for d in [any.max(U256::ONE), u(10).pow(U256::from(power))] {
                check(x, y, d);
            }
        }
    }

    fn check_known<const D: u128>(x: U256, y: U256) {
        for rounding in [Floor, Ceil, HalfUp] {
            let want = checked_mul_div(x, y, u(D), rounding);
            let got = checked_mul_div_by::<D>(x, y, rounding);
            assert_eq!(got, want, "{x}·{y}/{D} {rounding:?}");
        }
    }

    /// Against a product of 512 bits and long division.
    fn check(x: U256, y: U256, d: U256) {
        let product: U512 = x.widening_mul(y);
        let (long, most) = (U512::from(d), U512::from(U256::MAX));
        let floor = product / long;
        let up = if floor * long == product {
            U512::ZERO
        } else {
            U512::ONE
        };
        let lifted = product + (long >> 1);
        for (rounding, want) in [(Floor, floor), (Ceil, floor + up), (HalfUp, lifted / long)] {
            let fits = (want <= most).then_some(want).ok_or(Overflow::Arithmetic);
            let got = mul_div(x, y, d, rounding).map(U512::from);
            assert_eq!(got, fits, "{x}·{y}/{d} {rounding:?}");
            let highest = if rounding == HalfUp { lifted } else { product };
            let want = if highest <= most {
                fits
            } else {
                Err(Overflow::Arithmetic)
            };
            let got = checked_mul_div(x, y, d, rounding).map(U512::from);
            assert_eq!(got, want, "checked {x}·{y}/{d} {rounding:?}");
        }
        check_known::<1_000_000_000_000_000_000_000_000_000>(x, y);
        check_known::<1_000_000_000_000_000_000>(x, y);
        check_known::<100_000_000>(x, y);
        check_known::<1_000_000>(x, y);
        check_known::<10_000>(x, y);
        assert_eq!(div(x, d), Ok(x / d), "{x}/{d}");
        let want = (product <= most).then_some(product);
        assert_eq!(mul(x, y).ok().map(U512::from), want, "{x}·{y}");
        let (narrow, word) = (x.into_limbs()[0], y.into_limbs()[0]);
        let long = u128::from(narrow) << 64 | u128::from(word);
        let (low, above) = word_product(long, word);
        let product = U256::from(above) << 64 | U256::from(low);
        assert_eq!(
            product,
            U256::from(long) * U256::from(word),
            "{long}·{word}"
        );
    }

    #[test]
    fn edges_agree() {
        let bits = [0, 1, 53, 63, 64, 65, 90, 127, 128, 129, 191, 192, 254, 255];
        let around = |bits: usize| [-1i32, 0, 1].map(|more| (U256::ONE << bits, more));
        let edges: Vec<U256> = bits
            .into_iter()
            .flat_map(around)
            .map(|(power, more)| match more {
                -1 => power - U256::ONE,
                0 => power,
                _ => power + U256::ONE,
            })
            .chain([
                U256::ZERO,
                U256::MAX,
                U256::MAX - U256::ONE,
                crate::units::RAY,
            ])
            .collect();
        for (x, y) in edges.iter().flat_map(|x| edges.iter().map(move |y| (x, y))) {
            for d in edges.iter().filter(|d| !d.is_zero()) {
                check(*x, *y, *d);
            }
        }
    }
}
