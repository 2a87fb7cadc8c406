//! What draws that are not plain give, against closed forms and plain draws.

use super::*;
use crate::market::FeedbackMode;
use crate::price::{
    Constant, Dependence, Gbm, Grid, Historical, Merton, PriceModel, PricePlan, Refine, Tilt,
    YEAR_S,
};
use crate::record::AccountsTold;
use crate::toy::Toy;
use crate::world::Recording;
use crate::world::tests::{book, config};
use statrs::distribution::{ContinuousCDF, Discrete, Normal, Poisson};

const START: f64 = 200.0;
const VOLATILITY: f64 = 2.0;
/// Lent against one unit of collateral.
const DEBT: f64 = 150.0;

/// One day in hours.
const GRID: Grid = Grid {
    start: 0,
    step_s: 3_600,
    steps: 25,
};

fn years() -> f64 {
    86_400.0 / YEAR_S
}

fn gbm() -> PriceModel {
    PriceModel::Gbm(Gbm {
        start: START,
        volatility: VOLATILITY,
        drift: 0.0,
    })
}

fn plan(models: &[PriceModel]) -> PricePlan {
    PricePlan::new(models, &Dependence::default(), &GRID).unwrap()
}

/// Chance that a loan loses anything, and what it loses on average: a put without interest.
fn put(debt: f64) -> (f64, f64) {
    let deviation = VOLATILITY * years().sqrt();
    let normal = Normal::standard();
    let d2 = ((START / debt).ln() - deviation * deviation / 2.0) / deviation;
    let chance = normal.cdf(-d2);
    (chance, debt * chance - START * normal.cdf(-d2 - deviation))
}

/// Losses of one loan over paths, from the prices alone.
fn losses(draws: &Draws, paths: u64, seed: u64, loss: &dyn Fn(f64) -> f64) -> Distribution {
    let plan = plan(&[gbm()]);
    let mut all = Distribution::default();
    let mut drawn = plan.paths(0);
    for path in 0..paths {
        plan.draw(draws.path(seed, path), &mut drawn);
        let place = draws.place(path, drawn.log_ratio);
        all.add_of(loss(drawn.usd[0][24]), place);
    }
    all
}

const TILT: Tilt = Tilt {
    asset: 0,
    shocks: 3.0,
    jumps: 1.0,
    sizes: 0.0,
};

fn tilted(tilt: Tilt) -> Draws {
    Draws::Tilted([tilt].into())
}

/// Means and their variance over many ensembles of 512 paths, and how often the interval held.
fn repeated(draws: &Draws, debt: f64) -> (f64, f64, f64) {
    const ENSEMBLES: u32 = 200;
    let (_, want) = put(debt);
    let (mut sum, mut squares, mut held) = (0.0, 0.0, 0.0);
    for seed in 0..ENSEMBLES {
        let loss = |price: f64| (debt - price).max(0.0);
        let all = losses(draws, 512, seed.into(), &loss);
        let mean = all.mean().unwrap();
        sum += mean.value;
        squares += (mean.value - want).powi(2);
        held += f64::from(u8::from((mean.low..=mean.high).contains(&want)));
    }
    let n = f64::from(ENSEMBLES);
    let (mean, variance) = (sum / n, squares / n);
    let off = (mean - want) / (variance / n).sqrt();
    assert!(
        off.abs() < 4.0,
        "{draws:?}: {mean} for {want}, {off:.1} errors off"
    );
    (want, variance, held / n)
}

/// A loan of which every second path loses: draws of each kind tell its mean without bias, with less
/// variance than plain ones, and with intervals that hold as often as they say (200 ensembles: 190 give
/// or take 3; 4.5 such deviations are let pass).
#[test]
fn draws_tell_the_mean_of_a_loan_with_less_variance() {
    let (_, plain, _) = repeated(&Draws::Plain, 200.0);
    for (draws, least) in [(Draws::Antithetic, 1.5), (Draws::Sobol, 50.0)] {
        let (_, variance, held) = repeated(&draws, 200.0);
        let factor = plain / variance;
        assert!(factor > least, "{draws:?}: {factor}");
        assert!(held > 0.88, "{draws:?}: {held}");
    }
}

