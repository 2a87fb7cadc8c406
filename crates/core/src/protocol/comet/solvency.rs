//! Whether an account may owe what it owes, and whether it can be absorbed.

use super::balance::{Balance, present};
use super::config::CollateralConfig;
use super::math::{Ruled, by_factor, down, signed_range, sum};
use super::rejection::Rejection;
use super::state::{BASE, Comet, Position, Totals};
use crate::protocol::{AccountId, AssetId};
use crate::units::{Amount, Price, Ratio, U256, Value, mul};

/// How solvent an account is, in dollars with 8 decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// What the debt is worth, rounded down.
    pub debt: Value,
    /// Collateral by its weight when borrowing.
    pub borrow_limit: Value,
    /// Collateral by its weight before absorption.
    pub liquidation_limit: Value,
}

impl Standing {
    /// Owing exactly the limit is healthy.
    pub fn is_healthy(&self) -> bool {
        self.debt <= self.liquidation_limit
    }
}

fn borrow_factor(listed: &CollateralConfig) -> Ratio {
    listed.borrow_factor
}

fn liquidate_factor(listed: &CollateralConfig) -> Ratio {
    listed.liquidate_factor
}

impl Comet {
    /// What an amount of an asset is worth at a price, rounded down.
    pub(super) fn worth(amount: Amount, price: Price, scale: U256) -> Ruled<U256> {
        down(amount.0, price.0, scale)
    }

    /// What collateral is worth by the feed.
    pub(super) fn collateral_worth(&self, asset: AssetId, amount: Amount) -> Ruled<U256> {
        let scale = self.listing(asset)?.scale();
        Self::worth(amount, self.feed(asset)?, scale)
    }

    /// What a debt is worth, rounded down, in the contract's signed numbers.
    fn debt_worth(&self, debt: Amount) -> Ruled<U256> {
        let price = self.feed(BASE)?;
        signed_range(mul(debt.0, price.0)?)?;
        Self::worth(debt, price, self.base_scale())
    }

    /// Listed assets that an account has some of, in index order.
    pub(super) fn marked(&self, position: &Position) -> impl Iterator<Item = AssetId> + use<> {
        let listed = self.listed.len();
        let assets = position.account.assets_in.iter();
        assets.filter(move |asset| usize::from(asset.0) <= listed)
    }

    fn weight(&self, position: &Position, asset: AssetId, factor: Ratio) -> Ruled<U256> {
        let worth = self.collateral_worth(asset, position.supplied(asset))?;
        by_factor(worth, factor.0)
    }

    /// Whether weighted collateral reaches the debt. Prices of assets beyond that point are not
    /// asked for.
    fn covers(
        &self,
        totals: &Totals,
        position: &Position,
        factor: fn(&CollateralConfig) -> Ratio,
    ) -> Ruled<bool> {
        let Balance::Debt(debt) = totals.balance(position.account.principal)? else {
            return Ok(true);
        };
        let mut short = self.debt_worth(debt)?;
        for asset in self.marked(position) {
            if short.is_zero() {
                return Ok(true);
            }
            let weight = self.weight(position, asset, factor(self.listing(asset)?))?;
            short = short.saturating_sub(weight);
        }
        Ok(short.is_zero())
    }

    pub(super) fn may_owe(&self, totals: &Totals, position: &Position) -> Ruled<bool> {
        self.covers(totals, position, borrow_factor)
    }

    pub(super) fn under_water(&self, totals: &Totals, position: &Position) -> Ruled<bool> {
        Ok(!self.covers(totals, position, liquidate_factor)?)
    }

    /// Whether an account may owe what it owes, by stored indexes.
    ///
    /// # Errors
    /// [`Rejection::BadPrice`], or where the contract's own computation would revert.
    pub fn is_borrow_collateralized(&self, id: AccountId) -> Result<bool, Rejection> {
        self.may_owe(&self.totals, self.held(id)?)
    }

    /// Whether an account is under water by stored indexes, as the contract's view answers; an
    /// absorption stores interest first.
    ///
    /// # Errors
    /// [`Rejection::BadPrice`], or where the contract's own computation would revert.
    pub fn is_liquidatable(&self, id: AccountId) -> Result<bool, Rejection> {
        self.under_water(&self.totals, self.held(id)?)
    }

    /// Whether an account is under water with interest up to now. [`Comet::preview`] of an
    /// absorption tells what it would do, and whether a pause or a feed forbids it.
    ///
    /// # Errors
    /// [`Rejection::BadPrice`], or where the contract's own computation would revert.
    pub fn is_absorbable(&self, id: AccountId) -> Result<bool, Rejection> {
        self.under_water(&self.totals_now()?, self.held(id)?)
    }

    /// How solvent an account is with interest up to now.
    ///
    /// # Errors
    /// [`Rejection::BadPrice`] of any asset that the account has, or where the contract's own
    /// computation would revert.
    pub fn standing(&self, id: AccountId) -> Result<Standing, Rejection> {
        let position = self.held(id)?;
        let debt = match self.totals_now()?.balance(position.account.principal)? {
            Balance::Debt(debt) => self.debt_worth(debt)?,
            Balance::Supply(_) => U256::ZERO,
        };
        let (mut borrow, mut liquidation) = (U256::ZERO, U256::ZERO);
        for asset in self.marked(position) {
            let listed = self.listing(asset)?;
            let (lower, upper) = (listed.borrow_factor, listed.liquidate_factor);
            borrow = sum(borrow, self.weight(position, asset, lower)?)?;
            liquidation = sum(liquidation, self.weight(position, asset, upper)?)?;
        }
        Ok(Standing {
            debt: Value(debt),
            borrow_limit: Value(borrow),
            liquidation_limit: Value(liquidation),
        })
    }

    /// What an account has or owes of the base asset with interest up to now.
    ///
    /// # Errors
    /// Where the contract's own computation would revert (overflow).
    pub fn balance(&self, id: AccountId) -> Result<Balance, Rejection> {
        let principal = self.held(id)?.account.principal;
        let (supply, borrow) = self.indexes_now()?;
        let size = principal.unsigned_abs();
        if principal >= 0 {
            present(supply, size).map(Balance::Supply)
        } else {
            present(borrow, size).map(Balance::Debt)
        }
    }
}
