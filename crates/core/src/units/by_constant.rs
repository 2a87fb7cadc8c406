//! Division by numbers that the compiler knows: the scales, the usual decimals, the year.
//!
//! Such a divisor is 2^k times an odd word, so that the division is a shift and a multiplication by
//! a reciprocal known beforehand (Barrett's reduction): a few instructions.

#![allow(
    clippy::as_conversions,
    reason = "each conversion widens a word or keeps one of a double word's halves on purpose"
)]

/// An odd divisor of one word, above 1.
struct Divisor {
    /// Leading zeros.
    zeros: u32,
    /// The divisor without its leading zeros.
    normal: u64,
    /// `⌊2^191 ÷ normal⌋`.
    reciprocal: u128,
}

impl Divisor {
    const fn new(odd: u64) -> Self {
        let zeros = odd.leading_zeros();
        let normal = odd.wrapping_shl(zeros);
        Self {
            zeros,
            normal,
            reciprocal: reciprocal(normal as u128),
        }
    }
}

/// By long division, a word at a time.
const fn reciprocal(normal: u128) -> u128 {
    let top = 1u128 << 127;
    match (top.checked_div(normal), top.checked_rem(normal)) {
        (Some(high), Some(rest)) if high >> 64 == 0 => match (rest << 64).checked_div(normal) {
            Some(low) => (high << 64) | low,
            None => u128::MAX,
        },
        _ => u128::MAX,
    }
}

/// A divisor, neither a power of two nor with an odd part beyond a word.
struct Constant<const D: u128>;

impl<const D: u128> Constant<D> {
    const SHIFT: u32 = D.trailing_zeros();
    const ODD: Divisor = Divisor::new((D >> Self::SHIFT) as u64);
}

/// The quotient of `high · 2^128 + low` by `D` where it surely fits 128 bits.
#[inline(always)]
pub(super) fn divide<const D: u128>(low: u128, high: u128) -> Option<u128> {
    let (shift, odd) = (Constant::<D>::SHIFT, &Constant::<D>::ODD);
    // The dividend without the factor of two, which must be below 2^(191 − zeros).
    let kept = 63u32.wrapping_sub(odd.zeros);
    let above = high.wrapping_shr(shift);
    if above.wrapping_shr(kept) != 0 {
        return None;
    }
    let low = low.wrapping_shr(shift) | left(high, 128u32.wrapping_sub(shift));
    Some(by_word(low, above, kept, odd))
}

/// The quotient of `above · 2^128 + low` by a divisor of one word.
///
/// Aligned with the normal divisor the dividend is m < 2^191. ⌊m ÷ 2^63⌋ · reciprocal ÷ 2^128 is
/// below the quotient by less than 1 for the cut dividend (2^63 ≤ normal), by less than 1 for the
/// cut reciprocal and by less than 1 for its own cut: at most two too small.
#[inline(always)]
fn by_word(low: u128, above: u128, kept: u32, divisor: &Divisor) -> u128 {
    let head = low.wrapping_shr(kept) | left(above, 128u32.wrapping_sub(kept));
    let normal = u128::from(divisor.normal);
    let quotient = high_half(head, divisor.reciprocal);
    let aligned = low.wrapping_shl(divisor.zeros);
    let rest = aligned.wrapping_sub(quotient.wrapping_mul(normal));
    let twice = normal.wrapping_shl(1);
    // Sums of comparisons have no branch, and a loop would be taken for a division by a compiler
    // and replaced by the slow one.
    quotient
        .wrapping_add(u128::from(rest >= normal))
        .wrapping_add(u128::from(rest >= twice))
}

/// A shift to the left by 1 to 128 bits.
#[inline(always)]
fn left(n: u128, bits: u32) -> u128 {
    n.wrapping_shl(bits.wrapping_sub(1)).wrapping_shl(1)
}

/// The upper 128 bits of a product.
#[inline(always)]
fn high_half(a: u128, b: u128) -> u128 {
    let (a0, a1) = (a as u64, (a >> 64) as u64);
    let (b0, b1) = (b as u64, (b >> 64) as u64);
    let times = |a: u64, b: u64| u128::from(a).wrapping_mul(u128::from(b));
    let (low, left, right, high) = (times(a0, b0), times(a0, b1), times(a1, b0), times(a1, b1));
    let carried = (low >> 64)
        .wrapping_add(u128::from(left as u64))
        .wrapping_add(u128::from(right as u64));
    high.wrapping_add(left >> 64)
        .wrapping_add(right >> 64)
        .wrapping_add(carried >> 64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use ruint::aliases::U256;

    /// Agrees where it answers; answers wherever the quotient is small.
    fn check<const D: u128>(n: U256) {
        let want = n / U256::from(D);
        let half = |n: U256| n.wrapping_to::<u128>();
        match divide::<D>(half(n), half(n >> 128)) {
            Some(quotient) => assert_eq!(U256::from(quotient), want, "{n} ÷ {D}"),
            None => assert!(want.bit_len() > 100, "{n} ÷ {D}"),
        }
    }

    /// At a number, and at the multiple of the divisor below it.
    fn check_around<const D: u128>(n: U256) {
        let whole = n - n % U256::from(D);
        check::<D>(n);
        check::<D>(whole);
        check::<D>(whole.saturating_sub(U256::ONE));
    }

    fn check_all(n: U256) {
        check_around::<3>(n);
        check_around::<6>(n);
        check_around::<10_000>(n);
        check_around::<1_000_000>(n);
        check_around::<31_536_000>(n);
        check_around::<100_000_000>(n);
        check_around::<1_000_000_000_000_000_000>(n);
        check_around::<18_446_744_073_709_551_615>(n);
        check_around::<100_000_000_000_000_000_000_000_000>(n);
        check_around::<1_000_000_000_000_000_000_000_000_000>(n);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 20_000, ..ProptestConfig::default() })]

        #[test]
        fn agrees_with_long_division(limbs: [u64; 4], shift in 0usize..256) {
            check_all(U256::from_limbs(limbs) >> shift);
            check_all(U256::MAX - (U256::from_limbs(limbs) >> shift));
            check_all((U256::MAX >> shift) - (U256::from_limbs(limbs) >> 200));
        }
    }

    #[test]
    fn edges_agree() {
        for bits in 0..256 {
            let edge = U256::ONE << bits;
            check_all(edge);
            check_all(edge - U256::ONE);
            check_all(edge.wrapping_mul(U256::from(10u128.pow(27))));
        }
    }

    #[test]
    fn reciprocals_are_the_floor() {
        for odd in [3, 5, 625, 246_375, 5u64.pow(18), 5u64.pow(27), u64::MAX] {
            let divisor = Divisor::new(odd);
            assert_eq!(divisor.normal >> divisor.zeros, odd);
            let exact: U256 = (U256::ONE << 191) / U256::from(divisor.normal);
            assert_eq!(U256::from(divisor.reciprocal), exact, "{odd}");
        }
    }
}
