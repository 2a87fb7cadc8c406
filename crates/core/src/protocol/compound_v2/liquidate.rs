//! Liquidation: a part of one debt for cTokens of one market.

use super::action::Event;
use super::draft::Draft;
use super::liquidity::price_error_as;
use super::math::{Ruled, fraction, part};
use super::rejection::Rejection;
use super::version::Deprecation;
use crate::protocol::{AccountId, AssetId};
use crate::units::{Amount, Ratio, Rounding, Shares, U256, WAD, checked_mul_div, mul_div};

/// One call of a liquidator.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call {
    pub(super) liquidator: AccountId,
    pub(super) borrower: AccountId,
    pub(super) debt: AssetId,
    pub(super) collateral: AssetId,
    pub(super) repay: Amount,
}

/// The most that a liquidator may take now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiquidationLimit {
    /// Largest repayment that is not refused, in tokens of the debt.
    pub repay_max: Amount,
    /// cTokens that the borrower loses for it.
    pub seized: Shares,
    /// Of these, received by the liquidator.
    pub received: Shares,
    /// What the received cTokens are worth in tokens, rounded down.
    pub received_underlying: Amount,
}

/// How far a debt may be repaid, and what refuses more.
struct Ceiling {
    amount: Amount,
    beyond: Rejection,
}

impl Draft<'_> {
    pub(super) fn liquidate(&mut self, call: &Call) -> Ruled<()> {
        self.accrue(call.debt)?;
        self.accrue(call.collateral)?;
        let ceiling = self.ceiling(call.borrower, call.debt, call.collateral)?;
        if call.repay > ceiling.amount {
            return Err(ceiling.beyond);
        }
        if call.liquidator == call.borrower {
            return Err(Rejection::LiquidatorIsBorrower);
        }
        if call.repay.is_zero() {
            return Err(Rejection::CloseAmountIsZero);
        }
        if call.repay == Amount::MAX {
            return Err(Rejection::CloseAmountIsUintMax);
        }
        self.repay(call.liquidator, call.borrower, call.debt, call.repay)?;
        let ratio = self.seize_ratio(call.debt, call.collateral)?;
        let seized = Shares(part(ratio, call.repay.0)?);
        if self.position(call.borrower, call.collateral)?.c_tokens < seized {
            return Err(Rejection::SeizeTooMuch);
        }
        self.seize(call, seized)
    }

    /// The Comptroller's word on a liquidation.
    fn ceiling(&self, borrower: AccountId, debt: AssetId, collateral: AssetId) -> Ruled<Ceiling> {
        if !self.market(debt)?.config.listed || !self.market(collateral)?.config.listed {
            return Err(Rejection::LiquidateMarketNotListed);
        }
        let owed = self.debt(borrower, debt)?;
        if self.is_deprecated(debt)? {
            return Ok(Ceiling {
                amount: owed,
                beyond: Rejection::RepayMoreThanBorrow,
            });
        }
        let liquidity = self.liquidity(borrower, None);
        let liquidity = liquidity.map_err(price_error_as(Rejection::LiquidatePriceError))?;
        if liquidity.shortfall().is_zero() {
            return Err(Rejection::InsufficientShortfall);
        }
        Ok(Ceiling {
            amount: Amount(part(self.ledger.close_factor, owed.0)?),
            beyond: Rejection::TooMuchRepay,
        })
    }

    /// Whether a market is being wound up, so that its debts can be called in.
    fn is_deprecated(&self, market: AssetId) -> Ruled<bool> {
        if self.ledger.rules.deprecation == Deprecation::Absent {
            return Ok(false);
        }
        let config = &self.market(market)?.config;
        Ok(config.collateral_factor.is_zero()
            && config.borrow_paused
            && config.reserve_factor.0 == WAD)
    }

    /// cTokens per token repaid, in wad.
    fn seize_ratio(&self, debt: AssetId, collateral: AssetId) -> Ruled<Ratio> {
        let (repaid, taken) = (self.market(debt)?, self.market(collateral)?);
        if repaid.price.is_zero() || taken.price.is_zero() {
            return Err(Rejection::CalculateSeizeFailed);
        }
        let exchange_rate = taken.exchange_rate()?;
        let product = |x: U256, y: U256| checked_mul_div(x, y, WAD, self.ledger.rules.product);
        let above = product(self.ledger.liquidation_incentive.0, repaid.price.0)?;
        let below = product(taken.price.0, exchange_rate.0)?;
        Ok(Ratio(fraction(above, WAD, below)?))
    }

    /// The protocol's part of seized cTokens.
    fn protocol_part(&self, seized: Shares) -> Ruled<Shares> {
        let share = self.ledger.rules.protocol_seize_share;
        Ok(Shares(part(share, seized.0)?))
    }

    /// Moves cTokens from the borrower to the liquidator; the protocol's part is destroyed, and
    /// what it was worth becomes reserves.
    fn seize(&mut self, call: &Call, seized: Shares) -> Ruled<()> {
        if self.guards.seize_paused {
            return Err(Rejection::SeizeIsPaused);
        }
        let to_protocol = self.protocol_part(seized)?;
        let to_liquidator = seized.minus(to_protocol)?;
        let market = self.market_mut(call.collateral)?;
        let added = Amount(part(market.exchange_rate()?, to_protocol.0)?);
        let state = &mut market.state;
        state.total_reserves = state.total_reserves.plus(added)?;
        state.total_supply = state.total_supply.minus(to_protocol)?;
        self.debit(call.borrower, call.collateral, seized)?;
        self.credit(call.liquidator, call.collateral, to_liquidator)?;
        self.events.push(Event::ReservesAdded {
            market: call.collateral,
            amount: added,
        });
        self.events.push(Event::Liquidated {
            liquidator: call.liquidator,
            account: call.borrower,
            borrow_market: call.debt,
            collateral_market: call.collateral,
            repaid: call.repay,
            seized,
            to_liquidator,
            to_protocol,
        });
        Ok(())
    }

    /// The most that may be taken, or what refuses any liquidation of the pair.
    pub(super) fn limit(
        &mut self,
        borrower: AccountId,
        debt: AssetId,
        collateral: AssetId,
    ) -> Ruled<LiquidationLimit> {
        self.accrue(debt)?;
        self.accrue(collateral)?;
        let ceiling = self.ceiling(borrower, debt, collateral)?;
        let ratio = self.seize_ratio(debt, collateral)?;
        if self.guards.seize_paused {
            return Err(Rejection::SeizeIsPaused);
        }
        let held = self.position(borrower, collateral)?.c_tokens;
        let repay_max = ceiling
            .amount
            .min(self.market(debt)?.state.total_borrows)
            .min(covered(held, ratio));
        if repay_max.is_zero() {
            return Err(Rejection::CloseAmountIsZero);
        }
        let seized = Shares(part(ratio, repay_max.0)?);
        let received = seized.minus(self.protocol_part(seized)?)?;
        let exchange_rate = self.market(collateral)?.exchange_rate()?;
        Ok(LiquidationLimit {
            repay_max,
            seized,
            received,
            received_underlying: Amount(part(exchange_rate, received.0)?),
        })
    }
}

/// The largest repayment for which no more than `held` cTokens are seized.
fn covered(held: Shares, ratio: Ratio) -> Amount {
    let next = held.0.checked_add(U256::ONE);
    let first_too_much = next.and_then(|next| mul_div(next, WAD, ratio.0, Rounding::Ceil).ok());
    let most = first_too_much.and_then(|amount| amount.checked_sub(U256::ONE));
    most.map_or(Amount::MAX, Amount)
}
