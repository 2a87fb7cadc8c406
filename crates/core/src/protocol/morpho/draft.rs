//! A working copy of what one action touches: computed and refused here, then committed whole.

use super::event::{Accrual, Event, Events};
use super::interest::accrue;
use super::math::{Ruled, stored_rest, stored_sum, sum};
use super::rejection::Rejection;
use super::shares::Pot;
use super::state::{Holdings, Market, Position, Totals};
use crate::protocol::AccountId;
use crate::units::{Amount, Shares, U256};

/// The working copy. At most two positions change: the subject's and the fee recipient's.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    pub(super) market: &'a Market,
    pub(super) totals: Totals,
    pub(super) holdings: Holdings,
    positions: Vec<(AccountId, Position)>,
    pub(super) events: Events,
}

/// What a draft changes, detached from the market it was computed on.
#[derive(Debug)]
pub(super) struct Changes {
    totals: Totals,
    holdings: Holdings,
    positions: Vec<(AccountId, Position)>,
    events: Events,
}

impl<'a> Draft<'a> {
    pub(super) fn new(market: &'a Market) -> Self {
        Self {
            market,
            totals: market.totals,
            holdings: market.holdings,
            positions: Vec::with_capacity(2),
            events: Events::with_capacity(2),
        }
    }

    /// The suppliers' side as it stands.
    pub(super) fn supply_pot(&self) -> Pot {
        self.totals.supply(self.market.rules)
    }

    /// The borrowers' side as it stands.
    pub(super) fn borrow_pot(&self) -> Pot {
        self.totals.borrow(self.market.rules)
    }

    pub(super) fn position(&self, id: AccountId) -> Ruled<Position> {
        match self.positions.iter().find(|(held, _)| *held == id) {
            Some((_, position)) => Ok(*position),
            None => self.market.held(id),
        }
    }

    pub(super) fn put(&mut self, id: AccountId, position: Position) {
        match self.positions.iter_mut().find(|(held, _)| *held == id) {
            Some((_, held)) => *held = position,
            None => self.positions.push((id, position)),
        }
    }

    /// Adds interest up to now and gives the fee recipient its shares.
    pub(super) fn accrue(&mut self) -> Ruled<()> {
        let market = self.market;
        let Some(interest) = accrue(market.rules, market.irm, &mut self.totals, market.now)? else {
            return Ok(());
        };
        if !interest.fee_shares.is_zero() {
            let mut recipient = self.position(market.fee_recipient)?;
            recipient.supply_shares = recipient.supply_shares.plus(interest.fee_shares)?;
            self.put(market.fee_recipient, recipient);
        }
        self.events.push(Event::Accrued(Accrual {
            rate: interest.rate,
            interest: interest.assets,
            fee_shares: interest.fee_shares,
        }));
        Ok(())
    }

    pub(super) fn mint_supply(&mut self, id: AccountId, shares: Shares) -> Ruled<()> {
        let mut position = self.position(id)?;
        position.supply_shares = position.supply_shares.plus(shares)?;
        self.put(id, position);
        let total = &mut self.totals.supply_shares;
        *total = Shares(stored_sum(total.0, shares.0)?);
        Ok(())
    }

    pub(super) fn burn_supply(&mut self, id: AccountId, shares: Shares) -> Ruled<()> {
        let mut position = self.position(id)?;
        position.supply_shares = position.supply_shares.minus(shares)?;
        self.put(id, position);
        let total = &mut self.totals.supply_shares;
        *total = Shares(stored_rest(total.0, shares.0)?);
        Ok(())
    }

    pub(super) fn mint_debt(&mut self, id: AccountId, shares: Shares) -> Ruled<()> {
        let mut position = self.position(id)?;
        position.borrow_shares = Shares(stored_sum(position.borrow_shares.0, shares.0)?);
        self.put(id, position);
        let total = &mut self.totals.borrow_shares;
        *total = Shares(stored_sum(total.0, shares.0)?);
        Ok(())
    }

