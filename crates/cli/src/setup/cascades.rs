//! The cascade reproduction number of a scenario's collateral, from its liquidation map and venues.

mod next_generation;

pub(crate) use next_generation::book_cascade;

use super::maps::{bodies, curve, price_usd};
use super::stage::RECORDING;
use super::{Loaded, world_config};
use crate::failure::Failure;
use backstop_core::book::{LiquidationMap, Position, Threshold};
use backstop_core::protocol::aave::Pool;
use backstop_core::protocol::{AssetId, Protocol};
use backstop_core::units::Ratio;
use backstop_lab::cascade::{Depth, Trigger, Triggers, crossings, reproduction};
use backstop_lab::door;
use backstop_lab::market::FeedbackMode;
use backstop_report::{CascadeMap, DepthPoint};

/// Prices at which R is told.
const POINTS: u32 = 400;
/// Lowest of them, as a share of the price at the start.
const LOWEST: f64 = 0.4;
/// Sales whose loss is told.
const SALES: u32 = 60;
/// The largest of them over the largest that pays.
const BEYOND: f64 = 3.0;
const BPS: f64 = 10_000.0;

/// R of each collateral that leads others or stands alone, in the order of the assets. `window` is
/// the share of the price over which the book is smoothed.
///
/// # Errors
/// When a venue or the window is badly set.
pub(crate) fn cascades(
    loaded: &Loaded,
    pool: &Pool,
    follows: &[Option<AssetId>],
    window: f64,
) -> Result<Vec<CascadeMap>, Failure> {
    let config = world_config(loaded, FeedbackMode::On, RECORDING)?;
    let mut shown = Vec::new();
    for body in bodies(pool, follows) {
        let map = curve(pool, body)
            .map_err(|overflow| Failure::new(format!("liquidation map: {overflow:?}")))?;
        let asset = usize::from(body.leader.0);
        let Some(spec) = loaded.scenario.assets.get(asset) else {
            continue;
        };
        // What stays of the bonus with the liquidator.
        let kept = 1.0 - f64::from(spec.protocol_fee_bps) / BPS;
        let whole = f64::from(spec.liquidation_bonus_bps) / BPS;
        let price_start = price_usd(pool, body.leader);
        let start = loaded.scenario.time.start;
        let triggers = Triggers::new(triggers(pool, body.leader, &map, (price_start, whole)))?;
        if triggers.total() == 0.0 {
            continue;
        }
        let depth = Depth::new(&config.venues, asset, config.impact, start)?;
        let step = (1.0 - LOWEST) / f64::from(POINTS - 1);
        let prices = (0..POINTS).map(|i| price_start * (1.0 - step * f64::from(i)));
        let points = reproduction(&triggers, &depth, window, &prices.collect::<Vec<_>>())?;
        let bonus = whole * kept;
        let largest = depth.largest_sale(price_start, bonus / (1.0 + bonus))?;
        shown.push(CascadeMap {
            asset: body.leader,
            symbol: spec.symbol.clone(),
            price_start,
            window,
            crossings: crossings(&points),
            points,
            bonus,
            largest_sale: largest.is_finite().then_some(largest),
            depth: sales(&depth, price_start, largest)?,
        });
    }
    Ok(shown)
}

/// What a fall makes liquidatable of the leader itself, as far as liquidators can take it: debt and
/// bonus at most. What follows the leader is sold on venues of its own.
pub(super) fn triggers(
    pool: &Pool,
    leader: AssetId,
    map: &LiquidationMap,
    (price_start, bonus): (f64, f64),
) -> Vec<Trigger> {
    let asset = pool.assets().get(usize::from(leader.0));
    let decimals = asset.map_or(0, |asset| asset.decimals);
    let base = pool.base_decimals();
    let trigger = |position: &Position| {
        let Threshold::Below(factor) = position.threshold else {
            return None;
        };
        let factor = door::ratio_to_f64(Ratio(factor.0));
        let value = door::value_to_usd(position.value, base) * factor;
        let taken = door::value_to_usd(position.debt, base) * (1.0 + bonus);
        let share = if value > taken { taken / value } else { 1.0 };
        Some(Trigger {
            price: factor * price_start,
            tokens: door::amount_to_tokens(position.collateral, decimals) * share,
        })
    };
    map.falling()
        .positions()
        .iter()
        .filter_map(trigger)
        .collect()
}

/// What sales of several sizes lose at the start, up to some times the largest that pays.
fn sales(depth: &Depth, price: f64, largest: f64) -> Result<Vec<DepthPoint>, Failure> {
    if !depth.has_venues() {
        return Ok(Vec::new());
    }
    // Where no sale pays, up to a million dollars.
    let most = if largest > 0.0 {
        largest * BEYOND
    } else {
        1e6 / price
    };
    let point = |i: u32| {
        let tokens = most * f64::from(i) / f64::from(SALES);
        Ok(DepthPoint {
            usd: tokens * price,
            loss: depth.slippage(price, tokens)?,
        })
    };
    (1..=SALES).map(point).collect()
}
