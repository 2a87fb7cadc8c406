//! Division by any number of up to 128 bits, for the indexes, debts and prices that are no powers
//! of ten.
//!
//! A processor's own division of a double word takes up to 90 cycles on servers still in use. A
//! reciprocal by Newton's method and two steps with it take about half of one such division,
//! everywhere. The method is Möller and Granlund's, "Improved division by invariant integers"
//! (2011); their names for the intermediate values are kept.

#![allow(
    clippy::as_conversions,
    reason = "each conversion widens a word or keeps one of a double word's halves on purpose"
)]

/// `⌊(2^19 − 3·2^8) ÷ d⌋` for d from 2^8 on: reciprocals to about ten bits.
static GUESSES: [u16; 256] = guesses();

const fn guesses() -> [u16; 256] {
    let mut table = [0u16; 256];
    let mut rest = table.as_mut_slice();
    let mut d = 256u32;
    while let Some((place, more)) = rest.split_first_mut() {
        if let Some(guess) = (524_288u32 - 768).checked_div(d) {
            *place = guess as u16;
        }
        d = d.wrapping_add(1);
        rest = more;
    }
    table
}

/// A divisor of one word that many numbers are divided by: what the division needs of it is computed
/// once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Divisor {
    /// Without leading zeros.
    normal: u64,
    zeros: u32,
    reciprocal: u64,
}

impl Divisor {
    /// Nothing for zero.
    pub(crate) fn new(divisor: u64) -> Option<Self> {
        let zeros = divisor.leading_zeros();
        let normal = divisor.wrapping_shl(zeros);
        (divisor != 0).then(|| Self {
            normal,
            zeros,
            reciprocal: reciprocal_of_word(normal),
        })
    }

    /// Quotient and whether nothing is left over; nothing where the quotient needs more than a word.
    #[inline(always)]
    pub(crate) fn divide(self, n: u128) -> Option<(u64, bool)> {
        if (n >> 64) as u64 >= self.normal.wrapping_shr(self.zeros) {
            return None;
        }
        // The highest word is below the divisor, so nothing is shifted out.
        let (q, rest) = word_digit(n.wrapping_shl(self.zeros), self.normal, self.reciprocal);
        Some((q, rest == 0))
    }
}

/// The quotient of `high · 2^128 + low` by a divisor above `high`.
#[inline(always)]
pub(super) fn divide(low: u128, high: u128, d: u128) -> u128 {
    debug_assert!(high < d, "the quotient fits 128 bits");
    if (low >> 64) | high == 0
        && let Some(quotient) = (low as u64).checked_div(d as u64)
        && d >> 64 == 0
    {
        return u128::from(quotient);
    }
    if d >> 64 == 0 {
        return divide_by_word(low, high as u64, d as u64);
    }
    let zeros = d.leading_zeros();
    let d = d.wrapping_shl(zeros);
    // high < d, so the head stays within 128 bits and below the aligned divisor.
    let carried = low.wrapping_shr(1).wrapping_shr(127u32.wrapping_sub(zeros));
    let (head, tail) = (high.wrapping_shl(zeros) | carried, low.wrapping_shl(zeros));
    let v = reciprocal(d);
    let (above, rest) = digit(head, (tail >> 64) as u64, d, v);
    let (below, _) = digit(rest, tail as u64, d, v);
    join(below, above)
}

/// The quotient of `high · 2^128 + low` by a divisor of one word above `high`.
#[inline(always)]
fn divide_by_word(low: u128, high: u64, d: u64) -> u128 {
    let zeros = d.leading_zeros();
    let d = d.wrapping_shl(zeros);
    let carried = (low >> 64) as u64;
    let carried = carried
        .wrapping_shr(1)
        .wrapping_shr(63u32.wrapping_sub(zeros));
    let (head, tail) = (high.wrapping_shl(zeros) | carried, low.wrapping_shl(zeros));
    let v = reciprocal_of_word(d);
    let (above, rest) = word_digit(join((tail >> 64) as u64, head), d, v);
    let (below, _) = word_digit(join(tail as u64, rest), d, v);
    join(below, above)
}

