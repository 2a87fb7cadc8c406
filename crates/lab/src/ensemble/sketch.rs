//! Quantiles of many terms by counts in bins whose width grows with their value.
//!
//! The sketch is DDSketch (Masson, Rim, Lee: "DDSketch: a fast and fully-mergeable quantile sketch
//! with relative-error guarantees", VLDB 2019): with γ = (1 + α) ÷ (1 − α), a term x lies in the bin
//! ⌈log x ÷ log γ⌉, which stands for 2·γ^bin ÷ (γ + 1) and is never more than the share α away.
//! It is kept as plain counts by bin, so that equal terms give equal sketches, whatever their order.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Largest relative error of a quantile, α.
pub(super) const QUANTILE_ERROR: f64 = 1e-3;
/// Smaller terms count as zero.
const SMALLEST: f64 = 1e-9;
/// Larger ones count as this.
const LARGEST: f64 = 1e20;

/// Natural logarithm of γ.
fn log_gamma() -> f64 {
    ((1.0 + QUANTILE_ERROR) / (1.0 - QUANTILE_ERROR)).ln()
}

fn power(size: f64) -> i32 {
    (size.ln() / log_gamma()).ceil() as i32
}

/// Counts by bin, or sums of weights where terms have weights. Bin 0 is zero; positive terms lie above it and negative ones below.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sketch(BTreeMap<i32, u128>);

fn bin(term: f64) -> i32 {
    let size = term.abs().min(LARGEST);
    if size < SMALLEST {
        return 0;
    }
    let bin = power(size) - power(SMALLEST) + 1;
    if term < 0.0 { -bin } else { bin }
}

fn stands_for(bin: i32) -> f64 {
    if bin == 0 {
        return 0.0;
    }
    let power = f64::from(bin.abs() - 1 + power(SMALLEST));
    let gamma = log_gamma().exp();
    let size = 2.0 * (power * log_gamma()).exp() / (gamma + 1.0);
    if bin < 0 { -size } else { size }
}

impl Sketch {
    /// Adds a term that counts so often.
    pub(super) fn add(&mut self, term: f64, count: u64) {
        *self.0.entry(bin(term)).or_default() += u128::from(count);
    }

    /// How often terms count in all.
    pub(super) fn count(&self) -> u128 {
        self.0.values().sum()
    }

    /// How often terms up to that of a bin's count.
    pub(super) fn up_to(&self, term: f64) -> u128 {
        self.0.range(..=bin(term)).map(|(_, count)| count).sum()
    }

    /// Terms above that of a bin, each with how often it counts.
    pub(super) fn beyond(&self, term: f64) -> impl Iterator<Item = (f64, u128)> {
        let beyond = self.0.range(bin(term).saturating_add(1)..);
        beyond.map(|(bin, count)| (stands_for(*bin), *count))
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (bin, count) in &other.0 {
            *self.0.entry(*bin).or_default() += count;
        }
    }

    /// The term of a rank, from 0 for the smallest; nothing beyond the last.
    pub(super) fn at(&self, rank: u128) -> Option<f64> {
        let mut passed = 0;
        let found = self.0.iter().find(|(_, count)| {
            passed += **count;
            passed > rank
        });
        found.map(|(bin, _)| stands_for(*bin))
    }

    /// Terms from a rank up, the largest first, each with how often it occurs.
    pub(super) fn above_rank(&self, rank: u128) -> Vec<(f64, u128)> {
        let mut left = self.count().saturating_sub(rank);
        let mut terms = Vec::new();
        for (bin, count) in self.0.iter().rev() {
            if left == 0 {
                break;
            }
            // Weights may be too small to count; their bins are passed by.
            let taken = left.min(*count);
            if taken > 0 {
                terms.push((stands_for(*bin), taken));
            }
            left -= taken;
        }
        terms
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(terms: &[f64]) -> Sketch {
        let mut sketch = Sketch::default();
        terms.iter().for_each(|term| sketch.add(*term, 1));
        sketch
    }

    #[test]
    fn bins_stand_for_their_terms() {
        for term in [
            1e-9, 1e-3, 0.5, 1.0, 3.7, 12_345.678, 1e12, 1e20, -2.0, -1e9,
        ] {
            let got = stands_for(bin(term));
            let error = (got - term).abs() / f64::abs(term);
            assert!(error <= QUANTILE_ERROR * (1.0 + 1e-9), "{term}: {got}");
        }
        for (term, want) in [(0.0, 0.0), (1e-10, 0.0), (-1e-10, 0.0)] {
            assert_eq!(stands_for(bin(term)), want);
        }
        assert_eq!(bin(1e300), bin(1e20));
    }

    #[test]
    fn ranks_run_from_the_smallest() {
        let sketch = of(&[5.0, -5.0, 0.0, 5.0]);
        let near = |got: Option<f64>, want: f64| got.is_some_and(|g| (g - want).abs() < 0.01);
        for (rank, want) in [(0, -5.0), (1, 0.0), (2, 5.0), (3, 5.0)] {
            assert!(near(sketch.at(rank), want), "{rank}");
        }
        assert_eq!(sketch.at(4), None);
        let counts: Vec<u128> = sketch
            .above_rank(1)
            .iter()
            .map(|(_, count)| *count)
            .collect();
        assert_eq!(counts, [2, 1]);
        assert!(sketch.above_rank(4).is_empty());
    }

    #[test]
    fn terms_that_do_not_count_are_passed_by() {
        let mut sketch = of(&[1.0, 2.0]);
        sketch.add(9.0, 0);
        let counts: Vec<u128> = sketch.above_rank(0).iter().map(|(_, n)| *n).collect();
        assert_eq!((counts, sketch.count()), (vec![1, 1], 2));
        assert!(sketch.at(1).is_some_and(|term| term < 3.0));
    }

    proptest! {
        #[test]
        fn quantiles_are_near(mut terms in proptest::collection::vec(-1e12..1e12f64, 1..300)) {
            let sketch = of(&terms);
            terms.sort_by(f64::total_cmp);
            for (rank, want) in terms.iter().enumerate() {
                let got = sketch.at(rank as u128).unwrap();
                let allowed = QUANTILE_ERROR * (1.0 + 1e-9) * want.abs() + SMALLEST;
                prop_assert!((got - want).abs() <= allowed, "{rank}: {got} {want}");
            }
        }

        #[test]
        fn order_and_pieces_do_not_matter(
            mut terms in proptest::collection::vec(-1e12..1e12f64, 0..200),
            cut in 0usize..200,
        ) {
            let whole = of(&terms);
            terms.reverse();
            let cut = cut.min(terms.len());
            let mut pieces = of(&terms[cut..]);
            pieces.merge(&of(&terms[..cut]));
            prop_assert_eq!(&whole, &pieces);
            let kept = serde_json::to_string(&whole).unwrap();
            prop_assert_eq!(serde_json::from_str::<Sketch>(&kept).unwrap(), whole);
        }
    }
}
