//! How a loan stands, from one evaluation of its bands; and the trade with the bands that pays.

use super::account::{Position, Token, Wallet};
use super::action::Limit;
use super::amm::AmmDraft;
use super::controller::Measure;
use super::draft::Draft;
use super::market::Market;
use super::math::{
    Ruled, WAD_SQUARED, product, quotient, scaled, scaled_or_zero, sum, wad_product,
};
use super::rejection::Rejection;
use super::signed::Signed;
use super::value::share;
use crate::protocol::AccountId;
use crate::units::{Amount, Price, Ratio, U256, WAD};
use std::collections::BTreeMap;

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
        let down = self.amm.stable_down(&self.account(owner)?.position)?;
        self.standing_with(owner, debt, down).map(Some)
    }

    fn standing_with(&self, owner: AccountId, debt: Amount, down: Amount) -> Ruled<Standing> {
        let account = self.account(owner)?;
        let discount = account.liquidation_discount;
        let health = self.health_from(down, owner, debt, Measure::Full, discount)?;
        let [stable, collateral] = self.amm.holdings(&account.position)?;
        Ok(Standing {
            debt,
            held: Wallet { stable, collateral },
            stable_down: down,
            discount,
            health,
        })
    }
}

/// Looks at many loans of a market as it stands: what a band becomes on the way down from the
/// first band of a loan is computed once for all loans with that first band. Edges are iterated
/// from there, so that other loans may see it a unit off.
#[derive(Debug)]
pub(super) struct Lens<'a> {
    draft: Draft<'a>,
    price: U256,
    rows: BTreeMap<i64, Row>,
    edges: BTreeMap<i64, U256>,
}

/// Bands from a first one on.
#[derive(Debug)]
struct Row {
    /// Upper edge of the next band.
    edge: U256,
    /// What each becomes, and its shares.
    wholes: Vec<Option<[U256; 2]>>,
}

impl<'a> Lens<'a> {
    pub(super) fn new(market: &'a Market) -> Ruled<Self> {
        let draft = Draft::new(market);
        let price = draft.amm.oracle()?.price;
        if price.is_zero() {
            return Err(Rejection::NoReason);
        }
        Ok(Self {
            draft,
            price,
            rows: BTreeMap::new(),
            edges: BTreeMap::new(),
        })
    }

    /// As [`Market::standing`].
    pub(super) fn standing(&mut self, owner: AccountId) -> Ruled<Option<Standing>> {
        let (debt, _) = self.draft.debt(owner)?;
        if debt.is_zero() {
            return Ok(None);
        }
        let market = self.draft.market;
        let account = market.account(owner).ok_or(Rejection::AccountUnknown)?;
        let down = self.stable_down(&account.position)?;
        self.draft.standing_with(owner, debt, down).map(Some)
    }

    /// Upper edge of a band.
    pub(super) fn edge(&mut self, number: i64) -> Ruled<U256> {
        if let Some(edge) = self.edges.get(&number) {
            return Ok(*edge);
        }
        let edge = self.draft.amm.upper_edge(number)?;
        self.edges.insert(number, edge);
        Ok(edge)
    }

    fn stable_down(&mut self, held: &Position) -> Ruled<Amount> {
        if held.is_empty() {
            return Ok(Amount::ZERO);
        }
        let wholes = self.wholes(held.first, held.shares.len())?;
        let mut total = U256::ZERO;
        for (whole, shares) in wholes.iter().zip(held.shares.iter()) {
            if let Some(whole) = whole.filter(|_| *shares != 0) {
                total = sum(total, share(whole, U256::from(*shares))?)?;
            }
        }
        Ok(self.draft.amm.native(Token::Stable, total))
    }

    /// What one share of each of these bands becomes on the way down, together, in units of 2^−64
    /// of a unit of 18 decimals.
    pub(super) fn worth_of_shares(&mut self, (first, last): (i64, i64)) -> Ruled<U256> {
        let span = last.saturating_sub(first).saturating_add(1);
        let count = usize::try_from(span).map_err(|_| Rejection::NoReason)?;
        let one = U256::ONE.wrapping_shl(64);
        let wholes = self.wholes(first, count)?;
        let parts = wholes.iter().flatten().map(|whole| share(*whole, one));
        parts
            .into_iter()
            .try_fold(U256::ZERO, |all, part| sum(all, part?))
    }

    /// What bands from a first one on become, and their shares.
    fn wholes(&mut self, first: i64, count: usize) -> Ruled<&[Option<[U256; 2]>]> {
        let top = self.edge(first)?;
        let (amm, price) = (&self.draft.amm, self.price);
        let row = self.rows.entry(first).or_insert_with(|| Row {
            edge: top,
            wholes: Vec::new(),
        });
        let known = i64::try_from(row.wholes.len()).unwrap_or(i64::MAX);
        let mut number = first.saturating_add(known);
        while row.wholes.len() < count {
            let low = amm.down(row.edge)?;
            let whole = amm.whole(number, [row.edge, low], price, Token::Stable)?;
            row.wholes.push(whole);
            row.edge = low;
            number = number.saturating_add(1);
        }
        row.wholes.get(..count).ok_or(Rejection::NoReason)
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
