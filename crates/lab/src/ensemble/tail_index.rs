//! How heavy the upper tail of a figure is over paths.

use super::sum::Distribution;
use crate::price::fit::{Hill, hill};

impl Distribution {
    /// Hill's (1975) tail index of the largest terms: the chance of more than `x` falls like `x^−index`. Taken
    /// from the sketch, so each term is off by at most a tenth of a percent. `top` is the share of the terms
    /// that counts as the tail; nothing where that is fewer than ten terms above zero and one more, and
    /// where terms have weights.
    pub fn tail_index(&self, top: f64) -> Option<Hill> {
        /// Fewer say nothing.
        const TERMS_MIN: u64 = 10;
        let terms = self.sum.count();
        let count = (terms as f64 * top.clamp(0.0, 1.0)) as u64;
        if count < TERMS_MIN || self.count() != u128::from(terms) {
            return None;
        }
        let largest = self
            .above(u128::from(terms.saturating_sub(count + 1)))
            .into_iter();
        let repeated = |(term, times): (f64, u128)| (0..times).map(move |_| term);
        let index = hill(largest.flat_map(repeated), usize::try_from(count).ok()?)?;
        // Terms that are all alike have no tail.
        index.index.is_finite().then_some(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::hashed_unit;

    #[test]
    fn a_power_law_has_its_index() {
        for index in [1.5, 3.0] {
            let mut all = Distribution::default();
            for i in 0..50_000 {
                all.add((1.0 - hashed_unit(3, i)).powf(-1.0 / index));
            }
            let found = all.tail_index(0.05).unwrap();
            assert_eq!(found.count, 2_500);
            assert!((found.index - index).abs() < 4.0 * found.error, "{found:?}");
        }
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
    }
}
