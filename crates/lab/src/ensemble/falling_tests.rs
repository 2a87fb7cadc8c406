//! Falls of prices with jumps, alone and under a t copula, drawn under tilts of shocks and jumps together.

use super::*;
use crate::price::{
    Correlation, Dependence, Grid, Merton, PriceModel, PricePlan, Tail as Copula, YEAR_S,
};
use statrs::distribution::{ContinuousCDF, Discrete, Normal, Poisson};

/// One day in hours.
const GRID: Grid = Grid {
    start: 0,
    step_s: 3_600,
    steps: 25,
};
const ETHER: Merton = Merton {
    start: 3_000.0,
    volatility: 0.76,
    drift: 0.0,
    intensity: 20.0,
    jump_mean: -0.04,
    jump_deviation: 0.04,
};
const BITCOIN: Merton = Merton {
    start: 90_000.0,
    volatility: 0.55,
    drift: 0.0,
    intensity: 15.0,
    jump_mean: -0.03,
    jump_deviation: 0.03,
};

fn ether() -> PricePlan {
    let models = [PriceModel::Merton(ETHER)];
    PricePlan::new(&models, &Dependence::default(), &GRID).unwrap()
}

/// The prices of the shipped scenario `one-day`.
fn both() -> PricePlan {
    let dependence = Dependence {
        correlation: vec![Correlation {
            assets: (0, 1),
            value: 0.85,
        }],
        tail: Copula::StudentT { degrees: 4.0 },
    };
    let models = [PriceModel::Merton(ETHER), PriceModel::Merton(BITCOIN)];
    PricePlan::new(&models, &dependence, &GRID).unwrap()
}

/// How often an event comes, and the weights of all paths and of those on which it does.
fn chance(
    plan: &PricePlan,
    draws: &Draws,
    paths: u64,
    seed: u64,
    event: impl Fn(&[Vec<f64>]) -> bool,
) -> (Distribution, Weights) {
    draws.check(plan).unwrap();
    let (mut all, mut weights) = (Distribution::default(), Weights::default());
    let mut drawn = plan.paths(0);
    for path in 0..paths {
        plan.draw(draws.path(seed, path), &mut drawn);
        let place = draws.place(path, drawn.log_ratio);
        let came = event(&drawn.usd);
        all.add_of(f64::from(u8::from(came)), place);
        let weight = place.and_then(|place| place.weight).unwrap_or(draws::ONE);
        let weight = weight as f64 / draws::ONE as f64;
        weights.all.add(weight);
        if came {
            weights.with_bad_debt.add(weight);
        }
    }
    (all, weights)
}

/// Chance that Merton's log return over the day is below a level: a sum over numbers of jumps.
fn below(law: &Merton, level: f64) -> f64 {
    let t = 86_400.0 / YEAR_S;
    let growth = (law.jump_mean + law.jump_deviation.powi(2) / 2.0).exp_m1();
    let drift = -law.volatility.powi(2) / 2.0 - law.intensity * growth;
    let (counts, normal) = (Poisson::new(law.intensity * t).unwrap(), Normal::standard());
    let of = |n: u64| {
        let k = n as f64;
        let deviation = (law.volatility.powi(2) * t + k * law.jump_deviation.powi(2)).sqrt();
        counts.pmf(n) * normal.cdf((level - drift * t - k * law.jump_mean) / deviation)
    };
    (0..40).map(of).sum()
}

fn check_weights(weights: &Weights) {
    let error = (weights.all.variance().unwrap() / weights.all.count() as f64).sqrt();
    let off = (weights.all.mean().unwrap() - 1.0) / error;
    assert!(off.abs() < 4.0, "weights average {off:.1} errors off 1");
    assert!(weights.all.max().unwrap() <= 2.0);
}

/// Falls from one path in four hundred to one in a million, from 4,000 paths each; the error that the
/// interval tells is that of far more plain paths.
#[test]
fn falls_of_a_price_with_jumps_come_as_often_as_the_closed_form_says() {
    const PATHS: u64 = 4_000;
    let plan = ether();
    for (deviations, level, least) in [(3.0, -0.13, 5.0), (4.0, -0.18, 30.0), (6.0, -0.3, 3_000.0)]
    {
        let want = below(&ETHER, level);
        let draws = Draws::falling(&plan, &[0], deviations).unwrap();
        let fell = |usd: &[Vec<f64>]| (usd[0][24] / ETHER.start).ln() < level;
        let (all, weights) = chance(&plan, &draws, PATHS, 5, fell);
        check_weights(&weights);
        let got = all.mean().unwrap();
        // An interval of 2.13 errors: 4 errors are 1.9 of its halves.
        let half = got.precision().unwrap() * got.value;
        let off = (got.value - want).abs() / half;
        let plain = want * (1.0 - want) / PATHS as f64;
        let factor = plain / (half / 2.13).powi(2);
        let effective = Weights::effective(&weights.with_bad_debt).unwrap();
        assert!(off < 1.9, "{level}: {got:?} for {want}");
        assert!(
            factor > least && effective > 100.0,
            "{level}: {factor} {effective}"
        );
    }
}

/// Both prices of the shipped scenario, joined by a t copula: the lowest value within the day of a basket
/// and of bitcoin alone, against fifty times as many plain paths.
#[test]
fn falls_under_a_t_copula_come_as_often_as_plain_paths_say() {
    const PATHS: u64 = 4_000;
    let plan = both();
    let draws = Draws::falling(&plan, &[0, 1], 4.0).unwrap();
    let lowest = |shares: [f64; 2]| {
        move |usd: &[Vec<f64>]| {
            let at = |step: usize| {
                let values = usd.iter().zip(shares);
                values
                    .map(|(path, share)| share * path[step] / path[0])
                    .sum::<f64>()
            };
            (1..25).map(at).fold(f64::INFINITY, f64::min)
        }
    };
    for (shares, level) in [([0.8, 0.2], 0.87), ([0.0, 1.0], 0.9)] {
        let of = lowest(shares);
        let fell = |usd: &[Vec<f64>]| of(usd) < level;
        let (plain, _) = chance(&plan, &Draws::Plain, 50 * PATHS, 3, fell);
        let (all, weights) = chance(&plan, &draws, PATHS, 4, fell);
        check_weights(&weights);
        let (want, got) = (plain.mean().unwrap(), all.mean().unwrap());
        let half = |of: Estimate| of.precision().unwrap() * of.value;
        let (a, b) = (half(want) / 1.96, half(got) / 2.13);
        let off = (got.value - want.value) / a.hypot(b);
        assert!(want.value > 1e-4 && want.value < 4e-3, "{want:?}");
        assert!(off.abs() < 4.0, "{shares:?}: {got:?} for {want:?}");
        let factor = 50.0 * (a / b).powi(2);
        let effective = Weights::effective(&weights.with_bad_debt).unwrap();
        assert!(
            factor > 3.0 && effective > 50.0,
            "{shares:?}: {factor} {effective}"
        );
    }
}
