//! Surplus auctions: the treasury sells a fixed sum for as many governance tokens as anybody pays,
//! and burns them.

use super::bidding::{Bidding, next_id, opened};
use super::draft::Draft;
use super::rejection::{Rejection, Ruled, in_surplus_house};
use super::state::{Bid, House};
use crate::auction::AuctionId;
use crate::units::{Amount, U256, Value};

impl Draft<'_> {
    /// Offers surplus for tokens, once no free debt is left and the buffer stays full.
    pub(super) fn start_surplus_auction(&mut self) -> Ruled<AuctionId> {
        let (treasury, roles) = (self.core.treasury, self.base.roles);
        let debt = self.account(roles.treasury)?.bad_debt;
        let least = debt.plus(treasury.surplus_lot)?;
        if self.surplus()? < least.plus(treasury.surplus_buffer)? {
            return Err(Rejection::VowInsufficientSurplus);
        }
        if !self.free_debt()?.is_zero() {
            return Err(Rejection::VowDebtNotZero);
        }
        let (now, limited) = (self.now(), self.rules().surplus_limit.on());
        let house = &mut self.core.surplus_house;
        if !house.enabled {
            return Err(Rejection::FlapperNotLive);
        }
        let id = next_id(&mut house.started, Rejection::FlapperOverflow)?;
        if limited {
            house.in_auction = house.in_auction.plus(treasury.surplus_lot)?;
            if house.in_auction > house.limit {
                return Err(Rejection::FlapperOverLimit);
            }
        }
        let offer = (treasury.surplus_lot.0, U256::ZERO);
        let bid = Bid {
            auction: opened(&house.terms, now, offer, roles.treasury)?,
            ..Bid::default()
        };
        self.pay(roles.treasury, roles.surplus_house, treasury.surplus_lot)?;
        self.put_bid((House::Surplus, id), Some(bid));
        Ok(id)
    }

    /// More tokens for the same sum: the former bidder gets its tokens back, the house the rest.
    pub(super) fn raise_for_surplus(&mut self, bidding: &Bidding) -> Ruled<()> {
        let house = self.core.surplus_house;
        if !house.enabled {
            return Err(Rejection::FlapperNotLive);
        }
        let key = (House::Surplus, bidding.id);
        let bid = self.bid(key);
        let mut raised = bid
            .auction
            .raised(&house.terms, self.now(), bidding.offer(), None)
            .map_err(in_surplus_house)?;
        if let Some(former) = self.refunded(&bid.auction, bidding.caller) {
            self.send_tokens(bidding.caller, former, Amount(bid.auction.bid))?;
        }
        let more = Amount(bidding.bid).minus(Amount(bid.auction.bid))?;
        self.send_tokens(bidding.caller, self.base.roles.surplus_house, more)?;
        raised.bidder = Some(bidding.caller);
        self.put_bid(
            key,
            Some(Bid {
                auction: raised,
                ..bid
            }),
        );
        Ok(())
    }

    /// The highest bidder gets the sum; its tokens are burnt.
    pub(super) fn settle_surplus(&mut self, id: AuctionId) -> Ruled<()> {
        if !self.core.surplus_house.enabled {
            return Err(Rejection::FlapperNotLive);
        }
        let key = (House::Surplus, id);
        let auction = self.bid(key).auction;
        auction.finished(self.now()).map_err(in_surplus_house)?;
        let winner = auction.bidder.ok_or(Rejection::FlapperNoAuction)?;
        let (house, lot) = (self.base.roles.surplus_house, Value(auction.lot));
        self.pay(house, winner, lot)?;
        self.burn_tokens(house, Amount(auction.bid))?;
        if self.rules().surplus_limit.on() {
            let sum = &mut self.core.surplus_house.in_auction;
            *sum = sum.minus(lot)?;
        }
        self.put_bid(key, None);
        Ok(())
    }

    /// More time for an auction without a bid.
    pub(super) fn extend_surplus(&mut self, id: AuctionId) -> Ruled<()> {
        let key = (House::Surplus, id);
        let bid = self.bid(key);
        let terms = self.core.surplus_house.terms;
        let extended = bid.auction.extended(&terms, self.now());
        let auction = extended.map_err(in_surplus_house)?;
        self.put_bid(key, Some(Bid { auction, ..bid }));
        Ok(())
    }

    /// Gives the highest bidder its tokens back, once the house is shut down; the sum has gone to
    /// the treasury then.
    pub(super) fn cancel_surplus(&mut self, id: AuctionId) -> Ruled<()> {
        if self.core.surplus_house.enabled {
            return Err(Rejection::FlapperStillLive);
        }
        let key = (House::Surplus, id);
        let auction = self.bid(key).auction;
        let bidder = auction.bidder.ok_or(Rejection::FlapperNoAuction)?;
        let house = self.base.roles.surplus_house;
        self.send_tokens(house, bidder, Amount(auction.bid))?;
        self.put_bid(key, None);
        Ok(())
    }
}
