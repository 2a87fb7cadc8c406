//! SHA-256 over the whole state.
//!
//! Order: version, totals and parameters of the system, addresses, collateral types, accounts,
//! queue, Dutch auctions, English auctions. Numbers of 256 bits are 32 bytes, big-endian; smaller
//! ones are 8 bytes, big-endian; a choice is its place, then what it holds.

use super::Maker;
use super::account::Account;
use super::state::{Bid, CollateralType, Core, House};
use crate::auction::{EnglishAuction, EnglishTerms, PriceCurve};
use crate::oracle::Quote;
use crate::protocol::AccountId;
use crate::protocol::feed::PriceFeed;
use crate::units::U256;
use sha2::{Digest, Sha256};

/// Takes numbers.
pub(super) struct Sink(Sha256);

impl Sink {
    pub(super) fn new() -> Self {
        Self(Sha256::new())
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub(super) fn wide(&mut self, numbers: &[U256]) {
        for number in numbers {
            self.0.update(number.to_be_bytes::<32>());
        }
    }

    pub(super) fn small(&mut self, number: impl Into<u64>) {
        let number: u64 = number.into();
        self.0.update(number.to_be_bytes());
    }

    /// One more than the id; 0 for nobody.
    pub(super) fn party(&mut self, id: Option<AccountId>) {
        self.small(id.map_or(0, |AccountId(id)| u64::from(id).saturating_add(1)));
    }

    pub(super) fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }

    fn terms(&mut self, terms: &EnglishTerms) {
        self.wide(&[terms.min_step.0]);
        self.small(terms.bid_duration);
        self.small(terms.duration);
    }

    fn auction(&mut self, auction: &EnglishAuction) {
        self.wide(&[auction.bid, auction.lot]);
        self.party(auction.bidder);
        self.small(auction.bid_expiry.0);
        self.small(auction.end.0);
    }

    fn quote(&mut self, quote: &Quote) {
        self.wide(&[quote.value]);
        self.small(quote.valid);
    }

    fn feed(&mut self, feed: &PriceFeed) {
        match feed {
            PriceFeed::Direct(quote) => {
                self.small(0u8);
                self.quote(quote);
            }
            PriceFeed::Delayed(feed) => {
                self.small(1u8);
                for quote in [&feed.source, &feed.current, &feed.next] {
                    self.quote(quote);
                }
                self.small(feed.delay);
                self.small(feed.updated.0);
                self.small(feed.stopped);
            }
        }
    }

    fn curve(&mut self, curve: &PriceCurve) {
        match curve {
            PriceCurve::Linear { duration } => {
                self.small(0u8);
                self.wide(&[*duration]);
            }
            PriceCurve::Stairstep { cut, step } => {
                self.small(1u8);
                self.wide(&[cut.0, *step]);
            }
            PriceCurve::Exponential { cut } => {
                self.small(2u8);
                self.wide(&[cut.0]);
            }
        }
    }

    fn core(&mut self, core: &Core) {
        self.small(core.now.0);
        let (liquidations, treasury) = (&core.liquidations, &core.treasury);
        self.wide(&[
            core.issued.0,
            core.unbacked.0,
            core.tokens.0,
            core.debt_ceiling.0,
            core.target_price.0,
            liquidations.limit.0,
            liquidations.in_auction.0,
            treasury.queued.0,
            treasury.in_auction.0,
            treasury.queue_delay,
            treasury.debt_lot.0,
            treasury.debt_bid.0,
            treasury.surplus_lot.0,
            treasury.surplus_buffer.0,
        ]);
        let (debt, surplus) = (&core.debt_house, &core.surplus_house);
        for enabled in [
            liquidations.enabled,
            treasury.enabled,
            debt.enabled,
            surplus.enabled,
        ] {
            self.small(enabled);
        }
        self.terms(&debt.terms);
        self.wide(&[debt.lot_growth.0, debt.started]);
        self.terms(&surplus.terms);
        self.wide(&[surplus.started, surplus.limit.0, surplus.in_auction.0]);
    }

    fn kind(&mut self, kind: &CollateralType) {
        let (dutch, lending) = (&kind.dutch, &kind.lending);
        self.small(kind.house.0);
        self.wide(&[
            kind.debt.0,
            kind.debt_index.0,
            kind.safe_price.0,
            kind.debt_floor.0,
            kind.liquidation_ratio.0,
            kind.penalty,
            kind.limit.0,
            kind.in_auction.0,
            kind.lot_max,
        ]);
        self.feed(&kind.feed);
        self.curve(&dutch.terms.curve);
        self.wide(&[
            dutch.terms.reset_after,
            dutch.terms.reset_below.0,
            dutch.terms.min_rest.0,
            dutch.start_factor.0,
            dutch.keeper_share.0,
            dutch.keeper_flat.0,
            dutch.halted,
            dutch.started,
        ]);
        self.terms(&kind.english.terms);
        self.wide(&[
            kind.english.started,
            kind.breaker.tolerance.0,
            kind.breaker.locked_until,
            lending.ceiling.0,
            lending.growth.0,
        ]);
        self.small(lending.accrued.0);
    }

    fn account(&mut self, account: &Account) {
        self.wide(&[account.coins.0, account.bad_debt.0, account.tokens.0]);
        for held in account.holdings() {
            self.small(held.asset.0);
            self.wide(&[held.locked.0, held.debt.0, held.free.0]);
        }
    }

    fn bid(&mut self, house: House, bid: &Bid) {
        match house {
            House::Collateral(asset) => {
                self.small(0u8);
                self.small(asset.0);
            }
            House::Debt => self.small(1u8),
            House::Surplus => self.small(2u8),
        }
        self.auction(&bid.auction);
        self.party(bid.owner);
        self.party(bid.recipient);
        self.wide(&[bid.target.0]);
    }
}

impl Maker {
    /// SHA-256 over the whole state in a documented order.
    pub fn state_hash(&self) -> [u8; 32] {
        let mut sink = Sink::new();
        sink.bytes(self.version.number().as_bytes());
        sink.core(&self.core);
        let roles = &self.roles;
        for AccountId(id) in [roles.treasury, roles.liquidator, roles.surplus_house] {
            sink.small(id);
        }
        for kind in self.kinds.iter() {
            sink.kind(kind);
        }
        for (id, account) in self.accounts.iter() {
            sink.small(id.0);
            sink.account(account);
        }
        for (since, amount) in self.queue.iter() {
            sink.small(since.0);
            sink.wide(&[amount.0]);
        }
        for ((asset, id), sale) in self.sales.iter() {
            sink.small(asset.0);
            let auction = &sale.auction;
            sink.wide(&[id.0, auction.target.0, auction.lot.0, auction.top.0]);
            sink.small(auction.started.0);
            sink.small(sale.owner.0);
            sink.small(u64::try_from(sale.place).unwrap_or(u64::MAX));
        }
        for ((house, id), bid) in self.bids.iter() {
            sink.wide(&[id.0]);
            sink.bid(*house, bid);
        }
        sink.finish()
    }
}
