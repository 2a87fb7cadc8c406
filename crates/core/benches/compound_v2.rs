//! Compound v2: one liquidation, one account's liquidity, one fork.
//!
//! Run with `cargo bench -p backstop-core --bench compound_v2`.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot run must stop")]

use backstop_core::protocol::compound_v2::{
    Account, Action, CompoundVersion, Guards, MarketConfig, MarketSetup, MarketState, Pool,
    PoolSetup, Position, RateModel,
};
use backstop_core::protocol::{AccountId, Asset, AssetId, Prices};
use backstop_core::units::{Amount, Price, Ratio, Shares, WAD};
use divan::{AllocProfiler, Bencher, black_box};

#[global_allocator]
static ALLOC: AllocProfiler = AllocProfiler::system();

const VERSIONS: [&str; 2] = ["2.6", "a3214f6"];
const UNIT: u128 = 1_000_000_000_000_000_000;
/// cTokens for a whole token.
const C_TOKENS: u128 = 5_000_000_000;
const START: u64 = 10_000;
/// In whole dollars. All tokens have 18 decimals.
const PRICES: [u128; 4] = [2_000, 1, 1, 30_000];
const BORROWER: AccountId = AccountId(1);
const LIQUIDATOR: AccountId = AccountId(2);
const COLLATERAL: AssetId = AssetId(0);
const DEBT: AssetId = AssetId(1);

fn market(dollars: u128) -> MarketSetup {
    let milliards = |n: u128| Ratio::new(n * 1_000_000_000);
    MarketSetup {
        asset: Asset {
            symbol: format!("at {dollars}"),
            decimals: 18,
        },
        config: MarketConfig {
            listed: true,
            collateral_factor: Ratio::new(UNIT / 4 * 3),
            reserve_factor: Ratio::new(UNIT / 10),
            mint_paused: false,
            borrow_paused: false,
            borrow_cap: Amount::ZERO,
            initial_exchange_rate: Ratio::new(200_000_000 * UNIT),
            rate_model: RateModel {
                base: milliards(1),
                multiplier: milliards(20),
                jump_multiplier: milliards(500),
                kink: Ratio::new(UNIT / 10 * 8),
            },
        },
        price: Price::new(dollars * UNIT),
        state: MarketState {
            accrual_block: START,
            borrow_index: Ratio(WAD),
            total_borrows: Amount::ZERO,
            total_reserves: Amount::ZERO,
            total_supply: Shares::ZERO,
            cash: Amount::ZERO,
        },
    }
}

/// Whole tokens supplied, owed and in the wallet.
fn position(market: u16, [supplied, owed, wallet]: [u128; 3]) -> Position {
    Position {
        market: AssetId(market),
        c_tokens: Shares::new(supplied * C_TOKENS),
        principal: Amount::new(owed * UNIT),
        interest_index: Ratio(WAD),
        wallet: Amount::new(wallet * UNIT),
    }
}

/// One lender of everything, and a borrower with two collaterals and two debts.
fn pool(number: &str) -> Pool {
    let all = (0..4).map(AssetId);
    let lent = (0..4).map(|market| position(market, [1_000_000, 0, 0]));
    let owing = [
        position(0, [10, 0, 0]),
        position(1, [0, 12_000, 0]),
        position(2, [0, 2_000, 0]),
        position(3, [1, 0, 0]),
    ];
    let mut markets: Vec<_> = PRICES.into_iter().map(market).collect();
    markets[2].asset.symbol = "another at 1".to_owned();
    let setup = PoolSetup {
        version: CompoundVersion::parse(number).unwrap(),
        block: START,
        close_factor: Ratio::new(UNIT / 2),
        liquidation_incentive: Ratio::new(UNIT / 100 * 108),
        guards: Guards::default(),
        markets,
        accounts: vec![
            Account::new(all.clone(), lent),
            Account::new(all, owing),
            Account::new([], [position(1, [0, 0, 100_000])]),
        ],
    };
    setup.open().unwrap().build().unwrap()
}

/// A day later, with the collateral at so many percent of its price.
fn later(pool: &mut Pool, percent: u128) {
    let mut prices = PRICES.map(|dollars| Price::new(dollars * UNIT));
    for at in [0, 3] {
        prices[at] = Price::new(PRICES[at] * UNIT / 100 * percent);
    }
    pool.observe(START + 6_500, &Prices(prices.into())).unwrap();
}

/// A fork that has its own copies already, as after any earlier action.
fn touched(pool: &Pool) -> Pool {
    let mut pool = pool.clone();
    for account in [BORROWER, LIQUIDATOR] {
        let fund = Action::Fund {
            account,
            market: DEBT,
            amount: Amount::new(1),
        };
        pool.apply(&fund).unwrap();
    }
    pool
}

fn main() {
    divan::main();
}

/// Over four entered markets that did not accrue.
#[divan::bench(args = VERSIONS)]
fn liquidity(bencher: Bencher<'_, '_>, number: &str) {
    let mut pool = pool(number);
    later(&mut pool, 100);
    bencher.bench_local(|| pool.liquidity(black_box(BORROWER)).unwrap());
}

/// Half of a debt, with the accrual of both markets.
#[divan::bench(args = VERSIONS)]
fn liquidation(bencher: Bencher<'_, '_>, number: &str) {
    let mut pool = pool(number);
    later(&mut pool, 35);
    let limit = pool.liquidation_limit(BORROWER, DEBT, COLLATERAL);
    let action = Action::LiquidateBorrow {
        liquidator: LIQUIDATOR,
        borrower: BORROWER,
        borrow_market: DEBT,
        collateral_market: COLLATERAL,
        repay_amount: limit.unwrap().repay_max,
    };
    bencher
        .with_inputs(|| touched(&pool))
        .bench_local_refs(|pool| pool.apply(black_box(&action)).unwrap());
}

#[divan::bench]
fn fork(bencher: Bencher<'_, '_>) {
    let pool = pool("a3214f6");
    bencher.bench_local(|| pool.clone());
}
