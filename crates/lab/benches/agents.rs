//! Ten borrowers, a hundred steps, an automated market maker, an arbitrageur and a liquidator under Aave v3.3's
//! rules: the smallest world that agent simulators on an EVM are shown with.
//!
//! Ether follows a geometric Brownian motion by the minute with a volatility of 300 % a year, against ten
//! borrowers of health factors from 1.01 to 1.1, a constant-product pool that an arbitrageur brings back to the
//! outside price within each step, an oracle that answers every step, and one liquidator with loans of a moment.
//! A run begins with the drawing of its prices and ends with its record; the pool of borrowers is made once.

#[path = "../../core/tests/pool/mod.rs"]
mod pool_of;

use backstop_core::coverage::Waterfall;
use backstop_core::protocol::aave::{AaveVersion, Account, Pool, Position};
use backstop_lab::agents::{
    BidStyle, Bidding, Competition, Exit, LiquidatorConfig, Outages, Sizing,
};
use backstop_lab::feed::FeedConfig;
use backstop_lab::market::{FeedbackMode, Impact};
use backstop_lab::network::{GasModel, GasSeries, GasToken, NetworkConfig};
use backstop_lab::price::{Constant, Dependence, Gbm, Grid, PriceModel};
use backstop_lab::random::path_seed;
use backstop_lab::record::{LiquidatorKind, PathRecord};
use backstop_lab::venue::{ConstantProduct, Liquidity, Routing, VenueConfig};
use backstop_lab::world::{AssetConfig, GovernorsConfig, Recording, World, WorldConfig};
use divan::Bencher;
use pool_of::{Listed, START};
use std::cell::Cell;
use std::ops::ControlFlow;

const BORROWERS: u32 = 10;
const STEPS: u32 = 100;
const ASSETS: [Listed; 2] = [
    listed("WETH", 18, 2_000.0, 8_250),
    listed("USDC", 6, 1.0, 7_800),
];

fn main() {
    let start = world();
    let runs = (0..1_000).map(|path| run(&start, path));
    let counts = runs
        .map(|record| record.liquidations.len())
        .collect::<Vec<_>>();
    eprintln!(
        "{STEPS} steps, {BORROWERS} borrowers: {:.1} liquidations a run on average, in {} of 1,000 runs",
        counts.iter().sum::<usize>() as f64 / 1e3,
        counts.iter().filter(|count| **count > 0).count()
    );
    divan::main();
}

#[divan::bench]
fn ten_borrowers_a_hundred_steps(bencher: Bencher<'_, '_>) {
    let (start, path) = (world(), Cell::new(0));
    bencher.bench_local(|| {
        path.set(path.get() + 1);
        run(&start, path.get())
    });
}

fn run(start: &World<Pool>, path: u64) -> PathRecord {
    let world = start.fork(path_seed(1, path));
    let mut world = world.unwrap_or_else(|e| panic!("{e}"));
    world.run(&mut |_| ControlFlow::Continue(()))
}

fn world() -> World<Pool> {
    World::new(pool(), config(), 1).unwrap_or_else(|e| panic!("{e}"))
}

fn config() -> WorldConfig {
    let feed = FeedConfig {
        deviation: 0.0,
        heartbeat_s: 60,
        delay_s: 0,
        twap_s: 0,
    };
    let ether = PriceModel::Gbm(Gbm {
        start: ASSETS[0].usd,
        drift: 0.0,
        volatility: 3.0,
    });
    let prices = [ether, PriceModel::Constant(Constant { usd: 1.0 })];
    WorldConfig {
        grid: Grid {
            start: START,
            step_s: 60,
            steps: STEPS,
        },
        assets: prices
            .map(|price| AssetConfig {
                price,
                feed,
                sources: None,
            })
            .to_vec(),
        dependence: Dependence::default(),
        venues: vec![VenueConfig {
            name: "pool".to_owned(),
            base: 0,
            fee: 0.003,
            // An arbitrageur closes the gap to the outside price by the next step.
            half_life_s: 0.0,
            weight: 1.0,
            permanent_share: None,
            depth: None,
            liquidity: Liquidity::ConstantProduct(ConstantProduct::fixed(5_000.0, 10e6)),
        }],
        impact: Impact {
            mode: FeedbackMode::On,
            venue_weight: 1.0,
            permanent_share: 0.1,
            routing: Routing::Best,
        },
        network: NetworkConfig {
            block_time_s: 12.0,
            block_gas_limit: 30_000_000,
            liquidation_share: 0.5,
            liquidation_gas: 450_000,
            failed_gas_share: 0.3,
            gas_token: GasToken::Asset(0),
            gas: GasModel::Series(GasSeries {
                points: vec![(START, 20.0)],
            }),
        },
        liquidators: vec![LiquidatorConfig {
            name: "liquidator".to_owned(),
            kind: LiquidatorKind::Public,
            count: 1,
            capital_usd: f64::INFINITY,
            latency_s: 0.0,
            min_profit_usd: 0.0,
            bid_share: 0.0,
            exit: Exit::FlashLoan { fee: 0.0005 },
            sizing: Sizing::Best,
            bidding: Bidding {
                style: BidStyle::Worth,
                discount: 0.05,
            },
            outages: Outages::default(),
            competition: Competition::None,
            inventory_risk: None,
        }],
        borrowers: Vec::new(),
        levered: Vec::new(),
        manipulator: None,
        census: None,
        monitor: None,
        coverage: Waterfall::default(),
        guards: Vec::new(),
        governors: GovernorsConfig::default(),
        recording: Recording::default(),
    }
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
    accounts.push(Account::new(
        0,
        [position(0, 1e5, 0.0), position(1, 1e9, 0.0)],
    ));
    pool_of::pool(AaveVersion::V3_3, &ASSETS, accounts)
}

fn borrower(id: u32) -> Account {
    let health = 1.01 + 0.01 * f64::from(id);
    let debt = 20_000.0 * f64::from(id + 1);
    let collateral = debt * health / 0.825 / ASSETS[0].usd;
    Account::new(0, [position(0, collateral, 0.0), position(1, 0.0, debt)])
}

fn position(asset: usize, supply: f64, debt: f64) -> Position {
    pool_of::position(&ASSETS, asset, supply, debt)
}
