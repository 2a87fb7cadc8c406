//! The reproduction number against the simulated cascade, in the regime where both are known.
//!
//! Accounts are small enough that Aave v3.3 closes them whole, and their threshold leaves them with
//! as good as no surplus: 95 % × 1.05 = 99.75 % of the collateral is sold. Thresholds lie evenly over
//! the price; the venue's depth is even and does not recover; liquidators have no limits; the oracle
//! is the venue and answers at each step. So every step is one generation of a branching process
//! whose reproduction number is the same at every price.

#![allow(clippy::unwrap_used, reason = "a test stops at the first failure")]

#[path = "../../core/tests/pool/mod.rs"]
mod pool_of;

use backstop_core::coverage::Waterfall;
use backstop_core::protocol::aave::{AaveVersion, Account, Pool};
use backstop_lab::agents::{
    BidStyle, Bidding, Competition, Exit, LiquidatorConfig, Outages, Sizing,
};
use backstop_lab::cascade::{
    Depth, Holder, Sold, Stake, Trigger, Triggers, amplification, next_generation, reproduction,
    settled, spectral_radius,
};
use backstop_lab::feed::FeedConfig;
use backstop_lab::market::{FeedbackMode, Impact};
use backstop_lab::metrics::amplification_of;
use backstop_lab::network::{GasModel, GasSeries, GasToken, NetworkConfig};
use backstop_lab::price::{Constant, Dependence, Grid, Historical, PriceModel, Refine};
use backstop_lab::record::{LiquidatorKind, PathRecord};
use backstop_lab::venue::{Level, Liquidity, OrderBook, Routing, VenueConfig};
use backstop_lab::world::{AssetConfig, GovernorsConfig, Recording, World, WorldConfig};
use pool_of::{Listed, START, position};
use std::ops::ControlFlow;

const STEPS: u32 = 240;
/// Price before the shock, and the highest threshold, USD.
const PRICE: f64 = 100.0;
/// Lowest threshold.
const LOWEST: f64 = 60.0;
const ACCOUNTS: u32 = 16_000;
/// Whole tokens of each account: less than 2,000 dollars.
const TOKENS: f64 = 10.0;
const THRESHOLD: f64 = 0.95;
const BONUS: f64 = 0.05;
/// Share of an account's collateral that is sold at its threshold.
const SOLD: f64 = THRESHOLD * (1.0 + BONUS);

/// Price at which an account breaches.
fn trigger(account: u32) -> f64 {
    PRICE - (PRICE - LOWEST) * (f64::from(account) + 0.5) / f64::from(ACCOUNTS)
}

const fn listed(symbol: &'static str, decimals: u8, usd: f64) -> Listed {
    Listed {
        symbol,
        decimals,
        usd,
        loan_to_value: 9_000,
        threshold: 9_500,
        bonus: 500,
        treasury: 0,
        slopes: [0, 0],
    }
}

fn pool() -> Pool {
    let assets = [listed("ETH", 18, PRICE), listed("USD", 6, 1.0)];
    let borrower = |id: u32| {
        let debt = THRESHOLD * TOKENS * trigger(id);
        let held = [
            position(&assets, 0, TOKENS, 0.0),
            position(&assets, 1, 0.0, debt),
        ];
        Account::new(0, held)
    };
    let mut accounts: Vec<Account> = (0..ACCOUNTS).map(borrower).collect();
    accounts.push(Account::new(0, [position(&assets, 1, 1e9, 0.0)]));
    pool_of::pool(AaveVersion::V3_3, &assets, accounts)
}

/// An even book: at the price p, a sale of q tokens moves the mid by the share q ÷ `depth`.
fn venue(base: usize, depth: f64) -> VenueConfig {
    const LEVELS: u32 = 90_000;
    let level = |i: u32| Level {
        distance: f64::from(i + 1) * 1e-5,
        base: depth * 1e-5,
    };
    let levels: Vec<Level> = (0..LEVELS).map(level).collect();
    VenueConfig {
        name: "book".to_owned(),
        base,
        fee: 0.0,
        half_life_s: 1e12,
        weight: 1.0,
        permanent_share: None,
        depth: None,
        liquidity: Liquidity::OrderBook(OrderBook::new(&levels, &levels)),
    }
}

