//! Sums that do not depend on the order of their terms, and the distribution of one figure.

use super::sketch::Sketch;
use backstop_core::units::U256;
use serde::{Deserialize, Serialize};

/// Terms are kept to a billionth of their unit.
const SCALE: f64 = 1e9;
/// Largest term, in its unit: what is larger counts as this.
const LARGEST: f64 = 1e20;

/// Count, sum, sum of squares and range. Terms are rounded to a billionth of their unit, half away
/// from zero; the sums of what is rounded are exact.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct Sum {
    count: u64,
    /// Billionths.
    #[serde(with = "text")]
    sum: i128,
    /// Squares of billionths.
    #[serde(with = "text")]
    squares: U256,
    /// Billionths.
    #[serde(with = "text")]
    min: i128,
    /// Billionths.
    #[serde(with = "text")]
    max: i128,
}

impl Default for Sum {
    fn default() -> Self {
        Self {
            count: 0,
            sum: 0,
            squares: U256::ZERO,
            min: i128::MAX,
            max: i128::MIN,
        }
    }
}

impl Sum {
    /// Adds a term that is a number.
    pub fn add(&mut self, term: f64) {
        let term = (term.clamp(-LARGEST, LARGEST) * SCALE).round() as i128;
        let size = U256::from(term.unsigned_abs());
        self.count += 1;
        self.sum += term;
        self.squares += size * size;
        self.min = self.min.min(term);
        self.max = self.max.max(term);
    }

    /// Adds another sum.
    pub fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.sum += other.sum;
        self.squares += other.squares;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }

    /// Number of terms.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The sum itself.
    pub fn total(&self) -> f64 {
        self.sum as f64 / SCALE
    }

    /// Arithmetic mean; nothing without terms.
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.total() / self.count as f64)
    }

    /// Unbiased variance; nothing with fewer than two terms.
    pub fn variance(&self) -> Option<f64> {
        if self.count < 2 {
            return None;
        }
        let n = U256::from(self.count);
        let sum = U256::from(self.sum.unsigned_abs());
        // n·Σx² − (Σx)² is exact and never below zero.
        let spread = f64::from(n * self.squares - sum * sum);
        let n = self.count as f64;
        Some(spread / (n * (n - 1.0)) / (SCALE * SCALE))
    }

    /// Smallest term; nothing without terms.
    pub fn min(&self) -> Option<f64> {
        (self.count > 0).then(|| self.min as f64 / SCALE)
    }

    /// Largest term; nothing without terms.
    pub fn max(&self) -> Option<f64> {
        (self.count > 0).then(|| self.max as f64 / SCALE)
    }
}

/// One figure over many paths: its moments exactly, its quantiles to a tenth of a percent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Distribution {
    /// Moments.
    pub sum: Sum,
    sketch: Sketch,
}

impl Distribution {
    /// Adds a term that is a number.
    pub fn add(&mut self, term: f64) {
        self.sum.add(term);
        self.sketch.add(term);
    }

    /// Adds another distribution.
    pub fn merge(&mut self, other: &Self) {
        self.sum.merge(&other.sum);
        self.sketch.merge(&other.sketch);
    }

    /// The quantile at a share from 0 to 1: the term of rank ⌈n · share⌉, from 1; nothing without
    /// terms.
    pub fn quantile(&self, share: f64) -> Option<f64> {
        let rank = (self.sum.count() as f64 * share.clamp(0.0, 1.0)).ceil();
        self.ranked(rank as u64)
    }

    /// The term of a rank from 1 for the smallest; ranks beyond an end are that end's.
    pub(super) fn ranked(&self, rank: u64) -> Option<f64> {
        let (min, max) = (self.sum.min()?, self.sum.max()?);
        let rank = rank.clamp(1, self.sum.count());
        Some(self.sketch.at(rank - 1)?.clamp(min, max))
    }

    /// Terms of the ranks above this one, each with how often it occurs.
    pub(super) fn above(&self, rank: u64) -> Vec<(f64, u64)> {
        let (min, max) = (self.sum.min().unwrap_or(0.0), self.sum.max().unwrap_or(0.0));
        let terms = self.sketch.above_rank(rank).into_iter();
        terms
            .map(|(term, count)| (term.clamp(min, max), count))
            .collect()
    }
}

/// Whole numbers as text, which every reader of JSON takes as it is.
mod text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use std::fmt::Display;
    use std::str::FromStr;

    pub(super) fn serialize<T: Display, S: Serializer>(n: &T, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(n)
    }

    pub(super) fn deserialize<'de, T, D>(from: D) -> Result<T, D::Error>
    where
        T: FromStr,
        D: Deserializer<'de>,
    {
        let text = String::deserialize(from)?;
        let wrong = || D::Error::custom(format!("found {text:?}, allowed: a whole number"));
        text.parse().map_err(|_| wrong())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(terms: &[f64]) -> Distribution {
        let mut all = Distribution::default();
        terms.iter().for_each(|term| all.add(*term));
        all
    }

    #[test]
    fn moments_are_those_of_the_terms() {
        let all = of(&[1.0, 2.0, 4.0, -3.0]).sum;
        assert_eq!((all.count(), all.total()), (4, 4.0));
        assert_eq!((all.min(), all.max()), (Some(-3.0), Some(4.0)));
        assert_eq!(all.mean(), Some(1.0));
        assert!((all.variance().unwrap() - 26.0 / 3.0).abs() < 1e-12);
        let none = Sum::default();
        assert_eq!(
            (none.mean(), none.variance(), none.max()),
            (None, None, None)
        );
    }

    #[test]
    fn quantiles_are_terms() {
        let all = of(&[4.0, 1.0, 3.0, 2.0]);
        for (share, want) in [
            (0.0, 1.0),
            (0.25, 1.0),
            (0.26, 2.0),
            (0.75, 3.0),
            (1.0, 4.0),
        ] {
            let got = all.quantile(share).unwrap();
            assert!((got - want).abs() <= 0.004, "{share}: {got}");
        }
        // What is all alike is told as it is.
        assert_eq!(of(&[0.3; 5]).quantile(0.5), Some(0.3));
        assert_eq!(Distribution::default().quantile(0.5), None);
    }

    proptest! {
        #[test]
        fn order_and_pieces_do_not_matter(
            mut terms in proptest::collection::vec(-1e12..1e12f64, 2..200),
            cut in 0usize..200,
        ) {
            let whole = of(&terms);
            terms.reverse();
            let cut = cut.min(terms.len());
            let mut pieces = of(&terms[cut..]);
            pieces.merge(&of(&terms[..cut]));
            prop_assert_eq!(&whole, &pieces);
            let kept = serde_json::to_string(&whole).unwrap();
            prop_assert_eq!(serde_json::from_str::<Distribution>(&kept).unwrap(), whole);
        }
    }
}
