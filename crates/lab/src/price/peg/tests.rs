use super::super::statistics_for_tests::*;
use super::*;
use crate::price::{Constant, Dependence, PriceModel, PricePlan};

const MODEL: Peg = Peg {
    to: None,
    ratio: 1.0,
    first_discount: 0.0,
    mean_discount: 0.0,
    volatility: 0.0,
    half_life_s: 36_000.0,
    depeg: Depeg {
        intensity: 0.0,
        mean: 0.0,
        deviation: 0.0,
        recovery_half_life_s: 0.0,
    },
};

/// Without noise a discount halves in every half-life, exactly.
#[test]
fn a_discount_recovers_by_its_half_life() {
    let model = Peg {
        first_discount: 0.08,
        mean_discount: 0.02,
        ..MODEL
    };
    let path = &plan(&[PriceModel::Peg(model)], &hours(40)).paths(1).usd[0];
    for (step, want) in [(0, 0.08), (10, 0.05), (20, 0.035), (40, 0.02375)] {
        let discount = -path[step].ln();
        assert!((discount - want).abs() < 1e-12, "step {step}: {discount}");
    }
}

/// Jumps of 0.2 come 20 times a year and halve in five hours. In the long run the mean discount is
/// λ·m·(half-life/ln 2); n = 400 paths of 500 hours after the first 50.
#[test]
fn a_break_recovers_by_its_half_life() {
    let model = Peg {
        depeg: Depeg {
            intensity: 20.0,
            mean: 0.2,
            deviation: 0.0,
            recovery_half_life_s: 18_000.0,
        },
        ..MODEL
    };
    let plan = plan(&[PriceModel::Peg(model)], &hours(550));
    let mut means = Vec::new();
    let mut breaks = 0;
    for seed in 0..400 {
        let discounts: Vec<f64> = plan.paths(seed).usd[0]
            .iter()
            .map(|usd| -usd.ln())
            .collect();
        means.push(discounts[50..].iter().sum::<f64>() / 501.0);
        for t in 1..discounts.len() - 5 {
            let quiet = (t + 1..t + 6).all(|s| discounts[s] < discounts[s - 1]);
            if discounts[t] > discounts[t - 1] && quiet {
                breaks += 1;
                assert!((discounts[t + 5] / discounts[t] - 0.5).abs() < 1e-9);
            }
        }
    }
    assert!(breaks > 300, "{breaks}");
    let got = moments(&means);
    let want = 20.0 * 0.2 * years(18_000.0) / LN_2;
    check(got.mean, want, (got.variance / 400.0).sqrt());
}

/// The stationary variance of x is σ²·half-life/(2·ln 2); n = 20,000.
#[test]
fn the_discount_has_its_stationary_law() {
    let model = Peg {
        volatility: 0.3,
        ..MODEL
    };
    let returns = log_returns(&PriceModel::Peg(model), &hours(400), 20_000);
    check_moments(&returns, 0.0, 0.09 * years(36_000.0) / (2.0 * LN_2));
}

#[test]
fn the_price_is_a_multiple_of_its_leaders() {
    let grid = hours(3);
    let leader = PriceModel::Constant(Constant { usd: 2_000.0 });
    let staked = Peg {
        to: Some(1),
        ratio: 1.1,
        first_discount: 0.5,
        mean_discount: 0.5,
        ..MODEL
    };
    let paths = plan(&[PriceModel::Peg(staked), leader], &grid).paths(1);
    assert_eq!(paths.follows, [Some(1), None]);
    for usd in &paths.usd[0] {
        assert!((usd - 2_200.0 * f64::exp(-0.5)).abs() < 1e-9);
    }
}

#[test]
fn refuses_by_key() {
    let depeg = Depeg {
        intensity: 1.0,
        ..MODEL.depeg
    };
    for (model, want) in [
        (
            Peg {
                to: Some(3),
                ..MODEL
            },
            "asset: must name one of the 1 assets, found 3",
        ),
        (
            Peg {
                ratio: 0.0,
                ..MODEL
            },
            "ratio: must be a number above 0, found 0",
        ),
        (
            Peg {
                mean_discount: 6.0,
                ..MODEL
            },
            "mean_discount: must lie between -5 and 5, found 6",
        ),
        (
            Peg {
                half_life_s: 0.0,
                ..MODEL
            },
            "half_life_s: must be a number above 0, found 0",
        ),
        (
            Peg {
                volatility: -1.0,
                ..MODEL
            },
            "volatility: must lie between 0 and 100, found -1",
        ),
        (
            Peg { depeg, ..MODEL },
            "depeg.recovery_half_life_s: must be a number above 0, found 0",
        ),
        (
            Peg {
                depeg: Depeg {
                    mean: -1.0,
                    ..depeg
                },
                ..MODEL
            },
            "depeg.mean: must lie between 0 and 5, found -1",
        ),
    ] {
        assert_eq!(refusal(&PriceModel::Peg(model), &hours(1)), want);
    }
    let itself = PriceModel::Peg(Peg {
        to: Some(0),
        ..MODEL
    });
    let got = PricePlan::new(&[itself], &Dependence::default(), &hours(1)).unwrap_err();
    assert_eq!(
        got.to_string(),
        "assets[0].price: follows itself by way of other assets"
    );
}
