//! Liquidators that compete, borrowers that lever up, a manipulator, and the census.

use super::tests::{book, config, crash};
use super::*;
use crate::agents::{
    Competition, Exit, InventoryRisk, LeverageGroup, LiquidatorConfig, ManipulatorConfig,
    dissipated_share, example,
};
use crate::market::FeedbackMode;
use crate::metrics::{Evidence, METRICS};
use crate::network::GasSeries;
use crate::price::{Constant, Historical, PriceModel, Refine};
use crate::record::LiquidatorKind;
use crate::toy::Toy;
use crate::venue::{ConstantProduct, Liquidity};
use std::sync::Arc;
use std::sync::atomic::Ordering;

fn run(toy: Toy, config: WorldConfig, seed: u64) -> PathRecord {
    let mut world = World::new(toy, config, seed).unwrap();
    world.run(&mut |_| ControlFlow::Continue(()))
}

fn value(name: &str, record: &PathRecord) -> Option<f64> {
    let metric = METRICS.iter().find(|m| m.name == name).unwrap();
    (metric.compute)(&Evidence::of(record))
}

/// A crash in venues so deep that the bonus is the profit, at a price of gas that hardly counts.
fn rivals(count: u32, kind: LiquidatorKind, spread: f64) -> WorldConfig {
    let mut config = config(crash(0.4, Refine::Linear));
    config.impact.mode = FeedbackMode::Off;
    config.venues[0].fee = 0.0;
    config.venues[0].liquidity = Liquidity::ConstantProduct(ConstantProduct::fixed(1e9, 200e9));
    config.network.block_gas_limit = 1_000_000_000;
    config.network.gas = GasModel::Series(GasSeries {
        points: vec![(0, 1e-3)],
    });
    config.liquidators = vec![LiquidatorConfig {
        count,
        competition: Competition::PriorityGame { spread },
        ..example("bot", kind)
    }];
    config
}

#[test]
fn more_rivals_pass_more_of_the_bonus_on() {
    for (kind, spread) in [
        (LiquidatorKind::Private, 1.0),
        (LiquidatorKind::Public, 1.0),
        (LiquidatorKind::Private, 0.3),
    ] {
        let mut before = -1.0;
        for n in [1u32, 2, 3, 5, 10] {
            let (mut shares, mut count) = (Vec::new(), 0);
            for seed in 0..6 {
                let record = run(book(), rivals(n, kind, spread), seed);
                count += record.liquidations.len();
                shares.push(value("bonus_dissipated", &record).unwrap());
            }
            let runs = shares.len() as f64;
            let mean = shares.iter().sum::<f64>() / runs;
            let squares = shares.iter().map(|s| (s - mean).powi(2)).sum::<f64>();
            let error = (squares / (runs - 1.0) / runs).sqrt();
            let want = dissipated_share(n as usize, spread);
            assert!(count > 300, "{count}");
            // Rounding of amounts and the least price of gas are besides.
            assert!(
                (mean - want).abs() <= 4.0 * error + 0.004,
                "{kind:?} {spread} {n}: {mean} ± {error}, want {want}"
            );
            assert!(
                mean > before,
                "{kind:?} {spread} {n}: {mean} after {before}"
            );
            before = mean;
        }
    }
}

/// Gas is dear at first, so that only large accounts are worth it, and cheap later. Bounds of offers change who is
/// asked, not what is done.
#[test]
fn bounds_of_offers_spare_looks_and_lose_nothing() {
    let account = |i: u32| {
        let eth = 0.02 * 1.08f64.powi(i as i32 % 100);
        (eth, eth * 200.0 * 0.8 / (1.05 + f64::from(i % 7) / 20.0))
    };
    let outcome = |bounded| {
        let mut toy = Toy::new(&(0..200).map(account).collect::<Vec<_>>());
        toy.bounded = bounded;
        let asked = Arc::clone(&toy.asked);
        let mut config = config(crash(0.3, Refine::Linear));
        config.network.gas = GasModel::Series(GasSeries {
            points: vec![(0, 2_000.0), (5_400, 1.0)],
        });
        let record = run(toy, config, 3);
        let rows = record.liquidations.iter();
        let told = rows.map(|row| {
            (
                row.step,
                row.account,
                row.liquidator,
                row.repaid,
                row.seized,
            )
        });
        (told.collect::<Vec<_>>(), asked.load(Ordering::Relaxed))
    };
    let ((want, asked), (got, asked_bounded)) = (outcome(false), outcome(true));
    assert_eq!(got, want);
    let late = want.iter().filter(|row| row.0 >= 90).count();
    assert!(
        late > 20 && want.len() > late + 20,
        "{late} of {}",
        want.len()
    );
    assert!(asked_bounded * 3 < asked * 2, "{asked_bounded} of {asked}");
}