/// Depth at which each fall from `price` causes `r` times as much again: (tokens a dollar) × p ÷ depth.
fn depth_for(r: f64, price: f64) -> f64 {
    let density = SOLD * TOKENS * f64::from(ACCOUNTS) / (PRICE - LOWEST);
    density * price / r
}

const IMPACT: Impact = Impact {
    mode: FeedbackMode::On,
    venue_weight: 1.0,
    permanent_share: 0.0,
    routing: Routing::Best,
};

/// A price that falls by `shock` dollars at the first step and stays.
fn falling(price: f64, shock: f64) -> PriceModel {
    let (first, end) = (START + 60, START + 60 * u64::from(STEPS));
    let points = [(START, price), (first, price - shock), (end, price - shock)];
    PriceModel::Historical(Historical::from_points(&points, Refine::Hold))
}

fn config(prices: Vec<PriceModel>, venues: Vec<VenueConfig>, mode: FeedbackMode) -> WorldConfig {
    let feed = FeedConfig {
        deviation: 0.0,
        heartbeat_s: 1,
        delay_s: 0,
        twap_s: 0,
    };
    WorldConfig {
        grid: Grid {
            start: START,
            step_s: 60,
            steps: STEPS,
        },
        assets: prices
            .into_iter()
            .map(|price| AssetConfig {
                price,
                feed,
                sources: None,
            })
            .collect(),
        dependence: Dependence::default(),
        venues,
        impact: Impact { mode, ..IMPACT },
        network: NetworkConfig {
            block_time_s: 12.0,
            block_gas_limit: 1_000_000_000_000,
            liquidation_share: 1.0,
            liquidation_gas: 21_000,
            failed_gas_share: 0.0,
            gas_token: GasToken::Usd(1.0),
            gas: GasModel::Series(GasSeries {
                points: vec![(START, 1e-6)],
            }),
        },
        liquidators: vec![LiquidatorConfig {
            name: "everybody".to_owned(),
            kind: LiquidatorKind::Native,
            count: 1,
            capital_usd: f64::INFINITY,
            latency_s: 0.0,
            min_profit_usd: 0.0,
            bid_share: 0.0,
            exit: Exit::Inventory { half_life_s: 0.0 },
            sizing: Sizing::Full,
            bidding: Bidding {
                style: BidStyle::Worth,
                discount: 0.0,
            },
            outages: Outages::default(),
            competition: Competition::None,
            inventory_risk: None,
        }],
        levered: Vec::new(),
        manipulator: None,
        census: None,
        monitor: None,
        borrowers: Vec::new(),
        coverage: Waterfall::default(),
        guards: Vec::new(),
        governors: GovernorsConfig::default(),
        recording: Recording::default(),
    }
}

fn run_on(pool: Pool, config: WorldConfig) -> PathRecord {
    let mut world = World::new(pool, config, 1).unwrap();
    world.run(&mut |_| ControlFlow::Continue(()))
}

fn run(shock: f64, depth: f64, mode: FeedbackMode) -> PathRecord {
    let still = PriceModel::Constant(Constant { usd: 1.0 });
    let prices = vec![falling(PRICE, shock), still];
    run_on(pool(), config(prices, vec![venue(0, depth)], mode))
}

fn last(record: &PathRecord) -> f64 {
    record.steps.last().unwrap().oracle[0]
}

fn lowest(record: &PathRecord) -> f64 {
    let prices = record.steps.iter().map(|step| step.oracle[0]);
    prices.fold(f64::INFINITY, f64::min)
}

/// R by the library, from the same thresholds and the same venue.
fn r_at(price: f64, depth: f64, window: f64) -> f64 {
    let triggers = Triggers::new((0..ACCOUNTS).map(|id| Trigger {
        price: trigger(id),
        tokens: SOLD * TOKENS,
    }));
    let depth = Depth::new(&[venue(0, depth)], 0, IMPACT, START).unwrap();
    reproduction(&triggers.unwrap(), &depth, window, &[price]).unwrap()[0].r
}

