//! A pool from plain data, checked.

use super::account::Account;
use super::ledger::{EMode, Ledger, Sentinel, Wallets};
use super::reserve::{RateStrategy, Reserve, ReserveConfig, ReserveState};
use super::unit_worth::Scale;
use super::version::AaveVersion;
use super::{Pool, reserve::Flow};
use crate::book::Book;
use crate::protocol::SetupError;
use crate::protocol::{AccountId, Asset, AssetId};
use crate::units::{Amount, Price, RAY, Shares, Timestamp, U256, pow10};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// One reserve of a new pool.
#[derive(Clone, Debug)]
pub struct ReserveSetup {
    /// Symbol and decimals.
    pub asset: Asset,
    /// Parameters.
    pub config: ReserveConfig,
    /// Interest-rate curve.
    pub strategy: RateStrategy,
    /// The oracle's answer.
    pub price: Price,
    /// The ledger.
    pub state: ReserveState,
}

/// Everything that a pool starts from.
#[derive(Clone, Debug)]
pub struct PoolSetup {
    /// Which rules hold.
    pub version: AaveVersion,
    /// Decimals of the base currency; the dust rules of 3.3 and later assume 8.
    pub base_decimals: u8,
    /// The present time.
    pub now: Timestamp,
    /// Reserves in list order.
    pub reserves: Vec<ReserveSetup>,
    /// Efficiency modes by number, from 1.
    pub e_modes: BTreeMap<u8, EMode>,
    /// The sequencer check, on rollups.
    pub sentinel: Option<Sentinel>,
    /// Accounts; ids run from 0 in this order.
    pub accounts: Vec<Account>,
    /// Tokens in wallets.
    pub wallets: Vec<(AccountId, AssetId, Amount)>,
    /// Receives the protocol's fees.
    pub treasury: AccountId,
    /// May cover deficits.
    pub coverage: AccountId,
}

fn refuse<T>(field: impl Into<String>, problem: impl Into<String>) -> Result<T, SetupError> {
    Err(SetupError {
        field: field.into(),
        problem: problem.into(),
    })
}

impl PoolSetup {
    /// Sets each reserve's totals to the sum over the accounts, its cash to what was supplied and
    /// not borrowed, and its rates to the curve's: the state of a pool that opens with these
    /// positions at index 1.
    ///
    /// # Errors
    /// When more of an asset is borrowed than supplied, or a sum overflows.
    pub fn open(mut self) -> Result<Self, SetupError> {
        for (at, reserve) in self.reserves.iter_mut().enumerate() {
            let field = format!("reserves.{}", reserve.asset.symbol);
            let (supply, debt) = totals(&self.accounts, at);
            reserve.state = ReserveState::fresh(self.now);
            reserve.state.total_supply = supply;
            reserve.state.total_debt = debt;
            let Ok(cash) = Amount(supply.0).minus(Amount(debt.0)) else {
                return refuse(field, format!("{debt} borrowed of {supply} supplied"));
            };
            reserve.state.available = cash;
            reserve.state.virtual_balance = cash;
            let mut opened = built(reserve, &field)?;
            if let Err(rejection) = opened.update_rates(self.version.rules(), Flow::default()) {
                return refuse(field, format!("rates cannot be computed: {rejection}"));
            }
            reserve.state = opened.state;
        }
        Ok(self)
    }

    /// The pool.
    ///
    /// # Errors
    /// The first field that is out of range or inconsistent.
    pub fn build(self) -> Result<Pool, SetupError> {
        self.check_shape()?;
        let rules = self.version.rules();
        let mut reserves = Vec::with_capacity(self.reserves.len());
        let mut assets = Vec::with_capacity(self.reserves.len());
        for (at, setup) in self.reserves.iter().enumerate() {
            let field = format!("reserves.{}", setup.asset.symbol);
            let mut reserve = built(setup, &field)?;
            self.check_totals(&reserve, at, &field)?;
            reserve.look_ahead(rules, self.now);
            reserve.measure();
            reserves.push(reserve);
            assets.push(setup.asset.clone());
        }
        let mut wallets = Wallets::new();
        for (account, asset, amount) in self.wallets {
            wallets.insert((account, asset), amount);
        }
        let mut ledger = Ledger {
            version: self.version,
            rules,
            base_decimals: self.base_decimals,
            now: self.now,
            assets: assets.into(),
            reserves: Arc::new(reserves),
            e_modes: Arc::new(self.e_modes),
            sentinel: self.sentinel,
            book: Book::new(self.accounts),
            wallets: Arc::new(wallets),
            treasury: self.treasury,
            coverage: self.coverage,
            ordinary: false,
        };
        ledger.ordinary = ledger.is_ordinary();
        Ok(Pool::new(ledger))
    }

