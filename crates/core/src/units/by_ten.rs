//! Division by powers of ten, which is nearly every division of a ledger.
//!
//! 10^k is 2^k · 5^k, and 5^27 still fits a word: the factor of two is a shift, and the rest is a
//! division word by word with a reciprocal known beforehand (Möller and Granlund, "Improved
//! division by invariant integers", 2011, algorithm 4).

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
    /// `⌊(2^128 − 1) ÷ normal⌋ − 2^64`.
    reciprocal: u64,
}

impl Divisor {
    const fn new(odd: u64) -> Self {
        let zeros = odd.leading_zeros();
        let normal = odd.wrapping_shl(zeros);
        let above = ((!normal as u128) << 64) | u64::MAX as u128;
        let reciprocal = match above.checked_div(normal as u128) {
            Some(quotient) => quotient as u64,
            None => 0,
        };
        Self {
            odd,
            zeros,
            normal,
            reciprocal,
        }
    }

    /// Quotient and remainder of `high · 2^64 + low`, where `high < normal`.
    #[inline]
    fn step(&self, high: u64, low: u64) -> (u64, u64) {
        let double = ((high as u128) << 64) | low as u128;
        let estimate = (self.reciprocal as u128)
            .wrapping_mul(high as u128)
            .wrapping_add(double);
        let mut quotient = ((estimate >> 64) as u64).wrapping_add(1);
        let mut rest = low.wrapping_sub(quotient.wrapping_mul(self.normal));
        if rest > estimate as u64 {
            quotient = quotient.wrapping_sub(1);
            rest = rest.wrapping_add(self.normal);
        }
        if rest >= self.normal {
            quotient = quotient.wrapping_add(1);
            rest = rest.wrapping_sub(self.normal);
        }
        (quotient, rest)
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

/// Quotient and remainder, where `d` is a power of ten up to 10^27; nothing for other divisors.
#[inline]
pub(super) fn divide(n: U256, d: u128) -> Option<(U256, u128)> {
    let power = d.trailing_zeros();
    let five = FIVES.get(usize::try_from(power).ok()?)?;
    if d.wrapping_shr(power) != u128::from(five.odd) {
        return None;
    }
    let [n0, n1, n2, n3] = n.into_limbs();
    let shifted = |low: u64, high: u64| {
        let double = ((high as u128) << 64) | low as u128;
        double.wrapping_shr(power) as u64
    };
    let words = [
        shifted(n0, n1),
        shifted(n1, n2),
        shifted(n2, n3),
        shifted(n3, 0),
    ];
    let (quotient, rest) = by_word(words, five);
    let below = n0 & 1u64.wrapping_shl(power).wrapping_sub(1);
    let remainder = u128::from(rest).wrapping_shl(power) | u128::from(below);
    Some((quotient, remainder))
}

#[inline]
fn by_word([n0, n1, n2, n3]: [u64; 4], divisor: &Divisor) -> (U256, u64) {
    let aligned = |low: u64, high: u64| {
        let double = ((high as u128) << 64) | low as u128;
        (double.wrapping_shl(divisor.zeros) >> 64) as u64
    };
    let (q3, rest) = match n3 {
        0 => (0, aligned(n2, 0)),
        _ => divisor.step(aligned(n3, 0), aligned(n2, n3)),
    };
    let (q2, rest) = match (n3, n2) {
        (0, 0) => (0, aligned(n1, 0)),
        _ => divisor.step(rest, aligned(n1, n2)),
    };
    let (q1, rest) = divisor.step(rest, aligned(n0, n1));
    let (q0, rest) = divisor.step(rest, aligned(0, n0));
    (
        U256::from_limbs([q0, q1, q2, q3]),
        rest.wrapping_shr(divisor.zeros),
    )
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
            five = five.wrapping_mul(5);
        }
    }

    fn check(n: U256, d: u128) {
        let (quotient, remainder) = divide(n, d).expect("a power of ten");
        assert_eq!(
            n.div_rem(U256::from(d)),
            (quotient, U256::from(remainder)),
            "{n} ÷ {d}"
        );
    }

    proptest! {
        #[test]
        fn agrees_with_long_division(limbs: [u64; 4], shift in 0usize..256, power in 0u32..28) {
            let n = U256::from_limbs(limbs) >> shift;
            let d = 10u128.pow(power);
            for n in [n, U256::MAX - n, n - n % U256::from(d)] {
                check(n, d);
            }
        }
    }

    #[test]
    fn other_divisors_are_left_alone() {
        for d in [0, 2, 3, 20, 50, 31_536_000, 10u128.pow(28), u128::MAX] {
            assert_eq!(divide(U256::MAX, d), None, "{d}");
        }
    }
}
