use super::super::statistics_for_tests::*;
use super::*;
use crate::price::PriceModel;

fn regime(volatility: f64, hours: f64, next: &[f64]) -> Regime {
    Regime {
        volatility,
        drift: 0.0,
        mean_stay_s: hours * 3_600.0,
        next: next.to_vec(),
    }
}

fn two() -> Regimes {
    Regimes {
        start: 100.0,
        regimes: vec![regime(0.5, 60.0, &[]), regime(2.0, 20.0, &[])],
        first: None,
    }
}

#[test]
fn stationary_shares_are_tables() {
    let three = Regimes {
        regimes: vec![
            regime(0.5, 10.0, &[0.0, 1.0, 0.0]),
            regime(1.0, 20.0, &[0.5, 0.0, 0.5]),
            regime(2.0, 5.0, &[0.0, 1.0, 0.0]),
        ],
        ..two()
    };
    for (model, want) in [
        (two(), vec![0.75, 0.25]),
        (three, vec![10.0 / 55.0, 40.0 / 55.0, 5.0 / 55.0]),
    ] {
        let got = model.stationary_shares().unwrap();
        assert!(
            got.iter().zip(&want).all(|(g, w)| (g - w).abs() < 1e-9),
            "{got:?}"
        );
    }
}

/// The mean variance of a step is the share-weighted mean of the regimes'; 4,000 paths of 100
/// steps, whose standard error takes paths as independent.
#[test]
fn regimes_have_their_shares() {
    let grid = hours(100);
    let plan = plan(&[PriceModel::Regimes(two())], &grid);
    let step = years(3_600.0);
    let of_path = |seed| {
        let path = &plan.paths(seed).usd[0];
        let squares = path.windows(2).map(|pair| (pair[1] / pair[0]).ln().powi(2));
        squares.sum::<f64>() / 100.0 / step
    };
    let variances: Vec<f64> = (0..4_000).map(of_path).collect();
    let got = moments(&variances);
    let want = 0.75 * 0.25 + 0.25 * 4.0;
    check(got.mean, want, (got.variance / 4_000.0).sqrt());
}

#[test]
fn the_first_regime_may_be_told() {
    let grid = hours(2);
    for (first, want) in [(0, 0.25), (1, 4.0)] {
        let model = Regimes {
            regimes: vec![regime(0.5, 1e6, &[]), regime(2.0, 1e6, &[])],
            first: Some(first),
            ..two()
        };
        let returns = log_returns(&PriceModel::Regimes(model), &grid, 10_000);
        let step = length(&grid);
        check_moments(&returns, -want / 2.0 * step, want * step);
    }
}

#[test]
fn refuses_by_key() {
    let with = |regimes: Vec<Regime>| Regimes { regimes, ..two() };
    let good = regime(1.0, 1.0, &[]);
    for (model, want) in [
        (
            with(vec![good.clone()]),
            "regimes: must be 2 to 16, found 1",
        ),
        (
            with(vec![good.clone(), regime(-1.0, 1.0, &[])]),
            "regimes[1].volatility: must lie between 0 and 100, found -1",
        ),
        (
            with(vec![good.clone(), regime(1.0, 0.0, &[])]),
            "regimes[1].mean_stay_s: must lie between 1 and 32000000000, found 0",
        ),
        (
            with(vec![good.clone(), regime(1.0, 1.0, &[1.0])]),
            "regimes[1].next: must have one weight for each of 2 regimes, found 1",
        ),
        (
            with(vec![good.clone(), regime(1.0, 1.0, &[1.0, 1.0])]),
            "regimes[1].next: must be 0 for itself and above 0 for some other",
        ),
        (
            Regimes {
                first: Some(2),
                ..two()
            },
            "first: must be below 2, found 2",
        ),
        (
            with(vec![
                regime(1.0, 1.0, &[0.0, 1.0, 0.0, 0.0]),
                regime(1.0, 1.0, &[1.0, 0.0, 0.0, 0.0]),
                regime(1.0, 1.0, &[0.0, 0.0, 0.0, 1.0]),
                regime(1.0, 1.0, &[0.0, 0.0, 1.0, 0.0]),
            ]),
            "first: must be told, since not every regime can be reached from every other",
        ),
    ] {
        assert_eq!(refusal(&PriceModel::Regimes(model), &hours(1)), want);
    }
}
