//! What a price costs: 8 assets × 24 steps a path, in nanoseconds an asset-step.
//!
//! Each item is one asset's move over one step; divan tells items a second, and the head of the output tells
//! nanoseconds an item over 100,000 paths on one core (the best and the median of 50 batches). Assets are correlated by 0.6 in every pair
//! unless told; the plan is made once and the memory of a path is used again.

use backstop_lab::price::{
    Correlation, Dependence, Garch, Gbm, Grid, Heston, Merton, Peg, PriceModel, PricePaths,
    PricePlan, Regime, Regimes, Tail,
};
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use std::time::Instant;

const ASSETS: usize = 8;
const STEPS: u32 = 24;
const GRID: Grid = Grid {
    start: 1_600_000_000,
    step_s: 3_600,
    // The start and 24 moves.
    steps: 1 + STEPS,
};
/// 100,000 paths.
const BATCHES: u64 = 50;
const BATCH: u64 = 2_000;
const CASES: [&str; 8] = [
    "gbm",
    "gbm, independent",
    "gbm, t copula",
    "merton",
    "heston",
    "garch",
    "regimes",
    "peg",
];

fn main() {
    for case in CASES {
        let plan = plan(case);
        let mut paths = plan.paths(0);
        let items = BATCH * ASSETS as u64 * u64::from(STEPS);
        let mut batches: Vec<f64> = (0..BATCHES)
            .map(|batch| {
                let started = Instant::now();
                for seed in batch * BATCH..(batch + 1) * BATCH {
                    plan.draw(seed, &mut paths);
                    black_box(&paths);
                }
                started.elapsed().as_nanos() as f64 / items as f64
            })
            .collect();
        batches.sort_by(f64::total_cmp);
        let (best, median) = (batches[0], batches[batches.len() / 2]);
        eprintln!("{case}: {best:.1} ns an asset-step (median {median:.1})");
    }
    divan::main();
}

#[divan::bench(args = CASES)]
fn path(bencher: Bencher<'_, '_>, case: &str) {
    let plan = plan(case);
    let mut paths: PricePaths = plan.paths(0);
    let mut seed = 0u64;
    bencher
        .counter(ItemsCount::new(ASSETS * STEPS as usize))
        .bench_local(|| {
            seed += 1;
            plan.draw(black_box(seed), &mut paths);
        });
}

fn plan(case: &str) -> PricePlan {
    let models: Vec<PriceModel> = (0..ASSETS).map(|i| model(case, i)).collect();
    let pairs = (0..ASSETS).flat_map(|a| (0..a).map(move |b| (b, a)));
    let correlation = pairs.map(|assets| Correlation { assets, value: 0.6 });
    let dependence = Dependence {
        correlation: match case {
            "gbm, independent" => Vec::new(),
            _ => correlation.collect(),
        },
        tail: match case {
            "gbm, t copula" => Tail::StudentT { degrees: 4.0 },
            _ => Tail::Gaussian,
        },
    };
    PricePlan::new(&models, &dependence, &GRID).unwrap_or_else(|e| panic!("{e}"))
}

fn model(case: &str, asset: usize) -> PriceModel {
    let (start, volatility, drift) = (1_000.0 + asset as f64, 0.8, 0.0);
    let regime = |volatility| Regime {
        volatility,
        drift,
        mean_stay_s: 86_400.0,
        next: Vec::new(),
    };
    match case {
        "merton" => PriceModel::Merton(Merton {
            start,
            volatility,
            drift,
            intensity: 100.0,
            jump_mean: -0.02,
            jump_deviation: 0.03,
        }),
        "heston" => PriceModel::Heston(Heston {
            start,
            volatility,
            drift,
            long_volatility: 0.8,
            reversion: 10.0,
            volatility_of_variance: 2.0,
            correlation: -0.5,
        }),
        "garch" => PriceModel::Garch(Garch {
            start,
            volatility,
            first_volatility: volatility,
            drift,
            alpha: 0.1,
            beta: 0.85,
            degrees: 5.0,
            period_s: 3_600,
        }),
        "regimes" => PriceModel::Regimes(Regimes {
            start,
            regimes: vec![regime(0.5), regime(1.5)],
            first: None,
        }),
        "peg" => PriceModel::Peg(Peg {
            to: None,
            ratio: 1.0,
            first_discount: 0.0,
            mean_discount: 0.0,
            volatility: 0.02,
            half_life_s: 86_400.0,
            depeg: backstop_lab::price::Depeg::default(),
        }),
        _ => PriceModel::Gbm(Gbm {
            start,
            volatility,
            drift,
        }),
    }
}
