//! The weighted median, and which votes are too far from it.

use super::Deviation;
use crate::units::{Bps, Price, Rounding, U256, mul_div};

/// One source's price and what it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vote {
    /// Position of the source.
    pub source: usize,
    /// Its price.
    pub price: Price,
    /// Its weight.
    pub weight: u32,
}

/// The weighted median; nothing where no vote has weight. Sorts the votes by price.
///
/// The lower median is the least price at which the weight of all votes up to it reaches half of the
/// whole; the upper one is the least at which it exceeds half. They differ only where a set of votes
/// has exactly half; then the answer is their mean, rounded down. Votes of the same price count as
/// one.
///
/// Whoever has less than half of the weight can move it no further than to the nearest prices of
/// the others.
pub fn weighted_median(votes: &mut [Vote]) -> Option<Price> {
    votes.sort_unstable_by_key(|vote| (vote.price, vote.source));
    let total = weight(votes);
    let (mut below, mut lower) = (0u64, None);
    for vote in votes.iter().filter(|vote| vote.weight > 0) {
        below = below.saturating_add(u64::from(vote.weight));
        let twice = below.saturating_mul(2);
        if twice >= total && lower.is_none() {
            lower = Some(vote.price);
        }
        if twice > total {
            return lower.map(|lower| middle(lower, vote.price));
        }
    }
    None
}

/// The mean of two prices in order, rounded down.
fn middle(lower: Price, upper: Price) -> Price {
    let apart = upper.minus_or_zero(lower);
    let half = mul_div(apart.0, U256::ONE, U256::from(2u64), Rounding::Floor);
    Price(lower.0.saturating_add(half.unwrap_or_default()))
}

/// The weight of all votes.
pub(super) fn weight(votes: &[Vote]) -> u64 {
    let weights = votes.iter().map(|vote| u64::from(vote.weight));
    weights.fold(0, u64::saturating_add)
}

/// Whether a price is an outlier: farther from the median than a limit, in basis points of the median.
pub(super) fn is_outlier(price: Price, median: Price, limit: Bps) -> bool {
    Deviation::between(price, median) > Deviation(u64::from(limit.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn votes(list: &[(u128, u32)]) -> Vec<Vote> {
        let vote = |(source, (price, weight)): (usize, &(u128, u32))| Vote {
            source,
            price: Price::new(*price),
            weight: *weight,
        };
        list.iter().enumerate().map(vote).collect()
    }

    #[test]
    fn medians_are_tables() {
        type Case<'a> = (&'a [(u128, u32)], Option<u128>);
        let cases: [Case; 10] = [
            (&[], None),
            (&[(5, 0)], None),
            (&[(5, 1)], Some(5)),
            (&[(9, 1), (1, 1), (5, 1)], Some(5)),
            // Half and half: the mean of both, rounded down.
            (&[(1, 1), (4, 1)], Some(2)),
            (&[(1, 2), (4, 1), (9, 1)], Some(2)),
            // More than half decides alone.
            (&[(1, 3), (4, 1), (9, 1)], Some(1)),
            // The weights of the spot oracle that the rulebook of perpetuals names.
            (
                &[(100, 3), (101, 2), (102, 2), (500, 1), (500, 1)],
                Some(101),
            ),
            // A vote without weight decides nothing, also between two halves.
            (&[(1, 1), (2, 0), (4, 1)], Some(2)),
            (&[(7, 1), (7, 1), (7, 5), (8, 7)], Some(7)),
        ];
        for (list, want) in cases {
            let got = weighted_median(&mut votes(list));
            assert_eq!(got, want.map(Price::new), "{list:?}");
        }
    }

    #[test]
    fn an_outlier_is_beyond_the_limit() {
        for (price, limit, want) in [
            (95, 500, false),
            (94, 500, true),
            (105, 500, false),
            (106, 500, true),
            (100, 0, false),
            (101, 0, true),
        ] {
            let got = is_outlier(Price::new(price), Price::new(100), Bps(limit));
            assert_eq!(got, want, "{price}");
        }
    }
}
