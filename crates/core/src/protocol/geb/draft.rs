//! A working copy of what one action touches: computed and refused here, then committed whole.

use super::Geb;
use super::math::SAFES;
use super::rejection::{Rejection, Ruled};
use super::state::{Account, Bid, Core};
use crate::auction::AuctionId;
use crate::protocol::AccountId;
use crate::units::{Amount, U256, Value};
use std::sync::Arc;

/// The working copy.
pub(super) struct Draft<'a> {
    pub(super) base: &'a Geb,
    pub(super) core: Core,
    accounts: Vec<(AccountId, Account)>,
    bid: Option<(AuctionId, Option<Bid>)>,
}

/// What a draft changes, detached from the system it was computed on.
pub(super) struct Changes {
    core: Core,
    accounts: Vec<(AccountId, Account)>,
    bid: Option<(AuctionId, Option<Bid>)>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(base: &'a Geb) -> Self {
        Self {
            base,
            core: base.core,
            accounts: Vec::with_capacity(4),
            bid: None,
        }
    }

    pub(super) fn account(&self, id: AccountId) -> Ruled<Account> {
        let touched = self.accounts.iter().find(|(key, _)| *key == id);
        let found = touched.map(|(_, account)| *account);
        found
            .or_else(|| self.base.accounts.get(id).copied())
            .ok_or(Rejection::AccountUnknown)
    }

    pub(super) fn put(&mut self, id: AccountId, account: Account) {
        match self.accounts.iter_mut().find(|(key, _)| *key == id) {
            Some((_, place)) => *place = account,
            None => self.accounts.push((id, account)),
        }
    }

    /// Moves coins; one may pay oneself, but must have them.
    pub(super) fn pay(&mut self, from: AccountId, to: AccountId, amount: Value) -> Ruled<()> {
        let mut payer = self.account(from)?;
        payer.coins = Value(SAFES.subtract(payer.coins.0, amount.0)?);
        self.put(from, payer);
        let mut receiver = self.account(to)?;
        receiver.coins = Value(SAFES.add(receiver.coins.0, amount.0)?);
        self.put(to, receiver);
        Ok(())
    }

    /// Moves collateral that is not locked.
    pub(super) fn deliver(&mut self, from: AccountId, to: AccountId, amount: Amount) -> Ruled<()> {
        let mut giver = self.account(from)?;
        giver.free = Amount(SAFES.subtract(giver.free.0, amount.0)?);
        self.put(from, giver);
        let mut receiver = self.account(to)?;
        receiver.free = Amount(SAFES.add(receiver.free.0, amount.0)?);
        self.put(to, receiver);
        Ok(())
    }

    pub(super) fn put_bid(&mut self, id: AuctionId, bid: Option<Bid>) {
        self.bid = Some((id, bid));
    }

    /// What the action changes, once nothing can be refused any more.
    ///
    /// # Panics
    /// When something does not balance: a broken invariant, never a matter of input.
    pub(super) fn finish(self) -> Changes {
        self.assert_balanced();
        Changes {
            core: self.core,
            accounts: self.accounts,
            bid: self.bid,
        }
    }

    /// Conservation of collateral, and of coins less debt; confiscated debt becomes bad debt; the house holds what
    /// its auctions sell, and the sum of debt in auction is that of their targets.
    fn assert_balanced(&self) {
        let index = self.core.safes.debt_index.0;
        let mut coins = Net::default();
        let mut collateral = Net::default();
        let mut debts = Net::default();
        let mut house = Net::default();
        for (id, new) in &self.accounts {
            let Some(old) = self.base.accounts.get(*id) else {
                continue;
            };
            coins.add(old.coins.0, new.coins.0);
            collateral.add(old.locked.0, new.locked.0);
            collateral.add(old.free.0, new.free.0);
            debts.add(old.bad_debt.0, new.bad_debt.0);
            let owed = |account: &Account| account.debt.0.wrapping_mul(index);
            debts.add(owed(old), owed(new));
            if *id == self.base.roles.house {
                house.add(old.free.0, new.free.0);
            }
        }
        assert!(collateral == Net::default(), "collateral does not balance");
        // Debt that is paid back takes its coins out of the world.
        assert!(coins == debts, "coins and debt do not balance");
        let (mut lots, mut targets) = (Net::default(), Net::default());
        if let Some((id, new)) = &self.bid {
            let old = self.base.bids.get(id).copied().unwrap_or_default();
            let new = new.unwrap_or_default();
            lots.add(old.lot.0, new.lot.0);
            targets.add(old.target.0, new.target.0);
        }
        assert!(
            lots == house,
            "the auction house holds other collateral than its auctions sell"
        );
        let mut in_auction = Net::default();
        let before = self.base.core.engine.in_auction;
        in_auction.add(before.0, self.core.engine.in_auction.0);
        assert!(
            targets == in_auction,
            "debt in auction differs from the auctions' targets"
        );
    }
}

impl Geb {
    /// Writes what a draft changed; nothing in here can fail.
    pub(super) fn commit(&mut self, changes: Changes) {
        self.core = changes.core;
        for (id, account) in changes.accounts {
            self.accounts.set(id, account);
        }
        if let Some((id, bid)) = changes.bid {
            let bids = Arc::make_mut(&mut self.bids);
            match bid {
                Some(bid) => bids.insert(id, bid),
                None => bids.remove(&id),
            };
        }
    }
}

/// A net change, modulo 2^256: quantities are far smaller, so equal changes are equal.
#[derive(Clone, Copy, Default, PartialEq)]
struct Net(U256);

impl Net {
    fn add(&mut self, old: U256, new: U256) {
        self.0 = self.0.wrapping_add(new.wrapping_sub(old));
    }
}
