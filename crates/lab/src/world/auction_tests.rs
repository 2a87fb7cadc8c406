//! Liquidations that are started, bid for, delivered and bought, in a world where selling does not move
//! the oracle's price unless told.

use super::tests::{asset, config, crash};
use super::*;
use crate::agents::{BidStyle, Bidding, Exit, LiquidatorConfig, Outages, example};
use crate::network::{GasModel, GasSeries};
use crate::price::Refine;
use crate::record::{LiquidationRow, LiquidatorKind};
use crate::toy_auction::{AuctionToy, Sale};
use backstop_core::protocol::OfferKind;

/// One account of 10 ether at 200 dollars with 1,500 dollars of debt: in breach below 187.5.
const BOOK: [(f64, f64); 1] = [(10.0, 1_500.0)];

/// Two sums of the same dollars in another order: only the roundings of floats may differ.
const ROUNDINGS_USD: f64 = 1e-9;

/// Keeps what it wins to the end.
fn keeper(name: &str, style: BidStyle, discount: f64) -> LiquidatorConfig {
    LiquidatorConfig {
        capital_usd: 10_000.0,
        exit: Exit::Inventory {
            half_life_s: f64::MAX,
        },
        bidding: Bidding { style, discount },
        bid_share: 0.0,
        ..example(name, LiquidatorKind::Public)
    }
}

/// Ether falls by half; gas costs nothing unless told.
fn world(gwei: &[(u64, f64)], liquidators: Vec<LiquidatorConfig>) -> WorldConfig {
    let mut config = config(crash(0.5, Refine::Linear));
    config.assets[1] = asset(crate::price::PriceModel::Constant(crate::price::Constant {
        usd: 1.0,
    }));
    config.network.gas = GasModel::Series(GasSeries {
        points: gwei.to_vec(),
    });
    config.liquidators = liquidators;
    config.impact.mode = crate::market::FeedbackMode::Off;
    config
}

fn run(sale: Sale, config: WorldConfig) -> PathRecord {
    let toy = AuctionToy::new(sale, &BOOK);
    let mut world = World::new(toy, config, 7).unwrap();
    world.run(&mut |_| ControlFlow::Continue(()))
}

fn of_kind(record: &PathRecord, kind: OfferKind) -> Vec<&LiquidationRow> {
    record
        .liquidations
        .iter()
        .filter(|r| r.kind == kind)
        .collect()
}

fn metric(record: &PathRecord, name: &str) -> Option<f64> {
    let metric = crate::metrics::METRICS.iter().find(|m| m.name == name)?;
    (metric.compute)(&crate::metrics::Evidence::of(record))
}

/// What all liquidators earned is what they received over what they paid, whoever was outbid.
fn money_adds_up(record: &PathRecord) {
    let last = record.steps.last().unwrap().outside[0];
    let rows = &record.liquidations;
    let lots: f64 = rows
        .iter()
        .map(|r| r.seized.0.to::<u128>() as f64 / 1e4)
        .sum();
    let paid: f64 = rows.iter().map(|r| r.repaid_usd).sum();
    let rewards: f64 = rows.iter().map(|r| r.reward_usd).sum();
    let gas: f64 = record.liquidators.iter().map(|l| l.gas_usd).sum();
    let profit: f64 = record.liquidators.iter().map(|l| l.profit_usd).sum();
    let want = lots * last - paid + rewards - gas;
    assert!((profit - want).abs() < ROUNDINGS_USD, "{profit} {want}");
    let (penalty, bonus, fee) = record.steps.iter().fold((0.0, 0.0, 0.0), |sum, s| {
        (
            sum.0 + s.penalty_usd,
            sum.1 + s.bonus_usd,
            sum.2 + s.fee_usd,
        )
    });
    assert!((penalty - bonus - fee).abs() < ROUNDINGS_USD);
}

