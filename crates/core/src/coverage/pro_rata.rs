//! Exact splits: parts that sum to the whole, with the odd units told.

use crate::units::{Rounding, U256, mul_div};

/// Splits `whole` in proportion to weights. Each part is rounded down; the units that this leaves
/// go one each to the parts that were not exact, in list order: those first in the list bear or
/// get them. The parts sum to `whole`, except that there is nothing to split to where all weights
/// are zero.
///
/// The weights must sum to less than 2^256.
///
/// ```
/// use backstop_core::coverage::pro_rata;
/// use backstop_core::units::U256;
///
/// let parts = pro_rata(U256::from(100), &[1, 1, 1, 0].map(U256::from));
/// assert_eq!(parts, [34, 33, 33, 0].map(U256::from));
/// ```
pub fn pro_rata(whole: U256, weights: &[U256]) -> Vec<U256> {
    let sum = total(weights);
    // A share of a whole never exceeds it, so every quotient fits; without weights nobody pays.
    let share = |weight, rounding| mul_div(whole, weight, sum, rounding).unwrap_or(U256::ZERO);
    let floors = weights.iter().map(|weight| share(*weight, Rounding::Floor));
    let mut parts: Vec<U256> = floors.collect();
    let mut odd = whole.saturating_sub(total(&parts));
    for (part, weight) in parts.iter_mut().zip(weights) {
        if odd.is_zero() || sum.is_zero() {
            break;
        }
        if share(*weight, Rounding::Ceil) > *part {
            *part = part.saturating_add(U256::ONE);
            odd = odd.saturating_sub(U256::ONE);
        }
    }
    parts
}

/// Splits `whole` in proportion to weights, no part above its cap: what a capped part does not
/// bear, the others do (water-filling: each part is min(η · weight, cap) for one η). Odd units as
/// in [`pro_rata`]. A part without weight bears nothing.
///
/// Where `whole` exceeds what the caps allow, every part is at its cap. The weights must sum to
/// less than 2^256, and so must the caps. Source of the rule: capped pro-rata haircuts of Chitra,
/// "Autodeleveraging: Impossibilities and Optimization" (arXiv 2512.01112).
///
/// ```
/// use backstop_core::coverage::capped_pro_rata;
/// use backstop_core::units::U256;
///
/// let parts = capped_pro_rata(
///     U256::from(400_000),
///     &[100_000, 300_000, 600_000].map(U256::from),
///     &[20_000, 300_000, 600_000].map(U256::from),
/// );
/// assert_eq!(parts, [20_000, 126_667, 253_333].map(U256::from));
/// ```
pub fn capped_pro_rata(whole: U256, weights: &[U256], caps: &[U256]) -> Vec<U256> {
    let mut rest = whole;
    // Weights of the parts that are not yet at their cap.
    let mut open = weights.to_vec();
    let mut parts = vec![U256::ZERO; weights.len()];
    loop {
        let sum = total(&open);
        let (level, mut capped) = (rest, false);
        for ((open, part), cap) in open.iter_mut().zip(&mut parts).zip(caps) {
            // A quotient at the cap or above is at the cap, whatever its fraction; η only rises,
            // so it stays there.
            let share = mul_div(level, *open, sum, Rounding::Floor).unwrap_or(U256::MAX);
            if !open.is_zero() && share >= *cap {
                (*part, *open, capped) = (*cap, U256::ZERO, true);
                rest = rest.saturating_sub(*cap);
            }
        }
        if !capped {
            break;
        }
    }
    for (part, more) in parts.iter_mut().zip(pro_rata(rest, &open)) {
        *part = part.saturating_add(more);
    }
    parts
}

/// The sum, which fits where the callers keep their word.
pub(super) fn total(parts: &[U256]) -> U256 {
    parts
        .iter()
        .fold(U256::ZERO, |sum, part| sum.saturating_add(*part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn wide(numbers: &[u64]) -> Vec<U256> {
        numbers.iter().copied().map(U256::from).collect()
    }

    #[test]
    fn splits() {
        let cases: [(u64, &[u64], &[u64]); 7] = [
            (100, &[1, 1, 1], &[34, 33, 33]),
            (100, &[3, 1], &[75, 25]),
            (1, &[5, 5], &[1, 0]),
            (2, &[0, 5, 5, 5], &[0, 1, 1, 0]),
            (0, &[5, 5], &[0, 0]),
            (7, &[0, 0], &[0, 0]),
            (7, &[], &[]),
        ];
        for (whole, weights, want) in cases {
            let got = pro_rata(U256::from(whole), &wide(weights));
            assert_eq!(got, wide(want), "{whole} {weights:?}");
        }
    }

    /// A whole, weights, caps, and the parts.
    type Split<'a> = (u64, &'a [u64], &'a [u64], &'a [u64]);

    #[test]
    fn splits_under_caps() {
        let cases: [Split<'_>; 6] = [
            // Endowments 100, 300, 600 with caps of 20, 100 and 100 %, in thousandths.
            (
                400_000,
                &[100_000, 300_000, 600_000],
                &[20_000, 300_000, 600_000],
                &[20_000, 126_667, 253_333],
            ),
            (10, &[1, 1], &[3, 100], &[3, 7]),
            // One cap binds only after the other has.
            (30, &[1, 1, 1], &[2, 12, 100], &[2, 12, 16]),
            (9, &[1, 1], &[3, 4], &[3, 4]),
            (5, &[0, 1], &[9, 9], &[0, 5]),
            (5, &[1, 1], &[0, 9], &[0, 5]),
        ];
        for (whole, weights, caps, want) in cases {
            let got = capped_pro_rata(U256::from(whole), &wide(weights), &wide(caps));
            assert_eq!(got, wide(want), "{whole} {weights:?} {caps:?}");
        }
    }

    proptest! {
        /// Parts sum to the whole, stay under their caps, and are within a unit of the same η.
        #[test]
        fn capped_parts_are_exact(
            members in prop::collection::vec((1u64.., any::<u64>()), 1..9),
            share in 0u64..=1000,
        ) {
            let weights: Vec<_> = members.iter().map(|m| U256::from(m.0)).collect();
            let caps: Vec<_> = members.iter().map(|m| U256::from(m.1)).collect();
            let whole = total(&caps) * U256::from(share) / U256::from(1000);
            let parts = capped_pro_rata(whole, &weights, &caps);
            prop_assert_eq!(total(&parts), whole);
            for (part, cap) in parts.iter().zip(&caps) {
                prop_assert!(part <= cap);
            }
            // Whoever is below its cap bears, per weight, no less than anybody else but a unit.
            for ((part, cap), weight) in parts.iter().zip(&caps).zip(&weights) {
                for (other, base) in parts.iter().zip(&weights) {
                    let one = U256::ONE;
                    prop_assert!(
                        part == cap || (*part + one) * base >= (other.saturating_sub(one)) * weight
                    );
                }
            }
        }
    }
}
