//! Aave v3: exact health, exact liquidation, a price tick, a fork.
//!
//! Run with `cargo bench -p backstop-core --bench aave`. Counterparts in the same run: the
//! reference model in big integers for one health and one liquidation; the exact health of every
//! account of the same book for a tick; a copy of every account for a fork.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot run must stop")]

use backstop_core::protocol::aave::{
    AaveVersion, Account, Action, Pool, PoolSetup, Position, RateStrategy, ReserveConfig,
    ReserveSetup, ReserveState,
};
use backstop_core::protocol::{AccountId, Asset, AssetId, Prices, Protocol};
use backstop_core::units::{Amount, Bps, Price, Rate, Ratio, Timestamp, WAD};
use backstop_testkit::aave::{LiquidationCall, Payout, Version};
use divan::{AllocProfiler, Bencher, black_box};
use std::collections::BTreeMap;
use std::sync::LazyLock;

mod twin;

#[global_allocator]
static ALLOC: AllocProfiler = AllocProfiler::system();

const START: Timestamp = Timestamp(1_700_000_000);
const UNIT: u128 = 1_000_000_000_000_000_000;
const DOLLAR: u128 = 100_000_000;
const VERSIONS: [&str; 3] = ["3.0.2", "3.3", "3.7"];

/// Symbols, and prices in dollars.
const LISTED: [(&str, u128); 8] = [
    ("WETH", 2_000),
    ("WBTC", 30_000),
    ("LINK", 15),
    ("wstETH", 2_300),
    ("USDC", 1),
    ("DAI", 1),
    ("USDT", 1),
    ("GHO", 1),
];

fn version(number: &str) -> AaveVersion {
    AaveVersion::parse(number).unwrap()
}

fn reserve((symbol, dollars): (&str, u128)) -> ReserveSetup {
    let percent = |n: u128| Rate::new(n * 10u128.pow(25));
    ReserveSetup {
        asset: Asset {
            symbol: symbol.to_owned(),
            decimals: 18,
        },
        config: ReserveConfig {
            decimals: 18,
            loan_to_value: Bps(7_500),
            liquidation_threshold: Bps(8_000),
            liquidation_bonus: Bps(10_500),
            reserve_factor: Bps(1_000),
            protocol_fee: Bps(1_000),
            active: true,
            frozen: false,
            paused: false,
            borrowing_enabled: true,
            borrowable_in_isolation: false,
            siloed: false,
            debt_ceiling: Amount::ZERO,
            supply_cap: Amount::ZERO,
            borrow_cap: Amount::ZERO,
            e_mode_category: 0,
            grace_until: Timestamp(0),
        },
        strategy: RateStrategy {
            optimal_usage: percent(80),
            base: percent(0),
            slope1: percent(4),
            slope2: percent(75),
        },
        price: Price::new(dollars * DOLLAR),
        state: ReserveState::fresh(START),
    }
}

fn supplied(asset: u16, amount: u128) -> Position {
    Position {
        asset: AssetId(asset),
        supply: amount,
        is_collateral: true,
        ..Position::default()
    }
}

fn owed(asset: u16, amount: u128) -> Position {
    Position {
        asset: AssetId(asset),
        debt: amount,
        is_borrowing: true,
        ..Position::default()
    }
}

/// Treasury, coverage account and a lender of everything come first; then the borrowers.
const FIRST: u32 = 3;

fn pool(version: AaveVersion, borrowers: impl Iterator<Item = Account>) -> Pool {
    let lent = 10_000_000_000 * UNIT;
    let lender = (0u16..).take(LISTED.len()).map(|asset| Position {
        asset: AssetId(asset),
        supply: lent,
        ..Position::default()
    });
    let mut accounts = vec![Account::default(), Account::default()];
    accounts.push(Account::new(0, lender));
    accounts.extend(borrowers);
    let setup = PoolSetup {
        version,
        base_decimals: 8,
        now: START,
        reserves: LISTED.into_iter().map(reserve).collect(),
        e_modes: BTreeMap::new(),
        sentinel: None,
        accounts,
        wallets: vec![(AccountId(2), AssetId(4), Amount::new(1_000_000 * UNIT))],
        treasury: AccountId(0),
        coverage: AccountId(1),
    };
    setup.open().unwrap().build().unwrap()
}