/// A shock of δ ends at δ ÷ (1 − R). With an outside price P after the shock the venue's price is
/// P·(1 − sold ÷ depth), so that R counts at P: the depth is set for it. What is left: accounts of
/// one part in 16,000 of the range (0.0025 dollars each, against a shock of 1), levels of 10⁻⁵ of
/// the price, and sales a little above the share at the threshold, since the price has passed it
/// when they happen (at most 0.25 %, all there is). Together they stay below 2 % of the fall
/// beyond the shock.
#[test]
fn a_cascade_ends_where_the_reproduction_number_says() {
    for r in [0.2, 0.5, 0.8] {
        let shock = 1.0;
        let depth = depth_for(r, PRICE - shock);
        let told = r_at(PRICE - shock, depth, 0.01);
        assert!((told / r - 1.0).abs() < 0.005, "R: {told} for {r}");
        let (with, without) = (
            run(shock, depth, FeedbackMode::On),
            run(shock, depth, FeedbackMode::Off),
        );
        let got = amplification_of(&with, &without, 0).unwrap();
        let want = amplification(told);
        let error = (got - want).abs() / (want - 1.0);
        assert!(error < 0.02, "R {r}: amplification {got} for {want}");
        println!("R {told:.4}: amplification {got:.4}, 1 / (1 - R) = {want:.4}");
        // All that could be sold was sold: the branching has died out.
        assert!((lowest(&with) - last(&with)).abs() < 1e-9);
    }
}

/// Generations shrink by R: each further fall is R times the one before.
#[test]
fn each_generation_is_r_times_the_last() {
    let (r, shock) = (0.5, 2.0);
    let record = run(shock, depth_for(r, PRICE - shock), FeedbackMode::On);
    let prices: Vec<f64> = record.steps.iter().map(|step| step.oracle[0]).collect();
    let falls: Vec<f64> = prices.windows(2).map(|pair| pair[0] - pair[1]).collect();
    for pair in falls.windows(2).take(5) {
        assert!((pair[1] / pair[0] - r).abs() < 0.03, "{falls:?}");
    }
}

/// From 1 on there is no end before the book's: every account is liquidated.
#[test]
fn above_one_a_cascade_runs_through_the_book() {
    for r in [1.2, 2.0] {
        let shock = 1.0;
        // The venue's price moves by less dollars a token as the outside price is lower; it is not.
        let depth = depth_for(r, PRICE - shock);
        assert!(r_at(PRICE - shock, depth, 0.01) > 1.0);
        let record = run(shock, depth, FeedbackMode::On);
        assert_eq!(record.liquidations.len(), ACCOUNTS as usize, "R {r}");
        assert!(lowest(&record) < LOWEST);
    }
}

/// Without a trigger nothing moves, whatever R is below.
#[test]
fn no_trigger_no_move() {
    let depth = depth_for(2.0, PRICE);
    let record = run(0.0, depth, FeedbackMode::On);
    assert!(record.liquidations.is_empty());
    assert!(
        record
            .steps
            .iter()
            .all(|step| (step.oracle[0] - PRICE).abs() < 1e-9)
    );
}

/// A larger shock never ends at a higher price, nor liquidates less; less depth neither.
#[test]
fn ends_are_monotone_in_shock_and_depth() {
    let mut before = (PRICE, 0);
    for shock in [0.0, 0.25, 0.5, 1.0, 2.0, 5.0, 12.0] {
        let record = run(shock, depth_for(0.6, PRICE), FeedbackMode::On);
        let now = (lowest(&record), record.liquidations.len());
        assert!(
            now.0 <= before.0 && now.1 >= before.1,
            "{shock}: {now:?} {before:?}"
        );
        before = now;
    }
    let mut before = (PRICE, 0);
    for r in [0.1, 0.3, 0.6, 0.9, 1.5] {
        let record = run(1.0, depth_for(r, PRICE), FeedbackMode::On);
        let now = (lowest(&record), record.liquidations.len());
        assert!(
            now.0 <= before.0 && now.1 >= before.1,
            "{r}: {now:?} {before:?}"
        );
        before = now;
    }
}

/// Prices of two collaterals.
const PRICES: [f64; 2] = [100.0, 50.0];
/// What counts of them: an account whose larger collateral was sold is far from a second breach.
const MIXED_THRESHOLD: f64 = 0.8;
/// Tokens that two kinds of accounts hold of them: twice as much worth of one, which is what they sell.
const HELD: [[f64; 2]; 2] = [[12.0, 12.0], [6.0, 24.0]];

