//! An English auction: each bid beats the last by a least step, until nobody bids any more.
//!
//! A bid and a lot are plain numbers: each house says in which units. Three houses of the field
//! are made of it: collateral for money (first the bid rises to a target, then the lot shrinks),
//! own tokens for a fixed sum (the lot shrinks), surplus money for tokens (the bid rises).

use crate::protocol::AccountId;
use crate::units::{Overflow, Ratio, Rounding, Timestamp, U256, WAD, checked_mul_div, mul};

/// One auction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct EnglishAuction {
    /// What the highest bidder paid.
    pub bid: U256,
    /// What the highest bidder gets.
    pub lot: U256,
    /// The highest bidder; before the first bid whoever is told at the start.
    pub bidder: Option<AccountId>,
    /// When the highest bid wins if nobody beats it; 0 before the first bid.
    pub bid_expiry: Timestamp,
    /// When bidding ends in any case.
    pub end: Timestamp,
}

/// The terms of a house, the same for all its auctions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct EnglishTerms {
    /// A bid is at least this multiple of the last; a lot at most the last divided by it.
    pub min_step: Ratio,
    /// Seconds after which a bid wins.
    pub bid_duration: u64,
    /// Seconds after which bidding ends.
    pub duration: u64,
}

/// Why a bid or an end of the auction is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EnglishRefusal {
    /// There is no such auction.
    NoAuction,
    /// The last bid has won.
    BidExpired,
    /// Bidding has ended.
    Ended,
    /// The bid names another lot than the present one.
    LotDiffers,
    /// The bid is above the target.
    AboveTarget,
    /// The bid is no higher than the last.
    BidNotHigher,
    /// The bid is higher by less than the least step.
    IncreaseTooSmall,
    /// The bid is another sum than the present one.
    BidDiffers,
    /// The target has not been bid yet.
    TargetNotReached,
    /// The lot is no smaller than the last.
    LotNotLower,
    /// The lot is smaller by less than the least step.
    DecreaseTooSmall,
    /// Bidding goes on.
    NotFinished,
    /// There is a bid.
    BidPlaced,
    /// A number leaves its range.
    Arithmetic,
}

/// Times are stored in 48 bits.
const TIME_MASK: u64 = (1 << 48) - 1;

impl EnglishTerms {
    /// A time some seconds from now, in the 48 bits of the ledgers.
    fn after(now: Timestamp, seconds: u64) -> Result<Timestamp, EnglishRefusal> {
        let sum = (now.0 & TIME_MASK).checked_add(seconds & TIME_MASK);
        let fits = sum.filter(|sum| *sum <= TIME_MASK);
        fits.map(Timestamp).ok_or(EnglishRefusal::Arithmetic)
    }

    /// When bidding ends that starts now.
    ///
    /// # Errors
    /// [`EnglishRefusal::Arithmetic`].
    pub fn end_from(&self, now: Timestamp) -> Result<Timestamp, EnglishRefusal> {
        Self::after(now, self.duration)
    }

    /// When a bid of now wins.
    fn expiry_from(&self, now: Timestamp) -> Result<Timestamp, EnglishRefusal> {
        Self::after(now, self.bid_duration)
    }
}

impl EnglishAuction {
    /// Whether somebody has bid.
    pub fn has_bid(&self) -> bool {
        self.bid_expiry != Timestamp(0)
    }

    /// Whether bids are taken now. At exactly either time they are not, and neither is the auction
    /// finished.
    ///
    /// # Errors
    /// [`EnglishRefusal::NoAuction`], [`EnglishRefusal::BidExpired`], [`EnglishRefusal::Ended`].
    pub fn open(&self, now: Timestamp) -> Result<(), EnglishRefusal> {
        if self.bidder.is_none() {
            return Err(EnglishRefusal::NoAuction);
        }
        if self.has_bid() && self.bid_expiry <= now {
            return Err(EnglishRefusal::BidExpired);
        }
        if self.end <= now {
            return Err(EnglishRefusal::Ended);
        }
        Ok(())
    }

