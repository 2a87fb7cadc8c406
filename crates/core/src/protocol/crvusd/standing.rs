//! How a loan stands, from one evaluation of its bands; and the trade with the bands that pays.

use super::account::{Token, Wallet};
use super::action::Limit;
use super::amm::AmmDraft;
use super::controller::Measure;
use super::draft::Draft;
use super::market::Market;
use super::math::{Ruled, WAD_SQUARED, product, quotient, scaled, scaled_or_zero, wad_product};
use super::rejection::Rejection;
use super::signed::Signed;
use crate::protocol::AccountId;
use crate::units::{Amount, Price, Ratio, U256, WAD};

/// A trade is told of where it gains at least one part in so many of what is paid.
const GAIN_PARTS: u64 = 1_000;

/// How a loan stands now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Units of stablecoin owed.
    pub debt: Amount,
    /// What its part of the bands holds.
    pub held: Wallet,
    /// Units of stablecoin that its bands become on a slow way down.
    pub stable_down: Amount,
    /// Discount that holds for the loan, wad.
    pub discount: U256,
    /// Full health, wad.
    pub health: Signed,
}

impl Standing {
    /// 1 and health, wad: below 1 exactly where health is below zero.
    pub fn factor(&self) -> Ratio {
        let distance = self.health.magnitude();
        Ratio(if self.health.is_negative() {
            WAD.saturating_sub(distance)
        } else {
            WAD.saturating_add(distance)
        })
    }

    /// Whether a liquidator would receive anything.
    pub fn is_seizable(&self) -> bool {
        !self.held.collateral.is_zero() || self.held.stable > self.debt
    }

    /// Whether anybody may liquidate the loan, and would receive something.
    pub fn is_breached(&self) -> bool {
        self.health.is_negative() && self.is_seizable()
    }
}

/// A trade with the bands that gains at the oracle's price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Arbitrage {
    /// What is paid.
    pub pay: Token,
    /// Units asked for in an exchange of a known payment.
    pub amount: Amount,
    /// Units that go in.
    pub paid: Amount,
    /// Units that come out.
    pub received: Amount,
}

impl Draft<'_> {
    fn standing(&self, owner: AccountId) -> Ruled<Option<Standing>> {
        let (debt, _) = self.debt(owner)?;
        if debt.is_zero() {
            return Ok(None);
        }
        let account = self.account(owner)?;
        let (position, discount) = (&account.position, account.liquidation_discount);
        let down = self.amm.stable_down(position)?;
        let health = self.health_from(down, owner, debt, Measure::Full, discount)?;
        let [stable, collateral] = self.amm.holdings(position)?;
        Ok(Some(Standing {
            debt,
            held: Wallet { stable, collateral },
            stable_down: down,
            discount,
            health,
        }))
    }
}

impl AmmDraft<'_> {
    /// Where the AMM's price gains nothing more against the oracle's: a fee below it while
    /// collateral is bought, a fee above it while it is sold.
    fn fair_prices(&self, oracle: U256) -> Ruled<[U256; 2]> {
        let fee = self.fee(&self.oracle()?);
        let kept = WAD.saturating_sub(fee);
        Ok([
            wad_product(oracle, kept)?,
            scaled_or_zero(oracle, WAD, kept)?,
        ])
    }
}

impl Market {
    /// How a loan stands; nothing where there is none.
    ///
    /// # Errors
    /// [`Rejection::AccountUnknown`], [`Rejection::NoReason`].
    pub fn standing(&self, owner: AccountId) -> Result<Option<Standing>, Rejection> {
        Draft::new(self).standing(owner)
    }

    /// The trade that gains most at the oracle's price as it came in: up to where the AMM's price
    /// is nearer to it than the fee. Nothing where the gain is less than a thousandth of what is
    /// paid.
    ///
    /// # Errors
    /// [`Rejection::NoReason`].
    pub fn arbitrage(&self) -> Result<Option<Arbitrage>, Rejection> {
        let amm = self.amm_draft();
        let oracle = self.oracle_price().0;
        let [low, high] = amm.fair_prices(oracle)?;
        let present = amm.price()?;
        let target = if present < low {
            low
        } else if present > high {
            high
        } else {
            return Ok(None);
        };
        let (amount, pay) = amm.amount_for_price(target)?;
        if amount.is_zero() {
            return Ok(None);
        }
        let limit = Limit::Paid {
            amount,
            received_min: Amount::ZERO,
        };
        let [paid, received] = self.quote(pay, limit)?;
        let trade = Arbitrage {
            pay,
            amount,
            paid,
            received,
        };
        Ok(Some(trade).filter(|trade| self.gains(trade) == Ok(true)))
    }

    fn gains(&self, trade: &Arbitrage) -> Ruled<bool> {
        let amm = self.amm_draft();
        let worth = |token: Token, amount: Amount| {
            let lifted = product(amount.0, amm.precision(token))?;
            match token {
                Token::Stable => Ok(lifted),
                Token::Collateral => wad_product(lifted, self.oracle_price().0),
            }
        };
        let paid = worth(trade.pay, trade.paid)?;
        let received = worth(super::swap::other(trade.pay), trade.received)?;
        let least = paid.checked_add(quotient(paid, U256::from(GAIN_PARTS))?);
        Ok(!paid.is_zero() && least.is_some_and(|least| received >= least))
    }

    /// The largest part of a debt whose liquidation costs no more than so many units, wad: a part
    /// takes at least `(1 + d ÷ 2) ÷ (1 + d)` of its share of the bands' stablecoin, down.
    pub(super) fn part_for(&self, standing: &Standing, repay: Amount) -> Ruled<U256> {
        let halved = WAD.wrapping_add(standing.discount.wrapping_shr(1));
        let least = scaled(halved, WAD, WAD.wrapping_add(standing.discount))?;
        let from_bands = wad_product(standing.held.stable.0, least)?;
        let costs = standing.debt.0.saturating_sub(from_bands);
        // One unit for the roundings of debt and bands.
        let repay = repay.0.saturating_sub(U256::ONE);
        Ok(scaled_or_zero(repay, WAD, costs)?.min(WAD))
    }

    /// The price of the collateral in stablecoin, wad, from two prices of whole tokens; nothing
    /// where the stablecoin has none.
    pub fn pair_price(collateral: Price, stable: Price) -> Option<Price> {
        let price = scaled(collateral.0, WAD, stable.0).ok()?;
        (price < WAD_SQUARED.wrapping_mul(WAD)).then_some(Price(price))
    }
}
