//! Debt auctions: the treasury asks for a fixed sum and mints as few governance tokens as anybody
//! takes for it.

use super::bidding::{Bidding, next_id, opened};
use super::draft::Draft;
use super::rejection::{Rejection, Ruled, in_debt_house};
use super::state::{Bid, House};
use crate::auction::AuctionId;
use crate::units::{Amount, Rounding, Value, WAD, checked_mul_div};

impl Draft<'_> {
    /// Offers tokens for money, once no surplus is left and the debt is free.
    pub(super) fn start_debt_auction(&mut self) -> Ruled<AuctionId> {
        let treasury = self.core.treasury;
        if treasury.debt_bid > self.free_debt()? {
            return Err(Rejection::VowInsufficientDebt);
        }
        if !self.surplus()?.is_zero() {
            return Err(Rejection::VowSurplusNotZero);
        }
        let in_auction = treasury.in_auction.plus(treasury.debt_bid)?;
        self.core.treasury.in_auction = in_auction;
        let (now, roles) = (self.now(), self.base.roles);
        let house = &mut self.core.debt_house;
        if !house.enabled {
            return Err(Rejection::FlopperNotLive);
        }
        let id = next_id(&mut house.started, Rejection::FlopperOverflow)?;
        let offer = (treasury.debt_lot.0, treasury.debt_bid.0);
        let bid = Bid {
            auction: opened(&house.terms, now, offer, roles.treasury)?,
            ..Bid::default()
        };
        self.put_bid((House::Debt, id), Some(bid));
        Ok(id)
    }

    /// Fewer tokens for the same money. The first bid pays the treasury, which from 1.1 on cancels
    /// debt with it at once; later ones refund the bidder before.
    pub(super) fn lower_tokens(&mut self, bidding: &Bidding) -> Ruled<()> {
        let house = self.core.debt_house;
        if !house.enabled {
            return Err(Rejection::FlopperNotLive);
        }
        let key = (House::Debt, bidding.id);
        let bid = self.bid(key);
        let mut lowered = bid
            .auction
            .lowered(&house.terms, self.now(), bidding.offer(), None)
            .map_err(in_debt_house)?;
        if let Some(former) = self.refunded(&bid.auction, bidding.caller) {
            let sum = Value(bidding.bid);
            self.pay(bidding.caller, former, sum)?;
            if self.rules().cancels_on_first_bid.on() && !bid.auction.has_bid() {
                self.heal_auctioned(sum.min(self.core.treasury.in_auction))?;
            }
        }
        lowered.bidder = Some(bidding.caller);
        self.put_bid(
            key,
            Some(Bid {
                auction: lowered,
                ..bid
            }),
        );
        Ok(())
    }

    /// Mints the lot for the highest bidder.
    pub(super) fn settle_debt(&mut self, id: AuctionId) -> Ruled<()> {
        if !self.core.debt_house.enabled {
            return Err(Rejection::FlopperNotLive);
        }
        let key = (House::Debt, id);
        let auction = self.bid(key).auction;
        auction.finished(self.now()).map_err(in_debt_house)?;
        let winner = auction.bidder.ok_or(Rejection::FlopperNoAuction)?;
        self.mint_tokens(winner, Amount(auction.lot))?;
        self.put_bid(key, None);
        Ok(())
    }

    /// More time and a larger lot for an auction without a bid.
    pub(super) fn extend_debt(&mut self, id: AuctionId) -> Ruled<()> {
        let house = self.core.debt_house;
        let key = (House::Debt, id);
        let bid = self.bid(key);
        let extended = bid.auction.extended(&house.terms, self.now());
        let mut auction = extended.map_err(in_debt_house)?;
        auction.lot = checked_mul_div(house.lot_growth.0, auction.lot, WAD, Rounding::Floor)?;
        self.put_bid(key, Some(Bid { auction, ..bid }));
        Ok(())
    }

    /// Refunds the highest bidder with new money against bad debt, once the house is shut down.
    pub(super) fn cancel_debt(&mut self, id: AuctionId) -> Ruled<()> {
        if self.core.debt_house.enabled {
            return Err(Rejection::FlopperStillLive);
        }
        let key = (House::Debt, id);
        let auction = self.bid(key).auction;
        let bidder = auction.bidder.ok_or(Rejection::FlopperNoAuction)?;
        self.issue(self.base.roles.treasury, bidder, Value(auction.bid))?;
        self.put_bid(key, None);
        Ok(())
    }
}
