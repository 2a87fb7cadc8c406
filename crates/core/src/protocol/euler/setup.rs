//! A cluster from plain data, checked.

use super::account::Account;
use super::cluster::{Cell, Cluster, ProtocolFees, Quotes, VaultId};
use super::debt::Debt;
use super::math::AMOUNT_MAX;
use super::vault::{VaultConfig, VaultState};
use super::version::EvkVersion;
use crate::book::Book;
use crate::protocol::AccountId;
use crate::protocol::SetupError;
use crate::units::{Bps, Index, RAY, Shares, Timestamp, U256};
use std::sync::Arc;

/// Everything that a vault starts from.
#[derive(Clone, Debug)]
pub struct VaultSetup {
    /// Its settings.
    pub config: VaultConfig,
    /// Its ledger as last stored.
    pub state: VaultState,
    /// The oracle's answers for its asset.
    pub quotes: Quotes,
}

/// Everything that a cluster starts from.
#[derive(Clone, Debug)]
pub struct ClusterSetup {
    /// Which rules hold.
    pub version: EvkVersion,
    /// The present time.
    pub now: Timestamp,
    /// What the protocol's owner takes.
    pub fees: ProtocolFees,
    /// Vaults; ids run from 0 in this order.
    pub vaults: Vec<VaultSetup>,
    /// Accounts; ids run from 0 in this order.
    pub accounts: Vec<Account>,
}

/// 2^72 − 1: what the contract's storage holds, which is more than a vault ever sets.
const RATE_MAX: U256 = U256::from_limbs([u64::MAX, 0xff, 0, 0]);

type Checked = Result<(), SetupError>;

/// Passes where a condition holds.
fn require(holds: bool, field: impl Fn() -> String, problem: impl Fn() -> String) -> Checked {
    if holds {
        return Ok(());
    }
    Err(SetupError {
        field: field(),
        problem: problem(),
    })
}

/// A number that must not exceed another.
fn at_most(field: impl Fn() -> String, number: U256, most: U256) -> Checked {
    require(number <= most, field, || format!("{number} exceeds {most}"))
}

impl ClusterSetup {
    /// The cluster.
    ///
    /// # Errors
    /// The first field that is out of range or inconsistent.
    pub fn build(self) -> Result<Cluster, SetupError> {
        let count = self.vaults.len();
        require(
            count < usize::from(u16::MAX),
            || "vaults".to_owned(),
            || format!("{count}; at most 65534 are possible"),
        )?;
        self.check_fees()?;
        for (at, vault) in self.vaults.iter().enumerate() {
            self.check_config(at, &vault.config)?;
            self.check_state(at, &vault.state)?;
        }
        for (at, account) in self.accounts.iter().enumerate() {
            self.check_account(at, account)?;
        }
        for at in 0..count {
            self.check_shares(at)?;
        }
        let mut cells = Vec::with_capacity(count);
        for (at, vault) in self.vaults.iter().enumerate() {
            let cell = Cell::new(vault.state, vault.config.interest_fee, self.now);
            cells.push(cell.map_err(|rejection| SetupError {
                field: format!("vaults[{at}].state"),
                problem: format!("its interest cannot be computed ({rejection})"),
            })?);
        }
        let quotes = self.vaults.iter().map(|vault| vault.quotes).collect();
        let configs = self.vaults.into_iter().map(|vault| vault.config).collect();
        Ok(Cluster {
            version: self.version,
            rules: self.version.rules(),
            now: self.now,
            fees: self.fees,
            configs: Arc::new(configs),
            cells: Arc::new(cells),
            quotes: Arc::new(quotes),
            book: Book::new(self.accounts),
        })
    }

    fn knows(&self, account: AccountId) -> bool {
        usize::try_from(account.0).is_ok_and(|at| at < self.accounts.len())
    }

    fn check_fees(&self) -> Checked {
        let fees = &self.fees;
        require(
            self.knows(fees.receiver),
            || "fees.receiver".to_owned(),
            || format!("no account {}", fees.receiver.0),
        )?;
        let share = |name: &str, bps: Bps| {
            at_most(|| format!("fees.{name}"), bps.wide(), U256::from(10_000))
        };
        share("share", fees.share)?;
        share("interest_fee_min", fees.interest_fee_min)?;
        share("interest_fee_max", fees.interest_fee_max)
    }

