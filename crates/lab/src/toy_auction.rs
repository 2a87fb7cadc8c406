//! The smallest lender that sells by auction: ether against dollars, one auction an account.

use backstop_core::protocol::*;
use backstop_core::units::{Amount, Bps, Price, Ratio, Timestamp, U256, Value};

const WAD: u128 = 1_000_000_000_000_000_000;
const THRESHOLD: u128 = 80;
/// Seconds for which a bid stands.
const STANDS_S: u64 = 600;
/// What a start brings, in cents.
const REWARD: u128 = 1_000;
/// A share of the lot that depositors get at the start, in percent.
const DEPOSITORS: u128 = 30;

pub(crate) const ETH: AssetId = AssetId(0);
pub(crate) const USD: AssetId = AssetId(1);
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

/// Lender of dollars (2 decimals) against ether (4 decimals), prices with 8 decimals.
#[derive(Clone, Debug)]
pub(crate) struct AuctionToy {
    assets: Vec<Asset>,
    sale: Sale,
    accounts: Vec<(u128, u128)>,
    auctions: Vec<Option<Auction>>,
    prices: Prices,
    now: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Refused;

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "refused")
    }
}

fn int(n: U256) -> u128 {
    n.to::<u128>()
}

impl AuctionToy {
    /// Accounts in whole ether and whole dollars.
    pub(crate) fn new(sale: Sale, accounts: &[(f64, f64)]) -> Self {
        let asset = |symbol: &str, decimals| Asset {
            symbol: symbol.to_owned(),
            decimals,
        };
        let whole = |(eth, usd): &(f64, f64)| ((eth * 1e4) as u128, (usd * 1e2) as u128);
        Self {
            assets: vec![asset("ETH", 4), asset("USD", 2)],
            sale,
            accounts: accounts.iter().map(whole).collect(),
            auctions: vec![None; accounts.len()],
            prices: Prices(vec![Price::ZERO; 2]),
            now: Timestamp(0),
        }
    }

    fn at(&self, id: AccountId) -> ((u128, u128), Option<Auction>) {
        (self.accounts[id.0 as usize], self.auctions[id.0 as usize])
    }

    /// Cents for a lot at the falling price.
    fn asked(&self, eth: u128, auction: &Auction) -> u128 {
        let percent = 130u128.saturating_sub(u128::from((self.now.0 - auction.since) / 60));
        eth * int(self.prices.get(ETH).0) / 10_000 / 1_000_000 * percent / 100
    }

    fn run(&mut self, offer: &Offer, terms: &Terms) -> Result<Settlement, Refused> {
        let place = offer.account.0 as usize;
        let ((eth, usd), auction) = self.at(offer.account);
        let mut settled = Settlement::default();
        match (offer.kind, auction) {
            (OfferKind::Start, None) => {
                let share = eth * DEPOSITORS / 100;
                self.accounts[place].0 -= share;
                self.auctions[place] = Some(Auction {
                    since: self.now.0,
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
                    since: self.now.0,
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
            _ => return Err(Refused),
        }
        let cleared = int(settled.repaid.0).min(usd);
        settled.seized = Amount::new(eth);
        settled.cleared = Amount::new(cleared);
        settled.taken = vec![(ETH, settled.seized)];
        settled.deficit = vec![(USD, Amount::new(usd - cleared))];
        settled.deficit.retain(|(_, amount)| !amount.is_zero());
        settled.health_after = Ratio::MAX;
        self.accounts[place] = (0, 0);
        self.auctions[place] = None;
        Ok(settled)
    }
}

impl Protocol for AuctionToy {
    type Action = ();
    type Rejection = Refused;

    fn observe(&mut self, now: Timestamp, prices: &Prices) -> Result<Events, Refused> {
        self.now = now;
        self.prices = prices.clone();
        Ok(Events::new())
    }

    fn apply(&mut self, (): &()) -> Result<Events, Refused> {
        Err(Refused)
    }

    fn assets(&self) -> &[Asset] {
        &self.assets
    }

    fn base_decimals(&self) -> u8 {
        8
    }

    fn now(&self) -> Timestamp {
        self.now
    }

    fn accounts(&self) -> u32 {
        self.accounts.len() as u32
    }

    fn health(&self, account: AccountId) -> Result<Health, Refused> {
        let ((eth, usd), auction) = self.at(account);
        let collateral = eth * int(self.prices.get(ETH).0) / 10_000;
        let debt = usd * 1_000_000;
        let factor = match auction {
            _ if debt == 0 => Ratio::MAX,
            Some(_) => Ratio::ZERO,
            None => Ratio::new(collateral * THRESHOLD / 100 * 1_000_000 / debt * (WAD / 1_000_000)),
        };
        Ok(Health {
            collateral: Value::new(collateral),
            debt: Value::new(debt),
            liquidation_threshold: Bps(THRESHOLD as u16 * 100),
            factor,
        })
    }

    fn holdings(&self, account: AccountId) -> Vec<Holding> {
        let ((eth, usd), _) = self.at(account);
        let holding = |asset, collateral, debt| Holding {
            asset,
            collateral: Amount::new(collateral),
            enabled: true,
            debt: Amount::new(debt),
        };
        vec![holding(ETH, eth, 0), holding(USD, 0, usd)]
    }

    fn breaches(&self) -> impl Iterator<Item = AccountId> + '_ {
        let low = |id: &AccountId| self.health(*id).is_ok_and(|h| h.factor < Ratio::new(WAD));
        (0..self.accounts()).map(AccountId).filter(low)
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
        if bidder.is_some() && self.now.0 >= auction.since + STANDS_S {
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

    fn accept(&mut self, offer: &Offer, terms: &Terms) -> Result<Settlement, Refused> {
        self.run(offer, terms)
    }

    fn explain(&self, offer: &Offer, terms: &Terms) -> Result<(Settlement, Trace), Refused> {
        Ok((self.clone().run(offer, terms)?, Trace::new()))
    }

    fn adjust(&mut self, _: AccountId, _: &Adjustment) -> Result<Events, Refused> {
        Err(Refused)
    }

    fn levers(&self) -> Vec<Lever> {
        Vec::new()
    }

    fn state_hash(&self) -> [u8; 32] {
        [0; 32]
    }
}
