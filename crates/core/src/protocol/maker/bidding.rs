//! What the three houses of English auctions share: which house takes which call, refunds of the
//! former bidder, new auctions, and the next bid that a house would take.

use super::Maker;
use super::action::Action;
use super::draft::Draft;
use super::rejection::{Rejection, Ruled, in_collateral_house};
use super::state::{BidKey, House};
use super::version::{OwnBid, Sale};
use crate::auction::{AuctionId, EnglishAuction, EnglishTerms};
use crate::protocol::{AccountId, AssetId};
use crate::units::{Timestamp, U256};

/// A bid as its bidder words it: lot and bid both, so that neither can have changed meanwhile.
#[derive(Clone, Copy)]
pub(super) struct Bidding {
    pub(super) id: AuctionId,
    pub(super) lot: U256,
    pub(super) bid: U256,
    pub(super) caller: AccountId,
}

impl Bidding {
    pub(super) fn offer(&self) -> (U256, U256) {
        (self.lot, self.bid)
    }
}

/// The cheapest next bid that a house would take now, in the house's units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextBid {
    /// More money or tokens for the same lot: [`Action::Raise`].
    Raise {
        /// The present lot.
        lot: U256,
        /// The least bid.
        bid: U256,
    },
    /// A smaller lot for the same bid: [`Action::Lower`].
    Lower {
        /// The largest lot.
        lot: U256,
        /// The present bid.
        bid: U256,
    },
}

impl Draft<'_> {
    /// Operations of the English houses.
    pub(super) fn run_bidding(&mut self, action: &Action) -> Ruled<()> {
        match *action {
            Action::Raise {
                house,
                auction: id,
                lot,
                bid,
                caller,
            } => {
                let bidding = Bidding {
                    id,
                    lot,
                    bid,
                    caller,
                };
                match house {
                    House::Collateral(asset) => self.raise_for_collateral(asset, &bidding),
                    House::Surplus => self.raise_for_surplus(&bidding),
                    House::Debt => Err(Rejection::NoSuchOperation),
                }
            }
            Action::Lower {
                house,
                auction: id,
                lot,
                bid,
                caller,
            } => {
                let bidding = Bidding {
                    id,
                    lot,
                    bid,
                    caller,
                };
                match house {
                    House::Collateral(asset) => self.lower_collateral(asset, &bidding),
                    House::Debt => self.lower_tokens(&bidding),
                    House::Surplus => Err(Rejection::NoSuchOperation),
                }
            }
            _ => self.run_ending(action),
        }
    }

    fn run_ending(&mut self, action: &Action) -> Ruled<()> {
        match *action {
            Action::Settle { house, auction } => match house {
                House::Collateral(asset) => self.settle_collateral(asset, auction),
                House::Debt => self.settle_debt(auction),
                House::Surplus => self.settle_surplus(auction),
            },
            Action::Extend { house, auction } => match house {
                House::Collateral(asset) => self.extend_collateral(asset, auction),
                House::Debt => self.extend_debt(auction),
                House::Surplus => self.extend_surplus(auction),
            },
            Action::CancelBid {
                house,
                auction,
                caller,
            } => match house {
                House::Collateral(asset) => self.cancel_collateral(asset, auction, caller),
                House::Debt => self.cancel_debt(auction),
                House::Surplus => self.cancel_surplus(auction),
            },
            _ => Err(Rejection::NoSuchOperation),
        }
    }

    /// The key of a collateral auction, where collateral is sold by bids.
    pub(super) fn english(&self, asset: AssetId, id: AuctionId) -> Ruled<BidKey> {
        self.kind(asset)?;
        match self.rules().sale {
            Sale::English => Ok((House::Collateral(asset), id)),
            Sale::Dutch => Err(Rejection::NoSuchOperation),
        }
    }

    /// Whom a bidder refunds. Who beats its own bid is refunded by itself in 1.0, so it must hold
    /// the former bid once more; later it pays only the difference.
    pub(super) fn refunded(
        &self,
        auction: &EnglishAuction,
        caller: AccountId,
    ) -> Option<AccountId> {
        let again = self.rules().own_bid == OwnBid::PaidAgain;
        auction.bidder.filter(|former| again || *former != caller)
    }
}

/// The next number of a house's auctions.
pub(super) fn next_id(started: &mut U256, used_up: Rejection) -> Ruled<AuctionId> {
    *started = started.checked_add(U256::ONE).ok_or(used_up)?;
    Ok(AuctionId(*started))
}

/// A new auction without bids; until the first bid somebody of the system is its bidder.
pub(super) fn opened(
    terms: &EnglishTerms,
    now: Timestamp,
    (lot, bid): (U256, U256),
    bidder: AccountId,
) -> Ruled<EnglishAuction> {
    Ok(EnglishAuction {
        bid,
        lot,
        bidder: Some(bidder),
        bid_expiry: Timestamp(0),
        // Only arithmetic can be refused here, and every house calls that alike.
        end: terms.end_from(now).map_err(in_collateral_house)?,
    })
}

impl Maker {
    /// The cheapest bid that an English house would take now from somebody with a full purse;
    /// nothing where the auction takes none.
    ///
    /// # Errors
    /// Where the contract's own comparison would overflow, or the collateral type is unknown.
    pub fn next_bid(&self, house: House, id: AuctionId) -> Result<Option<NextBid>, Rejection> {
        let Some(bid) = self.bids.get(&(house, id)) else {
            return Ok(None);
        };
        let auction = &bid.auction;
        if auction.open(self.core.now).is_err() {
            return Ok(None);
        }
        let (terms, enabled, target) = match house {
            House::Collateral(asset) => (self.kind(asset)?.english.terms, true, Some(bid.target.0)),
            House::Debt => {
                let house = &self.core.debt_house;
                (house.terms, house.enabled, Some(auction.bid))
            }
            House::Surplus => {
                let house = &self.core.surplus_house;
                (house.terms, house.enabled, None)
            }
        };
        if !enabled {
            return Ok(None);
        }
        if target == Some(auction.bid) {
            let lot = auction.largest_lot(&terms)?;
            let bid = auction.bid;
            return Ok(lot.map(|lot| NextBid::Lower { lot, bid }));
        }
        let lot = auction.lot;
        let bid = auction.least_bid(&terms, target)?;
        Ok(bid.map(|bid| NextBid::Raise { lot, bid }))
    }
}