    /// The auction after a higher bid for the same lot; with a target the bid may not exceed it, and
    /// one that reaches it need not keep the least step. Nothing is rounded: products are compared.
    ///
    /// # Errors
    /// [`EnglishRefusal`], in the order of its listing.
    pub fn raised(
        &self,
        terms: &EnglishTerms,
        now: Timestamp,
        (lot, bid): (U256, U256),
        target: Option<U256>,
    ) -> Result<Self, EnglishRefusal> {
        self.open(now)?;
        if lot != self.lot {
            return Err(EnglishRefusal::LotDiffers);
        }
        if target.is_some_and(|target| bid > target) {
            return Err(EnglishRefusal::AboveTarget);
        }
        if bid <= self.bid {
            return Err(EnglishRefusal::BidNotHigher);
        }
        let steps = product(bid, WAD)? >= product(terms.min_step.0, self.bid)?;
        if !steps && target != Some(bid) {
            return Err(EnglishRefusal::IncreaseTooSmall);
        }
        Ok(Self {
            bid,
            bid_expiry: terms.expiry_from(now)?,
            ..*self
        })
    }

    /// The auction after an offer to take a smaller lot for the same bid; with a target the bid must
    /// have reached it.
    ///
    /// # Errors
    /// [`EnglishRefusal`], in the order of its listing.
    pub fn lowered(
        &self,
        terms: &EnglishTerms,
        now: Timestamp,
        (lot, bid): (U256, U256),
        target: Option<U256>,
    ) -> Result<Self, EnglishRefusal> {
        self.open(now)?;
        if bid != self.bid {
            return Err(EnglishRefusal::BidDiffers);
        }
        if target.is_some_and(|target| bid != target) {
            return Err(EnglishRefusal::TargetNotReached);
        }
        if lot >= self.lot {
            return Err(EnglishRefusal::LotNotLower);
        }
        if product(terms.min_step.0, lot)? > product(self.lot, WAD)? {
            return Err(EnglishRefusal::DecreaseTooSmall);
        }
        Ok(Self {
            lot,
            bid_expiry: terms.expiry_from(now)?,
            ..*self
        })
    }

    /// The auction with a new end, when it ended without a bid. An auction that never was, or is
    /// settled, passes too, as on chain.
    ///
    /// # Errors
    /// [`EnglishRefusal::NotFinished`], [`EnglishRefusal::BidPlaced`].
    pub fn extended(&self, terms: &EnglishTerms, now: Timestamp) -> Result<Self, EnglishRefusal> {
        if self.end >= now {
            return Err(EnglishRefusal::NotFinished);
        }
        if self.has_bid() {
            return Err(EnglishRefusal::BidPlaced);
        }
        Ok(Self {
            end: terms.end_from(now)?,
            ..*self
        })
    }

    /// The least bid that [`Self::raised`] takes while bids are open; rounds up, so that the least
    /// step is kept. Nothing where no higher bid is possible.
    ///
    /// # Errors
    /// [`Overflow`] where the comparison would leave 256 bits.
    pub fn least_bid(
        &self,
        terms: &EnglishTerms,
        target: Option<U256>,
    ) -> Result<Option<U256>, Overflow> {
        let step = checked_mul_div(terms.min_step.0, self.bid, WAD, Rounding::Ceil)?;
        let Some(higher) = self.bid.checked_add(U256::ONE) else {
            return Ok(None);
        };
        let least = step.max(higher);
        mul(least, WAD)?;
        Ok(match target {
            Some(target) if target <= self.bid => None,
            Some(target) => Some(least.min(target)),
            None => Some(least),
        })
    }

    /// The largest lot that [`Self::lowered`] takes while bids are open and the target is reached;
    /// rounds down, so that the least step is kept. Nothing where the lot is empty.
    ///
    /// # Errors
    /// [`Overflow`] where the comparison would leave 256 bits or the least step is zero.
    pub fn largest_lot(&self, terms: &EnglishTerms) -> Result<Option<U256>, Overflow> {
        let Some(lower) = self.lot.checked_sub(U256::ONE) else {
            return Ok(None);
        };
        let step = checked_mul_div(self.lot, WAD, terms.min_step.0, Rounding::Floor)?;
        Ok(Some(step.min(lower)))
    }

