//! A working copy of what a call touches: computed and refused here, then committed whole.

use super::account::{Account, Holding};
use super::cluster::{Cell, Cluster, VaultId};
use super::debt::Debt;
use super::event::Events;
use super::math::{Ruled, assets_sum, shares_sum};
use super::rejection::Rejection;
use super::vault::{VaultConfig, VaultState};
use crate::protocol::AccountId;
use crate::units::{Amount, Shares, U256};
use std::sync::Arc;

/// The working copy.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    pub(super) cluster: &'a Cluster,
    pub(super) configs: Arc<Vec<VaultConfig>>,
    touched: Vec<Touched>,
    accounts: Vec<(AccountId, Account)>,
    /// Accounts and vaults to be checked after the call, in order.
    pub(super) account_checks: Vec<AccountId>,
    pub(super) vault_checks: Vec<VaultId>,
    pub(super) events: Events,
}

/// A vault that the call touches.
#[derive(Debug)]
pub(super) struct Touched {
    id: VaultId,
    cell: Cell,
    flow: Flow,
    /// Cash and borrows at the first operation, where the vault has a cap.
    pub(super) snapshot: Option<(Amount, Amount)>,
}

/// What moved in a vault, booked apart from its totals; modulo 2^256, as quantities are smaller.
#[derive(Clone, Copy, Debug, Default)]
struct Flow {
    /// Assets that came in, less those that went out.
    assets: U256,
    /// Interest added to the borrows.
    interest: U256,
    /// Changes of debts beyond interest, over all accounts.
    debts: U256,
    /// Debt that was paid though the borrows had been rounded below it.
    excess: U256,
}

/// What a draft changes, detached from the cluster it was computed on. Every vault balances.
#[derive(Debug)]
pub(super) struct Changes {
    configs: Arc<Vec<VaultConfig>>,
    touched: Vec<Touched>,
    accounts: Vec<(AccountId, Account)>,
    events: Events,
}

impl<'a> Draft<'a> {
    /// An empty draft; takes no memory until something is touched.
    pub(super) fn new(cluster: &'a Cluster) -> Self {
        Self {
            cluster,
            configs: Arc::clone(&cluster.configs),
            touched: Vec::new(),
            accounts: Vec::new(),
            account_checks: Vec::new(),
            vault_checks: Vec::new(),
            events: Events::new(),
        }
    }

    pub(super) fn config(&self, vault: VaultId) -> Ruled<&VaultConfig> {
        let config = self.configs.get(usize::from(vault.0));
        config.ok_or(Rejection::VaultUnknown)
    }

    pub(super) fn config_mut(&mut self, vault: VaultId) -> Ruled<&mut VaultConfig> {
        let configs = Arc::make_mut(&mut self.configs);
        let config = configs.get_mut(usize::from(vault.0));
        config.ok_or(Rejection::VaultUnknown)
    }

    fn cell(&self, vault: VaultId) -> Ruled<&Cell> {
        match self.touched.iter().find(|touched| touched.id == vault) {
            Some(touched) => Ok(&touched.cell),
            None => self.cluster.cell(vault),
        }
    }

    /// The ledger with interest up to now. Within an operation that began with
    /// [`Draft::update`] it is what is stored.
    pub(super) fn vault(&self, vault: VaultId) -> Ruled<&VaultState> {
        Ok(&self.cell(vault)?.present)
    }

    pub(super) fn touch(&mut self, vault: VaultId) -> Ruled<&mut Touched> {
        let known = self.touched.iter().position(|held| held.id == vault);
        let at = match known {
            Some(at) => at,
            None => {
                let cell = *self.cluster.cell(vault)?;
                self.touched.push(Touched {
                    id: vault,
                    cell,
                    flow: Flow::default(),
                    snapshot: None,
                });
                self.touched.len().saturating_sub(1)
            }
        };
        self.touched.get_mut(at).ok_or(Rejection::VaultUnknown)
    }

    /// Stores interest up to now.
    pub(super) fn update(&mut self, vault: VaultId) -> Ruled<()> {
        let Touched { cell, flow, .. } = self.touch(vault)?;
        let (old, new) = (cell.stored.total_borrows, cell.present.total_borrows);
        flow.interest = add(flow.interest, net(old.0, new.0));
        cell.stored = cell.present;
        Ok(())
    }

