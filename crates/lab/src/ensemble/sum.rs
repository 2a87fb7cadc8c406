//! Sums that do not depend on the order of their terms, and the distribution of one figure.

use super::draws::{ONE, Place};
use super::sketch::Sketch;
use backstop_core::units::U256;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Terms are kept to a billionth of their unit.
const SCALE: f64 = 1e9;
/// Largest term, in its unit: what is larger counts as this.
const LARGEST: f64 = 1e20;

/// Count, sum, sum of squares and range. Terms are rounded to a billionth of their unit, half away
/// from zero; the sums of what is rounded are exact. Where terms have weights, these are whole
/// multiples of 2⁻⁴⁸ and their products with the terms are summed exactly too.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct Sum {
    #[serde(flatten)]
    of: Tally,
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

/// Count and sum alone, as a [`Sum`] keeps them: small, for what is kept of each account.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq, Eq)]
pub struct Tally {
    count: u64,
    /// Billionths.
    #[serde(with = "text")]
    sum: i128,
    /// Apart, since most ensembles have no weights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    weighted: Option<Box<Weighted>>,
}

/// Sums of weights in units of 2⁻⁴⁸, alone and times billionths.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq, Eq)]
struct Weighted {
    #[serde(with = "text")]
    weight: u128,
    /// Of the terms above zero.
    #[serde(with = "text")]
    above: U256,
    /// Of the terms below zero, without the sign.
    #[serde(with = "text")]
    below: U256,
}

impl Weighted {
    fn add(&mut self, term: i128, weight: u64) {
        self.weight += u128::from(weight);
        let product = U256::from(term.unsigned_abs()) * U256::from(weight);
        let side = if term < 0 {
            &mut self.below
        } else {
            &mut self.above
        };
        *side += product;
    }

    fn merge(&mut self, other: &Self) {
        self.weight += other.weight;
        self.above += other.above;
        self.below += other.below;
    }

    fn total(&self) -> f64 {
        let unit = SCALE * ONE as f64;
        if self.above >= self.below {
            f64::from(self.above - self.below) / unit
        } else {
            -f64::from(self.below - self.above) / unit
        }
    }
}

impl Default for Sum {
    fn default() -> Self {
        Self {
            of: Tally::default(),
            squares: U256::ZERO,
            min: i128::MAX,
            max: i128::MIN,
        }
    }
}

/// A term in billionths of its unit.
fn billionths(term: f64) -> i128 {
    (term.clamp(-LARGEST, LARGEST) * SCALE).round() as i128
}

impl Tally {
    /// Adds a term that counts as a path does.
    pub fn add_of(&mut self, term: f64, place: Option<Place>) {
        self.add(billionths(term), place);
    }

    fn add(&mut self, term: i128, place: Option<Place>) {
        self.count += 1;
        self.sum += term;
        if let Some(weight) = place.and_then(|place| place.weight) {
            let weighted = self.weighted.get_or_insert_default();
            weighted.add(term, weight);
        }
    }

    /// Adds another one.
    pub fn merge(&mut self, other: &Self) {
        if let Some(more) = &other.weighted {
            self.weighted.get_or_insert_default().merge(more);
        }
        self.count += other.count;
        self.sum += other.sum;
    }

    /// How many paths the terms count for: their number, or the sum of their weights.
    pub fn mass(&self) -> f64 {
        match &self.weighted {
            None => self.count as f64,
            Some(weighted) => weighted.weight as f64 / ONE as f64,
        }
    }

    /// The sum itself, of terms times weights where they have weights.
    pub fn total(&self) -> f64 {
        match &self.weighted {
            None => self.sum as f64 / SCALE,
            Some(weighted) => weighted.total(),
        }
    }
}

impl Sum {
    /// Adds a term that is a number.
    pub fn add(&mut self, term: f64) {
        self.add_of(term, None);
    }

    /// Adds a term that counts as a path does.
    pub fn add_of(&mut self, term: f64, place: Option<Place>) {
        let term = billionths(term);
        let size = U256::from(term.unsigned_abs());
        self.of.add(term, place);
        self.squares += size * size;
        self.min = self.min.min(term);
        self.max = self.max.max(term);
    }

    /// Adds another sum.
    pub fn merge(&mut self, other: &Self) {
        self.of.merge(&other.of);
        self.squares += other.squares;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }

    /// Number of terms.
    pub fn count(&self) -> u64 {
        self.of.count
    }

    /// How many paths the terms count for: their number, or the sum of their weights.
    pub fn mass(&self) -> f64 {
        self.of.mass()
    }

    /// The sum itself, of terms times weights where they have weights.
    pub fn total(&self) -> f64 {
        self.of.total()
    }

    /// Arithmetic mean, weighted where terms have weights; nothing without terms that count.
    pub fn mean(&self) -> Option<f64> {
        let mass = self.mass();
        (mass > 0.0).then(|| self.total() / mass)
    }