/// One word of the quotient of `n` by an aligned divisor with its reciprocal, and the remainder; the higher
/// word of `n` is below the divisor.
#[inline(always)]
fn word_digit(n: u128, d: u64, v: u64) -> (u64, u64) {
    let sum = times((n >> 64) as u64, v).wrapping_add(n);
    let (q, fraction) = (((sum >> 64) as u64).wrapping_add(1), sum as u64);
    let rest = (n as u64).wrapping_sub(q.wrapping_mul(d));
    let (q, rest) = if rest > fraction {
        (q.wrapping_sub(1), rest.wrapping_add(d))
    } else {
        (q, rest)
    };
    if rest >= d {
        (q.wrapping_add(1), rest.wrapping_sub(d))
    } else {
        (q, rest)
    }
}

/// One word of the quotient of `head · 2^64 + next`, and the remainder; `head < d`.
#[inline(always)]
fn digit(head: u128, next: u64, d: u128, v: u64) -> (u64, u128) {
    let (d1, d0) = ((d >> 64) as u64, d as u64);
    let sum = times((head >> 64) as u64, v).wrapping_add(head);
    let (q1, q0) = ((sum >> 64) as u64, sum as u64);
    let r1 = (head as u64).wrapping_sub(q1.wrapping_mul(d1));
    let rest = join(next, r1).wrapping_sub(times(d0, q1)).wrapping_sub(d);
    let above = (rest >> 64) as u64 >= q0;
    let (q1, rest) = if above {
        (q1, rest.wrapping_add(d))
    } else {
        (q1.wrapping_add(1), rest)
    };
    if rest >= d {
        (q1.wrapping_add(1), rest.wrapping_sub(d))
    } else {
        (q1, rest)
    }
}

/// `⌊(2^192 − 1) ÷ d⌋ − 2^64`; the highest bit of `d` is set.
#[inline(always)]
fn reciprocal(d: u128) -> u64 {
    let (d1, d0) = ((d >> 64) as u64, d as u64);
    let mut v = reciprocal_of_word(d1);
    let mut p = d1.wrapping_mul(v).wrapping_add(d0);
    if p < d0 {
        v = v.wrapping_sub(1);
        if p >= d1 {
            v = v.wrapping_sub(1);
            p = p.wrapping_sub(d1);
        }
        p = p.wrapping_sub(d1);
    }
    let t = times(v, d0);
    let t1 = (t >> 64) as u64;
    p = p.wrapping_add(t1);
    if p < t1 {
        v = v.wrapping_sub(1);
        if join(t as u64, p) >= d {
            v = v.wrapping_sub(1);
        }
    }
    v
}

/// `⌊(2^128 − 1) ÷ d⌋ − 2^64`; the highest bit of `d` is set.
#[inline(always)]
fn reciprocal_of_word(d: u64) -> u64 {
    let (odd, half) = (d & 1, (d >> 1).wrapping_add(d & 1));
    let d40 = (d >> 24).wrapping_add(1);
    let guess = GUESSES.get(((d >> 55) & 255) as usize);
    let v0 = u64::from(guess.copied().unwrap_or(0));
    let square = v0.wrapping_mul(v0).wrapping_mul(d40);
    let v1 = (v0 << 11).wrapping_sub(square >> 40).wrapping_sub(1);
    let lack = (1u64 << 60).wrapping_sub(v1.wrapping_mul(d40));
    let v2 = (v1 << 13).wrapping_add(v1.wrapping_mul(lack) >> 47);
    let error = ((v2 >> 1) & odd.wrapping_neg()).wrapping_sub(v2.wrapping_mul(half));
    let correction = (times(v2, error) >> 65) as u64;
    let v3 = (v2 << 31).wrapping_add(correction);
    // ⌊(v3 + 2^64 + 1) · d ÷ 2^64⌋, modulo 2^64.
    let product = times(v3, d).wrapping_add(u128::from(d));
    v3.wrapping_sub((product >> 64) as u64).wrapping_sub(d)
}