    /// Whether the highest bid has won.
    ///
    /// # Errors
    /// [`EnglishRefusal::NotFinished`].
    pub fn finished(&self, now: Timestamp) -> Result<(), EnglishRefusal> {
        let over = self.bid_expiry < now || self.end < now;
        if self.has_bid() && over {
            Ok(())
        } else {
            Err(EnglishRefusal::NotFinished)
        }
    }
}

fn product(x: U256, y: U256) -> Result<U256, EnglishRefusal> {
    mul(x, y).map_err(|_| EnglishRefusal::Arithmetic)
}

#[cfg(test)]
mod tests {
    use super::*;
    use EnglishRefusal::*;

    const TERMS: EnglishTerms = EnglishTerms {
        min_step: Ratio(U256::from_limbs([1_050_000_000_000_000_000, 0, 0, 0])),
        bid_duration: 10,
        duration: 100,
    };

    fn auction(bid: u64, lot: u64, bid_expiry: u64) -> EnglishAuction {
        EnglishAuction {
            bid: U256::from(bid),
            lot: U256::from(lot),
            bidder: Some(AccountId(1)),
            bid_expiry: Timestamp(bid_expiry),
            end: Timestamp(100),
        }
    }

    #[test]
    fn bids_rise_by_the_least_step() {
        let cases = [
            (0, 0, 5, 100, 0, Err(BidNotHigher)),
            (0, 0, 5, 100, 1, Ok(15)),
            (100, 9, 5, 100, 104, Err(IncreaseTooSmall)),
            (100, 9, 5, 100, 105, Ok(15)),
            (100, 9, 5, 99, 105, Err(LotDiffers)),
            (198, 9, 5, 100, 200, Ok(15)),
            (198, 9, 5, 100, 201, Err(AboveTarget)),
            (100, 9, 9, 100, 105, Err(BidExpired)),
            (0, 0, 99, 100, 105, Ok(109)),
            (0, 0, 100, 100, 105, Err(Ended)),
        ];
        for (old, expiry, now, lot, bid, want) in cases {
            let target = Some(U256::from(200));
            let bids = (U256::from(lot), U256::from(bid));
            let got = auction(old, 100, expiry).raised(&TERMS, Timestamp(now), bids, target);
            assert_eq!(
                got.map(|a| a.bid_expiry.0),
                want,
                "{bid} after {old} at {now}"
            );
        }
    }

    #[test]
    fn lots_fall_by_the_least_step() {
        let cases = [
            (199, 199, 90, Err(TargetNotReached)),
            (200, 199, 90, Err(BidDiffers)),
            (200, 200, 105, Err(LotNotLower)),
            (200, 200, 101, Err(DecreaseTooSmall)),
            (200, 200, 100, Ok(100)),
            (200, 200, 0, Ok(0)),
        ];
        for (old, bid, lot, want) in cases {
            let bids = (U256::from(lot), U256::from(bid));
            let target = Some(U256::from(200));
            let got = auction(old, 105, 9).lowered(&TERMS, Timestamp(5), bids, target);
            assert_eq!(got.map(|a| a.lot.to::<u64>()), want, "{lot} for {bid}");
        }
    }

    #[test]
    fn ends() {
        let finished = |expiry, now| auction(1, 1, expiry).finished(Timestamp(now));
        assert_eq!(finished(9, 9), Err(NotFinished));
        assert_eq!(finished(9, 10), Ok(()));
        assert_eq!(finished(109, 100), Err(NotFinished));
        assert_eq!(finished(109, 101), Ok(()));
        assert_eq!(finished(0, 200), Err(NotFinished));
        let extended = |expiry, now| auction(1, 1, expiry).extended(&TERMS, Timestamp(now));
        assert_eq!(extended(0, 100), Err(NotFinished));
        assert_eq!(extended(9, 101), Err(BidPlaced));
        assert_eq!(extended(0, 101).map(|a| a.end), Ok(Timestamp(201)));
        let latest = EnglishAuction::default().extended(&TERMS, Timestamp(TIME_MASK));
        assert_eq!(latest, Err(Arithmetic));
    }
}