#[test]
fn the_highest_bid_wins_and_the_outbid_have_their_money_back() {
    let keepers = vec![
        keeper("low", BidStyle::Worth, 0.3),
        keeper("high", BidStyle::Worth, 0.1),
    ];
    let record = run(Sale::Bids, world(&[(0, 0.0)], keepers));
    let (starts, won) = (
        of_kind(&record, OfferKind::Start),
        of_kind(&record, OfferKind::Deliver),
    );
    assert_eq!((starts.len(), won.len()), (1, 1));
    assert_eq!(record.liquidators[won[0].liquidator as usize].name, "high");
    // Nine tenths of seven ether (the rest went to the depositors) at the price of the step in which the
    // auction was started, as the bid stood for the 600 seconds since; to a cent, the ledger's unit.
    assert_eq!(won[0].time - starts[0].time, 600);
    let worth = 0.9 * 7.0 * record.steps[starts[0].step as usize].outside[0];
    let paid = won[0].repaid_usd;
    assert!((paid - worth).abs() <= 0.01, "{paid} {worth}");
    // It started nothing, and its gas was free.
    assert_eq!(starts[0].liquidator, won[0].liquidator);
    assert_eq!(record.liquidators[0].profit_usd, 0.0);
    assert_eq!(metric(&record, "liquidations"), Some(1.0));
    assert_eq!(metric(&record, "sales"), Some(1.0));
    assert_eq!(metric(&record, "free_sales"), Some(0.0));
    assert_eq!(metric(&record, "free_sales_collateral"), Some(0.0));
    money_adds_up(&record);
}

#[test]
fn where_others_are_out_the_least_bid_takes_all() {
    let gas = [(0, 0.000_1), (600, 100.0)];
    let offline = Outages {
        windows: vec![(0, 100_000)],
        gas_gwei_max: None,
    };
    let capped = Outages {
        windows: Vec::new(),
        gas_gwei_max: Some(50.0),
    };
    for outages in [offline, capped] {
        let keepers = vec![
            LiquidatorConfig {
                outages,
                ..keeper("out", BidStyle::Worth, 0.1)
            },
            keeper("least", BidStyle::Least, 0.5),
        ];
        let record = run(Sale::Bids, world(&gas, keepers));
        let won = of_kind(&record, OfferKind::Deliver);
        assert_eq!(won.len(), 1);
        assert_eq!(won[0].repaid_usd, 0.01);
        assert!((won[0].deficit_usd - 1_499.99).abs() < ROUNDINGS_USD);
        assert_eq!(metric(&record, "free_sales"), Some(1.0));
        let given = metric(&record, "free_sales_collateral");
        assert_eq!(given, Some(won[0].seized_usd));
        money_adds_up(&record);
    }
}

#[test]
fn a_falling_price_is_met_where_it_pays() {
    let bots = vec![LiquidatorConfig {
        min_profit_usd: 5.0,
        ..example("bot", LiquidatorKind::Public)
    }];
    let record = run(Sale::Falling, world(&[(0, 0.0)], bots));
    let (starts, bought) = (
        of_kind(&record, OfferKind::Start),
        of_kind(&record, OfferKind::Buy),
    );
    assert_eq!((starts.len(), bought.len()), (1, 1));
    assert_eq!(starts[0].reward_usd, 10.0);
    // The price starts at 130 % and falls by 1 % a minute, faster than the oracle's does.
    let (price, paid) = (bought[0].collateral_price, bought[0].repaid_usd);
    assert!(paid <= 1_500.0 && paid < 7.0 * price, "{paid} {price}");
    assert!(bought[0].profit_usd >= 5.0, "{}", bought[0].profit_usd);
    let waited = bought[0].time - starts[0].time;
    assert!((600..3_600).contains(&waited), "{waited}");
}

#[test]
fn depositors_sell_what_came_to_them() {
    let mut with = world(&[(0, 0.0)], vec![keeper("one", BidStyle::Worth, 0.1)]);
    with.impact.mode = crate::market::FeedbackMode::On;
    let record = run(Sale::Bids, with);
    let start = of_kind(&record, OfferKind::Start)[0].step as usize;
    let venue = |step: usize| record.steps[step].venue[0] / record.steps[step].outside[0];
    assert!(venue(start) < venue(start - 1), "the pool's ether is sold");
}

#[test]
fn outages_must_make_sense() {
    let bad = |outages| {
        let keepers = vec![LiquidatorConfig {
            outages,
            ..keeper("one", BidStyle::Worth, 0.1)
        }];
        let toy = AuctionToy::new(Sale::Bids, &BOOK);
        World::new(toy, world(&[(0, 0.0)], keepers), 1)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        bad(Outages {
            windows: vec![(60, 60)],
            gas_gwei_max: None
        }),
        "liquidators[0].outages.windows[0]: must end after it begins, found 60 to 60"
    );
    assert_eq!(
        bad(Outages {
            windows: Vec::new(),
            gas_gwei_max: Some(f64::NAN)
        }),
        "liquidators[0].outages.gas_gwei_max: must be at least 0, found NaN"
    );
}
