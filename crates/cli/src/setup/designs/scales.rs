//! A scenario's basis points, coins and rates in the scales that contracts count in.

use super::split::spec;
use crate::setup::Loaded;
use backstop_core::protocol::AssetId;
use backstop_core::units::{BPS, RAY, Rounding, U256, Value, WAD, YEAR, mul_div};
use backstop_io::scenario::AssetSpec;
use backstop_lab::door;

/// All of it, in basis points.
pub(super) const ALL_BPS: f64 = 10_000.0;
/// The same as a whole number.
pub(super) const ALL_BPS_WHOLE: u32 = 10_000;

/// A share of a whole, in basis points, rounded down.
pub(super) fn part(whole: U256, bps: f64) -> U256 {
    let bps = U256::from(bps.round() as u64);
    mul_div(whole, bps, BPS, Rounding::Floor).unwrap_or(U256::MAX)
}

/// One over a share in basis points, where all of it is `one`, rounded down. A share of nothing
/// counts as one basis point.
pub(super) fn one_over(bps: u16, one: U256) -> U256 {
    let bps = U256::from(bps.max(1));
    mul_div(one, BPS, bps, Rounding::Floor).unwrap_or(U256::MAX)
}

/// Whole coins as money, in rad.
pub(super) fn coins(whole: f64) -> Value {
    Value(door::tokens_to_amount(whole, 18).0.saturating_mul(RAY))
}

/// Basis points in percent.
pub(super) fn percent(bps: f64) -> f64 {
    bps / 100.0
}

/// What the book owes of a token at the start, over its lenders' supply; above one where it owes
/// more. Debts that a design converts into the token are not counted.
pub(super) fn usage(loaded: &Loaded, token: AssetId) -> f64 {
    let Some(spec) = spec(&loaded.scenario, token) else {
        return 0.0;
    };
    let accounts = &loaded.inputs.book.accounts;
    let positions = accounts.iter().flat_map(|account| &account.positions);
    let owed: f64 = positions
        .filter(|held| held.asset == token)
        .map(|held| door::amount_to_tokens(held.debt, spec.decimals))
        .sum();
    owed / spec.lenders.max(f64::MIN_POSITIVE)
}

/// Yearly rate of the scenario's curve at a usage, bps.
pub(super) fn rate_at(asset: &AssetSpec, usage: f64) -> u32 {
    let rates = &asset.rates;
    let kink = (f64::from(rates.optimal_usage_bps) / ALL_BPS).clamp(0.000_1, 0.999_9);
    let below = f64::from(rates.slope1_bps) * (usage / kink).min(1.0);
    let above = f64::from(rates.slope2_bps) * ((usage - kink) / (1.0 - kink)).max(0.0);
    (f64::from(rates.base_bps) + below + above).round() as u32
}

/// A yearly rate in basis points as interest a second, in wad, rounded down.
pub(super) fn a_second(yearly_bps: u32) -> U256 {
    let yearly = part(WAD, yearly_bps.into());
    mul_div(yearly, U256::ONE, YEAR, Rounding::Floor).unwrap_or(U256::ZERO)
}
