//! Liquidation maps of a pool, one an asset that serves as collateral.

use backstop_core::book::{AssetSet, LiquidationMap, Position, Threshold};
use backstop_core::protocol::aave::Pool;
use backstop_core::protocol::{AccountId, AssetId, Protocol};
use backstop_core::units::{Amount, Overflow, Price, Ratio, Rounding, Value, WAD, mul_div, pow10};
use backstop_lab::door;
use backstop_report::{LiquidationMap as Shown, MapPoint};

/// Points of a curve that a plot or a table gets.
const POINTS: u32 = 400;

/// An asset and those whose prices follow it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Body {
    pub(crate) leader: AssetId,
    pub(crate) members: AssetSet,
}

impl Body {
    /// Whether an asset belongs to it.
    pub(crate) fn holds(&self, asset: AssetId) -> bool {
        self.members.union(AssetSet::EMPTY.with(asset)) == self.members
    }
}

/// Groups of assets that move together: each leader that is held as collateral, alone or through
/// a follower. `follows` tells the leader of each asset that has one.
pub(crate) fn bodies(pool: &Pool, follows: &[Option<AssetId>]) -> Vec<Body> {
    let ids = (0..pool.assets().len()).filter_map(|at| u16::try_from(at).ok().map(AssetId));
    ids.filter(|id| follows.get(usize::from(id.0)).is_some_and(Option::is_none))
        .map(|leader| {
            let followers = follows
                .iter()
                .enumerate()
                .filter(|(_, of)| **of == Some(leader));
            let followers = followers.filter_map(|(at, _)| u16::try_from(at).ok().map(AssetId));
            Body {
                leader,
                members: followers.collect::<AssetSet>().with(leader),
            }
        })
        .collect()
}

/// The map of one body; thresholds are factors in wad of the present prices.
///
/// # Errors
/// Where a sum needs more than 256 bits.
pub(super) fn curve(pool: &Pool, body: Body) -> Result<LiquidationMap, Overflow> {
    LiquidationMap::new((0..pool.accounts()).filter_map(|id| position(pool, body, AccountId(id))))
}

/// What one account adds; nothing without debt or without collateral in the body.
fn position(pool: &Pool, body: Body, account: AccountId) -> Option<Position> {
    let health = pool.health(account).ok()?;
    if health.debt.is_zero() {
        return None;
    }
    let (mut tokens, mut value) = (Amount::ZERO, Value::ZERO);
    let holdings = pool.holdings(account).into_iter();
    for holding in holdings.filter(|holding| holding.enabled && body.holds(holding.asset)) {
        let reserve = pool.reserve(holding.asset)?;
        let unit = pow10(reserve.config.decimals).ok()?;
        let worth = mul_div(holding.collateral.0, reserve.price.0, unit, Rounding::Floor).ok()?;
        if holding.asset == body.leader {
            tokens = holding.collateral;
        }
        value = value.plus(Value(worth)).ok()?;
    }
    if value.is_zero() {
        return None;
    }
    let threshold = pool.solvency(account, body.members).ok()?.threshold();
    Some(Position {
        account,
        threshold,
        collateral: tokens,
        value,
        debt: health.debt,
    })
}

/// Present price of an asset, USD.
pub(crate) fn price_usd(pool: &Pool, asset: AssetId) -> f64 {
    let price = pool
        .reserve(asset)
        .map_or(Price::ZERO, |reserve| reserve.price);
    door::price_to_usd(price, pool.base_decimals())
}

/// A curve as points to show, in prices of the leader; what is liquidatable already counts in
/// each.
fn points(pool: &Pool, map: &LiquidationMap, price_start: f64) -> Vec<MapPoint> {
    let decimals = pool.base_decimals();
    let always = map.always();
    let usd = |value: Value| door::value_to_usd(value, decimals);
    let falling = map
        .falling()
        .points(POINTS)
        .into_iter()
        .map(|point| MapPoint {
            price: door::ratio_to_f64(Ratio(point.price.0)) * price_start,
            collateral_usd: usd(point.totals.value) + usd(always.value),
            debt_usd: usd(point.totals.debt) + usd(always.debt),
        });
    let now = map.falling().at(Price(WAD));
    let present = MapPoint {
        price: price_start,
        collateral_usd: usd(now.value) + usd(always.value),
        debt_usd: usd(now.debt) + usd(always.debt),
    };
    falling.chain([present]).collect()
}

/// The end of a run, for the second curve of a map.
pub(crate) struct AfterRun<'a> {
    /// The pool at the end.
    pub(crate) pool: &'a Pool,
    /// Lowest price that the ledger saw of an asset, USD.
    pub(crate) low: &'a dyn Fn(AssetId) -> Option<f64>,
}

/// The maps to show, largest first: a book at the start and, after a run, at the end. Prices of
/// both are those of the leader at the start.
///
/// # Errors
/// Where a sum needs more than 256 bits.
pub(crate) fn maps(
    before: &Pool,
    after: Option<AfterRun<'_>>,
    follows: &[Option<AssetId>],
) -> Result<Vec<Shown>, Overflow> {
    let mut shown = Vec::new();
    for body in bodies(before, follows) {
        let map = curve(before, body)?;
        let total = map.falling().total().value.plus(map.always().value)?;
        if total.is_zero() {
            continue;
        }
        let price_start = price_usd(before, body.leader);
        let (mut later, mut price_low) = (Vec::new(), None);
        if let Some(AfterRun { pool, low }) = &after {
            let end = curve(pool, body)?;
            later = points(pool, &end, price_usd(pool, body.leader));
            price_low = low(body.leader);
        }
        let symbol = before.assets().get(usize::from(body.leader.0));
        shown.push((
            total,
            Shown {
                asset: body.leader,
                symbol: symbol.map_or_else(String::new, |asset| asset.symbol.clone()),
                price_start,
                price_low,
                before: points(before, &map, price_start),
                after: later,
            },
        ));
    }
    shown.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.asset.cmp(&b.1.asset)));
    Ok(shown.into_iter().map(|(_, map)| map).collect())
}

/// Liquidation price of a body's leader for an account, USD; nothing where it has none.
pub(crate) fn liquidation_price(pool: &Pool, account: AccountId, body: Body) -> Option<f64> {
    let factor = match pool.solvency(account, body.members).ok()?.threshold() {
        Threshold::Below(factor) | Threshold::Above(factor) => factor,
        Threshold::Never | Threshold::Always => return None,
    };
    let factor = door::ratio_to_f64(Ratio(factor.0));
    Some(factor * price_usd(pool, body.leader))
}
