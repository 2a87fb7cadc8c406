use super::super::statistics_for_tests::*;
use super::*;
use crate::price::{
    Correlation, Depeg, Follows, Garch, Gbm, Heston, Merton, Peg, Regime, Regimes, Tail,
};

fn models() -> Vec<PriceModel> {
    let (start, volatility, drift) = (100.0, 0.8, 0.1);
    let regime = |volatility| Regime {
        volatility,
        drift,
        mean_stay_s: 10_000.0,
        next: Vec::new(),
    };
    vec![
        PriceModel::Gbm(Gbm {
            start,
            volatility,
            drift,
        }),
        PriceModel::Merton(Merton {
            start,
            volatility,
            drift,
            intensity: 500.0,
            jump_mean: -0.02,
            jump_deviation: 0.02,
        }),
        PriceModel::Heston(Heston {
            start,
            volatility,
            drift,
            long_volatility: 0.6,
            reversion: 10.0,
            volatility_of_variance: 2.0,
            correlation: -0.5,
        }),
        PriceModel::Garch(Garch {
            start,
            volatility,
            first_volatility: 1.2,
            drift,
            alpha: 0.1,
            beta: 0.8,
            degrees: 4.0,
            period_s: 7_200,
        }),
        PriceModel::Regimes(Regimes {
            start,
            regimes: vec![regime(0.5), regime(2.0)],
            first: None,
        }),
        PriceModel::Peg(Peg {
            to: Some(0),
            ratio: 1.0,
            first_discount: 0.01,
            mean_discount: 0.01,
            volatility: 0.1,
            half_life_s: 40_000.0,
            depeg: Depeg {
                intensity: 100.0,
                mean: 0.1,
                deviation: 0.05,
                recovery_half_life_s: 20_000.0,
            },
        }),
    ]
}

fn dependence() -> Dependence {
    let pairs = (0..6).flat_map(|a| (0..a).map(move |b| (b, a)));
    Dependence {
        correlation: pairs
            .map(|assets| Correlation { assets, value: 0.4 })
            .collect(),
        tail: Tail::StudentT { degrees: 4.0 },
    }
}

/// A path depends on its seed alone: not on what was drawn before, nor on the memory or the plan.
#[test]
fn the_same_seed_gives_the_same_path() {
    let grid = hours(48);
    let plan = PricePlan::new(&models(), &dependence(), &grid).unwrap();
    let again = PricePlan::new(&models(), &dependence(), &grid).unwrap();
    let mut memory = plan.paths(99);
    for seed in [3, 1, 2, 3, u64::MAX] {
        plan.draw(seed, &mut memory);
        assert_eq!(memory, again.paths(seed), "seed {seed}");
    }
    assert_ne!(plan.paths(1).usd, plan.paths(2).usd);
}

/// A longer run begins like a shorter one.
#[test]
fn more_steps_leave_the_first_ones_as_they_were() {
    let long = PricePlan::new(&models(), &dependence(), &hours(48))
        .unwrap()
        .paths(7);
    let short = PricePlan::new(&models(), &dependence(), &hours(30))
        .unwrap()
        .paths(7);
    for (long, short) in long.usd.iter().zip(&short.usd) {
        assert_eq!(long[..31], short[..]);
    }
}

/// Where assets are independent, replacing or adding one leaves the others as they were.
#[test]
fn independent_assets_do_not_touch_each_other() {
    let grid = hours(48);
    let all = plan(&models(), &grid).paths(7);
    for (asset, model) in models().into_iter().enumerate().take(5) {
        let mut alone = vec![PriceModel::Follows(Follows { asset, ratio: 1.0 }); asset];
        alone.push(model);
        let alone = plan(&alone, &grid).paths(7);
        assert_eq!(alone.usd[asset], all.usd[asset], "asset {asset}");
    }
    let one_more = {
        let mut models = models();
        models.push(models[0].clone());
        PricePlan::new(&models, &dependence(), &grid)
            .unwrap()
            .paths(7)
    };
    let without = PricePlan::new(&models(), &dependence(), &grid)
        .unwrap()
        .paths(7);
    assert_eq!(one_more.usd[..6], without.usd[..]);
}

/// Leaders may stand behind their followers.
#[test]
fn the_order_of_leaders_and_followers_does_not_matter() {
    let grid = hours(10);
    let gbm = models().remove(0);
    let follows = |asset| PriceModel::Follows(Follows { asset, ratio: 2.0 });
    let before = plan(&[gbm.clone(), follows(0), follows(1)], &grid).paths(3);
    let after = plan(&[gbm, follows(2), follows(0)], &grid).paths(3);
    assert_eq!(before.usd[1], after.usd[2]);
    assert_eq!(before.usd[2], after.usd[1]);
}

#[test]
fn every_path_starts_at_its_start() {
    let paths = plan(&models(), &hours(5)).paths(1);
    let starts: Vec<f64> = paths.usd.iter().map(|path| path[0]).collect();
    assert_eq!(starts[..5], [100.0; 5]);
    assert!((starts[5] - 100.0 * f64::exp(-0.01)).abs() < 1e-12);
}
