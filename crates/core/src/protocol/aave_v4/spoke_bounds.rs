//! What the breach index knows of an account on the lending spoke.
//!
//! The rule is `⌊W · 10^14 · 10^27 ÷ D⌋ < 10^18`, with `W` the collateral's value times factor and
//! `D` the debt's value in full precision. An integer bounds a floor as it bounds the quotient, so
//! the rule is `W · 10^23 < D` and the division loses nothing. What is left on either side:
//!
//! - Debt: each is `((drawn + premium) · index − offset) · price`, without any rounding. The offset
//!   does not grow with the index, so it is a line of its own in the plain price, for which each
//!   asset has a second place in the lists: an offset above zero supports the account there (the
//!   same amount is added to both sides of the rule), one below zero burdens it. The drawn index
//!   itself is rounded, but it is read, not computed anew: `price · index` is exact. A stored risk
//!   premium only sets premium shares and offset, and moves when the account is acted upon, which
//!   ends the bounds; so its roundings stand in the amounts, not between the rule and the lines.
//! - Collateral: the worth of shares is cut to whole base units, once for each. That is at most one
//!   part in as many as there are base units, and there are no fewer than shares while a share is
//!   worth at least one, which [`is_sound`] asks: so `grain` is the smallest number of shares. The
//!   effective price takes the worth of 10^27 shares, cut: less than 2^−89 of it. `W` is taken back
//!   from the average factor in wad, cut: at most 10^−14 of it, as a factor is no less than 10^14.
//!   All three together stay below 2^−22.
//! - A value is a product, so no rounding is worth a fixed number of its units: `dust` is zero.
//!
//! Where the contracts cannot compute, nobody can be liquidated. For a healthy account the bounds
//! may then call too early; for one in breach they would call too late. So the bounds are relied on
//! only where the rule computes: between two sound states, for accounts whose numbers are not huge.

use super::account::Position;
use super::ledger::AccountData;
use super::machine::Market;
use super::math::unit;
use super::spoke_setup::LENDING;
use crate::book::{AssetSet, BreachIndex, EffectivePrices, Look, Measure};
use crate::protocol::{AccountId, AssetId};
use crate::units::{Price, RAY, Shares, U256, Value, mul};

/// Most bits of a price in a sound state: 7 · 10^8 dollars for a whole token.
const PRICE_BITS: usize = 56;
/// Most bits of a drawn index in a sound state: a growth by 79.
const INDEX_BITS: usize = 96;
/// Most bits of the worth of 10^27 shares in a sound state: 633 base units for one.
const SHARE_BITS: usize = 99;
/// Most bits of an account's shares, at 18 decimals. With the bits above, one debt's value has at
/// most 250 of 256 bits and one collateral's 162 of 224.
const AMOUNT_BITS: usize = 96;
/// Digits by which average factor times value is scaled to a debt's value: 10^23 ÷ 10^14.
const FACTOR_SCALE: U256 = U256::from_limbs([1_000_000_000, 0, 0, 0]);

/// What one reserve's units are worth now.
struct Worth {
    price: U256,
    /// Of 10^27 shares, in base units.
    share: Option<U256>,
    index: Option<U256>,
}

fn worths(market: &Market) -> impl Iterator<Item = Worth> + '_ {
    let now = market.now();
    (0..)
        .map(AssetId)
        .zip(market.reserves())
        .map(move |(id, reserve)| {
            let hub = market.asset(reserve.asset);
            let share = hub.and_then(|hub| hub.preview_remove_by_shares(Shares(RAY), now).ok());
            let index = hub.and_then(|hub| hub.drawn_index(now).ok());
            let Price(price) = market.price(id);
            Worth {
                price,
                share: share.map(|amount| amount.0),
                index: index.map(|index| index.0),
            }
        })
}

/// Whether the rule computes for every account of moderate size, and a share is worth at least one
/// base unit.
pub(super) fn is_sound(market: &Market) -> bool {
    worths(market).all(|worth| {
        let fits = |number: U256, bits| number.bit_len() <= bits;
        let share = |share: U256| share >= RAY && fits(share, SHARE_BITS);
        !worth.price.is_zero()
            && fits(worth.price, PRICE_BITS)
            && worth.share.is_some_and(share)
            && worth.index.is_some_and(|index| fits(index, INDEX_BITS))
    })
}

