//! Losses by how rare they are.

use backstop_lab::ensemble::Totals;

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
    let at = |name, p| totals.figure(name).and_then(|all| all.reached_by(p));
    let point = |probability| Loss {
        probability,
        bad_debt: at("bad_debt", probability),
        seized: at("seized", probability),
    };
    probabilities.into_iter().map(point).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use backstop_lab::ensemble::Distribution;

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
                let want = zeros as f64 / n as f64;
                assert_eq!(all.share_below(0.5), Some(want), "{zeros} of {n}");
            }
        }
        assert_eq!(Distribution::default().share_below(0.5), None);
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
