//! The house of Dutch auctions (2.0): purchases, new starts, an end without a sale.

use super::draft::Draft;
use super::rejection::{Rejection, Ruled};
use super::state::Sale;
use crate::auction::{AuctionId, DutchAuction, Purchase};
use crate::protocol::{AccountId, AssetId};
use crate::units::{Amount, Price, Rounding, Value, WAD, checked_mul_div, mul};

/// What a buyer wants.
#[derive(Clone, Copy)]
pub(super) struct Wanted {
    pub(super) amount: Amount,
    pub(super) price_max: Price,
    pub(super) receiver: AccountId,
    pub(super) caller: AccountId,
}

impl Draft<'_> {
    /// Sells a part of a lot, or all of it.
    pub(super) fn take(
        &mut self,
        asset: AssetId,
        id: AuctionId,
        wanted: &Wanted,
    ) -> Ruled<Purchase> {
        self.unhalted(asset, 3)?;
        let sale = self.sale(asset, id)?;
        let kind = *self.kind(asset)?;
        let terms = &kind.dutch.terms;
        let bought = sale
            .auction
            .purchase(terms, self.now(), wanted.amount, wanted.price_max)?;
        self.deliver(asset, kind.house, wanted.receiver, bought.bought)?;
        self.pay(wanted.caller, self.base.roles.treasury, bought.paid)?;
        let settled = if bought.lot.is_zero() {
            bought.target.plus(bought.paid)?
        } else {
            bought.paid
        };
        self.leave_auction(asset, settled)?;
        if bought.lot.is_zero() {
            self.end_sale(asset, id, sale.place);
        } else if bought.target.is_zero() {
            self.deliver(asset, kind.house, sale.owner, bought.lot)?;
            self.end_sale(asset, id, sale.place);
        } else {
            let auction = DutchAuction {
                target: bought.target,
                lot: bought.lot,
                ..sale.auction
            };
            self.put_sale(asset, id, Sale { auction, ..sale });
        }
        Ok(bought)
    }

    /// Takes debt off the sums of debt in auction.
    fn leave_auction(&mut self, asset: AssetId, amount: Value) -> Ruled<()> {
        let liquidations = &mut self.core.liquidations;
        liquidations.in_auction = liquidations.in_auction.minus(amount)?;
        let own = &mut self.type_mut(asset)?.in_auction;
        *own = own.minus(amount)?;
        Ok(())
    }

    /// Starts a sale again at the feed's present price; the keeper is paid only if both what is to
    /// be raised and what is for sale are worth it. Tells the first price and the reward.
    pub(super) fn reset(
        &mut self,
        asset: AssetId,
        id: AuctionId,
        keeper: AccountId,
    ) -> Ruled<(Price, Value)> {
        self.unhalted(asset, 2)?;
        let sale = self.sale(asset, id)?;
        let terms = self.kind(asset)?.dutch.terms;
        if !sale.auction.status(&terms, self.now())?.needs_reset {
            return Err(Rejection::ClipperCannotReset);
        }
        let feed = self.feed_price(asset)?;
        let top = self.first_price(asset, feed)?;
        let auction = DutchAuction {
            started: self.now(),
            top,
            ..sale.auction
        };
        self.put_sale(asset, id, Sale { auction, ..sale });
        let worth_it = self.pays_keepers(asset)?
            && auction.target >= terms.min_rest
            && mul(auction.lot.0, feed.0)? >= terms.min_rest.0;
        let reward = match worth_it {
            true => self.reward(asset, auction.target, keeper)?,
            false => Value::ZERO,
        };
        Ok((top, reward))
    }

    /// Ends a sale; the caller gets the lot and pays nothing.
    pub(super) fn cancel_sale(
        &mut self,
        asset: AssetId,
        id: AuctionId,
        caller: AccountId,
    ) -> Ruled<()> {
        let sale = self.sale(asset, id)?;
        self.leave_auction(asset, sale.auction.target)?;
        let house = self.kind(asset)?.house;
        self.deliver(asset, house, caller, sale.auction.lot)?;
        self.end_sale(asset, id, sale.place);
        Ok(())
    }

    /// The least rest becomes the debt floor with its penalty.
    pub(super) fn refresh_min_rest(&mut self, asset: AssetId) -> Ruled<()> {
        let kind = self.type_mut(asset)?;
        let (floor, penalty) = (kind.debt_floor.0, kind.penalty);
        let rest = checked_mul_div(floor, penalty, WAD, Rounding::Floor)?;
        kind.dutch.terms.min_rest = Value(rest);
        Ok(())
    }
}
