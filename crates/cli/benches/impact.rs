//! Forced flow by the minute on a market with impact, over 43,173 steps.
//!
//! `cargo bench -p backstop --bench impact`. The record is that of Risk DAO's `simulation-env`
//! (January 2021, ETH perpetuals) where the shared data folder lies beside the repository, else a
//! synthetic one of the same length. `published` is the published script's market with its settings of
//! `light` and `heavy`: its pool's window, factor and recovery, what waits, the largest fall, a row a
//! step kept. The other cases are venues of the lab under the same flow. Items are steps; `load` reads
//! the compressed file.

use backstop_io::flow::{FlowColumns, read_flow};
use backstop_lab::impact::{ForcedFlow, Outcome, ReplayConfig, Response, replay};
use backstop_lab::venue::{ConstantProduct, Liquidity, SquareRoot, VenueConfig};
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use std::path::Path;
use std::sync::LazyLock;

const FILE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../../shared/data/liquidations_binance_perp_riskdao/ETHUSDT_1m_bidask_liqvol_2021-01.csv.gz"
);
const STEPS: usize = 43_173;

static RECORD: LazyLock<ForcedFlow> = LazyLock::new(record);

fn main() {
    for case in CASES {
        let outcome = run(case, &mut |_| {});
        eprintln!(
            "{case}: largest fall {:.6} at {:.4} USD with {:.4} tokens waiting",
            outcome.fall_max, outcome.price_at_fall_max, outcome.open_at_fall_max
        );
    }
    divan::main();
}

fn record() -> ForcedFlow {
    match read_flow(Path::new(FILE), &FlowColumns::default()) {
        Ok(read) => ForcedFlow {
            times: read.times,
            price: read.price,
            sold: read.sold,
            bought: read.bought,
        },
        Err(error) => {
            eprintln!("{error}\na synthetic record takes its place");
            synthetic()
        }
    }
}

/// A price that swings, with forced sales in a third of the minutes and some very large ones.
fn synthetic() -> ForcedFlow {
    let minute = |i: usize| i as f64;
    ForcedFlow {
        times: (0..STEPS as u64).map(|i| 1_609_459_200 + 60 * i).collect(),
        price: (0..STEPS)
            .map(|i| 1_000.0 * (0.3 * (minute(i) / 5_000.0).sin()).exp())
            .collect(),
        sold: (0..STEPS)
            .map(|i| match i {
                _ if i % 10_000 == 9_999 => 10_000.0,
                _ if i % 3 == 0 => 1.0 + minute(i % 17).powi(2),
                _ => 0.0,
            })
            .collect(),
        bought: vec![0.0; STEPS],
    }
}

const CASES: [&str; 5] = [
    "published, light",
    "published, heavy",
    "square root",
    "constant product",
    "square root, followed",
];

/// Settings of the published script: tokens to liquidate in all, days to recover by half, and the
/// factor on returns.
fn published(total: f64, days: f64, amplify: f64) -> ReplayConfig {
    let recorded: f64 = RECORD.sold.iter().sum();
    ReplayConfig {
        amplify,
        flow: total / recorded,
        capacity: 400.0,
        window: 30,
        followers: 0.0,
        rounding: 1.0,
        response: Response::Factor {
            // 400 tokens move the price of the last one by 10 %.
            reserve: 9.0 * 400.0,
            half_life_steps: days * 24.0 * 60.0,
        },
    }
}

fn venue(liquidity: Liquidity, followers: f64) -> ReplayConfig {
    ReplayConfig {
        capacity: f64::INFINITY,
        window: 0,
        followers,
        rounding: 0.0,
        response: Response::Venue(Box::new(VenueConfig {
            name: "venue".to_owned(),
            base: 0,
            fee: 0.0005,
            half_life_s: 1_800.0,
            weight: 1.0,
            permanent_share: None,
            depth: None,
            liquidity,
        })),
        ..published(48_000.0, 1.0, 1.0)
    }
}

fn config(case: &str) -> ReplayConfig {
    let law = || Liquidity::SquareRoot(SquareRoot::new(1.0, 0.08, 1e9));
    match case {
        "published, light" => published(2_500.0, 1.0, 1.0),
        "published, heavy" => published(48_000.0, 0.5, 2.64),
        "constant product" => {
            let pool = ConstantProduct::fixed(40_000.0, 40_000_000.0);
            venue(Liquidity::ConstantProduct(pool), 0.0)
        }
        "square root" => venue(law(), 0.0),
        _ => venue(law(), 10_000.0),
    }
}

fn run(case: &str, each: &mut dyn FnMut(&backstop_lab::impact::Step)) -> Outcome {
    match replay(&RECORD, &config(case), each) {
        Ok(outcome) => outcome,
        Err(error) => panic!("{case}: {error}"),
    }
}

#[divan::bench(args = CASES)]
fn step(bencher: Bencher<'_, '_>, case: &str) {
    let steps = RECORD.times.len();
    let config = config(case);
    bencher.counter(ItemsCount::new(steps)).bench_local(|| {
        let mut rows = Vec::with_capacity(steps);
        let outcome = replay(&RECORD, black_box(&config), |step| rows.push(*step));
        (outcome, rows)
    });
}

#[divan::bench]
fn load(bencher: Bencher<'_, '_>) {
    bencher.bench_local(|| read_flow(black_box(Path::new(FILE)), &FlowColumns::default()));
}