    pub(super) fn burn_debt(&mut self, id: AccountId, shares: Shares) -> Ruled<()> {
        let mut position = self.position(id)?;
        position.borrow_shares = Shares(stored_rest(position.borrow_shares.0, shares.0)?);
        self.put(id, position);
        let total = &mut self.totals.borrow_shares;
        *total = Shares(stored_rest(total.0, shares.0)?);
        Ok(())
    }

    pub(super) fn add_collateral(&mut self, id: AccountId, assets: Amount) -> Ruled<()> {
        let mut position = self.position(id)?;
        position.collateral = Amount(stored_sum(position.collateral.0, assets.0)?);
        self.put(id, position);
        self.holdings.collateral = self.holdings.collateral.plus(assets)?;
        Ok(())
    }

    pub(super) fn take_collateral(&mut self, id: AccountId, assets: Amount) -> Ruled<()> {
        let mut position = self.position(id)?;
        position.collateral = Amount(stored_rest(position.collateral.0, assets.0)?);
        self.put(id, position);
        self.holdings.collateral = self.holdings.collateral.minus(assets)?;
        Ok(())
    }

    /// Takes a payment of debt off what is borrowed, which may be short of it by 1.
    pub(super) fn settle(&mut self, paid: Amount) -> Ruled<()> {
        let owed = self.totals.borrow_assets;
        self.totals.borrow_assets = owed.minus_or_zero(paid);
        self.holdings.excess = self.holdings.excess.plus(paid.minus_or_zero(owed))?;
        self.holdings.loan = self.holdings.loan.plus(paid)?;
        Ok(())
    }

    /// The changes, free of the market.
    pub(super) fn finish(self) -> Changes {
        Changes {
            totals: self.totals,
            holdings: self.holdings,
            positions: self.positions,
            events: self.events,
        }
    }
}

/// A net change, modulo 2^256: quantities are far smaller, so equal changes are equal.
fn net(before: U256, after: U256) -> U256 {
    after.wrapping_sub(before)
}

impl Changes {
    /// Writes the changes and tells the events.
    ///
    /// # Panics
    /// When tokens or claims do not balance: a broken invariant, never a matter of input.
    pub(super) fn commit(self, market: &mut Market) -> Events {
        self.assert_claims(market);
        self.assert_tokens();
        // Nothing below can fail.
        market.totals = self.totals;
        market.holdings = self.holdings;
        for (id, position) in self.positions {
            market.book.set(id, position);
        }
        self.events
    }

    /// What positions gain or lose, the totals gain or lose.
    fn assert_claims(&self, market: &Market) {
        let (mut supply, mut borrow, mut collateral) = (U256::ZERO, U256::ZERO, U256::ZERO);
        for (id, now) in &self.positions {
            let held = market.book.get(*id).copied().unwrap_or_default();
            let add = |sum: U256, before, after| sum.wrapping_add(net(before, after));
            supply = add(supply, held.supply_shares.0, now.supply_shares.0);
            borrow = add(borrow, held.borrow_shares.0, now.borrow_shares.0);
            collateral = add(collateral, held.collateral.0, now.collateral.0);
        }
        let (old, new) = (&market.totals, &self.totals);
        assert!(
            supply == net(old.supply_shares.0, new.supply_shares.0),
            "INV-02: supply shares do not balance"
        );
        assert!(
            borrow == net(old.borrow_shares.0, new.borrow_shares.0),
            "INV-02: borrow shares do not balance"
        );
        assert!(
            collateral == net(market.holdings.collateral.0, self.holdings.collateral.0),
            "INV-01: collateral tokens do not balance"
        );
    }

    /// The loan tokens held are what was supplied and not borrowed, plus the excess.
    fn assert_tokens(&self) {
        let (totals, held) = (&self.totals, &self.holdings);
        let lent = sum(held.loan.0, totals.borrow_assets.0);
        let owned = sum(totals.supply_assets.0, held.excess.0);
        assert!(
            lent.is_ok() && lent == owned,
            "INV-01: loan tokens do not balance"
        );
    }
}

impl Market {
    /// The subject of an operation on a market that exists; refuses any other.
    pub(super) fn require_created(&self) -> Ruled<()> {
        let created = self.totals.last_update.0 != 0;
        created.then_some(()).ok_or(Rejection::MarketNotCreated)
    }
}
