//! A system from plain data, checked.

use super::System;
use super::account::{Account, TroveStatus};
use super::branch::Branch;
use super::version::{LiquityVersion, Order, Parameters};
use crate::book::Book;
use crate::coverage::stability_pool::StabilityPool;
use crate::protocol::AccountId;
use crate::protocol::SetupError;
use crate::units::{Amount, Price, Timestamp, U256};

/// Everything that a system starts from.
#[derive(Clone, Debug)]
pub struct SystemSetup {
    /// Which rules hold.
    pub version: LiquityVersion,
    /// The ratios.
    pub parameters: Parameters,
    /// The present time.
    pub now: Timestamp,
    /// Stablecoin for 10^18 units of collateral, in wad.
    pub price: Price,
    /// Totals over all troves; `largest` and `smallest` are taken from `sorted`.
    pub branch: Branch,
    /// The Stability Pool.
    pub pool: StabilityPool,
    /// Accounts; ids run from 0 in this order. Their links are taken from `sorted`.
    pub accounts: Vec<Account>,
    /// v1: the open troves from the largest to the smallest ratio; empty in v2.
    pub sorted: Vec<AccountId>,
}

fn refuse<T>(field: impl Into<String>, problem: impl Into<String>) -> Result<T, SetupError> {
    Err(SetupError {
        field: field.into(),
        problem: problem.into(),
    })
}

impl SystemSetup {
    /// The system.
    ///
    /// # Errors
    /// The first field that is inconsistent.
    pub fn build(mut self) -> Result<System, SetupError> {
        self.check_totals()?;
        self.check_deposits()?;
        self.link()?;
        Ok(System {
            version: self.version,
            parameters: self.parameters,
            now: self.now,
            price: self.price,
            branch: self.branch,
            pool: self.pool,
            book: Book::new(self.accounts),
        })
    }

    /// Accounts may be a part of the totals, never more.
    fn check_totals(&self) -> Result<(), SetupError> {
        let branch = &self.branch;
        let sum = |of: fn(&Account) -> U256| {
            let each = self.accounts.iter().map(of);
            each.fold(U256::ZERO, U256::saturating_add)
        };
        for (field, told, held) in [
            (
                "active.collateral",
                branch.active.collateral.0,
                sum(|account| account.trove.collateral.0),
            ),
            (
                "stakes",
                branch.stakes.0,
                sum(|account| account.trove.stake.0),
            ),
            (
                "surplus",
                branch.surplus.0,
                sum(|account| account.surplus.0),
            ),
            (
                "weighted_debt",
                branch.weighted_debt,
                sum(|account| account.trove.debt.0.saturating_mul(account.trove.rate.0)),
            ),
            (
                "troves",
                U256::from(branch.troves),
                sum(|account| U256::from(u8::from(account.trove.status.is_open()))),
            ),
        ] {
            if held > told {
                let problem = format!("{told} found, but the accounts have {held}");
                return refuse(format!("branch.{field}"), problem);
            }
        }
        if branch.interest_updated > self.now {
            let (last, now) = (branch.interest_updated.0, self.now.0);
            let problem = format!("{last} lies after {now}");
            return refuse("branch.interest_updated", problem);
        }
        Ok(())
    }

    fn check_deposits(&self) -> Result<(), SetupError> {
        if self.pool.rules != self.version.rules().pool {
            return refuse("pool.rules", "found another version's");
        }
        if self.pool.product.is_zero() {
            return refuse("pool.product", "0 found, at least 1");
        }
        let stage = (self.pool.epoch, self.pool.scale);
        for (id, account) in self.accounts.iter().enumerate() {
            let deposit = &account.deposit;
            if deposit.amount.is_zero() {
                continue;
            }
            let field = |name: &str| format!("accounts.{id}.deposit.{name}");
            if deposit.product.is_zero() {
                return refuse(field("product"), "0 found, at least 1");
            }
            if (deposit.epoch, deposit.scale) > stage {
                let (epoch, scale) = stage;
                let problem = format!("later than the pool's epoch {epoch} and scale {scale}");
                return refuse(field("scale"), problem);
            }
        }
        Ok(())
    }

    /// Writes the links of the list into the accounts.
    fn link(&mut self) -> Result<(), SetupError> {
        for account in &mut self.accounts {
            (account.trove.larger, account.trove.smaller) = (None, None);
        }
        let sorted = std::mem::take(&mut self.sorted);
        (self.branch.largest, self.branch.smallest) =
            (sorted.first().copied(), sorted.last().copied());
        let mut larger = None;
        let mut ids = sorted.iter().copied().peekable();
        while let Some(id) = ids.next() {
            let trove = self.open_trove(id)?;
            (trove.larger, trove.smaller) = (larger, ids.peek().copied());
            larger = Some(id);
        }
        let mut distinct = sorted.clone();
        distinct.sort_unstable();
        distinct.dedup();
        let open = |account: &&Account| account.trove.status == TroveStatus::Active;
        let open = match self.version.rules().order {
            Order::ByNominalRatio => self.accounts.iter().filter(open).count(),
            Order::None => 0,
        };
        if distinct.len() != sorted.len() || sorted.len() != open {
            let found = sorted.len();
            let problem = format!("{found} found, must be {open}, each once");
            return refuse("sorted", problem);
        }
        Ok(())
    }

    fn open_trove(&mut self, id: AccountId) -> Result<&mut super::Trove, SetupError> {
        let at = usize::try_from(id.0).unwrap_or(usize::MAX);
        match self.accounts.get_mut(at) {
            Some(account) if account.trove.status == TroveStatus::Active => Ok(&mut account.trove),
            _ => refuse("sorted", format!("account {} has no open trove", id.0)),
        }
    }
}

/// A system without troves and deposits.
impl SystemSetup {
    /// Nothing but wallets: `accounts` with what they hold, and a price.
    pub fn empty(
        version: LiquityVersion,
        parameters: Parameters,
        now: Timestamp,
        price: Price,
        accounts: Vec<(Amount, Amount)>,
    ) -> Self {
        let wallet = |(stable, collateral)| Account {
            stable,
            collateral,
            ..Account::default()
        };
        Self {
            version,
            parameters,
            now,
            price,
            branch: Branch {
                interest_updated: now,
                ..Branch::default()
            },
            pool: StabilityPool::new(version.rules().pool),
            accounts: accounts.into_iter().map(wallet).collect(),
            sorted: Vec::new(),
        }
    }
}
