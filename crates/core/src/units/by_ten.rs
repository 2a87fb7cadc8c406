//! Division by powers of ten, which is nearly every division of a ledger.
//!
//! 10^k is 2^k · 5^k, and 5^27 still fits a word: the factor of two is a shift, and the rest is a
//! multiplication by a reciprocal known beforehand (Barrett's reduction).

#![allow(
    clippy::as_conversions,
    reason = "each conversion widens a word or keeps one of a double word's halves on purpose"
)]

use ruint::aliases::U256;

/// A divisor of one word.
struct Divisor {
    odd: u64,
    /// Leading zeros of `odd`.
    zeros: u32,
    /// `odd` without its leading zeros.
    normal: u64,
    /// `⌊2^191 ÷ normal⌋`, at most 2^128 − 1.
    reciprocal: u128,
}

impl Divisor {
    const fn new(odd: u64) -> Self {
        let zeros = odd.leading_zeros();
        let normal = odd.wrapping_shl(zeros);
        Self {
            odd,
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

/// 5^0 to 5^27.
static FIVES: [Divisor; 28] = [
    Divisor::new(1),
    Divisor::new(5),
    Divisor::new(25),
    Divisor::new(125),
    Divisor::new(625),
    Divisor::new(3_125),
    Divisor::new(15_625),
    Divisor::new(78_125),
    Divisor::new(390_625),
    Divisor::new(1_953_125),
    Divisor::new(9_765_625),
    Divisor::new(48_828_125),
    Divisor::new(244_140_625),
    Divisor::new(1_220_703_125),
    Divisor::new(6_103_515_625),
    Divisor::new(30_517_578_125),
    Divisor::new(152_587_890_625),
    Divisor::new(762_939_453_125),
    Divisor::new(3_814_697_265_625),
    Divisor::new(19_073_486_328_125),
    Divisor::new(95_367_431_640_625),
    Divisor::new(476_837_158_203_125),
    Divisor::new(2_384_185_791_015_625),
    Divisor::new(11_920_928_955_078_125),
    Divisor::new(59_604_644_775_390_625),
    Divisor::new(298_023_223_876_953_125),
    Divisor::new(1_490_116_119_384_765_625),
    Divisor::new(7_450_580_596_923_828_125),
];

/// Quotient and remainder, where `d` is a power of ten up to 10^27 and the quotient surely fits
/// 128 bits; nothing for others.
#[inline(always)]
pub(super) fn divide(n: U256, d: u128) -> Option<(U256, u128)> {
    let power = d.trailing_zeros();
    let five = FIVES.get(usize::try_from(power).ok()?)?;
    let [n0, n1, n2, n3] = n.into_limbs();
    // The dividend without the factor of two, which must be below 2^(191 − zeros).
    let kept = 63u32.wrapping_sub(five.zeros);
    let above = u128::from(n2.wrapping_shr(power));
    if d.wrapping_shr(power) != u128::from(five.odd) || n3 != 0 || above.wrapping_shr(kept) != 0 {
        return None;
    }
    let low = join(n0, n1).wrapping_shr(power) | left(u128::from(n2), 128u32.wrapping_sub(power));
    let (quotient, rest) = by_word(low, above, kept, five);
    let below = n0 & 1u64.wrapping_shl(power).wrapping_sub(1);
    let remainder = u128::from(rest).wrapping_shl(power) | u128::from(below);
    Some((U256::from(quotient), remainder))
}

/// Quotient and remainder of `above · 2^128 + low` by a divisor of one word.
///
/// Aligned with the normal divisor the dividend is m < 2^191. ⌊m ÷ 2^63⌋ · reciprocal ÷ 2^128 is
/// below the quotient by less than 1 for the cut dividend (2^63 ≤ normal), by at most 1 for the
/// cut reciprocal and by less than 1 for its own cut: at most twice too small, three times for
/// 10^0, whose reciprocal is cut by a whole unit.
#[inline(always)]
fn by_word(low: u128, above: u128, kept: u32, divisor: &Divisor) -> (u128, u64) {
    let head = low.wrapping_shr(kept) | left(above, 128u32.wrapping_sub(kept));
    let normal = u128::from(divisor.normal);
    let mut quotient = high_half(head, divisor.reciprocal);
    let aligned = low.wrapping_shl(divisor.zeros);
    let mut rest = aligned.wrapping_sub(quotient.wrapping_mul(normal));
    while rest >= normal {
        quotient = quotient.wrapping_add(1);
        rest = rest.wrapping_sub(normal);
    }
    (quotient, (rest as u64).wrapping_shr(divisor.zeros))
}

fn join(low: u64, high: u64) -> u128 {
    (u128::from(high) << 64) | u128::from(low)
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

    #[test]
    fn table_holds_the_powers_of_five() {
        let mut five = 1u64;
        for (at, divisor) in FIVES.iter().enumerate() {
            assert_eq!(divisor.odd, five, "5^{at}");
            let exact: U256 = (U256::ONE << 191) / U256::from(divisor.normal);
            let most = U256::from(u128::MAX);
            assert_eq!(U256::from(divisor.reciprocal), exact.min(most), "5^{at}");
            five = five.wrapping_mul(5);
        }
    }

    /// Agrees where it answers; answers wherever the quotient is small.
    fn check(n: U256, d: u128) {
        let want = n.div_rem(U256::from(d));
        match divide(n, d) {
            Some((quotient, rest)) => assert_eq!((quotient, U256::from(rest)), want, "{n} ÷ {d}"),
            None => assert!(want.0.bit_len() > 100, "{n} ÷ {d}"),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4_000, ..ProptestConfig::default() })]

        #[test]
        fn agrees_with_long_division(limbs: [u64; 4], shift in 0usize..256, power in 0u32..28) {
            let n = U256::from_limbs(limbs) >> shift;
            let d = 10u128.pow(power);
            let whole = n - n % U256::from(d);
            for n in [n, whole, whole.saturating_sub(U256::ONE), (U256::MAX >> shift) - n] {
                check(n, d);
            }
        }
    }

    #[test]
    fn edges_agree() {
        for power in 0..28 {
            let d = 10u128.pow(power);
            for bits in 0..256 {
                let edge = U256::ONE << bits;
                for n in [edge - U256::ONE, edge, edge * U256::from(d) - U256::ONE] {
                    check(n, d);
                }
            }
        }
    }

    #[test]
    fn other_divisors_are_left_alone() {
        for d in [0, 2, 3, 20, 50, 31_536_000, 10u128.pow(28), u128::MAX] {
            assert_eq!(divide(U256::from(1_000_000), d), None, "{d}");
        }
    }
}
