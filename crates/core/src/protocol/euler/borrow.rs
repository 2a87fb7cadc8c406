//! Taking, paying and handing on debt.

use super::action::Operation;
use super::cluster::VaultId;
use super::debt::Debt;
use super::draft::Draft;
use super::event::Event;
use super::math::{Ruled, assets_sum, to_assets};
use super::rejection::Rejection;
use crate::protocol::AccountId;
use crate::units::{Amount, Rounding};

impl Draft<'_> {
    pub(super) fn borrow(
        &mut self,
        vault: VaultId,
        account: AccountId,
        amount: Amount,
    ) -> Ruled<()> {
        self.begin(vault, Operation::Borrow, Some(account))?;
        let cash = self.vault(vault)?.cash;
        let assets = match amount {
            Amount::MAX => cash,
            amount => to_assets(amount.0)?,
        };
        if assets.is_zero() {
            return Ok(());
        }
        if assets > cash {
            return Err(Rejection::InsufficientCash);
        }
        self.increase_borrow(vault, account, assets)?;
        self.push(vault, assets)
    }

    fn increase_borrow(&mut self, vault: VaultId, account: AccountId, assets: Amount) -> Ruled<()> {
        let written = self.holding(account, vault)?.debt.assets_up();
        let more = Debt::of(assets)?;
        let owed = self.owed(vault, account)?.plus(more)?;
        self.set_debt(vault, account, owed)?;
        self.add_borrows(vault, more)?;
        self.tell_borrow(vault, account, assets, (written, owed.assets_up()));
        Ok(())
    }

    pub(super) fn repay(
        &mut self,
        vault: VaultId,
        receiver: AccountId,
        amount: Amount,
    ) -> Ruled<()> {
        self.begin(vault, Operation::Repay, None)?;
        let owed = self.owed(vault, receiver)?.assets_up();
        let assets = match amount {
            Amount::MAX => owed,
            amount => to_assets(amount.0)?,
        };
        if assets.is_zero() {
            return Ok(());
        }
        self.pull(vault, assets)?;
        self.decrease_borrow(vault, receiver, assets)
    }

    pub(super) fn repay_with_shares(
        &mut self,
        vault: VaultId,
        account: AccountId,
        receiver: AccountId,
        amount: Amount,
    ) -> Ruled<()> {
        self.begin(vault, Operation::RepayWithShares, Some(account))?;
        let owed = self.owed(vault, receiver)?.assets_up();
        if owed.is_zero() {
            return Ok(());
        }
        let (rules, state) = (self.cluster.rules, *self.vault(vault)?);
        let (mut assets, mut shares) = if amount == Amount::MAX {
            let shares = self.holding(account, vault)?.shares;
            (state.assets(rules, shares, Rounding::Floor)?, shares)
        } else {
            let assets = to_assets(amount.0)?;
            (assets, state.shares(rules, assets, Rounding::Ceil)?)
        };
        if assets.is_zero() {
            return Ok(());
        }
        if assets > owed {
            assets = owed;
            shares = state.shares(rules, assets, Rounding::Ceil)?;
        }
        self.burn(vault, account, shares)?;
        self.events.push(Event::Withdrawn {
            vault,
            account,
            assets,
            shares,
        });
        self.decrease_borrow(vault, receiver, assets)
    }

    /// Pays a debt. The debt is rounded up to whole assets first, so the rounding of one unit is
    /// the debtor's loss.
    pub(super) fn decrease_borrow(
        &mut self,
        vault: VaultId,
        account: AccountId,
        assets: Amount,
    ) -> Ruled<()> {
        let written = self.holding(account, vault)?.debt.assets_up();
        let exact = self.owed(vault, account)?;
        let left = exact.assets_up().minus(assets);
        let left = Debt::of(left.map_err(|_| Rejection::RepayTooMuch)?)?;
        self.set_debt(vault, account, left)?;
        self.replace_borrows(vault, exact, left)?;
        self.tell_repay(vault, account, assets, (written, left.assets_up()));
        Ok(())
    }

    pub(super) fn pull_debt(
        &mut self,
        vault: VaultId,
        account: AccountId,
        from: AccountId,
        amount: Amount,
    ) -> Ruled<()> {
        self.begin(vault, Operation::PullDebt, Some(account))?;
        if from == account {
            return Err(Rejection::SelfTransfer);
        }
        let assets = match amount {
            Amount::MAX => self.owed(vault, from)?.assets_up(),
            amount => to_assets(amount.0)?,
        };
        if assets.is_zero() {
            return Ok(());
        }
        self.transfer_borrow(vault, from, account, assets)?;
        self.events.push(Event::DebtPulled {
            vault,
            from,
            to: account,
            assets,
        });
        Ok(())
    }

    /// Hands on a debt. What differs from all of it by less than one unit is all of it.
    pub(super) fn transfer_borrow(
        &mut self,
        vault: VaultId,
        from: AccountId,
        to: AccountId,
        assets: Amount,
    ) -> Ruled<()> {
        let written = self.holding(from, vault)?.debt.assets_up();
        let owed = self.owed(vault, from)?;
        let asked = Debt::of(assets)?;
        let gap = asked.max(owed).minus(asked.min(owed))?;
        let moved = if gap.is_dust() { owed } else { asked };
        let left = owed.minus(moved);
        let left = left.map_err(|_| Rejection::InsufficientDebt)?;
        self.set_debt(vault, from, left)?;

        let taker_written = self.holding(to, vault)?.debt.assets_up();
        let taken = self.owed(vault, to)?.plus(moved)?;
        self.set_debt(vault, to, taken)?;

        // Interest between whole numbers may come out negative; then none is told.
        let rest = left.assets_up();
        let settled = match written > assets_sum(assets, rest)? {
            true => written.minus_or_zero(rest),
            false => assets,
        };
        self.tell_repay(vault, from, settled, (written, rest));
        let owing = taken.assets_up();
        let borrowed = match assets_sum(assets, taker_written)? > owing {
            true => owing.minus_or_zero(taker_written),
            false => assets,
        };
        self.tell_borrow(vault, to, borrowed, (taker_written, owing));
        Ok(())
    }

    /// Tells a borrow; `owed` is what was last written and what is now.
    fn tell_borrow(
        &mut self,
        vault: VaultId,
        account: AccountId,
        assets: Amount,
        owed: (Amount, Amount),
    ) {
        let (before, after) = owed;
        let interest = after.minus_or_zero(before).minus_or_zero(assets);
        self.tell_interest(vault, account, interest);
        if !assets.is_zero() {
            self.events.push(Event::Borrowed {
                vault,
                account,
                assets,
            });
        }
    }

    /// Tells a payment; `owed` is what was last written and what is now.
    fn tell_repay(
        &mut self,
        vault: VaultId,
        account: AccountId,
        assets: Amount,
        owed: (Amount, Amount),
    ) {
        let (before, after) = owed;
        // Both are at most 112 bits wide.
        let interest = after.0.saturating_add(assets.0).saturating_sub(before.0);
        self.tell_interest(vault, account, Amount(interest));
        if !assets.is_zero() {
            self.events.push(Event::Repaid {
                vault,
                account,
                assets,
            });
        }
    }

    fn tell_interest(&mut self, vault: VaultId, account: AccountId, assets: Amount) {
        if !assets.is_zero() {
            self.events.push(Event::InterestAccrued {
                vault,
                account,
                assets,
            });
        }
    }
}
