use super::super::statistics_for_tests::*;
use super::*;
use crate::price::{Constant, Gbm, Grid, PriceModel, PricePlan, YEAR_S};

fn gbm(count: usize) -> Vec<PriceModel> {
    let one = PriceModel::Gbm(Gbm {
        start: 1.0,
        volatility: 1.0,
        drift: 0.5,
    });
    vec![one; count]
}

fn told(pairs: &[(usize, usize, f64)], tail: Tail) -> Dependence {
    let pair = |&(a, b, value): &(usize, usize, f64)| Correlation {
        assets: (a, b),
        value,
    };
    Dependence {
        correlation: pairs.iter().map(pair).collect(),
        tail,
    }
}

/// Shocks by asset: a year's step makes the log return of a drift of σ²/2 the shock itself.
fn shocks(assets: usize, dependence: &Dependence, count: u32) -> Vec<Vec<f64>> {
    let grid = Grid {
        start: 0,
        step_s: YEAR_S as u32,
        steps: 2,
    };
    let plan = PricePlan::new(&gbm(assets), dependence, &grid).unwrap();
    let mut paths = plan.paths(0);
    let mut shocks = vec![Vec::new(); assets];
    for seed in 0..u64::from(count) {
        plan.draw(seed, &mut paths);
        for (all, path) in shocks.iter_mut().zip(&paths.usd) {
            all.push((path[1] / path[0]).ln());
        }
    }
    shocks
}

fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let products: Vec<f64> = a.iter().zip(b).map(|(x, y)| x * y).collect();
    let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
    (mean(&products) - mean(a) * mean(b)) / (moments(a).variance * moments(b).variance).sqrt()
}

/// n = 100,000; the standard error of a correlation r is (1 − r²)/√n, 0.2 % of r = 0.6.
#[test]
fn correlations_are_those_told() {
    let pairs = [(0, 1, 0.6), (2, 0, -0.5), (1, 3, 0.3)];
    let got = shocks(4, &told(&pairs, Tail::Gaussian), 100_000);
    let want = |a: usize, b: usize| {
        let told = |(c, d, _): &&(usize, usize, f64)| (*c, *d) == (a, b) || (*c, *d) == (b, a);
        pairs.iter().find(told).map_or(0.0, |(.., value)| *value)
    };
    for a in 0..4 {
        check_moments(&got[a], 0.0, 1.0);
        for b in 0..a {
            let error = (1.0 - want(a, b).powi(2)) / f64::from(100_000).sqrt();
            check(correlation(&got[a], &got[b]), want(a, b), error);
        }
    }
}

/// Each shock stays standard normal under the t copula, and shocks stay uncorrelated in time.
#[test]
fn the_copula_leaves_each_asset_its_law() {
    let tail = Tail::StudentT { degrees: 3.0 };
    let got = shocks(2, &told(&[(0, 1, 0.5)], tail), 100_000);
    for all in &got {
        check_moments(all, 0.0, 1.0);
        // √(96/n) is the standard error of a normal sample's kurtosis times two.
        check(moments(all).kurtosis, 3.0, (24.0 / 100_000f64).sqrt());
        for (x, chance) in [
            (-3.0, 0.001_349_898),
            (-2.0, 0.022_750_132),
            (-1.0, 0.158_655_254),
        ] {
            let below = all.iter().filter(|s| **s < x).count() as u64;
            check_share(below, 100_000, chance);
        }
    }
}

/// Coefficients as in McNeil, Frey and Embrechts 2005, table 5.1 (two decimals).
#[test]
fn tail_dependence_is_that_of_the_table() {
    for (degrees, row) in [
        (4.0, [0.01, 0.08, 0.25, 0.63]),
        (10.0, [0.00, 0.01, 0.08, 0.46]),
    ] {
        for (correlation, want) in [-0.5, 0.0, 0.5, 0.9].into_iter().zip(row) {
            let got = tail_dependence(correlation, degrees);
            assert!((got - want).abs() < 0.005, "{degrees} {correlation}: {got}");
        }
    }
}

