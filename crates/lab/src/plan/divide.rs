//! A block cut in exact pieces.

use crate::door;
use backstop_core::units::Amount;

/// Pieces in proportion to weights. They sum to the whole to the last unit: each running sum is rounded down, and
/// what rounding leaves goes to the last piece with a weight. Weights that are not above 0 get nothing; without
/// any the last piece is the whole.
pub(super) fn divide(whole: Amount, weights: &[f64]) -> Vec<Amount> {
    let weight = |w: &f64| if *w > 0.0 && w.is_finite() { *w } else { 0.0 };
    let total: f64 = weights.iter().map(weight).sum();
    let last = weights.iter().rposition(|w| weight(w) > 0.0);
    let last = last.unwrap_or(weights.len().saturating_sub(1));
    let (mut sum, mut given) = (0.0, Amount::ZERO);
    let piece = |(at, w): (usize, &f64)| {
        sum += weight(w);
        let until = match at {
            _ if at >= last => whole,
            _ if total > 0.0 => door::share_of(whole, sum / total),
            _ => Amount::ZERO,
        };
        let piece = until.minus_or_zero(given);
        given = until.max(given);
        piece
    };
    weights.iter().enumerate().map(piece).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use backstop_core::units::U256;
    use proptest::prelude::*;

    #[test]
    fn pieces_follow_their_weights() {
        for (whole, weights, want) in [
            (10u128, &[1.0, 1.0, 2.0][..], &[2u128, 3, 5][..]),
            (7, &[0.0, 1.0, 0.0], &[0, 7, 0]),
            (7, &[0.0, 0.0], &[0, 7]),
            (1, &[1.0, 1.0, 1.0], &[0, 0, 1]),
            (9, &[f64::NAN, 1.0, -3.0], &[0, 9, 0]),
            (5, &[], &[]),
        ] {
            let want: Vec<Amount> = want.iter().map(|w| Amount::new(*w)).collect();
            assert_eq!(divide(Amount::new(whole), weights), want, "{weights:?}");
        }
    }

    proptest! {
        #[test]
        fn pieces_sum_to_the_whole(
            limbs: [u64; 4],
            shift in 0usize..256,
            weights in proptest::collection::vec(prop_oneof![Just(0.0), 1e-9f64..1e9, 0.0f64..1.0], 1..80),
        ) {
            let whole = Amount(U256::from_limbs(limbs) >> shift);
            let pieces = divide(whole, &weights);
            let sum = pieces.iter().try_fold(Amount::ZERO, |sum, piece| sum.plus(*piece));
            prop_assert_eq!(sum.unwrap(), whole);
        }
    }
}
