//! Tests of a value at risk by the times at which it was exceeded.
//!
//! With T forecasts at level p, N of them exceeded, π = N/T, and n_ij pairs of neighbours of which the
//! first was (i = 1) or was not (i = 0) exceeded and the second was (j = 1) or not:
//!
//! - **Coverage** (Kupiec, "Techniques for verifying the accuracy of risk measurement models", 1995):
//!   2·ln\[(1−π)^(T−N)·π^N ÷ (p^(T−N)·(1−p)^N)\] is χ² with one degree where the chance of an exceedance
//!   is 1 − p.
//! - **Independence** (Christoffersen, "Evaluating interval forecasts", 1998): with π_i = n_i1 ÷ (n_i0 + n_i1)
//!   and π₂ = (n_01 + n_11) ÷ (T − 1), 2·ln of the likelihood under (π_0, π_1) over that under π₂ is χ² with one
//!   degree where an exceedance does not depend on the one before.
//! - **Conditional coverage** is the sum of the two, χ² with two degrees.
//!
//! Terms 0·ln 0 are 0. The laws hold for many forecasts; with few exceedances the p-values are rough.

use statrs::distribution::{ChiSquared, ContinuousCDF};

/// A statistic and the chance of a larger one where the forecasts are right.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Test {
    /// The likelihood ratio, 2·ln.
    pub statistic: f64,
    /// p-value: below 0.05 the forecasts are rejected with 95 % confidence.
    pub p: f64,
}

impl Test {
    fn new(statistic: f64, degrees: f64) -> Self {
        // A ratio of likelihoods is at least one; rounding may take it just below.
        let statistic = statistic.max(0.0);
        let p = ChiSquared::new(degrees).map_or(f64::NAN, |law| law.sf(statistic));
        Self { statistic, p }
    }
}

/// What the exceedances of one series of forecasts say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Coverage {
    /// Number of forecasts.
    pub forecasts: u64,
    /// How many were exceeded.
    pub exceeded: u64,
    /// How many should have been, on average.
    pub expected: f64,
    /// Whether as many were as should.
    pub coverage: Test,
    /// Whether they came apart.
    pub independence: Test,
    /// Both at once.
    pub conditional: Test,
}

impl Coverage {
    /// Judges forecasts at a level between 0 and 1, in the order of time, by whether each was
    /// exceeded. Nothing with fewer than two forecasts or another level.
    pub fn new(exceeded: &[bool], level: f64) -> Option<Self> {
        if exceeded.len() < 2 || !(level > 0.0 && level < 1.0) {
            return None;
        }
        let count = exceeded.iter().filter(|one| **one).count() as f64;
        let (all, miss) = (exceeded.len() as f64, 1.0 - level);
        let found = likelihood(all - count, count, count / all);
        let coverage = 2.0 * (found - likelihood(all - count, count, miss));
        let mut pairs = [[0.0; 2]; 2];
        for pair in exceeded.windows(2) {
            pairs[usize::from(pair[0])][usize::from(pair[1])] += 1.0;
        }
        let [calm, after] = pairs;
        let own = |row: [f64; 2]| likelihood(row[0], row[1], row[1] / (row[0] + row[1]).max(1.0));
        let together = [calm[0] + after[0], calm[1] + after[1]];
        let independence = 2.0 * (own(calm) + own(after) - own(together));
        Some(Self {
            forecasts: exceeded.len() as u64,
            exceeded: count as u64,
            expected: all * miss,
            coverage: Test::new(coverage, 1.0),
            independence: Test::new(independence, 1.0),
            conditional: Test::new(coverage.max(0.0) + independence.max(0.0), 2.0),
        })
    }
}

