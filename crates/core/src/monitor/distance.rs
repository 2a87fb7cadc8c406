//! How far a price may fall.

use crate::protocol::{AccountId, AssetId, Health, Prices, Protocol};
use crate::units::{Price, Ratio, Rounding, U256, WAD, mul_div};

/// A fall of one asset's price that brings an account to a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fall {
    /// Present price.
    pub from: Price,
    /// Highest price at which the account's health is below the level.
    pub to: Price,
    /// The fall as a share of the present price, in wad, rounded down.
    pub share: Ratio,
}

/// The highest price of an asset, at all others as they are, at which an account's health factor lies below
/// `level`. Exact: each step asks the protocol itself, on a fork that observes at the present time.
///
/// Nothing where no price down to one unit brings it there, or where the present one already has. A design that
/// hears prices late does not react to one that it has not heard; ask with the prices that it works with, of a
/// protocol that hears at once. Assumes that health falls with the price.
pub fn fall_to<P: Protocol>(
    protocol: &P,
    prices: &Prices,
    account: AccountId,
    asset: AssetId,
    level: Ratio,
) -> Option<Fall> {
    let from = prices.get(asset);
    let below = |price: U256| {
        let mut fork = protocol.fork();
        let mut moved = prices.clone();
        *moved.0.get_mut(usize::from(asset.0))? = Price(price);
        fork.observe(protocol.now(), &moved).ok()?;
        fork.health(account)
            .ok()
            .map(|health| health.factor < level)
    };
    // Some contracts tell no health at a price of zero.
    let (mut low, mut high) = (U256::ONE, from.0);
    if high <= low || below(high)? || !below(low)? {
        return None;
    }
    // Below at `low`, not below at `high`.
    while high.saturating_sub(low) > U256::ONE {
        let half = high.saturating_sub(low).wrapping_shr(1);
        let middle = low.saturating_add(half);
        if below(middle)? {
            low = middle;
        } else {
            high = middle;
        }
    }
    let gap = from.0.saturating_sub(low);
    Some(Fall {
        from,
        to: Price(low),
        share: Ratio(mul_div(gap, WAD, from.0, Rounding::Floor).unwrap_or(U256::ZERO)),
    })
}

/// The fall of all of an account's collateral together that brings its health factor down to `level`: `1 − level ÷
/// health`, in wad, rounded down; zero where it is there already, 1 without debt.
///
/// Exact up to the contract's roundings where health is proportional to the price of collateral.
pub fn headroom(health: &Health, level: Ratio) -> Ratio {
    if health.debt.is_zero() {
        return Ratio(WAD);
    }
    let left = mul_div(level.0, WAD, health.factor.0, Rounding::Ceil).unwrap_or(U256::MAX);
    Ratio(WAD.saturating_sub(left))
}