#[test]
fn a_desk_that_fears_its_inventory_takes_less() {
    let desk = |risk| {
        let mut config = rivals(1, LiquidatorKind::Private, 1.0);
        config.liquidators[0].exit = Exit::Inventory {
            half_life_s: 3_600.0,
        };
        config.liquidators[0].inventory_risk = risk;
        let record = run(book(), config, 1);
        record.steps.iter().map(|s| s.repaid_usd).sum::<f64>()
    };
    let risk = |aversion| {
        Some(InventoryRisk {
            aversion,
            volatility: 1.0,
        })
    };
    let (calm, careful, afraid) = (desk(None), desk(risk(0.02)), desk(risk(10.0)));
    assert_eq!(desk(risk(0.0)), calm);
    assert!(careful < calm && careful > 0.0, "{careful} of {calm}");
    assert!(afraid < careful, "{afraid} of {careful}");
}

/// Ether rises for an hour and then falls far, or stays.
pub(super) fn boom(top: f64, end: f64) -> PriceModel {
    let points = [(0, 200.0), (3_600, top), (3_660, end), (7_200, end)];
    PriceModel::Historical(Historical::from_points(&points, Refine::Linear))
}

pub(super) fn levered(share: f64) -> Vec<LeverageGroup> {
    vec![LeverageGroup {
        name: "long".to_owned(),
        share,
        pair: Some((0, 1)),
        trigger: 1.25,
        target: 1.2,
        after_calm_s: 600,
        calm_fall: 0.02,
    }]
}

pub(super) fn deep(price: PriceModel) -> WorldConfig {
    let mut config = config(price);
    config.impact.mode = FeedbackMode::Off;
    config.venues[0].fee = 0.0005;
    config.venues[0].liquidity = Liquidity::ConstantProduct(ConstantProduct::fixed(1e7, 2e9));
    config.census = Some(CensusConfig { margin_call: 1.05 });
    config
}

/// Accounts of health 1.3 to 1.6.
pub(super) fn calm_book() -> Toy {
    let account = |i: u32| {
        let health = 1.3 + f64::from(i) / 100.0;
        (50.0, 50.0 * 200.0 * 0.8 / health)
    };
    Toy::new(&(0..30).map(account).collect::<Vec<_>>())
}

#[test]
fn in_calm_leverage_rises_to_the_target_and_no_further() {
    let mut config = deep(boom(260.0, 260.0));
    config.levered = levered(1.0);
    let record = run(calm_book(), config, 1);
    assert!(record.leverings.len() > 60, "{}", record.leverings.len());
    assert!(record.leverings.iter().all(|row| row.step >= 9));
    assert!(record.liquidations.is_empty() && record.refusals.is_empty());
    for row in &record.accounts {
        let health = crate::door::ratio_to_f64(row.health_end);
        assert!((1.199..=1.251).contains(&health), "{health}");
    }
    // A health of 1.2 at a threshold of 80 % is a debt of two thirds of the collateral: twice the equity.
    // Nobody is at more, and all are within what the trigger leaves.
    let peak = value("leverage_peak", &record).unwrap();
    assert!((1.7..=2.002).contains(&peak), "{peak}");
    let borrowed = value("borrowed_to_lever", &record).unwrap();
    assert!(borrowed > 0.0);
}

/// Ether rises by a fifth and falls by 15 %: no account of the start comes near its level, those that levered do.
#[test]
fn who_levered_up_hears_margin_calls_by_its_new_debt() {
    let calls = |share: f64| -> u32 {
        let mut config = deep(boom(240.0, 205.0));
        config.levered = levered(share);
        let record = run(calm_book(), config, 1);
        record.steps.iter().filter_map(|row| row.margin_calls).sum()
    };
    assert_eq!(calls(0.0), 0);
    let called = calls(1.0);
    assert!((10..=30).contains(&called), "{called}");
}

