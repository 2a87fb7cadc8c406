//! Forced flow from a file to a replay: the figures of the published script on its own file.
//!
//! The figures were printed by `stability_report.py` of Risk DAO's `simulation-env` (commit 17e75fa)
//! for `data_unified_0_ethusdt.csv` without its stability pool: 400 tokens for 10 % in 30 minutes,
//! returns times 2.64, half of the impact gone after half a day, 48,000 tokens liquidated in all.

#![allow(
    clippy::unwrap_used,
    reason = "a set-up that fails has to stop the test"
)]

use backstop_io::flow::{FlowColumns, read_flow};
use backstop_lab::impact::{ForcedFlow, ReplayConfig, Response, replay};
use std::path::Path;

const FILE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../../shared/data/liquidations_binance_perp_riskdao/ETHUSDT_1m_bidask_liqvol_2021-01.csv.gz"
);

#[test]
fn the_published_replay_comes_to_the_same_figures() {
    if !Path::new(FILE).exists() {
        eprintln!("skipped: no shared data folder beside the repository");
        return;
    }
    let read = read_flow(Path::new(FILE), &FlowColumns::default()).unwrap();
    let recorded: f64 = read.sold.iter().sum();
    assert!((recorded - 1_002_062.324).abs() < 1e-3, "{recorded}");
    assert_eq!(read.times.len(), 43_173);
    let flow = ForcedFlow {
        times: read.times,
        price: read.price,
        sold: read.sold,
        bought: read.bought,
    };
    let config = ReplayConfig {
        amplify: 2.64,
        flow: 48_000.0 / recorded,
        capacity: 400.0,
        window: 30,
        followers: 0.0,
        rounding: 1.0,
        response: Response::Factor {
            reserve: 3_600.0,
            half_life_steps: 720.0,
        },
    };
    let outcome = replay(&flow, &config, |_| {}).unwrap();
    for (what, got, want) in [
        ("largest fall", outcome.fall_max, 0.548_742),
        ("price there", outcome.price_at_fall_max, 282.626_103),
        ("waiting there", outcome.open_at_fall_max, 519.186_781),
        ("all", outcome.recorded, 48_000.0),
        ("left", outcome.open, 0.0),
    ] {
        assert!(
            (got - want).abs() <= 1e-6 * want.max(1.0),
            "{what}: {got}, published {want}"
        );
    }
}
