use super::super::statistics_for_tests::*;
use super::*;
use crate::price::PriceModel;
use statrs::distribution::{ContinuousCDF, Normal};

const MODEL: Gbm = Gbm {
    start: 2_000.0,
    volatility: 0.8,
    drift: 0.3,
};

/// n = 40,000: standard errors 0.5 % of the deviation and 0.7 % of the variance.
#[test]
fn moments_are_those_of_the_formula() {
    let grid = hours(24);
    let (t, variance) = (length(&grid), MODEL.volatility.powi(2));
    let returns = log_returns(&PriceModel::Gbm(MODEL), &grid, 40_000);
    check_moments(&returns, (MODEL.drift - variance / 2.0) * t, variance * t);
}

/// E[S_t] = S_0·e^{μt}.
#[test]
fn the_drift_is_that_of_the_expected_price() {
    let grid = hours(24 * 90);
    let growth: Vec<f64> = log_returns(&PriceModel::Gbm(MODEL), &grid, 20_000)
        .into_iter()
        .map(f64::exp)
        .collect();
    let got = moments(&growth);
    let want = (MODEL.drift * length(&grid)).exp();
    check(got.mean, want, (got.variance / 20_000.0).sqrt());
}

/// Chance that a Brownian motion with this drift falls to −b by t (reflection principle):
/// Φ((−b − νt)/σ√t) + e^{−2νb/σ²}·Φ((−b + νt)/σ√t).
fn first_passage(drift: f64, sigma: f64, t: f64, barrier: f64) -> f64 {
    let normal = Normal::standard();
    let scale = sigma * t.sqrt();
    normal.cdf((-barrier - drift * t) / scale)
        + (-2.0 * drift * barrier / sigma.powi(2)).exp()
            * normal.cdf((-barrier + drift * t) / scale)
}

/// A loan whose collateral may fall by 25 % before it is liquidated, watched each hour for 30 days.
/// Watching at steps misses passages between them: the barrier is moved out by 0.5826·σ·√step
/// (Broadie, Glasserman and Kou 1997). n = 40,000: standard error 0.21 %. The correction's own
/// error, of the order of a step, is below 0.05 %.
#[test]
fn a_loan_is_liquidated_as_often_as_the_reflection_principle_says() {
    let grid = hours(24 * 30);
    let plan = plan(&[PriceModel::Gbm(MODEL)], &grid);
    let mut paths = plan.paths(0);
    let (n, barrier) = (40_000, -(0.75f64.ln()));
    let mut passed = 0;
    for seed in 0..n {
        plan.draw(seed, &mut paths);
        passed += u64::from(paths.usd[0].iter().any(|usd| *usd <= 0.75 * MODEL.start));
    }
    let (sigma, t) = (MODEL.volatility, length(&grid));
    let drift = MODEL.drift - sigma.powi(2) / 2.0;
    let step = years(f64::from(grid.step_s));
    let corrected = first_passage(drift, sigma, t, barrier + 0.582_6 * sigma * step.sqrt());
    let continuous = first_passage(drift, sigma, t, barrier);
    check_share(passed, n, corrected);
    assert!(
        (passed as f64 / n as f64) < continuous,
        "steps see less than a continuous watch"
    );
}

#[test]
fn refuses_by_key() {
    let grid = hours(1);
    for (model, want) in [
        (
            Gbm {
                start: 0.0,
                ..MODEL
            },
            "start: must be a number above 0, found 0",
        ),
        (
            Gbm {
                volatility: -0.1,
                ..MODEL
            },
            "volatility: must lie between 0 and 100, found -0.1",
        ),
        (
            Gbm {
                volatility: f64::NAN,
                ..MODEL
            },
            "volatility: must lie between 0 and 100, found NaN",
        ),
        (
            Gbm {
                drift: 1_001.0,
                ..MODEL
            },
            "drift: must lie between -1000 and 1000, found 1001",
        ),
    ] {
        assert_eq!(refusal(&PriceModel::Gbm(model), &grid), want);
    }
}