/// The listed prices, with WETH's times `parts` ÷ 10 000.
fn prices(parts: u128) -> Prices {
    let of = |(at, (_, dollars)): (usize, &(&str, u128))| {
        let parts = if at == 0 { parts } else { 10_000 };
        Price::new(dollars * DOLLAR * parts / 10_000)
    };
    Prices(LISTED.iter().enumerate().map(of).collect())
}

/// Accounts with one, two and three assets an hour after the start.
fn few(version: AaveVersion) -> Pool {
    let accounts = [
        vec![Position {
            supply: 10 * UNIT,
            is_collateral: true,
            ..owed(0, 5 * UNIT)
        }],
        vec![supplied(0, 10 * UNIT), owed(4, 15_000 * UNIT)],
        vec![
            supplied(0, 10 * UNIT),
            supplied(1, UNIT),
            owed(4, 35_000 * UNIT),
        ],
    ];
    let accounts = accounts
        .into_iter()
        .map(|positions| Account::new(0, positions));
    let mut pool = pool(version, accounts);
    pool.observe(Timestamp(START.0 + 3_600), &prices(10_000))
        .unwrap();
    pool
}

/// A million borrowers, of whom one in eight has a second collateral; health from 1.0005 up.
static MILLION: LazyLock<Pool> = LazyLock::new(|| {
    let borrower = |i: u128| {
        let debt = 1_000 * UNIT * (2_000_000 - i) / 2_000_000;
        let collateral = 1_250_625 * UNIT / 2_000_000;
        let mut positions = vec![supplied(0, collateral), owed(4 + (i % 4) as u16, debt)];
        if i.is_multiple_of(8) {
            positions.push(supplied(2, UNIT));
        }
        Account::new(0, positions)
    };
    pool(AaveVersion::V3_7, (0..1_000_000).map(borrower))
});

fn main() {
    eprintln!("a fork is {} bytes", size_of::<Pool>());
    divan::main();
}

#[divan::bench(args = VERSIONS)]
fn health_of_one_asset(bencher: Bencher<'_, '_>, number: &str) {
    let pool = few(version(number));
    bencher.bench_local(|| pool.health(black_box(AccountId(FIRST))));
}

#[divan::bench(args = VERSIONS)]
fn health_of_two_assets(bencher: Bencher<'_, '_>, number: &str) {
    let pool = few(version(number));
    bencher.bench_local(|| pool.health(black_box(AccountId(FIRST + 1))));
}

#[divan::bench(args = VERSIONS)]
fn health_of_three_assets(bencher: Bencher<'_, '_>, number: &str) {
    let pool = few(version(number));
    bencher.bench_local(|| pool.health(black_box(AccountId(FIRST + 2))));
}

#[divan::bench]
fn health_of_three_assets_in_big_integers(bencher: Bencher<'_, '_>) {
    let pool = few(AaveVersion::V3_7);
    let world = twin::of(&pool, Timestamp(START.0 + 3_600), Version::V37);
    let user = twin::user(AccountId(FIRST + 2));
    let factor = world.account(&user).unwrap().health_factor.to_string();
    let told = pool.health(AccountId(FIRST + 2)).unwrap().factor;
    assert_eq!(factor, told.0.to_string());
    bencher.bench_local(|| world.account(black_box(&user)));
}

/// Half or all of one account's debt, with a fee, on a pool that accrued nothing yet.
#[divan::bench(args = VERSIONS)]
fn liquidation(bencher: Bencher<'_, '_>, number: &str) {
    let mut pool = few(version(number));
    pool.observe(Timestamp(START.0 + 7_200), &prices(9_300))
        .unwrap();
    assert!(pool.health(AccountId(FIRST + 1)).unwrap().factor < Ratio(WAD));
    let action = Action::Liquidate {
        liquidator: AccountId(2),
        borrower: AccountId(FIRST + 1),
        collateral: AssetId(0),
        debt: AssetId(4),
        debt_to_cover: Amount::MAX,
        receive_a_token: false,
    };
    bencher
        .with_inputs(|| {
            // Takes its own copies now, as after any earlier action.
            let mut pool = pool.fork();
            let fund = Action::Fund {
                account: AccountId(2),
                asset: AssetId(4),
                amount: Amount::new(1),
            };
            let mut events = pool.apply(&fund).unwrap();
            events.extend(
                pool.apply(&Action::SetPaused {
                    asset: AssetId(0),
                    paused: false,
                })
                .unwrap(),
            );
            (pool, events)
        })
        .bench_local_refs(|(pool, _)| pool.apply(black_box(&action)).unwrap());
}

