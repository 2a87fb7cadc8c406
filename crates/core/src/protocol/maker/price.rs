//! The way of a price into the system, and the breaker that looks ahead on it.

use super::draft::Draft;
use super::rejection::{Rejection, Ruled};
use crate::oracle::{DelayedFeed, Quote};
use crate::protocol::AssetId;
use crate::protocol::feed::PriceFeed;
use crate::units::{Price, RAY, Rounding, U256, checked_mul_div, div, mul};

/// The breaker's highest level.
const LEVEL_MAX: u64 = 3;
/// The level that anybody may trip: purchases go on.
const LEVEL_TRIPPED: u64 = 2;

impl Draft<'_> {
    /// A new answer of a feed's source.
    pub(super) fn set_source(&mut self, asset: AssetId, quote: Quote) -> Ruled<()> {
        self.type_mut(asset)?.feed.set_source(quote);
        Ok(())
    }

    fn delayed_feed(&mut self, asset: AssetId) -> Ruled<&mut DelayedFeed> {
        let feed = self.type_mut(asset)?.feed.delayed();
        feed.ok_or(Rejection::NoSuchOperation)
    }

    /// The delayed feed moves on.
    pub(super) fn poke_feed(&mut self, asset: AssetId) -> Ruled<()> {
        let now = self.now();
        Ok(self.delayed_feed(asset)?.poke(now)?)
    }

    /// The delayed feed forgets its prices and stops.
    pub(super) fn clear_feed(&mut self, asset: AssetId) -> Ruled<()> {
        self.delayed_feed(asset)?.clear();
        Ok(())
    }

    /// The safe price follows the feed, in two divisions that both round down, against the
    /// borrower; zero where the feed has no price. Tells it.
    pub(super) fn poke_price(&mut self, asset: AssetId) -> Ruled<Price> {
        let kind = self.kind(asset)?;
        let quote = kind.feed.current();
        let safe = if quote.valid {
            let price = self.in_stablecoins(quote.value)?;
            Price(div(mul(price.0, RAY)?, kind.liquidation_ratio.0)?)
        } else {
            Price::ZERO
        };
        self.type_mut(asset)?.safe_price = safe;
        Ok(safe)
    }

    /// Governance sets the breaker and keeps others from tripping it for a time.
    pub(super) fn set_breaker(&mut self, asset: AssetId, level: U256, delay: U256) -> Ruled<()> {
        if level > U256::from(LEVEL_MAX) {
            return Err(Rejection::BreakerNoSuchLevel);
        }
        let until = U256::from(self.now().0).checked_add(delay);
        let kind = self.type_mut(asset)?;
        kind.dutch.halted = level;
        kind.breaker.locked_until = until.ok_or(Rejection::NoReason)?;
        Ok(())
    }

    /// Anybody halts new auctions when the next price is too far below the present one.
    pub(super) fn trip_breaker(&mut self, asset: AssetId) -> Ruled<()> {
        let now = U256::from(self.now().0);
        let kind = self.type_mut(asset)?;
        if kind.dutch.halted >= U256::from(LEVEL_TRIPPED) {
            return Err(Rejection::BreakerAlreadyStopped);
        }
        if now <= kind.breaker.locked_until {
            return Err(Rejection::BreakerLocked);
        }
        let PriceFeed::Delayed(feed) = kind.feed else {
            return Err(Rejection::NoSuchOperation);
        };
        if !feed.current.valid {
            return Err(Rejection::BreakerInvalidCurrent);
        }
        if !feed.next.valid {
            return Err(Rejection::BreakerInvalidNext);
        }
        let tolerance = kind.breaker.tolerance.0;
        let least = checked_mul_div(feed.current.value, tolerance, RAY, Rounding::Floor)?;
        if feed.next.value >= least {
            return Err(Rejection::BreakerWithinBounds);
        }
        kind.dutch.halted = U256::from(LEVEL_TRIPPED);
        Ok(())
    }
}