/// A loan of which one path of 370 loses.
#[test]
fn a_tilt_tells_the_mean_of_a_rare_loss_with_less_variance() {
    let debt = START * 0.74;
    let (_, plain, _) = repeated(&Draws::Plain, debt);
    let (_, variance, held) = repeated(&tilted(TILT), debt);
    let factor = plain / variance;
    assert!(factor > 20.0, "{factor}");
    assert!(held > 0.88, "{held}");
}

/// Chance of a loss of one path in three million, from 8,000.
#[test]
fn a_tilt_tells_chances_that_no_plain_path_would() {
    let debt = START * 0.588;
    let (chance, _) = put(debt);
    assert!(chance < 1e-6, "{chance}");
    let tilt = Tilt {
        shocks: 5.0,
        ..TILT
    };
    let lost = |price: f64| f64::from(u8::from(price < debt));
    let got = losses(&tilted(tilt), 8_000, 3, &lost).mean().unwrap();
    let precision = got.precision().unwrap();
    assert!(precision < 0.15, "{got:?}");
    // An interval of 2.13 errors: 4 errors are 1.9 of its halves.
    let off = (got.value - chance).abs() / (precision * got.value);
    assert!(off < 1.9, "{got:?} for {chance}");
}

/// About one path of twenty has a jump.
const MERTON: Merton = Merton {
    start: START,
    volatility: 0.76,
    drift: 0.0,
    intensity: 20.0,
    jump_mean: -0.04,
    jump_deviation: 0.04,
};

/// Jumps and shocks tilted at once: the chance of a fall under Merton's law, a sum over numbers of jumps.
#[test]
fn tilted_jumps_tell_the_chance_of_a_fall() {
    let merton = Merton {
        start: START,
        volatility: 0.8,
        drift: 0.0,
        intensity: 20.0,
        jump_mean: -0.1,
        jump_deviation: 0.05,
    };
    let (t, rate) = (years(), 20.0 * years());
    let fall = -0.25f64;
    let growth = (-0.1f64 + 0.05 * 0.05 / 2.0).exp_m1();
    let (mean, variance) = (-0.32 * t - rate * growth, 0.64 * t);
    let counts = Poisson::new(rate).unwrap();
    let normal = Normal::standard();
    let of = |n: u64| {
        let k = n as f64;
        let deviation = (variance + k * 0.0025).sqrt();
        counts.pmf(n) * normal.cdf((fall - mean + 0.1 * k) / deviation)
    };
    let want: f64 = (0..30).map(of).sum();
    let plan = plan(&[PriceModel::Merton(merton)]);
    let draws = tilted(Tilt {
        shocks: 2.0,
        jumps: 20.0,
        ..TILT
    });
    draws.check(&plan).unwrap();
    let (mut all, mut weights) = (Distribution::default(), Sum::default());
    let mut drawn = plan.paths(0);
    for path in 0..40_000 {
        plan.draw(draws.path(9, path), &mut drawn);
        let place = draws.place(path, drawn.log_ratio);
        let fell = (drawn.usd[0][24] / START).ln() < fall;
        all.add_of(f64::from(u8::from(fell)), place);
        let weight = place.and_then(|place| place.weight).unwrap();
        weights.add(weight as f64 / draws::ONE as f64);
    }
    let got = all.mean().unwrap();
    let off = (got.value - want).abs() / (got.precision().unwrap() * got.value);
    assert!(want < 2e-3 && off < 1.9, "{got:?} for {want}");
    assert!(got.precision().unwrap() < 0.2, "{got:?}");
    let error = (weights.variance().unwrap() / weights.count() as f64).sqrt();
    let off = (weights.mean().unwrap() - 1.0) / error;
    assert!(off.abs() < 4.0, "weights average {off:.1} errors off 1");
}

/// Ether by the law; every step is answered at once; only the ends of paths are kept.
fn world(book: Toy, feedback: FeedbackMode, law: PriceModel) -> World<Toy> {
    let mut config = config(law);
    config.grid = GRID;
    config.assets[0].feed.deviation = 0.0;
    config.impact.mode = feedback;
    config.recording = Recording {
        accounts: AccountsTold::Touched,
        ..Recording::default()
    };
    World::new(book, config, 1).unwrap()
}

fn totals(start: &World<Toy>, draws: Draws, paths: u64) -> Totals {
    let ensemble = Ensemble {
        start,
        seed: 11,
        lead: 0,
        draws,
    };
    let go = || ControlFlow::Continue(());
    ensemble.run(0..paths, &go).unwrap().unwrap()
}