    fn check_config(&self, at: usize, config: &VaultConfig) -> Checked {
        let field = |name: &str| format!("vaults[{at}].{name}");
        let all = U256::from(10_000);
        at_most(|| field("interest_fee"), config.interest_fee.wide(), all)?;
        let discount = config.max_liquidation_discount.wide();
        let name = || field("max_liquidation_discount");
        at_most(name, discount, U256::from(9_999))?;
        for (collateral, ltv) in &config.ltv {
            let name = || format!("vaults[{at}].ltv[{}]", collateral.0);
            require(
                usize::from(collateral.0) < self.vaults.len() && *collateral != VaultId::at(at),
                name,
                || "is not another vault of the cluster".to_owned(),
            )?;
            for bps in [ltv.borrow, ltv.liquidation, ltv.initial_liquidation] {
                at_most(name, bps.wide(), all)?;
            }
        }
        let receiver = config.fee_receiver.unwrap_or(self.fees.receiver);
        require(
            self.knows(receiver),
            || field("fee_receiver"),
            || format!("no account {}", receiver.0),
        )
    }

    fn check_state(&self, at: usize, state: &VaultState) -> Checked {
        let field = |name: &str| format!("vaults[{at}].state.{name}");
        let Debt(debt_max) = Debt::MAX;
        at_most(|| field("cash"), state.cash.0, AMOUNT_MAX)?;
        at_most(|| field("total_shares"), state.total_shares.0, AMOUNT_MAX)?;
        at_most(|| field("total_borrows"), state.total_borrows.0, debt_max)?;
        at_most(|| field("interest_rate"), state.interest_rate.0, RATE_MAX)?;
        let last = U256::from(state.last_update.0);
        at_most(|| field("last_update"), last, U256::from(self.now.0))?;
        let accumulator = state.interest_accumulator;
        require(
            accumulator >= Index(RAY),
            || field("interest_accumulator"),
            || format!("{accumulator} is below 10^27, where every vault begins"),
        )
    }

    fn check_account(&self, at: usize, account: &Account) -> Checked {
        let field = |name: &str| format!("accounts[{at}].{name}");
        let known = |vault: &VaultId| usize::from(vault.0) < self.vaults.len();
        let max = self.version.rules().set_max;
        for (name, list) in [
            ("collaterals", &account.collaterals),
            ("controllers", &account.controllers),
        ] {
            let twice = list.iter().enumerate().any(|(at, vault)| {
                let before = list.iter().take(at);
                before.into_iter().any(|other| other == vault)
            });
            require(
                list.len() <= max && !twice && list.iter().all(known),
                || field(name),
                || format!("{list:?} are not at most {max} different vaults of the cluster"),
            )?;
        }
        let Debt(debt_max) = Debt::MAX;
        for (vault, holding) in account.holdings() {
            let name = || format!("accounts[{at}].holdings[{}]", vault.0);
            require(known(&vault), name, || {
                "is no vault of the cluster".to_owned()
            })?;
            at_most(name, holding.shares.0, AMOUNT_MAX)?;
            at_most(name, holding.debt.0, debt_max)?;
            require(
                holding.debt.is_zero() || holding.accumulator >= Index(RAY),
                name,
                || format!("a debt with the accumulator {}", holding.accumulator),
            )?;
        }
        Ok(())
    }

    /// All shares of a vault must be somebody's.
    fn check_shares(&self, at: usize) -> Checked {
        let Some(vault) = self.vaults.get(at) else {
            return Ok(());
        };
        let id = VaultId::at(at);
        let held = self
            .accounts
            .iter()
            .map(|account| account.holding(id).shares);
        let all = held.fold(vault.state.accumulated_fees, |all, shares| {
            Shares(all.0.saturating_add(shares.0))
        });
        let total = vault.state.total_shares;
        require(
            all == total,
            || format!("vaults[{at}].state.total_shares"),
            || format!("{total}; fees and accounts sum to {all}"),
        )
    }
}