#[inline(always)]
fn times(a: u64, b: u64) -> u128 {
    u128::from(a).wrapping_mul(u128::from(b))
}

#[inline(always)]
fn join(low: u64, high: u64) -> u128 {
    (u128::from(high) << 64) | u128::from(low)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use ruint::aliases::U256;

    fn check_word(d: u64) {
        let d = d | (1 << 63);
        let want = u128::MAX / u128::from(d) - (1 << 64);
        assert_eq!(u128::from(reciprocal_of_word(d)), want, "{d:#x}");
    }

    fn check_reciprocal(d: u128) {
        let d = d | (1 << 127);
        let want = (U256::MAX >> 64) / U256::from(d) - (U256::ONE << 64);
        assert_eq!(U256::from(reciprocal(d)), want, "{d:#x}");
    }

    /// The dividend is made from its quotient and remainder.
    fn check(quotient_wanted: u128, d: u128, rest: u128) {
        let d = d.max(1);
        let whole = U256::from(quotient_wanted) * U256::from(d);
        let [a, b, c, e] = (whole + U256::from(rest % d)).into_limbs();
        let got = divide(join(a, b), join(c, e), d);
        assert_eq!(got, quotient_wanted, "{d:#x}, {rest:#x}");
    }

    /// Numbers near powers of two, where carries are.
    fn edges() -> Vec<u128> {
        let around = |bits: u32| {
            let power = 1u128 << bits;
            [power - 1, power, power + 1]
        };
        let mut edges: Vec<u128> = (0..128).flat_map(around).collect();
        edges.extend([u128::MAX, u128::MAX - 1, u128::from(u64::MAX) << 64]);
        edges
    }

    #[test]
    fn edges_agree() {
        for d in edges() {
            check_word(d as u64);
            check_word((d >> 64) as u64);
            check_reciprocal(d);
            for q in edges() {
                for rest in [0, 1, d / 2, d.wrapping_sub(1)] {
                    check(q, d, rest);
                }
            }
        }
    }

    fn check_divisor(divisor: u64, n: u128) {
        let long = u128::from(divisor);
        let want = (n / long)
            .try_into()
            .ok()
            .map(|quotient: u64| (quotient, n.is_multiple_of(long)));
        assert_eq!(
            Divisor::new(divisor).unwrap().divide(n),
            want,
            "{n:#x} ÷ {divisor:#x}"
        );
    }

    #[test]
    fn divisors_of_a_word_agree() {
        assert!(Divisor::new(0).is_none());
        for d in edges() {
            for divisor in [d as u64, (d >> 64) as u64].into_iter().filter(|d| *d != 0) {
                for n in edges() {
                    check_divisor(divisor, n);
                    check_divisor(divisor, n.wrapping_mul(u128::from(divisor)));
                }
            }
        }
    }

    #[test]
    fn every_guess_suffices() {
        for top in 256u64..512 {
            for low in [
                0,
                1,
                (1 << 24) - 1,
                1 << 24,
                1 << 54,
                (1 << 55) - 2,
                (1 << 55) - 1,
            ] {
                check_word((top << 55) | low);
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 20_000, ..ProptestConfig::default() })]

        #[test]
        fn agrees_with_long_division(
            q: u128, d: u128, rest: u128, shifts in [0u32..128, 0u32..128, 0u32..64]
        ) {
            check_word(d as u64);
            check_reciprocal(d);
            let divisor = ((d as u64) >> shifts[2]).max(1);
            for n in [q, u128::from(q as u64) * u128::from(divisor) + rest % u128::from(divisor)] {
                check_divisor(divisor, n);
                check_divisor(divisor, n - n % u128::from(divisor));
            }
            let d = d >> shifts[1];
            for d in [d, d & !u128::from(u64::MAX >> shifts[2]), d | u128::from(u64::MAX)] {
                check(q >> shifts[0], d, rest);
                check(q >> shifts[0], d, u128::MAX);
                check(u128::MAX - (q >> shifts[0]), d, rest);
            }
        }
    }
}
