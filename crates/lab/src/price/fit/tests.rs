use super::*;
use crate::price::statistics_for_tests::{hours, moments, plan};
use crate::price::{
    Correlation, Dependence, Garch, Gbm, Merton, PricePlan, Regime, Regimes, Tail, YEAR_S,
};

/// Bars of a path: the close of each is the open of the next.
fn bars(path: &[f64]) -> Vec<Bar> {
    let grid = hours(0);
    let pair = |(i, pair): (usize, &[f64])| Bar {
        time: grid.start + 3_600 * i as u64,
        open: pair[0],
        high: pair[0].max(pair[1]),
        low: pair[0].min(pair[1]),
        close: pair[1],
    };
    path.windows(2).enumerate().map(pair).collect()
}

fn sample(model: &PriceModel, steps: u32, seed: u64) -> Sample {
    let paths = plan(std::slice::from_ref(model), &hours(steps)).paths(seed);
    Sample::new(&bars(&paths.usd[0]), 3_600).unwrap()
}

/// Each parameter lies within four of its standard errors of the true one, and each standard error
/// is at most a given share of the parameter (of 1 for the drift).
fn check_recovered(fitted: &Fitted, truth: &[f64], shares: &[f64]) {
    assert!(fitted.converged, "{fitted:?}");
    for ((got, want), share) in fitted.parameters.iter().zip(truth).zip(shares) {
        let off = (got.value - want) / got.error;
        assert!(
            off.abs() < 4.0,
            "{}: {got:?} for {want}: {off:.1} errors off",
            got.name
        );
        assert!(
            got.error < share * want.abs().max(0.05),
            "{}: error of {got:?}",
            got.name
        );
    }
}

const GBM: Gbm = Gbm {
    start: 100.0,
    volatility: 0.8,
    drift: 0.5,
};

#[test]
fn a_brownian_motion_is_recovered() {
    let sample = sample(&PriceModel::Gbm(GBM), 8_760, 1);
    let fitted = fit(Family::Gbm, &sample);
    check_recovered(&fitted, &[0.8, 0.5], &[0.01, 2.0]);
    let (found, tells) = (&fitted.goodness, sample.returns.len() as f64);
    assert!(found.distance < 1.5 / tells.sqrt(), "{found:?}");
    assert!(found.squares.abs() < 4.0 / tells.sqrt() && found.squares_p > 1e-3);
    for (got, want) in &found.quantiles[1..8] {
        assert!((got - want).abs() < 0.2, "{found:?}");
    }
    assert_eq!(
        sample.last,
        plan(&[PriceModel::Gbm(GBM)], &hours(8_760)).paths(1).usd[0][8_760]
    );
}

#[test]
fn jumps_are_recovered() {
    let model = PriceModel::Merton(Merton {
        start: 100.0,
        volatility: 0.6,
        drift: 0.5,
        intensity: 200.0,
        jump_mean: -0.02,
        jump_deviation: 0.03,
    });
    let sample = sample(&model, 2 * 8_760, 2);
    let fitted = fit(Family::Merton, &sample);
    let truth = [0.6, 200.0, -0.02, 0.03, 0.5];
    check_recovered(&fitted, &truth, &[0.02, 0.15, 0.3, 0.15, 3.0]);
    assert!(fitted.aic < fit(Family::Gbm, &sample).aic - 100.0);
}

#[test]
fn clustering_is_recovered() {
    let model = PriceModel::Garch(Garch {
        start: 100.0,
        volatility: 0.8,
        first_volatility: 0.8,
        drift: 0.5,
        alpha: 0.08,
        beta: 0.88,
        degrees: 6.0,
        period_s: 3_600,
    });
    let sample = sample(&model, 2 * 8_760, 3);
    let fitted = fit(Family::Garch, &sample);
    let truth = [0.8, 0.08, 0.88, 6.0, 0.5];
    check_recovered(&fitted, &truth, &[0.1, 0.2, 0.05, 0.1, 2.0]);
    let gbm = fit(Family::Gbm, &sample);
    assert!(gbm.goodness.squares_p < 1e-6 && gbm.goodness.quantiles[0].0 < -3.5);
    assert!(fitted.goodness.squares_p > 1e-3, "{:?}", fitted.goodness);
    let PriceModel::Garch(garch) = fitted.model else {
        panic!("no GARCH");
    };
    assert_eq!((garch.period_s, garch.start), (3_600, sample.last));
}