/// The share of its collateral's worth at the start at which an account breaches, and its holdings.
fn mixed(account: u32) -> (f64, [f64; 2]) {
    let level = (f64::from(account) + 0.5) / f64::from(ACCOUNTS);
    (1.0 - 0.4 * level, HELD[account as usize % 2])
}

fn mixed_pool() -> Pool {
    let assets = [
        listed("ETH", 18, PRICES[0]),
        listed("BTC", 18, PRICES[1]),
        listed("USD", 6, 1.0),
    ]
    .map(|asset| Listed {
        loan_to_value: 7_000,
        threshold: 8_000,
        ..asset
    });
    let borrower = |id: u32| {
        let (level, held) = mixed(id);
        let worth = held[0] * PRICES[0] + held[1] * PRICES[1];
        let debt = MIXED_THRESHOLD * level * worth;
        let held = [
            position(&assets, 0, held[0], 0.0),
            position(&assets, 1, held[1], 0.0),
            position(&assets, 2, 0.0, debt),
        ];
        Account::new(0, held)
    };
    let mut accounts: Vec<Account> = (0..ACCOUNTS).map(borrower).collect();
    accounts.push(Account::new(0, [position(&assets, 2, 1e9, 0.0)]));
    pool_of::pool(AaveVersion::V3_3, &assets, accounts)
}

fn mixed_matrix(factors: [f64; 2], depths: [f64; 2]) -> Vec<Vec<f64>> {
    let holder = |id: u32| {
        let (level, held) = mixed(id);
        let stake = |asset: usize| Stake {
            asset,
            tokens: held[asset],
            collateral_usd: held[asset] * PRICES[asset],
            weighted_usd: MIXED_THRESHOLD * held[asset] * PRICES[asset],
            debt_usd: 0.0,
        };
        let worth = held[0] * PRICES[0] + held[1] * PRICES[1];
        Holder {
            stakes: vec![stake(0), stake(1)],
            fixed_debt_usd: MIXED_THRESHOLD * level * worth,
            ..Holder::default()
        }
    };
    let holders: Vec<Holder> = (0..ACCOUNTS).map(holder).collect();
    let sold = |asset: usize| Sold {
        price_start: PRICES[asset],
        bonus: BONUS,
        depth: Depth::new(&[venue(asset, depths[asset])], asset, IMPACT, START).unwrap(),
    };
    next_generation(&holders, &[sold(0), sold(1)], &factors, 0.02).unwrap()
}

/// Ether falls, and accounts that hold both sell bitcoin, whose fall sells ether again. Where both end is
/// (1 − R)⁻¹ of the shock, with R the matrix at the prices after the shock; what one asset alone would tell is less.
#[test]
fn two_assets_end_where_the_matrix_says() {
    let shock = 1.0;
    let after = PRICES[0] - shock;
    for depths in [[3e6, 6e6], [6e5, 1.2e6], [3.8e5, 7.6e5]] {
        let matrix = mixed_matrix([after / PRICES[0], 1.0], depths);
        let radius = spectral_radius(&matrix);
        let want = settled(&matrix, &[shock / after, 0.0]).unwrap();
        let prices = vec![
            falling(PRICES[0], shock),
            PriceModel::Constant(Constant { usd: PRICES[1] }),
            PriceModel::Constant(Constant { usd: 1.0 }),
        ];
        let venues = vec![venue(0, depths[0]), venue(1, depths[1])];
        let record = run_on(mixed_pool(), config(prices, venues, FeedbackMode::On));
        let ends = &record.steps.last().unwrap().oracle;
        let got = [
            (PRICES[0] - ends[0]) / after,
            (PRICES[1] - ends[1]) / PRICES[1],
        ];
        // The venues' levels are 10⁻⁵ of the price apart, and what they round is amplified too.
        let level = 2e-5 * amplification(radius);
        for (got, want) in got.iter().zip(&want) {
            let close = (got - want).abs() < level;
            assert!(close, "{got} {want} {radius} {matrix:?}");
        }
        assert!(radius > matrix[0][0] && radius > matrix[1][1]);
    }
}