#[test]
fn nobody_levers_while_prices_fall() {
    let mut config = deep(crash(0.15, Refine::Linear));
    config.levered = levered(1.0);
    config.grid.steps = 60;
    let record = run(calm_book(), config, 1);
    let early = record.leverings.iter().filter(|row| row.step > 20);
    assert_eq!(early.count(), 0);
}

#[test]
fn a_crash_after_a_calm_liquidates_more_where_borrowers_levered() {
    for seed in 0..8 {
        let seized = |share: f64| {
            let mut config = deep(boom(240.0, 180.0));
            config.levered = levered(share);
            let record = run(calm_book(), config, seed);
            value("seized", &record).unwrap()
        };
        let (without, half, all) = (seized(0.0), seized(0.5), seized(1.0));
        assert!(
            without <= half && half <= all && without < all,
            "{without} {half} {all}"
        );
    }
}

#[test]
fn a_census_counts_calls_once_and_follows_the_book() {
    let mut config = deep(crash(0.3, Refine::Linear));
    config.liquidators.clear();
    let record = run(book(), config, 1);
    let calls: u32 = record.steps.iter().filter_map(|row| row.margin_calls).sum();
    // Health from 1.02 in steps of 1/200: six accounts are below the level at the start (1.02 to 1.045);
    // a fall of 30 % brings those below 1.05/0.7 = 1.5 to it.
    assert_eq!(calls, 90);
    let rate = value("margin_call_velocity", &record).unwrap();
    assert!((88.0..=90.0).contains(&rate), "{rate}");
    let last = record.steps.last().unwrap();
    let (collateral, debt) = record.accounts.iter().fold((0.0, 0.0), |(c, d), row| {
        (c + row.collateral_usd[1], d + row.debt_usd[1])
    });
    let [c, d] = last.by_collateral[0];
    assert!((c / collateral - 1.0).abs() < 1e-9 && (d / debt - 1.0).abs() < 1e-9);
    assert_eq!(last.by_collateral[1], [0.0, 0.0]);
}

#[test]
fn a_census_follows_liquidations() {
    let record = run(book(), deep(crash(0.3, Refine::Linear)), 1);
    assert!(record.liquidations.len() > 20);
    let last = record.steps.last().unwrap();
    let (collateral, debt) = record.accounts.iter().fold((0.0, 0.0), |(c, d), row| {
        (c + row.collateral_usd[1], d + row.debt_usd[1])
    });
    let [c, d] = last.by_collateral[0];
    assert!((c / collateral - 1.0).abs() < 1e-6, "{c} {collateral}");
    assert!((d / debt - 1.0).abs() < 1e-6, "{d} {debt}");
}

/// Ether and dollars of the accounts of [`book`].
fn held(account: u32) -> (f64, f64) {
    let (eth, usd) = book().accounts[account as usize];
    (eth as f64 / 1e4, usd as f64 / 1e2)
}

#[test]
fn time_under_water_is_counted_account_by_account() {
    let mut config = deep(crash(0.4, Refine::Linear));
    config.liquidators.clear();
    let record = run(book(), config, 1);
    for row in &record.accounts {
        let (eth, usd) = held(row.account.0);
        let under = record
            .steps
            .iter()
            .filter(|step| usd > eth * step.oracle[0] + 0.01);
        assert_eq!(
            row.under_water_s,
            60 * under.count() as u64,
            "{:?}",
            row.account
        );
        assert_eq!(row.lacking_usd, 0.0);
    }
    let sum: u64 = record.accounts.iter().map(|row| row.under_water_s).sum();
    assert!(sum > 0);
    assert_eq!(value("time_under_water", &record), Some(sum as f64));
}

