//! The cluster as a machine: time, prices and actions in, events or a rejection out; and what can
//! be asked of it.

use super::account::Account;
use super::action::{Action, Operation};
use super::cluster::{Cell, Cluster, Quotes, VaultId};
use super::debt::Debt;
use super::draft::Draft;
use super::event::Events;
use super::liquidate::{Call, Quote};
use super::liquidity::{Liquidity, Purpose};
use super::math::Ruled;
use super::rejection::Rejection;
use super::vault::{VaultConfig, VaultState};
use super::version::EvkVersion;
use crate::protocol::AccountId;
use crate::units::{Amount, Bps, Rounding, Shares, Timestamp};
use std::sync::Arc;

/// An address outside every book, for asking what a liquidator could do.
const OUTSIDER: AccountId = AccountId(u32::MAX);

impl Draft<'_> {
    /// Runs one operation; its checks are still to come.
    fn run(&mut self, action: &Action) -> Ruled<()> {
        match *action {
            Action::EnableCollateral { account, vault } => self.enable_collateral(account, vault),
            Action::DisableCollateral { account, vault } => self.disable_collateral(account, vault),
            Action::ReorderCollaterals {
                account,
                first,
                second,
            } => self.reorder_collaterals(account, first, second),
            Action::EnableController { account, vault } => self.enable_controller(account, vault),
            Action::DisableController { account, vault } => self.disable_controller(account, vault),
            Action::Deposit {
                vault,
                amount,
                receiver,
            } => self.deposit(vault, amount, receiver),
            Action::Mint {
                vault,
                shares,
                receiver,
            } => self.mint_shares(vault, shares, receiver),
            Action::Withdraw {
                vault,
                amount,
                owner,
            } => self.withdraw(vault, amount, owner),
            Action::Redeem {
                vault,
                shares,
                owner,
            } => self.redeem(vault, shares, owner),
            Action::Transfer {
                vault,
                from,
                to,
                shares,
            } => self.transfer(vault, from, to, shares),
            Action::Touch { vault } => self.begin(vault, Operation::Touch, None),
            Action::ConvertFees { vault } => self.convert_fees(vault),
            Action::Govern { vault, setting } => self.govern(vault, setting),
            _ => self.run_debt(action),
        }
    }

    /// The operations that move debt.
    fn run_debt(&mut self, action: &Action) -> Ruled<()> {
        match *action {
            Action::Borrow {
                vault,
                account,
                amount,
            } => self.borrow(vault, account, amount),
            Action::Repay {
                vault,
                receiver,
                amount,
            } => self.repay(vault, receiver, amount),
            Action::RepayWithShares {
                vault,
                account,
                receiver,
                amount,
            } => self.repay_with_shares(vault, account, receiver, amount),
            Action::PullDebt {
                vault,
                account,
                from,
                amount,
            } => self.pull_debt(vault, account, from, amount),
            Action::Liquidate {
                vault,
                liquidator,
                violator,
                collateral,
                repay,
                min_shares,
            } => {
                let call = Call {
                    vault,
                    liquidator,
                    violator,
                    collateral,
                    repay,
                };
                self.liquidate(&call, min_shares).map(drop)
            }
            _ => Ok(()),
        }
    }
}

impl Cluster {
    /// Moves time forward and takes new oracle answers, one a vault. Interest is stored by the
    /// next action.
    ///
    /// # Errors
    /// [`Rejection::TimeBackward`] when `now` lies before the present time;
    /// [`Rejection::VaultUnknown`] when there are not as many answers as vaults.
    pub fn observe(&mut self, now: Timestamp, quotes: &[Quotes]) -> Result<(), Rejection> {
        if now < self.now {
            return Err(Rejection::TimeBackward);
        }
        if quotes.len() != self.cells.len() {
            return Err(Rejection::VaultUnknown);
        }
        let cells = match now == self.now {
            true => None,
            false => Some(self.cells_at(now)?),
        };
        // Nothing below can fail.
        if let Some(cells) = cells {
            self.cells = Arc::new(cells);
        }
        if self.quotes.as_slice() != quotes {
            self.quotes = Arc::new(quotes.to_vec());
        }
        self.now = now;
        Ok(())
    }

    fn cells_at(&self, now: Timestamp) -> Ruled<Vec<Cell>> {
        let pairs = self.cells.iter().zip(self.configs.iter());
        pairs
            .map(|(cell, config)| Cell::new(cell.stored, config.interest_fee, now))
            .collect()
    }

    /// Checks everything, then commits. A rejected action changes nothing.
    ///
    /// # Errors
    /// The first rejection in the contract's order.
    pub fn apply(&mut self, action: &Action) -> Result<Events, Rejection> {
        self.apply_batch(std::slice::from_ref(action))
    }

    /// Runs operations in a row and checks accounts and vaults after the last. All of it happens or
    /// nothing.
    ///
    /// # Errors
    /// The first rejection in the contract's order.
    pub fn apply_batch(&mut self, actions: &[Action]) -> Result<Events, Rejection> {
        let mut draft = Draft::new(self);
        for action in actions {
            draft.run(action)?;
        }
        draft.settle()?;
        let changes = draft.finish();
        // Nothing below can fail.
        Ok(changes.commit(self))
    }

