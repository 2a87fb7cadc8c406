//! The same pool in the reference model: big integers, maps by name, a copy before every action.

use backstop_core::protocol::aave::Pool;
use backstop_core::protocol::{AccountId, AssetId, Protocol};
use backstop_core::units::{Timestamp, U256};
use backstop_testkit::BigUint;
use backstop_testkit::aave::{Position, RateStrategy, Reserve, User, Version, World};

fn big(number: U256) -> BigUint {
    BigUint::from_bytes_le(&number.to_le_bytes::<32>())
}

pub(crate) fn user(account: AccountId) -> String {
    format!("user {}", account.0)
}

pub(crate) fn symbol(asset: AssetId) -> String {
    format!("asset {}", asset.0)
}

/// Everything of a pool without efficiency modes.
pub(crate) fn of(pool: &Pool, now: Timestamp, version: Version) -> World {
    let mut world = World::new(version);
    world.now = now.0;
    world.treasury = user(AccountId(0));
    let assets: Vec<AssetId> = (0..pool.assets().len())
        .map(|at| AssetId(at.try_into().unwrap()))
        .collect();
    for asset in &assets {
        world.reserves.insert(symbol(*asset), reserve(pool, *asset));
    }
    for account in (0..pool.accounts()).map(AccountId) {
        let held = |asset: &AssetId| (symbol(*asset), position(pool, account, *asset));
        let positions = assets.iter().map(held).collect();
        let known = User {
            emode: 0,
            positions,
        };
        world.users.insert(user(account), known);
    }
    world
}

fn reserve(pool: &Pool, asset: AssetId) -> Reserve {
    let listed = pool.reserve(asset).unwrap();
    let (config, curve, state) = (&listed.config, &listed.strategy, &listed.state);
    Reserve {
        id: asset.0.into(),
        decimals: config.decimals.into(),
        price: big(listed.price.0),
        ltv: config.loan_to_value.0.into(),
        liquidation_threshold: config.liquidation_threshold.0.into(),
        liquidation_bonus: config.liquidation_bonus.0.into(),
        reserve_factor: config.reserve_factor.0.into(),
        protocol_fee: config.protocol_fee.0.into(),
        active: true,
        borrowing_enabled: true,
        strategy: RateStrategy {
            optimal_usage: big(curve.optimal_usage.0),
            base: big(curve.base.0),
            slope1: big(curve.slope1.0),
            slope2: big(curve.slope2.0),
        },
        liquidity_index: big(state.liquidity_index.0),
        borrow_index: big(state.borrow_index.0),
        liquidity_rate: big(state.liquidity_rate.0),
        borrow_rate: big(state.borrow_rate.0),
        last_update: state.last_update.0,
        accrued_to_treasury: big(state.accrued_to_treasury.0),
        total_supply: big(state.total_supply.0),
        total_debt: big(state.total_debt.0),
        virtual_balance: big(state.virtual_balance.0),
        available: big(state.available.0),
        ..Reserve::default()
    }
}

fn position(pool: &Pool, account: AccountId, asset: AssetId) -> Position {
    let held = pool.account(account).unwrap().position(asset);
    Position {
        supply: held.supply.into(),
        debt: held.debt.into(),
        is_collateral: held.is_collateral,
        is_borrowing: held.is_borrowing,
        wallet: big(pool.wallet(account, asset).0),
    }
}