    /// Unbiased variance of the terms, whatever their weights; nothing with fewer than two.
    pub fn variance(&self) -> Option<f64> {
        let Tally { count, sum, .. } = self.of;
        if count < 2 {
            return None;
        }
        let n = U256::from(count);
        let sum = U256::from(sum.unsigned_abs());
        // n·Σx² − (Σx)² is exact and never below zero.
        let spread = f64::from(n * self.squares - sum * sum);
        let n = count as f64;
        Some(spread / (n * (n - 1.0)) / (SCALE * SCALE))
    }

    /// Smallest term; nothing without terms.
    pub fn min(&self) -> Option<f64> {
        (self.of.count > 0).then(|| self.min as f64 / SCALE)
    }

    /// Largest term; nothing without terms.
    pub fn max(&self) -> Option<f64> {
        (self.of.count > 0).then(|| self.max as f64 / SCALE)
    }
}

/// One figure over many paths: its moments exactly, its quantiles to a tenth of a percent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Distribution {
    /// Moments.
    pub sum: Sum,
    pub(super) sketch: Sketch,
    /// The same by batch, where paths come in batches.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) batches: BTreeMap<u16, Self>,
}

impl Distribution {
    /// Adds a term that is a number.
    pub fn add(&mut self, term: f64) {
        self.add_weighted(term, None);
    }

    /// Adds a term that counts as a path does, without its batch: where no interval is asked for.
    pub fn add_weighted(&mut self, term: f64, place: Option<Place>) {
        self.sum.add_of(term, place);
        let weight = place.and_then(|place| place.weight);
        self.sketch.add(term, weight.unwrap_or(1));
    }

    /// Adds a term that counts as a path does.
    pub fn add_of(&mut self, term: f64, place: Option<Place>) {
        self.add_weighted(term, place);
        if let Some(Place { batch, .. }) = place {
            let batch = self.batches.entry(batch).or_default();
            batch.add_weighted(term, place);
        }
    }

    /// Adds another distribution.
    pub fn merge(&mut self, other: &Self) {
        self.sum.merge(&other.sum);
        self.sketch.merge(&other.sketch);
        for (batch, more) in &other.batches {
            self.batches.entry(*batch).or_default().merge(more);
        }
    }

    /// The quantile at a share from 0 to 1: the term of rank ⌈n · share⌉, from 1; nothing without
    /// terms. Of terms with weights n is the sum of the weights.
    pub fn quantile(&self, share: f64) -> Option<f64> {
        let rank = (self.count() as f64 * share.clamp(0.0, 1.0)).ceil();
        self.ranked(rank as u128)
    }

    /// Share of the terms that lie below a bound, to a tenth of a percent of it; nothing without
    /// terms.
    pub fn share_below(&self, bound: f64) -> Option<f64> {
        let count = self.count();
        let (mut low, mut high) = (0, count);
        while low < high {
            let middle = low.midpoint(high);
            let below = self
                .sketch
                .at(middle)
                .is_some_and(|term| self.within(term) < bound);
            if below {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        (count > 0).then(|| low as f64 / count as f64)
    }

    /// What a share of the terms reaches or exceeds, at least one of them; nothing without terms.
    pub fn reached_by(&self, share: f64) -> Option<f64> {
        let count = self.count();
        // What is lost in the product is less than a millionth of a rank.
        let largest = (count as f64 * share - 1e-6).ceil().max(1.0);
        self.ranked(count.checked_sub(largest as u128)? + 1)
    }

    /// How often terms count in all: their number, or the sum of their weights in units of 2⁻⁴⁸.
    pub(super) fn count(&self) -> u128 {
        self.sketch.count()
    }

    /// The term of a rank from 1 for the smallest; ranks beyond an end are that end's.
    pub(super) fn ranked(&self, rank: u128) -> Option<f64> {
        let count = self.count();
        let rank = rank.clamp(1, count.max(1));
        Some(self.within(self.sketch.at(rank - 1)?))
    }

    /// Terms of the ranks above this one, each with how often it occurs.
    pub(super) fn above(&self, rank: u128) -> Vec<(f64, u128)> {
        let terms = self.sketch.above_rank(rank).into_iter();
        terms
            .map(|(term, count)| (self.within(term), count))
            .collect()
    }

    /// What a bin stands for, within the range of the terms.
    fn within(&self, term: f64) -> f64 {
        let (min, max) = (self.sum.min().unwrap_or(0.0), self.sum.max().unwrap_or(0.0));
        term.clamp(min, max)
    }
}

/// Whole numbers as text, which every reader of JSON takes as it is.
pub(super) mod text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use std::fmt::Display;
    use std::str::FromStr;

    pub(in crate::ensemble) fn serialize<T: Display, S: Serializer>(
        n: &T,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_str(n)
    }

    pub(in crate::ensemble) fn deserialize<'de, T, D>(from: D) -> Result<T, D::Error>
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