/// A loan that nobody liquidates loses what a put pays; through the whole loop.
#[test]
fn a_tilted_ensemble_tells_the_bad_debt_of_one_loan() {
    let loan = Toy::new(&[(100.0, 100.0 * DEBT)]);
    let mut config = config(gbm());
    config.grid = GRID;
    config.assets[0].feed.deviation = 0.0;
    config.liquidators.clear();
    let start = World::new(loan, config, 1).unwrap();
    let totals = totals(&start, tilted(TILT), 4_000);
    let (chance, mean) = put(DEBT);
    let bad_debt = totals.figure("bad_debt").unwrap();
    let weights = totals.weights.as_ref().unwrap();
    let near = |what: &str, got: Estimate, want: f64| {
        let off = (got.value - want).abs() / (got.precision().unwrap() * got.value);
        assert!(off < 1.9, "{what}: {got:?} for {want}");
    };
    near("mean", bad_debt.mean().unwrap(), 100.0 * mean);
    // Beyond a quantile that loses nothing the shortfall is the mean over the level's share.
    let tail = bad_debt.tail(Level(0.99)).unwrap();
    assert!(chance < 0.01 && tail.value_at_risk.value == 0.0);
    near("shortfall", tail.expected_shortfall, 1e4 * mean);
    let lost = 1.0 - bad_debt.share_below(0.5).unwrap();
    assert!((lost / chance - 1.0).abs() < 0.15, "{lost} for {chance}");
    let error = (weights.all.variance().unwrap() / 4_000.0).sqrt();
    assert!((weights.all.mean().unwrap() - 1.0).abs() < 4.0 * error);
    assert!(weights.all.max().unwrap() <= 2.0);
    assert!(Weights::effective(&weights.all).unwrap() > 2_000.0);
    assert!(Weights::effective(&weights.with_bad_debt).unwrap() > 100.0);
}

/// With liquidators and feedback there is no closed form: twenty times as many plain paths are.
#[test]
fn a_tilted_ensemble_agrees_with_plain_paths() {
    // More than the pool takes at once.
    let large = [
        (2_000.0, 290_000.0),
        (4_000.0, 560_000.0),
        (900.0, 120_000.0),
    ];
    let start = world(Toy::new(&large), FeedbackMode::On, gbm());
    let plain = totals(&start, Draws::Plain, 20_000);
    let tilted = totals(&start, tilted(TILT), 2_000);
    let of = |totals: &Totals, level: f64| {
        let tail = totals.figure("bad_debt").unwrap().tail(Level(level));
        tail.unwrap()
    };
    let apart = |what: &str, a: Estimate, b: Estimate| {
        assert!(a.low <= b.high && b.low <= a.high, "{what}: {a:?} {b:?}");
    };
    for level in [0.99, 0.999] {
        let (a, b) = (of(&plain, level), of(&tilted, level));
        apart("value at risk", a.value_at_risk, b.value_at_risk);
        apart("shortfall", a.expected_shortfall, b.expected_shortfall);
    }
    let mean = |totals: &Totals| totals.figure("bad_debt").unwrap().mean().unwrap();
    apart("mean", mean(&plain), mean(&tilted));
    let known =
        |totals: &Totals| 1.0 - totals.figure("bad_debt").unwrap().share_below(0.5).unwrap();
    let (a, b) = (known(&plain), known(&tilted));
    let error = (a * (1.0 - a) / 20_000.0).sqrt();
    assert!(a > 0.0 && (a - b).abs() < 4.0 * error + 0.15 * a, "{a} {b}");
}

#[test]
fn pieces_of_weighted_paths_do_not_matter() {
    let start = world(book(), FeedbackMode::On, gbm());
    for draws in [tilted(TILT), Draws::Sobol, Draws::Antithetic] {
        let kind = format!("{draws:?}");
        let ensemble = Ensemble {
            start: &start,
            seed: 5,
            lead: 0,
            draws,
        };
        let go = || ControlFlow::Continue(());
        let whole = ensemble.run(0..40, &go).unwrap().unwrap();
        let mut pieces = ensemble.empty();
        for range in [16..40, 0..5, 5..16] {
            let piece = ensemble.run(range, &go).unwrap().unwrap();
            let kept = serde_json::to_string(&piece).unwrap();
            pieces.merge(&serde_json::from_str(&kept).unwrap());
        }
        assert_eq!(whole, pieces, "{kind}");
        let text = |totals| serde_json::to_string(totals).unwrap();
        assert_eq!(text(&whole), text(&pieces), "{kind}");
    }
}

