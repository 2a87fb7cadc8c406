//! Everything but liquidation: lending, borrowing, collateral, and the contract's settings.

use super::action::Quantity;
use super::draft::Draft;
use super::event::Event;
use super::math::Ruled;
use super::rejection::Rejection;
use super::shares::Pot;
use crate::protocol::AccountId;
use crate::units::{Amount, Ratio, Shares};

/// Refuses unless exactly one of two quantities is zero.
pub(super) fn require_one(first_is_zero: bool, second_is_zero: bool) -> Ruled<()> {
    let one = first_is_zero != second_is_zero;
    one.then_some(()).ok_or(Rejection::InconsistentInput)
}

impl Quantity {
    fn require_one(self) -> Ruled<()> {
        require_one(self.assets.is_zero(), self.shares.is_zero())
    }

    /// Both figures where the account pays: fewer shares for assets, more assets for shares.
    fn paid(self, pot: &Pot) -> Ruled<(Amount, Shares)> {
        if self.assets.is_zero() {
            Ok((pot.assets_up(self.shares)?, self.shares))
        } else {
            Ok((self.assets, pot.shares_down(self.assets)?))
        }
    }

    /// Both figures where the account is paid: more shares for assets, fewer assets for shares.
    fn received(self, pot: &Pot) -> Ruled<(Amount, Shares)> {
        if self.assets.is_zero() {
            Ok((pot.assets_down(self.shares)?, self.shares))
        } else {
            Ok((self.assets, pot.shares_up(self.assets)?))
        }
    }
}

impl Draft<'_> {
    pub(super) fn create(&mut self) -> Ruled<()> {
        if self.market.require_created().is_ok() {
            return Err(Rejection::MarketAlreadyCreated);
        }
        self.totals.last_update = self.market.now;
        self.events.push(Event::Created);
        Ok(())
    }

    pub(super) fn set_fee(&mut self, fee: Ratio) -> Ruled<()> {
        self.market.require_created()?;
        if fee == self.totals.fee {
            return Err(Rejection::AlreadySet);
        }
        if fee.0 > self.market.rules.fee_max {
            return Err(Rejection::MaxFeeExceeded);
        }
        // The time so far is charged at the fee so far.
        self.accrue()?;
        self.totals.fee = fee;
        self.events.push(Event::FeeSet(fee));
        Ok(())
    }

    pub(super) fn supply(&mut self, account: AccountId, quantity: Quantity) -> Ruled<()> {
        self.market.require_created()?;
        quantity.require_one()?;
        self.accrue()?;
        let (assets, shares) = quantity.paid(&self.supply_pot())?;
        self.mint_supply(account, shares)?;
        self.totals.add_supplied(assets)?;
        self.holdings.loan = self.holdings.loan.plus(assets)?;
        self.events.push(Event::Supplied {
            account,
            assets,
            shares,
        });
        Ok(())
    }

    pub(super) fn withdraw(
        &mut self,
        caller: AccountId,
        account: AccountId,
        quantity: Quantity,
    ) -> Ruled<()> {
        self.market.require_created()?;
        quantity.require_one()?;
        self.market.require_authorized(caller, account)?;
        self.accrue()?;
        let (assets, shares) = quantity.received(&self.supply_pot())?;
        self.burn_supply(account, shares)?;
        self.totals.take_supplied(assets)?;
        self.totals.require_liquidity()?;
        self.holdings.loan = self.holdings.loan.minus(assets)?;
        self.events.push(Event::Withdrawn {
            account,
            assets,
            shares,
        });
        Ok(())
    }

    pub(super) fn borrow(
        &mut self,
        caller: AccountId,
        account: AccountId,
        quantity: Quantity,
    ) -> Ruled<()> {
        self.market.require_created()?;
        quantity.require_one()?;
        self.market.require_authorized(caller, account)?;
        self.accrue()?;
        let (assets, shares) = quantity.received(&self.borrow_pot())?;
        self.mint_debt(account, shares)?;
        self.totals.add_borrowed(assets)?;
        let position = self.position(account)?;
        self.market.require_healthy(&self.totals, &position)?;
        self.totals.require_liquidity()?;
        self.holdings.loan = self.holdings.loan.minus(assets)?;
        self.events.push(Event::Borrowed {
            account,
            assets,
            shares,
        });
        Ok(())
    }

    pub(super) fn repay(&mut self, account: AccountId, quantity: Quantity) -> Ruled<()> {
        self.market.require_created()?;
        quantity.require_one()?;
        self.accrue()?;
        let (assets, shares) = quantity.paid(&self.borrow_pot())?;
        self.burn_debt(account, shares)?;
        self.settle(assets)?;
        self.events.push(Event::Repaid {
            account,
            assets,
            shares,
        });
        Ok(())
    }

    /// Adds no interest: collateral earns none.
    pub(super) fn supply_collateral(&mut self, account: AccountId, assets: Amount) -> Ruled<()> {
        self.market.require_created()?;
        if assets.is_zero() {
            return Err(Rejection::ZeroAssets);
        }
        self.add_collateral(account, assets)?;
        self.events
            .push(Event::CollateralSupplied { account, assets });
        Ok(())
    }

    pub(super) fn withdraw_collateral(
        &mut self,
        caller: AccountId,
        account: AccountId,
        assets: Amount,
    ) -> Ruled<()> {
        self.market.require_created()?;
        if assets.is_zero() {
            return Err(Rejection::ZeroAssets);
        }
        self.market.require_authorized(caller, account)?;
        self.accrue()?;
        self.take_collateral(account, assets)?;
        let position = self.position(account)?;
        self.market.require_healthy(&self.totals, &position)?;
        self.events
            .push(Event::CollateralWithdrawn { account, assets });
        Ok(())
    }
}
