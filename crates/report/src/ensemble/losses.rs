//! Losses by how rare they are.

use backstop_lab::ensemble::{Distribution, Totals};

/// Points for each factor of ten in probability.
const POINTS: u32 = 40;

/// One point of the curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Loss {
    /// Share of paths that lose as much or more.
    pub(crate) probability: f64,
    /// Bad debt, USD; none where no path tells it.
    pub(crate) bad_debt: Option<f64>,
    /// Liquidated collateral, USD; none where no path tells it.
    pub(crate) seized: Option<f64>,
}

/// From what every path reaches to what one path does.
pub(crate) fn losses(totals: &Totals) -> Vec<Loss> {
    if totals.paths == 0 {
        return Vec::new();
    }
    let paths = totals.paths as f64;
    // Exact enough: a cast from float saturates, and 2^64 paths are 771 points.
    let points = (paths.log10() * f64::from(POINTS)).floor() as u32;
    let all = (0..=points).map(|i| 10f64.powf(-f64::from(i) / f64::from(POINTS)));
    let last = 1.0 / paths;
    let mut probabilities: Vec<f64> = all.collect();
    if probabilities.last().is_some_and(|p| *p > last * 1.000_001) {
        probabilities.push(last);
    }
    let at = |name, p| totals.figure(name).and_then(|all| reached(all, p));
    let point = |probability| Loss {
        probability,
        bad_debt: at("bad_debt", probability),
        seized: at("seized", probability),
    };
    probabilities.into_iter().map(point).collect()
}

/// What a share of the terms reaches.
fn reached(all: &Distribution, share: f64) -> Option<f64> {
    let terms = all.sum.count();
    // What is lost in the product is less than a millionth of a rank.
    let largest = (terms as f64 * share - 1e-6).ceil().max(1.0);
    at_rank(all, terms.checked_sub(largest as u64)?)
}

/// The term of a rank from 0.
fn at_rank(all: &Distribution, rank: u64) -> Option<f64> {
    // The lab's ranks run from 1 and are rounded up; half a rank is far from any rounding.
    all.quantile((rank as f64 + 0.5) / all.sum.count() as f64)
}

/// How many terms lie below a bound.
pub(crate) fn terms_below(all: &Distribution, bound: f64) -> u64 {
    let (mut low, mut high) = (0, all.sum.count());
    while low < high {
        let middle = low + (high - low) / 2;
        match at_rank(all, middle) {
            Some(term) if term < bound => low = middle + 1,
            _ => high = middle,
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(terms: impl Iterator<Item = f64>) -> Distribution {
        let mut all = Distribution::default();
        terms.for_each(|term| all.add(term));
        all
    }

    #[test]
    fn terms_below_a_bound_are_counted_exactly() {
        for n in [1u64, 2, 3, 7, 100, 101, 1_000] {
            for zeros in [0, 1, n / 3, n - 1, n] {
                let all = of((0..n).map(|i| if i < zeros { 0.0 } else { 1e4 + i as f64 }));
                assert_eq!(terms_below(&all, 0.5), zeros, "{zeros} of {n}");
            }
        }
        assert_eq!(terms_below(&Distribution::default(), 0.5), 0);
    }

    #[test]
    fn the_curve_runs_from_every_path_to_one() {
        let mut totals = Totals {
            paths: 1_000,
            ..Totals::default()
        };
        let terms = of((1..=1_000u32).map(f64::from));
        totals.figures.insert("bad_debt".into(), terms);
        let curve = losses(&totals);
        assert_eq!(curve.len(), 121);
        assert!(
            curve
                .windows(2)
                .all(|w| w[0].bad_debt <= w[1].bad_debt && w[0].probability > w[1].probability)
        );
        let (first, last) = (curve[0], curve[120]);
        assert_eq!(first.probability, 1.0);
        assert!((first.bad_debt.unwrap() - 1.0).abs() <= 1e-3);
        assert!((last.bad_debt.unwrap() - 1_000.0).abs() <= 1.0 && last.seized.is_none());
        // Of a thousand paths a hundred lose 901 or more.
        assert!((curve[40].bad_debt.unwrap() - 901.0).abs() <= 0.902);
        assert_eq!(losses(&Totals::default()), []);
    }
}