    /// Changes what is stored of a vault.
    pub(super) fn change(
        &mut self,
        vault: VaultId,
        change: impl FnOnce(&mut VaultState) -> Ruled<()>,
    ) -> Ruled<()> {
        let fee = self.config(vault)?.interest_fee;
        let now = self.cluster.now;
        let cell = &mut self.touch(vault)?.cell;
        change(&mut cell.stored)?;
        // Time stands still in a vault that cannot count its interest, until it can again.
        *cell = Cell::new(cell.stored, fee, now)?;
        Ok(())
    }

    pub(super) fn account(&self, id: AccountId) -> Ruled<&Account> {
        match self.accounts.iter().find(|(held, _)| *held == id) {
            Some((_, account)) => Ok(account),
            None => self.cluster.held(id),
        }
    }

    pub(super) fn account_mut(&mut self, id: AccountId) -> Ruled<&mut Account> {
        let known = self.accounts.iter().position(|(held, _)| *held == id);
        let at = match known {
            Some(at) => at,
            None => {
                self.accounts.push((id, self.cluster.held(id)?.clone()));
                self.accounts.len().saturating_sub(1)
            }
        };
        let account = self.accounts.get_mut(at);
        account
            .map(|(_, account)| account)
            .ok_or(Rejection::AccountUnknown)
    }

    pub(super) fn holding(&self, id: AccountId, vault: VaultId) -> Ruled<Holding> {
        Ok(self.account(id)?.holding(vault))
    }

    fn set_shares(&mut self, id: AccountId, vault: VaultId, shares: Shares) -> Ruled<()> {
        let account = self.account_mut(id)?;
        let holding = account.holding(vault);
        account.put(vault, Holding { shares, ..holding });
        Ok(())
    }

    /// Assets come in from outside.
    pub(super) fn pull(&mut self, vault: VaultId, assets: Amount) -> Ruled<()> {
        self.change(vault, |state| {
            state.cash = assets_sum(state.cash, assets)?;
            Ok(())
        })?;
        let flow = &mut self.touch(vault)?.flow;
        flow.assets = add(flow.assets, assets.0);
        Ok(())
    }

    /// Assets go out.
    pub(super) fn push(&mut self, vault: VaultId, assets: Amount) -> Ruled<()> {
        self.change(vault, |state| {
            state.cash = state.cash.minus(assets)?;
            Ok(())
        })?;
        let flow = &mut self.touch(vault)?.flow;
        flow.assets = flow.assets.wrapping_sub(assets.0);
        Ok(())
    }

    /// Makes shares.
    pub(super) fn mint(&mut self, vault: VaultId, id: AccountId, shares: Shares) -> Ruled<()> {
        let held = shares_sum(self.holding(id, vault)?.shares, shares)?;
        self.set_shares(id, vault, held)?;
        self.change(vault, |state| {
            state.total_shares = shares_sum(state.total_shares, shares)?;
            Ok(())
        })
    }

    /// Destroys shares.
    pub(super) fn burn(&mut self, vault: VaultId, id: AccountId, shares: Shares) -> Ruled<()> {
        let left = self.holding(id, vault)?.shares.minus(shares);
        let left = left.map_err(|_| Rejection::InsufficientBalance)?;
        self.set_shares(id, vault, left)?;
        self.change(vault, |state| {
            state.total_shares = state.total_shares.minus(shares)?;
            Ok(())
        })
    }

    /// Shares change hands.
    pub(super) fn hand_on(
        &mut self,
        vault: VaultId,
        from: AccountId,
        to: AccountId,
        shares: Shares,
    ) -> Ruled<()> {
        if shares.is_zero() {
            return Ok(());
        }
        let left = self.holding(from, vault)?.shares.minus(shares);
        let left = left.map_err(|_| Rejection::InsufficientBalance)?;
        self.set_shares(from, vault, left)?;
        let held = shares_sum(self.holding(to, vault)?.shares, shares)?;
        self.set_shares(to, vault, held)
    }

    /// What an account owes, with interest up to now.
    pub(super) fn owed(&self, vault: VaultId, id: AccountId) -> Ruled<Debt> {
        let holding = self.holding(id, vault)?;
        let now = self.vault(vault)?.interest_accumulator;
        holding.debt.at(now, holding.accumulator)
    }

