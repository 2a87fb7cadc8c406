//! SHA-256 over the whole state.
//!
//! Order: time, safes, liquidations, redemption price, feeds, house, queued debt, accounts by id,
//! auctions by number. Numbers of 256 bits are 32 bytes, those of 64 bits 8, all big-endian.

use super::Geb;
use super::state::{Account, Bid, Feed};
use crate::units::U256;
use sha2::{Digest, Sha256};

struct Sink(Sha256);

impl Sink {
    fn wide(&mut self, numbers: &[U256]) {
        for n in numbers {
            self.0.update(n.to_be_bytes::<32>());
        }
    }

    fn small(&mut self, n: u64) {
        self.0.update(n.to_be_bytes());
    }

    fn feed(&mut self, feed: &Feed) {
        self.wide(&[feed.value]);
        self.0
            .update([u8::from(feed.valid), u8::from(feed.connected)]);
    }

    fn account(&mut self, account: &Account) {
        self.wide(&[
            account.coins.0,
            account.bad_debt.0,
            account.free.0,
            account.locked.0,
            account.debt.0,
        ]);
    }

    fn bid(&mut self, bid: &Bid) {
        self.wide(&[
            bid.lot.0,
            bid.target.0,
            bid.discount.0,
            bid.last_discount.0,
            bid.discount_rate.0,
        ]);
        self.small(bid.updated.0);
        self.small(bid.deadline.0);
        self.small(bid.owner.0.into());
        self.small(bid.recipient.0.into());
    }

    fn core(&mut self, geb: &Geb) {
        let core = geb.core();
        let (safes, engine, relayer, house) =
            (&core.safes, &core.engine, &core.relayer, &core.house);
        self.small(core.now.0);
        self.wide(&[
            safes.debt_index.0,
            safes.liquidation_price.0,
            safes.debt_floor.0,
        ]);
        self.0.update([u8::from(engine.enabled)]);
        self.wide(&[
            engine.limit.0,
            engine.in_auction.0,
            engine.penalty.0,
            engine.lot_max.0,
        ]);
        self.wide(&[
            relayer.price.0,
            relayer.rate.0,
            relayer.rate_min.0,
            relayer.rate_max.0,
            relayer.liquidation_ratio.0,
        ]);
        self.small(relayer.updated.0);
        for feed in [&core.feeds.delayed, &core.feeds.median, &core.feeds.coin] {
            self.feed(feed);
        }
        self.wide(&[
            house.bid_min.0,
            house.first_discount.0,
            house.last_discount.0,
            house.discount_rate.0,
            house.discount_duration,
            house.collateral_lower.0,
            house.collateral_upper.0,
            house.coin_lower.0,
            house.coin_upper.0,
            house.coin_min.0,
            house.last_redemption_price.0,
            house.started,
            core.queued.0,
        ]);
    }
}

impl Geb {
    /// SHA-256 over the whole state, in the order that the module tells.
    pub fn state_hash(&self) -> [u8; 32] {
        let mut sink = Sink(Sha256::new());
        sink.core(self);
        for (_, account) in self.accounts.iter() {
            sink.account(account);
        }
        for (id, bid) in self.bids() {
            sink.wide(&[id.0]);
            sink.bid(bid);
        }
        sink.0.finalize().into()
    }
}
