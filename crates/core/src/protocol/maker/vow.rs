//! The treasury: bad debt waits in a queue, then surplus cancels it, or an auction covers it.

use super::draft::Draft;
use super::rejection::{Rejection, Ruled};
use crate::protocol::AccountId;
use crate::units::{Timestamp, U256, Value};

impl Draft<'_> {
    /// Puts bad debt into the queue; debts of one second share a place.
    pub(super) fn queue_debt(&mut self, amount: Value) -> Ruled<()> {
        let now = self.now();
        let here = self.queued_at(now).plus(amount)?;
        self.set_queued_at(now, here);
        let queued = &mut self.core.treasury.queued;
        *queued = queued.plus(amount)?;
        Ok(())
    }

    /// Makes money against bad debt of the treasury that waits in the queue.
    pub(super) fn issue_queued(&mut self, receiver: AccountId, amount: Value) -> Ruled<()> {
        self.issue(self.base.roles.treasury, receiver, amount)?;
        self.queue_debt(amount)
    }

    /// Takes the bad debt of one moment out of the queue, once it has waited.
    pub(super) fn release(&mut self, since: U256) -> Ruled<()> {
        let due = since.checked_add(self.core.treasury.queue_delay);
        let due = due.ok_or(Rejection::NoReason)?;
        if due > U256::from(self.now().0) {
            return Err(Rejection::VowWaitNotFinished);
        }
        // No later than now, so it fits.
        let since = Timestamp(u64::try_from(since).unwrap_or(u64::MAX));
        let queued = &mut self.core.treasury.queued;
        *queued = queued.minus(self.base.queue.get(&since).copied().unwrap_or_default())?;
        self.set_queued_at(since, Value::ZERO);
        Ok(())
    }

    /// The treasury's bad debt that is neither queued nor in auction.
    pub(super) fn free_debt(&self) -> Ruled<Value> {
        let treasury = &self.core.treasury;
        let debt = self.account(self.base.roles.treasury)?.bad_debt;
        Ok(debt.minus(treasury.queued)?.minus(treasury.in_auction)?)
    }

    /// The treasury's money.
    pub(super) fn surplus(&self) -> Ruled<Value> {
        Ok(self.account(self.base.roles.treasury)?.coins)
    }

    /// Cancels bad debt against surplus.
    pub(super) fn heal(&mut self, amount: Value) -> Ruled<()> {
        if amount > self.surplus()? {
            return Err(Rejection::VowInsufficientSurplus);
        }
        if amount > self.free_debt()? {
            return Err(Rejection::VowInsufficientDebt);
        }
        self.cancel(self.base.roles.treasury, amount)
    }

    /// Cancels bad debt in auction against surplus.
    pub(super) fn heal_auctioned(&mut self, amount: Value) -> Ruled<()> {
        let treasury = &mut self.core.treasury;
        if amount > treasury.in_auction {
            return Err(Rejection::VowNotEnoughAuctioned);
        }
        treasury.in_auction = treasury.in_auction.minus(amount)?;
        if amount > self.surplus()? {
            return Err(Rejection::VowInsufficientSurplus);
        }
        self.cancel(self.base.roles.treasury, amount)
    }

    /// Shuts the treasury and its houses down: no debt counts as queued or in auction any more, the
    /// money for sale comes back, and surplus cancels bad debt. The queue keeps its entries.
    pub(super) fn shut_down(&mut self) -> Ruled<()> {
        let roles = self.base.roles;
        if !self.core.treasury.enabled {
            return Err(Rejection::VowNotLive);
        }
        let treasury = &mut self.core.treasury;
        treasury.enabled = false;
        treasury.queued = Value::ZERO;
        treasury.in_auction = Value::ZERO;
        self.core.surplus_house.enabled = false;
        self.core.debt_house.enabled = false;
        let for_sale = self.account(roles.surplus_house)?.coins;
        self.pay(roles.surplus_house, roles.treasury, for_sale)?;
        let account = self.account(roles.treasury)?;
        let amount = account.coins.min(account.bad_debt);
        self.cancel(roles.treasury, amount)
    }
}
