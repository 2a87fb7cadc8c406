//! What an outsider can do with an account: start a liquidation, bid, buy, end an auction.

use super::super::action::{Action, Outcome};
use super::super::bidding::NextBid;
use super::super::rejection::Ruled;
use super::super::state::{Bid, House};
use super::super::version::Sale;
use super::{AuctionKey, Vaults};
use crate::auction::AuctionId;
use crate::protocol::{AccountId, AssetId, Drift, Offer, OfferKind};
use crate::units::{Amount, Price, Rounding, U256, Value, WAD, mul, mul_div};

/// Most offers of one account.
const OFFERS_MAX: usize = 64;
/// Most auctions of one account that are offered to be ended.
const ENDINGS_MAX: usize = 24;

/// An offer and what is paid at most for one of its lot so far: the lowest first.
struct Ranked {
    offer: Offer,
    rank: U256,
}

impl Vaults {
    /// First what ends, then what begins, then bids and purchases, the lowest bid first.
    pub(super) fn offers_of(&self, account: AccountId) -> Vec<Offer> {
        let mut starts: Vec<Offer> = Vec::new();
        let (mut endings, mut ranked) = (Vec::new(), Vec::new());
        for (kind, _) in self.kinds() {
            let unsafe_now = self.maker.health(kind, account);
            if unsafe_now.is_ok_and(|health| health.unsafe_now) {
                starts.extend(self.liquidation(kind, account));
            }
        }
        for key in self.running_of(account) {
            let Some(found) = self.running_offer(*key, account) else {
                continue;
            };
            match found.offer.kind {
                OfferKind::Deliver => endings.push(found.offer),
                OfferKind::Start => starts.push(found.offer),
                _ => ranked.push(found),
            }
        }
        ranked.sort_by_key(|found| found.rank);
        let mut offers = endings;
        offers.truncate(ENDINGS_MAX);
        // Room for at least as many bids as there may be starts.
        starts.truncate(OFFERS_MAX.saturating_sub(ENDINGS_MAX).saturating_sub(2));
        offers.extend(starts);
        offers.extend(ranked.into_iter().map(|found| found.offer));
        offers.truncate(OFFERS_MAX);
        offers
    }

    fn running_offer(&self, key: AuctionKey, account: AccountId) -> Option<Ranked> {
        let (kind, id) = key;
        let offer = Offer {
            account,
            auction: u64::try_from(id.0).ok()?,
            collateral: self.token(kind).ok()?.asset,
            debt: self.debt,
            bidder: self.auction(key).ok()?.bidder,
            ..Offer::default()
        };
        match self.maker.version.rules().sale {
            Sale::English => self.bid(key, offer),
            Sale::Dutch => self.purchase(key, offer),
        }
    }

    /// The liquidation of a vault, as it would go now.
    fn liquidation(&self, kind: AssetId, account: AccountId) -> Option<Offer> {
        let action = Action::Liquidate {
            asset: kind,
            vault: account,
            keeper: self.outside,
        };
        let Ok(Outcome::Liquidated(taken)) = self.maker.preview(&action) else {
            return None;
        };
        let offer = Offer {
            account,
            kind: OfferKind::Start,
            collateral: self.token(kind).ok()?.asset,
            debt: self.debt,
            ..Offer::default()
        };
        Some(match taken.top {
            None => Offer {
                seize_max: self.tokens_down(kind, taken.collateral),
                ..offer
            },
            Some(top) => {
                let reward = self.units_down(taken.reward.unwrap_or_default());
                let opening = (top, taken.target, taken.collateral);
                self.opening(kind, Offer { reward, ..offer }, opening)
            }
        })
    }

    /// The terms of a Dutch sale at its first price.
    fn opening(&self, kind: AssetId, offer: Offer, sale: (Price, Value, Amount)) -> Offer {
        let (top, target, lot) = sale;
        let cost = mul(lot.0, top.0).unwrap_or(U256::MAX).min(target.0);
        let bought = mul_div(cost, U256::ONE, top.0, Rounding::Floor);
        let bought = Amount(bought.unwrap_or(U256::ZERO)).min(lot);
        Offer {
            repay_max: self.units_up(Value(cost)),
            seize_max: self.tokens_down(kind, bought),
            ..offer
        }
    }

