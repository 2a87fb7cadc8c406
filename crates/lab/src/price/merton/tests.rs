use super::super::statistics_for_tests::*;
use super::*;
use crate::price::PriceModel;

const MODEL: Merton = Merton {
    start: 2_000.0,
    volatility: 0.6,
    drift: 0.2,
    intensity: 50.0,
    jump_mean: -0.04,
    jump_deviation: 0.05,
};

/// n = 40,000; kurtosis about 8 at a day, so the standard error of the variance is 1.3 %.
#[test]
fn moments_are_those_of_the_formula() {
    for hours_ in [24, 24 * 20] {
        let grid = hours(hours_);
        let t = length(&grid);
        let Merton {
            volatility: sigma,
            drift,
            intensity,
            jump_mean: m,
            jump_deviation: delta,
            ..
        } = MODEL;
        let growth = (m + delta * delta / 2.0).exp() - 1.0;
        let mean = (drift - sigma * sigma / 2.0 - intensity * growth + intensity * m) * t;
        let variance = (sigma * sigma + intensity * (m * m + delta * delta)) * t;
        check_moments(
            &log_returns(&PriceModel::Merton(MODEL), &grid, 40_000),
            mean,
            variance,
        );
    }
}

#[test]
fn the_drift_is_compensated() {
    let grid = hours(24 * 60);
    let growth: Vec<f64> = log_returns(&PriceModel::Merton(MODEL), &grid, 20_000)
        .into_iter()
        .map(f64::exp)
        .collect();
    let got = moments(&growth);
    check(
        got.mean,
        (MODEL.drift * length(&grid)).exp(),
        (got.variance / 20_000.0).sqrt(),
    );
}

/// Without jumps the path is that of the diffusion, to the bit.
#[test]
fn without_jumps_it_is_a_geometric_brownian_motion() {
    let grid = hours(50);
    let calm = PriceModel::Merton(Merton {
        intensity: 0.0,
        ..MODEL
    });
    let gbm = PriceModel::Gbm(crate::price::Gbm {
        start: MODEL.start,
        volatility: MODEL.volatility,
        drift: MODEL.drift,
    });
    let (calm, gbm) = (plan(&[calm], &grid).paths(5), plan(&[gbm], &grid).paths(5));
    for (a, b) in calm.usd[0].iter().zip(&gbm.usd[0]) {
        assert!((a / b - 1.0).abs() < 1e-12);
    }
}

#[test]
fn refuses_by_key() {
    let grid = hours(1);
    for (model, want) in [
        (
            Merton {
                start: -1.0,
                ..MODEL
            },
            "start: must be a number above 0, found -1",
        ),
        (
            Merton {
                intensity: -1.0,
                ..MODEL
            },
            "intensity: must lie between 0 and 100000, found -1",
        ),
        (
            Merton {
                jump_mean: 6.0,
                ..MODEL
            },
            "jump_mean: must lie between -5 and 5, found 6",
        ),
        (
            Merton {
                jump_deviation: f64::INFINITY,
                ..MODEL
            },
            "jump_deviation: must lie between 0 and 5, found inf",
        ),
    ] {
        assert_eq!(refusal(&PriceModel::Merton(model), &grid), want);
    }
}
