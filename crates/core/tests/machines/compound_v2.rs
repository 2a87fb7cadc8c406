//! Compound v2 with a drawn book.

use crate::dice::Dice;
use crate::{BORROWERS, Case, LISTED, START, borrower};
use backstop_core::protocol::compound_v2::{
    Account, Clock, CompoundVersion, Guards, Machine, MarketConfig, MarketSetup, MarketState,
    PoolSetup, Position, RateModel,
};
use backstop_core::protocol::{AccountId, Asset, AssetId};
use backstop_core::units::{Amount, Price, Ratio, Shares, Timestamp, U256, WAD};

const ONE: u128 = 1_000_000_000_000_000_000;

fn market((symbol, decimals, dollars): (&str, u8, u128)) -> MarketSetup {
    MarketSetup {
        asset: Asset {
            symbol: symbol.to_owned(),
            decimals,
        },
        config: MarketConfig {
            listed: true,
            collateral_factor: Ratio::new(ONE * 80 / 100),
            reserve_factor: Ratio::new(ONE / 10),
            mint_paused: false,
            borrow_paused: false,
            borrow_cap: Amount::ZERO,
            initial_exchange_rate: rate(decimals),
            rate_model: RateModel {
                base: Ratio::ZERO,
                multiplier: Ratio::new(40_000_000_000),
                jump_multiplier: Ratio::new(700_000_000_000),
                kink: Ratio::new(ONE * 80 / 100),
            },
        },
        price: Price(U256::from(dollars) * U256::from(10).pow(U256::from(36 - decimals))),
        state: MarketState {
            accrual_block: 0,
            borrow_index: Ratio(WAD),
            total_borrows: Amount::ZERO,
            total_reserves: Amount::ZERO,
            total_supply: Shares::ZERO,
            cash: Amount::ZERO,
        },
    }
}

fn rate(decimals: u8) -> Ratio {
    Ratio(U256::from(10).pow(U256::from(decimals + 10)) / U256::from(50))
}

fn position(at: usize, collateral: u128, debt: u128) -> Position {
    let tokens = U256::from(collateral) * WAD / rate(LISTED[at].1).0;
    Position {
        market: AssetId(u16::try_from(at).unwrap()),
        c_tokens: Shares(tokens),
        principal: Amount::new(debt),
        interest_index: if debt == 0 { Ratio::ZERO } else { Ratio(WAD) },
        wallet: Amount::ZERO,
    }
}

pub(crate) fn open(dice: &mut Dice) -> Case<Machine> {
    let mut accounts = Vec::new();
    for _ in 0..BORROWERS {
        let held = borrower(dice, 80);
        let positions = held
            .iter()
            .enumerate()
            .map(|(at, (collateral, debt))| position(at, *collateral, *debt));
        accounts.push(Account::new((0..4).map(AssetId), positions));
    }
    let lent = LISTED
        .iter()
        .enumerate()
        .map(|(at, (_, decimals, dollars))| {
            position(at, 3_000_000 * 10u128.pow((*decimals).into()) / dollars, 0)
        });
    accounts.push(Account::new([], lent));
    accounts.push(Account::default());
    let setup = PoolSetup {
        version: dice.pick(&CompoundVersion::ALL),
        block: 0,
        close_factor: Ratio::new(ONE / 2),
        liquidation_incentive: Ratio::new(ONE * 108 / 100),
        guards: Guards::default(),
        markets: LISTED.iter().copied().map(market).collect(),
        accounts,
    };
    let clock = Clock {
        start: Timestamp(START),
        seconds_a_block: 13,
    };
    Case {
        machine: Machine::new(setup.open().unwrap().build().unwrap(), clock),
        breached,
    }
}

fn breached(machine: &Machine, id: AccountId) -> bool {
    let pool = machine.pool();
    let account = pool.account(id).unwrap();
    let owes = account
        .positions()
        .iter()
        .any(|held| !held.principal.is_zero());
    let holds = account
        .positions()
        .iter()
        .any(|held| !held.c_tokens.is_zero());
    let short = pool
        .liquidity(id)
        .is_ok_and(|sums| !sums.shortfall().is_zero());
    owes && holds && short
}