#[divan::bench]
fn liquidation_in_big_integers(bencher: Bencher<'_, '_>) {
    let mut pool = few(AaveVersion::V3_7);
    pool.observe(Timestamp(START.0 + 7_200), &prices(9_300))
        .unwrap();
    let world = twin::of(&pool, Timestamp(START.0 + 7_200), Version::V37);
    let call = LiquidationCall {
        liquidator: twin::user(AccountId(2)),
        borrower: twin::user(AccountId(FIRST + 1)),
        collateral: twin::symbol(AssetId(0)),
        debt: twin::symbol(AssetId(4)),
        debt_to_cover: u128::MAX.into(),
        payout: Payout::Underlying,
    };
    bencher
        .with_inputs(|| world.clone())
        .bench_local_refs(|world| world.liquidate(black_box(&call)).unwrap());
}

/// A price of an unhealthy account's collateral moves and a minute passes; nobody breaches.
#[divan::bench]
fn tick_of_a_million(bencher: Bencher<'_, '_>) {
    let mut pool = MILLION.fork();
    let (mut minute, moves) = (0u64, [10_000, 10_002, 10_001, 10_003, 9_999].map(prices));
    bencher.bench_local(|| {
        minute += 1;
        let at = usize::try_from(minute % 5).unwrap();
        pool.observe(Timestamp(START.0 + minute / 1_000), &moves[at])
            .unwrap()
    });
}

/// As `tick_of_a_million`, over a hundred thousand accounts of which so many are in breach and
/// stay so, between 1 % and 40 % short: they cost nothing.
#[divan::bench(args = [0, 100, 10_000])]
fn tick_beside_breached(bencher: Bencher<'_, '_>, breached: u32) {
    let borrower = |i: u32| {
        // The collateral of 1 000 is worth 800, or less by the share that is short.
        let short = u128::from(i % 400) + 10;
        let debt = if i < breached {
            800_000 + 800 * short
        } else {
            700_000
        };
        let collateral = supplied(0, UNIT / 2);
        Account::new(
            0,
            [collateral, owed(4 + (i % 4) as u16, debt * UNIT / 1_000)],
        )
    };
    let mut pool = pool(AaveVersion::V3_7, (0..100_000).map(borrower));
    let (mut minute, moves) = (0u64, [10_000, 10_002, 10_001, 10_003, 9_999].map(prices));
    bencher.bench_local(|| {
        minute += 1;
        let at = usize::try_from(minute % 5).unwrap();
        pool.observe(Timestamp(START.0 + minute), &moves[at])
            .unwrap()
    });
    assert_eq!(pool.breaches().count(), usize::try_from(breached).unwrap());
}

/// What a tick costs without an index.
#[divan::bench(sample_count = 3, sample_size = 1)]
fn scan_of_a_million(bencher: Bencher<'_, '_>) {
    let pool = MILLION.fork();
    bencher.bench_local(|| {
        let sick = |id: &u32| {
            pool.health(AccountId(*id))
                .is_ok_and(|h| h.factor < Ratio(WAD))
        };
        (0..pool.accounts()).filter(sick).count()
    });
}

#[divan::bench]
fn fork_of_a_million(bencher: Bencher<'_, '_>) {
    let pool = &*MILLION;
    bencher.bench_local(|| pool.fork());
}

/// What a fork costs where everything is copied.
#[divan::bench(sample_count = 3, sample_size = 1)]
fn copy_of_a_million(bencher: Bencher<'_, '_>) {
    let pool = &*MILLION;
    bencher.bench_local(|| {
        let accounts = (0..pool.accounts()).map(AccountId);
        accounts
            .map(|id| pool.account(id).unwrap().clone())
            .collect::<Vec<_>>()
    });
}
