//! Aave v3 with a drawn book, under any of its versions.

use crate::dice::Dice;
use crate::{BORROWERS, Case, LISTED, PRICE, START, borrower};
use backstop_core::protocol::aave::{
    AaveVersion, Account, Pool, PoolSetup, Position, RateStrategy, ReserveConfig, ReserveSetup,
    ReserveState,
};
use backstop_core::protocol::{AccountId, Asset, AssetId, Protocol};
use backstop_core::units::{Amount, Bps, Price, RAY, Rate, Ratio, Timestamp, U256, WAD};

fn reserve(at: usize, (symbol, decimals, dollars): (&str, u8, u128)) -> ReserveSetup {
    let collateral = at < 2;
    let percent = |n: u64| Rate(RAY / U256::from(100) * U256::from(n));
    let term = |bps: u16| Bps(if collateral { bps } else { 0 });
    ReserveSetup {
        asset: Asset {
            symbol: symbol.to_owned(),
            decimals,
        },
        config: ReserveConfig {
            decimals,
            loan_to_value: term(7_500),
            liquidation_threshold: term(8_000),
            liquidation_bonus: term(10_500),
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
            slope2: percent(60),
        },
        price: Price::new(dollars * PRICE),
        state: ReserveState::fresh(Timestamp(START)),
    }
}

fn position(at: usize, supply: u128, debt: u128) -> Position {
    Position {
        asset: AssetId(u16::try_from(at).unwrap()),
        supply,
        debt,
        is_collateral: supply > 0,
        is_borrowing: debt > 0,
    }
}

pub(crate) fn open(dice: &mut Dice) -> Case<Pool> {
    let held = |row: [(u128, u128); 4]| {
        let rows = row.into_iter().enumerate();
        Account::new(
            0,
            rows.map(|(at, (supply, debt))| position(at, supply, debt)),
        )
    };
    let mut accounts: Vec<_> = (0..BORROWERS).map(|_| held(borrower(dice, 80))).collect();
    // Who lends holds what is borrowed and does not pledge it.
    let lent = LISTED
        .iter()
        .enumerate()
        .map(|(at, (_, decimals, dollars))| {
            let supply = 3_000_000 * 10u128.pow((*decimals).into()) / dollars;
            Position {
                is_collateral: false,
                ..position(at, supply, 0)
            }
        });
    accounts.push(Account::new(0, lent));
    accounts.extend([Account::default(), Account::default()]);
    let setup = PoolSetup {
        version: dice.pick(&AaveVersion::ALL),
        base_decimals: 8,
        now: Timestamp(START),
        reserves: LISTED
            .iter()
            .enumerate()
            .map(|(at, row)| reserve(at, *row))
            .collect(),
        e_modes: Default::default(),
        sentinel: None,
        accounts,
        wallets: Vec::new(),
        treasury: AccountId(BORROWERS + 1),
        coverage: AccountId(BORROWERS + 2),
    };
    Case {
        machine: setup.open().unwrap().build().unwrap(),
        breached,
    }
}

fn breached(pool: &Pool, id: AccountId) -> bool {
    let account = pool.account(id).unwrap();
    let owes = account.positions().iter().any(|p| p.debt > 0);
    let holds = account
        .positions()
        .iter()
        .any(|p| p.is_collateral && p.supply > 0);
    owes && holds && pool.health(id).is_ok_and(|h| h.factor < Ratio(WAD))
}
//! Aave 3.7 with a drawn book: one pool of all assets.

use crate::dice::Dice;
use crate::pool::{Listed, pool, position};
use crate::{BORROWERS, Case, LISTED, borrower};
use backstop_core::protocol::Protocol;
use backstop_core::protocol::aave::{AaveVersion, Account, Pool};
use backstop_core::units::Ratio;

pub(crate) fn open(dice: &mut Dice) -> Case<Pool> {
    let assets = LISTED.map(|(symbol, decimals, dollars)| Listed {
        symbol,
        decimals,
        usd: dollars as f64,
        loan_to_value: 7_500,
        threshold: 8_000,
        bonus: 500,
        treasury: 1_000,
        slopes: [4, 60],
    });
    let tokens = |at: usize, units: u128| units as f64 / 10f64.powi(LISTED[at].1.into());
    let mut accounts = Vec::new();
    for _ in 0..BORROWERS {
        let held = borrower(dice, 80).into_iter().enumerate();
        let held = held.filter(|(_, row)| *row != (0, 0));
        let rows =
            held.map(|(at, (has, owes))| position(&assets, at, tokens(at, has), tokens(at, owes)));
        accounts.push(Account::new(0, rows));
    }
    let lent = [2, 3].map(|at| position(&assets, at, 1e9, 0.0));
    accounts.push(Account::new(0, lent));
    Case {
        machine: pool(AaveVersion::V3_7, &assets, accounts),
        breached: |pool, id| {
            let health = pool.health(id).unwrap();
            health.factor < Ratio::new(1_000_000_000_000_000_000)
        },
    }
}