    /// An English auction: its end, a bid, or a new start.
    fn bid(&self, key: AuctionKey, offer: Offer) -> Option<Ranked> {
        let (kind, id) = key;
        let house = House::Collateral(kind);
        let bid = self.maker.bids.get(&(house, id))?;
        let auction = &bid.auction;
        let now = self.maker.core.now;
        let lot = self.tokens_down(kind, Amount(auction.lot));
        let offer = Offer {
            seize_max: lot,
            ..offer
        };
        let offer = if auction.finished(now).is_ok() {
            Offer {
                kind: OfferKind::Deliver,
                repay_min: self.units_up(Value(auction.bid)),
                repay_max: self.units_up(Value(auction.bid)),
                ..offer
            }
        } else if auction.open(now).is_ok() {
            self.next_bid(kind, id, bid, offer)?
        } else {
            let terms = &self.maker.kind(kind).ok()?.english.terms;
            auction.extended(terms, now).ok()?;
            Offer {
                kind: OfferKind::Start,
                ..offer
            }
        };
        let rank = mul_div(auction.bid, WAD, auction.lot, Rounding::Floor);
        let rank = rank.unwrap_or(U256::MAX);
        Some(Ranked { offer, rank })
    }

    fn next_bid(&self, kind: AssetId, id: AuctionId, bid: &Bid, offer: Offer) -> Option<Offer> {
        let offer = Offer {
            kind: OfferKind::Bid,
            drift: Drift::Moving,
            ..offer
        };
        let target = self.units_up(bid.target);
        match self.maker.next_bid(House::Collateral(kind), id).ok()?? {
            NextBid::Raise { bid, .. } => Some(Offer {
                repay_min: self.units_up(Value(bid)),
                repay_max: target,
                ..offer
            }),
            NextBid::Lower { lot, .. } => {
                let seize_max = self.tokens_down(kind, Amount(lot));
                (!seize_max.is_zero()).then_some(Offer {
                    repay_min: target,
                    repay_max: target,
                    seize_max,
                    ..offer
                })
            }
        }
    }

    /// A Dutch auction: a purchase, or a new start.
    fn purchase(&self, key: AuctionKey, offer: Offer) -> Option<Ranked> {
        let (kind, id) = key;
        let sale = self.maker.sales.get(&key)?;
        if let Ok((paid, bought)) = self.maker.largest_purchase(kind, id) {
            let rest = self.maker.kind(kind).ok()?.dutch.terms.min_rest;
            let repay_max = self.units_up(paid);
            let whole = sale.auction.target <= rest;
            let offer = Offer {
                kind: OfferKind::Buy,
                drift: Drift::Moving,
                repay_min: if whole { repay_max } else { Amount::ZERO },
                repay_max,
                seize_max: self.tokens_down(kind, bought),
                ..offer
            };
            let rank = mul_div(paid.0, WAD, bought.0, Rounding::Floor);
            let rank = rank.unwrap_or(U256::MAX);
            return Some(Ranked { offer, rank });
        }
        let (top, reward) = self.restart(kind, id).ok()??;
        let offer = Offer {
            kind: OfferKind::Start,
            reward: self.units_down(reward),
            ..offer
        };
        let auction = &sale.auction;
        let opening = (top, auction.target, auction.lot);
        Some(Ranked {
            offer: self.opening(kind, offer, opening),
            rank: U256::ZERO,
        })
    }

    /// The first price of a Dutch auction that is started again, and the reward for it.
    fn restart(&self, kind: AssetId, id: AuctionId) -> Ruled<Option<(Price, Value)>> {
        let outcome = self.maker.preview(&Action::Reset {
            asset: kind,
            auction: id,
            keeper: self.outside,
        })?;
        Ok(match outcome {
            Outcome::Restarted { top, reward } => Some((top, reward)),
            _ => None,
        })
    }
}
