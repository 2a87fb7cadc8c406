//! One day by the minute around a pool of 100,000 borrowers, with and without feedback.
//!
//! The book is synthetic: health follows the quantiles of 1,309 borrowers of Aave v2 with staked
//! ether (June 2023), debts are log-normal with a median of 2,000 dollars, one borrower in five
//! holds a second collateral and one in five owes a second asset. Ether falls by 2, 5, 10 or 30 % within
//! the day, with a Brownian bridge between ten-minute points. Making the world (reading the book,
//! drawing the prices) is not part of the time; the recording of traces, events and accounts is off.

#[path = "../../core/tests/pool/mod.rs"]
mod pool_of;

use backstop_core::coverage::Waterfall;
use backstop_core::protocol::Protocol;
use backstop_core::protocol::aave::{AaveVersion, Account, Pool, Position};
use backstop_lab::agents::{
    BidStyle, Bidding, BorrowerGroup, Competition, Exit, LiquidatorConfig, Outages, Reaction,
    Sizing,
};
use backstop_lab::feed::FeedConfig;
use backstop_lab::market::{FeedbackMode, Impact};
use backstop_lab::network::{BaseFee, GasModel, GasToken, NetworkConfig};
use backstop_lab::price::{Constant, Dependence, Grid, Historical, PriceModel, Refine};
use backstop_lab::random::hashed_unit;
use backstop_lab::record::{LiquidatorKind, PathRecord};
use backstop_lab::venue::{ConstantProduct, Liquidity, Routing, SquareRoot, VenueConfig};
use backstop_lab::world::{AssetConfig, GovernorsConfig, Recording, World, WorldConfig};
use divan::Bencher;
use pool_of::{Listed, START};
use std::ops::ControlFlow;

const BORROWERS: u32 = 100_000;
const ASSETS: [Listed; 4] = [
    listed("WETH", 18, 2_000.0, 8_250),
    listed("WBTC", 8, 30_000.0, 7_500),
    listed("USDC", 6, 1.0, 7_800),
    listed("DAI", 18, 1.0, 7_700),
];
/// Share of borrowers and health factor.
const HEALTH: [(f64, f64); 10] = [
    (0.0, 1.02),
    (0.01, 1.05),
    (0.05, 1.16),
    (0.1, 1.22),
    (0.2, 1.34),
    (0.3, 1.53),
    (0.5, 1.99),
    (0.75, 3.04),
    (0.9, 4.9),
    (1.0, 20.0),
];

fn main() {
    for fall in [2, 5, 10, 30] {
        for mode in [FeedbackMode::Off, FeedbackMode::On] {
            let record = run(World::new(pool(), config(fall, mode), 1));
            let breached = record.steps.iter().map(|s| s.breached).max();
            eprintln!(
                "fall {fall} %, feedback {mode:?}: {} liquidations, {} misses, at most {} in breach, refused {:?}",
                record.liquidations.len(),
                record.misses.len(),
                breached.unwrap_or(0),
                record.refusals
            );
        }
    }
    divan::main();
}

#[divan::bench(args = [2, 5, 10, 30], sample_count = 10, sample_size = 1)]
fn day_with_feedback(bencher: Bencher<'_, '_>, fall: u32) {
    day(bencher, fall, FeedbackMode::On);
}

#[divan::bench(args = [2, 5, 10, 30], sample_count = 10, sample_size = 1)]
fn day_without_feedback(bencher: Bencher<'_, '_>, fall: u32) {
    day(bencher, fall, FeedbackMode::Off);
}

fn day(bencher: Bencher<'_, '_>, fall: u32, mode: FeedbackMode) {
    let pool = pool();
    bencher
        .with_inputs(|| World::new(pool.fork(), config(fall, mode), 1))
        .bench_values(run);
}

fn run<E: std::fmt::Debug>(world: Result<World<Pool>, E>) -> PathRecord {
    let mut world = world.unwrap_or_else(|e| panic!("{e:?}"));
    world.run(&mut |_| ControlFlow::Continue(()))
}

