//! Supplying, withdrawing, borrowing, repaying and moving.

use super::balance::Balance;
use super::draft::Draft;
use super::event::Event;
use super::math::{Ruled, difference, sum128, to_u128};
use super::rejection::Rejection;
use super::state::{BASE, require_open};
use crate::protocol::{AccountId, AssetId};
use crate::units::Amount;

impl Draft<'_> {
    /// All that an account has supplied of the base asset.
    fn all_supplied(&self, id: AccountId) -> Ruled<Amount> {
        match self.comet.balance(id)? {
            Balance::Supply(amount) => Ok(amount),
            Balance::Debt(_) => Ok(Amount::ZERO),
        }
    }

    /// All that an account owes.
    fn all_owed(&self, id: AccountId) -> Ruled<Amount> {
        match self.comet.balance(id)? {
            Balance::Supply(_) => Ok(Amount::ZERO),
            Balance::Debt(amount) => Ok(amount),
        }
    }

    fn stored_balance(&self, id: AccountId) -> Ruled<(i128, Balance)> {
        let principal = self.position(id)?.account.principal;
        Ok((principal, self.totals.balance(principal)?))
    }

    pub(super) fn supply(
        &mut self,
        payer: AccountId,
        account: AccountId,
        asset: AssetId,
        amount: Amount,
    ) -> Ruled<()> {
        require_open(self.paused.supply)?;
        let amount = match asset {
            BASE => self.supply_base(payer, account, amount)?,
            _ => self.supply_collateral(payer, account, asset, amount)?,
        };
        self.events.push(Event::Supplied {
            payer,
            account,
            asset,
            amount,
        });
        Ok(())
    }

    fn supply_base(
        &mut self,
        payer: AccountId,
        account: AccountId,
        amount: Amount,
    ) -> Ruled<Amount> {
        let amount = match amount {
            Amount::MAX => self.all_owed(account)?,
            amount => amount,
        };
        self.pull(payer, BASE, amount)?;
        self.accrue()?;
        let (old, balance) = self.stored_balance(account)?;
        let new = self.totals.principal(balance.plus(amount)?)?;
        self.count_rise(old, new)?;
        self.set_principal(account, new)?;
        Ok(amount)
    }

    fn supply_collateral(
        &mut self,
        payer: AccountId,
        account: AccountId,
        asset: AssetId,
        amount: Amount,
    ) -> Ruled<Amount> {
        to_u128(amount.0)?;
        self.pull(payer, asset, amount)?;
        let cap = self.comet.listing(asset)?.supply_cap;
        let tokens = self.collateral_mut(asset)?;
        tokens.total_supply = Amount(sum128(tokens.total_supply.0, amount.0)?);
        if tokens.total_supply > cap {
            return Err(Rejection::SupplyCapExceeded);
        }
        let held = self.position(account)?.supplied(asset);
        self.put_collateral(account, asset, sum128(held.0, amount.0)?)?;
        Ok(amount)
    }

    pub(super) fn withdraw(
        &mut self,
        account: AccountId,
        recipient: AccountId,
        asset: AssetId,
        amount: Amount,
    ) -> Ruled<()> {
        require_open(self.paused.withdraw)?;
        let amount = match asset {
            BASE => self.withdraw_base(account, amount)?,
            _ => self.withdraw_collateral(account, asset, amount)?,
        };
        self.pay(recipient, asset, amount)?;
        self.events.push(Event::Withdrawn {
            account,
            recipient,
            asset,
            amount,
        });
        Ok(())
    }

    fn withdraw_base(&mut self, account: AccountId, amount: Amount) -> Ruled<Amount> {
        let amount = match amount {
            Amount::MAX => self.all_supplied(account)?,
            amount => amount,
        };
        self.accrue()?;
        let (old, balance) = self.stored_balance(account)?;
        let balance = balance.minus(amount)?;
        let new = self.totals.principal(balance)?;
        self.count_fall(old, new)?;
        self.set_principal(account, new)?;
        self.require_borrowable(account, balance)?;
        Ok(amount)
    }

    /// Refuses a debt that is too small or too large.
    fn require_borrowable(&self, account: AccountId, balance: Balance) -> Ruled<()> {
        let Balance::Debt(debt) = balance else {
            return Ok(());
        };
        if debt < self.comet.config.base.borrow_min {
            return Err(Rejection::BorrowTooSmall);
        }
        self.require_collateralized(account)
    }

    fn require_collateralized(&self, account: AccountId) -> Ruled<()> {
        let position = self.position(account)?;
        let enough = self.comet.may_owe(&self.totals, position)?;
        enough.then_some(()).ok_or(Rejection::NotCollateralized)
    }

    fn withdraw_collateral(
        &mut self,
        account: AccountId,
        asset: AssetId,
        amount: Amount,
    ) -> Ruled<Amount> {
        to_u128(amount.0)?;
        let held = self.position(account)?.supplied(asset);
        let left = difference(held.0, amount.0)?;
        let tokens = self.collateral_mut(asset)?;
        tokens.total_supply = tokens.total_supply.minus(amount)?;
        self.put_collateral(account, asset, left)?;
        // No interest is stored: the two weights differ by more than that.
        self.require_collateralized(account)?;
        Ok(amount)
    }

    pub(super) fn transfer(
        &mut self,
        sender: AccountId,
        recipient: AccountId,
        asset: AssetId,
        amount: Amount,
    ) -> Ruled<()> {
        require_open(self.paused.transfer)?;
        if sender == recipient {
            return Err(Rejection::NoSelfTransfer);
        }
        let amount = match asset {
            BASE => self.transfer_base(sender, recipient, amount)?,
            _ => self.transfer_collateral(sender, recipient, asset, amount)?,
        };
        self.events.push(Event::Transferred {
            sender,
            recipient,
            asset,
            amount,
        });
        Ok(())
    }

    fn transfer_base(
        &mut self,
        sender: AccountId,
        recipient: AccountId,
        amount: Amount,
    ) -> Ruled<Amount> {
        let amount = match amount {
            Amount::MAX => self.all_supplied(sender)?,
            amount => amount,
        };
        self.accrue()?;
        let (sender_old, balance) = self.stored_balance(sender)?;
        let (recipient_old, received) = self.stored_balance(recipient)?;
        let balance = balance.minus(amount)?;
        let received = received.plus(amount)?;
        let sender_new = self.totals.principal(balance)?;
        let recipient_new = self.totals.principal(received)?;
        self.count_transfer((sender_old, sender_new), (recipient_old, recipient_new))?;
        self.set_principal(sender, sender_new)?;
        self.set_principal(recipient, recipient_new)?;
        self.require_borrowable(sender, balance)?;
        Ok(amount)
    }

    fn transfer_collateral(
        &mut self,
        sender: AccountId,
        recipient: AccountId,
        asset: AssetId,
        amount: Amount,
    ) -> Ruled<Amount> {
        to_u128(amount.0)?;
        let sent = difference(self.position(sender)?.supplied(asset).0, amount.0)?;
        let held = self.position(recipient)?.supplied(asset);
        let received = sum128(held.0, amount.0)?;
        self.comet.listing(asset)?;
        self.put_collateral(sender, asset, sent)?;
        self.put_collateral(recipient, asset, received)?;
        self.require_collateralized(sender)?;
        Ok(amount)
    }
}