#[test]
fn what_would_have_been_lacking_is_that_of_the_worst_price() {
    let mut config = deep(crash(0.4, Refine::Linear));
    config.liquidators.truncate(1);
    let record = run(book(), config, 1);
    let mut saved = 0.0;
    for row in record.accounts.iter().filter(|row| row.liquidations > 0) {
        let first = record
            .liquidations
            .iter()
            .find(|l| l.account == row.account)
            .unwrap();
        let (eth, usd) = held(row.account.0);
        let later = record.steps.iter().skip(first.step as usize);
        let worst = later
            .map(|step| usd - eth * step.oracle[0])
            .fold(0.0, f64::max);
        assert!((row.lacking_usd - worst).abs() < 1e-6, "{row:?} {worst}");
        saved += (worst - row.deficit_usd - row.shortfall_usd).max(0.0);
        // Liquidations in time keep everybody above water.
        assert_eq!(row.under_water_s, 0, "{row:?}");
    }
    assert!(saved > 0.0);
    assert!((value("deficit_avoided", &record).unwrap() - saved).abs() < 1e-3);
    let efficiency = value("liquidation_efficiency", &record).unwrap();
    assert!(efficiency > 0.0 && efficiency < 1.0, "{efficiency}");
}

#[test]
fn a_fall_brings_the_collateral_below_its_threshold_into_breach() {
    let world = World::new(book(), deep(crash(0.1, Refine::Linear)), 1).unwrap();
    let falls = [0.0, 0.1, 0.5, 1.0];
    let found = world.collateral_at_risk(crate::toy::ETH, &falls).unwrap();
    let counts: Vec<usize> = found.iter().map(|risk| risk.by_account.len()).collect();
    // Health from 1.02 in steps of 1/200: below 1/0.9 up to account 18, below 2 all but the last four; the toy
    // asks its accounts for collateral no matter how little it is worth.
    assert_eq!(counts, [0, 19, 196, 200]);
    for (risk, below) in found.iter().zip([0, 19, 196, 200]) {
        let eth = |i: u32| 10.0 + f64::from(i * 7 % 51);
        let want: f64 = (0..below).map(|i| 200.0 * eth(i)).sum();
        let all: f64 = (0..200).map(|i| 200.0 * eth(i)).sum();
        assert!((risk.by_asset[0] - want).abs() < 1e-6, "{}", risk.fall);
        assert!((risk.shares[0].unwrap() - want / all).abs() < 1e-12);
        assert_eq!((risk.by_asset[1], risk.shares[1]), (0.0, None));
        assert!(
            risk.by_account
                .windows(2)
                .all(|pair| pair[0].1 >= pair[1].1)
        );
    }
}

fn attacked(depth: f64, twap_s: u64) -> WorldConfig {
    let mut config = config(PriceModel::Constant(Constant { usd: 200.0 }));
    config.impact.venue_weight = 1.0;
    config.impact.permanent_share = 0.0;
    config.venues[0].liquidity =
        Liquidity::ConstantProduct(ConstantProduct::fixed(depth, depth * 200.0));
    config.assets[0].feed.twap_s = twap_s;
    config.manipulator = Some(ManipulatorConfig {
        name: "manipulator".to_owned(),
        asset: 0,
        capital_usd: 1e9,
        min_profit_usd: 100.0,
        exit_cost: 0.005,
        look_every_s: 600,
        falls: vec![0.02, 0.05, 0.1, 0.2, 0.3],
    });
    config
}

#[test]
fn a_thin_venue_and_a_spot_feed_are_attacked() {
    let record = run(book(), attacked(500.0, 0), 1);
    let first = record.attacks.first().expect("an attack");
    assert!(
        first.liquidations > 0 && first.profit_usd > 100.0,
        "{first:?}"
    );
    // One sample, no permanent impact: it earns what it reckoned with.
    assert!(
        (first.profit_usd / first.expected_usd - 1.0).abs() < 0.01,
        "{first:?}"
    );
    assert!(first.cost_usd > 0.0 && first.sold_usd > 0.0);
    assert!(record.steps[first.step as usize].oracle[0] < 200.0 * (1.0 - 0.9 * first.fall));
    let later = record.steps.last().unwrap();
    assert!((later.oracle[0] - 200.0).abs() < 2.0, "{}", later.oracle[0]);
}

