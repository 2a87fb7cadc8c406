//! What the tests of several processes need.

use super::{Dependence, Grid, PriceModel, PricePlan, YEAR_S};

/// An hour a step, so many steps.
pub(super) fn hours(steps: u32) -> Grid {
    Grid {
        start: 1_600_000_000,
        step_s: 3_600,
        steps: steps + 1,
    }
}

/// Length of a grid in years.
pub(super) fn length(grid: &Grid) -> f64 {
    f64::from(grid.step_s) * f64::from(grid.steps - 1) / YEAR_S
}

/// A plan of independent assets.
pub(super) fn plan(models: &[PriceModel], grid: &Grid) -> PricePlan {
    PricePlan::new(models, &Dependence::default(), grid).unwrap_or_else(|e| panic!("{e}"))
}

/// Log returns of the first asset from start to end, for seeds from 0 on.
pub(super) fn log_returns(model: &PriceModel, grid: &Grid, paths: u64) -> Vec<f64> {
    let plan = plan(std::slice::from_ref(model), grid);
    let mut drawn = plan.paths(0);
    let one = |seed| {
        plan.draw(seed, &mut drawn);
        let path = &drawn.usd[0];
        (path[path.len() - 1] / path[0]).ln()
    };
    (0..paths).map(one).collect()
}

/// Mean, variance, and the standard error of each: s/√n, and √((m₄ − s⁴)/n).
pub(super) struct Moments {
    pub(super) mean: f64,
    pub(super) variance: f64,
    pub(super) kurtosis: f64,
    mean_error: f64,
    variance_error: f64,
}

pub(super) fn moments(values: &[f64]) -> Moments {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let central = |p: i32| values.iter().map(|x| (x - mean).powi(p)).sum::<f64>() / n;
    let (variance, fourth) = (central(2), central(4));
    Moments {
        mean,
        variance,
        kurtosis: fourth / variance.powi(2),
        mean_error: (variance / n).sqrt(),
        variance_error: ((fourth - variance.powi(2)) / n).sqrt(),
    }
}

/// Both moments lie within four standard errors of the closed form.
pub(super) fn check_moments(values: &[f64], mean: f64, variance: f64) {
    let got = moments(values);
    check(got.mean, mean, got.mean_error);
    check(got.variance, variance, got.variance_error);
}

/// A figure lies within four standard errors of another.
pub(super) fn check(got: f64, want: f64, error: f64) {
    let off = (got - want) / error;
    assert!(
        off.abs() < 4.0,
        "{got} is {off:.2} standard errors from {want}"
    );
}

/// A share of n trials lies within four standard errors, √(p(1 − p)/n), of p.
pub(super) fn check_share(count: u64, trials: u64, want: f64) {
    let n = trials as f64;
    check(count as f64 / n, want, (want * (1.0 - want) / n).sqrt());
}

/// What a model is refused with.
pub(super) fn refusal(model: &PriceModel, grid: &Grid) -> String {
    let refused = PricePlan::new(std::slice::from_ref(model), &Dependence::default(), grid);
    let text = refused.err().map_or("taken".to_owned(), |e| e.to_string());
    text.replacen("assets[0].price.", "", 1)
}
