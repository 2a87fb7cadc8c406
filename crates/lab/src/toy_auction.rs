//! The smallest lender that sells by auction: ether against dollars, one auction an account.

use crate::toy::{ETH, Refusal, Toy, USD, below_one, int};
use backstop_core::protocol::*;
use backstop_core::units::{Amount, Ratio, Timestamp};

/// Seconds for which a bid stands.
const STANDS_S: u64 = 600;
/// What a start brings, in cents.
const REWARD: u128 = 1_000;
/// A share of the lot that depositors get at the start, in percent.
const DEPOSITORS: u128 = 30;

/// Nobody of the book, and no liquidator.
const POOL: AccountId = AccountId(u32::MAX);

/// How a lot is sold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sale {
    /// Bids, each at least 5 % above the one before.
    Bids,
    /// A price that starts at 130 % of the oracle's and falls by 1 % of it a minute.
    Falling,
}

#[derive(Clone, Copy, Debug, Default)]
struct Auction {
    since: u64,
    bid: u128,
    bidder: Option<AccountId>,
}

/// The accounts of [`Toy`], whose collateral is sold by auction.
#[derive(Clone, Debug)]
pub(crate) struct AuctionToy {
    toy: Toy,
    sale: Sale,
    auctions: Vec<Option<Auction>>,
}

impl AuctionToy {
    /// Accounts in whole ether and whole dollars.
    pub(crate) fn new(sale: Sale, accounts: &[(f64, f64)]) -> Self {
        Self {
            toy: Toy::new(accounts),
            sale,
            auctions: vec![None; accounts.len()],
        }
    }

    fn at(&self, id: AccountId) -> ((u128, u128), Option<Auction>) {
        let at = id.0 as usize;
        (self.toy.accounts[at], self.auctions[at])
    }

    /// Cents for a lot at the falling price.
    fn asked(&self, eth: u128, auction: &Auction) -> u128 {
        let percent = 130u128.saturating_sub(u128::from((self.now().0 - auction.since) / 60));
        eth * self.toy.price(ETH) / 10_000 / 1_000_000 * percent / 100
    }

    fn run(&mut self, offer: &Offer, terms: &Terms) -> Result<Settlement, Refusal> {
        let place = offer.account.0 as usize;
        let ((eth, usd), auction) = self.at(offer.account);
        let mut settled = Settlement::default();
        match (offer.kind, auction) {
            (OfferKind::Start, None) => {
                let share = eth * DEPOSITORS / 100;
                self.toy.accounts[place].0 -= share;
                self.auctions[place] = Some(Auction {
                    since: self.now().0,
                    ..Auction::default()
                });
                settled.reward = Amount::new(REWARD);
                settled.taken = vec![(ETH, Amount::new(share))];
                settled.payouts = vec![Payout {
                    account: POOL,
                    asset: ETH,
                    amount: Amount::new(share),
                }];
                return Ok(settled);
            }
            (OfferKind::Bid, Some(before)) => {
                settled.repaid = terms.repay;
                settled.payouts.extend(before.bidder.map(|account| Payout {
                    account,
                    asset: USD,
                    amount: Amount::new(before.bid),
                }));
                self.auctions[place] = Some(Auction {
                    since: self.now().0,
                    bid: int(terms.repay.0),
                    bidder: Some(terms.liquidator),
                });
                return Ok(settled);
            }
            (OfferKind::Deliver, Some(won)) if won.bidder == Some(terms.liquidator) => {
                settled.repaid = Amount::new(won.bid);
            }
            (OfferKind::Buy, Some(running)) => {
                settled.repaid = Amount::new(self.asked(eth, &running).min(usd));
            }
            _ => return Err(Refusal::NotOffered),
        }
        let cleared = int(settled.repaid.0).min(usd);
        settled.seized = Amount::new(eth);
        settled.cleared = Amount::new(cleared);
        settled.taken = vec![(ETH, settled.seized)];
        settled.deficit = vec![(USD, Amount::new(usd - cleared))];
        settled.deficit.retain(|(_, amount)| !amount.is_zero());
        settled.health_after = Ratio::MAX;
        self.toy.accounts[place] = (0, 0);
        self.auctions[place] = None;
        Ok(settled)
    }
}

impl Protocol for AuctionToy {
    type Action = ();
    type Rejection = Refusal;

    fn observe(&mut self, now: Timestamp, prices: &Prices) -> Result<Events, Refusal> {
        self.toy.observe(now, prices)
    }

    fn apply(&mut self, action: &()) -> Result<Events, Refusal> {
        self.toy.apply(action)
    }

    fn assets(&self) -> &[Asset] {
        self.toy.assets()
    }

    fn base_decimals(&self) -> u8 {
        self.toy.base_decimals()
    }

    fn now(&self) -> Timestamp {
        self.toy.now()
    }

    fn accounts(&self) -> u32 {
        self.toy.accounts()
    }

    fn health(&self, account: AccountId) -> Result<Health, Refusal> {
        let mut health = self.toy.health(account)?;
        if self.auctions[account.0 as usize].is_some() {
            health.factor = Ratio::ZERO;
        }
        Ok(health)
    }

    fn holdings(&self, account: AccountId) -> Vec<Holding> {
        self.toy.holdings(account)
    }

    fn breaches(&self) -> impl Iterator<Item = AccountId> + '_ {
        below_one(self)
    }

    fn offers(&self, account: AccountId) -> Vec<Offer> {
        let ((eth, usd), auction) = self.at(account);
        let bare = Offer {
            account,
            collateral: ETH,
            debt: USD,
            seize_max: Amount::new(eth),
            drift: Drift::Moving,
            ..Offer::default()
        };
        let Some(auction) = auction else {
            return vec![Offer {
                kind: OfferKind::Start,
                reward: Amount::new(REWARD),
                ..bare
            }];
        };
        if self.sale == Sale::Falling {
            let cost = Amount::new(self.asked(eth, &auction).min(usd));
            return vec![Offer {
                kind: OfferKind::Buy,
                repay_min: cost,
                repay_max: cost,
                ..bare
            }];
        }
        let bidder = auction.bidder;
        if bidder.is_some() && self.now().0 >= auction.since + STANDS_S {
            return vec![Offer {
                kind: OfferKind::Deliver,
                repay_max: Amount::new(auction.bid),
                bidder,
                ..bare
            }];
        }
        let least = (auction.bid * 105).div_ceil(100).max(1);
        let bid = Offer {
            kind: OfferKind::Bid,
            repay_min: Amount::new(least),
            repay_max: Amount::new(usd),
            bidder,
            ..bare
        };
        Vec::from_iter((least <= usd).then_some(bid))
    }

    fn accept(&mut self, offer: &Offer, terms: &Terms) -> Result<Settlement, Refusal> {
        self.run(offer, terms)
    }

    fn explain(&self, offer: &Offer, terms: &Terms) -> Result<(Settlement, Trace), Refusal> {
        Ok((self.clone().run(offer, terms)?, Trace::new()))
    }

    fn adjust(&mut self, _: AccountId, _: &Adjustment) -> Result<Events, Refusal> {
        Err(Refusal::NotOffered)
    }

    fn levers(&self) -> Vec<Lever> {
        self.toy.levers()
    }

    fn set_lever(&mut self, name: &str, _: u128) -> Result<Events, Denied<Refusal>> {
        let name = name.to_owned();
        Err(Denied::NoSuchLever { name })
    }

    fn state_hash(&self) -> [u8; 32] {
        self.toy.state_hash()
    }
}
