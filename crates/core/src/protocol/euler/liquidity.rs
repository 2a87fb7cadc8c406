//! What collateral and debt are worth, and the health check.

use super::account::Account;
use super::cluster::VaultId;
use super::draft::Draft;
use super::math::{Ruled, down, sum};
use super::rejection::Rejection;
use crate::protocol::AccountId;
use crate::units::{BPS, Bps, Price, Rounding, Shares, U256, Value, WAD};

/// What a valuation is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// May the account keep what it just did: loan-to-value of borrowing, bid and ask prices.
    Borrowing,
    /// May it be liquidated: loan-to-value of liquidation, mid prices.
    Liquidation,
}

/// Values in the unit of account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Liquidity {
    /// Collateral, each part times its loan-to-value.
    pub collateral: Value,
    /// Debt.
    pub liability: Value,
}

impl Liquidity {
    /// Whether a liquidation may take something, where the purpose is [`Purpose::Liquidation`].
    /// Equality is a violation.
    pub fn is_violation(&self) -> bool {
        !self.liability.is_zero() && self.collateral <= self.liability
    }
}

/// An amount at the oracle's price.
fn quote(amount: U256, price: Price) -> Ruled<Value> {
    down(amount, price.0, WAD).map(Value)
}

impl Draft<'_> {
    fn require_oracle(&self, vault: VaultId) -> Ruled<()> {
        let has = self.config(vault)?.has_oracle;
        has.then_some(()).ok_or(Rejection::NoPriceOracle)
    }

    /// Shares of a vault at a price of its asset.
    pub(super) fn shares_value(
        &self,
        vault: VaultId,
        shares: Shares,
        price: Price,
    ) -> Ruled<Value> {
        let rules = self.cluster.rules;
        let assets = self.vault(vault)?.assets(rules, shares, Rounding::Floor)?;
        quote(assets.0, price)
    }

    fn ltv(&self, vault: VaultId, collateral: VaultId, purpose: Purpose) -> Ruled<Bps> {
        let ltv = self.config(vault)?.ltv(collateral);
        match purpose {
            Purpose::Borrowing => Ok(ltv.borrow),
            Purpose::Liquidation => ltv.liquidation_at(self.cluster.now),
        }
    }

    /// What one collateral counts. One that counts nothing, or of which there is none, is not
    /// priced.
    fn collateral_value(
        &self,
        vault: VaultId,
        account: &Account,
        collateral: VaultId,
        purpose: Purpose,
    ) -> Ruled<Value> {
        let ltv = self.ltv(vault, collateral, purpose)?;
        let shares = account.holding(collateral).shares;
        if ltv.0 == 0 || shares.is_zero() {
            return Ok(Value::ZERO);
        }
        let quotes = self.cluster.quotes_of(collateral)?;
        let price = match purpose {
            Purpose::Borrowing => quotes.bid,
            Purpose::Liquidation => quotes.mid,
        };
        let value = self.shares_value(collateral, shares, price)?;
        down(value.0, ltv.wide(), BPS).map(Value)
    }

    fn liability_value(&self, vault: VaultId, account: &Account, purpose: Purpose) -> Ruled<Value> {
        let holding = account.holding(vault);
        let accumulator = self.vault(vault)?.interest_accumulator;
        let owed = holding.debt.at(accumulator, holding.accumulator)?;
        let assets = owed.assets_up();
        if assets.is_zero() || self.config(vault)?.unit_is_asset {
            return Ok(Value(assets.0));
        }
        let quotes = self.cluster.quotes_of(vault)?;
        match purpose {
            Purpose::Borrowing => quote(assets.0, quotes.ask),
            Purpose::Liquidation => quote(assets.0, quotes.mid),
        }
    }

    /// Collateral and debt of an account towards a vault.
    pub(super) fn liquidity(
        &self,
        vault: VaultId,
        id: AccountId,
        purpose: Purpose,
    ) -> Ruled<Liquidity> {
        self.require_oracle(vault)?;
        let account = self.account(id)?;
        let mut collateral = U256::ZERO;
        for enabled in &account.collaterals {
            let value = self.collateral_value(vault, account, *enabled, purpose)?;
            collateral = sum(collateral, value.0)?;
        }
        Ok(Liquidity {
            collateral: Value(collateral),
            liability: self.liability_value(vault, account, purpose)?,
        })
    }

    /// The health check: collateral must exceed debt. It looks at no more collateral than it needs.
    pub(super) fn require_healthy(&self, vault: VaultId, id: AccountId) -> Ruled<()> {
        self.require_oracle(vault)?;
        let account = self.account(id)?;
        if account.holding(vault).debt.is_zero() {
            return Ok(());
        }
        let purpose = Purpose::Borrowing;
        let liability = self.liability_value(vault, account, purpose)?;
        let mut collateral = U256::ZERO;
        for enabled in &account.collaterals {
            let value = self.collateral_value(vault, account, *enabled, purpose)?;
            collateral = sum(collateral, value.0)?;
            if collateral > liability.0 {
                return Ok(());
            }
        }
        Err(Rejection::AccountLiquidity)
    }

    /// Whether an account has nothing left of any collateral that the vault recognises.
    pub(super) fn has_no_collateral(&self, vault: VaultId, id: AccountId) -> Ruled<bool> {
        let (config, account) = (self.config(vault)?, self.account(id)?);
        let mut recognized = account
            .collaterals
            .iter()
            .filter(|enabled| config.ltv(**enabled).is_recognized());
        Ok(recognized.all(|enabled| account.holding(*enabled).shares.is_zero()))
    }
}
