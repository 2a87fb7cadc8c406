//! How heavy the upper tail of a figure is over paths.

use super::estimate::Estimate;
use super::sum::Distribution;
use crate::price::fit::hill;

/// How the tail of a figure falls: beyond a threshold, the chance of more than `x` about like `x^−index`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TailIndex {
    /// Hill's (1975) index with the normal interval of its standard error, index ÷ √terms, which holds for
    /// independent terms; without ends where paths depend on each other.
    pub index: Estimate,
    /// Terms that count as the tail.
    pub terms: u64,
    /// Above which they lie: the largest term that does not count.
    pub threshold: f64,
}

impl TailIndex {
    /// Share of the terms that an exact power law of this index would have beyond a term above the
    /// threshold, where the share beyond the threshold is known.
    pub fn share_beyond(&self, term: f64, beyond_threshold: f64) -> f64 {
        beyond_threshold * (term / self.threshold).powf(-self.index.value)
    }
}

impl Distribution {
    /// The tail index of the largest terms. Taken from the sketch, so each term is off by at most a tenth of
    /// a percent. `top` is the share of all terms that counts as the tail; nothing where that is fewer than
    /// ten terms above zero and one more, where these are all alike, and where terms have weights.
    pub fn tail_index(&self, top: f64) -> Option<TailIndex> {
        /// Fewer say nothing.
        const TERMS_MIN: u64 = 10;
        let all = self.sum.count();
        let terms = (all as f64 * top.clamp(0.0, 1.0)) as u64;
        if terms < TERMS_MIN || self.count() != u128::from(all) {
            return None;
        }
        let least = u128::from(all.saturating_sub(terms));
        let largest = self.above(least.saturating_sub(1)).into_iter();
        let repeated = |(term, times): (f64, u128)| (0..times).map(move |_| term);
        let hill = hill(largest.flat_map(repeated), usize::try_from(terms).ok()?)?;
        // Terms that are all alike have no tail.
        let index = Some(hill).filter(|hill| hill.index.is_finite())?;
        let error = if self.batches.is_empty() {
            index.error
        } else {
            f64::INFINITY
        };
        Some(TailIndex {
            index: Estimate::around(index.index, error),
            terms,
            threshold: self.ranked(least)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ensemble::Place;
    use crate::random::hashed_unit;

    fn pareto(seed: u64, index: f64, terms: u64) -> Distribution {
        let mut all = Distribution::default();
        for i in 0..terms {
            all.add((1.0 - hashed_unit(seed, i)).powf(-1.0 / index));
        }
        all
    }

    #[test]
    fn a_power_law_has_its_index() {
        for index in [1.5, 3.0] {
            let found = pareto(3, index, 50_000).tail_index(0.05).unwrap();
            assert_eq!(found.terms, 2_500);
            let error = (found.index.high - found.index.value) / 1.96;
            assert!((found.index.value - index).abs() < 4.0 * error, "{found:?}");
            // One term of twenty lies beyond 0.05^(−1/index).
            let want = 0.05f64.powf(-1.0 / index);
            assert!((found.threshold / want - 1.0).abs() < 0.05, "{found:?}");
            let far = found.share_beyond(2.0 * found.threshold, 0.05);
            assert!((far / (0.05 * 0.5f64.powf(index)) - 1.0).abs() < 0.1);
        }
    }

    /// Of 200 ensembles 190 intervals hold the index, give or take 3.1.
    #[test]
    fn intervals_hold_the_index_as_often_as_they_say() {
        let held = |seed: &u64| {
            let found = pareto(*seed, 2.0, 2_000).tail_index(0.1).unwrap();
            (found.index.low..=found.index.high).contains(&2.0)
        };
        let held = (0..200).filter(held).count();
        assert!((178..=199).contains(&held), "{held}");
    }

    #[test]
    fn what_has_no_tail_has_no_index() {
        let of = |term: f64, times: u32| {
            let mut all = Distribution::default();
            (0..times).for_each(|_| all.add(term));
            all.tail_index(0.1)
        };
        assert_eq!(of(5.0, 99), None);
        assert_eq!(of(5.0, 1_000), None);
        assert_eq!(of(0.0, 1_000), None);
        assert_eq!(Distribution::default().tail_index(0.1), None);
        assert_eq!(Distribution::default().tail_index(f64::NAN), None);
    }

    #[test]
    fn paths_that_depend_on_each_other_tell_no_interval_and_weights_no_index() {
        let of = |weight: Option<u64>| {
            let mut all = Distribution::default();
            for i in 0..1_000u16 {
                let batch = i % 16;
                let term = (1.0 - hashed_unit(3, u64::from(i))).powf(-0.5);
                all.add_of(term, Some(Place { batch, weight }));
            }
            all.tail_index(0.1)
        };
        let found = of(None).unwrap();
        assert!(found.index.value > 1.0 && found.index.high == f64::INFINITY);
        assert_eq!(of(Some(1 << 47)), None);
    }
}
