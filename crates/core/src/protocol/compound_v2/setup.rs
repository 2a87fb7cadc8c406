//! A pool from plain data, checked.

use super::Pool;
use super::account::Account;
use super::ledger::{Guards, Ledger};
use super::market::{Market, MarketConfig, MarketState};
use super::version::CompoundVersion;
use crate::book::Book;
use crate::protocol::SetupError;
use crate::protocol::{Asset, AssetId};
use crate::units::{Amount, Price, Ratio, Rounding, Shares, WAD, mul_div};
use std::collections::BTreeSet;
use std::sync::Arc;

/// One market of a new pool.
#[derive(Clone, Debug)]
pub struct MarketSetup {
    /// Symbol and decimals.
    pub asset: Asset,
    /// Parameters.
    pub config: MarketConfig,
    /// The oracle's answer; see [`Market::price`].
    pub price: Price,
    /// The ledger.
    pub state: MarketState,
}

/// Everything that a pool starts from.
#[derive(Clone, Debug)]
pub struct PoolSetup {
    /// Which rules hold.
    pub version: CompoundVersion,
    /// The present block.
    pub block: u64,
    /// Part of a debt that one liquidation may repay, in wad.
    pub close_factor: Ratio,
    /// Worth seized per worth repaid, in wad: 1.08 is a bonus of 8 %.
    pub liquidation_incentive: Ratio,
    /// What is paused in every market at once.
    pub guards: Guards,
    /// Markets in list order.
    pub markets: Vec<MarketSetup>,
    /// Accounts; ids run from 0 in this order.
    pub accounts: Vec<Account>,
}

fn refuse<T>(field: impl Into<String>, problem: impl Into<String>) -> Result<T, SetupError> {
    Err(SetupError {
        field: field.into(),
        problem: problem.into(),
    })
}

impl PoolSetup {
    /// Sets each market's totals to the sums over the accounts and its cash to what the cTokens
    /// are worth at the initial exchange rate and is not borrowed: the state of a market that opens
    /// with these positions at borrow index 1 and without reserves.
    ///
    /// # Errors
    /// When more of an asset is borrowed than supplied, a debt has another index, or a sum
    /// overflows.
    pub fn open(mut self) -> Result<Self, SetupError> {
        for (id, market) in (0..).zip(&mut self.markets) {
            let field = format!("markets.{}", market.asset.symbol);
            let (tokens, debts) = totals(&self.accounts, AssetId(id), &field)?;
            let rate = market.config.initial_exchange_rate;
            let supplied = mul_div(tokens.0, rate.0, WAD, Rounding::Floor);
            let Ok(cash) = supplied.and_then(|supplied| Amount(supplied).minus(debts)) else {
                let problem = format!("{debts} borrowed against {tokens} cTokens at {rate}");
                return refuse(field, problem);
            };
            market.state = MarketState {
                accrual_block: self.block,
                borrow_index: Ratio(WAD),
                total_borrows: debts,
                total_reserves: Amount::ZERO,
                total_supply: tokens,
                cash,
            };
        }
        Ok(self)
    }

    /// The pool. Totals may exceed what the accounts have: the others are not in the book.
    ///
    /// # Errors
    /// The first field that is out of range or inconsistent.
    pub fn build(self) -> Result<Pool, SetupError> {
        if self.markets.len() > usize::from(u16::MAX) {
            return refuse("markets", format!("{} found", self.markets.len()));
        }
        let listed = |id: &AssetId| usize::from(id.0) < self.markets.len();
        for (id, account) in self.accounts.iter().enumerate() {
            let held = account.positions().iter().map(|position| position.market);
            let mut named = account.entered().iter().copied().chain(held);
            if let Some(unknown) = named.find(|market| !listed(market)) {
                let problem = format!("there is no market {}", unknown.0);
                return refuse(format!("accounts.{id}"), problem);
            }
        }
        let mut symbols = BTreeSet::new();
        for market in &self.markets {
            let field = format!("markets.{}", market.asset.symbol);
            if !symbols.insert(&market.asset.symbol) {
                return refuse(field, "listed twice");
            }
            if market.state.borrow_index.is_zero() {
                return refuse(format!("{field}.state.borrow_index"), "found 0");
            }
        }
        let market = |setup: &MarketSetup| Market {
            config: setup.config,
            price: setup.price,
            state: setup.state,
        };
        let ledger = Ledger {
            version: self.version,
            rules: self.version.rules(),
            block: self.block,
            close_factor: self.close_factor,
            liquidation_incentive: self.liquidation_incentive,
            guards: self.guards,
            markets: Arc::new(self.markets.iter().map(market).collect()),
            assets: self.markets.into_iter().map(|setup| setup.asset).collect(),
            book: Book::new(self.accounts),
        };
        Ok(Pool { ledger })
    }
}

/// cTokens and debts of all accounts in a market.
fn totals(
    accounts: &[Account],
    market: AssetId,
    field: &str,
) -> Result<(Shares, Amount), SetupError> {
    let (mut tokens, mut debts) = (Shares::ZERO, Amount::ZERO);
    for (id, account) in accounts.iter().enumerate() {
        let position = account.position(market);
        if !position.principal.is_zero() && position.interest_index.0 != WAD {
            let problem = format!("account {id} has index {}", position.interest_index);
            return refuse(field, problem);
        }
        let sums = (
            tokens.plus(position.c_tokens),
            debts.plus(position.principal),
        );
        let (Ok(more_tokens), Ok(more_debts)) = sums else {
            return refuse(field, "the accounts hold more than 2^256 − 1");
        };
        (tokens, debts) = (more_tokens, more_debts);
    }
    Ok((tokens, debts))
}
