//! The house of English auctions of collateral (1.0 and 1.2): bids rise to the target, then the
//! lot falls, and what bidders forgo goes back to the vault's owner at once.

use super::bidding::{Bidding, next_id, opened};
use super::draft::Draft;
use super::rejection::{Rejection, Ruled, in_collateral_house};
use super::state::{Bid, House};
use super::version::Sizing;
use crate::auction::AuctionId;
use crate::protocol::{AccountId, AssetId};
use crate::units::{Amount, U256, Value};

impl Draft<'_> {
    /// Opens an auction of collateral that lies in the house; the liquidator is its first bidder.
    pub(super) fn start_collateral_auction(
        &mut self,
        asset: AssetId,
        owner: AccountId,
        lot: Amount,
        target: Value,
    ) -> Ruled<AuctionId> {
        let (now, roles) = (self.now(), self.base.roles);
        let house = &mut self.type_mut(asset)?.english;
        let id = next_id(&mut house.started, Rejection::FlipperOverflow)?;
        let offer = (lot.0, U256::ZERO);
        let bid = Bid {
            auction: opened(&house.terms, now, offer, roles.liquidator)?,
            owner: Some(owner),
            recipient: Some(roles.treasury),
            target,
        };
        self.put_bid((House::Collateral(asset), id), Some(bid));
        Ok(id)
    }

    /// More money for the whole lot, up to the target.
    pub(super) fn raise_for_collateral(&mut self, asset: AssetId, bidding: &Bidding) -> Ruled<()> {
        let key = self.english(asset, bidding.id)?;
        let bid = self.bid(key);
        let terms = self.kind(asset)?.english.terms;
        let target = Some(bid.target.0);
        let mut raised = bid
            .auction
            .raised(&terms, self.now(), bidding.offer(), target)
            .map_err(in_collateral_house)?;
        if let Some(former) = self.refunded(&bid.auction, bidding.caller) {
            self.pay(bidding.caller, former, Value(bid.auction.bid))?;
        }
        let more = Value(bidding.bid).minus(Value(bid.auction.bid))?;
        let recipient = bid.recipient.unwrap_or(self.base.roles.treasury);
        self.pay(bidding.caller, recipient, more)?;
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

    /// A smaller lot for the whole target.
    pub(super) fn lower_collateral(&mut self, asset: AssetId, bidding: &Bidding) -> Ruled<()> {
        let key = self.english(asset, bidding.id)?;
        let bid = self.bid(key);
        let kind = *self.kind(asset)?;
        let target = Some(bid.target.0);
        let mut lowered = bid
            .auction
            .lowered(&kind.english.terms, self.now(), bidding.offer(), target)
            .map_err(in_collateral_house)?;
        if let Some(former) = self.refunded(&bid.auction, bidding.caller) {
            self.pay(bidding.caller, former, Value(bidding.bid))?;
        }
        let forgone = Amount(bid.auction.lot).minus(Amount(bidding.lot))?;
        let owner = bid.owner.unwrap_or(kind.house);
        self.deliver(asset, kind.house, owner, forgone)?;
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

    /// The highest bidder gets the lot, also where the target was not reached.
    pub(super) fn settle_collateral(&mut self, asset: AssetId, id: AuctionId) -> Ruled<()> {
        let key = self.english(asset, id)?;
        let bid = self.bid(key);
        let finished = bid.auction.finished(self.now());
        finished.map_err(in_collateral_house)?;
        self.release_limit(bid.target)?;
        let house = self.kind(asset)?.house;
        let winner = bid.auction.bidder.unwrap_or(house);
        self.deliver(asset, house, winner, Amount(bid.auction.lot))?;
        self.put_bid(key, None);
        Ok(())
    }

    /// More time for an auction without a bid.
    pub(super) fn extend_collateral(&mut self, asset: AssetId, id: AuctionId) -> Ruled<()> {
        let key = self.english(asset, id)?;
        let bid = self.bid(key);
        let terms = self.kind(asset)?.english.terms;
        let extended = bid.auction.extended(&terms, self.now());
        let auction = extended.map_err(in_collateral_house)?;
        self.put_bid(key, Some(Bid { auction, ..bid }));
        Ok(())
    }

    /// Governance takes the lot and refunds the highest bidder, until the target is reached.
    pub(super) fn cancel_collateral(
        &mut self,
        asset: AssetId,
        id: AuctionId,
        caller: AccountId,
    ) -> Ruled<()> {
        let key = self.english(asset, id)?;
        let bid = self.bid(key);
        let Some(bidder) = bid.auction.bidder else {
            return Err(Rejection::FlipperNoAuction);
        };
        if bid.auction.bid >= bid.target.0 {
            return Err(Rejection::FlipperAlreadyLowering);
        }
        self.release_limit(bid.target)?;
        let house = self.kind(asset)?.house;
        self.deliver(asset, house, caller, Amount(bid.auction.lot))?;
        self.pay(caller, bidder, Value(bid.auction.bid))?;
        self.put_bid(key, None);
        Ok(())
    }

    /// Takes a target off the sum of debt in auction, where that is kept.
    fn release_limit(&mut self, target: Value) -> Ruled<()> {
        if self.rules().sizing == Sizing::ByDebt {
            let sum = &mut self.core.liquidations.in_auction;
            *sum = sum.minus(target)?;
        }
        Ok(())
    }
}