#[test]
fn regimes_are_recovered() {
    let regime = |volatility: f64, hours: f64| Regime {
        volatility,
        drift: volatility.powi(2) / 2.0 + 0.3,
        mean_stay_s: 3_600.0 * hours,
        next: Vec::new(),
    };
    let model = PriceModel::Regimes(Regimes {
        start: 100.0,
        regimes: vec![regime(0.5, 200.0), regime(1.8, 60.0)],
        first: None,
    });
    let sample = sample(&model, 2 * 8_760, 4);
    let fitted = fit(Family::Regimes, &sample);
    let truth = [0.5, 1.8, 720_000.0, 216_000.0, 0.3];
    check_recovered(&fitted, &truth, &[0.02, 0.03, 0.3, 0.3, 2.5]);
    for other in [Family::Gbm, Family::Merton] {
        assert!(fitted.aic < fit(other, &sample).aic, "{other:?}");
    }
}

#[test]
fn correlations_are_recovered_and_rise_in_crashes() {
    let dependence = Dependence {
        correlation: vec![Correlation {
            assets: (0, 1),
            value: 0.7,
        }],
        tail: Tail::StudentT { degrees: 3.0 },
    };
    let models = [PriceModel::Gbm(GBM), PriceModel::Gbm(GBM)];
    let paths = PricePlan::new(&models, &dependence, &hours(8_760))
        .unwrap()
        .paths(5);
    let both: Vec<Sample> = paths
        .usd
        .iter()
        .map(|path| Sample::new(&bars(path), 3_600).unwrap())
        .collect();
    let found = correlations(&both)[0];
    // The correlation of the shocks under a t copula differs a little from that of its t law.
    assert!((found.value - 0.7).abs() < 0.03, "{found:?}");
    assert_eq!((found.samples, found.count), ((0, 1), 8_759));
    assert!(found.error < 0.006);
    assert!((found.of_ranks - 0.7).abs() < 0.03, "{found:?}");
    let fitted = copula(&both);
    let Tail::StudentT { degrees } = fitted.tail else {
        panic!("{fitted:?}");
    };
    assert!(
        (2.5..=4.0).contains(&degrees) && fitted.gain > 50.0,
        "{fitted:?}"
    );
    let apart = [both[0].clone(), sample(&PriceModel::Gbm(GBM), 8_760, 6)];
    assert!(copula(&apart).gain < 5.0, "{:?}", copula(&apart));
}

/// Pareto losses of index 3: the estimate from 500 of 20,000 has a standard error of 0.134.
#[test]
fn the_tail_index_is_recovered() {
    let value = |i: u64| crate::random::hashed_unit(7, i).max(1e-12).powf(-1.0 / 3.0);
    let found = hill((0..20_000).map(value), 500).unwrap();
    assert!((found.index - 3.0).abs() < 4.0 * found.error, "{found:?}");
    assert!(hill([1.0, 2.0, -3.0].into_iter(), 2).is_none());
}

#[test]
fn returns_are_cut_by_the_step() {
    let path: Vec<f64> = (0..=400)
        .map(|i| f64::exp(f64::from(i % 7) / 100.0))
        .collect();
    let bars = bars(&path);
    let hourly = Sample::new(&bars, 3_600).unwrap();
    assert_eq!(hourly.returns.len(), 399);
    let got = moments(&hourly.returns);
    assert!((got.mean - hourly.moments().0).abs() < 1e-15);
    let two = Sample::new(&bars, 7_200).unwrap();
    assert!(two.times.iter().all(|time| time % 7_200 == 0));
    assert!((two.step() - 7_200.0 / YEAR_S).abs() < 1e-15);
}

#[test]
fn refuses_what_tells_nothing() {
    let path: Vec<f64> = (0..=400).map(|i| 100.0 + f64::from(i % 7)).collect();
    let moving = bars(&path);
    let still = bars(&[100.0; 400]);
    for (bars, step_s, want) in [
        (&moving[..], 0, "step_s: must be above 0"),
        (
            &moving[..50],
            3_600,
            "prices: give 49 returns of 3600 s; at least 100 are needed",
        ),
        (
            &moving[..],
            60,
            "prices.bars: must be two or more, not longer than a step of 60 s",
        ),
        (&still[..], 3_600, "prices: do not vary"),
    ] {
        assert_eq!(Sample::new(bars, step_s).unwrap_err().to_string(), want);
    }
}