    fn check_shape(&self) -> Result<(), SetupError> {
        if self.reserves.len() > 128 {
            return refuse(
                "reserves",
                format!("{} found, at most 128", self.reserves.len()),
            );
        }
        if self.base_decimals > 38 {
            return refuse(
                "base_decimals",
                format!("{} found, at most 38", self.base_decimals),
            );
        }
        let known = |id: AccountId| usize::try_from(id.0).is_ok_and(|id| id < self.accounts.len());
        for (field, id) in [("treasury", self.treasury), ("coverage", self.coverage)] {
            if !known(id) {
                return refuse(field, format!("account {} is not in the book", id.0));
            }
        }
        let mut symbols = BTreeSet::new();
        for reserve in &self.reserves {
            if !symbols.insert(&reserve.asset.symbol) {
                return refuse(format!("reserves.{}", reserve.asset.symbol), "listed twice");
            }
        }
        if self.e_modes.contains_key(&0) {
            return refuse("e_modes.0", "0 means no category and cannot be defined");
        }
        let listed = |asset: AssetId| usize::from(asset.0) < self.reserves.len();
        for (id, account) in self.accounts.iter().enumerate() {
            if let Some(position) = account.positions().iter().find(|p| !listed(p.asset)) {
                let problem = format!("asset {} is not listed", position.asset.0);
                return refuse(format!("accounts.{id}"), problem);
            }
        }
        match self
            .wallets
            .iter()
            .find(|(id, asset, _)| !known(*id) || !listed(*asset))
        {
            Some((id, asset, _)) => refuse(
                "wallets",
                format!("account {} or asset {} is not known", id.0, asset.0),
            ),
            None => Ok(()),
        }
    }

    /// Positions may be a part of the totals, never more.
    fn check_totals(&self, reserve: &Reserve, at: usize, field: &str) -> Result<(), SetupError> {
        let (supply, debt) = totals(&self.accounts, at);
        for (name, sum, total) in [
            ("total_supply", supply, reserve.state.total_supply),
            ("total_debt", debt, reserve.state.total_debt),
        ] {
            if sum > total {
                let problem = format!("{total} found, but the accounts hold {sum}");
                return refuse(format!("{field}.state.{name}"), problem);
            }
        }
        if reserve.state.last_update > self.now {
            let (last, now) = (reserve.state.last_update.0, self.now.0);
            return refuse(
                format!("{field}.state.last_update"),
                format!("{last} lies after {now}"),
            );
        }
        Ok(())
    }
}

/// Scaled sums over all accounts; saturating.
fn totals(accounts: &[Account], at: usize) -> (Shares, Shares) {
    let asset = AssetId(u16::try_from(at).unwrap_or(u16::MAX));
    let (mut supply, mut debt) = (U256::ZERO, U256::ZERO);
    for account in accounts {
        for position in account
            .positions()
            .iter()
            .filter(|position| position.asset == asset)
        {
            supply = supply.saturating_add(U256::from(position.supply));
            debt = debt.saturating_add(U256::from(position.debt));
        }
    }
    (Shares(supply), Shares(debt))
}

fn built(setup: &ReserveSetup, field: &str) -> Result<Reserve, SetupError> {
    let config = &setup.config;
    if config.decimals != setup.asset.decimals || config.decimals > 38 {
        let found = (config.decimals, setup.asset.decimals);
        let problem = format!(
            "{} and {} found, must agree and be at most 38",
            found.0, found.1
        );
        return refuse(format!("{field}.config.decimals"), problem);
    }
    for (name, index) in [
        ("liquidity_index", setup.state.liquidity_index),
        ("borrow_index", setup.state.borrow_index),
    ] {
        if index.0 < RAY || index.0 > U256::from(u128::MAX) {
            let problem = format!("{index} found, allowed from 10^27 to 2^128 − 1");
            return refuse(format!("{field}.state.{name}"), problem);
        }
    }
    let unit = pow10(config.decimals).unwrap_or(U256::ONE);
    Ok(Reserve {
        config: config.clone(),
        strategy: setup.strategy,
        price: setup.price,
        state: setup.state.clone(),
        unit,
        scale: Scale::new(unit),
        supply_worth: None,
        debt_worth: None,
        income: Some(setup.state.liquidity_index),
        owing: Some(setup.state.borrow_index),
    })
}