fn config(fall: u32, mode: FeedbackMode) -> WorldConfig {
    let feed = FeedConfig {
        deviation: 0.005,
        heartbeat_s: 3_600,
        delay_s: 30,
        twap_s: 0,
    };
    let falling = |usd: f64, share: f64| {
        let points: Vec<(u64, f64)> = (0..=144u32)
            .map(|i| {
                let passed = (f64::from(i) / 72.0).min(1.0);
                let wobble = 0.01 * (f64::from(i) * 1.7).sin();
                let usd = usd * (1.0 - share * passed) * (1.0 + wobble * passed);
                (START + 600 * u64::from(i), usd)
            })
            .collect();
        PriceModel::Historical(Historical::from_points(&points, Refine::Bridge))
    };
    let fall = f64::from(fall) / 100.0;
    let prices = [
        falling(2_000.0, fall),
        falling(30_000.0, 0.8 * fall),
        PriceModel::Constant(Constant { usd: 1.0 }),
        PriceModel::Constant(Constant { usd: 1.0 }),
    ];
    WorldConfig {
        grid: Grid {
            start: START,
            step_s: 60,
            steps: 1_440,
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
        venues: venues(),
        impact: Impact {
            mode,
            venue_weight: 0.3,
            permanent_share: 0.2,
            routing: Routing::Best,
        },
        network: network(),
        liquidators: liquidators(),
        levered: Vec::new(),
        manipulator: None,
        census: None,
        monitor: None,
        borrowers: vec![BorrowerGroup {
            name: "careful".to_owned(),
            share: 0.2,
            reaction: Reaction::Repay,
            trigger: 1.1,
            target: 1.3,
            delay_s: 1_800,
            budget_share: 0.3,
        }],
        coverage: Waterfall::default(),
        guards: Vec::new(),
        governors: GovernorsConfig::default(),
        recording: Recording::default(),
    }
}

fn venues() -> Vec<VenueConfig> {
    let venue = |name: &str, base, fee, liquidity| VenueConfig {
        name: name.to_owned(),
        base,
        fee,
        half_life_s: 600.0,
        weight: 1.0,
        permanent_share: None,
        depth: None,
        liquidity,
    };
    let law = |usd| Liquidity::SquareRoot(SquareRoot::new(1.0, 0.06, usd));
    let pool = Liquidity::ConstantProduct(ConstantProduct::fixed(50_000.0, 100e6));
    vec![
        venue("ETH market", 0, 0.0005, law(10e9)),
        venue("ETH pool", 0, 0.003, pool),
        venue("BTC market", 1, 0.0005, law(20e9)),
    ]
}

fn network() -> NetworkConfig {
    NetworkConfig {
        block_time_s: 12.0,
        block_gas_limit: 30_000_000,
        liquidation_share: 0.5,
        liquidation_gas: 450_000,
        failed_gas_share: 0.3,
        gas_token: GasToken::Asset(0),
        gas: GasModel::BaseFee(BaseFee {
            initial_gwei: 20.0,
            min_gwei: 1.0,
            priority_gwei: 1.0,
            demand: 0.5,
            elasticity: 1.0,
            noise: 0.1,
            stress: 20.0,
            stress_asset: 0,
            window_s: 3_600,
        }),
    }
}

fn liquidators() -> Vec<LiquidatorConfig> {
    let liquidator = |name: &str, kind, count, latency_s, exit| LiquidatorConfig {
        name: name.to_owned(),
        kind,
        count,
        capital_usd: 5e6,
        latency_s,
        min_profit_usd: 1.0,
        bid_share: 0.5,
        exit,
        sizing: Sizing::Best,
        bidding: Bidding {
            style: BidStyle::Worth,
            discount: 0.05,
        },
        outages: Outages::default(),
        competition: Competition::None,
        inventory_risk: None,
    };
    let flash = Exit::FlashLoan { fee: 0.0005 };
    let desk = Exit::Inventory {
        half_life_s: 1_800.0,
    };
    vec![
        liquidator("private", LiquidatorKind::Private, 1, 1.0, flash),
        liquidator("public", LiquidatorKind::Public, 3, 12.0, flash),
        liquidator("desk", LiquidatorKind::Public, 1, 24.0, desk),
    ]
}

const fn listed(symbol: &'static str, decimals: u8, usd: f64, threshold: u16) -> Listed {
    Listed {
        symbol,
        decimals,
        usd,
        loan_to_value: threshold - 250,
        threshold,
        bonus: 500,
        treasury: 1_000,
        slopes: [4, 60],
    }
}

fn pool() -> Pool {
    let mut accounts: Vec<Account> = (0..BORROWERS).map(borrower).collect();
    let lender = [0, 1, 2, 3].map(|asset| position(asset, 5e9 / ASSETS[asset].usd, 0.0));
    accounts.push(Account::new(0, lender));
    pool_of::pool(AaveVersion::V3_0_2, &ASSETS, accounts)
}

fn borrower(id: u32) -> Account {
    let draw = |purpose: u64| hashed_unit(purpose, u64::from(id));
    let health = quantile(draw(1));
    let normal = (-2.0 * (1.0 - draw(2)).ln()).sqrt() * (std::f64::consts::TAU * draw(3)).cos();
    let debt = 2_000.0 * (1.8 * normal).exp();
    let (second_collateral, second_debt) = (draw(4) < 0.2, draw(5) < 0.2);
    let shares = if second_collateral {
        [0.6, 0.4]
    } else {
        [1.0, 0.0]
    };
    let threshold = shares[0] * 0.825 + shares[1] * 0.75;
    let collateral = debt * health / threshold;
    let debts = match (second_debt, draw(6) < 0.5) {
        (true, _) => [0.5, 0.5],
        (false, true) => [1.0, 0.0],
        (false, false) => [0.0, 1.0],
    };
    let tokens = |asset: usize, usd: f64| usd / ASSETS[asset].usd;
    Account::new(
        0,
        [
            position(0, tokens(0, collateral * shares[0]), 0.0),
            position(1, tokens(1, collateral * shares[1]), 0.0),
            position(2, 0.0, debt * debts[0]),
            position(3, 0.0, debt * debts[1]),
        ],
    )
}

fn quantile(share: f64) -> f64 {
    let upper = HEALTH.partition_point(|(s, _)| *s <= share).clamp(1, 9);
    let ((s0, h0), (s1, h1)) = (HEALTH[upper - 1], HEALTH[upper]);
    h0 + (h1 - h0) * (share - s0) / (s1 - s0)
}

fn position(asset: usize, supply: f64, debt: f64) -> Position {
    pool_of::position(&ASSETS, asset, supply, debt)
}