/// Worth of shares and of drawn shares, then the plain prices once more in a second place.
pub(super) fn effective_prices(market: &Market) -> EffectivePrices {
    let mut prices = EffectivePrices::default();
    for worth in worths(market) {
        let times = |n: Option<U256>| n.and_then(|n| mul(worth.price, n).ok());
        prices
            .collateral
            .push(times(worth.share).unwrap_or(U256::ZERO));
        prices.debt.push(times(worth.index).unwrap_or(U256::MAX));
    }
    for worth in worths(market) {
        prices.collateral.push(worth.price);
        prices.debt.push(worth.price);
    }
    prices
}

/// An index over the first `accounts` accounts.
pub(super) fn breach_index(market: &Market, accounts: u32) -> BreachIndex {
    let ids = (0..accounts).map(AccountId);
    let looks = ids.map(|id| (id, look(market, id)));
    BreachIndex::build(effective_prices(market), looks)
}

/// What the exact rule says of an account, with bounds.
pub(super) fn look(market: &Market, id: AccountId) -> Look {
    let Some(account) = market.account(id) else {
        return Look::Gone;
    };
    let mut positions = account.positions().iter();
    if !positions.any(|position| position.is_borrowing) {
        return Look::Gone;
    }
    let data = market.account_data(id, LENDING).ok();
    if data.is_some_and(|data| data.active_collaterals == 0) {
        return Look::Gone;
    }
    let mut measure = Measure {
        collateral_assets: AssetSet::EMPTY,
        debt_assets: AssetSet::EMPTY,
        collateral: data.map_or(Value::ZERO, |data| weighted(&data)),
        debt: data.map_or(Value::MAX, |data| Value(data.debt.0)),
        grain: U256::MAX,
        dust: Value::ZERO,
    };
    for position in account.positions() {
        weigh(market, position, &mut measure);
    }
    measure.look(market.is_unhealthy(id, LENDING) == Ok(true))
}

/// The collateral as the rule weighs it, in the scale of a debt's value.
fn weighted(data: &AccountData) -> Value {
    let value = data.collateral_factor.0.saturating_mul(data.collateral.0);
    Value(value.saturating_mul(FACTOR_SCALE))
}

/// Adds a position's lines.
fn weigh(market: &Market, position: &Position, measure: &mut Measure) {
    let Some(reserve) = market.reserve(position.reserve) else {
        return;
    };
    let scale = unit(18u8.saturating_sub(reserve.decimals));
    let factor = reserve.dynamic(position.config_key).collateral_factor;
    let supplied = U256::from(position.supplied);
    let mut largest = U256::ZERO;
    if position.is_collateral && factor.0 != 0 && position.supplied != 0 {
        measure.collateral_assets.insert(position.reserve);
        measure.grain = measure.grain.min(supplied);
        largest = supplied;
    }
    if position.is_borrowing {
        measure.debt_assets.insert(position.reserve);
        let grows = U256::from(position.drawn).saturating_add(U256::from(position.premium));
        let stands = position.premium_offset.magnitude();
        largest = largest.max(grows).max(stands.wrapping_shr(INDEX_BITS));
        let second = second_place(market, position.reserve);
        if position.premium_offset.is_negative() {
            measure.debt_assets.insert(second);
        } else if !stands.is_zero() {
            let price = market.price(position.reserve).0;
            let worth = stands.saturating_mul(price).saturating_mul(scale);
            measure.collateral_assets.insert(second);
            measure.collateral = Value(measure.collateral.0.saturating_add(worth));
            measure.debt = Value(measure.debt.0.saturating_add(worth));
        }
    }
    if largest.saturating_mul(scale).bit_len() > AMOUNT_BITS {
        measure.grain = U256::ZERO;
    }
}

/// Where an asset's plain price is.
fn second_place(market: &Market, AssetId(reserve): AssetId) -> AssetId {
    let listed = u16::try_from(market.reserves().count()).unwrap_or(u16::MAX);
    AssetId(reserve.saturating_add(listed))
}
