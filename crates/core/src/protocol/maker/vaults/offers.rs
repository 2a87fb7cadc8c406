//! What an outsider can do with an account: start a liquidation, bid, buy, end an auction.

use super::super::action::{Action, Outcome};
use super::super::bidding::NextBid;
use super::super::rejection::Ruled;
use super::super::state::{Bid, House};
use super::super::version::Sale;
use super::{AuctionKey, Vaults};
use crate::auction::AuctionId;
use crate::protocol::{AccountId, AssetId, Drift, Offer, OfferKind};
use crate::units::{Amount, Price, U256, Value, div, mul};

/// Most offers of one account.
const OFFERS_MAX: usize = 64;
/// Most auctions of one account that are offered to be ended.
const ENDINGS_MAX: usize = 24;
/// Liquidations are added below so many offers, to leave room for bids.
const STARTS_UNTIL: usize = 32;

/// Where an auction stands, and how much is bid or asked for a wad of its lot; ordered as offers are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    stage: Stage,
    price: U256,
    key: AuctionKey,
}

/// Where an auction stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    /// It ended with a bid.
    Won,
    /// It takes bids or buyers, or waits to be started again.
    Open,
}

impl Vaults {
    /// First what ends, then what begins, then bids and purchases, the lowest bid first.
    pub(super) fn offers_of(&self, account: AccountId) -> Vec<Offer> {
        let mut offers: Vec<Offer> = Vec::new();
        let mut ranks: Vec<Rank> = Vec::new();
        let running = self.running_of(account);
        ranks.extend(running.iter().filter_map(|key| self.rank(*key)));
        ranks.sort_unstable();
        let won = ranks.partition_point(|rank| rank.stage == Stage::Won);
        let (won, open) = ranks.split_at(won.min(ranks.len()));
        let offered = |rank: &Rank| self.running_offer(rank.key, account);
        offers.extend(won.iter().filter_map(offered).take(ENDINGS_MAX));
        for (kind, _) in self.kinds() {
            let health = self.maker.health(kind, account);
            if health.is_ok_and(|health| health.unsafe_now) && offers.len() < STARTS_UNTIL {
                offers.extend(self.liquidation(kind, account));
            }
        }
        let room = OFFERS_MAX.saturating_sub(offers.len());
        offers.extend(open.iter().filter_map(offered).take(room));
        offers
    }

    /// The place of an auction among the account's, without what an offer of it costs.
    fn rank(&self, key: AuctionKey) -> Option<Rank> {
        let (kind, id) = key;
        if let Some(bid) = self.maker.bids.get(&(House::Collateral(kind), id)) {
            let auction = &bid.auction;
            let stage = match auction.finished(self.maker.core.now) {
                Ok(()) => Stage::Won,
                Err(_) => Stage::Open,
            };
            let price = div(auction.bid, auction.lot).unwrap_or(U256::MAX);
            return Some(Rank { stage, price, key });
        }
        let sale = self.maker.sales.get(&key)?;
        Some(Rank {
            stage: Stage::Open,
            // The longer it has run, the lower its price.
            price: U256::from(sale.auction.started.0),
            key,
        })
    }

    fn running_offer(&self, key: AuctionKey, account: AccountId) -> Option<Offer> {
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
        let bought = Amount(div(cost, top.0).unwrap_or(U256::ZERO)).min(lot);
        Offer {
            repay_max: self.units_up(Value(cost)),
            seize_max: self.tokens_down(kind, bought),
            ..offer
        }
    }

    /// An English auction: its end, a bid, or a new start.
    fn bid(&self, key: AuctionKey, offer: Offer) -> Option<Offer> {
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
        if auction.finished(now).is_ok() {
            let paid = self.units_up(Value(auction.bid));
            return Some(Offer {
                kind: OfferKind::Deliver,
                repay_min: paid,
                repay_max: paid,
                ..offer
            });
        }
        if auction.open(now).is_ok() {
            return self.next_bid(kind, id, bid, offer);
        }
        let terms = &self.maker.kind(kind).ok()?.english.terms;
        auction.extended(terms, now).ok()?;
        Some(Offer {
            kind: OfferKind::Start,
            ..offer
        })
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
    fn purchase(&self, key: AuctionKey, offer: Offer) -> Option<Offer> {
        let (kind, id) = key;
        let sale = self.maker.sales.get(&key)?;
        if let Ok((paid, bought)) = self.maker.largest_purchase(kind, id) {
            let rest = self.maker.kind(kind).ok()?.dutch.terms.min_rest;
            let repay_max = self.units_up(paid);
            let whole = sale.auction.target <= rest;
            return Some(Offer {
                kind: OfferKind::Buy,
                drift: Drift::Moving,
                repay_min: if whole { repay_max } else { Amount::ZERO },
                repay_max,
                seize_max: self.tokens_down(kind, bought),
                ..offer
            });
        }
        let (top, reward) = self.restart(kind, id).ok()??;
        let offer = Offer {
            kind: OfferKind::Start,
            reward: self.units_down(reward),
            ..offer
        };
        let auction = &sale.auction;
        let opening = (top, auction.target, auction.lot);
        Some(self.opening(kind, offer, opening))
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
