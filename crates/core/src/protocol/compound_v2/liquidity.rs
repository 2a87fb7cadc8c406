//! What an account could still borrow, or by how much it fails.

use super::draft::Draft;
use super::math::{Ruled, part};
use super::rejection::Rejection;
use crate::protocol::{AccountId, AssetId};
use crate::units::{Amount, Ratio, Shares, Value, WAD, checked_mul_div};

/// An account's weighted collateral and its debt, in the oracle's currency with 18 decimals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Liquidity {
    /// Worth of the cTokens in entered markets, each times its collateral factor.
    pub collateral: Value,
    /// Worth of the debts in entered markets.
    pub debt: Value,
}

impl Liquidity {
    /// What may still be borrowed.
    pub fn excess(self) -> Value {
        self.collateral.minus_or_zero(self.debt)
    }

    /// What is missing; above zero the account can be liquidated.
    pub fn shortfall(self) -> Value {
        self.debt.minus_or_zero(self.collateral)
    }
}

/// A redemption or borrow that is only supposed.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Effect {
    pub(super) redeem: Shares,
    pub(super) borrow: Amount,
}

/// Gives the missing price the name of the operation that asked for it.
pub(super) fn price_error_as(name: Rejection) -> impl Fn(Rejection) -> Rejection {
    move |rejection| match rejection {
        Rejection::PriceError => name,
        other => other,
    }
}

impl Draft<'_> {
    /// Sums the entered markets with what their ledgers say, accrued or not; `modified` is the
    /// market of a supposed effect.
    pub(super) fn liquidity(
        &self,
        id: AccountId,
        modified: Option<(AssetId, Effect)>,
    ) -> Ruled<Liquidity> {
        let account = self.account(id)?;
        let product = self.ledger.rules.product;
        let mut sum = Liquidity::default();
        for asset in account.entered() {
            let market = self.market(*asset)?;
            let position = account.position(*asset);
            let debt = market.debt(position.principal, position.interest_index)?;
            let exchange_rate = market.exchange_rate()?;
            let price = Ratio(market.price.0);
            if price.is_zero() {
                return Err(Rejection::PriceError);
            }
            let factor = market.config.collateral_factor;
            let weighted = checked_mul_div(factor.0, exchange_rate.0, WAD, product)?;
            let weight = Ratio(checked_mul_div(weighted, price.0, WAD, product)?);
            let collateral = Value(part(weight, position.c_tokens.0)?);
            sum.collateral = sum.collateral.plus(collateral)?;
            sum.debt = sum.debt.plus(Value(part(price, debt.0)?))?;
            if let Some((_, effect)) = modified.filter(|(market, _)| market == asset) {
                let redeemed = Value(part(weight, effect.redeem.0)?);
                sum.debt = sum.debt.plus(redeemed)?;
                let borrowed = Value(part(price, effect.borrow.0)?);
                sum.debt = sum.debt.plus(borrowed)?;
            }
        }
        Ok(sum)
    }
}
