use super::super::statistics_for_tests::*;
use super::*;
use crate::price::PriceModel;

const MODEL: Garch = Garch {
    start: 2_000.0,
    volatility: 0.8,
    first_volatility: 0.8,
    drift: 0.0,
    alpha: 0.08,
    beta: 0.88,
    degrees: 8.0,
    period_s: 3_600,
};

fn step_returns(model: Garch, grid: &Grid, every: usize, paths: u64) -> Vec<Vec<f64>> {
    let plan = plan(&[PriceModel::Garch(model)], grid);
    let mut drawn = plan.paths(0);
    let one = |seed| {
        plan.draw(seed, &mut drawn);
        let ends: Vec<f64> = drawn.usd[0].iter().step_by(every).copied().collect();
        ends.windows(2)
            .map(|pair| (pair[1] / pair[0]).ln())
            .collect()
    };
    (0..paths).map(one).collect()
}

fn autocorrelation_of_squares(returns: &[Vec<f64>], mean: f64) -> f64 {
    let squares: Vec<Vec<f64>> = returns
        .iter()
        .map(|path| path.iter().map(|r| (r - mean).powi(2)).collect())
        .collect();
    let all: Vec<f64> = squares.concat();
    let level = moments(&all).mean;
    let product = |pair: &[f64]| (pair[0] - level) * (pair[1] - level);
    let pairs: Vec<f64> = squares
        .iter()
        .flat_map(|path| path.windows(2).map(product))
        .collect();
    moments(&pairs).mean / moments(&all).variance
}

/// 400 paths of 500 periods. The stationary kurtosis of the innovations √h·η is
/// κ(1 − (α+β)²)/(1 − β² − 2αβ − κα²) with κ = 3(ν−2)/(ν−4) (4.5 here): 6.6. The sample falls short
/// of it, as heavy tails do; the test asks for more than the innovations' own. The variance's
/// standard error takes whole paths as independent.
#[test]
fn tails_are_heavy_and_turmoil_clusters() {
    let grid = hours(500);
    let returns = step_returns(MODEL, &grid, 1, 400);
    let step = years(3_600.0);
    let mean = -MODEL.volatility.powi(2) / 2.0 * step;
    let all = returns.concat();
    assert!(moments(&all).kurtosis > 4.5, "{}", moments(&all).kurtosis);
    let rho = autocorrelation_of_squares(&returns, mean);
    assert!(rho > 0.1, "{rho}");
    let of_path = |path: &Vec<f64>| path.iter().map(|r| (r - mean).powi(2)).sum::<f64>() / 500.0;
    let variances: Vec<f64> = returns.iter().map(of_path).collect();
    let got = moments(&variances);
    check(
        got.mean,
        MODEL.volatility.powi(2) * step,
        (got.variance / 400.0).sqrt(),
    );
}

/// The same periods on grids of a quarter, one and four periods: prices at ends of four periods
/// have the same variance and kurtosis, within four standard errors of their difference.
#[test]
fn the_grid_does_not_change_the_law() {
    let mut found = Vec::new();
    for (step_s, every) in [(900, 16), (3_600, 4), (14_400, 1)] {
        let grid = Grid {
            start: 0,
            step_s,
            steps: 1 + 200 * every as u32,
        };
        let returns = step_returns(MODEL, &grid, every, 200);
        let mean = -MODEL.volatility.powi(2) / 2.0 * years(14_400.0);
        let of_path =
            |path: &Vec<f64>| path.iter().map(|r| (r - mean).powi(2)).sum::<f64>() / 200.0;
        let variances: Vec<f64> = returns.iter().map(of_path).collect();
        let got = moments(&variances);
        let error = (got.variance / 200.0).sqrt();
        check(got.mean, MODEL.volatility.powi(2) * years(14_400.0), error);
        let rho = autocorrelation_of_squares(&returns, mean);
        assert!(rho > 0.05, "{step_s}: {rho}");
        found.push(moments(&returns.concat()).kurtosis);
    }
    assert!(found.iter().all(|k| (3.8..7.0).contains(k)), "{found:?}");
}

#[test]
fn a_wild_start_calms_down() {
    let model = Garch {
        first_volatility: 4.0,
        ..MODEL
    };
    let returns = step_returns(model, &hours(200), 1, 500);
    let square = |range: std::ops::Range<usize>| {
        let part: Vec<f64> = returns
            .iter()
            .flat_map(|path| path[range.clone()].to_vec())
            .collect();
        moments(&part).variance / years(3_600.0)
    };
    assert!(square(0..2) > 10.0 && square(180..200) < 1.0);
}

#[test]
fn refuses_by_key() {
    let grid = hours(1);
    for (model, want) in [
        (
            Garch {
                alpha: -0.1,
                ..MODEL
            },
            "alpha: must lie between 0 and 1, found -0.1",
        ),
        (
            Garch {
                beta: 0.95,
                ..MODEL
            },
            "beta: alpha + beta must be below 1, found 1.03",
        ),
        (
            Garch {
                degrees: 2.0,
                ..MODEL
            },
            "degrees: must be above 2 and at most 1000, found 2",
        ),
        (
            Garch {
                period_s: 5_000,
                ..MODEL
            },
            "period_s: must divide the step of 3600 s or be a multiple of it, found 5000",
        ),
        (
            Garch {
                period_s: 0,
                ..MODEL
            },
            "period_s: must divide the step of 3600 s or be a multiple of it, found 0",
        ),
        (
            Garch {
                first_volatility: -1.0,
                ..MODEL
            },
            "first_volatility: must lie between 0 and 100, found -1",
        ),
    ] {
        assert_eq!(refusal(&PriceModel::Garch(model), &grid), want);
    }
}
