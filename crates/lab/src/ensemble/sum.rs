//! Sums that do not depend on the order of their terms, and the distribution of one figure.

use backstop_core::units::U256;
use serde::{Deserialize, Serialize};
use sketches_ddsketch::{Config, DDSketch};

/// Terms are kept to a billionth of their unit.
const SCALE: f64 = 1e9;
/// Largest term, in its unit: what is larger counts as this.
const LARGEST: f64 = 1e20;
/// Relative error of a quantile.
pub(super) const QUANTILE_ERROR: f64 = 1e-3;
/// Bins on each side of zero: at the relative error above they span 28 powers of e.
const BINS: u32 = 32_768;
/// Smaller terms count as zero in quantiles.
const SMALLEST: f64 = 1e-9;

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

/// One figure over many paths: its moments exactly, its quantiles to a tenth of a percent by a
/// DDSketch (Masson, Rim, Lee: "DDSketch: a fast and fully-mergeable quantile sketch with
/// relative-error guarantees", 2019).
#[derive(Clone, Serialize, Deserialize)]
pub struct Distribution {
    /// Moments.
    pub sum: Sum,
    #[serde(with = "filled")]
    sketch: DDSketch,
}

impl std::fmt::Debug for Distribution {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Distribution")
            .field("sum", &self.sum)
            .finish_non_exhaustive()
    }
}

impl Default for Distribution {
    fn default() -> Self {
        Self {
            sum: Sum::default(),
            sketch: empty_sketch(),
        }
    }
}

fn empty_sketch() -> DDSketch {
    DDSketch::new(Config::new(QUANTILE_ERROR, BINS, SMALLEST))
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
        let merged = self.sketch.merge(&other.sketch);
        debug_assert!(merged.is_ok(), "all sketches have one configuration");
    }

    /// The quantile at a share from 0 to 1; nothing without terms.
    pub fn quantile(&self, share: f64) -> Option<f64> {
        self.sketch.quantile(share.clamp(0.0, 1.0)).ok().flatten()
    }
}

/// A sketch, or nothing where it is empty: its range has no ends then, and text has no word for
/// that.
mod filled {
    use super::{DDSketch, empty_sketch};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(sketch: &DDSketch, to: S) -> Result<S::Ok, S::Error> {
        (sketch.count() > 0).then_some(sketch).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<DDSketch, D::Error> {
        let sketch = Option::<DDSketch>::deserialize(from)?;
        Ok(sketch.unwrap_or_else(empty_sketch))
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
            prop_assert_eq!(&whole.sum, &pieces.sum);
            for share in [0.0, 0.01, 0.5, 0.95, 0.999, 1.0] {
                prop_assert_eq!(whole.quantile(share), pieces.quantile(share));
            }
            let kept = serde_json::to_string(&whole).unwrap();
            let read: Distribution = serde_json::from_str(&kept).unwrap();
            prop_assert_eq!(&read.sum, &whole.sum);
            prop_assert_eq!(read.quantile(0.9), whole.quantile(0.9));
        }

        #[test]
        fn quantiles_are_near(mut terms in proptest::collection::vec(1e-6..1e12f64, 1..300)) {
            let all = of(&terms);
            terms.sort_by(f64::total_cmp);
            for share in [0.0, 0.25, 0.5, 0.95, 1.0] {
                let rank = (share * (terms.len() - 1) as f64).floor() as usize;
                let (want, got) = (terms[rank], all.quantile(share).unwrap());
                prop_assert!((got - want).abs() <= 2.1 * QUANTILE_ERROR * want, "{share}: {got} {want}");
            }
        }
    }
}