#[test]
fn refuses_draws_that_prices_cannot_have() {
    let (fixed, random) = (
        plan(&[PriceModel::Constant(Constant { usd: 1.0 })]),
        plan(&[gbm()]),
    );
    let points = [(0, 200.0), (90_000, 100.0)];
    let historical = Historical::from_points(&points, Refine::Bridge);
    let historical = plan(&[PriceModel::Historical(historical)]);
    let alike = plan(&[PriceModel::Merton(Merton {
        jump_deviation: 0.0,
        ..MERTON
    })]);
    let tilt = |shocks, jumps| {
        tilted(Tilt {
            shocks,
            jumps,
            ..TILT
        })
    };
    for (prices, draws, want) in [
        (
            &fixed,
            Draws::Antithetic,
            "ensemble.draws: needs a price with random shocks",
        ),
        (
            &historical,
            Draws::Sobol,
            "ensemble.draws: needs a price with random shocks",
        ),
        (
            &historical,
            tilt(1.0, 1.0),
            "ensemble.tilt: the price of asset 0 has no random shocks",
        ),
        (
            &random,
            tilt(1.0, 2.0),
            "ensemble.tilt.jumps: the price of asset 0 has no intensity",
        ),
        (&random, tilt(f64::NAN, 1.0), "ensemble.tilt.shocks: "),
        (&random, tilt(1.0, 0.0), "ensemble.tilt.jumps: "),
        (
            &random,
            tilted(Tilt { sizes: 1.0, ..TILT }),
            "ensemble.tilt.jumps: the price of asset 0 has no intensity",
        ),
        (
            &alike,
            tilted(Tilt { sizes: 1.0, ..TILT }),
            "ensemble.tilt.sizes: the jumps of asset 0 are all of one size",
        ),
        (
            &alike,
            tilted(Tilt {
                sizes: 21.0,
                ..TILT
            }),
            "ensemble.tilt.sizes: must lie between -20 and 20",
        ),
        (
            &random,
            Draws::Tilted([].into()),
            "ensemble.tilt.assets: must name an asset",
        ),
    ] {
        let got = draws.check(prices).unwrap_err().to_string();
        assert!(got.starts_with(want), "{got}");
    }
    assert!(Draws::Plain.check(&fixed).is_ok());
}

/// Chance that a Brownian motion with drift has touched a level below by the end (reflection
/// principle), where it is looked at every so often only: the level is moved out by 0.5826·σ·√Δt
/// (Broadie, Glasserman, Kou, "A continuity correction for discrete barrier options", 1997).
fn first_passage(threshold: f64, volatility: f64) -> f64 {
    let t = years();
    let between = volatility * (t / 24.0).sqrt();
    let level = (threshold / START).ln() - 0.5826 * between;
    let (drift, deviation) = (-volatility * volatility / 2.0, volatility * t.sqrt());
    let normal = Normal::standard();
    let again = (2.0 * drift * level / (volatility * volatility)).exp();
    normal.cdf((level - drift * t) / deviation)
        + again * normal.cdf((level + drift * t) / deviation)
}

/// One borrower through the whole loop: the share of paths on which it is liquidated.
#[test]
fn a_loan_is_liquidated_as_often_as_a_brownian_motion_passes_its_threshold() {
    const PATHS: u64 = 4_000;
    for (debt, draws) in [
        (144.0, Draws::Plain),
        (152.0, Draws::Plain),
        (
            150.0,
            tilted(Tilt {
                shocks: 1.0,
                ..TILT
            }),
        ),
    ] {
        let loan = Toy::new(&[(100.0, 100.0 * debt)]);
        let start = world(loan, FeedbackMode::Off, gbm());
        let totals = totals(&start, draws, PATHS);
        let liquidations = totals.figure("liquidations").unwrap();
        let got = 1.0 - liquidations.share_below(0.5).unwrap();
        let want = first_passage(debt / 0.8, VOLATILITY);
        let error = (want * (1.0 - want) / PATHS as f64).sqrt();
        let off = (got - want) / error;
        assert!(
            (0.01..0.9).contains(&want) && off.abs() < 4.0,
            "{debt}: {got} for {want}"
        );
    }
}