    /// Writes what an account owes; the borrows are changed apart.
    pub(super) fn set_debt(&mut self, vault: VaultId, id: AccountId, debt: Debt) -> Ruled<()> {
        let before = self.owed(vault, id)?;
        let accumulator = self.vault(vault)?.interest_accumulator;
        let account = self.account_mut(id)?;
        let holding = account.holding(vault);
        let written = Holding {
            debt,
            accumulator,
            ..holding
        };
        account.put(vault, written);
        let flow = &mut self.touch(vault)?.flow;
        flow.debts = add(flow.debts, net(before.0, debt.0));
        Ok(())
    }

    /// Borrows of the vault grow.
    pub(super) fn add_borrows(&mut self, vault: VaultId, debt: Debt) -> Ruled<()> {
        self.change(vault, |state| {
            state.total_borrows = state.total_borrows.plus(debt)?;
            Ok(())
        })
    }

    /// A debt in the borrows is replaced by what is left of it. Roundings may have brought the
    /// borrows below the debt; then they are what is left of it.
    pub(super) fn replace_borrows(&mut self, vault: VaultId, debt: Debt, left: Debt) -> Ruled<()> {
        let borrows = self.vault(vault)?.total_borrows;
        let others = borrows.minus(debt).unwrap_or_default();
        let excess = debt.minus(borrows).unwrap_or_default();
        self.change(vault, |state| {
            state.total_borrows = others.plus(left)?;
            Ok(())
        })?;
        let flow = &mut self.touch(vault)?.flow;
        flow.excess = add(flow.excess, excess.0);
        Ok(())
    }

    /// The changes, free of the cluster.
    ///
    /// # Panics
    /// When a vault does not balance: a broken invariant, never a matter of input.
    pub(super) fn finish(self) -> Changes {
        for touched in &self.touched {
            self.assert_balanced(touched);
        }
        Changes {
            configs: self.configs,
            touched: self.touched,
            accounts: self.accounts,
            events: self.events,
        }
    }

    /// Conservation in one vault: assets, shares, debts.
    fn assert_balanced(&self, touched: &Touched) {
        let Ok(before) = self.cluster.cell(touched.id) else {
            return;
        };
        let (old, new, flow) = (&before.stored, &touched.cell.stored, &touched.flow);
        let mut shares = net(old.accumulated_fees.0, new.accumulated_fees.0);
        for (id, account) in &self.accounts {
            let had = self.cluster.held(*id).map(|held| held.holding(touched.id));
            let had = had.unwrap_or_default().shares;
            shares = add(shares, net(had.0, account.holding(touched.id).shares.0));
        }
        assert!(
            net(old.cash.0, new.cash.0) == flow.assets,
            "INV-01: assets of vault {} do not balance",
            touched.id.0
        );
        assert!(
            net(old.total_shares.0, new.total_shares.0) == shares,
            "INV-02: shares of vault {} do not balance",
            touched.id.0
        );
        let owed = add(add(flow.interest, flow.debts), flow.excess);
        assert!(
            net(old.total_borrows.0, new.total_borrows.0) == owed,
            "INV-28: the debts of vault {} do not balance",
            touched.id.0
        );
        assert!(
            new.interest_accumulator >= old.interest_accumulator,
            "INV-09: the interest accumulator of vault {} fell",
            touched.id.0
        );
    }
}

/// A net change, modulo 2^256.
fn net(before: U256, after: U256) -> U256 {
    after.wrapping_sub(before)
}

fn add(sum: U256, more: U256) -> U256 {
    sum.wrapping_add(more)
}

impl Changes {
    /// Writes the changes and tells the events.
    pub(super) fn commit(self, cluster: &mut Cluster) -> Events {
        if !Arc::ptr_eq(&self.configs, &cluster.configs) {
            cluster.configs = self.configs;
        }
        if !self.touched.is_empty() {
            let cells = Arc::make_mut(&mut cluster.cells);
            for touched in self.touched {
                if let Some(cell) = cells.get_mut(usize::from(touched.id.0)) {
                    *cell = touched.cell;
                }
            }
        }
        for (id, account) in self.accounts {
            cluster.book.set(id, account);
        }
        self.events
    }
}