/// Chance that the second shock lies below its 0.1 % quantile given that the first does, at ρ = 0.5.
/// Under a t copula with ν = 3 it is 0.31608, near its limit λ = 0.3125; under a Gaussian one 0.05426
/// (integrals of Plackett's formula). Of n = 1,000,000 draws both do about 316 and 54 times: standard
/// errors 0.0178 and 0.0074.
#[test]
fn extremes_come_together() {
    assert!((tail_dependence(0.5, 3.0) - 0.312_5).abs() < 1e-4);
    let n = 1_000_000;
    let quantile = -3.090_232_306;
    for (tail, given) in [
        (Tail::StudentT { degrees: 3.0 }, 0.316_083_4),
        (Tail::Gaussian, 0.054_259_2),
    ] {
        let got = shocks(2, &told(&[(0, 1, 0.5)], tail), n);
        let both = |(a, b): &(&f64, &f64)| **a < quantile && **b < quantile;
        let count = got[0].iter().zip(&got[1]).filter(both).count() as u64;
        check_share(count, u64::from(n), given * 1e-3);
    }
}

#[test]
fn the_table_is_the_map() {
    let normal = Normal::standard();
    for degrees in [1.0, 2.5, 4.0, 30.0, 1_000.0] {
        let map = ToNormal::new(degrees).unwrap();
        let t = StudentsT::new(0.0, 1.0, degrees).unwrap();
        for i in 0..4_000 {
            let x = f64::from(i) / 37.0;
            if t.cdf(-x) < 1e-200 {
                break;
            }
            let want = -normal.inverse_cdf(t.cdf(-x));
            assert!(
                (map.at(x) - want).abs() < 1e-6 * (1.0 + want),
                "{degrees} {x}: {want}"
            );
            assert_eq!(map.at(-x), -map.at(x));
        }
        assert!(map.at(1e300).is_finite() && map.at(f64::INFINITY).is_finite());
    }
}

#[test]
fn the_factor_is_the_root_of_the_matrix() {
    let dependence = told(
        &[(0, 1, 0.6), (0, 2, -0.3), (1, 2, 0.2), (3, 1, 0.4)],
        Tail::Gaussian,
    );
    let matrix = dependence.matrix(4);
    let factor = cholesky(&matrix).unwrap();
    for a in 0..4 {
        for b in 0..=a {
            let product: f64 = factor[a].iter().zip(&factor[b]).map(|(x, y)| x * y).sum();
            assert!((product - matrix[a][b]).abs() < 1e-12);
        }
    }
}

#[test]
fn refuses_what_no_shocks_can_have() {
    let mut models = gbm(3);
    models.push(PriceModel::Constant(Constant { usd: 1.0 }));
    let degrees = |degrees| told(&[], Tail::StudentT { degrees });
    for (dependence, want) in [
        (
            told(&[(0, 5, 0.1)], Tail::Gaussian),
            "dependence.correlation[0]: names one of 4 assets as 5",
        ),
        (
            told(&[(0, 3, 0.1)], Tail::Gaussian),
            "dependence.correlation[0]: the price of asset 3 has no random shocks to correlate",
        ),
        (
            told(&[(1, 1, 0.1)], Tail::Gaussian),
            "dependence.correlation[0]: names asset 1 twice",
        ),
        (
            told(&[(0, 1, 1.0)], Tail::Gaussian),
            "dependence.correlation[0]: must lie above -1 and below 1, found 1",
        ),
        (
            told(&[(0, 1, 0.1), (1, 0, 0.2)], Tail::Gaussian),
            "dependence.correlation[1]: tells assets 1 and 0 a second time",
        ),
        (
            told(&[(0, 1, 0.9), (1, 2, 0.9)], Tail::Gaussian),
            "dependence.correlation of assets 1 and 2: must lie between -0.4359 and 0.4359, both \
             excluded, to fit the other correlations, found 0.9",
        ),
        (
            told(&[(0, 1, 0.9), (1, 2, 0.9), (0, 2, 0.5)], Tail::Gaussian),
            "dependence.correlation of assets 1 and 2: must lie between 0.0725 and 0.8275, both \
             excluded, to fit the other correlations, found 0.9",
        ),
        (
            degrees(0.5),
            "dependence.degrees: must lie between 1 and 1000, found 0.5",
        ),
        (
            degrees(f64::NAN),
            "dependence.degrees: must lie between 1 and 1000, found NaN",
        ),
    ] {
        let grid = hours(1);
        let got = PricePlan::new(&models, &dependence, &grid)
            .unwrap_err()
            .to_string();
        assert_eq!(got, want);
    }
}
