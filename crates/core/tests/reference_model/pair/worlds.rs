//! Reserves and modes of one draw, for the engine and for the model.

use super::{START, asset_id, symbol};
use crate::draw::{ASSETS, ModeDraw, ReserveDraw};
use backstop_core::protocol::Asset;
use backstop_core::protocol::aave::{
    AaveVersion, EMode, RateStrategy, ReserveConfig, ReserveSetup, ReserveState,
};
use backstop_core::units::{Amount, Bps, Index, Price, Rate, Timestamp};
use backstop_testkit::BigUint;
use backstop_testkit::aave as model;
use std::collections::BTreeSet;

fn ray() -> u128 {
    10u128.pow(27)
}

fn ray_of_bps(bps: u16) -> u128 {
    u128::from(bps) * 10u128.pow(23)
}

fn indexes(drawn: &ReserveDraw) -> (u128, u128) {
    let liquidity = ray() + drawn.indexes.0;
    (liquidity, liquidity + drawn.indexes.1)
}

pub(super) fn engine_reserve(asset: usize, drawn: &ReserveDraw) -> ReserveSetup {
    let (optimal, base, slope1, slope2) = drawn.curve;
    let rate = |bps| Rate::new(ray_of_bps(bps));
    let (liquidity, borrow) = indexes(drawn);
    let now = Timestamp(START);
    ReserveSetup {
        asset: Asset {
            symbol: symbol(asset),
            decimals: drawn.decimals,
        },
        config: ReserveConfig {
            decimals: drawn.decimals,
            loan_to_value: Bps(drawn.ltv),
            liquidation_threshold: Bps(drawn.threshold),
            liquidation_bonus: Bps(drawn.bonus),
            reserve_factor: Bps(drawn.reserve_factor),
            protocol_fee: Bps(drawn.protocol_fee),
            active: !drawn.inactive,
            frozen: drawn.frozen,
            paused: false,
            borrowing_enabled: !drawn.closed,
            borrowable_in_isolation: !drawn.unborrowable_in_isolation,
            siloed: drawn.siloed,
            debt_ceiling: Amount::new(drawn.debt_ceiling.into()),
            supply_cap: Amount::new(drawn.supply_cap.into()),
            borrow_cap: Amount::new(drawn.borrow_cap.into()),
            e_mode_category: drawn.category,
            grace_until: Timestamp(0),
        },
        strategy: RateStrategy {
            optimal_usage: rate(optimal),
            base: rate(base),
            slope1: rate(slope1),
            slope2: rate(slope2),
        },
        price: Price::new(drawn.price.into()),
        state: ReserveState {
            liquidity_index: Index::new(liquidity),
            borrow_index: Index::new(borrow),
            ..ReserveState::fresh(now)
        },
    }
}

pub(super) fn model_reserve(asset: usize, drawn: &ReserveDraw) -> model::Reserve {
    let (optimal, base, slope1, slope2) = drawn.curve;
    let rate = |bps| BigUint::from(ray_of_bps(bps));
    let (liquidity, borrow) = indexes(drawn);
    model::Reserve {
        id: asset.try_into().expect("few assets"),
        decimals: drawn.decimals.into(),
        price: drawn.price.into(),
        ltv: drawn.ltv.into(),
        liquidation_threshold: drawn.threshold.into(),
        liquidation_bonus: drawn.bonus.into(),
        reserve_factor: drawn.reserve_factor.into(),
        protocol_fee: drawn.protocol_fee.into(),
        active: !drawn.inactive,
        frozen: drawn.frozen,
        borrowing_enabled: !drawn.closed,
        borrowable_in_isolation: !drawn.unborrowable_in_isolation,
        siloed: drawn.siloed,
        debt_ceiling: drawn.debt_ceiling.into(),
        supply_cap: drawn.supply_cap.into(),
        borrow_cap: drawn.borrow_cap.into(),
        emode_category: drawn.category,
        strategy: model::RateStrategy {
            optimal_usage: rate(optimal),
            base: rate(base),
            slope1: rate(slope1),
            slope2: rate(slope2),
        },
        liquidity_index: liquidity.into(),
        borrow_index: borrow.into(),
        last_update: START,
        ..model::Reserve::default()
    }
}

fn members<T: Ord>(bits: u8, asset: fn(usize) -> T) -> BTreeSet<T> {
    let chosen = (0..ASSETS).filter(|at| bits & (1 << at) != 0);
    chosen.map(asset).collect()
}

pub(super) fn engine_mode(drawn: &ModeDraw, version: AaveVersion) -> EMode {
    EMode {
        loan_to_value: Bps(drawn.ltv),
        liquidation_threshold: Bps(drawn.threshold),
        liquidation_bonus: Bps(drawn.bonus),
        price: drawn.price.map(|price| Price::new(price.into())),
        collateral: members(drawn.collateral, asset_id),
        borrowable: members(drawn.borrowable, asset_id),
        ltv_zero: members(drawn.ltv_zero & drawn.collateral, asset_id),
        isolated: drawn.isolated && version == AaveVersion::V3_7,
    }
}

pub(super) fn model_mode(drawn: &ModeDraw) -> model::EMode {
    model::EMode {
        ltv: drawn.ltv.into(),
        liquidation_threshold: drawn.threshold.into(),
        liquidation_bonus: drawn.bonus.into(),
        price: drawn.price.map(BigUint::from),
        collateral: members(drawn.collateral, symbol),
        borrowable: members(drawn.borrowable, symbol),
        ltv_zero: members(drawn.ltv_zero & drawn.collateral, symbol),
        isolated: drawn.isolated,
    }
}