#[test]
fn what_the_manipulator_earns_is_what_moved() {
    for (depth, seed) in [(200.0, 1), (500.0, 2), (2_000.0, 3)] {
        let mut config = attacked(depth, 0);
        config.liquidators.clear();
        let record = run(book(), config, seed);
        assert!(!record.attacks.is_empty(), "{depth}");
        let [own] = &record.liquidators[..] else {
            panic!("the manipulator alone");
        };
        let told: f64 = record.attacks.iter().map(|row| row.profit_usd).sum();
        assert!(
            (told - own.profit_usd).abs() < 1e-6 * told.abs(),
            "{told} {}",
            own.profit_usd
        );
        // Outside prices stay at 200 and 1 dollar: dollars that came in less those that went out, and
        // tokens seized and bought less tokens sold at the outside price, come to the same.
        let sum =
            |f: fn(&crate::record::AttackRow) -> f64| record.attacks.iter().map(f).sum::<f64>();
        let (mut seized, mut repaid, mut gas) = (0.0, 0.0, 0.0);
        for row in &record.liquidations {
            seized += row.seized.0.to::<u128>() as f64 / 1e4 * 200.0;
            repaid += row.repaid.0.to::<u128>() as f64 / 1e2;
            gas += row.gas_usd;
        }
        let slippage_later = own.slippage_usd
            - record
                .liquidations
                .iter()
                .map(|row| row.slippage_usd)
                .sum::<f64>();
        let want = seized - repaid - gas - sum(|row| row.cost_usd) - slippage_later;
        assert!((want / told - 1.0).abs() < 1e-6, "{want} {told}");
        assert_eq!(value("attack_profit", &record), Some(told));
    }
}

#[test]
fn depth_and_a_long_mean_keep_the_manipulator_away() {
    for (depth, twap_s) in [(5e6, 0), (500.0, 36_000)] {
        let record = run(book(), attacked(depth, twap_s), 1);
        assert!(
            record.attacks.is_empty(),
            "{depth} {twap_s}: {:?}",
            record.attacks
        );
        assert!(record.liquidations.is_empty());
        assert_eq!(value("attacks", &record), Some(0.0));
    }
}

/// Everything at once: a fork of a world is that world, and a second run is the first.
#[test]
fn forks_and_repetitions_are_the_same_path() {
    let mut config = attacked(500.0, 120);
    config.assets[0].price = boom(230.0, 170.0);
    config.levered = levered(0.5);
    config.census = Some(CensusConfig { margin_call: 1.1 });
    config.liquidators[1].competition = Competition::PriorityGame { spread: 0.7 };
    let start = World::new(book(), config.clone(), 3).unwrap();
    let tell = |mut world: World<Toy>| {
        let record = world.run(&mut |_| ControlFlow::Continue(()));
        assert!(!record.liquidations.is_empty());
        format!("{record:?}")
    };
    let again = World::new(book(), config, 3).unwrap();
    let forks = [3, 3, 4].map(|seed| tell(start.fork(seed).unwrap()));
    assert!(forks[0] == forks[1] && forks[0] == tell(again));
    assert!(forks[0] != forks[2]);
}

#[test]
fn without_feedback_there_is_nothing_to_move() {
    let mut config = attacked(500.0, 0);
    config.impact.mode = FeedbackMode::Off;
    assert!(run(book(), config, 1).attacks.is_empty());
}

#[test]
fn new_settings_are_checked() {
    type Change = fn(&mut WorldConfig);
    let changes: [(Change, &str); 6] = [
        (
            |c| c.levered = levered(1.5),
            "leverage[0].share: must lie between 0 and 1, found 1.5",
        ),
        (
            |c| c.levered[0].target = 0.9,
            "leverage[0].target: must be at least 1, found 0.9",
        ),
        (
            |c| c.levered[0].calm_fall = f64::NAN,
            "leverage[0].calm_fall: must be above 0 and at most 1, found NaN",
        ),
        (
            |c| c.census = Some(CensusConfig { margin_call: 0.5 }),
            "census.margin_call: must lie between 1 and 100, found 0.5",
        ),
        (
            |c| c.manipulator.as_mut().unwrap().asset = 7,
            "manipulator.asset: must name one of the 2 assets, found 7",
        ),
        (
            |c| c.manipulator.as_mut().unwrap().falls = vec![0.1, 1.0],
            "manipulator.falls[1]: must be above 0 and below 1, found 1",
        ),
    ];
    for (change, want) in changes {
        let mut config = attacked(500.0, 0);
        config.levered = levered(0.5);
        change(&mut config);
        let got = World::new(book(), config, 1).unwrap_err();
        assert_eq!(got.to_string(), want);
    }
}
