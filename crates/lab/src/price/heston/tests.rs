use super::super::statistics_for_tests::*;
use super::*;
use crate::price::PriceModel;

const MODEL: Heston = Heston {
    start: 2_000.0,
    volatility: 0.9,
    drift: 0.1,
    long_volatility: 0.7,
    reversion: 12.0,
    volatility_of_variance: 2.0,
    correlation: -0.5,
};

/// First two cumulants of the log return (Fang and Oosterlee 2008, table 11).
fn cumulants(model: &Heston, t: f64) -> (f64, f64) {
    let (k, e, r) = (
        model.reversion,
        model.volatility_of_variance,
        model.correlation,
    );
    let (u0, u) = (model.volatility.powi(2), model.long_volatility.powi(2));
    let one = (-k * t).exp();
    let first = model.drift * t + (1.0 - one) * (u - u0) / (2.0 * k) - u * t / 2.0;
    let second = e * t * k * one * (u0 - u) * (8.0 * k * r - 4.0 * e)
        + k * r * e * (1.0 - one) * (16.0 * u - 8.0 * u0)
        + 2.0 * u * k * t * (-4.0 * k * r * e + e * e + 4.0 * k * k)
        + e * e * ((u - 2.0 * u0) * one * one + u * (6.0 * one - 7.0) + 2.0 * u0)
        + 8.0 * k * k * (u0 - u) * (1.0 - one);
    (first, second / (8.0 * k.powi(3)))
}

/// n = 20,000: standard errors 0.7 % of the deviation and about 1.2 % of the variance. The scheme's
/// own error in the variance is below 0.1 % at a step of an hour.
#[test]
fn moments_are_those_of_the_formula() {
    for days in [2, 30] {
        let grid = hours(24 * days);
        let (mean, variance) = cumulants(&MODEL, length(&grid));
        check_moments(
            &log_returns(&PriceModel::Heston(MODEL), &grid, 20_000),
            mean,
            variance,
        );
    }
}

/// Where the variance does not vary, the law is that of a geometric Brownian motion.
#[test]
fn without_noise_the_variance_stays() {
    let model = Heston {
        volatility: 0.8,
        long_volatility: 0.8,
        volatility_of_variance: 0.0,
        ..MODEL
    };
    let grid = hours(24);
    let gbm = PriceModel::Gbm(crate::price::Gbm {
        start: model.start,
        volatility: 0.8,
        drift: model.drift,
    });
    let heston = plan(&[PriceModel::Heston(model)], &grid).paths(2);
    let gbm = plan(&[gbm], &grid).paths(2);
    for (a, b) in heston.usd[0].iter().zip(&gbm.usd[0]) {
        assert!((a / b - 1.0).abs() < 1e-12);
    }
}

/// Far outside Feller's condition prices stay finite and above 0.
#[test]
fn a_wild_variance_is_truncated() {
    let model = Heston {
        reversion: 0.5,
        volatility_of_variance: 20.0,
        ..MODEL
    };
    let plan = plan(&[PriceModel::Heston(model)], &hours(24 * 30));
    for seed in 0..200 {
        let path = &plan.paths(seed).usd[0];
        assert!(
            path.iter().all(|usd| usd.is_finite() && *usd > 0.0),
            "seed {seed}"
        );
    }
}

#[test]
fn refuses_by_key() {
    let grid = hours(1);
    for (model, want) in [
        (
            Heston {
                volatility: -1.0,
                ..MODEL
            },
            "volatility: must lie between 0 and 100, found -1",
        ),
        (
            Heston {
                long_volatility: -1.0,
                ..MODEL
            },
            "long_volatility: must lie between 0 and 100, found -1",
        ),
        (
            Heston {
                reversion: 0.0,
                ..MODEL
            },
            "reversion: must be above 0 and at most 100000, found 0",
        ),
        (
            Heston {
                volatility_of_variance: -1.0,
                ..MODEL
            },
            "volatility_of_variance: must lie between 0 and 1000, found -1",
        ),
        (
            Heston {
                correlation: 1.5,
                ..MODEL
            },
            "correlation: must lie between -1 and 1, found 1.5",
        ),
    ] {
        assert_eq!(refusal(&PriceModel::Heston(model), &grid), want);
    }
}