    /// Which rules hold.
    pub fn version(&self) -> EvkVersion {
        self.version
    }

    /// The present time.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// How many vaults there are; ids run from 0.
    pub fn vaults(&self) -> u16 {
        u16::try_from(self.cells.len()).unwrap_or(u16::MAX)
    }

    /// How many accounts the book holds; ids run from 0.
    pub fn accounts(&self) -> u32 {
        self.book.len()
    }

    /// A vault's settings, or nothing where it is not in the cluster.
    pub fn config(&self, vault: VaultId) -> Option<&VaultConfig> {
        self.config_of(vault).ok()
    }

    /// A vault's ledger as last stored.
    pub fn stored(&self, vault: VaultId) -> Option<&VaultState> {
        self.cell(vault).ok().map(|cell| &cell.stored)
    }

    /// A vault's ledger with interest up to now.
    pub fn present(&self, vault: VaultId) -> Option<&VaultState> {
        self.cell(vault).ok().map(|cell| &cell.present)
    }

    /// The oracle's answers, one a vault.
    pub fn quotes(&self) -> &[Quotes] {
        &self.quotes
    }

    /// An account, or nothing where it is not in the book.
    pub fn account(&self, id: AccountId) -> Option<&Account> {
        self.book.get(id)
    }

    /// Adds an account that has nothing.
    pub fn open_account(&mut self) -> AccountId {
        self.book.push(Account::default())
    }

    /// What an account owes a vault now.
    ///
    /// # Errors
    /// Where the contract's own computation would revert.
    pub fn debt(&self, vault: VaultId, account: AccountId) -> Result<Debt, Rejection> {
        Draft::new(self).owed(vault, account)
    }

    /// What shares of a vault are worth now, rounded down.
    ///
    /// # Errors
    /// Where the contract's own computation would revert.
    pub fn convert_to_assets(&self, vault: VaultId, shares: Shares) -> Result<Amount, Rejection> {
        let shares = super::math::to_shares(shares.0)?;
        let state = &self.cell(vault)?.present;
        state.assets(self.rules, shares, Rounding::Floor)
    }

    /// How many shares of a vault assets are worth now, rounded down.
    ///
    /// # Errors
    /// Where the contract's own computation would revert.
    pub fn convert_to_shares(&self, vault: VaultId, assets: Amount) -> Result<Shares, Rejection> {
        let assets = super::math::to_assets(assets.0)?;
        let state = &self.cell(vault)?.present;
        state.shares(self.rules, assets, Rounding::Floor)
    }

    /// A collateral's loan-to-value of liquidation now.
    ///
    /// # Errors
    /// Where the contract's own computation would revert.
    pub fn liquidation_ltv(&self, vault: VaultId, collateral: VaultId) -> Result<Bps, Rejection> {
        let ltv = self.config_of(vault)?.ltv(collateral);
        ltv.liquidation_at(self.now)
    }

    /// Exact collateral and debt of an account towards its controller.
    /// [`Liquidity::is_violation`] decides whether it can be liquidated.
    ///
    /// # Errors
    /// [`Rejection::NotController`] and its like where another vault controls the account, or where
    /// the contract's own computation would revert.
    pub fn liquidity(
        &self,
        vault: VaultId,
        account: AccountId,
        purpose: Purpose,
    ) -> Result<Liquidity, Rejection> {
        let draft = Draft::new(self);
        draft.vault(vault)?;
        draft.require_controlled(account, vault)?;
        draft.liquidity(vault, account, purpose)
    }

    /// The most that a liquidator may take now; nothing of a healthy account.
    ///
    /// # Errors
    /// What the liquidation would meet before it looks at amounts.
    pub fn check_liquidation(
        &self,
        vault: VaultId,
        liquidator: AccountId,
        violator: AccountId,
        collateral: VaultId,
    ) -> Result<Quote, Rejection> {
        let plan = Draft::new(self).plan(&Call {
            vault,
            liquidator,
            violator,
            collateral,
            repay: Amount::MAX,
        })?;
        Ok(Quote {
            vault,
            violator,
            collateral,
            repay_max: plan.repay,
            shares_max: plan.shares,
        })
    }

    /// What any liquidator could take of an account now: the most of each collateral of which
    /// there is something to take, in the order of the account's list.
    pub fn liquidations(&self, violator: AccountId) -> Vec<Quote> {
        let Some(account) = self.book.get(violator) else {
            return Vec::new();
        };
        let [vault] = account.controllers.as_slice() else {
            return Vec::new();
        };
        let enabled = account.collaterals.iter();
        enabled
            .filter_map(|collateral| {
                self.check_liquidation(*vault, OUTSIDER, violator, *collateral)
                    .ok()
            })
            .filter(|quote| !quote.shares_max.is_zero())
            .collect()
    }
}