/// Logarithm of the likelihood of so many cases without and with an event of a chance.
fn likelihood(without: f64, with: f64, chance: f64) -> f64 {
    let term = |count: f64, chance: f64| match count {
        0.0 => 0.0,
        count => count * chance.ln(),
    };
    term(without, 1.0 - chance) + term(with, chance)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chacha20::ChaCha8Rng;
    use chacha20::rand_core::SeedableRng;
    use rand::RngExt;

    fn series(forecasts: usize, exceeded: &[usize]) -> Vec<bool> {
        (0..forecasts).map(|i| exceeded.contains(&i)).collect()
    }

    /// Kupiec's table of non-rejection at 95 % confidence: the numbers of exceedances of 255, 510 and 1,000
    /// forecasts that are let pass at 99 %, 97.5 %, 95 % and 90 % (table 3 of the paper, as reprinted by Jorion,
    /// "Value at Risk"). The table lets none of 255 pass at 99 % as it tells no lower end there; the statistic of
    /// none is 5.13.
    #[test]
    fn kupiecs_regions_are_those_of_his_table() {
        let table = [
            (0.99, [(255, 1, 6), (510, 2, 10), (1_000, 5, 16)]),
            (0.975, [(255, 3, 11), (510, 7, 20), (1_000, 16, 35)]),
            (0.95, [(255, 7, 20), (510, 17, 35), (1_000, 38, 64)]),
            (0.90, [(255, 17, 35), (510, 39, 64), (1_000, 82, 119)]),
        ];
        let passes = |level, all: usize, count: usize| {
            let exceeded: Vec<bool> = (0..all).map(|i| i < count).collect();
            Coverage::new(&exceeded, level).unwrap().coverage.p > 0.05
        };
        for (level, rows) in table {
            for (all, least, most) in rows {
                for (count, want) in [(least, true), (most, true), (most + 1, false)] {
                    assert_eq!(passes(level, all, count), want, "{level} {all} {count}");
                }
                let below = least - 1;
                assert!(!passes(level, all, below), "{level} {all} {below}");
            }
        }
    }

    /// By hand: ten forecasts at 90 %, exceeded at places 2, 3 and 7. n00 = 4, n01 = 2, n10 = 2, n11 = 1.
    #[test]
    fn statistics_are_their_formulas() {
        let got = Coverage::new(&series(10, &[2, 3, 7]), 0.9).unwrap();
        let ln = f64::ln;
        let kupiec = 2.0 * (7.0 * ln(0.7) + 3.0 * ln(0.3) - 7.0 * ln(0.9) - 3.0 * ln(0.1));
        let apart = 4.0 * ln(4.0 / 6.0) + 2.0 * ln(2.0 / 6.0) + 2.0 * ln(2.0 / 3.0) + ln(1.0 / 3.0);
        let independence = 2.0 * (apart - 6.0 * ln(6.0 / 9.0) - 3.0 * ln(3.0 / 9.0));
        assert!((got.coverage.statistic - kupiec).abs() < 1e-12);
        assert!((got.independence.statistic - independence.max(0.0)).abs() < 1e-12);
        assert!((got.conditional.statistic - kupiec - independence.max(0.0)).abs() < 1e-12);
        assert_eq!((got.forecasts, got.exceeded), (10, 3));
        // χ² with one degree: 3.841 is exceeded once in twenty times; with two degrees e^(−x/2).
        assert!((Test::new(3.841_458_820_694_124, 1.0).p - 0.05).abs() < 1e-9);
        assert!((Test::new(3.0, 2.0).p - (-1.5f64).exp()).abs() < 1e-12);
    }

    #[test]
    fn clusters_are_found_and_edges_do_not_panic() {
        let clustered: Vec<bool> = (0..1_000).map(|i| i % 100 == 0 || i % 100 == 1).collect();
        let got = Coverage::new(&clustered, 0.98).unwrap();
        assert!(got.coverage.p > 0.9 && got.independence.p < 1e-6, "{got:?}");
        for exceeded in [vec![false; 100], vec![true; 100], vec![false, true]] {
            let got = Coverage::new(&exceeded, 0.99).unwrap();
            let all = [got.coverage, got.independence, got.conditional];
            assert!(all.iter().all(|test| test.p.is_finite()), "{got:?}");
        }
        for (exceeded, level) in [
            (vec![], 0.99),
            (vec![true], 0.99),
            (vec![true; 9], 0.0),
            (vec![true; 9], 1.0),
            (vec![true; 9], f64::NAN),
        ] {
            assert_eq!(Coverage::new(&exceeded, level), None);
        }
    }

    /// Of right forecasts one in twenty is rejected: 40 of 800, give or take √38.
    #[test]
    fn right_forecasts_are_rejected_as_often_as_told() {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let mut rejected = [0; 3];
        for _ in 0..800 {
            let exceeded: Vec<bool> = (0..4_000).map(|_| rng.random::<f64>() < 0.05).collect();
            let got = Coverage::new(&exceeded, 0.95).unwrap();
            for (count, test) in
                rejected
                    .iter_mut()
                    .zip([got.coverage, got.independence, got.conditional])
            {
                *count += u32::from(test.p < 0.05);
            }
        }
        assert!(
            rejected.iter().all(|n| (16..=64).contains(n)),
            "{rejected:?}"
        );
    }
}
