//! The shipped scenarios load, and their inputs are what their notes say.

use backstop_core::protocol::AssetId;
use backstop_io::inputs::{self, Inputs};
use backstop_io::scenario::{self, Scenario};
use std::path::PathBuf;

fn load(name: &str) -> Option<(Scenario, Inputs)> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios"));
    let scenario = match scenario::load(&folder.join(name), &[]) {
        Ok(scenario) => scenario,
        Err(error) if name == "lido-2023.toml" => {
            let text = error.to_string();
            assert!(text.contains("not part of the project"), "{text}");
            assert_eq!(error.problems().len(), 1, "{text}");
            eprintln!("skipped: no shared data folder beside the repository");
            return None;
        }
        Err(error) => panic!("{error}"),
    };
    let inputs = inputs::read(&scenario).unwrap_or_else(|error| panic!("{error}"));
    Some((scenario, inputs))
}

#[test]
fn march_2020() {
    let (scenario, inputs) = load("march-2020.toml").unwrap();
    assert_eq!(scenario.time.steps(), 2 * 1_440);
    assert_eq!(inputs.book.accounts.len(), 15_000);
    assert_eq!(inputs.notes, Vec::<String>::new());
    assert_eq!(
        inputs.price_at(AssetId(0), scenario.time.start),
        Some(195.21)
    );
    let inputs::AssetPrice::Candles(series, ..) = &inputs.prices[0] else {
        panic!("{:?}", inputs.prices[0]);
    };
    assert_eq!(series.times.len(), 144 + 48);
    assert_eq!(
        series.low.iter().copied().fold(f64::INFINITY, f64::min),
        86.0
    );
    assert_eq!(series.end(), Some(scenario.time.end));
    let gas = inputs.gas.unwrap();
    assert_eq!(gas.times.len(), 144 + 24);
}

#[test]
fn october_2025() {
    let (scenario, inputs) = load("october-2025.toml").unwrap();
    assert_eq!(scenario.time.steps(), 1_440);
    assert_eq!(inputs.book.accounts.len(), 12_000);
    for (asset, candles, low) in [(0, 288, 3_400.0), (1, 18 + 120 + 26, 0.65)] {
        let inputs::AssetPrice::Candles(series, ..) = &inputs.prices[asset] else {
            panic!("{:?}", inputs.prices[asset]);
        };
        assert_eq!(series.times.len(), candles);
        let lowest = series.low.iter().copied().fold(f64::INFINITY, f64::min);
        assert_eq!(lowest, low);
        assert_eq!(series.end(), Some(scenario.time.end));
    }
}

#[test]
fn may_2021() {
    let (scenario, inputs) = load("may-2021.toml").unwrap();
    assert_eq!(inputs.book.accounts.len(), 20_000);
    let inputs::AssetPrice::Candles(series, ..) = &inputs.prices[0] else {
        panic!("{:?}", inputs.prices[0]);
    };
    assert_eq!(
        series.low.iter().copied().fold(f64::INFINITY, f64::min),
        1862.04
    );
    assert_eq!(series.end(), Some(scenario.time.end));
    let pool = inputs.reserves[1].as_ref().unwrap();
    assert_eq!(pool.base.values[0], 23_221.3);
    assert_eq!(inputs.reserves[0], None);
    assert!(
        inputs
            .gas
            .unwrap()
            .values
            .iter()
            .any(|gwei| *gwei > 1_900.0)
    );
}

#[test]
fn lido_2023() {
    let Some((scenario, inputs)) = load("lido-2023.toml") else {
        return;
    };
    assert_eq!(inputs.book.accounts.len(), 1_309);
    assert_eq!(inputs.gas, None);
    assert_eq!(inputs.notes.len(), 1);
    assert_eq!(scenario.asset("REST-DEBT"), Some(AssetId(4)));
}

/// Loops of the mode for staked ether, with the debts of the recorded ones.
#[test]
fn loops() {
    let (scenario, inputs) = load("loops.toml").unwrap();
    assert_eq!(scenario.time.steps(), 120 * 24);
    assert_eq!(inputs.notes, Vec::<String>::new());
    let staked = &scenario.assets[0];
    let rules = (
        staked.ltv_bps,
        staked.liquidation_threshold_bps,
        staked.liquidation_bonus_bps,
    );
    assert_eq!(rules, (9_000, 9_300, 100));
    let levered: f64 = scenario.leverage.iter().map(|group| group.share).sum();
    assert!((levered - 0.6).abs() < 1e-9);
    let accounts = &inputs.book.accounts;
    assert_eq!(accounts.len(), 2_000);
    let ether = accounts.iter().flat_map(|account| &account.positions);
    let owed = ether
        .map(|position| f64::from(position.debt.0) / 1e18)
        .sum::<f64>();
    assert!((owed / 114_860.0 - 1.0).abs() < 0.001, "{owed}");
}
