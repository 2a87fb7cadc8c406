//! The connector (EVC): which vaults an account lends itself to, and the checks after a call.

use super::action::Operation;
use super::cluster::VaultId;
use super::draft::Draft;
use super::event::Event;
use super::math::{Ruled, sum};
use super::rejection::Rejection;
use crate::protocol::AccountId;

/// Adds to one of the connector's sets; tells whether it was not there.
fn insert<T: PartialEq>(set: &mut Vec<T>, member: T, max: usize) -> Ruled<bool> {
    if set.contains(&member) {
        return Ok(false);
    }
    if set.len() >= max {
        return Err(Rejection::TooManyElements);
    }
    set.push(member);
    Ok(true)
}

/// Takes from one of the connector's sets; the last member takes the place. Tells whether it was
/// there.
fn remove<T: PartialEq>(set: &mut Vec<T>, member: &T) -> bool {
    let at = set.iter().position(|held| held == member);
    at.map(|at| set.swap_remove(at)).is_some()
}

impl Draft<'_> {
    pub(super) fn enable_collateral(&mut self, account: AccountId, vault: VaultId) -> Ruled<()> {
        self.config(vault)?;
        let max = self.cluster.rules.set_max;
        if insert(&mut self.account_mut(account)?.collaterals, vault, max)? {
            self.events.push(Event::CollateralSet {
                account,
                vault,
                enabled: true,
            });
        }
        self.require_account_check(account)
    }

    pub(super) fn disable_collateral(&mut self, account: AccountId, vault: VaultId) -> Ruled<()> {
        if remove(&mut self.account_mut(account)?.collaterals, &vault) {
            self.events.push(Event::CollateralSet {
                account,
                vault,
                enabled: false,
            });
        }
        self.require_account_check(account)
    }

    pub(super) fn reorder_collaterals(
        &mut self,
        account: AccountId,
        first: u8,
        second: u8,
    ) -> Ruled<()> {
        let (first, second) = (usize::from(first), usize::from(second));
        let collaterals = &mut self.account_mut(account)?.collaterals;
        if first >= second || second >= collaterals.len() {
            return Err(Rejection::InvalidIndex);
        }
        collaterals.swap(first, second);
        self.require_account_check(account)
    }

    pub(super) fn enable_controller(&mut self, account: AccountId, vault: VaultId) -> Ruled<()> {
        self.config(vault)?;
        let max = self.cluster.rules.set_max;
        if insert(&mut self.account_mut(account)?.controllers, vault, max)? {
            self.events.push(Event::ControllerSet {
                account,
                vault,
                enabled: true,
            });
        }
        self.require_account_check(account)
    }

    /// The vault's own operation: it lets go of who owes it nothing.
    pub(super) fn disable_controller(&mut self, account: AccountId, vault: VaultId) -> Ruled<()> {
        self.config(vault)?;
        if !self.holding(account, vault)?.debt.is_zero() {
            return Err(Rejection::OutstandingDebt);
        }
        if remove(&mut self.account_mut(account)?.controllers, &vault) {
            self.events.push(Event::ControllerSet {
                account,
                vault,
                enabled: false,
            });
        }
        self.require_account_check(account)
    }

    /// Refuses an account whose only controller is not this vault.
    pub(super) fn require_controlled(&self, account: AccountId, vault: VaultId) -> Ruled<()> {
        match self.account(account)?.controllers.as_slice() {
            [] => Err(Rejection::NoLiability),
            [controller] if *controller == vault => Ok(()),
            [_] => Err(Rejection::NotController),
            _ => Err(Rejection::TransientState),
        }
    }

    /// What every operation of a vault begins with: interest, leave, and the checks to come.
    pub(super) fn begin(
        &mut self,
        vault: VaultId,
        operation: Operation,
        caller: Option<AccountId>,
    ) -> Ruled<()> {
        self.update(vault)?;
        if let Some(caller) = caller {
            let controlled = self.account(caller)?.controllers.contains(&vault);
            if operation.needs_controller() && !controlled {
                return Err(Rejection::ControllerDisabled);
            }
        }
        self.require_switched_on(vault, operation)?;
        if let Some(account) = caller {
            self.require_account_check(account)?;
        }
        insert(&mut self.vault_checks, vault, self.cluster.rules.set_max)?;
        if self.config(vault)?.is_capped() {
            let state = self.vault(vault)?;
            let now = (state.cash, state.total_borrows.assets_up());
            self.touch(vault)?.snapshot.get_or_insert(now);
        }
        Ok(())
    }

    fn require_switched_on(&self, vault: VaultId, operation: Operation) -> Ruled<()> {
        let off = self.config(vault)?.disabled & operation.bit() != 0;
        (!off).then_some(()).ok_or(Rejection::OperationDisabled)
    }

    fn require_account_check(&mut self, account: AccountId) -> Ruled<()> {
        let max = self.cluster.rules.set_max;
        insert(&mut self.account_checks, account, max).map(drop)
    }

    /// Takes back a check that was asked for.
    pub(super) fn forgive(&mut self, account: AccountId) {
        remove(&mut self.account_checks, &account);
    }

    /// The checks at the end of a call: accounts first, then vaults.
    pub(super) fn settle(&mut self) -> Ruled<()> {
        for account in std::mem::take(&mut self.account_checks) {
            self.check_account(account)?;
        }
        for vault in std::mem::take(&mut self.vault_checks) {
            self.check_vault(vault)?;
        }
        Ok(())
    }

    fn check_account(&mut self, id: AccountId) -> Ruled<()> {
        let controller = match self.account(id)?.controllers.as_slice() {
            [] => return Ok(()),
            [controller] => *controller,
            _ => return Err(Rejection::ControllerViolation),
        };
        self.require_healthy(controller, id)?;
        let now = self.cluster.now;
        self.account_mut(id)?.last_check = now;
        self.events.push(Event::AccountChecked {
            account: id,
            controller,
        });
        Ok(())
    }

    /// Sets the rate, then looks at the caps.
    fn check_vault(&mut self, vault: VaultId) -> Ruled<()> {
        self.update(vault)?;
        self.retarget_rate(vault)?;
        let config = self.config(vault)?;
        let (supply_cap, borrow_cap) = (config.supply_cap.amount(), config.borrow_cap.amount());
        if let Some((cash, lent)) = self.touch(vault)?.snapshot.take() {
            let state = self.vault(vault)?;
            let borrows = state.total_borrows.assets_up();
            if borrows > borrow_cap && borrows > lent {
                return Err(Rejection::BorrowCapExceeded);
            }
            let supply = sum(state.cash.0, state.total_borrows.assets_down().0)?;
            if supply > supply_cap.0 && supply > sum(cash.0, lent.0)? {
                return Err(Rejection::SupplyCapExceeded);
            }
        }
        self.require_switched_on(vault, Operation::VaultStatusCheck)
    }

    /// Sets the rate that the model asks for, and tells the vault's ledger.
    pub(super) fn retarget_rate(&mut self, vault: VaultId) -> Ruled<()> {
        let model = self.config(vault)?.interest_rate_model;
        let rate = self.vault(vault)?.asked_rate(self.cluster.rules, model);
        self.change(vault, |state| {
            state.interest_rate = rate;
            Ok(())
        })?;
        self.tell_vault(vault)
    }

    /// Tells the vault's ledger.
    pub(super) fn tell_vault(&mut self, vault: VaultId) -> Ruled<()> {
        let state = *self.vault(vault)?;
        self.events.push(Event::VaultChecked {
            vault,
            total_shares: state.total_shares,
            total_borrows: state.total_borrows,
            accumulated_fees: state.accumulated_fees,
            cash: state.cash,
            interest_accumulator: state.interest_accumulator,
            interest_rate: state.interest_rate,
        });
        Ok(())
    }
}
